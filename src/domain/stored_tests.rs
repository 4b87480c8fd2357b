//! The JSON of everything that is stored or sent, one snapshot for each type: rows written by one version are
//! read by the next, so a snapshot that changes asks for a migration. A new variant gets a sample here:
//! `assert_sampled` does not compile without its name.
//!
//! Here stands what comes and goes: inputs, effects, timers. Samples of inputs are in `inputs`. What the desk
//! keeps of its work is in `records`.

mod inputs;
mod records;

use std::fmt::Debug;

use ruma::{owned_event_id, owned_room_id};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use self::inputs::{acts, answers, evidence, inputs, look_for_file, message_kinds};
use super::agent::{Readiness, WorkChannel};
use super::call::Side;
use super::channel::{Channel, State};
use super::effect::{
    Amend, ClearRoom, CloseConsole, DeleteMedia, Dial, Effect, Erase, FetchMedia, GhostMedia, GhostReact,
    GhostText, HangUp, HoldCall, Invite, Join, LeaveForeign, LeaveRoom, LookAtCall, LookAtRoom,
    LookUpPresence, LookWhetherOnline, MeetAgent, Notify, OfferConsole, OpenConsole, OpenRoom, OpenSpace,
    Place, PublishContact, PublishRights, PublishState, PublishTopic, React, ReadText, ReconcilePart, Remove,
    Role, Route, SendReply, TakeAway, Taps,
};
use super::ids::{AgentId, ErasureId, GhostName, InteractionId, QueueName, TokenId};
use super::input::{Evidence, Input, MediaPart, Membership, MessageKind, RoomAct, RoomEvent};
use super::interaction::Mode;
use super::notice::{HeldBack, Says};
use super::original::Original;
use super::picture::Picture;
use super::queue::{NumberSettings, QueueSettings, Target};
use super::reply::Answer;
use super::samples::{NOW, agent, agent_ref, assert_sampled, interaction, queued, user};
use super::talk::Wanted;
use super::timer::Due;

/// The values as JSON, after seeing that each of them reads back as it was.
fn stored<T: Serialize + DeserializeOwned + PartialEq + Debug>(values: &[T]) -> serde_json::Value {
    for value in values {
        let text = serde_json::to_string(value).unwrap();
        assert_eq!(&serde_json::from_str::<T>(&text).unwrap(), value, "{text}");
    }
    serde_json::to_value(values).unwrap()
}

fn id() -> InteractionId {
    InteractionId::new("i-7f3k2")
}

fn job() -> ErasureId {
    ErasureId::new("e-7f3k2")
}

fn queue() -> QueueName {
    QueueName::new("support")
}

fn media() -> MediaPart {
    MediaPart { url: "https://sms.test/1".to_owned(), content_type: "image/jpeg".to_owned(), number: None }
}

fn roles() -> Vec<Role> {
    vec![
        Role::Offer { interaction: id(), number: 2, agent: AgentId::new("alice") },
        Role::Ring { interaction: id(), number: 2, agent: AgentId::new("alice") },
        Role::Overdue { interaction: id(), since: NOW, agent: AgentId::new("sue") },
        Role::Courtesy { interaction: id(), agent: AgentId::new("alice") },
        Role::Tapback { interaction: id(), of: owned_event_id!("$said") },
        Role::Held { interaction: InteractionId::new("i-7f3k2"), event: owned_event_id!("$held") },
        Role::DeskText {
            interaction: id(),
            text: "We will be with you soon.".to_owned(),
            confirms_until: None,
        },
        Role::TalkOver { interaction: id() },
        Role::Token { token: TokenId::new("7f3k2m9qax") },
        Role::List {
            list: "00f1e2d3c4b5a697".to_owned(),
            of: Some(AgentId::new("alice")),
            asks: false,
            taps: None,
        },
        Role::List { list: "00f1e2d3c4b5a697".to_owned(), of: None, asks: false, taps: None },
        Role::List {
            list: "00f1e2d3c4b5a697".to_owned(),
            of: Some(AgentId::new("alice")),
            asks: true,
            taps: None,
        },
        Role::List {
            list: "00f1e2d3c4b5a697".to_owned(),
            of: Some(AgentId::new("alice")),
            asks: false,
            taps: Some(Taps { at: Place::Session(id()), rows: 5 }),
        },
        Role::Menu { at: Place::Console(AgentId::new("alice")), lines: vec!["ready".to_owned()] },
        Role::Blank {
            interaction: id(),
            agent: AgentId::new("alice"),
            asking: "0123456789abcdef0123456789abcdef".to_owned(),
            blank: 1,
        },
        Role::Misspelt { interaction: InteractionId::new("i-7f3k2"), event: owned_event_id!("$said") },
        Role::Later {
            interaction: id(),
            event: Some(owned_event_id!("$later")),
            at: Place::Session(InteractionId::new("i-7f3k2")),
        },
        Role::Later { interaction: id(), event: None, at: Place::Console(AgentId::new("alice")) },
        Role::Callback { event: owned_event_id!("$callback"), at: Place::Session(id()) },
        Role::Failed { reply: "0123456789abcdef0123456789abcdef".to_owned() },
        Role::Attachment { picture: picture().key() },
        Role::Hand { interaction: id(), number: 1, agent: AgentId::new("sue") },
    ]
}

