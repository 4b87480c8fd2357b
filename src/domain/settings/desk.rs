//! The settings of the desk itself, which admins change by command while it runs.

use std::time::Duration;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::checks;
use super::choice::{Choice as _, words};
use super::kind::Kind;
use super::table::{Field, Table, settings};
use crate::domain::flood::FloodLimits;
use crate::domain::outbound::quiet::QuietHours;
use crate::domain::retention::{Keeps, MOST_DAYS};
use crate::domain::spelling::mode::Spelling;
use crate::domain::talk::ImPresence;

const DAY_SECS: u64 = 86_400;
/// For how many days something is kept; 0 for ever.
const DAYS: Kind = Kind::Number { range: 0..=MOST_DAYS, unit: "days" };
/// What settings were called before.
const RENAMED: &[(&str, &str)] = &[("im_retention_days", "retention_im_days")];

/// What becomes of typographic characters in texts to contacts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextEncoding {
    /// They stay.
    Keep,
    /// They become plain where that makes the whole text GSM-7.
    Smart,
}

words!(TextEncoding { Keep = "keep"; Smart = "smart"; });

/// Whether a contact must have said that they want texts before they are texted first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutboundConsent {
    /// They need not.
    Optional,
    /// They must.
    Required,
}

words!(OutboundConsent { Optional = "optional"; Required = "required"; });

words!(ImPresence { Desk = "desk"; Matrix = "matrix"; Off = "off"; });

