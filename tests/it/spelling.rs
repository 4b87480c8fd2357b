//! Words are known as Hunspell itself knows them, with the dictionaries of Debian.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use switchroom::domain::spelling::words::Speller as _;
use switchroom::spelling::Dictionaries;

const FOLDER: &str = "/usr/share/hunspell";
const PACKAGES: &str = "apt-get install hunspell hunspell-en-us hunspell-en-gb hunspell-de-de";
const WORDS: usize = 5_000;
/// Where the two may differ, and why: `(language, word, reason)`. One that does not differ has to leave.
const EXCEPTIONS: &[(&str, &str, &str)] = &[];

/// Numbers that are the same each time: the generator of Steele, Lea and Flood.
/// <https://prng.di.unimi.it/splitmix64.c>
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % most as u64).unwrap()
    }

    fn one<'o, T>(&mut self, of: &'o [T]) -> &'o T {
        &of[self.below(of.len())]
    }
}

/// The words that a dictionary is made of. Latin 1 where it is not UTF-8, as Debian's German one.
fn stems(tag: &str) -> Vec<String> {
    let bytes = fs::read(Path::new(FOLDER).join(format!("{tag}.dic"))).unwrap_or_else(|error| {
        panic!("spelling was NOT compared: there is no dictionary of {tag} ({PACKAGES}): {error}")
    });
    let text = String::from_utf8(bytes)
        .unwrap_or_else(|error| error.into_bytes().into_iter().map(char::from).collect::<String>());
    let stem = |line: &str| line.split(['/', '\t', ' ']).next().unwrap_or_default().to_owned();
    let is_word = |stem: &String| stem.chars().count() > 1 && stem.chars().all(char::is_alphabetic);
    text.lines().skip(1).map(stem).filter(is_word).collect()
}

/// A word as someone may write it: right, wrong, in another case, with an ending, or two in one.
fn written(dice: &mut Dice, stems: &[String], endings: &[&str]) -> String {
    let stem = dice.one(stems).clone();
    let letters: Vec<char> = stem.chars().collect();
    let at = dice.below(letters.len());
    let mut changed = letters.clone();
    match dice.below(12) {
        0 | 1 => {}
        2 => changed.swap(at, (at + 1) % letters.len()),
        3 => drop(changed.remove(at)),
        4 => changed.insert(at, letters[at]),
        5 => changed[at] = *dice.one(&letters),
        6 => return stem.to_uppercase(),
        7 => return stem.to_lowercase(),
        8 => return stem[..letters[0].len_utf8()].to_uppercase() + &stem[letters[0].len_utf8()..],
        9 | 10 => return format!("{stem}{}", dice.one(endings)),
        _ => return format!("{stem}{}", dice.one(stems)),
    }
    changed.into_iter().collect()
}

/// The words that Hunspell does not know.
fn unknown_to_hunspell(tag: &str, words: &[String]) -> HashSet<String> {
    let mut hunspell = Command::new("hunspell")
        .args(["-l", "-i", "UTF-8", "-d", tag])
        .env("DICPATH", FOLDER)
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| {
            panic!("spelling was NOT compared: hunspell is needed for it ({PACKAGES}): {error}")
        });
    let mut all = String::new();
    for word in words {
        writeln!(all, "{word}").unwrap();
    }
    // On a thread of its own: both pipes fill.
    let mut stdin = hunspell.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(all.as_bytes()).unwrap());
    let output = hunspell.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn five_thousand_words_in_each_of_three_languages_are_known_as_hunspell_knows_them() {
    let dictionaries = Dictionaries::find(Some(Path::new(FOLDER))).unwrap_or_else(|error| {
        panic!("spelling was NOT compared: hunspell's dictionaries are needed for it ({PACKAGES}): {error}")
    });
    let (mut wrong, mut excepted) = (Vec::new(), HashSet::new());
    for (tag, language, endings) in [
        ("en_US", "en-US", &["s", "ed", "ing", "'s", "ly", "ness", "er"][..]),
        ("en_GB", "en-GB", &["s", "ed", "ing", "'s", "ly", "ise", "our"]),
        ("de_DE", "de-DE", &["s", "en", "es", "er", "ung", "keit", "chen", "n"]),
    ] {
        let (mut dice, stems) = (Dice(12), stems(tag));
        let words: Vec<String> = (0..WORDS).map(|_| written(&mut dice, &stems, endings)).collect();
        let theirs = unknown_to_hunspell(tag, &words);
        let dictionary = dictionaries.read(language).unwrap();
        let mut unknown = 0;
        for word in &words {
            let (ours, is_known) = (dictionary.is_word(word), !theirs.contains(word));
            unknown += usize::from(!is_known);
            let exception =
                EXCEPTIONS.iter().position(|(of, known, _)| (*of, *known) == (tag, word.as_str()));
            match exception {
                Some(exception) if ours != is_known => drop(excepted.insert(exception)),
                None if ours != is_known => wrong.push(format!("{tag} {word}: {ours}, not {is_known}")),
                Some(_) | None => {}
            }
        }
        // Else little is compared.
        assert!((WORDS / 4..WORDS * 3 / 4).contains(&unknown), "{tag}: {unknown} of {WORDS} are unknown");
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    let idle: Vec<&str> =
        (0..EXCEPTIONS.len()).filter(|at| !excepted.contains(at)).map(|at| EXCEPTIONS[at].1).collect();
    assert!(idle.is_empty(), "these do not differ any more: {idle:?}");
}