fn picture() -> Picture {
    let (interaction, part) = (id(), media());
    Picture {
        interaction,
        part,
        number: 1,
        mention: Some(user("alice")),
        sent_at: NOW,
        beside: String::new(),
        wait_until: NOW,
    }
}

fn original() -> Original {
    Original {
        url: Some("mxc://desk.test/abc".into()),
        file: "image-1.jpg".to_owned(),
        mime: "image/jpeg".to_owned(),
        bytes: 4_711,
    }
}

fn dues() -> Vec<Due> {
    vec![
        Due::OfferExpires { interaction: id(), number: 2 },
        Due::OfferRings { interaction: id(), number: 2, rings_at: NOW },
        Due::ReplyWait { interaction: id(), since: NOW, taken: 1, at: NOW },
        Due::Overflow { interaction: id(), at: NOW },
        Due::Quiet { interaction: id(), expires_at: NOW },
        Due::PageOver { interaction: id(), over_at: NOW },
        Due::SnoozeOver { interaction: id(), until: NOW },
        Due::CallLook { call: id(), tries: 1 },
        Due::Callback { event: owned_event_id!("$callback"), at: NOW },
        Due::Later { event: owned_event_id!("$later"), at: NOW },
        Due::OwnerAway { interaction: id() },
        Due::TokenShown { token: TokenId::new("7f3k2m9qax"), agent: AgentId::new("sue") },
        Due::RouteAgain { queue: queue() },
        Due::LeaveRoom { interaction: id() },
        Due::ReactedEarly {
            event: Box::new(RoomEvent {
                event_id: owned_event_id!("$event"),
                room_id: owned_room_id!("!r:desk.test"),
                sender: user("alice"),
                at: NOW,
                what: RoomAct::Reaction { of: owned_event_id!("$of"), key: "✅".to_owned() },
            }),
        },
        Due::PicturesLate { interaction: id() },
        Due::Flood { interaction: id() },
        Due::Unreadable,
        Due::DeadLetters,
        Due::Retry { input: r#"{"input":"erase_talks"}"#.to_owned() },
        Due::RoomDoubted { room: owned_room_id!("!r:desk.test") },
        Due::LeftInDoubt {
            event: Box::new(RoomEvent {
                event_id: owned_event_id!("$event"),
                room_id: owned_room_id!("!r:desk.test"),
                sender: user("alice"),
                at: NOW,
                what: RoomAct::Member {
                    user: user("alice"),
                    membership: Membership::Leave,
                    before: Some(Membership::Join),
                    reason: None,
                    is_direct: false,
                },
            }),
        },
        Due::RoomsLost,
        Due::Forget { erasure: ErasureId::new("e-7f3k2") },
        Due::ReconcilePart { part: "0123456789abcdef0123456789abcdef-0".to_owned(), tries: 1 },
        Due::NotReadyTooLong { agent: AgentId::new("alice"), since: NOW },
        Due::Then { reply: "0123456789abcdef0123456789abcdef".to_owned() },
    ]
}

fn effects() -> Vec<Effect> {
    let console = Place::Console(AgentId::new("alice"));
    let session = Place::Session(id());
    let event = owned_event_id!("$event");
    let notice = Says::held_back(HeldBack::Late, &user("alice")).about(&id());
    vec![
        Effect::OpenRoom(OpenRoom { interaction: id() }),
        Effect::OpenConsole(OpenConsole { agent: AgentId::new("alice"), alias: "switchroom_1".to_owned() }),
        Effect::OpenSpace(OpenSpace { agent: AgentId::new("alice"), alias: "switchroom_2".to_owned() }),
        Effect::OfferConsole(OfferConsole { agent: AgentId::new("alice") }),
        Effect::MeetAgent(MeetAgent {
            agent: Box::new(agent("bob", Readiness::default())),
            by: AgentId::new("alice"),
        }),
        Effect::CloseConsole(CloseConsole { agent: AgentId::new("bob"), user: user("bob") }),
        Effect::GhostText(GhostText {
            interaction: id(),
            body: "hi".to_owned(),
            mention: Some(user("alice")),
            written_at: Some(NOW),
        }),
        Effect::GhostReact(GhostReact {
            interaction: id(),
            event: owned_event_id!("$said"),
            key: "👍".to_owned(),
        }),
        Effect::FetchMedia(FetchMedia { picture: picture() }),
        Effect::DeleteMedia(DeleteMedia { uri: "mxc://desk.test/abc".into() }),
        Effect::GhostMedia(GhostMedia {
            picture: picture(),
            content: Some(json!({ "msgtype": "m.image" })),
            written_at: Some(NOW),
        }),
        Effect::Notify(Notify {
            to: session.clone(),
            notice: notice.clone(),
            reply_to: Some(event.clone()),
            role: Some(roles().remove(5)),
        }),
        Effect::Amend(Amend { to: console.clone(), role: roles().remove(0), notice }),
        Effect::TakeAway(TakeAway { to: console.clone(), role: roles().remove(1) }),
        Effect::React(React { to: console, event, key: "✅".to_owned() }),
        Effect::Invite(Invite { interaction: id(), user: user("alice") }),
        Effect::Join(Join { interaction: id(), user: user("alice") }),
        Effect::Remove(Remove { interaction: id(), user: user("alice"), reason: "done".to_owned() }),
        Effect::PublishState(PublishState { interaction: id() }),
        Effect::PublishTopic(PublishTopic { interaction: id() }),
        Effect::PublishRights(PublishRights { interaction: id() }),
        Effect::LookUpPresence(LookUpPresence { wanted: wanted() }),
        Effect::LookForFile(look_for_file()),
        Effect::LookWhetherOnline(LookWhetherOnline { user: user("alice") }),
        Effect::ReadText(ReadText {
            interaction: id(),
            event: owned_event_id!("$said"),
            to: session.clone(),
            asked: owned_event_id!("$asked"),
        }),
        Effect::PublishContact(PublishContact { interaction: id() }),
        Effect::LeaveRoom(LeaveRoom { interaction: id() }),
        Effect::LeaveForeign(LeaveForeign {
            room: owned_room_id!("!r:desk.test"),
            reason: "not allowed".to_owned(),
            ghost: None,
        }),
        Effect::LookAtRoom(LookAtRoom { place: Place::Talk(id()), room: owned_room_id!("!r:desk.test") }),
        Effect::ClearRoom(ClearRoom {
            room: owned_room_id!("!r:desk.test"),
            ghost: Some(GhostName::new("k3v9a7q2xz")),
        }),
        Effect::SendReply(SendReply {
            interaction: id(),
            reply: "0123456789abcdef0123456789abcdef".to_owned(),
        }),
        Effect::ReconcilePart(ReconcilePart {
            part: "0123456789abcdef0123456789abcdef-0".to_owned(),
            tries: 1,
        }),
        Effect::Dial(Dial { call: id(), side: Side::Agent }),
        Effect::HoldCall(HoldCall { call: id(), on: true }),
        Effect::HangUp(HangUp { sid: "CA0123".to_owned() }),
        Effect::LookAtCall(LookAtCall { call: id(), tries: 1 }),
        Effect::Route(Route { queue: queue() }),
        Effect::Erase(Erase { job: job() }),
    ]
}

fn wanted() -> Box<Wanted> {
    Box::new(Wanted {
        initiator: agent_ref("alice"),
        invitee: agent_ref("bob"),
        about: Some(interaction(queued()).contact),
        text: "Are you free?".to_owned(),
        again: Some(id()),
        place: Place::Talk(id()),
        typed: owned_event_id!("$typed"),
    })
}

fn settings() -> (QueueSettings, NumberSettings) {
    let case = vec![("brand".to_owned(), "Acme".to_owned())];
    let number = NumberSettings {
        mode: Mode::Session,
        mms_mode: Mode::Page,
        case: case.clone(),
        stop_words: vec!["BASTA".to_owned()],
        ..NumberSettings::new(Target::Queue(queue()))
    };
    (QueueSettings { case, ..QueueSettings::default() }, number)
}

#[test]
fn everything_that_comes_and_goes_has_a_sample() {
    assert_sampled!(effects(), Effect:
        OpenRoom OpenConsole OpenSpace OfferConsole MeetAgent CloseConsole GhostText FetchMedia GhostMedia Notify
        Amend React Invite Join Remove PublishState PublishContact PublishTopic LeaveRoom PublishRights
        LeaveForeign LookAtRoom ClearRoom SendReply ReconcilePart Dial HoldCall HangUp LookAtCall LookUpPresence LookWhetherOnline ReadText
        Route
        DeleteMedia Erase LookForFile TakeAway GhostReact
    );
    assert_sampled!(roles(), Role:
        Offer Ring Overdue Hand Courtesy Tapback Held Later Callback Misspelt DeskText TalkOver List Menu Blank Failed Attachment Token
    );
    assert_sampled!(dues(), Due:
        OfferExpires OfferRings ReplyWait Overflow Quiet PageOver SnoozeOver CallLook Callback Later OwnerAway RouteAgain LeaveRoom ReactedEarly
        PicturesLate Unreadable DeadLetters Retry RoomDoubted LeftInDoubt RoomsLost ReconcilePart Flood Forget NotReadyTooLong Then TokenShown
    );
    assert_sampled!(inputs(), Input:
        Text Reported Call Room Due Delivered Postponed Begun Undeliverable RoomLost AliasTaken GhostLost
        RoomRefused ReplyDue SpellingChecked ReplyTargetResolved FileRead FileReady Answered PartLookupDone PeerPresenceFound Route Presences
        Channel CatchingUp EraseOld IndexLines ResumeErasures Setup Person EraseContact
        Program AtShell
    );
    assert_sampled!(acts(), RoomAct:
        Message Edit Redaction Reaction Member Marker Upgraded Unsupported
    );
    assert_sampled!(message_kinds(), MessageKind: Text Emote Notice Media EncryptedFile Location Other);
    assert_sampled!(evidence(), Evidence:
        Nothing Room Said Noticed TakenAway Met Looked Read MediaHad MediaLost MediaGone Erased
    );
    assert_sampled!(answers(), Answer: Accepted NotProcessed Rejected Unknown);
}

#[test]
fn all_there_are_is_all_there_are() {
    assert_sampled!(Channel::ALL, Channel: Matrix Sms Database);
    assert_sampled!(WorkChannel::ALL, WorkChannel: Sms Im);
}

#[test]
fn effects_are_stored_like_this() {
    insta::assert_json_snapshot!(stored(&effects()));
}

#[test]
fn effects_run_in_these_lanes_and_merge_by_these_keys() {
    let lanes: Vec<_> = effects()
        .iter()
        .map(|effect| {
            let name = serde_json::to_value(effect).unwrap()["do"].as_str().unwrap().to_owned();
            (name, effect.lane(), effect.merge_key())
        })
        .collect();
    insta::assert_json_snapshot!(lanes);
}

#[test]
fn roles_are_stored_like_this() {
    insta::assert_json_snapshot!(stored(&roles()));
}

#[test]
fn timers_are_stored_like_this() {
    insta::assert_json_snapshot!(stored(&dues()));
}

#[test]
fn inputs_are_set_aside_like_this() {
    insta::assert_json_snapshot!(stored(&inputs()));
}

#[test]
fn channels_are_stored_like_this() {
    let (name, by) = ("SMS (Twilio)".to_owned(), "machine/127.0.0.1:29300".to_owned());
    let state = State { name, is_up: false, since: NOW, by, at: NOW };
    insta::assert_json_snapshot!(stored(&[state]));
}

#[test]
fn acts_in_a_room_are_set_aside_like_this() {
    let edit = |kind| RoomAct::Edit {
        of: owned_event_id!("$of"),
        kind,
        body: String::new(),
        pills: vec![],
        formatted: None,
    };
    insta::assert_json_snapshot!(stored(
        &acts().into_iter().chain(message_kinds().into_iter().skip(2).map(edit)).collect::<Vec<_>>()
    ));
}

#[test]
fn evidence_is_set_aside_like_this() {
    insta::assert_json_snapshot!(stored(&evidence()));
}

#[test]
fn answers_of_the_provider_are_set_aside_like_this() {
    insta::assert_json_snapshot!(stored(&answers()));
}
