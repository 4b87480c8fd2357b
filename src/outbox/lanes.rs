//! Which lanes run: one task for each lane in which something waits.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tokio::sync::{Notify, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use super::record::apply_surely;
use super::{Delivery, Ports, deliver};
use crate::clock::{self, Millis};
use crate::desk::{Applied, Stirred};
use crate::domain::effect::Effect;
use crate::domain::input::{Claim, Input};
use crate::store::outbox::{self, Head};
use crate::store::{Result, StoreError};

/// Deliveries under way at once.
const AT_ONCE: usize = 64;
/// How often the outbox is looked at without a hint.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long a lease lasts, and how often it is renewed.
const LEASE: Duration = Duration::from_secs(30);
const RENEW: Duration = Duration::from_secs(10);
/// The wait after a first failure; it doubles up to the longest.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_mins(5);
/// After this many answers that the destination failed, while it answered others well, an effect is set aside.
const FAILURES: i64 = 20;
const WELL_WITHIN: Duration = Duration::from_mins(1);

/// How often a reply looks whether the backlog is in.
const LOOK_FOR_BACKLOG: Duration = Duration::from_millis(100);

/// Runs the lanes.
pub struct Dispatcher {
    ports: Ports,
    shared: Arc<Shared>,
    running: HashMap<String, Again>,
    ended: (mpsc::UnboundedSender<String>, mpsc::UnboundedReceiver<String>),
}

/// Whether a lane that runs was stirred meanwhile.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Again {
    No,
    Yes,
}

/// What all lanes share.
struct Shared {
    /// Who holds the leases: the same after a restart, so that nobody waits for leases of a process that is gone.
    holder: String,
    /// Bounds the deliveries under way.
    permits: Semaphore,
    /// Wakes lanes that wait after a failure, when another lane succeeds.
    well_again: Notify,
    /// When a delivery last succeeded, in Unix milliseconds.
    last_well: AtomicI64,
    /// How many lanes wait after a failure.
    ailing: AtomicI64,
    /// Ends it all.
    stop: CancellationToken,
}

impl Dispatcher {
    /// Prepares to run the lanes until `stop`. `instance` names this replica, before a restart and after it; two that go
    /// by one name take lanes from each other, which is slow but does no harm.
    #[must_use]
    pub fn new(ports: Ports, instance: String, stop: CancellationToken) -> Self {
        let shared = Shared {
            holder: instance,
            permits: Semaphore::new(AT_ONCE),
            well_again: Notify::new(),
            last_well: AtomicI64::new(0),
            ailing: AtomicI64::new(0),
            stop,
        };
        Self { ports, shared: Arc::new(shared), running: HashMap::new(), ended: mpsc::unbounded_channel() }
    }

    /// What to call when a destination is back that was away: lanes that wait after a failure try again at once.
    pub fn waker(&self) -> impl Fn() + Send + Sync + use<> {
        let shared = self.shared.clone();
        move || shared.well_again.notify_waiters()
    }

    /// Runs until it is stopped, then waits for the deliveries under way.
    pub async fn run(mut self, mut hints: mpsc::UnboundedReceiver<Stirred>, timers: Arc<Notify>) {
        let mut look = tokio::time::interval(LOOK_EVERY);
        loop {
            tokio::select! {
                () = self.shared.stop.cancelled() => break,
                Some(hint) = hints.recv() => match hint {
                    Stirred::Lane(lane) => self.start(lane),
                    Stirred::Timer => timers.notify_one(),
                },
                Some(lane) = self.ended.1.recv() => self.end(lane),
                _ = look.tick() => self.look().await,
            }
        }
        while !self.running.is_empty() {
            let Some(lane) = self.ended.1.recv().await else { break };
            self.running.remove(&lane);
        }
    }

    async fn look(&mut self) {
        match self.busy().await {
            Ok(lanes) => lanes.into_iter().for_each(|lane| self.start(lane)),
            Err(error) => tracing::warn!(%error, "cannot look at the outbox"),
        }
    }

    async fn busy(&self) -> Result<Vec<String>> {
        let mut conn = self.ports.store.connection().await?;
        outbox::busy_lanes(&mut conn, self.ports.clock.now(), i64::MAX).await
    }

