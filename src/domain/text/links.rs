//! Links that hide where they lead, and the numbers and addresses in a contact's text that an agent can act
//! on.

use std::net::Ipv4Addr;
use std::ops::Range;

use icu_properties::props::{EnumeratedProperty, Script};
use linkify::{LinkFinder, LinkKind, Span};
use rlibphonenumber::phonenumber_matcher::PHONE_MATCHER_FACTORY;
use rlibphonenumber::{PhoneNumberFormat, Region};
use serde::{Deserialize, Serialize};
use url::Url;

/// The most actions offered for one text, so that a list of numbers cannot flood a room.
pub const MAX_ACTIONS: usize = 20;

/// The most warnings given for one text.
pub const MAX_WARNINGS: usize = 20;

/// How much of a text is searched for phone numbers, in bytes: more than ten of the longest messages. The
/// search tries every group of digits, so an endless text of them must end somewhere.
const SEARCHED_BYTES: usize = 20_000;

/// With fewer digits than this, a text holds no phone number, and need not be searched.
const FEWEST_DIGITS: usize = 3;

/// A link that may not lead where it seems to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkWarning {
    /// The link as written.
    pub url: String,
    /// What is wrong with it.
    pub why: LinkRisk,
}

/// How a link disguises where it leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkRisk {
    /// A label of its host is punycode: `xn--80ak6aa92e.com` may show as `аррӏе.com`.
    Punycode,
    /// Its host mixes scripts: `pаypal.com` with a Cyrillic `а`.
    MixedScripts,
    /// A name stands before its host: `https://bank.com@evil.tld` leads to `evil.tld`.
    UserInfo,
}

/// The actions an agent can take on a piece of a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Call this number, in E.164.
    Call(String),
    /// Write to this e-mail address.
    Email(String),
}

/// Every reason to distrust a link in `text`, in order, each once; at most [`MAX_WARNINGS`].
///
/// Links without a scheme count too. The text is expected without invisible characters, as
/// [`super::sanitize::from_contact`] leaves it.
#[must_use]
pub fn warnings(text: &str) -> Vec<LinkWarning> {
    let mut found = Vec::new();
    for link in text.split(|c: char| c.is_whitespace() || "<>\"“”«»`|".contains(c)).flat_map(links) {
        for why in risks(link) {
            let warning = LinkWarning { url: link.to_owned(), why };
            if found.len() < MAX_WARNINGS && !found.contains(&warning) {
                found.push(warning);
            }
        }
    }
    found
}

/// The links in a word. A word with a scheme is a link whatever follows: browsers accept more than any link
/// finder.
fn links(word: &str) -> Vec<&str> {
    let whole = |start| word[start..].trim_end_matches(['.', ',', ';', ':', '!', '?', ')', '\'']);
    if let Some(colon) = word.find("://") {
        let scheme = word[..colon].trim_end_matches(|c: char| c.is_ascii_alphanumeric() || "+-.".contains(c));
        return vec![whole(scheme.len())];
    }
    let found = finder();
    let links = found.links(word).filter_map(|link| {
        let after = &word[link.end()..];
        let port = after.strip_prefix(':').is_some_and(|port| port.starts_with(|c: char| c.is_ascii_digit()));
        match link.kind() {
            // An e-mail address that goes on like a link is a link to a browser: `bank.com@evil.tld/login`.
            LinkKind::Email if after.starts_with('/') || port => Some(whole(link.start())),
            LinkKind::Email if !link.as_str().starts_with("www.") => None,
            _ => Some(link.as_str()),
        }
    });
    links.collect()
}

/// Finds links with and without a scheme, and e-mail addresses.
fn finder() -> LinkFinder {
    let mut finder = LinkFinder::new();
    finder.url_must_have_scheme(false);
    finder
}

/// What is wrong with one link, or with one inside it.
fn risks(link: &str) -> Vec<LinkRisk> {
    let mut places: Vec<&str> = link.split("://").collect();
    if places.len() > 1 {
        places.remove(0);
    }
    // A backslash is left in: some programs go by the part before it, others by the part after it.
    let authorities = places.into_iter().filter_map(|place| place.split(['/', '?', '#']).next());
    authorities.flat_map(risks_of_authority).collect()
}

/// What is wrong with the host part of a link.
fn risks_of_authority(authority: &str) -> Vec<LinkRisk> {
    let (user, host) =
        authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
    let punycode =
        is_punycode(host) || (host.is_ascii() && resolved(host).is_some_and(|host| is_punycode(&host)));
    let risks = [
        punycode.then_some(LinkRisk::Punycode),
        mixes_scripts(host).then_some(LinkRisk::MixedScripts),
        user.is_some().then_some(LinkRisk::UserInfo),
    ];
    risks.into_iter().flatten().collect()
}

/// Whether any label of a host is punycode. Browsers take the ideographic full stops for dots.
fn is_punycode(host: &str) -> bool {
    host.split(['.', '。', '．', '｡'])
        .any(|label| label.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("xn--")))
}

