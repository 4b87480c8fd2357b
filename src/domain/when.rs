//! Moments in time, as people type them: `30m`, `17:30`, `tomorrow`, `monday 9:00`, `2026-12-01 09:00`.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone};

use serde::{Deserialize, Serialize};

use crate::clock::Millis;

/// Nothing is put off for longer than this.
pub const FARTHEST: Duration = Duration::from_hours(90 * 24);

/// The hour of a day that is named without one.
const MORNING: Time = Time::constant(9, 0, 0, 0);
/// The largest number of a unit that is read.
const MOST: u64 = 1_000_000;
const DAY_SECS: u64 = 86_400;

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

/// Why what was typed is no moment to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unfit {
    /// It is no moment at all.
    Unclear,
    /// It is over.
    Past,
    /// It is too far away.
    TooFar,
    /// It names a time zone, and all times are those of the desk.
    Zone,
    /// What stands behind it may belong to it.
    Ends,
}

/// What the clocks do at a moment that was named by the time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clocks {
    /// They go forward and leave that time out: the moment is as much later.
    LeaveOut,
    /// They go back and show that time twice: the moment is the first of the two that is still to come.
    ShowTwice,
}

/// A moment, and how it was said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// The moment that is meant.
    pub at: Millis,
    /// What was typed.
    pub said: String,
    /// What the clocks do then, where that makes a difference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clocks: Option<Clocks>,
}

/// How many words a moment has at most.
const WORDS: usize = 8;
/// Zones as people abbreviate them.
const ZONES: &[&str] = &[
    "AKST", "BST", "CDT", "CEST", "CET", "CST", "EDT", "EEST", "EET", "EST", "HST", "IST", "JST", "MDT",
    "MSK", "MST", "PDT", "PST", "WEST", "WET", "Z",
];
/// Words by which people go on with a time.
const MORE_OF_A_TIME: &[&str] = &[
    "afternoon",
    "am",
    "at",
    "evening",
    "midnight",
    "morning",
    "next",
    "night",
    "noon",
    "o'clock",
    "oclock",
    "o’clock",
    "on",
    "pm",
    "uhr",
    "week",
];

/// The moment that is meant, where clocks show the time of `zone`.
///
/// # Errors
/// [`Unfit`]: unclear, over, or more than 90 days away.
pub fn moment(typed: &str, now: Millis, zone: &TimeZone) -> Result<Millis, Unfit> {
    let (at, _) = read(typed, now, zone).ok_or(Unfit::Unclear)?;
    within(at, now)
}

/// The moment that a line begins with, and what stands behind it. The longest beginning that is one counts,
/// on the first line. Where what follows may belong to the time, nothing is guessed: quotes around it help.
///
/// # Errors
/// [`Unfit`]: the line begins with no moment, or with one that is over or more than 90 days away; or it is
/// not sure where that ends.
pub fn first<'a>(line: &'a str, now: Millis, zone: &TimeZone) -> Result<(Moment, &'a str), Unfit> {
    let line = line.trim();
    let begin = line.split('\n').next().unwrap_or_default();
    let blanks = begin.char_indices().filter(|(_, c)| c.is_whitespace()).map(|(at, _)| at);
    let is_end = |at: &usize| !begin[..*at].ends_with(char::is_whitespace);
    let mut ends: Vec<usize> = blanks.chain([begin.len()]).filter(is_end).take(WORDS).collect();
    ends.reverse();
    for end in ends {
        let typed = line[..end].trim_end_matches([':', ',']);
        let Some((at, clocks)) = read(typed, now, zone) else { continue };
        let beside = begin[end..].trim_start();
        if names_a_zone(beside) {
            return Err(Unfit::Zone);
        }
        // Nobody says the larger unit last: in “2h 3 days are too long”, the text may begin with the 3.
        let is_vague = names_a_day_alone(typed) && begins_with_a_number(beside);
        if is_vague || has_units_out_of_order(typed) || begins_with_a_time(beside) {
            return Err(Unfit::Ends);
        }
        let at = within(at, now)?;
        return Ok((Moment { at, said: typed.to_owned(), clocks }, line[end..].trim_start()));
    }
    Err(Unfit::Unclear)
}

/// What is typed, as a moment, wherever that is.
fn read(typed: &str, now: Millis, zone: &TimeZone) -> Option<(Millis, Option<Clocks>)> {
    let typed = typed.trim().to_lowercase();
    let typed = typed.strip_prefix("in ").unwrap_or(&typed);
    match span(typed) {
        Some(span) => Some((now + span, None)),
        None => by_the_clock(typed, now, zone),
    }
}

