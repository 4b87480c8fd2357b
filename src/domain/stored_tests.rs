//! The JSON of everything that is stored or sent, one snapshot for each type: rows written by one version are
//! read by the next, so a snapshot that changes asks for a migration. A new variant gets a sample here:
//! `assert_sampled` does not compile without its name.
//!
//! Here stands what comes and goes: inputs, effects, timers. What the desk keeps of its work is in `records`.

mod records;

use std::fmt::Debug;

use ruma::{owned_event_id, owned_room_id};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::address::Address;
use super::agent::{Online, Readiness, WorkChannel};
use super::channel::{Channel, Finds, Seen, State};
use super::effect::{
    Amend, ClearRoom, CloseConsole, DeleteMedia, Effect, Erase, Erased, FetchMedia, GhostMedia, GhostText,
    Invite, Join, LeaveForeign, LeaveRoom, LookAtRoom, LookUpPresence, LookWhetherOnline, MediaGone,
    MediaHad, MediaLost, MeetAgent, Met, Noticed, Notify, OfferConsole, OpenConsole, OpenRoom, Place,
    PublishContact, PublishRights, PublishState, PublishTopic, React, ReconcilePart, Remove, Role, RoomMade,
    Route, Said, SendReply, Then,
};
use super::erasure::{Counts, Left, LeftReason, LeftWhat, Step};
use super::ids::{AgentId, ContactId, ErasureId, GhostName, InteractionId, QueueName};
use super::input::{
    Author, Claim, ContactText, Evidence, Input, Loss, MediaPart, Membership, MessageKind, OptOut, Report,
    RoomAct, RoomEvent, Setup,
};
use super::interaction::{Disposition, Mode};
use super::lane::Lane;
use super::notice::{HeldBack, NotShown, Says};
use super::person::Person;
use super::picture::Picture;
use super::queue::{NumberSettings, QueueSettings, Target};
use super::reply::{Answer, PartState};
use super::retention::Old;
use super::samples::{NOW, agent, agent_ref, assert_sampled, interaction, queued, user};
use super::settings::DeskSettings;
use super::spelling::check::Found;
use super::talk::{Predefined, Presence, Wanted};
use super::text::fill::Response;
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
        Role::Held { interaction: InteractionId::new("i-7f3k2"), event: owned_event_id!("$held") },
        Role::DeskText {
            interaction: id(),
            text: "We will be with you soon.".to_owned(),
            confirms_until: None,
        },
        Role::TalkOver { interaction: id() },
        Role::List { list: "00f1e2d3c4b5a697".to_owned(), of: Some(AgentId::new("alice")), asks: false },
        Role::List { list: "00f1e2d3c4b5a697".to_owned(), of: None, asks: false },
        Role::List { list: "00f1e2d3c4b5a697".to_owned(), of: Some(AgentId::new("alice")), asks: true },
        Role::Menu { at: Place::Console(AgentId::new("alice")), lines: vec!["ready".to_owned()] },
        Role::Misspelt { interaction: InteractionId::new("i-7f3k2"), event: owned_event_id!("$said") },
        Role::Failed { reply: "0123456789abcdef0123456789abcdef".to_owned() },
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

fn dues() -> Vec<Due> {
    vec![
        Due::OfferExpires { interaction: id(), number: 2 },
        Due::Quiet { interaction: id(), expires_at: NOW },
        Due::PageOver { interaction: id(), over_at: NOW },
        Due::SnoozeOver { interaction: id(), until: NOW },
        Due::OwnerAway { interaction: id() },
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
    ]
}

