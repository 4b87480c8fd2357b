//! Events in any order, held against what must be true after each.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::domain::interaction::ReplyTimes;

/// What may happen, by numbers that are given a meaning where it happens.
#[derive(Clone, Debug)]
enum Move {
    Texted { words: usize, media: usize, late: bool },
    RoomOpened,
    Offered(usize),
    Shown(usize),
    Asked { by: usize, to: usize, or_queue: bool },
    Cancelled(usize),
    Moved(usize),
    Assigned(usize),
    Gone(usize),
    Held(usize),
    Snoozed(usize),
    Resumed(usize),
    SnoozeOver,
    Quiet,
    Sent,
    WaitOver { under_way: bool },
    SeenTo { by: usize, requeue: bool },
    SentBack,
    Closed { unread: bool, disposed: bool },
    HandRaised(usize),
    HandTaken { by: usize, number: u32 },
    PageOver,
    Disposed(usize),
    Reopened(usize),
    Accepted { by: usize, number: Option<u32>, joined: bool },
    Rejected { by: usize, number: Option<u32>, declined: bool },
    OfferExpired(u32),
    ShownLate(u32),
    CameIn(usize),
    WentOut(usize),
    AwayTooLong,
    Watched { by: usize, barged: bool },
    Unwatched(usize),
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
        3 => by.clone().prop_map(Move::Shown),
        4 => (by.clone(), by.clone(), any::<bool>())
            .prop_map(|(by, to, or_queue)| Move::Asked { by, to, or_queue }),
        1 => Just(Move::SentBack),
        1 => (any::<bool>(), any::<bool>()).prop_map(|(unread, disposed)| Move::Closed { unread, disposed }),
        2 => by.clone().prop_map(Move::HandRaised),
        2 => (by.clone(), 1..3_u32).prop_map(|(by, number)| Move::HandTaken { by, number }),
        1 => by.clone().prop_map(Move::Cancelled),
        1 => by.clone().prop_map(Move::Moved),
        1 => by.clone().prop_map(Move::Assigned),
        1 => by.clone().prop_map(Move::Gone),
        2 => by.clone().prop_map(Move::Held),
        2 => by.clone().prop_map(Move::Snoozed),
        2 => by.clone().prop_map(Move::Resumed),
        1 => prop_oneof![Just(Move::SnoozeOver), Just(Move::Quiet), Just(Move::Sent), Just(Move::PageOver)],
        2 => any::<bool>().prop_map(|under_way| Move::WaitOver { under_way }),
        1 => (by.clone(), any::<bool>()).prop_map(|(by, requeue)| Move::SeenTo { by, requeue }),
        1 => by.clone().prop_map(Move::Disposed),
        1 => by.clone().prop_map(Move::Reopened),
        4 => (by.clone(), number(), any::<bool>())
            .prop_map(|(by, number, joined)| Move::Accepted { by, number, joined }),
        2 => (by.clone(), number(), any::<bool>())
            .prop_map(|(by, number, declined)| Move::Rejected { by, number, declined }),
        2 => (1..6_u32).prop_map(Move::OfferExpired),
        1 => (1..6_u32).prop_map(Move::ShownLate),
        2 => by.clone().prop_map(Move::CameIn),
        2 => by.clone().prop_map(Move::WentOut),
        2 => Just(Move::AwayTooLong),
        1 => Just(Move::Replied),
        3 => (by.clone(), any::<bool>()).prop_map(|(by, barged)| Move::Watched { by, barged }),
        1 => by.clone().prop_map(Move::Unwatched),
        1 => (by, any::<bool>()).prop_map(|(by, unread)| Move::Finish { by, unread }),
        2 => (0..400_u32).prop_map(Move::Wait),
    ];
    proptest::collection::vec(one, 0..60)
}

/// Who is invited to the room, or in it, as the homeserver would know it.
struct World {
    now: Interaction,
    at: Millis,
    /// Whether each of them has come in.
    present: BTreeMap<String, bool>,
}

