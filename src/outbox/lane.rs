//! Runs one lane: delivers its effects one after another.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::{Notify, SemaphorePermit};

use super::record::apply_surely;
use super::shared::Shared;
use super::{Delivery, Ports, deliver};
use crate::clock;
use crate::desk::Applied;
use crate::domain::class::Class;
use crate::domain::effect::{Effect, OpenRoom};
use crate::domain::input::{Claim, Input};
use crate::domain::lane::Lane;
use crate::steady;
use crate::store::outbox::{self, Head, Lease};
use crate::store::{Result, StoreError, interactions};

/// How long a lease lasts, and how often it is renewed.
const LEASE: Duration = Duration::from_secs(30);
const RENEW: Duration = Duration::from_secs(10);
/// The wait after a first failure; it doubles up to the longest.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_mins(5);
/// An effect is set aside after the destination has answered this often that it failed, while it did others
/// well. Each failure is followed by its whole wait, so this takes most of an hour.
const FAILURES: i64 = 20;
/// Over how many deliveries of an effect the program ended before it is set aside.
const ENDED_PROGRAM: i64 = 2;

/// How often a waiting reply checks whether the backlog is in.
const LOOK_FOR_BACKLOG: Duration = Duration::from_millis(100);

/// Runs one lane.
pub(super) struct LaneRunner {
    name: Lane,
    ports: Ports,
    shared: Arc<Shared>,
    /// Told when something is added to it.
    stirred: Arc<Notify>,
}

/// What a lane remembers of the effect at its head.
#[derive(Default)]
struct Tries {
    /// How often it failed in a row.
    failures: u32,
    /// The position of the effect over which the program panicked last.
    panicked: Option<i64>,
}

/// What a lane does next.
enum Next {
    /// The next effect: the head is done.
    Done,
    /// Whatever is the head now.
    GoOn,
    /// Nothing, until it is stirred again.
    Rest,
    /// The same, and the lease is given back.
    Leave,
    /// Whatever is the head after this long.
    Wait(Duration),
}

impl LaneRunner {
    pub(super) fn new(name: &Lane, ports: &Ports, shared: &Arc<Shared>, stirred: Arc<Notify>) -> Self {
        Self { name: name.clone(), ports: ports.clone(), shared: shared.clone(), stirred }
    }

    /// Delivers what waits in the lane, until nothing is left.
    pub(super) async fn run(self) {
        let Lease { epoch, mut head } = match self.lease().await {
            Ok(Some(lease)) => lease,
            Ok(None) => return,
            Err(error) => return tracing::warn!(lane = %self.name, %error, "cannot lease a lane"),
        };
        let work = async {
            let mut tries = Tries::default();
            while !self.shared.stop.is_cancelled() {
                match self.deliver_head(head.take(), epoch, &mut tries).await {
                    Ok(Next::Done | Next::GoOn) => {}
                    Ok(Next::Rest) => break,
                    Ok(Next::Leave) => return true,
                    Ok(Next::Wait(wait)) => self.wait(wait).await,
                    Err(error) => {
                        tracing::warn!(lane = %self.name, %error, "cannot read a lane");
                        self.wait(FIRST_WAIT).await;
                    }
                }
            }
            false
        };
        let is_given_back = tokio::select! {
            is_given_back = work => is_given_back,
            () = self.keep_lease(epoch) => {
                tracing::warn!(lane = %self.name, "the lease was lost");
                false
            }
        };
        if !is_given_back {
            self.release(epoch).await;
        }
    }

