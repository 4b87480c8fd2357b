//! What may be done once a response is on its way: commands, as their owner would type them.

use crate::domain::interaction::Disposition;

/// The commands that a response may run. They work on the conversation, and none of them sends anything to
/// the contact, so that no response leads to another.
pub const ACTIONS: [&str; 12] = [
    "case",
    "contact",
    "note",
    "tag",
    "untag",
    "priority",
    "disposition",
    "done",
    "hold",
    "snooze",
    "transfer",
    "consult",
];
/// The longest command, in characters.
const LONGEST: usize = 500;
/// So many wrong letters are taken for a slip.
const SLIPS: usize = 2;

/// Checks the name of a command.
///
/// # Errors
/// What is wrong with it, as the rest of a sentence that begins with the command.
pub(super) fn check(line: &str) -> Result<(), String> {
    if line.chars().count() > LONGEST {
        return Err(format!("is longer than {LONGEST} characters"));
    }
    if line.contains(['\n', '\r']) {
        return Err("is more than one line; write each command by itself".to_owned());
    }
    let typed = line.split_whitespace().next().unwrap_or_default();
    if ACTIONS.contains(&typed) {
        return Ok(());
    }
    let bare = typed.trim_start_matches(|c: char| !c.is_alphanumeric());
    if bare != typed && ACTIONS.contains(&bare) {
        return Err(format!("begins with a prefix; write it without one: {bare}"));
    }
    let distance = |known: &&&str| strsim::damerau_levenshtein(known, &typed.to_lowercase());
    let nearest = ACTIONS.iter().filter(|_| typed.len() <= 64).min_by_key(distance);
    Err(match nearest.filter(|nearest| distance(nearest) <= SLIPS) {
        Some(nearest) => format!("is no command that a response may run; did you mean {nearest}?"),
        None => format!("is no command that a response may run; there is {}", ACTIONS.join(", ")),
    })
}

/// The disposition a command closes with that is none of these: the one word behind it. Of more words, `done`
/// makes a note.
pub(super) fn unknown_disposition<'l>(line: &'l str, known: &[Disposition]) -> Option<&'l str> {
    let mut words = line.split_whitespace();
    let (command, word, more) = (words.next()?, words.next()?, words.next());
    let closes = command == "disposition" || command == "done" && more.is_none();
    if !closes || known.is_empty() || word.contains("{{") {
        return None;
    }
    let label = line.trim_start()[command.len()..].trim();
    let is = |item: &Disposition| {
        item.code.eq_ignore_ascii_case(word) || item.label.to_lowercase() == label.to_lowercase()
    };
    (!known.iter().any(is)).then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_closes_names_a_disposition_there_is() {
        let known = [("solved", "Solved"), ("back", "Call back")]
            .map(|(code, label)| Disposition { code: code.to_owned(), label: label.to_owned() });
        for line in [
            "done",
            "done Solved",
            "done sent a refund",
            "disposition call back",
            "disposition solved all is well",
            "done {{ how }}",
            "note nosuch",
        ] {
            assert_eq!(unknown_disposition(line, &known), None, "{line}");
        }
        assert_eq!(unknown_disposition("done  nosuch", &known), Some("nosuch"));
        assert_eq!(unknown_disposition("disposition nosuch it is", &known), Some("nosuch"));
        assert_eq!(unknown_disposition("done nosuch", &[]), None);
    }

    #[test]
    fn only_commands_that_work_on_the_conversation_may_follow() {
        for line in ["done", "done solved", "case set topic {{ topic }}", "note  they asked for a refund"] {
            assert_eq!(check(line), Ok(()), "{line}");
        }
        for (line, why) in [
            ("doen solved", "did you mean done?"),
            ("Done solved", "did you mean done?"),
            ("!done solved", "without one: done"),
            ("reply hello", "there is case, contact"),
            ("agent remove bob", "there is case"),
            ("1", "there is case"),
            ("", "there is case"),
            ("{{ topic }}", "there is case"),
            ("done\ncase", "more than one line"),
            (&"x".repeat(1_000_000), "longer than"),
        ] {
            let problem = check(line).unwrap_err();
            assert!(problem.contains(why) && problem.len() < 300, "{line}: {problem}");
        }
    }
}
