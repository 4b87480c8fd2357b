//! What must hold for whatever bytes come from outside: one function for each of their readers, which panics
//! where it does not.
//!
//! The fuzzer runs them (`fuzz_targets`), and `tests/it/fuzz.rs` on each change, with the files of `seeds`
//! and variations of them.

mod card;
mod formatted;
mod link;
mod number;
mod people;
mod picture;
mod response;
mod segments;
mod text;
mod transaction;
mod type_of_file;
mod webhook;

/// Something that reads bytes from outside: its name, which is that of its folder in `seeds`, and what it
/// must hold.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: [Target; 12] = [
    ("card", card::run),
    ("formatted", formatted::run),
    ("link", link::run),
    ("number", number::run),
    ("people", people::run),
    ("picture", picture::run),
    ("response", response::run),
    ("segments", segments::run),
    ("text", text::run),
    ("transaction", transaction::run),
    ("type_of_file", type_of_file::run),
    ("webhook", webhook::run),
];

/// Runs the target of this name.
///
/// # Panics
/// If there is none, or if what it must hold does not.
pub fn run(name: &str, data: &[u8]) {
    let (_, run) = TARGETS.iter().find(|(known, _)| *known == name).expect("a target of this name");
    run(data);
}

/// What stands before a byte, and behind it; all of it and nothing where it is not there.
fn parted(data: &[u8], by: u8) -> (&[u8], &[u8]) {
    match data.iter().position(|byte| *byte == by) {
        Some(at) => (&data[..at], &data[at + 1..]),
        None => (data, &[]),
    }
}

/// The characters of a text that are no blanks.
fn without_blanks(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}
