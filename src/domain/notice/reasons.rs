//! Why something is not done, or was taken back: codes with what belongs to them. Their words stand in the
//! templates `why_*.txt`, one for each type; the code itself is what programs read in the field `why`.

use serde::{Deserialize, Serialize};

use crate::clock::Millis;
use crate::domain::ids::{InteractionId, QueueName};

/// Why what an agent wants is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Refusal {
    /// Nothing is offered to them.
    NothingOffered,
    /// The offer is accepted for them in any case.
    NotRefusable,
    /// They do not own the conversation.
    NotOwner,
    /// The conversation is done.
    AlreadyDone,
    /// The conversation is on hold, snoozed or expired.
    NotActive,
    /// The conversation needs a disposition first.
    DispositionMissing,
    /// Everybody left its room long ago.
    RoomLeft,
    /// A colleague is already being asked to take it.
    AlreadyAsked,
    /// They have as many conversations as they may have at once.
    AtCapacity,
    /// There is no case data of that name.
    NoSuchCase,
    /// It has no such tag.
    NoSuchTag,
    /// It has as many tags as there may be.
    TooManyTags,
    /// As many texts wait for their time in the conversation as may.
    TooManyLater {
        /// How many that are.
        most: usize,
    },
    /// As many callbacks are to come of the conversation as may.
    TooManyCallbacks {
        /// How many that are.
        most: usize,
    },
    /// No e-mail address of the contact is known.
    NoEmail {
        /// The contact's name.
        contact: String,
    },
    /// The queue is closed at that time.
    ClosedThen {
        /// The queue.
        queue: QueueName,
        /// When it opens next, if it does within a year.
        opens: Option<Millis>,
    },
    /// The command got here long after it was typed, so that its time may mean another moment.
    TypedLongAgo,
    /// Its contact is blocked.
    ContactBlocked {
        /// The contact's name.
        contact: String,
    },
    /// The contact is not blocked.
    NotBlocked {
        /// The contact's name.
        contact: String,
    },
    /// The contact was merged into another, and cannot be erased alone.
    MergedInto {
        /// The id of the one who stayed.
        into: String,
    },
    /// A room is being made for the contact, or a file of theirs fetched, which an erasure would miss.
    BeingMade,
    /// It never had a room: what came was only kept.
    OnlyKept,
    /// It never had a room: it is a text that an agent began with.
    OnlySent,
    /// It is a telephone call: there is nothing to be taken up again.
    OnlyCalled,
    /// A response was picked from this list by a reaction before: its marks stand there.
    PickedBefore,
    /// Its content was erased: it had been kept for long enough, or its customer was erased.
    NoLongerKept {
        /// When.
        since: Millis,
        /// Whether the customer was.
        #[serde(default)]
        with_customer: bool,
    },
    /// What they reply to is no attachment of the contact.
    NoAttachment,
    /// The attachment never got here, so that there is nothing to save.
    NeverFetched,
    /// The contact has sent no attachment that is kept here.
    NoAttachments,
    /// The last attachment is still being fetched.
    StillFetched,
    /// The homeserver did not take the original.
    OriginalNotTaken,
    /// What is replied to is no picture or file, or is there no longer.
    NoFile,
    /// The file is encrypted, so that the bot cannot send it.
    FileEncrypted,
    /// The file is a customer's, or one that the bot shows.
    FileNotTheirs,
    /// The original was erased, because it had been kept for long enough.
    OriginalErased {
        /// For how many days after the end of a conversation it is kept now; 0 for ever.
        days: u64,
    },
    /// They own the conversation, and need not look on.
    OwnsIt,
    /// They do not look on there.
    NotWatching,
    /// Nobody is being asked to take it.
    NobodyAsked,
    /// It is neither on hold nor put away.
    NotPaused,
    /// It was answered, or somebody else has seen to it.
    SeenTo,
    /// Nobody asks for help there any more.
    HandDown,
    /// Somebody else came to help.
    HandTaken {
        /// The name of the supervisor who came.
        by: Option<String>,
    },
    /// The supervisors were told a moment ago.
    HandUp,
    /// Nobody supervises the desk, but for the one who asks.
    NoSupervisor,
    /// It was meant for an earlier state.
    Stale,
    /// They are not in the IM or consult.
    NotInside,
    /// The IM or consult is over.
    TalkOver,
    /// The IM or consult still goes on, in its room.
    TalkOpen,
    /// Nobody has set up calls here.
    NoCalls,
    /// Nobody owns the conversation.
    NobodyOwnsIt,
    /// The queue has no dispositions.
    NoDispositions,
    /// The conversation is not done.
    NotDone,
    /// A newer conversation with the contact is open.
    NewerOpen {
        /// The contact's name.
        contact: String,
        /// The newer conversation.
        newer: InteractionId,
    },
    /// That is the contact it is about already.
    SameContact {
        /// The contact's name.
        contact: String,
    },
    /// An address is another contact's.
    NumberTaken {
        /// The address, as people write it.
        number: String,
        /// Whose it is.
        contact: String,
    },
    /// An address is one of ours, so that it can be no contact's.
    OurNumber {
        /// The address, as people write it.
        number: String,
    },
    /// An address is not the contact's.
    NoSuchNumber {
        /// The address, as people write it.
        number: String,
        /// Whose it is not.
        contact: String,
    },
    /// There are conversations with a contact on an address, so that it stays theirs.
    NumberInUse {
        /// The address, as people write it.
        number: String,
        /// Whose it is.
        contact: String,
    },
    /// The notes of two contacts are too long for one.
    NotesTooLong {
        /// The name of the one who would stay.
        contact: String,
        /// The name of the other.
        merged: String,
        /// How long their notes are together, in characters.
        characters: usize,
        /// How long the notes of a contact may be, in characters.
        most: usize,
    },
    /// Nothing was merged into a contact in the last day.
    NothingToSplit {
        /// The contact's name.
        contact: String,
    },
    /// It cannot be removed, because something needs it.
    StillUsed {
        /// What it is: `queue`, `route` and so on.
        kind: String,
        /// Its name.
        name: String,
        /// What needs it.
        #[serde(flatten)]
        user: UsedBy,
    },
    /// A dead letter cannot be read any more.
    Unreadable {
        /// Its id.
        id: String,
    },
    /// The agent cannot be added.
    NotNew {
        /// What is in the way.
        #[serde(flatten)]
        taken: Taken,
    },
}

