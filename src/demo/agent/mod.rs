//! An agent's Matrix client, moved by a script instead of by hands.
//!
//! It is a real client, `matrix_sdk::Client`, that syncs in the background and writes all it sees into a
//! [`Log`]. Waits look at the whole log, so that what came before the wait counts too, and report what was
//! seen if nothing fits.

mod act;
pub mod seen;
mod sync;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use matrix_sdk::Client;
use matrix_sdk::config::RequestConfig;
use ruma::{EventId, OwnedRoomId, OwnedUserId, RoomId, UserId};
use thiserror::Error;
use tokio::task::AbortHandle;

use seen::{Log, Membership, Seen, SeenRoom};
use sync::Shared;

/// How long a wait lasts if nobody says otherwise: much longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);
/// How often a request is repeated before it fails.
const RETRIES: usize = 8;

/// What an agent could not do.
#[derive(Debug, Error)]
pub enum AgentError {
    /// The homeserver's address is none.
    #[error("the agent's client could not be made; nothing was sent")]
    Client(#[from] matrix_sdk::ClientBuildError),
    /// The client's HTTP could not be set up.
    #[error("the agent's HTTP client could not be made; nothing was sent")]
    Http(#[from] reqwest::Error),
    /// The homeserver refused or did not answer.
    #[error("{user} could not {action}")]
    Refused {
        /// The agent.
        user: String,
        /// What was tried.
        action: &'static str,
        /// The homeserver's answer.
        source: Box<matrix_sdk::Error>,
    },
    /// Something awaited did not come.
    #[error("{user} waited {} s in vain for {what}; seen so far:\n{seen}", .patience.as_secs())]
    InVain {
        /// The agent.
        user: OwnedUserId,
        /// What was awaited.
        what: String,
        /// How long.
        patience: Duration,
        /// The rooms and the last events, a line each.
        seen: String,
    },
}

impl AgentError {
    /// The `errcode` of the homeserver's refusal, for example `M_FORBIDDEN`.
    #[must_use]
    pub fn errcode(&self) -> Option<String> {
        match self {
            Self::Refused { source, .. } => {
                source.client_api_error_kind().map(|kind| kind.errcode().to_string())
            }
            Self::Client(_) | Self::Http(_) | Self::InVain { .. } => None,
        }
    }
}

/// An agent at their client, logged in and syncing until dropped.
#[derive(Debug)]
pub struct Agent {
    client: Client,
    user_id: OwnedUserId,
    patience: Duration,
    shared: Arc<Shared>,
    syncing: AbortHandle,
}

impl Agent {
    /// Logs in at the homeserver `url` as a new device, and has synced once when it returns.
    ///
    /// # Errors
    /// If the address is none, or the homeserver refuses or does not answer.
    pub async fn login(url: &str, user: &str, password: &str) -> Result<Self, AgentError> {
        let requests = RequestConfig::new().retry_limit(RETRIES);
        // A proxy of the environment knows no way to a homeserver on loopback.
        let http = reqwest::Client::builder().no_proxy().build()?;
        let client =
            Client::builder().homeserver_url(url).http_client(http).request_config(requests).build().await?;
        let refused =
            |action, source| AgentError::Refused { user: user.to_owned(), action, source: Box::new(source) };
        let login = client.matrix_auth().login_username(user, password);
        let user_id = login
            .initial_device_display_name("script")
            .send()
            .await
            .map_err(|error| refused("log in", error))?
            .user_id;
        let shared = Arc::new(Shared::default());
        sync::first(&client, &shared).await.map_err(|error| refused("sync", error))?;
        let syncing = tokio::spawn(sync::for_ever(client.clone(), Arc::clone(&shared))).abort_handle();
        Ok(Self { client, user_id, patience: PATIENCE, shared, syncing })
    }

    /// Signs out, so that the client is gone from the account's devices.
    ///
    /// # Errors
    /// If the homeserver refuses or does not answer; the client has stopped reading anyway.
    pub async fn log_out(self) -> Result<(), AgentError> {
        // A sync with a token that is gone would only be refused.
        self.syncing.abort();
        let user = self.user_id.to_string();
        let refused = |source| AgentError::Refused { user, action: "log out", source: Box::new(source) };
        self.client.matrix_auth().logout().await.map(|_| ()).map_err(|error| refused(error.into()))
    }

    /// The same agent, whose waits last `patience`; one minute otherwise.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Lets the client rest for so long after each sync: what came meanwhile is fetched at once, which costs
    /// a homeserver with many clients far less.
    pub fn rest_after_each_sync(&self, rest: Duration) {
        let rest_ms = u64::try_from(rest.as_millis()).unwrap_or(u64::MAX);
        self.shared.rest_ms.store(rest_ms, Ordering::Relaxed);
    }

    /// The agent's user id.
    #[must_use]
    pub fn user_id(&self) -> &UserId {
        &self.user_id
    }

    /// The client itself, for what the agent has no word for.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Looks at what was seen so far. Do not wait inside.
    pub fn look<T>(&self, look: impl FnOnce(&Log) -> T) -> T {
        look(&self.shared.log())
    }

    /// Waits until `find` finds something in what was seen so far; `what` says in words what that is.
    ///
    /// # Errors
    /// [`AgentError::InVain`] with what was seen, if it does not come in time.
    pub async fn until<T>(
        &self,
        what: &str,
        mut find: impl FnMut(&Log) -> Option<T>,
    ) -> Result<T, AgentError> {
        let mut turns = self.shared.turns.subscribe();
        let search = async {
            loop {
                turns.borrow_and_update();
                if let Some(found) = find(&self.shared.log()) {
                    return found;
                }
                // The sender lives as long as `self`.
                let _ = turns.changed().await;
            }
        };
        tokio::time::timeout(self.patience, search).await.map_err(|_| AgentError::InVain {
            user: self.user_id.clone(),
            what: what.to_owned(),
            patience: self.patience,
            seen: self.shared.log().summary(),
        })
    }

    /// Waits for the first event, of those seen already too, that `fits`.
    ///
    /// # Errors
    /// [`AgentError::InVain`] if none comes in time.
    pub async fn wait_for(&self, what: &str, fits: impl Fn(&Seen) -> bool) -> Result<Seen, AgentError> {
        self.wait_for_after(0, what, fits).await
    }

    /// As [`Self::wait_for`], but looks only at events after the first `position` of the log; see
    /// [`Self::position`].
    ///
    /// # Errors
    /// [`AgentError::InVain`] if none comes in time.
    pub async fn wait_for_after(
        &self,
        position: usize,
        what: &str,
        fits: impl Fn(&Seen) -> bool,
    ) -> Result<Seen, AgentError> {
        self.until(what, |log| log.events().iter().skip(position).find(|event| fits(event)).cloned()).await
    }

    /// Waits for a message in a room whose text is exactly `body`.
    ///
    /// # Errors
    /// [`AgentError::InVain`] if none comes in time.
    pub async fn wait_for_text(&self, room: &RoomId, body: &str) -> Result<Seen, AgentError> {
        let fits = |event: &Seen| event.room_id == room && event.is_message() && event.body() == body;
        self.wait_for(&format!("the text {body:?}"), fits).await
    }

    /// Waits for a notice of the bot with this code in a room.
    ///
    /// # Errors
    /// [`AgentError::InVain`] if none comes in time.
    pub async fn wait_for_notice(&self, room: &RoomId, code: &str) -> Result<Seen, AgentError> {
        let fits = |event: &Seen| event.room_id == room && event.code() == code;
        self.wait_for(&format!("the notice {code}"), fits).await
    }

    /// Waits until someone other than the agent has reacted to an event with `key`.
    ///
    /// # Errors
    /// [`AgentError::InVain`] if nobody does in time.
    pub async fn wait_for_reaction(&self, event: &EventId, key: &str) -> Result<(), AgentError> {
        let others = |log: &Log| {
            let mut reactions = log.reactions(event.as_str()).into_iter();
            reactions.any(|(sender, with)| sender != self.user_id && with == key).then_some(())
        };
        self.until(&format!("the reaction {key} to {event}"), others).await
    }

    /// Waits until a room, as the agent sees it, `fits`.
    ///
    /// # Errors
    /// [`AgentError::InVain`] if it does not in time.
    pub async fn wait_for_room(
        &self,
        room: &RoomId,
        what: &str,
        fits: impl Fn(&SeenRoom) -> bool,
    ) -> Result<SeenRoom, AgentError> {
        self.until(what, |log| log.rooms().get(room).filter(|seen| fits(seen)).cloned()).await
    }

    /// Waits until the agent is invited to a room that `fits`, and returns its id.
    ///
    /// # Errors
    /// [`AgentError::InVain`] if no such invite comes in time.
    pub async fn wait_for_invite(
        &self,
        what: &str,
        fits: impl Fn(&SeenRoom) -> bool,
    ) -> Result<OwnedRoomId, AgentError> {
        let fits = |room: &SeenRoom| room.membership == Membership::Invited && !room.is_space() && fits(room);
        self.until(what, |log| log.rooms().iter().find(|(_, room)| fits(room)).map(|(id, _)| id.clone()))
            .await
    }

    /// The agent's space: accepts the bot's invite to it, once there is one.
    ///
    /// # Errors
    /// If the bot does not invite in time, or joining fails.
    pub async fn space(&self) -> Result<OwnedRoomId, AgentError> {
        let fits = |room: &SeenRoom| room.membership != Membership::Left && room.is_space();
        let found = |log: &Log| log.rooms().iter().find(|(_, room)| fits(room)).map(|(id, _)| id.clone());
        let space = self.until("the space", found).await?;
        self.join(&space).await?;
        Ok(space)
    }

    /// Waits until the agent is out of a room: removed, or the invite withdrawn.
    ///
    /// # Errors
    /// [`AgentError::InVain`] if that does not happen in time.
    pub async fn wait_until_out_of(&self, room: &RoomId) -> Result<(), AgentError> {
        let out = |seen: &SeenRoom| seen.membership == Membership::Left;
        self.wait_for_room(room, &format!("leaving {room}"), out).await.map(|_| ())
    }

    /// The invites to rooms that are open, spaces apart.
    #[must_use]
    pub fn invites(&self) -> Vec<(OwnedRoomId, SeenRoom)> {
        let invited = |(_, room): &(&OwnedRoomId, &SeenRoom)| {
            room.membership == Membership::Invited && !room.is_space()
        };
        self.look(|log| {
            log.rooms().iter().filter(invited).map(|(id, room)| (id.clone(), room.clone())).collect()
        })
    }

    /// The messages of a room seen so far, those sent before the agent joined too; edits are messages of
    /// their own.
    #[must_use]
    pub fn messages(&self, room: &RoomId) -> Vec<Seen> {
        self.look(|log| log.messages(room).cloned().collect())
    }

    /// How many events were seen so far: a position in the log for [`Self::wait_for_after`] and
    /// [`Self::next_events`].
    #[must_use]
    pub fn position(&self) -> usize {
        self.look(|log| log.events().len())
    }

    /// The events from `position` on; waits without end until there is one. The position moves behind them.
    pub async fn next_events(&self, position: &mut usize) -> Vec<Seen> {
        let mut turns = self.shared.turns.subscribe();
        loop {
            turns.borrow_and_update();
            let news = self.look(|log| log.events().iter().skip(*position).cloned().collect::<Vec<_>>());
            if !news.is_empty() {
                *position += news.len();
                return news;
            }
            // The sender lives as long as `self`.
            let _ = turns.changed().await;
        }
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        self.syncing.abort();
    }
}