    fn start(&mut self, lane: String) {
        if let Some(again) = self.running.get_mut(&lane) {
            *again = Again::Yes;
            return;
        }
        self.running.insert(lane.clone(), Again::No);
        let (ended, lane_task) = (self.ended.0.clone(), Lane::new(&lane, &self.ports, &self.shared));
        tokio::spawn(async move {
            lane_task.run().await;
            // The dispatcher outlives its lanes.
            let _ = ended.send(lane);
        });
    }

    fn end(&mut self, lane: String) {
        if self.running.remove(&lane) == Some(Again::Yes) {
            self.start(lane);
        }
    }
}

/// One lane being run.
struct Lane {
    name: String,
    ports: Ports,
    shared: Arc<Shared>,
}

/// What a lane does next.
enum Next {
    /// The next effect: the head is done.
    Done,
    /// Whatever is the head now.
    GoOn,
    /// Nothing, until it is stirred again.
    Rest,
    /// Whatever is the head after this long.
    Wait(Duration),
}

impl Lane {
    fn new(name: &str, ports: &Ports, shared: &Arc<Shared>) -> Self {
        Self { name: name.to_owned(), ports: ports.clone(), shared: shared.clone() }
    }

    async fn run(self) {
        let epoch = match self.lease().await {
            Ok(Some(epoch)) => epoch,
            Ok(None) => return,
            Err(error) => return tracing::warn!(lane = self.name, %error, "cannot lease a lane"),
        };
        let work = async {
            let mut failures = 0;
            while !self.shared.stop.is_cancelled() {
                match self.deliver_head(epoch, &mut failures).await {
                    Ok(Next::Done | Next::GoOn) => {}
                    Ok(Next::Rest) => break,
                    Ok(Next::Wait(wait)) => self.wait(wait).await,
                    Err(error) => {
                        tracing::warn!(lane = self.name, %error, "cannot read a lane");
                        self.wait(FIRST_WAIT).await;
                    }
                }
            }
        };
        tokio::select! {
            () = work => {}
            () = self.keep_lease(epoch) => tracing::warn!(lane = self.name, "the lease was lost"),
        }
        self.release(epoch).await;
    }

    async fn deliver_head(&self, epoch: i64, failures: &mut u32) -> Result<Next> {
        let head = {
            let mut conn = self.ports.store.connection().await?;
            match outbox::head(&mut conn, &self.name).await {
                Err(StoreError::Corrupt { .. }) => Err(outbox::head_seq(&mut conn, &self.name).await?),
                head => Ok(head?),
            }
        };
        let head = match head {
            Ok(Some(head)) => head,
            Err(Some(seq)) => {
                let claim = Claim { lane: self.name.clone(), seq, version: 0, epoch };
                let why = "its row cannot be read".to_owned();
                return Ok(self.apply(Input::Undeliverable { claim, why }).await);
            }
            Ok(None) | Err(None) => return Ok(Next::Rest),
        };
        let claim = Claim { lane: self.name.clone(), seq: head.seq, version: head.version, epoch };
        let early = head.due_at.since(self.ports.clock.now());
        if !early.is_zero() {
            return Ok(Next::Wait(early.min(LONGEST_WAIT)));
        }
        if matches!(head.effect, Effect::SendReply { .. }) && !self.ports.backlog.is_in() {
            self.wait_for_backlog(&head).await;
            return Ok(Next::GoOn);
        }
        let delivery = {
            let _permit = self.shared.permits.acquire().await;
            // A delivery is large; boxed, it takes memory only while it has a permit.
            Box::pin(deliver::deliver(&self.ports, &head, &claim)).await
        };
        Ok(match self.record(&head, claim, delivery, failures).await {
            // Whoever appends stirs the lane, so that it need not look whether there is more; but replicas stir their own.
            Next::Done if head.is_last && self.ports.store.engine().is_exclusive() => Next::Rest,
            next => next,
        })
    }

    /// A reply waits until everything was seen that might take it back.
    async fn wait_for_backlog(&self, head: &Head) {
        tracing::debug!(lane = self.name, seq = head.seq, "a reply waits for the backlog");
        while !self.ports.backlog.is_in() && !self.shared.stop.is_cancelled() {
            self.wait(LOOK_FOR_BACKLOG).await;
        }
    }

