//! Compares a room's own history with the events the desk knows.
//!
//! The homeserver gives history backwards, and the desk wants it forwards. So the pages are first read back
//! to the given moment, and only the starting points of pages with something new are kept. Then those pages
//! are read again, oldest first. However much was missed, no more than one page is in memory.

use std::time::Duration;

use ruma::api::Direction;
use ruma::{OwnedRoomId, RoomId};
use serde_json::value::RawValue;

use super::Ports;
use super::stamps::{Reaches, SLOW_CLOCK, Stamps};
use crate::clock::Millis;
use crate::desk::Applied;
use crate::domain::input::{Input, RoomEvent};
use crate::matrix::error::{MatrixError, Verdict};
use crate::matrix::events;
use crate::matrix::messages::Page;
use crate::store::{StoreError, upkeep};

/// How far a look overlaps the one before, because the latest events may not have been listed then.
pub(crate) const OVERLAP: Duration = Duration::from_mins(10);
/// How many events a page has, and how many pages of a room are read before it is another room's turn.
const PAGE: u32 = 100;
const PAGES: usize = 20;

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

/// Reads a room back to a moment and hands the desk what it has not seen. A room that the homeserver does not
/// let us read counts as empty.
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

/// How far a room is read.
pub(crate) struct Reading {
    /// The room.
    pub(crate) id: OwnedRoomId,
    /// Back to when.
    pub(crate) since: Millis,
    /// Where reading back goes on; nothing for the newest event.
    from: Option<String>,
    /// Whether it has been read back far enough.
    is_back: bool,
    /// The starting points of pages with something new, oldest last.
    new: Vec<String>,
    /// Pages read.
    pub(crate) read: usize,
    found: usize,
}

impl Reading {
    pub(crate) fn new(id: OwnedRoomId, since: Millis) -> Self {
        Self { id, since, from: None, is_back: false, new: vec![], read: 0, found: 0 }
    }

    /// Reads some pages. Once it is finished, returns how many events were new.
    pub(crate) async fn go_on(&mut self, ports: &Ports) -> Result<Option<usize>, LookError> {
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
            // The desk heard of events it knows when they happened.
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

    /// Hands the desk the unseen events of a page, in the order they happened.
    async fn tell(&mut self, ports: &Ports, mut unknown: Vec<RoomEvent>) -> Result<(), LookError> {
        if unknown.is_empty() {
            return Ok(());
        }
        unknown.reverse();
        let applied = ports.desk.apply_all(unknown.into_iter().map(Input::Room).collect()).await?;
        self.found += applied.iter().filter(|applied| matches!(applied, Applied::Done)).count();
        Ok(())
    }

    /// The unseen events of a page, newest first: those certainly after `since`, and those that may be, if
    /// their clock is slow.
    async fn unknown(&self, ports: &Ports, page: &Page) -> Result<Vec<RoomEvent>, StoreError> {
        let (before, rest) =
            page.events.split_at(Stamps::of(&page.events, ports.matrix.domain()).after(self.since));
        let parsed =
            |events: &[Box<RawValue>]| events::parse_events(events, |user| ports.matrix.is_ours(user));
        // Nobody knows whether the desk has heard of anything older.
        let known_since = ports.clock.now() - upkeep::KEEP_RECEIPTS + SLOW_CLOCK;
        let oldest = self.since.min(known_since.max(self.since - SLOW_CLOCK));
        let mut recent = parsed(before).events;
        recent.extend(parsed(rest).events.into_iter().filter(|event| event.at >= oldest));
        let receipts: Vec<String> = recent.iter().map(|event| event.receipt().into_string()).collect();
        let known = upkeep::claimed(&mut *ports.store.connection().await?, &receipts).await?;
        Ok(recent.into_iter().filter(|event| !known.contains(event.receipt().as_str())).collect())
    }
}
