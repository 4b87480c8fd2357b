//! What a provider is before anything is asked of it: its name, its section of the config, and the account
//! that the section describes.

use std::any::Any;
use std::error::Error;
use std::fmt::Debug;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use futures_util::future::BoxFuture;
use url::Url;

use super::callback::Doors;
use super::media::MediaLimits;
use super::provider::SmsProvider;
use super::webhook::Webhooks;
use crate::clock::Clock;
use crate::domain::address::{Address, Channel};
use crate::domain::carried::MediaRules;
use crate::domain::consent::ProviderRules;
use crate::domain::text::segments::SplitLimit;
use crate::yaml::Fields;

/// A provider as the config names it.
#[derive(Clone, Copy)]
pub struct Kind {
    /// The word for it in `sms.provider`, and in the addresses of its webhooks.
    pub name: &'static str,
    /// How people write it.
    pub title: &'static str,
    /// The channels it carries. An address of ours on any other is a mistake of the config.
    pub channels: &'static [Channel],
    /// The longest text by SMS that one request to it takes.
    pub longest: SplitLimit,
    /// What it carries of pictures and files, by channel; nothing of a channel that is not named.
    pub media: &'static [MediaRules],
    /// What it makes of STOP and the like by itself, and how it says that a contact has opted out.
    pub opt_outs: &'static ProviderRules,
    /// Whether it calls phones.
    pub calls: bool,
    /// Whether it posts to us from outside, so that we have to be told how it reaches us.
    pub is_outside: bool,
    /// Reads its own section out of `sms`, if it has one. Where it is not the one that is chosen, its values
    /// do not matter.
    pub(crate) read: fn(sms: &Fields<'_>, is_chosen: bool) -> Option<Arc<dyn Account>>,
}

impl Debug for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// An account at a provider, as the config describes it. Its `Debug` form shows no secret.
pub trait Account: Any + Debug + Send + Sync {
    /// Where the provider's API is. Nothing for a provider inside this program: its numbers are made up, and
    /// its webhooks come from here.
    fn api_url(&self) -> Option<&Url>;

    /// Hosts that media is fetched from besides the API's own, where the config names none.
    fn media_hosts(&self) -> &'static [&'static str];

    /// Asks whether the provider takes the account, and says what is so; nothing is changed.
    fn check(&self) -> BoxFuture<'_, Result<String, Problem>>;

    /// Makes what asks the provider, and what reads its webhooks.
    fn open(&self, around: Surroundings) -> BoxFuture<'_, Result<Opened, OpenError>>;
}

/// What is wrong with an account, and how to mend it.
#[derive(Debug)]
pub struct Problem {
    /// What is wrong.
    pub what: String,
    /// Why, where something failed.
    pub source: Option<Box<dyn Error + Send + Sync>>,
    /// How to mend it.
    pub mend: String,
}

impl Problem {
    /// Something is wrong, and this is all that is known of it.
    pub(crate) fn of(what: String, mend: impl Into<String>) -> Self {
        Self { what, source: None, mend: mend.into() }
    }

    /// Something failed.
    pub(crate) fn from(
        what: String,
        source: impl Error + Send + Sync + 'static,
        mend: impl Into<String>,
    ) -> Self {
        Self { what, source: Some(Box::new(source)), mend: mend.into() }
    }
}

/// What the program tells a provider of itself.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// Our doors, as the provider reaches them.
    pub doors: Doors,
    /// Where the program listens.
    pub listen: SocketAddr,
    /// Our numbers.
    pub numbers: Vec<Address>,
    /// Where a provider inside this program may keep a file of its own; nothing to keep nothing.
    pub file: Option<PathBuf>,
    /// What of media is fetched.
    pub media: MediaLimits,
    /// The time.
    pub clock: Clock,
}

/// A provider that is ready.
pub struct Opened {
    /// What asks it.
    pub provider: Arc<dyn SmsProvider>,
    /// What reads its webhooks.
    pub webhooks: Arc<dyn Webhooks>,
    /// What it serves itself, if it is one inside this program.
    pub built_in: Option<Arc<dyn BuiltIn>>,
}

/// A provider inside this program.
pub trait BuiltIn: Any + Send + Sync {
    /// What it serves. It keeps its own time, and who may ask is its own affair.
    fn router(&self) -> Router;

    /// Ends what it has under way, so that a server of [`BuiltIn::router`] can end.
    fn stop(&self);
}

/// A provider could not be made ready. Nothing was asked of it.
#[derive(Debug, thiserror::Error)]
#[error("the SMS provider cannot be used as it is configured")]
pub struct OpenError(#[source] Box<dyn Error + Send + Sync>);

impl OpenError {
    /// For this reason.
    pub(crate) fn because(source: impl Error + Send + Sync + 'static) -> Self {
        Self(Box::new(source))
    }
}
