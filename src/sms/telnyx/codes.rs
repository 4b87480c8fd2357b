//! Telnyx's error codes in plain words, for the agent whose message did not arrive.
//!
//! Source: <https://developers.telnyx.com/docs/messaging/messages/error-codes>.

/// What an error code means to the person who wrote the message; `None` for one not known here.
#[must_use]
pub fn meaning(code: u32) -> Option<&'static str> {
    Some(match code {
        10001 => "this phone number is not in use",
        10002 | 10016 | 40012 | 40310 => "this is not a valid phone number",
        10009 | 20002 => "the provider does not accept our API key",
        10010 => "our API key may not send messages",
        10011 => "too many requests at once; it will be tried again",
        10039 => "the provider's account can only text numbers it has verified",
        20006 | 20012 | 20013 | 20014 => "the provider's account is not active",
        20100 => "the provider's account has run out of money",
        40001 => "this is a landline, or its carrier takes no texts",
        40002 => "the carrier filtered the message as unwanted; later it may take it",
        40003 => "the carrier filtered the message as unwanted, and blocks our number",
        40004 => "the contact's carrier refused the message without saying why",
        40005 | 40014 => "the message waited longer than its validity and was dropped",
        40006 => "the contact's carrier is out of order; try again later",
        40007 | 40008 => "the carrier did not take the message",
        40009 | 40317 => "the carrier does not take what is in the message",
        40010 => "our number is not registered with the US carriers (10DLC)",
        40011 => "the carrier takes no more messages from us for now; try again later",
        40013 | 40305 => "our number cannot send text messages here",
        40015 | 40322 => "the provider filtered the message as unwanted",
        40016 | 40018 => "the carrier's daily limit for our number is reached",
        40017 => "the carrier filtered the message as unwanted",
        40300 => "the contact has opted out (STOP) and must text START first",
        40301 | 40316 => "the message is empty",
        40302 => "the message is too long",
        40303 => "the message has too many pictures",
        40306 | 40307 | 40325 => "the name we send from is not set up at the provider",
        40308 => "our number cannot send pictures",
        40309 => "sending to this country or region is not allowed on the provider's account",
        40312 => "our messaging profile is switched off at the provider",
        40314 => "messaging is switched off for the provider's account",
        40315 | 40320 => "the provider blocks our number for now, because too many of its messages fail",
        40318 => "our number has too many messages waiting; try again later",
        40319 => "this kind of message cannot be sent to this number",
        40321 => "our messaging profile has no number to send from",
        40329 | 40330 => "our toll-free number is not verified",
        40331 => "the provider's account has not got what this message needs",
        40333 => "our messaging profile's spending limit is reached",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_an_agent_meets_have_a_plain_meaning() {
        for code in [20100, 40001, 40002, 40008, 40010, 40300, 40302, 40305, 40310, 40318, 40333] {
            assert!(meaning(code).is_some_and(|words| words.len() > 10), "{code}");
        }
        assert_eq!(meaning(0), None);
        assert_eq!(meaning(u32::MAX), None);
    }
}
