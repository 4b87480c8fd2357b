//! Events in any order, held against what must be true after each.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

/// What may happen, by numbers that are given a meaning where it happens.
#[derive(Clone, Debug)]
enum Move {
    Texted { words: usize, media: usize, late: bool },
    RoomOpened,
    Offered(usize),
    Accepted { by: usize, number: Option<u32>, joined: bool },
    Rejected { by: usize, number: Option<u32>, declined: bool },
    OfferExpired(u32),
    CameIn(usize),
    WentOut(usize),
    AwayTooLong,
    Replied,
    Finish { by: usize, unread: bool },
    Wait(u32),
}

const AGENTS: [&str; 3] = ["alice", "bob", "carol"];

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let by = 0..AGENTS.len();
    let number = || proptest::option::of(1..6_u32);
    let one = prop_oneof![
        2 => (prop_oneof![0..3_usize, Just(9_000)], 0..3_usize, any::<bool>())
            .prop_map(|(words, media, late)| Move::Texted { words, media, late }),
        1 => Just(Move::RoomOpened),
        4 => by.clone().prop_map(Move::Offered),
        4 => (by.clone(), number(), any::<bool>())
            .prop_map(|(by, number, joined)| Move::Accepted { by, number, joined }),
        2 => (by.clone(), number(), any::<bool>())
            .prop_map(|(by, number, declined)| Move::Rejected { by, number, declined }),
        2 => (1..6_u32).prop_map(Move::OfferExpired),
        2 => by.clone().prop_map(Move::CameIn),
        2 => by.clone().prop_map(Move::WentOut),
        2 => Just(Move::AwayTooLong),
        1 => Just(Move::Replied),
        1 => (by, any::<bool>()).prop_map(|(by, unread)| Move::Finish { by, unread }),
        2 => (0..400_u32).prop_map(Move::Wait),
    ];
    proptest::collection::vec(one, 0..60)
}

/// Who is in the room or invited, as the homeserver would know it.
struct World {
    now: Interaction,
    at: Millis,
    present: BTreeSet<String>,
}

impl World {
    fn event(&mut self, one: &Move) -> Option<Event> {
        let name = |by: usize| AGENTS[by].to_owned();
        Some(match *one {
            Move::Wait(secs) => {
                self.at = self.at + Duration::from_secs(secs.into());
                return None;
            }
            Move::Texted { words, media, late } => Event::Texted {
                body: "wörd ".repeat(words),
                media: vec![MediaPart { url: String::new(), content_type: String::new() }; media],
                written_at: late.then_some(NOW),
                notices: vec![],
            },
            Move::RoomOpened => Event::RoomOpened { room: owned_room_id!("!r:desk.test") },
            Move::Offered(to) => Event::Offered { to: agent_ref(AGENTS[to]), in_progress: 0, recent: 0 },
            // Nobody can join, decline or leave who is not invited or in the room.
            Move::Accepted { by, number, joined } => {
                accepted(AGENTS[by], number, joined && self.present.contains(AGENTS[by]))
            }
            Move::Rejected { by, number, declined } => {
                rejected(AGENTS[by], number, declined && self.present.remove(&name(by)))
            }
            Move::OfferExpired(number) => Event::OfferExpired { number },
            Move::CameIn(by) => Event::CameIn { by: AgentId::new(self.present.get(AGENTS[by])?.clone()) },
            Move::WentOut(by) => {
                let by = AgentId::new(self.present.take(AGENTS[by])?);
                Event::WentOut { by, away: Duration::from_mins(5) }
            }
            Move::AwayTooLong => Event::AwayTooLong,
            Move::Replied => Event::Replied,
            Move::Finish { by, unread } => Event::Finish {
                by: agent_ref(AGENTS[by]),
                typed_at: self.at,
                last_text: unread.then_some(self.at),
            },
        })
    }

    /// Lets an event happen and checks everything that must hold after any.
    fn happen(&mut self, event: &Event) {
        let before = self.now.clone();
        let Ok(step) = step(&before, event.clone(), self.at) else { return };
        if !before.is_open() {
            let room_only = Interaction { room: step.next.room.clone(), ..before.clone() };
            assert_eq!(step.next, room_only, "a done interaction took {event:?}");
            assert!(step.effects.is_empty() && step.timers.is_empty() && step.agents.is_empty());
        }
        for effect in &step.effects {
            match effect {
                Effect::Invite { user, .. } => drop(self.present.insert(user.localpart().to_owned())),
                Effect::Remove { user, .. } => {
                    self.present.remove(user.localpart());
                }
                _ => {}
            }
        }
        check_step(&before, event, &step, self.at);
        let holder = step.next.holder().map(|holder| holder.id.as_str());
        let strangers: Vec<&String> =
            self.present.iter().filter(|agent| Some(agent.as_str()) != holder).collect();
        assert!(strangers.is_empty(), "{strangers:?} still in the room after {event:?}");
        self.now = step.next;
    }
}

