//! Two contacts who are one person: what is moved to the one who stays, and how that is undone.

use serde::{Deserialize, Serialize};

use super::{Contact, MOST_ATTRIBUTES, MOST_EMAILS, NOTES_CHARS, same};
use crate::domain::address::Address;
use crate::domain::block::Block;

/// One contact became part of another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merge {
    /// The one who stays, as they were before.
    pub survivor: Contact,
    /// The other, as they were before.
    pub merged: Contact,
    /// The one who stays, as they were right after.
    pub united: Contact,
    /// The addresses that were moved.
    pub addresses: Vec<Address>,
    /// The addresses of others from which the other wrote, and the one who stays had not written yet.
    pub shares: Vec<Address>,
    /// Who of the two was blocked before.
    #[serde(default)]
    pub blocks: Blocks,
}

/// The blocks of two contacts, before they were merged or after a split.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blocks {
    /// That of the one who stays.
    pub survivor: Option<Block>,
    /// That of the other.
    pub merged: Option<Block>,
}

impl Blocks {
    /// The block of the one who stays once they are one: the one that ends last.
    #[must_use]
    pub fn united(&self) -> Option<&Block> {
        let end = |block: &Block| block.until.map_or(i64::MAX, |until| until.0);
        match (&self.survivor, &self.merged) {
            (Some(kept), Some(other)) if end(other) > end(kept) => Some(other),
            (Some(block), _) | (None, Some(block)) => Some(block),
            (None, None) => None,
        }
    }

    /// The blocks after a split, where the one who stayed is blocked like this `now`. Whoever was unblocked
    /// since the merge stays so, and whoever was blocked since stays blocked.
    #[must_use]
    pub fn split(&self, now: Option<&Block>) -> Self {
        if now == self.united() {
            return self.clone();
        }
        Self { survivor: now.cloned(), merged: self.merged.clone().filter(|_| now.is_some()) }
    }
}

/// A value that both have, and each another: that of the one who stays remains.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// The field: `name`, `language` or an attribute.
    pub field: String,
    /// What remains.
    pub kept: String,
    /// What does not.
    pub dropped: String,
}

/// What moves to the one who stays, beside addresses and conversations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// The name, where the one who stays has none but a number.
    pub name: Option<String>,
    /// E-mail addresses.
    pub emails: Vec<String>,
    /// The language.
    pub language: Option<String>,
    /// Attributes.
    pub attributes: Vec<(String, String)>,
    /// Notes.
    pub notes: String,
    /// What both have, and each another.
    pub differing: Vec<Difference>,
    /// What there is no room for: keys of attributes, e-mail addresses.
    pub left_out: Vec<String>,
}

/// What of a contact moves to another who stays.
#[must_use]
pub fn moved(survivor: &Contact, merged: &Contact) -> Moved {
    let mut moved = Moved::default();
    let mut differing = Vec::new();
    let mut differs = |field: &str, kept: &str, dropped: &str| {
        let (field, kept, dropped) = (field.to_owned(), kept.to_owned(), dropped.to_owned());
        differing.push(Difference { field, kept, dropped });
    };
    if survivor.is_nameless() && !merged.is_nameless() {
        moved.name = Some(merged.name.clone());
    } else if survivor.name != merged.name {
        differs("name", &survivor.name, &merged.name);
    }
    if let (Some(kept), Some(dropped)) = (&survivor.language, &merged.language)
        && kept != dropped
    {
        differs("language", kept, dropped);
    }
    let room = MOST_ATTRIBUTES.saturating_sub(survivor.attributes.len());
    for (key, value) in &merged.attributes {
        match survivor.attribute(key) {
            Some(kept) if kept == value => {}
            Some(kept) => differs(key, kept, value),
            None if moved.attributes.len() < room => moved.attributes.push((key.clone(), value.clone())),
            None => moved.left_out.push(key.clone()),
        }
    }
    let room = MOST_EMAILS.saturating_sub(survivor.emails.len());
    for email in &merged.emails {
        if survivor.emails.iter().any(|known| same(known, email)) {
            continue;
        }
        if moved.emails.len() < room { &mut moved.emails } else { &mut moved.left_out }.push(email.clone());
    }
    if survivor.language.is_none() {
        moved.language.clone_from(&merged.language);
    }
    if !merged.notes.is_empty() && survivor.notes != merged.notes {
        moved.notes.clone_from(&merged.notes);
    }
    moved.differing = differing;
    moved
}

/// The notes of two contacts are too long together for one: nothing of them is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotesTooLong {
    /// How long they are, in characters.
    pub characters: usize,
}

