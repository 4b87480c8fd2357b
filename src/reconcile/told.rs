//! Which rooms a look has to read: those in which the homeserver tells of something that the desk has not
//! heard of. It tells that of all rooms in one answer, from where it told the last time.
//!
//! Where it told up to is durable, with an event of ours from before that. A homeserver that does not know
//! this event any more was restored from a backup, and its count of what happened means something else now.
//! Then, and where it does not tell, all rooms are read.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ruma::{OwnedEventId, OwnedRoomId};
use serde::{Deserialize, Serialize};

use crate::clock::Millis;
use crate::domain::input::Receipt;
use crate::matrix::MatrixError;
use crate::matrix::news::{RoomNews, Witness};
use crate::outbox::Ports;
use crate::outbox::history::LookError;
use crate::store::{StoreError, agents, conversations, to_json, upkeep};

/// Up to where the homeserver has told, and everything of that was read.
const TOLD: &str = "homeserver_told";
/// How long the homeserver may take to tell. It takes longer only where so much happened that the rooms are
/// better read one by one.
const TELLING_TIME: Duration = Duration::from_secs(20);

/// Up to where the homeserver has told.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Told {
    until: String,
    /// An event from before that.
    witness: Witness,
}

/// Asks the homeserver what happened, after one marker.
pub(super) struct Teller {
    /// None where it never got through: then nothing is known of how the homeserver stands.
    marker: Option<Witness>,
    /// Whether the homeserver is known to be as far as where it told up to.
    is_known: bool,
}

/// What has to be read.
pub(super) struct Choice {
    pub(super) rooms: BTreeSet<String>,
    /// Up to where the homeserver has told, once that is read.
    pub(super) told: Option<Told>,
}

impl Teller {
    pub(super) fn new(marker: Option<Witness>) -> Self {
        Self { marker, is_known: false }
    }

    /// The rooms that have to be read, where everything before `since` was.
    ///
    /// # Errors
    /// [`LookError`], where the homeserver does not answer at all.
    pub(super) async fn choose(&self, ports: &Ports, since: Millis) -> Result<Choice, LookError> {
        let Some(marker) = &self.marker else {
            return Ok(Choice { rooms: in_question(ports, since).await?, told: None });
        };
        if let Some(told) = recall(ports).await?
            && (self.is_known || knows(ports, &told.witness).await?)
            && let Some(news) = or_nothing(ports.matrix.news(&told.until)).await?
        {
            let mut chosen = unheard(ports, news.rooms).await?;
            if !self.is_known {
                chosen.extend(lost(ports, in_question(ports, since).await?).await?);
            } else if !news.left.is_empty() {
                let rooms = in_question(ports, since).await?;
                chosen.extend(news.left.into_iter().map(Into::into).filter(|room| rooms.contains(room)));
            }
            let witness = news.newest.unwrap_or(told.witness);
            return Ok(Choice { rooms: chosen, told: Some(Told { until: news.until, witness }) });
        }
        let told = or_nothing(ports.matrix.moment()).await?;
        let rooms = in_question(ports, since).await?;
        tracing::info!(rooms = rooms.len(), "the rooms are read one by one");
        Ok(Choice { rooms, told: told.map(|until| Told { until, witness: marker.clone() }) })
    }

    /// Notes that everything was read up to where the homeserver has told.
    pub(super) async fn is_read(&mut self, ports: &Ports, told: Option<Told>) -> Result<(), StoreError> {
        let mut conn = ports.store.connection().await?;
        match &told {
            Some(told) => upkeep::remember(&mut conn, TOLD, &to_json("place in the news", told)?).await?,
            None => upkeep::forget(&mut conn, TOLD).await?,
        }
        self.is_known = told.is_some();
        Ok(())
    }
}

/// The rooms in which someone could have said something to us since then.
async fn in_question(ports: &Ports, since: Millis) -> Result<BTreeSet<String>, StoreError> {
    let mut conn = ports.store.connection().await?;
    let mut rooms = conversations::rooms_since(&mut conn, since).await?;
    rooms.extend(agents::consoles(&mut conn).await?);
    Ok(rooms.into_iter().collect())
}

/// Whether the homeserver knows an event that it told of earlier.
async fn knows(ports: &Ports, witness: &Witness) -> Result<bool, LookError> {
    let found = or_nothing(ports.matrix.event(&witness.room, &witness.event)).await?.flatten();
    if found.is_none() {
        tracing::warn!("the homeserver does not know an event of before: was it restored from a backup?");
    }
    Ok(found.is_some())
}

async fn recall(ports: &Ports) -> Result<Option<Told>, StoreError> {
    let told = upkeep::recall(&mut *ports.store.connection().await?, TOLD).await?;
    Ok(told.and_then(|told| serde_json::from_str(&told).ok()))
}

/// What the homeserver tells; nothing where it does not. That it is away altogether is an error.
async fn or_nothing<T>(
    telling: impl Future<Output = Result<T, MatrixError>>,
) -> Result<Option<T>, LookError> {
    match tokio::time::timeout(TELLING_TIME, telling).await {
        Ok(Ok(told)) => Ok(Some(told)),
        Ok(Err(error @ MatrixError::NoAnswer(_))) => Err(error.into()),
        Ok(Err(error)) => {
            tracing::warn!(%error, "the homeserver does not tell in which rooms something happened");
            Ok(None)
        }
        Err(_) => {
            tracing::warn!("it takes the homeserver too long to tell in which rooms something happened");
            Ok(None)
        }
    }
}

/// The rooms in which something happened that the desk has not heard of, or may have.
async fn unheard(
    ports: &Ports,
    told: BTreeMap<OwnedRoomId, RoomNews>,
) -> Result<BTreeSet<String>, StoreError> {
    let receipt = |event: &OwnedEventId| Receipt::of_event(event).into_string();
    let receipts: Vec<String> = told.values().flat_map(|news| news.events.iter().map(receipt)).collect();
    let heard = upkeep::claimed(&mut *ports.store.connection().await?, &receipts).await?;
    let is_heard = |news: &RoomNews| {
        news.is_whole && news.events.iter().all(|event| heard.contains(receipt(event).as_str()))
    };
    Ok(told.into_iter().filter(|(_, news)| !is_heard(news)).map(|(room, _)| room.to_string()).collect())
}

/// The rooms that the bot is not in, of which the homeserver tells nothing. Where it does not say which rooms
/// those are, they show when something is to be done in them.
async fn lost(ports: &Ports, mut rooms: BTreeSet<String>) -> Result<BTreeSet<String>, LookError> {
    let Some(joined) = or_nothing(ports.matrix.joined_rooms()).await? else { return Ok(BTreeSet::new()) };
    for room in joined {
        rooms.remove(room.as_str());
    }
    Ok(rooms)
}
