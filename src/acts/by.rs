//! How an offer is answered.

/// How an agent answered an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    /// They joined the room, or declined its invite.
    Membership,
    /// They said so in words or by a reaction.
    Word,
}
