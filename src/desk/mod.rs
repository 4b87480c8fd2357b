//! The desk: everything that happens is applied through this one door, and nothing else writes its state.
//!
//! [`Desk::apply`] takes inputs that belong together and returns when they are durable. Each input is one
//! step: its receipt is claimed (seen before: nothing happens), what it touches is loaded, the pure step
//! decides, the new state is saved and the effects are appended to the outbox. A writer groups whatever
//! waits into one commit. On SQLite there is one; on PostgreSQL several commit beside each other,
//! serializably, and try again when they got in each other's way.

mod apply;
mod behind;
mod blanks;
mod callback;
mod enclosed;
mod kept;
mod later_word;
mod left;
mod light;
mod lost;
mod notices;
mod outbound;
mod outcomes;
mod overdue;
mod reply_target;
mod request;
mod retention;
mod rooms;
mod said;
mod setup;
mod shell;
mod texts;
mod then;
mod writer;

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use self::request::ApplyError;
use self::request::Request;
use self::writer::Writer;

pub(crate) use crate::acts::{dead_letters::SET_ASIDE, people::taken};
use crate::clock::Clock;
use crate::commit::Current;
pub use crate::commit::{Applied, Dialling, Making, Settings, Submission, Woken};
use crate::domain::input::Input;
use crate::domain::settings::Setting;
use crate::store::Store;

/// Inputs that may wait for the writer; more are turned away, and the sender tries again.
const QUEUE: usize = 4096;

/// The desk. Clones share its writer.
#[derive(Clone, Debug)]
pub struct Desk {
    requests: mpsc::Sender<Request>,
    settings: Current,
    closing: CancellationToken,
    writer: TaskTracker,
}

impl Desk {
    /// Opens the desk over a database. Returns it with the hints of what its commits woke.
    #[must_use]
    pub fn open(store: Store, clock: Clock, settings: Settings) -> (Self, mpsc::UnboundedReceiver<Woken>) {
        let (requests, receiver) = mpsc::channel(QUEUE);
        let (woken, hints) = mpsc::unbounded_channel();
        let settings = Current::new(settings);
        let (closing, writer) = (CancellationToken::new(), TaskTracker::new());
        Writer {
            store,
            clock,
            settings: settings.clone(),
            woken,
            wipe_again: Arc::default(),
            closing: closing.clone(),
        }
        .start(receiver, &writer);
        (Self { requests, settings, closing, writer }, hints)
    }

    /// Takes no more inputs, and returns once all that were taken are applied. Whoever has them applied may
    /// have ended long since. After that the database can be closed.
    pub async fn close(&self) {
        self.closing.cancel();
        self.writer.wait().await;
    }

    /// Its settings, now and whenever they change.
    #[must_use]
    pub fn settings(&self) -> watch::Receiver<Arc<Settings>> {
        self.settings.follow()
    }

    /// Takes over the settings that the database keeps, which another replica may have changed.
    pub fn adopt(&self, kept: &[Setting]) {
        self.settings.adopt(kept);
    }

    /// Applies inputs in one commit and returns when they are durable.
    ///
    /// # Errors
    /// [`ApplyError`]; nothing was kept then.
    pub async fn apply_all(&self, inputs: Vec<Input>) -> Result<Vec<Applied>, ApplyError> {
        self.request(inputs, false).await
    }

    /// Applies an input that nothing depends on at once, and returns when it is durable. If it is a delivery
    /// that leaves nothing but its event, it may wait a moment for a commit to share.
    ///
    /// # Errors
    /// [`ApplyError`]; nothing was kept then.
    pub async fn apply_in_passing(&self, input: Input) -> Result<Applied, ApplyError> {
        let can_wait = outcomes::plainly_delivered(&input).is_some();
        Ok(self.request(vec![input], can_wait).await?.pop().unwrap_or(Applied::Done))
    }

    async fn request(&self, inputs: Vec<Input>, can_wait: bool) -> Result<Vec<Applied>, ApplyError> {
        let (answer, answered) = oneshot::channel();
        self.requests.try_send(Request { inputs, can_wait, answer }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => ApplyError::Full,
            mpsc::error::TrySendError::Closed(_) => ApplyError::Closed,
        })?;
        answered.await.map_err(|_| ApplyError::Closed)?
    }

    /// Applies one input and returns when it is durable.
    ///
    /// # Errors
    /// [`ApplyError`]; nothing was kept then.
    pub async fn apply(&self, input: Input) -> Result<Applied, ApplyError> {
        Ok(self.apply_all(vec![input]).await?.pop().unwrap_or(Applied::Done))
    }
}
