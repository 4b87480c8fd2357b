//! The values that can be filled into standard responses: one list, which never depends on who asks.
//!
//! | value | is |
//! | --- | --- |
//! | `contact.name`, `contact.first_name` | what the contact is called; missing while nobody has named them |
//! | `contact.number` | the address they write from |
//! | `contact.email` | their first e-mail address |
//! | `contact.language` | their language, a tag like `de` |
//! | `agent.name`, `agent.first_name` | who sends it |
//! | `queue.name` | the conversation's queue |
//! | `case.order`, `case["order no"]` | a value of the case data |
//! | `desk.number` | our number that the conversation is on |
//! | `desk.date`, `desk.time` | the day and the time in the desk's time zone: `2026-01-31`, `14:05` |
//! | `order` | a blank that the response asks for |

use std::fmt;

use crate::domain::case;

/// A value that can be filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Var {
    /// What the contact is called.
    ContactName,
    /// The first word of that.
    ContactFirstName,
    /// The address they write from.
    ContactNumber,
    /// Their first e-mail address.
    ContactEmail,
    /// Their language.
    ContactLanguage,
    /// What the agent is called.
    AgentName,
    /// The first word of that.
    AgentFirstName,
    /// The conversation's queue.
    QueueName,
    /// Our number that the conversation is on.
    DeskNumber,
    /// Today, where the desk is.
    DeskDate,
    /// The time of day there.
    DeskTime,
    /// A value of the case data, by its key.
    Case(String),
    /// A blank that the response asks for, by its name.
    Blank(String),
}

/// The values that there are always, by their names.
static FIXED: [(&str, &str, Var); 11] = [
    ("contact", "name", Var::ContactName),
    ("contact", "first_name", Var::ContactFirstName),
    ("contact", "number", Var::ContactNumber),
    ("contact", "email", Var::ContactEmail),
    ("contact", "language", Var::ContactLanguage),
    ("agent", "name", Var::AgentName),
    ("agent", "first_name", Var::AgentFirstName),
    ("queue", "name", Var::QueueName),
    ("desk", "number", Var::DeskNumber),
    ("desk", "date", Var::DeskDate),
    ("desk", "time", Var::DeskTime),
];
/// What case data is called.
const CASE: &str = "case";
/// What a blank cannot be called, because it means something else.
pub(super) const TAKEN: [&str; 13] =
    ["contact", "agent", "queue", "desk", CASE, "default", "true", "false", "none", "and", "or", "not", "in"];
/// How much of a name is said again, in characters.
const SHOWN: usize = 40;
/// So many wrong letters are taken for a slip.
const SLIPS: usize = 2;

/// A name as it is written in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Name<'t> {
    /// The word it begins with.
    pub(super) of: &'t str,
    /// What of it is meant.
    pub(super) key: Option<&'t str>,
}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_word = |key: &str| key.chars().all(|c| c.is_alphanumeric() || c == '_');
        match self.key {
            None => f.write_str(self.of),
            Some(key) if is_word(key) => write!(f, "{}.{key}", self.of),
            Some(key) => write!(f, "{}[\"{key}\"]", self.of),
        }
    }
}

/// What is filled in for values.
#[derive(Clone, Copy, Debug)]
pub struct Values<'v> {
    /// What the contact is called; nothing while nobody has named them.
    pub contact: Option<&'v str>,
    /// The address they write from, as people read it.
    pub number: &'v str,
    /// Their first e-mail address.
    pub email: Option<&'v str>,
    /// Their language.
    pub language: Option<&'v str>,
    /// What the agent is called; nothing where none sends it.
    pub agent: Option<&'v str>,
    /// The conversation's queue.
    pub queue: &'v str,
    /// Its case data.
    pub case: &'v [(String, String)],
    /// Our number.
    pub ours: &'v str,
    /// Today, where the desk is.
    pub date: &'v str,
    /// The time of day there.
    pub time: &'v str,
    /// What was answered for blanks.
    pub blanks: &'v [(String, String)],
}