/// The host as a browser reads it, percent signs resolved.
fn resolved(host: &str) -> Option<String> {
    Url::parse(&format!("http://{host}")).ok()?.host_str().map(str::to_owned)
}

/// Whether a host is written in several scripts, other than the mixtures of Chinese, Japanese and Korean
/// (with Latin) that UTS #39 calls highly restrictive.
fn mixes_scripts(host: &str) -> bool {
    let mut scripts: Vec<Script> = Vec::new();
    for script in host.chars().filter(|c| c.is_alphabetic()).map(Script::for_char) {
        let anyones = matches!(script, Script::Common | Script::Inherited);
        if !anyones && !scripts.contains(&script) {
            scripts.push(script);
        }
    }
    let within = |usual: &[Script]| scripts.iter().all(|script| usual.contains(script));
    scripts.len() > 1
        && !within(&[Script::Latin, Script::Han, Script::Hiragana, Script::Katakana])
        && !within(&[Script::Latin, Script::Han, Script::Bopomofo])
        && !within(&[Script::Latin, Script::Han, Script::Hangul])
}

/// The phone numbers and e-mail addresses in `text`, in order, each once; at most [`MAX_ACTIONS`].
///
/// `country` (ISO 3166, `US`) is where numbers without a country code belong; with an unknown one only
/// numbers that begin with `+` are found. Digits inside links are no numbers, nor are dates and IP addresses.
/// Numbers are valid by libphonenumber's rules, and looked for in the first 20,000 bytes.
#[must_use]
pub fn actions(text: &str, country: &str) -> Vec<Action> {
    let country = country.to_ascii_uppercase().parse().ok();
    let searched = &text[..text.floor_char_boundary(SEARCHED_BYTES)];
    let mut actions = Vec::new();
    for span in finder().spans(searched) {
        let found = match span.kind() {
            None => {
                numbers(span.as_str(), country).into_iter().map(|(_, number)| Action::Call(number)).collect()
            }
            Some(LinkKind::Email) => vec![Action::Email(span.as_str().to_owned())],
            Some(_) => Vec::new(),
        };
        for action in found {
            if actions.len() == MAX_ACTIONS {
                return actions;
            }
            if !actions.iter().any(|known| same(known, &action)) {
                actions.push(action);
            }
        }
    }
    actions
}

/// Where the phone numbers in `text` stand, in order, and each in E.164: those that [`actions`] finds,
/// however many there are.
#[must_use]
pub fn phone_numbers(text: &str, country: &str) -> Vec<(Range<usize>, String)> {
    let country = country.to_ascii_uppercase().parse().ok();
    let searched = &text[..text.floor_char_boundary(SEARCHED_BYTES)];
    let plain = finder();
    let plain = plain.spans(searched).filter(|span| span.kind().is_none());
    let of_span = |span: Span<'_>| {
        let found = numbers(span.as_str(), country).into_iter();
        found.map(|(at, number)| (span.start() + at.start..span.start() + at.end, number)).collect::<Vec<_>>()
    };
    plain.flat_map(of_span).collect()
}

/// Whether two actions have the same target: in an e-mail address, case means nothing in practice.
fn same(one: &Action, other: &Action) -> bool {
    match (one, other) {
        (Action::Email(one), Action::Email(other)) => one.eq_ignore_ascii_case(other),
        _ => one == other,
    }
}

/// The phone numbers in a piece of text without links, and where they stand.
fn numbers(plain: &str, country: Option<Region>) -> Vec<(Range<usize>, String)> {
    if plain.chars().filter(|c| c.is_numeric()).nth(FEWEST_DIGITS - 1).is_none() {
        return vec![];
    }
    // The matcher's own bound on tries is left alone: it counts below zero.
    let matches = PHONE_MATCHER_FACTORY.matcher_builder(plain).preferred_region(country).build();
    matches
        .filter(|found| found.raw_string.parse::<Ipv4Addr>().is_err())
        .filter(|found| !is_fraction(&plain[..found.start], &plain[found.end()..]))
        .map(|found| (found.start..found.end(), found.number.format_as(PhoneNumberFormat::E164).into_owned()))
        .collect()
}

