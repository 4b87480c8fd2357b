//! What a phone can send.

use bytes::Bytes;

use crate::sms::twilio::Status;

/// Longer than any text of a phone.
pub(super) const MAX_BODY_CHARS: usize = 10_000;
pub(super) const MAX_MEDIA: usize = 10;
/// What Twilio takes in one message.
pub(super) const MAX_MEDIA_BYTES: usize = 5 * 1024 * 1024;

/// Why a phone cannot send a text. Nothing was sent.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// No number or name to write from, or one with odd characters.
    #[error("this is not a number a phone can have")]
    BadPhone,
    /// The number written to is not one of the desk's.
    #[error("nobody is at this number")]
    UnknownNumber,
    /// There is neither text nor picture.
    #[error("the message is empty")]
    Empty,
    /// The text is longer than any phone writes.
    #[error("the message is longer than {MAX_BODY_CHARS} characters")]
    TooLong,
    /// More, or larger, pictures than a message can have.
    #[error("at most {MAX_MEDIA} pictures of together 5 MB")]
    TooMuchMedia,
    /// There is no room for another phone.
    #[error("there are too many phones")]
    TooManyPhones,
}

/// A picture, sound or file that a phone sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// What it is, like `image/png`.
    pub content_type: String,
    /// The file.
    pub bytes: Bytes,
}

/// A message that the desk sent to a phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The text.
    pub body: String,
    /// The pictures and files, once they were fetched from the desk.
    pub media: Vec<Attachment>,
    /// How far it got.
    pub status: Status,
    /// Why it got no further, by Twilio's code.
    pub error_code: Option<u32>,
}
