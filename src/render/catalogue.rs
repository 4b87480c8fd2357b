//! The list of templates: each notice with its two files and a sample of everything it can say.
//!
//! A new variant of [`Says`] or [`HeldBack`] does not compile until it stands in this list, and the program does not start
//! until its files are there and render.

use matrix_sdk::ruma::{RoomId, UserId, owned_user_id};

use crate::clock::Millis;
use crate::domain::agent::AgentRef;
use crate::domain::ids::{AgentId, ContactId, InteractionId, Number, QueueName};
use crate::domain::interaction::{
    ContactRef, Disposition, DispositionRule, Interaction, Mode, Phase, Rules, Unanswered, Work,
};
use crate::domain::notice::{
    ActionItem, CaseCard, ContactCard, Courtesy, HeldBack, HelpLine, ListRow, Notice, OddLink, PastItem,
    PastLine, Preview, Question, Quoted, Says, TalkPreview,
};
use crate::domain::report::{AgentLine, QueueLine};
use crate::domain::talk::Kind;

/// The template of a room's topic.
pub const TOPIC: &str = "topic.txt";

/// What the templates of a notice are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Names {
    /// The notice's code.
    pub code: &'static str,
    /// The file of its plain body.
    pub plain: &'static str,
    /// The file of its formatted body.
    pub html: &'static str,
}

macro_rules! catalogue {
    ($($pattern:pat => $code:literal: $samples:expr;)+) => {
        const NAMES: &[Names] = &[$(catalogue!(@names $code)),+];

        /// What the templates of a notice are called.
        #[must_use]
        pub fn names(says: &Says) -> Names {
            match says {
                $($pattern => catalogue!(@names $code),)+
            }
        }

        fn sample_says() -> Vec<Says> {
            let mut all = Vec::new();
            $(all.extend($samples);)+
            all
        }
    };
    (@names $code:literal) => {
        Names { code: $code, plain: concat!($code, ".txt"), html: concat!($code, ".html") }
    };
}

macro_rules! every_reason {
    ($($reason:ident),+ $(,)?) => {
        /// Every reason to hold a message back.
        pub const HELD_BACK: &[HeldBack] = &[$(HeldBack::$reason),+];

        /// Does nothing but fail to compile where a reason is missing above.
        const _: fn(HeldBack) = |why| match why {
            $(HeldBack::$reason => (),)+
        };
    };
}

every_reason![
    NotOwner,
    NotActive,
    Held,
    Snoozed,
    Expired,
    WrapUp,
    OptedOut,
    Unanswerable,
    SlashCommand,
    NoShortcut,
    Unsupported,
    Late,
    AlreadySent,
    Reaction,
    EditedAway,
    EditIgnored,
    UnknownReply,
    TooLong,
    Empty,
];

