//! Dictionaries of all sorts, whole and broken.

use std::collections::BTreeSet;
use std::fs;

use super::*;

fn question(text: &str, languages: &[&str]) -> Question {
    let languages = languages.iter().map(|tag| (*tag).to_owned()).collect();
    Question { text: text.to_owned(), languages, known: BTreeSet::new() }
}

/// What is not known in a text, word by word.
async fn unknown(dictionaries: &Dictionaries, text: &str, languages: &[&str]) -> (String, Vec<String>) {
    let found = dictionaries.ask(question(text, languages)).await;
    (found.language, found.words.into_iter().map(|word| word.text).collect())
}

#[cfg(feature = "dictionaries")]
#[tokio::test]
async fn british_and_american_english_are_built_in_and_told_apart() {
    let dictionaries = Dictionaries::built_in();
    assert_eq!(dictionaries.languages(), ["en-GB", "en-US"]);
    let both = ["en-US", "en-GB"];
    for (text, language, words) in [
        ("I don’t recieve the colour you apologised for", "en-GB", vec!["recieve"]),
        ("My favorite color is gray, isn't it?", "en-US", vec![]),
        ("Привет", "en-US", vec![]),
        ("", "en-US", vec![]),
    ] {
        let words = words.into_iter().map(str::to_owned).collect();
        assert_eq!(unknown(&dictionaries, text, &both).await, (language.to_owned(), words), "{text}");
    }
    let found = dictionaries.ask(question("I will recieve teh parcel", &["en-US"])).await;
    let first = |at: usize| found.words[at].suggestions[0].text.as_str();
    assert_eq!((first(0), first(1)), ("receive", "the"));
}

#[tokio::test]
async fn dictionaries_lie_in_a_folder_as_debian_or_npm_has_them_in_any_encoding() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("de_DE.aff"), "SET ISO8859-1\n").unwrap();
    fs::write(path("de_DE.dic"), b"2\ngr\xfc\xdfe\nist\n").unwrap();
    fs::write(path("ru_RU.aff"), "SET KOI8-R\n").unwrap();
    fs::write(path("ru_RU.dic"), b"1\n\xda\xc1\xcb\xc1\xda\n").unwrap();
    fs::create_dir(path("dictionary-fr")).unwrap();
    fs::write(path("dictionary-fr/index.aff"), "\u{feff}SET UTF-8\r\n").unwrap();
    fs::write(path("dictionary-fr/index.dic"), "1\r\nétés\r\n").unwrap();
    fs::write(path("hyph_de_DE.dic"), "UTF-8\n").unwrap();
    fs::write(path("readme.aff"), "").unwrap();
    let dictionaries = Dictionaries::find(Some(folder.path())).unwrap();
    let theirs: Vec<String> =
        dictionaries.languages().into_iter().filter(|tag| !tag.starts_with("en")).collect();
    assert_eq!(theirs, ["de-DE", "fr", "ru-RU"]);
    for (text, tag, words) in [
        ("grüße ist grusse", "de-DE", vec!["grusse"]),
        ("étés été", "fr", vec!["été"]),
        ("заказ казак", "ru-RU", vec!["казак"]),
    ] {
        let words = words.into_iter().map(str::to_owned).collect();
        assert_eq!(unknown(&dictionaries, text, &[tag]).await, (tag.to_owned(), words));
    }
    // Of these three the text fits one.
    assert_eq!(unknown(&dictionaries, "étés ist", &["de-DE", "ru-RU", "fr"]).await.0, "de-DE");
}

#[tokio::test]
async fn a_broken_dictionary_is_named_and_stops_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
    for (tag, aff, dic, why) in [
        ("aa", "SFX A Y 99999999999999999999\n", &b"1\nword\n"[..], "no dictionary of Hunspell"),
        ("bb", "SET UTF-8\n", b"1\n\xff\xfe\xfd\n", "not written in UTF-8"),
        ("cc", "SET KLINGON-7\n", b"1\nword\n", "not written in KLINGON-7"),
        ("dd", "SET UTF-8\n", b"", "no dictionary of Hunspell"),
    ] {
        write(&format!("{tag}.aff"), aff.as_bytes());
        write(&format!("{tag}.dic"), dic);
        let dictionaries = Dictionaries::find(Some(folder.path())).unwrap();
        let error = dictionaries.read(tag).unwrap_err().to_string();
        assert!(error.contains(why) && error.contains(&format!("{tag}.dic")), "{error}");
        assert_eq!(unknown(&dictionaries, "wrod", &[tag]).await, (String::new(), vec![]));
    }
    let large = fs::File::create(folder.path().join("ee.dic")).unwrap();
    large.set_len(33 * 1024 * 1024).unwrap();
    write("ee.aff", b"");
    let dictionaries = Dictionaries::find(Some(folder.path())).unwrap();
    assert!(dictionaries.read("ee").unwrap_err().to_string().contains("ee.dic is larger than"));
    assert!(matches!(dictionaries.read("xx"), Err(DictionaryError::None(_))));
    let nowhere = Dictionaries::find(Some(&folder.path().join("nowhere"))).unwrap_err();
    assert!(nowhere.to_string().contains("nowhere cannot be read"), "{nowhere}");
}

#[test]
fn no_more_dictionaries_than_a_few_stay_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let tags: Vec<String> = ('a'..='l').map(|c| format!("{c}{c}")).collect();
    for tag in &tags {
        fs::write(folder.path().join(format!("{tag}.aff")), "SET UTF-8\n").unwrap();
        fs::write(folder.path().join(format!("{tag}.dic")), "1\nword\n").unwrap();
    }
    let dictionaries = Dictionaries::find(Some(folder.path())).unwrap();
    for tag in &tags {
        dictionaries.read(tag).unwrap();
        dictionaries.read("aa").unwrap();
    }
    let kept = dictionaries.shelf.in_memory();
    assert_eq!((kept.len(), kept.last().unwrap().as_str()), (8, "aa"));
    assert_eq!(kept[0], "ff", "the one that was not asked for longest has gone");
}

#[cfg(feature = "dictionaries")]
#[tokio::test]
async fn whatever_is_typed_is_looked_at() {
    let dictionaries = Dictionaries::built_in();
    for text in ["ab".repeat(29) + "c", "a".repeat(100_000), "ä̈̈".repeat(5_000), "zalgo ".repeat(20_000)]
    {
        let found = dictionaries.ask(question(&text, &["en-US"])).await;
        assert!(found.words.len() <= 10);
    }
}