/// Makes one contact of two. What both have stays as the survivor has it, but that a name wins over a number;
/// nothing of the other is lost, since all of it is kept to be split again.
///
/// # Errors
/// [`NotesTooLong`], if their notes do not fit into one contact's.
pub fn merge(
    survivor: &Contact,
    merged: &Contact,
    addresses: Vec<Address>,
    shares: Vec<Address>,
) -> Result<Merge, NotesTooLong> {
    let moved = moved(survivor, merged);
    let mut united = survivor.clone();
    united.name = moved.name.unwrap_or(united.name);
    united.emails.extend(moved.emails);
    united.language = united.language.or(moved.language);
    united.attributes.extend(moved.attributes);
    if !moved.notes.is_empty() {
        let between = if united.notes.is_empty() { "" } else { "\n" };
        united.notes = format!("{}{between}{}", united.notes, moved.notes);
        let characters = united.notes.chars().count();
        if characters > NOTES_CHARS {
            return Err(NotesTooLong { characters });
        }
    }
    united.created_at = united.created_at.min(merged.created_at);
    let blocks = Blocks::default();
    Ok(Merge { survivor: survivor.clone(), merged: merged.clone(), united, addresses, shares, blocks })
}

impl Merge {
    /// The one who stayed, as they are after a split, and as they are `now`: what came from the other goes
    /// back to them, what was changed since then stays.
    #[must_use]
    pub fn split(&self, now: &Contact) -> Contact {
        let (before, united) = (&self.survivor, &self.united);
        let mut left = now.clone();
        left.emails.retain(|email| before.emails.contains(email) || !united.emails.contains(email));
        left.attributes.retain(|pair| before.attributes.contains(pair) || !united.attributes.contains(pair));
        if left.language == united.language {
            left.language.clone_from(&before.language);
        }
        if left.name == united.name {
            left.name.clone_from(&before.name);
        }
        if left.notes == united.notes {
            left.notes.clone_from(&before.notes);
        }
        left.created_at = before.created_at;
        left
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::clock::Millis;
    use crate::domain::ids::ContactId;

    fn contact(id: &str, name: &str, fields: &[(&str, &str)]) -> Contact {
        let mut contact = Contact::new(ContactId::new(id), name, Millis(0));
        for (field, value) in fields {
            contact.set(field, value).unwrap();
        }
        contact
    }

    fn pair(key: &str, value: &str) -> (String, String) {
        (key.to_owned(), value.to_owned())
    }

    #[test]
    fn the_survivor_keeps_what_they_have_and_gets_what_they_have_not() {
        let jane =
            contact("c-1", "Jane", &[("email", "jane@a.example"), ("tier", "gold"), ("note", "Has a dog.")]);
        let other = contact(
            "c-2",
            "J. Doe",
            &[
                ("email", "JANE@a.example"),
                ("email", "jane@b.example"),
                ("language", "de"),
                ("Tier", "silver"),
                ("order", "4711"),
                ("note", "Rings twice."),
            ],
        );
        let merge = merge(&jane, &other, vec![Address::sms("+14155550101")], vec![]).unwrap();
        assert_eq!(merge.united.name, "Jane");
        assert_eq!(merge.united.emails, ["jane@a.example", "jane@b.example"]);
        assert_eq!(merge.united.language.as_deref(), Some("de"));
        assert_eq!(merge.united.attributes, [pair("tier", "gold"), pair("order", "4711")]);
        assert_eq!(merge.united.notes, "Has a dog.\nRings twice.");
        let moved = moved(&jane, &other);
        let differs = |field: &str, kept: &str, dropped: &str| Difference {
            field: field.to_owned(),
            kept: kept.to_owned(),
            dropped: dropped.to_owned(),
        };
        assert_eq!(moved.differing, [differs("name", "Jane", "J. Doe"), differs("Tier", "gold", "silver")]);
        assert_eq!(merge.split(&merge.united), jane);
    }

    #[test]
    fn a_number_or_no_name_wins_over_no_name() {
        let named = contact("c-2", "Named Person", &[("city", "Rome")]);
        for nobody in ["+14155550901", "+1 415 555 0901", "whatsapp:+14155550901", "74454", "911", "unknown"]
        {
            let nobody = Contact::new(ContactId::new("c-1"), nobody, Millis(0));
            let merge = merge(&nobody, &named, vec![], vec![]).unwrap();
            assert_eq!((merge.united.name.as_str(), &merge.united.id), ("Named Person", &nobody.id));
            assert_eq!(moved(&nobody, &named).differing, []);
            assert_eq!(merge.split(&merge.united), nobody);
            assert_eq!(super::merge(&named, &nobody, vec![], vec![]).unwrap().united.name, "Named Person");
        }
        let [one, other] = ["+14155550901", "+14155550902"]
            .map(|number| Contact::new(ContactId::new("c-1"), number, Millis(0)));
        assert_eq!(merge(&one, &other, vec![], vec![]).unwrap().united.name, "+14155550901");
    }

    #[test]
    fn what_was_changed_after_a_merge_outlives_its_split() {
        let jane = contact("c-1", "Jane", &[("tier", "gold")]);
        let other = contact("c-2", "J. Doe", &[("order", "4711"), ("city", "Köln")]);
        let merge = merge(&jane, &other, vec![], vec![]).unwrap();
        let mut now = merge.united.clone();
        for (field, value) in
            [("name", "Jane Roe"), ("order", "4712"), ("email", "jane@a.example"), ("note", "New.")]
        {
            now.set(field, value).unwrap();
        }
        let left = merge.split(&now);
        assert_eq!((left.name.as_str(), left.notes.as_str()), ("Jane Roe", "New."));
        assert_eq!(left.attributes, [pair("tier", "gold"), pair("order", "4712")], "the city went back");
        assert_eq!(left.emails, ["jane@a.example"]);
    }

    #[test]
    fn notes_are_joined_whole_or_not_at_all() {
        let with = |id: &str, notes: &str| contact(id, "Jane", &[("note", notes)]);
        let first = "x".repeat(NOTES_CHARS - 4);
        let fits = merge(&with("c-1", &first), &with("c-2", "dog"), vec![], vec![]).unwrap();
        assert_eq!(fits.united.notes, format!("{first}\ndog"));
        let too_long = merge(&with("c-1", &first), &with("c-2", "dogs"), vec![], vec![]);
        assert_eq!(too_long, Err(NotesTooLong { characters: NOTES_CHARS + 1 }));
        let whole = "y".repeat(NOTES_CHARS);
        let (long, same) = (with("c-1", &whole), with("c-2", &whole));
        assert_eq!(merge(&long, &same, vec![], vec![]).unwrap().united.notes, whole, "once, not twice");
        let bare = contact("c-1", "Jane", &[]);
        assert_eq!(merge(&bare, &long, vec![], vec![]).unwrap().united.notes, whole);
    }

    fn block(until: Option<i64>, reason: &str) -> Block {
        let by = crate::domain::samples::agent_ref("alice");
        let (until, number) = (until.map(Millis), Address::sms("+14155550101"));
        Block { by, at: Millis(1), until, reason: reason.to_owned(), number }
    }

    #[test]
    fn of_two_blocks_the_one_that_ends_last_counts_and_a_split_gives_each_their_own() {
        let [short, long, good] = [block(Some(5), "a"), block(Some(9), "b"), block(None, "c")].map(Some);
        let blocks = |survivor: &Option<Block>, merged: &Option<Block>| Blocks {
            survivor: survivor.clone(),
            merged: merged.clone(),
        };
        for (survivor, merged, united) in [
            (&short, &long, &long),
            (&long, &short, &long),
            (&long, &good, &good),
            (&good, &long, &good),
            (&None, &short, &short),
            (&short, &None, &short),
            (&None, &None, &None),
        ] {
            let blocks = blocks(survivor, merged);
            assert_eq!(blocks.united(), united.as_ref());
            assert_eq!(blocks.split(united.as_ref()), blocks);
        }
        // Unblocked since, or blocked anew.
        let both = blocks(&short, &long);
        assert_eq!(both.split(None), Blocks::default());
        assert_eq!(both.split(good.as_ref()), blocks(&good, &long));
        assert_eq!(blocks(&None, &None).split(good.as_ref()), blocks(&good, &None));
    }

    fn any_contact(id: &'static str) -> impl Strategy<Value = Contact> {
        let field = "name|email|language|note|a|B|c|[a-z]{1,3}";
        let value = "[a-c]|de|en|[ab]@[ab]\\.example|\\PC{0,20}";
        (prop::collection::vec((field, value), 0..70), 0..2_i64).prop_map(move |(fields, at)| {
            let mut contact = Contact::new(ContactId::new(id), "Someone", Millis(at));
            for (field, value) in fields {
                let _ = contact.set(&field, &value);
            }
            contact
        })
    }

    proptest! {
        #[test]
        fn a_split_gives_back_exactly_what_was_merged(one in any_contact("c-1"), other in any_contact("c-2")) {
            let merge = merge(&one, &other, vec![], vec![]).unwrap();
            prop_assert_eq!(merge.split(&merge.united), one);
            prop_assert_eq!(&merge.merged, &other);
            prop_assert!(merge.united.attributes.len() <= MOST_ATTRIBUTES);
            prop_assert!(merge.united.emails.len() <= MOST_EMAILS);
            prop_assert!(merge.united.notes.chars().count() <= NOTES_CHARS);
            let kept: Merge = serde_json::from_str(&serde_json::to_string(&merge).unwrap()).unwrap();
            prop_assert_eq!(kept, merge);
        }
    }
}
