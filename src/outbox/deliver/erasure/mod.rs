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
//! | `texts` | what the provider keeps |

mod mentions;
mod redact;
mod rooms;
mod texts;

use std::time::Duration;

use crate::domain::effect::{Erase, Erased, Then};
use crate::domain::erasure::{About, Counts, Erasure, Left, LeftReason, Step};
use crate::domain::input::Evidence;
use crate::matrix::client::Sender;
use crate::matrix::error::Verdict;
use crate::matrix::house::ByAdmin;
use crate::outbox::{Delivery, Detour, Ports};
use crate::store::erasures::{self, Next};

/// A step that still fails after this time is given up, so that what tells of the person is not kept for
/// ever.
const GIVEN_UP_AFTER: Duration = Duration::from_hours(7 * 24);
/// After these times what may still have been on its way is looked for once more; and what was refused, such
/// as a message that is still being sent, is tried again.
const AGAIN_AFTER: [Duration; 5] = [
    Duration::from_mins(5),
    Duration::from_mins(30),
    Duration::from_hours(2),
    Duration::from_hours(12),
    Duration::from_hours(24),
];

/// A piece of work: the erasure and what it knows, and the step.
struct Piece<'a> {
    erasure: &'a Erasure,
    about: &'a About,
    next: &'a Next,
}

/// Does the next piece of an erasure.
pub(super) async fn erase(ports: &Ports, Erase { job }: &Erase) -> Result<Evidence, Detour> {
    let (erasure, about, next) = {
        let mut conn = ports.store.connection().await?;
        let erasure = erasures::by_id(&mut conn, job).await?;
        (erasure, erasures::about(&mut conn, job).await?, erasures::next(&mut conn, job).await?)
    };
    // Another brought it to its end meanwhile.
    let (Some(erasure), Some(about), Some(next)) = (erasure, about, next) else {
        return Ok(Evidence::Nothing);
    };
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
        Step::Texts { address, to_them, next, round, refused } => {
            let list = texts::List { address, to_them: *to_them, next: next.as_deref() };
            texts::erase(ports, piece, &list, (*round, *refused)).await
        }
    }
}

impl Piece<'_> {
    /// What there is to say after which the step stands so.
    fn then(&self, then: Then) -> Erased {
        Erased::nothing(&self.erasure.id, self.next.seq, then)
    }

    /// The step is done, with so much erased.
    fn finished(&self, counts: Counts) -> Erased {
        Erased { counts, ..self.then(Then::Done) }
    }

    /// The step is done as far as it can be, and this is left.
    fn left(&self, reason: LeftReason) -> Erased {
        Erased { left: vec![self.next.step.left(reason)], ..self.then(Then::Done) }
    }

    /// A failure is tried again, unless the erasure has lasted for days.
    fn given_up(&self, ports: &Ports, failed: Detour) -> Result<Erased, Detour> {
        let is_late = ports.clock.now().since(self.next.due_at.max(self.erasure.begun_at)) > GIVEN_UP_AFTER;
        match failed {
            Delivery::Retry { .. } | Delivery::Unanswered { .. } if is_late => {
                Ok(self.left(LeftReason::Failed))
            }
            failed => Err(failed),
        }
    }
}

/// When a step is looked at again after so many rounds; nothing after the last.
fn again_after(round: u32) -> Option<u64> {
    fail::fail_point!("erasure_waits_not", |_| (round < 5).then_some(1));
    AGAIN_AFTER.get(usize::try_from(round).ok()?).map(Duration::as_secs)
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

/// Deletes a file.
async fn file(ports: &Ports, piece: &Piece<'_>, uri: &ruma::MxcUri) -> Result<Erased, Detour> {
    Ok(match ports.matrix.delete_file(uri).await? {
        ByAdmin::Done(()) => piece.finished(Counts { files: 1, ..Counts::default() }),
        ByAdmin::Gone => piece.then(Then::Done),
        ByAdmin::NotAllowed => piece.left(LeftReason::NotAdmin),
    })
}

/// Several things that are left of one step.
fn lefts(step: &Step, of: [(LeftReason, u64); 2]) -> Vec<Left> {
    let of = of.into_iter().filter(|(_, count)| *count > 0);
    of.map(|(reason, count)| Left { count, ..step.left(reason) }).collect()
}
