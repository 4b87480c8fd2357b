//! The parts of an MMS: fetched from the provider, handed to the homeserver, shown as what they are.

use std::time::Duration;

use ruma::{MxcUri, OwnedMxcUri};
use serde_json::{Value, json};
use url::Url;

use crate::clock::Millis;
use crate::domain::effect::{DeleteMedia, FetchMedia, MediaGone, MediaHad, MediaLost};
use crate::domain::input::{Claim, Evidence, MediaPart};
use crate::domain::notice::NotShown;
use crate::domain::original::Original;
use crate::domain::picture::MAY_COME;
use crate::matrix::client::Sender;
use crate::matrix::error::Verdict;
use crate::matrix::house::ByAdmin;
use crate::media::{self, Shown};
use crate::outbox::record::{begin, end};
use crate::outbox::{Delivery, Ports};
use crate::sms::provider::FetchedMedia;
use crate::store::outbox::Head;
use crate::store::responses;

/// Fetches a part and hands it to the homeserver to keep, as it is and as it is shown. The bot does that: the
/// ghost may not exist yet. That it is read is recorded before it is: what was being read when the program
/// ended is read once more, alone, and what ends it then is not read again by itself.
pub(super) async fn fetch(
    ports: &Ports,
    (head, claim): (&Head, &Claim),
    FetchMedia { picture }: &FetchMedia,
) -> Result<Evidence, Delivery> {
    let picture = Box::new(picture.clone());
    let FetchedMedia { bytes, content_type } = match fetched(ports, &picture.part, head.created_at).await? {
        Ok(fetched) => fetched,
        Err(why) => return Ok(Evidence::MediaLost(MediaLost { picture, why, original: None })),
    };
    let reading = ports.workshop.reading(head.begun > 0).await;
    begin(ports, claim).await?;
    fail::fail_point!("media_reading", |_| std::process::abort());
    let claimed = if content_type.is_empty() { &picture.part.content_type } else { &content_type };
    let shown = media::show(&ports.workshop, bytes.clone(), claimed).await;
    let (mime, file) = media::as_sent(&bytes, claimed, picture.number);
    end(ports, claim).await?;
    drop(reading);
    fail::fail_point!("media_read", |_| std::process::abort());
    let original = |url| {
        let bytes = bytes.len() as u64;
        Some(Box::new(Original { url, file: file.clone(), mime: mime.clone(), bytes }))
    };
    let shown = match shown {
        Ok(shown) => shown,
        Err(why @ NotShown::Empty) => {
            return Ok(Evidence::MediaLost(MediaLost { picture, why, original: None }));
        }
        Err(why) => {
            let original = original(upload(ports, &bytes, &mime, &file).await?.ok());
            return Ok(Evidence::MediaLost(MediaLost { picture, why, original }));
        }
    };
    let name = shown.name(picture.number);
    let url = match upload(ports, &shown.bytes, &shown.mime, &name).await? {
        Ok(url) => url,
        // It is too large for the homeserver, for instance: no later attempt changes that.
        Err(error) => {
            let why = NotShown::NotFetched { error };
            return Ok(Evidence::MediaLost(MediaLost { picture, why, original: original(None) }));
        }
    };
    fail::fail_point!("media_preview_kept", |_| std::process::abort());
    let original = if shown.is_copy {
        original(upload(ports, &bytes, &mime, &file).await?.ok())
    } else {
        original(Some(url.clone()))
    };
    fail::fail_point!("media_kept", |_| std::process::abort());
    let content = content(&shown, &name, &url);
    let is_unseen = shown.is_unseen();
    Ok(Evidence::MediaHad(MediaHad { picture, content, original, cards: shown.cards, is_unseen }))
}

/// The message content of a part.
fn content(shown: &Shown, name: &str, url: &MxcUri) -> Value {
    let mut info = json!({ "mimetype": shown.mime, "size": shown.bytes.len() });
    if let Some((width, height)) = shown.size {
        info["w"] = json!(width);
        info["h"] = json!(height);
    }
    json!({ "msgtype": shown.msgtype(), "body": name, "filename": name, "url": url, "info": info })
}

/// Hands a file to the homeserver; or why it does not take it.
async fn upload(
    ports: &Ports,
    bytes: &[u8],
    mime: &str,
    name: &str,
) -> Result<Result<OwnedMxcUri, String>, Delivery> {
    match ports.matrix.upload(&Sender::Bot, bytes, mime, name).await {
        Ok(url) => Ok(Ok(url)),
        Err(error) if matches!(error.verdict(), Verdict::Rejected { .. }) => Ok(Err(error.to_string())),
        Err(error) => Err(error.into()),
    }
}

/// Has the homeserver erase a file, unless a standard response holds it meanwhile. Where the bot may not do
/// that, that is the end of it: what the homeserver keeps is then for its own `media_retention`, or for
/// whoever erases the customer.
pub(super) async fn delete(ports: &Ports, DeleteMedia { uri }: &DeleteMedia) -> Result<Evidence, Delivery> {
    if responses::holds(&mut *ports.store.connection().await?, uri).await? {
        return Ok(Evidence::Nothing);
    }
    Ok(match ports.matrix.delete_file(uri).await? {
        ByAdmin::Done(()) | ByAdmin::Gone => Evidence::MediaGone(MediaGone { uri: uri.clone() }),
        ByAdmin::NotAllowed => {
            tracing::debug!(%uri, "the bot may not have the homeserver erase a file");
            Evidence::Nothing
        }
    })
}

/// The part, from the provider; or why it can never be had.
async fn fetched(
    ports: &Ports,
    part: &MediaPart,
    created_at: Millis,
) -> Result<Result<FetchedMedia, NotShown>, Delivery> {
    let Ok(url) = Url::parse(&part.url) else { return Ok(Err(NotShown::NoAddress)) };
    match ports.sms.fetch_media(&url).await {
        Ok(fetched) => Ok(Ok(fetched)),
        Err(error) if error.is_retryable() && ports.clock.now().since(created_at) < MAY_COME => {
            // A wait is named: that others are well does not make it come sooner.
            Err(Delivery::Retry { after: Some(Duration::ZERO), counts: false, why: error.to_string() })
        }
        Err(error) => Ok(Err(NotShown::NotFetched { error: error.to_string() })),
    }
}