impl World {
    #[expect(clippy::too_many_lines, reason = "it is one table: every move, once")]
    fn event(&mut self, one: &Move) -> Option<Event> {
        Some(match *one {
            Move::Wait(secs) => {
                self.at = self.at + Duration::from_secs(secs.into());
                return None;
            }
            Move::Texted { words, media, late } => Event::Texted {
                body: "wörd ".repeat(words),
                media: vec![
                    MediaPart { url: String::new(), content_type: String::new(), number: None };
                    media
                ],
                written_at: late.then_some(NOW),
                notices: vec![],
                more: vec![],
                asks: Asks::Answer,
            },
            Move::RoomOpened => Event::RoomOpened { room: owned_room_id!("!r:desk.test") },
            Move::Offered(to) => push(AGENTS[to]),
            Move::Shown(but) => pick(&[AGENTS[(but + 1) % 3], AGENTS[(but + 2) % 3]]),
            // The desk lets nobody ask themselves.
            Move::Asked { by, to, .. } if by == to => return None,
            Move::Asked { by, to, or_queue } => {
                let (to, note, counts) = (agent_ref(AGENTS[to]), String::new(), Counts::default());
                action(AGENTS[by], OwnerAction::Transfer { to, note, counts, or_queue })
            }
            Move::SentBack => Event::SentBack { by: agent_ref("sue") },
            Move::Closed { unread, disposed } => Event::Closed {
                by: agent_ref("sue"),
                typed_at: self.at,
                last_text: unread.then_some(self.at),
                unshown: false,
                disposition: disposed.then(solved),
            },
            Move::HandRaised(by) => {
                let (by, told) = (agent_ref(AGENTS[by]), vec![agent_ref(AGENTS[(by + 1) % 3])]);
                Event::HandRaised { by, note: String::new(), lines: vec![], told }
            }
            Move::HandTaken { by, number } => Event::HandTaken { by: agent_ref(AGENTS[by]), number },
            Move::Cancelled(by) => action(AGENTS[by], OwnerAction::Cancel),
            Move::Moved(by) => to_sales(AGENTS[by]),
            Move::Assigned(to) => Event::Assigned { to: agent_ref(AGENTS[to]), by: agent_ref("sue") },
            Move::Gone(by) => Event::OwnerGone { id: AgentId::new(AGENTS[by]) },
            Move::Held(by) => action(AGENTS[by], OwnerAction::Hold),
            Move::Snoozed(by) => {
                action(AGENTS[by], OwnerAction::Snooze { until: self.at + Duration::from_mins(1) })
            }
            Move::Resumed(by) => action(AGENTS[by], OwnerAction::Resume),
            Move::SnoozeOver => match self.now.work()? {
                Work::Snoozed { until } => Event::SnoozeOver { until },
                Work::Active | Work::Held | Work::Expired | Work::WrapUp => return None,
            },
            Move::Quiet => Event::Quiet { expires_at: self.now.expires_at?, last_said: None },
            Move::Sent => reply_taken(),
            Move::WaitOver { under_way } => {
                let wait = self.now.reply_wait.as_ref()?;
                Event::ReplyWait { since: wait.since, taken: wait.taken, under_way }
            }
            Move::SeenTo { by, requeue } => {
                let since = self.now.reply_wait.as_ref()?.since;
                Event::SeenTo { by: agent_ref(AGENTS[by]), since, requeue }
            }
            Move::PageOver => Event::PageOver {
                over_at: self.now.page_over_at?,
                answered_by: self.now.owner().map(|owner| owner.user.clone()),
                dispositions: vec![],
            },
            Move::Disposed(by) => action(AGENTS[by], OwnerAction::Dispose { disposition: Some(solved()) }),
            Move::Reopened(by) => Event::Reopened { by: agent_ref(AGENTS[by]) },
            Move::Accepted { by, number, joined: false } => accepted(AGENTS[by], number, false),
            Move::Rejected { by, number, declined: false } => rejected(AGENTS[by], number, false),
            Move::OfferExpired(number) => Event::OfferExpired { number },
            Move::ShownLate(number) => Event::ShownLate { number },
            // Nobody can come in, decline or leave who is not invited or in the room; who was asked to come
            // answers by that.
            Move::CameIn(by) | Move::Accepted { by, joined: true, .. } => {
                let here = self.present.get_mut(AGENTS[by]).filter(|here| !**here)?;
                *here = true;
                let id = AgentId::new(AGENTS[by]);
                if self.now.is_invited(&id) {
                    accepted(AGENTS[by], None, true)
                } else {
                    Event::CameIn { by: id }
                }
            }
            Move::WentOut(by) | Move::Rejected { by, declined: true, .. } => {
                self.present.remove(AGENTS[by])?;
                let (by, away) = (AgentId::new(AGENTS[by]), Duration::from_mins(5));
                let declines = self.now.is_invited(&by);
                if declines { rejected(by.as_str(), None, true) } else { Event::WentOut { by, away } }
            }
            Move::Watched { by, barged } => Event::Watched { by: agent_ref(AGENTS[by]), barged },
            Move::Unwatched(by) => Event::Unwatched { by: AgentId::new(AGENTS[by]) },
            Move::AwayTooLong => Event::AwayTooLong,
            Move::Replied => Event::Replied,
            Move::Finish { by, unread } => action(
                AGENTS[by],
                OwnerAction::Finish {
                    typed_at: self.at,
                    last_text: unread.then_some(self.at),
                    unshown: false,
                    disposition: None,
                },
            ),
        })
    }

