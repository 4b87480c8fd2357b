//! What the desk asks of an SMS provider, in words no provider owns.

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::clock::Millis;
use crate::domain::address::Address;
use crate::reach::Watch;

/// A provider of text messages. Held as `Arc<dyn SmsProvider>`, so that the rest of the program does not know which.
pub trait SmsProvider: Send + Sync {
    /// Whether the provider answers: every request to it is noted there.
    fn reach(&self) -> &Watch;

    /// Submits one message, once. Never retries by itself: providers do not deduplicate, so what became of the
    /// attempt is told by the outcome and the caller decides.
    fn send<'a>(&'a self, message: &'a OutgoingSms) -> BoxFuture<'a, SendOutcome>;

    /// A page of the messages the provider knows of, both directions, newest first as far as the provider sorts them: the
    /// first one, or the one that an earlier page says is next.
    ///
    /// # Errors
    /// Where it could not be read; nothing was changed anywhere.
    fn list_page<'a>(
        &'a self,
        query: &'a ListQuery,
        next: Option<&'a str>,
    ) -> BoxFuture<'a, Result<ListPage, ListError>>;

    /// The same page after page, as far as one listing goes.
    ///
    /// # Errors
    /// Where a page could not be read; nothing was changed anywhere.
    fn list(&self, query: ListQuery) -> BoxFuture<'_, Result<Listing, ListError>>;

    /// The media parts of one message found by [`SmsProvider::list`].
    ///
    /// # Errors
    /// Where the list could not be read; nothing was changed anywhere.
    fn media_list<'a>(&'a self, sid: &'a str) -> BoxFuture<'a, Result<Vec<MediaPart>, ListError>>;

    /// Fetches one media part of an inbound message, whole or not at all.
    ///
    /// # Errors
    /// [`MediaError::is_retryable`] says whether asking again later can help.
    fn fetch_media<'a>(&'a self, url: &'a Url) -> BoxFuture<'a, Result<FetchedMedia, MediaError>>;
}

/// One message to a phone. Its `Debug` form names neither numbers nor text.
#[derive(Clone, PartialEq, Eq)]
pub struct OutgoingSms {
    /// Our number.
    pub from: Address,
    /// The contact's number.
    pub to: Address,
    /// The text; may be empty if there is media.
    pub body: String,
    /// Where the provider fetches pictures from, in order.
    pub media: Vec<Url>,
    /// Where the provider reports progress; carries our own id, so that a report settles an unknown outcome.
    pub status_callback: Url,
}

impl std::fmt::Debug for OutgoingSms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OutgoingSms")
            .field("body_bytes", &self.body.len())
            .field("media", &self.media.len())
            .finish_non_exhaustive()
    }
}

/// What became of a submitted message. Only [`SendOutcome::Retry`] may be followed by another attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendOutcome {
    /// The provider has it.
    Accepted {
        /// The provider's id of the message.
        sid: String,
        /// Where it stands; it may have failed already, and then nothing else is heard of it.
        status: Status,
        /// Why it failed.
        error_code: Option<u32>,
    },
    /// The provider certainly did not process it, and may do so later.
    Retry {
        /// How long the provider asks to wait, if it says so.
        after: Option<Duration>,
        /// What happened, without numbers or text.
        why: String,
    },
    /// The provider certainly did not process it, and will not.
    Rejected {
        /// The provider's error code.
        code: Option<u32>,
        /// The provider's words.
        why: String,
    },
    /// It may or may not have been processed. Never to be sent again by itself.
    Unknown {
        /// What happened, without numbers or text.
        why: String,
    },
}

/// How far a message has come. The names are Twilio's, in its spelling on the wire and in storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Status {
    Accepted,
    Scheduled,
    Queued,
    Receiving,
    Sending,
    Sent,
    Delivered,
    Undelivered,
    Failed,
    Canceled,
    Received,
    Read,
}

