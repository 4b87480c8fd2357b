//! What Telnyx carries of pictures and files.
//!
//! Source: <https://developers.telnyx.com/docs/messaging/messages/mms-transcoding>.

use crate::domain::address::Channel;
use crate::domain::carried::MediaRules;

/// What the carriers all take of a message from a long code, with room for the text and for how files are
/// packed.
const BYTES: u64 = 950_000;

/// What Telnyx carries.
pub(super) static TELNYX_CARRIES: [MediaRules; 1] = [MediaRules {
    channel: Channel::Sms,
    files: 10,
    bytes: BYTES,
    types: &[
        ("image/jpeg", BYTES),
        ("image/png", BYTES),
        ("image/gif", BYTES),
        ("audio/mpeg", BYTES),
        ("audio/x-wav", BYTES),
        ("audio/amr", BYTES),
        ("audio/ogg", BYTES),
        ("video/mp4", BYTES),
        ("video/3gpp", BYTES),
        ("video/quicktime", BYTES),
        ("text/vcard", BYTES),
        ("text/x-vcard", BYTES),
        ("text/calendar", BYTES),
        ("application/pdf", BYTES),
    ],
    with_text: &[""],
    countries: Some(&[&["US", "CA", "PR"]]),
}];
