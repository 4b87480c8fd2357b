//! A part of an MMS, once it was fetched, or is given up.

use ruma::OwnedMxcUri;

use crate::acts::pictures::{parked, release};
use crate::clock::Millis;
use crate::commit::Tx;
use crate::domain::effect::{
    DeleteMedia, Effect, FetchMedia, GhostMedia, MediaGone, MediaHad, MediaLost, Notify, Place, Role,
};
use crate::domain::notice::{NotShown, Says, numbered, shown_cards};
use crate::domain::original::Original;
use crate::domain::picture::Picture;
use crate::store::Result;
use crate::store::left_behind::{self, What};
use crate::store::outbox::{self, Parked};
use crate::store::{interactions, lists, originals, retention};

/// A picture is there: it is shown in its place, or at the end where that was given up.
pub(super) async fn had(tx: &mut Tx<'_>, had: &MediaHad) -> Result<()> {
    let shown = had.content["url"].as_str().map(OwnedMxcUri::from);
    if !remember(tx, &had.picture, shown.as_ref(), had.original.as_deref()).await? {
        return Ok(());
    }
    show(tx, had).await?;
    point_out(tx, had).await
}

/// Shows a picture in its place, or at the end where that was given up.
async fn show(tx: &mut Tx<'_>, had: &MediaHad) -> Result<()> {
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

/// Says what there is to say of an attachment that is shown.
async fn point_out(tx: &mut Tx<'_>, had: &MediaHad) -> Result<()> {
    let picture = &had.picture;
    if !had.cards.cards.is_empty() {
        let (cards, more) = shown_cards(&had.cards, &tx.settings.desk.country);
        let (place, now) = (Place::Session(picture.interaction.clone()), tx.now);
        lists::show_card(tx.db().await?, &place, &numbered(&cards), now).await?;
        tell(tx, picture, Says::Card { of: picture.which(), cards, more }).await?;
    }
    if had.is_unseen {
        let mime = had.content["info"]["mimetype"].as_str().unwrap_or_default().to_owned();
        tell(tx, picture, Says::NoPreview { of: picture.which(), mime }).await?;
    }
    Ok(())
}

/// Says something about an attachment in the room.
async fn tell(tx: &mut Tx<'_>, picture: &Picture, says: Says) -> Result<()> {
    tx.emit(about(picture, says)).await
}

/// What is said of an attachment in the room. A reply to it is about the attachment.
fn about(picture: &Picture, says: Says) -> Notify {
    let (to, notice) = (Place::Session(picture.interaction.clone()), says.about(&picture.interaction));
    Notify { to, notice, reply_to: None, role: Some(Role::Attachment { picture: picture.key() }) }
}

/// Remembers what the homeserver keeps for a conversation, to have it erased once it is too old. Returns
/// whether the conversation still has its content; what came that late is not shown.
async fn remember(
    tx: &mut Tx<'_>,
    picture: &Picture,
    shown: Option<&OwnedMxcUri>,
    original: Option<&Original>,
) -> Result<bool> {
    let id = &picture.interaction;
    let Some(of) = interactions::by_id(tx.db().await?, id).await? else { return Ok(true) };
    let url = original.and_then(|original| original.url.as_ref());
    let behind = url.filter(|url| Some(*url) != shown);
    if of.emptied_at.is_some() {
        for uri in shown.into_iter().chain(behind) {
            left_behind::add(tx.db().await?, What::File, &[(id.to_string(), uri.to_string())]).await?;
            tx.emit(DeleteMedia { uri: uri.clone() }).await?;
        }
        return Ok(false);
    }
    if let Some(original) = original {
        originals::add(tx.db().await?, picture, original).await?;
    }
    match (shown, behind) {
        (Some(shown), behind) => {
            retention::add_media(tx.db().await?, shown.as_str(), &of).await?;
            if let Some(behind) = behind {
                retention::add_original(tx.db().await?, behind.as_str(), &of).await?;
            }
        }
        (None, Some(alone)) => retention::add_media(tx.db().await?, alone.as_str(), &of).await?,
        (None, None) => {}
    }
    Ok(true)
}

/// The homeserver has no such file any more.
pub(super) async fn gone(tx: &mut Tx<'_>, gone: &MediaGone) -> Result<()> {
    left_behind::gone(tx.db().await?, gone.uri.as_str()).await
}

/// A picture cannot be shown: whoever reads the room is told, in the place of the picture, or at the end
/// where that was given up. It may be kept all the same.
pub(super) async fn lost(tx: &mut Tx<'_>, lost: &MediaLost) -> Result<()> {
    let MediaLost { picture, why, original } = lost;
    let is_open = remember(tx, picture, None, original.as_deref()).await?;
    let can_be_saved = original.as_ref().is_some_and(|original| original.url.is_some());
    let says = Says::MediaFailed { of: picture.which(), why: why.clone(), can_be_saved };
    match place(tx, picture).await? {
        Some((place, _)) if is_open && tx.now < picture.wait_until => {
            let told = Effect::Notify(about(picture, says));
            outbox::rewrite(tx.db().await?, &place, &told).await?;
            return release(tx, &picture.interaction).await;
        }
        Some((place, _)) => outbox::unpark(tx.db().await?, &place, Parked::IsDone).await?,
        None => {}
    }
    release(tx, &picture.interaction).await?;
    if is_open { tell(tx, picture, says).await } else { Ok(()) }
}

/// It is not fetched any more: a person was told why.
pub(super) async fn given_up(tx: &mut Tx<'_>, fetch: &FetchMedia, why: &str) -> Result<()> {
    let why = NotShown::NotFetched { error: why.to_owned() };
    lost(tx, &MediaLost { picture: Box::new(fetch.picture.clone()), why, original: None }).await
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
