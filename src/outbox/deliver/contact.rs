//! What the contact sent, as their ghost says it.

use ruma::OwnedUserId;
use serde_json::{Value, json};

use super::said::{mentions, say};
use crate::clock::Millis;
use crate::domain::ids::InteractionId;
use crate::domain::input::Evidence;
use crate::domain::picture::Picture;
use crate::matrix::client::Sender;
use crate::outbox::target::session;
use crate::outbox::{Delivery, Detour, Ports, mend};
use crate::store::outbox::Head;

/// Lets the contact's ghost say a text.
pub(super) async fn say_text(
    ports: &Ports,
    head: &Head,
    interaction: &InteractionId,
    body: &str,
    (mention, written_at): (Option<&OwnedUserId>, Option<Millis>),
) -> Result<Evidence, Detour> {
    let (found, room) = session(ports, interaction).await?;
    let mut content = json!({ "msgtype": "m.text", "body": body, "m.mentions": mentions(mention) });
    tell_when_written(&mut content, written_at);
    let ghost = Sender::Ghost(mend::ghost_of(ports, &found.contact.number).await?.name);
    Ok(Evidence::Said { event: say(ports, head, &ghost, &room, content).await? })
}

/// Lets the contact's ghost show a part of an MMS, which was fetched before.
pub(super) async fn show_part(
    ports: &Ports,
    head: &Head,
    picture: &Picture,
    content: Option<&Value>,
    written_at: Option<Millis>,
) -> Result<Evidence, Detour> {
    let mut content = content.cloned().ok_or_else(not_fetched)?;
    let (found, room) = session(ports, &picture.interaction).await?;
    content["m.mentions"] = mentions(picture.mention.as_ref());
    tell_when_written(&mut content, written_at);
    let ghost = Sender::Ghost(mend::ghost_of(ports, &found.contact.number).await?.name);
    Ok(Evidence::Said { event: say(ports, head, &ghost, &room, content).await? })
}

fn not_fetched() -> Delivery {
    Delivery::Undeliverable("it was never fetched".to_owned())
}

fn tell_when_written(content: &mut Value, written_at: Option<Millis>) {
    if let Some(written_at) = written_at {
        content["org.switchroom.written_at"] = json!(written_at);
    }
}
