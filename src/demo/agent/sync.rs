//! The background sync, which writes what the homeserver tells into the log.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use matrix_sdk::Client;
use matrix_sdk::config::SyncSettings;
use matrix_sdk::room::MessagesOptions;
use matrix_sdk::sync::{State, SyncResponse, Timeline};
use ruma::api::client::filter::FilterDefinition;
use ruma::api::client::sync::sync_events::v3::Filter;
use ruma::{RoomId, uint};
use tokio::sync::watch;

use super::seen::{Log, Membership, Seen};

/// How long one sync waits on the homeserver for news.
const SYNC_TIMEOUT: Duration = Duration::from_secs(20);
/// Pause after a failed sync, while the homeserver is away.
const SYNC_PAUSE: Duration = Duration::from_millis(250);
/// Pages of 100 events that a gap in the timeline is filled with at most.
const GAP_PAGES: usize = 50;

/// What the background sync writes and the agent reads.
#[derive(Debug, Default)]
pub(super) struct Shared {
    log: Mutex<Log>,
    /// How long it rests after each sync, in milliseconds.
    pub(super) rest_ms: AtomicU64,
    /// Changes after each sync.
    pub(super) turns: watch::Sender<u64>,
}

impl Shared {
    pub(super) fn log(&self) -> MutexGuard<'_, Log> {
        // A test that panicked while looking leaves the log as it was: reading changes nothing.
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn settings() -> SyncSettings {
    let mut filter = FilterDefinition::default();
    filter.room.timeline.limit = Some(uint!(100));
    SyncSettings::new().filter(Filter::FilterDefinition(filter))
}

/// The first sync, which waits for nothing.
pub(super) async fn first(client: &Client, shared: &Shared) -> matrix_sdk::Result<()> {
    let response = client.sync_once(settings().timeout(Duration::ZERO)).await?;
    absorb(client, shared, response).await;
    Ok(())
}

/// Syncs without end; while the homeserver is away, again and again.
pub(super) async fn for_ever(client: Client, shared: Arc<Shared>) {
    loop {
        match client.sync_once(settings().timeout(SYNC_TIMEOUT)).await {
            Ok(response) => {
                absorb(&client, &shared, response).await;
                tokio::time::sleep(Duration::from_millis(shared.rest_ms.load(Ordering::Relaxed))).await;
            }
            Err(error) => {
                tracing::debug!(%error, "a sync failed and is tried again");
                tokio::time::sleep(SYNC_PAUSE).await;
            }
        }
    }
}

/// Writes a sync's news into the log.
async fn absorb(client: &Client, shared: &Shared, response: SyncResponse) {
    let joined = response.rooms.joined.into_iter();
    let joined = joined.map(|(id, room)| (id, Membership::Joined, room.state, room.timeline));
    let left = response.rooms.left.into_iter();
    let left = left.map(|(id, room)| (id, Membership::Left, room.state, room.timeline));
    for (room_id, membership, state, timeline) in joined.chain(left) {
        let gap = if timeline.limited { gap(client, shared, &room_id, &timeline).await } else { Vec::new() };
        let mut log = shared.log();
        let timeline: Vec<&str> = timeline.events.iter().map(|event| event.raw().json().get()).collect();
        let state = match &state {
            State::Before(events) | State::After(events) => events.iter().map(|event| event.json().get()),
        };
        log.room(&room_id, membership, state.chain(timeline.iter().copied()));
        let events = timeline.into_iter().filter_map(|json| Seen::parse(&room_id, json));
        gap.into_iter().chain(events).for_each(|event| log.append(event));
    }
    for (room_id, invite) in response.rooms.invited {
        let state = invite.invite_state.events.iter().map(|event| event.json().get());
        shared.log().room(&room_id, Membership::Invited, state);
    }
    shared.turns.send_modify(|turn| *turn += 1);
}

/// The events between those seen and a timeline that does not reach back to them, oldest first.
async fn gap(client: &Client, shared: &Shared, room_id: &RoomId, timeline: &Timeline) -> Vec<Seen> {
    let mut events = Vec::new();
    let (Some(room), mut from) = (client.get_room(room_id), timeline.prev_batch.clone()) else {
        return events;
    };
    for _ in 0..GAP_PAGES {
        let mut options = MessagesOptions::backward().from(from.as_deref());
        options.limit = uint!(100);
        let Ok(page) = room.messages(options).await else { break };
        let parsed = page.chunk.iter().filter_map(|event| Seen::parse(room_id, event.raw().json().get()));
        let before = events.len();
        let page_len = page.chunk.len();
        events.extend(parsed.take_while(|event| !shared.log().knows(&event.event_id)));
        from = page.end;
        if from.is_none() || events.len() - before < page_len {
            break;
        }
    }
    events.reverse();
    events
}
