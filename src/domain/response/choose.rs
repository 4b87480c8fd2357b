//! Which responses an agent is shown, in which order, and which one is meant.

use super::Response;
use crate::domain::ids::QueueName;

/// So many wrong letters are taken for a slip.
const SLIPS: usize = 2;

/// Whether a response can be used in conversations of a queue.
#[must_use]
pub fn is_for(response: &Response, queue: &QueueName) -> bool {
    response.queues.is_empty() || response.queues.contains(queue)
}

/// The responses that can be used in a queue and hold all these words, by category; in each, those in the
/// contact's language come first, and those in another one last.
#[must_use]
pub fn listed<'r>(
    all: &'r [Response],
    queue: &QueueName,
    language: Option<&str>,
    words: &[String],
) -> Vec<&'r Response> {
    let mut fitting: Vec<&Response> =
        all.iter().filter(|response| is_for(response, queue) && holds(response, words)).collect();
    fitting.sort_by_cached_key(|response| {
        let category = response.category.as_ref().map(|category| category.to_lowercase());
        (category.is_none(), category, rank(response.lang.as_deref(), language), response.shortcut.clone())
    });
    fitting
}

/// The shortcut that was probably meant: one that begins with what was typed, or is close to it.
#[must_use]
pub fn nearest<'r>(all: impl Iterator<Item = &'r Response>, typed: &str) -> Option<&'r str> {
    let typed = typed.to_lowercase();
    if typed.len() > 64 {
        return None;
    }
    let distance = |shortcut: &str| {
        let begins = typed.chars().count() > 1 && shortcut.starts_with(&typed);
        if begins { 0 } else { strsim::damerau_levenshtein(shortcut, &typed) }
    };
    let all = all.map(|response| response.shortcut.as_str());
    let is_close = |shortcut: &&str| {
        let slips = distance(shortcut);
        slips <= SLIPS && slips < typed.chars().count()
    };
    all.min_by_key(|shortcut| distance(shortcut)).filter(is_close)
}

fn holds(response: &Response, words: &[String]) -> bool {
    let Response { shortcut, text, category, lang, .. } = response;
    let said = [Some(shortcut), Some(text), category.as_ref(), lang.as_ref()];
    let said: Vec<String> = said.into_iter().flatten().map(|said| said.to_lowercase()).collect();
    words.iter().all(|word| said.iter().any(|said| said.contains(&word.to_lowercase())))
}

/// How well a response's language suits a contact's: the smaller, the better.
fn rank(of: Option<&str>, theirs: Option<&str>) -> u8 {
    let primary = |tag: &str| tag.split('-').next().unwrap_or_default().to_lowercase();
    match (of, theirs) {
        (Some(of), Some(theirs)) if of.eq_ignore_ascii_case(theirs) => 0,
        (Some(of), Some(theirs)) if primary(of) == primary(theirs) => 1,
        (None, _) => 2,
        (Some(_), _) => 3,
    }
}
