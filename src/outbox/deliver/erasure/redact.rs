//! The events of one page of a room: those that tell of a person are redacted.

use std::collections::HashSet;

use ruma::api::Direction;
use ruma::{OwnedMxcUri, RoomId};

use super::piece::Piece;
use crate::domain::erasure::{Event, Reading, Trace, Words, names};
use crate::matrix::client::Sender;
use crate::matrix::error::{MatrixError, Verdict};
use crate::outbox::{Detour, Ports};
use crate::store::erasures;

/// How many events are looked at in one delivery. A redaction takes some 20 ms.
const PAGE: u32 = 50;

/// Which events of a room are redacted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    /// All that hold anything.
    All,
    /// Those that tell of the person.
    Telling,
}

/// What came of a page.
#[derive(Debug, Default)]
pub(super) struct Redacted {
    /// Where the next one begins; nothing at the present end of the room.
    pub(super) next: Option<String>,
    /// How many events are redacted, now or by an earlier try.
    pub(super) count: u64,
    /// How many are encrypted.
    pub(super) encrypted: u64,
    /// How many the homeserver does not let us redact.
    pub(super) refused: u64,
    /// Events that are to be known again.
    pub(super) seen: Vec<String>,
    /// Events of others that are redacted: the desk's own transcripts follow.
    pub(super) events: Vec<String>,
    /// Files that nobody knew of. If there are any, nothing was redacted: they are kept first.
    pub(super) files: Vec<OwnedMxcUri>,
}

/// Who of ours reads a room: the bot, or the first of the ghosts that is in it.
pub(super) async fn reader(
    ports: &Ports,
    piece: &Piece<'_>,
    room: &RoomId,
) -> Result<Option<Sender>, Detour> {
    for sender in std::iter::once(Sender::Bot).chain(ghosts(ports, piece)).collect::<Vec<_>>() {
        match ports.matrix.messages_as(&sender, room, None, 1, Direction::Backward).await {
            Ok(_) => return Ok(Some(sender)),
            Err(error) if is_outside(&error) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(None)
}

/// Their ghosts, as senders.
pub(super) fn ghosts(ports: &Ports, piece: &Piece<'_>) -> Vec<Sender> {
    piece.about.ghosts.iter().filter_map(|ghost| ports.matrix.sender_of(ghost)).collect()
}

/// Whether this says that one is not in a room, or cannot be.
pub(super) fn is_outside(error: &MatrixError) -> bool {
    error.is_of_account() || matches!(error.verdict(), Verdict::Rejected { .. })
}

/// Redacts what is to be redacted on the page that begins at `from`, oldest first.
pub(super) async fn page(
    ports: &Ports,
    piece: &Piece<'_>,
    (sender, room): (&Sender, &RoomId),
    from: Option<&String>,
    which: Which,
) -> Result<Redacted, Detour> {
    let page = ports.matrix.messages_as(sender, room, from.cloned(), PAGE, Direction::Forward).await?;
    let events: Vec<Event> = page.events.iter().filter_map(|event| Event::read(event.get())).collect();
    let mut seen = known(ports, piece, &events, which).await?;
    let words = Words::new(piece.about.words.iter().map(String::as_str));
    let names = Words::new(piece.about.names.iter().map(String::as_str));
    let mut redacted = Redacted { next: page.next, ..Redacted::default() };
    let mut work = Vec::new();
    for event in &events {
        let trace = {
            let (job, until) = (&piece.erasure.id, piece.erasure.until());
            let by_customer = matches!(ports.matrix.sender_of(&event.sender), Some(Sender::Ghost(_)));
            let about = piece.about;
            let reading =
                Reading { job, words: &words, names: &names, by_customer, about, seen: &seen, until };
            match which {
                Which::All => reading.in_room_of_theirs(event),
                Which::Telling => reading.in_room_of_others(event),
            }
        };
        match trace {
            Trace::Nothing => {}
            Trace::Encrypted => redacted.encrypted += 1,
            Trace::Redacted { by_itself } => {
                redacted.count += 1;
                redacted.events.push(event.event_id.to_string());
                if by_itself {
                    see(&mut seen, &mut redacted, event);
                }
            }
            Trace::Redact { by_itself, original } => {
                let is_theirs = which == Which::All || ports.matrix.is_ours(&event.sender);
                let files = if is_theirs { event.files() } else { vec![] };
                redacted
                    .files
                    .extend(files.into_iter().filter(|file| !seen.contains(file)).map(OwnedMxcUri::from));
                if by_itself {
                    see(&mut seen, &mut redacted, event);
                }
                // What was edited before this page, or stands on it and is redacted for itself.
                if let Some(original) = original
                    && !seen.contains(original.as_str())
                {
                    mark(&mut seen, &mut redacted, original.to_string());
                    work.push((original, true));
                }
                work.push((event.event_id.clone(), by_itself));
            }
        }
    }
    if !redacted.files.is_empty() {
        return Ok(Redacted { files: redacted.files, ..Redacted::default() });
    }
    for (event, by_itself) in work {
        let reason = Reading::reason(&piece.erasure.id, by_itself);
        // The same for ever, so that a repeated request makes no second redaction.
        let txn_id = format!("{}.{event}", piece.erasure.id);
        match ports.matrix.redact(sender, room, &event, Some(&reason), &txn_id).await {
            Ok(_) => {
                redacted.count += 1;
                redacted.events.push(event.to_string());
            }
            // It is not there, or in another room.
            Err(error) if error.has_status(404) => {}
            Err(error) if matches!(error.verdict(), Verdict::Rejected { .. }) => redacted.refused += 1,
            Err(error) => return Err(error.into()),
        }
    }
    // In a room of theirs, nothing depends on what else was redacted.
    if which == Which::All {
        redacted.seen.clear();
        redacted.events.clear();
    }
    Ok(redacted)
}

/// An event that tells of them: it is to be known again, and that the room showed something of them.
fn see(seen: &mut HashSet<String>, redacted: &mut Redacted, event: &Event) {
    mark(seen, redacted, event.event_id.to_string());
    if let Some(shows) = event.shows() {
        mark(seen, redacted, shows);
    }
}

fn mark(seen: &mut HashSet<String>, redacted: &mut Redacted, id: String) {
    if seen.insert(id.clone()) {
        redacted.seen.push(id);
    }
}

/// What is known of that on which these events depend.
async fn known(
    ports: &Ports,
    piece: &Piece<'_>,
    events: &[Event],
    which: Which,
) -> Result<HashSet<String>, Detour> {
    let mut ids: Vec<String> = events.iter().flat_map(Event::depends_on).collect();
    if which == Which::Telling {
        ids.extend(events.iter().flat_map(Event::names));
    }
    ids.sort_unstable();
    ids.dedup();
    let mut conn = ports.store.connection().await?;
    Ok(erasures::seen(&mut conn, &piece.erasure.id, &ids).await?)
}

/// Whether a content names a conversation or a room of theirs.
pub(super) async fn names_theirs(
    ports: &Ports,
    piece: &Piece<'_>,
    content: &serde_json::Value,
) -> Result<bool, Detour> {
    let Some(names) = names(content) else { return Ok(true) };
    let names: Vec<String> = names.into_iter().collect();
    let mut conn = ports.store.connection().await?;
    Ok(!erasures::seen(&mut conn, &piece.erasure.id, &names).await?.is_empty())
}
