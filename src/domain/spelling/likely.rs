//! Which of the words that a dictionary suggests is likely meant.
//!
//! A dictionary suggests what differs by as little as one letter, in an order of its own: for “Teh” first
//! “Te”, and “The” as the twelfth. People see three suggestions, so those come first that differ by a slip
//! people often make: two letters changed round, or one of a pair left out or typed once too often.

/// What a slip costs.
type Cost = u32;

/// Letters changed round, or one of a pair too few or too many.
const COMMON: Cost = 5;
/// A letter left out.
const MISSING: Cost = 8;
/// A letter too many, or another.
const OTHER: Cost = 10;
/// The first letter is another: people seldom mistake that.
const FIRST: Cost = 6;
/// It falls into two words.
const SPLIT: Cost = 10;

/// Puts what is suggested for a word into order, the likeliest first; what is as likely stays in the order of
/// the dictionary.
pub fn order(typed: &str, suggested: &mut [String]) {
    let typed = letters(typed);
    suggested.sort_by_cached_key(|word| cost(&typed, &letters(word)));
}

fn letters(word: &str) -> Vec<char> {
    word.to_lowercase().chars().collect()
}

/// What it takes to have typed the one and meant the other: their distance, as
/// <https://en.wikipedia.org/wiki/Damerau%E2%80%93Levenshtein_distance> has it, with common slips the nearer.
fn cost(typed: &[char], meant: &[char]) -> Cost {
    let is_pair = |word: &[char], at: usize| at > 0 && word[at] == word[at - 1];
    // The costs between the beginnings of the two words, of so many letters each.
    let mut costs = vec![vec![0; meant.len() + 1]; typed.len() + 1];
    for i in 0..=typed.len() {
        for j in 0..=meant.len() {
            let extra = (i > 0).then(|| costs[i - 1][j] + if is_pair(typed, i - 1) { COMMON } else { OTHER });
            let missing =
                (j > 0).then(|| costs[i][j - 1] + if is_pair(meant, j - 1) { COMMON } else { MISSING });
            let another = (i > 0 && j > 0)
                .then(|| costs[i - 1][j - 1] + if typed[i - 1] == meant[j - 1] { 0 } else { OTHER });
            let is_round = i > 1 && j > 1 && (typed[i - 1], typed[i - 2]) == (meant[j - 2], meant[j - 1]);
            let round = is_round.then(|| costs[i - 2][j - 2] + COMMON);
            costs[i][j] = [extra, missing, another, round].into_iter().flatten().min().unwrap_or(0);
        }
    }
    let first = if typed.first() == meant.first() { 0 } else { FIRST };
    let split = if meant.iter().any(|c| matches!(c, ' ' | '-')) { SPLIT } else { 0 };
    costs[typed.len()][meant.len()] + first + split
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Hunspell suggests with Debian's dictionary of American English, in its order.
    #[test]
    fn what_people_mistype_most_often_comes_first() {
        for (typed, suggested, likeliest) in [
            ("Teh", "Te,Th,Eh,Tet,Ted,Meh,Tex,Neh,T eh,Te h,The,Teth,Tech,Tee", "The"),
            ("Helo", "Help,Hel,Helot,Hero,He lo,He-lo,Hel o,Hole,Hello,Halo,Hell,Held", "Hello"),
            ("Thiss", "Hiss,Thess,T hiss,This,Thins,This s", "This"),
            ("hapy", "hap,hay,harpy,haply,happy,hazy,hap y", "happy"),
            ("recieve", "receive,relieve", "receive"),
        ] {
            let mut all: Vec<String> = suggested.split(',').map(str::to_owned).collect();
            order(typed, &mut all);
            assert_eq!(all[0], likeliest, "{typed}: {all:?}");
        }
    }

    #[test]
    fn what_is_as_likely_stays_in_its_order() {
        let mut all = ["bat", "cat", "zat"].map(str::to_owned);
        order("xat", &mut all);
        assert_eq!(all, ["bat", "cat", "zat"]);
        order("", &mut all);
        assert_eq!(all, ["bat", "cat", "zat"]);
    }
}
