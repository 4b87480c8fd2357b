//! Twilio's error codes in plain words, for the agent whose message did not arrive.
//!
//! Source: <https://www.twilio.com/docs/api/errors>.

/// What an error code means to the person who wrote the message; `None` for one not known here.
#[must_use]
pub fn meaning(code: u32) -> Option<&'static str> {
    Some(match code {
        11200 => "the provider could not fetch the picture from us",
        11751 => "the pictures are too large together",
        12300 => "the provider does not take files of this type",
        20003 => "the provider does not accept our account or token",
        20404 => "the provider does not know this account or message",
        20429 => "too many requests at once; it will be tried again",
        21211 => "this is not a valid phone number",
        21212 | 21606 => "our number cannot send text messages here",
        21408 => "sending to this country or region is not allowed on the provider's account",
        21601 => "this number cannot receive text messages",
        21602 => "the message is empty",
        21603 => "the message has no number to send from",
        21604 => "the message has no number to send to",
        21608 => "a trial account can only text numbers it has verified",
        21609 => "the provider does not accept our address for delivery reports",
        21610 => "the contact has opted out (STOP) and must text START first",
        21611 => "our number has too many messages waiting; try again later",
        21612 => "there is no way from our number to this one",
        21614 => "this number is not a mobile number",
        21617 => "the message is too long",
        21620 => "the provider does not accept the picture's address",
        21623 => "the message has too many pictures",
        21266 => "a number cannot text itself",
        30001 => "the provider's queue is full; try again later",
        30002 => "the provider's account is suspended",
        30003 => "the phone is switched off or out of reach",
        30004 => "the contact or their carrier has blocked the message",
        30005 => "the number is unknown or no longer in use",
        30006 => "this is a landline, or its carrier takes no texts",
        30007 => "the carrier filtered the message as unwanted",
        30008 => "the carrier did not say why it failed",
        30009 => "a part of the message was lost on the way",
        30010 => "the message costs more than the account allows",
        30011 | 21635 => "pictures cannot be sent to this number",
        30019 => "the picture is too large for the carrier",
        30022 => "the carrier's daily limit for our number is reached",
        30023 => "the carrier's daily limit for our brand is reached",
        30032 => "our toll-free number is not verified",
        30034 => "our number is not registered with the US carriers (10DLC)",
        30036 => "the message waited longer than its validity and was dropped",
        30410 => "the carrier did not answer in time",
        30450 | 30453 => "the provider blocked the message as suspected fraud",
        63016 => "WhatsApp lets customers be answered only within 24 hours of their last message",
        63038 => "the account's daily limit of messages is reached",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_an_agent_meets_have_a_plain_meaning() {
        let met = [
            21211, 21408, 21606, 21610, 21611, 21614, 21617, 30003, 30004, 30005, 30006, 30007, 30008, 30034,
            63038,
        ];
        for code in met {
            assert!(meaning(code).is_some_and(|words| words.len() > 10), "{code}");
        }
        assert_eq!(meaning(0), None);
        assert_eq!(meaning(u32::MAX), None);
    }
}
