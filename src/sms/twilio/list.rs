//! Twilio's lists: of messages, and of the media of one.

use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use url::Url;

use super::address::{from_wire, to_wire};
use super::client::TwilioClient;
use super::reply::ErrorBody;
use super::status::{Status, part_state};
use super::wire::is_sid;
use crate::clock::{Clock, Millis};
use crate::sms::provider::{Direction, ListError, ListPage, ListQuery, ListedMessage, Listing};
use crate::sms::request::{Answer, number_or_text};

pub(super) const PAGE_SIZE: &str = "500";
/// 20 pages of 500 messages: more than an outage leaves behind, and little enough to hold.
pub(super) const MAX_PAGES: usize = 20;
/// More than the parts of any message.
const MAX_MEDIA_PAGES: usize = 4;
const MAX_PAGE_BYTES: usize = 16 * 1024 * 1024;

/// A media part, as the list of a message's media shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedPart {
    /// Where it lies.
    pub url: Url,
    /// What Twilio says it is.
    pub content_type: String,
}

impl TwilioClient {
    /// A page of the messages from now on: there are few, and the first page ends with one that is older.
    pub(super) async fn ask_for_little(&self) -> Result<(), ListError> {
        let query = ListQuery { since: Some(Clock::default().now()), ..ListQuery::default() };
        self.messages_page(&query, None).await.map(drop)
    }

    /// `GET /2010-04-01/Accounts/{AccountSid}/Messages.json`
    ///
    /// `DateSent` is no filter for this: it counts in days and is null for what was never sent. The list is
    /// newest first, so a page made wholly before `since` ends it.
    pub(super) async fn messages_page(
        &self,
        query: &ListQuery,
        next: Option<&str>,
    ) -> Result<ListPage, ListError> {
        let url = match next {
            Some(next) => self.next_page(next)?,
            None => self.first_page(query),
        };
        let MessagesPage { messages: entries, next_page_uri } = self.page(&url).await?;
        let since = query.since.map_or(Millis(i64::MIN), |since| Millis(since.0.div_euclid(1000) * 1000));
        let (mut messages, mut unreadable, mut older) = (Vec::with_capacity(entries.len()), 0, 0);
        let mut made_before = None;
        for entry in entries {
            // One entry that makes no sense must not hide the others.
            let entry = serde_json::from_str::<Entry>(entry.get()).ok();
            let Some(message) = entry.and_then(|entry| entry.into_message(made_before)) else {
                unreadable += 1;
                continue;
            };
            made_before = Some(message.date_created);
            if message.date_created >= since { messages.push(message) } else { older += 1 }
        }
        let is_past_it = messages.is_empty() && older > 0;
        Ok(ListPage { messages, unreadable, next: next_page_uri.filter(|_| !is_past_it) })
    }

    fn first_page(&self, query: &ListQuery) -> String {
        let mut url = format!("{}/Messages.json?PageSize={PAGE_SIZE}", self.account_url);
        for (name, number) in [("To", &query.to), ("From", &query.from)] {
            if let Some(number) = number {
                let value: String =
                    url::form_urlencoded::byte_serialize(to_wire(number).as_bytes()).collect();
                url.extend(["&", name, "=", &value]);
            }
        }
        url
    }

    pub(super) async fn list_pages(&self, query: ListQuery) -> Result<Listing, ListError> {
        let (mut listing, mut next) = (Listing::default(), None);
        for _ in 0..MAX_PAGES {
            let page = self.messages_page(&query, next.as_deref()).await?;
            listing.messages.extend(page.messages);
            next = page.next;
            if next.is_none() {
                listing.complete = true;
                break;
            }
        }
        Ok(listing)
    }

