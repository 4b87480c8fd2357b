//! Forgetting a person: what is to be forgotten in the desk's own tables, and how what tells of them is
//! recognised in rows that may speak of anyone. What is erased elsewhere is [`super::erasure`]'s subject.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::address::Address;
use super::contact::Contact;
use super::erasure::{Asked, Elsewhere, ErasureId};
use super::ids::ContactId;
use super::text::numbers;
use crate::clock::Millis;

/// What a contact is called who was erased.
pub const NAME: &str = "erased customer";
/// What stands in the audit log in place of words that told of them.
pub const WORDS: &str = "(erased)";
/// A name of one word is looked for if it has so many letters; a shorter one is too many people's.
const TELLING_CHARS: usize = 6;
/// So many digits and more are a telephone number; fewer are anything.
const NUMBER_DIGITS: usize = 7;
/// The most digits that a number may be dialled with.
const DIALLED_DIGITS: usize = 20;

/// Why a contact cannot be erased now: nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotErased {
    /// There is no such contact.
    #[error("there is no customer {id}")]
    Unknown {
        /// The id that was named.
        id: ContactId,
    },
    /// They were merged into another.
    #[error("{id} was merged into {into}; erase that one, or split the two first")]
    Merged {
        /// The id that was named.
        id: ContactId,
        /// The one who stayed.
        into: ContactId,
    },
    /// A room for a conversation with them is being made, or a file of theirs fetched: it would come into being
    /// behind the erasure's back.
    #[error("a room is being made for them, or a picture of theirs is being fetched; try again in a minute")]
    BeingMade,
}

/// What the desk forgets of a person, step by step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forgetting {
    /// The erasure it belongs to.
    pub id: ErasureId,
    /// Who asked for it.
    pub asked: Asked,
    /// When it began.
    pub since: Millis,
    /// The contact, and all who were merged into them.
    pub contacts: Vec<ContactId>,
    /// What tells of them.
    pub traces: Traces,
    /// What is to be erased elsewhere, as far as it is known.
    pub elsewhere: Elsewhere,
    /// What is being forgotten now.
    pub stage: Stage,
    /// The row behind which that goes on; empty at its beginning.
    #[serde(default)]
    pub behind: String,
}

/// What is forgotten, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Their conversations, with all that was said in them.
    Conversations,
    /// Talks of agents about them.
    Talks,
    /// The audit log.
    Audit,
    /// My Messages.
    Messages,
    /// Dead letters.
    DeadLetters,
    /// What is on its way, or was delivered not long ago.
    Outbox,
    /// Lists that agents were shown.
    Lists,
    /// Timers.
    Timers,
    /// What the bot's messages are for.
    Posted,
    /// Merges of others.
    Merges,
}

impl Stage {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Conversations,
        Self::Talks,
        Self::Audit,
        Self::Messages,
        Self::DeadLetters,
        Self::Outbox,
        Self::Lists,
        Self::Timers,
        Self::Posted,
        Self::Merges,
    ];

    /// The one that comes next; nothing behind the last.
    #[must_use]
    pub fn next(self) -> Option<Self> {
        let here = Self::ALL.iter().position(|stage| *stage == self)?;
        Self::ALL.get(here + 1).copied()
    }
}

/// What tells of a person. Everything is in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traces {
    /// Ids, e-mail addresses, and names that are not anybody's.
    phrases: BTreeSet<String>,
    /// Telephone numbers: their digits in every way they are dialled.
    numbers: BTreeSet<String>,
}

impl Traces {
    /// What tells of a contact and the addresses that are theirs alone. A name that is also one of `others` (an
    /// agent's, for instance), or that is short, is not looked for: it is too many people's.
    #[must_use]
    pub fn of(contact: &Contact, addresses: &[Address], others: &[String]) -> Self {
        let mut traces = Self::default();
        traces.add_phrase(contact.id.as_str());
        for email in &contact.emails {
            traces.add_phrase(email);
        }
        for address in addresses {
            traces.add_address(address);
        }
        traces.add_name(&contact.name, others);
        traces
    }

