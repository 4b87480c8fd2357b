//! What the desk is set to while it runs: the settings that admins change by word, under the names the config gives them.

use std::ops::RangeInclusive;
use std::time::Duration;

use jiff::tz::TimeZone;
use rlibphonenumber::{PHONE_NUMBER_UTIL, Region};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use crate::domain::talk::ImPresence;
use crate::domain::text::placeholders;

const DAY_SECS: u64 = 86_400;

/// The settings of a desk that can change while it runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeskSettings {
    /// The language of dates, as a BCP 47 tag.
    pub locale: String,
    /// Where the desk is, by the zone's name in the IANA database: the times people type and read are times there.
    pub time_zone: String,
    /// The country numbers without a country code belong to, ISO 3166 alpha-2.
    pub country: String,
    /// Whether contacts' numbers are masked in all that the homeserver is shown.
    pub mask_numbers: bool,
    /// How many days back an interaction of a contact counts as recent.
    pub recent_days: u64,
    /// Whom an IM can reach.
    pub im_presence: ImPresence,
    /// How many days after it was done an IM or consult is erased; zero for never.
    pub im_retention_days: u64,
    /// The template of links to calls between agents, for [`placeholders::call_link`]; without one there are no calls.
    pub voice_link: Option<String>,
    /// How long an agent who is asked for an IM or consult has for an answer, until the asker is told.
    pub im_offer_secs: u64,
    /// How long after an interaction its contact is offered to the same agent first; zero for never.
    pub thread_window_secs: u64,
    /// How long before a session expires its owner is warned; zero for never.
    pub expiry_warning_secs: u64,
    /// How long after the first answer to a page a second one may follow.
    pub page_grace_secs: u64,
    /// How long an owner may be out of the room.
    pub owner_away_secs: u64,
    /// A message that reaches us this long after it was written is held back.
    pub late_secs: u64,
}

/// One setting, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// The field of [`DeskSettings`].
    pub name: String,
    /// A text or a number.
    pub value: Value,
}

/// A desk of whose settings the config says nothing.
impl Default for DeskSettings {
    fn default() -> Self {
        Self {
            locale: "en".to_owned(),
            time_zone: "UTC".to_owned(),
            country: "US".to_owned(),
            mask_numbers: false,
            recent_days: 7,
            im_presence: ImPresence::Desk,
            im_retention_days: 0,
            voice_link: None,
            im_offer_secs: 60,
            thread_window_secs: 3 * DAY_SECS,
            expiry_warning_secs: 300,
            page_grace_secs: 10,
            owner_away_secs: 300,
            late_secs: 600,
        }
    }
}

impl DeskSettings {
    /// All of them, by name.
    #[must_use]
    pub fn all(&self) -> Vec<Setting> {
        let document = serde_json::to_value(self).unwrap_or_default();
        let fields = document.as_object().into_iter().flatten();
        fields.map(|(name, value)| Setting { name: name.clone(), value: value.clone() }).collect()
    }

    /// These settings with one of them changed.
    ///
    /// # Errors
    /// What is wrong with it, and how to mend that.
    pub fn with(&self, setting: &Setting) -> Result<Self, String> {
        let Setting { name, value } = setting;
        let mut document = serde_json::to_value(self).map_err(|error| error.to_string())?;
        let Some(place) = document.get_mut(name) else {
            return Err(format!("there is no setting “{name}”"));
        };
        if place.is_number() {
            let range = range(name);
            if !value.as_u64().is_some_and(|number| range.contains(&number)) {
                let (least, most) = (range.start(), range.end());
                return Err(format!("{name} is a whole number from {least} to {most}"));
            }
        }
        let text = value.as_str().unwrap_or_default();
        let checked = match name.as_str() {
            "locale" => locale(text).map(drop),
            "time_zone" => self::time_zone(text).map(drop),
            "country" => country(text).map(drop),
            "voice_link" if !value.is_null() => call_link(text).map(drop),
            _ => Ok(()),
        };
        checked.map_err(|problem| format!("“{text}” {problem}"))?;
        *place = value.clone();
        serde_json::from_value(document).map_err(|error| format!("{name}: {error}"))
    }

    /// These settings with what is kept; what cannot be used is left out.
    #[must_use]
    pub fn with_all(&self, kept: &[Setting]) -> Self {
        kept.iter().fold(self.clone(), |settings, setting| settings.with(setting).unwrap_or(settings))
    }

    /// The zone itself.
    #[must_use]
    pub fn zone(&self) -> TimeZone {
        TimeZone::get(&self.time_zone).unwrap_or(TimeZone::UTC)
    }

    /// How far back an interaction counts as recent.
    #[must_use]
    pub fn recent(&self) -> Duration {
        Duration::from_secs(self.recent_days * DAY_SECS)
    }

    /// How long an IM or consult that is done is kept, if not for ever.
    #[must_use]
    pub fn im_retention(&self) -> Option<Duration> {
        (self.im_retention_days > 0).then(|| Duration::from_secs(self.im_retention_days * DAY_SECS))
    }

    /// [`Self::im_offer_secs`] as a duration.
    #[must_use]
    pub fn im_offer(&self) -> Duration {
        Duration::from_secs(self.im_offer_secs)
    }

    /// [`Self::thread_window_secs`] as a duration.
    #[must_use]
    pub fn thread_window(&self) -> Duration {
        Duration::from_secs(self.thread_window_secs)
    }

