//! `GET /media/{token}/{name}`: a picture or file that is ready for a phone, for the provider that sends it
//! and for a contact who was given a link.
//!
//! The link is the permission: nothing is looked up before its signature and time are found right, and there
//! is no other way to a file. What is sent is read piece by piece, for a few at a time. A file says what it
//! is and is not to be run: whatever an agent posted, no browser does anything with it here.
//!
//! <https://www.rfc-editor.org/rfc/rfc9110#name-range-requests>

use std::io;
use std::ops::Range;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequestParts, Path, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use futures_util::stream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::edge::Edge;
use super::refusal::Refusal;
use crate::store::media_out::{self, File, PIECE_BYTES};
use crate::store::{Store, StoreError};

/// How many files are sent at once; more wait, for as long as the door has time.
const AT_ONCE: usize = 24;
/// What is opened here may do nothing.
const POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; sandbox");
const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");

/// The door.
pub(super) fn routes() -> Router<Arc<Edge>> {
    let places = Places(Arc::new(Semaphore::new(AT_ONCE)));
    // What is asked for by HEAD is answered by the same, without the body.
    Router::new().route("/media/{token}/{name}", get(serve)).layer(Extension(places))
}

/// The places of those to whom a file is sent.
#[derive(Clone)]
struct Places(Arc<Semaphore>);

/// The id of the file that a link leads to. The link was looked at, and holds.
struct Linked(String);

impl FromRequestParts<Arc<Edge>> for Linked {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, edge: &Arc<Edge>) -> Result<Self, Refusal> {
        let path = Path::<(String, String)>::from_request_parts(parts, edge).await;
        let Ok(Path((token, name))) = path else { return Err(Refusal::NoSuchPath) };
        Ok(Self(edge.link_key.open(&token, &name, edge.clock.now())?))
    }
}

/// `GET /media/{token}/{name}`, and `HEAD`.
async fn serve(
    State(edge): State<Arc<Edge>>,
    Linked(id): Linked,
    Extension(Places(places)): Extension<Places>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    // It is never closed.
    let place = places.acquire_owned().await.map_err(|_| Refusal::Crowded)?;
    let found = async { media_out::by_id(&mut *edge.store.connection().await?, &id).await };
    let file = found.await.map_err(Refusal::NotRead)?.ok_or(Refusal::NoSuchFile)?;
    let whole = u64::try_from(file.bytes).unwrap_or(0);
    let tag = format!("\"{id}\"");
    let wanted = match asked(&headers, &tag, whole) {
        Asked::Whole => (StatusCode::OK, 0..whole),
        Asked::Part(range) => (StatusCode::PARTIAL_CONTENT, range),
        Asked::Nowhere => {
            let of = format!("bytes */{whole}");
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, [(header::CONTENT_RANGE, of)]).into_response());
        }
    };
    Ok(answer(&file, &tag, wanted, edge.store.clone(), place))
}

fn answer(
    file: &File,
    tag: &str,
    (status, range): (StatusCode, Range<u64>),
    store: Store,
    place: OwnedSemaphorePermit,
) -> Response {
    let text = |text: String| HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""));
    let is_shown = ["image/", "audio/", "video/"].iter().any(|shown| file.mime.starts_with(shown));
    let how = if is_shown { "inline" } else { "attachment" };
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, text(file.mime.clone()));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(range.end - range.start));
    headers.insert(header::CONTENT_DISPOSITION, text(format!("{how}; filename=\"{}\"", file.name)));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::ETAG, text(tag.to_owned()));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(ROBOTS, HeaderValue::from_static("noindex"));
    if status == StatusCode::PARTIAL_CONTENT {
        let of = format!("bytes {}-{}/{}", range.start, range.end.saturating_sub(1), file.bytes);
        headers.insert(header::CONTENT_RANGE, text(of));
    }
    let sent = Sending { store, id: file.id.clone(), left: range, _place: place };
    (status, headers, Body::from_stream(stream::unfold(Some(sent), Sending::next))).into_response()
}

/// What of a file is asked for.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    /// All of it.
    Whole,
    /// These bytes.
    Part(Range<u64>),
    /// Bytes that there are not.
    Nowhere,
}

