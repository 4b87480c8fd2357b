//! The desk's reasons not to be ready, and how long agents were ready, or not, and why.

use std::collections::BTreeMap;

use super::agent::{Agent, Readiness, WorkChannel};
use super::find::is_same_name;
use super::ids::AgentId;
use super::settings::checks;
use super::settings::kind::Kind;
use super::settings::table::{Table as _, settings};
use crate::clock::Millis;

settings! {
    /// A reason not to be ready, which agents choose by its code, its label or its number.
    pub struct Reason(code: String) {
        /// What people read.
        "label" => label: String = code, Kind::Text { check: checks::called, is_optional: false };
        /// After how long the agent and the supervisors of their queues are told, once. None: never.
        "max_secs" => max_secs: Option<u64> = None, Kind::NumberOrNone { range: 1..=86_400, unit: "seconds" };
    }
    beside {
        /// The word that stands for it.
        code: String = code.clone();
    }
}

impl Reason {
    /// Checks it.
    ///
    /// # Errors
    /// The first field that is wrong, and what would be right.
    pub fn checked(&self) -> Result<(), String> {
        checks::name(&self.code).map_err(|problem| format!("code “{}” {problem}", self.code))?;
        self.check()
    }

    /// Whether it is meant by what was typed.
    #[must_use]
    pub fn is_called(&self, typed: &str) -> bool {
        is_same_name(&self.code, typed) || is_same_name(&self.label, typed)
    }
}

/// Whether an agent takes conversations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// They do.
    Ready,
    /// They do not.
    NotReady,
    /// They have signed off, or are no agent.
    SignedOff,
}

impl State {
    const ALL: [Self; 3] = [Self::Ready, Self::NotReady, Self::SignedOff];

    /// As people and the database write it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::NotReady => "not_ready",
            Self::SignedOff => "signed_off",
        }
    }

    /// What is written so.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// What an agent is from a moment on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Who.
    pub agent: AgentId,
    /// Since when.
    pub at: Millis,
    /// Whether they take conversations.
    pub state: State,
    /// The code of the desk's reason why they do not; empty where they gave none of those.
    pub reason: String,
}

impl Turn {
    /// What an agent is now, not ready for a reason of the desk's, or for none of those.
    #[must_use]
    pub fn of(agent: &Agent, reason: Option<&Reason>, at: Millis) -> Self {
        let state = match agent.channels.of(WorkChannel::Sms) {
            Readiness::Ready { .. } => State::Ready,
            Readiness::NotReady { .. } => State::NotReady,
            Readiness::SignedOff => State::SignedOff,
        };
        let reason = reason.filter(|_| state == State::NotReady);
        let reason = reason.map(|reason| reason.code.clone()).unwrap_or_default();
        Self { agent: agent.who.id.clone(), at, state, reason }
    }

    /// Whether nothing is different from what was before.
    #[must_use]
    pub fn goes_on(&self, before: &Self) -> bool {
        (self.state, &self.reason) == (before.state, &before.reason)
    }
}

/// For how long an agent was something, in a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spell {
    /// Who.
    pub agent: AgentId,
    /// Whether they took conversations.
    pub state: State,
    /// The code of the desk's reason why not; empty for none of those.
    pub reason: String,
    /// In all, in seconds.
    pub secs: u64,
}

