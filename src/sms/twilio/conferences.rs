//! Twilio's Conferences API: the conference that the phones of a call are in, and who is on hold in it.
//!
//! Source: <https://www.twilio.com/docs/voice/api/conference-resource>,
//! <https://www.twilio.com/docs/voice/api/conference-participant-resource>.

use http::StatusCode;
use serde::Deserialize;

use super::client::{MAX_ANSWER_BYTES, TwilioClient};
use super::reply::refusal;
use super::wire::is_sid;
use crate::sms::provider::ListError;
use crate::sms::request::Answer;

/// A conference's entry in a list is about a kilobyte.
const MAX_PAGE_BYTES: usize = 64 * 1024;

/// The name of a call's conference at the provider.
pub(super) fn friendly_name(conference: &str) -> String {
    // The name is ours; whatever could end the element that holds it is left out.
    let name: String = conference.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    format!("switchroom-{name}")
}

#[derive(Deserialize)]
struct Entry {
    sid: String,
}

#[derive(Deserialize)]
struct Page {
    conferences: Vec<Entry>,
}

impl TwilioClient {
    /// Puts a phone on hold in its conference, or takes it off it. False if it is in none.
    pub(super) async fn hold_in(&self, conference: &str, sid: &str, on: bool) -> Result<bool, ListError> {
        if !is_sid(sid) {
            return Err(ListError::BadSid);
        }
        match self.conference(&friendly_name(conference)).await? {
            Some(conference) => self.update_participant(&conference, sid, on).await,
            None => Ok(false),
        }
    }

    /// `GET /2010-04-01/Accounts/{AccountSid}/Conferences.json`: the one of a name that goes on.
    async fn conference(&self, name: &str) -> Result<Option<String>, ListError> {
        let query = [("FriendlyName", name), ("Status", "in-progress"), ("PageSize", "1")];
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
        let request = self.http.get(format!("{}/Conferences.json?{query}", self.account_url));
        let answer = self.request(request, MAX_PAGE_BYTES, self.config.timeouts.late).await;
        let Answer { status, body, .. } = answer.map_err(ListError::Transport)?;
        let body = body?;
        if !status.is_success() {
            return Err(refusal(status, &body));
        }
        let page: Page = serde_json::from_slice(&body).map_err(ListError::Unreadable)?;
        Ok(page.conferences.into_iter().map(|found| found.sid).find(|sid| is_sid(sid)))
    }

    /// `POST /2010-04-01/Accounts/{AccountSid}/Conferences/{ConferenceSid}/Participants/{CallSid}.json`
    async fn update_participant(&self, conference: &str, sid: &str, on: bool) -> Result<bool, ListError> {
        let url = format!("{}/Conferences/{conference}/Participants/{sid}.json", self.account_url);
        let request = self.http.post(url).form(&[("Hold", on)]);
        let answer = self.request(request, MAX_ANSWER_BYTES, self.config.timeouts.late).await;
        let Answer { status, body, .. } = answer.map_err(ListError::Transport)?;
        if status.is_success() {
            return Ok(true);
        }
        if status == StatusCode::NOT_FOUND {
            return Ok(false);
        }
        Err(refusal(status, &body.unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests;
