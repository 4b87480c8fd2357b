//! Forgetting a person: what is to be forgotten in the desk's own tables, and how what tells of them is
//! recognised in rows that may speak of anyone. What is erased elsewhere is [`super::erasure`]'s subject.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::address::Address;
use super::contact::Contact;
use super::erasure::{self, Asked, Elsewhere, ErasureId, Words};
use super::ids::ContactId;
use super::text::numbers;
use crate::clock::Millis;

/// What a contact is called who was erased.
pub const NAME: &str = "erased customer";
/// What stands in the audit log in place of words that told of them.
pub const WORDS: &str = "(erased)";
/// A name is looked for if it has two words and so many letters; any other is too many people's.
const TELLING_WORDS: usize = 2;
const TELLING_CHARS: usize = 5;
/// So many digits and more are a telephone number; fewer are anything.
const NUMBER_DIGITS: usize = 7;

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
    /// A room for a conversation with them is being made, or a file of theirs fetched: it would come into
    /// being behind the erasure's back.
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
    /// Whether what tells of them by nothing but a name stays, wherever others wrote it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keep_names: bool,
    /// Their addresses and ghosts, which are erased elsewhere at the end. Of conversations, of which there
    /// may be very many, that is planned as they are forgotten, so that it does not stand here.
    pub elsewhere: Elsewhere,
    /// How many texts of theirs came from a number that another uses too, of which the desk does not know the
    /// provider's ids.
    #[serde(default)]
    pub unknown_texts: i64,
    /// What is being forgotten now.
    pub stage: Stage,
    /// The row behind which that goes on; empty at its beginning.
    #[serde(default)]
    pub behind: String,
}

impl Forgetting {
    /// The last moment of which what was said of them is theirs, in Unix milliseconds.
    #[must_use]
    pub fn until(&self) -> Millis {
        erasure::until(self.since)
    }
}

/// What is forgotten, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Their conversations, with all that was said in them.
    Conversations,
    /// Talks of agents about them.
    Talks,
    /// What was said of them in conversations with others.
    Lines,
    /// Messages to others that spoke of them.
    Replies,
    /// Case data and tags of conversations with others.
    Cases,
    /// Notes and attributes of others in the directory.
    Directory,
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
    pub const ALL: [Self; 14] = [
        Self::Conversations,
        Self::Talks,
        Self::Lines,
        Self::Replies,
        Self::Cases,
        Self::Directory,
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

/// What tells of a person: what [`Words`] are made of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traces {
    /// What is theirs alone: ids, addresses, numbers.
    words: BTreeSet<String>,
    /// What they were called.
    #[serde(default)]
    names: BTreeSet<String>,
    /// What they were called and another is, or was: it tells of nobody.
    #[serde(default)]
    spared: BTreeSet<String>,
}

impl Traces {
    /// What tells of a contact and the addresses that are theirs alone. A name that is also one of `others`
    /// (an agent's, for instance), or that is a single word, is not looked for: it is too many people's.
    #[must_use]
    pub fn of(contact: &Contact, addresses: &[Address], others: &[String]) -> Self {
        let mut traces = Self::of_ids(contact);
        for address in addresses {
            traces.add_address(address);
        }
        for name in std::iter::once(&contact.name).chain(&contact.former_names) {
            traces.add_name(name, others);
        }
        traces
    }

    /// What is a contact's alone, besides addresses: their id and their e-mail addresses.
    #[must_use]
    pub fn of_ids(contact: &Contact) -> Self {
        let mut traces = Self::default();
        traces.add_word(contact.id.as_str());
        for email in &contact.emails {
            traces.add_word(email);
        }
        traces
    }

    /// Adds what tells of somebody who is the same person.
    pub fn extend(&mut self, more: Self) {
        self.words.extend(more.words);
        self.names.extend(more.names);
    }

    /// Adds a name the person went by, unless it is a single word, one of `others`, or spared.
    pub fn add_name(&mut self, name: &str, others: &[String]) {
        let name = name.trim();
        if is_telling(name, others) && !self.spared.contains(name) {
            self.names.insert(name.to_owned());
        }
    }

    /// Whether it is settled if a name tells of them.
    #[must_use]
    pub fn knows_name(&self, name: &str) -> bool {
        let name = name.trim();
        self.names.contains(name) || self.spared.contains(name)
    }

