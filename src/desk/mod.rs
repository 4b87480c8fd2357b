//! The desk: the one door through which everything that happens is applied, and the only writer of desk state.
//!
//! [`Desk::apply`] takes inputs that belong together and returns when they are durable. Each input is one step: its receipt
//! is claimed (seen before: nothing happens), what it touches is loaded, the pure step decides, the new state is saved
//! and the effects are appended to the outbox. On SQLite one writer groups whatever waits into one commit; on
//! PostgreSQL several writers commit beside each other, serializably, and try again when they got in each other's way.

mod answers;
mod apply;
mod aside;
mod behind;
mod channels;
mod courtesy;
mod foreign;
mod held;
mod inbound;
mod left;
mod lines;
mod lost;
mod notices;
mod offers;
mod outbound;
mod people;
mod pictures;
mod retention;
mod rights;
mod rooms;
mod routes;
mod said;
mod settings;
mod setup;
mod talks;
mod tx;
mod unwritten;
mod writer;

use std::sync::Arc;

use ruma::{OwnedEventId, OwnedRoomId};
use tokio::sync::{mpsc, oneshot, watch};

pub(crate) use aside::{COUNTED as SET_ASIDE, words as aside_in_words};
pub(crate) use channels::lines as channel_lines;
pub(crate) use courtesy::on_call;
pub(crate) use held::release;
pub(crate) use offers::{By, answer, counts};
pub(crate) use people::{not_new, remove_agent, retry, save_agent, taken};
pub(crate) use pictures::unshown;
pub(crate) use rights::may_send_again;
pub(crate) use rooms::interaction_id;
pub(crate) use routes::{find_for, obstacle};
pub(crate) use said::resend;
use settings::Current;
pub use settings::Settings;
pub(crate) use talks::{Begin, begin as begin_talk, happen as happen_to_talk};
pub(crate) use tx::Tx;
use writer::Writer;

use crate::clock::Clock;
use crate::domain::ids::Number;
use crate::domain::input::Input;
use crate::domain::settings::Setting;
use crate::store::{Store, StoreError};

/// Inputs that may wait for the writer; more are turned away, and the sender tries again.
const QUEUE: usize = 4096;

/// What came of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Applied {
    /// It is durable.
    Done,
    /// It had been applied before.
    Seen,
    /// It is about nothing of ours.
    Foreign,
    /// It could not be applied and never will be: it is kept for a person to look at.
    SetAside,
    /// It is a reply's turn: this is to be submitted to the provider now.
    Submit(Submission),
    /// It is a reply's turn, and whose words it answers is to be asked first.
    Seek {
        /// The room.
        room: OwnedRoomId,
        /// What it answers.
        event: OwnedEventId,
        /// The number of the contact whose words they should be.
        contact: Number,
    },
    /// A reply's turn is over, and the next may have its own: the effect that sends it is done, or parked.
    Over,
    /// The effect is another's, or was completed before.
    Lost,
}

/// A part of a reply whose turn it is. That it is being sent is durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// Which part, from 0.
    pub part: usize,
    /// Its text.
    pub text: String,
    /// Our number.
    pub from: Number,
    /// The contact's number.
    pub to: Number,
}

/// Why inputs were not applied. Nothing of them was kept; the sender should try again.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// Too many wait.
    #[error("too many inputs wait for the database; try again")]
    Full,
    /// The desk is shutting down.
    #[error("the desk is closing; try again")]
    Closed,
    /// The database failed.
    #[error("the database failed, nothing was kept; try again")]
    Store(#[source] Arc<StoreError>),
}

/// The desk. Clones share its writers.
#[derive(Clone, Debug)]
pub struct Desk {
    requests: mpsc::Sender<Request>,
    settings: Current,
}

/// Inputs to be applied in one commit, in order.
#[derive(Debug)]
struct Request {
    inputs: Vec<Input>,
    answer: oneshot::Sender<Result<Vec<Applied>, ApplyError>>,
}

/// What a commit stirred up, for those who deliver it. Only a hint: what matters is in the database.
#[derive(Clone, Debug)]
pub enum Stirred {
    /// Something waits in this lane.
    Lane(String),
    /// A timer was set.
    Timer,
}

impl Desk {
    /// Opens the desk over a database. Returns it with the hints of what its commits stirred up.
    #[must_use]
    pub fn open(store: Store, clock: Clock, settings: Settings) -> (Self, mpsc::UnboundedReceiver<Stirred>) {
        let (requests, receiver) = mpsc::channel(QUEUE);
        let (stirred, hints) = mpsc::unbounded_channel();
        let settings = Current::new(settings);
        Writer { store, clock, settings: settings.clone(), stirred }.start(receiver);
        (Self { requests, settings }, hints)
    }

    /// What it is set to, now and whenever that changes.
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
        let (answer, answered) = oneshot::channel();
        self.requests.try_send(Request { inputs, answer }).map_err(|error| match error {
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
