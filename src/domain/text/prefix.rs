//! Whether what an agent typed is a command, internal, or text for the contact.
//!
//! This is the door between a desk and a phone: whatever begins like a command never reaches the contact,
//! even if the prefix hides behind blanks, invisible characters or the full-width form that some keyboards
//! type.

use super::sanitize::{trim_unseen, trim_unseen_start};

/// What an agent typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Typed<'a> {
    /// A command: what follows the prefix, trimmed. The whole is one command; a line end in it belongs to the
    /// argument and never begins another.
    Command(&'a str),
    /// Text for the contact that begins like a command: `!!text` is `!text`, `//text` is `/text`.
    Escaped(String),
    /// A note among colleagues (`!-`), never sent.
    Internal,
    /// A single leading slash: most likely a command that the client does not know.
    SlashCommand,
    /// One word, `#word`: the name of a standard response, if there is one.
    LoneShortcut(&'a str),
    /// Text for the contact.
    Text,
}

/// Says what `body` is. `prefix` is the configured one; without one nothing is a command.
#[must_use]
pub fn classify<'a>(body: &'a str, prefix: &str) -> Typed<'a> {
    let typed = trim_unseen_start(body);
    if let Some(rest) = strip(typed, prefix) {
        return match rest {
            _ if strip(rest, prefix).is_some() => Typed::Escaped(rest.to_owned()),
            _ if strip(rest, "-").is_some() => Typed::Internal,
            _ => Typed::Command(trim_unseen(rest)),
        };
    }
    if let Some(rest) = typed.strip_prefix('/') {
        return if rest.starts_with('/') { Typed::Escaped(rest.to_owned()) } else { Typed::SlashCommand };
    }
    match strip(trim_unseen(typed), "#") {
        Some(word) if is_word(word) => Typed::LoneShortcut(word),
        _ => Typed::Text,
    }
}

/// What follows `prefix` in `text`, any character of it in its plain or full-width form.
fn strip<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let mut rest = text.chars();
    let same = prefix.chars().all(|p| rest.next().is_some_and(|c| c == p || Some(c) == full_width(p)));
    (same && !prefix.is_empty()).then_some(rest.as_str())
}

/// The full-width form of a visible ASCII character: `！` of `!`.
fn full_width(c: char) -> Option<char> {
    c.is_ascii_graphic().then(|| char::from_u32(u32::from(c) + 0xfee0)).flatten()
}

/// Whether `text` can be the name of a standard response.
fn is_word(text: &str) -> bool {
    text.starts_with(char::is_alphanumeric) && !text.contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_typed_is_told_apart() {
        use Typed::{Command, Internal, LoneShortcut, SlashCommand, Text};
        let escaped = |text: &str| Typed::Escaped(text.to_owned());
        let table = [
            ("hello", Text),
            ("", Text),
            (" \u{200b}\n", Text),
            ("hello !done", Text),
            ("1", Text),
            ("yes", Text),
            ("a/b", Text),
            ("!done", Command("done")),
            (" \n\t\u{a0}\u{3000}\u{200b}\u{feff}!done ", Command("done")),
            ("！done", Command("done")),
            ("! done", Command("done")),
            ("!\u{200b}\u{fe0f}done", Command("done")),
            ("!", Command("")),
            ("!1", Command("1")),
            ("!transfer bob he asks\n!done", Command("transfer bob he asks\n!done")),
            ("!\u{200b}!done", Command("!done")),
            ("!!done", escaped("!done")),
            ("  !！ wow", escaped("！ wow")),
            ("!!", escaped("!")),
            ("!!!- wow", escaped("!!- wow")),
            ("!- ask her first", Internal),
            ("！－ ask her first", Internal),
            ("!-", Internal),
            ("/shrug", SlashCommand),
            ("  /me waves", SlashCommand),
            ("/", SlashCommand),
            ("//etc/hosts", escaped("/etc/hosts")),
            ("#hello", LoneShortcut("hello")),
            (" #hello-2\u{200b}\n", LoneShortcut("hello-2")),
            ("＃hello", LoneShortcut("hello")),
            ("#1", LoneShortcut("1")),
            ("#hello there", Text),
            ("#", Text),
            ("##", Text),
            ("# heading", Text),
        ];
        for (body, typed) in table {
            assert_eq!(classify(body, "!"), typed, "{body:?}");
        }
    }

    #[test]
    fn the_prefix_is_the_configured_one() {
        assert_eq!(classify("sw:done", "sw:"), Typed::Command("done"));
        assert_eq!(classify("ｓw：done", "sw:"), Typed::Command("done"));
        assert_eq!(classify("sw:sw:done", "sw:"), Typed::Escaped("sw:done".to_owned()));
        assert_eq!(classify("sw:- note", "sw:"), Typed::Internal);
        assert_eq!(classify("!done", "sw:"), Typed::Text);
        assert_eq!(classify("/done", "/"), Typed::Command("done"));
        assert_eq!(classify("anything", ""), Typed::Text);
    }

    proptest! {
        #[test]
        fn nothing_that_begins_with_the_prefix_is_text(
            blanks in "[ \\t\\n\u{a0}\u{200b}\u{200f}\u{feff}\u{3000}]{0,4}", mark in "[!！]", rest in any::<String>()
        ) {
            let body = format!("{blanks}{mark}{rest}");
            let typed = classify(&body, "!");
            prop_assert!(matches!(typed, Typed::Command(_) | Typed::Escaped(_) | Typed::Internal));
        }

        #[test]
        fn anything_at_all_is_classified(body in any::<String>(), prefix in any::<String>()) {
            let _ = classify(&body, &prefix);
        }
    }
}
