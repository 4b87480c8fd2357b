//! Addresses as Twilio writes them: a sender of SMS by itself, one of WhatsApp with `whatsapp:` before it.
//! <https://www.twilio.com/docs/whatsapp/api#using-phone-numbers-with-whatsapp>

use std::borrow::Cow;

use crate::domain::address::{Address, Channel};

/// What stands before the number of a WhatsApp sender.
pub(in crate::sms) const WHATSAPP: &str = "whatsapp:";

/// An address as a request or a list of Twilio's names it.
pub(in crate::sms) fn to_wire(address: &Address) -> Cow<'_, str> {
    match address.channel() {
        Channel::Sms => address.value().into(),
        Channel::Whatsapp => format!("{WHATSAPP}{}", address.value()).into(),
    }
}

/// The address that Twilio names so.
pub(super) fn from_wire(text: &str) -> Address {
    match text.strip_prefix(WHATSAPP) {
        Some(number) => Address::new(Channel::Whatsapp, number),
        None => Address::sms(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_of_whatsapp_is_no_sender_of_sms() {
        assert_eq!(from_wire("whatsapp:+14155550100"), Address::new(Channel::Whatsapp, "+14155550100"));
        for sender in ["+14155550100", "74454", "ACME", "rcs:acme_agent", "sms:ACME"] {
            assert_eq!(from_wire(sender), Address::sms(sender));
        }
        for sender in ["+14155550100", "whatsapp:+14155550100", "jane@mail.test", "sms:ACME"] {
            assert_eq!(to_wire(&from_wire(sender)), sender);
        }
    }
}
