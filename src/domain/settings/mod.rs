//! What can be set, declared once each.

pub mod desk;

pub use self::desk::{DeskSettings, Setting, call_link, country, locale, range, time_zone};