catalogue! {
    Says::Offer(_) => "offer": [
        Says::Offer(Question::Session(preview())),
        Says::Offer(Question::Session(bare_preview())),
        Says::Offer(Question::Talk(talk_preview(Kind::Consult, "May she return it?"))),
        Says::Offer(Question::Talk(TalkPreview { contact: None, number: None, ..talk_preview(Kind::Im, "") })),
    ];
    Says::OfferAccepted { .. } => "offer_accepted": [
        Says::OfferAccepted { contact: jane(), room: room() },
        Says::OfferAccepted { contact: jane(), room: None },
    ];
    Says::OfferRejected { .. } => "offer_rejected": [Says::OfferRejected { contact: jane() }];
    Says::OfferTimedOut { .. } => "offer_timed_out": [Says::OfferTimedOut { contact: jane() }];
    Says::OfferWithdrawn { .. } => "offer_withdrawn": [
        Says::OfferWithdrawn { contact: jane(), why: "Bob Roe took it".into() },
    ];
    Says::Requeued { .. } => "requeued": [
        Says::Requeued { contact: jane(), why: "Bob Roe left the room".into() },
    ];
    Says::TransferRequested { .. } => "transfer_requested": [
        Says::TransferRequested { contact: jane(), to: "Bob Roe".into(), note: "She speaks French".into() },
        Says::TransferRequested { contact: jane(), to: "Bob Roe".into(), note: String::new() },
    ];
    Says::Transferred { .. } => "transferred": [
        Says::Transferred { contact: jane(), from: "Alice Doe".into(), to: "Bob Roe".into() },
    ];
    Says::TransferRejected { .. } => "transfer_rejected": [
        Says::TransferRejected { contact: jane(), by: "Bob Roe".into(), reason: "lunch".into() },
        Says::TransferRejected { contact: jane(), by: "Bob Roe".into(), reason: String::new() },
    ];
    Says::TransferTimedOut { .. } => "transfer_timed_out": [
        Says::TransferTimedOut { contact: jane(), by: "Bob Roe".into() },
    ];
    Says::TransferCancelled { .. } => "transfer_cancelled": [Says::TransferCancelled { contact: jane() }];
    Says::Assigned { .. } => "assigned": [
        Says::Assigned { contact: jane(), by: "Sue Visor".into(), room: room() },
        Says::Assigned { contact: jane(), by: "Sue Visor".into(), room: None },
    ];
    Says::Given { .. } => "given": [Says::Given { contact: jane(), to: "Bob Roe".into() }];
    Says::Refused { .. } => "refused": [Says::Refused { why: "a colleague is already being asked".into() }];
    Says::OwnerLost { .. } => "owner_lost": [Says::OwnerLost { contact: jane(), owner: "Alice Doe".into() }];
    Says::Note { .. } => "note": [Says::Note { by: "Alice Doe".into(), text: "She speaks French".into() }];
    Says::Joined { .. } => "joined": [
        Says::Joined { by: "Sue Visor".into(), barged: false },
        Says::Joined { by: "Sue Visor".into(), barged: true },
    ];
    Says::Left { .. } => "left": [Says::Left { by: "Sue Visor".into() }];
    Says::Whisper { .. } => "whisper": [
        Says::Whisper { contact: jane(), by: "Sue Visor".into(), text: "Offer her a refund".into() },
    ];
    Says::Report { .. } => "report": [
        Says::Report { first: NOW, last: NOW, queues: queue_lines(), agents: agent_lines() },
        Says::Report { first: NOW, last: NOW + std::time::Duration::from_hours(48), queues: vec![], agents: vec![] },
    ];
    Says::Changed { .. } => "changed": [
        Says::Changed { what: "queue support".into(), before: "offer_secs 60".into(), after: "offer_secs 30".into() },
    ];
    Says::Case(_) => "case": [Says::Case(case_card()), Says::Case(bare_case_card())];
    Says::Contact(_) => "contact": [Says::Contact(contact_card()), Says::Contact(bare_contact_card())];
    Says::History { .. } => "history": [
        Says::History { contact: jane(), items: past() },
        Says::History { contact: jane(), items: vec![] },
    ];
    Says::Transcript { .. } => "transcript": [
        Says::Transcript { contact: jane(), lines: past_lines(), page: 1, pages: 1 },
        Says::Transcript { contact: jane(), lines: past_lines(), page: 2, pages: 3 },
    ];
    Says::Held => "held": [Says::Held];
    Says::Snoozed { .. } => "snoozed": [Says::Snoozed { until: NOW }];
    Says::SnoozeOver => "snooze_over": [Says::SnoozeOver];
    Says::Expiring { .. } => "expiring": [Says::Expiring { secs: 300, expires_at: NOW }];
    Says::Expired { .. } => "expired": [Says::Expired { contact: jane() }];
    Says::DispositionRequired { .. } => "disposition_required": [
        Says::DispositionRequired { items: dispositions() },
        Says::DispositionRequired { items: vec![] },
    ];
    Says::Done { .. } => "done": [
        Says::Done { contact: jane(), by: "Alice Doe".into(), took_secs: 3900, disposition: None },
        Says::Done { contact: jane(), by: "Alice Doe".into(), took_secs: 65, disposition: Some("Solved".into()) },
    ];
    Says::TalkOpened { .. } => "talk_opened": [
        Says::TalkOpened {
            kind: Kind::Consult,
            by: "Alice Doe".into(),
            to: "Bob Roe".into(),
            contact: Some(jane()),
            number: Some(Number::new("+14155550100")),
            text: "May she return it?".into(),
        },
        Says::TalkOpened {
            kind: Kind::Im,
            by: "Alice Doe".into(),
            to: "Bob Roe".into(),
            contact: None,
            number: None,
            text: String::new(),
        },
    ];
    Says::ImAccepted { .. } => "im_accepted": [Says::ImAccepted { by: "Bob Roe".into() }];
    Says::ImRejected { .. } => "im_rejected": [
        Says::ImRejected { by: "Bob Roe".into(), reason: "lunch".into() },
        Says::ImRejected { by: "Bob Roe".into(), reason: String::new() },
    ];
    Says::ImTimedOut { .. } => "im_timed_out": [Says::ImTimedOut { by: "Bob Roe".into() }];
    Says::ImEnded { .. } => "im_ended": [
        Says::ImEnded { kind: Kind::Im, by: Some("Bob Roe".into()) },
        Says::ImEnded { kind: Kind::Consult, by: None },
    ];
    Says::ImUnavailable { .. } => "im_unavailable": [
        Says::ImUnavailable { who: "Bob Roe".into(), why: "they are not signed in; ask someone else".into() },
    ];
    Says::ConsultAccepted { .. } => "consult_accepted": [
        Says::ConsultAccepted {
            by: "Bob Roe".into(),
            contact: jane(),
            case: vec![("order".into(), "4711".into())],
        },
        Says::ConsultAccepted { by: "Bob Roe".into(), contact: jane(), case: vec![] },
    ];
    Says::ConsultRejected { .. } => "consult_rejected": [
        Says::ConsultRejected { by: "Bob Roe".into(), contact: jane(), reason: "lunch".into() },
        Says::ConsultRejected { by: "Bob Roe".into(), contact: jane(), reason: String::new() },
    ];
    Says::ConsultTimedOut { .. } => "consult_timed_out": [
        Says::ConsultTimedOut { by: "Bob Roe".into(), contact: jane() },
    ];
    Says::Resumed { .. } => "resumed": [Says::Resumed { contact: jane() }];
    Says::DispositionSet { .. } => "disposition_set": [Says::DispositionSet { label: "Solved".into() }];
    Says::Reopened { .. } => "reopened": [
        Says::Reopened { contact: jane(), room: room() },
        Says::Reopened { contact: jane(), room: None },
    ];
    Says::DoneRefused => "done_refused": [Says::DoneRefused];
    Says::MessageFailed { .. } => "message_failed": [
        Says::MessageFailed { error: None, meaning: "the number does not exist".into(), unsent: vec![], of: None },
        Says::MessageFailed {
            error: Some(30003),
            meaning: "the phone is off or out of reach".into(),
            unsent: vec!["Your parcel left on Monday.".into(), "Anything else?".into()],
            of: None,
        },
        Says::MessageFailed {
            error: None,
            meaning: "the number does not exist".into(),
            unsent: vec![],
            of: Some(quoted()),
        },
    ];
    Says::MessageUnconfirmed { .. } => "message_unconfirmed": [
        Says::MessageUnconfirmed { of: None },
        Says::MessageUnconfirmed { of: Some(quoted()) },
    ];
    Says::Resent { .. } => "resent": [Says::Resent { of: quoted() }];
    Says::ResendRefused { .. } => "resend_refused": [
        Says::ResendRefused { why: "that message did not fail".into() },
    ];
    Says::MessageHeldBack { .. } => "message_held_back":
        HELD_BACK.iter().map(|why| held_back(*why));
    Says::NotSent { .. } => "not_sent": [
        Says::NotSent {
            contact: jane(),
            texts: vec!["Your parcel left on Monday.".into(), "Anything else?".into()],
            why: "they had asked for no more messages, and you no longer write to them".into(),
        },
    ];
    Says::OptedOut { .. } => "opted_out": [Says::OptedOut { by: "they texted STOP".into() }];
    Says::OptedIn { .. } => "opted_in": [Says::OptedIn { by: "they texted START".into() }];
    Says::OptOutHint => "opt_out_hint": [Says::OptOutHint];
    Says::Unanswerable { .. } => "unanswerable": [Says::Unanswerable { sender: "ACME".into() }];
    Says::LinkWarning { .. } => "link_warning": [
        Says::LinkWarning { links: odd_links()[..1].to_vec() },
        Says::LinkWarning { links: odd_links() },
    ];
    Says::Actions { .. } => "actions": [Says::Actions { items: actions() }];
    Says::Late { .. } => "late": [Says::Late { written_at: NOW }];
    Says::DeskText { .. } => "desk_text": [
        Says::DeskText { because: Courtesy::Waiting, text: "We answer soon.".into() },
        Says::DeskText { because: Courtesy::Closed, text: "We are back at nine.".into() },
    ];
    Says::Usage { .. } => "usage": [
        Says::Usage { usage: "notready [reason]".into(), problem: "The quotes are not closed".into() },
    ];
    Says::UnknownCommand { .. } => "unknown_command": [
        Says::UnknownCommand { typed: "!dnoe".into(), nearest: Some("done".into()) },
        Says::UnknownCommand { typed: "!xyzzy".into(), nearest: None },
    ];
    Says::NotAllowed => "not_allowed": [Says::NotAllowed];
    Says::NotOwner => "not_owner": [Says::NotOwner];
    Says::NoSuchTarget { .. } => "no_such_target": [Says::NoSuchTarget { what: "i-9zzzz".into() }];
    Says::Help { .. } => "help": [Says::Help { commands: help() }];
    Says::List { .. } => "list": [
        Says::List { title: "Your open conversations".into(), rows: rows() },
        Says::List { title: "Your open conversations".into(), rows: vec![] },
    ];
    Says::TargetUnavailable { .. } => "target_unavailable": [
        Says::TargetUnavailable { who: "Bob Roe".into(), why: "they are not ready".into() },
    ];
    Says::Status { .. } => "status": [status(true, ""), status(false, "lunch"), status(false, "")];
    Says::Count { .. } => "count": [
        Says::Count { encoding: "GSM-7".into(), segments: 1, units: 42 },
        Says::Count { encoding: "UCS-2".into(), segments: 3, units: 180 },
    ];
    Says::MediaFailed { .. } => "media_failed": [
        Says::MediaFailed { number: 2, why: "it is larger than 16 MB".into() },
    ];
    Says::SetAside { .. } => "set_aside": [
        Says::SetAside { what: "a text to i-7f3k2".into(), why: "the homeserver refused it".into() },
    ];
    Says::InternalError { .. } => "internal_error": [
        Says::InternalError { what: "your message was not sent".into() },
    ];
}