impl Values<'_> {
    /// A value; nothing if it is missing.
    #[must_use]
    pub fn of(&self, var: &Var) -> Option<String> {
        let first = |name: &str| name.split_whitespace().next().map(str::to_owned);
        match var {
            Var::ContactName => self.contact.map(str::to_owned),
            Var::ContactFirstName => self.contact.and_then(first),
            Var::ContactNumber => Some(self.number.to_owned()),
            Var::ContactEmail => self.email.map(str::to_owned),
            Var::ContactLanguage => self.language.map(str::to_owned),
            Var::AgentName => self.agent.map(str::to_owned),
            Var::AgentFirstName => self.agent.and_then(first),
            Var::QueueName => Some(self.queue.to_owned()),
            Var::DeskNumber => Some(self.ours.to_owned()),
            Var::DeskDate => Some(self.date.to_owned()),
            Var::DeskTime => Some(self.time.to_owned()),
            Var::Case(key) => {
                let is = |(known, _): &&(String, String)| known.to_lowercase() == key.to_lowercase();
                self.case.iter().find(is).map(|(_, value)| case::shown(value))
            }
            Var::Blank(name) => {
                self.blanks.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
            }
        }
    }
}

impl Var {
    /// The command that gives the value, without the prefix; nothing for one that is never missing.
    #[must_use]
    pub fn given_by(&self) -> Option<String> {
        Some(match self {
            Self::ContactName | Self::ContactFirstName => "contact set name <name>".to_owned(),
            Self::ContactEmail => "contact set email <address>".to_owned(),
            Self::ContactLanguage => "contact set language <tag>".to_owned(),
            Self::Case(key) if key.contains(char::is_whitespace) => format!("case set \"{key}\" <value>"),
            Self::Case(key) => format!("case set {key} <value>"),
            Self::ContactNumber
            | Self::AgentName
            | Self::AgentFirstName
            | Self::QueueName
            | Self::DeskNumber
            | Self::DeskDate
            | Self::DeskTime
            | Self::Blank(_) => return None,
        })
    }
}

impl fmt::Display for Var {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Case(key) => Name { of: CASE, key: Some(key) }.fmt(f),
            Self::Blank(name) => f.write_str(name),
            fixed => match FIXED.iter().find(|(_, _, var)| var == fixed) {
                Some((of, key, _)) => write!(f, "{of}.{key}"),
                None => Ok(()),
            },
        }
    }
}

/// The value of a name; else what would be right, as the end of a sentence.
pub(super) fn named(name: &Name<'_>, blanks: &[String]) -> Result<Var, String> {
    match name.key {
        Some(key) if name.of == CASE && !key.trim().is_empty() => {
            return Ok(Var::Case(key.trim().to_owned()));
        }
        None if blanks.iter().any(|blank| blank == name.of) => return Ok(Var::Blank(name.of.to_owned())),
        _ => {}
    }
    let is = |(of, key, _): &&(&str, &str, Var)| *of == name.of && Some(*key) == name.key;
    FIXED.iter().find(is).map(|(_, _, var)| var.clone()).ok_or_else(|| instead_of(name, blanks))
}

/// Whether a blank can have this name, if it means nothing else: a letter, then a-z, 0-9 and _.
pub(super) fn is_blank(name: &str) -> bool {
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(is_word)
}

/// What would be right in place of a name that means nothing, and how a name alone becomes a blank.
fn instead_of(name: &Name<'_>, blanks: &[String]) -> String {
    let known = known_instead_of(name, blanks);
    if name.key.is_some() || !is_blank(name.of) || name.of.len() > SHOWN || TAKEN.contains(&name.of) {
        return known;
    }
    let known = if known.ends_with('?') { known } else { format!("{known}.") };
    format!("{known} To have the agent asked for {}, name it in ask first", name.of)
}