    /// Looks for a name no more, since it tells of somebody else too.
    pub fn spare(&mut self, name: &str) {
        let name = name.trim();
        self.names.remove(name);
        self.spared.insert(name.to_owned());
    }

    /// The names that are looked for.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// Adds an address that is nobody else's. The name of a sender is a word like others: it is looked for
    /// with its channel alone, and so is a short code.
    pub fn add_address(&mut self, address: &Address) {
        self.add_word(&address.to_string());
        self.words.extend(numbers::dialled(address.value()));
    }

    /// Adds an id, a name or an address.
    fn add_word(&mut self, word: &str) {
        let word = word.trim();
        if word.is_empty() {
            return;
        }
        // Rows hold documents, in which some characters are escaped.
        self.words.insert(escaped(word));
        self.words.insert(word.to_owned());
    }

    /// What is theirs alone.
    pub fn sure(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(String::as_str)
    }

    /// What is theirs alone, ready to be looked for: in what another customer wrote, nothing else counts.
    #[must_use]
    pub fn sure_words(&self) -> Words {
        Words::new(self.sure())
    }

    /// All of it, names too, ready to be looked for in what colleagues wrote.
    #[must_use]
    pub fn words(&self) -> Words {
        // Rows hold documents, in which some characters are escaped.
        let escaped: Vec<String> = self.names().map(escaped).collect();
        Words::new(self.sure().chain(self.names()).chain(escaped.iter().map(String::as_str)))
    }
}

/// A word as a JSON document holds it.
fn escaped(word: &str) -> String {
    let quoted = serde_json::to_string(word).unwrap_or_default();
    let inner = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inner.unwrap_or(&quoted).to_owned()
}

/// Whether a name may tell of one person: it has two words or more, and is not the name, or a part of the
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
    !is_number && words.len() >= TELLING_WORDS && letters >= TELLING_CHARS && !others.iter().any(is_anothers)
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
            assert!(traces().words().are_in_text(text), "{text}");
        }
    }

    #[test]
    fn longer_words_and_numbers_and_other_people_do_not_tell_of_them() {
        for text in [
            "",
            "c-7f3k2a9qx",
            "+141555501001",
            "4155550101",
            "x4155550100",
            "4155550100x",
            "555-0100",
            "415 555, 0100 and more text",
            "xjane@doe.example2 is longer",
            "Jane Doe",
            "info for all",
            "code 74454",
        ] {
            assert!(!traces().words().are_in_text(text), "{text}");
        }
    }

    #[test]
    fn a_name_that_is_short_or_an_agents_too_is_not_looked_for() {
        let others = ["Alice Doe".to_owned(), "support".to_owned()];
        for name in ["", "a", "%", ".*", "Zoë", "Alice", "Doe", "alice doe", "Support", "J D", "Scheherazade"]
            .into_iter()
            .chain(["+1 415 555 0100"])
        {
            assert!(!is_telling(name, &others), "{name}");
        }
        for name in ["Jane Doe", "Alice Doerr", "Zoë Ångström", "山田 太郎さん"] {
            assert!(is_telling(name, &others), "{name}");
        }
        let hostile = Contact::new(ContactId::new("c-1"), "a", Millis(0));
        assert!(!Traces::of(&hostile, &[], &others).words().are_in_text("a cat sat on a mat"));
    }

    #[test]
    fn a_name_that_is_spared_tells_of_nobody_and_is_not_looked_for_again() {
        let mut spared = traces();
        let name = "Jane \"JD\" Doe";
        assert!(spared.words().are_in_text(name) && !spared.sure_words().are_in_text(name));
        spared.spare(name);
        spared.add_name(name, &[]);
        assert!(!spared.words().are_in_text(name) && spared.knows_name(name));
        assert!(spared.words().are_in_text("415-555-0100") && spared.words().are_in_text("c-7f3k2a9q"));
    }

    #[test]
    fn hostile_texts_are_read_in_time() {
        let traces = traces().words();
        assert!(!traces.are_in_text(&"1 ".repeat(500_000)));
        assert!(!traces.are_in_text(&"c-7f3k2a9".repeat(100_000)));
        assert!(traces.are_in_text(&format!("{}\u{202e}+14155550100", "é".repeat(100_000))));
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
