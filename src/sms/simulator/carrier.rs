//! What happens between phone and bridge: texts are handed over by webhook, messages make their way and are
//! reported.

use std::time::Duration;

use futures_util::StreamExt as _;
use secrecy::ExposeSecret as _;

use super::faults::PostFault;
use super::log::LogWhat;
use super::resource;
use super::rules::{self, Keyword};
use super::server::Simulator;
use super::state::{Blob, Draft, Handed, Kind, Message};
use super::text::{Attachment, MAX_MEDIA_BYTES};
use crate::sms::twilio::Status;
use crate::sms::twilio::signature;

/// A text is offered this often before the simulator gives up: for about five minutes.
const MAX_ATTEMPTS: u32 = 16;
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// What Twilio notes where a webhook or a picture could not be had.
const HTTP_FAILURE: u32 = 11200;
/// What it notes where the pictures of a message are too large together.
const TOO_LARGE: u32 = 11751;
/// What it notes where a picture is of a type that it does not take, or of none.
const BAD_TYPE: u32 = 12300;
/// How the types begin that it takes.
const CARRIED: [&str; 5] = ["image/", "audio/", "video/", "text/", "application/pdf"];

impl Simulator {
    /// Takes up what was under way when the program ended.
    pub(super) fn resume(&self) {
        let messages: Vec<Message> = self.state().messages.values().cloned().collect();
        for message in messages {
            match message.kind {
                Kind::FromPhone if message.handed == Handed::Waiting => self.hand_over(&message),
                Kind::ToPhone | Kind::AutoReply if !message.status.is_final() => self.carry(&message),
                _ => {}
            }
        }
    }

    /// Puts a text in its phone's lane, and starts the lane if it stands still.
    pub(super) fn hand_over(&self, message: &Message) {
        let mut state = self.state();
        let lane = state.lanes.entry(message.phone.clone()).or_default();
        lane.push_back(message.seq);
        if lane.len() == 1 {
            let (simulator, phone) = (self.clone(), message.phone.clone());
            self.spawn(async move { simulator.run_lane(&phone).await });
        }
    }

    async fn run_lane(&self, phone: &str) {
        loop {
            let head = self.state().lanes.get(phone).and_then(|lane| lane.front().copied());
            let Some(seq) = head else { return };
            let handed = self.offer(seq).await;
            if let Some(handed) = handed {
                self.change_message(seq, |message| {
                    message.handed = handed;
                    if handed == Handed::GivenUp {
                        message.error_code = Some(HTTP_FAILURE);
                    }
                })
                .await;
            }
            let mut state = self.state();
            // Looking and removing under one lock: a text that comes meanwhile finds either the lane or none.
            if let Some(lane) = state.lanes.get_mut(phone) {
                lane.pop_front();
                if lane.is_empty() {
                    state.lanes.remove(phone);
                    return;
                }
            }
        }
    }

    /// Posts a text until it is taken; `None` where a fault keeps it from being posted at all.
    async fn offer(&self, seq: u64) -> Option<Handed> {
        let message = self.state().messages.get(&seq).cloned()?;
        let params = self.inbound_params(&message);
        let fault = self.0.faults.inbound_fault().await;
        if fault == PostFault::Dropped {
            return None;
        }
        let url = self.0.config.inbound_url.to_string();
        let mut wait = FIRST_WAIT;
        for _ in 0..MAX_ATTEMPTS {
            let answer = self.post(&url, &params).await;
            self.record(&message, LogWhat::Webhook { answer });
            match answer {
                Some(200..=299) => {
                    if fault == PostFault::Twice {
                        let answer = self.post(&url, &params).await;
                        self.record(&message, LogWhat::Webhook { answer });
                    }
                    return Some(Handed::Taken);
                }
                // Refused for good: another attempt would be refused too.
                Some(400..=428 | 430..=499) => return Some(Handed::GivenUp),
                _ => tokio::time::sleep(wait).await,
            }
            wait = (wait * 2).min(LONGEST_WAIT);
        }
        Some(Handed::GivenUp)
    }

