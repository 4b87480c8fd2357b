//! Fetches media from outside: only from listed hosts, a credential goes to the API's own host and nowhere
//! else, redirects are followed by hand, and what is held has a bound.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use reqwest::{RequestBuilder, Response};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use url::{Host, Url};

use super::provider::{FetchedMedia, MediaError};
use super::request::{is_loopback, read};
use crate::reach::{Trouble, Watch};

const MAX_REDIRECTS: usize = 5;
/// What all media together may take that is being fetched, or was and is still used, in KiB.
const DOWNLOADS_KIB: u32 = 64 * 1024;

/// What media to take, and from where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaLimits {
    /// The largest part, in bytes.
    pub max_bytes: u64,
    /// For one whole part, redirects included.
    pub timeout: Duration,
    /// Hosts it may be fetched from: names, or `*.name` for everything below a name, in small letters. The
    /// API's own host is always allowed.
    pub hosts: Vec<String>,
}

impl Default for MediaLimits {
    fn default() -> Self {
        Self { max_bytes: 20 * 1024 * 1024, timeout: Duration::from_secs(30), hosts: Vec::new() }
    }
}

/// A file that keeps its room among the downloads until nobody uses it any more.
struct Held {
    bytes: Vec<u8>,
    _room: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Fetches media for a provider.
#[derive(Debug)]
pub(crate) struct Fetcher {
    http: reqwest::Client,
    api: Url,
    limits: MediaLimits,
    /// Room for media that is being fetched or still used, in KiB.
    pub(in crate::sms) downloads: Arc<Semaphore>,
    reach: Watch,
}

impl Fetcher {
    /// One that asks with this client, for the API at this address.
    pub(crate) fn new(http: reqwest::Client, api: Url, limits: MediaLimits, reach: Watch) -> Self {
        Self { http, api, limits, downloads: Arc::new(Semaphore::new(DOWNLOADS_KIB as usize)), reach }
    }

    /// Fetches a part from where `find` says it lies, `authorize` adding the API's credential.
    pub(crate) async fn fetch(
        &self,
        find: impl Future<Output = Result<Url, MediaError>>,
        authorize: impl Fn(RequestBuilder) -> RequestBuilder,
    ) -> Result<FetchedMedia, MediaError> {
        let fetched = async { self.follow(find.await?, authorize).await };
        tokio::time::timeout(self.limits.timeout, fetched).await.map_err(|_| MediaError::TimedOut)?
    }

    async fn follow(
        &self,
        mut url: Url,
        authorize: impl Fn(RequestBuilder) -> RequestBuilder,
    ) -> Result<FetchedMedia, MediaError> {
        for hop in 0..=MAX_REDIRECTS {
            self.allow(&url)?;
            let mut request = self.http.get(url.clone());
            // The CDN signs its addresses and refuses, or keeps, a credential it did not ask for: only the
            // first request carries one, and only to the API.
            let is_api = url.origin() == self.api.origin();
            if hop == 0 && is_api {
                request = authorize(request);
            }
            let answer = request.send().await;
            if is_api {
                self.note(&answer);
            }
            let response = answer.map_err(|error| MediaError::Transport(error.without_url()))?;
            match response.status() {
                status if status.is_success() => return self.take(response).await,
                StatusCode::NOT_FOUND => return Err(MediaError::NotFound),
                status if status.is_redirection() => url = target(&url, &response)?,
                status => return Err(MediaError::Status(status.as_u16())),
            }
        }
        Err(MediaError::TooManyRedirects)
    }

    /// Notes what the head of an answer with a file says, where its body may take as long as it likes. That
    /// one file cannot be had says nothing of the rest of the API: it is a gap, and no failure that messages
    /// have to wait for.
    fn note(&self, head: &Result<Response, reqwest::Error>) {
        match head.as_ref().map(|response| Trouble::of_status(response.status().as_u16())) {
            Ok(None) => self.reach.well(),
            Ok(Some(trouble)) if trouble.is_gap() => self.reach.note_gap(),
            Ok(Some(_)) => {}
            Err(_) => self.reach.failed(Trouble::NoAnswer),
        }
    }

    /// Streams the body once there is room for all of it, and stops as soon as it is too large.
    async fn take(&self, response: Response) -> Result<FetchedMedia, MediaError> {
        let max_bytes = self.limits.max_bytes;
        let too_large = MediaError::TooLarge { max_bytes };
        // Where the server does not say how large it is, it is taken for as large as it may be.
        let length = response.content_length().unwrap_or(max_bytes);
        if length > max_bytes {
            return Err(too_large);
        }
        let kib = u32::try_from(length.div_ceil(1024)).map_or(DOWNLOADS_KIB, |kib| kib.min(DOWNLOADS_KIB));
        let room = Arc::clone(&self.downloads).acquire_many_owned(kib).await;
        // It is never closed.
        let room = room.map_err(|_| MediaError::TimedOut)?;
        let content_type = response
            .headers()
            .get(http::header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split(';').next())
            .map(|value| value.trim().to_ascii_lowercase())
            .filter(|value| !value.is_empty() && value.len() <= 100)
            .unwrap_or_else(|| "application/octet-stream".to_owned());
        let max = usize::try_from(max_bytes).unwrap_or(usize::MAX);
        let bytes = read(response, max).await.map_err(MediaError::BrokeOff)?.ok_or(too_large)?;
        Ok(FetchedMedia { bytes: Bytes::from_owner(Held { bytes, _room: room }), content_type })
    }

    /// Addresses come from outside and must not make us ask our own network.
    fn allow(&self, url: &Url) -> Result<(), MediaError> {
        let api = &self.api;
        let plain = url.username().is_empty() && url.password().is_none();
        // Only an API on this very machine, which is the simulator or a test, may do without encryption.
        let scheme = match url.scheme() {
            "https" => true,
            "http" => api.scheme() == "http" && is_loopback(api) && is_loopback(url),
            _ => false,
        };
        let host = url.origin() == api.origin()
            || match url.host() {
                Some(Host::Domain(name)) => self.limits.hosts.iter().any(|rule| matches(rule, name)),
                Some(address) => self.limits.hosts.contains(&address.to_string()),
                None => false,
            };
        if plain && scheme && host { Ok(()) } else { Err(MediaError::NotAllowed) }
    }
}

fn target(from: &Url, response: &Response) -> Result<Url, MediaError> {
    let location = response.headers().get(http::header::LOCATION).and_then(|value| value.to_str().ok());
    location.and_then(|location| from.join(location).ok()).ok_or(MediaError::NotAllowed)
}

fn matches(rule: &str, name: &str) -> bool {
    let name = name.trim_end_matches('.');
    match rule.strip_prefix("*.") {
        Some(parent) => {
            name.strip_suffix(parent).is_some_and(|below| below.len() > 1 && below.ends_with('.'))
        }
        None => name.eq_ignore_ascii_case(rule),
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_rule_with_a_star_means_everything_below_and_nothing_beside() {
        let table = [
            ("*.cdn.test", "a.cdn.test", true),
            ("*.cdn.test", "a.b.cdn.test", true),
            ("*.cdn.test", "a.cdn.test.", true),
            ("*.cdn.test", "cdn.test", false),
            ("*.cdn.test", ".cdn.test", false),
            ("*.cdn.test", "evilcdn.test", false),
            ("*.cdn.test", "cdn.test.evil.test", false),
            ("cdn.test", "cdn.test", true),
            ("cdn.test", "a.cdn.test", false),
        ];
        for (rule, name, expected) in table {
            assert_eq!(matches(rule, name), expected, "{rule} {name}");
        }
    }
}
