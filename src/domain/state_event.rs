//! The state event of an interaction's room, for other programs to read.

use super::call::CALL;
use super::interaction::{CALLBACK, ContactRef, Direction, Interaction};

/// How much case data the state event shows, in bytes.
const CASE_LIMIT_BYTES: usize = 16 * 1024;

impl ContactRef {
    /// The contact for programs, with the number as people read it.
    pub(super) fn shown(&self) -> serde_json::Value {
        let Self { id, name, number } = self;
        serde_json::json!({"id": id, "name": name, "number": number.shown()})
    }
}

impl Interaction {
    /// The content of its `org.switchroom.interaction` state event. Case data is cut at 16 KiB here.
    #[must_use]
    pub fn state_content(&self) -> serde_json::Value {
        let offer = self.offer().map(|offer| {
            serde_json::json!({
                "to": offer.to.first().filter(|_| offer.invited).map(|to| &to.user),
                "by": offer.by.as_ref().map(|by| &by.user),
                "reason": if offer.by.is_some() { "transfer" } else { "queue" },
                "expires_at": offer.expires_at,
            })
        });
        let mut room_left = CASE_LIMIT_BYTES - "{}".len();
        let case: serde_json::Map<_, _> = self
            .case
            .iter()
            .take_while(|(key, value)| {
                let size = json_bytes(key) + json_bytes(value) + ":,".len();
                let fits = size <= room_left;
                room_left = room_left.saturating_sub(size);
                fits
            })
            .map(|(key, value)| (key.clone(), serde_json::Value::from(value.as_str())))
            .collect();
        let (kind, direction, parent) = match (&self.callback, &self.call) {
            (Some(callback), _) => (CALLBACK, Direction::Outbound, Some(&callback.parent)),
            (None, Some(_)) => (CALL, self.direction, self.parent.as_ref()),
            (None, None) => ("sms", self.direction, self.parent.as_ref()),
        };
        serde_json::json!({
            "id": self.id, "kind": kind, "mode": self.mode, "direction": direction, "state": self.state(),
            "queue": self.queue, "owner": self.owner().map(|owner| &owner.user), "offer": offer,
            "contact": self.contact.shown(), "number": self.our_number.shown(), "parent": parent,
            "disposition": self.disposition.as_ref().map(|disposition| &disposition.code), "case": case,
            "tags": self.tags, "priority": self.priority(),
            "created_at": self.created_at, "updated_at": self.updated_at, "expires_at": self.expires_at,
        })
    }
}

/// The length of a text as JSON, where one character may take six bytes.
fn json_bytes(text: &str) -> usize {
    serde_json::Value::from(text).to_string().len()
}