settings! {
    /// The settings of a desk that can change while it runs.
    #[serde(default)]
    pub struct DeskSettings() {
        /// The language, a tag like en or pt-BR.
        "desk.locale" => locale: String = "en".to_owned(),
            Kind::Text { check: checks::locale, is_optional: false };
        /// The time zone, by its name in the IANA database, like Europe/Berlin.
        "desk.time_zone" => time_zone: String = "UTC".to_owned(),
            Kind::Text { check: |text| checks::time_zone(text).map(drop), is_optional: false };
        /// The country of numbers typed without a country code, by the two letters of ISO 3166.
        "desk.country" => country: String = "US".to_owned(),
            Kind::Text { check: checks::country, is_optional: false };
        /// true: contacts' numbers are masked in all that the homeserver is shown: names, topics, state
        /// events and what the bot says show the last four characters, •••0100. Short codes of up to six
        /// digits, names of senders and our own numbers stay, and so does what people wrote. Numbers in case
        /// data, tags, attributes and the audit log are masked wherever they stand, also as they are dialled
        /// in desk.country. Agents with the permission see_numbers read whole numbers in their console, with
        /// !contact, !case, !monitor and !erase. It holds for what is written from then on.
        "desk.mask_numbers" => mask_numbers: bool = false, Kind::YesNo;
        /// How many days back an interaction counts as recent.
        "desk.recent_days" => recent_days: u64 = 7, Kind::Number { range: 0..=3_650, unit: "days" };
        /// Words that are not in the dictionary. off: nothing happens. hint: the text is sent and a notice
        /// lists them. confirm: the text waits until its author confirms it. A queue can say otherwise, and
        /// so can each agent.
        "desk.spelling" => spelling: Spelling = Spelling::Off, Kind::Choice(Spelling::WORDS);
        /// Words of the desk's own that are no mistakes, in upper or lower case: names of products, places,
        /// colleagues.
        "desk.words" => words: Vec<String> = vec![], Kind::Words;
        /// Who can be asked for an IM. desk: agents signed in at the desk, ready or not. matrix: agents whose
        /// Matrix presence is online or idle, which the homeserver must show (Synapse: presence: {enabled:
        /// true}). off: all. Being ready for IMs or not hinders no one: it is told to whoever writes.
        "desk.im_presence" => im_presence: ImPresence = ImPresence::Desk, Kind::Choice(ImPresence::WORDS);
        /// How many days after a conversation with a customer is done its content is erased: what was said
        /// and noted, case data, tags, the customer's name and number in it. When it was, who had it and how
        /// it ended stays for reports. 0: never. What stands in rooms is for the homeserver's own retention.
        "desk.retention.sms_days" => retention_sms_days: u64 = 0, DAYS;
        /// How many days after a conversation with a customer is done its pictures and files are erased at
        /// the homeserver, as far as the bot may do that there; else its own media_retention does. 0: never,
        /// or with the conversation.
        "desk.retention.media_days" => retention_media_days: u64 = 0, DAYS;
        /// After how many days a line of the audit log is erased. Whether customers wanted texts is a record
        /// of its own, and stays. 0: never.
        "desk.retention.audit_days" => retention_audit_days: u64 = 0, DAYS;
        /// How many days after an IM or consult is done it is erased: what was said, who came and went, and
        /// what finds it. 0: never. Its room is left by the bot then at the latest; what stands in rooms is
        /// for the homeserver's own retention.
        "desk.retention.im_days" => retention_im_days: u64 = 0, DAYS;
        /// The link that !voice gives two colleagues who are to speak with each other: Element Call, Jitsi,
        /// or a server of your own. {{ room }} in it stands for the call's name, 32 random hexadecimal
        /// digits, by which nobody else finds it.
        "desk.voice_link" => voice_link: Option<String> = None,
            Kind::Text { check: checks::call_link, is_optional: true };
        /// What an e-mail is about that !email begins, as far as its agent does not change it.
        "desk.email_subject" => email_subject: String = "Your conversation with {{ agent.name }}".to_owned(),
            Kind::Text { check: checks::signed, is_optional: false };
        /// keep: texts go as they were written. smart: curly quotes, dashes, ellipses, non-breaking spaces
        /// and the like become plain ones where that makes the whole text GSM-7, so that a segment holds more
        /// than twice as much. Letters and emoji are never changed.
        "sms.encoding" => encoding: TextEncoding = TextEncoding::Keep, Kind::Choice(TextEncoding::WORDS);
        /// Where sms.split of the config is separate, whether each message of a text that takes several
        /// begins with its number, as in 1/3.
        "sms.number_parts" => number_parts: bool = false, Kind::YesNo;
        /// optional: agents may text a contact first who has said nothing about it. required: only one whose
        /// consent is on record, by START or what they told an agent: see !consent. Who has opted out gets
        /// nothing either way.
        "sms.outbound_consent" => outbound_consent: OutboundConsent = OutboundConsent::Optional,
            Kind::Choice(OutboundConsent::WORDS);
        /// From when contacts are not texted first unless the agent confirms it, by the clock where they are:
        /// in the time zone that their attribute time_zone names, else in those of their number's area or
        /// country, in any of which it may be, else in desk.time_zone. Answers go at any time.
        "sms.quiet_hours.from" => quiet_from: String = "21:00".to_owned(),
            Kind::Text { check: |text| checks::minute_of_day(text).map(drop), is_optional: false };
        /// Until when. The same as from: there are no quiet hours.
        "sms.quiet_hours.to" => quiet_to: String = "08:00".to_owned(),
            Kind::Text { check: |text| checks::minute_of_day(text).map(drop), is_optional: false };
        /// How many texts from one address to one of our numbers are shown within secs, before they are too
        /// many: then they are kept and told of once a minute, and what would begin a conversation is offered
        /// to nobody. 0: all are shown.
        "sms.flood.texts" => flood_texts: u64 = 30, Kind::Number { range: 0..=100_000, unit: "texts" };
        /// In how many seconds those come, counted from the first of them.
        "sms.flood.secs" => flood_secs: u64 = 60, Kind::Number { range: 1..=DAY_SECS, unit: "seconds" };
        /// How long no more than texts within secs must come from there until they are shown one by one
        /// again.
        "sms.flood.mute_secs" => flood_mute_secs: u64 = 3_600,
            Kind::Number { range: 1..=7 * DAY_SECS, unit: "seconds" };
        /// How long the provider can fetch a picture or file of a message from us. Each attempt to send it
        /// begins anew.
        "sms.media_link_secs" => media_link_secs: u64 = 4 * 3_600,
            Kind::Number { range: 60..=7 * DAY_SECS, unit: "seconds" };
        /// How long a contact can open the link to a picture or file that did not go as it is, see link of
        /// desk.queues.
        "sms.contact_link_days" => contact_link_days: u64 = 30, Kind::Number { range: 1..=365, unit: "days" };
        /// How long a colleague has to answer an IM or a consultation before the caller is told.
        "timers.im_offer_secs" => im_offer_secs: u64 = 60, Kind::Number { range: 1..=3_600, unit: "seconds" };
        /// How long after an interaction a contact who comes back is offered to the same agent first, and
        /// their room begins with what was said last. 0: never.
        "timers.thread_window_secs" => thread_window_secs: u64 = 3 * DAY_SECS,
            Kind::Number { range: 0..=90 * DAY_SECS, unit: "seconds" };
        /// How long before a session expires its owner is warned. 0: never.
        "timers.expiry_warning_secs" => expiry_warning_secs: u64 = 300,
            Kind::Number { range: 0..=DAY_SECS, unit: "seconds" };
        /// How long after the first reply to a page a second one may still follow.
        "timers.page_grace_secs" => page_grace_secs: u64 = 10, Kind::Number { range: 0..=3_600, unit: "seconds" };
        /// How long an owner may be out of the room before the interaction is queued again.
        "timers.owner_away_secs" => owner_away_secs: u64 = 300, Kind::Number { range: 1..=DAY_SECS, unit: "seconds" };
        /// A message that arrives this long after it was written is held back until its author confirms it.
        "timers.late_secs" => late_secs: u64 = 600, Kind::Number { range: 1..=30 * DAY_SECS, unit: "seconds" };
    }
}

