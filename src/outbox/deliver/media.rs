//! The parts of an MMS: fetched from the provider, handed to the homeserver, shown as what they are.

use std::time::Duration;

use serde_json::{Value, json};
use url::Url;

use crate::clock::Millis;
use crate::domain::effect::{DeleteMedia, FetchMedia, MediaGone, MediaHad, MediaLost};
use crate::domain::input::{Claim, Evidence, MediaPart};
use crate::domain::notice::NotShown;
use crate::domain::picture::MAY_COME;
use crate::matrix::client::Sender;
use crate::matrix::error::Verdict;
use crate::matrix::house::ByAdmin;
use crate::media;
use crate::outbox::record::{begin, end};
use crate::outbox::{Delivery, Ports};
use crate::sms::provider::FetchedMedia;
use crate::store::outbox::Head;

/// Fetches a part and hands it to the homeserver to keep. The bot does that: the ghost may not exist yet.
/// That it is read is recorded before it is: what ends the program once is not read again by itself.
pub(super) async fn fetch(
    ports: &Ports,
    (head, claim): (&Head, &Claim),
    FetchMedia { picture }: &FetchMedia,
) -> Result<Evidence, Delivery> {
    let picture = Box::new(picture.clone());
    Ok(match content(ports, &picture.part, picture.number, head.created_at, claim).await? {
        Ok(content) => Evidence::MediaHad(MediaHad { picture, content }),
        Err(why) => Evidence::MediaLost(MediaLost { picture, why }),
    })
}

/// The message content of a part, uploaded; or why it can never be had.
async fn content(
    ports: &Ports,
    part: &MediaPart,
    number: u32,
    created_at: Millis,
    claim: &Claim,
) -> Result<Result<Value, NotShown>, Delivery> {
    let FetchedMedia { bytes, content_type } = match fetched(ports, part, created_at).await? {
        Ok(fetched) => fetched,
        Err(why) => return Ok(Err(why)),
    };
    begin(ports, claim).await?;
    let claimed = if content_type.is_empty() { &part.content_type } else { &content_type };
    let shown = match media::show(&ports.workshop, bytes, claimed).await {
        Ok(shown) => shown,
        Err(refused) => return Ok(Err(refused)),
    };
    end(ports, claim).await?;
    let name = shown.name(number);
    let mut info = json!({ "mimetype": shown.mime, "size": shown.bytes.len() });
    if let Some((width, height)) = shown.size {
        info["w"] = json!(width);
        info["h"] = json!(height);
    }
    let uri = match ports.matrix.upload(&Sender::Bot, &shown.bytes, &shown.mime, &name).await {
        Ok(uri) => uri,
        // It is too large for the homeserver, for instance: no later attempt changes that.
        Err(error) if matches!(error.verdict(), Verdict::Rejected { .. }) => {
            return Ok(Err(NotShown::NotFetched { error: error.to_string() }));
        }
        Err(error) => return Err(error.into()),
    };
    let msgtype = shown.msgtype();
    Ok(Ok(json!({ "msgtype": msgtype, "body": name, "filename": name, "url": uri, "info": info })))
}

/// Has the homeserver erase a file. Where the bot may not do that, that is the end of it: what the homeserver
/// keeps is then for its own `media_retention`, or for whoever erases the customer.
pub(super) async fn delete(ports: &Ports, DeleteMedia { uri }: &DeleteMedia) -> Result<Evidence, Delivery> {
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