/// What would be right among what there is.
fn known_instead_of(name: &Name<'_>, blanks: &[String]) -> String {
    let typed = match name.key {
        Some(key) => format!("{}.{key}", name.of),
        None => name.of.to_owned(),
    };
    let known: Vec<String> =
        FIXED.iter().map(|(of, key, _)| format!("{of}.{key}")).chain(blanks.iter().cloned()).collect();
    let distance = |known: &&String| strsim::damerau_levenshtein(known, &typed.to_lowercase());
    // Long nonsense is compared with nothing.
    let nearest = known.iter().filter(|_| typed.len() <= 64).min_by_key(distance);
    if let Some(nearest) = nearest.filter(|nearest| distance(nearest) <= SLIPS) {
        return format!("did you mean {{{{ {nearest} }}}}?");
    }
    let mut all: Vec<String> = known.iter().map(|known| format!("{{{{ {known} }}}}")).collect();
    all.push("{{ case.… }} with the key of case data".to_owned());
    format!("what can be filled in is {}", all.join(", "))
}

#[cfg(test)]
impl Values<'static> {
    /// Values of a contact whose name and language are known.
    pub(super) const OF_JANE: Self = Self {
        contact: Some("Jane Doe"),
        number: "+14155550100",
        email: None,
        language: Some("de"),
        agent: Some("Alice Roe"),
        queue: "support",
        case: &[],
        ours: "+15005550006",
        date: "2026-01-31",
        time: "14:05",
        blanks: &[],
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_goes_by_the_name_that_is_shown() {
        for (of, key, var) in &FIXED {
            assert_eq!(var.to_string(), format!("{of}.{key}"));
            assert_eq!(named(&Name { of, key: Some(key) }, &[]).as_ref(), Ok(var));
        }
        for (var, shown) in [
            (Var::Case("order".to_owned()), "case.order"),
            (Var::Case("order no".to_owned()), "case[\"order no\"]"),
            (Var::Blank("day".to_owned()), "day"),
        ] {
            assert_eq!(var.to_string(), shown);
        }
    }

    #[test]
    fn each_value_is_what_the_list_says() {
        let case = [("Order".to_owned(), "[4711](https://shop.example/4711)".to_owned())];
        let blanks = [("day".to_owned(), "Monday".to_owned())];
        let values = Values { case: &case, blanks: &blanks, ..Values::OF_JANE };
        for (var, value) in [
            (Var::ContactName, Some("Jane Doe")),
            (Var::ContactFirstName, Some("Jane")),
            (Var::ContactNumber, Some("+14155550100")),
            (Var::ContactEmail, None),
            (Var::ContactLanguage, Some("de")),
            (Var::AgentName, Some("Alice Roe")),
            (Var::AgentFirstName, Some("Alice")),
            (Var::QueueName, Some("support")),
            (Var::DeskNumber, Some("+15005550006")),
            (Var::DeskDate, Some("2026-01-31")),
            (Var::DeskTime, Some("14:05")),
            (Var::Case("order".to_owned()), Some("4711 · https://shop.example/4711")),
            (Var::Case("size".to_owned()), None),
            (Var::Blank("day".to_owned()), Some("Monday")),
        ] {
            assert_eq!(values.of(&var).as_deref(), value, "{var}");
        }
        let unnamed = Values { contact: None, ..Values::OF_JANE };
        assert_eq!((unnamed.of(&Var::ContactName), unnamed.of(&Var::ContactFirstName)), (None, None));
    }

    #[test]
    fn whatever_can_be_missing_says_how_it_is_given() {
        let given = |var: Var| var.given_by().unwrap();
        assert_eq!(given(Var::ContactFirstName), "contact set name <name>");
        assert_eq!(given(Var::Case("order".to_owned())), "case set order <value>");
        assert_eq!(given(Var::Case("order no".to_owned())), "case set \"order no\" <value>");
        assert_eq!(Var::AgentName.given_by(), None);
    }
}