fn effects() -> Vec<Effect> {
    let console = Place::Console(AgentId::new("alice"));
    let session = Place::Session(id());
    let event = owned_event_id!("$event");
    let notice = Says::MessageHeldBack { why: HeldBack::Late, writer: user("alice"), of: None }.about(&id());
    vec![
        Effect::OpenRoom(OpenRoom { interaction: id() }),
        Effect::OpenConsole(OpenConsole { agent: AgentId::new("alice"), alias: "switchroom_1".to_owned() }),
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
            role: Some(roles().remove(1)),
        }),
        Effect::Amend(Amend { to: console.clone(), role: roles().remove(0), notice }),
        Effect::React(React { to: console, event, key: "✅".to_owned() }),
        Effect::Invite(Invite { interaction: id(), user: user("alice") }),
        Effect::Join(Join { interaction: id(), user: user("alice") }),
        Effect::Remove(Remove { interaction: id(), user: user("alice"), reason: "done".to_owned() }),
        Effect::PublishState(PublishState { interaction: id() }),
        Effect::PublishTopic(PublishTopic { interaction: id() }),
        Effect::PublishRights(PublishRights { interaction: id() }),
        Effect::LookUpPresence(LookUpPresence { wanted: wanted() }),
        Effect::LookWhetherOnline(LookWhetherOnline { user: user("alice") }),
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

fn acts() -> Vec<RoomAct> {
    let of = owned_event_id!("$of");
    vec![
        RoomAct::Message {
            kind: MessageKind::Text,
            body: "hi".to_owned(),
            reply_to: Some(of.clone()),
            in_thread: true,
            pills: vec![("@bob:desk.test".to_owned(), "Bob".to_owned())],
            formatted: Some("<b>hi</b>".to_owned()),
        },
        RoomAct::Edit {
            of: of.clone(),
            kind: MessageKind::Emote,
            body: "waves".to_owned(),
            pills: vec![],
            formatted: None,
        },
        RoomAct::Redaction { of: of.clone() },
        RoomAct::Reaction { of, key: "👍".to_owned() },
        RoomAct::Member {
            user: user("alice"),
            membership: Membership::Join,
            before: Some(Membership::Invite),
            reason: Some("why".to_owned()),
            is_direct: true,
        },
        RoomAct::Marker { nonce: "0001".to_owned() },
        RoomAct::Upgraded,
        RoomAct::Unsupported { event_type: "m.sticker".to_owned(), in_thread: false },
    ]
}

fn message_kinds() -> Vec<MessageKind> {
    vec![
        MessageKind::Text,
        MessageKind::Emote,
        MessageKind::Notice,
        MessageKind::Media,
        MessageKind::Location { geo_uri: "geo:52.5,13.4".to_owned() },
        MessageKind::Other { msgtype: "m.key".to_owned() },
    ]
}

