//! Events in any order, held against what must be true after each.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

const AGENTS: [&str; 3] = ["alice", "bob", "carol"];

fn any_event() -> impl Strategy<Value = Event> {
    let by = || (0..AGENTS.len()).prop_map(|index| AGENTS[index]);
    prop_oneof![
        Just(Event::RoomOpened { room: owned_room_id!("!t:desk.test") }),
        by().prop_map(said),
        by().prop_map(accepted),
        (by(), any::<bool>()).prop_map(|(by, declined)| rejected(by, declined)),
        Just(Event::OfferExpired),
        by().prop_map(ended),
        (by(), any::<bool>()).prop_map(|(by, left)| closed(by, left)),
        Just(Event::ParentDone),
        by().prop_map(gone),
    ]
}

/// What the homeserver would know of the room.
struct Room {
    present: BTreeSet<String>,
    told: u32,
}

impl Room {
    fn apply(&mut self, step: &Step) {
        for effect in &step.effects {
            match effect {
                Effect::Invite(Invite { user, .. }) => {
                    self.present.insert(user.localpart().to_owned());
                }
                Effect::Remove(Remove { user, .. }) => {
                    self.present.remove(user.localpart());
                }
                Effect::Notify(Notify { to: Place::Console(agent), .. }) if agent.as_str() == "alice" => {
                    self.told += 1;
                }
                _ => {}
            }
        }
    }
}

fn check(before: &Talk, step: &Step, room: &Room) {
    let now = &step.next;
    let inside: BTreeSet<String> = now.inside.iter().map(ToString::to_string).collect();
    let mut expected = inside.clone();
    if now.is_offered_to(&now.invitee.id) {
        expected.insert("bob".to_owned());
    }
    assert_eq!(room.present, expected, "whoever keeps it is in its room, and whoever is asked is invited");
    assert_eq!(now.phase == Phase::Done, inside.is_empty(), "done is when nobody keeps it");
    assert!(now.phase != Phase::Connected || inside.len() == 2, "two are connected");
    let wrote_rights = step.effects.iter().any(|effect| matches!(effect, Effect::PublishRights(_)));
    assert_eq!(before.is_open() != now.is_open(), wrote_rights, "who may write changes with it");
    let published = step.effects.iter().any(|effect| matches!(effect, Effect::PublishState(_)));
    assert!(published || before.state() == now.state(), "the state event follows");
    assert!(before.is_open() || !now.is_open(), "what is over stays over");
}

proptest! {
    #[test]
    fn whatever_happens_two_agents_are_never_told_apart_from_their_room(
        is_consult in any::<bool>(),
        text in prop_oneof![Just(""), Just("hi")],
        events in proptest::collection::vec(any_event(), 0..30),
    ) {
        let begun = Talk { text: text.to_owned(), ..talk(is_consult.then_some("i-7f3k2"), Phase::NotConnected, &[]) };
        let first = begun.begin(&Readiness::default());
        let mut room = Room { present: BTreeSet::new(), told: 0 };
        room.apply(&first);
        let mut now = first.next;
        for event in events {
            let Ok(step) = step(&now, event.clone(), SOON) else { continue };
            // Who left or declined did so by themselves.
            match &event {
                Event::Rejected { by, via: Via::Membership, .. } | Event::Closed { by, left: true } => {
                    room.present.remove(by.as_str());
                }
                _ => {}
            }
            room.apply(&step);
            check(&now, &step, &room);
            now = step.next;
        }
        // Accepted or rejected, and at most once that there is no answer yet; and that they closed it.
        prop_assert!(room.told <= 3);
    }
}