/// The names of all template files.
pub fn file_names() -> impl Iterator<Item = &'static str> {
    NAMES.iter().flat_map(|names| [names.plain, names.html]).chain([TOPIC])
}

/// Everything the bot can say, with and without what is optional.
#[must_use]
pub fn samples() -> Vec<Notice> {
    let mut all: Vec<_> = sample_says().into_iter().map(|says| says.about(&interaction_id())).collect();
    all.push(Says::Offer(Question::Session(preview())).plainly());
    all.push(held_back(HeldBack::NotActive).plainly());
    all
}

/// Interactions whose topics differ: one that waits for an agent, one with an owner and an unknown contact.
#[must_use]
pub fn sample_interactions() -> Vec<Interaction> {
    let waiting = Interaction {
        id: interaction_id(),
        mode: Mode::Session,
        contact: ContactRef {
            id: ContactId::new("c-9x2m4"),
            name: jane(),
            number: Number::new("+14155550100"),
        },
        our_number: Number::new("+15005550006"),
        queue: QueueName::new("support"),
        rules: Rules {
            offer_ms: 60_000,
            undo_ms: 3000,
            expiry_ms: 86_400_000,
            warning_ms: 300_000,
            page_grace_ms: 10_000,
            disposition: DispositionRule::Optional,
            priority: 0,
            skills: vec![],
        },
        case: vec![("order".into(), "4711".into())],
        disposition: None,
        first_text: "Where is my order?".into(),
        created_at: NOW,
        updated_at: NOW,
        enqueued_at: NOW,
        last_agent: None,
        offers: 0,
        room: room(),
        alias: "sr_example".into(),
        answered: true,
        expires_at: None,
        done_refused_for: None,
        watchers: vec![],
        phase: Phase::Queued { asked: vec![] },
    };
    let mut owned = waiting.clone();
    owned.contact.name = owned.contact.number.to_string();
    let alice = UserId::parse("@alice:desk.test").ok().map(|user| AgentRef {
        id: AgentId::new("alice"),
        user,
        name: "Alice Doe".into(),
    });
    if let Some(owner) = alice {
        owned.phase = Phase::Owned { owner, come_by: None, work: Work::Active, transfer: None };
    }
    vec![waiting, owned]
}

