//! The pictures and files of a message whose turn it is: which of them go together, and that each is ready to
//! be fetched before the provider is told of it.

use std::time::Duration;

use ruma::EventId;

use crate::acts::enclosing::{self, Way};
use crate::clock;
use crate::commit::{Making, Tx};
use crate::domain::effect::{Effect, SendReply};
use crate::domain::ids::InteractionId;
use crate::domain::input::{Claim, Made};
use crate::domain::interaction::Interaction;
use crate::domain::notice::{FileOf, HeldBack, Says};
use crate::domain::reply::{Ready, Reply, ReplyState, Room};
use crate::domain::sent_file::SentFile;
use crate::domain::text::segments::{Cut, SplitLimit};
use crate::store::media_out::{self, File};
use crate::store::{Result, outbox, replies};

/// How many files are one message where they go as links.
const LINKED: usize = 10;
/// How many messages behind one with files are looked at, to be one with it.
const LOOK_AHEAD: i64 = 30;

/// What became of looking for all that a message with files brings.
pub(super) enum Gathered {
    /// It has all that was sent in a row, and its files go this way.
    All(Way),
    /// It may not go.
    MayNotGo(HeldBack),
    /// What was sent behind it can still be taken back, so it waits for that.
    NotYet,
}

/// It is the turn of a message with files: looks whether they may go, and takes over those that were sent
/// right behind it.
pub(super) async fn gather(
    tx: &mut Tx<'_>,
    claim: &Claim,
    interaction: &Interaction,
    reply: &mut Reply,
) -> Result<Gathered> {
    let way = match enclosing::way(tx, interaction, &reply.by).await? {
        Ok(way) => way,
        Err(why) if reply.is_yet_to_go() => return Ok(Gathered::MayNotGo(why)),
        // Some of it is at the phone already, and the rest was allowed with it.
        Err(_) => Way { rules: None, links: false },
    };
    if join_those_behind(tx, claim, reply, way).await? {
        return Ok(Gathered::NotYet);
    }
    Ok(Gathered::All(way))
}

/// The file of a message that has to be made ready next. If all of them are, divides the message into parts.
pub(super) async fn make_ready(
    tx: &mut Tx<'_>,
    interaction: &Interaction,
    reply: &mut Reply,
    way: Way,
) -> Result<Option<Making>> {
    renew(tx, reply).await?;
    while let Some((_, next)) = reply.next_to_make_ready() {
        if next.ended_program_twice() {
            let (event, file) = (next.event.clone(), next.file.clone());
            tracing::error!(%event, file = %file.uri, "the program ended twice while it read this file; it is left out");
            cannot_go(tx, interaction, reply, (&event, &file), HeldBack::MediaEndedProgram).await?;
            continue;
        }
        let count = u64::try_from(reply.enclosures.len()).unwrap_or(u64::MAX);
        let making = Making {
            event: next.event.clone(),
            file: next.file.clone(),
            rules: way.rules,
            links: way.links,
            share: way.rules.map_or(u64::MAX, |rules| rules.bytes / count.max(1)),
            alone: next.is_being_read,
        };
        tx.update_reply(reply.clone()).await?;
        return Ok(Some(making));
    }
    divide(tx, interaction, reply, way);
    Ok(None)
}

/// Has a message take over the pictures that were sent right behind it. While one of those can still be taken
/// back, it waits for that; then this says so.
async fn join_those_behind(tx: &mut Tx<'_>, claim: &Claim, reply: &mut Reply, way: Way) -> Result<bool> {
    if !reply.may_be_joined() {
        return Ok(false);
    }
    let most = way.rules.map_or(LINKED, |rules| rules.files);
    let (mut behind, mut until) = (Vec::new(), tx.now);
    for (due_at, effect) in outbox::behind(tx.db().await?, claim, LOOK_AHEAD).await? {
        let Effect::SendReply(SendReply { reply: id, .. }) = effect else { break };
        let Some(other) = tx.reply(&id).await? else { continue };
        if matches!(other.state, ReplyState::Dropped | ReplyState::Joined { .. }) {
            continue;
        }
        if !other.may_be_joined() || other.by != reply.by || behind.len() + 1 == most {
            break;
        }
        until = until.max(due_at);
        behind.push(other);
    }
    if until > tx.now {
        outbox::postpone(tx.db().await?, claim, until, false).await?;
        return Ok(true);
    }
    for mut other in behind {
        reply.take_over(&mut other);
        tx.update_reply(other).await?;
    }
    Ok(false)
}

/// Keeps the files that are ready for as long as the links of this attempt hold. One that is kept no longer
/// has to be made again.
async fn renew(tx: &mut Tx<'_>, reply: &mut Reply) -> Result<()> {
    for enclosure in &mut reply.enclosures {
        let Some(ready) = &mut enclosure.ready else { continue };
        ready.until = tx.now + holds(tx, ready.as_link);
        if !media_out::renew(tx.db().await?, &ready.id, ready.until).await? {
            enclosure.ready = None;
        }
    }
    Ok(())
}

/// How long a link holds: the provider's, or one that a contact opens.
fn holds(tx: &Tx<'_>, is_contacts: bool) -> Duration {
    let desk = &tx.settings.desk;
    if is_contacts { desk.contact_link() } else { desk.media_link() }
}

