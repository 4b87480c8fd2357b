//! Which lanes run: one task for each lane in which something waits.
//!
//! The dispatcher keeps each task and sees it end, also by a panic. Then it starts the lane again at its next
//! look.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;

use super::Ports;
use super::lane::LaneRunner;
use super::shared::Shared;
use crate::desk::Woken;
use crate::domain::lane::Lane;
use crate::steady;
use crate::store::{Result, outbox};

/// How often the outbox is looked at without a hint.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Runs the lanes.
pub struct Dispatcher {
    ports: Ports,
    shared: Arc<Shared>,
    running: HashMap<Lane, Running>,
    ended: (mpsc::UnboundedSender<Lane>, mpsc::UnboundedReceiver<Lane>),
}

/// A lane that runs.
struct Running {
    /// Whether it was woken meanwhile.
    again: bool,
    /// Tells it when it is.
    woken: Arc<Notify>,
}

impl Dispatcher {
    /// Prepares to run the lanes until `stop`. `instance` names this replica, before a restart and after it;
    /// two replicas of one name take lanes from each other, which is slow but does no harm.
    #[must_use]
    pub fn new(ports: Ports, instance: String, stop: CancellationToken) -> Self {
        let shared = Shared::new(instance, stop);
        Self { ports, shared: Arc::new(shared), running: HashMap::new(), ended: mpsc::unbounded_channel() }
    }

    /// The function to call when a destination is back: lanes that wait after a failure try again at once.
    pub fn waker(&self) -> impl Fn() + Send + Sync + use<> {
        let shared = self.shared.clone();
        move || shared.well_again.notify_waiters()
    }

    /// Runs until it is stopped, then waits for the deliveries under way.
    pub async fn run(&mut self, hints: &mut mpsc::UnboundedReceiver<Woken>, timers: &Notify) {
        let mut look = tokio::time::interval(LOOK_EVERY);
        loop {
            tokio::select! {
                () = self.shared.stop.cancelled() => break,
                Some(hint) = hints.recv() => match hint {
                    Woken::Lane(lane) => self.wake(lane),
                    Woken::Timer => timers.notify_one(),
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

    /// Starts lanes that have work but got no hint: after a start, or from another replica. A running lane
    /// finds its work by itself.
    async fn look(&mut self) {
        match self.busy().await {
            Ok(lanes) => {
                for lane in lanes {
                    if !self.running.contains_key(&lane) {
                        self.start(lane);
                    }
                }
            }
            Err(error) => tracing::warn!(%error, "cannot look at the outbox"),
        }
    }

    async fn busy(&self) -> Result<Vec<Lane>> {
        let mut conn = self.ports.store.connection().await?;
        outbox::busy_lanes(&mut conn, self.ports.clock.now(), i64::MAX).await
    }

    fn wake(&mut self, lane: Lane) {
        match self.running.get_mut(&lane) {
            Some(running) => {
                running.again = true;
                running.woken.notify_one();
            }
            None => self.start(lane),
        }
    }

    fn start(&mut self, lane: Lane) {
        let woken = Arc::new(Notify::new());
        let (ended, lane_task) =
            (self.ended.0.clone(), LaneRunner::new(&lane, &self.ports, &self.shared, woken.clone()));
        self.running.insert(lane.clone(), Running { again: false, woken });
        tokio::spawn(async move {
            // Its effect stays where it is, and is tried again at the next look.
            if let Err(why) = steady::caught(lane_task.run()).await {
                tracing::error!(%lane, why, "a lane panicked");
            }
            // The dispatcher outlives its lanes.
            let _ = ended.send(lane);
        });
    }

    fn end(&mut self, lane: Lane) {
        if self.running.remove(&lane).is_some_and(|running| running.again) {
            self.start(lane);
        }
    }
}
