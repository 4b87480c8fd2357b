//! What differs between Twilio and others that speak its wire.

use crate::domain::text::segments::SplitLimit;

/// The longest text that one request takes, in UTF-16 units.
pub(in crate::sms) const LONGEST: SplitLimit = SplitLimit::Request { units: 1600 };

/// What differs between Twilio and others that speak its wire.
#[derive(Debug, PartialEq, Eq)]
pub struct Dialect {
    /// How people write who speaks it.
    pub title: &'static str,
    /// Its section of `sms` in the config.
    pub section: &'static str,
    /// The keys there that name the account and its token.
    pub keys: [&'static str; 2],
    /// Where both are found.
    pub where_they_are: &'static str,
    /// The headers that may carry a webhook's signature.
    pub headers: &'static [&'static str],
    /// Whether a webhook may also be signed over its address and its body as it came, in hexadecimal digits.
    pub signs_whole_bodies: bool,
    /// Whether it calls phones as Twilio does.
    pub calls: bool,
    /// Hosts that media lies on besides the API's own.
    pub media_hosts: &'static [&'static str],
}

/// Twilio's own.
pub static TWILIO: Dialect = Dialect {
    title: "Twilio",
    section: "twilio",
    keys: ["account_sid", "auth_token"],
    where_they_are: "both are on the console's first page",
    headers: &[super::signature::HEADER],
    signs_whole_bodies: false,
    calls: true,
    media_hosts: &["api.twilio.com", "media.twiliocdn.com", "mms.twiliocdn.com", "*.amazonaws.com"],
};
