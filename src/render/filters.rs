//! The filters and tests templates may use beside minijinja's own.
//!
//! | in a template | gives |
//! | --- | --- |
//! | `ms\|time` | the time of day of a Unix time in milliseconds: `14:05`, or `2:05 pm` |
//! | `ms\|date` | its day: `14 Nov 2023` |
//! | `secs\|duration` | `45 s`, `3 min`, `1 h 5 min`, `2 days 3 h` |
//! | `room\|room_link` | the `matrix.to` link of a room id |
//! | `n\|plural("text")` | `1 text`, `2 texts` |
//! | `text\|stop` | the text, ending as a sentence does |
//! | `text\|sentence` | the same, beginning like one too |
//! | `text\|command` | the text, beginning with the command prefix |
//! | `value\|linked` | case data: of a link with a name, the name and the address itself beside it |
//! | `value\|odd_links` | the links in it that are not what they seem, each with `url` and `why` |
//! | `notice\|words("why_refused")` | what that template of words says of the notice, or of a part of one |
//! | `link is tappable` | whether a link calls or writes to someone, and does nothing else |
//! | `link is web` | whether a link leads to a web page: only for links of the desk's own config |

use jiff::Timestamp;
use jiff::tz::TimeZone;
use minijinja::{Environment, Error, ErrorKind, State, Value};
use ruma::RoomId;

use super::style::{RenderSettings, Style};
use super::{catalogue, clean};
use crate::domain::case;
use crate::domain::notice::OddLink;
use crate::domain::text::links;

/// Adds them, for a desk that writes like `settings`, its times in this style.
pub(super) fn add_to(environment: &mut Environment<'static>, settings: &RenderSettings, style: &Style) {
    let here = style.clone();
    environment.add_filter("time", move |ms: i64| here.with(|zone, formats| at(ms, zone, formats.time)));
    let here = style.clone();
    environment.add_filter("date", move |ms: i64| here.with(|zone, formats| at(ms, zone, formats.date)));
    environment.add_filter("duration", duration);
    environment.add_filter("thousands", thousands);
    environment.add_filter("room_link", |room: &str| room_link(room));
    environment.add_filter("plural", |count: u64, noun: &str| plural(count, noun));
    environment.add_filter("stop", |text: &str| stop(text));
    environment.add_filter("sentence", |text: &str| sentence(text));
    environment.add_filter("words", words);
    environment.add_filter("linked", |value: &str| case::shown(value));
    environment.add_filter("odd_links", odd_links);
    let prefix = settings.prefix.clone();
    environment.add_filter("command", move |text: &str| command(&prefix, text));
    environment.add_test("tappable", |link: &str| link.starts_with("tel:") || link.starts_with("mailto:"));
    environment.add_test("web", |link: &str| link.starts_with("https://") || link.starts_with("http://"));
}

fn at(ms: i64, zone: &TimeZone, format: &str) -> String {
    Timestamp::from_millisecond(ms)
        .ok()
        .and_then(|moment| jiff::fmt::strtime::format(format, &moment.to_zoned(zone.clone())).ok())
        .unwrap_or_else(|| "an unknown time".to_owned())
}

fn duration(secs: u64) -> String {
    let (mins, hours, days) = (secs / 60, secs / 3600, secs / 86_400);
    let two = |large: String, small: u64, unit: &str| {
        if small == 0 { large } else { format!("{large} {small} {unit}") }
    };
    match secs {
        0..60 => format!("{secs} s"),
        60..3600 => format!("{mins} min"),
        3600..86_400 => two(format!("{hours} h"), mins % 60, "min"),
        _ => two(plural(days, "day"), hours % 24, "h"),
    }
}

