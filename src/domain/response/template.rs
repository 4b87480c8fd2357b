//! The texts of standard responses: plain text with values in it, written as in minijinja,
//! `{{ contact.name | default("there") }}`.
//!
//! A text is filled in inside a commit, so it can only name values: no statements, no loops, no sums, and
//! `default` is the one filter. What comes of it cannot grow beyond what the text and the values show.

use super::vocabulary::{self, Var};
use crate::domain::text::sanitize;

/// The longest text, before it is filled in and after, in characters.
pub const LONGEST: usize = 4_000;
/// How much of what is wrong in a text is shown, in characters.
const SHOWN: usize = 40;
/// The only filter, with an example that can be copied.
const DEFAULT: &str = "default, as in {{ contact.name | default(\"there\") }}";
/// Pairs of opening and closing quotes; phones make curly ones of straight ones.
const QUOTES: [(char, char); 4] = [('"', '"'), ('\'', '\''), ('“', '”'), ('‘', '’')];

/// Why a text cannot be a template, as the rest of a sentence that begins with what it is the text of.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// There is too much of it.
    #[error("is longer than {LONGEST} characters")]
    TooLong,
    /// A value that does not end.
    #[error("has {{{{ and no }}}} after it")]
    Open,
    /// Something that other templates know.
    #[error("has {0}; there are only values, like {{{{ contact.name }}}}")]
    Statement(&'static str),
    /// Something that is no value.
    #[error(
        "has {{{{ {0} }}}}, which cannot be read; write a value like {{{{ contact.name }}}}, with or without | default(\"…\")"
    )]
    Unreadable(String),
    /// A value that there is not.
    #[error("names {{{{ {name} }}}}; {instead}")]
    Unknown {
        /// The name that was written.
        name: String,
        /// What would be right.
        instead: String,
    },
    /// A filter that there is not.
    #[error("uses the filter “{0}”; the only one is {DEFAULT}")]
    Filter(String),
}

/// A piece of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    /// Text as it stands.
    Plain(String),
    /// A value, and what stands there if there is none.
    Value { var: Var, fallback: Option<String> },
}

/// A text with values to be filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

/// A text that was filled in as far as possible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filled {
    /// The text; where a value is missing its name stands, like `‹case.order›`.
    pub text: String,
    /// The values that are missing, each once, in the order of the text.
    pub missing: Vec<Var>,
    /// The values in whose place nothing stands, because their fallback is empty.
    pub empty: Vec<Var>,
}

impl Template {
    /// Reads a template in which these blanks may be named beside the values there are always.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn read(text: &str, blanks: &[String]) -> Result<Self, Fault> {
        // The line break with which a block of YAML ends is none of the text.
        let mut rest = text.strip_suffix('\n').unwrap_or(text);
        if rest.chars().count() > LONGEST {
            return Err(Fault::TooLong);
        }
        let mut pieces = Vec::new();
        while let Some((before, after)) = rest.split_once("{{") {
            pieces.push(Piece::Plain(plain(before)?.to_owned()));
            let (inside, after) = expression(after).ok_or(Fault::Open)?;
            pieces.push(value(inside, blanks)?);
            rest = after;
        }
        pieces.push(Piece::Plain(plain(rest)?.to_owned()));
        Ok(Self(pieces))
    }

    /// The values it names, each as often as it does.
    pub fn names(&self) -> impl Iterator<Item = &Var> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Plain(_) => None,
            Piece::Value { var, .. } => Some(var),
        })
    }

    /// Fills it in, with what `value` says of each value. A value is one line, and never read as a template.
    ///
    /// # Errors
    /// [`Fault::TooLong`].
    pub fn fill(&self, value: impl Fn(&Var) -> Option<String>) -> Result<Filled, Fault> {
        let mut filled = Filled { text: String::new(), missing: vec![], empty: vec![] };
        for piece in &self.0 {
            match piece {
                Piece::Plain(text) => filled.text.push_str(text),
                Piece::Value { var, fallback } => {
                    let value = value(var).map(|value| sanitize::one_line(&value));
                    match (value.filter(|value| !value.is_empty()), fallback) {
                        (Some(value), _) => filled.text.push_str(&value),
                        (None, Some(fallback)) if fallback.is_empty() => {
                            if !filled.empty.contains(var) {
                                filled.empty.push(var.clone());
                            }
                        }
                        (None, Some(fallback)) => filled.text.push_str(fallback),
                        (None, None) => {
                            filled.text.extend(["‹", &var.to_string(), "›"]);
                            if !filled.missing.contains(var) {
                                filled.missing.push(var.clone());
                            }
                        }
                    }
                }
            }
        }
        if filled.text.chars().count() > LONGEST { Err(Fault::TooLong) } else { Ok(filled) }
    }
}

