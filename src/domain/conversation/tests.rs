use ruma::owned_room_id;

use super::offer::Decision;
use super::*;
use crate::domain::interaction::Work;
use crate::domain::samples::{
    NOW, active, agent_ref, away, done, in_transfer, interaction, offered, queued, shown, working,
};
use crate::domain::talk::Phase as Talking;

/// An IM of alice with bob that goes on in the room of an earlier one.
fn talk(phase: Talking, inside: &[&str]) -> Talk {
    Talk {
        id: InteractionId::new("i-im222"),
        first_talk: InteractionId::new("i-im111"),
        initiator: agent_ref("alice"),
        invitee: agent_ref("bob"),
        parent: None,
        about: None,
        text: String::new(),
        offer_ms: 60_000,
        room: Some(owned_room_id!("!t:desk.test")),
        alias: "switchroom_2".to_owned(),
        inside: inside.iter().map(|id| AgentId::new(*id)).collect(),
        created_at: NOW,
        updated_at: NOW,
        phase,
    }
}

fn called() -> Talking {
    Talking::Offered { expires_at: Millis(NOW.0 + 60_000), overdue: false }
}

fn all() -> Vec<(&'static str, Conversation)> {
    let session = |phase| Conversation::from(interaction(phase));
    vec![
        ("queued", session(queued())),
        ("offered to alice", session(offered())),
        ("shown to alice and bob", session(shown())),
        ("alice's", session(active())),
        ("alice's, who is away", session(away())),
        ("alice's, bob is asked", session(in_transfer())),
        ("alice's, expired", session(working(Work::Expired))),
        ("done", session(done())),
        ("talk, nothing said", talk(Talking::NotConnected, &["alice"]).into()),
        ("talk, bob is called", talk(called(), &["alice"]).into()),
        ("talk of both", talk(Talking::Connected, &["alice", "bob"]).into()),
        ("talk that ended", talk(Talking::Ended, &["bob"]).into()),
        ("talk that is done", talk(Talking::Done, &[]).into()),
    ]
}

#[test]
fn what_is_asked_of_every_conversation() {
    let people = ["alice", "bob"].map(AgentId::new);
    let mut lines = Vec::new();
    for (name, one) in all() {
        let mut words = vec![name.to_owned()];
        words.extend(one.goes_on().then(|| "goes on".to_owned()));
        words.extend(one.is_done().then(|| "done".to_owned()));
        for agent in &people {
            let facts = [
                (one.is_offered_to(agent), "offered"),
                (one.is_asking(agent, 1), "asked by 1"),
                (one.is_invited(agent), "invited"),
                (one.awaits_since(agent).is_some(), "awaited"),
                (one.needs_inside(agent), "needed inside"),
            ];
            let facts: Vec<&str> = facts.into_iter().filter(|(is, _)| *is).map(|(_, fact)| fact).collect();
            words.extend((!facts.is_empty()).then(|| format!("{agent}: {}", facts.join(", "))));
        }
        let known_as = one.known_as().into_iter().map(|(agent, what)| format!("{agent} knows “{what}”"));
        words.extend(known_as);
        lines.push(words.join(" | "));
    }
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn a_talk_goes_by_the_room_it_was_given_and_a_session_by_its_own() {
    let (session, talk) =
        (Conversation::from(interaction(active())), Conversation::from(talk(Talking::Connected, &[])));
    assert_eq!(session.place(), Place::Session(InteractionId::new("i-7f3k2")));
    assert_eq!(session.first_in_room(), session.by_ref().id());
    assert_eq!(talk.place(), Place::Talk(InteractionId::new("i-im111")));
    assert_eq!((talk.first_in_room().as_str(), talk.by_ref().id().as_str()), ("i-im111", "i-im222"));
}

#[test]
fn a_reason_is_one_line_and_cut() {
    assert_eq!(Decision::decline(" at\nlunch "), Decision::Decline { reason: "at lunch".to_owned() });
    let Decision::Decline { reason } = Decision::decline(&"x".repeat(1000)) else { panic!("it declines") };
    assert!(reason.chars().count() <= 201, "{reason}");
}
