//! What the desk asks of an SMS provider, in words no provider owns.

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use url::Url;

use super::calls::{CallSeen, OutgoingCall};
use crate::clock::Millis;
use crate::domain::address::Address;
use crate::domain::reply::PartState;
use crate::reach::Watch;

/// A provider of text messages. Held as `Arc<dyn SmsProvider>`, so that the rest of the program does not know
/// which.
pub trait SmsProvider: Send + Sync {
    /// Whether the provider answers: every request to it is noted there.
    fn reach(&self) -> &Watch;

    /// What an error code of the provider means to whoever wrote the message; `None` for one not known here.
    fn explain(&self, code: u32) -> Option<&'static str>;

    /// Submits one message, once. Never retries by itself: providers do not deduplicate, so what became of
    /// the attempt is told by the outcome and the caller decides.
    fn send<'a>(&'a self, message: &'a OutgoingSms) -> BoxFuture<'a, SendOutcome>;

    /// Asks for something small, to learn whether the provider answers and takes our account.
    ///
    /// # Errors
    /// Where it does not; nothing was changed anywhere.
    fn ask(&self) -> BoxFuture<'_, Result<(), ListError>>;

    /// Whether the provider lists its messages. Of one that does not, nothing is known but what it posts to
    /// us.
    fn can_list(&self) -> bool {
        true
    }

    /// A page of the messages the provider knows of, both directions, newest first as far as the provider
    /// sorts them: the first one, or the one that an earlier page says is next.
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

    /// Fetches one media part of an inbound message, whole or not at all.
    ///
    /// # Errors
    /// [`MediaError::is_retryable`] says whether asking again later can help.
    fn fetch_media<'a>(&'a self, url: &'a Url) -> BoxFuture<'a, Result<FetchedMedia, MediaError>>;

    /// Takes the words and the media out of what the provider keeps of a message. That it went, when, and
    /// between which numbers stays there: providers keep that for their bills. What is gone already is
    /// erased.
    ///
    /// # Errors
    /// [`EraseError::is_retryable`] says whether asking again later can help.
    fn erase<'a>(&'a self, sid: &'a str) -> BoxFuture<'a, Result<(), EraseError>>;

    /// What calls phones; nothing where the provider, or what is built of it here, does not.
    fn calls(&self) -> Option<&dyn Calls> {
        None
    }

    /// Why a message failed, in words for whoever wrote it; nothing where it did not, or nobody said why.
    fn why_failed(&self, state: PartState) -> Option<String> {
        why_failed(state, |code| self.explain(code))
    }
}

/// A provider of telephone calls.
pub trait Calls: Send + Sync {
    /// Calls one phone into a conference, once. Never retries by itself.
    fn place<'a>(&'a self, call: &'a OutgoingCall) -> BoxFuture<'a, SendOutcome>;

    /// Where a call stands; nothing if the provider does not know it.
    ///
    /// # Errors
    /// Where it could not be asked; nothing was changed anywhere.
    fn look<'a>(&'a self, sid: &'a str) -> BoxFuture<'a, Result<Option<CallSeen>, ListError>>;

    /// The calls between two numbers since a moment, as far as the provider's first page goes.
    ///
    /// # Errors
    /// Where they could not be listed; nothing was changed anywhere.
    fn list_calls<'a>(
        &'a self,
        from: &'a str,
        to: &'a str,
        since: Millis,
    ) -> BoxFuture<'a, Result<Vec<CallSeen>, ListError>>;

    /// Puts a phone on hold that is in a conference, or takes it off it; both may be done again. False if the
    /// provider does not find it there: it has not come in yet, or has left.
    ///
    /// # Errors
    /// [`ListError::is_retryable`] says whether asking again later can help.
    fn hold<'a>(
        &'a self,
        conference: &'a str,
        sid: &'a str,
        on: bool,
    ) -> BoxFuture<'a, Result<bool, ListError>>;

    /// Ends a call, whether it rings or somebody speaks. One that is over is ended.
    ///
    /// # Errors
    /// [`ListError::is_retryable`] says whether asking again later can help.
    fn hang_up<'a>(&'a self, sid: &'a str) -> BoxFuture<'a, Result<(), ListError>>;
}

