//! Twilio's Calls API: calls phones into a conference, and reads where calls stand.
//!
//! Source: <https://www.twilio.com/docs/voice/api/call-resource>,
//! <https://www.twilio.com/docs/voice/twiml/conference>.

use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use http::StatusCode;
use serde::Deserialize;

use super::client::{MAX_ANSWER_BYTES, TwilioClient};
use super::conferences::friendly_name;
use super::reply::{refusal, refused};
use super::status::progress;
use super::wire::is_sid;
use crate::clock::Millis;
use crate::domain::call::Progress;
use crate::domain::reply::PartState;
use crate::sms::calls::{CallSeen, OutgoingCall};
use crate::sms::provider::{Calls, ListError, SendOutcome};
use crate::sms::request::{Answer, accepted, not_answered, number_or_text};

/// For how many seconds a phone rings: shorter than most mailboxes take to answer.
const RINGS_SECS: &str = "25";
/// What is reported of a call.
const EVENTS: [&str; 4] = ["initiated", "ringing", "answered", "completed"];
/// How many calls between two numbers are looked at.
const PAGE_SIZE: &str = "50";
const MAX_PAGE_BYTES: usize = 1024 * 1024;

/// What a phone does that is called: it comes into the conference, which ends when it leaves.
fn twiml(conference: &str) -> String {
    let name = friendly_name(conference);
    format!(
        "<Response><Dial><Conference beep=\"false\" startConferenceOnEnter=\"true\" \
         endConferenceOnExit=\"true\">{name}</Conference></Dial></Response>"
    )
}

#[derive(Deserialize)]
struct Entry {
    sid: String,
    status: Option<String>,
    #[serde(default, deserialize_with = "number_or_text")]
    duration: Option<u32>,
    date_created: Option<String>,
}

#[derive(Deserialize)]
struct Page {
    calls: Vec<Entry>,
}

impl Entry {
    fn seen(self) -> Option<CallSeen> {
        let parser = jiff::fmt::rfc2822::DateTimeParser::new();
        let created = self.date_created.and_then(|text| parser.parse_timestamp(text).ok());
        let progress = self.status.as_deref().and_then(progress);
        Some(CallSeen {
            sid: Some(self.sid).filter(|sid| is_sid(sid))?,
            secs: self.duration.map(u64::from).filter(|_| progress.is_some_and(Progress::is_over)),
            progress,
            created: Millis(created.map_or(i64::MIN, jiff::Timestamp::as_millisecond)),
        })
    }
}

fn created(body: &[u8]) -> Option<(String, Option<PartState>)> {
    let created: Entry = serde_json::from_slice(body).ok()?;
    is_sid(&created.sid).then_some((created.sid, None))
}

impl TwilioClient {
    /// `POST /2010-04-01/Accounts/{AccountSid}/Calls.json`
    async fn call(&self, call: &OutgoingCall) -> SendOutcome {
        let twiml = twiml(&call.conference);
        let mut form = vec![("From", &*call.from), ("To", &*call.to), ("Twiml", &*twiml)];
        form.extend([("Timeout", RINGS_SECS), ("StatusCallback", call.callback.as_str())]);
        form.extend(EVENTS.map(|event| ("StatusCallbackEvent", event)));
        let request = self.http.post(format!("{}/Calls.json", self.account_url)).form(&form);
        match self.request(request, MAX_ANSWER_BYTES, self.config.timeouts.late).await {
            Ok(Answer { status, body, .. }) if status.is_success() => {
                accepted(status, body.ok().as_deref(), created)
            }
            Ok(Answer { status, headers, body }) => refused(status, &headers, body.ok().as_deref()),
            Err(error) => not_answered(&error),
        }
    }

    /// `GET /2010-04-01/Accounts/{AccountSid}/Calls/{CallSid}.json`
    async fn call_of(&self, sid: &str) -> Result<Option<CallSeen>, ListError> {
        if !is_sid(sid) {
            return Err(ListError::BadSid);
        }
        let request = self.http.get(format!("{}/Calls/{sid}.json", self.account_url));
        // Nobody waits for it, so that it is never late.
        let answer = self.request(request, MAX_ANSWER_BYTES, Duration::MAX).await;
        let Answer { status, body, .. } = answer.map_err(ListError::Transport)?;
        let body = body?;
        if status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        if !status.is_success() {
            return Err(refusal(status, &body));
        }
        let entry: Entry = serde_json::from_slice(&body).map_err(ListError::Unreadable)?;
        Ok(entry.seen())
    }