    /// Adds what tells of somebody who is the same person.
    pub fn extend(&mut self, more: Self) {
        self.phrases.extend(more.phrases);
        self.numbers.extend(more.numbers);
    }

    /// Adds a name the person went by, unless it is short or one of `others`.
    pub fn add_name(&mut self, name: &str, others: &[String]) {
        if is_telling(name, others) {
            self.add_phrase(name);
        }
    }

    /// Adds an address that is nobody else's.
    pub fn add_address(&mut self, address: &Address) {
        let digits = numbers::dialled(address.value());
        if digits.is_empty() {
            // The name of a sender is a word like others: it is looked for with its channel.
            self.add_phrase(&address.to_string());
        }
        self.numbers.extend(digits);
    }

    fn add_phrase(&mut self, phrase: &str) {
        let phrase = phrase.trim().to_lowercase();
        if phrase.is_empty() {
            return;
        }
        // In JSON some characters are escaped.
        let escaped = serde_json::to_string(&phrase).unwrap_or_default();
        let escaped = escaped.trim_matches('"');
        if escaped != phrase {
            self.phrases.insert(escaped.to_owned());
        }
        self.phrases.insert(phrase);
    }

    /// Whether a text, or a document as JSON, tells of the person: a phrase or a number stands in it, and not in
    /// the middle of a longer word or number.
    #[must_use]
    pub fn are_in(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        self.phrases.iter().any(|phrase| has_phrase(&text, phrase)) || self.has_number(&text)
    }

    /// Groups of digits that stand close together are one number, however it is spelt.
    fn has_number(&self, text: &str) -> bool {
        if self.numbers.is_empty() {
            return false;
        }
        let bytes = text.as_bytes();
        let mut groups: Vec<(usize, usize)> = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            if !bytes[at].is_ascii_digit() {
                at += 1;
                continue;
            }
            let begin = at;
            while at < bytes.len() && bytes[at].is_ascii_digit() {
                at += 1;
            }
            // What is part of a longer word is no number.
            let before = text[..begin].chars().next_back();
            let behind = text[at..].chars().next();
            let stands_alone = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() || c.is_ascii_digit());
            if stands_alone(before) && stands_alone(behind) {
                groups.push((begin, at));
            }
        }
        for first in 0..groups.len() {
            let mut digits = String::new();
            let mut end = groups[first].0;
            for (begin, until) in &groups[first..] {
                let between = &text[end..*begin];
                if !digits.is_empty() && !is_between_groups(between) {
                    break;
                }
                digits.push_str(&text[*begin..*until]);
                end = *until;
                if digits.len() > DIALLED_DIGITS {
                    break;
                }
                if self.numbers.contains(&digits) {
                    return true;
                }
            }
        }
        false
    }
}

/// What may stand between two groups of one number.
fn is_between_groups(between: &str) -> bool {
    between.chars().count() <= 3
        && between.chars().all(|c| c.is_whitespace() || "-().\u{2010}\u{2011}\u{2012}\u{2013}/".contains(c))
}

/// Whether a phrase stands in a text as a whole word or words. Both are in lower case.
fn has_phrase(text: &str, phrase: &str) -> bool {
    let is_part = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let (begins, ends) = (is_part(phrase.chars().next()), is_part(phrase.chars().next_back()));
    text.match_indices(phrase).any(|(at, _)| {
        let (before, behind) = (text[..at].chars().next_back(), text[at + phrase.len()..].chars().next());
        !(begins && is_part(before)) && !(ends && is_part(behind))
    })
}

