//! Opening hours: when a queue is open, by the week, in a time zone, with days on which it is not.

use std::collections::BTreeSet;

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use serde::{Deserialize, Serialize};

use crate::clock::Millis;

/// The days of the week as people write them, Monday first.
pub const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Minutes in a day.
const DAY_MINUTES: u16 = 24 * 60;

/// A part of a day, in minutes since midnight by the clock on the wall: from the first until just before the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Span {
    /// When it begins.
    pub from: u16,
    /// When it is over.
    pub to: u16,
}

/// When something is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hours {
    /// For each day of the week, Monday first, when it is open; closed all day where there is nothing.
    pub week: [Vec<Span>; 7],
    /// Days on which it is closed, as `2026-12-25`.
    pub holidays: BTreeSet<String>,
    /// The time zone, by its name in the IANA database.
    pub time_zone: String,
}

impl Hours {
    /// Whether it is open at a moment.
    #[must_use]
    pub fn is_open(&self, at: Millis) -> bool {
        let Some(there) = self.there(at) else { return true };
        if self.holidays.contains(&there.date().to_string()) {
            return false;
        }
        let minute = u16::from(there.hour().unsigned_abs()) * 60 + u16::from(there.minute().unsigned_abs());
        let day = day_index(there.weekday());
        self.week[day].iter().any(|span| span.from <= minute && minute < span.to)
    }

    /// What clocks show there. Nothing where the zone is not known: it was checked when it was set.
    fn there(&self, at: Millis) -> Option<Zoned> {
        let zone = TimeZone::get(&self.time_zone).ok()?;
        Some(Timestamp::from_millisecond(at.0).ok()?.to_zoned(zone))
    }
}

fn day_index(day: Weekday) -> usize {
    usize::try_from(day.to_monday_zero_offset()).unwrap_or(0)
}

/// Reads when something is open on a day: `09:00-17:00`, or several separated by commas.
///
/// # Errors
/// What is wrong with it, as the rest of a sentence that begins with the text.
pub fn parse_day(text: &str) -> Result<Vec<Span>, String> {
    let mut spans = Vec::new();
    for part in text.split(',') {
        let span = part
            .trim()
            .split_once('-')
            .and_then(|(from, to)| Some(Span { from: parse_time(from.trim())?, to: parse_time(to.trim())? }));
        let Some(span) = span else {
            return Err(
                "is not a time of opening; write it like 09:00-17:00, or 09:00-12:00, 13:00-17:00".to_owned()
            );
        };
        if span.from >= span.to {
            return Err(
                "ends before it begins; what goes on after midnight belongs to the next day".to_owned()
            );
        }
        if spans.iter().any(|other: &Span| span.from < other.to && other.from < span.to) {
            return Err("names the same time twice".to_owned());
        }
        spans.push(span);
    }
    spans.sort();
    Ok(spans)
}

/// Minutes since midnight; `24:00` is the end of the day.
fn parse_time(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let digits =
        |part: &str, len| (1..=len).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    if !digits(hour, 2) || minute.len() != 2 || !digits(minute, 2) {
        return None;
    }
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    let minutes = hour * 60 + minute;
    (minute < 60 && minutes <= DAY_MINUTES).then_some(minutes)
}

/// Reads a day on which something is closed.
///
/// # Errors
/// What is wrong with it, as the rest of a sentence that begins with the text.
pub fn parse_holiday(text: &str) -> Result<String, String> {
    let date: jiff::civil::Date =
        text.trim().parse().map_err(|_| "is not a day; write it like 2026-12-25".to_owned())?;
    Ok(date.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(time_zone: &str) -> Hours {
        let workday = || parse_day("09:00-12:30, 13:30-17:00").unwrap();
        let week =
            [workday(), workday(), workday(), workday(), workday(), vec![], parse_day("0:00-24:00").unwrap()];
        let holidays = ["2026-12-25".to_owned()].into();
        Hours { week, holidays, time_zone: time_zone.to_owned() }
    }

    fn at(text: &str) -> Millis {
        Millis(text.parse::<Timestamp>().unwrap().as_millisecond())
    }

    #[test]
    fn it_is_open_by_the_clock_on_the_wall_there() {
        // 2026-07-06 and 2026-12-21 are Mondays.
        let table = [
            ("UTC", "2026-07-06T08:59:59.999Z", false),
            ("UTC", "2026-07-06T09:00:00Z", true),
            ("UTC", "2026-07-06T12:29:59Z", true),
            ("UTC", "2026-07-06T12:30:00Z", false),
            ("UTC", "2026-07-06T16:59:59Z", true),
            ("UTC", "2026-07-06T17:00:00Z", false),
            ("UTC", "2026-07-04T10:00:00Z", false),
            ("UTC", "2026-07-05T23:59:59Z", true),
            ("UTC", "2026-12-25T10:00:00Z", false),
            ("Europe/Berlin", "2026-07-06T07:00:00Z", true),
            ("Europe/Berlin", "2026-07-06T15:00:00Z", false),
            ("Europe/Berlin", "2026-12-21T07:59:59Z", false),
            ("Europe/Berlin", "2026-12-21T08:00:00Z", true),
            ("America/New_York", "2026-12-25T15:00:00Z", false),
            ("America/New_York", "2026-12-28T04:59:59Z", true),
        ];
        for (zone, moment, open) in table {
            assert_eq!(hours(zone).is_open(at(moment)), open, "{moment} in {zone}");
        }
    }

    #[test]
    fn times_that_make_no_sense_are_refused_with_a_reason() {
        for (text, why) in [
            ("nine to five", "is not a time of opening"),
            ("9-17", "is not a time of opening"),
            ("09:00-17:60", "is not a time of opening"),
            ("09:00-24:01", "is not a time of opening"),
            ("09:00", "is not a time of opening"),
            ("", "is not a time of opening"),
            ("09:00-12:00,", "is not a time of opening"),
            ("17:00-09:00", "ends before it begins"),
            ("09:00-09:00", "ends before it begins"),
            ("09:00-12:00, 11:00-14:00", "names the same time twice"),
        ] {
            let error = parse_day(text).unwrap_err();
            assert!(error.starts_with(why), "{text:?}: {error}");
        }
        assert_eq!(parse_day("13:00-14:00,9:00-12:00").unwrap()[0], Span { from: 540, to: 720 });
        assert!(parse_holiday("2026-02-30").is_err());
        assert_eq!(parse_holiday(" 2028-02-29 ").unwrap(), "2028-02-29");
    }
}
