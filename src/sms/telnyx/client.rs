//! Asks Telnyx: sends messages, fetches media.

use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use reqwest::RequestBuilder;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use url::Url;

use super::codes;
use super::reply::{Errors, classify, trouble};
use crate::domain::address::Channel;
use crate::domain::input::listed_at;
use crate::reach::Watch;
use crate::sms::media::{Fetcher, MediaLimits};
use crate::sms::provider::{
    EraseError, FetchedMedia, ListError, ListPage, ListQuery, Listing, MediaError, OutgoingSms, SendOutcome,
    SmsProvider,
};
use crate::sms::request::{self, Answer, Timeouts, not_answered};

const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// Where and as whom to ask.
#[derive(Clone, Debug)]
pub struct TelnyxConfig {
    /// The API's base, `https://api.telnyx.com`; may have a path.
    pub api_url: Url,
    /// The key that requests are made with.
    pub api_key: SecretString,
    /// How long to wait.
    pub timeouts: Timeouts,
    /// What media to take.
    pub media: MediaLimits,
}

/// Why no client can be made of a configuration. Nothing was asked.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The base URL is not `http` or `https`, or carries a credential, query or fragment.
    #[error("api_url is not a plain http or https address")]
    ApiUrl,
    /// The HTTP client could not be made, for example for want of trusted certificates.
    #[error("the HTTP client could not be made")]
    Http(#[source] reqwest::Error),
}

/// Telnyx.
#[derive(Debug)]
pub struct TelnyxClient {
    http: reqwest::Client,
    config: TelnyxConfig,
    base: String,
    fetcher: Fetcher,
    reach: Watch,
}

/// A message as it is submitted.
#[derive(Serialize)]
struct Submission<'a> {
    from: &'a str,
    to: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    text: &'a str,
    #[serde(skip_serializing_if = "<[Url]>::is_empty")]
    media_urls: &'a [Url],
    /// Its reports come to an address that holds our own id.
    webhook_url: &'a Url,
    use_profile_webhooks: bool,
}

impl TelnyxClient {
    /// A client; nothing is asked yet.
    ///
    /// # Errors
    /// Where the configuration cannot work.
    pub fn new(config: TelnyxConfig) -> Result<Self, BuildError> {
        let api = &config.api_url;
        if !request::is_api_url(api) {
            return Err(BuildError::ApiUrl);
        }
        let http = request::client(api, &config.timeouts).map_err(BuildError::Http)?;
        let base = format!("{}/v2", api.as_str().trim_end_matches('/'));
        let reach = Watch::default();
        let fetcher = Fetcher::new(http.clone(), api.clone(), config.media.clone(), reach.clone());
        Ok(Self { http, config, base, fetcher, reach })
    }

    /// Sends a request to the API and notes what became of it.
    async fn request(&self, request: RequestBuilder, late: Duration) -> Result<Answer, reqwest::Error> {
        let request =
            request.bearer_auth(self.config.api_key.expose_secret()).timeout(self.config.timeouts.answer);
        request::ask(request, MAX_ANSWER_BYTES, &self.reach, late, trouble).await
    }

    /// `POST /v2/messages`
    async fn submit(&self, message: &OutgoingSms) -> SendOutcome {
        // Without its channel it would reach the same telephone by SMS.
        if [&message.from, &message.to].iter().any(|address| address.channel() != Channel::Sms) {
            return SendOutcome::Rejected { code: None, why: "Telnyx carries only SMS here".to_owned() };
        }
        let submission = Submission {
            from: message.from.value(),
            to: message.to.value(),
            text: &message.body,
            media_urls: &message.media,
            webhook_url: &message.status_callback,
            use_profile_webhooks: false,
        };
        let request = self.http.post(format!("{}/messages", self.base)).json(&submission);
        match self.request(request, self.config.timeouts.late).await {
            Ok(Answer { status, headers, body }) => classify(status, &headers, body.ok().as_deref()),
            Err(error) => not_answered(&error),
        }
    }

    /// `GET /v2/messaging_profiles`, one of them.
    async fn ask_for_little(&self) -> Result<(), ListError> {
        let request = self.http.get(format!("{}/messaging_profiles?page[size]=1", self.base));
        // It is asked for the sake of gaps, and makes none.
        let answer = self.request(request, Duration::MAX).await.map_err(ListError::Transport)?;
        let (status, body) = (answer.status, answer.body?);
        if status.is_success() {
            return serde_json::from_slice(&body).map(|_: Profiles| ()).map_err(ListError::Unreadable);
        }
        let errors = Errors::read(&body);
        let code = errors.code();
        Err(ListError::Refused { status: status.as_u16(), code, why: errors.words(status) })
    }

    async fn fetch(&self, url: &Url) -> Result<FetchedMedia, MediaError> {
        // Media is named by its message where a list tells of it, and there is none.
        let find = async {
            if listed_at(url.as_str()).is_some() {
                Err(MediaError::List(ListError::NoLists))
            } else {
                Ok(url.clone())
            }
        };
        // It lies where whoever knows its address can have it.
        self.fetcher.fetch(find, |request| request).await
    }
}

/// What tells an answer of Telnyx from another's.
#[derive(serde::Deserialize)]
struct Profiles {
    #[serde(rename = "data")]
    _data: Vec<serde::de::IgnoredAny>,
}

impl SmsProvider for TelnyxClient {
    fn reach(&self) -> &Watch {
        &self.reach
    }

    fn explain(&self, code: u32) -> Option<&'static str> {
        codes::meaning(code)
    }

    fn send<'a>(&'a self, message: &'a OutgoingSms) -> BoxFuture<'a, SendOutcome> {
        self.submit(message).boxed()
    }

    fn ask(&self) -> BoxFuture<'_, Result<(), ListError>> {
        self.ask_for_little().boxed()
    }

    fn can_list(&self) -> bool {
        false
    }

    fn list_page<'a>(
        &'a self,
        _: &'a ListQuery,
        _: Option<&'a str>,
    ) -> BoxFuture<'a, Result<ListPage, ListError>> {
        async { Err(ListError::NoLists) }.boxed()
    }

    fn list(&self, _: ListQuery) -> BoxFuture<'_, Result<Listing, ListError>> {
        async { Err(ListError::NoLists) }.boxed()
    }

    fn fetch_media<'a>(&'a self, url: &'a Url) -> BoxFuture<'a, Result<FetchedMedia, MediaError>> {
        self.fetch(url).boxed()
    }

    fn erase<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<(), EraseError>> {
        async { Err(EraseError::Unsupported) }.boxed()
    }
}

#[cfg(test)]
mod tests;
