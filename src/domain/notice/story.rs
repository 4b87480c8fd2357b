//! What a transcript says of what happened to a conversation: codes with what belongs to them. They are
//! stored as JSON, and their words stand in `story.txt`.

use serde::{Deserialize, Serialize};

use super::Withdrawn;
use crate::clock::Millis;
use crate::domain::call::CallResult;
use crate::domain::ids::{InteractionId, QueueName};
use crate::domain::input::Loss;

/// An event of a conversation, an IM or a consult. People have the names they had then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum StoryLine {
    /// It was offered to agents.
    Offered {
        /// Their names.
        to: Vec<String>,
    },
    /// An agent took it.
    Accepted {
        /// The agent's name.
        by: String,
    },
    /// An agent did not want it.
    Rejected {
        /// The agent's name.
        by: String,
        /// Why, where they said so.
        reason: String,
    },
    /// An agent did not answer in time.
    NoAnswer {
        /// The agent's name.
        by: String,
    },
    /// A colleague has not answered an IM or consult in time, and still can.
    NoAnswerYet {
        /// The colleague's name.
        by: String,
    },
    /// It went from one agent to another.
    Transferred {
        /// The name of whoever had it.
        from: String,
        /// The name of whoever has it.
        to: String,
        /// The name of whoever decided it.
        by: String,
    },
    /// Its owner put it into a queue.
    MovedToQueue {
        /// The owner's name.
        from: String,
        /// The queue.
        queue: QueueName,
        /// What the owner said about it.
        note: String,
    },
    /// A colleague declined to take it over.
    TransferRejected {
        /// The colleague's name.
        by: String,
        /// Why, where they said so.
        reason: String,
    },
    /// A colleague did not answer the transfer.
    TransferUnanswered {
        /// The colleague's name.
        by: String,
    },
    /// The transfer to a colleague was taken back.
    TransferWithdrawn {
        /// The reason.
        #[serde(flatten)]
        why: Withdrawn,
    },
    /// Its owner was away, and it was queued again.
    Requeued {
        /// The owner's name.
        by: String,
    },
    /// It was queued again because somebody wanted that: a supervisor, or the owner who had signed off.
    SentBack {
        /// The owner's name.
        from: String,
        /// The name of whoever wanted it.
        by: String,
    },
    /// Its owner asked the supervisors for help.
    HandRaised {
        /// The owner's name.
        by: String,
    },
    /// A supervisor came to help.
    HandTaken {
        /// The supervisor's name.
        by: String,
    },
    /// Nobody took it, and more agents are asked.
    Overflowed {
        /// The queue whose members are asked too, if that is what was done.
        to: Option<QueueName>,
        /// The skills without which agents are asked too, if that is what was done.
        dropped: Vec<String>,
        /// Whether it was done because nobody was ready, and not because of the time.
        nobody_ready: bool,
        /// For how long it had waited, in seconds.
        secs: u64,
    },
    /// Its owner held it, snoozed it or took it up again, or it expired.
    State {
        /// The state it is in: `active`, `held` and so on.
        state: String,
    },
    /// What it is closed with.
    Disposition {
        /// The label; nothing if it was removed.
        label: Option<String>,
    },
    /// A pair of case data was set.
    CaseSet {
        /// The key.
        key: String,
        /// The value.
        now: String,
        /// What it was before.
        was: Option<String>,
    },
    /// A pair of case data was removed.
    CaseRemoved {
        /// The key.
        key: String,
        /// What the value was.
        was: String,
    },
    /// A tag was put on it.
    Tagged {
        /// The tag.
        tag: String,
    },
    /// A tag was taken away from it.
    Untagged {
        /// The tag.
        tag: String,
    },
    /// It was moved in its queue.
    Priority {
        /// How far, in points of a minute each.
        points: i64,
        /// The name of whoever did.
        by: String,
    },
    /// Its contact was blocked.
    Blocked {
        /// The name of whoever did.
        by: String,
        /// Until when; nothing if for good.
        until: Option<Millis>,
        /// Why, in their words; empty if they did not say.
        reason: String,
    },
    /// A text of the desk's own waited when its contact was blocked, and was not sent.
    NotSentToBlocked,
    /// What came with a text was not fetched.
    NotFetched {
        /// How many attachments.
        count: u32,
        /// Of what kinds they are, as far as the provider says.
        kinds: Vec<String>,
    },
    /// It was closed.
    Done {
        /// The name of whoever closed it.
        by: String,
    },
    /// It was reopened.
    Reopened {
        /// The name of whoever did.
        by: String,
    },
    /// Someone came into its room.
    Joined {
        /// Their name.
        by: String,
    },
    /// Its owner left its room.
    LeftRoom {
        /// The owner's name.
        by: String,
    },
    /// A supervisor looks on.
    Monitors {
        /// The supervisor's name.
        by: String,
    },
    /// A supervisor writes to the contact too.
    Barged {
        /// The supervisor's name.
        by: String,
    },
    /// A supervisor no longer looks on.
    Left {
        /// The supervisor's name.
        by: String,
    },
    /// The contact got another name.
    Renamed {
        /// The new name.
        name: String,
        /// The name, or number, before.
        old_name: String,
    },
    /// It is a conversation with another contact than was thought.
    Belongs {
        /// The contact's name.
        name: String,
        /// The name, or number, of who was thought to write.
        old_name: String,
    },
    /// Its room was lost, and another takes its place.
    RoomReplaced {
        /// How it was lost.
        how: Loss,
    },
    /// Its room was lost when it was over.
    RoomLost {
        /// How it was lost.
        how: Loss,
    },
    /// An agent began it by a text.
    TextedFirst {
        /// The agent's name.
        by: String,
        /// The conversation in whose room they did so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parent: Option<InteractionId>,
        /// What went before it, because the contact was new.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        opening: Option<String>,
    },
    /// An agent began another by a text, in this one's room.
    TextedFromHere {
        /// The agent's name.
        by: String,
        /// The one that was begun.
        child: InteractionId,
    },
    /// An agent began it: an e-mail, written in a program of their own.
    EmailBegun {
        /// The agent's name.
        by: String,
        /// The address.
        to: String,
        /// The conversation in whose room they did so.
        parent: InteractionId,
    },
    /// An agent began an e-mail in this one's room.
    EmailFromHere {
        /// The agent's name.
        by: String,
        /// The e-mail.
        child: InteractionId,
    },
    /// It is a telephone call, which an agent began.
    CallBegun {
        /// The agent's name.
        by: String,
        /// The conversation in whose room they did so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parent: Option<InteractionId>,
        /// The number, where that conversation is with another one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        other_number: Option<String>,
    },
    /// An agent called somebody from this one's room.
    CalledFromHere {
        /// The agent's name.
        by: String,
        /// The call.
        child: InteractionId,
        /// The number, where this one is with another one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        other_number: Option<String>,
    },
    /// A telephone call is over: it itself, or one from its room.
    CallEnded {
        /// How.
        result: CallResult,
        /// For how many seconds they spoke.
        secs: u64,
        /// The call, where it was one from its room.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        call: Option<InteractionId>,
        /// The number, where this one is with another one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        other_number: Option<String>,
    },
    /// An IM or consult was begun.
    Begun {
        /// The name of whoever began it.
        by: String,
    },
    /// An IM or consult was ended.
    Ended {
        /// The name of whoever ended it; nobody if its conversation is done.
        by: Option<String>,
    },
    /// An IM or consult was closed by one of the two for themselves.
    Closed {
        /// Their name.
        by: String,
    },
    /// One called the other.
    Called {
        /// The name of whoever called.
        by: String,
        /// The name of whoever was called.
        to: String,
    },
}

/// What an agent missed or lost, as a line of My Messages. It is stored as JSON, and its words stand in
/// `missed.txt`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Missed {
    /// They did not answer an offer.
    Offer {
        /// The contact's name.
        contact: String,
        /// Whether they were to be called back.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        callback: bool,
    },
    /// A colleague declined to take a conversation over.
    TransferRejected {
        /// The contact's name.
        contact: String,
        /// The colleague's name.
        by: String,
    },
    /// A colleague did not answer a transfer.
    TransferUnanswered {
        /// The contact's name.
        contact: String,
        /// The colleague's name.
        by: String,
    },
    /// They lost a conversation.
    Lost {
        /// The contact's name.
        contact: String,
        /// The reason.
        why: super::Requeued,
    },
    /// A colleague lost a conversation, which is queued again.
    OwnerLost {
        /// The contact's name.
        contact: String,
        /// The colleague's name.
        owner: String,
    },
    /// A channel does not work.
    ChannelDown {
        /// Its name for people.
        name: String,
    },
    /// A channel works again.
    ChannelUp {
        /// Its name for people.
        name: String,
        /// For how many seconds it had not worked.
        secs: u64,
    },
}