fn within(at: Millis, now: Millis) -> Result<Millis, Unfit> {
    if at <= now {
        Err(Unfit::Past)
    } else if at > now + FARTHEST {
        Err(Unfit::TooFar)
    } else {
        Ok(at)
    }
}

/// Whether this is a length of time with units that do not get smaller: `30m 1h`, `2h 3h`.
fn has_units_out_of_order(typed: &str) -> bool {
    let typed = typed.trim().to_lowercase();
    let typed = typed.strip_prefix("in ").unwrap_or(&typed);
    if span(typed).is_none() {
        return false;
    }
    let units = typed.split(|c: char| !c.is_ascii_alphabetic()).filter(|unit| !unit.is_empty());
    let lengths: Vec<Option<Duration>> = units.map(|unit| span(&format!("1{unit}"))).collect();
    !lengths.is_sorted_by(|larger, smaller| larger > smaller)
}

/// Whether this is a day without a time, as in `on friday`.
fn names_a_day_alone(typed: &str) -> bool {
    let typed = typed.trim().to_lowercase();
    day(typed.strip_prefix("on ").unwrap_or(&typed).trim_start(), Date::constant(2000, 1, 1)).is_some()
}

/// Whether what follows a day may be its hour: in `friday 3 boxes come`, the text may begin with the 3.
fn begins_with_a_number(behind: &str) -> bool {
    let word = behind.split_whitespace().next().unwrap_or_default().trim_end_matches([',', ';', ':', '.']);
    word.len() <= 2 && word.parse::<u8>().is_ok_and(|hour| hour <= 24)
}

/// Whether what follows a moment on its line may be more of it: `morning`, `25:00`, `3 days`.
fn begins_with_a_time(behind: &str) -> bool {
    let behind = behind.to_lowercase();
    let mut words = behind.split_whitespace().map(|word| word.trim_end_matches([',', ';', ':', '.', '!']));
    let (Some(word), next) = (words.next(), words.next().unwrap_or_default()) else { return false };
    let is_length = [word.to_owned(), format!("{word} {next}")].iter().any(|words| span(words).is_some());
    let digits = word.bytes().take_while(u8::is_ascii_digit).count();
    let is_clock = (1..=2).contains(&digits) && {
        let rest = &word[digits..];
        let minute = rest.strip_prefix([':', '.', 'h']);
        ["am", "pm", "h", "uhr"].contains(&rest)
            || minute.is_some_and(|rest| rest.bytes().take_while(u8::is_ascii_digit).count() == 2)
    };
    MORE_OF_A_TIME.contains(&word) || is_length || is_clock
}

/// Whether what follows a moment names a time zone: `UTC`, `CET`, `+02:00`, `Europe/Berlin`.
fn names_a_zone(behind: &str) -> bool {
    let word = behind.split_whitespace().next().unwrap_or_default().trim_end_matches([',', ';', ':', '.']);
    let is_offset = word.strip_prefix(['+', '-', '−']).is_some_and(|rest| {
        let digits = rest.bytes().filter(u8::is_ascii_digit).count();
        (rest.len() == 4 && digits == 4) || (rest.len() == 5 && digits == 4 && rest[2..].starts_with(':'))
    });
    let universal = |name: &str| {
        let begins = word.get(..3).is_some_and(|begin| begin.eq_ignore_ascii_case(name));
        begins && word.get(3..).is_some_and(|rest| rest.is_empty() || rest.starts_with(['+', '-']))
    };
    let is_place = word.contains('/') && TimeZone::get(word).is_ok();
    is_offset || ZONES.contains(&word) || universal("utc") || universal("gmt") || is_place
}

/// `2h`, `90 min`, `1 day 2 hours`: numbers with their units, nothing else.
pub(super) fn span(typed: &str) -> Option<Duration> {
    let mut rest = typed;
    let mut secs: u64 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: u64 = rest[..digits].parse().ok().filter(|number| *number <= MOST)?;
        rest = rest[digits..].trim_start();
        let letters = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let unit = match &rest[..letters] {
            "s" | "sec" | "secs" | "second" | "seconds" => 1,
            "m" | "min" | "mins" | "minute" | "minutes" => 60,
            "h" | "hr" | "hrs" | "hour" | "hours" => 3600,
            "d" | "day" | "days" => DAY_SECS,
            "w" | "week" | "weeks" => 7 * DAY_SECS,
            _ => return None,
        };
        secs += number * unit;
        rest = rest[letters..].trim_start();
    }
    (!typed.is_empty()).then(|| Duration::from_secs(secs))
}