/// Whether a point joins digits to others: the decimals of pi would make a phone number of the Bay Area.
fn is_fraction(before: &str, after: &str) -> bool {
    let digit = |c: char| c.is_ascii_digit();
    before.strip_suffix('.').is_some_and(|whole| whole.ends_with(digit))
        || after.strip_prefix('.').is_some_and(|rest| rest.starts_with(digit))
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use proptest::prelude::*;

    use super::*;

    fn risks_in(text: &str) -> Vec<LinkRisk> {
        warnings(text).into_iter().map(|warning| warning.why).collect()
    }

    #[test]
    fn a_link_that_disguises_where_it_leads_is_named() {
        use LinkRisk::{MixedScripts, Punycode, UserInfo};
        let table: &[(&str, &[LinkRisk])] = &[
            ("see https://xn--80ak6aa92e.com/login now", &[Punycode]),
            ("see HTTPS://login.XN--80AK6AA92E.com", &[Punycode]),
            ("xn--80ak6aa92e.com", &[Punycode]),
            ("https://%78n--80ak6aa92e.com", &[Punycode]),
            ("https://p\u{430}ypal.com", &[MixedScripts]),
            ("p\u{430}ypal.com/login", &[MixedScripts]),
            ("https://аррӏе.com", &[MixedScripts]),
            ("https://bank.com@evil.example", &[UserInfo]),
            ("https://bank.com:443@evil.example/x", &[UserInfo]),
            ("https://bank.com%2F@evil.example/x", &[UserInfo]),
            ("https://bank.com\\@evil.example/", &[UserInfo]),
            ("(https://bank.com@пример.рф).", &[UserInfo]),
            ("https://ok.example/?to=https://bank.com@evil.example", &[UserInfo]),
            ("bank.com@evil.example/login", &[UserInfo]),
            ("bank.com@evil.example:8080", &[UserInfo]),
            ("www.bank.com@evil.example", &[UserInfo]),
            ("https://a@xn--80ak6aa92e.com", &[Punycode, UserInfo]),
        ];
        for (text, risks) in table {
            assert_eq!(risks_in(text), *risks, "{text:?}");
        }
        let url = "https://bank.com@evil.example".to_owned();
        assert_eq!(
            warnings("a https://bank.com@evil.example b https://bank.com@evil.example"),
            [LinkWarning { url, why: UserInfo }]
        );
    }

    #[test]
    fn an_honest_link_is_left_alone() {
        for text in [
            "https://example.org/a@b?c=xn--d",
            "https://example.org?next=@x",
            "example.org",
            "write to bob@example.org, or bob@example.org: he knows",
            "https://münchen.example",
            "https://例え.jp https://日本語テスト.example https://한국.example",
            "https://[::1]/ and 10.0.0.1",
            "no link at all: xn--80ak6aa92e",
        ] {
            assert_eq!(warnings(text), [], "{text:?}");
        }
    }

    fn call(number: &str) -> Action {
        Action::Call(number.to_owned())
    }

    fn email(address: &str) -> Action {
        Action::Email(address.to_owned())
    }

    #[test]
    fn numbers_and_addresses_are_found_in_order_each_once() {
        let text =
            "Call (415) 555-0132 or +44 20 7946 0958, mail Ann@Example.org; ann@example.org or 415.555.0132.";
        assert_eq!(
            actions(text, "US"),
            [call("+14155550132"), call("+442079460958"), email("Ann@Example.org")]
        );
        assert_eq!(actions("ruf 030/901820 an", "de"), [call("+4930901820")]);
        assert_eq!(actions("电话13800138000", "CN"), [call("+8613800138000")]);
        assert_eq!(actions("٠٥٠ ١٢٣ ٤٥٦٧", "AE"), [call("+971501234567")]);
        assert_eq!(
            actions("tel:+14155550132 mailto:a@example.org", ""),
            [call("+14155550132"), email("a@example.org")]
        );
        assert_eq!(actions("+7 800 123 45 67", "US"), [call("+78001234567")]);
        assert_eq!(actions("415-555-0132 415-555-0133", "US"), [call("+14155550132"), call("+14155550133")]);
    }

    #[test]
    fn other_digits_are_no_numbers() {
        for text in [
            "",
            "https://example.org/+14155550132?tel=4155550133",
            "example.org/4155550132",
            "order ABC4155550132",
            "on 2024-05-01 10:30 or 01/05/2024",
            "host 192.168.100.200",
            "it costs $4155550132 or 4155550132%",
            "pi is 3.14159265358",
            "1,000,000,000",
            "4111 1111 1111 1111",
            "code 123456",
        ] {
            assert_eq!(actions(text, "US"), [], "{text:?}");
        }
        assert_eq!(actions("415 555 0132", "nowhere"), []);
    }

    #[test]
    fn a_flood_of_numbers_or_links_is_bounded() {
        let mut text = String::new();
        for n in 0..100 {
            write!(text, "+1415555{:04} a{n}@example.org ", 100 + n).unwrap();
        }
        assert_eq!(actions(&text, "US").len(), MAX_ACTIONS);
        let mut links = String::new();
        for n in 0..100 {
            write!(links, "https://u{n}@example.org ").unwrap();
        }
        assert_eq!(warnings(&links).len(), MAX_WARNINGS);
    }

    fn hostile() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            "[0-9+()./ -]{1,20}",
            "[a-z.@:/%-]{1,10}",
            "\\PC{0,3}",
            Just("https://xn--".to_owned())
        ];
        proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn any_text_may_come(text in hostile()) {
            prop_assert!(warnings(&text).iter().all(|warning| text.contains(&warning.url)));
            for action in actions(&text, "US") {
                match action {
                    Action::Call(number) => prop_assert!(number.starts_with('+')),
                    Action::Email(address) => prop_assert!(text.contains(&address)),
                }
            }
        }
    }
}
