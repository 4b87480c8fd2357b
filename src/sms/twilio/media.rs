//! Fetches media: the credential goes to the API's own host and nowhere else, redirects are followed by hand.

use std::sync::Arc;

use bytes::Bytes;
use http::StatusCode;
use reqwest::Response;
use secrecy::ExposeSecret as _;
use tokio::sync::OwnedSemaphorePermit;
use url::{Host, Url};

use super::client::{TwilioClient, is_loopback, read};
use crate::domain::input::listed_at;
use crate::sms::provider::{FetchedMedia, MediaError};

const MAX_REDIRECTS: usize = 5;
/// What all media together may take that is being fetched, or was and is still used, in KiB.
pub(super) const DOWNLOADS_KIB: u32 = 64 * 1024;

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

impl TwilioClient {
    pub(super) async fn fetch(&self, url: &Url) -> Result<FetchedMedia, MediaError> {
        let fetched = async {
            match listed_at(url.as_str()) {
                Some((sid, number)) => self.fetch_following(&self.listed(sid, number).await?).await,
                None => self.fetch_following(url).await,
            }
        };
        tokio::time::timeout(self.config.timeouts.media, fetched).await.map_err(|_| MediaError::TimedOut)?
    }

    /// Where a part lies that is named by its message.
    async fn listed(&self, sid: &str, number: u32) -> Result<Url, MediaError> {
        let parts = self.media_pages(sid).await.map_err(MediaError::List)?;
        let part = (1..).zip(parts).find(|(place, _)| *place == number);
        part.map(|(_, part)| part.url).ok_or(MediaError::NotFound)
    }

    async fn fetch_following(&self, url: &Url) -> Result<FetchedMedia, MediaError> {
        let mut url = url.clone();
        for hop in 0..=MAX_REDIRECTS {
            self.allow(&url)?;
            let mut request = self.http.get(url.clone());
            // The CDN signs its addresses and refuses, or keeps, a credential it did not ask for: only the first
            // request carries one, and only to the API.
            let is_api = url.origin() == self.config.api_url.origin();
            if hop == 0 && is_api {
                let token = self.config.auth_token.expose_secret();
                request = request.basic_auth(&self.config.account_sid, Some(token));
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

    /// Streams the body once there is room for all of it, and stops as soon as it is too large.
    async fn take(&self, response: Response) -> Result<FetchedMedia, MediaError> {
        let max_bytes = self.config.media.max_bytes;
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
        let bytes = read(response, max).await.map_err(MediaError::Transport)?.ok_or(too_large)?;
        Ok(FetchedMedia { bytes: Bytes::from_owner(Held { bytes, _room: room }), content_type })
    }

    /// Addresses come from outside and must not make us ask our own network.
    fn allow(&self, url: &Url) -> Result<(), MediaError> {
        let api = &self.config.api_url;
        let plain = url.username().is_empty() && url.password().is_none();
        // Only an API on this very machine, which is the simulator or a test, may do without encryption.
        let scheme = match url.scheme() {
            "https" => true,
            "http" => api.scheme() == "http" && is_loopback(api) && is_loopback(url),
            _ => false,
        };
        let host = url.origin() == api.origin()
            || match url.host() {
                Some(Host::Domain(name)) => self.config.media.hosts.iter().any(|rule| matches(rule, name)),
                Some(address) => self.config.media.hosts.contains(&address.to_string()),
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
