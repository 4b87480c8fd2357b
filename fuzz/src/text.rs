//! What a contact wrote: what is shown of it hides nothing, and what is found in it stands there.

use switchroom::domain::address::e164;
use switchroom::domain::text::keywords::{Keywords, may_be};
use switchroom::domain::text::links::{Action, MAX_ACTIONS, MAX_WARNINGS, actions, warnings};
use switchroom::domain::text::masked::{Desk, hidden};
use switchroom::domain::text::phrases::wants_to_be_left_alone;
use switchroom::domain::text::sanitize::{cut, from_contact, name, one_line, pieces};
use switchroom::domain::text::words::words;

pub(crate) fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let clean = from_contact(&text);
    assert_eq!(from_contact(&clean), clean);
    assert!(!clean.contains(|c: char| c.is_control() && c != '\n' && c != '\t'));
    assert!(!clean.contains(['\u{202a}', '\u{202b}', '\u{202d}', '\u{202e}', '\u{2066}', '\u{2067}']));
    let line = one_line(&text);
    assert!(one_line(&line) == line && !line.contains('\n'), "{line}");
    assert_eq!(name(&name(&text)), name(&text));
    for most in [1, 7, 100] {
        assert!(cut(&text, most).chars().count() <= most);
        let pieces = pieces(&text, most);
        assert_eq!(pieces.concat(), text);
        assert!(pieces.iter().all(|piece| piece.len() <= most.max(4)));
    }
    let warnings = warnings(&clean);
    assert!(warnings.len() <= MAX_WARNINGS && warnings.iter().all(|warning| clean.contains(&warning.url)));
    let actions = actions(&clean, "US");
    assert!(actions.len() <= MAX_ACTIONS);
    for action in actions {
        match action {
            Action::Call(number) => assert_eq!(e164(&number), Ok(()), "{number}"),
            Action::Email(address) => assert!(clean.contains(&address) && address.contains('@'), "{address}"),
        }
    }
    let masked = hidden(&clean, Desk { ours: &[], country: "US" });
    for (at, _) in masked.match_indices('+') {
        let digits = masked[at + 1..].chars().take_while(char::is_ascii_digit).count();
        assert!(digits < 7, "a number stands in {masked}");
    }
    assert!(Keywords::default().keyword(&clean).is_none() || may_be(&clean));
    assert!(words(&clean).all(|word| !word.is_empty()));
    let _ = wants_to_be_left_alone(&clean);
}
