//! Asks Twilio: sends messages; `list` reads its lists, `media` fetches.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use http::{HeaderMap, StatusCode};
use reqwest::{RequestBuilder, Response};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Semaphore;
use url::Url;

use super::address::to_wire;
use super::media;
use super::reply::{self, ErrorBody, classify};
use super::wire::is_sid;
use crate::reach::{Trouble, Watch};
use crate::sms::provider::{
    FetchedMedia, ListError, ListPage, ListQuery, Listing, MediaError, MediaPart, OutgoingSms, SendOutcome,
    SmsProvider,
};

const MAX_ANSWER_BYTES: usize = 64 * 1024;
/// Kept short, as a connection that the server closes at the moment it is used again turns a send into an unknown.
const IDLE_CONNECTION: Duration = Duration::from_secs(10);

/// Where and as whom to ask.
#[derive(Clone, Debug)]
pub struct TwilioConfig {
    /// The API's base, `https://api.twilio.com`; may have a path.
    pub api_url: Url,
    /// `AC` and 32 hexadecimal digits.
    pub account_sid: String,
    /// The account's auth token.
    pub auth_token: SecretString,
    /// How long to wait.
    pub timeouts: Timeouts,
    /// What media to take.
    pub media: MediaLimits,
}

/// How long to wait for Twilio.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// For a connection; running out of it means that nothing was sent.
    pub connect: Duration,
    /// For a whole answer; running out of it on a send means an unknown outcome.
    pub answer: Duration,
    /// For one whole media part, redirects included.
    pub media: Duration,
    /// An answer to a send that took longer than this came from a provider that may not have got through to us either.
    pub late: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            answer: Duration::from_secs(20),
            media: Duration::from_mins(1),
            late: Duration::from_secs(10),
        }
    }
}

/// What media to take, and from where.
#[derive(Clone, Debug)]
pub struct MediaLimits {
    /// The largest part.
    pub max_bytes: u64,
    /// Hosts that the API may redirect to: names, or `*.name` for everything below a name. The API's own host is
    /// always allowed.
    pub hosts: Vec<String>,
}

impl Default for MediaLimits {
    fn default() -> Self {
        let hosts = ["*.twilio.com", "*.twiliocdn.com", "media.twiliocdn.com.s3-external-1.amazonaws.com"];
        Self { max_bytes: 16 * 1024 * 1024, hosts: hosts.map(str::to_owned).to_vec() }
    }
}

/// Why no client can be made of a configuration. Nothing was asked.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The base URL is not `http` or `https`, or carries a credential, query or fragment.
    #[error("api_url is not a plain http or https address")]
    ApiUrl,
    /// The account id would not stand in a path.
    #[error("account_sid is not an account id")]
    AccountSid,
    /// The HTTP client could not be made, for example for want of trusted certificates.
    #[error("the HTTP client could not be made")]
    Http(#[source] reqwest::Error),
}

/// Twilio, or another server of its wire.
#[derive(Debug)]
pub struct TwilioClient {
    pub(super) http: reqwest::Client,
    pub(super) config: TwilioConfig,
    /// Room for media that is being fetched or still used, in KiB.
    pub(super) downloads: Arc<Semaphore>,
    pub(super) account_url: String,
    reach: Watch,
}

impl TwilioClient {
    /// A client; nothing is asked yet.
    ///
    /// # Errors
    /// Where the configuration cannot work.
    pub fn new(config: TwilioConfig) -> Result<Self, BuildError> {
        let api = &config.api_url;
        let plain = api.username().is_empty() && api.password().is_none();
        let bare = api.query().is_none() && api.fragment().is_none();
        if !matches!(api.scheme(), "http" | "https") || !plain || !bare {
            return Err(BuildError::ApiUrl);
        }
        if !is_sid(&config.account_sid) {
            return Err(BuildError::AccountSid);
        }
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(config.timeouts.connect)
            .pool_idle_timeout(IDLE_CONNECTION)
            .user_agent(concat!("switchroom/", env!("CARGO_PKG_VERSION")));
        if is_loopback(api) {
            // A proxy of the environment is for reaching the world, not this machine.
            builder = builder.no_proxy();
        }
        let http = builder.build().map_err(BuildError::Http)?;
        let account_url =
            format!("{}/2010-04-01/Accounts/{}", api.as_str().trim_end_matches('/'), config.account_sid);
        let downloads = Arc::new(Semaphore::new(media::DOWNLOADS_KIB as usize));
        Ok(Self { http, config, downloads, account_url, reach: Watch::default() })
    }

