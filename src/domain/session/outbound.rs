//! What may happen to an interaction that an agent began by a text: hardly anything. It has no room and no
//! owner, and is done from its beginning; what becomes of the text itself is known of its message. An answer
//! begins another interaction.

use super::{Event, Refused, Step};

impl Step {
    /// Applies one event to what an agent began by a text.
    ///
    /// # Errors
    /// [`Refused`]: most of what may happen elsewhere cannot happen here.
    pub(super) fn happen_to_outbound(&mut self, event: Event) -> Result<(), Refused> {
        match event {
            // Who the contact is may turn out later; there is no room to show it in.
            Event::Renamed { name } => self.next.contact.name = name,
            Event::Belongs { id, name } => (self.next.contact.id, self.next.contact.name) = (id, name),
            Event::Tagged { tag, on } => self.tag(tag, on)?,

            Event::Reopened { .. } => return Err(Refused::OnlySent),
            Event::RoomOpened { .. }
            | Event::RoomLost { .. }
            | Event::Texted { .. }
            | Event::Thanked { .. }
            | Event::Assigned { .. }
            | Event::Watched { .. }
            | Event::Prioritised { .. }
            | Event::Blocked { .. }
            | Event::SentBack { .. }
            | Event::Closed { .. }
            | Event::HandRaised { .. }
            | Event::Erased { .. } => return Err(Refused::AlreadyDone),
            Event::Accepted { .. } | Event::Rejected { .. } => return Err(Refused::NothingOffered),
            Event::OwnerActed { .. } => return Err(Refused::NotOwner),
            Event::Unwatched { .. } => return Err(Refused::NotWatching),
            Event::HandTaken { .. } => return Err(Refused::HandDown),
            Event::SeenTo { .. } => return Err(Refused::SeenTo),
            Event::Offered { .. }
            | Event::ShownLate { .. }
            | Event::TimeStood { .. }
            | Event::OfferRings { .. }
            | Event::OfferExpired { .. }
            | Event::CameIn { .. }
            | Event::WentOut { .. }
            | Event::AwayTooLong
            | Event::OwnerGone { .. }
            | Event::SignedOff { .. }
            | Event::Replied
            | Event::ReplyTaken { .. }
            | Event::ReplyWait { .. }
            | Event::PageOver { .. }
            | Event::Quiet { .. }
            | Event::OverflowDue
            | Event::NobodyReady
            | Event::SnoozeOver { .. } => return Err(Refused::Stale),
        }
        Ok(())
    }
}