/// What stands between values. Marks of other templates would be read by a contact as they stand.
fn plain(text: &str) -> Result<&str, Fault> {
    let mark = ["{%", "%}", "{#", "}}"].into_iter().find(|mark| text.contains(mark));
    mark.map_or(Ok(text), |mark| Err(Fault::Statement(mark)))
}

/// What stands between `{{` and `}}`, and what follows. In quotes, `}}` is text.
fn expression(text: &str) -> Option<(&str, &str)> {
    let mut at = 0;
    while let Some(next) = text[at..].chars().next() {
        if text[at..].starts_with("}}") {
            return Some((&text[..at], &text[at + 2..]));
        }
        let inside = quoted(&text[at..]);
        at += inside.map_or(next.len_utf8(), |(_, rest)| text.len() - at - rest.len());
    }
    // A quote that nothing closes hides no end.
    text.split_once("}}")
}

/// The text in the quotes that another text begins with, and the rest.
fn quoted(text: &str) -> Option<(&str, &str)> {
    QUOTES.iter().find_map(|(open, close)| text.strip_prefix(*open)?.split_once(*close))
}

/// Reads what stands between the braces.
fn value(inside: &str, blanks: &[String]) -> Result<Piece, Fault> {
    let inside = inside.trim();
    let unreadable = || Fault::Unreadable(cut(inside));
    let (name, rest) = name(inside).ok_or_else(unreadable)?;
    let var = vocabulary::named(&name, blanks).map_err(|instead| {
        let name = cut(&name.to_string());
        Fault::Unknown { name, instead }
    })?;
    let rest = rest.trim();
    let Some(filter) = rest.strip_prefix('|') else {
        return if rest.is_empty() { Ok(Piece::Value { var, fallback: None }) } else { Err(unreadable()) };
    };
    let filter = filter.trim();
    let Some(argument) = filter.strip_prefix("default") else { return Err(Fault::Filter(cut(word(filter)))) };
    let argument = argument.trim_start();
    let Some(argument) = argument.strip_prefix('(') else { return Err(Fault::Filter(cut(word(filter)))) };
    let (fallback, rest) = quoted(argument.trim_start()).ok_or_else(unreadable)?;
    match rest.trim_start().strip_prefix(')').map(str::trim) {
        Some("") => {}
        Some(more) if more.starts_with('|') => {
            return Err(Fault::Filter(cut(word(more.trim_start_matches(['|', ' '])))));
        }
        Some(_) | None => return Err(unreadable()),
    }
    let fallback = sanitize::one_line(fallback);
    Ok(Piece::Value { var, fallback: Some(fallback) })
}

/// The name a text begins with, and the rest: `contact.name`, `order`, `case["order no"]`.
fn name(text: &str) -> Option<(vocabulary::Name<'_>, &str)> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let part = |text: &'_ str| text.find(|c| !is_part(c)).unwrap_or(text.len());
    let (first, rest) = text.split_at(part(text));
    if first.is_empty() {
        return None;
    }
    let behind = rest.trim_start();
    if let Some(after) = behind.strip_prefix('[') {
        let (key, after) = quoted(after.trim_start())?;
        let after = after.trim_start().strip_prefix(']')?;
        return Some((vocabulary::Name { of: first, key: Some(key) }, after));
    }
    let Some(after) = rest.strip_prefix('.') else {
        return Some((vocabulary::Name { of: first, key: None }, rest));
    };
    let (key, after) = after.split_at(part(after));
    (!key.is_empty()).then_some((vocabulary::Name { of: first, key: Some(key) }, after))
}

/// The word a text begins with.
fn word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    &text[..end]
}