/// What of a file of so many bytes is asked for. Several ranges at once, and whatever is no range, are
/// answered with the whole, as is a range of what the file was before.
fn asked(headers: &HeaderMap, tag: &str, whole: u64) -> Asked {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if text(header::IF_RANGE).is_some_and(|known| known != tag) {
        return Asked::Whole;
    }
    let range = text(header::RANGE).and_then(|range| range.strip_prefix("bytes="));
    let Some((first, last)) = range.and_then(|range| range.split_once('-')) else { return Asked::Whole };
    let number = |digits: &str| {
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        // One too large to be read is beyond the end.
        is_number.then(|| digits.parse().unwrap_or(u64::MAX))
    };
    let range = match (number(first.trim()), number(last.trim())) {
        (None, Some(from_end)) if first.trim().is_empty() => whole.saturating_sub(from_end)..whole,
        (Some(first), None) if last.trim().is_empty() => first..whole,
        (Some(first), Some(last)) if first <= last => first..last.saturating_add(1).min(whole),
        _ => return Asked::Whole,
    };
    if range.is_empty() { Asked::Nowhere } else { Asked::Part(range) }
}

/// A file that is being sent, and what of it is left.
struct Sending {
    store: Store,
    id: String,
    left: Range<u64>,
    _place: OwnedSemaphorePermit,
}

impl Sending {
    /// The next piece; no connection of the database is held while it is on its way.
    async fn next(sending: Option<Self>) -> Option<(io::Result<Bytes>, Option<Self>)> {
        let mut sending = sending.filter(|sending| !sending.left.is_empty())?;
        match sending.piece().await {
            Ok(Some(piece)) => Some((Ok(piece), Some(sending))),
            // It was erased meanwhile. The answer breaks off, so that nobody takes it for the whole.
            Ok(None) => Some((Err(io::ErrorKind::UnexpectedEof.into()), None)),
            Err(error) => Some((Err(io::Error::other(error)), None)),
        }
    }

    async fn piece(&mut self) -> Result<Option<Bytes>, StoreError> {
        let size = PIECE_BYTES as u64;
        let number = self.left.start / size;
        let piece = {
            let mut conn = self.store.connection().await?;
            media_out::piece(&mut conn, &self.id, i64::try_from(number).unwrap_or(i64::MAX)).await?
        };
        let Some(piece) = piece.map(Bytes::from) else { return Ok(None) };
        let begins = usize::try_from(self.left.start - number * size).unwrap_or(usize::MAX);
        let length = usize::try_from(self.left.end - self.left.start).unwrap_or(usize::MAX);
        let ends = begins.saturating_add(length).min(piece.len());
        if begins >= ends {
            return Ok(None);
        }
        let piece = piece.slice(begins..ends);
        self.left.start += piece.len() as u64;
        Ok(Some(piece))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(range: &str) -> Asked {
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, range.parse().unwrap());
        asked(&headers, "\"tag\"", 1000)
    }

    #[test]
    fn a_range_is_read_as_the_standard_says_and_what_is_none_asks_for_the_whole() {
        assert_eq!(asked(&HeaderMap::new(), "", 1000), Asked::Whole);
        for (range, expected) in [
            ("bytes=0-0", 0..1),
            ("bytes=0-", 0..1000),
            ("bytes=10-19", 10..20),
            ("bytes=990-5000", 990..1000),
            ("bytes=-10", 990..1000),
            ("bytes=-5000", 0..1000),
            ("bytes=999-99999999999999999999999", 999..1000),
        ] {
            assert_eq!(of(range), Asked::Part(expected), "{range}");
        }
        for range in ["bytes=1000-", "bytes=5000-6000", "bytes=-0", "bytes=99999999999999999999999-"] {
            assert_eq!(of(range), Asked::Nowhere, "{range}");
        }
        for range in
            ["bytes=5-4", "bytes=", "bytes=-", "bytes=a-b", "bytes=+1-2", "bytes=0-1,5-6", "items=0-1", "0-1"]
        {
            assert_eq!(of(range), Asked::Whole, "{range}");
        }
    }

    #[test]
    fn a_range_of_another_file_asks_for_the_whole() {
        for (known, expected) in [("\"tag\"", Asked::Part(0..1)), ("\"other\"", Asked::Whole)] {
            let mut headers = HeaderMap::new();
            headers.insert(header::RANGE, "bytes=0-0".parse().unwrap());
            headers.insert(header::IF_RANGE, known.parse().unwrap());
            assert_eq!(asked(&headers, "\"tag\"", 1000), expected, "{known}");
        }
    }
}
