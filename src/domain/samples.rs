//! Values the domain's tests share.

use ruma::{OwnedUserId, UserId, owned_event_id, owned_room_id};

use super::address::Address;
use super::agent::{Agent, AgentRef, Channels, Permission, Readiness, WorkChannel};
use super::call::{CallResult, Ended, Hold, Leg, LegState, PhoneCall, Progress};
use super::effect::Place;
use super::ids::{AgentId, ContactId, InteractionId, QueueName};
use super::interaction::begin::Beginning;
use super::interaction::{
    ContactRef, Direction, Interaction, Mode, Offer, PassedOver, Phase, Rules, Unanswered, Work,
};
use super::reply::{Part, PartState, Reply, ReplyState};
use crate::clock::Millis;

/// Asserts that there is a sample of every variant of a type. The compiler asks for the name of each variant,
/// and each named variant must be among the samples.
macro_rules! assert_sampled {
    ($samples:expr, $type:ident: $($variant:ident)+) => {
        let named = |sample: &$type| match sample {
            $($type::$variant { .. } => stringify!($variant),)+
        };
        let there: Vec<&str> = $samples.iter().map(named).collect();
        for variant in [$(stringify!($variant)),+] {
            assert!(there.contains(&variant), "no sample of {}::{variant}", stringify!($type));
        }
    };
}
pub(super) use assert_sampled;

/// When the samples begin.
pub(super) const NOW: Millis = Millis(1_700_000_000_000);
/// How long their offers stand.
pub(super) const OFFER_MS: u64 = 60_000;

pub(super) fn user(id: &str) -> OwnedUserId {
    UserId::parse(format!("@{id}:desk.test")).unwrap()
}

pub(super) fn agent_ref(id: &str) -> AgentRef {
    AgentRef { id: AgentId::new(id), user: user(id), name: id.to_uppercase() }
}

pub(super) fn agent(id: &str, sms: Readiness) -> Agent {
    Agent {
        permissions: [Permission::Transfer].into(),
        queues: vec![QueueName::new("support")],
        channels: Channels::default().with(WorkChannel::Sms, sms),
        idle_since: NOW,
        ..Agent::new(agent_ref(id))
    }
}

pub(super) fn interaction(phase: Phase) -> Interaction {
    let begun = Interaction::begin(Beginning {
        id: InteractionId::new("i-7f3k2"),
        mode: Mode::Session,
        contact: ContactRef {
            id: ContactId::new("c-9x2m4"),
            name: "Jane Doe".to_owned(),
            number: Address::sms("+14155550100"),
        },
        our_number: Address::sms("+15005550006"),
        queue: QueueName::new("support"),
        rules: rules(),
        case: vec![("order".to_owned(), "4711".to_owned()), ("city".to_owned(), "Köln".to_owned())],
        first_text: "Where is my order?".to_owned(),
        last_agent: None,
        alias: "switchroom_00000000000000000000000000000001".to_owned(),
        at: NOW,
    });
    Interaction { offers: 1, room: Some(owned_room_id!("!r:desk.test")), owner_replied: true, phase, ..begun }
}

/// One that alice began by a text, in the room of another.
pub(super) fn outbound() -> Interaction {
    Interaction {
        mode: Mode::Page,
        direction: Direction::Outbound,
        parent: Some(InteractionId::new("i-8m2pq")),
        offers: 0,
        room: None,
        owner_replied: false,
        ..interaction(done())
    }
}