impl Status {
    const ALL: [(Self, &'static str); 12] = [
        (Self::Accepted, "accepted"),
        (Self::Scheduled, "scheduled"),
        (Self::Queued, "queued"),
        (Self::Receiving, "receiving"),
        (Self::Sending, "sending"),
        (Self::Sent, "sent"),
        (Self::Delivered, "delivered"),
        (Self::Undelivered, "undelivered"),
        (Self::Failed, "failed"),
        (Self::Canceled, "canceled"),
        (Self::Received, "received"),
        (Self::Read, "read"),
    ];

    /// Reads the wire's spelling; `None` for a status not known yet, which is best ignored.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, name)| *name == text).map(|(status, _)| *status)
    }

    /// The wire's spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(status, _)| *status == self).map_or("", |(_, name)| name)
    }

    /// How far along it is. Reports come unordered: one of a lower or equal rank than the known one is old news.
    #[must_use]
    pub fn rank(self) -> u8 {
        match self {
            Self::Accepted | Self::Scheduled => 0,
            Self::Queued | Self::Receiving => 1,
            Self::Sending => 2,
            Self::Sent => 3,
            Self::Delivered | Self::Undelivered | Self::Failed | Self::Canceled | Self::Received => 4,
            Self::Read => 5,
        }
    }

    /// Whether a report of `self` replaces a known `earlier`. The first of two final ones stays.
    #[must_use]
    pub fn supersedes(self, earlier: Self) -> bool {
        self.rank() > earlier.rank()
    }

    /// Whether no other outcome can follow (a delivered message may still be reported as read).
    #[must_use]
    pub fn is_final(self) -> bool {
        self.rank() >= 4
    }

    /// Whether it never reached the phone.
    #[must_use]
    pub fn is_failure(self) -> bool {
        matches!(self, Self::Undelivered | Self::Failed | Self::Canceled)
    }
}

/// Which messages to list; an empty query lists all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListQuery {
    /// Only messages to this number.
    pub to: Option<Address>,
    /// Only messages from this number.
    pub from: Option<Address>,
    /// Only messages made at or after this moment (to the second, as providers keep it).
    pub since: Option<Millis>,
}

/// A page of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListPage {
    /// Its messages of the time asked for, in the provider's order.
    pub messages: Vec<ListedMessage>,
    /// How many entries made no sense and are left out.
    pub unreadable: usize,
    /// Where the list goes on; nothing where it ends, or only what is older follows.
    pub next: Option<String>,
}

/// What a list held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// The messages, in the provider's order.
    pub messages: Vec<ListedMessage>,
    /// False if there were more pages than one listing reads: what is missing here proves nothing.
    pub complete: bool,
}

/// Which way a message went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From a contact to us.
    Inbound,
    /// From us to a contact.
    Outbound,
}

/// One message as the provider's list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedMessage {
    /// The provider's id.
    pub sid: String,
    /// Which way it went.
    pub direction: Direction,
    /// Who sent it.
    pub from: Address,
    /// Whom it was for.
    pub to: Address,
    /// The text.
    pub body: String,
    /// How many media parts it has.
    pub num_media: u32,
    /// Where it stands; `None` for a status not known here.
    pub status: Option<Status>,
    /// Why it failed.
    pub error_code: Option<u32>,
    /// When the provider made it, to the second.
    pub date_created: Millis,
}

/// One picture, sound or file of a message, still at the provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaPart {
    /// Where it lies.
    pub url: Url,
    /// What the provider says it is.
    pub content_type: String,
}

/// A media part, fetched whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchedMedia {
    /// The file. Until it is dropped it counts as one of the downloads, which have a bound in sum.
    pub bytes: Bytes,
    /// What its server says it is, without parameters.
    pub content_type: String,
}

/// Why a list could not be read. Nothing was changed by asking.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The provider could not be reached, or its answer broke off.
    #[error("the provider could not be asked for its messages")]
    Transport(#[source] reqwest::Error),
    /// The provider answered with an error.
    #[error("the provider refused to list messages: it {}", answered(*status, *code))]
    Refused {
        /// HTTP status.
        status: u16,
        /// The provider's error code.
        code: Option<u32>,
        /// The provider's words. It repeats numbers in them, so that they are for whoever asked and not for the log.
        why: String,
    },
    /// The answer is larger than a page can be.
    #[error("the provider's list is too large to read")]
    TooLarge,
    /// The answer is no list.
    #[error("the provider's list could not be understood")]
    Unreadable(#[source] serde_json::Error),
    /// The list continues somewhere else, where our credential has no business.
    #[error("the provider's list continues on another host")]
    WrongHost,
    /// The id asked for is none a provider gives.
    #[error("this is no message id")]
    BadSid,
}

impl ListError {
    /// Whether asking again later can help.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Transport(_) => true,
            Self::Refused { status, .. } => may_pass(*status),
            Self::TooLarge | Self::Unreadable(_) | Self::WrongHost | Self::BadSid => false,
        }
    }
}

