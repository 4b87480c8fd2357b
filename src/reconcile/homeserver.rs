//! The rooms' own history, held against the events we know: a homeserver may lose what it had not delivered when it
//! was restarted.
//!
//! History is read backwards and the desk is told forwards: first the pages are read back to where the last look ended, of
//! which only the beginnings are kept of those that hold something new, and then these are read again, the oldest first.
//! So however much was missed, no more than a page is held. A room with many pages is put behind the others after some
//! of them, as often as it takes. A room that cannot be read now stops no other; how far back it has to be read is durable.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use ruma::api::Direction;
use ruma::{OwnedRoomId, RoomId};
use serde_json::value::RawValue;

use super::pace::OVERLAP;
use super::stamps::{Reaches, SLOW_CLOCK, Stamps};
use crate::clock::Millis;
use crate::desk::Applied;
use crate::domain::input::{Input, RoomEvent};
use crate::matrix::error::{MatrixError, Verdict};
use crate::matrix::events;
use crate::matrix::messages::Page;
use crate::outbox::Ports;
use crate::reach::Trouble;
use crate::store::{StoreError, agents, conversations, upkeep};

/// Events of one page, and pages of one room before it is another's turn.
const PAGE: u32 = 100;
const PAGES: usize = 20;
/// The pause between rooms, so that a look through thousands is no load.
const BETWEEN: Duration = Duration::from_millis(20);
/// After so many rooms in a row without any answer the homeserver is away.
const AWAY: usize = 3;
/// Up to when everything was read.
const MARK: &str = "homeserver_read_to";
/// From when on a room has to be read, where that is earlier: it could not be read when the others were.
const BEHIND: &str = "homeserver_behind:";

