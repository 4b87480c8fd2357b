use std::fmt::Write as _;

use ruma::owned_room_id;

use super::*;
use crate::domain::address::Address;
use crate::domain::conversation::offer::Via;
use crate::domain::effect::{Amend, Invite, Notify, Place, Remove};
use crate::domain::ids::ContactId;
use crate::domain::notice::Says;
use crate::domain::samples::{NOW, agent_ref, assert_sampled};

mod model;

/// A moment at which bob could still answer.
const SOON: Millis = Millis(NOW.0 + 10_000);

fn talk(parent: Option<&str>, phase: Phase, inside: &[&str]) -> Talk {
    Talk {
        id: InteractionId::new("i-im111"),
        first_talk: InteractionId::new("i-im111"),
        initiator: agent_ref("alice"),
        invitee: agent_ref("bob"),
        parent: parent.map(InteractionId::new),
        about: parent.map(|_| ContactRef {
            id: ContactId::new("c-9x2m4"),
            name: "Jane Doe".to_owned(),
            number: Address::sms("+14155550100"),
        }),
        text: String::new(),
        offer_ms: 60_000,
        room: None,
        alias: "switchroom_00000000000000000000000000000002".to_owned(),
        inside: inside.iter().map(|id| AgentId::new(*id)).collect(),
        created_at: NOW,
        updated_at: NOW,
        phase,
    }
}

fn consult(phase: Phase, inside: &[&str]) -> Talk {
    talk(Some("i-7f3k2"), phase, inside)
}

fn offered(overdue: bool) -> Phase {
    Phase::Offered { expires_at: Millis(NOW.0 + 60_000), overdue }
}

fn said(by: &str) -> Event {
    Event::Said { by: AgentId::new(by), text: "May she return it?".to_owned() }
}

fn lost() -> Event {
    let says = Box::new(Says::RoomReplaced { why: Loss::Gone, lines: vec![], more: false });
    Event::RoomLost { alias: "switchroom_3".to_owned(), how: Loss::Gone, says }
}

fn accepted(by: &str) -> Event {
    Event::Accepted { by: AgentId::new(by), case: vec![("order".to_owned(), "4711".to_owned())] }
}

fn rejected(by: &str, declined: bool) -> Event {
    let via = if declined { Via::Membership } else { Via::Word };
    Event::Rejected { by: AgentId::new(by), via, reason: "lunch".to_owned() }
}

fn ended(by: &str) -> Event {
    Event::Ended { by: AgentId::new(by) }
}

fn closed(by: &str, left: bool) -> Event {
    Event::Closed { by: AgentId::new(by), left }
}

fn gone(who: &str) -> Event {
    Event::Gone { who: AgentId::new(who) }
}

/// Every kind of event, by those it may come from.
fn events() -> Vec<(&'static str, Event)> {
    vec![
        ("room opened", Event::RoomOpened { room: owned_room_id!("!t:desk.test") }),
        ("room lost", lost()),
        ("alice writes", said("alice")),
        ("bob writes", said("bob")),
        ("bob comes", accepted("bob")),
        ("alice says yes", accepted("alice")),
        ("bob declines", rejected("bob", true)),
        ("bob says no", rejected("bob", false)),
        ("alice says no", rejected("alice", false)),
        ("no answer", Event::OfferExpired),
        ("alice ends it", ended("alice")),
        ("bob ends it", ended("bob")),
        ("carol ends it", ended("carol")),
        ("alice closes it", closed("alice", false)),
        ("alice leaves", closed("alice", true)),
        ("bob closes it", closed("bob", false)),
        ("bob leaves", closed("bob", true)),
        ("its parent is done", Event::ParentDone),
        ("alice is removed", gone("alice")),
        ("bob is removed", gone("bob")),
        ("carol is removed", gone("carol")),
    ]
}

/// What becomes of each event, a line each.
fn table(now: &Talk) -> String {
    let mut table = String::new();
    for (name, event) in events() {
        let outcome = step(now, event, SOON)
            .map_or_else(|refused| format!("refused: {refused}"), |step| in_words(&step));
        writeln!(table, "{name}: {outcome}").unwrap();
    }
    table
}

fn in_words(step: &Step) -> String {
    let inside: Vec<&str> = step.next.inside.iter().map(AgentId::as_str).collect();
    let mut words = format!("{}, inside {}", step.next.state(), inside.join("+"));
    if let Phase::Offered { overdue: true, .. } = step.next.phase {
        words.push_str(", overdue");
    }
    let timers = step.timers.iter().map(|timer| format!("timer +{}s", timer.due_at.since(NOW).as_secs()));
    for part in step.effects.iter().map(effect_in_words).chain(timers) {
        write!(words, " | {part}").unwrap();
    }
    words
}

