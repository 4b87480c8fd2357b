//! The simulator itself, and what all its parts share.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::{Semaphore, broadcast};
use tokio_util::sync::CancellationToken;

use super::change::Change;
use super::config::{SimulatorConfig, SimulatorError};
use super::faults::Faults;
use super::log::{LogEntry, LogWhat};
use super::state::{Blob, Draft, Kind, Message, Part, Phone, State, locked};
use super::store::Store;
use super::text::{Attachment, MAX_BODY_CHARS, MAX_MEDIA, MAX_MEDIA_BYTES, Sent, TextError};
use crate::clock;
use crate::sms::twilio::Status;
use crate::sms::twilio::address::to_wire;

/// Posts to the bridge under way at once.
const MAX_POSTS: usize = 64;
/// Changes that a page may lag behind before it is told to read everything again.
const MAX_LAG: usize = 256;
/// The simulator. Clones are the same one.
#[derive(Clone)]
pub struct Simulator(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub(super) config: SimulatorConfig,
    pub(super) state: Mutex<State>,
    pub(super) store: Option<Store>,
    pub(super) http: reqwest::Client,
    pub(super) posts: Semaphore,
    pub(super) faults: Faults,
    pub(super) changes: broadcast::Sender<Change>,
    /// Part of the CDN's addresses, as a CDN signs its own.
    pub(super) cdn_key: String,
    pub(super) stop: CancellationToken,
}

impl Simulator {
    /// Opens the simulator: reads its file, makes the prepared phones if it has none, and takes up what was
    /// under way.
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

    /// What a phone was sent by the desk, in order, with the pictures and files that it got.
    #[must_use]
    pub fn sent_to(&self, phone: &str) -> Vec<Sent> {
        let state = self.state();
        let theirs = |message: &&Message| message.kind == Kind::ToPhone && message.phone == phone;
        let sent = |message: &Message| Sent {
            body: message.body.clone(),
            media: state.blobs(message.seq).iter().map(Blob::attachment).collect(),
            status: message.status,
            error_code: message.error_code,
        };
        state.messages.values().filter(theirs).map(sent).collect()
    }

    /// Makes a phone write to one of the desk's numbers; the phone is made if there is none. Returns the
    /// message's id once the simulator has it for good; the webhook follows.
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
    pub(super) async fn add_phone(&self, phone: Phone) -> Result<(), TextError> {
        if !self.state().put_phone(phone.clone()) {
            return Err(TextError::TooManyPhones);
        }
        if let Some(store) = &self.0.store {
            store.put_phone(&phone).await;
        }
        self.tell(Change::phone(&phone));
        Ok(())
    }

    pub(super) async fn ensure_phone(&self, number: &str) -> Result<(), TextError> {
        if self.state().phones.iter().any(|phone| phone.number == number) {
            return Ok(());
        }
        self.add_phone(Phone::new(number, number).ok_or(TextError::BadPhone)?).await
    }

    /// Keeps a new message, on disk too, before anybody hears of it.
    pub(super) async fn add_message(&self, draft: Draft, blobs: Vec<Blob>) -> Message {
        let now = self.0.config.clock.now();
        let (message, dropped) = self.state().add_message(draft, blobs, now);
        if let Some(store) = &self.0.store {
            store.put_media(&self.0.state, message.seq).await;
            store.put_message(&self.0.state, message.seq).await;
            store.drop_up_to(dropped).await;
        }
        self.tell(Change::message(&message));
        message
    }

    /// Changes a message, on disk too, and tells the pages.
    pub(super) async fn change_message(
        &self,
        seq: u64,
        change: impl FnOnce(&mut Message),
    ) -> Option<Message> {
        let message = self.state().change_message(seq, change)?;
        if let Some(store) = &self.0.store {
            store.put_message(&self.0.state, seq).await;
        }
        self.tell(Change::message(&message));
        Some(message)
    }

    /// Takes one media part out of a message, from the disk too; false if there is none of this id.
    pub(super) async fn delete_media(&self, seq: u64, sid: &str) -> bool {
        let had = self.state().delete_media(seq, sid);
        if had {
            if let Some(store) = &self.0.store {
                store.delete_media(sid).await;
            }
            let is_it = |part: &Part| part.sid == sid;
            self.change_message(seq, |message| message.media.retain(|part| !is_it(part))).await;
        }
        had
    }

    pub(super) async fn set_status(
        &self,
        seq: u64,
        status: Status,
        error_code: Option<u32>,
    ) -> Option<Message> {
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

    pub(super) fn record(&self, message: &Message, what: LogWhat) {
        let at = self.0.config.clock.now();
        let entry = LogEntry { at, sid: message.sid.clone(), phone: message.phone.clone(), what };
        self.state().record(entry);
    }

    pub(super) fn tell(&self, change: Change) {
        // No page is open: nobody to tell.
        let _ = self.0.changes.send(change);
    }

    pub(super) fn is_ours(&self, number: &str) -> bool {
        self.0.config.numbers.iter().any(|ours| to_wire(ours) == number)
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        locked(&self.0.state)
    }

    /// Runs until done or until the simulator is stopped.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let stop = self.0.stop.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = task => {}
                () = stop.cancelled() => {}
            }
        });
    }
}