/// As much of something as is shown, with nothing in it that disguises the rest.
fn cut(text: &str) -> String {
    text.chars()
        .take(SHOWN)
        .collect::<String>()
        .escape_debug()
        .to_string()
        .replace("\\\"", "\"")
        .replace("\\'", "'")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn blanks() -> Vec<String> {
        vec!["order".to_owned(), "day".to_owned()]
    }

    fn value_of(var: &Var) -> Option<String> {
        match var {
            Var::ContactName => Some("Jane {{ agent.name }}".to_owned()),
            Var::Case(key) if key == "order no" => Some("47\u{202e}11\n".to_owned()),
            Var::Blank(name) if name == "order" => Some("<b>4711</b>".to_owned()),
            _ => None,
        }
    }

    fn filled(text: &str) -> Filled {
        Template::read(text, &blanks()).unwrap().fill(value_of).unwrap()
    }

    #[test]
    fn values_are_filled_in_and_never_taken_for_templates() {
        for (text, made) in [
            ("Hello {{ contact.name }}!", "Hello Jane {{ agent.name }}!"),
            ("{{contact.name}}{{ order }}", "Jane {{ agent.name }}<b>4711</b>"),
            ("{{ case[\"order no\"] }} {{ case[ 'order no' ] }}", "4711 4711"),
            ("{{ contact.email | default(\"no }} mail\") }}", "no }} mail"),
            ("{{ contact.email|default('it\u{202e}s')}}", "its"),
            ("{{ contact.email | default(“there”) }}", "there"),
            ("{{ contact.name | default(\"there\") }}", "Jane {{ agent.name }}"),
            ("no values { } % 100 % {x} <b>\n\n", "no values { } % 100 % {x} <b>\n"),
            ("", ""),
        ] {
            assert_eq!(
                filled(text),
                Filled { text: made.to_owned(), missing: vec![], empty: vec![] },
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_missing_is_named_once_and_an_empty_fallback_is_one() {
        let filled = filled("{{ case.order }}, {{ day }}, {{ case.order }}{{ contact.email | default('') }}");
        assert_eq!(filled.text, "‹case.order›, ‹day›, ‹case.order›");
        assert_eq!(filled.missing, [Var::Case("order".to_owned()), Var::Blank("day".to_owned())]);
    }

    #[test]
    fn whatever_is_no_value_is_refused_with_what_would_be_right() {
        let bomb = "{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}";
        for (text, why) in [
            ("{{ contact.nmae }}", "names {{ contact.nmae }}; did you mean {{ contact.name }}?"),
            ("{{ contcat.name }}", "names {{ contcat.name }}; did you mean {{ contact.name }}?"),
            ("{{ ordr }}", "names {{ ordr }}; did you mean {{ order }}?"),
            (
                "{{ agent.password }}",
                "names {{ agent.password }}; what can be filled in is {{ contact.name }}",
            ),
            ("{{ contact.name | upper }}", "uses the filter “upper”; the only one is default"),
            ("{{ contact.name | default('x') | upper }}", "uses the filter “upper”"),
            ("{{ contact.name | default }}", "uses the filter “default”; the only one is default, as in"),
            ("{{ contact.name | default(order) }}", "has {{ contact.name | default(order) }}, which cannot"),
            ("{{ \"a\"|indent(999999999999) }}", "has {{ \"a\"|indent"),
            ("{{ contact.name * 100000000 }}", "has {{ contact.name * 100000000 }}"),
            ("{{ contact.name.first }}", "has {{ contact.name.first }}"),
            ("{{ case[order] }}", "has {{ case[order] }}"),
            ("{{ }}", "has {{  }}"),
            ("{{ a\u{202e}\nb", "has {{ and no }}"),
            ("{{ a\u{202e}\nb }}", r"names {{ a }}"),
            ("{{ \u{202e}\nb }}", r"has {{ \u{202e}\nb }}"),
            ("{{ contact.name | default(\"x }}", "has {{ contact.name | default(\"x }}"),
            (bomb, "has {%; there are only values"),
            ("{{ contact.name }} }}", "has }}"),
            ("{# never said #}", "has {#"),
        ] {
            let problem = Template::read(text, &blanks()).unwrap_err().to_string();
            assert!(problem.starts_with(why) && problem.len() < 500, "{text}: {problem}");
        }
    }

    #[test]
    fn neither_a_text_nor_what_it_makes_is_longer_than_anyone_reads() {
        let whole = "é".repeat(LONGEST);
        assert_eq!(filled(&whole).text, whole);
        assert_eq!(Template::read(&"x".repeat(1_000_000), &[]), Err(Fault::TooLong));
        assert_eq!(Template::read(&"{{".repeat(500_000), &[]), Err(Fault::TooLong));
        let names = "{{ contact.name }}".repeat(200);
        let template = Template::read(&names, &[]).unwrap();
        assert_eq!(template.fill(|_| Some("Jane".repeat(10))), Err(Fault::TooLong));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[{}a-z.|'\"“”() \\[\\]]{0,60}|\\PC{0,60}") {
            if let Ok(template) = Template::read(&text, &blanks()) {
                let filled = template.fill(|_| None).unwrap();
                prop_assert!(filled.text.chars().count() <= LONGEST);
            }
        }
    }
}