/// Why a look was not finished; the next one begins where it began.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LookError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The homeserver did not answer well.
    #[error(transparent)]
    Matrix(#[from] MatrixError),
    /// The desk did not take what was found.
    #[error(transparent)]
    Apply(#[from] crate::desk::ApplyError),
}

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
        match room.go_on(ports).await {
            Ok(Some(found)) => {
                looked.found += found;
                unanswered = 0;
                room.is_read(ports).await?;
            }
            Ok(None) => {
                tracing::warn!(room = %room.id, pages = room.read, "a room's history is long and not yet read to its end");
                rooms.push_back(room);
            }
            Err(LookError::Matrix(error)) if matches!(error.verdict(), Verdict::Rejected { .. }) => {
                tracing::warn!(room = %room.id, %error, "a room cannot be looked through");
                ports.desk.apply(Input::RoomRefused { room: room.id.clone() }).await?;
                room.is_read(ports).await?;
            }
            Err(LookError::Matrix(error)) => {
                tracing::warn!(room = %room.id, %error, "a room could not be looked through");
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

/// Reads a room back to a moment and hands the desk what it has not seen. A room that the homeserver does not let us read
/// holds nothing for us.
///
/// # Errors
/// [`LookError`]; nothing is lost.
pub(crate) async fn read_room(ports: &Ports, room: &RoomId, since: Millis) -> Result<usize, LookError> {
    let mut room = Reading::new(room.to_owned(), since);
    loop {
        match room.go_on(ports).await {
            Ok(Some(found)) => return Ok(found),
            Ok(None) => {}
            Err(LookError::Matrix(error)) if matches!(error.verdict(), Verdict::Rejected { .. }) => {
                return Ok(0);
            }
            Err(error) => return Err(error),
        }
    }
}

/// The rooms in which someone could have said something to us, each with the moment from which on it is to be read.
async fn rooms(ports: &Ports, which: Which, now: Millis) -> Result<VecDeque<Reading>, StoreError> {
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
        Some(Reading { was_behind, ..Reading::new(OwnedRoomId::try_from(room).ok()?, since) })
    });
    Ok(readings.collect())
}

/// How far a room is read.
struct Reading {
    id: OwnedRoomId,
    since: Millis,
    /// Whether an earlier look could not read it.
    was_behind: bool,
    /// Where it goes on going back; nothing at its newest event.
    from: Option<String>,
    /// Whether it has gone back as far as it has to.
    is_back: bool,
    /// Where the pages begin that hold something new, the oldest last.
    new: Vec<String>,
    /// Pages read.
    read: usize,
    found: usize,
}

impl Reading {
    fn new(id: OwnedRoomId, since: Millis) -> Self {
        Self { id, since, was_behind: false, from: None, is_back: false, new: vec![], read: 0, found: 0 }
    }

    /// Reads some pages. Returns how many events were new, once it is through.
    async fn go_on(&mut self, ports: &Ports) -> Result<Option<usize>, LookError> {
        for _ in 0..PAGES {
            if !self.is_back {
                self.go_back(ports).await?;
            } else if let Some(start) = self.new.last() {
                let page = self.page(ports, Some(start.clone())).await?;
                let unknown = self.unknown(ports, &page).await?;
                self.tell(ports, unknown).await?;
                self.new.pop();
            } else {
                return Ok(Some(self.found));
            }
        }
        Ok((self.is_back && self.new.is_empty()).then_some(self.found))
    }

    async fn go_back(&mut self, ports: &Ports) -> Result<(), LookError> {
        let page = self.page(ports, self.from.clone()).await?;
        let unknown = self.unknown(ports, &page).await?;
        let is_past_it = match Stamps::of(&page.events, ports.matrix.domain()).reach_behind(self.since) {
            Reaches::No => false,
            // What the desk knows already was told when it happened.
            Reaches::Perhaps => unknown.is_empty(),
            Reaches::Surely => true,
        };
        if is_past_it || page.next.is_none() {
            // The oldest page need not be read again.
            self.tell(ports, unknown).await?;
            self.is_back = true;
        } else {
            if !unknown.is_empty() {
                self.new.push(page.start);
            }
            self.from = page.next;
        }
        Ok(())
    }

    async fn page(&mut self, ports: &Ports, from: Option<String>) -> Result<Page, LookError> {
        self.read += 1;
        Ok(ports.matrix.messages(&self.id, from, PAGE, Direction::Backward).await?)
    }

    /// Hands the desk what it has not seen of a page, in the order it happened.
    async fn tell(&mut self, ports: &Ports, mut unknown: Vec<RoomEvent>) -> Result<(), LookError> {
        if unknown.is_empty() {
            return Ok(());
        }
        unknown.reverse();
        let applied = ports.desk.apply_all(unknown.into_iter().map(Input::Room).collect()).await?;
        self.found += applied.iter().filter(|applied| matches!(applied, Applied::Done)).count();
        Ok(())
    }

    /// What the desk has not seen of a page, the newest first: what stands before something new, and what may be new by a clock
    /// that is slow.
    async fn unknown(&self, ports: &Ports, page: &Page) -> Result<Vec<RoomEvent>, StoreError> {
        let (before, rest) =
            page.events.split_at(Stamps::of(&page.events, ports.matrix.domain()).after(self.since));
        let parsed =
            |events: &[Box<RawValue>]| events::parse_events(events, |user| ports.matrix.is_ours(user));
        // Of what is older nobody knows whether it was told.
        let known_since = ports.clock.now() - upkeep::KEEP_RECEIPTS + SLOW_CLOCK;
        let oldest = self.since.min(known_since.max(self.since - SLOW_CLOCK));
        let mut recent = parsed(before).events;
        recent.extend(parsed(rest).events.into_iter().filter(|event| event.at >= oldest));
        let receipts: Vec<String> = recent.iter().map(|event| event.receipt().into_string()).collect();
        let known = upkeep::claimed(&mut *ports.store.connection().await?, &receipts).await?;
        Ok(recent.into_iter().filter(|event| !known.contains(event.receipt().as_str())).collect())
    }

    /// It was read: nothing of it is missed any more.
    async fn is_read(&self, ports: &Ports) -> Result<(), StoreError> {
        if !self.was_behind {
            return Ok(());
        }
        upkeep::forget(&mut *ports.store.connection().await?, &format!("{BEHIND}{}", self.id)).await
    }

    /// It could not be read: later looks go back as far as this one.
    async fn is_behind(&self, ports: &Ports) -> Result<(), StoreError> {
        let fact = format!("{BEHIND}{}", self.id);
        upkeep::remember(&mut *ports.store.connection().await?, &fact, &self.since.0.to_string()).await
    }
}
