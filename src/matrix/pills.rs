//! Mentions: the pills of a formatted body, so that the ids in a plain one can be turned back into names.

use ruma::UserId;

/// No message names more users than this; the rest stay as they were written.
const MOST_PILLS: usize = 100;

/// The users a formatted body links to, as (user id, name shown), in order.
/// <https://spec.matrix.org/latest/client-server-api/#user-and-room-mentions>
pub(super) fn find(html: &str) -> Vec<(String, String)> {
    let mut pills = Vec::new();
    let mut rest = html;
    while pills.len() < MOST_PILLS {
        let Some((tag, after_tag)) = next_link(rest) else { break };
        let Some((shown, after_link)) = split_at_tag(after_tag, "</a") else { break };
        if let Some(user) = href(tag).and_then(|target| linked_user(&target)) {
            pills.push((user, decode(&without_tags(shown))));
        }
        rest = after_link;
    }
    pills
}

/// The inside of the next `<a …>` and what follows it.
fn next_link(html: &str) -> Option<(&str, &str)> {
    let (_, mut rest) = split_at_tag(html, "<a")?;
    while !rest.starts_with(|c: char| c.is_ascii_whitespace()) {
        rest = split_at_tag(rest, "<a")?.1;
    }
    rest.split_once('>')
}

/// Splits at the first place where this ASCII text stands in either case.
fn split_at_tag<'a>(html: &'a str, tag: &str) -> Option<(&'a str, &'a str)> {
    let at = html.as_bytes().windows(tag.len()).position(|w| w.eq_ignore_ascii_case(tag.as_bytes()))?;
    Some((&html[..at], &html[at + tag.len()..]))
}

/// The value of a tag's `href`, decoded.
fn href(tag: &str) -> Option<String> {
    let (_, value) = split_at_tag(tag, "href=")?;
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value[1..].split(quote).next().map(decode)
}

/// The user a link of either form leads to: `https://matrix.to/#/@u:s` or `matrix:u/u:s`.
fn linked_user(target: &str) -> Option<String> {
    let id = match target.strip_prefix("https://matrix.to/#/") {
        Some(id) => percent_decode(id)?,
        None => format!("@{}", percent_decode(target.strip_prefix("matrix:u/")?)?),
    };
    let id = id.split('?').next()?;
    UserId::parse(id).ok().filter(|_| !id.chars().any(char::is_control)).map(|user| user.to_string())
}

fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

fn without_tags(html: &str) -> String {
    let mut inside = false;
    let keep = |c: &char| {
        let was_inside = inside;
        inside = *c == '<' || (inside && *c != '>');
        !was_inside && !inside
    };
    html.chars().filter(keep).collect()
}

/// Turns the character references of HTML into characters: the five of XML, the space, and all numeric ones.
fn decode(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find('&') {
        text.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let end = rest.bytes().take(10).position(|b| b == b';');
        match end.and_then(|end| Some((reference(&rest[..end])?, end))) {
            Some((character, end)) => {
                text.push(character);
                rest = &rest[end + 1..];
            }
            None => text.push('&'),
        }
    }
    text.push_str(rest);
    text.retain(|c| c != '\0');
    text
}

fn reference(name: &str) -> Option<char> {
    let number = match name {
        "amp" => return Some('&'),
        "lt" => return Some('<'),
        "gt" => return Some('>'),
        "quot" => return Some('"'),
        "apos" => return Some('\''),
        "nbsp" => return Some(' '),
        _ => name.strip_prefix('#')?,
    };
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16),
        None => number.parse(),
    };
    code.ok().and_then(char::from_u32)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(html: &str) -> Vec<(String, String)> {
        find(html)
    }

    fn pill(user: &str, name: &str) -> Vec<(String, String)> {
        vec![(user.to_owned(), name.to_owned())]
    }

    #[test]
    fn links_to_users_are_pills_in_every_spelling() {
        let bob = pill("@bob:desk.test", "Bob & Söhne");
        for html in [
            r#"ask <a href="https://matrix.to/#/@bob:desk.test">Bob &amp; Söhne</a>, please"#,
            r"<A class='x' HREF='https://matrix.to/#/%40bob%3Adesk.test?via=desk.test'>Bob &#38; S&#xF6;hne</A>",
            r#"<abbr>x</abbr><a href="matrix:u/bob:desk.test?action=chat"><b>Bob</b> &amp; <i>Söhne</i></a>"#,
        ] {
            assert_eq!(found(html), bob, "{html}");
        }
    }

    #[test]
    fn other_links_and_broken_html_are_no_pills() {
        for html in [
            r#"<a href="https://matrix.to/#/!room:desk.test/$event">In reply to</a>"#,
            r#"<a href="https://evil.test/#/@bob:desk.test">Bob</a>"#,
            r"<a href=https://matrix.to/#/@bob:desk.test>Bob</a>",
            r#"<a href="https://matrix.to/#/@bob:desk.test">Bob"#,
            r#"<a href="https://matrix.to/#/@bob:desk.test"#,
            r#"<a href="https://matrix.to/#/%4">x</a>"#,
            r#"<a href="https://matrix.to/#/@b%00b:desk.test">x</a>"#,
            "<a",
            "",
        ] {
            assert_eq!(found(html), [], "{html}");
        }
    }

    #[test]
    fn references_that_are_none_stay_as_they_are() {
        assert_eq!(decode("a & b &; &bogus; &#xD800; &#0; &lt"), "a & b &; &bogus; &#xD800;  &lt");
    }

    #[test]
    fn a_flood_of_pills_is_cut() {
        let flood = r#"<a href="https://matrix.to/#/@b:d.t">b</a>"#.repeat(5_000);
        assert_eq!(found(&flood).len(), MOST_PILLS);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(html in "(<a |href=|\"|'|https://matrix.to/#/@b:d|</a>|>|&#?x?[0-9a-f]{0,3};?|%|ö|.){0,40}") {
            find(&html);
        }
    }
}
