//! What is shown of a cell.

/// How much of it, in characters.
const CHARS: usize = 40;

/// A cell that is wrong, so that it can be found: its beginning, with nothing in it that a terminal obeys.
pub(super) fn quoted(cell: &str) -> String {
    let mut shown = String::from("“");
    for (at, c) in cell.chars().enumerate() {
        if at == CHARS {
            shown.push('…');
            break;
        }
        match c {
            '"' | '\'' | '\\' => shown.push(c),
            c => shown.extend(c.escape_debug()),
        }
    }
    shown.push('”');
    shown
}
