//! Whom a notice has to reach: whether it wakes its reader, and what of it stands elsewhere than in its room.

use ruma::UserId;

use super::{Notice, Quoted, Says};
use crate::domain::ids::InteractionId;

impl Says {
    /// Whether it must wake the reader: then it is `m.text` with a mention instead of `m.notice`.
    #[must_use]
    pub fn wakes(&self) -> bool {
        matches!(
            self,
            Self::Offer(_)
                | Self::TransferRejected { .. }
                | Self::ImRejected { .. }
                | Self::ImTimedOut { .. }
                | Self::ConsultRejected { .. }
                | Self::ConsultTimedOut { .. }
                | Self::TransferTimedOut { .. }
                | Self::Assigned { .. }
                | Self::OwnerLost { .. }
                | Self::Whisper { .. }
                | Self::Voice { wake: Some(_), .. }
                | Self::SnoozeOver
                | Self::Expiring { .. }
                | Self::DispositionRequired { .. }
                | Self::MessageFailed { .. }
                | Self::MessageUnconfirmed { .. }
                | Self::MessageHeldBack { .. }
                | Self::NotSent { .. }
                | Self::MediaLeftOut { .. }
                | Self::MediaFailed { .. }
                | Self::RoomMissing { .. }
                | Self::SetAside { .. }
                | Self::InternalError { .. }
        )
    }

    /// Whether it points out something about a text of the contact, which it stands beside.
    #[must_use]
    pub fn is_about_a_text(&self) -> bool {
        matches!(
            self,
            Self::Late { .. }
                | Self::LateAttachment { .. }
                | Self::LinkWarning { .. }
                | Self::Actions { .. }
                | Self::OptOutHint
                | Self::Unanswerable { .. }
        )
    }

    /// Whom it has to wake, where that is not whoever the room belongs to.
    #[must_use]
    pub fn reader(&self) -> Option<&UserId> {
        match self {
            Self::MessageHeldBack { writer, .. } => Some(writer),
            Self::Voice { wake, .. } => wake.as_deref(),
            _ => None,
        }
    }

    /// The same, said elsewhere than where the message stands that it is about; nothing, if it is about none
    /// that did not go.
    #[must_use]
    pub fn elsewhere(&self, of: Quoted) -> Option<Self> {
        let mut says = self.clone();
        let (Self::MessageFailed { of: about, .. }
        | Self::MessageUnconfirmed { of: about }
        | Self::MessageHeldBack { of: about, .. }) = &mut says
        else {
            return None;
        };
        *about = Some(of);
        Some(says)
    }

    /// What of it stands in My Messages, if it is something its reader missed or lost.
    #[must_use]
    pub fn missed(&self) -> Option<String> {
        Some(match self {
            Self::OfferTimedOut { contact, .. } => format!("missed offer: {contact}"),
            Self::TransferRejected { contact, by, .. } => format!("transfer of {contact} rejected by {by}"),
            Self::TransferTimedOut { contact, by } => format!("transfer of {contact} not answered by {by}"),
            Self::Requeued { contact, why, .. } => format!("lost {contact}: {why}"),
            Self::ChannelDown { name, .. } => format!("{name} does not work"),
            Self::ChannelUp { name, secs, .. } => format!("{name} works again after {}", in_words(*secs)),
            Self::OwnerLost { contact, owner } => format!("{owner} lost {contact}, which waits again"),
            _ => return None,
        })
    }

    /// That there is no such thing, in a clause, and the command that lists what there is.
    #[must_use]
    pub fn no_such(what: impl Into<String>, lists: &str) -> Self {
        let lists = (!lists.is_empty()).then(|| lists.to_owned());
        Self::NoSuchTarget { what: what.into(), lists }
    }

    /// About an interaction.
    #[must_use]
    pub fn about(self, interaction: &InteractionId) -> Notice {
        Notice { interaction: Some(interaction.clone()), says: self }
    }

    /// About nothing in particular.
    #[must_use]
    pub fn plainly(self) -> Notice {
        Notice { interaction: None, says: self }
    }
}

/// A time in whole minutes, or in seconds where it is shorter.
fn in_words(secs: u64) -> String {
    if secs < 60 { format!("{secs} s") } else { format!("{} min", secs / 60) }
}
