use std::fmt::Write as _;

use matrix_sdk::ruma::owned_room_id;

use super::*;
use crate::domain::samples::{NOW, active, agent_ref, asked, away, done, interaction, offered, queued};

#[path = "session_model.rs"]
mod model;

/// A moment at which no offer or deadline of the samples is over.
const SOON: Millis = Millis(NOW.0 + 10_000);
/// A moment at which all of them are.
const LATER: Millis = Millis(NOW.0 + 60_000);

fn texted(body: &str) -> Event {
    Event::Texted { body: body.to_owned(), media: vec![], written_at: None, notices: vec![] }
}

fn accepted(by: &str, number: Option<u32>, joined: bool) -> Event {
    Event::Accepted { by: agent_ref(by), number, joined }
}

fn rejected(by: &str, number: Option<u32>, declined: bool) -> Event {
    Event::Rejected { by: AgentId::new(by), number, declined }
}

fn finish(by: &str, last_text: Option<Millis>) -> Event {
    Event::Finish { by: agent_ref(by), typed_at: SOON, last_text }
}

/// Every kind of event, by those it may come from.
fn events() -> Vec<(&'static str, Event)> {
    let away = Duration::from_mins(5);
    vec![
        ("texted", texted("hi")),
        ("room opened", Event::RoomOpened { room: owned_room_id!("!r:desk.test") }),
        ("offered to alice", Event::Offered { to: agent_ref("alice"), in_progress: 0, recent: 0 }),
        ("offered to carol again", Event::Offered { to: agent_ref("carol"), in_progress: 0, recent: 0 }),
        ("alice joins", accepted("alice", None, true)),
        ("alice says yes", accepted("alice", Some(1), false)),
        ("alice says yes to another offer", accepted("alice", Some(9), false)),
        ("bob says yes", accepted("bob", Some(1), false)),
        ("alice declines", rejected("alice", None, true)),
        ("alice says no", rejected("alice", Some(1), false)),
        ("alice says no to another offer", rejected("alice", Some(9), false)),
        ("bob says no", rejected("bob", Some(1), false)),
        ("offer 1 expires", Event::OfferExpired { number: 1 }),
        ("offer 9 expires", Event::OfferExpired { number: 9 }),
        ("alice comes in", Event::CameIn { by: AgentId::new("alice") }),
        ("bob comes in", Event::CameIn { by: AgentId::new("bob") }),
        ("alice goes out", Event::WentOut { by: AgentId::new("alice"), away }),
        ("bob goes out", Event::WentOut { by: AgentId::new("bob"), away }),
        ("away too long", Event::AwayTooLong),
        ("replied", Event::Replied),
        ("alice is done", finish("alice", Some(NOW))),
        ("alice is done, unread", finish("alice", Some(SOON))),
        ("bob is done", finish("bob", Some(NOW))),
    ]
}

/// What becomes of each event in a phase, a line each.
fn table(phase: Phase, at: Millis) -> String {
    let now = interaction(phase);
    let mut table = String::new();
    for (name, event) in events() {
        let outcome = step(&now, event, at)
            .map_or_else(|refused| format!("refused: {refused}"), |step| in_words(&step));
        writeln!(table, "{name}: {outcome}").unwrap();
    }
    table
}

fn in_words(step: &Step) -> String {
    let mut words = match &step.next.phase {
        Phase::Active { owner, come_by: None } => format!("active with {}", owner.id),
        Phase::Active { owner, come_by: Some(by) } => {
            format!("active, {} to come by +{}s", owner.id, by.since(NOW).as_secs())
        }
        Phase::Offered { offer, asked } => {
            format!("offer {} to {}, {} asked", offer.number, offer.to.id, asked.len())
        }
        Phase::Queued { asked } => format!("queued, {} asked", asked.len()),
        Phase::Done { by, .. } => format!("done by {}", by.id),
    };
    let effects = step.effects.iter().map(effect_in_words);
    let timers = step.timers.iter().map(|timer| {
        let what = serde_json::to_value(&timer.what).unwrap()["due"].as_str().unwrap().to_owned();
        format!("timer {what} +{}s", timer.due_at.since(NOW).as_secs())
    });
    let agents = step.agents.iter().map(|(id, change)| format!("{id} {change:?}"));
    for part in effects.chain(timers).chain(agents) {
        write!(words, " | {part}").unwrap();
    }
    words
}

