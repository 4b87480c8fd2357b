//! Opening hours: when a queue is open, by weekday, in a time zone, with days on which it is closed.

use std::collections::BTreeSet;
use std::fmt;

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use serde::{Deserialize, Serialize};

use super::settings;
use crate::clock::Millis;

/// The days of the week as people write them, Monday first.
pub const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Minutes in a day.
const DAY_MINUTES: u16 = 24 * 60;

/// A part of a day, in minutes since midnight, local time: from the first until just before the second.
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
    /// The open times of each weekday, Monday first; a day without any is closed.
    pub week: [Vec<Span>; 7],
    /// Days on which it is closed, as `2026-12-25`.
    pub holidays: BTreeSet<String>,
    /// The time zone, by its name in the IANA database.
    pub time_zone: String,
}

/// As [`Hours::parse`] reads them.
impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut first = 0;
        while first < DAYS.len() {
            let spans = &self.week[first];
            let alike = self.week[first..].iter().take_while(|other| *other == spans).count();
            let last = first + alike - 1;
            if !spans.is_empty() {
                let spans = spans.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                let to = if alike > 1 { format!("-{}", DAYS[last]) } else { String::new() };
                write!(f, "{}{to} {spans}; ", DAYS[first])?;
            }
            first = last + 1;
        }
        if !self.holidays.is_empty() {
            write!(f, "not {}; ", self.holidays.iter().map(String::as_str).collect::<Vec<_>>().join(", "))?;
        }
        f.write_str(&self.time_zone)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = |minutes: u16| format!("{:02}:{:02}", minutes / 60, minutes % 60);
        write!(f, "{}-{}", time(self.from), time(self.to))
    }
}

impl Hours {
    /// Reads hours in one line: `mon-fri 09:00-17:00; sat 10:00-14:00; not 2026-12-25; Europe/Berlin`. A day
    /// that is not named is closed; `zone` is the time zone where none is.
    ///
    /// # Errors
    /// What is wrong with them, and how they are written.
    pub fn parse(text: &str, zone: &str) -> Result<Self, String> {
        let mut hours =
            Self { week: Default::default(), holidays: BTreeSet::new(), time_zone: zone.to_owned() };
        for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            let (word, rest) = part.split_once(char::is_whitespace).unwrap_or((part, ""));
            if let Some(days) = days(word) {
                let spans = parse_day(rest).map_err(|problem| format!("“{rest}” {problem}"))?;
                hours.week[days].fill(spans);
            } else if word.eq_ignore_ascii_case("not") {
                let holidays = rest.split(',').map(parse_holiday).collect::<Result<Vec<_>, _>>();
                hours.holidays.extend(holidays.map_err(|problem| format!("“{rest}” {problem}"))?);
            } else if settings::time_zone(part).is_ok() {
                part.clone_into(&mut hours.time_zone);
            } else {
                return Err(format!(
                    "“{part}” is not known here; write hours like mon-fri 09:00-17:00; sat 10:00-14:00; \
                     not 2026-12-25; Europe/Berlin"
                ));
            }
        }
        Ok(hours)
    }

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

    /// The local time. Nothing if the zone is unknown, which was checked when it was set.
    fn there(&self, at: Millis) -> Option<Zoned> {
        let zone = TimeZone::get(&self.time_zone).ok()?;
        Some(Timestamp::from_millisecond(at.0).ok()?.to_zoned(zone))
    }
}

/// The days that `mon` or `mon-fri` names.
fn days(word: &str) -> Option<std::ops::RangeInclusive<usize>> {
    let index = |day: &str| DAYS.iter().position(|known| known.eq_ignore_ascii_case(day.trim()));
    let (first, last) = word.split_once('-').unwrap_or((word, word));
    let (first, last) = (index(first)?, index(last)?);
    (first <= last).then_some(first..=last)
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
    fn hours_in_one_line_read_as_they_are_written() {
        let line =
            "mon-fri 09:00-12:30, 13:30-17:00; sun 00:00-24:00; not 2026-12-25, 2027-01-01; Europe/Berlin";
        let read = Hours::parse(line, "UTC").unwrap();
        assert_eq!(read.to_string(), line);
        assert_eq!(Hours::parse(&hours("UTC").to_string(), "UTC").unwrap(), hours("UTC"));
        let short = Hours::parse(" Mon 9:00-17:00 ;", "Asia/Tokyo").unwrap();
        assert_eq!(short.to_string(), "mon 09:00-17:00; Asia/Tokyo");
        assert_eq!(Hours::parse("", "UTC").unwrap().to_string(), "UTC");
        for (text, why) in [
            ("mon 9-17", "is not a time of opening"),
            ("fri-mon 09:00-17:00", "write hours like"),
            ("monday 09:00-17:00", "write hours like"),
            ("not tomorrow", "is not a day"),
            ("Mars/Base", "write hours like"),
        ] {
            let problem = Hours::parse(text, "UTC").unwrap_err();
            assert!(problem.contains(why), "{text}: {problem}");
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
