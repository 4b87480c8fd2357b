//! Names in a text, `{{ like.this }}`, that are filled in when it is sent.
//!
//! A text is filled in inside a commit, so it can only name values: no loops, no conditions, no sums. The
//! result cannot grow beyond what the text shows. A sentence that names what nobody knows is left out.

/// The longest text, before it is filled in and after, in characters.
pub(super) const LONGEST: usize = 4_000;
/// How much of an unknown name is shown, in characters.
const SHOWN: usize = 40;

/// Why a text cannot be filled in, as the rest of a sentence that begins with the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfilled {
    /// There is too much of it.
    #[error("is longer than {LONGEST} characters")]
    TooLong,
    /// A name that does not end.
    #[error("has {{{{ and no }}}} after it")]
    Open,
    /// Something that other templates know.
    #[error("has {0}; there are only names, like {{{{ contact.name }}}}")]
    NoName(&'static str),
    /// A name of something else.
    #[error("names {{{{ {name} }}}}; what can be filled in is {known}")]
    Unknown {
        /// The name that cannot be filled in.
        name: String,
        /// Those that can be filled in.
        known: String,
    },
}

/// Fills the name of a call into the link that leads to it: `{{ room }}`.
///
/// # Errors
/// [`Unfilled`].
pub fn call_link(text: &str, room: &str) -> Result<String, Unfilled> {
    filled(text, &[("room", room)])
}

/// Whether [`signed`] can fill in a text, for whomever it will be.
///
/// # Errors
/// [`Unfilled`].
pub fn check(text: &str) -> Result<(), Unfilled> {
    signed(text, ("", ""), "").map(drop)
}

/// Whether [`unsigned`] can fill in a text, for whomever it will be.
///
/// # Errors
/// [`Unfilled`].
pub fn check_unsigned(text: &str) -> Result<(), Unfilled> {
    unsigned(text, ("", "")).map(drop)
}

/// Fills the name and number of a contact, and the name of an agent, into a text.
///
/// # Errors
/// [`Unfilled`].
pub fn signed(text: &str, (contact, number): (&str, &str), agent: &str) -> Result<String, Unfilled> {
    let first_name = agent.split_whitespace().next().unwrap_or_default();
    let names = [
        ("contact.name", contact),
        ("contact.number", number),
        ("agent.name", agent),
        ("agent.first_name", first_name),
    ];
    filled(text, &names)
}

/// Fills the name and number of a contact into a text that no agent sends.
///
/// # Errors
/// [`Unfilled`].
pub fn unsigned(text: &str, (contact, number): (&str, &str)) -> Result<String, Unfilled> {
    filled(text, &[("contact.name", contact), ("contact.number", number)])
}

/// What a contact who waits may be told besides; nothing where it is not known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waits {
    /// How many in the queue come before them, themselves included.
    pub position: Option<String>,
    /// About how long it takes until somebody takes them.
    pub eta: Option<String>,
    /// When the queue opens.
    pub opens_at: Option<String>,
}

/// Whether [`waiting`] can fill in a text, for whomever it will be.
///
/// # Errors
/// [`Unfilled`].
pub fn check_waiting(text: &str) -> Result<(), Unfilled> {
    let known = || Some(String::new());
    waiting(text, ("", ""), &Waits { position: known(), eta: known(), opens_at: known() }).map(drop)
}

/// Whether a text names something of [`Waits`].
#[must_use]
pub fn names(text: &str, name: &str) -> bool {
    let named = |rest: &str| rest.split_once("}}").is_some_and(|(named, _)| named.trim() == name);
    text.split("{{").skip(1).any(named)
}

/// Fills the name and number of a contact, and what they may be told of their wait, into a text that no agent
/// sends. Each sentence that names what is not known is left out; perhaps nothing is left.
///
/// # Errors
/// [`Unfilled`].
pub fn waiting(text: &str, (contact, number): (&str, &str), waits: &Waits) -> Result<String, Unfilled> {
    let told = [("position", &waits.position), ("eta", &waits.eta), ("opens_at", &waits.opens_at)];
    let unknown = |sentence: &&str| told.iter().any(|(name, value)| value.is_none() && names(sentence, name));
    let left: String = sentences(text).into_iter().filter(|sentence| !unknown(sentence)).collect();
    let left = if left.len() == text.len() { left.as_str() } else { left.trim() };
    let [position, eta, opens_at] = told.map(|(_, value)| value.clone().unwrap_or_default());
    let names = [
        ("contact.name", contact),
        ("contact.number", number),
        ("position", position.as_str()),
        ("eta", eta.as_str()),
        ("opens_at", opens_at.as_str()),
    ];
    filled(left, &names)
}

/// The sentences of a text, each with the blanks behind it. One ends with its line, or where a mark and a
/// blank stand behind it, and what follows does not go on in lower case.
fn sentences(text: &str) -> Vec<&str> {
    let (mut sentences, mut begin) = (Vec::new(), 0);
    for (at, c) in text.char_indices() {
        let behind = at + c.len_utf8();
        let rest = &text[behind..];
        let next = rest.trim_start();
        let goes_on = next.starts_with(|c: char| c.is_lowercase() || c.is_numeric());
        let ends = ".!?…".contains(c) && next.len() < rest.len() && !goes_on;
        let end = if ends { text.len() - next.len() } else { behind };
        if (ends || c == '\n' || "。！？".contains(c)) && end > begin {
            sentences.push(&text[begin..end]);
            begin = end;
        }
    }
    sentences.extend(Some(&text[begin..]).filter(|rest| !rest.is_empty()));
    sentences
}

/// The text with each `{{ name }}` replaced once, so that what a name is may look like one. The line break
/// with which a block of YAML ends is none of the text.
fn filled(text: &str, names: &[(&str, &str)]) -> Result<String, Unfilled> {
    let mut rest = text.strip_suffix('\n').unwrap_or(text);
    short_enough(rest)?;
    let mut made = String::new();
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after.split_once("}}").ok_or(Unfilled::Open)?;
        made.push_str(plain(before)?);
        made.push_str(value(name.trim(), names)?);
        rest = after;
    }
    made.push_str(plain(rest)?);
    short_enough(&made)?;
    Ok(made)
}

fn short_enough(text: &str) -> Result<(), Unfilled> {
    if text.chars().count() > LONGEST { Err(Unfilled::TooLong) } else { Ok(()) }
}

/// What stands between names. Marks of other templates would be read by a contact as they stand.
fn plain(text: &str) -> Result<&str, Unfilled> {
    let mark = ["{%", "%}", "{#", "}}"].into_iter().find(|mark| text.contains(mark));
    mark.map_or(Ok(text), |mark| Err(Unfilled::NoName(mark)))
}

fn value<'n>(name: &str, names: &[(&str, &'n str)]) -> Result<&'n str, Unfilled> {
    if let Some((_, value)) = names.iter().find(|(known, _)| *known == name) {
        return Ok(value);
    }
    let known: Vec<String> = names.iter().map(|(known, _)| format!("{{{{ {known} }}}}")).collect();
    let name = name.chars().take(SHOWN).collect::<String>().escape_debug().to_string();
    Err(Unfilled::Unknown { name, known: known.join(", ") })
}
