//! Samples of the end of a shift, of what supervisors do, and of who asks them for help.

use super::callback_samples::item as callback;
use super::card_samples::past_said;
use super::later_samples::item as later;
use super::samples::{NOW, interaction_id, jane, room};
use crate::domain::agent::{Channels, WorkChannel};
use crate::domain::ids::{InteractionId, QueueName};
use crate::domain::notice::{
    HandCard, LaterItem, NextStep, NextSteps, OpenWork, Refusal, Says, StateSet, Stopped, TooLong,
    WorkChoice, WorkItem, WorkMoved,
};
use crate::domain::report::{StateTime, TimeLine};

pub(super) fn bare_hand_card() -> HandCard {
    HandCard {
        contact: "+14155550100".into(),
        number: "+14155550100".into(),
        owner: "Alice Doe".into(),
        queue: QueueName::new("support"),
        secs: 300,
        note: String::new(),
        lines: vec![],
        case: vec![],
        case_more: 0,
        room: None,
        taken_by: None,
        is_over: false,
    }
}

pub(super) fn hand_card() -> HandCard {
    HandCard {
        contact: jane(),
        note: "She asks for a manager".into(),
        lines: past_said(),
        case: vec![("order".into(), "4711".into()), ("city".into(), "Köln".into())],
        case_more: 3,
        room: room(),
        ..bare_hand_card()
    }
}

/// A conversation among those that somebody has.
pub(in crate::render) fn work_item(stays: Option<Refusal>) -> WorkItem {
    WorkItem { id: interaction_id(), contact: jane(), state: "active".into(), room: room(), stays }
}

fn other_item() -> WorkItem {
    let id = InteractionId::new("i-8m2pq");
    WorkItem { id, contact: "+14155550199".into(), state: "snoozed".into(), room: None, stays: None }
}

pub(super) fn open_works() -> Vec<OpenWork> {
    let choices = vec![WorkChoice::Requeue, WorkChoice::To { who: "Bob Roe".into() }, WorkChoice::Keep];
    let bare = OpenWork {
        items: vec![],
        choices: vec![],
        offers: vec![],
        callbacks: vec![],
        later: vec![],
        zone: String::new(),
    };
    let promised = OpenWork {
        offers: vec![jane(), "+14155550199".into()],
        callbacks: vec![callback(Some("Alice Doe"), "about her refund"), callback(Some("Alice Doe"), "")],
        later: vec![
            later("Did it arrive?"),
            LaterItem { asks: Some(Stopped::ContactWrote), ..later("Hello") },
        ],
        zone: "Europe/Berlin".into(),
        ..bare.clone()
    };
    let items = vec![work_item(None), other_item()];
    vec![
        OpenWork { items: items.clone(), choices: choices.clone(), ..bare },
        OpenWork { items, choices, ..promised.clone() },
        promised,
    ]
}

pub(super) fn works_moved() -> Vec<WorkMoved> {
    let none = || WorkMoved { owner: "Alice Doe".into(), to: None, moved: vec![], stay: vec![] };
    let moved = || vec![work_item(None), other_item()];
    let stay = || vec![work_item(Some(Refusal::NotActive))];
    vec![
        none(),
        WorkMoved { moved: moved(), ..none() },
        WorkMoved { moved: moved(), stay: stay(), to: Some("Bob Roe".into()), ..none() },
        WorkMoved { stay: stay(), ..none() },
    ]
}

pub(super) fn states_set() -> Vec<StateSet> {
    let set = |readiness: Channels, is_you| StateSet {
        agent: "Alice Doe".into(),
        by: "Sue Visor".into(),
        readiness,
        is_you,
    };
    let mut ready = Channels::default();
    for channel in WorkChannel::ALL {
        ready.turn_ready(channel, NOW);
    }
    vec![
        set(ready.clone(), true),
        set(ready, false),
        set(Channels::not_ready("Lunch"), true),
        set(Channels::not_ready(""), false),
    ]
}

pub(super) fn too_long(is_you: bool) -> TooLong {
    TooLong {
        agent: "Alice Doe".into(),
        agent_id: "alice".into(),
        reason: "Lunch".into(),
        max_secs: 2_700,
        is_you,
    }
}

pub(super) fn next_steps() -> NextSteps {
    let step = |run: &str, does: &str| NextStep { run: run.into(), does: does.into() };
    let steps = vec![
        step("done", "finish this conversation"),
        step("responses", "list the standard responses"),
        step("reopen i-7f3k2", "reopen a conversation that is done"),
    ];
    NextSteps { steps }
}

pub(super) fn time_lines() -> Vec<TimeLine> {
    let time = |state: &str, label: Option<&str>, secs| StateTime {
        state: state.into(),
        label: label.map(str::to_owned),
        secs,
    };
    let times = vec![
        time("ready", None, 8_640),
        time("not_ready", None, 65),
        time("not_ready", Some("Lunch"), 2_700),
        time("signed_off", None, 40),
    ];
    vec![
        TimeLine { agent: "Alice Doe".into(), times },
        TimeLine { agent: "bob".into(), times: vec![time("ready", None, 60)] },
    ]
}

/// A report of them.
pub(super) fn time_report(lines: Vec<TimeLine>) -> Says {
    Says::Report {
        first: NOW,
        last: NOW,
        queues: vec![],
        agents: vec![],
        tags: vec![],
        responses: None,
        times: Some(lines),
    }
}
