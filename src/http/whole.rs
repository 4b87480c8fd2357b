//! Whole bodies, and how much of them is held at once.
//!
//! What is signed can only be believed when all of it is there, so anybody can have us hold a body for as
//! long as they take to send it. A body of ordinary length always has its place: there are no more of them
//! than connections. Longer ones share a few places for each door. The homeserver has proved itself before
//! its body is read, and waits for a place; a stranger is asked to come again.

use std::sync::Arc;

use axum::body::BodyDataStream;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use futures_util::StreamExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::refusal::Refusal;

/// Up to this length a body has a place of its own. A text of 1,600 characters of four bytes each, escaped,
/// with the addresses of ten pictures, is shorter.
pub(super) const ORDINARY_BYTES: usize = 24 * 1024;

/// How much of a body that is too long is read and dropped, so that who has proved themselves gets their
/// answer: a connection closed with bytes unread takes the answer with it
/// ([RFC 9112, 9.6](https://www.rfc-editor.org/rfc/rfc9112#section-9.6)).
const DROPPED_BYTES: usize = 1024 * 1024;

/// What a door takes, an extension of its requests.
#[derive(Clone, Debug)]
pub(super) struct Takes {
    /// The longest body.
    longest: usize,
    /// Places for those longer than ordinary.
    places: Arc<Semaphore>,
    /// Whether who brings one has proved themselves before.
    waits: bool,
}

impl Takes {
    /// Bodies of anybody, so many long ones at once.
    pub(super) fn of_strangers(longest: usize, long_ones: usize) -> Self {
        Self { longest, places: Arc::new(Semaphore::new(long_ones)), waits: false }
    }

    /// Bodies of who has proved themselves before they are read.
    pub(super) fn of_known(longest: usize, long_ones: usize) -> Self {
        Self { longest, places: Arc::new(Semaphore::new(long_ones)), waits: true }
    }

    async fn place(&self) -> Result<OwnedSemaphorePermit, Refusal> {
        let places = self.places.clone();
        if self.waits {
            // It is never closed; the door's time bounds the wait.
            places.acquire_owned().await.map_err(|_| Refusal::Crowded)
        } else {
            places.try_acquire_owned().map_err(|_| Refusal::Crowded)
        }
    }

    /// Reads on, keeping nothing, after a body turned out too long; a stranger's is left where it is.
    async fn drop_rest(&self, pieces: &mut BodyDataStream) {
        let mut dropped = 0;
        while self.waits && dropped < DROPPED_BYTES {
            match pieces.next().await {
                Some(Ok(piece)) => dropped += piece.len(),
                Some(Err(_)) | None => return,
            }
        }
    }
}

/// A whole body, no longer than its door takes. It has its place for as long as this lives.
pub(super) struct Whole {
    pub(super) bytes: Vec<u8>,
    _place: Option<OwnedSemaphorePermit>,
}

impl<S: Sync> FromRequest<S> for Whole {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        let takes = request.extensions().get::<Takes>().cloned();
        let takes = takes.unwrap_or_else(|| Takes::of_strangers(ORDINARY_BYTES, 0));
        let announced = announced(request.headers()).unwrap_or(0);
        let mut pieces = request.into_body().into_data_stream();
        if announced > takes.longest {
            takes.drop_rest(&mut pieces).await;
            return Err(Refusal::TooLarge);
        }
        let mut place = None;
        // What is announced may never come: room is made for it as it does.
        let mut bytes = Vec::with_capacity(announced.min(ORDINARY_BYTES));
        while let Some(piece) = pieces.next().await {
            let piece = piece.map_err(|_| Refusal::BrokenBody)?;
            let length = bytes.len() + piece.len();
            if length > takes.longest {
                takes.drop_rest(&mut pieces).await;
                return Err(Refusal::TooLarge);
            }
            if length > ORDINARY_BYTES && place.is_none() {
                place = Some(takes.place().await?);
                bytes.reserve(announced.saturating_sub(bytes.len()));
            }
            bytes.extend_from_slice(&piece);
        }
        Ok(Self { bytes, _place: place })
    }
}

fn announced(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