fn plural(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// A count with its thousands apart: 1,204.
fn thousands(count: u64) -> String {
    let digits = count.to_string();
    let pieces: Vec<&[u8]> = digits.as_bytes().rchunks(3).rev().collect();
    String::from_utf8_lossy(&pieces.join(&b',')).into_owned()
}

/// Empty for what is no room id: a link to nowhere is worse than none.
fn room_link(room: &str) -> String {
    RoomId::parse(room).map(|id| id.matrix_to_uri().to_string()).unwrap_or_default()
}

fn stop(text: &str) -> String {
    let ended = text.ends_with(['.', '!', '?', '…', ':']) || text.is_empty();
    if ended { text.to_owned() } else { format!("{text}.") }
}

fn sentence(text: &str) -> String {
    // The name of a setting stays as it is typed.
    if text.split_whitespace().next().is_some_and(|word| word.contains('_')) {
        return stop(text);
    }
    let mut rest = text.chars();
    let first = rest.next().into_iter().flat_map(char::to_uppercase);
    stop(&first.chain(rest.clone()).collect::<String>())
}

/// The words for a code, from a template of their own: plain text, which a formatted body escapes like any
/// other. Templates of words do not ask for others this way, so that none can go in circles.
fn words(state: &State, of: &Value, template: &str) -> Result<String, Error> {
    let name = format!("{template}.txt");
    if !catalogue::WORDS.contains(&name.as_str()) || catalogue::WORDS.contains(&state.name()) {
        let detail = format!("there are no words {template:?} to ask for here");
        return Err(Error::new(ErrorKind::InvalidOperation, detail));
    }
    let text = state.env().get_template(&name)?.render(of)?;
    match text.trim() {
        "" => Err(Error::new(ErrorKind::InvalidOperation, format!("{name} has no words for {of}"))),
        words => Ok(words.to_owned()),
    }
}

/// The links in case data that are not what they seem, each reason once.
fn odd_links(value: &str) -> Value {
    let mut odd: Vec<OddLink> = Vec::new();
    for warning in links::warnings(&case::shown(value)) {
        if odd.iter().all(|known| known.why != warning.why) {
            odd.push(OddLink { url: warning.url, why: warning.why });
        }
    }
    clean::context(&odd)
}

fn command(prefix: &str, text: &str) -> String {
    if text.starts_with(prefix) { text.to_owned() } else { format!("{prefix}{text}") }
}

#[cfg(test)]
mod tests {
    use super::super::style::Formats;
    use super::*;

    #[test]
    fn times_are_local_and_written_as_the_locale_does() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let (summer, winter) = (1_688_212_800_000, 1_700_000_000_000);
        let british = Formats::of("en");
        assert_eq!(at(summer, &berlin, british.time), "14:00");
        assert_eq!(at(winter, &berlin, british.time), "23:13");
        assert_eq!(at(winter, &berlin, british.date), "14 Nov 2023");
        let american = Formats::of("en_US");
        assert_eq!(at(winter, &TimeZone::UTC, american.time), "10:13 pm");
        assert_eq!(at(winter, &TimeZone::UTC, american.date), "Nov 14, 2023");
        assert_eq!(at(winter, &TimeZone::UTC, Formats::of("de").date), "2023-11-14");
        assert_eq!(at(i64::MAX, &berlin, british.time), "an unknown time");
    }

    #[test]
    fn durations_show_their_two_largest_units() {
        let shown: Vec<_> =
            [0, 59, 60, 3599, 3600, 3900, 86_399, 86_400, 183_600].into_iter().map(duration).collect();
        let expected =
            ["0 s", "59 s", "1 min", "59 min", "1 h", "1 h 5 min", "23 h 59 min", "1 day", "2 days 3 h"];
        assert_eq!(shown, expected);
    }

    #[test]
    fn thousands_stand_apart() {
        for (count, shown) in
            [(0, "0"), (999, "999"), (1_204, "1,204"), (100_000, "100,000"), (1_000_000, "1,000,000")]
        {
            assert_eq!(thousands(count), shown);
        }
    }

    #[test]
    fn a_sentence_is_ended_once_and_a_command_has_one_prefix() {
        assert_eq!(stop("so it is"), "so it is.");
        assert_eq!(stop("is it?"), "is it?");
        assert_eq!(sentence("so it is"), "So it is.");
        assert_eq!(sentence(""), "");
        assert_eq!(command("!", "done"), "!done");
        assert_eq!(command("!", "!done"), "!done");
    }

    #[test]
    fn only_a_room_id_has_a_room_link() {
        assert_eq!(room_link("!abc:desk.test"), "https://matrix.to/#/!abc:desk.test");
        assert_eq!(room_link("javascript:alert(1)"), "");
    }
}
