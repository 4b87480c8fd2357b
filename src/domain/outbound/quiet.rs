//! Quiet hours: when nobody is texted first, by the clock on the wall where they are.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _, Zoned};

use crate::clock::Millis;

/// A part of each day, in minutes since midnight, local time: from the first until just before the second,
/// across midnight where the second is the smaller. Nothing where they are the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QuietHours {
    /// When it begins.
    pub from: u16,
    /// When it is over.
    pub to: u16,
}

/// That it is quiet somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quiet {
    /// The time of day there: `23:10`.
    pub time: String,
    /// The zone, by its name in the IANA database.
    pub zone: String,
    /// When it is over in all zones that were asked for; nothing if it never is in all of them at once.
    pub until: Option<Millis>,
}

impl QuietHours {
    /// Whether and where it is quiet at a moment: in the first of these zones in which it is.
    #[must_use]
    pub fn now(self, zones: &[TimeZone], at: Millis) -> Option<Quiet> {
        let there = zones.iter().find_map(|zone| zoned(at, zone).filter(|there| self.has(there)))?;
        let zone = there.time_zone().iana_name().unwrap_or("UTC").to_owned();
        let time = format!("{:02}:{:02}", there.hour(), there.minute());
        Some(Quiet { time, zone, until: self.over_after(zones, at) })
    }

    /// Whether a moment is in it, by the clock that shows it.
    fn has(self, there: &Zoned) -> bool {
        let minute = u16::from(there.hour().unsigned_abs()) * 60 + u16::from(there.minute().unsigned_abs());
        if self.from <= self.to {
            self.from <= minute && minute < self.to
        } else {
            self.from <= minute || minute < self.to
        }
    }

    /// The first moment after one at which it is over in one of these zones, and quiet in none.
    fn over_after(self, zones: &[TimeZone], at: Millis) -> Option<Millis> {
        let mut ends: Vec<Millis> = zones.iter().flat_map(|zone| self.ends(zone, at)).collect();
        ends.sort_unstable();
        let is_quiet =
            |end: Millis| zones.iter().any(|zone| zoned(end, zone).is_none_or(|there| self.has(&there)));
        ends.into_iter().find(|end| *end > at && !is_quiet(*end))
    }

    /// When it is over in a zone, today and on the days after.
    fn ends(self, zone: &TimeZone, at: Millis) -> Vec<Millis> {
        let Some(today) = zoned(at, zone).map(|there| there.date()) else { return vec![] };
        let (hour, minute) = (i8::try_from(self.to / 60 % 24), i8::try_from(self.to % 60));
        let (Ok(hour), Ok(minute)) = (hour, minute) else { return vec![] };
        let end = |days: i64| {
            let there = today.checked_add(days.days()).ok()?.at(hour, minute, 0, 0).to_zoned(zone.clone());
            Some(Millis(there.ok()?.timestamp().as_millisecond()))
        };
        (0..=2).filter_map(end).collect()
    }
}

fn zoned(at: Millis, zone: &TimeZone) -> Option<Zoned> {
    Some(Timestamp::from_millisecond(at.0).ok()?.to_zoned(zone.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NIGHT: QuietHours = QuietHours { from: 21 * 60, to: 8 * 60 };

    fn at(text: &str) -> Millis {
        Millis(text.parse::<Timestamp>().unwrap().as_millisecond())
    }

    fn zones(names: &[&str]) -> Vec<TimeZone> {
        names.iter().map(|name| TimeZone::get(name).unwrap()).collect()
    }

    #[test]
    fn it_is_quiet_by_the_clock_on_the_wall_there() {
        for (zone, moment, until) in [
            ("UTC", "2026-07-06T20:59:59.999Z", None),
            ("UTC", "2026-07-06T21:00:00Z", Some("2026-07-07T08:00:00Z")),
            ("UTC", "2026-07-06T23:59:59Z", Some("2026-07-07T08:00:00Z")),
            ("UTC", "2026-07-07T00:00:00Z", Some("2026-07-07T08:00:00Z")),
            ("UTC", "2026-07-07T07:59:59Z", Some("2026-07-07T08:00:00Z")),
            ("UTC", "2026-07-07T08:00:00Z", None),
            ("Asia/Tokyo", "2026-07-06T12:00:00Z", Some("2026-07-06T23:00:00Z")),
            ("Asia/Kolkata", "2026-07-06T15:29:59Z", None),
            ("Asia/Kolkata", "2026-07-06T15:30:00Z", Some("2026-07-07T02:30:00Z")),
            // Summer and winter time, and the nights in between.
            ("Europe/Berlin", "2026-07-06T06:30:00Z", None),
            ("Europe/Berlin", "2026-12-07T06:30:00Z", Some("2026-12-07T07:00:00Z")),
            ("Europe/Berlin", "2026-03-28T22:00:00Z", Some("2026-03-29T06:00:00Z")),
            ("Europe/Berlin", "2026-10-24T22:00:00Z", Some("2026-10-25T07:00:00Z")),
            ("America/New_York", "2026-03-08T12:00:00Z", None),
        ] {
            let quiet = NIGHT.now(&zones(&[zone]), at(moment));
            assert_eq!(quiet.map(|quiet| quiet.until.unwrap()), until.map(at), "{moment} in {zone}");
        }
    }

    #[test]
    fn it_is_quiet_where_it_may_be_quiet() {
        let coasts = zones(&["America/New_York", "America/Los_Angeles"]);
        // 8 in the morning in the east is 5 in the west; 9 in the evening there is 6 here.
        for (moment, expected) in [
            ("2026-07-06T15:00:00Z", None),
            ("2026-07-06T12:30:00Z", Some(("05:30", "America/Los_Angeles", "2026-07-06T15:00:00Z"))),
            ("2026-07-07T01:30:00Z", Some(("21:30", "America/New_York", "2026-07-07T15:00:00Z"))),
        ] {
            let quiet = NIGHT.now(&coasts, at(moment));
            let expected = expected.map(|(time, zone, until)| Quiet {
                time: time.to_owned(),
                zone: zone.to_owned(),
                until: Some(at(until)),
            });
            assert_eq!(quiet, expected, "{moment}");
        }
        // Somewhere in the world it is always night.
        let world = zones(&["UTC", "Asia/Tokyo", "America/Los_Angeles", "Pacific/Auckland"]);
        let quiet = NIGHT.now(&world, at("2026-07-06T12:00:00Z")).unwrap();
        assert_eq!(quiet.until, None);
    }

    #[test]
    fn hours_within_a_day_and_none_at_all() {
        let lunch = QuietHours { from: 12 * 60, to: 13 * 60 };
        let utc = zones(&["UTC"]);
        assert_eq!(lunch.now(&utc, at("2026-07-06T11:59:00Z")), None);
        let until = lunch.now(&utc, at("2026-07-06T12:00:00Z")).unwrap().until;
        assert_eq!(until, Some(at("2026-07-06T13:00:00Z")));
        assert_eq!(lunch.now(&utc, at("2026-07-06T13:00:00Z")), None);
        let to_midnight = QuietHours { from: 22 * 60, to: 24 * 60 };
        let until = to_midnight.now(&utc, at("2026-07-06T23:59:00Z")).unwrap().until;
        assert_eq!(until, Some(at("2026-07-07T00:00:00Z")));
        for never in [QuietHours::default(), QuietHours { from: 480, to: 480 }] {
            assert_eq!(never.now(&utc, at("2026-07-06T08:00:00Z")), None);
        }
        assert_eq!(NIGHT.now(&[], at("2026-07-06T23:00:00Z")), None);
    }
}