    pub(super) fn authorized(&self, request: RequestBuilder) -> RequestBuilder {
        let token = self.config.auth_token.expose_secret();
        request.basic_auth(&self.config.account_sid, Some(token))
    }

    /// `POST /2010-04-01/Accounts/{AccountSid}/Messages.json`
    async fn submit(&self, message: &OutgoingSms) -> SendOutcome {
        let (from, to) = (to_wire(&message.from), to_wire(&message.to));
        let mut form = vec![("From", &*from), ("To", &*to)];
        if !message.body.is_empty() {
            form.push(("Body", &message.body));
        }
        form.extend(message.media.iter().map(|url| ("MediaUrl", url.as_str())));
        form.push(("StatusCallback", message.status_callback.as_str()));
        let request = self.http.post(format!("{}/Messages.json", self.account_url)).form(&form);
        let request = self.authorized(request).timeout(self.config.timeouts.answer);
        match self.ask(request, MAX_ANSWER_BYTES, self.config.timeouts.late).await {
            Ok(Answer { status, headers, body }) => classify(status, &headers, body.ok().as_deref()),
            Err(error) => not_answered(&error),
        }
    }

    /// Sends a request to the API and notes what became of it. An answer that takes longer than `late` is a gap, after which
    /// the list of messages is read.
    pub(super) async fn ask(
        &self,
        request: RequestBuilder,
        max_bytes: usize,
        late: Duration,
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
        let answer = answer.await;
        self.reach.note(trouble(&answer), begun.elapsed(), late);
        answer
    }

    /// Notes what the head of an answer with a file says, where its body may take as long as it likes. That one file
    /// cannot be had says nothing of the rest of the API: it is a gap, and no failure that messages have to wait for.
    pub(super) fn note(&self, head: &Result<Response, reqwest::Error>) {
        match head.as_ref().map(|response| Trouble::of_status(response.status().as_u16())) {
            Ok(None) => self.reach.well(),
            Ok(Some(trouble)) if trouble.is_gap() => self.reach.note_gap(),
            Ok(Some(_)) => {}
            Err(_) => self.reach.failed(Trouble::NoAnswer),
        }
    }
}

impl SmsProvider for TwilioClient {
    fn reach(&self) -> &Watch {
        &self.reach
    }

    fn send<'a>(&'a self, message: &'a OutgoingSms) -> BoxFuture<'a, SendOutcome> {
        self.submit(message).boxed()
    }

    fn list_page<'a>(
        &'a self,
        query: &'a ListQuery,
        next: Option<&'a str>,
    ) -> BoxFuture<'a, Result<ListPage, ListError>> {
        self.messages_page(query, next).boxed()
    }

    fn list(&self, query: ListQuery) -> BoxFuture<'_, Result<Listing, ListError>> {
        self.list_pages(query).boxed()
    }

    fn media_list<'a>(&'a self, sid: &'a str) -> BoxFuture<'a, Result<Vec<MediaPart>, ListError>> {
        self.media_pages(sid).boxed()
    }

    fn fetch_media<'a>(&'a self, url: &'a Url) -> BoxFuture<'a, Result<FetchedMedia, MediaError>> {
        self.fetch(url).boxed()
    }
}

/// An answer of the API.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    headers: HeaderMap,
    /// Whole, or why not.
    pub(super) body: Result<Vec<u8>, ListError>,
}

/// What an answer says of the provider as a whole.
fn trouble(answer: &Result<Answer, reqwest::Error>) -> Option<Trouble> {
    match answer {
        Err(error) if error.is_builder() => None,
        Err(_) | Ok(Answer { body: Err(ListError::Transport(_)), .. }) => Some(Trouble::NoAnswer),
        Ok(answer) => match answer.status {
            StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS => {
                let code = answer.body.as_deref().map(ErrorBody::read).unwrap_or_default().code;
                reply::of_account(answer.status, code)
            }
            status => Trouble::of_status(status.as_u16()),
        },
    }
}

/// The outcome of a submission without any answer.
fn not_answered(error: &reqwest::Error) -> SendOutcome {
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

/// A body of at most `max` bytes; `None` for a longer one.
pub(super) async fn read(mut response: Response, max: usize) -> Result<Option<Vec<u8>>, reqwest::Error> {
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
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests;