/// Why a message failed, in words for whoever wrote it, if `explain` knows its provider's codes.
pub(crate) fn why_failed(
    state: PartState,
    explain: impl FnOnce(u32) -> Option<&'static str>,
) -> Option<String> {
    let PartState::Failed { code: Some(code) } = state else { return None };
    Some(explain(code).map_or_else(|| format!("the provider's code is {code}"), str::to_owned))
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
        state: PartState,
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

#[cfg(test)]
impl SendOutcome {
    /// Which of them it is.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Accepted { .. } => "accepted",
            Self::Retry { .. } => "retry",
            Self::Rejected { .. } => "rejected",
            Self::Unknown { .. } => "unknown",
        }
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
    /// Where a message of ours stands; `None` for a status not known here, and for a contact's.
    pub state: Option<PartState>,
    /// When the provider made it, to the second.
    pub date_created: Millis,
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
    /// The provider has no list of its messages.
    #[error("the provider does not list its messages")]
    NoLists,
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
        /// The provider's words. It repeats numbers in them, so that they are for whoever asked and not for
        /// the log.
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
            Self::NoLists | Self::TooLarge | Self::Unreadable(_) | Self::WrongHost | Self::BadSid => false,
        }
    }
}

/// Whether a refusal of this status may be over later: what is new is not there at first, and a refused
/// credential is being mended by the operator.
fn may_pass(status: u16) -> bool {
    status >= 500 || matches!(status, 401 | 403 | 404 | 408 | 429)
}

/// An answer of the provider that is an error, for the log, as the end of a sentence about it.
pub(crate) fn answered(status: u16, code: Option<u32>) -> String {
    let code = code.map(|code| format!(", error {code}"));
    format!("answered {status}{}", code.unwrap_or_default())
}

/// A number of bytes as people read it, to a tenth.
fn in_mib(bytes: u64) -> String {
    if bytes < 1024 * 1024 {
        return format!("{} KiB", bytes / 1024);
    }
    let tenths = bytes.saturating_mul(10) / (1024 * 1024);
    match tenths % 10 {
        0 => format!("{} MiB", tenths / 10),
        rest => format!("{}.{rest} MiB", tenths / 10),
    }
}

/// Why a media part could not be fetched. Nothing was stored.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// The address, or one it redirects to, is not on the list of hosts, not https, or no address at all.
    #[error("the media lies where we do not fetch from")]
    NotAllowed,
    /// The provider does not have it, which is so for the first seconds of a new one; older than a few
    /// minutes, it is gone.
    #[error("the media is not there, or not there yet")]
    NotFound,
    /// Its server refused or failed.
    #[error("the media's server answered {0}")]
    Status(u16),
    /// Where it lies could not be found out.
    #[error("the list of the message's media could not be read")]
    List(#[source] ListError),
    /// It is larger than the limit.
    #[error("it is larger than {}", in_mib(*max_bytes))]
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
    /// Its server could not be reached.
    #[error("the media's server could not be reached")]
    Transport(#[source] reqwest::Error),
    /// The answer broke off.
    #[error("the media's server sent only a part of it")]
    BrokeOff(#[source] reqwest::Error),
}

impl MediaError {
    /// Whether asking again later can help.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::NotFound | Self::TimedOut | Self::Transport(_) | Self::BrokeOff(_) => true,
            Self::Status(status) => may_pass(*status),
            Self::List(error) => error.is_retryable(),
            Self::NotAllowed | Self::TooLarge { .. } | Self::TooManyRedirects => false,
        }
    }
}

/// Why a message was not erased at the provider. Part of it may be.
#[derive(Debug, thiserror::Error)]
pub enum EraseError {
    /// The provider offers no way to.
    #[error("the provider does not let messages be erased")]
    Unsupported,
    /// The provider could not be reached, or its answer broke off.
    #[error("the provider could not be asked to erase a message")]
    Transport(#[source] reqwest::Error),
    /// The provider answered with an error.
    #[error("the provider refused to erase a message: it {}", answered(*status, *code))]
    Refused {
        /// HTTP status.
        status: u16,
        /// The provider's error code.
        code: Option<u32>,
    },
    /// The list of the message's media could not be read.
    #[error("the list of the message's media could not be read")]
    List(#[source] ListError),
    /// The id is none a provider gives.
    #[error("this is no message id")]
    BadSid,
}

impl EraseError {
    /// Whether asking again later can help. A message that is still on its way is refused until it has
    /// arrived or failed.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Transport(_) => true,
            Self::Refused { status, .. } => may_pass(*status) || matches!(status, 400 | 409 | 422),
            Self::List(error) => error.is_retryable(),
            Self::Unsupported | Self::BadSid => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn how_large_a_file_may_be_is_told_as_people_read_it() {
        for (max_bytes, shown) in [
            (20_971_520, "it is larger than 20 MiB"),
            (1_572_864, "it is larger than 1.5 MiB"),
            (102_400, "it is larger than 100 KiB"),
        ] {
            assert_eq!(MediaError::TooLarge { max_bytes }.to_string(), shown);
        }
    }
}