/// How long each agent was what, from one moment until another, and not beyond `now`. `turns` holds what they
/// became in that time, in order, and what each was at its beginning.
#[must_use]
pub fn spells(turns: &[Turn], from: Millis, to: Millis, now: Millis) -> Vec<Spell> {
    let end = to.min(now);
    let mut of: BTreeMap<&AgentId, Vec<&Turn>> = BTreeMap::new();
    for turn in turns {
        of.entry(&turn.agent).or_default().push(turn);
    }
    let mut sums: BTreeMap<(&AgentId, State, &str), u64> = BTreeMap::new();
    for (agent, turns) in of {
        for (place, turn) in turns.iter().enumerate() {
            let until = turns.get(place + 1).map_or(end, |next| next.at.min(end));
            let ms = until.since(turn.at.max(from)).as_millis();
            *sums.entry((agent, turn.state, turn.reason.as_str())).or_default() +=
                u64::try_from(ms).unwrap_or(u64::MAX);
        }
    }
    let spell = |((agent, state, reason), ms): ((&AgentId, State, &str), u64)| Spell {
        agent: agent.clone(),
        state,
        reason: reason.to_owned(),
        secs: ms / 1_000,
    };
    sums.into_iter().map(spell).filter(|spell| spell.secs > 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::agent::Channels;
    use crate::domain::samples;

    fn lunch() -> Reason {
        Reason { label: "Lunch break".to_owned(), max_secs: Some(2_700), ..Reason::new("lunch".to_owned()) }
    }

    fn turn(agent: &str, secs: i64, state: State, reason: &str) -> Turn {
        Turn { agent: AgentId::new(agent), at: Millis(secs * 1_000), state, reason: reason.to_owned() }
    }

    #[test]
    fn a_reason_is_meant_by_its_code_or_its_label_and_by_nothing_like_it() {
        for typed in ["lunch", "LUNCH", "lunch break", "Lunch Break"] {
            assert!(lunch().is_called(typed), "{typed}");
        }
        for typed in ["", "lun", "lunch with Bob", "launch"] {
            assert!(!lunch().is_called(typed), "{typed}");
        }
        assert_eq!(Reason::new("training".to_owned()).label, "training");
    }

    #[test]
    fn a_reason_that_makes_no_sense_is_refused_with_what_would_be_right() {
        for (reason, why) in [
            (Reason { code: "two words".to_owned(), ..lunch() }, "code"),
            (Reason { code: String::new(), ..lunch() }, "code"),
            (Reason { label: " ".to_owned(), ..lunch() }, "label"),
            (Reason { label: "x".repeat(10_000), ..lunch() }, "label"),
            (Reason { max_secs: Some(0), ..lunch() }, "from 1 to 86400"),
            (Reason { max_secs: Some(86_401), ..lunch() }, "from 1 to 86400"),
        ] {
            let problem = reason.checked().unwrap_err();
            assert!(problem.contains(why), "{reason:?}: {problem}");
        }
        assert_eq!(lunch().checked(), Ok(()));
    }

    #[test]
    fn only_who_is_not_ready_has_a_reason() {
        let mut agent = samples::agent("alice", Readiness::default());
        let state = |agent: &Agent| {
            let turn = Turn::of(agent, Some(&lunch()), samples::NOW);
            (turn.state, turn.reason)
        };
        assert_eq!(state(&agent), (State::NotReady, "lunch".to_owned()));
        agent.channels.turn_ready(WorkChannel::Im, samples::NOW);
        assert_eq!(state(&agent), (State::NotReady, "lunch".to_owned()), "IMs do not count");
        agent.channels.turn_ready(WorkChannel::Sms, samples::NOW);
        assert_eq!(state(&agent), (State::Ready, String::new()));
        agent.channels = Channels::signed_off();
        assert_eq!(state(&agent), (State::SignedOff, String::new()));
        for state in State::ALL {
            assert_eq!(State::of_word(state.word()), Some(state));
        }
    }

    #[test]
    fn each_moment_of_a_period_counts_once_and_none_beyond_it() {
        let turns = [
            turn("alice", 50, State::Ready, ""),
            turn("alice", 120, State::NotReady, "lunch"),
            turn("alice", 150, State::Ready, ""),
            turn("alice", 160, State::NotReady, "lunch"),
            turn("bob", 10, State::SignedOff, ""),
            turn("carol", 190, State::NotReady, ""),
        ];
        let told = |to: i64, now: i64| {
            let spells = spells(&turns, Millis(100_000), Millis(to * 1_000), Millis(now * 1_000));
            let words = spells.iter().map(|spell| {
                format!("{} {} {} {}", spell.agent, spell.state.word(), spell.reason, spell.secs)
            });
            words.collect::<Vec<_>>()
        };
        assert_eq!(
            told(200, 1_000),
            ["alice ready  30", "alice not_ready lunch 70", "bob signed_off  100", "carol not_ready  10"]
        );
        assert_eq!(told(1_000, 140), ["alice ready  20", "alice not_ready lunch 20", "bob signed_off  40"]);
        assert_eq!(told(100, 100), Vec::<String>::new());
    }
}
