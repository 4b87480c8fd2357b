//! Receipts: each keeps an input from being applied twice. It is claimed in the commit that applies the
//! input.

use ruma::EventId;

use super::{Claim, ContactText, Input, RoomAct, RoomEvent};
use crate::domain::ids::{AgentId, InteractionId};
use crate::domain::media_part::MediaPart;

/// The prefix of the receipts of texts. These are kept for ever, as the texts are: a recorded webhook carries
/// no date, its signature stays valid as long as its token is used, and it could be replayed at any time.
pub const OF_TEXTS: &str = "sms:";

/// The key of an input that may come more than once. It is made here and nowhere else, so that a look-up
/// spells it as the claim did.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Receipt(String);

impl Receipt {
    /// That of a contact's text, by the provider's id of it.
    #[must_use]
    pub fn of_text(sid: &str) -> Self {
        Self(format!("{OF_TEXTS}{sid}"))
    }

    /// That of one media part of a contact's text, by its number from 1.
    #[must_use]
    pub fn of_part(sid: &str, number: u32) -> Self {
        Self::of_text(&format!("{sid}/{number}"))
    }

    /// That of the bot's marker with this nonce, whichever of its copies came back.
    #[must_use]
    pub fn of_marker(nonce: &str) -> Self {
        Self(format!("marker:{nonce}"))
    }

    /// That of telling an agent that the customer of a conversation was erased.
    #[must_use]
    pub fn of_telling(of: &InteractionId, agent: &AgentId) -> Self {
        Self(format!("told:{of}:{agent}"))
    }

    /// That of an event of a room.
    #[must_use]
    pub fn of_event(event: &EventId) -> Self {
        Self(event.as_str().to_owned())
    }

    /// As the database keeps it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As the database keeps it.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

impl RoomEvent {
    /// Its receipt.
    #[must_use]
    pub fn receipt(&self) -> Receipt {
        match &self.what {
            RoomAct::Marker { nonce } => Receipt::of_marker(nonce),
            RoomAct::Message { .. }
            | RoomAct::Edit { .. }
            | RoomAct::Redaction { .. }
            | RoomAct::Reaction { .. }
            | RoomAct::Member { .. }
            | RoomAct::Upgraded
            | RoomAct::Unsupported { .. } => Receipt::of_event(&self.event_id),
        }
    }
}

impl ContactText {
    /// The receipts of the parts that came with it. Parts that are reported later are compared with them.
    #[must_use]
    pub fn receipts_of_parts(&self) -> Vec<Receipt> {
        let number = |(place, part): (u32, &MediaPart)| part.number().unwrap_or(place);
        (1..).zip(&self.media).map(number).map(|number| Receipt::of_part(&self.sid, number)).collect()
    }
}

impl Input {
    /// The receipt of an input that may come again. The others need none: a timer is removed as it fires, an
    /// outcome ends its effect, and a repeated report changes nothing.
    #[must_use]
    pub fn receipt(&self) -> Option<Receipt> {
        match self {
            Self::Text(text) => Some(Receipt::of_text(&text.sid)),
            Self::Room(event) => Some(event.receipt()),
            Self::CatchingUp { ours, begun, .. } => Some(Receipt(format!("catching_up:{ours}:{}", begun.0))),
            Self::Reported(_)
            | Self::Call(_)
            | Self::Due { .. }
            | Self::Delivered { .. }
            | Self::Postponed { .. }
            | Self::Begun { .. }
            | Self::Undeliverable { .. }
            | Self::RoomLost { .. }
            | Self::AliasTaken { .. }
            | Self::GhostLost { .. }
            | Self::RoomRefused { .. }
            | Self::ReplyDue { .. }
            | Self::SpellingChecked { .. }
            | Self::ReplyTargetResolved { .. }
            | Self::FileRead { .. }
            | Self::FileReady { .. }
            | Self::Answered { .. }
            | Self::PartLookupDone { .. }
            | Self::PeerPresenceFound { .. }
            | Self::Route { .. }
            | Self::Presences { .. }
            | Self::Channel(_)
            | Self::EraseOld { .. }
            | Self::IndexLines
            | Self::ResumeErasures
            | Self::Setup(_)
            | Self::Person(_)
            | Self::EraseContact { .. }
            | Self::Program(_)
            | Self::AtShell { .. } => None,
        }
    }