    async fn record(&self, head: &Head, claim: Claim, delivery: Delivery, failures: &mut u32) -> Next {
        match delivery {
            Delivery::Done(evidence) => {
                *failures = 0;
                self.well();
                fail::fail_point!("delivered", |_| std::process::abort());
                self.apply(Input::Delivered { claim, evidence }).await
            }
            Delivery::Completed => {
                *failures = 0;
                Next::Done
            }
            Delivery::Recorded => {
                *failures = 0;
                Next::GoOn
            }
            Delivery::Retry { after, counts, why } => {
                *failures += 1;
                tracing::info!(lane = self.name, seq = head.seq, failures, why, "will try again");
                if counts && head.failures + 1 >= FAILURES && self.was_well() {
                    return self.apply(Input::Undeliverable { claim, why }).await;
                }
                if counts {
                    let until = self.ports.clock.now();
                    self.apply(Input::Postponed { claim, until, counts }).await;
                }
                self.wait_to_try_again(*failures, after).await;
                Next::GoOn
            }
            Delivery::Unanswered { why } => {
                *failures += 1;
                tracing::info!(lane = self.name, seq = head.seq, failures, why, "will try again");
                self.wait_to_try_again(*failures, None).await;
                Next::GoOn
            }
            Delivery::Undeliverable(why) => self.apply(Input::Undeliverable { claim, why }).await,
        }
    }

    /// Waits after a failure; unless a pause was asked for, no longer than until another lane succeeds.
    async fn wait_to_try_again(&self, failures: u32, asked: Option<Duration>) {
        self.shared.ailing.fetch_add(1, Ordering::Relaxed);
        tokio::select! {
            () = self.wait(backoff(failures).max(asked.unwrap_or_default())) => {}
            () = self.shared.well_again.notified(), if asked.is_none() => {}
        }
        self.shared.ailing.fetch_sub(1, Ordering::Relaxed);
    }

    /// Hands an outcome to the desk, until it is durable or another holds the lane.
    async fn apply(&self, input: Input) -> Next {
        match apply_surely(&self.ports, &self.shared.stop, input).await {
            Some(Applied::Lost) | None => Next::Rest,
            Some(Applied::Done) => Next::Done,
            Some(_) => Next::GoOn,
        }
    }

    fn well(&self) {
        let now = self.ports.clock.now();
        self.shared.last_well.store(now.0, Ordering::Relaxed);
        if self.shared.ailing.load(Ordering::Relaxed) > 0 {
            self.shared.well_again.notify_waiters();
        }
    }

    fn was_well(&self) -> bool {
        let last = Millis(self.shared.last_well.load(Ordering::Relaxed));
        self.ports.clock.now().since(last) < WELL_WITHIN
    }

    async fn wait(&self, wait: Duration) {
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = self.shared.stop.cancelled() => {}
        }
    }

    async fn lease(&self) -> Result<Option<i64>> {
        if self.ports.store.engine().is_exclusive() {
            return Ok(Some(0));
        }
        let now = self.ports.clock.now();
        let mut conn = self.ports.store.connection().await?;
        outbox::lease(&mut conn, &self.name, &self.shared.holder, now, now + LEASE).await
    }

    /// Renews the lease for as long as it is kept; returns when it is lost.
    async fn keep_lease(&self, epoch: i64) {
        if self.ports.store.engine().is_exclusive() {
            return std::future::pending().await;
        }
        loop {
            tokio::time::sleep(RENEW).await;
            let renewed = async {
                let mut conn = self.ports.store.connection().await?;
                let until = self.ports.clock.now() + LEASE;
                outbox::renew(&mut conn, &self.name, epoch, until).await
            };
            if matches!(renewed.await, Ok(false)) {
                return;
            }
        }
    }

    async fn release(&self, epoch: i64) {
        if self.ports.store.engine().is_exclusive() {
            return;
        }
        let released: Result<()> = async {
            let mut conn = self.ports.store.connection().await?;
            outbox::release(&mut conn, &self.name, epoch).await
        }
        .await;
        if let Err(error) = released {
            tracing::debug!(lane = self.name, %error, "the lease will run out by itself");
        }
    }
}

/// The wait after so many failures in a row: doubling, with up to a fifth less so that lanes do not come all at once.
fn backoff(failures: u32) -> Duration {
    let wait = FIRST_WAIT.saturating_mul(1 << failures.saturating_sub(1).min(9)).min(LONGEST_WAIT);
    wait.mul_f64(1.0 - 0.2 * clock::random_unit())
}
