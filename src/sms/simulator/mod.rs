//! Twilio's wire as a server inside the program: the provider of the demo, of development and of the tests.
//!
//! The bridge talks to it with the same code as to Twilio, over real HTTP, and it talks back with signed
//! webhooks. It keeps phones and what they wrote and received, in memory and, where a file is named, on disk,
//! so that bubbles survive a restart. The page `/phone` shows the phones.
//!
//! What it does as Twilio does: Basic auth, validation with Twilio's codes, `queued` → `sent` → `delivered`
//! with signed callbacks, inbound webhooks repeated while nobody answers, paged lists, media behind a
//! redirect to a CDN that takes no credential, STOP, START and HELP with `OptOutType` and an automatic
//! answer.
//!
//! Numbers with a meaning: Twilio's own test numbers (`+15005550001` is not valid, `…0002` cannot be reached,
//! `…0003` lies in a forbidden region, `…0004` has opted out, `…0009` is no mobile), and any contact number
//! ending in
//!
//! | ending | what happens |
//! | --- | --- |
//! | `0404` | undelivered, 30003: switched off |
//! | `0405` | undelivered, 30004: blocked |
//! | `0406` | undelivered, 30006: landline |
//! | `0407` | undelivered, 30007: filtered |
//! | `0408` | failed, 30008: the carrier does not say why |
//!
//! Calls ring on the page too, see `calls`.
//!
//! [`Faults`] makes it misbehave for tests, [`Simulator::log`] tells what it took and gave, in order.

mod account;
mod api;
mod calls;
mod carrier;
mod change;
mod config;
mod faults;
mod line;
mod log;
mod page;
mod resource;
mod rules;
mod server;
mod state;
mod store;
mod text;

use axum::Router;
use tokio::net::TcpListener;

pub use self::account::{KIND, SimulatorAccount};
pub use self::config::{SimulatorConfig, SimulatorError};
pub use self::faults::{AnswerFault, Faults, MediaFault, PostFault};
pub use self::line::{CallStatus, PhoneLine};
pub use self::log::{LogEntry, LogWhat};
pub use self::server::Simulator;
pub use self::text::{Attachment, Sent, TextError};

impl Simulator {
    /// Twilio's API below `/2010-04-01`, the CDN, and the page `/phone`.
    pub fn router(&self) -> Router {
        api::router()
            .merge(calls::api::routes())
            .merge(calls::conferences::routes())
            .merge(page::router(self))
            .with_state(self.clone())
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
}

#[cfg(test)]
mod tests;
