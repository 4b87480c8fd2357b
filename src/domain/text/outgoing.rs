//! What an agent's client sent, as plain text for a phone.

use super::formatted;
use super::linked::linked_id;
use super::sanitize::is_line_end;

/// The longest bare id or link looked at, in bytes: an id has at most 255, and a link may escape it and add
/// servers.
const MAX_LINK_BYTES: usize = 1000;

/// The body of a reply without the quotation of what it replies to.
///
/// Only for events that are replies. Clients of before Matrix 1.13 begin it with lines like `>
/// <@bob:example.org> …` and an empty line; a quotation that the agent typed is text and stays. Source:
/// Matrix 1.12, client-server API, "Fallbacks for rich replies".
#[must_use]
pub fn strip_reply_fallback(body: &str) -> &str {
    if !body.starts_with("> <@") && !body.starts_with("> * <@") {
        return body;
    }
    let mut rest = body;
    while rest.starts_with('>') {
        rest = rest.split_once('\n').map_or("", |(_, after)| after);
    }
    rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix('\n')).unwrap_or(rest)
}

/// The plain text of a message, with people called by their names.
///
/// What the client turned into formatting (`formatted`, its HTML) is plain text without the marks it was
/// typed with, links as `it (https://x.example)`; without HTML nothing was, and it stays as typed.
/// `[Name](https://matrix.to/#/@bob:example.org)` becomes `Name`, a bare id or link of a user their name in
/// `names` (pairs of user id and name). Line ends of any kind become `\n`, and control characters go.
#[must_use]
pub fn plain(body: &str, formatted: Option<&str>, names: &[(String, String)]) -> String {
    let typed = name_ids(&unlink(body), names);
    let text = formatted.and_then(|html| formatted::text(html, &typed, |text| name_ids(text, names)));
    printable(text.unwrap_or(typed))
}

/// A text without control characters, which a phone shows as nothing or as odd signs. Line ends become `\n`,
/// and tabs stay.
fn printable(text: String) -> String {
    let stays = |c: char| matches!(c, '\n' | '\t') || !(c.is_control() || is_line_end(c));
    if text.chars().all(stays) {
        return text;
    }
    let lines = text.replace("\r\n", "\n");
    lines.chars().map(|c| if is_line_end(c) { '\n' } else { c }).filter(|c| stays(*c)).collect()
}

/// Replaces each Markdown link to a user or room by its label.
fn unlink(body: &str) -> String {
    let mut out = String::new();
    let mut rest = body;
    while let Some(middle) = rest.find("](") {
        let link = &rest[middle + 2..];
        let end =
            link_end(link).filter(|end| link[*end..].starts_with(')') && linked_id(&link[..*end]).is_some());
        let label = end.and_then(|_| label_start(&rest[..middle]));
        if let (Some(end), Some(label)) = (end, label) {
            out.push_str(&rest[..label]);
            out.push_str(&rest[label + 1..middle].replace("\\[", "[").replace("\\]", "]"));
            rest = &link[end + 1..];
        } else {
            out.push_str(&rest[..middle + 2]);
            rest = link;
        }
    }
    out + rest
}

/// Where the id or link at the beginning of `text` ends, or nothing if it is longer than any.
fn link_end(text: &str) -> Option<usize> {
    let inside = |byte: &u8| byte.is_ascii_alphanumeric() || b"@:._=/+-#%?&!$".contains(byte);
    let end = text.bytes().take(MAX_LINK_BYTES).take_while(inside).count();
    (end < MAX_LINK_BYTES).then_some(end)
}

/// Where the label at the end of `text` begins: the last `[` that no `]` closes and no backslash escapes.
fn label_start(text: &str) -> Option<usize> {
    let mut closed = 0_usize;
    for (at, c) in text.char_indices().rev() {
        match c {
            '[' | ']' if text[..at].ends_with('\\') => {}
            ']' => closed += 1,
            '[' if closed == 0 => return Some(at),
            '[' => closed -= 1,
            _ => {}
        }
    }
    None
}

