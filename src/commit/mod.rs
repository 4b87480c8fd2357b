//! One commit: its connection, the rows it has yet to write, and the receipts of its inputs.
//!
//! [`Tx`] is what everything above works with. It knows how to say something, to set a timer and to append an
//! effect, and nothing of what happens at the desk: that is in `acts`.

mod applied;
mod first;
mod lines;
mod pending;
mod says;
mod settings;
mod tx;

pub use applied::{Applied, Dialling, Making, Submission, Woken};
pub(crate) use says::ListKind;
pub(crate) use settings::Current;
pub use settings::Settings;
pub(crate) use tx::{Finished, Tx};
