//! `sms.twilio`: an account at Twilio, or at another company that speaks its wire.

use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use secrecy::SecretString;
use url::Url;

use super::carries::TWILIO_CARRIES;
use super::client::{BuildError, TwilioClient, TwilioConfig};
use super::dialect::{Dialect, LONGEST, TWILIO};
use super::opt_outs::OPT_OUTS;
use super::webhook::TwilioWebhooks;
use crate::domain::address::Channel;
use crate::sms::account::{Account, Kind, OpenError, Opened, Problem, Surroundings};
use crate::sms::media::MediaLimits;
use crate::sms::provider::{ListError, SmsProvider as _};
use crate::sms::request::Timeouts;
use crate::yaml::{Fields, http_url, secret};

/// Twilio.
pub const KIND: Kind = Kind {
    name: "twilio",
    title: "Twilio",
    channels: &Channel::ALL,
    longest: LONGEST,
    media: &TWILIO_CARRIES,
    opt_outs: &OPT_OUTS,
    calls: true,
    is_outside: true,
    read: |sms, is_chosen| Some(Arc::new(sms.section_in_use("twilio", is_chosen, TwilioAccount::read)?)),
};

/// An account at Twilio, or at another company that speaks its wire.
#[derive(Clone, Debug)]
pub struct TwilioAccount {
    /// Where the API is, whatever stands before `/2010-04-01`.
    pub api_url: Url,
    /// The account: at Twilio `AC` and 32 hexadecimal digits.
    pub account_sid: String,
    /// The token that requests are made with.
    pub auth_token: SecretString,
    /// The keys that may have signed a webhook; at Twilio two tokens, while one is being replaced.
    pub signing_keys: Vec<SecretString>,
    /// Who it is.
    pub dialect: &'static Dialect,
}

impl TwilioAccount {
    fn read(fields: &Fields<'_>) -> Option<Self> {
        let api_url =
            fields.optional("api_url", http_url).or_else(|| Url::parse("https://api.twilio.com").ok());
        let account_sid = fields.required("account_sid", account_sid);
        let auth_token = fields.required_secret("auth_token", secret);
        let secondary = fields.secret("auth_token_secondary", secret);
        let auth_token = auth_token?;
        Some(Self {
            api_url: api_url?,
            account_sid: account_sid?,
            signing_keys: std::iter::once(auth_token.clone()).chain(secondary).collect(),
            auth_token,
            dialect: &TWILIO,
        })
    }

    /// What asks it.
    ///
    /// # Errors
    /// Where the account cannot work.
    pub fn client(&self, media: MediaLimits) -> Result<TwilioClient, BuildError> {
        let client = TwilioClient::new(TwilioConfig {
            api_url: self.api_url.clone(),
            account_sid: self.account_sid.clone(),
            auth_token: self.auth_token.clone(),
            timeouts: Timeouts::default(),
            media,
        })?;
        Ok(if self.dialect.calls { client } else { client.without_calls() })
    }

    async fn ask(&self) -> Result<String, Problem> {
        let (url, Dialect { title, section, keys: [sid, token], where_they_are, .. }) =
            (&self.api_url, self.dialect);
        let client = self
            .client(MediaLimits::default())
            .map_err(|error| Problem::from(String::new(), error, format!("correct sms.{section}")))?;
        client.ask().await.map_err(|error| match error {
            ListError::Refused { status: 401 | 403, why, .. } => Problem::of(
                format!("{url} refuses the account: {why}"),
                format!("correct sms.{section}.{sid} and {token}; {where_they_are}"),
            ),
            ListError::Refused { status: 404, why, .. } => Problem::of(
                format!("{url} knows no such account: {why}"),
                format!("correct sms.{section}.{sid}, or api_url"),
            ),
            error @ ListError::Transport(_) => Problem::from(
                format!("no answer from {url}"),
                error,
                format!("correct sms.{section}.api_url, or see to this machine's way to the internet"),
            ),
            error => Problem::from(
                format!("{url} does not answer like {title}"),
                error,
                format!("correct sms.{section}.api_url; if it is right, try again later"),
            ),
        })?;
        Ok(format!("{url} accepts the account"))
    }
}

impl Account for TwilioAccount {
    fn api_url(&self) -> Option<&Url> {
        Some(&self.api_url)
    }

    fn media_hosts(&self) -> &'static [&'static str] {
        self.dialect.media_hosts
    }

    fn check(&self) -> BoxFuture<'_, Result<String, Problem>> {
        self.ask().boxed()
    }

    fn open(&self, around: Surroundings) -> BoxFuture<'_, Result<Opened, OpenError>> {
        async move {
            let webhooks = TwilioWebhooks {
                doors: around.doors,
                account_sid: self.account_sid.clone(),
                signing_keys: self.signing_keys.clone(),
                dialect: self.dialect,
            };
            Ok(Opened {
                provider: Arc::new(self.client(around.media).map_err(OpenError::because)?),
                webhooks: Arc::new(webhooks),
                built_in: None,
            })
        }
        .boxed()
    }
}

fn account_sid(text: &str) -> Result<String, String> {
    let digits = text.strip_prefix("AC").unwrap_or_default();
    if digits.len() == 32 && digits.chars().all(|c| c.is_ascii_hexdigit()) {
        return Ok(text.to_owned());
    }
    Err("is not an account SID; it is AC and 32 hexadecimal digits".to_owned())
}