    fn inbound_params(&self, message: &Message) -> Vec<(String, String)> {
        let config = &self.0.config;
        let [city, state, zip, country] = rules::place(&message.phone);
        let [to_city, to_state, to_zip, to_country] = rules::place(&message.ours);
        let segments = resource::segments(&message.body).to_string();
        let num_media = message.media.len().to_string();
        let mut params = vec![
            ("ToCountry", to_country),
            ("ToState", to_state),
            ("ToCity", to_city),
            ("ToZip", to_zip),
            ("FromCountry", country),
            ("FromState", state),
            ("FromCity", city),
            ("FromZip", zip),
            ("SmsMessageSid", &message.sid),
            ("SmsSid", &message.sid),
            ("MessageSid", &message.sid),
            ("AccountSid", &config.account_sid),
            ("From", &message.phone),
            ("To", &message.ours),
            ("Body", &message.body),
            ("NumMedia", &num_media),
            ("NumSegments", &segments),
            ("SmsStatus", "received"),
            ("ApiVersion", "2010-04-01"),
        ];
        if let Some(keyword) = message.keyword {
            params.push(("OptOutType", keyword.as_str()));
        }
        let mut params = owned(params);
        let base = config.api_url.as_str().trim_end_matches('/');
        for (n, part) in message.media.iter().enumerate() {
            let path = format!("/2010-04-01/Accounts/{}/Messages/{}/Media/", config.account_sid, message.sid);
            params.push((format!("MediaContentType{n}"), part.content_type.clone()));
            params.push((format!("MediaUrl{n}"), format!("{base}{path}{}", part.sid)));
        }
        params
    }

    /// Lets a message make its way to its phone, reporting each step.
    pub(super) fn carry(&self, message: &Message) {
        let (simulator, message) = (self.clone(), message.clone());
        self.spawn(async move { simulator.run_carriage(message).await });
    }

    async fn run_carriage(&self, message: Message) {
        let pace = self.0.config.pace;
        let mut backwards = Vec::new();
        tokio::time::sleep(pace).await;
        let (mut status, mut code) = rules::fate(&message.phone);
        if let Err(why) = self.fetch_media(&message).await {
            (status, code) = (Status::Undelivered, Some(why));
        }
        if status != Status::Failed {
            if let Some(message) = self.set_status(message.seq, Status::Sent, None).await {
                self.report(message, &mut backwards).await;
            }
            tokio::time::sleep(pace * 2).await;
        }
        let Some(message) = self.set_status(message.seq, status, code).await else { return };
        let what = code.map_or(LogWhat::Delivered, |code| LogWhat::Lost { code });
        if message.kind == Kind::ToPhone {
            self.record(&message, what);
        }
        self.report(message, &mut backwards).await;
    }

    /// Posts a status callback, or collects it while callbacks are to come last first.
    async fn report(&self, message: Message, backwards: &mut Vec<Message>) {
        if message.callback.is_none() {
            return;
        }
        let is_final = message.status.is_final();
        match self.0.faults.callback_fault().await {
            PostFault::Dropped => {}
            PostFault::Reversed => {
                backwards.push(message);
                if is_final {
                    for message in backwards.drain(..).rev() {
                        self.post_status(&message).await;
                    }
                }
            }
            PostFault::Twice => {
                self.post_status(&message).await;
                self.post_status(&message).await;
            }
            PostFault::None | PostFault::Held => self.post_status(&message).await,
        }
    }

    /// A callback is repeated once where nobody answers; then it is lost, as Twilio's are.
    async fn post_status(&self, message: &Message) {
        let Some(url) = &message.callback else { return };
        let code = message.error_code.map(|code| code.to_string());
        let mut params = vec![
            ("ApiVersion", "2010-04-01"),
            ("AccountSid", self.0.config.account_sid.as_str()),
            ("From", &message.ours),
            ("To", &message.phone),
            ("MessageSid", &message.sid),
            ("SmsSid", &message.sid),
            ("MessageStatus", message.status.as_str()),
            ("SmsStatus", message.status.as_str()),
        ];
        params.extend(code.as_deref().map(|code| ("ErrorCode", code)));
        let params = owned(params);
        for _ in 0..2 {
            let answer = self.post(url, &params).await;
            self.record(message, LogWhat::Callback { status: message.status, answer });
            if answer.is_some() {
                return;
            }
            tokio::time::sleep(FIRST_WAIT).await;
        }
    }

