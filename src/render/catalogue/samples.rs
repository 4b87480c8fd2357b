//! Samples of what notices carry, full and bare.

use ruma::{RoomId, UserId, owned_user_id};

use crate::clock::Millis;
use crate::domain::address::Address;
use crate::domain::agent::{AgentRef, Channels, WorkChannel};
use crate::domain::channel::Channel as Side;
use crate::domain::consent::{Source, Wish};
use crate::domain::contact::merge::Difference;
use crate::domain::erasure::{Counts as Erased, ErasureId, LeftReason, LeftWhat};
use crate::domain::ids::{AgentId, ContactId, InteractionId, QueueName};
use crate::domain::interaction::begin::Beginning;
use crate::domain::interaction::{
    ContactRef, Disposition, Interaction, Mode, Phase, Rules, Unanswered, Work,
};
use crate::domain::notice::{
    ActionItem, Attachment, BlockedItem, CaseCard, ChannelLine, ConsentCard, ConsentLine, ContactCard,
    EraseCard, EraseReceipt, HeldBack, HelpLine, LeftLine, ListRow, MergeCard, Missed, MissedItem, OddLink,
    PastItem, PastLine, Preview, Quoted, Says, StoryLine, TalkPreview,
};
use crate::domain::report::{AgentLine, QueueLine, TagLine};
use crate::domain::session::Counts;
use crate::domain::talk::Kind;
use crate::domain::text::links::LinkRisk;

