//! Messages as Twilio's API shows them.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::state::{Kind, Message, Part};
use crate::clock::Millis;
use crate::sms::twilio::codes;

/// The message resource.
pub(super) fn message(account: &str, message: &Message) -> Value {
    let (from, to) = match message.kind {
        Kind::FromPhone => (&message.phone, &message.ours),
        Kind::ToPhone | Kind::AutoReply => (&message.ours, &message.phone),
    };
    let direction = match message.kind {
        Kind::FromPhone => "inbound",
        Kind::ToPhone => "outbound-api",
        Kind::AutoReply => "outbound-reply",
    };
    let path = format!("/2010-04-01/Accounts/{account}/Messages/{}", message.sid);
    json!({
        "account_sid": account,
        "api_version": "2010-04-01",
        "body": message.body,
        "date_created": rfc2822(message.created),
        "date_sent": message.sent.map(rfc2822),
        "date_updated": rfc2822(message.sent.unwrap_or(message.created)),
        "direction": direction,
        "error_code": message.error_code,
        "error_message": message.error_code.and_then(codes::meaning),
        "from": from,
        "messaging_service_sid": null,
        "num_media": message.num_media().to_string(),
        "num_segments": segments(&message.body).to_string(),
        "price": null,
        "price_unit": "USD",
        "sid": message.sid,
        "status": message.status,
        "subresource_uris": {"media": format!("{path}/Media.json")},
        "to": to,
        "uri": format!("{path}.json"),
    })
}

/// The media resource.
pub(super) fn media(account: &str, of: &Message, part: &Part) -> Value {
    json!({
        "account_sid": account,
        "content_type": part.content_type,
        "date_created": rfc2822(of.created),
        "date_updated": rfc2822(of.created),
        "parent_sid": of.sid,
        "sid": part.sid,
        "uri": format!("/2010-04-01/Accounts/{account}/Messages/{}/Media/{}.json", of.sid, part.sid),
    })
}

/// Twilio's form of a time, to the second.
pub(super) fn rfc2822(at: Millis) -> String {
    let time = Timestamp::from_millisecond(at.0).unwrap_or_default().to_zoned(TimeZone::UTC);
    jiff::fmt::rfc2822::to_string(&time).unwrap_or_default()
}

/// About how many parts a text has: plain ASCII or not. The bridge counts exactly, for itself.
pub(super) fn segments(body: &str) -> usize {
    let (length, whole, part) =
        if body.is_ascii() { (body.len(), 160, 153) } else { (body.encode_utf16().count(), 70, 67) };
    if length <= whole { 1 } else { length.div_ceil(part) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_twilio_writes_them() {
        assert_eq!(rfc2822(Millis(1_700_000_000_999)), "Tue, 14 Nov 2023 22:13:20 +0000");
    }

    #[test]
    fn a_long_text_has_several_parts() {
        for (body, parts) in [("", 1), (&"x".repeat(160), 1), (&"x".repeat(161), 2), (&"é".repeat(71), 2)] {
            assert_eq!(segments(body), parts, "{}", body.len());
        }
    }
}
