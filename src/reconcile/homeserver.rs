//! The rooms' own history, read back to where the last look ended: a homeserver may lose what it had not
//! delivered when it was restarted. Only those rooms are read in which it tells of something unheard.
//!
//! A room with many pages is put behind the others after some of them, as often as it takes. A room that
//! cannot be read now stops no other; how far back it has to be read is durable.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use ruma::OwnedRoomId;

use super::told::{Teller, Told};
use crate::clock::Millis;
use crate::domain::input::Input;
use crate::matrix::error::{MatrixError, Verdict};
use crate::outbox::Ports;
use crate::outbox::history::{LookError, OVERLAP, Reading};
use crate::reach::Trouble;
use crate::store::{StoreError, upkeep};

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
    /// How many rooms were read to their end.
    pub(super) read: usize,
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
pub(super) async fn look(ports: &Ports, teller: &mut Teller, which: Which) -> Result<Looked, LookError> {
    let started = ports.clock.now();
    let mut looked = Looked::default();
    let ToRead { mut rooms, told } = to_read(ports, teller, which, started).await?;
    let mut unanswered = 0;
    while let Some(mut room) = rooms.pop_front() {
        match room.reading.go_on(ports).await {
            Ok(Some(found)) => {
                looked.read += 1;
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
        teller.is_read(ports, told).await?;
    }
    Ok(looked)
}

/// What a look reads.
struct ToRead {
    rooms: VecDeque<Room>,
    /// Up to where the homeserver has told what to read.
    told: Option<Told>,
}

async fn to_read(ports: &Ports, teller: &Teller, which: Which, now: Millis) -> Result<ToRead, LookError> {
    let (mut since, mut told) = (BTreeMap::new(), None);
    let longest_ago = now - upkeep::KEEP_RECEIPTS;
    let from = (read_to(ports).await?.unwrap_or(now) - OVERLAP).max(longest_ago);
    if which == Which::All {
        let choice = teller.choose(ports, from).await?;
        since.extend(choice.rooms.into_iter().map(|room| (room, (from, false))));
        told = choice.told;
    }
    for (fact, from) in upkeep::recall_all(&mut *ports.store.connection().await?, BEHIND).await? {
        if let (Some(room), Some(from)) = (fact.strip_prefix(BEHIND), time(&from)) {
            since.insert(room.to_owned(), (from.max(longest_ago), true));
        }
    }
    let readings = since.into_iter().filter_map(|(room, (since, was_behind))| {
        Some(Room { reading: Reading::new(OwnedRoomId::try_from(room).ok()?, since), was_behind })
    });
    Ok(ToRead { rooms: readings.collect(), told })
}

/// Up to when everything was read; nothing before the first look.
async fn read_to(ports: &Ports) -> Result<Option<Millis>, StoreError> {
    Ok(upkeep::recall(&mut *ports.store.connection().await?, MARK).await?.and_then(|text| time(&text)))
}

fn time(text: &str) -> Option<Millis> {
    text.parse().ok().map(Millis)
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