    /// Lets an event happen and checks everything that must hold after any.
    fn happen(&mut self, event: &Event) {
        let before = self.now.clone();
        let Ok(step) = step(&before, event.clone(), self.at) else { return };
        if !before.is_open()
            && before.owner().is_none()
            && !matches!(event, Event::Reopened { .. } | Event::Assigned { .. })
        {
            let room_only = Interaction { room: step.next.room.clone(), ..before.clone() };
            assert_eq!(step.next, room_only, "a done interaction took {event:?}");
            assert!(step.effects.is_empty() && step.timers.is_empty() && step.agents.is_empty());
        }
        for effect in &step.effects {
            match effect {
                Effect::Invite(Invite { user, .. }) => {
                    self.present.entry(user.localpart().to_owned()).or_default();
                }
                Effect::Remove(Remove { user, .. }) => {
                    self.present.remove(user.localpart());
                }
                _ => {}
            }
        }
        check_step(&before, event, &step, self.at);
        self.now = step.next;
        for agent in AGENTS {
            self.check_presence(agent, event);
        }
    }

    /// In the room, or invited, is who owns it, is asked to come, or looks on; and the desk knows who has
    /// come. An owner who did not accept its invite may have declined it.
    fn check_presence(&self, agent: &str, event: &Event) {
        let (id, here) = (AgentId::new(agent), self.present.get(agent).copied());
        let belongs = self.now.is_invited(&id) || self.now.is_watched_by(&id);
        if let Phase::Owned { owner, come_by, .. } = &self.now.phase
            && owner.id == id
        {
            assert_eq!(here == Some(true), come_by.is_none(), "{agent} after {event:?}");
            assert!(!self.now.is_watched_by(&id), "{agent} looks on at what is theirs");
        } else {
            assert_eq!(here.is_some(), belongs, "{agent} after {event:?}");
        }
        for watcher in self.now.watchers.iter().filter(|watcher| watcher.agent.id == id) {
            assert_eq!(here, Some(watcher.here), "{agent} after {event:?}");
        }
    }
}

