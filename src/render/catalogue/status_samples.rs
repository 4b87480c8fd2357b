//! Samples of how things stand: status, reports, lists and help.

use super::samples::{NOW, room};
use crate::domain::agent::{Channels, WorkChannel};
use crate::domain::channel::Channel as Side;
use crate::domain::ids::QueueName;
use crate::domain::notice::{ChannelLine, HelpLine, ListRow, Says};
use crate::domain::report::{AgentLine, QueueLine, TagLine};

pub(super) fn tag_lines() -> Vec<TagLine> {
    vec![TagLine { tag: "refund".into(), began: 3 }, TagLine { tag: "vip".into(), began: 1 }]
}

pub(super) fn queue_lines() -> Vec<QueueLine> {
    vec![QueueLine {
        queue: "support".into(),
        began: 12,
        taken: 11,
        done: 1,
        wait_secs: 45,
        longest_secs: 300,
        handle_secs: 720,
    }]
}

pub(super) fn agent_lines() -> Vec<AgentLine> {
    vec![AgentLine {
        agent: "Alice Doe".into(),
        taken: 11,
        done: 9,
        had: 12,
        worked_secs: 8_640,
        handle_secs: 720,
    }]
}

/// Commands among others.
pub(super) fn help() -> Vec<HelpLine> {
    [("ready", "be ready for conversations and IMs"), ("accept", "take what is offered")]
        .map(|(usage, does)| HelpLine { usage: usage.into(), aliases: vec![], does: does.into() })
        .into()
}

/// One alone.
pub(super) fn whole_help() -> Vec<HelpLine> {
    let aliases = vec!["t".into()];
    let does = "hand this conversation to a colleague or queue; without a name to the one you consult".into();
    vec![HelpLine { usage: "transfer <target> [note]".into(), aliases, does }]
}

pub(super) fn rows() -> Vec<ListRow> {
    let row = |key: &str, title: &str, detail: &str| ListRow {
        key: key.into(),
        title: title.into(),
        detail: detail.into(),
        secs: None,
        room: None,
    };
    let open = row("i-7f3k2", "Jane Doe", "i-7f3k2 · active");
    vec![ListRow { room: room(), secs: Some(300), ..open }, row("i-8m2pq", "+14155550199", "")]
}

/// Ready on these channels, and on the others not for a reason.
pub(super) fn status(reason: &str, ready: &[WorkChannel]) -> Says {
    let mut readiness = Channels::not_ready(reason);
    for channel in ready {
        readiness.turn_ready(*channel, NOW);
    }
    let sms = readiness.of(WorkChannel::Sms);
    let (ready, reason) = (sms.is_ready(), sms.obstacle().unwrap_or_default().to_owned());
    let (agent, queues) = ("Alice Doe".to_owned(), vec![QueueName::new("support")]);
    Says::Status {
        agent,
        ready,
        reason,
        readiness,
        open: 2,
        capacity: 4,
        queues,
        waiting: 3,
        channels: vec![],
    }
}

/// What someone reads who has signed off.
pub(super) fn status_signed_off() -> Says {
    let mut says = status("", &[]);
    if let Says::Status { readiness, .. } = &mut says {
        *readiness = Channels::signed_off();
    }
    says
}

/// What someone reads of the channels too.
pub(super) fn status_with_channels() -> Says {
    let mut says = status("", &WorkChannel::ALL);
    let line = |channel, name: &str, is_up, secs| ChannelLine {
        channel,
        name: name.to_owned(),
        is_up,
        since: NOW,
        secs,
    };
    if let Says::Status { channels, .. } = &mut says {
        channels.push(line(Side::Matrix, "Matrix", true, 7200));
        channels.push(line(Side::Sms, "SMS (Twilio)", false, 300));
    }
    says
}

/// A channel that works again.
pub(super) fn channel_up(channel: Side) -> Says {
    let name = match channel {
        Side::Matrix => "Matrix",
        Side::Sms => "SMS (Twilio)",
        Side::Database => "The database",
    };
    let to = NOW + std::time::Duration::from_mins(18);
    Says::ChannelUp { channel, name: name.to_owned(), from: NOW, to, secs: 1080 }
}

/// What someone reads of themselves who is in no queue.
pub(super) fn status_without_queue() -> Says {
    let mut says = status("", &WorkChannel::ALL);
    if let Says::Status { queues, waiting, .. } = &mut says {
        queues.clear();
        *waiting = 0;
    }
    says
}
