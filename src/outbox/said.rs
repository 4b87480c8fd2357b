//! Saying something in a room, once: however often it is tried, it is one event.

use std::time::Duration;

use ruma::{OwnedEventId, OwnedUserId, RoomId};
use serde_json::{Value, json};

use crate::matrix::client::Sender;
use crate::matrix::rooms::SOURCE_ID;
use crate::outbox::{Detour, Ports};
use crate::store::outbox::Head;

/// The homeserver remembers transaction ids for a day; a retry that is older looks first whether it was done.
const REMEMBERED: Duration = Duration::from_hours(20);

/// Whose phone a message makes ring.
pub(super) fn mentions(user: Option<&OwnedUserId>) -> Value {
    user.map_or_else(|| json!({}), |user| json!({ "user_ids": [user] }))
}

/// Sends a message under the effect's transaction id; one that may be older than the homeserver's memory is
/// looked for first.
pub(super) async fn say(
    ports: &Ports,
    head: &Head,
    sender: &Sender,
    room: &RoomId,
    mut content: Value,
) -> Result<OwnedEventId, Detour> {
    content[SOURCE_ID] = json!(head.txn_id);
    if ports.clock.now().since(head.created_at) > REMEMBERED {
        let since = head.created_at - Duration::from_mins(1);
        if let Some(event) = ports.matrix.find_source(room, &head.txn_id, since).await? {
            return Ok(event);
        }
    }
    fail::fail_point!("before_matrix", |_| std::process::abort());
    let event = ports.matrix.send(sender, room, "m.room.message", &content, &head.txn_id).await?;
    fail::fail_point!("after_matrix", |_| std::process::abort());
    Ok(event)
}
