//! Asking a provider over HTTP: the client, an answer within bounds, and what it says of the provider as a
//! whole.

use std::time::{Duration, Instant};

use http::{HeaderMap, StatusCode};
use reqwest::{RequestBuilder, Response};
use url::Url;

use super::provider::{ListError, SendOutcome, answered};
use crate::domain::reply::PartState;
use crate::reach::{Trouble, Watch};

/// Kept short, as a connection that the server closes at the moment it is used again turns a send into an
/// unknown.
const IDLE_CONNECTION: Duration = Duration::from_secs(10);
/// The longest wait taken from a `Retry-After`.
pub(crate) const MAX_RETRY_AFTER: Duration = Duration::from_hours(1);

/// How long to wait for a provider.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// For a connection; running out of it means that nothing was sent.
    pub connect: Duration,
    /// For a whole answer; running out of it on a send means an unknown outcome.
    pub answer: Duration,
    /// An answer to a send that took longer than this came from a provider that may not have got through to
    /// us either.
    pub late: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            answer: Duration::from_secs(20),
            late: Duration::from_secs(10),
        }
    }
}

/// Whether an address is one of an API: `http` or `https`, without a credential, query or fragment.
pub(crate) fn is_api_url(url: &Url) -> bool {
    let plain = url.username().is_empty() && url.password().is_none();
    let bare = url.query().is_none() && url.fragment().is_none();
    matches!(url.scheme(), "http" | "https") && plain && bare
}

/// A client for an API at this address. It follows no redirect by itself.
pub(crate) fn client(api: &Url, timeouts: &Timeouts) -> Result<reqwest::Client, reqwest::Error> {
    let mut builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(timeouts.connect)
        .pool_idle_timeout(IDLE_CONNECTION)
        .user_agent(concat!("switchroom/", env!("CARGO_PKG_VERSION")));
    if is_loopback(api) {
        // A proxy of the environment is for reaching the world, not this machine.
        builder = builder.no_proxy();
    }
    builder.build()
}

/// An answer of an API.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// Whole, or why not.
    pub(crate) body: Result<Vec<u8>, ListError>,
}

/// Sends a request to an API and notes what became of it, with what `judge` says an answer tells of the
/// provider as a whole. An answer that takes longer than `late` is a gap.
pub(crate) async fn ask(
    request: RequestBuilder,
    max_bytes: usize,
    reach: &Watch,
    late: Duration,
    judge: impl FnOnce(StatusCode, &[u8]) -> Option<Trouble>,
) -> Result<Answer, reqwest::Error> {
    let begun = Instant::now();
    let answer = async {
        let response = request.send().await.map_err(reqwest::Error::without_url)?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = match read(response, max_bytes).await {
            Ok(body) => body.ok_or(ListError::TooLarge),
            Err(error) => Err(ListError::Transport(error)),
        };
        Ok(Answer { status, headers, body })
    };
    let answer: Result<Answer, reqwest::Error> = answer.await;
    let trouble = match &answer {
        Err(error) if error.is_builder() => None,
        Err(_) | Ok(Answer { body: Err(ListError::Transport(_)), .. }) => Some(Trouble::NoAnswer),
        Ok(Answer { status, body, .. }) => judge(*status, body.as_deref().unwrap_or_default()),
    };
    reach.note(trouble, begun.elapsed(), late);
    answer
}

/// The outcome of a submission without any answer.
pub(crate) fn not_answered(error: &reqwest::Error) -> SendOutcome {
    if error.is_connect() {
        // No connection was made, so no byte of the request left.
        return SendOutcome::Retry { after: None, why: "the provider could not be reached".to_owned() };
    }
    if error.is_builder() {
        return SendOutcome::Rejected { code: None, why: "the request could not be made".to_owned() };
    }
    let why = if error.is_timeout() { "no answer in time" } else { "the connection broke before an answer" };
    SendOutcome::Unknown { why: why.to_owned() }
}

