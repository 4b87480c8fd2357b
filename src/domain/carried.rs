//! What a provider carries of pictures and files on a channel. Each provider says so once, in its folder.

use super::address::{Address, Channel, parse};

/// What a provider carries of pictures and files on one channel.
#[derive(Debug, PartialEq, Eq)]
pub struct MediaRules {
    /// The channel.
    pub channel: Channel,
    /// How many files one message may have.
    pub files: usize,
    /// How large they may be together, in bytes.
    pub bytes: u64,
    /// The media types that are carried, each with the largest file of it, in bytes. `video/` stands for all
    /// whose names begin so.
    pub types: &'static [(&'static str, u64)],
    /// How the media types begin that take a text beside them; the text of any other is a message of its own.
    pub with_text: &'static [&'static str],
    /// The countries between whose numbers it is carried, by the two letters of ISO 3166; nothing where it
    /// goes anywhere.
    pub countries: Option<&'static [&'static [&'static str]]>,
}

impl MediaRules {
    /// The largest file of a media type, in bytes, alone in a message; nothing where the type is not carried.
    #[must_use]
    pub fn largest(&self, mime: &str) -> Option<u64> {
        let of = |(carried, _): &&(&str, u64)| {
            mime == *carried || carried.ends_with('/') && mime.starts_with(carried)
        };
        self.types.iter().find(of).map(|(_, bytes)| (*bytes).min(self.bytes))
    }

    /// Whether a file of a media type takes a text beside it.
    #[must_use]
    pub fn takes_text(&self, mime: &str) -> bool {
        self.with_text.iter().any(|beginning| mime.starts_with(beginning))
    }

    /// Whether it carries files from one of our numbers to a contact's, as far as their countries say.
    #[must_use]
    pub fn connects(&self, ours: &Address, theirs: &Address) -> bool {
        let Some(countries) = self.countries else { return true };
        let of = |address: &Address| parse::country_of(address.value());
        let (Some(ours), Some(theirs)) = (of(ours), of(theirs)) else { return false };
        countries.iter().any(|among| among.contains(&ours.as_str()) && among.contains(&theirs.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: MediaRules = MediaRules {
        channel: Channel::Sms,
        files: 10,
        bytes: 5_000,
        types: &[("image/jpeg", 9_000), ("video/", 1_000)],
        with_text: &["image/"],
        countries: Some(&[&["US", "CA"], &["AU"]]),
    };

    #[test]
    fn a_type_is_carried_up_to_its_own_size_and_never_beyond_that_of_the_message() {
        assert_eq!(RULES.largest("image/jpeg"), Some(5_000));
        assert_eq!(RULES.largest("video/mp4"), Some(1_000));
        for not_carried in ["image/png", "video", "audio/ogg", "", "image/jpeg2"] {
            assert_eq!(RULES.largest(not_carried), None, "{not_carried}");
        }
        assert!(RULES.takes_text("image/png") && !RULES.takes_text("audio/ogg"));
    }

    #[test]
    fn files_go_between_numbers_of_countries_that_are_connected() {
        let table = [
            ("+14155550100", "+15005550006", true),
            ("+14155550100", "+12125550188", true),
            ("+14155550100", "+14165550188", true),
            ("+61412345678", "+61498765432", true),
            ("+14155550100", "+61412345678", false),
            ("+14155550100", "+447700900123", false),
            ("+14155550100", "72345", false),
            ("+14155550100", "ACME", false),
        ];
        for (ours, theirs, expected) in table {
            let (ours, theirs) = (Address::sms(ours), Address::sms(theirs));
            assert_eq!(RULES.connects(&ours, &theirs), expected, "{ours} to {theirs}");
        }
        let anywhere = MediaRules { countries: None, ..RULES };
        assert!(anywhere.connects(&Address::sms("+14155550100"), &Address::sms("+447700900123")));
    }
}