/// Interactions whose topics differ: one that waits for an agent, one with an owner and an unknown contact.
#[must_use]
pub fn sample_interactions() -> Vec<Interaction> {
    let begun = Interaction::begin(Beginning {
        id: interaction_id(),
        mode: Mode::Session,
        contact: ContactRef {
            id: ContactId::new("c-9x2m4"),
            name: jane(),
            number: Address::sms("+14155550100"),
        },
        our_number: Address::sms("+15005550006"),
        queue: QueueName::new("support"),
        rules: Rules::default(),
        case: vec![("order".into(), "4711".into())],
        first_text: "Where is my order?".into(),
        last_agent: None,
        alias: "sr_example".into(),
        at: NOW,
    });
    let waiting = Interaction { room: room(), owner_replied: true, ..begun };
    let mut owned = waiting.clone();
    owned.contact.number.value().clone_into(&mut owned.contact.name);
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
pub(super) const NOW: Millis = Millis(1_700_000_000_000);

pub(super) fn interaction_id() -> InteractionId {
    InteractionId::new("i-7f3k2")
}

pub(super) fn jane() -> String {
    "Jane Doe".into()
}

pub(super) fn room() -> Option<ruma::OwnedRoomId> {
    RoomId::parse("!abcdef:desk.test").ok()
}

/// A message of Alice's that was held back.
#[must_use]
pub fn held_back(why: HeldBack) -> Says {
    Says::MessageHeldBack { why, writer: owned_user_id!("@alice:desk.test"), of: None }
}

pub(super) fn voice(contact: Option<String>, held: bool) -> Says {
    Says::Voice {
        by: "Alice Doe".into(),
        to: "Bob Roe".into(),
        contact,
        held,
        link: "https://call.desk.test/0123456789abcdef0123456789abcdef".into(),
        wake: held.then(|| owned_user_id!("@bob:desk.test")),
    }
}

pub(super) fn quoted() -> Quoted {
    Quoted { contact: jane(), text: "Your parcel left on Monday.".into() }
}

pub(super) fn others() -> Counts {
    let recent = vec![("page".into(), 1), ("session".into(), 2)];
    Counts { in_progress: vec![("session".into(), 1)], recent, days: 7 }
}

pub(super) fn preview() -> Preview {
    Preview {
        contact: jane(),
        number: "+14155550100".into(),
        answerable: true,
        our_number: "+15005550006".into(),
        mode: Mode::Session,
        queue: QueueName::new("support"),
        case: vec![("order".into(), "4711".into()), ("city".into(), "San Francisco".into())],
        case_more: 3,
        tags: vec!["refund".into(), "vip".into()],
        text: "Where is my order?".into(),
        others: others(),
        by: Some("Bob Roe".into()),
        note: "She speaks French".into(),
        then: Unanswered::Withdrawn,
        secs: 60,
        expires_at: NOW,
    }
}

pub(super) fn talk_preview(kind: Kind, text: &str) -> TalkPreview {
    TalkPreview {
        kind,
        by: "Alice Doe".into(),
        contact: Some(jane()),
        number: Some("+14155550100".into()),
        text: text.into(),
        secs: 60,
        expires_at: NOW,
    }
}

pub(super) fn bare_preview() -> Preview {
    Preview {
        contact: "ACME".into(),
        number: "ACME".into(),
        answerable: false,
        mode: Mode::Page,
        case: vec![],
        case_more: 0,
        tags: vec![],
        text: String::new(),
        others: Counts::default(),
        by: None,
        note: String::new(),
        then: Unanswered::Accepted,
        ..preview()
    }
}

pub(super) fn case_card() -> CaseCard {
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let case = vec![
        pair("order", "4711"),
        pair("link", "https://desk.test/4711"),
        pair("shop", "[Our shop](https://shop.test/4711)"),
        pair("bank", "[Your bank](https://bank.test@evil.test/)"),
    ];
    CaseCard {
        contact: jane(),
        state: "active".into(),
        owner: Some("Alice Doe".into()),
        case,
        page: 1,
        pages: 2,
        tags: vec!["refund".into(), "vip".into()],
        points: 5,
        room: room(),
    }
}

pub(super) fn second_case_card() -> CaseCard {
    let case = vec![("colour".into(), "blue".into())];
    CaseCard { case, page: 2, tags: vec![], points: 0, ..case_card() }
}

pub(super) fn blocked_items() -> Vec<BlockedItem> {
    let one = BlockedItem {
        contact: jane(),
        id: "c-9x2m4".into(),
        number: "+14155550100".into(),
        by: "Alice Doe".into(),
        at: NOW,
        until: Some(NOW),
        reason: "spam".into(),
    };
    let other = BlockedItem { contact: "ACME".into(), number: "ACME".into(), ..one.clone() };
    vec![one, BlockedItem { until: None, reason: String::new(), ..other }]
}

pub(super) fn erase_card() -> EraseCard {
    EraseCard {
        contact: jane(),
        contact_id: "c-9x2m4k7q".into(),
        numbers: vec!["+14155550100".into()],
        shared_numbers: vec!["+14155550101".into()],
        emails: vec!["jane@doe.example".into()],
        conversations: 12,
        open: 1,
        texts: 10_001,
        blocked: true,
        opted_out: true,
        whole: false,
    }
}

pub(super) fn bare_erase_card() -> EraseCard {
    EraseCard {
        contact: "+14155550100".into(),
        shared_numbers: vec![],
        emails: vec![],
        conversations: 1,
        open: 0,
        texts: 3,
        blocked: false,
        opted_out: false,
        ..erase_card()
    }
}

pub(super) fn flood(count: u32, begins: bool, only_kept: bool) -> Says {
    let text = "Buy now!".to_owned();
    Says::Flood { contact: jane(), count, text, mute_secs: 3_600, begins, only_kept }
}

pub(super) fn tag_lines() -> Vec<TagLine> {
    vec![TagLine { tag: "refund".into(), began: 3 }, TagLine { tag: "vip".into(), began: 1 }]
}

pub(super) fn bare_case_card() -> CaseCard {
    let (case, tags) = (vec![], vec![]);
    CaseCard {
        state: "queued".into(),
        owner: None,
        case,
        pages: 1,
        tags,
        points: 0,
        room: None,
        ..case_card()
    }
}

pub(super) fn contact_card() -> ContactCard {
    ContactCard {
        contact: jane(),
        contact_id: "c-9x2m4".into(),
        numbers: vec!["+14155550100".into(), "+14155550101".into()],
        shared_numbers: vec!["+14155550102".into()],
        emails: vec!["jane@doe.test".into()],
        language: Some("pt-BR".into()),
        attributes: vec![("tier".into(), "gold".into()), ("order".into(), "4711".into())],
        notes: "Rings twice.".into(),
        opted_out_of: vec!["+15005550006".into()],
        others: others(),
        items: past(),
        whole: false,
    }
}

pub(super) fn merge_card() -> MergeCard {
    MergeCard {
        contact: jane(),
        merged: "J. Doe".into(),
        numbers: vec!["+14155550101".into()],
        conversations: 2,
        emails: vec!["jane@doe.test".into()],
        language: Some("pt-BR".into()),
        attributes: vec![("tier".into(), "gold".into())],
        notes: "Rings twice.".into(),
        differing: vec![
            Difference { field: "name".into(), kept: jane(), dropped: "J. Doe".into() },
            Difference { field: "order".into(), kept: "4711".into(), dropped: "4712".into() },
        ],
        left_out: vec!["size".into()],
        blocked: true,
    }
}

pub(super) fn bare_merge_card() -> MergeCard {
    MergeCard {
        numbers: vec![],
        conversations: 0,
        emails: vec![],
        language: None,
        attributes: vec![],
        notes: String::new(),
        differing: vec![],
        left_out: vec![],
        blocked: false,
        ..merge_card()
    }
}

fn consent_line(wish: Wish, source: Source, text: &str) -> ConsentLine {
    ConsentLine {
        at: NOW,
        number: "+14155550100".into(),
        wish,
        scope: "number".into(),
        our_number: Some("+15005550006".into()),
        service: None,
        source,
        text: text.into(),
        by: String::new(),
    }
}

pub(super) fn consent_card() -> ConsentCard {
    let stop = consent_line(Wish::Out, Source::Keyword, "STOP");
    let others = Source::ALL.into_iter().skip(1).map(|source| {
        let by = if source == Source::Agent { "Alice Doe" } else { "" };
        ConsentLine { by: by.into(), ..consent_line(Wish::In, source, "START") }
    });
    let elsewhere = [
        ConsentLine { scope: "desk".into(), our_number: None, ..stop.clone() },
        ConsentLine { scope: "sender".into(), our_number: None, service: Some("MG1".into()), ..stop.clone() },
    ];
    ConsentCard {
        contact: jane(),
        current: vec![stop.clone()],
        changes: std::iter::once(stop).chain(others).chain(elsewhere).collect(),
        erased: false,
        more: true,
    }
}

pub(super) fn bare_contact_card() -> ContactCard {
    let others = Counts { in_progress: vec![], recent: vec![], ..others() };
    ContactCard {
        contact_id: String::new(),
        shared_numbers: vec![],
        emails: vec![],
        language: None,
        attributes: vec![],
        notes: String::new(),
        opted_out_of: vec![],
        others,
        items: vec![],
        ..contact_card()
    }
}

pub(in crate::render) fn past() -> Vec<PastItem> {
    let open = PastItem {
        id: interaction_id(),
        kind: "session".into(),
        state: "active".into(),
        by: None,
        began_at: NOW,
        done_at: None,
        disposition: None,
        tags: vec![],
        text: String::new(),
        contact: None,
        found: None,
    };
    let done = PastItem {
        id: InteractionId::new("i-8m2pq"),
        kind: "page".into(),
        state: "done".into(),
        by: Some("Alice Doe".into()),
        done_at: Some(NOW),
        disposition: Some("Solved".into()),
        tags: vec!["refund".into(), "vip".into()],
        text: "Where is my order?".into(),
        ..open.clone()
    };
    vec![open, done]
}

/// Conversations of several contacts, with the lines that were found.
pub(super) fn past_found() -> Vec<PastItem> {
    let contacts = [jane(), "+14155550199".into()];
    let of = |(item, (contact, found)): (PastItem, (String, PastLine))| PastItem {
        contact: Some(contact.clone()),
        found: Some(PastLine { by: contact, ..found }),
        ..item
    };
    past().into_iter().zip(contacts.into_iter().zip(past_said())).map(of).collect()
}

/// Lines that were said with a contact, or noted.
pub(super) fn past_said() -> Vec<PastLine> {
    let is_said = |line: &PastLine| !matches!(line.kind.as_str(), "change" | "held_back" | "internal");
    past_lines().into_iter().filter(is_said).collect()
}

pub(super) fn past_lines() -> Vec<PastLine> {
    let said = [
        ("contact", "Jane Doe", "Where is my order?"),
        ("owner", "Alice Doe", "On its way!"),
        ("failed", "Alice Doe", "It comes tomorrow"),
        ("held_back", "Alice Doe", "/track"),
        ("internal", "Bob Roe", "It left on Monday"),
        ("note", "Alice Doe", "She speaks French"),
    ]
    .map(|(kind, by, text)| PastLine {
        at: NOW,
        kind: kind.into(),
        by: by.into(),
        text: text.into(),
        change: None,
    });
    let mut lines = Vec::from(said);
    lines.insert(1, past_change(StoryLine::Accepted { by: "Alice Doe".into() }));
    lines
}

pub(super) fn queue_lines() -> Vec<QueueLine> {
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

pub(super) fn agent_lines() -> Vec<AgentLine> {
    vec![AgentLine {
        agent: "Alice Doe".into(),
        taken: 11,
        done: 9,
        had: 12,
        worked_secs: 8_640,
        handle_secs: 720,
    }]
}

pub(super) fn dispositions() -> Vec<Disposition> {
    [("solved", "Solved"), ("follow_up", "Needs a follow-up")]
        .map(|(code, label)| Disposition { code: code.into(), label: label.into() })
        .into()
}

pub(in crate::render) fn attachment(beside: &str) -> Attachment {
    Attachment { number: 2, sent_at: NOW, beside: beside.to_owned() }
}

pub(super) fn odd_link(why: LinkRisk) -> OddLink {
    let url = match why {
        LinkRisk::Punycode => "https://xn--pypal-4ve.com/login",
        LinkRisk::MixedScripts => "https://pаypal.com/login",
        LinkRisk::UserInfo => "https://bank.test@evil.test/",
    };
    OddLink { url: url.into(), why }
}

pub(in crate::render) fn missed_item(missed: Missed) -> MissedItem {
    MissedItem { missed, interaction: "i-7f3k2".into(), secs: 300 }
}

/// A line of a transcript that tells what happened.
pub(in crate::render) fn past_change(change: StoryLine) -> PastLine {
    PastLine { at: NOW, kind: "change".into(), by: String::new(), text: String::new(), change: Some(change) }
}

pub(super) fn actions() -> Vec<ActionItem> {
    vec![
        ActionItem { kind: "call".into(), value: "+14155550123".into(), link: "tel:+14155550123".into() },
        ActionItem {
            kind: "email".into(),
            value: "jane@doe.test".into(),
            link: "mailto:jane@doe.test".into(),
        },
    ]
}

/// Commands among others.
pub(super) fn help() -> Vec<HelpLine> {
    [("ready", "be ready for conversations and IMs"), ("accept", "take what is offered")]
        .map(|(usage, does)| HelpLine { usage: usage.into(), aliases: vec![], does: does.into() })
        .into()
}

/// One alone.
pub(super) fn whole_help() -> Vec<HelpLine> {
    let aliases = vec!["t".into()];
    let does = "hand this conversation to a colleague or queue; without a name to the one you consult".into();
    vec![HelpLine { usage: "transfer <target> [note]".into(), aliases, does }]
}

pub(super) fn rows() -> Vec<ListRow> {
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

/// Ready on these channels, and on the others not for a reason.
pub(super) fn status(reason: &str, ready: &[WorkChannel]) -> Says {
    let mut readiness = Channels::not_ready(reason);
    for channel in ready {
        readiness.turn_ready(*channel, NOW);
    }
    let sms = readiness.of(WorkChannel::Sms);
    let (ready, reason) = (sms.is_ready(), sms.obstacle().unwrap_or_default().to_owned());
    let (agent, queues) = ("Alice Doe".to_owned(), vec![QueueName::new("support")]);
    Says::Status {
        agent,
        ready,
        reason,
        readiness,
        open: 2,
        capacity: 4,
        queues,
        waiting: 3,
        channels: vec![],
    }
}

/// What someone reads who has signed off.
pub(super) fn status_signed_off() -> Says {
    let mut says = status("", &[]);
    if let Says::Status { readiness, .. } = &mut says {
        *readiness = Channels::signed_off();
    }
    says
}

/// What someone reads of the channels too.
pub(super) fn status_with_channels() -> Says {
    let mut says = status("", &WorkChannel::ALL);
    let line = |channel, name: &str, is_up, secs| ChannelLine {
        channel,
        name: name.to_owned(),
        is_up,
        since: NOW,
        secs,
    };
    if let Says::Status { channels, .. } = &mut says {
        channels.push(line(Side::Matrix, "Matrix", true, 7200));
        channels.push(line(Side::Sms, "SMS (Twilio)", false, 300));
    }
    says
}

/// A channel that works again.
pub(super) fn channel_up(channel: Side) -> Says {
    let name = match channel {
        Side::Matrix => "Matrix",
        Side::Sms => "SMS (Twilio)",
        Side::Database => "The database",
    };
    let to = NOW + std::time::Duration::from_mins(18);
    Says::ChannelUp { channel, name: name.to_owned(), from: NOW, to, secs: 1080 }
}

/// What someone reads of themselves who is in no queue.
pub(super) fn status_without_queue() -> Says {
    let mut says = status("", &WorkChannel::ALL);
    if let Says::Status { queues, waiting, .. } = &mut says {
        queues.clear();
        *waiting = 0;
    }
    says
}

/// A receipt of an erasure of which something of each kind is left, for each reason.
pub(super) fn erase_receipt() -> EraseReceipt {
    let line = |kind, why, count, at: &[&str], more| LeftLine {
        kind,
        why,
        count,
        at: at.iter().map(ToString::to_string).collect(),
        more,
    };
    let room = "!a1b2c3:desk.test";
    EraseReceipt {
        counts: Erased { events: 312, rooms: 3, deleted_rooms: 1, ghosts: 1, files: 2, texts: 57 },
        took_secs: 370,
        left: vec![
            line(LeftWhat::Room, LeftReason::Retention, 1, &[room], 0),
            line(LeftWhat::Room, LeftReason::NotInRoom, 7, &[room], 6),
            line(LeftWhat::Events, LeftReason::Encrypted, 4, &[room, "!d4e5f6:desk.test"], 0),
            line(LeftWhat::Events, LeftReason::Failed, 0, &[room], 0),
            line(LeftWhat::Members, LeftReason::NotAllowed, 1, &[room], 0),
            line(LeftWhat::Ghost, LeftReason::Failed, 1, &["@sms_k3v9a7q2xz:desk.test"], 0),
            line(LeftWhat::File, LeftReason::NotAdmin, 1, &["mxc://desk.test/AbCdEf"], 0),
            line(LeftWhat::Texts, LeftReason::Refused, 2, &[], 0),
            line(LeftWhat::Texts, LeftReason::NotListed, 0, &[], 0),
            line(LeftWhat::Texts, LeftReason::Unsupported, 0, &[], 0),
        ],
        ..bare_erase_receipt()
    }
}

/// A receipt of an erasure that left nothing.
pub(super) fn bare_erase_receipt() -> EraseReceipt {
    let (id, counts) = (ErasureId::new("e-7f3k2"), Erased::default());
    EraseReceipt { id, counts, took_secs: 302, left: vec![] }
}
