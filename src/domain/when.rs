//! Moments in time, as people type them: `30m`, `17:30`, `tomorrow`, `monday 9:00`, `2026-12-01 09:00`.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;

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
}

/// The moment that is meant, where clocks show the time of `zone`.
///
/// # Errors
/// [`Unfit`]: unclear, over, or more than 90 days away.
pub fn moment(typed: &str, now: Millis, zone: &TimeZone) -> Result<Millis, Unfit> {
    let typed = typed.trim().to_lowercase();
    let typed = typed.strip_prefix("in ").unwrap_or(&typed);
    let at = match span(typed) {
        Some(span) => now + span,
        None => by_the_clock(typed, now, zone).ok_or(Unfit::Unclear)?,
    };
    if at <= now {
        Err(Unfit::Past)
    } else if at > now + FARTHEST {
        Err(Unfit::TooFar)
    } else {
        Ok(at)
    }
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

/// A day with or without a time, or a time of today.
fn by_the_clock(typed: &str, now: Millis, zone: &TimeZone) -> Option<Millis> {
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
        None => (today, time(typed)?),
    };
    let moment = date.to_datetime(time).to_zoned(zone.clone()).ok()?;
    Some(Millis(moment.timestamp().as_millisecond()))
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
        }
    }
}
