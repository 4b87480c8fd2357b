//! `timers`, and what of `desk` can change while the desk runs: an admin may set it by word, and what the file names is
//! set anew at each start.

use std::collections::BTreeSet;

use crate::domain::settings::{self, DeskSettings, Setting, range};
use crate::yaml::Fields;

/// What the file says of the desk's settings.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// All of them, with defaults filled in.
    pub desk: DeskSettings,
    /// The keys that the file names.
    named: BTreeSet<String>,
}

impl Settings {
    /// Those that the file names.
    #[must_use]
    pub fn named(&self) -> Vec<Setting> {
        self.desk.all().into_iter().filter(|setting| self.named.contains(&setting.name)).collect()
    }

    /// Reads those of `desk`.
    pub(super) fn read_desk(&mut self, fields: &Fields<'_>) {
        self.named.extend(fields.names());
        let text = |check: Result<(), String>, text: &str| check.map(|()| text.to_owned());
        let DeskSettings {
            locale,
            time_zone,
            country,
            recent_days,
            im_presence,
            im_retention_days,
            voice_link,
            ..
        } = &mut self.desk;
        *locale = fields.value("locale", std::mem::take(locale), settings::locale);
        *time_zone = fields.value("time_zone", std::mem::take(time_zone), |name| {
            text(settings::time_zone(name).map(drop), name)
        });
        *country = fields
            .value("country", std::mem::take(country), |code| text(settings::country(code).map(drop), code));
        *recent_days = fields.number("recent_days", *recent_days, range("recent_days"));
        *im_presence = fields.choice("im_presence", *im_presence);
        *im_retention_days =
            fields.number("im_retention_days", *im_retention_days, range("im_retention_days"));
        *voice_link = fields.optional("voice_link", settings::call_link);
    }

    /// Reads `timers`.
    pub(super) fn read_timers(&mut self, fields: &Fields<'_>) {
        self.named.extend(fields.names());
        let number = |name: &str, secs: &mut u64| *secs = fields.number(name, *secs, range(name));
        let desk = &mut self.desk;
        number("im_offer_secs", &mut desk.im_offer_secs);
        number("thread_window_secs", &mut desk.thread_window_secs);
        number("expiry_warning_secs", &mut desk.expiry_warning_secs);
        number("page_grace_secs", &mut desk.page_grace_secs);
        number("owner_away_secs", &mut desk.owner_away_secs);
        number("late_secs", &mut desk.late_secs);
    }
}