    /// The media parts of one message: `GET
    /// /2010-04-01/Accounts/{AccountSid}/Messages/{MessageSid}/Media.json`
    ///
    /// # Errors
    /// Where the list could not be read; nothing was changed anywhere.
    pub async fn media_list(&self, sid: &str) -> Result<Vec<ListedPart>, ListError> {
        if !is_sid(sid) {
            return Err(ListError::BadSid);
        }
        let mut url = format!("{}/Messages/{sid}/Media.json?PageSize=50", self.account_url);
        let mut entries = Vec::new();
        for _ in 0..MAX_MEDIA_PAGES {
            let page: MediaPage = self.page(&url).await?;
            entries.extend(page.media_list);
            match page.next_page_uri {
                Some(next) => url = self.next_page(&next)?,
                None => break,
            }
        }
        let part = |entry: MediaEntry| {
            let (path, _) = entry.uri.rsplit_once(".json").unwrap_or((&entry.uri, ""));
            let url = self.next_page(path)?;
            let url = Url::parse(&url).map_err(|_| ListError::WrongHost)?;
            Ok(ListedPart { url, content_type: entry.content_type })
        };
        entries.into_iter().map(part).collect()
    }

    async fn page<T: DeserializeOwned>(&self, url: &str) -> Result<T, ListError> {
        let request = self.http.get(url);
        // A list is never late: that would have it read again, and a provider that takes its time be asked
        // for ever.
        let Answer { status, body, .. } =
            self.request(request, MAX_PAGE_BYTES, Duration::MAX).await.map_err(ListError::Transport)?;
        let body = body?;
        if !status.is_success() {
            let error = ErrorBody::read(&body);
            return Err(ListError::Refused {
                status: status.as_u16(),
                code: error.code,
                why: error.words(status),
            });
        }
        serde_json::from_slice(&body).map_err(ListError::Unreadable)
    }

    /// An address the provider gave, made whole; the credential goes with it, so it must be on the API's own
    /// host.
    fn next_page(&self, uri: &str) -> Result<String, ListError> {
        let url = self.config.api_url.join(uri).map_err(|_| ListError::WrongHost)?;
        let same = url.origin() == self.config.api_url.origin() && url.username().is_empty();
        if same { Ok(url.into()) } else { Err(ListError::WrongHost) }
    }
}

#[derive(Deserialize)]
struct MessagesPage {
    messages: Vec<Box<RawValue>>,
    next_page_uri: Option<String>,
}

#[derive(Deserialize)]
struct MediaPage {
    media_list: Vec<MediaEntry>,
    next_page_uri: Option<String>,
}

#[derive(Deserialize)]
struct MediaEntry {
    content_type: String,
    uri: String,
}

#[derive(Deserialize)]
struct Entry {
    sid: String,
    direction: Option<String>,
    from: Option<String>,
    to: Option<String>,
    body: Option<String>,
    status: Option<String>,
    #[serde(default, deserialize_with = "number_or_text")]
    num_media: Option<u32>,
    #[serde(default, deserialize_with = "number_or_text")]
    error_code: Option<u32>,
    date_created: Option<String>,
}

impl Entry {
    /// The message, if one can be made of it. One without a time is of the time of the one before it.
    fn into_message(self, made_before: Option<Millis>) -> Option<ListedMessage> {
        let is_inbound = self.direction.as_deref() == Some("inbound");
        let direction = if is_inbound { Direction::Inbound } else { Direction::Outbound };
        let created = self.date_created.and_then(|text| {
            jiff::fmt::rfc2822::DateTimeParser::new()
                .parse_timestamp(text)
                .ok()
                .map(|at| Millis(at.as_millisecond()))
        });
        let (from, to) = (self.from.unwrap_or_default(), self.to.unwrap_or_default());
        if is_inbound && (from.is_empty() || to.is_empty()) {
            return None;
        }
        Some(ListedMessage {
            sid: Some(self.sid).filter(|sid| is_sid(sid))?,
            direction,
            // Messages sent through a messaging service have no sender until one is picked.
            from: from_wire(&from),
            to: from_wire(&to),
            body: self.body.unwrap_or_default(),
            num_media: self.num_media.unwrap_or(0),
            state: self
                .status
                .as_deref()
                .and_then(Status::parse)
                .and_then(|status| part_state(status, self.error_code)),
            date_created: created.or(made_before)?,
        })
    }
}
