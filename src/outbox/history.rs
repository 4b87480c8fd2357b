//! A room's own history, held against the events we know.
//!
//! History is read backwards and the desk is told forwards: first the pages are read back to the moment asked
//! for, of which only the beginnings are kept of those that hold something new, and then these are read
//! again, the oldest first. So however much was missed, no more than a page is held.

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

/// How far back a look goes behind the one before, because what happened last may not have been listed yet.
pub(crate) const OVERLAP: Duration = Duration::from_mins(10);
/// Events of one page, and pages of one room before it is another's turn.
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
/// let us read holds nothing for us.
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
    /// Where it goes on going back; nothing at its newest event.
    from: Option<String>,
    /// Whether it has gone back as far as it has to.
    is_back: bool,
    /// Where the pages begin that hold something new, the oldest last.
    new: Vec<String>,
    /// Pages read.
    pub(crate) read: usize,
    found: usize,
}

impl Reading {
    pub(crate) fn new(id: OwnedRoomId, since: Millis) -> Self {
        Self { id, since, from: None, is_back: false, new: vec![], read: 0, found: 0 }
    }

    /// Reads some pages. Returns how many events were new, once it is through.
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

    /// What the desk has not seen of a page, the newest first: what stands before something new, and what may
    /// be new by a clock that is slow.
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
}
