use std::fmt::Write as _;
use std::time::Duration;

use matrix_sdk::ruma::owned_room_id;

use super::*;
use crate::domain::ids::QueueName;
use crate::domain::input::MediaPart;
use crate::domain::interaction::{Asked, Disposition, DispositionRule, Mode, Rules, Unanswered};
use crate::domain::samples::{
    NOW, active, agent_ref, asked, away, done, in_transfer, interaction, offered, queued, rules, shown,
    working,
};

mod life;
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
    Event::Rejected { by: AgentId::new(by), number, declined, reason: String::new() }
}

fn wish(by: &str, wish: Wish) -> Event {
    Event::Wished { by: AgentId::new(by), wish }
}

fn finish(by: &str, last_text: Option<Millis>) -> Event {
    wish(by, Wish::Finish { typed_at: SOON, last_text, disposition: None })
}

fn case(by: &str, key: &str, value: Option<&str>) -> Event {
    wish(by, Wish::Case { key: key.to_owned(), value: value.map(str::to_owned) })
}

fn push(to: &str) -> Event {
    let way = Way::Push { offer_ms: 60_000, then: Unanswered::Withdrawn };
    Event::Offered { to: vec![agent_ref(to)], way, counts: Counts::default() }
}

fn pick(to: &[&str]) -> Event {
    let to = to.iter().map(|to| agent_ref(to)).collect();
    Event::Offered { to, way: Way::Pick, counts: Counts::default() }
}

fn asks(by: &str, to: &str) -> Event {
    let note = "speaks French".to_owned();
    wish(by, Wish::Transfer { to: agent_ref(to), note, counts: Counts::default() })
}

fn to_sales(by: &str) -> Event {
    let (queue, note) = (QueueName::new("sales"), "wants to buy".to_owned());
    wish(by, Wish::MoveToQueue { queue, rules: rules(), note })
}

fn solved() -> Disposition {
    Disposition { code: "solved".to_owned(), label: "Solved".to_owned() }
}

