//! The appservice's client of the homeserver: one connection pool, one token, any of our users as the sender.
//!
//! Requests are Ruma's types sent by reqwest. Each names its user **and** that user's device: with a device
//! the homeserver remembers transaction ids across its own restarts, per user, so that a repeated request
//! makes no second event.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ruma::api::auth_scheme::{AuthScheme, SendAccessToken};
use ruma::api::client::account::whoami;
use ruma::api::client::appservice::request_ping;
use ruma::api::client::discovery::get_supported_versions;
use ruma::api::client::profile::get_profile;
use ruma::api::path_builder::PathBuilder;
use ruma::api::{
    AppserviceUserIdentity, IncomingResponse, MatrixVersion, OutgoingRequest,
    OutgoingRequestAppserviceExt as _, SupportedVersions,
};
use ruma::{DeviceId, OwnedServerName, OwnedTransactionId, OwnedUserId, UserId};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;
use url::Url;

use super::error::MatrixError;
use crate::domain::ids::GhostName;
use crate::reach::Watch;

/// The device of the bot and of every ghost. It never changes: the homeserver keeps transaction ids by
/// device.
pub const DEVICE_ID: &str = "SWITCHROOM";

const CONNECT_TIME: Duration = Duration::from_secs(5);
const WHOLE_TIME: Duration = Duration::from_mins(1);
/// An answer that took longer than this came from a homeserver that may not have got through to us either.
const LATE: Duration = Duration::from_secs(30);
/// Requests to the homeserver, by `kind`: the name of the endpoint.
pub(crate) const REQUESTS: &str = "switchroom_homeserver_requests_total";
/// A page of `/messages` of 100 events of the largest size still fits.
const LONGEST_ANSWER_BYTES: usize = 8 * 1024 * 1024;
const LONGEST_ERROR_BYTES: usize = 64 * 1024;

/// Who does something at the homeserver.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sender {
    /// The bot.
    Bot,
    /// The ghost of a contact, by its name.
    Ghost(GhostName),
}

/// Whether, and how, a request names the user it is made for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Identity<'a> {
    /// It is made for the appservice itself.
    Appservice,
    /// The user, whose device does not exist yet.
    User(&'a UserId),
    /// The user with their device.
    Device(&'a UserId),
}

/// What a user shows of themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// The display name.
    pub name: Option<String>,
}

/// The client of the homeserver. Clones share their connections.
#[derive(Clone, Debug)]
pub struct MatrixClient {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    http: reqwest::Client,
    homeserver: String,
    domain: OwnedServerName,
    as_token: SecretString,
    bot: OwnedUserId,
    ghost_prefix: String,
    versions: SupportedVersions,
    reach: Watch,
    /// Set once the bot is known to exist, with its device.
    bot_exists: OnceCell<()>,
}

impl MatrixClient {
    /// A client for the homeserver at this address, whose users end in `domain`. Nothing is sent yet.
    ///
    /// # Errors
    /// When the names make no user id, or the system's certificates cannot be loaded.
    pub fn new(
        homeserver: &Url,
        domain: OwnedServerName,
        as_token: SecretString,
        bot_localpart: &str,
        ghost_prefix: &str,
    ) -> Result<Self, MatrixError> {
        let bot = UserId::parse(format!("@{bot_localpart}:{domain}")).map_err(MatrixError::Name)?;
        UserId::parse(format!("@{ghost_prefix}0:{domain}")).map_err(MatrixError::Name)?;
        let http = reqwest::Client::builder()
            .http1_only()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIME)
            .timeout(WHOLE_TIME)
            .build()
            .map_err(MatrixError::Setup)?;
        let versions =
            SupportedVersions { versions: [MatrixVersion::V1_11].into(), features: BTreeSet::new() };
        let homeserver = homeserver.as_str().trim_end_matches('/').to_owned();
        let ghost_prefix = ghost_prefix.to_owned();
        let reach = Watch::default();
        let bot_exists = OnceCell::new();
        let inner =
            Inner { http, homeserver, domain, as_token, bot, ghost_prefix, versions, reach, bot_exists };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The Matrix user id of a sender.
    #[must_use]
    pub fn user_id(&self, sender: &Sender) -> OwnedUserId {
        match sender {
            Sender::Bot => self.inner.bot.clone(),
            Sender::Ghost(name) => {
                let Inner { ghost_prefix, domain, bot, .. } = &*self.inner;
                let id = format!("@{ghost_prefix}{name}:{domain}");
                // The prefix was checked at the start and the names of ghosts are always legal.
                UserId::parse(id).unwrap_or_else(|_| bot.clone())
            }
        }
    }