/// Replaces the ids and bare links of known users by their names.
fn name_ids(body: &str, known: &[(String, String)]) -> String {
    let mut out = String::new();
    let mut rest = body;
    while let Some(at) = rest.find(['@', 'h']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let inside_word = out.ends_with(|c: char| c.is_alphanumeric() || "@._-/=+%".contains(c));
        let found = if inside_word { None } else { id_at(from) };
        let name = found.as_ref().and_then(|(id, length)| {
            known.iter().find(|(user, _)| user == id).map(|(_, name)| (name.as_str(), *length))
        });
        let (text, length) = name.unwrap_or((&from[..1], 1));
        out.push_str(text);
        rest = &from[length..];
    }
    out + rest
}

/// The user id that `text` begins with, bare or as a link, and how many bytes it takes.
fn id_at(text: &str) -> Option<(String, usize)> {
    // Punctuation at the end belongs to the sentence.
    let word = text[..link_end(text)?].trim_end_matches(['.', ':', '?', '!', '/']);
    let id = if word.starts_with('@') { Some(word.to_owned()) } else { linked_id(word) };
    id.filter(|id| id.starts_with('@')).map(|id| (id, word.len()))
}

/// A link to a map for a location event, or nothing if it names no place on Earth.
///
/// Source: RFC 5870 (`geo:latitude,longitude[,altitude][;parameters]`), in degrees of WGS 84.
#[must_use]
pub fn map_link(geo_uri: &str) -> Option<String> {
    let (scheme, place) = geo_uri.trim().split_once(':')?;
    let mut parameters = place.split(';');
    let mut numbers = parameters.next()?.split(',').map(str::parse::<f64>);
    let (latitude, longitude) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
    // An altitude may follow. It must be a number; a map has no use for it.
    let altitude = numbers.next().is_none_or(|altitude| altitude.is_ok_and(f64::is_finite));
    let earth = parameters.all(|parameter| {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        !name.eq_ignore_ascii_case("crs") || value.eq_ignore_ascii_case("wgs84")
    });
    let valid = scheme.eq_ignore_ascii_case("geo")
        && altitude
        && numbers.next().is_none()
        && earth
        && (-90.0..=90.0).contains(&latitude)
        && (-180.0..=180.0).contains(&longitude);
    valid.then(|| format!("https://www.google.com/maps?q={latitude},{longitude}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_quotation_of_a_reply_goes_and_the_answer_stays() {
        let table = [
            ("> <@bob:example.org> first\n> second\n\nanswer\n\nmore", "answer\n\nmore"),
            ("> * <@bob:example.org> waves\n\nanswer", "answer"),
            ("> <@bob:example.org> first\r\n\r\nanswer", "answer"),
            ("> <@bob:example.org> first\nanswer", "answer"),
            ("> <@bob:example.org> first\n\n> typed by me\nanswer", "> typed by me\nanswer"),
            ("> <@bob:example.org> nothing else", ""),
            ("> typed by me\n\nanswer", "> typed by me\n\nanswer"),
            ("answer", "answer"),
            ("", ""),
        ];
        for (body, answer) in table {
            assert_eq!(strip_reply_fallback(body), answer, "{body:?}");
        }
    }

    #[test]
    fn people_are_called_by_their_names() {
        let names =
            [("@bob:example.org", "Bob"), ("@bob:example.org.uk", "Robert"), ("@ann.x:hs:8448", "Ann")];
        let names = names.map(|(id, name)| (id.to_owned(), name.to_owned()));
        let table = [
            ("ask [Bob B.](https://matrix.to/#/@bob:example.org) today", "ask Bob B. today"),
            ("ask [Bob](https://matrix.to/#/%40bob%3Aexample.org?via=hs)", "ask Bob"),
            ("ask [Bob](matrix:u/bob:example.org)", "ask Bob"),
            ("ask [a \\[b\\] [c]](https://matrix.to/#/@x:y)!", "ask a [b] [c]!"),
            ("in [#desk](https://matrix.to/#/#desk:example.org)", "in #desk"),
            ("[one](https://example.org) [Bob](https://matrix.to/#/@b:c)", "[one](https://example.org) Bob"),
            ("](https://matrix.to/#/@b:c)", "](https://matrix.to/#/@b:c)"),
            ("[x](https://matrix.to/#/@b:c", "[x](https://matrix.to/#/@b:c"),
            ("@bob:example.org: hello", "Bob: hello"),
            ("hello @bob:example.org.", "hello Bob."),
            ("@bob:example.org!", "Bob!"),
            ("https://matrix.to/#/!room:example.org/$event", "https://matrix.to/#/!room:example.org/$event"),
            ("[here](https://matrix.to/#/!room:example.org/$event)", "here"),
            ("(@bob:example.org.uk, @ann.x:hs:8448)", "(Robert, Ann)"),
            ("https://matrix.to/#/@bob:example.org?", "Bob?"),
            ("@bob:example.orgs @carl:example.org", "@bob:example.orgs @carl:example.org"),
            ("mail x@bob:example.org", "mail x@bob:example.org"),
            ("hh @ h@", "hh @ h@"),
            ("grüße 😀 @bob:example.org", "grüße 😀 Bob"),
        ];
        for (body, text) in table {
            assert_eq!(plain(body, None, &names), text, "{body:?}");
        }
    }

    #[test]
    fn a_formatted_message_is_plain_on_the_phone_and_names_people() {
        let html = r#"<strong>ask</strong> <a class="p" href="https://matrix.to/#/@carl:example.org">Carl &amp; Co</a> for 5<em>3</em>2"#;
        let names = [("@carl:example.org".to_owned(), "Carl & Co".to_owned())];
        for body in [
            "**ask** @carl:example.org for 5*3*2",
            "**ask** [Carl & Co](https://matrix.to/#/@carl:example.org) for 5*3*2",
        ] {
            assert_eq!(plain(body, Some(html), &names), "ask Carl & Co for 5*3*2");
            assert_eq!(plain(body, None, &names), "**ask** Carl & Co for 5*3*2", "without HTML as typed");
            assert_eq!(plain(body, Some("something else"), &names), "**ask** Carl & Co for 5*3*2");
        }
    }

    #[test]
    fn control_characters_do_not_go_to_phones() {
        for (body, text) in [
            ("Hi\u{7}\u{1b}[31m there\u{0}", "Hi[31m there"),
            ("one\r\ntwo\tthree\n", "one\ntwo\tthree\n"),
            ("one\rtwo\u{85}three\u{c}four\u{2028}\r\nfive", "one\ntwo\nthree\nfour\n\nfive"),
            ("\u{9f}\u{7f}", ""),
            ("👩\u{200d}🍳 grüße", "👩\u{200d}🍳 grüße"),
        ] {
            assert_eq!(plain(body, None, &[]), text, "{body:?}");
        }
        assert_eq!(plain("**a\u{7}b**", Some("<b>a\u{7}b</b>"), &[]), "ab");
    }

    #[test]
    fn a_place_on_earth_becomes_a_map_link() {
        let link = |place: &str| Some(format!("https://www.google.com/maps?q={place}"));
        assert_eq!(map_link("geo:51.5008,-0.1247;u=35"), link("51.5008,-0.1247"));
        assert_eq!(map_link("GEO:90,-180,12.5;crs=wgs84"), link("90,-180"));
        for nowhere in [
            "",
            "geo:",
            "geo:51.5",
            "geo:91,0",
            "geo:0,180.1",
            "geo:nan,0",
            "geo:inf,0",
            "geo:1,2,3,4",
            "geo:1,2,x",
            "geo:1,2;crs=moon-2011",
            "geo:1 ,2",
            "https:51,0",
            "geo:1&q=evil,2",
        ] {
            assert_eq!(map_link(nowhere), None, "{nowhere:?}");
        }
    }

    fn hostile() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            Just("https://matrix.to/#/"),
            Just("@bob:hs"),
            Just("[x]("),
            Just("]("),
            Just(")"),
            Just("\\["),
            Just("> <@b> "),
            Just("\n"),
            Just("<a href=\""),
            Just("é😀"),
            Just("h"),
            Just("matrix:u/"),
        ];
        proptest::collection::vec(piece, 0..20).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn any_body_may_come(body in hostile(), html in hostile(), other in any::<String>()) {
            let names = [("@bob:hs".to_owned(), "Bob".to_owned())];
            let _ = (plain(&body, Some(&html), &names), plain(&other, Some(&other), &[]));
            prop_assert!(body.ends_with(strip_reply_fallback(&body)));
            let _ = map_link(&other);
        }

        #[test]
        fn a_body_without_pills_is_unchanged(body in "[^@\\[]*") {
            let expected = printable(body.clone());
            prop_assert_eq!(plain(&body, None, &[("@bob:hs".to_owned(), "Bob".to_owned())]), expected);
        }
    }
}
