//! What the simulator took and gave: the provider's half of an oracle.

use crate::clock::Millis;
use crate::sms::twilio::Status;

/// One thing that happened to one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// When.
    pub at: Millis,
    /// To which message.
    pub sid: String,
    /// The contact's number.
    pub phone: String,
    /// What.
    pub what: LogWhat,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogWhat {
    /// A phone wrote a text.
    Written {
        /// The text.
        body: String,
        /// How many pictures.
        media: usize,
    },
    /// The inbound webhook was posted.
    Webhook {
        /// The HTTP status answered; `None` where there was no answer.
        answer: Option<u16>,
    },
    /// The API took a message, whatever it answered.
    Accepted {
        /// The text.
        body: String,
        /// How many pictures.
        media: usize,
    },
    /// The message reached the phone.
    Delivered,
    /// The message did not reach the phone.
    Lost {
        /// Twilio's code.
        code: u32,
    },
    /// A status callback was posted.
    Callback {
        /// The status reported.
        status: Status,
        /// The HTTP status answered; `None` where there was no answer.
        answer: Option<u16>,
    },
}