    /// `GET /2010-04-01/Accounts/{AccountSid}/Calls.json`, newest first. `StartTime` is no filter for this:
    /// it counts in days, and is null for a call that nobody answered.
    async fn calls_between(&self, from: &str, to: &str, since: Millis) -> Result<Vec<CallSeen>, ListError> {
        let query = [("From", from), ("To", to), ("PageSize", PAGE_SIZE)];
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
        let request = self.http.get(format!("{}/Calls.json?{query}", self.account_url));
        let answer = self.request(request, MAX_PAGE_BYTES, Duration::MAX).await;
        let Answer { status, body, .. } = answer.map_err(ListError::Transport)?;
        let body = body?;
        if !status.is_success() {
            return Err(refusal(status, &body));
        }
        let page: Page = serde_json::from_slice(&body).map_err(ListError::Unreadable)?;
        // Providers keep times to the second.
        let since = Millis(since.0.div_euclid(1000) * 1000);
        let seen = page.calls.into_iter().filter_map(Entry::seen);
        Ok(seen.filter(|seen| seen.created >= since).collect())
    }

    /// `POST /2010-04-01/Accounts/{AccountSid}/Calls/{CallSid}.json` with `Status=completed`, which ends a
    /// call that rings too.
    async fn end_call(&self, sid: &str) -> Result<(), ListError> {
        if !is_sid(sid) {
            return Err(ListError::BadSid);
        }
        let url = format!("{}/Calls/{sid}.json", self.account_url);
        let request = self.http.post(url).form(&[("Status", "completed")]);
        let answer = self.request(request, MAX_ANSWER_BYTES, self.config.timeouts.late).await;
        let Answer { status, body, .. } = answer.map_err(ListError::Transport)?;
        // 400 and 404: it is over, or gone.
        if status.is_success() || matches!(status, StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND) {
            return Ok(());
        }
        Err(refusal(status, &body.unwrap_or_default()))
    }
}

impl Calls for TwilioClient {
    fn place<'a>(&'a self, call: &'a OutgoingCall) -> BoxFuture<'a, SendOutcome> {
        self.call(call).boxed()
    }

    fn look<'a>(&'a self, sid: &'a str) -> BoxFuture<'a, Result<Option<CallSeen>, ListError>> {
        self.call_of(sid).boxed()
    }

    fn list_calls<'a>(
        &'a self,
        from: &'a str,
        to: &'a str,
        since: Millis,
    ) -> BoxFuture<'a, Result<Vec<CallSeen>, ListError>> {
        self.calls_between(from, to, since).boxed()
    }

    fn hold<'a>(
        &'a self,
        conference: &'a str,
        sid: &'a str,
        on: bool,
    ) -> BoxFuture<'a, Result<bool, ListError>> {
        self.hold_in(conference, sid, on).boxed()
    }

    fn hang_up<'a>(&'a self, sid: &'a str) -> BoxFuture<'a, Result<(), ListError>> {
        self.end_call(sid).boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_conference_cannot_end_its_element() {
        let twiml = twiml("i-7f3k2</Conference><Say>hi</Say>&\"");
        assert!(twiml.contains(">switchroom-i-7f3k2ConferenceSayhiSay</Conference>"), "{twiml}");
    }

    #[test]
    fn a_call_of_a_list_is_read() {
        let json = r#"{"sid":"CA1","status":"completed","duration":"16","date_created":"Tue, 14 Nov 2023 22:13:20 +0000"}"#;
        let seen = serde_json::from_str::<Entry>(json).unwrap().seen().unwrap();
        let created = Millis(1_700_000_000_000);
        let whole =
            CallSeen { sid: "CA1".to_owned(), progress: Some(Progress::Completed), secs: Some(16), created };
        assert_eq!(seen, whole);
        let json = r#"{"sid":"CA1","status":"ringing","duration":"0","date_created":null}"#;
        let seen = serde_json::from_str::<Entry>(json).unwrap().seen().unwrap();
        assert_eq!((seen.progress, seen.secs), (Some(Progress::Ringing), None));
        assert!(serde_json::from_str::<Entry>(r#"{"sid":"../x"}"#).unwrap().seen().is_none());
    }
}
