//! What the desk keeps of its work: interactions, replies, agents, settings, and the reasons that people
//! read.

use ruma::owned_event_id;

use super::super::agent::{Readiness, Role};
use super::super::callback::Callback;
use super::super::effect::Place;
use super::super::hours::Hours;
use super::super::ids::{AgentId, InteractionId, QueueName};
use super::super::interaction::{
    CalledBack, Disposition, Interaction, Mode, Overflow, Phase, ReplyTimes, ReplyWait, Rules, Work,
};
use super::super::later::Later;
use super::super::notice::HeldBack;
use super::super::overflow::OverflowStep;
use super::super::reply::{Held, Mark, OfProgram, Part, PartState, Ready, Reply, ReplyState};
use super::super::response::Used;
use super::super::samples::{
    NOW, active, agent, agent_ref, assert_sampled, away, done, in_transfer, interaction, offered, outbound,
    part, queued, reply, rules, shown, user, working,
};
use super::super::spelling::check::{Found, Spellcheck};
use super::super::spelling::mode::Chosen;
use super::super::when::{Clocks, Moment};
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
    let mut ringing = interaction(shown());
    if let Phase::Offered { offer, .. } = &mut ringing.phase {
        (offer.rings_at, offer.rang) = (Some(NOW), true);
    }
    let hours = Hours::parse("mon 09:00-17:00", "Europe/Berlin").unwrap();
    let replies = Some(Box::new(ReplyTimes { after_ms: vec![300_000], hours: Some(hours) }));
    let waiting = Interaction {
        reply_wait: Some(ReplyWait { since: NOW, used_ms: 1_000, runs_from: Some(NOW), taken: 1 }),
        rules: Rules { replies, ..rules() },
        ..interaction(active())
    };
    let steps = ["120 to billing", "nobody_ready drop_skills french", "1800 text We are sorry"];
    let overflow = steps.map(|step| OverflowStep::parse(step).unwrap()).to_vec();
    let overflowed = Interaction {
        overflow: Some(Overflow { since: NOW, taken: vec![0], also: vec![QueueName::new("billing")] }),
        rules: Rules { overflow, ..rules() },
        ..interaction(queued())
    };
    let parent = InteractionId::new("i-2v9xk");
    let called_back = CalledBack { parent, by: "Alice Doe".to_owned(), wanted_at: NOW };
    let called_back = Interaction { callback: Some(Box::new(called_back)), ..interaction(active()) };
    insta::assert_json_snapshot!(stored(
        &phases
            .chain([opened, unopened, emptied, ringing, waiting, outbound(), overflowed, called_back])
            .chain(super::super::samples::calls())
            .collect::<Vec<_>>()
    ));
}

#[test]
fn the_state_event_is_sent_like_this() {
    let contents =
        [queued(), offered(), shown(), active(), in_transfer(), away(), working(Work::WrapUp), done()]
            .map(|phase| interaction(phase).state_content());
    let parent = InteractionId::new("i-2v9xk");
    let called_back = CalledBack { parent, by: "Alice Doe".to_owned(), wanted_at: NOW };
    let called_back = Interaction { callback: Some(Box::new(called_back)), ..interaction(active()) };
    let contents: Vec<_> = contents.into_iter().chain([called_back.state_content()]).collect();
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
        shown: Some("Your number is •••0100".to_owned()),
        then: vec!["tag refund".to_owned()],
        due: vec!["done solved".to_owned()],
        is_counted: true,
    };
    let response = Reply { response: Some(used), ..reply(ReplyState::Waiting) };
    let joined = reply(ReplyState::Joined { into: "f".repeat(32) });
    let mut reading = reply(ReplyState::Waiting).enclosing(sent_file());
    reading.enclosures[0].is_being_read = true;
    let mut again = reading.clone();
    again.enclosures[0].is_read_again = true;
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
    let begun = Reply {
        said_in: Some(Place::Console(AgentId::new("alice"))),
        opening: "This is ACME.".to_owned(),
        ..reply(ReplyState::Waiting)
    };
    let of_program = OfProgram { failed: Some("no such number".to_owned()), not_sent: Some(HeldBack::Late) };
    let brought = Reply { of_program: Some(of_program), ..reply(ReplyState::Dropped) };
    let more = [joined, enclosing, reading, again, response, begun, brought];
    let replies = states.map(reply).into_iter().chain(held).chain(spelt).chain(more);
    insta::assert_json_snapshot!(stored(&replies.collect::<Vec<_>>()));
}

#[test]
fn callbacks_are_stored_like_this() {
    let when = Moment { at: NOW, said: "tomorrow 9:00".to_owned(), clocks: None };
    let bare = Callback {
        event: owned_event_id!("$callback"),
        interaction: InteractionId::new("i-7f3k2"),
        by: agent_ref("alice"),
        personal: true,
        queue: QueueName::new("support"),
        when,
        due_at: NOW,
        note: None,
    };
    let noted = Callback { personal: false, note: Some("0123".to_owned()), ..bare.clone() };
    insta::assert_json_snapshot!(stored(&[bare, noted]));
}

#[test]
fn texts_that_go_later_are_stored_like_this() {
    let plain = Later {
        event: owned_event_id!("$later"),
        interaction: InteractionId::new("i-7f3k2"),
        by: user("alice"),
        text: "Did it arrive?".to_owned(),
        response: None,
        files: vec![],
        when: Moment { at: NOW, said: "tomorrow 9:00".to_owned(), clocks: None },
        since: NOW,
        heard: 3,
        asks: None,
    };
    let used = Used { shortcut: "prices".to_owned(), ..Used::default() };
    let clocks = |clocks| Moment { clocks: Some(clocks), ..plain.when.clone() };
    let response = Later {
        response: Some(used),
        files: vec![sent_file()],
        when: clocks(Clocks::LeaveOut),
        ..plain.clone()
    };
    let twice = Later { when: clocks(Clocks::ShowTwice), ..plain.clone() };
    let asks = codes::stopped().into_iter().map(|why| Later { asks: Some(why), ..plain.clone() });
    insta::assert_json_snapshot!(stored(&asks.chain([plain.clone(), response, twice]).collect::<Vec<_>>()));
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