/// One setting, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// The field of [`DeskSettings`].
    pub name: String,
    /// In the form in which it is kept.
    pub value: Value,
}

impl Setting {
    /// Its declaration, if there is such a setting.
    #[must_use]
    pub fn field(&self) -> Option<&'static Field> {
        DeskSettings::FIELDS.iter().find(|field| field.stored == self.name)
    }
}

/// What a setting is called now that went by another name before.
#[must_use]
pub fn renamed(name: &str) -> Option<&'static str> {
    RENAMED.iter().find(|(old, _)| *old == name).map(|(_, new)| *new)
}

fn no_such(name: &str) -> String {
    match renamed(name) {
        Some(new) => format!("the setting “{name}” is called {new} now"),
        None => format!("there is no setting “{name}”"),
    }
}

/// A desk whose config says nothing about its settings.
impl Default for DeskSettings {
    fn default() -> Self {
        Self::new()
    }
}

impl DeskSettings {
    /// All of them, by name.
    #[must_use]
    pub fn all(&self) -> Vec<Setting> {
        let document = self.document();
        let fields = document.as_object().into_iter().flatten();
        fields.map(|(name, value)| Setting { name: name.clone(), value: value.clone() }).collect()
    }

    /// These settings with one of them changed.
    ///
    /// # Errors
    /// What is wrong with it, and how to mend it.
    pub fn with(&self, setting: &Setting) -> Result<Self, String> {
        let field = setting.field().ok_or_else(|| no_such(&setting.name))?;
        field.kind.check(field.word(), &setting.value)?;
        self.with_given(Map::from_iter([(setting.name.clone(), setting.value.clone())]))
    }

    /// These settings with the stored ones; one that cannot be used is left out.
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

    /// How long what is kept, where no queue says otherwise.
    #[must_use]
    pub fn keeps(&self) -> Keeps {
        Keeps {
            sms_days: self.retention_sms_days,
            media_days: self.retention_media_days,
            audit_days: self.retention_audit_days,
            im_days: self.retention_im_days,
        }
    }

    /// When contacts are not texted first; never, where what is set is no time of day.
    #[must_use]
    pub fn quiet_hours(&self) -> QuietHours {
        match (checks::minute_of_day(&self.quiet_from), checks::minute_of_day(&self.quiet_to)) {
            (Ok(from), Ok(to)) => QuietHours { from, to },
            (Err(_), _) | (_, Err(_)) => QuietHours::default(),
        }
    }

    /// From how many texts of an address on they are too many.
    #[must_use]
    pub fn flood(&self) -> FloodLimits {
        FloodLimits {
            texts: u32::try_from(self.flood_texts).unwrap_or(u32::MAX),
            window: Duration::from_secs(self.flood_secs),
            mute: Duration::from_secs(self.flood_mute_secs),
        }
    }

    /// [`Self::media_link_secs`] as a duration.
    #[must_use]
    pub fn media_link(&self) -> Duration {
        Duration::from_secs(self.media_link_secs)
    }

    /// [`Self::contact_link_days`] as a duration.
    #[must_use]
    pub fn contact_link(&self) -> Duration {
        Duration::from_secs(self.contact_link_days * DAY_SECS)
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
            (setting("retention_im_days", json!(3651)), "from 0 to 3650"),
            (setting("retention_sms_days", json!(-1)), "from 0 to 3650"),
            (setting("retention_media_days", json!("30")), "from 0 to 3650"),
            (setting("retention_audit_days", json!(null)), "from 0 to 3650"),
            (setting("im_retention_days", json!(7)), "is called retention_im_days now"),
            (setting("time_zone", json!("Mars/Base")), "write it like Europe/Berlin"),
            (setting("country", json!("de")), "like US or DE"),
            (setting("locale", json!("English")), "write it like en"),
            (setting("locale", Value::Null), "write it like en"),
            (setting("im_presence", json!("maybe")), "desk"),
            (setting("mask_numbers", json!("maybe")), "yes or no"),
            (setting("voice_link", json!("https://meet.desk.test/")), "must hold {{ room }}"),
            (setting("flood_secs", json!(0)), "from 1 to 86400"),
            (setting("quiet_from", json!("9pm")), "write it like 21:00"),
            (setting("quiet_to", json!("24:01")), "write it like 21:00"),
            (setting("outbound_consent", json!("never")), "optional, required"),
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