/// 14 November 2023, 22:13:20 UTC.
const NOW: Millis = Millis(1_700_000_000_000);

fn interaction_id() -> InteractionId {
    InteractionId::new("i-7f3k2")
}

fn jane() -> String {
    "Jane Doe".into()
}

fn room() -> Option<matrix_sdk::ruma::OwnedRoomId> {
    RoomId::parse("!abcdef:desk.test").ok()
}

/// A message of Alice's that was held back.
#[must_use]
pub fn held_back(why: HeldBack) -> Says {
    Says::MessageHeldBack { why, writer: owned_user_id!("@alice:desk.test") }
}

fn quoted() -> Quoted {
    Quoted { contact: jane(), text: "Your parcel left on Monday.".into() }
}

fn preview() -> Preview {
    Preview {
        contact: jane(),
        number: Number::new("+14155550100"),
        answerable: true,
        our_number: Number::new("+15005550006"),
        mode: Mode::Session,
        queue: QueueName::new("support"),
        case: vec![("order".into(), "4711".into()), ("city".into(), "San Francisco".into())],
        text: "Where is my order?".into(),
        in_progress: 1,
        recent: 2,
        by: Some("Bob Roe".into()),
        note: "She speaks French".into(),
        then: Unanswered::Withdrawn,
        secs: 60,
        expires_at: NOW,
    }
}

