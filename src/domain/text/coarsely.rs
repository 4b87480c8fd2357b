//! Times as contacts are told them: no more exactly than anyone knows them, in the desk's language.

use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use crate::clock::Millis;

/// The words of a language. A `{}` stands for the number, the day or the time.
struct Words {
    tag: &'static str,
    moment: &'static str,
    few_minutes: &'static str,
    minutes: &'static str,
    hour: &'static str,
    hours: &'static str,
    today: &'static str,
    tomorrow: &'static str,
    /// Monday first.
    days: [&'static str; 7],
    /// Between a day and a time.
    at: &'static str,
}

/// The languages, the first for desks of all others. None of their words makes a text take more segments,
/// if that can be helped.
const LANGUAGES: [Words; 4] = [
    Words {
        tag: "en",
        moment: "less than a minute",
        few_minutes: "a few minutes",
        minutes: "about {} minutes",
        hour: "about an hour",
        hours: "about {} hours",
        today: "today",
        tomorrow: "tomorrow",
        days: ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
        at: "at",
    },
    Words {
        tag: "de",
        moment: "weniger als eine Minute",
        few_minutes: "ein paar Minuten",
        minutes: "etwa {} Minuten",
        hour: "etwa eine Stunde",
        hours: "etwa {} Stunden",
        today: "heute",
        tomorrow: "morgen",
        days: ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"],
        at: "um",
    },
    Words {
        tag: "fr",
        moment: "moins d'une minute",
        few_minutes: "quelques minutes",
        minutes: "environ {} minutes",
        hour: "environ une heure",
        hours: "environ {} heures",
        today: "aujourd'hui",
        tomorrow: "demain",
        days: ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"],
        at: "à",
    },
    Words {
        tag: "es",
        moment: "menos de un minuto",
        few_minutes: "unos minutos",
        minutes: "unos {} minutos",
        hour: "alrededor de una hora",
        hours: "unas {} horas",
        today: "hoy",
        tomorrow: "mañana",
        days: ["lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"],
        at: "a las",
    },
];

/// The longest wait that is told. Nobody plans a day by a guess.
const LONGEST: Duration = Duration::from_hours(12);

/// The words for a desk of this locale, like `de-AT`.
fn words(locale: &str) -> &'static Words {
    let language = locale.split(['-', '_']).next().unwrap_or_default();
    LANGUAGES.iter().find(|words| words.tag.eq_ignore_ascii_case(language)).unwrap_or(&LANGUAGES[0])
}

/// About how long something takes, rounded up to what people would say; nothing where that is too long to be
/// told.
#[must_use]
pub fn wait(long: Duration, locale: &str) -> Option<String> {
    let words = words(locale);
    let secs = long.as_secs();
    let with = |words: &str, number: u64| words.replace("{}", &number.to_string());
    let (minutes, hours) = (secs.div_ceil(300) * 5, (secs + 1_800) / 3_600);
    Some(match secs {
        _ if long > LONGEST => return None,
        0..60 => words.moment.to_owned(),
        60..240 => words.few_minutes.to_owned(),
        // From here on minutes are a multiple of five.
        240..3_300 => with(words.minutes, minutes),
        3_300..5_400 => words.hour.to_owned(),
        _ => with(words.hours, hours),
    })
}

/// A moment to come, as somebody there says it at another: `today at 09:00`, `Monday at 09:00`. Nothing if
/// there is no such zone or moment.
#[must_use]
pub fn moment(at: Millis, now: Millis, zone: &str, locale: &str) -> Option<String> {
    let words = words(locale);
    let zone = TimeZone::get(zone).ok()?;
    let there = |at: Millis| Some(Timestamp::from_millisecond(at.0).ok()?.to_zoned(zone.clone()));
    let (at, now) = (there(at)?, there(now)?);
    let (date, today) = (at.date(), now.date());
    let within = |days: i64| today.checked_add(days.days()).is_ok_and(|until| date <= until);
    let day = if date == today {
        words.today.to_owned()
    } else if within(1) {
        words.tomorrow.to_owned()
    } else if within(6) {
        let index = usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or_default();
        words.days[index].to_owned()
    } else {
        date.to_string()
    };
    Some(format!("{day} {} {:02}:{:02}", words.at, at.hour(), at.minute()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_told_in_round_numbers_of_the_desks_language() {
        for (secs, said) in [
            (0, "less than a minute"),
            (59, "less than a minute"),
            (60, "a few minutes"),
            (239, "a few minutes"),
            (240, "about 5 minutes"),
            (301, "about 10 minutes"),
            (1_234, "about 25 minutes"),
            (3_299, "about 55 minutes"),
            (3_300, "about an hour"),
            (5_400, "about 2 hours"),
            (9_000, "about 3 hours"),
            (43_200, "about 12 hours"),
        ] {
            assert_eq!(wait(Duration::from_secs(secs), "en-GB").as_deref(), Some(said), "{secs}");
        }
        assert_eq!(wait(Duration::from_secs(43_201), "en"), None);
        let ten = Duration::from_mins(10);
        for (locale, said) in [
            ("de-AT", "etwa 10 Minuten"),
            ("fr", "environ 10 minutes"),
            ("es_MX", "unos 10 minutos"),
            ("pt-BR", "about 10 minutes"),
        ] {
            assert_eq!(wait(ten, locale).as_deref(), Some(said), "{locale}");
        }
    }

    #[test]
    fn a_moment_is_told_as_somebody_there_would_say_it() {
        // A Tuesday, 23:13:20 in Berlin.
        let now = Millis(1_700_000_000_000);
        let hour = |hours: i64| Millis(now.0 + hours * 3_600_000);
        for (hours, zone, said) in [
            (0, "Europe/Berlin", "today at 23:13"),
            (1, "Europe/Berlin", "tomorrow at 00:13"),
            (1, "UTC", "today at 23:13"),
            (30, "Europe/Berlin", "Thursday at 05:13"),
            (144, "Europe/Berlin", "Monday at 23:13"),
            (145, "Europe/Berlin", "2023-11-21 at 00:13"),
        ] {
            assert_eq!(moment(hour(hours), now, zone, "en").as_deref(), Some(said), "{hours}, {zone}");
        }
        assert_eq!(moment(hour(1), now, "UTC", "de").as_deref(), Some("heute um 23:13"));
        assert_eq!(moment(hour(1), now, "Mars/Base", "de"), None);
    }
}