    /// Posts a signed form; the HTTP status, or `None` without an answer.
    pub(super) async fn post(&self, url: &str, params: &[(String, String)]) -> Option<u16> {
        let _turn = self.0.posts.acquire().await.ok()?;
        let signature = signature::sign(&self.0.config.auth_token, url, params);
        let request = self.0.http.post(url).header(signature::HEADER, signature).form(params);
        request.send().await.ok().map(|response| response.status().as_u16())
    }

    /// Fetches the pictures that the bridge offers, as Twilio does before it sends; the error is Twilio's
    /// code.
    async fn fetch_media(&self, message: &Message) -> Result<(), u32> {
        if message.media_urls.is_empty() {
            return Ok(());
        }
        let (mut blobs, mut left) = (Vec::new(), MAX_MEDIA_BYTES);
        for url in &message.media_urls {
            let attachment = self.fetch_one(url, left).await?;
            left -= attachment.bytes.len();
            blobs.push(Blob::new(attachment));
        }
        let parts = blobs.iter().map(|blob| blob.part.clone()).collect();
        let dropped = self.state().put_blobs(message.seq, blobs);
        if let Some(store) = &self.0.store {
            store.put_media(&self.0.state, message.seq).await;
            store.drop_up_to(dropped).await;
        }
        self.change_message(message.seq, |message| {
            message.media = parts;
            message.media_urls.clear();
        })
        .await;
        Ok(())
    }

    /// Asks what a picture is, and then for the picture itself, of at most so many bytes.
    async fn fetch_one(&self, url: &str, most: usize) -> Result<Attachment, u32> {
        let head = answered(self.0.http.head(url)).await?;
        let content_type = content_type(&head).filter(|is| is_carried(is)).ok_or(BAD_TYPE)?;
        if head.content_length().is_some_and(|bytes| bytes > most as u64) {
            return Err(TOO_LARGE);
        }
        let response = answered(self.0.http.get(url)).await?;
        if self::content_type(&response).as_ref() != Some(&content_type) {
            return Err(BAD_TYPE);
        }
        let mut bytes = Vec::new();
        let mut stream = response.bytes_stream();
        while let Some(chunk) = stream.next().await {
            bytes.extend_from_slice(&chunk.map_err(|_| HTTP_FAILURE)?);
            if bytes.len() > most {
                return Err(TOO_LARGE);
            }
        }
        Ok(Attachment { content_type, bytes: bytes.into() })
    }

    /// Opts a phone out or in where its text is nothing but such a word.
    pub(super) async fn apply_keyword(&self, phone: &str, ours: &str, body: &str) -> Option<Keyword> {
        let keyword = Keyword::of(body, self.state().has_opted_out(phone, ours))?;
        if keyword != Keyword::Help {
            let out = keyword == Keyword::Stop;
            self.state().set_opted_out(phone, ours, out);
            if let Some(store) = &self.0.store {
                store.set_opted_out(phone, ours, out).await;
            }
        }
        Some(keyword)
    }

    pub(super) async fn answer_keyword(&self, phone: &str, ours: &str, keyword: Keyword) {
        let draft = Draft::new(Kind::AutoReply, phone, ours, keyword.answer());
        let message = self.add_message(draft, vec![]).await;
        self.carry(&message);
    }

    /// Whether a request carries the account and its token.
    pub(super) fn is_authorized(&self, account: &str, password: &str) -> bool {
        use subtle::ConstantTimeEq as _;
        let token = self.0.config.auth_token.expose_secret();
        let account = account.as_bytes().ct_eq(self.0.config.account_sid.as_bytes());
        (account & password.as_bytes().ct_eq(token.as_bytes())).into()
    }
}

/// The answer to a request for a picture, if it is one.
async fn answered(request: reqwest::RequestBuilder) -> Result<reqwest::Response, u32> {
    request.send().await.and_then(reqwest::Response::error_for_status).map_err(|_| HTTP_FAILURE)
}

fn content_type(response: &reqwest::Response) -> Option<String> {
    response.headers().get(http::header::CONTENT_TYPE)?.to_str().ok().map(str::to_owned)
}

fn is_carried(content_type: &str) -> bool {
    CARRIED.iter().any(|carried| content_type.starts_with(carried))
}

fn owned(params: Vec<(&str, &str)>) -> Vec<(String, String)> {
    params.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
