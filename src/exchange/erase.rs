//! Erasing a contact at the command line. The desk forgets them before this returns; what there is at the
//! homeserver and the provider is erased by whoever serves.

use std::io::{self, BufRead, Write};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};

use super::contact::find;
use super::door::{self, Door};
use crate::config::Config;
use crate::desk::Applied;
use crate::domain::erasure::ErasureId;
use crate::domain::ids::ContactId;
use crate::domain::input::Input;
use crate::domain::text::sanitize;
use crate::domain::timer::Due;
use crate::store::{consent, contacts, forget, timers};

/// Lines are counted up to so many.
const COUNTED: i64 = 10_000;
/// How much of a line that would go is quoted, in characters.
const QUOTED_CHARS: usize = 120;
/// How long another replica may take for a piece that it has begun.
const PATIENCE: Duration = Duration::from_mins(1);
/// How often it is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// An erasure that was begun at the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erased {
    /// Its id.
    pub id: ErasureId,
    /// How many conversations were closed.
    pub closed: u32,
}

/// Erases a contact for ever, once their id was repeated: by `yes`, or else by typing it. Says before what
/// there is of them. Where `keep_names`, what others wrote stays if it tells of them by nothing but a name.
///
/// # Errors
/// When there is no such contact, the id is not repeated exactly, or the database cannot be written: then
/// nothing was erased, unless the error says so.
pub async fn erase_contact(
    config: &Config,
    who: &str,
    (yes, keep_names): (Option<&str>, bool),
    (ask, answer): (&mut dyn Write, &mut dyn BufRead),
) -> anyhow::Result<Erased> {
    let mut door = door::open(config).await?;
    let erased = erase(&mut door, who, (yes, keep_names), (ask, answer)).await;
    door.close().await;
    erased
}

async fn erase(
    door: &mut Door,
    who: &str,
    (yes, keep_names): (Option<&str>, bool),
    (ask, answer): (&mut dyn Write, &mut dyn BufRead),
) -> anyhow::Result<Erased> {
    let contact = find(door, who).await?;
    let repeated = if let Some(yes) = yes {
        yes.to_owned()
    } else {
        show(door, &contact, keep_names, ask).await?;
        write!(ask, "To erase them for ever, type {contact} : ")?;
        ask.flush()?;
        let mut line = String::new();
        answer.read_line(&mut line)?;
        line.trim_end_matches(['\r', '\n']).to_owned()
    };
    ensure!(
        repeated == contact.as_str(),
        "nothing was erased: “{}” is not the id {contact}, which has to be repeated exactly",
        sanitize::short_line(&repeated, 60)
    );
    let input = Input::EraseContact { contact, keep_names };
    let erased = match door.apply(vec![input]).await?.pop() {
        Some(Applied::Erasing { id, closed }) => Erased { id, closed },
        Some(Applied::NotErased(why)) => bail!("nothing was erased: {why}"),
        other => bail!("the desk answered {other:?}; the log says whether anything was erased"),
    };
    finish(door, &erased.id).await.with_context(|| {
        format!("erasing has begun ({}), and the desk goes on with it as soon as it serves", erased.id)
    })?;
    Ok(erased)
}

/// Says what there is of a contact.
async fn show(door: &Door, id: &ContactId, keep_names: bool, to: &mut dyn Write) -> anyhow::Result<()> {
    let mut conn = door.store.connection().await?;
    let contact = contacts::by_id(&mut conn, id).await?.context("they are not there any more")?;
    let line = |text: &str| sanitize::one_line(&sanitize::from_contact(text));
    let numbers = contacts::numbers(&mut conn, id).await?;
    let numbers: Vec<String> = numbers.iter().map(|number| line(&number.shown())).collect();
    writeln!(to, "{} ({id}) {}", line(&contact.name), numbers.join(", "))?;
    for email in &contact.emails {
        writeln!(to, "{}", line(email))?;
    }
    let forget::Extent { conversations, open, texts } = forget::extent(&mut conn, id, COUNTED + 1).await?;
    let more = if i64::from(texts) > COUNTED { "more than " } else { "" };
    let texts = i64::from(texts).min(COUNTED);
    writeln!(to, "conversations: {conversations}, of these not done: {open}, lines: {more}{texts}")?;
    for address in contacts::numbers(&mut conn, id).await? {
        if forget::is_anothers_too(&mut conn, &address, std::slice::from_ref(id)).await? {
            writeln!(to, "{} is another customer's too, and stays theirs", line(&address.shown()))?;
        }
    }
    if !consent::opted_out_of(&mut conn, id).await?.is_empty() {
        writeln!(to, "they want no texts: that is remembered in a way that does not tell the number")?;
    }
    if !keep_names {
        let everyone = forget::everyone(&mut conn, &contact).await?;
        let names = forget::telling_names(&mut conn, &everyone).await?;
        let ids: Vec<ContactId> = everyone.into_iter().map(|contact| contact.id).collect();
        tell_of_others(&forget::of_others_by_name(&mut conn, &names, &ids).await?, to)?;
    }
    Ok(())
}

/// Says how much goes of what colleagues wrote in conversations with others, and how to leave it.
fn tell_of_others(found: &forget::OfOthers, to: &mut dyn Write) -> io::Result<()> {
    if found.count == 0 {
        return Ok(());
    }
    let (at_least, lines) = (if found.more { "at least " } else { "" }, found.count);
    writeln!(
        to,
        "lines of colleagues in conversations with others that go because of the name: {at_least}{lines}"
    )?;
    for forget::Said { interaction, text } in &found.quoted {
        let text = sanitize::cut(&sanitize::one_line(&sanitize::from_contact(text)), QUOTED_CHARS);
        writeln!(to, "  {interaction}: {text}")?;
    }
    writeln!(to, "to leave these, and notes and case data with the name, stop here and add --keep-names")
}

/// Has the desk forget all of it.
async fn finish(door: &mut Door, id: &ErasureId) -> anyhow::Result<()> {
    let due = Due::Forget { erasure: id.clone() };
    let mut waited = Duration::ZERO;
    loop {
        let timer = {
            let mut conn = door.store.connection().await?;
            if forget::by_id(&mut conn, id).await?.is_none() {
                return Ok(());
            }
            timers::set_for(&mut conn, &due).await?
        };
        if let Some(id) = timer {
            let applied = door.apply(vec![Input::Due { id, due: due.clone() }]).await?;
            ensure!(applied != [Applied::DeadLettered], "it was set aside; the log says why");
            waited = Duration::ZERO;
            continue;
        }
        // A desk that serves is at it.
        ensure!(waited < PATIENCE, "nobody goes on with it");
        tokio::time::sleep(LOOK_EVERY).await;
        waited += LOOK_EVERY;
    }
}

/// Asks on standard error, and reads the answer from standard input.
#[must_use]
pub fn at_terminal() -> (io::Stderr, io::BufReader<io::Stdin>) {
    (io::stderr(), io::BufReader::new(io::stdin()))
}
