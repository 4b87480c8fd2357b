//! What the bot shows of the contact cards that contacts send.

use serde::{Deserialize, Serialize};

use super::ActionItem;
use crate::domain::text::links::{self, Action, MAX_ACTIONS};
use crate::domain::text::vcard::{Card, Cards, Entry, EntryKind};

/// A contact card, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardShown {
    /// The name; empty for none.
    pub name: String,
    /// The organization; empty for none.
    pub organization: String,
    /// Numbers and addresses, in their order.
    pub items: Vec<CardItem>,
    /// How many more there are in it.
    pub more: usize,
}

/// A number or an address in a contact card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardItem {
    /// By which it is acted on, from 1 in all cards of a notice; none where that cannot be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<usize>,
    /// What it is, and how it is acted on.
    #[serde(flatten)]
    pub item: ActionItem,
    /// What it is used for, such as `work`; empty if the card does not say.
    pub label: String,
}

/// Cards as they are shown, and how many more there are. `country` (ISO 3166, `US`) is where numbers without
/// a country code belong.
#[must_use]
pub fn shown_cards(cards: &Cards, country: &str) -> (Vec<CardShown>, usize) {
    let mut rows = 1..=MAX_ACTIONS;
    let shown = |card: &Card| CardShown {
        name: card.name.clone(),
        organization: card.organization.clone(),
        items: card.entries.iter().map(|entry| item(entry, country, &mut rows)).collect(),
        more: card.more,
    };
    (cards.cards.iter().map(shown).collect(), cards.more)
}

/// What the rows of cards act on, in their order.
#[must_use]
pub fn numbered(cards: &[CardShown]) -> Vec<Action> {
    let action = |CardItem { item, .. }: &CardItem| match item.kind.as_str() {
        "email" => Action::Email(item.value.clone()),
        _ => Action::Call(item.value.clone()),
    };
    cards.iter().flat_map(|card| &card.items).filter(|item| item.row.is_some()).map(action).collect()
}

fn item(entry: &Entry, country: &str, rows: &mut impl Iterator<Item = usize>) -> CardItem {
    let Entry { kind, value, label } = entry;
    let found = links::actions(value, country).into_iter().map(ActionItem::from);
    let kind = match kind {
        EntryKind::Number => "call",
        EntryKind::Email => "email",
    };
    let (row, item) = match found.into_iter().find(|item| item.kind == kind) {
        Some(item) => (rows.next(), item),
        None => (None, ActionItem { kind: kind.to_owned(), value: value.clone(), link: String::new() }),
    };
    CardItem { row, item, label: label.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(kind: EntryKind, value: &str) -> Entry {
        Entry { kind, value: value.to_owned(), label: String::new() }
    }

    #[test]
    fn what_can_be_acted_on_is_numbered_through_all_cards_and_the_rest_is_shown() {
        let card = |entries: &[Entry]| Card {
            name: "Jane".to_owned(),
            entries: entries.to_vec(),
            ..Card::default()
        };
        let (number, email) = (EntryKind::Number, EntryKind::Email);
        let cards = vec![
            card(&[entry(number, "(415) 555-0177"), entry(number, "ask Roy"), entry(email, "nobody")]),
            card(&[entry(email, "jane@doe.test"), entry(number, "+49 30 123456")]),
        ];
        let (shown, more) = shown_cards(&Cards { cards, more: 2 }, "US");
        let items: Vec<_> = shown.iter().flat_map(|card| &card.items).collect();
        let of = |at: usize| {
            (
                items[at].row,
                items[at].item.kind.as_str(),
                items[at].item.value.as_str(),
                items[at].item.link.as_str(),
            )
        };
        assert_eq!(of(0), (Some(1), "call", "+14155550177", "tel:+14155550177"));
        assert_eq!(of(1), (None, "call", "ask Roy", ""));
        assert_eq!(of(2), (None, "email", "nobody", ""));
        assert_eq!(of(3), (Some(2), "email", "jane@doe.test", "mailto:jane@doe.test"));
        assert_eq!(of(4), (Some(3), "call", "+4930123456", "tel:+4930123456"));
        assert_eq!((shown.len(), more), (2, 2));
        let (call, email) =
            (|number: &str| Action::Call(number.into()), Action::Email("jane@doe.test".into()));
        assert_eq!(numbered(&shown), [call("+14155550177"), email, call("+4930123456")]);
        let many: Vec<Entry> = (0..10).map(|n| entry(number, &format!("+1415555017{n}"))).collect();
        let cards = vec![card(&many), card(&many), card(&many)];
        let (shown, _) = shown_cards(&Cards { cards, more: 0 }, "US");
        let rows = shown.iter().flat_map(|card| &card.items).filter_map(|item| item.row);
        assert_eq!(rows.max(), Some(MAX_ACTIONS));
    }
}
