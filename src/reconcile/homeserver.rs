//! The rooms' own history, held against the events we know: a homeserver may lose what it had not delivered when it
//! was restarted.

use std::time::Duration;

use matrix_sdk::ruma::{OwnedRoomId, RoomId};

use super::OVERLAP;
use crate::clock::Millis;
use crate::desk::Applied;
use crate::domain::input::Input;
use crate::matrix::error::{MatrixError, Verdict};
use crate::matrix::events;
use crate::outbox::Ports;
use crate::store::{StoreError, agents, interactions, talks, upkeep};
use matrix_sdk::ruma::api::Direction;

/// Events of one page, and pages of one room in one look.
const PAGE: u32 = 50;
const PAGES: usize = 20;
/// The pause between rooms, so that a look through thousands is no load.
const BETWEEN: Duration = Duration::from_millis(20);
const FACT: &str = "homeserver_read_to";

/// Why a look was not finished; the next one begins where it began.
#[derive(Debug, thiserror::Error)]
pub enum LookError {
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

/// Looks through the rooms in which something goes on, or went on since, and the consoles, back to where the last look ended, and hands the
/// desk what it has not seen. Returns how many events that were.
///
/// # Errors
/// [`LookError`]; nothing is lost, the next look reads the same again.
pub async fn look(ports: &Ports) -> Result<usize, LookError> {
    let started = ports.clock.now();
    let mut conn = ports.store.connection().await?;
    let read_to = upkeep::recall(&mut conn, FACT).await?.and_then(|text| text.parse().ok()).map(Millis);
    drop(conn);
    let mut found = 0;
    if let Some(read_to) = read_to {
        let since = (read_to - OVERLAP).max(started - upkeep::KEEP_RECEIPTS);
        for room in rooms(ports, since).await? {
            found += match look_at(ports, &room, since).await {
                Ok(found) => found,
                Err(LookError::Matrix(error)) if matches!(error.verdict(), Verdict::Rejected { .. }) => {
                    tracing::warn!(%room, %error, "a room could not be looked through");
                    ports.desk.apply(Input::RoomRefused { room: room.clone() }).await?;
                    0
                }
                Err(error) => return Err(error),
            };
            tokio::time::sleep(BETWEEN).await;
        }
    }
    let mut conn = ports.store.connection().await?;
    upkeep::remember(&mut conn, FACT, &started.0.to_string()).await?;
    Ok(found)
}

/// The rooms in which someone could have said something to us since then.
async fn rooms(ports: &Ports, since: Millis) -> Result<Vec<OwnedRoomId>, StoreError> {
    let mut conn = ports.store.connection().await?;
    let mut rooms = interactions::rooms_since(&mut conn, since).await?;
    rooms.extend(talks::rooms_since(&mut conn, since).await?);
    for agent in agents::all(&mut conn).await? {
        rooms.extend(agents::console(&mut conn, &agent.who.id).await?);
    }
    Ok(rooms.into_iter().filter_map(|room| OwnedRoomId::try_from(room).ok()).collect())
}

async fn look_at(ports: &Ports, room: &RoomId, since: Millis) -> Result<usize, LookError> {
    let mut from = None;
    let mut missed = Vec::new();
    for _ in 0..PAGES {
        let page = ports.matrix.messages(room, from, PAGE, Direction::Backward).await?;
        let parsed = events::parse_events(&page.events, |user| ports.matrix.is_ours(user));
        let oldest = page.events.last().and_then(|event| time_of(event.get()));
        missed.extend(parsed.events.into_iter().filter(|event| event.at >= since));
        from = page.next;
        if from.is_none() || oldest.is_none_or(|oldest| oldest < since) {
            break;
        }
    }
    // Pages go back in time; the desk is told in the order things happened.
    missed.reverse();
    let inputs: Vec<Input> = missed.into_iter().map(Input::Room).collect();
    let applied = ports.desk.apply_all(inputs).await?;
    Ok(applied.iter().filter(|applied| matches!(applied, Applied::Done)).count())
}

fn time_of(event: &str) -> Option<Millis> {
    #[derive(serde::Deserialize)]
    struct Time {
        origin_server_ts: i64,
    }
    serde_json::from_str::<Time>(event).ok().map(|time| Millis(time.origin_server_ts))
}
