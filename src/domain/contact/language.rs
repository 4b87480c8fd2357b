//! Tags for languages (BCP 47, RFC 5646): `en`, `pt-BR`, `zh-Hant-TW`.

/// The longest tag, in characters: RFC 5646, 4.4.1 asks for 35.
const CHARS: usize = 35;

/// The tag as it is written, with the case that RFC 5646, 2.1.1 recommends; nothing if the text is none.
/// Whether its parts are registered is not looked up; no language has more than three letters.
#[must_use]
pub fn read(typed: &str) -> Option<String> {
    let typed = typed.replace('_', "-");
    if typed.len() > CHARS || !typed.is_ascii() {
        return None;
    }
    let mut parts = typed.split('-').peekable();
    let first = parts.next().filter(|first| letters(first) && (2..=3).contains(&first.len()))?;
    let mut tag = vec![first.to_ascii_lowercase()];
    for _ in 0..3 {
        let extends = |part: &&str| part.len() == 3 && letters(part);
        tag.extend(parts.next_if(extends).map(str::to_ascii_lowercase));
    }
    tag.extend(parts.next_if(|part| part.len() == 4 && letters(part)).map(title));
    let is_region = |part: &&str| part.len() == 2 && letters(part) || part.len() == 3 && digits(part);
    tag.extend(parts.next_if(is_region).map(str::to_ascii_uppercase));
    let is_variant = |part: &&str| {
        let begins_with_digit = part.starts_with(|c: char| c.is_ascii_digit());
        alphanumeric(part) && ((5..=8).contains(&part.len()) || part.len() == 4 && begins_with_digit)
    };
    while let Some(variant) = parts.next_if(is_variant) {
        tag.push(variant.to_ascii_lowercase());
    }
    // What is left are extensions and private use: a single character, and what belongs to it.
    let mut belongs = false;
    let mut is_private = false;
    let mut is_empty = false;
    for part in parts {
        let begins = part.len() == 1 && !is_private;
        let fits = alphanumeric(part) && part.len() <= 8 && (begins && !is_empty || belongs);
        if !fits || part.is_empty() || part.len() == 1 && is_empty && !is_private {
            return None;
        }
        is_private |= begins && part.eq_ignore_ascii_case("x");
        (belongs, is_empty) = (true, begins);
        tag.push(part.to_ascii_lowercase());
    }
    (!is_empty).then(|| tag.join("-"))
}

fn letters(part: &str) -> bool {
    part.bytes().all(|byte| byte.is_ascii_alphabetic())
}

fn digits(part: &str) -> bool {
    part.bytes().all(|byte| byte.is_ascii_digit())
}

fn alphanumeric(part: &str) -> bool {
    part.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn title(part: &str) -> String {
    let (first, rest) = part.split_at(1);
    format!("{}{}", first.to_ascii_uppercase(), rest.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tags_are_read_in_any_case_and_written_as_the_standard_does() {
        for (typed, tag) in [
            ("en", "en"),
            ("DE", "de"),
            ("pt-br", "pt-BR"),
            ("pt_BR", "pt-BR"),
            ("zh-hant-tw", "zh-Hant-TW"),
            ("es-419", "es-419"),
            ("de-CH-1996", "de-CH-1996"),
            ("sl-rozaj-biske", "sl-rozaj-biske"),
            ("zh-cmn-Hans-CN", "zh-cmn-Hans-CN"),
            ("de-DE-u-co-phonebk", "de-DE-u-co-phonebk"),
            ("en-x-twain", "en-x-twain"),
            ("gsw", "gsw"),
        ] {
            assert_eq!(read(typed).as_deref(), Some(tag), "{typed}");
        }
        for typed in [
            "",
            "e",
            "english",
            "english language",
            "klingon-language",
            "en-",
            "-en",
            "en--US",
            "12",
            "en-USA1",
            "de-u",
            "de-u-x",
            "日本",
            "en-x",
        ] {
            assert_eq!(read(typed), None, "{typed}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_typed_a_tag_is_read_back_as_it_is(typed in "\\PC{0,12}|[a-zA-Z0-9-]{0,40}") {
            if let Some(tag) = read(&typed) {
                prop_assert_eq!(read(&tag), Some(tag));
            }
        }
    }
}
