//! What Twilio carries of pictures and files.
//!
//! Sources: <https://www.twilio.com/docs/messaging/guides/accepted-mime-types>, and for what the carriers take of
//! files that Twilio does not shrink by itself,
//! <https://help.twilio.com/articles/360018832773-Twilio-Programmable-SMS-Supported-File-Types-and-Size-Limits-for-MMS-Media-Messages>.

use crate::domain::address::Channel;
use crate::domain::carried::MediaRules;

/// What fits into one message, with room for the text and for how files are packed.
const MESSAGE_BYTES: u64 = 4_800_000;
/// What the carriers of the United States all take of a file from a long code.
const FILE_BYTES: u64 = 1_000_000;
/// WhatsApp's own limits, see <https://www.twilio.com/docs/whatsapp/guidance-whatsapp-media-messages>.
const WHATSAPP_BYTES: u64 = 16_000_000;
const WHATSAPP_PICTURE_BYTES: u64 = 4_800_000;

/// MMS goes between numbers of the United States and Canada, and within Australia. Elsewhere Twilio would
/// send a text with a link of its own.
/// <https://help.twilio.com/articles/223181808-Receive-SMS-and-MMS-Messages-from-Outside-of-the-US-and-Canada>
const COUNTRIES: &[&[&str]] = &[&["US", "CA", "PR"], &["AU"]];

/// What Twilio carries.
pub(super) static TWILIO_CARRIES: [MediaRules; 2] = [
    MediaRules {
        channel: Channel::Sms,
        files: 10,
        bytes: MESSAGE_BYTES,
        types: &[
            ("image/jpeg", MESSAGE_BYTES),
            ("image/png", MESSAGE_BYTES),
            ("image/gif", MESSAGE_BYTES),
            ("audio/mp4", FILE_BYTES),
            ("audio/mpeg", FILE_BYTES),
            ("audio/ogg", FILE_BYTES),
            ("audio/3gpp", FILE_BYTES),
            ("audio/3gpp2", FILE_BYTES),
            ("audio/webm", FILE_BYTES),
            ("audio/amr", FILE_BYTES),
            ("video/mpeg", FILE_BYTES),
            ("video/mp4", FILE_BYTES),
            ("video/quicktime", FILE_BYTES),
            ("video/webm", FILE_BYTES),
            ("video/3gpp", FILE_BYTES),
            ("video/3gpp2", FILE_BYTES),
            ("text/vcard", FILE_BYTES),
            ("text/x-vcard", FILE_BYTES),
            ("text/csv", FILE_BYTES),
            ("text/calendar", FILE_BYTES),
            ("text/directory", FILE_BYTES),
            ("application/pdf", FILE_BYTES),
        ],
        with_text: &[""],
        countries: Some(COUNTRIES),
    },
    MediaRules {
        channel: Channel::Whatsapp,
        files: 1,
        bytes: WHATSAPP_BYTES,
        types: &[
            ("image/jpeg", WHATSAPP_PICTURE_BYTES),
            ("image/png", WHATSAPP_PICTURE_BYTES),
            ("audio/ogg", WHATSAPP_BYTES),
            ("audio/amr", WHATSAPP_BYTES),
            ("audio/3gpp", WHATSAPP_BYTES),
            ("audio/mpeg", WHATSAPP_BYTES),
            ("audio/mp4", WHATSAPP_BYTES),
            ("video/mp4", WHATSAPP_BYTES),
            ("text/vcard", WHATSAPP_BYTES),
            ("application/pdf", WHATSAPP_BYTES),
        ],
        // A document or a sound shows no text there.
        with_text: &["image/", "video/"],
        countries: None,
    },
];

/// What SignalWire carries: it changes nothing, and carriers take about 1 MB.
/// <https://developer.signalwire.com/guides/messaging-mime-types/>
pub(super) static SIGNALWIRE_CARRIES: [MediaRules; 1] = [MediaRules {
    channel: Channel::Sms,
    files: 10,
    bytes: FILE_BYTES,
    types: &[
        ("image/jpeg", FILE_BYTES),
        ("image/png", FILE_BYTES),
        ("image/gif", FILE_BYTES),
        ("audio/mp4", FILE_BYTES),
        ("audio/mpeg", FILE_BYTES),
        ("audio/ogg", FILE_BYTES),
        ("audio/vnd.wav", FILE_BYTES),
        ("audio/amr", FILE_BYTES),
        ("video/mpeg", FILE_BYTES),
        ("video/mp4", FILE_BYTES),
        ("video/quicktime", FILE_BYTES),
        ("text/plain", FILE_BYTES),
        ("text/vcard", FILE_BYTES),
        ("text/x-vcard", FILE_BYTES),
        ("text/calendar", FILE_BYTES),
    ],
    with_text: &[""],
    countries: Some(&[&["US", "CA", "PR"]]),
}];
