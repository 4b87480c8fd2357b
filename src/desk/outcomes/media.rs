//! A part of an MMS, once it was fetched, or is given up.

use crate::acts::pictures::{parked, release};
use crate::clock::Millis;
use crate::commit::Tx;
use crate::domain::effect::{DeleteMedia, Effect, FetchMedia, GhostMedia, MediaGone, MediaHad, Place};
use crate::domain::notice::{NotShown, Says};
use crate::domain::picture::Picture;
use crate::store::Result;
use crate::store::left_behind::{self, What};
use crate::store::outbox::{self, Parked};
use crate::store::{interactions, retention};

/// A picture is there: it is shown in its place, or at the end where that was given up.
pub(super) async fn had(tx: &mut Tx<'_>, had: &MediaHad) -> Result<()> {
    if !remember(tx, had).await? {
        return Ok(());
    }
    let (picture, content) = (Picture::clone(&had.picture), Some(had.content.clone()));
    match place(tx, &picture).await? {
        Some((place, written_at)) if tx.now < picture.wait_until => {
            let interaction = picture.interaction.clone();
            let shown = Effect::GhostMedia(GhostMedia { picture, content, written_at });
            outbox::rewrite(tx.db().await?, &place, &shown).await?;
            release(tx, &interaction).await
        }
        found => {
            if let Some((place, _)) = found {
                outbox::unpark(tx.db().await?, &place, Parked::IsDone).await?;
            }
            release(tx, &picture.interaction).await?;
            let late = Says::LateAttachment { of: picture.which() }.about(&picture.interaction);
            tx.say(&Place::Session(picture.interaction.clone()), late, None).await?;
            let written_at = Some(picture.sent_at);
            tx.emit(GhostMedia { picture, content, written_at }).await
        }
    }
}

/// Remembers what the homeserver keeps for a conversation, to have it erased once it is too old. Returns
/// whether the conversation still has its content; what came that late is not shown.
async fn remember(tx: &mut Tx<'_>, had: &MediaHad) -> Result<bool> {
    let id = &had.picture.interaction;
    let Some(of) = interactions::by_id(tx.db().await?, id).await? else { return Ok(true) };
    let Some(uri) = had.content["url"].as_str() else { return Ok(true) };
    if of.emptied_at.is_some() {
        let left = [(id.to_string(), uri.to_owned())];
        left_behind::add(tx.db().await?, What::File, &left).await?;
        tx.emit(DeleteMedia { uri: uri.into() }).await?;
        return Ok(false);
    }
    retention::add_media(tx.db().await?, uri, &of).await?;
    Ok(true)
}

/// The homeserver has no such file any more.
pub(super) async fn gone(tx: &mut Tx<'_>, gone: &MediaGone) -> Result<()> {
    left_behind::gone(tx.db().await?, gone.uri.as_str()).await
}

/// A picture cannot be had: whoever reads the room is told.
pub(super) async fn lost(tx: &mut Tx<'_>, picture: &Picture, why: &NotShown) -> Result<()> {
    if let Some((place, _)) = place(tx, picture).await? {
        outbox::unpark(tx.db().await?, &place, Parked::IsDone).await?;
    }
    release(tx, &picture.interaction).await?;
    let id = &picture.interaction;
    let notice = Says::MediaFailed { of: picture.which(), why: why.clone() }.about(id);
    tx.say(&Place::Session(id.clone()), notice, None).await
}

/// It is not fetched any more: a person was told why.
pub(super) async fn given_up(tx: &mut Tx<'_>, fetch: &FetchMedia, why: &str) -> Result<()> {
    lost(tx, &fetch.picture, &NotShown::NotFetched { error: why.to_owned() }).await
}

/// The place that is kept for a picture, and when it was sent where that was late already.
async fn place(tx: &mut Tx<'_>, wanted: &Picture) -> Result<Option<(outbox::Position, Option<Millis>)>> {
    let found = parked(tx, &wanted.interaction).await?.into_iter().find_map(|(place, effect)| match effect {
        Effect::GhostMedia(GhostMedia { picture, content: None, written_at }) if picture == *wanted => {
            Some((place, written_at))
        }
        _ => None,
    });
    Ok(found)
}
