//! Reads again what happened to the conversations, line by line as the transcript tells it, and holds it
//! against the rules: one owner at a time, who said yes; nobody is offered more than they may have.

use std::collections::{BTreeMap, HashMap};

use super::CAPACITY;

/// What a conversation is, by the lines read so far.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Is {
    Queued,
    Offered(String),
    Owned { owner: String, asked: Option<String> },
    Done,
}

/// What happened so far, to all conversations.
#[derive(Debug, Default)]
pub(super) struct History {
    now: HashMap<String, Is>,
    /// How many conversations each agent has or is offered by a queue.
    load: HashMap<String, usize>,
    /// How often each kind of thing happened.
    pub(super) happened: BTreeMap<&'static str, usize>,
}

/// The kinds of lines that change whose a conversation is, by how they begin; the longer of two that begin
/// alike first.
const KINDS: [&str; 12] = [
    "offered to ",
    "accepted by ",
    "rejected by ",
    "no answer from ",
    "transferred from ",
    "transfer rejected by ",
    "transfer not answered by ",
    "transfer withdrawn: ",
    "queued again: ",
    "done by ",
    "held",
    "active",
];

impl History {
    /// Reads one line of a conversation's transcript.
    pub(super) fn read(&mut self, id: &str, line: &str) {
        let Some(kind) = KINDS.into_iter().find(|kind| line.starts_with(kind)) else { return };
        let rest = line[kind.len()..].split(" – ").next().unwrap();
        let is = self.now.get(id).cloned().unwrap_or(Is::Queued);
        let next = follow(&is, kind, rest);
        let next = next.unwrap_or_else(|| panic!("{id} was {is:?} when it came to {line:?}"));
        *self.happened.entry(kind).or_default() += 1;
        self.count(&is, &next, kind);
        self.now.insert(id.to_owned(), next);
    }

    /// Keeps the books of who has how many.
    fn count(&mut self, before: &Is, after: &Is, kind: &str) {
        let holder = |is: &Is| match is {
            Is::Offered(who) | Is::Owned { owner: who, .. } => Some(who.clone()),
            Is::Queued | Is::Done => None,
        };
        let (before, after) = (holder(before), holder(after));
        if before == after {
            return;
        }
        if let Some(who) = before {
            *self.load.get_mut(&who).unwrap() -= 1;
        }
        if let Some(who) = after {
            let load = self.load.entry(who.clone()).or_default();
            *load += 1;
            // A colleague's transfer comes on top.
            assert!(kind != "offered to " || *load <= CAPACITY, "{who} was offered one too many: {load}");
        }
    }

    /// What a conversation is in the end: its state as the database names it, and its owner.
    pub(super) fn end(&self, id: &str) -> (&'static str, String) {
        match self.now.get(id) {
            None | Some(Is::Queued) => ("queued", String::new()),
            Some(Is::Owned { owner, asked: None }) => ("owned", owner.clone()),
            Some(Is::Done) => ("done", String::new()),
            Some(open) => panic!("{id} is {open:?} in the end"),
        }
    }
}

/// What a conversation is after a line; nothing if the line cannot follow.
fn follow(is: &Is, kind: &str, rest: &str) -> Option<Is> {
    let named = |who: &String| rest == who;
    let owned = |owner: &str| Is::Owned { owner: owner.to_owned(), asked: None };
    Some(match (kind, is) {
        ("offered to ", Is::Queued) => Is::Offered(rest.to_owned()),
        ("offered to ", Is::Owned { owner, asked: None }) if rest != owner => {
            Is::Owned { owner: owner.clone(), asked: Some(rest.to_owned()) }
        }
        ("accepted by ", Is::Offered(who)) if named(who) => owned(who),
        // Who takes over says so in two lines.
        ("accepted by ", Is::Owned { owner, asked: None }) if named(owner) => is.clone(),
        ("rejected by " | "no answer from ", Is::Offered(who)) if named(who) => Is::Queued,
        ("transferred from ", Is::Owned { owner, asked }) => {
            let to = rest.strip_prefix(owner.as_str())?.strip_prefix(" to ")?;
            match (to.strip_prefix("queue "), asked) {
                (Some(_), None) => Is::Queued,
                (None, Some(asked)) if *to == format!("{asked} by {asked}") => owned(asked),
                _ => return None,
            }
        }
        ("transfer rejected by " | "transfer not answered by ", Is::Owned { owner, asked: Some(asked) })
            if named(asked) =>
        {
            owned(owner)
        }
        ("transfer withdrawn: ", Is::Owned { owner, asked: Some(_) }) => owned(owner),
        ("queued again: ", Is::Owned { owner, asked: None })
            if rest.strip_suffix(" was away") == Some(owner) =>
        {
            Is::Queued
        }
        ("done by ", Is::Owned { owner, asked: None }) if named(owner) => Is::Done,
        ("held" | "active", Is::Owned { .. }) => is.clone(),
        _ => return None,
    })
}

/// The order of [`KINDS`] is right, and what breaks a rule is found.
#[test]
fn a_history_that_breaks_a_rule_is_found_out() {
    let read = |lines: &[&str]| {
        let mut history = History::default();
        for line in lines {
            history.read("i-1", line);
        }
        history.end("i-1")
    };
    let good = [
        "offered to Ann",
        "accepted by Ann",
        "offered to Bea",
        "transferred from Ann to Bea by Bea",
        "accepted by Bea",
        "transferred from Bea to queue sales – please",
    ];
    assert_eq!(read(&good), ("queued", String::new()));
    for bad in [
        &["accepted by Ann"][..],
        &["offered to Ann", "accepted by Bea"],
        &["offered to Ann", "offered to Bea"],
        &["offered to Ann", "accepted by Ann", "transferred from Ann to Bea by Bea"],
        &["offered to Ann", "accepted by Ann", "done by Ann", "done by Ann"],
        &["offered to Ann", "accepted by Ann", "offered to Bea"],
    ] {
        assert!(std::panic::catch_unwind(|| read(bad)).is_err(), "{bad:?}");
    }
    let more = || {
        let mut history = History::default();
        (0..=CAPACITY).for_each(|n| history.read(&format!("i-{n}"), "offered to Ann"));
    };
    assert!(std::panic::catch_unwind(more).is_err(), "one too many");
}
