//! Asks Twilio: sends messages, fetches media; `list` reads its lists.

use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use reqwest::RequestBuilder;
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::address::to_wire;
use super::codes;
use super::reply::{classify, trouble};
use super::wire::is_sid;
use crate::domain::input::listed_at;
use crate::reach::Watch;
use crate::sms::media::{Fetcher, MediaLimits};
use crate::sms::provider::{
    Calls, EraseError, FetchedMedia, ListError, ListPage, ListQuery, Listing, MediaError, OutgoingSms,
    SendOutcome, SmsProvider,
};
use crate::sms::request::{self, Answer, Timeouts, not_answered};

pub(super) const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// Where and as whom to ask.
#[derive(Clone, Debug)]
pub struct TwilioConfig {
    /// The API's base, `https://api.twilio.com`; may have a path.
    pub api_url: Url,
    /// `AC` and 32 hexadecimal digits, or whatever names an account to another server of this wire.
    pub account_sid: String,
    /// The account's auth token.
    pub auth_token: SecretString,
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
    pub(super) account_url: String,
    fetcher: Fetcher,
    reach: Watch,
    can_call: bool,
}

impl TwilioClient {
    /// A client; nothing is asked yet.
    ///
    /// # Errors
    /// Where the configuration cannot work.
    pub fn new(config: TwilioConfig) -> Result<Self, BuildError> {
        let api = &config.api_url;
        if !request::is_api_url(api) {
            return Err(BuildError::ApiUrl);
        }
        if !is_sid(&config.account_sid) {
            return Err(BuildError::AccountSid);
        }
        let http = request::client(api, &config.timeouts).map_err(BuildError::Http)?;
        let account_url =
            format!("{}/2010-04-01/Accounts/{}", api.as_str().trim_end_matches('/'), config.account_sid);
        let reach = Watch::default();
        let fetcher = Fetcher::new(http.clone(), api.clone(), config.media.clone(), reach.clone());
        Ok(Self { http, config, account_url, fetcher, reach, can_call: true })
    }

    /// The same for a server of this wire that calls phones otherwise, or not at all.
    #[must_use]
    pub fn without_calls(self) -> Self {
        Self { can_call: false, ..self }
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
        match self.request(request, MAX_ANSWER_BYTES, self.config.timeouts.late).await {
            Ok(Answer { status, headers, body }) => classify(status, &headers, body.ok().as_deref()),
            Err(error) => not_answered(&error),
        }
    }

    /// Sends a request to the API and notes what became of it. An answer that takes longer than `late` is a
    /// gap, after which the list of messages is read.
    pub(super) async fn request(
        &self,
        request: RequestBuilder,
        max_bytes: usize,
        late: Duration,
    ) -> Result<Answer, reqwest::Error> {
        let request = self.authorized(request).timeout(self.config.timeouts.answer);
        request::ask(request, max_bytes, &self.reach, late, trouble).await
    }

    async fn fetch(&self, url: &Url) -> Result<FetchedMedia, MediaError> {
        let find = async {
            match listed_at(url.as_str()) {
                Some((sid, number)) => self.listed(sid, number).await,
                None => Ok(url.clone()),
            }
        };
        self.fetcher.fetch(find, |request| self.authorized(request)).await
    }

    /// Where a part lies that is named by its message.
    async fn listed(&self, sid: &str, number: u32) -> Result<Url, MediaError> {
        let parts = self.media_list(sid).await.map_err(MediaError::List)?;
        let part = (1..).zip(parts).find(|(place, _)| *place == number);
        part.map(|(_, part)| part.url).ok_or(MediaError::NotFound)
    }
}

impl SmsProvider for TwilioClient {
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

    fn fetch_media<'a>(&'a self, url: &'a Url) -> BoxFuture<'a, Result<FetchedMedia, MediaError>> {
        self.fetch(url).boxed()
    }

    fn erase<'a>(&'a self, sid: &'a str) -> BoxFuture<'a, Result<(), EraseError>> {
        self.erase_message(sid).boxed()
    }

    fn calls(&self) -> Option<&dyn Calls> {
        self.can_call.then_some(self as &dyn Calls)
    }
}

#[cfg(test)]
mod tests;
