//! How a desk writes: what its commands begin with, its zone, and how its locale writes a moment.

use std::sync::{Arc, PoisonError, RwLock};

use jiff::tz::TimeZone;

/// How this desk writes.
#[derive(Clone, Debug)]
pub struct RenderSettings {
    /// What a command begins with.
    pub prefix: String,
    /// The IANA zone in which times are shown, like `Europe/Berlin`.
    pub time_zone: String,
    /// The language tag that decides how dates and times look, like `en` or `en-US`.
    pub locale: String,
    /// Whether the desk joins rooms for its agents, so that nobody is told to.
    pub act_for_agents: bool,
}

/// How times are written: the zone they are shown in, and the order of their parts. The filters of all
/// templates share it, so that it can change while the desk runs.
#[derive(Clone, Debug)]
pub(super) struct Style(Arc<RwLock<(TimeZone, Formats)>>);

impl Style {
    pub(super) fn with<T>(&self, show: impl FnOnce(&TimeZone, Formats) -> T) -> T {
        let (zone, formats) = &*self.0.read().unwrap_or_else(PoisonError::into_inner);
        show(zone, *formats)
    }

    pub(super) fn new(zone: TimeZone, locale: &str) -> Self {
        Self(Arc::new(RwLock::new((zone, Formats::of(locale)))))
    }

    pub(super) fn change(&self, zone: TimeZone, locale: &str) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = (zone, Formats::of(locale));
    }
}

/// How a locale writes a moment, in the notation of `strftime`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Formats {
    pub(super) time: &'static str,
    pub(super) date: &'static str,
}

impl Formats {
    /// The names of months are English, so only English dates have them; all others are written as ISO 8601
    /// does.
    pub(super) fn of(locale: &str) -> Self {
        let locale = locale.to_ascii_lowercase().replace('_', "-");
        if locale == "en-us" {
            Self { time: "%-I:%M %P", date: "%b %-d, %Y" }
        } else if locale == "en" || locale.starts_with("en-") {
            Self { time: "%H:%M", date: "%-d %b %Y" }
        } else {
            Self { time: "%H:%M", date: "%Y-%m-%d" }
        }
    }
}
