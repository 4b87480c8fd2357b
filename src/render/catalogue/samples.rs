//! Samples of what notices carry, full and bare.

use ruma::{RoomId, UserId, owned_user_id, user_id};

use crate::clock::Millis;
use crate::domain::address::Address;
use crate::domain::agent::AgentRef;
use crate::domain::ids::{AgentId, ContactId, InteractionId, QueueName};
use crate::domain::interaction::begin::Beginning;
use crate::domain::interaction::{ContactRef, Disposition, Interaction, Mode, Phase, Rules, Work};
use crate::domain::notice::{
    ActionItem, Attachment, CardItem, CardShown, HeldBack, Missed, MissedItem, OddLink, PastLine, Quoted,
    Says, Segments, StoryLine,
};
use crate::domain::original::Original;
use crate::domain::retention::{Old, Older};
use crate::domain::session::Counts;
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
    Says::held_back(why, user_id!("@alice:desk.test"))
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
    Counts {
        in_progress: vec![("session".into(), 1)],
        recent,
        days: 7,
        opted_out: true,
        provider_blocks: true,
    }
}

pub(super) fn flood(count: u32, begins: bool, only_kept: bool) -> Says {
    let text = "Buy now!".to_owned();
    let contact_id = "c-9x2m4k7q".to_owned();
    Says::Flood { contact: jane(), count, text, mute_secs: 3_600, begins, only_kept, contact_id }
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
    MissedItem { missed, interaction: "i-7f3k2".into(), secs: 300, room: None }
}

/// A line of a transcript that tells what happened.
pub(in crate::render) fn past_change(change: StoryLine) -> PastLine {
    PastLine { at: NOW, kind: "change".into(), by: String::new(), text: String::new(), change: Some(change) }
}

/// What a customer sent, as they sent it.
pub(super) fn original() -> Original {
    Original {
        url: Some("mxc://desk.test/original".into()),
        file: "image-2.jpg".into(),
        mime: "image/jpeg".into(),
        bytes: 4_711,
    }
}

/// So many contact cards, the first of them with everything that one may have.
pub(super) fn contact_cards(count: usize) -> Vec<CardShown> {
    let item = |row, item| CardItem { row, item, label: "work".into() };
    let unknown = ActionItem { kind: "call".into(), value: "ask Roy".into(), link: String::new() };
    let items = actions().into_iter().zip(1..).map(|(action, row)| item(Some(row), action));
    let items: Vec<CardItem> =
        items.chain([CardItem { label: String::new(), ..item(None, unknown) }]).collect();
    let whole = CardShown { name: jane(), organization: "ACME".into(), items, more: 2 };
    let bare = CardShown { name: String::new(), organization: String::new(), items: vec![], more: 0 };
    std::iter::once(whole).chain(std::iter::repeat(bare)).take(count).collect()
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

/// The questions whether what is older is to be erased.
pub(super) fn confirm_erasing() -> Vec<Says> {
    let asks = |older, also, queue: &str, without: &str| {
        let (queue, without) = (queue.to_owned(), without.to_owned());
        Says::ConfirmErasing { older, also, queue, without }
    };
    vec![
        asks(older(Old::Conversations, 1_204), None, "", ""),
        asks(older(Old::Conversations, 1), None, "support", ""),
        asks(older(Old::Media, 1), None, "", ""),
        asks(older(Old::Media, 100_000), None, "support", ""),
        asks(older(Old::Conversations, 12), None, "", "support"),
        asks(older(Old::Talks, 2), None, "", ""),
        asks(older(Old::Audit, 100_000), None, "", ""),
        asks(older(Old::Conversations, 1), Some(older(Old::Media, 30)), "", "support"),
        asks(older(Old::Conversations, 100_000), Some(older(Old::Media, 100_000)), "", "support"),
    ]
}

/// So much is too old to be kept; from 100,000 on it is not counted.
fn older(erases: Old, count: i64) -> Older {
    Older { erases, count, at_least: count >= 100_000, days: 30 }
}

/// What a text takes that is sent as these messages.
pub(super) fn segments(messages: &[&str]) -> Segments {
    Segments::of(&messages.concat(), messages.iter().copied())
}
