//! What the provider keeps of a telephone call: between which numbers, when, and for how long.

use super::piece::{Piece, again_after};
use super::texts::{is_for_later, later};
use crate::domain::effect::{Erased, Then};
use crate::domain::erasure::{Counts, LeftReason, Step};
use crate::outbox::{Detour, Ports};
use crate::sms::provider::EraseError;

/// Deletes the record of a call. One that still goes on is refused, and tried again.
pub(super) async fn erase(ports: &Ports, piece: &Piece<'_>, sid: &str, round: u32) -> Result<Erased, Detour> {
    match ports.sms.erase(sid).await {
        Ok(()) => Ok(piece.finished(Counts { calls: 1, ..Counts::default() })),
        Err(EraseError::Unsupported) => Ok(piece.left(LeftReason::Unsupported)),
        Err(error) if is_for_later(&error) => Ok(match again_after(round) {
            Some(after_secs) => {
                let step = Step::Call { sid: sid.to_owned(), round: round + 1 };
                piece.then(Then::Later { step, after_secs })
            }
            None => piece.left(LeftReason::Refused),
        }),
        Err(error) => Err(later(error.to_string())),
    }
}
