//! What others said of a person in rooms of their own, such as consoles: only what tells of them is redacted,
//! and nothing that was said after they were erased, when their number may be somebody else's.

use ruma::RoomId;

use super::piece::{Piece, again_after, lefts};
use super::redact::{self, Which, is_outside};
use crate::domain::effect::{Erased, Then};
use crate::domain::erasure::{Counts, LeftReason, Step, Words, blank as blank_of, is_shown};
use crate::matrix::client::Sender;
use crate::outbox::{Detour, Ports};

/// Redacts what tells of them on the next page. When the room was read to its end, it is read on from there
/// once more some minutes later.
pub(super) async fn erase(
    ports: &Ports,
    piece: &Piece<'_>,
    room: &RoomId,
    from: Option<&String>,
    round: u32,
) -> Result<Erased, Detour> {
    if from.is_none() {
        match blank(ports, piece, room).await {
            Ok(true) => {}
            Ok(false) => return Ok(piece.left(LeftReason::NotInRoom)),
            Err(failed) => return Err(failed),
        }
    }
    let page = match redact::page(ports, piece, (&Sender::Bot, room), from, Which::Telling).await {
        Err(crate::outbox::Delivery::Refused(error)) if is_outside(&error) => {
            return Ok(piece.left(LeftReason::NotInRoom));
        }
        page => page?,
    };
    if !page.files.is_empty() {
        return Ok(Erased { files: page.files, ..piece.then(Then::GoOn(piece.next.step.clone())) });
    }
    let step = |from: Option<String>, round| Step::Mentions { room: room.to_owned(), from, round };
    let then = match (page.next, again_after(round)) {
        (Some(next), _) => Then::GoOn(step(Some(next), round)),
        (None, Some(after_secs)) if round == 0 => {
            Then::Later { step: step(from.cloned(), round + 1), after_secs }
        }
        (None, _) => Then::Done,
    };
    Ok(Erased {
        counts: Counts { events: page.count, ..Counts::default() },
        left: lefts(
            &piece.next.step,
            &[
                (LeftReason::Encrypted, page.encrypted),
                (LeftReason::NotAllowed, page.refused),
                // The room goes on, and so does what the homeserver keeps of what was redacted in it.
                (LeftReason::Retention, page.count),
            ],
        ),
        seen: page.seen,
        redacted: page.events,
        ..piece.then(then)
    })
}

/// Overwrites what the room shows of itself and tells of them, such as the name of a consult. False if the
/// bot is not in the room.
async fn blank(ports: &Ports, piece: &Piece<'_>, room: &RoomId) -> Result<bool, Detour> {
    let words = Words::new(piece.about.words.iter().map(String::as_str));
    let names = Words::new(piece.about.names.iter().map(String::as_str));
    let shown = match ports.matrix.shown(room).await {
        Ok(shown) => shown,
        Err(error) if is_outside(&error) => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    for (event_type, state_key, content) in &shown {
        if is_shown(event_type)
            && (words.are_in(content)
                || names.are_in(content)
                || redact::names_theirs(ports, piece, content).await?)
        {
            match ports.matrix.put_state(room, event_type, state_key, &blank_of(event_type)).await {
                // It is redacted with the other events, if that is allowed.
                Err(error) if is_outside(&error) => {}
                written => drop(written?),
            }
        }
    }
    Ok(true)
}
