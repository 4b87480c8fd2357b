//! The rooms' own history, read back to where the last look ended: a homeserver may lose what it had not
//! delivered when it was restarted.
//!
//! A room with many pages is put behind the others after some of them, as often as it takes. A room that
//! cannot be read now stops no other; how far back it has to be read is durable.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use ruma::OwnedRoomId;

use crate::clock::Millis;
use crate::domain::input::Input;
use crate::matrix::error::{MatrixError, Verdict};
use crate::outbox::Ports;
use crate::outbox::history::{LookError, OVERLAP, Reading};
use crate::reach::Trouble;
use crate::store::{StoreError, agents, conversations, upkeep};

/// The pause between rooms, so that a look through thousands is no load.
const BETWEEN: Duration = Duration::from_millis(20);
/// After so many rooms in a row without any answer the homeserver is away.
const AWAY: usize = 3;
/// Up to when everything was read.
const MARK: &str = "homeserver_read_to";
/// From when on a room has to be read, where that is earlier: it could not be read when the others were.
const BEHIND: &str = "homeserver_behind:";

/// Which rooms are looked through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    /// Those in which something goes on, or went on since the last look, and the consoles.
    All,
    /// Those that could not be read when the others were.
    Behind,
}

/// What came of a look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Looked {
    /// How many events the desk had not seen.
    pub(super) found: usize,
    /// How many rooms could not be read.
    pub(super) behind: usize,
    /// How many gaps that noted.
    pub(super) gaps: u64,
}

/// Looks through rooms, back to where the last look ended, and hands the desk what it has not seen.
///
/// # Errors
/// [`LookError`]; nothing is lost, the next look reads the same again.
pub(super) async fn look(ports: &Ports, which: Which) -> Result<Looked, LookError> {
    let started = ports.clock.now();
    let mut looked = Looked::default();
    let mut rooms = rooms(ports, which, started).await?;
    let mut unanswered = 0;
    while let Some(mut room) = rooms.pop_front() {
        match room.reading.go_on(ports).await {
            Ok(Some(found)) => {
                looked.found += found;
                unanswered = 0;
                room.is_read(ports).await?;
            }
            Ok(None) => {
                tracing::warn!(room = %room.reading.id, pages = room.reading.read, "a room's history is long and not yet read to its end");
                rooms.push_back(room);
            }
            Err(LookError::Matrix(error)) if matches!(error.verdict(), Verdict::Rejected { .. }) => {
                tracing::warn!(room = %room.reading.id, %error, "a room cannot be looked through");
                ports.desk.apply(Input::RoomRefused { room: room.reading.id.clone() }).await?;
                room.is_read(ports).await?;
            }
            Err(LookError::Matrix(error)) => {
                tracing::warn!(room = %room.reading.id, %error, "a room could not be looked through");
                looked.behind += 1;
                looked.gaps += u64::from(error.trouble().is_some_and(Trouble::is_gap));
                room.is_behind(ports).await?;
                unanswered += usize::from(matches!(error, MatrixError::NoAnswer(_)));
                if unanswered >= AWAY {
                    return Err(error.into());
                }
            }
            Err(error) => return Err(error),
        }
        tokio::time::sleep(BETWEEN).await;
    }
    if which == Which::All {
        upkeep::remember(&mut *ports.store.connection().await?, MARK, &started.0.to_string()).await?;
    }
    Ok(looked)
}

/// The rooms in which someone could have said something to us, each with the moment from which on it is to be
/// read.
async fn rooms(ports: &Ports, which: Which, now: Millis) -> Result<VecDeque<Room>, StoreError> {
    let mut conn = ports.store.connection().await?;
    let time = |text: &str| text.parse().ok().map(Millis);
    let longest_ago = now - upkeep::KEEP_RECEIPTS;
    let mut since = BTreeMap::new();
    let read_to = upkeep::recall(&mut conn, MARK).await?.and_then(|text| time(&text));
    if let Some(read_to) = read_to.filter(|_| which == Which::All) {
        let from = (read_to - OVERLAP).max(longest_ago);
        let mut rooms = conversations::rooms_since(&mut conn, from).await?;
        rooms.extend(agents::consoles(&mut conn).await?);
        since.extend(rooms.into_iter().map(|room| (room, (from, false))));
    }
    for (fact, from) in upkeep::recall_all(&mut conn, BEHIND).await? {
        if let (Some(room), Some(from)) = (fact.strip_prefix(BEHIND), time(&from)) {
            since.insert(room.to_owned(), (from.max(longest_ago), true));
        }
    }
    let readings = since.into_iter().filter_map(|(room, (since, was_behind))| {
        Some(Room { reading: Reading::new(OwnedRoomId::try_from(room).ok()?, since), was_behind })
    });
    Ok(readings.collect())
}

/// A room that is looked through.
struct Room {
    reading: Reading,
    /// Whether an earlier look could not read it.
    was_behind: bool,
}

impl Room {
    /// It was read: nothing of it is missed any more.
    async fn is_read(&self, ports: &Ports) -> Result<(), StoreError> {
        if !self.was_behind {
            return Ok(());
        }
        upkeep::forget(&mut *ports.store.connection().await?, &format!("{BEHIND}{}", self.reading.id)).await
    }

    /// It could not be read: later looks go back as far as this one.
    async fn is_behind(&self, ports: &Ports) -> Result<(), StoreError> {
        let fact = format!("{BEHIND}{}", self.reading.id);
        upkeep::remember(&mut *ports.store.connection().await?, &fact, &self.reading.since.0.to_string())
            .await
    }
}
