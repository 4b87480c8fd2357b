//! Every event in every phase, a line each.

use std::fmt::Write as _;

use super::*;

/// Every kind of event, by those it may come from.
fn events() -> Vec<(&'static str, Event)> {
    let away = Duration::from_mins(5);
    vec![
        ("texted", texted("hi")),
        ("thanked", Event::Thanked { text: "thanks".to_owned(), written_at: None }),
        ("room opened", Event::RoomOpened { room: owned_room_id!("!r:desk.test") }),
        ("room lost", lost()),
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
        ("time stood still for five minutes", Event::TimeStood { away }),
        ("offer 1 is shown late", Event::ShownLate { number: 1 }),
        ("offer 9 is shown late", Event::ShownLate { number: 9 }),
        ("offer 1 rings once more", Event::OfferRings { number: 1, rings_at: NOW }),
        ("nobody has taken it for a while", Event::OverflowDue),
        ("nobody is ready", Event::NobodyReady),
        ("offer 1 expires", Event::OfferExpired { number: 1 }),
        ("offer 9 expires", Event::OfferExpired { number: 9 }),
        ("alice asks bob to take it", asks("alice", "bob")),
        ("bob asks carol to take it", asks("bob", "carol")),
        ("alice cancels that", action("alice", OwnerAction::Cancel)),
        ("alice puts it into sales", to_sales("alice")),
        ("bob puts it into sales", to_sales("bob")),
        ("sue gives it to bob", Event::Assigned { to: agent_ref("bob"), by: agent_ref("sue") }),
        ("alice comes in", Event::CameIn { by: AgentId::new("alice") }),
        ("bob comes in", Event::CameIn { by: AgentId::new("bob") }),
        ("alice goes out", Event::WentOut { by: AgentId::new("alice"), away }),
        ("bob goes out", Event::WentOut { by: AgentId::new("bob"), away }),
        ("away too long", Event::AwayTooLong),
        ("alice is no agent any more", Event::OwnerGone { id: AgentId::new("alice") }),
        ("alice signs off", Event::SignedOff { id: AgentId::new("alice") }),
        ("bob signs off", Event::SignedOff { id: AgentId::new("bob") }),
        ("replied", Event::Replied),
        ("reply taken", Event::ReplyTaken { typed_at: None, next_text: None }),
        ("contact waits", Event::ReplyWait { since: NOW, taken: 0, under_way: false }),
        ("sue queues it again", Event::SentBack { by: agent_ref("sue") }),
        ("sue closes it", closed(NOW)),
        ("sue closes it, unread", closed(SOON)),
        ("alice asks for help", helped("alice")),
        ("bob asks for help", helped("bob")),
        ("sue comes to help", Event::HandTaken { by: agent_ref("sue"), number: 1 }),
        ("sue sees to it", Event::SeenTo { by: agent_ref("sue"), since: NOW, requeue: false }),
        (
            "page over",
            Event::PageOver {
                over_at: NOW,
                answered_by: Some(agent_ref("alice").user),
                dispositions: vec![solved()],
            },
        ),
        ("quiet", Event::Quiet { expires_at: NOW, last_said: None }),
        ("alice holds", action("alice", OwnerAction::Hold)),
        ("alice snoozes", action("alice", OwnerAction::Snooze { until: LATER })),
        ("alice resumes", action("alice", OwnerAction::Resume)),
        ("bob resumes", action("bob", OwnerAction::Resume)),
        ("snooze over", Event::SnoozeOver { until: NOW }),
        ("alice disposes", action("alice", OwnerAction::Dispose { disposition: Some(solved()) })),
        ("alice sets case data", case("alice", "Order", Some("4712"))),
        ("alice takes unknown case data away", case("alice", "colour", None)),
        ("bob sets case data", case("bob", "order", Some("4712"))),
        ("sue monitors", Event::Watched { by: agent_ref("sue"), barged: false }),
        ("alice monitors", Event::Watched { by: agent_ref("alice"), barged: false }),
        ("sue barges in", Event::Watched { by: agent_ref("sue"), barged: true }),
        ("sue has seen enough", Event::Unwatched { by: AgentId::new("sue") }),
        ("the contact is named", Event::Renamed { name: "Jane Roe".to_owned() }),
        ("it is another contact's", Event::Belongs { id: ContactId::new("c-2"), name: "Joe Roe".to_owned() }),
        ("it is tagged", Event::Tagged { tag: "refund".to_owned(), on: true }),
        ("a tag it has not is taken away", Event::Tagged { tag: "vip".to_owned(), on: false }),
        ("sue moves it up", Event::Prioritised { points: 5, by: agent_ref("sue") }),
        ("alice blocks the contact", blocked("alice")),
        ("sue blocks the contact", blocked("sue")),
        ("alice erases the contact", Event::Erased { by: agent_ref("alice") }),
        ("sue erases the contact", Event::Erased { by: agent_ref("sue") }),
        ("bob reopens", Event::Reopened { by: agent_ref("bob") }),
        ("alice is done", finish("alice", Some(NOW))),
        ("alice is done, unread", finish("alice", Some(SOON))),
        ("bob is done", finish("bob", Some(NOW))),
    ]
}

