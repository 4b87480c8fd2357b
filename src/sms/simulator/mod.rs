//! Twilio's wire as a server inside the program: the provider of the demo, of development and of the tests.
//!
//! The bridge talks to it with the same code as to Twilio, over real HTTP, and it talks back with signed webhooks. It
//! keeps phones and what they wrote and received, in memory and, where a file is named, on disk, so that bubbles
//! survive a restart. The page `/phone` shows the phones.
//!
//! What it does as Twilio does: Basic auth, validation with Twilio's codes, `queued` → `sent` → `delivered` with signed
//! callbacks, inbound webhooks repeated while nobody answers, paged lists, media behind a redirect to a CDN that takes
//! no credential, STOP, START and HELP with `OptOutType` and an automatic answer.
//!
//! Numbers with a meaning: Twilio's own test numbers (`+15005550001` is not valid, `…0002` cannot be reached, `…0003`
//! lies in a forbidden region, `…0004` has opted out, `…0009` is no mobile), and any contact number ending in
//!
//! | ending | what happens |
//! | --- | --- |
//! | `0404` | undelivered, 30003: switched off |
//! | `0405` | undelivered, 30004: blocked |
//! | `0406` | undelivered, 30006: landline |
//! | `0407` | undelivered, 30007: filtered |
//! | `0408` | failed, 30008: the carrier does not say why |
//!
//! [`Faults`] makes it misbehave for tests, [`Simulator::log`] tells what it took and gave, in order.

mod api;
mod carrier;
mod faults;
mod log;
mod page;
mod resource;
mod rules;
mod state;
mod store;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use bytes::Bytes;
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, broadcast};
use tokio_util::sync::CancellationToken;
use url::Url;

pub use self::faults::{AnswerFault, Faults, PostFault};
pub use self::log::{LogEntry, LogWhat};
use self::state::{Blob, Draft, Kind, Message, Phone, State};
use self::store::Store;
use crate::clock::{self, Clock};
use crate::domain::address::Address;
use crate::sms::provider::Status;
use crate::sms::twilio::address::to_wire;

/// Posts to the bridge under way at once.
const MAX_POSTS: usize = 64;
/// Changes that a page may lag behind before it is told to read everything again.
const MAX_LAG: usize = 256;
/// Longer than any text of a phone.
const MAX_BODY_CHARS: usize = 10_000;
const MAX_MEDIA: usize = 10;
/// What Twilio takes in one message.
const MAX_MEDIA_BYTES: usize = 5 * 1024 * 1024;

/// How the simulator is set up.
#[derive(Clone, Debug)]
pub struct SimulatorConfig {
    /// The account that the bridge must name.
    pub account_sid: String,
    /// Its token: the bridge's password here, and the key of our signatures.
    pub auth_token: SecretString,
    /// Where the bridge reaches this server; media addresses begin with it.
    pub api_url: Url,
    /// Where inbound texts are posted, as configured: `{public_url}/sms/{provider}/inbound`.
    pub inbound_url: Url,
    /// The numbers of the desk.
    pub numbers: Vec<Address>,
    /// The SQLite file to keep phones and messages in.
    pub file: Option<PathBuf>,
    /// From `queued` to `sent`; `delivered` follows after twice that.
    pub pace: Duration,
    /// The program's clock.
    pub clock: Clock,
}

/// Why the simulator could not be opened. Nothing listens.
#[derive(Debug, thiserror::Error)]
pub enum SimulatorError {
    /// Its file cannot be opened or is none of its own.
    #[error("the simulator's file could not be opened")]
    File(#[source] sqlx::Error),
    /// The client for its webhooks could not be made.
    #[error("the simulator's HTTP client could not be made")]
    Http(#[source] reqwest::Error),
}

/// Why a phone cannot send a text. Nothing was sent.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// No number or name to write from, or one with odd characters.
    #[error("this is not a number a phone can have")]
    BadPhone,
    /// The number written to is not one of the desk's.
    #[error("nobody is at this number")]
    UnknownNumber,
    /// There is neither text nor picture.
    #[error("the message is empty")]
    Empty,
    /// The text is longer than any phone writes.
    #[error("the message is longer than {MAX_BODY_CHARS} characters")]
    TooLong,
    /// More, or larger, pictures than a message can have.
    #[error("at most {MAX_MEDIA} pictures of together 5 MB")]
    TooMuchMedia,
    /// There is no room for another phone.
    #[error("there are too many phones")]
    TooManyPhones,
}

/// A picture, sound or file that a phone sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// What it is, like `image/png`.
    pub content_type: String,
    /// The file.
    pub bytes: Bytes,
}

/// The simulator. Clones are the same one.
#[derive(Clone)]
pub struct Simulator(Arc<Inner>);

struct Inner {
    config: SimulatorConfig,
    state: Mutex<State>,
    store: Option<Store>,
    http: reqwest::Client,
    posts: Semaphore,
    faults: Faults,
    changes: broadcast::Sender<page::Change>,
    /// Part of the CDN's addresses, as a CDN signs its own.
    cdn_key: String,
    stop: CancellationToken,
}

