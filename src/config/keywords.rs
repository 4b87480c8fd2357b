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
    let mut words = own.stop.iter().chain(&own.start).chain(&own.help).peekable();
    if words.peek().is_none() {
        return;
    }
    for word in words {
        if let Err(problem) = keywords::check(word) {
            fields.mistake("keywords", format!("\u{22}{word}\u{22} {problem}"));
        }
    }
    if let Some((_, word)) = twice(&own.or(&desk.keywords).or(&desk.provider.keywords())) {
        fields.mistake("keywords", in_two(word));
    }
}

fn word(text: &str) -> Result<String, String> {
    keywords::check(text).map(|()| text.to_owned())
}

fn twice(words: &Keywords) -> Option<(usize, &str)> {
    keywords::twice(&[&words.stop, &words.start, &words.help])
}

fn in_two(word: &str) -> String {
    format!("\u{22}{word}\u{22} stands in two of stop, start and help: keep it in one")
}

/// Notes a word that stands in two lists, at the later of those that are given.
fn once(fields: &Fields<'_>, words: &Keywords) {
    let Some((second, word)) = twice(words) else { return };
    let given = LISTS[..=second].iter().rev().find(|key| fields.get(key).is_some());
    fields.mistake(given.unwrap_or(&LISTS[second]), in_two(word));
}