fn check_step(before: &Interaction, event: &Event, step: &Step, at: Millis) {
    let (next, effects) = (&step.next, &step.effects);
    if let (Some(old), Some(new)) = (before.owner(), next.owner()) {
        assert_eq!(old, new, "an owner followed another without an offer between");
    }
    let may_hold = matches!(next.phase, Phase::Offered { .. } | Phase::Active { .. });
    assert_eq!(next.holder().is_some(), may_hold);
    if matches!(event, Event::Offered { .. }) {
        let offer = next.offer().unwrap();
        assert!(offer.number > before.offers, "the number of an offer came again");
        assert_eq!((next.offers, offer.expires_at > at), (offer.number, true));
    } else {
        assert_eq!(next.offers, before.offers);
    }
    assert_eq!(
        (&next.id, next.created_at, next.enqueued_at, &next.alias),
        (&before.id, before.created_at, before.enqueued_at, &before.alias)
    );
    check_texts(event, effects);
    let publishes = effects.iter().any(|effect| matches!(effect, Effect::PublishState { .. }));
    assert_eq!(before.state_content() != next.state_content(), publishes, "{event:?}");
    let topic = effects.iter().any(|effect| matches!(effect, Effect::PublishTopic { .. }));
    assert_eq!(before.owner() != next.owner() && next.is_open(), topic, "{event:?}");
    check_content(next);
    let stored = serde_json::to_string(next).unwrap();
    assert_eq!(&serde_json::from_str::<Interaction>(&stored).unwrap(), next);
}

/// All of a text crosses once, in order, and each picture; what is empty is seen as well.
fn check_texts(event: &Event, effects: &[Effect]) {
    let (mut texts, mut pictures) = (Vec::new(), 0);
    for effect in effects {
        match effect {
            Effect::GhostText { body, .. } => texts.push(body.as_str()),
            Effect::GhostMedia { .. } => pictures += 1,
            _ => {}
        }
    }
    let Event::Texted { body, media, .. } = event else {
        assert_eq!((texts.len(), pictures), (0, 0), "{event:?}");
        return;
    };
    assert_eq!((&texts.concat(), pictures), (body, media.len()));
    assert!(body.is_empty() || texts.iter().all(|text| !text.is_empty()));
    assert!(!texts.is_empty() || !media.is_empty());
}

/// The state event holds what the contract names, no more and no less.
fn check_content(interaction: &Interaction) {
    let content = interaction.state_content();
    let keys: BTreeSet<&str> = content.as_object().unwrap().keys().map(String::as_str).collect();
    let spec = [
        "id",
        "kind",
        "mode",
        "direction",
        "state",
        "queue",
        "owner",
        "offer",
        "contact",
        "number",
        "parent",
        "disposition",
        "case",
        "created_at",
        "updated_at",
        "expires_at",
    ];
    assert_eq!(keys, BTreeSet::from(spec));
    let state = content["state"].as_str().unwrap();
    assert_eq!(content["owner"].is_string(), state == "active");
    assert_eq!(content["offer"].is_object(), state == "offered");
}

proptest! {
    #[test]
    fn whatever_happens_in_whatever_order_the_interaction_stays_sound(moves in moves()) {
        let now = Interaction { offers: 0, ..interaction(Phase::Queued { asked: vec![] }) };
        let mut world = World { now, at: NOW, present: BTreeSet::new() };
        for one in moves {
            if let Some(event) = world.event(&one) {
                world.happen(&event);
            }
        }
    }

    #[test]
    fn case_data_of_any_size_leaves_the_state_event_small(
        case in proptest::collection::vec((0..40_usize, 0..9000_usize, any::<char>()), 0..6)
    ) {
        let long = |(key, value, c): (usize, usize, char)| ("k".repeat(key), String::from(c).repeat(value));
        let case = case.into_iter().map(long).collect();
        let content = Interaction { case, ..interaction(queued()) }.state_content();
        prop_assert!(content["case"].to_string().len() <= 16 * 1024);
    }

    #[test]
    fn case_data_that_fits_is_shown_whole(case in proptest::collection::btree_map("[a-z]{1,8}", ".{0,20}", 0..9)) {
        let pairs = case.clone().into_iter().collect();
        let content = Interaction { case: pairs, ..interaction(queued()) }.state_content();
        prop_assert_eq!(&content["case"], &serde_json::json!(case));
    }
}
