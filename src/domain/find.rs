//! Whom or what people mean by what they type: an id, a name, the beginning of one, or something close to it.

/// Something that can be meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its id, which nothing else has.
    pub id: String,
    /// What else it goes by: a name, a Matrix id, a number.
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

/// Finds what is meant, in any case. What fits best counts alone: an id or name as it is, then the beginning of one or
/// of a word in it, then a misspelt one.
#[must_use]
pub fn find(typed: &str, candidates: &[Candidate]) -> Found {
    let typed = typed.trim().to_lowercase();
    if typed.is_empty() {
        return Found::Nothing;
    }
    let ways: [fn(&str, &str) -> bool; 3] = [|typed, name| typed == name, begins, resembles];
    if let Some(index) = candidates.iter().position(|candidate| candidate.id.to_lowercase() == typed) {
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

impl Candidate {
    fn all_names(&self) -> impl Iterator<Item = String> {
        std::iter::once(&self.id).chain(&self.names).map(|name| name.to_lowercase())
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

    proptest! {
        #[test]
        fn every_id_finds_its_own_and_nothing_panics(typed in any::<String>(), index in 0..4_usize) {
            let people = people();
            let _ = find(&typed, &people);
            prop_assert_eq!(find(&people[index].id, &people), Found::One(index));
        }
    }
}