fn divide(tx: &Tx<'_>, interaction: &Interaction, reply: &mut Reply, way: Way) {
    let channel = interaction.contact.number.rules();
    let as_text = tx.settings.cut(channel);
    let cut = match (way.rules, as_text.limit) {
        // Beside links, the text goes as SMS.
        (None, _) => as_text,
        // Beside a picture it is no SMS: nothing is gained by other characters, or by cutting it to one's
        // length.
        (Some(_), SplitLimit::Segment) => {
            Cut { limit: SplitLimit::Request { units: channel.max_units }, smart: false, numbered: false }
        }
        (Some(_), limit) => Cut { limit, smart: false, numbered: false },
    };
    reply.divide(&Room {
        files: way.rules.map_or(LINKED, |rules| rules.files),
        bytes: way.rules.map_or(u64::MAX, |rules| rules.bytes),
        units: cut.limit.units_at_least(),
        takes_text: &|mime: &str| way.rules.is_none_or(|rules| rules.takes_text(mime)),
        split: &|text: &str| cut.parts(text),
    });
}

/// A file was made ready, or cannot be: keeps it, or leaves it out and tells its writer why.
pub(super) async fn made(
    tx: &mut Tx<'_>,
    interaction: &Interaction,
    reply: &mut Reply,
    (event, file): (&EventId, &SentFile),
    made: &Made,
) -> Result<()> {
    let wanted = reply
        .enclosures
        .iter()
        .position(|one| one.event == event && one.file == *file && one.ready.is_none());
    // It was changed or taken back meanwhile.
    let Some(place) = wanted else { return Ok(()) };
    match made {
        Made::File { mime, extension, as_link, bytes } => {
            let top = mime.split('/').next().filter(|top| ["image", "video", "audio"].contains(top));
            let ready = Ready {
                id: clock::random_hex(),
                name: match file.stem() {
                    Some(stem) => format!("{stem}.{extension}"),
                    None => format!("{}-{}.{extension}", top.unwrap_or("file"), place + 1),
                },
                mime: mime.clone(),
                bytes: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
                as_link: *as_link,
                until: tx.now + holds(tx, *as_link),
            };
            let kept = File {
                id: ready.id.clone(),
                interaction: interaction.id.to_string(),
                name: ready.name.clone(),
                mime: ready.mime.clone(),
                bytes: i64::try_from(ready.bytes).unwrap_or(i64::MAX),
                until: ready.until.0,
            };
            let now = tx.now;
            media_out::add(tx.db().await?, &kept, bytes, now).await?;
            reply.enclosures[place].ready = Some(ready);
        }
        Made::Nothing { why } => cannot_go(tx, interaction, reply, (event, file), *why).await?,
    }
    Ok(())
}

/// What an event brought cannot go: its writer is told why, and the rest of the message goes without it.
async fn cannot_go(
    tx: &mut Tx<'_>,
    interaction: &Interaction,
    reply: &mut Reply,
    (event, file): (&EventId, &SentFile),
    why: HeldBack,
) -> Result<()> {
    held_back(tx, interaction, reply, (event, file), why).await?;
    if reply.is_waiting() {
        leave_out(tx, reply, event).await?;
    } else {
        // It was to be sent again as it was.
        reply.give_up();
    }
    Ok(())
}

/// Says that what an event brought does not go because of a file.
async fn held_back(
    tx: &mut Tx<'_>,
    interaction: &Interaction,
    reply: &Reply,
    (event, file): (&EventId, &SentFile),
    why: HeldBack,
) -> Result<()> {
    let mut says = Says::held_back(why, &reply.by);
    if let (Says::MessageHeldBack { response, .. }, Some(used)) = (&mut says, &reply.response) {
        *response = Some(FileOf { shortcut: used.shortcut.clone(), file: file.shown().to_owned() });
    }
    tx.hold_back_saying(interaction, event.to_owned(), &reply.by, says).await
}

/// Leaves out what an event brought. False if it is already on its way.
pub(super) async fn leave_out(tx: &mut Tx<'_>, reply: &mut Reply, event: &EventId) -> Result<bool> {
    if !reply.leave_out(event) {
        return Ok(false);
    }
    if event != reply.event
        && let Some(mut own) = replies::by_event(tx.db().await?, &reply.interaction, event).await?
    {
        own.give_up();
        tx.update_reply(own).await?;
    }
    replies::not_sent(tx.db().await?, &reply.interaction, event).await?;
    Ok(true)
}

/// The message to which an event of a conversation belongs: of pictures that go together, all of them.
pub(super) async fn whole(tx: &mut Tx<'_>, of: &InteractionId, event: &EventId) -> Result<Option<Reply>> {
    match replies::by_event(tx.db().await?, of, event).await? {
        Some(reply) => that_took_over(tx, reply).await.map(Some),
        None => Ok(None),
    }
}

/// The message that a message went with: another that took it over, or itself.
async fn that_took_over(tx: &mut Tx<'_>, reply: Reply) -> Result<Reply> {
    match &reply.state {
        ReplyState::Joined { into } => {
            let into = into.clone();
            Ok(tx.reply(&into).await?.unwrap_or(reply))
        }
        ReplyState::Waiting | ReplyState::Dropped | ReplyState::Parts { .. } => Ok(reply),
    }
}
