//! Time that stood still: during an outage nobody could act, so every deadline moves.

use std::time::Duration;

use super::Step;
use crate::domain::interaction::{Phase, Unanswered};
use crate::domain::timer::Due;

impl Step {
    /// Nobody could act for this long: offers stand for their whole time from now, and every other deadline
    /// moves by that. Timers set for earlier become stale.
    pub(super) fn time_stood(&mut self, away: Duration) {
        let offer = match &self.next.phase {
            Phase::Offered { offer, .. } | Phase::Owned { transfer: Some(offer), .. } => Some(offer),
            Phase::Queued { .. } | Phase::Owned { transfer: None, .. } | Phase::Done { .. } => None,
        };
        if let Some(number) =
            offer.filter(|offer| offer.then == Unanswered::Withdrawn).map(|offer| offer.number)
        {
            // It is this very offer, and one that can run out.
            let _ = self.shown_late(number);
        }
        let interaction = self.next.id.clone();
        // An offer that is accepted in any case can be refused for as long as before.
        if let Phase::Offered { offer, .. } = &mut self.next.phase
            && offer.then != Unanswered::Withdrawn
        {
            (offer.expires_at, offer.put_off) = (offer.expires_at + away, true);
            let (expires_at, number) = (offer.expires_at, offer.number);
            self.changed();
            self.timer(expires_at, Due::OfferExpires { interaction: interaction.clone(), number });
        }
        if let Phase::Owned { come_by: Some(by), .. } = &mut self.next.phase {
            *by = *by + away;
            let by = *by;
            self.timer(by, Due::OwnerAway { interaction: interaction.clone() });
        }
        self.reply_time_stood(away);
        self.overflow_stood(away);
        if let Some(expires_at) = self.next.expires_at {
            self.expire_at(expires_at + away);
            self.changed();
        }
        if let Some(over_at) = self.next.page_over_at {
            let over_at = over_at + away;
            self.next.page_over_at = Some(over_at);
            self.timer(over_at, Due::PageOver { interaction, over_at });
        }
    }
}
