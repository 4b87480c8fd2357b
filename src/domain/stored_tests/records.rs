//! What the desk keeps of its work: interactions, replies, agents, settings, and the reasons that people
//! read.

use super::super::agent::{Readiness, Role};
use super::super::interaction::{Disposition, Interaction, Mode, Work};
use super::super::reply::{Held, Mark, Part, PartState, Ready, Reply, ReplyState};
use super::super::response::Used;
use super::super::samples::{
    NOW, active, agent, assert_sampled, away, done, in_transfer, interaction, offered, part, queued, reply,
    shown, working,
};
use super::super::spelling::check::{Found, Spellcheck};
use super::super::spelling::mode::Chosen;
use super::inputs::sent_file;
use super::{settings, stored};
use crate::clock::Millis;
use crate::render::catalogue::codes;

fn part_states() -> Vec<PartState> {
    vec![
        PartState::Unsent,
        PartState::Sending,
        PartState::Unknown,
        PartState::Unconfirmed,
        PartState::Accepted,
        PartState::Sent,
        PartState::Failed { code: Some(30003) },
        PartState::Delivered,
    ]
}

#[test]
fn every_state_of_a_part_has_a_sample() {
    assert_sampled!(part_states(), PartState:
        Unsent Sending Unknown Unconfirmed Accepted Sent Failed Delivered
    );
}

#[test]
fn interactions_are_stored_like_this() {
    let unopened = Interaction { room: None, ..interaction(queued()) };
    let opened = Interaction {
        done_refused_for: Some(NOW),
        pictures_until: Some(NOW),
        mode: Mode::Page,
        disposition: Some(Disposition { code: "solved".to_owned(), label: "Solved".to_owned() }),
        expires_at: Some(NOW),
        ..interaction(away())
    };
    let works = [Work::Held, Work::Snoozed { until: NOW }, Work::Expired, Work::WrapUp].map(working);
    let phases = [queued(), offered(), shown(), active(), in_transfer(), done()];
    let phases = phases.into_iter().chain(works).map(interaction);
    let emptied = interaction(done()).emptied(NOW);
    insta::assert_json_snapshot!(stored(&phases.chain([opened, unopened, emptied]).collect::<Vec<_>>()));
}

#[test]
fn the_state_event_is_sent_like_this() {
    let contents =
        [queued(), offered(), shown(), active(), in_transfer(), away(), working(Work::WrapUp), done()]
            .map(|phase| interaction(phase).state_content());
    insta::assert_json_snapshot!(contents);
}

#[test]
fn replies_are_stored_like_this() {
    let sent = Part {
        sid: Some("SM1".to_owned()),
        sent_at: Some(Millis(NOW.0 + 1)),
        ..part("one", PartState::Accepted)
    };
    let told = vec![Mark::Delivered, Mark::Failed, Mark::Unconfirmed];
    let parts = part_states().into_iter().map(|state| part("one", state)).chain([sent]).collect();
    let states = [ReplyState::Waiting, ReplyState::Dropped, ReplyState::Parts { parts, told }];
    let held = [Held::Word, Held::Contact { since: NOW }]
        .map(|held| Reply { held: Some(held), ..reply(ReplyState::Waiting) });
    let used = Used {
        shortcut: "refund".to_owned(),
        then: vec!["tag refund".to_owned()],
        due: vec!["done solved".to_owned()],
        is_counted: true,
    };
    let response = Reply { response: Some(used), ..reply(ReplyState::Waiting) };
    let joined = reply(ReplyState::Joined { into: "f".repeat(32) });
    let mut enclosing = reply(ReplyState::Waiting).enclosing(sent_file());
    enclosing.enclosures[0].ready = Some(Ready {
        id: "e".repeat(32),
        name: "image-1.jpg".to_owned(),
        mime: "image/jpeg".to_owned(),
        bytes: 4_711,
        as_link: true,
        until: NOW,
    });
    let with_file = Part { files: vec![0], ..part("one", PartState::Sending) };
    enclosing.state = ReplyState::Parts { parts: vec![with_file], told: vec![] };
    let wanted = Spellcheck::Wanted { confirm: true };
    let found =
        Found::new("en-US", vec![("teh".to_owned(), vec!["the".to_owned()]), ("qqq".to_owned(), vec![])]);
    let spelt = [(None, wanted), (Some(Held::Spelling), Spellcheck::Asked { found })]
        .map(|(held, spelling)| Reply { held, spelling: Some(spelling), ..reply(ReplyState::Waiting) });
    let replies = states.map(reply).into_iter().chain(held).chain(spelt).chain([joined, enclosing, response]);
    insta::assert_json_snapshot!(stored(&replies.collect::<Vec<_>>()));
}

#[test]
fn agents_are_stored_like_this() {
    let ready = Readiness::Ready { since: NOW };
    let lunch = Readiness::NotReady { reason: "lunch".to_owned() };
    let mut supervisor = agent("bob", lunch);
    supervisor.roles = vec![Role::Supervisor, Role::Admin];
    supervisor.chosen_spelling = Chosen { on: Some(false), languages: vec!["en-GB".to_owned()] };
    insta::assert_json_snapshot!(stored(&[agent("alice", ready), supervisor]));
}

#[test]
fn settings_of_queues_and_numbers_are_stored_like_this() {
    let (queue, number) = settings();
    insta::assert_json_snapshot!((stored(&[queue]), stored(&[number])));
}

#[test]
fn what_happened_and_what_was_missed_is_stored_like_this() {
    insta::assert_json_snapshot!((stored(&codes::story_lines()), stored(&codes::missed())));
}

#[test]
fn every_other_reason_is_named_like_this() {
    insta::assert_json_snapshot!((
        (stored(&codes::refusals()), stored(&codes::problems()), stored(&codes::missing())),
        (stored(&codes::unavailable()), stored(&codes::withdrawn()), stored(&codes::requeued())),
        (stored(&codes::unsent()), stored(&codes::not_resent()), stored(&codes::not_shown())),
    ));
}

#[test]
fn every_reason_for_holding_back_is_named_like_this() {
    insta::assert_json_snapshot!(stored(&codes::held_backs()));
}
