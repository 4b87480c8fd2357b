//! Which dictionary is meant by a language tag. Tags are those of BCP 47: a language, and a region where that
//! matters, like `en-GB`.

/// How many languages an agent may write in: each costs a dictionary in memory, and a look into it for every
/// word.
pub const MOST_LANGUAGES: usize = 4;

/// The dictionaries meant by `wanted` tags, of those that are `there`, each once, in the order wanted. A tag
/// without a region means that of `country`, if there is one, or else the language's own or any; a region
/// that there is no dictionary for is answered by another of the same language.
#[must_use]
pub fn meant(wanted: &[String], there: &[String], country: &str) -> Vec<String> {
    let mut meant: Vec<String> = Vec::new();
    for tag in wanted {
        if let Some(found) = one_meant(tag, there, country)
            && !meant.contains(found)
        {
            meant.push(found.clone());
        }
    }
    meant.truncate(MOST_LANGUAGES);
    meant
}

/// The one dictionary meant by a tag, if there is one.
#[must_use]
pub fn one_meant<'t>(tag: &str, there: &'t [String], country: &str) -> Option<&'t String> {
    let tag = tag.trim().replace('_', "-");
    let language = language_of(&tag);
    let exactly = |tag: &str| there.iter().find(|known| known.eq_ignore_ascii_case(tag));
    exactly(&tag)
        .or_else(|| exactly(&format!("{language}-{country}")))
        .or_else(|| exactly(language))
        .or_else(|| exactly(&format!("{language}-{language}")))
        .or_else(|| exactly("en-US").filter(|_| language.eq_ignore_ascii_case("en")))
        .or_else(|| there.iter().find(|known| language_of(known).eq_ignore_ascii_case(language)))
}

fn language_of(tag: &str) -> &str {
    tag.split('-').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_answered_by_the_nearest_dictionary_there_is() {
        let there: Vec<String> =
            ["de-AT", "de-DE", "en-GB", "en-US", "fr", "pt-BR"].map(str::to_owned).to_vec();
        for (tag, country, expected) in [
            ("en-GB", "US", Some("en-GB")),
            ("EN_gb", "US", Some("en-GB")),
            ("en", "GB", Some("en-GB")),
            ("en", "US", Some("en-US")),
            ("en", "FR", Some("en-US")),
            ("en-AU", "FR", Some("en-US")),
            ("de", "US", Some("de-DE")),
            ("de", "AT", Some("de-AT")),
            ("de-CH", "CH", Some("de-DE")),
            ("fr-CA", "CA", Some("fr")),
            ("pt", "PT", Some("pt-BR")),
            ("nl", "NL", None),
            ("", "US", None),
        ] {
            assert_eq!(one_meant(tag, &there, country).map(String::as_str), expected, "{tag} {country}");
        }
        let wanted = ["de", "de-DE", "xx", "fr"].map(str::to_owned);
        assert_eq!(meant(&wanted, &there, "US"), ["de-DE", "fr"]);
    }
}