    /// Delivers the head of the lane, which may have been read with the lease.
    async fn deliver_head(&self, head: Option<Head>, epoch: i64, tries: &mut Tries) -> Result<Next> {
        let head = if head.is_some() {
            Ok(head)
        } else {
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
        if matches!(head.effect, Effect::SendReply(_)) && !self.ports.lets_messages_go() {
            self.wait_for_its_way(&head).await;
            return Ok(Next::GoOn);
        }
        if head.begun >= ENDED_PROGRAM {
            let why =
                "the program ended twice while it read this; an admin can have it tried again".to_owned();
            return Ok(self.apply(Input::Undeliverable { claim, why }).await);
        }
        let delivery = {
            let Some(_turn) = self.turn(&head.effect).await else { return Ok(Next::Rest) };
            let delivery = steady::caught(deliver::deliver(&self.ports, &head, &claim)).await;
            delivery.unwrap_or_else(|why| self.panicked(&head, &why, tries))
        };
        Ok(match self.record(&head, claim, delivery, tries).await {
            Next::Done if head.is_last => self.rest(epoch).await?,
            next => next,
        })
    }

    /// What comes after the last effect that was seen. A commit wakes the lanes it appends to, so a lane need
    /// not look for more; but a replica wakes only its own.
    async fn rest(&self, epoch: i64) -> Result<Next> {
        if self.ports.store.engine().is_exclusive() {
            return Ok(Next::Rest);
        }
        let mut conn = self.ports.store.connection().await?;
        let is_given_back = outbox::release_if_done(&mut conn, &self.name, epoch).await?;
        Ok(if is_given_back { Next::Leave } else { Next::Done })
    }

    /// Waits for an effect's turn; nothing while stopping. A room that someone begins to wait for meanwhile
    /// goes before those that nobody waits for.
    async fn turn(&self, effect: &Effect) -> Option<SemaphorePermit<'_>> {
        let turns = &self.shared.turns;
        let class = self.class(effect).await;
        let mut turn = pin!(turns.have(class));
        loop {
            tokio::select! {
                turn = &mut turn => return turn,
                () = self.shared.stop.cancelled() => return None,
                () = self.stirred.notified(), if class == Class::Room => {}
            }
            if self.class(effect).await != class {
                return tokio::select! {
                    turn = turns.have(Class::AwaitedRoom) => turn,
                    () = self.shared.stop.cancelled() => None,
                };
            }
        }
    }

    /// The class of an effect as things stand.
    async fn class(&self, effect: &Effect) -> Class {
        let Effect::OpenRoom(OpenRoom { interaction }) = effect else { return effect.class(false) };
        let found =
            async { interactions::by_id(&mut *self.ports.store.connection().await?, interaction).await };
        // It has an agent, or is a talk. If it cannot be read, its delivery finds that out.
        let is_awaited = found.await.is_ok_and(|found| found.is_none_or(|found| found.owner().is_some()));
        effect.class(is_awaited)
    }

    /// The program panicked over an effect. It is tried once more, since the cause may have passed.
    fn panicked(&self, head: &Head, why: &str, tries: &mut Tries) -> Delivery {
        let why = format!("the program panicked over it: {why}");
        tracing::error!(lane = %self.name, seq = head.seq, why, "panicked");
        if tries.panicked == Some(head.seq) {
            return Delivery::Undeliverable(why);
        }
        tries.panicked = Some(head.seq);
        Delivery::Retry { after: None, counts: true, why }
    }

    /// A reply waits until everything that might take it back was seen, and the provider answers.
    async fn wait_for_its_way(&self, head: &Head) {
        tracing::debug!(lane = %self.name, seq = head.seq, "a reply waits for the backlog or the provider");
        while !self.ports.lets_messages_go() && !self.shared.stop.is_cancelled() {
            self.wait(LOOK_FOR_BACKLOG).await;
        }
    }

