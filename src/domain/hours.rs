//! Opening hours: when a queue is open, by weekday, in a time zone, with days on which it is closed.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _, Zoned};
use serde::{Deserialize, Serialize};

use super::settings::{self, checks};
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

    /// The next moment at which it is open, from one on; nothing if that is more than a year away.
    #[must_use]
    pub fn opens(&self, from: Millis) -> Option<Millis> {
        let Some(there) = self.there(from) else { return Some(from) };
        self.open_from(from, &there).map(|(begins, _)| begins).next()
    }

    /// When it opens, if it is closed at a moment; nothing if it is open, or stays closed for a year.
    #[must_use]
    pub fn opens_after(&self, at: Millis) -> Option<Millis> {
        self.opens(at).filter(|begins| *begins > at)
    }

    /// For how long it is open between two moments.
    #[must_use]
    pub fn open_between(&self, from: Millis, to: Millis) -> Duration {
        let Some(there) = self.there(from) else { return to.since(from) };
        let open = self.open_from(from, &there).take_while(|(begins, _)| *begins < to);
        open.map(|(begins, ends)| ends.min(to).since(begins)).sum()
    }

    /// The moment by which it has been open for so long from another one on; nothing if that is more than a
    /// year away.
    #[must_use]
    pub fn after_open(&self, from: Millis, long: Duration) -> Option<Millis> {
        let Some(there) = self.there(from) else { return Some(from + long) };
        let mut left = long;
        for (begins, ends) in self.open_from(from, &there) {
            let open = ends.since(begins);
            if left <= open {
                return Some(begins + left);
            }
            left -= open;
        }
        None
    }

    /// From when to when it is open, from a moment on, for a year.
    fn open_from(&self, from: Millis, there: &Zoned) -> impl Iterator<Item = (Millis, Millis)> {
        let (zone, first) = (there.time_zone().clone(), there.date());
        let days = (0..366).filter_map(move |day: i64| first.checked_add(day.days()).ok());
        let spans = days.filter(move |day| !self.holidays.contains(&day.to_string())).flat_map(move |day| {
            let zone = zone.clone();
            let moments = move |span: &Span| {
                Some((moment(day, span.from, &zone)?.max(from), moment(day, span.to, &zone)?))
            };
            self.week[day_index(day.weekday())].iter().filter_map(moments)
        });
        spans.filter(|(begins, ends)| begins < ends)
    }

    /// The local time. Nothing if the zone is unknown, which was checked when it was set.
    fn there(&self, at: Millis) -> Option<Zoned> {
        let zone = TimeZone::get(&self.time_zone).ok()?;
        Some(Timestamp::from_millisecond(at.0).ok()?.to_zoned(zone))
    }
}

/// A moment of a day, in minutes since midnight, local time.
fn moment(day: Date, minutes: u16, zone: &TimeZone) -> Option<Millis> {
    let (day, minutes) = match minutes {
        DAY_MINUTES => (day.tomorrow().ok()?, 0),
        minutes => (day, minutes),
    };
    let (hour, minute) = (i8::try_from(minutes / 60).ok()?, i8::try_from(minutes % 60).ok()?);
    let there = day.at(hour, minute, 0, 0).to_zoned(zone.clone()).ok()?;
    Some(Millis(there.timestamp().as_millisecond()))
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
            .and_then(|(from, to)| Some(Span { from: minute(from.trim())?, to: minute(to.trim())? }));
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
fn minute(text: &str) -> Option<u16> {
    checks::minute_of_day(text).ok()
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
    fn it_is_known_when_it_opens_next() {
        let table = [
            // Open already.
            ("UTC", "2026-07-06T09:30:00Z", "2026-07-06T09:30:00Z"),
            ("UTC", "2026-07-06T12:30:00Z", "2026-07-06T13:30:00Z"),
            // Over a closed Saturday into an open Sunday.
            ("UTC", "2026-07-10T17:00:00Z", "2026-07-12T00:00:00Z"),
            ("Europe/Berlin", "2026-07-06T15:00:00Z", "2026-07-07T07:00:00Z"),
            // Over a holiday.
            ("UTC", "2026-12-24T17:00:00Z", "2026-12-27T00:00:00Z"),
        ];
        for (zone, from, opens) in table {
            assert_eq!(hours(zone).opens(at(from)), Some(at(opens)), "{from} in {zone}");
        }
        let never = Hours::parse("not 2026-12-25", "UTC").unwrap();
        assert_eq!(never.opens(at("2026-07-06T09:30:00Z")), None);
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

    #[test]
    fn open_time_is_counted_by_the_clock_on_the_wall_there() {
        // 2026-07-03 is a Friday; Saturdays are closed, Sundays open all day.
        for (zone, from, to, open_mins) in [
            ("UTC", "2026-07-06T09:10:00Z", "2026-07-06T09:40:00Z", 30),
            ("UTC", "2026-07-06T12:00:00Z", "2026-07-06T14:00:00Z", 60),
            ("UTC", "2026-07-03T16:50:00Z", "2026-07-06T09:10:00Z", 10 + 24 * 60 + 10),
            ("UTC", "2026-07-03T18:00:00Z", "2026-07-04T18:00:00Z", 0),
            ("UTC", "2026-07-06T09:40:00Z", "2026-07-06T09:10:00Z", 0),
            ("Europe/Berlin", "2026-07-06T06:50:00Z", "2026-07-06T07:10:00Z", 10),
            // A holiday, and the Sunday on which clocks go forward.
            ("UTC", "2026-12-25T08:00:00Z", "2026-12-25T20:00:00Z", 0),
            ("Europe/Berlin", "2026-03-28T22:00:00Z", "2026-03-29T22:30:00Z", 23 * 60),
        ] {
            let (hours, from, to) = (hours(zone), at(from), at(to));
            let open = Duration::from_mins(open_mins);
            assert_eq!(hours.open_between(from, to), open, "{zone} {from:?} {to:?}");
            if !open.is_zero() {
                let after = hours.after_open(from, open).unwrap();
                assert!(after <= to && hours.open_between(from, after) == open, "{zone} {from:?} {to:?}");
            }
        }
        let utc = hours("UTC");
        let closes = at("2026-07-06T12:20:00Z");
        for (mins, expected) in
            [(0, "2026-07-06T12:20:00Z"), (10, "2026-07-06T12:30:00Z"), (11, "2026-07-06T13:31:00Z")]
        {
            assert_eq!(utc.after_open(closes, Duration::from_mins(mins)), Some(at(expected)), "{mins}");
        }
        assert_eq!(Hours::parse("", "UTC").unwrap().after_open(closes, Duration::from_mins(1)), None);
    }
}