/// Which refusals of a provider are of the account, and not of one message.
pub(crate) struct OfAccount {
    /// The code of a limit with which 429 is of the message: no wait helps before somebody raises it.
    pub(crate) limit: u32,
    /// Whether a code with which 403 is answered is of the account; without a code it always is.
    pub(crate) is_accounts: fn(u32) -> bool,
}

impl OfAccount {
    /// What a refusal that may be of the account or of one message says of the account.
    fn judge(&self, status: StatusCode, code: Option<u32>) -> Option<Trouble> {
        match status {
            StatusCode::TOO_MANY_REQUESTS if code != Some(self.limit) => Some(Trouble::Busy),
            StatusCode::FORBIDDEN if code.is_none_or(self.is_accounts) => Some(Trouble::Refused),
            _ => None,
        }
    }

    /// What an answer says of the provider as a whole. The code is read where the status alone does not tell.
    pub(crate) fn trouble(&self, status: StatusCode, code: impl FnOnce() -> Option<u32>) -> Option<Trouble> {
        match status {
            StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS => self.judge(status, code()),
            status => Trouble::of_status(status.as_u16()),
        }
    }

    /// The outcome of a submission that was answered with anything but success. The provider's `words` are
    /// for whoever wrote the message, and not for the log.
    pub(crate) fn refused(
        &self,
        (status, headers): (StatusCode, &HeaderMap),
        code: Option<u32>,
        words: impl FnOnce(StatusCode) -> String,
    ) -> SendOutcome {
        let is_accounts = self.judge(status, code).is_some();
        let after = retry_after(headers);
        let why = format!("the provider {}", answered(status.as_u16(), code));
        match status.as_u16() {
            // Without a time of its own a refusal is over as soon as anything else is taken.
            401 => SendOutcome::Retry { after, why },
            403 | 429 if is_accounts => SendOutcome::Retry { after, why },
            // The server gave up waiting for a request that it may have read.
            408 => SendOutcome::Unknown { why },
            300..=499 => SendOutcome::Rejected { code, why: words(status) },
            _ => SendOutcome::Unknown { why },
        }
    }
}

/// The words of a refusal, within bounds, or else its status. Providers repeat numbers in them, so they are
/// for the agent and not for the log.
pub(crate) fn words_of(words: Option<String>, status: StatusCode) -> String {
    words.map_or_else(|| format!("HTTP {status}"), |words| words.chars().take(300).collect())
}

/// The outcome of a submission that was accepted, as the provider's form of a message tells its id and state;
/// `None` where the answer broke off after its head.
pub(crate) fn accepted(
    status: StatusCode,
    body: Option<&[u8]>,
    read: impl FnOnce(&[u8]) -> Option<(String, Option<PartState>)>,
) -> SendOutcome {
    let Some(body) = body else {
        return SendOutcome::Unknown { why: "the answer broke off".to_owned() };
    };
    match read(body) {
        // A status made up since this was written is still an acceptance.
        Some((sid, state)) => SendOutcome::Accepted { sid, state: state.unwrap_or(PartState::Accepted) },
        None => SendOutcome::Unknown { why: format!("the answer ({status}) is not a message") },
    }
}

/// How long an answer asks to wait, within reason.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds: u64 = headers.get(http::header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(MAX_RETRY_AFTER))
}

/// A body of at most `max` bytes; `None` for a longer one.
pub(crate) async fn read(mut response: Response, max: usize) -> Result<Option<Vec<u8>>, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(reqwest::Error::without_url)? {
        if body.len() + chunk.len() > max {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body))
}

/// Whether an address is this machine's own.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Codes and other numbers, which providers write as numbers and as text.
pub(crate) fn number_or_text<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<u32>, D::Error> {
    use serde::Deserialize as _;
    Ok(match Option::<serde_json::Value>::deserialize(from)? {
        Some(serde_json::Value::Number(number)) => number.as_u64().and_then(|n| u32::try_from(n).ok()),
        Some(serde_json::Value::String(text)) => text.parse().ok(),
        _ => None,
    })
}
