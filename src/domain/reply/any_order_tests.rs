//! Whatever happens to a reply, in whatever order.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// What may happen to a reply.
#[derive(Clone, Debug)]
enum Move {
    Turn,
    Answered(usize, Answer),
    Reported(usize, PartState),
    NotListed(usize, u32),
    Crash,
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let part = 0..4_usize;
    let answer = prop_oneof![
        Just(ok("s")),
        Just(Answer::NotProcessed),
        (1..3_u32).prop_map(|code| Answer::Rejected { code: Some(code), why: String::new() }),
        Just(Answer::Unknown),
    ];
    let state = prop_oneof![
        Just(PartState::Accepted),
        Just(PartState::Sent),
        proptest::option::of(1..3_u32).prop_map(|code| PartState::Failed { code }),
        Just(PartState::Delivered),
    ];
    let one = prop_oneof![
        4 => Just(Move::Turn),
        4 => (part.clone(), answer).prop_map(|(part, answer)| Move::Answered(part, answer)),
        2 => (part.clone(), state).prop_map(|(part, state)| Move::Reported(part, state)),
        1 => (part, 0..3_u32).prop_map(|(part, tries)| Move::NotListed(part, tries)),
        1 => Just(Move::Crash),
    ];
    proptest::collection::vec(one, 0..60)
}

/// A reply with the requests that are on their way to the provider.
struct Model {
    reply: Reply,
    /// Requests made for each part that the provider has not said it did not process.
    submitted: BTreeMap<usize, u32>,
    /// Parts whose answer is still to come.
    in_flight: Vec<usize>,
    marks: Vec<String>,
}

impl Model {
    fn happen(&mut self, one: Move) {
        let outcome = match one {
            Move::Turn => {
                let (turn, outcome) = self.reply.turn(words, false, NOW);
                if let Turn::Submit { part, text } = turn {
                    self.submit(part, &text);
                }
                outcome
            }
            // Only who made a request hears its answer, once, however late.
            Move::Answered(part, answer) => {
                let Some(at) = self.in_flight.iter().position(|flying| *flying == part) else { return };
                self.in_flight.swap_remove(at);
                if answer == Answer::NotProcessed {
                    *self.submitted.get_mut(&part).unwrap() -= 1;
                }
                self.reply.answered(part, &answer, NOW)
            }
            Move::Reported(part, state) => self.reply.reported(part, "s", state, Some("no answer")),
            Move::NotListed(part, tries) => self.reply.not_listed(part, tries, NOW),
            Move::Crash => {
                self.reply = restart(&self.reply);
                return;
            }
        };
        self.marks.extend(told(&outcome));
    }

    fn submit(&mut self, part: usize, text: &str) {
        assert_eq!(text, ["one", "two", "three"][part]);
        let later = self.submitted.keys().filter(|other| **other > part).count();
        assert_eq!(later, 0, "part {part} was submitted after a later one");
        let times = self.submitted.entry(part).or_default();
        *times += 1;
        assert_eq!(*times, 1, "part {part} was submitted again");
        self.in_flight.push(part);
    }
}

proptest! {
    #[test]
    fn nothing_is_submitted_or_told_twice_and_no_state_goes_back(moves in moves()) {
        let mut model = Model {
            reply: reply(ReplyState::Waiting),
            submitted: BTreeMap::new(),
            in_flight: vec![],
            marks: vec![],
        };
        for one in moves {
            let before = states(&model.reply);
            model.happen(one.clone());
            for (before, after) in before.iter().zip(states(&model.reply)) {
                let unsent_again = matches!(one, Move::Answered(_, Answer::NotProcessed))
                    && (*before, after) == (PartState::Sending, PartState::Unsent);
                prop_assert!(after >= *before || unsent_again, "{before:?} became {after:?} by {one:?}");
            }
        }
        for mark in ["✓", "❌", "⚠️", "message_failed", "message_unconfirmed"] {
            prop_assert!(model.marks.iter().filter(|told| *told == mark).count() <= 1, "{mark} twice");
        }
    }

    #[test]
    fn the_id_of_a_part_reads_back(reply in "[0-9a-f]{32}", part in 0..1000_usize) {
        let id = part_id(&reply, part);
        prop_assert_eq!(parse_part_id(&id), Some((reply.as_str(), part)));
    }

    #[test]
    fn no_id_from_outside_makes_it_panic(id in ".{0,60}") {
        if let Some((reply, part)) = parse_part_id(&id) {
            prop_assert!(reply.len() == 32 && part < 1000);
        }
    }
}