fn talk_preview(kind: Kind, text: &str) -> TalkPreview {
    TalkPreview {
        kind,
        by: "Alice Doe".into(),
        contact: Some(jane()),
        number: Some(Number::new("+14155550100")),
        text: text.into(),
        secs: 60,
        expires_at: NOW,
    }
}

fn bare_preview() -> Preview {
    Preview {
        contact: "ACME".into(),
        number: Number::new("ACME"),
        answerable: false,
        mode: Mode::Page,
        case: vec![],
        text: String::new(),
        in_progress: 0,
        recent: 0,
        by: None,
        note: String::new(),
        then: Unanswered::Accepted,
        ..preview()
    }
}

fn case_card() -> CaseCard {
    let case = vec![("order".into(), "4711".into()), ("link".into(), "https://desk.test/4711".into())];
    CaseCard { contact: jane(), state: "active".into(), owner: Some("Alice Doe".into()), case, room: room() }
}

fn bare_case_card() -> CaseCard {
    CaseCard { contact: jane(), state: "queued".into(), owner: None, case: vec![], room: None }
}

fn contact_card() -> ContactCard {
    ContactCard {
        contact: jane(),
        numbers: vec![Number::new("+14155550100"), Number::new("+14155550101")],
        opted_out_of: vec![Number::new("+15005550006")],
        in_progress: vec![("session".into(), 1)],
        recent: vec![("page".into(), 1), ("session".into(), 2)],
        days: 7,
        items: past(),
    }
}