fn effect_in_words(effect: &Effect) -> String {
    let code = |notice: &crate::domain::notice::Notice| {
        serde_json::to_value(notice).unwrap()["code"].as_str().unwrap().to_owned()
    };
    let place = |place: &Place| match place {
        Place::Session(_) => "room".to_owned(),
        Place::Console(agent) => agent.to_string(),
    };
    match effect {
        Effect::GhostText { mention: None, .. } => "text".to_owned(),
        Effect::GhostText { mention: Some(user), .. } => format!("text that rings {}", user.localpart()),
        Effect::Notify { to, notice, .. } => format!("tell {} {}", place(to), code(notice)),
        Effect::Amend { to, notice, .. } => format!("amend {} {}", place(to), code(notice)),
        Effect::Invite { user, .. } => format!("invite {}", user.localpart()),
        Effect::Remove { user, .. } => format!("remove {}", user.localpart()),
        Effect::PublishState { .. } => "state".to_owned(),
        Effect::PublishTopic { .. } => "topic".to_owned(),
        Effect::Route { .. } => "route".to_owned(),
        other => panic!("not an effect of a step: {other:?}"),
    }
}

#[test]
fn each_event_in_queued() {
    insta::assert_snapshot!(table(queued(), SOON));
}

#[test]
fn each_event_in_offered() {
    insta::assert_snapshot!(table(offered(), SOON));
}

#[test]
fn each_event_in_active() {
    insta::assert_snapshot!(table(active(), SOON));
}

#[test]
fn each_event_in_active_while_the_owner_is_away() {
    insta::assert_snapshot!(table(away(), SOON));
}

#[test]
fn each_event_in_active_when_the_owner_was_away_for_too_long() {
    insta::assert_snapshot!(table(away(), LATER));
}

#[test]
fn each_event_in_done() {
    insta::assert_snapshot!(table(done(), SOON));
}

#[test]
fn done_is_refused_once_for_each_text_that_went_unread() {
    let first = Millis(SOON.0 - 1);
    let now = interaction(active());
    let refused = step(&now, finish("alice", Some(first)), SOON).unwrap().next;
    assert!(refused.is_open());
    let second = Millis(SOON.0 + 1);
    let again = step(&refused, finish("alice", Some(second)), SOON).unwrap().next;
    assert!(again.is_open(), "another text came: it is refused for that one as well");
    let finished = step(&again, finish("alice", Some(second)), SOON).unwrap().next;
    assert!(!finished.is_open());
}

#[test]
fn only_the_first_text_after_a_reply_rings() {
    let rings = |step: &Step| matches!(&step.effects[0], Effect::GhostText { mention: Some(_), .. });
    let first = step(&interaction(active()), texted("one"), SOON).unwrap();
    assert!(rings(&first));
    let second = step(&first.next, texted("two"), SOON).unwrap();
    assert!(!rings(&second));
    let replied = step(&second.next, Event::Replied, SOON).unwrap();
    assert!(rings(&step(&replied.next, texted("three"), SOON).unwrap()));
}

#[test]
fn a_late_picture_with_words_is_announced_and_rings_once() {
    let media = MediaPart { url: "https://x.test/1".to_owned(), content_type: "image/png".to_owned() };
    let event = Event::Texted {
        body: "see".to_owned(),
        media: vec![media.clone(), media],
        written_at: Some(NOW),
        notices: vec![Says::OptOutHint],
    };
    let effects = step(&interaction(active()), event, SOON).unwrap().effects;
    let [late, text, first, second, hint] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(effect_in_words(late), "tell room late");
    assert_eq!(effect_in_words(text), "text that rings alice");
    assert!(matches!(first, Effect::GhostMedia { number: 1, mention: None, .. }));
    assert!(matches!(second, Effect::GhostMedia { number: 2, mention: None, .. }));
    assert_eq!(effect_in_words(hint), "tell room opt_out_hint");
}

#[test]
fn a_picture_without_words_is_no_empty_text_and_an_empty_text_is_still_one() {
    let media = MediaPart { url: "https://x.test/1".to_owned(), content_type: "image/png".to_owned() };
    let event = |media| Event::Texted { body: String::new(), media, written_at: None, notices: vec![] };
    let picture = step(&interaction(active()), event(vec![media]), SOON).unwrap().effects;
    assert!(matches!(picture.as_slice(), [Effect::GhostMedia { mention: Some(_), .. }]));
    let empty = step(&interaction(active()), event(vec![]), SOON).unwrap().effects;
    assert!(matches!(empty.as_slice(), [Effect::GhostText { .. }]));
}

#[test]
fn a_new_round_asks_everyone_anew() {
    let now = interaction(Phase::Queued { asked: vec![asked("alice")] });
    let again = Event::Offered { to: agent_ref("alice"), in_progress: 0, recent: 0 };
    let offered = step(&now, again, LATER).unwrap().next;
    let refused = step(&offered, rejected("alice", None, false), LATER).unwrap().next;
    let Phase::Queued { asked } = &refused.phase else { panic!("{:?}", refused.phase) };
    assert_eq!(asked.as_slice(), [Asked { agent: AgentId::new("alice"), at: LATER }]);
}