    async fn record(&self, head: &Head, claim: Claim, delivery: Delivery, tries: &mut Tries) -> Next {
        match delivery {
            Delivery::Done(evidence) => {
                tries.failures = 0;
                self.shared.well(self.ports.clock.now());
                fail::fail_point!("delivered", |_| std::process::abort());
                let outcome = Input::Delivered { claim, evidence };
                // Nothing in the lane waits for the last of its effects.
                if head.is_last { self.apply_in_passing(outcome).await } else { self.apply(outcome).await }
            }
            Delivery::Completed => {
                tries.failures = 0;
                Next::Done
            }
            Delivery::Recorded => {
                tries.failures = 0;
                Next::GoOn
            }
            Delivery::Retry { after, counts, why } => {
                // A failure while everything else fails says nothing about this effect.
                let counts = counts && !self.ports.matrix.reach().now().fails();
                tries.failures += 1;
                tracing::info!(
                    lane = %self.name,
                    seq = head.seq,
                    failures = tries.failures,
                    why,
                    "will try again"
                );
                if counts && head.failures + 1 >= FAILURES && self.shared.was_well(self.ports.clock.now()) {
                    return self.apply(Input::Undeliverable { claim, why }).await;
                }
                if counts || head.effect.reads_strangers() {
                    self.postpone(claim, counts).await;
                }
                if counts {
                    // The success of other lanes is no reason to ask sooner, nor is a restart.
                    let failures = u32::try_from(head.failures).unwrap_or(u32::MAX).saturating_add(1);
                    let pause = backoff(tries.failures.max(failures)).max(after.unwrap_or_default());
                    self.wait_to_try_again(tries.failures, Some(pause)).await;
                } else {
                    self.wait_to_try_again(tries.failures, after).await;
                }
                Next::GoOn
            }
            Delivery::Unanswered { why } => {
                tries.failures += 1;
                tracing::info!(
                    lane = %self.name,
                    seq = head.seq,
                    failures = tries.failures,
                    why,
                    "will try again"
                );
                if head.effect.reads_strangers() {
                    self.postpone(claim, false).await;
                }
                self.wait_to_try_again(tries.failures, None).await;
                Next::GoOn
            }
            Delivery::Refused(error) => {
                self.apply(Input::Undeliverable { claim, why: error.to_string() }).await
            }
            Delivery::Undeliverable(why) => self.apply(Input::Undeliverable { claim, why }).await,
        }
    }

    /// Records that a try has ended, and whether it counts as a failure.
    async fn postpone(&self, claim: Claim, counts: bool) {
        let until = self.ports.clock.now();
        self.apply(Input::Postponed { claim, until, counts }).await;
    }

    /// Waits after a failure. Unless the destination asked for a pause, the wait ends as soon as another lane
    /// succeeds.
    async fn wait_to_try_again(&self, failures: u32, asked: Option<Duration>) {
        self.shared.ailing.fetch_add(1, Ordering::Relaxed);
        tokio::select! {
            () = self.wait(backoff(failures).max(asked.unwrap_or_default())) => {}
            () = self.shared.well_again.notified(), if asked.is_none() => {}
        }
        self.shared.ailing.fetch_sub(1, Ordering::Relaxed);
    }

    /// Hands an outcome to the desk, and repeats that until it is durable or another replica holds the lane.
    async fn apply(&self, input: Input) -> Next {
        after(apply_surely(&self.ports, &self.shared.stop, input).await.as_ref())
    }

    /// The same for an outcome that nothing in the lane waits for.
    async fn apply_in_passing(&self, input: Input) -> Next {
        match self.ports.desk.apply_in_passing(input.clone()).await {
            Ok(applied) => after(Some(&applied)),
            Err(_) => self.apply(input).await,
        }
    }

    async fn wait(&self, wait: Duration) {
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = self.shared.stop.cancelled() => {}
        }
    }

    async fn lease(&self) -> Result<Option<Lease>> {
        if self.ports.store.engine().is_exclusive() {
            return Ok(Some(Lease { epoch: 0, head: None }));
        }
        let now = self.ports.clock.now();
        let mut conn = self.ports.store.connection().await?;
        outbox::lease(&mut conn, &self.name, &self.shared.holder, now, now + LEASE).await
    }

    /// Renews the lease; returns when it is lost.
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
            tracing::debug!(lane = %self.name, %error, "the lease will run out by itself");
        }
    }
}

/// What a lane does once an outcome is applied; nothing came of it if everything is being stopped.
fn after(applied: Option<&Applied>) -> Next {
    match applied {
        Some(Applied::Lost) | None => Next::Rest,
        Some(Applied::Done) => Next::Done,
        Some(_) => Next::GoOn,
    }
}

/// The wait after so many failures in a row: doubling, with up to a fifth less so that lanes do not come all
/// at once.
fn backoff(failures: u32) -> Duration {
    let wait = FIRST_WAIT.saturating_mul(1 << failures.saturating_sub(1).min(9)).min(LONGEST_WAIT);
    wait.mul_f64(1.0 - 0.2 * clock::random_unit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_takes_most_of_an_hour_until_an_effect_is_set_aside() {
        for _ in 0..100 {
            let waits: Duration = (1..20).map(backoff).sum();
            assert!(waits > Duration::from_mins(45) && waits < Duration::from_hours(1), "{waits:?}");
        }
    }
}