fn bare_contact_card() -> ContactCard {
    ContactCard { opted_out_of: vec![], in_progress: vec![], recent: vec![], items: vec![], ..contact_card() }
}

fn past() -> Vec<PastItem> {
    let open = PastItem {
        id: interaction_id(),
        kind: "session".into(),
        state: "active".into(),
        by: None,
        began_at: NOW,
        done_at: None,
        disposition: None,
        text: String::new(),
    };
    let done = PastItem {
        id: InteractionId::new("i-8m2pq"),
        kind: "page".into(),
        state: "done".into(),
        by: Some("Alice Doe".into()),
        done_at: Some(NOW),
        disposition: Some("Solved".into()),
        text: "Where is my order?".into(),
        ..open.clone()
    };
    vec![open, done]
}

fn past_lines() -> Vec<PastLine> {
    [
        ("contact", "Jane Doe", "Where is my order?"),
        ("change", "", "accepted by Alice Doe"),
        ("owner", "Alice Doe", "On its way!"),
        ("internal", "Bob Roe", "It left on Monday"),
        ("note", "Alice Doe", "She speaks French"),
    ]
    .map(|(kind, by, text)| PastLine { at: NOW, kind: kind.into(), by: by.into(), text: text.into() })
    .into()
}

fn queue_lines() -> Vec<QueueLine> {
    vec![QueueLine {
        queue: "support".into(),
        began: 12,
        taken: 11,
        done: 1,
        wait_secs: 45,
        longest_secs: 300,
        handle_secs: 720,
    }]
}

fn agent_lines() -> Vec<AgentLine> {
    vec![AgentLine {
        agent: "Alice Doe".into(),
        taken: 11,
        done: 9,
        had: 12,
        worked_secs: 8_640,
        handle_secs: 720,
    }]
}

fn dispositions() -> Vec<Disposition> {
    [("solved", "Solved"), ("follow_up", "Needs a follow-up")]
        .map(|(code, label)| Disposition { code: code.into(), label: label.into() })
        .into()
}

fn odd_links() -> Vec<OddLink> {
    vec![
        OddLink {
            url: "https://xn--pypal-4ve.com/login".into(),
            why: "its name hides foreign letters".into(),
        },
        OddLink { url: "https://bank.test@evil.test/".into(), why: "it leads to evil.test".into() },
    ]
}

fn actions() -> Vec<ActionItem> {
    vec![
        ActionItem { kind: "call".into(), value: "+14155550123".into(), link: "tel:+14155550123".into() },
        ActionItem {
            kind: "email".into(),
            value: "jane@doe.test".into(),
            link: "mailto:jane@doe.test".into(),
        },
    ]
}

fn help() -> Vec<HelpLine> {
    [
        ("accept [id]", "take an offer"),
        ("done [disposition] [note]", "finish the conversation"),
        ("help [command]", "show this list, or one command"),
    ]
    .map(|(usage, does)| HelpLine { usage: usage.into(), does: does.into() })
    .into()
}

fn rows() -> Vec<ListRow> {
    let row = |key: &str, title: &str, detail: &str| ListRow {
        key: key.into(),
        title: title.into(),
        detail: detail.into(),
        secs: None,
        room: None,
    };
    let open = row("i-7f3k2", "Jane Doe", "i-7f3k2 · active");
    vec![ListRow { room: room(), secs: Some(300), ..open }, row("i-8m2pq", "+14155550199", "")]
}

fn status(ready: bool, reason: &str) -> Says {
    Says::Status { agent: "Alice Doe".into(), ready, reason: reason.into(), open: 2, capacity: 4, waiting: 3 }
}
