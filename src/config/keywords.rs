//! What `sms` says of STOP, START and HELP.

use super::check;
use crate::domain::consent::{Confirms, ConsentRules, Counts, ProviderRules, Reach, Texts};
use crate::domain::text::keywords::{self, Keywords};
use crate::yaml::{Fields, one_word};

/// The lists of keywords, in the order in which a word counts.
const LISTS: [&str; 3] = ["stop", "start", "help"];

/// Reads what counts as opting out and in, and what is answered.
pub(super) fn read(fields: &Fields<'_>, provider: &'static ProviderRules) -> ConsentRules {
    let counts = [("keywords", Counts::Keywords), ("provider", Counts::Provider)];
    let reach = [("number", Reach::Number), ("sender", Reach::Sender), ("desk", Reach::Desk)];
    let confirms = [("provider", Confirms::Provider), ("desk", Confirms::Desk)];
    let begun = ConsentRules::of(provider);
    ConsentRules {
        counts: fields.value("opt_out", begun.counts, |text| one_word(text, &counts)),
        reach: fields.value("opt_out_scope", begun.reach, |text| one_word(text, &reach)),
        confirms: fields.value("confirms", begun.confirms, |text| one_word(text, &confirms)),
        keywords: fields.section("keywords", |fields| {
            let words = |key| fields.list(key, word).unwrap_or_default();
            let [stop, start, help] = LISTS.map(words);
            let keywords = Keywords { stop, start, help };
            once(fields, &keywords.or(&provider.keywords()));
            keywords
        }),
        texts: fields.section("keyword_texts", |fields| {
            let [stop, start, help] = LISTS.map(|key| fields.optional(key, check::unsigned));
            Texts { stop, start, help }
        }),
        provider,
    }
}

/// Checks the words of a number of ours; what it does not say the desk does.
pub(super) fn check_own(fields: &Fields<'_>, own: &Keywords, desk: &ConsentRules) {
    for problem in keywords::problems(own, &desk.keywords()) {
        fields.mistake("keywords", problem);
    }
}

fn word(text: &str) -> Result<String, String> {
    keywords::check(text).map(|()| text.to_owned())
}

fn twice(words: &Keywords) -> Option<(usize, &str)> {
    keywords::twice(&[&words.stop, &words.start, &words.help])
}

/// Notes a word that stands in two lists, at the later of those that are given.
fn once(fields: &Fields<'_>, words: &Keywords) {
    let Some((second, word)) = twice(words) else { return };
    let given = LISTS[..=second].iter().rev().find(|key| fields.get(key).is_some());
    fields.mistake(given.unwrap_or(&LISTS[second]), keywords::in_two(word));
}