    /// The receipts that are claimed together with it when it comes for the first time.
    #[must_use]
    pub fn more_receipts(&self) -> Vec<Receipt> {
        match self {
            Self::Text(text) => text.receipts_of_parts(),
            Self::Room(_)
            | Self::CatchingUp { .. }
            | Self::Reported(_)
            | Self::Call(_)
            | Self::Due { .. }
            | Self::Delivered { .. }
            | Self::Postponed { .. }
            | Self::Begun { .. }
            | Self::Undeliverable { .. }
            | Self::RoomLost { .. }
            | Self::AliasTaken { .. }
            | Self::GhostLost { .. }
            | Self::RoomRefused { .. }
            | Self::ReplyDue { .. }
            | Self::SpellingChecked { .. }
            | Self::ReplyTargetResolved { .. }
            | Self::FileRead { .. }
            | Self::FileReady { .. }
            | Self::Answered { .. }
            | Self::PartLookupDone { .. }
            | Self::PeerPresenceFound { .. }
            | Self::Route { .. }
            | Self::Presences { .. }
            | Self::Channel(_)
            | Self::EraseOld { .. }
            | Self::IndexLines
            | Self::ResumeErasures
            | Self::Setup(_)
            | Self::Person(_)
            | Self::EraseContact { .. }
            | Self::Program(_)
            | Self::AtShell { .. } => vec![],
        }
    }
}

impl Input {
    /// The claim to the effect whose outcome it is. If the input cannot be applied, the effect would stay the
    /// head of its lane and bring the input again. Inputs that only say that an effect waits, or has begun,
    /// decide nothing.
    #[must_use]
    pub fn claim(&self) -> Option<&Claim> {
        match self {
            Self::Delivered { claim, .. }
            | Self::Undeliverable { claim, .. }
            | Self::RoomLost { claim, .. }
            | Self::AliasTaken { claim, .. }
            | Self::GhostLost { claim, .. }
            | Self::ReplyDue { claim, .. }
            | Self::SpellingChecked { claim, .. }
            | Self::ReplyTargetResolved { claim, .. }
            | Self::FileRead { claim, .. }
            | Self::FileReady { claim, .. }
            | Self::Answered { claim, .. }
            | Self::PartLookupDone { claim, .. }
            | Self::PeerPresenceFound { claim, .. }
            | Self::Route { claim, .. } => Some(claim),
            Self::Call(call) => call.claim(),
            Self::Text(_)
            | Self::Reported(_)
            | Self::Room(_)
            | Self::Due { .. }
            | Self::Postponed { .. }
            | Self::Begun { .. }
            | Self::RoomRefused { .. }
            | Self::Presences { .. }
            | Self::Channel(_)
            | Self::CatchingUp { .. }
            | Self::EraseOld { .. }
            | Self::IndexLines
            | Self::ResumeErasures
            | Self::Setup(_)
            | Self::Person(_)
            | Self::EraseContact { .. }
            | Self::Program(_)
            | Self::AtShell { .. } => None,
        }
    }

    /// The claim of an effect that was delivered, if that is what this says.
    pub(crate) fn delivered(&self) -> Option<&Claim> {
        if let Self::Delivered { claim, .. } = self { Some(claim) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_text_are_known_by_its_id_and_their_number() {
        assert_eq!(Receipt::of_text("MM01").as_str(), "sms:MM01");
        assert_eq!(Receipt::of_part("MM01", 2).as_str(), "sms:MM01/2");
        // A part that comes after its message is a text with an id of this form.
        assert_eq!(Receipt::of_part("MM01", 2), Receipt::of_text("MM01/2"));
    }
}