    /// Who of ours has this user id: the bot, a ghost, or nobody.
    #[must_use]
    pub fn sender_of(&self, user: &UserId) -> Option<Sender> {
        if user == self.inner.bot {
            return Some(Sender::Bot);
        }
        let name = self.is_ours(user).then(|| user.localpart().strip_prefix(&self.inner.ghost_prefix))??;
        Some(Sender::Ghost(GhostName::new(name)))
    }

    /// Whether the bridge speaks for this user: the bot, or anyone in the ghosts' namespace.
    #[must_use]
    pub fn is_ours(&self, user: &UserId) -> bool {
        let Inner { ghost_prefix, domain, bot, .. } = &*self.inner;
        user == bot || (user.server_name() == domain && user.localpart().starts_with(ghost_prefix.as_str()))
    }

    /// Whether the homeserver answers: every request of this client and its clones is noted there.
    #[must_use]
    pub fn reach(&self) -> &Watch {
        &self.inner.reach
    }

    /// The homeserver's domain.
    #[must_use]
    pub fn domain(&self) -> &OwnedServerName {
        &self.inner.domain
    }

    /// The versions of the Matrix client API that the homeserver speaks.
    /// <https://spec.matrix.org/latest/client-server-api/#get_matrixclientversions>
    ///
    /// # Errors
    /// See [`MatrixError`].
    pub async fn versions(&self) -> Result<Vec<String>, MatrixError> {
        let request = get_supported_versions::Request::new().try_into_http_request::<Vec<u8>>(
            &self.inner.homeserver,
            SendAccessToken::None,
            (),
        )?;
        let answer: get_supported_versions::Response = self.exchange(request, LONGEST_ANSWER_BYTES).await?;
        Ok(answer.versions)
    }

    /// Whom the homeserver takes the token for: the registration's own user, who is not the bot, but in a
    /// registration of an older Switchroom.
    /// <https://spec.matrix.org/latest/client-server-api/#get_matrixclientv3accountwhoami>
    ///
    /// # Errors
    /// See [`MatrixError`].
    pub async fn whoami(&self) -> Result<OwnedUserId, MatrixError> {
        Ok(self.call(Identity::Appservice, whoami::v3::Request::new()).await?.user_id)
    }

    /// Asks the homeserver to call us back, which also makes it deliver at once what it holds; tells how long
    /// the way back took. <https://spec.matrix.org/latest/application-service-api/#pinging>
    ///
    /// # Errors
    /// See [`MatrixError`]; where the homeserver cannot reach us, its words say why.
    pub async fn ping(&self, appservice_id: &str, txn_id: &str) -> Result<Duration, MatrixError> {
        let mut request = request_ping::v1::Request::new(appservice_id.to_owned());
        request.transaction_id = Some(OwnedTransactionId::from(txn_id));
        let request = self.put_together(Identity::Appservice, request)?;
        let answer = self.exchange::<request_ping::v1::Response>(request, LONGEST_ANSWER_BYTES).await;
        match answer.as_ref().err() {
            // Synapse fails at a ping while it is just delivering what it kept.
            Some(error) if error.has_status(500) && error.is("M_UNKNOWN") => {}
            error => self.inner.reach.note(error.and_then(MatrixError::trouble), Duration::ZERO, LATE),
        }
        Ok(answer?.duration)
    }

