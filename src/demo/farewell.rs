//! What is said at the end of the story: what there is to open, and what to try first.

use std::io::{self, Write};

use super::place::{DOMAIN, PEOPLE, Person, Place};
use super::screen::Screen;

/// Says what to open and what to try.
pub(super) fn say<W: Write>(screen: &mut Screen<W>, place: &Place) -> io::Result<()> {
    let homeserver = place.homeserver_url();
    screen.step("Now you. The desk stays up until Ctrl-C.")?;
    screen.raw(&format!("  Phones      http://127.0.0.1:{}/phone", place.kept.port))?;
    screen.raw(&format!("  Homeserver  {homeserver}"))?;
    for (index, Person { id, name, is, .. }) in PEOPLE.into_iter().enumerate() {
        let label = if index == 0 { "Users" } else { "" };
        screen.raw(&format!("  {label:<10}  {id:<6} {}  {name}, {is}", place.password(id)))?;
    }
    screen.raw("")?;
    for step in [
        "1. Open the phones in a browser.".to_owned(),
        format!(
            "2. In any Matrix client, such as Element, choose “Sign in”, then “Edit” beside the homeserver, enter {homeserver} and sign in as alice (@alice:{DOMAIN})."
        ),
        "3. Open the room “Switchroom” (bob and carol accept the bot’s invite to theirs first, and are greeted). Tap 1️⃣ under the greeting, or type !ready; !help shows what else there is.".to_owned(),
        "4. Text the desk from a phone. Join the room you are invited to, answer, and close it with !done.".to_owned(),
        "5. Text “Invoice please”: that goes to billing, to bob or carol, and needs a disposition before it is done.".to_owned(),
        "6. Then try: a message deleted within 3 s · !- and a note · !history, which has an earlier conversation of Jane’s · !im bob #question · !transfer bob · !queue and !monitor as carol · !call, which rings Alice’s phone (+14155550161) on the page of phones and then the customer’s · the phone “Switched off” · STOP from a phone · two agents, of whom one leaves an offer alone.".to_owned(),
    ] {
        screen.line(&step)?;
    }
    screen.raw("")?;
    screen
        .raw(&format!("Everything is kept in {} and is there again at the next start.", place.dir.display()))
}
