//! Where a message goes to or comes from: a channel, and what the provider needs to reach someone on it.
//!
//! An address is kept as one text, with its channel first: `sms:+14155550100`, `sms:74454`,
//! `whatsapp:+14155550100`. People read and write those of SMS without the channel, `+14155550100`, and so do
//! programs that read along; see [`Address::shown`].

pub mod parse;
pub mod pick;
pub mod zone;

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::text::segments::SplitLimit;
use super::work_channel::WorkChannel;

/// How messages reach a contact. (What agents are ready for is a [`WorkChannel`]; whether homeserver and
/// provider work is [`super::channel`]'s subject.)
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    /// Text messages, with pictures as MMS.
    Sms,
    /// WhatsApp, by way of an SMS provider.
    Whatsapp,
}

/// The rules that differ by channel. All code asks here; none compares a channel by name.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a rule of its own, and all differ by channel")]
pub struct ChannelRules {
    /// Whether an address of this channel can be written to at all.
    pub can_be_answered: fn(&str) -> bool,
    /// How long after their last text a contact can be answered; nothing where they always can.
    pub answer_window: Option<Duration>,
    /// The longest text of one message, in UTF-16 units; for SMS a provider may take less.
    pub max_units: usize,
    /// Whether carriers cut and bill its texts in segments, so that a desk may want each sent as a message of
    /// its own.
    pub segmented: bool,
    /// Whether a message with pictures is an MMS, which begins an interaction in the mode that the number
    /// sets for those.
    pub media_is_mms: bool,
    /// Whether a message has a subject beside its text.
    pub subject: bool,
    /// Whether providers deal with STOP and the like on it by themselves.
    pub keywords_are_handled: bool,
    /// The kind of work of its conversations: the readiness they need, and the capacity they count against.
    pub work: WorkChannel,
}

static SMS: ChannelRules = ChannelRules {
    can_be_answered: is_phone_or_short_code,
    answer_window: None,
    max_units: 1600,
    segmented: true,
    media_is_mms: true,
    subject: false,
    keywords_are_handled: true,
    work: WorkChannel::Sms,
};

/// <https://www.twilio.com/docs/whatsapp/key-concepts#the-24-hour-window-or-customer-service-window>
static WHATSAPP: ChannelRules = ChannelRules {
    can_be_answered: |value| e164(value).is_ok(),
    answer_window: Some(Duration::from_hours(24)),
    max_units: 1600,
    segmented: false,
    media_is_mms: false,
    subject: false,
    keywords_are_handled: false,
    work: WorkChannel::Sms,
};

/// The longest text that anyone sends, as a multiple of the longest message of its channel. A provider that
/// takes less at once gets more requests.
const MAX_REQUESTS: usize = 20;

impl ChannelRules {
    /// Whether a text is short enough to be sent on this channel, in one message or several.
    #[must_use]
    pub fn takes(&self, text: &str) -> bool {
        text.encode_utf16().count() <= MAX_REQUESTS * self.max_units
    }

    /// Where texts are split on this channel, at a desk that splits where `desk` says.
    #[must_use]
    pub fn split_limit(&self, desk: SplitLimit) -> SplitLimit {
        match desk {
            SplitLimit::Segment | SplitLimit::Segments { .. } if self.segmented => desk,
            // There are no segments on this channel to count.
            SplitLimit::Segment | SplitLimit::Segments { .. } => {
                SplitLimit::Request { units: self.max_units }
            }
            SplitLimit::Request { units } => SplitLimit::Request { units: units.min(self.max_units) },
        }
    }
}

impl Channel {
    /// All there are.
    pub const ALL: [Self; 2] = [Self::Sms, Self::Whatsapp];

    /// The prefix of its addresses, before the colon.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Whatsapp => "whatsapp",
        }
    }

    /// What is different on it.
    #[must_use]
    pub fn rules(self) -> &'static ChannelRules {
        match self {
            Self::Sms => &SMS,
            Self::Whatsapp => &WHATSAPP,
        }
    }
}

/// The address of a contact, or one of ours.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    channel: Channel,
    value: String,
}

impl Address {
    /// An address on a channel, with the provider's `value`, kept as it is.
    #[must_use]
    pub fn new(channel: Channel, value: impl Into<String>) -> Self {
        Self { channel, value: value.into() }
    }

    /// A sender or receiver of SMS: E.164 (`+14155550100`) for people, anything for other senders (short
    /// codes come without `+`).
    #[must_use]
    pub fn sms(value: impl Into<String>) -> Self {
        Self::new(Channel::Sms, value)
    }

    /// Reads the address in a text. Without the name of a channel before it, it is one of SMS.
    #[must_use]
    pub fn read(text: &str) -> Self {
        match named(text) {
            Some((channel, value)) => Self::new(channel, value),
            None => Self::sms(text),
        }
    }