/// A day with or without a time, in either order, or a time of today.
fn by_the_clock(typed: &str, now: Millis, zone: &TimeZone) -> Option<(Millis, Option<Clocks>)> {
    let typed = ["at ", "on "].iter().find_map(|word| typed.strip_prefix(word)).unwrap_or(typed).trim_start();
    let today = Timestamp::from_millisecond(now.0).ok()?.to_zoned(zone.clone()).date();
    // A date as programs write it: 2026-12-01t09:00.
    let (first, rest) = match typed.split_once(char::is_whitespace) {
        Some((first, rest)) => (first, rest.trim_start()),
        None => match typed.split_once('t').filter(|(date, _)| date.len() == 10) {
            Some(both) => both,
            None => (typed, ""),
        },
    };
    let rest = rest.strip_prefix("at ").unwrap_or(rest);
    let (date, time) = match day(first, today) {
        Some(date) if rest.is_empty() => (date, Some(MORNING).filter(|_| first != "today")?),
        Some(date) => (date, time(rest)?),
        None => match time(typed) {
            Some(time) => (today, time),
            None => time_of_day(typed, today)?,
        },
    };
    let meant = zone.to_ambiguous_zoned(date.to_datetime(time));
    let clocks = match meant.offset() {
        AmbiguousOffset::Unambiguous { .. } => None,
        AmbiguousOffset::Gap { .. } => Some(Clocks::LeaveOut),
        AmbiguousOffset::Fold { .. } => Some(Clocks::ShowTwice),
    };
    let moment = meant.clone().compatible().ok()?.timestamp().as_millisecond();
    // The first of two may be over while the second is to come.
    let moment = match clocks {
        Some(Clocks::ShowTwice) if moment <= now.0 => meant.later().ok()?.timestamp().as_millisecond(),
        Some(Clocks::ShowTwice | Clocks::LeaveOut) | None => moment,
    };
    Some((Millis(moment), clocks))
}

/// `9:00 tomorrow`, `5 pm on monday`.
fn time_of_day(typed: &str, today: Date) -> Option<(Date, Time)> {
    let (clock, word) = typed.rsplit_once(char::is_whitespace)?;
    let clock = clock.trim_end();
    let clock = clock.strip_suffix(" on").unwrap_or(clock);
    Some((day(word, today)?, time(clock)?))
}

fn day(word: &str, today: Date) -> Option<Date> {
    match word {
        "today" => return Some(today),
        "tomorrow" => return today.tomorrow().ok(),
        _ => {}
    }
    let named = |(name, _): &&(&str, Weekday)| *name == word || (word.len() == 3 && name.starts_with(word));
    if let Some((_, weekday)) = WEEKDAYS.iter().find(named) {
        return today.nth_weekday(1, *weekday).ok();
    }
    word.parse().ok().filter(|_| word.len() == 10)
}

