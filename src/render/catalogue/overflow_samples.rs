//! Samples of what supervisors read of a contact whom nobody takes.

use super::samples::jane;
use crate::domain::ids::QueueName;
use crate::domain::notice::{Overflowed, Says};

/// One of each step that asks more agents, for each moment.
pub(super) fn overflowed() -> Vec<Says> {
    let told = |to: Option<&str>, dropped: &[&str], nobody_ready| {
        Says::Overflowed(Overflowed {
            contact: jane(),
            queue: QueueName::new("support"),
            to: to.map(QueueName::new),
            dropped: dropped.iter().map(|skill| (*skill).to_owned()).collect(),
            nobody_ready,
            secs: 120,
        })
    };
    vec![
        told(Some("billing"), &[], false),
        told(Some("billing"), &[], true),
        told(None, &["french", "german"], false),
        told(None, &["french"], true),
    ]
}
