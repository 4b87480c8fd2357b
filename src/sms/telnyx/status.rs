//! How far a message has come, in Telnyx's words and in the desk's.

use crate::domain::reply::PartState;

/// What a status says of a part of ours, with the code of its first error; nothing for one that was made up
/// since this was written, and for a contact's message.
#[must_use]
pub(super) fn part_state(status: &str, code: Option<u32>) -> Option<PartState> {
    match status {
        "queued" | "sending" => Some(PartState::Accepted),
        // The carrier took it, and does not say whether it got there.
        "sent" | "delivery_unconfirmed" => Some(PartState::Sent),
        "delivered" => Some(PartState::Delivered),
        "sending_failed" | "delivery_failed" | "expired" | "gw_timeout" => Some(PartState::Failed { code }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_of_ours_has_a_state() {
        let failed = PartState::Failed { code: Some(40001) };
        for status in ["sending_failed", "delivery_failed", "expired"] {
            assert_eq!(part_state(status, Some(40001)), Some(failed), "{status}");
        }
        assert_eq!(part_state("queued", None), Some(PartState::Accepted));
        assert_eq!(part_state("delivery_unconfirmed", None), Some(PartState::Sent));
        assert_eq!(part_state("delivered", None), Some(PartState::Delivered));
        assert_eq!(part_state("webhook_delivered", None), None);
        assert_eq!(part_state("", None), None);
    }
}