    /// What a user shows of themselves; `None` for a user who does not exist.
    /// <https://spec.matrix.org/latest/client-server-api/#get_matrixclientv3profileuserid>
    ///
    /// # Errors
    /// See [`MatrixError`].
    pub async fn profile(&self, user: &UserId) -> Result<Option<Profile>, MatrixError> {
        // Without a user, so that it works before the bot has its device.
        match self.call(Identity::Appservice, get_profile::v3::Request::new(user.to_owned())).await {
            Ok(answer) => {
                let name = answer.get("displayname").and_then(|name| name.as_str()).map(ToOwned::to_owned);
                Ok(Some(Profile { name }))
            }
            // Homeservers do not agree on the code; an endpoint they do not know has another one.
            Err(error) if error.has_status(404) && (error.is("M_NOT_FOUND") || error.is("M_UNKNOWN")) => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Sends a request as one of our users with their device. The first as the bot makes it exist: the
    /// homeserver refuses what comes from a user it does not know, and nobody could tell that refusal from
    /// one for good.
    pub(super) async fn call_as<R>(
        &self,
        sender: &Sender,
        request: R,
    ) -> Result<R::IncomingResponse, MatrixError>
    where
        R: OutgoingRequest,
        for<'a> R::Authentication: AuthScheme<Input<'a> = SendAccessToken<'a>>,
        for<'a> R::PathBuilder: PathBuilder<Input<'a> = Cow<'a, SupportedVersions>>,
    {
        if *sender == Sender::Bot {
            self.inner.bot_exists.get_or_try_init(|| self.make_bot()).await?;
        }
        self.call(Identity::Device(&self.user_id(sender)), request).await
    }

    /// A client that need not make its bot.
    #[cfg(test)]
    pub(crate) fn whose_bot_exists(self) -> Self {
        self.bot_exists();
        self
    }

    /// From now on the bot is known to exist.
    pub(super) fn bot_exists(&self) {
        // Whoever else made it meanwhile has said the same.
        let _ = self.inner.bot_exists.set(());
    }

    /// Sends a request with the given identity.
    pub(super) async fn call<R>(
        &self,
        identity: Identity<'_>,
        request: R,
    ) -> Result<R::IncomingResponse, MatrixError>
    where
        R: OutgoingRequest,
        for<'a> R::Authentication: AuthScheme<Input<'a> = SendAccessToken<'a>>,
        for<'a> R::PathBuilder: PathBuilder<Input<'a> = Cow<'a, SupportedVersions>>,
    {
        self.call_for(identity, request, LONGEST_ANSWER_BYTES).await
    }

    /// Sends a request with the given identity, for an answer of at most so many bytes.
    pub(super) async fn call_for<R>(
        &self,
        identity: Identity<'_>,
        request: R,
        longest: usize,
    ) -> Result<R::IncomingResponse, MatrixError>
    where
        R: OutgoingRequest,
        for<'a> R::Authentication: AuthScheme<Input<'a> = SendAccessToken<'a>>,
        for<'a> R::PathBuilder: PathBuilder<Input<'a> = Cow<'a, SupportedVersions>>,
    {
        let request = self.put_together(identity, request)?;
        let begun = Instant::now();
        let answer = self.exchange(request, longest).await;
        let trouble = answer.as_ref().err().and_then(MatrixError::trouble);
        self.inner.reach.note(trouble, begun.elapsed(), LATE);
        answer
    }

    /// Asks for something that we can do without. That the homeserver does not give it says nothing of how it
    /// stands otherwise, and is not noted.
    pub(super) async fn try_call<R>(
        &self,
        identity: Identity<'_>,
        request: R,
    ) -> Result<R::IncomingResponse, MatrixError>
    where
        R: OutgoingRequest,
        for<'a> R::Authentication: AuthScheme<Input<'a> = SendAccessToken<'a>>,
        for<'a> R::PathBuilder: PathBuilder<Input<'a> = Cow<'a, SupportedVersions>>,
    {
        let request = self.put_together(identity, request)?;
        self.exchange(request, LONGEST_ANSWER_BYTES).await
    }

    fn put_together<R>(
        &self,
        identity: Identity<'_>,
        request: R,
    ) -> Result<http::Request<Vec<u8>>, MatrixError>
    where
        R: OutgoingRequest,
        for<'a> R::Authentication: AuthScheme<Input<'a> = SendAccessToken<'a>>,
        for<'a> R::PathBuilder: PathBuilder<Input<'a> = Cow<'a, SupportedVersions>>,
    {
        metrics::counter!(REQUESTS, "kind" => kind::<R>()).increment(1);
        Ok(request.try_into_http_request_with_identity::<Vec<u8>>(
            &self.inner.homeserver,
            SendAccessToken::Always(self.inner.as_token.expose_secret()),
            identity.as_query(),
            Cow::Borrowed(&self.inner.versions),
        )?)
    }

    /// Asks for something that is no part of Matrix, as the bot: `path` is taken literally, part by part.
    pub(super) async fn ask_house(
        &self,
        method: http::Method,
        path: &[&str],
        body: Option<&serde_json::Value>,
    ) -> Result<serde_json::Value, MatrixError> {
        metrics::counter!(REQUESTS, "kind" => "house").increment(1);
        self.inner.bot_exists.get_or_try_init(|| self.make_bot()).await?;
        let wrong = |why: &str| MatrixError::Request(why.to_owned().into());
        let mut url =
            Url::parse(&self.inner.homeserver).map_err(|error| MatrixError::Request(error.into()))?;
        url.path_segments_mut().map_err(|()| wrong("no base for a path"))?.pop_if_empty().extend(path);
        url.query_pairs_mut()
            .append_pair("user_id", self.inner.bot.as_str())
            .append_pair("device_id", DEVICE_ID);
        let request = http::Request::builder()
            .method(method)
            .uri(url.as_str())
            .header(http::header::AUTHORIZATION, format!("Bearer {}", self.inner.as_token.expose_secret()))
            .header(http::header::CONTENT_TYPE, "application/json")
            .body(body.map(|body| body.to_string().into_bytes()).unwrap_or_default())
            .map_err(|error| MatrixError::Request(error.into()))?;
        let answer = self.answer(request, LONGEST_ANSWER_BYTES).await?;
        serde_json::from_slice(answer.body()).map_err(|error| MatrixError::Garbled(error.into()))
    }

    async fn exchange<A: IncomingResponse>(
        &self,
        request: http::Request<Vec<u8>>,
        longest: usize,
    ) -> Result<A, MatrixError> {
        let whole = self.answer(request, longest).await?;
        A::try_from_http_response(whole).map_err(|error| MatrixError::Garbled(error.to_string().into()))
    }

    async fn answer(
        &self,
        request: http::Request<Vec<u8>>,
        longest: usize,
    ) -> Result<http::Response<Vec<u8>>, MatrixError> {
        let request = reqwest::Request::try_from(request).map_err(|e| MatrixError::Request(Box::new(e)))?;
        // The address holds user ids, and so numbers: it is kept out of errors and logs.
        let no_answer = |error: reqwest::Error| MatrixError::NoAnswer(error.without_url());
        let mut answer = self.inner.http.execute(request).await.map_err(no_answer)?;
        let status = answer.status();
        if !status.is_success() {
            let body = read(&mut answer, LONGEST_ERROR_BYTES).await.unwrap_or_default();
            let retry_after = answer.headers().get(http::header::RETRY_AFTER).and_then(|v| v.to_str().ok());
            return Err(MatrixError::from_answer(status.as_u16(), retry_after, &body));
        }
        let body = read(&mut answer, longest).await?;
        let mut whole = http::Response::new(body);
        *whole.status_mut() = status;
        *whole.headers_mut() = std::mem::take(answer.headers_mut());
        Ok(whole)
    }
}

impl<'a> Identity<'a> {
    fn as_query(self) -> AppserviceUserIdentity<'a> {
        let mut query = AppserviceUserIdentity::default();
        match self {
            Self::Appservice => {}
            Self::User(user) => query.user_id = Some(user),
            Self::Device(user) => {
                query.user_id = Some(user);
                query.device_id = Some(<&DeviceId>::from(DEVICE_ID));
            }
        }
        query
    }
}

/// What a request is, by the name of its endpoint: `send_message_event`, `create_room`.
fn kind<R>() -> &'static str {
    // `ruma::…::create_room::v3::Request`: the module above the version.
    std::any::type_name::<R>().rsplit("::").nth(2).unwrap_or("other")
}

/// Reads an answer, but never more of it than the limit, and nothing of one that says it is longer.
async fn read(answer: &mut reqwest::Response, limit_bytes: usize) -> Result<Vec<u8>, MatrixError> {
    if answer.content_length().is_some_and(|bytes| bytes > limit_bytes as u64) {
        return Err(MatrixError::TooLong { limit_bytes });
    }
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|e| MatrixError::NoAnswer(e.without_url()))? {
        if body.len() + chunk.len() > limit_bytes {
            return Err(MatrixError::TooLong { limit_bytes });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;