    /// [`Self::owner_away_secs`] as a duration.
    #[must_use]
    pub fn owner_away(&self) -> Duration {
        Duration::from_secs(self.owner_away_secs)
    }

    /// [`Self::late_secs`] as a duration.
    #[must_use]
    pub fn late(&self) -> Duration {
        Duration::from_secs(self.late_secs)
    }
}

/// What a number among the settings may be.
#[must_use]
pub fn range(name: &str) -> RangeInclusive<u64> {
    match name {
        "recent_days" | "im_retention_days" => 0..=3_650,
        "im_offer_secs" => 1..=3_600,
        "thread_window_secs" => 0..=90 * DAY_SECS,
        "expiry_warning_secs" => 0..=DAY_SECS,
        "page_grace_secs" => 0..=3_600,
        "owner_away_secs" => 1..=DAY_SECS,
        "late_secs" => 1..=30 * DAY_SECS,
        _ => 0..=u64::MAX,
    }
}

/// Reads the name of a time zone of the IANA database, which is built in where the system has none.
///
/// # Errors
/// What is wrong with it, as the rest of a sentence that begins with the text.
pub fn time_zone(text: &str) -> Result<TimeZone, String> {
    TimeZone::get(text)
        .map_err(|_| "is not a time zone of the IANA database; write it like Europe/Berlin".to_owned())
}

/// Reads a country by its two letters of ISO 3166, of which telephone numbers are known.
///
/// # Errors
/// What is wrong with it, as the rest of a sentence that begins with the text.
pub fn country(text: &str) -> Result<Region, String> {
    let upper_case = text.len() == 2 && text.chars().all(|c| c.is_ascii_uppercase());
    Region::from_code(text)
        .ok()
        .filter(|region| upper_case && PHONE_NUMBER_UTIL.get_country_code_for_region(*region).is_some())
        .ok_or_else(|| "is not a country; write its two letters of ISO 3166, like US or DE".to_owned())
}

/// Reads a language tag like `en` or `pt-BR` (BCP 47, the parts that name language, script and region).
///
/// # Errors
/// What is wrong with it, as the rest of a sentence that begins with the text.
pub fn locale(text: &str) -> Result<String, String> {
    let mut parts = text.split('-');
    let language = parts.next().unwrap_or_default();
    let valid = (2..=3).contains(&language.len())
        && language.chars().all(|c| c.is_ascii_lowercase())
        && parts.all(|p| (2..=8).contains(&p.len()) && p.chars().all(|c| c.is_ascii_alphanumeric()));
    if valid { Ok(text.to_owned()) } else { Err("is not a language; write it like en or pt-BR".to_owned()) }
}

/// Reads the template of a link to a call: filled in, it is an address in which the call's own name stands.
///
/// # Errors
/// What is wrong with it, as the rest of a sentence that begins with the text.
pub fn call_link(source: &str) -> Result<String, String> {
    const NAME: &str = "0123456789abcdef0123456789abcdef";
    let link = placeholders::call_link(source, NAME).map_err(|problem| problem.to_string())?;
    let url = Url::parse(&link)
        .map_err(|e| format!("makes no link ({e}); write it like https://call.example.org/{{{{ room }}}}"))?;
    if !matches!(url.scheme(), "http" | "https") || link.contains(char::is_whitespace) {
        return Err("must make a link that begins with https:// or http:// and holds no blanks".to_owned());
    }
    if link.contains(NAME) {
        Ok(source.to_owned())
    } else {
        Err("must hold {{ room }}, by which nobody can guess the link".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn setting(name: &str, value: Value) -> Setting {
        Setting { name: name.to_owned(), value }
    }

    #[test]
    fn whatever_a_desk_is_set_to_can_be_set_again() {
        let settings = DeskSettings { late_secs: 7, locale: "de".to_owned(), ..DeskSettings::default() };
        assert_eq!(DeskSettings::default().with_all(&settings.all()), settings);
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_a_reason_and_leaves_the_rest() {
        let before = DeskSettings::default();
        let table = [
            (setting("late_secs", json!(0)), "from 1 to 2592000"),
            (setting("late_secs", json!("soon")), "whole number"),
            (setting("recent_days", json!(-1)), "whole number"),
            (setting("recent_days", json!(3651)), "from 0 to 3650"),
            (setting("im_retention_days", json!(3651)), "from 0 to 3650"),
            (setting("time_zone", json!("Mars/Base")), "write it like Europe/Berlin"),
            (setting("country", json!("de")), "like US or DE"),
            (setting("locale", json!("English")), "write it like en"),
            (setting("locale", Value::Null), "write it like en"),
            (setting("im_presence", json!("maybe")), "desk"),
            (setting("mask_numbers", json!("maybe")), "boolean"),
            (setting("voice_link", json!("https://meet.desk.test/")), "must hold {{ room }}"),
            (setting("nothing", json!(1)), "no setting “nothing”"),
        ];
        for (setting, why) in &table {
            let problem = before.with(setting).unwrap_err();
            assert!(problem.contains(why), "{setting:?}: {problem}");
        }
        let mut kept: Vec<Setting> = table.into_iter().map(|(setting, _)| setting).collect();
        kept.push(setting("late_secs", json!(30)));
        assert_eq!(before.with_all(&kept), DeskSettings { late_secs: 30, ..before });
    }
}
