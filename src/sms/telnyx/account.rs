//! `sms.telnyx`: an account at Telnyx.

use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use secrecy::SecretString;
use url::Url;

use super::carries::TELNYX_CARRIES;
use super::client::{BuildError, TelnyxClient, TelnyxConfig};
use super::opt_outs::OPT_OUTS;
use super::signature::PublicKey;
use super::webhook::TelnyxWebhooks;
use crate::domain::address::Channel;
use crate::domain::text::segments::SplitLimit;
use crate::sms::account::{Account, Kind, OpenError, Opened, Problem, Surroundings};
use crate::sms::media::MediaLimits;
use crate::sms::provider::{ListError, SmsProvider as _};
use crate::sms::request::Timeouts;
use crate::yaml::{Fields, http_url, secret};

/// Telnyx. A longer text it refuses with 40302.
pub const KIND: Kind = Kind {
    name: "telnyx",
    title: "Telnyx",
    channels: &[Channel::Sms],
    longest: SplitLimit::Segments { most: 10 },
    media: &TELNYX_CARRIES,
    opt_outs: &OPT_OUTS,
    calls: false,
    is_outside: true,
    read: |sms, is_chosen| Some(Arc::new(sms.section_in_use("telnyx", is_chosen, TelnyxAccount::read)?)),
};

/// An account at Telnyx.
#[derive(Clone, Debug)]
pub struct TelnyxAccount {
    /// Where its API is.
    pub api_url: Url,
    /// The key that requests are made with.
    pub api_key: SecretString,
    /// The key that its webhooks are signed for.
    pub public_key: PublicKey,
}

impl TelnyxAccount {
    fn read(fields: &Fields<'_>) -> Option<Self> {
        let api_url =
            fields.optional("api_url", http_url).or_else(|| Url::parse("https://api.telnyx.com").ok());
        let api_key = fields.required_secret("api_key", secret);
        let public_key = fields.required("public_key", PublicKey::parse);
        Some(Self { api_url: api_url?, api_key: api_key?, public_key: public_key? })
    }

    fn client(&self, media: MediaLimits) -> Result<TelnyxClient, BuildError> {
        TelnyxClient::new(TelnyxConfig {
            api_url: self.api_url.clone(),
            api_key: self.api_key.clone(),
            timeouts: Timeouts::default(),
            media,
        })
    }

    async fn ask(&self) -> Result<String, Problem> {
        let url = &self.api_url;
        let client = self
            .client(MediaLimits::default())
            .map_err(|error| Problem::from(String::new(), error, "correct sms.telnyx"))?;
        client.ask().await.map_err(|error| match error {
            ListError::Refused { status: 401 | 403, why, .. } => Problem::of(
                format!("{url} refuses the account: {why}"),
                "correct sms.telnyx.api_key; it stands on the portal's page of API keys",
            ),
            error @ ListError::Transport(_) => Problem::from(
                format!("no answer from {url}"),
                error,
                "correct sms.telnyx.api_url, or see to this machine's way to the internet",
            ),
            error => Problem::from(
                format!("{url} does not answer like Telnyx"),
                error,
                "correct sms.telnyx.api_url; if it is right, try again later",
            ),
        })?;
        Ok(format!("{url} accepts the account"))
    }
}

impl Account for TelnyxAccount {
    fn api_url(&self) -> Option<&Url> {
        Some(&self.api_url)
    }

    fn media_hosts(&self) -> &'static [&'static str] {
        &["*.telnyx.com", "*.telnyxstorage.com", "*.amazonaws.com"]
    }

    fn check(&self) -> BoxFuture<'_, Result<String, Problem>> {
        self.ask().boxed()
    }

    fn open(&self, around: Surroundings) -> BoxFuture<'_, Result<Opened, OpenError>> {
        async move {
            Ok(Opened {
                provider: Arc::new(self.client(around.media).map_err(OpenError::because)?),
                webhooks: Arc::new(TelnyxWebhooks { doors: around.doors, public_key: self.public_key }),
                built_in: None,
            })
        }
        .boxed()
    }
}