fn effect_in_words(effect: &Effect) -> String {
    let place = |place: &Place| match place {
        Place::Talk(_) => "room".to_owned(),
        Place::Console(agent) => agent.to_string(),
        Place::Session(_) => panic!("a talk says nothing to a contact's room"),
    };
    let code = |notice| serde_json::to_value(notice).unwrap()["code"].as_str().unwrap().to_owned();
    match effect {
        Effect::OpenRoom(_) => "open room".to_owned(),
        Effect::Notify(Notify { to, notice, .. }) => format!("tell {} {}", place(to), code(notice)),
        Effect::Amend(Amend { to, notice, .. }) => format!("amend {} {}", place(to), code(notice)),
        Effect::Invite(Invite { user, .. }) => format!("invite {}", user.localpart()),
        Effect::Remove(Remove { user, .. }) => format!("remove {}", user.localpart()),
        Effect::PublishState(_) => "state".to_owned(),
        Effect::PublishRights(_) => "rights".to_owned(),
        other => panic!("not an effect of a talk: {other:?}"),
    }
}

#[test]
fn how_talks_begin() {
    let with_text = |talk: Talk| Talk { text: "Hi".to_owned(), ..talk };
    let again = Talk { room: Some(owned_room_id!("!t:desk.test")), ..talk(None, Phase::NotConnected, &[]) };
    let begun = [
        ("an IM", talk(None, Phase::NotConnected, &[])),
        ("an IM with a message", with_text(talk(None, Phase::NotConnected, &[]))),
        ("a consult", consult(Phase::NotConnected, &[])),
        ("a consult with a message", with_text(consult(Phase::NotConnected, &[]))),
        ("an IM in an earlier room", again),
    ];
    let lines: Vec<String> = begun
        .iter()
        .map(|(name, talk)| format!("{name}: {}", in_words(&talk.begin(&Readiness::default()))))
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn a_long_first_text_stands_whole_in_the_room() {
    let text = "May she return it? ".repeat(500);
    let step = Talk { text: text.clone(), ..consult(Phase::NotConnected, &[]) }.begin(&Readiness::default());
    let said = step.effects.iter().filter_map(|effect| match effect {
        Effect::Notify(Notify { notice, .. }) => match &notice.says {
            Says::TalkOpened { text, .. } | Says::TalkText { text, .. } => Some(text.as_str()),
            _ => None,
        },
        _ => None,
    });
    let said: Vec<&str> = said.collect();
    assert_eq!((said.len(), said.concat()), (3, text));
}

#[test]
fn whether_the_other_is_ready_changes_what_the_asker_reads_and_nothing_else() {
    let lunch = Readiness::NotReady { reason: "lunch".to_owned() };
    for talk in [talk(None, Phase::NotConnected, &[]), consult(Phase::NotConnected, &[])] {
        let said = |ready: &Readiness| {
            let mut step = talk.begin(ready);
            let mut told = None;
            for effect in &mut step.effects {
                if let Effect::Notify(Notify { notice, .. }) = effect
                    && let Says::TalkOpened { not_ready, .. } = &mut notice.says
                {
                    told = Some(not_ready.take());
                }
            }
            (told.unwrap(), step)
        };
        let (told, step) = said(&Readiness::Ready { since: NOW });
        assert_eq!(told, None);
        assert_eq!(said(&lunch), (Some("lunch".to_owned()), step.clone()));
        assert_eq!(said(&Readiness::default()), (Some(String::new()), step));
    }
}

#[test]
fn every_event_is_in_the_table() {
    let all: Vec<Event> = events().into_iter().map(|(_, event)| event).collect();
    assert_sampled!(all, Event: RoomOpened RoomLost Said Accepted Rejected OfferExpired Ended Closed ParentDone Gone);
}

#[test]
fn each_event_in_not_connected() {
    insta::assert_snapshot!(table(&consult(Phase::NotConnected, &["alice"])));
}

#[test]
fn each_event_in_offered() {
    insta::assert_snapshot!(table(&consult(offered(false), &["alice"])));
}

#[test]
fn each_event_in_offered_when_the_initiator_was_told_that_there_is_no_answer() {
    insta::assert_snapshot!(table(&talk(None, offered(true), &["alice"])));
}

#[test]
fn each_event_in_connected() {
    insta::assert_snapshot!(table(&consult(Phase::Connected, &["alice", "bob"])));
}

#[test]
fn each_event_in_ended() {
    insta::assert_snapshot!(table(&talk(None, Phase::Ended, &["alice", "bob"])));
}

#[test]
fn each_event_in_ended_for_the_last_who_keeps_it() {
    insta::assert_snapshot!(table(&talk(None, Phase::Ended, &["bob"])));
}

#[test]
fn each_event_in_done() {
    insta::assert_snapshot!(table(&talk(None, Phase::Done, &[])));
}

#[test]
fn the_state_event_of_an_im_and_of_a_consult() {
    let all = [talk(None, offered(false), &["alice"]), consult(Phase::Connected, &["alice", "bob"])];
    insta::assert_json_snapshot!(all.map(|talk| talk.state_content()));
}

#[test]
fn a_stored_talk_reads_back_as_it_was() {
    for phase in [Phase::NotConnected, offered(true), Phase::Connected, Phase::Ended, Phase::Done] {
        let talk = Talk { room: Some(owned_room_id!("!t:desk.test")), ..consult(phase, &["alice"]) };
        let json = serde_json::to_string(&talk).unwrap();
        assert_eq!(serde_json::from_str::<Talk>(&json).unwrap(), talk);
    }
    insta::assert_json_snapshot!(consult(offered(true), &["alice"]));
}
