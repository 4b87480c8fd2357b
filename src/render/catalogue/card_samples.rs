//! Samples of cards, previews and what was said before, full and bare.

use super::samples::{NOW, interaction_id, jane, others, past_change, room};
use crate::domain::consent::{Source, Wish};
use crate::domain::contact::merge::Difference;
use crate::domain::erasure::{Counts as Erased, ErasureId, LeftReason, LeftWhat};
use crate::domain::ids::{InteractionId, QueueName};
use crate::domain::interaction::{Mode, Unanswered};
use crate::domain::notice::{
    BlockedItem, CaseCard, ConsentCard, ConsentLine, ContactCard, ContactChange, EraseCard, EraseReceipt,
    LeftLine, MergeCard, PastItem, PastLine, Preview, QuotedLine, SharedNumber, StoryLine, TalkPreview,
};
use crate::domain::session::Counts;
use crate::domain::talk::Kind;

pub(super) fn preview() -> Preview {
    Preview {
        contact: jane(),
        number: "+14155550100".into(),
        answerable: true,
        our_number: "+15005550006".into(),
        mode: Mode::Session,
        callback: false,
        queue: QueueName::new("support"),
        case: vec![("order".into(), "4711".into()), ("city".into(), "San Francisco".into())],
        case_more: 3,
        tags: vec!["refund".into(), "vip".into()],
        text: "Where is my order?".into(),
        others: others(),
        waited_secs: Some(300),
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
        callback: false,
        case: vec![],
        case_more: 0,
        tags: vec![],
        text: String::new(),
        others: Counts::default(),
        waited_secs: None,
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
        whole: false,
        changed: None,
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

/// What `!case set` and `!case unset` show.
pub(super) fn changed_case_cards() -> [CaseCard; 2] {
    let set = CaseCard {
        case: vec![("order".into(), "4712".into())],
        page: 1,
        pages: 1,
        room: None,
        changed: Some("order".into()),
        ..case_card()
    };
    let unset = CaseCard { case: vec![], ..set.clone() };
    [set, unset]
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
        notes: vec!["Rings twice.".into(), "Lives above the shop.".into()],
        opted_out_of: vec!["+15005550006".into()],
        others: others(),
        items: past(),
        whole: false,
        in_full: true,
        changed: None,
    }
}

/// What `!contact set` and `!contact unset` show.
pub(super) fn changed_contact_cards() -> [ContactCard; 2] {
    let changed = |value| Some(ContactChange { field: "tier".into(), value });
    let set = ContactCard {
        items: vec![],
        in_full: false,
        changed: changed(Some("gold".into())),
        ..contact_card()
    };
    let unset = ContactCard { changed: changed(None), ..set.clone() };
    [set, unset]
}

pub(super) fn merge_card() -> MergeCard {
    MergeCard {
        contact: jane(),
        known_by: vec!["+14155550100".into()],
        merged: "J. Doe".into(),
        name: None,
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
        contact: "+14155550100".into(),
        known_by: vec![],
        name: Some("J. Doe".into()),
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
        notes: vec![],
        opted_out_of: vec![],
        others,
        items: vec![],
        in_full: false,
        ..contact_card()
    }
}

pub(in crate::render) fn past() -> Vec<PastItem> {
    let open = PastItem {
        id: interaction_id(),
        kind: "session".into(),
        outbound: false,
        parent: None,
        state: "active".into(),
        by: None,
        began_at: NOW,
        done_at: None,
        disposition: None,
        tags: vec![],
        text: String::new(),
        emptied_at: None,
        contact: None,
        found: None,
        room: room(),
    };
    let done = PastItem {
        room: None,
        id: InteractionId::new("i-8m2pq"),
        kind: "page".into(),
        outbound: true,
        parent: Some(InteractionId::new("i-5h7tq")),
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
        lines_of_others: 7,
        more_of_others: false,
        quoted: vec![
            quoted_line("i-9k2m4", "His wife Jane Doe called"),
            quoted_line("i-5t8w3", "Jane Doe asks the same"),
        ],
        blocked: true,
        opted_out: true,
        whole: false,
    }
}

/// The card of somebody whose name is an everyday word.
pub(super) fn common_erase_card() -> EraseCard {
    let quoted = vec![quoted_line("i-9k2m4", "You wrote from the wrong number")];
    EraseCard {
        contact: "Wrong Number".into(),
        conversations: 0,
        texts: 0,
        lines_of_others: 1,
        more_of_others: true,
        quoted,
        ..bare_erase_card()
    }
}

fn quoted_line(id: &str, text: &str) -> QuotedLine {
    QuotedLine { interaction: InteractionId::new(id), text: text.into() }
}

pub(super) fn bare_erase_card() -> EraseCard {
    EraseCard {
        contact: "+14155550100".into(),
        shared_numbers: vec![],
        emails: vec![],
        conversations: 1,
        open: 0,
        texts: 3,
        lines_of_others: 0,
        quoted: vec![],
        blocked: false,
        opted_out: false,
        ..erase_card()
    }
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
        counts: Erased { events: 312, rooms: 3, deleted_rooms: 1, ghosts: 1, files: 2, texts: 57, calls: 2 },
        took_secs: 370,
        left: vec![
            line(LeftWhat::Room, LeftReason::Retention, 1, &[room], 0),
            line(LeftWhat::Events, LeftReason::Retention, 12, &[room, "!d4e5f6:desk.test"], 0),
            line(LeftWhat::Room, LeftReason::NotInRoom, 7, &[room], 6),
            line(LeftWhat::Events, LeftReason::Encrypted, 4, &[room, "!d4e5f6:desk.test"], 0),
            line(LeftWhat::Events, LeftReason::Failed, 0, &[room], 0),
            line(LeftWhat::Members, LeftReason::NotAllowed, 1, &[room], 0),
            line(LeftWhat::Ghost, LeftReason::Failed, 1, &["@sms_k3v9a7q2xz:desk.test"], 0),
            line(LeftWhat::File, LeftReason::NotAdmin, 1, &["mxc://desk.test/AbCdEf"], 0),
            line(LeftWhat::File, LeftReason::InResponse, 1, &["mxc://desk.test/AbCdEf"], 0),
            line(LeftWhat::Texts, LeftReason::Refused, 2, &[], 0),
            line(LeftWhat::Texts, LeftReason::NotListed, 0, &[], 0),
            line(LeftWhat::Texts, LeftReason::Unsupported, 0, &[], 0),
            line(LeftWhat::Texts, LeftReason::Shared, 3, &[], 0),
            line(LeftWhat::Calls, LeftReason::Refused, 1, &["CA0123456789abcdef0123456789abcdef"], 0),
        ],
        ..bare_erase_receipt()
    }
}

/// A receipt of an erasure that left nothing.
pub(super) fn bare_erase_receipt() -> EraseReceipt {
    let (id, counts) = (ErasureId::new("e-7f3k2"), Erased::default());
    EraseReceipt { id, counts, took_secs: 302, left: vec![] }
}

/// A conversation whose content is not kept any longer.
pub(super) fn past_emptied() -> PastItem {
    PastItem { text: String::new(), tags: vec![], emptied_at: Some(NOW), ..past().remove(1) }
}

pub(super) fn shared_number() -> SharedNumber {
    SharedNumber { number: "+14155550101".into(), contact: "J. Doe".into() }
}
