//! Telephone calls: Twilio's Calls API, phones that ring, and conferences, in which a phone can be put on
//! hold, and which end when somebody leaves.
//! Kept in memory only: a call does not outlive the program.
//!
//! A number ending in `0404` cannot be reached, one in `0405` is busy; any other rings until somebody answers
//! or declines on the page, or the time is over that the caller gives it.
//!
//! Source: <https://www.twilio.com/docs/voice/api/call-resource>.

pub(super) mod api;
pub(super) mod conferences;

use std::time::Duration;

use super::change::Change;
use super::faults::PostFault;
use super::line::{CallStatus, PhoneLine};
use super::rules;
use super::server::Simulator;
use crate::clock;

/// So many calls are remembered.
const MAX_CALLS: usize = 1_000;

/// A call to be.
pub(super) struct NewCall {
    ours: String,
    phone: String,
    conference: String,
    callback: Option<String>,
    rings: Duration,
}

impl Simulator {
    /// The calls so far, oldest first; the last 1,000.
    #[must_use]
    pub fn calls(&self) -> Vec<PhoneLine> {
        self.state().calls.clone()
    }

    /// Somebody answers a phone that rings. False if it does not.
    #[must_use]
    pub fn answer(&self, phone: &str) -> bool {
        self.on_line(phone, CallStatus::Ringing).is_some_and(|sid| self.step(&sid, CallStatus::InProgress))
    }

    /// Somebody declines the call that a phone rings with, or hangs up. False if there is none.
    #[must_use]
    pub fn hang_up(&self, phone: &str) -> bool {
        if let Some(sid) = self.on_line(phone, CallStatus::InProgress) {
            return self.step(&sid, CallStatus::Completed);
        }
        self.on_line(phone, CallStatus::Ringing).is_some_and(|sid| self.step(&sid, CallStatus::Busy))
    }

    fn on_line(&self, phone: &str, status: CallStatus) -> Option<String> {
        let state = self.state();
        let found = state.calls.iter().find(|call| call.phone == phone && call.status == status);
        found.map(|call| call.sid.clone())
    }

    /// Keeps a new call, and lets its phone ring.
    fn begin_call(&self, new: NewCall) -> PhoneLine {
        let NewCall { ours, phone, conference, callback, rings } = new;
        let call = PhoneLine {
            sid: format!("CA{}", clock::random_hex()),
            phone,
            ours,
            status: CallStatus::Queued,
            conference,
            on_hold: false,
            callback,
            rings,
            created: self.0.config.clock.now(),
            answered: None,
            ended: None,
            backwards: Vec::new(),
        };
        {
            let mut state = self.state();
            if state.calls.len() >= MAX_CALLS {
                state.calls.remove(0);
            }
            state.calls.push(call.clone());
        }
        let (simulator, begun) = (self.clone(), call.clone());
        self.spawn(async move { simulator.ring(begun).await });
        call
    }

    async fn ring(&self, call: PhoneLine) {
        tokio::time::sleep(self.0.config.pace).await;
        self.step(&call.sid, CallStatus::Initiated);
        tokio::time::sleep(self.0.config.pace).await;
        let is_busy =
            self.state().calls.iter().any(|other| {
                other.phone == call.phone && other.sid != call.sid && other.status.is_on_the_line()
            });
        let fate = match rules::fate(&call.phone) {
            (_, Some(30003)) => CallStatus::Failed,
            (_, Some(30004)) => CallStatus::Busy,
            _ if is_busy => CallStatus::Busy,
            _ => CallStatus::Ringing,
        };
        self.step(&call.sid, fate);
        if fate == CallStatus::Ringing {
            tokio::time::sleep(call.rings).await;
            if self.on_line(&call.phone, CallStatus::Ringing).as_ref() == Some(&call.sid) {
                self.step(&call.sid, CallStatus::NoAnswer);
            }
        }
    }

    /// A call goes on to another status, which is reported. False if it cannot.
    fn step(&self, sid: &str, status: CallStatus) -> bool {
        let now = self.0.config.clock.now();
        let (changed, others) = {
            let mut state = self.state();
            let Some(call) = state.calls.iter_mut().find(|call| call.sid == sid) else { return false };
            if call.status.is_over()
                || (status == CallStatus::Ringing && call.status == CallStatus::InProgress)
            {
                return false;
            }
            call.status = status;
            if status == CallStatus::InProgress {
                call.answered = Some(now);
            }
            if status.is_over() {
                (call.ended, call.on_hold) = (Some(now), false);
            }
            let changed = call.clone();
            // Who leaves ends the conference for the other.
            let leaves = status == CallStatus::Completed;
            let others: Vec<String> = state
                .calls
                .iter()
                .filter(|other| leaves && other.is_in(&changed.conference))
                .map(|other| other.sid.clone())
                .collect();
            (changed, others)
        };
        self.tell(Change::call(&changed));
        let simulator = self.clone();
        self.spawn(async move { simulator.report_call(changed).await });
        for other in others {
            self.step(&other, CallStatus::Completed);
        }
        true
    }

    /// The bridge ends a call, whether it rings or somebody speaks.
    fn end_call(&self, sid: &str) -> Option<PhoneLine> {
        let status = self.state().calls.iter().find(|call| call.sid == sid)?.status;
        let speaks = status == CallStatus::InProgress;
        self.step(sid, if speaks { CallStatus::Completed } else { CallStatus::Canceled });
        self.call(sid)
    }

    fn call(&self, sid: &str) -> Option<PhoneLine> {
        self.state().calls.iter().find(|call| call.sid == sid).cloned()
    }

    /// Posts a status callback, or collects it while callbacks are to come last first.
    async fn report_call(&self, call: PhoneLine) {
        if call.callback.is_none() {
            return;
        }
        match self.0.faults.callback_fault().await {
            PostFault::Dropped => {}
            PostFault::Twice => {
                self.post_call(&call, call.status).await;
                self.post_call(&call, call.status).await;
            }
            PostFault::None | PostFault::Held => self.post_call(&call, call.status).await,
            PostFault::Reversed => {
                let all = {
                    let mut state = self.state();
                    let Some(kept) = state.calls.iter_mut().find(|kept| kept.sid == call.sid) else { return };
                    kept.backwards.push(call.status);
                    if call.status.is_over() { std::mem::take(&mut kept.backwards) } else { vec![] }
                };
                for status in all.into_iter().rev() {
                    self.post_call(&call, status).await;
                }
            }
        }
    }

    async fn post_call(&self, call: &PhoneLine, status: CallStatus) {
        let Some(url) = &call.callback else { return };
        let secs = call.secs().to_string();
        let mut params = vec![
            ("ApiVersion", "2010-04-01"),
            ("AccountSid", self.0.config.account_sid.as_str()),
            ("From", &call.ours),
            ("To", &call.phone),
            ("CallSid", &call.sid),
            ("CallStatus", status.as_str()),
            ("Direction", "outbound-api"),
        ];
        if status.is_over() {
            params.push(("CallDuration", &secs));
        }
        let params: Vec<(String, String)> =
            params.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        for _ in 0..2 {
            if self.post(url, &params).await.is_some() {
                return;
            }
            tokio::time::sleep(self.0.config.pace).await;
        }
    }
}