/// `17:30`, `5:30 pm`, `5pm`.
fn time(typed: &str) -> Option<Time> {
    let halves = [("am", 0), ("pm", 12)];
    let in_half = halves.iter().find_map(|(name, half)| Some((typed.strip_suffix(name)?, Some(*half))));
    let (clock, half) = in_half.unwrap_or((typed, None));
    let (hour, minute) = match clock.trim_end().split_once(':') {
        Some((hour, minute)) if minute.len() == 2 => (hour, minute),
        None if half.is_some() => (clock.trim_end(), "00"),
        Some(_) | None => return None,
    };
    let number = |text: &str| -> Option<i8> {
        let fits = (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        fits.then(|| text.parse().ok())?
    };
    let hour = match (number(hour)?, half) {
        (hour, None) => hour,
        (hour @ 1..=12, Some(half)) => hour % 12 + half,
        (_, Some(_)) => return None,
    };
    Time::new(hour, number(minute)?, 0, 0).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Friday, 20 November 2026, 15:00 in Berlin.
    fn now() -> Millis {
        at("2026-11-20T15:00")
    }

    fn berlin() -> TimeZone {
        TimeZone::get("Europe/Berlin").unwrap()
    }

    fn at(text: &str) -> Millis {
        let civil: jiff::civil::DateTime = text.parse().unwrap();
        Millis(civil.to_zoned(berlin()).unwrap().timestamp().as_millisecond())
    }

    #[test]
    fn moments_are_read_as_people_type_them() {
        for (typed, meant) in [
            ("2h", "2026-11-20T17:00"),
            ("30m", "2026-11-20T15:30"),
            (" 90 min ", "2026-11-20T16:30"),
            ("in 1 hour 30 minutes", "2026-11-20T16:30"),
            ("1h30m", "2026-11-20T16:30"),
            ("3 days", "2026-11-23T15:00"),
            ("1w", "2026-11-27T15:00"),
            ("17:30", "2026-11-20T17:30"),
            ("5:30 PM", "2026-11-20T17:30"),
            ("5pm", "2026-11-20T17:00"),
            ("today at 17:30", "2026-11-20T17:30"),
            ("Tomorrow", "2026-11-21T09:00"),
            ("tomorrow 9:00", "2026-11-21T09:00"),
            ("tomorrow 12 am", "2026-11-21T00:00"),
            ("monday", "2026-11-23T09:00"),
            ("friday", "2026-11-27T09:00"),
            ("wed 14:15", "2026-11-25T14:15"),
            ("2026-12-01 09:00", "2026-12-01T09:00"),
            ("2026-12-01T09:30", "2026-12-01T09:30"),
            ("2026-12-01", "2026-12-01T09:00"),
            ("9:00 tomorrow", "2026-11-21T09:00"),
            ("at 5pm on monday", "2026-11-23T17:00"),
            ("on wednesday at 8:00", "2026-11-25T08:00"),
        ] {
            assert_eq!(moment(typed, now(), &berlin()), Ok(at(meant)), "{typed:?}");
        }
    }

    #[test]
    fn what_is_no_moment_to_wait_for_is_refused() {
        for (typed, why) in [
            ("", Unfit::Unclear),
            ("later", Unfit::Unclear),
            ("2", Unfit::Unclear),
            ("2h later", Unfit::Unclear),
            ("-2h", Unfit::Unclear),
            ("9", Unfit::Unclear),
            ("25:00", Unfit::Unclear),
            ("9:5", Unfit::Unclear),
            ("13pm", Unfit::Unclear),
            ("today", Unfit::Unclear),
            ("tomorrow morning", Unfit::Unclear),
            ("2026-02-30", Unfit::Unclear),
            ("01.12.2026", Unfit::Unclear),
            ("999999999999999999999h", Unfit::Unclear),
            ("0m", Unfit::Past),
            ("9:00", Unfit::Past),
            ("2026-11-19", Unfit::Past),
            ("91 days", Unfit::TooFar),
            ("1000000 weeks", Unfit::TooFar),
            ("2027-11-20", Unfit::TooFar),
        ] {
            assert_eq!(moment(typed, now(), &berlin()), Err(why), "{typed:?}");
        }
    }

    #[test]
    fn a_moment_is_told_from_the_text_behind_it() {
        for (line, meant, text) in [
            ("2h Hello", "2026-11-20T17:00", "Hello"),
            ("2 h 30 min Hello there", "2026-11-20T17:30", "Hello there"),
            ("in 2 hours: Hello", "2026-11-20T17:00", "Hello"),
            ("17:30 Hello", "2026-11-20T17:30", "Hello"),
            ("5 pm\nHello\nthere", "2026-11-20T17:00", "Hello\nthere"),
            ("tomorrow Hello", "2026-11-21T09:00", "Hello"),
            ("Tomorrow 9:00 Hello", "2026-11-21T09:00", "Hello"),
            ("9:00 tomorrow Hello", "2026-11-21T09:00", "Hello"),
            ("tomorrow at 10am, Hello", "2026-11-21T10:00", "Hello"),
            ("tomorrow 30 parcels come", "2026-11-21T09:00", "30 parcels come"),
            ("17:30 2 parcels come", "2026-11-20T17:30", "2 parcels come"),
            ("tomorrow \"At noon we close\"", "2026-11-21T09:00", "\"At noon we close\""),
            ("mon #hello", "2026-11-23T09:00", "#hello"),
            ("2026-12-01 09:30 Hello", "2026-12-01T09:30", "Hello"),
            ("1h30m", "2026-11-20T16:30", ""),
            ("1h Est-ce que ça va ?", "2026-11-20T16:00", "Est-ce que ça va ?"),
        ] {
            let (moment, behind) =
                first(line, now(), &berlin()).unwrap_or_else(|why| panic!("{line}: {why:?}"));
            assert_eq!((moment.at, behind, moment.clocks), (at(meant), text, None), "{line:?}");
            assert!(line.starts_with(&moment.said), "{line:?}");
        }
    }

    #[test]
    fn where_a_moment_may_go_on_nothing_is_guessed() {
        for (line, why) in [
            ("", Unfit::Unclear),
            ("Hello 2h", Unfit::Unclear),
            ("-2h Hello", Unfit::Unclear),
            ("9 Hello", Unfit::Unclear),
            ("٢h Hello", Unfit::Unclear),
            ("２ｈ Hello", Unfit::Unclear),
            ("2\u{200b}h Hello", Unfit::Unclear),
            ("next monday Hello", Unfit::Unclear),
            ("99999999h Hello", Unfit::Unclear),
            ("999999999999999999999999h Hello", Unfit::Unclear),
            ("1000000w Hello", Unfit::TooFar),
            ("91d Hello", Unfit::TooFar),
            ("9:00 Hello", Unfit::Past),
            ("0s Hello", Unfit::Past),
            ("tomorrow morning Hello", Unfit::Ends),
            ("tomorrow at nine Hello", Unfit::Ends),
            ("tomorrow 25:00 Hello", Unfit::Ends),
            ("tomorrow 9.30 Hello", Unfit::Ends),
            ("monday next week Hello", Unfit::Ends),
            ("friday 3 boxes come", Unfit::Ends),
            ("on Friday 3", Unfit::Ends),
            ("tomorrow 9, Hello", Unfit::Ends),
            ("2026-12-01 24 Hello", Unfit::Ends),
            ("30m 1h Hello", Unfit::Ends),
            ("2h 3 days are too long", Unfit::Ends),
            ("2h 17:30 is when we close", Unfit::Ends),
            ("tomorrow 9:00 UTC Hello", Unfit::Zone),
            ("tomorrow 9:00 utc+2 Hello", Unfit::Zone),
            ("tomorrow 9:00 EST: Hello", Unfit::Zone),
            ("tomorrow 9:00 +02:00 Hello", Unfit::Zone),
            ("tomorrow 9:00 America/New_York Hello", Unfit::Zone),
        ] {
            assert_eq!(first(line, now(), &berlin()).map(|(moment, _)| moment), Err(why), "{line:?}");
        }
    }

    #[test]
    fn a_time_that_is_not_there_or_there_twice_is_resolved_and_said_so() {
        let spring = at("2027-03-27T20:00");
        let (moment, text) = first("tomorrow 2:30 Hello", spring, &berlin()).unwrap();
        assert_eq!(
            (moment.at, moment.clocks, text),
            (at("2027-03-28T03:30"), Some(Clocks::LeaveOut), "Hello")
        );
        let autumn = at("2026-10-24T20:00");
        let (moment, _) = first("tomorrow 2:30 Hello", autumn, &berlin()).unwrap();
        let the_first = Millis(at("2026-10-25T01:30").0 + 3_600_000);
        assert_eq!((moment.at, moment.clocks), (the_first, Some(Clocks::ShowTwice)));
        // Once the first is over, the second is meant.
        let (moment, _) = first("2:30 Hello", Millis(the_first.0 + 60_000), &berlin()).unwrap();
        assert_eq!((moment.at, moment.clocks), (Millis(the_first.0 + 3_600_000), Some(Clocks::ShowTwice)));
        // A length of time is that long, whatever the clocks do.
        let (moment, _) = first("1 day Hello", spring, &berlin()).unwrap();
        assert_eq!((moment.at, moment.clocks), (Millis(spring.0 + 86_400_000), None));
    }

    #[test]
    fn a_time_the_clocks_leave_out_is_the_next_there_is() {
        let evening = at("2027-03-27T20:00");
        assert_eq!(moment("tomorrow 2:30", evening, &berlin()), Ok(at("2027-03-28T03:30")));
    }

    proptest! {
        #[test]
        fn whatever_is_typed_only_a_moment_within_reach_is_taken(
            typed in prop_oneof![any::<String>(), "[0-9]{1,3} ?[mhdw]", "(tomorrow|mon|today) [0-9]{1,2}:[0-9]{2}"]
        ) {
            if let Ok(meant) = moment(&typed, now(), &berlin()) {
                prop_assert!(meant > now() && meant <= now() + FARTHEST);
            }
            if let Ok((moment, behind)) = first(&typed, now(), &berlin()) {
                prop_assert!(moment.at > now() && moment.at <= now() + FARTHEST);
                prop_assert!(typed.contains(&moment.said) && typed.trim().ends_with(behind));
            }
        }
    }
}