impl Simulator {
    /// Opens the simulator: reads its file, makes the prepared phones if it has none, and takes up what was under way.
    ///
    /// # Errors
    /// Where the file cannot be opened.
    pub async fn open(config: SimulatorConfig) -> Result<Self, SimulatorError> {
        let mut http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(15));
        if config.inbound_url.host_str().is_some_and(|host| host == "localhost" || host.starts_with("127.")) {
            http = http.no_proxy();
        }
        let mut state = State::default();
        let store = match &config.file {
            Some(file) => {
                let (store, kept) = Store::open(file).await.map_err(SimulatorError::File)?;
                state = kept;
                Some(store)
            }
            None => None,
        };
        let simulator = Self(Arc::new(Inner {
            config,
            state: Mutex::new(state),
            store,
            http: http.build().map_err(SimulatorError::Http)?,
            posts: Semaphore::new(MAX_POSTS),
            faults: Faults::default(),
            changes: broadcast::channel(MAX_LAG).0,
            cdn_key: clock::random_hex(),
            stop: CancellationToken::new(),
        }));
        if simulator.state().phones.is_empty() {
            for phone in Phone::prepared() {
                let _ = simulator.add_phone(phone).await;
            }
        }
        simulator.resume();
        Ok(simulator)
    }

    /// Twilio's API below `/2010-04-01`, the CDN, and the page `/phone`.
    pub fn router(&self) -> Router {
        api::router().merge(page::router(self)).with_state(self.clone())
    }

    /// Serves [`Simulator::router`] until [`Simulator::stop`].
    ///
    /// # Errors
    /// Where the listener fails.
    pub async fn serve(self, listener: TcpListener) -> std::io::Result<()> {
        let stop = self.0.stop.clone();
        let serve = axum::serve(listener, self.router()).into_future();
        tokio::select! {
            result = serve => result,
            () = stop.cancelled() => Ok(()),
        }
    }

    /// Ends webhooks, callbacks and the pages' live updates, so that a server holding its router can drain.
    pub fn stop(&self) {
        self.0.stop.cancel();
    }

    /// What it does wrong on purpose.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.0.faults
    }

    /// What it took and gave so far, oldest first; the last 20,000 entries.
    #[must_use]
    pub fn log(&self) -> Vec<LogEntry> {
        self.state().log.iter().cloned().collect()
    }

    /// Makes a phone write to one of the desk's numbers; the phone is made if there is none. Returns the message's id
    /// once the simulator has it for good; the webhook follows.
    ///
    /// # Errors
    /// Where no phone could have sent such a message.
    pub async fn text_from(
        &self,
        phone: &str,
        ours: &str,
        body: &str,
        media: Vec<Attachment>,
    ) -> Result<String, TextError> {
        if !self.is_ours(ours) {
            return Err(TextError::UnknownNumber);
        }
        if body.is_empty() && media.is_empty() {
            return Err(TextError::Empty);
        }
        if body.chars().count() > MAX_BODY_CHARS {
            return Err(TextError::TooLong);
        }
        let bytes: usize = media.iter().map(|part| part.bytes.len()).sum();
        if media.len() > MAX_MEDIA || bytes > MAX_MEDIA_BYTES {
            return Err(TextError::TooMuchMedia);
        }
        self.ensure_phone(phone).await?;
        let keyword = self.apply_keyword(phone, ours, body).await;
        let blobs = media.into_iter().map(Blob::new).collect();
        let draft = Draft { keyword, ..Draft::new(Kind::FromPhone, phone, ours, body) };
        let message = self.add_message(draft, blobs).await;
        self.hand_over(&message);
        if let Some(keyword) = keyword {
            self.answer_keyword(phone, ours, keyword).await;
        }
        Ok(message.sid)
    }

    /// Adds a phone, or renames the one with this number.
    async fn add_phone(&self, phone: Phone) -> Result<(), TextError> {
        if !self.state().put_phone(phone.clone()) {
            return Err(TextError::TooManyPhones);
        }
        if let Some(store) = &self.0.store {
            store.put_phone(&phone).await;
        }
        self.tell(page::Change::phone(&phone));
        Ok(())
    }

    async fn ensure_phone(&self, number: &str) -> Result<(), TextError> {
        if self.state().phones.iter().any(|phone| phone.number == number) {
            return Ok(());
        }
        self.add_phone(Phone::new(number, number).ok_or(TextError::BadPhone)?).await
    }

    /// Keeps a new message, on disk too, before anybody hears of it.
    async fn add_message(&self, draft: Draft, blobs: Vec<Blob>) -> Message {
        let now = self.0.config.clock.now();
        let (message, dropped) = self.state().add_message(draft, blobs, now);
        if let Some(store) = &self.0.store {
            store.put_media(self, message.seq).await;
            store.put_message(self, message.seq).await;
            store.drop_up_to(dropped).await;
        }
        self.tell(page::Change::message(&message));
        message
    }

    /// Changes a message, on disk too, and tells the pages.
    async fn change_message(&self, seq: u64, change: impl FnOnce(&mut Message)) -> Option<Message> {
        let message = self.state().change_message(seq, change)?;
        if let Some(store) = &self.0.store {
            store.put_message(self, seq).await;
        }
        self.tell(page::Change::message(&message));
        Some(message)
    }

    async fn set_status(&self, seq: u64, status: Status, error_code: Option<u32>) -> Option<Message> {
        let now = self.0.config.clock.now();
        self.change_message(seq, |message| {
            message.status = status;
            message.error_code = error_code;
            if status != Status::Failed {
                message.sent.get_or_insert(now);
            }
        })
        .await
    }

    fn record(&self, message: &Message, what: LogWhat) {
        let at = self.0.config.clock.now();
        let entry = LogEntry { at, sid: message.sid.clone(), phone: message.phone.clone(), what };
        self.state().record(entry);
    }

    fn tell(&self, change: page::Change) {
        // No page is open: nobody to tell.
        let _ = self.0.changes.send(change);
    }

    fn is_ours(&self, number: &str) -> bool {
        self.0.config.numbers.iter().any(|ours| to_wire(ours) == number)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs until done or until the simulator is stopped.
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let stop = self.0.stop.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = task => {}
                () = stop.cancelled() => {}
            }
        });
    }
}

#[cfg(test)]
mod tests;
