//! Transcripts in pages that an event can hold whole, so that every line can be read to its end on one of
//! them.

use super::PastLine;
use crate::domain::text::sanitize;

/// How many lines a page has, at most.
pub const LINES: usize = 50;
/// The longest piece of a text in one notice, in bytes. No template cuts it.
pub const PIECE_BYTES: usize = 4_000;
/// The most that the lines of a page weigh.
const PAGE_BYTES: usize = 40 * 1024;
/// The weight of a line besides its words: its time, its marks, and its kind.
const LINE_BYTES: usize = 200;

/// Where a page begins: at which of some lines, from 0, and at which of its pieces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Begin {
    /// The line.
    pub line: usize,
    /// The piece of it.
    pub piece: usize,
}

/// A page of these lines of a transcript, from a place on, and where the next one begins, if there is one. A
/// long line is split into several, also across pages. It never takes more than [`LINES`] lines.
#[must_use]
pub fn page(lines: impl IntoIterator<Item = PastLine>, from: Begin) -> (Vec<PastLine>, Option<Begin>) {
    let (mut page, mut weight) = (vec![], 0);
    for (line, whole) in lines.into_iter().enumerate().skip(from.line) {
        let skipped = if line == from.line { from.piece } else { 0 };
        for (piece, said) in pieces(&whole).into_iter().enumerate().skip(skipped) {
            let more = weigh_line(&said);
            if page.len() == LINES || !page.is_empty() && weight + more > PAGE_BYTES {
                return (page, Some(Begin { line, piece }));
            }
            weight += more;
            page.push(said);
        }
    }
    (page, None)
}

/// The pages of a whole transcript, at least one.
#[must_use]
pub fn pages(lines: &[PastLine]) -> Vec<Vec<PastLine>> {
    let (mut pages, mut next) = (vec![], Some(Begin::default()));
    while let Some(from) = next {
        let (lines, behind) = page(lines.iter().cloned(), from);
        pages.push(lines);
        next = behind;
    }
    pages
}

/// The last lines of a transcript, as many as one event holds, oldest first; and whether there are more
/// before them.
#[must_use]
pub fn newest(lines: impl DoubleEndedIterator<Item = PastLine>) -> (Vec<PastLine>, bool) {
    let (mut kept, mut weight) = (vec![], 0);
    for line in lines.rev().flat_map(|line| pieces(&line).into_iter().rev()) {
        weight += weigh_line(&line);
        if kept.len() == LINES || weight > PAGE_BYTES {
            kept.reverse();
            return (kept, true);
        }
        kept.push(line);
    }
    kept.reverse();
    (kept, false)
}

fn pieces(line: &PastLine) -> Vec<PastLine> {
    let pieces = sanitize::pieces(&line.text, PIECE_BYTES);
    pieces.into_iter().map(|text| PastLine { text: text.to_owned(), ..line.clone() }).collect()
}

/// The most bytes of an event that a line takes.
fn weigh_line(line: &PastLine) -> usize {
    LINE_BYTES + weigh(&line.by) + weigh(&line.text) + weigh_change(line)
}

/// The most bytes of an event that a story line takes.
fn weigh_change(line: &PastLine) -> usize {
    line.change.as_ref().and_then(|change| serde_json::to_string(change).ok()).map_or(0, |json| weigh(&json))
}

/// The bytes of an event that a text takes: it is there as plain text and as HTML, both within JSON.
fn weigh(text: &str) -> usize {
    let weight = |c: char| match c {
        '"' => 8,
        '&' | '<' | '>' | '\'' => 7,
        '\\' => 4,
        c => 2 * c.len_utf8(),
    };
    text.chars().map(weight).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Millis;

    fn line(at: i64, text: &str) -> PastLine {
        let (kind, by, text) = ("contact".to_owned(), "Jane".to_owned(), text.to_owned());
        PastLine { at: Millis(at), kind, by, text, change: None }
    }

    #[test]
    fn a_page_goes_on_where_the_one_before_ended_whatever_is_read_at_a_time() {
        let long = "ж".repeat(60_000);
        let all: Vec<PastLine> =
            (0..260).map(|at| line(at, if at % 100 == 7 { &long } else { "hi" })).collect();
        let whole = pages(&all);
        assert!(whole.len() > 6 && whole.iter().all(|page| page.len() <= LINES));
        // Only as many lines are read as a page can hold, and one more.
        let (mut read, mut at, mut piece) = (vec![], 0, 0);
        loop {
            let some = all[at..].iter().take(LINES + 1).cloned();
            let (lines, next) = page(some, Begin { line: 0, piece });
            read.push(lines);
            let Some(next) = next else { break };
            (at, piece) = (at + next.line, next.piece);
        }
        assert_eq!(read, whole);
        let said: String =
            read.concat().iter().filter(|line| line.at.0 == 7).map(|line| &*line.text).collect();
        assert_eq!(said, long);
        assert_eq!(page([], Begin::default()), (vec![], None));
    }

    #[test]
    fn the_newest_lines_are_those_one_event_holds_and_it_is_told_whether_there_are_more() {
        let all: Vec<PastLine> = (0..120).map(|at| line(at, "hi")).collect();
        let (kept, more) = newest(all.iter().cloned());
        assert_eq!((kept.first().unwrap().at.0, kept.last().unwrap().at.0, more), (70, 119, true));
        assert_eq!(newest(all[..3].iter().cloned()), (all[..3].to_vec(), false));
        // Weight counts too, and a long line is kept with its end.
        let (kept, more) = newest([line(1, "first"), line(2, &"ж".repeat(40_000))].into_iter());
        let bytes: usize = kept.iter().map(|line| weigh(&line.text)).sum();
        assert!(more && bytes <= PAGE_BYTES && kept.len() > 1 && kept.iter().all(|line| line.at.0 == 2));
        assert_eq!(newest(std::iter::empty()), (vec![], false));
    }
}
