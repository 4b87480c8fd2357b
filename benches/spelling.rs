//! Looking at the spelling of a text of 1,600 characters, the longest of one message, once its dictionary is
//! in memory; and reading that.

use std::collections::BTreeSet;

use criterion::{Criterion, criterion_group, criterion_main};
use switchroom::domain::spelling::words::{Speller, doubtful, guess};
use switchroom::spelling::Dictionaries;

/// Words of every kind: known ones, endings, names, mistakes, numbers and links.
const SENTENCE: &str = "Hello Jane, thank you for waiting. We’ve recieved your order #4711 from 12 Baker Street and \
     couldn't find the acmephone's charger; see https://example.org/help or write to help@example.org. Unfortunatly \
     our well-known collegue isn’t here until tomorrow, so we apologise for that. ";

fn text() -> String {
    let text: String = SENTENCE.chars().cycle().take(1_600).collect();
    assert_eq!(text.chars().count(), 1_600);
    text
}

/// What the process holds in memory, in KiB.
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().unwrap_or(0)
}

fn spelling(criterion: &mut Criterion) {
    let dictionaries = Dictionaries::built_in();
    let before = resident_kib();
    let american = dictionaries.read("en-US").expect("it is built in");
    let one_kib = resident_kib() - before;
    let british = dictionaries.read("en-GB").expect("it is built in");
    println!("in memory: {one_kib} KiB for the first dictionary, {} KiB for two", resident_kib() - before);
    let known: BTreeSet<String> = ["jane", "acmephone"].map(str::to_owned).into_iter().collect();
    let text = text();
    let one: [&dyn Speller; 1] = [&*american];
    let both: [&dyn Speller; 2] = [&*american, &*british];
    criterion.bench_function("1,600 characters, one language", |bench| {
        bench.iter(|| guess(&doubtful(&text, &known), &one));
    });
    criterion.bench_function("1,600 characters, two languages", |bench| {
        bench.iter(|| guess(&doubtful(&text, &known), &both));
    });
    criterion.bench_function("suggestions for a word", |bench| {
        bench.iter(|| american.suggestions("recieved"));
    });
    let mut slow = criterion.benchmark_group("reading");
    slow.sample_size(10);
    slow.bench_function("a dictionary", |bench| {
        bench.iter(|| Dictionaries::built_in().read("en-US").is_ok());
    });
}

criterion_group!(benches, spelling);
criterion_main!(benches);