/// Every kind of event, by those it may come from.
fn events() -> Vec<(&'static str, Event)> {
    let away = Duration::from_mins(5);
    vec![
        ("texted", texted("hi")),
        ("room opened", Event::RoomOpened { room: owned_room_id!("!r:desk.test") }),
        ("offered to alice", push("alice")),
        ("offered to carol again", push("carol")),
        ("shown to alice and dave", pick(&["alice", "dave"])),
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
        ("alice asks bob to take it", asks("alice", "bob")),
        ("bob asks carol to take it", asks("bob", "carol")),
        ("alice cancels that", wish("alice", Wish::Cancel)),
        ("alice puts it into sales", to_sales("alice")),
        ("bob puts it into sales", to_sales("bob")),
        ("sue gives it to bob", Event::Assigned { to: agent_ref("bob"), by: agent_ref("sue") }),
        ("alice comes in", Event::CameIn { by: AgentId::new("alice") }),
        ("bob comes in", Event::CameIn { by: AgentId::new("bob") }),
        ("alice goes out", Event::WentOut { by: AgentId::new("alice"), away }),
        ("bob goes out", Event::WentOut { by: AgentId::new("bob"), away }),
        ("away too long", Event::AwayTooLong),
        ("alice is no agent any more", Event::OwnerGone { id: AgentId::new("alice") }),
        ("replied", Event::Replied),
        ("reply taken", Event::ReplyTaken),
        (
            "page over",
            Event::PageOver { answered_by: Some(agent_ref("alice").user), dispositions: vec![solved()] },
        ),
        ("quiet", Event::Quiet { expires_at: NOW, last_said: None }),
        ("alice holds", wish("alice", Wish::Hold)),
        ("alice snoozes", wish("alice", Wish::Snooze { until: LATER })),
        ("alice resumes", wish("alice", Wish::Resume)),
        ("bob resumes", wish("bob", Wish::Resume)),
        ("snooze over", Event::SnoozeOver { until: NOW }),
        ("alice disposes", wish("alice", Wish::Dispose { disposition: Some(solved()) })),
        ("alice sets case data", case("alice", "Order", Some("4712"))),
        ("alice takes unknown case data away", case("alice", "colour", None)),
        ("bob sets case data", case("bob", "order", Some("4712"))),
        ("sue monitors", Event::Watched { by: agent_ref("sue"), barged: false }),
        ("alice monitors", Event::Watched { by: agent_ref("alice"), barged: false }),
        ("sue barges in", Event::Watched { by: agent_ref("sue"), barged: true }),
        ("sue has seen enough", Event::Unwatched { by: AgentId::new("sue") }),
        ("the contact is named", Event::Renamed { name: "Jane Roe".to_owned() }),
        ("bob reopens", Event::Reopened { by: agent_ref("bob") }),
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
    let names = |to: &[AgentRef]| to.iter().map(|to| to.id.as_str()).collect::<Vec<_>>().join("+");
    let mut words = match &step.next.phase {
        Phase::Owned { owner, come_by, transfer, .. } => {
            let mut words = format!("{} with {}", step.next.state(), owner.id);
            if let Some(by) = come_by {
                write!(words, " to come by +{}s", by.since(NOW).as_secs()).unwrap();
            }
            if let Some(offer) = transfer {
                write!(words, ", {} asked by offer {}", names(&offer.to), offer.number).unwrap();
            }
            words
        }
        Phase::Offered { offer, asked } => {
            let way = if offer.invited { "offer" } else { "shown" };
            format!("{way} {} to {}, {} asked", offer.number, names(&offer.to), asked.len())
        }
        Phase::Queued { asked } => format!("queued in {}, {} asked", step.next.queue, asked.len()),
        Phase::Done { by, .. } => format!("done by {}", by.id),
    };
    let effects = step.effects.iter().map(effect_in_words);
    let timers = step.timers.iter().map(|timer| {
        let what = serde_json::to_value(&timer.what).unwrap()["due"].as_str().unwrap().to_owned();
        format!("timer {what} +{}s", timer.due_at.since(NOW).as_secs())
    });
    let agents = step.agents.iter().map(|(id, change)| format!("{id} {change:?}"));
    let supervisors = step.supervisors.iter().map(|notice| format!("tell supervisors {}", code(notice)));
    for part in effects.chain(timers).chain(agents).chain(supervisors) {
        write!(words, " | {part}").unwrap();
    }
    words
}

fn code(notice: &Notice) -> String {
    serde_json::to_value(notice).unwrap()["code"].as_str().unwrap().to_owned()
}

fn effect_in_words(effect: &Effect) -> String {
    let place = |place: &Place| match place {
        Place::Session(_) | Place::Talk(_) => "room".to_owned(),
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
        Effect::PublishContact { .. } => "contact".to_owned(),
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
fn each_event_while_everyone_is_asked() {
    insta::assert_snapshot!(table(shown(), SOON));
}

#[test]
fn each_event_while_a_colleague_is_asked() {
    insta::assert_snapshot!(table(in_transfer(), SOON));
}

#[test]
fn each_event_in_held() {
    insta::assert_snapshot!(table(working(Work::Held), SOON));
}

#[test]
fn each_event_in_snoozed() {
    insta::assert_snapshot!(table(working(Work::Snoozed { until: NOW }), SOON));
}

#[test]
fn each_event_in_expired() {
    insta::assert_snapshot!(table(working(Work::Expired), SOON));
}

#[test]
fn each_event_in_wrap_up() {
    insta::assert_snapshot!(table(working(Work::WrapUp), SOON));
}

#[test]
fn each_event_in_done() {
    insta::assert_snapshot!(table(done(), SOON));
}

#[test]
fn case_data_keeps_its_order_and_spelling_and_the_transcript_what_it_was() {
    let now = interaction(active());
    let set = step(&now, case("alice", "ORDER", Some("4712")), SOON).unwrap();
    assert_eq!(set.next.case[0], ("order".to_owned(), "4712".to_owned()));
    assert_eq!(set.story, ["case order: 4712, was 4711"]);
    let added = step(&set.next, case("alice", "Colour", Some("red")), SOON).unwrap();
    assert_eq!(added.next.case[2], ("Colour".to_owned(), "red".to_owned()));
    let removed = step(&added.next, case("alice", "city", None), SOON).unwrap();
    assert_eq!((removed.next.case.len(), told(&removed)), (2, vec!["state".to_owned()]));
    assert_eq!(step(&removed.next, case("alice", "city", None), SOON).unwrap_err(), Refused::NoSuchCase);
}

#[test]
fn a_supervisor_looks_on_until_they_leave_or_it_is_done_and_speaks_only_after_barging_in() {
    let sue = || agent_ref("sue");
    let watch = |barged| Event::Watched { by: sue(), barged };
    let monitored = step(&interaction(active()), watch(false), SOON).unwrap();
    assert_eq!(told(&monitored), ["invite sue", "tell room joined"]);
    assert_eq!(monitored.next.owner().unwrap().id.as_str(), "alice", "it stays alice's");
    assert!(!monitored.next.hears(&sue().id) && monitored.next.hears(&agent_ref("alice").id));
    let came = step(&monitored.next, Event::CameIn { by: sue().id }, SOON).unwrap();
    assert_eq!(came.story, ["SUE joined"]);
    let again = step(&came.next, watch(false), SOON).unwrap();
    assert_eq!((again.next == came.next, told(&again)), (true, vec!["invite sue".to_owned()]));
    let barged = step(&came.next, watch(true), SOON).unwrap();
    assert!(barged.next.hears(&sue().id));
    let softly = step(&barged.next, watch(false), SOON).unwrap().next;
    assert!(softly.hears(&sue().id), "only leaving ends it");
    let left = step(&barged.next, Event::Unwatched { by: sue().id }, SOON).unwrap();
    assert_eq!(told(&left), ["tell room left", "remove sue"]);
    assert!(left.next.watchers.is_empty());
    let went = Event::WentOut { by: sue().id, away: Duration::ZERO };
    let gone = step(&barged.next, went, SOON).unwrap();
    assert_eq!(
        (told(&gone), gone.story.as_slice()),
        (vec!["tell room left".to_owned()], &["SUE left".to_owned()][..])
    );
    let finished = step(&barged.next, finish("alice", None), SOON).unwrap();
    assert!(told(&finished).contains(&"remove sue".to_owned()) && finished.next.watchers.is_empty());
    let taken = Event::Assigned { to: sue(), by: sue() };
    let owned = step(&barged.next, taken, SOON).unwrap().next;
    assert!(owned.watchers.is_empty() && owned.owner().unwrap().id == sue().id);
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
    let offered = step(&now, push("alice"), LATER).unwrap().next;
    let refused = step(&offered, rejected("alice", None, false), LATER).unwrap().next;
    let Phase::Queued { asked } = &refused.phase else { panic!("{:?}", refused.phase) };
    assert_eq!(asked.as_slice(), [Asked { agent: AgentId::new("alice"), at: LATER }]);
}

/// An interaction that alice has just taken, and its rules.
fn taken(mode: Mode, rules: Rules) -> Interaction {
    let now = Interaction { mode, rules, ..interaction(offered()) };
    step(&now, accepted("alice", None, true), NOW).unwrap().next
}

fn quiet(now: &Interaction, last_said: Option<Millis>, at: Millis) -> Result<Step, Refused> {
    let expires_at = now.expires_at.unwrap_or(NOW);
    step(now, Event::Quiet { expires_at, last_said }, at)
}

fn told(step: &Step) -> Vec<String> {
    step.effects.iter().map(effect_in_words).collect()
}

#[test]
fn a_quiet_session_is_warned_and_then_expires() {
    let day = Duration::from_hours(24);
    let now = taken(Mode::Session, rules());
    assert_eq!(now.expires_at, Some(NOW + day));
    let warned = quiet(&now, None, NOW + Duration::from_mins(24 * 60 - 5)).unwrap();
    assert_eq!(told(&warned), ["tell room expiring"]);
    assert_eq!(warned.next, now, "a warning changes nothing");
    let expired = quiet(&now, None, NOW + day).unwrap();
    assert_eq!(told(&expired), ["state", "tell room expired", "tell alice expired"]);
    assert!(!expired.next.is_open() && expired.next.owner().is_some());
}

#[test]
fn whoever_speaks_keeps_a_session_open() {
    let now = taken(Mode::Session, rules());
    let said = NOW + Duration::from_hours(20);
    let later = quiet(&now, Some(said), NOW + Duration::from_hours(23)).unwrap();
    assert_eq!(later.next.expires_at, Some(said + Duration::from_hours(24)));
    assert_eq!(later.next.state(), "active");
    assert_eq!(quiet(&Interaction { expires_at: None, ..now }, None, NOW).unwrap_err(), Refused::Stale);
}

#[test]
fn a_page_is_done_once_its_answer_is_on_its_way() {
    let page = taken(Mode::Page, rules());
    assert_eq!(page.expires_at, None);
    let sent = step(&page, Event::ReplyTaken, SOON).unwrap();
    assert_eq!(sent.timers[0].due_at, SOON + Duration::from_secs(10));
    let alice = agent_ref("alice").user;
    let over = |answered_by| Event::PageOver { answered_by, dispositions: vec![solved()] };
    assert_eq!(step(&sent.next, over(None), LATER).unwrap_err(), Refused::Stale, "one is still on its way");
    assert_eq!(step(&sent.next, over(Some(alice.clone())), LATER).unwrap().next.state(), "done");
    let texted = step(&sent.next, texted("and?"), SOON).unwrap().next;
    assert_eq!(step(&texted, over(Some(alice)), LATER).unwrap_err(), Refused::Stale, "they wrote again");
}

#[test]
fn a_mandatory_disposition_is_asked_for_before_anything_is_done() {
    let strict = Rules { disposition: DispositionRule::Mandatory, ..rules() };
    let session = taken(Mode::Session, strict.clone());
    assert_eq!(step(&session, finish("alice", None), SOON).unwrap_err(), Refused::DispositionMissing);
    let with = wish("alice", Wish::Finish { typed_at: SOON, last_text: None, disposition: Some(solved()) });
    assert_eq!(step(&session, with, SOON).unwrap().next.state(), "done");

    let page = taken(Mode::Page, strict);
    let answered_by = Some(agent_ref("alice").user);
    let over = Event::PageOver { answered_by, dispositions: vec![solved()] };
    let wrapping = step(&page, over, SOON).unwrap();
    assert_eq!(wrapping.next.state(), "wrap_up");
    assert!(told(&wrapping).contains(&"tell room disposition_required".to_owned()));
    let disposed =
        step(&wrapping.next, wish("alice", Wish::Dispose { disposition: Some(solved()) }), LATER).unwrap();
    assert_eq!(disposed.next.state(), "done");
}

#[test]
fn a_text_wakes_what_was_put_aside_and_rings() {
    for work in [Work::Held, Work::Snoozed { until: LATER }, Work::WrapUp] {
        let now = Interaction { answered: false, ..interaction(working(work)) };
        let step = step(&now, texted("hello?"), SOON).unwrap();
        assert_eq!(step.next.state(), "active");
        assert!(told(&step).contains(&"text that rings alice".to_owned()), "{work:?}");
    }
}

#[test]
fn an_offer_that_answers_itself_is_taken_at_once_or_when_its_countdown_ends() {
    let now = interaction(queued());
    let asks = |offer_ms, then| {
        let way = Way::Push { offer_ms, then };
        Event::Offered { to: vec![agent_ref("alice")], way, counts: Counts::default() }
    };
    let at_once = step(&now, asks(0, Unanswered::Accepted), NOW).unwrap().next;
    assert_eq!((at_once.state(), at_once.owner().map(|owner| owner.id.as_str())), ("active", Some("alice")));
    let counting = step(&now, asks(5_000, Unanswered::AcceptedInAnyCase), NOW).unwrap().next;
    assert_eq!(step(&counting, rejected("alice", None, false), SOON).unwrap_err(), Refused::NotRefusable);
    let number = counting.offers;
    assert_eq!(step(&counting, Event::OfferExpired { number }, SOON).unwrap().next.state(), "active");
}

#[test]
fn whoever_picks_first_has_it_and_the_others_read_who() {
    let now = interaction(shown());
    let picked = step(&now, accepted("bob", None, false), SOON).unwrap();
    assert_eq!(picked.next.owner().unwrap().id.as_str(), "bob");
    let told = told(&picked);
    for expected in ["amend bob offer_accepted", "amend alice offer_withdrawn", "invite bob"] {
        assert!(told.contains(&expected.to_owned()), "{expected} is not in {told:?}");
    }
}
