//! Finds what people mean by what they type: an id, a name, the beginning of one, or something close to it.

/// Something that can be meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its id, which nothing else has.
    pub id: String,
    /// Its other names: a name, a Matrix id, a number.
    pub names: Vec<String>,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// This one, by its index.
    One(usize),
    /// Any of these, by their indices.
    Several(Vec<usize>),
    /// Nothing.
    Nothing,
}

/// Typing errors that are forgiven in a word of five letters and more.
const SLIPS: usize = 2;

/// Finds what is meant, in any case. Only the best kind of match counts: an exact id or name, then the
/// beginning of one or of a word in it, then a misspelt one.
#[must_use]
pub fn find(typed: &str, candidates: &[Candidate]) -> Found {
    let typed = folded(typed);
    if typed.is_empty() {
        return Found::Nothing;
    }
    let ways: [fn(&str, &str) -> bool; 3] = [|typed, name| typed == name, begins, resembles];
    if let Some(index) = candidates.iter().position(|candidate| folded(&candidate.id) == typed) {
        return Found::One(index);
    }
    for fits in ways {
        let fitting: Vec<usize> = candidates
            .iter()
            .enumerate()
            .filter(|(_, candidate)| candidate.all_names().any(|name| fits(&typed, &name)))
            .map(|(index, _)| index)
            .collect();
        match fitting.as_slice() {
            [] => {}
            [one] => return Found::One(*one),
            _ => return Found::Several(fitting),
        }
    }
    Found::Nothing
}

/// Whether two names are the same but for case and blanks.
#[must_use]
pub fn is_same_name(one: &str, other: &str) -> bool {
    folded(one) == folded(other)
}

fn folded(name: &str) -> String {
    name.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

/// The name of several words that a line begins with, and the rest: the longest that fits, in any case, with
/// any blanks between its words. Names of one word need no search.
#[must_use]
pub fn begins_with_name<'a, 'n>(
    line: &'a str,
    names: impl IntoIterator<Item = &'n str>,
) -> Option<(&'a str, &'a str)> {
    let line = line.trim_start();
    let ends = names.into_iter().filter_map(|name| end_of_name(line, name));
    ends.max().map(|end| (&line[..end], line[end..].trim_start()))
}

/// Where a name of several words ends, if a line begins with it.
fn end_of_name(line: &str, name: &str) -> Option<usize> {
    let mut words = line.split_whitespace();
    let mut last = None;
    let mut count = 0;
    for word in name.split_whitespace() {
        last = words.next().filter(|typed| typed.to_lowercase() == word.to_lowercase());
        last?;
        count += 1;
    }
    // Its words are pieces of the line.
    last.filter(|_| count > 1).map(|last| last.as_ptr() as usize - line.as_ptr() as usize + last.len())
}

impl Candidate {
    fn all_names(&self) -> impl Iterator<Item = String> {
        std::iter::once(&self.id).chain(&self.names).map(|name| folded(name))
    }
}

/// Whether `name`, or a word of it, begins with what was typed.
fn begins(typed: &str, name: &str) -> bool {
    name.starts_with(typed) || name.split(|c: char| !c.is_alphanumeric()).any(|word| word.starts_with(typed))
}

/// Whether what was typed may be a misspelt `name`, or a misspelt word of it.
fn resembles(typed: &str, name: &str) -> bool {
    let allowed = if typed.chars().count() >= 5 { SLIPS } else { 1 };
    let close = |word: &str| word.chars().count() > 2 && strsim::damerau_levenshtein(typed, word) <= allowed;
    typed.chars().count() > 2 && (close(name) || name.split_whitespace().any(close))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn people() -> Vec<Candidate> {
        [("alice", "Alice Doe"), ("bob", "Bob Roe"), ("bobby", "Roberta Doe"), ("carol", "Carol Ångström")]
            .map(|(id, name)| Candidate {
                id: id.to_owned(),
                names: vec![name.to_owned(), format!("@{id}:desk.test")],
            })
            .into()
    }

    #[test]
    fn what_fits_best_is_meant_and_several_that_fit_alike_are_listed() {
        use Found::{Nothing, One, Several};
        let table = [
            ("bob", One(1)),
            ("BOB", One(1)),
            ("@bobby:desk.test", One(2)),
            ("Bob Roe", One(1)),
            (" bob   ROE", One(1)),
            ("rober", One(2)),
            ("doe", Several(vec![0, 2])),
            ("ali", One(0)),
            ("alcie", One(0)),
            ("ångs", One(3)),
            ("caroll", One(3)),
            ("b", Several(vec![1, 2])),
            ("zed", Nothing),
            ("", Nothing),
            ("  ", Nothing),
        ];
        for (typed, found) in table {
            assert_eq!(find(typed, &people()), found, "{typed:?}");
        }
    }

    #[test]
    fn the_longest_name_that_a_line_begins_with_is_taken() {
        let names = ["Money", "Money back", "Money back later", "Needs a follow-up"];
        let table = [
            ("Money back", Some(("Money back", ""))),
            ("money  BACK, please", None),
            ("money  BACK please", Some(("money  BACK", "please"))),
            ("Money back later on", Some(("Money back later", "on"))),
            ("Money back laterally", Some(("Money back", "laterally"))),
            ("  needs a follow-up\tsoon ", Some(("needs a follow-up", "soon "))),
            ("Money", None),
            ("Money talks", None),
            ("", None),
        ];
        for (line, found) in table {
            assert_eq!(begins_with_name(line, names), found, "{line:?}");
        }
    }

    proptest! {
        #[test]
        fn a_name_is_found_before_anything(rest in any::<String>()) {
            let line = format!("Ångström  ΟΔΟΣ {rest}");
            let found = begins_with_name(&line, ["ångström οδοσ", "Ångström ΟΔΟΣ"]);
            prop_assert_eq!(found, Some(("Ångström  ΟΔΟΣ", rest.trim_start())));
        }

        #[test]
        fn every_id_finds_its_own_and_nothing_panics(typed in any::<String>(), index in 0..4_usize) {
            let people = people();
            let _ = find(&typed, &people);
            prop_assert_eq!(find(&people[index].id, &people), Found::One(index));
        }
    }
}
