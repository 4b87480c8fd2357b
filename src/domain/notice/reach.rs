//! The readers of a notice: whether it has to wake them, and where else it is said.

use ruma::UserId;

use super::{HandCard, HeldBack, Missed, Missing, MisspeltCard, Notice, Quoted, Says, StateSet};
use crate::domain::ids::InteractionId;

/// How much of its reader's attention a notice takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// Their phone rings.
    Wakes,
    /// It belongs to a text of the contact, which rings by itself.
    BesideText,
    /// They read it when they look.
    Quiet,
}

impl Says {
    /// Whether it must wake its reader: then it is `m.text` with a mention instead of `m.notice`.
    #[must_use]
    pub fn wakes(&self) -> bool {
        self.reach() == Reach::Wakes
    }

    /// Whether it tells that a command did nothing.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::Usage { .. }
                | Self::NotOwner
                | Self::NotAllowed { .. }
                | Self::NoSuchTarget { .. }
                | Self::TargetUnavailable { .. }
                | Self::Refused { .. }
                | Self::ResendRefused { .. }
                | Self::DispositionRequired { .. }
        )
    }

    /// Whether it points out something about a text of the contact, which it stands beside.
    #[must_use]
    pub fn is_about_a_text(&self) -> bool {
        self.reach() == Reach::BesideText
    }

    #[expect(clippy::too_many_lines, reason = "it is one table: every notice, once")]
    fn reach(&self) -> Reach {
        match self {
            Self::Offer(_)
            | Self::OfferRing { .. }
            | Self::TransferRejected { .. }
            | Self::TransferTimedOut { .. }
            | Self::ImRejected { .. }
            | Self::ImTimedOut { .. }
            | Self::ConsultRejected { .. }
            | Self::ConsultTimedOut { .. }
            | Self::Assigned { .. }
            | Self::OwnerLost { .. }
            | Self::Whisper { .. }
            | Self::Hand(HandCard { taken_by: None, is_over: false, .. })
            | Self::StateSet(StateSet { is_you: true, .. })
            | Self::NotReadyTooLong(_)
            | Self::Voice { wake: Some(_), .. }
            | Self::ReplyDue { .. }
            | Self::Requeued { not_ready: true, .. }
            | Self::ReplyOverdue { .. }
            | Self::SnoozeOver
            | Self::Expiring { .. }
            | Self::DispositionRequired { .. }
            | Self::ResponseDropped { changed: true, .. }
            | Self::ScheduledDropped(_)
            | Self::MessageFailed { .. }
            | Self::MessageUnconfirmed { .. }
            | Self::MessageHeldBack { .. }
            | Self::NotSent { .. }
            | Self::Spelling(_)
            | Self::MediaLeftOut { .. }
            | Self::MediaFailed { .. }
            | Self::RoomMissing { .. }
            | Self::SetAside { .. }
            | Self::InternalError { .. } => Reach::Wakes,

            Self::Late { .. }
            | Self::LateAttachment { .. }
            | Self::LinkWarning { .. }
            | Self::Actions { .. }
            | Self::Card { .. }
            | Self::NoPreview { .. }
            | Self::OptOutHint
            | Self::Unanswerable { .. } => Reach::BesideText,

            Self::OfferAccepted { .. }
            | Self::OfferRejected { .. }
            | Self::OfferTimedOut { .. }
            | Self::OfferWithdrawn { .. }
            | Self::TransferRequested { .. }
            | Self::Transferred { .. }
            | Self::TransferCancelled { .. }
            | Self::Given { .. }
            | Self::Refused { .. }
            | Self::Note { .. }
            | Self::Overflowed(_)
            | Self::Token(_)
            | Self::Joined { .. }
            | Self::Left { .. }
            | Self::Hand(_)
            | Self::HandRaised(_)
            | Self::OpenWork(_)
            | Self::WorkMoved(_)
            | Self::Closed(_)
            | Self::StateSet(_)
            | Self::NextSteps(_)
            | Self::Report { .. }
            | Self::Changed { .. }
            | Self::LeftAsItWas
            | Self::Case(_)
            | Self::Contact(_)
            | Self::Blocked { .. }
            | Self::Unblocked { .. }
            | Self::Unmuted { .. }
            | Self::Blocks { .. }
            | Self::EraseContact(_)
            | Self::Erasing { .. }
            | Self::ConversationErased { .. }
            | Self::Flood { .. }
            | Self::ContactAssigned { .. }
            | Self::ContactMerge(_)
            | Self::ContactMerged { .. }
            | Self::ContactSplit { .. }
            | Self::History { .. }
            | Self::Earlier { .. }
            | Self::Transcript { .. }
            | Self::NoLongerKept { .. }
            | Self::ConfirmErasing { .. }
            | Self::RoomReplaced { .. }
            | Self::RoomLost { .. }
            | Self::WriteElsewhere { .. }
            | Self::Courtesy { .. }
            | Self::Held
            | Self::Snoozed { .. }
            | Self::Expired { .. }
            | Self::Requeued { not_ready: false, .. }
            | Self::Done { .. }
            | Self::TalkOpened { .. }
            | Self::TalkText { .. }
            | Self::ImAccepted { .. }
            | Self::ImEnded { .. }
            | Self::ImUnavailable { .. }
            | Self::ConsultAccepted { .. }
            | Self::Voice { wake: None, .. }
            | Self::Resumed { .. }
            | Self::DispositionSet { .. }
            | Self::Reopened { .. }
            | Self::DoneRefused { .. }
            | Self::Resent { .. }
            | Self::ResendRefused { .. }
            | Self::OptedOut { .. }
            | Self::OptedIn { .. }
            | Self::Consent(_)
            | Self::DeskText { .. }
            | Self::Response { .. }
            | Self::Call(_)
            | Self::CallRefused(_)
            | Self::Callback(_)
            | Self::Email(_)
            | Self::CallbackDue(_)
            | Self::Scheduled(_)
            | Self::ResponseFile { .. }
            | Self::ResponseBlank { .. }
            | Self::ResponseDropped { changed: false, .. }
            | Self::Usage { .. }
            | Self::UnknownCommand { .. }
            | Self::NotAllowed { .. }
            | Self::NotOwner
            | Self::NoSuchTarget { .. }
            | Self::Welcome { .. }
            | Self::Help { .. }
            | Self::List { .. }
            | Self::Messages { .. }
            | Self::TargetUnavailable { .. }
            | Self::Status { .. }
            | Self::ChannelDown { .. }
            | Self::ChannelUp { .. }
            | Self::Sms(_)
            | Self::SmsConfirm(_)
            | Self::SmsRefused(_)
            | Self::Count(_)
            | Self::Segments { .. }
            | Self::SpellingSet(_)
            | Self::EmptyText
            | Self::Saved { .. }
            | Self::CatchingUp { .. }
            | Self::Erased(_) => Reach::Quiet,
        }
    }

    /// The user it has to wake, if that is not the room's own.
    #[must_use]
    pub fn reader(&self) -> Option<&UserId> {
        match self {
            Self::MessageHeldBack { writer, .. } | Self::Spelling(MisspeltCard { writer, .. }) => {
                Some(writer)
            }
            Self::Voice { wake, .. } => wake.as_deref(),
            _ => None,
        }
    }

    /// The same notice, for another place than the message it is about; nothing if it is not about a message
    /// that failed or was held back.
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

    /// Its line in My Messages, if it is something its reader missed or lost.
    #[must_use]
    pub fn missed(&self) -> Option<Missed> {
        Some(match self {
            Self::OfferTimedOut { contact, callback, .. } => {
                Missed::Offer { contact: contact.clone(), callback: *callback }
            }
            Self::TransferRejected { contact, by, .. } => {
                Missed::TransferRejected { contact: contact.clone(), by: by.clone() }
            }
            Self::TransferTimedOut { contact, by } => {
                Missed::TransferUnanswered { contact: contact.clone(), by: by.clone() }
            }
            Self::Requeued { contact, why, .. } => Missed::Lost { contact: contact.clone(), why: *why },
            Self::ChannelDown { name, .. } => Missed::ChannelDown { name: name.clone() },
            Self::ChannelUp { name, secs, .. } => Missed::ChannelUp { name: name.clone(), secs: *secs },
            Self::OwnerLost { contact, owner } => {
                Missed::OwnerLost { contact: contact.clone(), owner: owner.clone() }
            }
            _ => return None,
        })
    }

    /// That a message was not sent, to whoever wrote it.
    #[must_use]
    pub fn held_back(why: HeldBack, writer: &UserId) -> Self {
        let writer = writer.to_owned();
        Self::MessageHeldBack { why, writer, of: None, nearest: None, missing: vec![], response: None }
    }

    /// That there is no such thing, and the command that lists what there is.
    #[must_use]
    pub fn no_such(what: Missing, lists: &str) -> Self {
        let lists = (!lists.is_empty()).then(|| lists.to_owned());
        Self::NoSuchTarget { what, lists }
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