/// Whether a refusal of this status may be over later: what is new is not there at first, and a refused credential is being
/// mended by the operator.
fn may_pass(status: u16) -> bool {
    status >= 500 || matches!(status, 401 | 403 | 404 | 408 | 429)
}

/// An answer of the provider that is an error, for the log, as the end of a sentence about it.
pub(crate) fn answered(status: u16, code: Option<u32>) -> String {
    let code = code.map(|code| format!(", error {code}"));
    format!("answered {status}{}", code.unwrap_or_default())
}

/// Why a media part could not be fetched. Nothing was stored.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// The address, or one it redirects to, is not on the list of hosts, not https, or no address at all.
    #[error("the media lies where we do not fetch from")]
    NotAllowed,
    /// The provider does not have it, which is so for the first seconds of a new one; older than a few minutes, it
    /// is gone.
    #[error("the media is not there, or not there yet")]
    NotFound,
    /// Its server refused or failed.
    #[error("the media's server answered {0}")]
    Status(u16),
    /// Where it lies could not be found out.
    #[error("the list of the message's media could not be read")]
    List(#[source] ListError),
    /// It is larger than the limit.
    #[error("the media is larger than {max_bytes} bytes")]
    TooLarge {
        /// The limit.
        max_bytes: u64,
    },
    /// It redirects again and again.
    #[error("the media redirects too often")]
    TooManyRedirects,
    /// It took longer than the limit.
    #[error("the media did not arrive in time")]
    TimedOut,
    /// Its server could not be reached, or the answer broke off.
    #[error("the media's server could not be reached")]
    Transport(#[source] reqwest::Error),
}

impl MediaError {
    /// Whether asking again later can help.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::NotFound | Self::TimedOut | Self::Transport(_) => true,
            Self::Status(status) => may_pass(*status),
            Self::List(error) => error.is_retryable(),
            Self::NotAllowed | Self::TooLarge { .. } | Self::TooManyRedirects => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_reads_back_from_its_own_spelling() {
        for (status, name) in Status::ALL {
            assert_eq!(Status::parse(name), Some(status));
            assert_eq!(status.as_str(), name);
            assert_eq!(serde_json::to_value(status).unwrap(), name);
        }
        assert_eq!(Status::parse("DELIVERED"), None);
        assert_eq!(Status::parse(""), None);
    }

    #[test]
    fn a_late_report_never_takes_a_message_back() {
        assert!(Status::Sent.supersedes(Status::Queued));
        assert!(Status::Delivered.supersedes(Status::Sent));
        assert!(Status::Read.supersedes(Status::Delivered));
        assert!(!Status::Sent.supersedes(Status::Delivered));
        assert!(!Status::Delivered.supersedes(Status::Failed));
        assert!(!Status::Failed.supersedes(Status::Delivered));
        assert!(!Status::Delivered.supersedes(Status::Delivered));
        assert!(!Status::Sent.is_final() && Status::Undelivered.is_final());
    }

    #[test]
    fn an_outgoing_message_shows_neither_number_nor_text_when_debugged() {
        let message = OutgoingSms {
            from: Address::sms("+15005550006"),
            to: Address::sms("+14155550100"),
            body: "my secret".to_owned(),
            media: vec![],
            status_callback: Url::parse("http://127.0.0.1/?id=x").unwrap(),
        };
        let shown = format!("{message:?}");
        assert!(
            !shown.contains("secret") && !shown.contains("4155550100") && !shown.contains("id=x"),
            "{shown}"
        );
    }
}