    /// Reads one of our own: a number in E.164, `+`, country code, number, at most 15 digits; with
    /// `whatsapp:` before it for a WhatsApp sender.
    ///
    /// # Errors
    /// What is wrong with it, as the rest of a sentence that begins with the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let address = Self::read(text);
        e164(&address.value)?;
        Ok(address)
    }

    /// How it is reached.
    #[must_use]
    pub fn channel(&self) -> Channel {
        self.channel
    }

    /// The value that the provider needs, verbatim: a number, a short code, a name.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// As people and other programs read it and write it: a number of SMS by itself, any other with its
    /// channel before it.
    #[must_use]
    pub fn shown(&self) -> Cow<'_, str> {
        match self.channel {
            // A sender with such a name must not pass for one of another channel.
            Channel::Sms if named(&self.value).is_some() => self.to_string().into(),
            Channel::Sms => self.value.as_str().into(),
            Channel::Whatsapp => self.to_string().into(),
        }
    }

    /// What is different on its channel.
    #[must_use]
    pub fn rules(&self) -> &'static ChannelRules {
        self.channel.rules()
    }

    /// Whether it can be written to: phones and short codes can, names and e-mail addresses cannot. A short
    /// code may still take no texts, which only the provider's answer tells.
    #[must_use]
    pub fn can_be_answered(&self) -> bool {
        (self.rules().can_be_answered)(&self.value)
    }
}

/// The stored form, which always has its channel.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.channel.word(), self.value)
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self::read(&text))
    }
}

/// Writes an address, if there is one, as people do: for what they write and read as a document.
///
/// # Errors
/// As the serializer does.
pub fn as_shown<S: Serializer>(address: &Option<Address>, serializer: S) -> Result<S::Ok, S::Error> {
    address.as_ref().map(Address::shown).serialize(serializer)
}

/// The channel that a text names first, and what stands behind it.
fn named(text: &str) -> Option<(Channel, &str)> {
    let (word, value) = text.split_once(':')?;
    let channel = Channel::ALL.into_iter().find(|channel| channel.word() == word)?;
    Some((channel, value))
}

/// Whether a text is a number in E.164.
///
/// # Errors
/// What is wrong with it, as the rest of a sentence that begins with the text.
pub fn e164(number: &str) -> Result<(), String> {
    let digits = number.strip_prefix('+').unwrap_or_default();
    let valid = (7..=15).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !digits.starts_with('0');
    if valid { Ok(()) } else { Err("is not an E.164 number; write it like +15005550006".to_owned()) }
}

fn is_phone_or_short_code(value: &str) -> bool {
    let digits = value.strip_prefix('+').unwrap_or(value);
    (3..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::samples::assert_sampled;

    #[test]
    fn every_channel_is_among_all_there_are() {
        assert_sampled!(Channel::ALL, Channel: Sms Whatsapp);
    }

    #[test]
    fn texts_are_split_where_desk_provider_and_channel_allow() {
        let (sms, whatsapp) = (Channel::Sms.rules(), Channel::Whatsapp.rules());
        let request = |units| SplitLimit::Request { units };
        for (desk, by_sms, on_whatsapp) in [
            (SplitLimit::Segment, SplitLimit::Segment, request(1600)),
            (SplitLimit::Segments { most: 10 }, SplitLimit::Segments { most: 10 }, request(1600)),
            (request(1000), request(1000), request(1000)),
            (request(9999), request(1600), request(1600)),
        ] {
            assert_eq!((sms.split_limit(desk), whatsapp.split_limit(desk)), (by_sms, on_whatsapp));
        }
    }

    #[test]
    fn phones_and_short_codes_can_be_answered_and_names_and_addresses_cannot() {
        for number in ["+14155550100", "+491711234567", "40404", "247365"] {
            assert!(Address::sms(number).can_be_answered(), "{number}");
        }
        for name in ["", "+", "ACME", "Bank24", "12", "jane@example.org", "+1415555010012345", "+1 415"] {
            assert!(!Address::sms(name).can_be_answered(), "{name}");
        }
        assert!(Address::read("whatsapp:+14155550100").can_be_answered());
        assert!(!Address::read("whatsapp:40404").can_be_answered());
    }

    #[test]
    fn one_number_on_two_channels_is_two_addresses() {
        let (sms, whatsapp) = (Address::read("+14155550100"), Address::read("whatsapp:+14155550100"));
        assert_ne!(sms, whatsapp);
        assert_eq!(sms.value(), whatsapp.value());
        assert_eq!((sms.to_string().as_str(), &*sms.shown()), ("sms:+14155550100", "+14155550100"));
        assert_eq!(whatsapp.to_string(), whatsapp.shown());
        assert_eq!(sms, Address::read("sms:+14155550100"));
    }

    #[test]
    fn ours_are_numbers_in_e164_on_whichever_channel() {
        for ours in ["+15005550006", "whatsapp:+15005550006"] {
            assert_eq!(Address::parse(ours).unwrap().shown(), ours);
        }
        for other in
            ["5550006", "whatsapp:5550006", "whatsapp:", "74454", "+0155500066", "telegram:+15005550006"]
        {
            let problem = Address::parse(other).unwrap_err();
            assert!(problem.contains("write it like"), "{other}");
        }
    }

    proptest! {
        #[test]
        fn every_address_is_read_as_it_was_written(text in "\\PC{0,20}|((sms|whatsapp|SMS):){0,2}\\+?[0-9]{1,16}") {
            for channel in Channel::ALL {
                let address = Address::new(channel, text.clone());
                prop_assert_eq!(Address::read(&address.to_string()), address.clone());
                prop_assert_eq!(Address::read(&address.shown()), address);
            }
        }
    }
}
