//! Transcripts in pages that an event can hold whole, so that every line can be read to its end on one of
//! them.

use super::PastLine;
use crate::domain::text::sanitize;

/// How many lines a page has, at most.
const LINES: usize = 50;
/// The longest piece of a text in one notice, in bytes. No template cuts it.
pub const PIECE_BYTES: usize = 4_000;
/// The most that the lines of a page weigh.
const PAGE_BYTES: usize = 40 * 1024;
/// The weight of a line besides its words: its time, its marks, and its kind.
const LINE_BYTES: usize = 200;

/// The pages of a transcript, at least one. A long line is split into several, also across pages.
#[must_use]
pub fn pages(lines: impl IntoIterator<Item = PastLine>) -> Vec<Vec<PastLine>> {
    let (mut pages, mut weight) = (vec![vec![]], 0);
    for line in lines.into_iter().flat_map(|line| pieces(&line)) {
        let more = LINE_BYTES + weigh(&line.by) + weigh(&line.text) + weigh_change(&line);
        let is_full = |page: &Vec<PastLine>| page.len() == LINES || weight + more > PAGE_BYTES;
        if pages.last().is_none_or(|page| !page.is_empty() && is_full(page)) {
            pages.push(vec![]);
            weight = 0;
        }
        weight += more;
        if let Some(page) = pages.last_mut() {
            page.push(line);
        }
    }
    pages
}

/// The last lines of a transcript, as many as one event holds, oldest first; and whether there are more
/// before them.
#[must_use]
pub fn newest(lines: impl DoubleEndedIterator<Item = PastLine>) -> (Vec<PastLine>, bool) {
    let (mut kept, mut weight) = (vec![], 0);
    for line in lines.rev().flat_map(|line| pieces(&line).into_iter().rev()) {
        weight += LINE_BYTES + weigh(&line.by) + weigh(&line.text) + weigh_change(&line);
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
