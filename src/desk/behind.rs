//! Deadlines wait while the homeserver is behind: an agent is not late for what they have not been shown. An
//! offer that ran out unseen would make its agent not ready and go to the next one, which is more work for a
//! homeserver that is behind already.

use std::time::Duration;

use crate::clock::Millis;
use crate::commit::Tx;
use crate::domain::agent::AgentRef;
use crate::domain::effect::Place;
use crate::domain::interaction::{Interaction, Offer, Phase};
use crate::domain::session::Event;
use crate::domain::timer::{Due, Timer};
use crate::store::{Result, outbox};

/// A message that has waited for this long is no longer fresh.
const BEHIND_AFTER: Duration = Duration::from_secs(2);
/// How long after its deadline something is over, even if nobody has heard of it.
const AT_MOST: Duration = Duration::from_mins(10);

/// An offer is shown to an agent: if that took more than half of its time, it stands for its whole time from
/// now.
pub(super) async fn shown(tx: &mut Tx<'_>, interaction: &Interaction, number: u32) -> Result<()> {
    let Some(offer) = interaction.offer().filter(|offer| offer.number == number) else { return Ok(()) };
    if offer.expires_at.since(tx.now) < Duration::from_millis(interaction.rules.offer_ms / 2) {
        // An offer that is accepted in any case is not put off.
        tx.happens(interaction, Event::ShownLate { number }).await?;
    }
    Ok(())
}

/// Puts off an agents' deadline for as long as an offer stands, and its second ring for a moment, if the room
/// or their consoles are behind. Returns whether it did.
pub(super) async fn put_off(tx: &mut Tx<'_>, interaction: &Interaction, due: &Due) -> Result<bool> {
    let Some((waited_for, deadline)) = deadline(interaction, due) else { return Ok(false) };
    // An offer that was put off has a later timer. It is set once more, so that the offer ends even if that
    // timer is missing; where it is there, nothing changes.
    let is_put_off = |offer: &&Offer| offer.put_off && tx.now < offer.expires_at;
    if matches!(due, Due::OfferExpires { .. })
        && let Some(offer) = interaction.offer().filter(is_put_off)
    {
        tx.set(&Timer { due_at: offer.expires_at, what: due.clone() }).await?;
        return Ok(true);
    }
    if tx.now.since(deadline) > AT_MOST {
        return Ok(false);
    }
    let consoles = waited_for.iter().map(|agent| Place::Console(agent.id.clone()));
    let places: Vec<Place> = consoles.chain([Place::Session(interaction.id.clone())]).collect();
    for place in places {
        let now = tx.now;
        if outbox::waits_since(tx.db().await?, &place.lane(), now - BEHIND_AFTER).await? {
            let patience = if matches!(due, Due::OfferRings { .. }) {
                BEHIND_AFTER
            } else {
                Duration::from_millis(interaction.rules.offer_ms.max(1))
            };
            let due_at = tx.now + patience;
            tx.set(&Timer { due_at, what: due.clone() }).await?;
            return Ok(true);
        }
    }
    Ok(false)
}

/// The agents a timer waits for, and until when, if it is a deadline of people.
fn deadline<'a>(interaction: &'a Interaction, due: &Due) -> Option<(Vec<&'a AgentRef>, Millis)> {
    match (due, &interaction.phase) {
        (Due::OfferExpires { number, .. }, _) => {
            let offer = interaction.offer().filter(|offer| offer.number == *number)?;
            Some((offer.to.iter().collect(), offer.expires_at))
        }
        (Due::OfferRings { number, rings_at, .. }, _) => {
            let offer = interaction.offer().filter(|offer| offer.number == *number)?;
            Some((offer.to.iter().collect(), *rings_at))
        }
        (Due::ReplyWait { at, .. }, Phase::Owned { owner, .. }) => Some((vec![owner], *at)),
        (Due::OwnerAway { .. }, Phase::Owned { owner, come_by: Some(by), .. }) => Some((vec![owner], *by)),
        (
            Due::OwnerAway { .. }
            | Due::ReplyWait { .. }
            | Due::Overflow { .. }
            | Due::Quiet { .. }
            | Due::PageOver { .. }
            | Due::SnoozeOver { .. }
            | Due::NotReadyTooLong { .. }
            | Due::CallLook { .. }
            | Due::Callback { .. }
            | Due::Later { .. }
            | Due::RouteAgain { .. }
            | Due::LeaveRoom { .. }
            | Due::ReconcilePart { .. }
            | Due::TokenShown { .. }
            | Due::Then { .. }
            | Due::ReactedEarly { .. }
            | Due::PicturesLate { .. }
            | Due::Flood { .. }
            | Due::Unreadable
            | Due::DeadLetters
            | Due::Retry { .. }
            | Due::RoomDoubted { .. }
            | Due::LeftInDoubt { .. }
            | Due::RoomsLost
            | Due::Forget { .. },
            _,
        ) => None,
    }
}
