//! The terminal on which the story is told: the phone on the left, the agent's Matrix client on the right.
//!
//! 80 columns are enough. Colour is a help and never the only sign of anything.

use std::io::{self, Write};

use icu_properties::props::{EastAsianWidth, EnumeratedProperty as _, GeneralCategory};

/// Columns of the whole screen, and of the phone's side of it.
const WIDTH: usize = 80;
const PHONE_WIDTH: usize = 30;
/// Columns of the client's side, behind the line between the two.
const CLIENT_WIDTH: usize = WIDTH - PHONE_WIDTH - DIVIDER_WIDTH;
const DIVIDER: &str = " │ ";
const DIVIDER_WIDTH: usize = 3;
/// How far the second and later lines of something said are moved in.
const INDENT: usize = 2;

/// Whose words something is, which decides its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Voice {
    /// The contact at the phone.
    Contact,
    /// The agent.
    Agent,
    /// The bot, the provider, and what clients show beside messages.
    Machine,
    /// Something that names a place.
    Place,
}

impl Voice {
    /// The ANSI code of its colour.
    fn code(self) -> &'static str {
        match self {
            Self::Contact => "36",
            Self::Agent => "32",
            Self::Machine => "2",
            Self::Place => "1",
        }
    }
}

/// The terminal, or whatever stands for it.
pub(super) struct Screen<W> {
    out: W,
    colour: bool,
}

impl<W: Write> Screen<W> {
    /// Writes to `out`, in colour if wanted.
    pub(super) fn new(out: W, colour: bool) -> Self {
        Self { out, colour }
    }

    /// A line across the whole width; a long one is broken between words, beside a leading number.
    pub(super) fn line(&mut self, text: &str) -> io::Result<()> {
        for line in wrap(text, WIDTH, number_width(text)) {
            writeln!(self.out, "{line}")?;
        }
        self.out.flush()
    }

    /// Something as it is, however long.
    pub(super) fn raw(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{text}")?;
        self.out.flush()
    }

    /// What happens next, as a line of its own.
    pub(super) fn step(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out)?;
        for line in wrap(text, WIDTH, number_width(text)) {
            let line = self.dyed(&line, "1");
            writeln!(self.out, "{line}")?;
        }
        writeln!(self.out)?;
        self.out.flush()
    }

    /// The heads of the two sides.
    pub(super) fn heads(&mut self, phone: &str, client: &str) -> io::Result<()> {
        let phone = padded(phone, PHONE_WIDTH);
        let (phone, client) = (self.dyed(&phone, "1"), self.dyed(client, "1"));
        writeln!(self.out, "\n{phone}{DIVIDER}{client}")?;
        writeln!(self.out, "{}┼{}", "─".repeat(PHONE_WIDTH + 1), "─".repeat(CLIENT_WIDTH + 1))?;
        self.out.flush()
    }

    /// Something on the phone.
    pub(super) fn phone(&mut self, voice: Voice, text: &str) -> io::Result<()> {
        for line in wrap(text, PHONE_WIDTH, INDENT) {
            let line = self.dyed(&padded(&line, PHONE_WIDTH), voice.code());
            writeln!(self.out, "{line}{}", DIVIDER.trim_end())?;
        }
        self.out.flush()
    }

    /// Something in the agent's client.
    pub(super) fn client(&mut self, voice: Voice, text: &str) -> io::Result<()> {
        for line in wrap(text, CLIENT_WIDTH, INDENT) {
            let line = self.dyed(&line, voice.code());
            writeln!(self.out, "{}{DIVIDER}{line}", " ".repeat(PHONE_WIDTH))?;
        }
        self.out.flush()
    }

    fn dyed(&self, text: &str, code: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// Columns of the number that a text begins with, as in `1. `; zero if it does not.
fn number_width(text: &str) -> usize {
    let number = text.split_once(". ").map_or("", |(number, _)| number);
    if !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) { number.len() + 2 } else { 0 }
}

