//! The writer: it takes requests and makes commits of them.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use sqlx::{AnyConnection, Executor as _};
use tokio::sync::{Mutex, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::request::{ApplyError, Request};
use super::{apply, left, outcomes};
use crate::acts::dead_letters;
use crate::clock::Clock;
use crate::commit::{Applied, Current, Finished, Settings, Tx, Woken};
use crate::domain::input::Input;
use crate::steady;
use crate::store::outbox::delivered::{self, Delivery, Done};
use crate::store::{Engine, Result, Store, StoreError};

/// How many requests share a commit.
const GROUP: usize = 256;
/// How often a commit is tried again after a conflict.
const TRIES: u32 = 12;
/// Deliveries that are recorded by themselves.
const DELIVERIES: usize = 8;
/// How long requests that can wait do, for another to share a commit with.
const IN_PASSING: Duration = Duration::from_millis(50);
/// How often one of several requests is, before each of them is made by itself.
const GROUP_TRIES: u32 = 2;
/// How often one is tried again in which a statement took too long. The database may have been busy; what is
/// slow by itself holds a writer up for ten seconds each time.
const SLOW_TRIES: u32 = 2;
/// After what time a log that somebody read is emptied again.
const WIPE_AGAIN: Duration = Duration::from_secs(10);

/// What is needed to commit requests.
#[derive(Clone)]
pub(super) struct Writer {
    /// Where commits are made.
    pub(super) store: Store,
    /// The time.
    pub(super) clock: Clock,
    /// What the desk is set to.
    pub(super) settings: Current,
    /// Told what each commit woke.
    pub(super) woken: mpsc::UnboundedSender<Woken>,
    /// When to try again to take what was deleted out of the database's log; nothing if it is out.
    pub(super) wipe_again: Arc<std::sync::Mutex<Option<Instant>>>,
    /// Told when no more requests are taken.
    pub(super) closing: CancellationToken,
}

impl Writer {
    /// Starts the writer, one on each engine: commits of one process beside each other would get in each
    /// other's way. It ends once nobody can make requests, or no more are taken, and those that were are
    /// done; `running` knows when.
    pub(super) fn start(self, requests: mpsc::Receiver<Request>, running: &TaskTracker) {
        let requests = Arc::new(Mutex::new(requests));
        // Callers whose input was being applied when it panicked are told that it was not applied.
        let begin = move || self.clone().run(requests.clone());
        running.spawn(steady::keep_going("the writer", begin));
        running.close();
    }

    async fn run(self, requests: Arc<Mutex<mpsc::Receiver<Request>>>) {
        let mut requests = requests.lock().await;
        loop {
            let mut batch = Vec::new();
            if self.take(&mut requests, &mut batch).await == 0 {
                return;
            }
            self.commit(batch).await;
        }
    }

    /// Takes what waits, as many as fit into a commit; what can wait, together with what comes next. Returns
    /// how many; none if there will be no more.
    async fn take(&self, requests: &mut mpsc::Receiver<Request>, batch: &mut Vec<Request>) -> usize {
        self.take_now(requests, batch).await;
        // On PostgreSQL deliveries are quicker by themselves than with what else is to be kept.
        if self.store.engine().is_exclusive() && can_wait(batch) {
            let fill = async { while can_wait(batch) && self.take_now(requests, batch).await > 0 {} };
            // What was taken by then stays in the batch.
            let _ = tokio::time::timeout(IN_PASSING, fill).await;
        }
        batch.len()
    }

    async fn take_now(&self, requests: &mut mpsc::Receiver<Request>, batch: &mut Vec<Request>) -> usize {
        tokio::select! {
            biased;
            taken = requests.recv_many(batch, GROUP) => return taken,
            () = self.closing.cancelled() => requests.close(),
        }
        requests.recv_many(batch, GROUP).await
    }

    /// Commits requests together; if that fails, each on its own, so that one bad input holds up no other.
    async fn commit(&self, mut batch: Vec<Request>) {
        // Requests are independent of each other. Texts come first, whose senders are read in one statement;
        // then what was delivered, which is recorded as done in one, before anything is applied.
        batch.sort_by_key(Request::place);
        if self.record_deliveries(&mut batch).await && batch.is_empty() {
            return;
        }
        let inputs: Vec<&[Input]> = batch.iter().map(|request| request.inputs.as_slice()).collect();
        let mut tries = 0;
        loop {
            match self.try_commit(&inputs, tries == 0).await {
                Ok(applied) => {
                    for (request, applied) in batch.into_iter().zip(applied) {
                        // The caller may have gone away; the input is durable all the same.
                        let _ = request.answer.send(Ok(applied));
                    }
                    return;
                }
                // Nothing is wrong with any of them: they only got in the way of another commit.
                Err(failure) if failure.is_conflict() && batch.len() > 1 && tries < GROUP_TRIES => {
                    tries += 1;
                    tokio::time::sleep(pause(tries)).await;
                }
                Err(_) => break,
            }
        }
        for request in batch {
            let outcome = self.commit_alone(&request.inputs).await;
            let _ = request.answer.send(outcome);
        }
    }

    /// Records requests that are nothing but deliveries, of which nothing more is to be kept, in one round
    /// trip. Those that it cannot record stay in the batch. Returns whether it was tried.
    async fn record_deliveries(&self, batch: &mut Vec<Request>) -> bool {
        if batch.len() > DELIVERIES {
            return false;
        }
        let plain = |request: &Request| match request.inputs.as_slice() {
            [input] => outcomes::plainly_delivered(input).is_some(),
            _ => false,
        };
        if !batch.iter().all(plain) {
            return false;
        }
        let inputs = batch.iter().flat_map(|request| &request.inputs);
        let deliveries: Vec<_> = inputs.filter_map(outcomes::plainly_delivered).collect();
        let Ok(mut done) = self.try_deliveries(&deliveries).await else { return true };
        for request in std::mem::take(batch) {
            let claim = request.inputs.first().and_then(Input::delivered);
            if claim.is_some_and(|claim| done.remove(&(claim.lane.to_string(), claim.seq))) {
                let _ = request.answer.send(Ok(vec![Applied::Done]));
            } else {
                batch.push(request);
            }
        }
        true
    }

    async fn try_deliveries(&self, deliveries: &[Delivery<'_>]) -> Result<Done> {
        let mut conn = self.store.writing_connection().await?;
        fail::fail_point!("before_commit", |_| std::process::abort());
        let recorded = delivered::record(&mut conn, deliveries).await;
        if recorded.is_err() {
            self.after_refusal(&mut conn).await;
            return recorded;
        }
        fail::fail_point!("after_commit", |_| std::process::abort());
        if self.is_to_wipe() {
            self.wipe(&mut conn).await;
        }
        recorded
    }

    /// Commits one request, again and again while it gets in others' way, and a few times if the database
    /// takes too long; if an input of it is at fault, input by input.
    async fn commit_alone(&self, inputs: &[Input]) -> std::result::Result<Vec<Applied>, ApplyError> {
        let (mut tries, mut slow_tries) = (0, 0);
        loop {
            match self.try_commit(&[inputs], false).await {
                Ok(applied) => return Ok(applied.into_iter().next().unwrap_or_default()),
                Err(Failure::Store(error)) if error.took_too_long() && slow_tries < SLOW_TRIES => {
                    slow_tries += 1;
                    tracing::warn!(%error, "a commit took too long and is tried again");
                }
                Err(Failure::Store(error)) if error.is_conflict() && tries < TRIES => {
                    tries += 1;
                    tokio::time::sleep(pause(tries)).await;
                }
                Err(Failure::Store(error)) if !error.is_permanent() => {
                    tracing::error!(%error, "a commit failed");
                    return Err(ApplyError::Store(Arc::new(error)));
                }
                Err(failure) if inputs.len() == 1 => return self.set_aside(&inputs[0], &failure).await,
                Err(_) => break,
            }
        }
        let mut applied = Vec::with_capacity(inputs.len());
        for input in inputs {
            applied.extend(Box::pin(self.commit_alone(std::slice::from_ref(input))).await?);
        }
        Ok(applied)
    }

    /// Makes a commit. What got in the way of another once is not tried in [two statements](Tx::begin) again.
    async fn try_commit(
        &self,
        groups: &[&[Input]],
        is_first: bool,
    ) -> std::result::Result<Vec<Vec<Applied>>, Failure> {
        let mut conn = self.store.writing_connection().await?;
        let steps = steady::caught(self.run_steps(&mut conn, groups, is_first)).await;
        match steps {
            Ok(Ok((applied, finished))) => {
                if let Some(error) = finished.refused {
                    self.after_refusal(&mut conn).await;
                    return Err(Failure::Store(error));
                }
                fail::fail_point!("after_commit", |_| std::process::abort());
                if let Some(kept) = finished.settings {
                    self.settings.adopt(&kept);
                }
                if finished.wipes || self.is_to_wipe() {
                    self.wipe(&mut conn).await;
                }
                for hint in finished.woken {
                    let _ = self.woken.send(hint);
                }
                Ok(applied)
            }
            Ok(Err(error)) => {
                roll_back(&mut conn).await;
                Err(Failure::Store(error))
            }
            Err(why) => {
                roll_back(&mut conn).await;
                Err(Failure::Panicked(why))
            }
        }
    }

    /// The database refused a `COMMIT`. A full disk leaves SQLite's transaction open, and the connection
    /// would bring it to the next commit; PostgreSQL has rolled back by itself, and would only log that there
    /// is nothing to roll back.
    async fn after_refusal(&self, conn: &mut AnyConnection) {
        if self.store.engine() == Engine::Sqlite {
            roll_back(conn).await;
        }
    }

    /// Whether what was deleted has to be taken out of the database's log once more.
    fn is_to_wipe(&self) -> bool {
        let again = self.wipe_again.lock().unwrap_or_else(PoisonError::into_inner);
        again.is_some_and(|at| at <= Instant::now())
    }

    /// Takes what was deleted out of the files of the database. Where a reader is in the way, that is done
    /// after a commit some seconds later, and with what is cleared away.
    async fn wipe(&self, conn: &mut AnyConnection) {
        let is_wiped = match self.store.engine().wipe(conn).await {
            Ok(is_wiped) => is_wiped,
            Err(error) => {
                tracing::warn!(%error, "what was deleted is still in the database's log");
                false
            }
        };
        let again = if is_wiped { None } else { Instant::now().checked_add(WIPE_AGAIN) };
        *self.wipe_again.lock().unwrap_or_else(PoisonError::into_inner) = again;
    }

    async fn run_steps(
        &self,
        conn: &mut AnyConnection,
        groups: &[&[Input]],
        is_first: bool,
    ) -> Result<(Vec<Vec<Applied>>, Finished)> {
        let settings = self.settings.now();
        let mut tx = Tx::new(conn, self.clock.now(), &settings, self.settings.started_with());
        match Box::pin(Self::apply(&mut tx, groups, is_first, &settings)).await {
            Ok(applied) => Ok((applied, tx.finish().await?)),
            // There is nothing to roll back.
            Err(error) if !tx.has_begun() => Ok((vec![], Finished::refused(error))),
            Err(error) => Err(error),
        }
    }

    async fn apply(
        tx: &mut Tx<'_>,
        groups: &[&[Input]],
        is_first: bool,
        settings: &Settings,
    ) -> Result<Vec<Vec<Applied>>> {
        let all: Vec<&Input> = groups.iter().copied().flatten().collect();
        tx.begin(&all, reads_first(&all), is_first).await?;
        tx.deserted = left::deserted(&all, settings);
        let mut applied = Vec::with_capacity(groups.len());
        for inputs in groups {
            let mut of_group = Vec::with_capacity(inputs.len());
            for input in *inputs {
                let is_new = tx.is_new(input).await?;
                of_group.push(if is_new { apply::apply(tx, input).await? } else { Applied::Seen });
            }
            applied.push(of_group);
        }
        Ok(applied)
    }

    /// Keeps an input that can never be applied, and lets the rest go on.
    async fn set_aside(
        &self,
        input: &Input,
        failure: &Failure,
    ) -> std::result::Result<Vec<Applied>, ApplyError> {
        self.try_set_aside(input, failure).await.map_err(|error| ApplyError::Store(Arc::new(error)))?;
        Ok(vec![Applied::DeadLettered])
    }

    async fn try_set_aside(&self, input: &Input, failure: &Failure) -> Result<()> {
        let mut conn = self.store.connection().await?;
        conn.execute(self.store.engine().begin()).await?;
        if let Err(error) = dead_letters::keep(&mut conn, input, &failure.to_string(), self.clock.now()).await
        {
            roll_back(&mut conn).await;
            return Err(error);
        }
        if let Err(error) = conn.execute("COMMIT").await {
            self.after_refusal(&mut conn).await;
            return Err(error.into());
        }
        Ok(())
    }
}

/// Whether a commit of these requests can wait for another one.
fn can_wait(batch: &[Request]) -> bool {
    !batch.is_empty() && batch.len() < GROUP && batch.iter().all(|request| request.can_wait)
}

/// The input whose first reading comes with the beginning of a commit: the only one, or the only one beside
/// deliveries that leave nothing but an event, which it does not read of.
fn reads_first<'a>(inputs: &[&'a Input]) -> Option<&'a Input> {
    let mut others = inputs.iter().filter(|input| outcomes::plainly_delivered(input).is_none());
    others.next().copied().filter(|_| others.next().is_none())
}

