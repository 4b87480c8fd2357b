//! Erasing what tells of a person at the homeserver and the provider: each delivery does one bounded piece of
//! the erasure's next step, and says how far that is then.
//!
//! Every piece can be done twice: what is redacted, gone or erased already is left alone. What is refused for
//! good is written down and stops nothing. What fails is tried again like everything else, for some days.
//!
//! | file | what it erases |
//! | --- | --- |
//! | `rooms` | the rooms of their conversations, whole |
//! | `mentions` | what others said of them in rooms of their own |
//! | `redact` | the events of a page, which both have in common |
//! | `texts` | the messages that the provider keeps |
//! | `calls` | its records of telephone calls |

mod calls;
mod mentions;
mod piece;
mod redact;
mod rooms;
mod texts;

#[cfg(test)]
mod tests;

use self::piece::Piece;
use crate::domain::effect::{Erase, Erased, Then};
use crate::domain::erasure::{Counts, LeftReason, Step};
use crate::domain::input::Evidence;
use crate::matrix::client::Sender;
use crate::matrix::error::Verdict;
use crate::matrix::house::ByAdmin;
use crate::outbox::{Detour, Ports};
use crate::store::{erasures, responses};

/// Does the next piece of an erasure.
pub(super) async fn erase(ports: &Ports, Erase { job }: &Erase) -> Result<Evidence, Detour> {
    let (erasure, about, next) = {
        let mut conn = ports.store.connection().await?;
        let erasure = erasures::by_id(&mut conn, job).await?;
        (erasure, erasures::about(&mut conn, job).await?, erasures::next(&mut conn, job).await?)
    };
    // Another brought it to its end meanwhile.
    let (Some(erasure), Some(about)) = (erasure, about) else { return Ok(Evidence::Nothing) };
    // Only the desk still has something to clear away.
    let Some(next) = next else { return Ok(Evidence::Erased(Box::new(Erased::nothing(job, 0, Then::Done)))) };
    let piece = Piece { erasure: &erasure, about: &about, next: &next };
    let erased = match done(ports, &piece).await {
        Ok(erased) => erased,
        Err(failed) => piece.given_up(ports, failed)?,
    };
    fail::fail_point!("erased_a_piece", |_| std::process::abort());
    Ok(Evidence::Erased(Box::new(erased)))
}

async fn done(ports: &Ports, piece: &Piece<'_>) -> Result<Erased, Detour> {
    match &piece.next.step {
        Step::Room { room, at } => rooms::erase(ports, piece, room, at).await,
        Step::Mentions { room, from, round } => {
            mentions::erase(ports, piece, room, from.as_ref(), *round).await
        }
        Step::Ghost { user } => ghost(ports, piece, user).await,
        Step::File { uri } => file(ports, piece, uri).await,
        Step::Texts { address, to_them, next, round, refused, only_known } => {
            let (to_them, only_known) = (*to_them, *only_known);
            let list = texts::List { address, to_them, only_known, next: next.as_deref() };
            texts::erase(ports, piece, &list, (*round, *refused)).await
        }
        Step::Call { sid, round } => calls::erase(ports, piece, sid, *round).await,
    }
}

/// Closes a ghost.
async fn ghost(ports: &Ports, piece: &Piece<'_>, user: &ruma::UserId) -> Result<Erased, Detour> {
    let Some(Sender::Ghost(name)) = ports.matrix.sender_of(user) else {
        return Ok(piece.left(LeftReason::NotAllowed));
    };
    match ports.matrix.close_ghost(&name).await {
        Ok(()) => Ok(piece.finished(Counts { ghosts: 1, ..Counts::default() })),
        Err(error) if matches!(error.verdict(), Verdict::Rejected { .. }) => {
            Ok(piece.left(LeftReason::NotAllowed))
        }
        Err(error) => Err(error.into()),
    }
}

/// Deletes a file, unless a standard response holds it.
async fn file(ports: &Ports, piece: &Piece<'_>, uri: &ruma::MxcUri) -> Result<Erased, Detour> {
    if responses::holds(&mut *ports.store.connection().await?, uri).await? {
        return Ok(piece.left(LeftReason::InResponse));
    }
    Ok(match ports.matrix.delete_file(uri).await? {
        ByAdmin::Done(()) => piece.finished(Counts { files: 1, ..Counts::default() }),
        ByAdmin::Gone => piece.then(Then::Done),
        ByAdmin::NotAllowed => piece.left(LeftReason::NotAdmin),
    })
}
