//! The provider's list of messages, held against the texts we know.

use std::time::Duration;

use super::OVERLAP;
use crate::clock::Millis;
use crate::domain::ids::Number;
use crate::domain::input::{ContactText, Input, MediaPart};
use crate::outbox::Ports;
use crate::sms::provider::{Direction, ListError, ListQuery, ListedMessage};
use crate::store::{StoreError, agents, upkeep};

/// A message this young may still come by itself.
pub(super) const MAY_COME: Duration = Duration::from_secs(30);

/// Why a look was not finished; the next one begins where it began.
#[derive(Debug, thiserror::Error)]
pub enum LookError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The provider's list could not be read.
    #[error(transparent)]
    List(#[from] ListError),
    /// The desk did not take what was found.
    #[error(transparent)]
    Apply(#[from] crate::desk::ApplyError),
}

/// Looks through the provider's list of each of our numbers, from where the last look ended, and hands the desk what
/// never came. Returns how many texts that were.
///
/// # Errors
/// [`LookError`]; nothing is lost, the next look reads the same again.
pub async fn look(ports: &Ports) -> Result<usize, LookError> {
    let numbers = {
        let mut conn = ports.store.connection().await?;
        agents::numbers(&mut conn).await?
    };
    let mut found = 0;
    for number in numbers {
        found += look_at(ports, &number).await?;
    }
    Ok(found)
}

async fn look_at(ports: &Ports, number: &Number) -> Result<usize, LookError> {
    let started = ports.clock.now();
    let fact = format!("provider_read_to:{number}");
    let read_to = {
        let mut conn = ports.store.connection().await?;
        upkeep::recall(&mut conn, &fact).await?
    };
    let Some(read_to) = read_to.and_then(|text| text.parse().ok()).map(Millis) else {
        // What came before the desk existed is not the desk's.
        return remember(ports, &fact, started).await.map(|()| 0);
    };
    let since = (read_to - OVERLAP).max(started - upkeep::KEEP_RECEIPTS);
    let query = ListQuery { to: Some(number.clone()), from: None, since: Some(since) };
    let listing = ports.sms.list(query).await?;
    let mut missed: Vec<&ListedMessage> = listing
        .messages
        .iter()
        .filter(|message| {
            message.direction == Direction::Inbound && started.since(message.date_created) > MAY_COME
        })
        .collect();
    // The list is newest first, and its times are whole seconds: texts of one second keep its order, turned round.
    missed.reverse();
    missed.sort_by_key(|message| message.date_created);
    let mut found = 0;
    for message in missed {
        if !is_known(ports, &message.sid).await? {
            let text = fetch(ports, message).await?;
            ports.desk.apply(Input::Text(text)).await?;
            found += 1;
        }
    }
    if listing.complete {
        remember(ports, &fact, started).await?;
    }
    Ok(found)
}

async fn is_known(ports: &Ports, sid: &str) -> Result<bool, StoreError> {
    let mut conn = ports.store.connection().await?;
    upkeep::is_claimed(&mut conn, &format!("sms:{sid}")).await
}

async fn fetch(ports: &Ports, message: &ListedMessage) -> Result<ContactText, LookError> {
    let media = if message.num_media == 0 { vec![] } else { ports.sms.media_list(&message.sid).await? };
    let left_out = message.num_media.saturating_sub(u32::try_from(media.len()).unwrap_or(u32::MAX));
    Ok(ContactText {
        sid: message.sid.clone(),
        from: message.from.clone(),
        to: message.to.clone(),
        body: message.body.clone(),
        media: media
            .into_iter()
            .map(|part| MediaPart { url: part.url.into(), content_type: part.content_type })
            .collect(),
        left_out,
        origin: vec![],
        more: vec![],
        opt_out: None,
        fetched_late: Some(message.date_created),
    })
}

async fn remember(ports: &Ports, fact: &str, at: Millis) -> Result<(), LookError> {
    let mut conn = ports.store.connection().await?;
    Ok(upkeep::remember(&mut conn, fact, &at.0.to_string()).await?)
}