/// The things that need a queue or a route that is to be removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "used_by", rename_all = "snake_case")]
pub enum UsedBy {
    /// Texts to one of our numbers go there.
    Number {
        /// The number, as people write it.
        number: String,
    },
    /// A route leads there.
    Route {
        /// Its name.
        route: String,
    },
    /// A queue overflows to it.
    Overflow {
        /// That queue.
        from: QueueName,
    },
    /// A standard response is for it.
    Response {
        /// Its shortcut.
        shortcut: String,
    },
    /// The queue has members.
    Members,
    /// The queue has open conversations.
    Conversations,
}

/// Why an account cannot become an agent under an id. A console and talks are kept by the id, and are only
/// for the account that had it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "taken", rename_all = "snake_case")]
pub enum Taken {
    /// There is an agent of this id or account already.
    #[error("there is such an agent already")]
    Exists,
    /// The id belonged to another account.
    #[error("the id {id} belonged to {user}; choose another id")]
    Id {
        /// The id.
        id: String,
        /// The account it belonged to.
        user: String,
    },
    /// The account is another agent already.
    #[error("{user} is the agent {id} already; remove that one first")]
    User {
        /// That agent's id.
        id: String,
        /// The account.
        user: String,
    },
}

/// Why a colleague or a queue cannot be asked or written to now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unavailable {
    /// It is the agent themselves.
    Yourself,
    /// They are not ready for conversations.
    NotReady,
    /// They are not signed in at the desk.
    NotSignedIn,
    /// They may not use IMs.
    NoIm,
    /// They are not in the room.
    NotInRoom,
    /// The asker may no longer write IMs.
    YouMayNot,
    /// The homeserver does not show them as online.
    Away,
    /// The homeserver shows nobody as online, not even the asker.
    NoPresence,
    /// The queue is closed.
    QueueClosed,
    /// The queue has no members.
    QueueEmpty,
}

/// Why an offer was taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Withdrawn {
    /// A colleague took it.
    Taken {
        /// The colleague's name.
        by: String,
    },
    /// Nobody took it in time, and it waits again.
    NobodyInTime,
    /// The conversation expired.
    Expired,
    /// The conversation is done.
    Done,
    /// Its owner cancelled the transfer.
    Cancelled,
    /// Its owner put it into a queue.
    ToQueue,
    /// Its owner was lost, and it was queued again.
    Requeued,
    /// A supervisor gave it to an agent.
    Given {
        /// The supervisor's name.
        by: String,
        /// The agent's name.
        to: String,
    },
    /// The IM or consult is over.
    TalkOver,
}

/// Why an owner lost their conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Requeued {
    /// They did not come into its room.
    DidNotCome,
    /// They are no longer an agent.
    NoAgent,
    /// A text was not answered in time.
    NoReply,
    /// A supervisor had it queued again.
    Supervisor,
    /// They had signed off, and the colleague they asked did not take it.
    NotTaken,
}

/// Why a message that was held back is not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unsent {
    /// The contact had opted out, and its writer no longer owns the conversation.
    OptedOut,
    /// Its writer had not said whether it was to be sent as it is spelt.
    NoWord,
    /// Only its writer can send it.
    NotWriter,
    /// The conversation is no longer theirs.
    NotYours,
    /// The conversation is not active.
    NotActive,
    /// It belongs to another conversation.
    OtherConversation,
    /// Its writer dropped it.
    Dropped,
}

/// Why nothing is sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotResent {
    /// Its conversation is not known any more.
    Forgotten,
    /// No message failed lately.
    NoneFailed,
    /// The message replied to has not failed.
    NoMessage,
    /// It has been sent again already.
    SentAgain,
    /// It did not fail.
    DidNotFail,
    /// It was held back or dropped, so that there is nothing to repeat.
    NeverSent,
    /// It belongs to another conversation.
    OtherConversation,
    /// The conversation is not active.
    NotActive,
    /// The conversation with this customer is not theirs.
    NotYours,
}

/// Why an attachment of a contact cannot be shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum NotShown {
    /// It has no bytes.
    Empty,
    /// It is a picture that would take too much memory.
    TooLarge {
        /// Pixels, as its header says.
        width: u32,
        /// Pixels, as its header says.
        height: u32,
    },
    /// It is damaged, or of a kind that cannot be shown.
    Unreadable {
        /// Its media type.
        mime: String,
    },
    /// Decoding it took too long.
    TookTooLong,
    /// Its address is no URL.
    NoAddress,
    /// It could not be fetched, or not be kept.
    NotFetched {
        /// The words of the provider or the homeserver.
        error: String,
    },
}