/// Calls that alice began there: one that rings, one that is over, what is kept of it, and one on hold.
pub(super) fn calls() -> Vec<Interaction> {
    let begun =
        PhoneCall::begin(Place::Session(InteractionId::new("i-8m2pq")), owned_event_id!("$call"), NOW);
    let leg = |sid: &str, progress| Leg {
        state: LegState::Told { progress },
        sid: Some(sid.to_owned()),
        ..Leg::default()
    };
    let mut over = PhoneCall {
        agent: Leg { ends: true, ..leg("CA01", Progress::Answered) },
        contact: Leg { secs: Some(192), ..leg("CA02", Progress::Completed) },
        answered_at: Some(NOW),
        ended: Some(Ended { at: NOW, result: CallResult::Talked, secs: 192 }),
        ..begun.clone()
    };
    let talked = over.clone();
    over.contact = Leg { state: LegState::Refused, why: Some("no such number".to_owned()), ..Leg::default() };
    (over.answered_at, over.hung_up) = (None, true);
    over.ended = Some(Ended { at: NOW, result: CallResult::Refused, secs: 0 });
    let hold = Hold {
        on: true,
        held: true,
        waits: true,
        since: NOW,
        said_in: Place::Session(InteractionId::new("i-8m2pq")),
        event: owned_event_id!("$hold"),
    };
    let on_hold = PhoneCall {
        contact: leg("CA02", Progress::Answered),
        ended: None,
        hold: Some(hold),
        ..talked.clone()
    };
    let of = |call| Interaction { call: Some(Box::new(call)), ..outbound() };
    let calls = [begun, talked, over].map(of);
    let emptied = calls[1].emptied(NOW);
    calls.into_iter().chain([emptied, of(on_hold)]).collect()
}

pub(super) fn rules() -> Rules {
    Rules { offer_ms: OFFER_MS, ..Rules::default() }
}

/// An offer of the queue to one agent.
pub(super) fn offer(to: &str) -> Offer {
    Offer {
        number: 1,
        to: vec![agent_ref(to)],
        invited: true,
        by: None,
        then: Unanswered::Withdrawn,
        expires_at: Millis(NOW.0 + 60_000),
        put_off: false,
        rings_at: None,
        rang: false,
        or_queue: false,
    }
}

pub(super) fn passed_over(agent: &str) -> PassedOver {
    PassedOver { agent: AgentId::new(agent), at: NOW }
}

pub(super) fn queued() -> Phase {
    Phase::Queued { passed_over: vec![passed_over("carol")] }
}

pub(super) fn offered() -> Phase {
    Phase::Offered { offer: offer("alice"), passed_over: vec![passed_over("carol")] }
}

/// A queue that lets its agents pick is asking.
pub(super) fn shown() -> Phase {
    let to = vec![agent_ref("alice"), agent_ref("bob")];
    Phase::Offered {
        offer: Offer { to, invited: false, ..offer("alice") },
        passed_over: vec![passed_over("carol")],
    }
}

pub(super) fn active() -> Phase {
    working(Work::Active)
}

/// Alice has it, and does this with it.
pub(super) fn working(work: Work) -> Phase {
    Phase::Owned { owner: agent_ref("alice"), come_by: None, work, transfer: None }
}

/// Alice has it, and bob is asked to take it over.
pub(super) fn in_transfer() -> Phase {
    let transfer = Some(Offer { by: Some(agent_ref("alice")), ..offer("bob") });
    Phase::Owned { owner: agent_ref("alice"), come_by: None, work: Work::Active, transfer }
}

pub(super) fn away() -> Phase {
    let come_by = Some(Millis(NOW.0 + 60_000));
    Phase::Owned { owner: agent_ref("alice"), come_by, work: Work::Active, transfer: None }
}

pub(super) fn done() -> Phase {
    Phase::Done { by: agent_ref("alice"), at: NOW }
}

pub(super) fn reply(state: ReplyState) -> Reply {
    Reply {
        opening: String::new(),
        signature: String::new(),
        enclosures: vec![],
        id: "0123456789abcdef0123456789abcdef".to_owned(),
        interaction: InteractionId::new("i-7f3k2"),
        event: owned_event_id!("$typed:desk.test"),
        of_program: None,
        said_in: None,
        by: user("alice"),
        text: "one two three".to_owned(),
        in_reply_to: None,
        confirms_until: None,
        held: None,
        response: None,
        spelling: None,
        is_promised: false,
        state,
    }
}

pub(super) fn part(text: &str, state: PartState) -> Part {
    Part { text: text.to_owned(), files: vec![], state, sid: None, sent_at: None }
}