/// Whether a name tells of one person: it has two words, or a long one, and is not the name, or a part of the
/// name, of one of `others`.
#[must_use]
pub fn is_telling(name: &str, others: &[String]) -> bool {
    let words: Vec<String> = super::text::words::words(name).collect();
    let letters: usize = words.iter().map(|word| word.chars().count()).sum();
    let is_number = name.chars().filter(char::is_ascii_digit).count() >= NUMBER_DIGITS;
    let is_anothers = |other: &String| {
        let theirs: Vec<String> = super::text::words::words(other).collect();
        words.iter().all(|word| theirs.contains(word))
    };
    // A number is known as one.
    !is_number
        && letters >= if words.len() > 1 { TELLING_CHARS - 1 } else { TELLING_CHARS }
        && !others.iter().any(is_anothers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jane() -> Contact {
        let mut jane = Contact::new(ContactId::new("c-7f3k2a9q"), "Jane \"JD\" Doe", Millis(0));
        jane.set("email", "jane@doe.example").unwrap();
        jane
    }

    fn traces() -> Traces {
        let addresses = [Address::sms("+14155550100"), Address::sms("INFO"), Address::sms("74454")];
        Traces::of(&jane(), &addresses, &[])
    }

    #[test]
    fn a_person_is_told_of_by_ids_numbers_in_any_spelling_addresses_and_their_whole_name() {
        for text in [
            "c-7f3k2a9q: set name Jane",
            "C-7F3K2A9Q",
            "+14155550100",
            "sms:+14155550100",
            "call (415) 555-0100 back",
            "415.555.0100",
            "+1 415 555 0100",
            "0014155550100, or 011 1 415 555 0100",
            "tel:4155550100;ext=1",
            "JANE@DOE.EXAMPLE wrote",
            "spoke with jane \"jd\" doe",
            r#"{"contact":"Jane \"JD\" Doe"}"#,
            "from sms:INFO",
        ] {
            assert!(traces().are_in(text), "{text}");
        }
    }

    #[test]
    fn longer_words_and_numbers_and_other_people_do_not_tell_of_them() {
        for text in [
            "",
            "c-7f3k2a9qx",
            "+141555501001",
            "91 4155550100",
            "4155550101",
            "x4155550100",
            "4155550100x",
            "555-0100",
            "415 555, 0100 and more text",
            "jane@doe.example.org is longer, and so is xjane@doe.example2",
            "Jane Doe",
            "info for all",
            "code 74454",
        ] {
            let is_of_email = text.starts_with("jane@doe");
            assert!(is_of_email || !traces().are_in(text), "{text}");
        }
    }

    #[test]
    fn a_name_that_is_short_or_an_agents_too_is_not_looked_for() {
        let others = ["Alice Doe".to_owned(), "support".to_owned()];
        for name in
            ["", "a", "%", ".*", "Zoë", "Alice", "Doe", "alice doe", "Support", "J D", "+1 415 555 0100"]
        {
            assert!(!is_telling(name, &others), "{name}");
        }
        for name in ["Jane Doe", "Alice Doerr", "Scheherazade", "Zoë Ångström", "山田 太郎さん"] {
            assert!(is_telling(name, &others), "{name}");
        }
        let hostile = Contact::new(ContactId::new("c-1"), "a", Millis(0));
        assert!(!Traces::of(&hostile, &[], &others).are_in("a cat sat on a mat"));
    }

    #[test]
    fn hostile_texts_are_read_in_time() {
        let traces = traces();
        assert!(!traces.are_in(&"1 ".repeat(500_000)));
        assert!(!traces.are_in(&"c-7f3k2a9".repeat(100_000)));
        assert!(traces.are_in(&format!("{}\u{202e}+14155550100", "é".repeat(100_000))));
    }

    #[test]
    fn every_stage_is_followed_by_another_until_all_are_done() {
        let mut stage = Stage::Conversations;
        let mut seen = vec![stage];
        while let Some(next) = stage.next() {
            seen.push(next);
            stage = next;
        }
        assert_eq!(seen, Stage::ALL);
    }
}