/// The pause before a commit is tried again that got in the way of another.
fn pause(tries: u32) -> Duration {
    Duration::from_millis(2 << tries.min(7))
}

async fn roll_back(conn: &mut AnyConnection) {
    if let Err(error) = conn.execute("ROLLBACK").await {
        // The connection is broken; the database has rolled back by itself.
        tracing::warn!(%error, "could not roll back");
    }
}

/// Why a commit was not made.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the step panicked: {0}")]
    Panicked(String),
}

impl Failure {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_conflict())
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;
    use crate::store::agents;
    use crate::testing::{TestDesk, agent, setup};

    /// A writer with nothing to do, and where it is given something.
    fn idle(test: &TestDesk) -> (Writer, mpsc::Sender<Request>, mpsc::Receiver<Request>) {
        let settings = Settings::clone(&test.desk.settings().borrow());
        let writer = Writer {
            store: test.store.clone(),
            clock: test.clock.clone(),
            settings: Current::new(settings),
            woken: mpsc::unbounded_channel().0,
            wipe_again: Arc::default(),
            closing: CancellationToken::new(),
        };
        let (give, requests) = mpsc::channel(10);
        (writer, give, requests)
    }

    fn request(can_wait: bool) -> Request {
        Request { inputs: vec![], can_wait, answer: tokio::sync::oneshot::channel().0 }
    }

    #[tokio::test]
    async fn what_can_wait_shares_the_commit_of_what_comes_next() {
        let test = &TestDesk::open(setup(vec![], &[])).await;
        let (writer, give, mut requests) = idle(test);
        let mut batch = vec![];
        give.try_send(request(true)).unwrap();
        let mut taking = Box::pin(writer.take(&mut requests, &mut batch));
        assert_eq!((&mut taking).now_or_never(), None, "it waits for company");
        give.try_send(request(false)).unwrap();
        assert_eq!(taking.now_or_never(), Some(2));
    }

    #[tokio::test]
    async fn what_cannot_wait_does_not_and_nothing_does_for_long() {
        let test = &TestDesk::open(setup(vec![], &[])).await;
        let (writer, give, mut requests) = idle(test);
        give.try_send(request(false)).unwrap();
        assert_eq!(writer.take(&mut requests, &mut vec![]).now_or_never(), Some(1));
        give.try_send(request(true)).unwrap();
        assert_eq!(writer.take(&mut requests, &mut vec![]).await, 1, "alone, after a moment");
        give.try_send(request(true)).unwrap();
        writer.closing.cancel();
        assert_eq!(writer.take(&mut requests, &mut vec![]).now_or_never(), Some(1), "nothing more will come");
        assert_eq!(writer.take(&mut requests, &mut vec![]).now_or_never(), Some(0));
    }

    #[tokio::test]
    async fn what_was_taken_is_applied_before_the_database_is_closed() {
        let TestDesk { desk, store, .. } = &TestDesk::open(setup(vec![], &[])).await;
        let newcomer = |id: &str| Input::Setup(setup(vec![agent(id)], &[]));
        for id in ["ann", "ben", "cleo"] {
            assert!(
                desk.apply(newcomer(id)).now_or_never().is_none(),
                "whoever asked ends before it is applied"
            );
        }
        desk.close().await;
        let all = agents::all(&mut store.connection().await.unwrap()).await.unwrap();
        assert_eq!(all.len(), 3, "{all:?}");
        assert!(matches!(desk.apply(newcomer("dan")).await, Err(ApplyError::Closed)));
    }
}