fn check_step(before: &Interaction, event: &Event, step: &Step, at: Millis) {
    let (next, effects) = (&step.next, &step.effects);
    if let (Some(old), Some(new)) = (before.owner(), next.owner()) {
        let accepted = before.offer().is_some_and(|offer| offer.asks(&new.id));
        let assigned = matches!(event, Event::Assigned { .. });
        assert!(old == new || accepted || assigned, "an owner followed another without saying yes");
    }
    let late = step.agents.iter().any(|(_, change)| *change == AgentChange::NoAnswer);
    assert!(!late || next.room.is_some(), "someone is late for what has no room, after {event:?}");
    match next.offer() {
        Some(offer) if next.offers > before.offers => {
            assert_eq!((next.offers, offer.number), (before.offers + 1, next.offers));
            assert!(offer.expires_at > at);
        }
        _ => assert_eq!(next.offers, before.offers, "an offer was counted that is not out"),
    }
    let queue = if matches!(event, Event::OwnerActed { action: OwnerAction::MoveToQueue { .. }, .. }) {
        &next.queue
    } else {
        &before.queue
    };
    assert_eq!(
        (&next.id, next.created_at, next.enqueued_at, &next.alias, &next.queue),
        (&before.id, before.created_at, before.enqueued_at, &before.alias, queue)
    );
    check_texts(event, effects);
    let publishes = effects.iter().any(|effect| matches!(effect, Effect::PublishState(_)));
    assert!(publishes || before.state_content() == next.state_content(), "{event:?}");
    let topic = effects.iter().any(|effect| matches!(effect, Effect::PublishTopic(_)));
    let closes = matches!(next.phase, Phase::Done { .. });
    assert_eq!(before.owner() != next.owner() && !closes, topic, "{event:?}");
    check_content(next);
    if let Some(wait) = &next.reply_wait {
        let is_active = next.work() == Some(Work::Active);
        assert_eq!(wait.runs_from.is_some(), is_active, "time runs while someone can answer: {event:?}");
        assert!(!next.is_done() && next.work() != Some(Work::Expired), "{event:?}");
    }
    let stored = serde_json::to_string(next).unwrap();
    assert_eq!(&serde_json::from_str::<Interaction>(&stored).unwrap(), next);
}

/// All of a text crosses once, in order, and each picture; what is empty is seen as well.
fn check_texts(event: &Event, effects: &[Effect]) {
    let (mut texts, mut pictures, mut nothing) = (Vec::new(), 0, false);
    for effect in effects {
        match effect {
            Effect::GhostText(GhostText { body, .. }) => texts.push(body.as_str()),
            Effect::GhostMedia(_) => pictures += 1,
            Effect::Notify(Notify { notice, .. }) => nothing |= notice.says == Says::EmptyText,
            _ => {}
        }
    }
    let Event::Texted { body, media, .. } = event else {
        assert_eq!((texts.len(), pictures), (0, 0), "{event:?}");
        return;
    };
    assert_eq!((&texts.concat(), pictures), (body, media.len()));
    assert!(texts.iter().all(|text| !text.is_empty()));
    assert_eq!(nothing, texts.is_empty() && media.is_empty());
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
        "tags",
        "priority",
        "created_at",
        "updated_at",
        "expires_at",
    ];
    assert_eq!(keys, BTreeSet::from(spec));
    let state = content["state"].as_str().unwrap();
    let owned = !["queued", "offered", "done"].contains(&state);
    assert_eq!(content["owner"].is_string(), owned);
    assert_eq!(content["offer"].is_object(), state == "offered" || interaction.offer().is_some());
}

proptest! {
    #[test]
    fn whatever_happens_in_whatever_order_the_interaction_stays_sound(moves in moves()) {
        let replies = Some(Box::new(ReplyTimes { after_ms: vec![30_000, 60_000, 90_000], hours: None }));
        let rules = Rules { replies, ..rules() };
        let begun = interaction(Phase::Queued { passed_over: vec![] });
        let now = Interaction { offers: 0, room: None, rules, ..begun };
        let mut world = World { now, at: NOW, present: BTreeMap::new() };
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
