//! A sample of everything that comes to the desk, and of what comes with it.

use bytes::Bytes;
use ruma::{owned_event_id, owned_room_id};
use serde_json::json;

use super::super::address::Address;
use super::super::agent::{Online, Readiness};
use super::super::call::{CallAnswer, CallReport, HoldAnswer, Progress, Side};
use super::super::channel::{Channel, Finds, Seen};
use super::super::effect::{
    Erased, FoundFile, LookForFile, Looked, MediaGone, MediaHad, MediaLost, Met, Noticed, Place, RoomMade,
    Said, TakenAway, TextRead, Then,
};
use super::super::erasure::{Counts, Left, LeftReason, LeftWhat, Step};
use super::super::ids::{AgentId, ContactId, GhostName, TokenId};
use super::super::input::{
    Author, CallInput, Claim, ContactText, Evidence, Input, Loss, Made, Membership, MessageKind, OptOut,
    ProgramText, Report, RoomAct, RoomEvent, Setup, Unsaid,
};
use super::super::interaction::Disposition;
use super::super::lane::Lane;
use super::super::not_ready::Reason;
use super::super::notice::{HeldBack, NotShown};
use super::super::original::Original;
use super::super::person::Person;
use super::super::program::Asked;
use super::super::reply::{Answer, PartState};
use super::super::response::{Response, ResponseFile};
use super::super::retention::Old;
use super::super::samples::{NOW, agent, user};
use super::super::sent_file::SentFile;
use super::super::settings::DeskSettings;
use super::super::spelling::check::Found;
use super::super::talk::{Predefined, Presence};
use super::super::text::vcard::{self, Cards};
use super::{dues, id, job, media, original, picture, queue, roles, settings, wanted};

