//! The database and the desk's one door into it, for what is done at the command line.
//!
//! On SQLite one process has the database, so that nothing serves meanwhile; on PostgreSQL the desk goes on,
//! and what is brought in here goes through the same commits.

use std::sync::Arc;
use std::time::Duration;

use anyhow::ensure;
use secrecy::ExposeSecret as _;
use tokio::sync::mpsc;

use crate::app::setup;
use crate::clock::Clock;
use crate::config::Config;
use crate::desk::{Applied, ApplyError, Desk, Settings, Woken};
use crate::domain::input::Input;
use crate::store::{self, Store, lists};

/// How often something is applied again that got in others' way, beyond what the desk tries by itself.
const TRIES: u32 = 10;
/// How long it waits before that.
const PAUSE: Duration = Duration::from_millis(500);

/// The desk, open.
pub(super) struct Door {
    /// The database, to read.
    pub(super) store: Store,
    desk: Desk,
    hints: mpsc::UnboundedReceiver<Woken>,
}

/// Opens the desk, set as the database keeps it.
///
/// # Errors
/// When the database cannot be read, or another process holds it.
pub(super) async fn open(config: &Config) -> anyhow::Result<Door> {
    let store = store::open(config.database.url.expose_secret(), config.database.max_connections).await?;
    let clock = Clock::default();
    if !store.engine().is_exclusive() {
        clock.follow(store.now().await?);
    }
    let (desk, hints) = Desk::open(store.clone(), clock, setup::settings(config, vec![])?);
    desk.adopt(&lists::defined(&mut *store.connection().await?).await?);
    Ok(Door { store, desk, hints })
}

impl Door {
    /// Applies what belongs together, and returns when it is durable. What others commit meanwhile goes
    /// first.
    pub(super) async fn apply(&mut self, inputs: Vec<Input>) -> anyhow::Result<Vec<Applied>> {
        let mut tries = 0;
        let applied = loop {
            match self.desk.apply_all(inputs.clone()).await {
                Err(ApplyError::Store(error)) if error.is_conflict() && tries < TRIES => tries += 1,
                applied => break applied?,
            }
            tokio::time::sleep(PAUSE).await;
        };
        // Whoever serves from the same database looks for itself; nothing is to pile up here.
        while self.hints.try_recv().is_ok() {}
        Ok(applied)
    }

    /// Writes into the audit log what was done at the command line.
    pub(super) async fn note(&self, what: &str, subject: &str, detail: &str) -> anyhow::Result<()> {
        let (what, subject, detail) = (what.to_owned(), subject.to_owned(), detail.to_owned());
        let applied = self.desk.apply(Input::AtShell { what, subject, detail }).await?;
        ensure!(applied == Applied::Done, "it could not be written into the audit log");
        Ok(())
    }

    /// What the desk is set to.
    pub(super) fn settings(&self) -> Arc<Settings> {
        self.desk.settings().borrow().clone()
    }

    /// The country of numbers that name none.
    pub(super) fn country(&self) -> String {
        self.settings().desk.country.clone()
    }

    /// Closes the database, once the desk's writers have ended.
    pub(super) async fn close(self) {
        let Self { store, desk, mut hints } = self;
        drop(desk);
        while hints.recv().await.is_some() {}
        store.close().await;
    }
}