/// Breaks text between words into lines of at most `width` columns; all but the first are moved in by
/// `indent`.
fn wrap(text: &str, width: usize, indent: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let first = if lines.is_empty() { "" } else { &" ".repeat(indent) };
        let mut line = first.to_owned();
        let mut is_empty = true;
        for word in paragraph.split_whitespace().flat_map(|word| pieces(word, width - indent)) {
            if !is_empty && columns(&line) + 1 + columns(&word) > width {
                lines.push(std::mem::replace(&mut line, " ".repeat(indent)));
                is_empty = true;
            }
            if !is_empty {
                line.push(' ');
            }
            line.push_str(&word);
            is_empty = false;
        }
        lines.push(line);
    }
    if lines.is_empty() { vec![String::new()] } else { lines }
}

/// A word, cut where it is wider than a line.
fn pieces(word: &str, width: usize) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut used = 0;
    for c in word.chars() {
        if used + column(c) > width {
            pieces.push(String::new());
            used = 0;
        }
        if let Some(piece) = pieces.last_mut() {
            piece.push(c);
        }
        used += column(c);
    }
    pieces
}

fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(columns(text))))
}

/// How many columns a terminal gives to a text.
fn columns(text: &str) -> usize {
    text.chars().map(column).sum()
}

/// How many columns a terminal gives to a character: emoji and the scripts of East Asia two, marks none.
fn column(c: char) -> usize {
    match GeneralCategory::for_char(c) {
        GeneralCategory::NonspacingMark
        | GeneralCategory::EnclosingMark
        | GeneralCategory::Format
        | GeneralCategory::Control => 0,
        _ => match EastAsianWidth::for_char(c) {
            EastAsianWidth::Wide | EastAsianWidth::Fullwidth => 2,
            _ => 1,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(draw: impl Fn(&mut Screen<&mut Vec<u8>>) -> io::Result<()>, colour: bool) -> String {
        let mut out = Vec::new();
        draw(&mut Screen::new(&mut out, colour)).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn nothing_is_wider_than_80_columns_and_the_line_between_the_sides_stays_straight() {
        let text = "Where is my order? 🙂🎉 شكرًا جزيلًا لكم على كل شيء 注文はどこですか https://shop.test/a/very/long/address/that/has/no/space";
        let both = drawn(
            |screen| {
                screen.phone(Voice::Contact, text)?;
                screen.client(Voice::Agent, text)?;
                screen.step(text)
            },
            false,
        );
        assert!(both.lines().all(|line| columns(line) <= WIDTH), "{both}");
        let divided: Vec<&str> = both.lines().filter(|line| line.contains('│')).collect();
        assert!(divided.len() > 8);
        for line in divided {
            let (left, _) = line.split_once('│').unwrap();
            assert_eq!(columns(left), PHONE_WIDTH + 1, "{line}");
        }
        let spoken: String =
            both.lines().filter_map(|line| line.split_once(" │")).map(|(left, _)| left).collect();
        assert_eq!(
            spoken.split_whitespace().collect::<String>().len(),
            text.split_whitespace().collect::<String>().len()
        );
    }

    #[test]
    fn lines_of_a_text_stay_lines() {
        let drawn = drawn(|screen| screen.client(Voice::Machine, "Bot: one\n\ntwo"), false);
        let lines: Vec<&str> = drawn.lines().map(|line| line.split_once("│").unwrap().1.trim_end()).collect();
        assert_eq!(lines, [" Bot: one", "", "   two"]);
    }

    #[test]
    fn there_is_colour_only_where_it_is_wanted() {
        assert!(!drawn(|screen| screen.phone(Voice::Contact, "hi"), false).contains('\x1b'));
        assert!(drawn(|screen| screen.phone(Voice::Contact, "hi"), true).contains("\x1b[36mhi"));
    }
}