pub(super) fn acts() -> Vec<RoomAct> {
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

pub(super) fn sent_file() -> SentFile {
    SentFile { uri: "mxc://desk.test/abc".into(), mime: "image/jpeg".to_owned(), name: String::new() }
}

pub(super) fn look_for_file() -> LookForFile {
    LookForFile {
        place: Place::Console(AgentId::new("alice")),
        room: owned_room_id!("!r:desk.test"),
        of: owned_event_id!("$file"),
        by: AgentId::new("alice"),
        typed: owned_event_id!("$typed"),
        line: "response set price media".to_owned(),
        asked: true,
    }
}

fn looked(found: FoundFile) -> Looked {
    Looked { look: look_for_file(), found }
}

pub(super) fn message_kinds() -> Vec<MessageKind> {
    vec![
        MessageKind::Text,
        MessageKind::Emote,
        MessageKind::Notice,
        MessageKind::Media { file: None },
        MessageKind::EncryptedFile,
        MessageKind::Media { file: Some(sent_file()) },
        MessageKind::Location { geo_uri: "geo:52.5,13.4".to_owned() },
        MessageKind::Other { msgtype: "m.key".to_owned() },
    ]
}

pub(super) fn answers() -> Vec<Answer> {
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

/// What becomes of a file that goes to a phone.
fn files_ready(claim: &Claim, reply: &str) -> [Input; 3] {
    [
        Input::FileRead {
            claim: claim.clone(),
            reply: reply.to_owned(),
            event: owned_event_id!("$event"),
            file: sent_file(),
            is_over: true,
        },
        Input::FileReady {
            claim: claim.clone(),
            reply: reply.to_owned(),
            event: owned_event_id!("$event"),
            file: sent_file(),
            made: Made::File {
                mime: "image/jpeg".to_owned(),
                extension: "jpg".to_owned(),
                as_link: true,
                // The file itself is not kept.
                bytes: Bytes::new(),
            },
        },
        Input::FileReady {
            claim: claim.clone(),
            reply: reply.to_owned(),
            event: owned_event_id!("$event"),
            file: sent_file(),
            made: Made::Nothing { why: HeldBack::MediaTooLarge },
        },
    ]
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

/// Everything that can happen to a call.
fn calls(claim: &Claim) -> impl Iterator<Item = Input> {
    let (claim, call) = (claim.clone(), id());
    let sid = || "CA0123".to_owned();
    let report = CallReport {
        call: call.clone(),
        side: Side::Contact,
        sid: sid(),
        progress: Progress::Completed,
        secs: Some(192),
    };
    let answers = [
        CallAnswer::Accepted { sid: sid() },
        CallAnswer::NotProcessed,
        CallAnswer::Refused { why: "no such number".to_owned() },
        CallAnswer::Unknown,
    ];
    let answered =
        |said| CallInput::Answered { claim: claim.clone(), call: call.clone(), side: Side::Agent, said };
    let mut all: Vec<CallInput> = answers.map(answered).into();
    let holds = [
        HoldAnswer::Done,
        HoldAnswer::NotYet,
        HoldAnswer::Refused { why: "not possible".to_owned() },
        HoldAnswer::NotAsked,
    ];
    all.extend(holds.map(|said| CallInput::Held {
        claim: claim.clone(),
        call: call.clone(),
        on: true,
        said,
    }));
    all.extend([
        CallInput::Turn { claim: claim.clone(), call: call.clone(), side: Side::Agent },
        CallInput::Reported(report.clone()),
        CallInput::LookedAt { claim, call, tries: 1, found: vec![report], gone: vec![Side::Contact] },
    ]);
    all.into_iter().map(Input::Call)
}

pub(super) fn inputs() -> Vec<Input> {
    let claim = Claim { lane: Lane::Room(id()), seq: 3, version: 2, epoch: 7 };
    let reply = "0123456789abcdef0123456789abcdef".to_owned();
    let part = format!("{reply}-0");
    let mut inputs = files_ready(&claim, &reply).to_vec();
    inputs.extend(calls(&claim));
    inputs.extend([
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
        Input::ReplyDue { claim: claim.clone(), reply: reply.clone(), is_next: false },
        Input::ReplyDue { claim: claim.clone(), reply: reply.clone(), is_next: true },
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
        Input::Setup(setup()),
        Input::Person(Box::new(Person {
            name: Some("Jane Doe".to_owned()),
            addresses: vec![Address::sms("+14155550100")],
            emails: vec!["jane@example.org".to_owned()],
            language: Some("en".to_owned()),
            notes: Some("Rings twice.".to_owned()),
            attributes: vec![("order".to_owned(), "4711".to_owned())],
        })),
        Input::EraseContact { contact: ContactId::new("c-7f3k2a9q"), keep_names: true },
        program(),
        Input::AtShell {
            what: "import contacts".to_owned(),
            subject: String::new(),
            detail: "people.csv: 3 rows".to_owned(),
        },
    ]);
    inputs
}

/// A program wants a contact to be texted.
fn program() -> Input {
    Input::Program(Box::new(ProgramText {
        token: TokenId::new("7f3k2m9qax"),
        key: "0f".repeat(32),
        request: "f0".repeat(32),
        asked: Asked {
            to: "+14155550100".to_owned(),
            from: Some("+15005550006".to_owned()),
            text: Some("Your order is here.".to_owned()),
            response: Some("ready".to_owned()),
            variables: vec![("order".to_owned(), "4711".to_owned())],
            queue: Some("support".to_owned()),
            agent: Some("alice".to_owned()),
            case: vec![("order".to_owned(), "4711".to_owned())],
        },
    }))
}

fn setup() -> Setup {
    let (queue_settings, number_settings) = settings();
    Setup {
        agents: vec![agent("alice", Readiness::default())],
        queues: vec![(queue(), queue_settings)],
        numbers: vec![(Address::sms("+15005550006"), number_settings)],
        routes: vec![],
        dispositions: vec![Disposition { code: "solved".to_owned(), label: "Solved".to_owned() }],
        reasons: vec![Reason {
            label: "Lunch".to_owned(),
            max_secs: Some(2_700),
            ..Reason::new("lunch".to_owned())
        }],
        responses: vec![Response::new("hello".to_owned(), "Hello.".to_owned())],
        predefined: vec![Predefined { key: "busy".to_owned(), text: "Are you free?".to_owned() }],
        settings: DeskSettings::default().all().into_iter().take(1).collect(),
        unsaid: Unsaid {
            queues: vec![(queue(), vec!["hours".to_owned()])],
            numbers: vec![(Address::sms("+15005550006"), vec!["mode".to_owned()])],
            agents: vec![(AgentId::new("alice"), vec!["permissions".to_owned()])],
            routes: vec!["main".to_owned()],
            dispositions: vec!["solved".to_owned()],
            reasons: vec![("lunch".to_owned(), vec!["max_secs".to_owned()])],
        },
        brings_back: false,
    }
}

pub(super) fn evidence() -> Vec<Evidence> {
    let event = owned_event_id!("$event");
    vec![
        Evidence::Nothing,
        Evidence::Room(RoomMade { room: owned_room_id!("!r:desk.test"), ghost: Some("Jane".to_owned()) }),
        Evidence::Said(Said { event: event.clone(), picture: None }),
        Evidence::Said(Said { event: event.clone(), picture: Some(picture().key()) }),
        Evidence::TakenAway(TakenAway { event: event.clone() }),
        Evidence::Noticed(Noticed { event, role: Some(roles().remove(0)) }),
        Evidence::Met(Met {
            agent: Box::new(agent("bob", Readiness::default())),
            by: AgentId::new("alice"),
            is_known: true,
        }),
        Evidence::Read(TextRead {
            to: Place::Session(id()),
            asked: owned_event_id!("$asked"),
            text: Some("Hello".to_owned()),
        }),
        Evidence::MediaHad(MediaHad {
            picture: Box::new(picture()),
            content: json!({ "msgtype": "m.image" }),
            original: Some(Box::new(original())),
            cards: Cards::default(),
            is_unseen: false,
        }),
        Evidence::MediaHad(MediaHad {
            picture: Box::new(picture()),
            content: json!({ "msgtype": "m.file" }),
            original: None,
            cards: vcard::read(
                b"BEGIN:VCARD\nFN:Jane\nORG:ACME\nTEL;CELL:+14155550100\nEMAIL:j@doe.test\nEND:VCARD",
            ),
            is_unseen: true,
        }),
        Evidence::MediaLost(MediaLost { picture: Box::new(picture()), why: NotShown::Empty, original: None }),
        Evidence::MediaLost(MediaLost {
            picture: Box::new(picture()),
            why: NotShown::TookTooLong,
            original: Some(Box::new(Original { url: None, ..original() })),
        }),
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
        Evidence::Erased(Box::new(Erased {
            left: vec![Left {
                what: LeftWhat::Calls,
                reason: LeftReason::Refused,
                at: "CA0123456789abcdef0123456789abcdef".to_owned(),
                count: 0,
            }],
            ..Erased::nothing(
                &job(),
                4,
                Then::Later { step: Step::Call { sid: "CA01".to_owned(), round: 1 }, after_secs: 300 },
            )
        })),
        Evidence::Erased(Box::new(Erased::nothing(&job(), 3, Then::Done))),
        Evidence::Looked(Box::new(looked(FoundFile::File {
            file: ResponseFile::at("mxc://desk.test/abc").unwrap().called("a b.pdf"),
        }))),
        Evidence::Looked(Box::new(looked(FoundFile::Encrypted))),
        Evidence::Looked(Box::new(looked(FoundFile::NotTheirs))),
        Evidence::Looked(Box::new(looked(FoundFile::Nothing))),
        Evidence::MediaGone(MediaGone { uri: "mxc://desk.test/abc".into() }),
    ]
}