fn answers() -> Vec<Answer> {
    vec![
        Answer::Accepted {
            sid: "SM1".to_owned(),
            state: PartState::Failed { code: Some(30001) },
            why: Some("the queue is full".to_owned()),
        },
        Answer::Accepted { sid: "SM1".to_owned(), state: PartState::Accepted, why: None },
        Answer::NotProcessed,
        Answer::Rejected { code: Some(21211), why: "invalid".to_owned() },
        Answer::Unknown,
    ]
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

fn spelling_checked(claim: &Claim, reply: &str) -> Input {
    let found = Found::new("en-US", vec![("teh".to_owned(), vec!["the".to_owned()])]);
    Input::SpellingChecked {
        claim: claim.clone(),
        reply: reply.to_owned(),
        text: "teh end".to_owned(),
        found,
    }
}

fn inputs() -> Vec<Input> {
    let claim = Claim { lane: Lane::Room(id()), seq: 3, version: 2, epoch: 7 };
    let reply = "0123456789abcdef0123456789abcdef".to_owned();
    let part = format!("{reply}-0");
    let (queue_settings, number_settings) = settings();
    vec![
        Input::Text(ContactText {
            sid: "SM1".to_owned(),
            from: Address::sms("+14155550100"),
            to: Address::sms("+15005550006"),
            body: "hi".to_owned(),
            media: vec![media()],
            left_out: 2,
            origin: vec![("city".to_owned(), "SAN FRANCISCO".to_owned())],
            more: vec![("ButtonText".to_owned(), "Yes".to_owned())],
            opt_out: Some(OptOut::Stop),
            fetched_late: Some(NOW),
        }),
        Input::Reported(Report {
            part: part.clone(),
            sid: "SM2".to_owned(),
            state: PartState::Failed { code: Some(30003) },
            why: Some("it is switched off".to_owned()),
        }),
        Input::Room(RoomEvent {
            event_id: owned_event_id!("$event"),
            room_id: owned_room_id!("!r:desk.test"),
            sender: user("alice"),
            at: NOW,
            what: acts().remove(0),
        }),
        Input::Due { id: "1:due".to_owned(), due: dues().remove(0) },
        Input::Delivered { claim: claim.clone(), evidence: Evidence::Nothing },
        Input::Postponed { claim: claim.clone(), until: NOW, counts: true },
        Input::Begun { claim: claim.clone() },
        Input::Undeliverable { claim: claim.clone(), why: "M_FORBIDDEN".to_owned() },
        Input::RoomLost {
            claim: claim.clone(),
            place: Place::Session(id()),
            room: owned_room_id!("!r:desk.test"),
            how: Loss::Gone,
        },
        Input::AliasTaken { claim: claim.clone(), place: Place::Console(AgentId::new("alice")) },
        Input::GhostLost {
            claim: claim.clone(),
            number: Address::sms("+14155550100"),
            ghost: GhostName::new("k3v9a7q2xz"),
        },
        Input::RoomRefused { room: owned_room_id!("!r:desk.test") },
        Input::ReplyDue { claim: claim.clone(), reply: reply.clone() },
        spelling_checked(&claim, &reply),
        Input::ReplyTargetResolved { claim: claim.clone(), reply: reply.clone(), by: Author::Contact },
        Input::Answered { claim: claim.clone(), reply, part: 1, answer: answers().remove(0) },
        Input::PartLookupDone {
            claim: claim.clone(),
            part: part.clone(),
            tries: 2,
            found: Some(Report { part, sid: "SM2".to_owned(), state: PartState::Accepted, why: None }),
        },
        Input::PeerPresenceFound { claim: claim.clone(), wanted: wanted(), presence: Presence::There },
        Input::Route { claim, queue: queue() },
        Input::Presences { shown: vec![(user("alice"), Online::Idle)] },
        Input::Channel(Seen {
            channel: Channel::Sms,
            name: "SMS (Twilio)".to_owned(),
            by: "machine/127.0.0.1:29300".to_owned(),
            finds: Finds::Down { since: NOW },
        }),
        Input::CatchingUp { ours: Address::sms("+15005550006"), begun: NOW, read: 5_000 },
        Input::EraseOld { what: Old::Talks },
        Input::IndexLines,
        Input::ResumeErasures,
        Input::Setup(Setup {
            agents: vec![agent("alice", Readiness::default())],
            queues: vec![(queue(), queue_settings)],
            numbers: vec![(Address::sms("+15005550006"), number_settings)],
            routes: vec![],
            dispositions: vec![Disposition { code: "solved".to_owned(), label: "Solved".to_owned() }],
            responses: vec![Response { shortcut: "hello".to_owned(), text: "Hello.".to_owned() }],
            predefined: vec![Predefined { key: "busy".to_owned(), text: "Are you free?".to_owned() }],
            settings: DeskSettings::default().all().into_iter().take(1).collect(),
            brings_back: false,
        }),
        Input::Person(Box::new(Person {
            name: Some("Jane Doe".to_owned()),
            addresses: vec![Address::sms("+14155550100")],
            emails: vec!["jane@example.org".to_owned()],
            language: Some("en".to_owned()),
            notes: Some("Rings twice.".to_owned()),
            attributes: vec![("order".to_owned(), "4711".to_owned())],
        })),
        Input::EraseContact { contact: ContactId::new("c-7f3k2a9q") },
        Input::AtShell {
            what: "import contacts".to_owned(),
            subject: String::new(),
            detail: "people.csv: 3 rows".to_owned(),
        },
    ]
}

#[test]
fn everything_that_comes_and_goes_has_a_sample() {
    assert_sampled!(effects(), Effect:
        OpenRoom OpenConsole OfferConsole MeetAgent CloseConsole GhostText FetchMedia GhostMedia Notify
        Amend React Invite Join Remove PublishState PublishContact PublishTopic LeaveRoom PublishRights
        LeaveForeign LookAtRoom ClearRoom SendReply ReconcilePart LookUpPresence LookWhetherOnline Route
        DeleteMedia Erase
    );
    assert_sampled!(roles(), Role: Offer Held Misspelt DeskText TalkOver List Menu Failed);
    assert_sampled!(dues(), Due:
        OfferExpires Quiet PageOver SnoozeOver OwnerAway RouteAgain LeaveRoom ReactedEarly PicturesLate
        Unreadable DeadLetters Retry RoomDoubted LeftInDoubt RoomsLost ReconcilePart Flood Forget
    );
    assert_sampled!(inputs(), Input:
        Text Reported Room Due Delivered Postponed Begun Undeliverable RoomLost AliasTaken GhostLost
        RoomRefused ReplyDue SpellingChecked ReplyTargetResolved Answered PartLookupDone PeerPresenceFound Route Presences
        Channel CatchingUp EraseOld IndexLines ResumeErasures Setup Person EraseContact
        AtShell
    );
    assert_sampled!(acts(), RoomAct:
        Message Edit Redaction Reaction Member Marker Upgraded Unsupported
    );
    assert_sampled!(message_kinds(), MessageKind: Text Emote Notice Media Location Other);
    assert_sampled!(evidence(), Evidence: Nothing Room Said Noticed Met MediaHad MediaLost MediaGone Erased);
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

fn evidence() -> Vec<Evidence> {
    let event = owned_event_id!("$event");
    vec![
        Evidence::Nothing,
        Evidence::Room(RoomMade { room: owned_room_id!("!r:desk.test"), ghost: Some("Jane".to_owned()) }),
        Evidence::Said(Said { event: event.clone() }),
        Evidence::Noticed(Noticed { event, role: Some(roles().remove(0)) }),
        Evidence::Met(Met {
            agent: Box::new(agent("bob", Readiness::default())),
            by: AgentId::new("alice"),
            is_known: true,
        }),
        Evidence::MediaHad(MediaHad {
            picture: Box::new(picture()),
            content: json!({ "msgtype": "m.image" }),
        }),
        Evidence::MediaLost(MediaLost { picture: Box::new(picture()), why: NotShown::Empty }),
        Evidence::Erased(Box::new(Erased {
            counts: Counts { events: 2, ..Counts::default() },
            left: vec![Left {
                what: LeftWhat::File,
                reason: LeftReason::NotAdmin,
                at: "mxc://desk.test/a".to_owned(),
                count: 0,
            }],
            seen: vec!["$event".to_owned()],
            files: vec!["mxc://desk.test/b".into()],
            ..Erased::nothing(
                &job(),
                3,
                Then::Later {
                    step: Step::Mentions {
                        room: owned_room_id!("!r:desk.test"),
                        from: Some("t1".to_owned()),
                        round: 1,
                    },
                    after_secs: 300,
                },
            )
        })),
        Evidence::Erased(Box::new(Erased::nothing(&job(), 3, Then::Done))),
        Evidence::MediaGone(MediaGone { uri: "mxc://desk.test/abc".into() }),
    ]
}

#[test]
fn evidence_is_set_aside_like_this() {
    insta::assert_json_snapshot!(stored(&evidence()));
}

#[test]
fn answers_of_the_provider_are_set_aside_like_this() {
    insta::assert_json_snapshot!(stored(&answers()));
}