fn closed(last_text: Millis) -> Event {
    let (by, last_text) = (agent_ref("sue"), Some(last_text));
    Event::Closed { by, typed_at: SOON, last_text, unshown: false, disposition: None }
}

fn helped(by: &str) -> Event {
    let (by, told) = (agent_ref(by), vec![agent_ref("sue")]);
    Event::HandRaised { by, note: String::new(), lines: vec![], told }
}

fn blocked(by: &str) -> Event {
    Event::Blocked { by: agent_ref(by), until: Some(LATER), reason: "spam".to_owned() }
}

/// What becomes of each event in a phase, a line each.
fn table(phase: Phase, at: Millis) -> String {
    table_of(&interaction(phase), at)
}

fn table_of(now: &Interaction, at: Millis) -> String {
    let mut table = String::new();
    for (name, event) in events() {
        let outcome =
            step(now, event, at).map_or_else(|refused| format!("refused: {refused}"), |step| in_words(&step));
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
        Phase::Offered { offer, passed_over } => {
            let way = if offer.invited { "offer" } else { "shown" };
            format!("{way} {} to {}, {} passed over", offer.number, names(&offer.to), passed_over.len())
        }
        Phase::Queued { passed_over } => {
            format!("queued in {}, {} passed over", step.next.queue, passed_over.len())
        }
        Phase::Done { by, .. } => format!("done by {}", by.id),
    };
    let effects = step.effects.iter().map(effect_in_words);
    let timers = step
        .timers
        .iter()
        .map(|timer| format!("timer {} +{}s", name(&timer.what), timer.due_at.since(NOW).as_secs()));
    let agents = step.agents.iter().map(|(id, change)| format!("{id} {change:?}"));
    let supervisors = step.supervisors.iter().map(|notice| format!("tell supervisors {}", code(notice)));
    let overdue = step
        .overdue
        .iter()
        .map(|(says, _)| format!("tell the queue's supervisors {}", code(&says.clone().plainly())));
    for part in effects.chain(timers).chain(agents).chain(supervisors).chain(overdue) {
        write!(words, " | {part}").unwrap();
    }
    words
}

#[test]
fn every_event_and_action_of_an_owner_is_in_the_table() {
    let (mut all, mut actions) = (vec![], vec![]);
    for (_, event) in events() {
        if let Event::OwnerActed { action, .. } = &event {
            actions.push(action.clone());
        }
        all.push(event);
    }
    assert_sampled!(all, Event:
        Texted Thanked RoomOpened RoomLost Offered Accepted Rejected ShownLate TimeStood OfferRings OfferExpired
        OwnerActed
        Assigned CameIn WentOut AwayTooLong Watched Unwatched Renamed Belongs OwnerGone SignedOff Replied ReplyTaken
        ReplyWait SeenTo SentBack Closed HandRaised HandTaken OverflowDue NobodyReady PageOver Quiet SnoozeOver Reopened Tagged Prioritised Blocked Erased
    );
    assert_sampled!(actions, OwnerAction: Transfer Cancel MoveToQueue Hold Snooze Resume Dispose Case Finish);
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
fn each_event_in_what_an_agent_began_by_a_text() {
    insta::assert_snapshot!(table_of(&outbound(), SOON));
}
