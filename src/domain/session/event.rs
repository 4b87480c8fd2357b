//! Everything that can happen to an interaction.

use std::time::Duration;

use ruma::{OwnedRoomId, OwnedUserId};

pub use crate::domain::counts::Counts;

use crate::clock::Millis;
use crate::domain::agent::AgentRef;
use crate::domain::conversation::offer::Via;
use crate::domain::ids::{AgentId, ContactId, QueueName};
use crate::domain::input::Loss;
use crate::domain::interaction::{Disposition, Rules, Unanswered};
use crate::domain::media_part::MediaPart;
use crate::domain::notice::{PastLine, Says};

/// Something that happens to an interaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The contact wrote.
    Texted {
        /// The text as it may stand in a room.
        body: String,
        /// The parts of an MMS.
        media: Vec<MediaPart>,
        /// When it was written, if it was fetched late.
        written_at: Option<Millis>,
        /// What the bot points out about it.
        notices: Vec<Says>,
        /// What else was sent, for the case data.
        more: Vec<(String, String)>,
        /// What it asks of its owner.
        asks: Asks,
    },
    /// It is done, and the contact wrote thanks or a greeting.
    Thanked {
        /// What they wrote.
        text: String,
        /// When it was written, if it was fetched late.
        written_at: Option<Millis>,
    },
    /// Its room exists.
    RoomOpened {
        /// The id of the new room.
        room: OwnedRoomId,
    },
    /// Its room is of no use any more.
    RoomLost {
        /// The alias of the room that takes its place.
        alias: String,
        /// How it was lost.
        how: Loss,
        /// What is said in the new room first of all.
        says: Box<Says>,
        /// How long its owner has to come into the new room.
        away: Duration,
    },
    /// Routing chose whom to ask.
    Offered {
        /// The agents who are asked: one where the queue pushes.
        to: Vec<AgentRef>,
        /// How they are asked.
        way: Way,
        /// What else there is of the contact.
        counts: Counts,
    },
    /// An agent who was asked takes it.
    Accepted {
        /// The agent who takes it.
        by: AgentRef,
        /// The offer they answer, if the answer names one.
        number: Option<u32>,
        /// How they said yes: by coming into the room, or in words.
        via: Via,
    },
    /// An agent who was asked does not take it.
    Rejected {
        /// The agent who does not take it.
        by: AgentId,
        /// The offer they answer, if the answer names one.
        number: Option<u32>,
        /// How they said no: by declining the invite, which then need not be taken back, or in words.
        via: Via,
        /// Why, if they say so.
        reason: String,
    },
    /// An offer was shown to an agent only when much of its time was over.
    ShownLate {
        /// The number of that offer.
        number: u32,
    },
    /// Nobody could act for a while, and deadlines move by that.
    TimeStood {
        /// How long time stood still.
        away: Duration,
    },
    /// An offer that nobody has answered is to ring once more.
    OfferRings {
        /// The number of the offer; stale if another is open.
        number: u32,
        /// The moment this timer was set for; stale if it has moved.
        rings_at: Millis,
    },
    /// The moment may have come for the next step of overflow.
    OverflowDue,
    /// Nobody is ready of those who may be asked.
    NobodyReady,
    /// An offer ran out.
    OfferExpired {
        /// The number of the offer; stale if another is open.
        number: u32,
    },
    /// An agent wants something that only the owner may do.
    OwnerActed {
        /// The agent who wants it.
        by: AgentId,
        /// What they want.
        action: OwnerAction,
    },
    /// A supervisor gives it to an agent.
    Assigned {
        /// The agent who gets it.
        to: AgentRef,
        /// The supervisor who gives it.
        by: AgentRef,
    },
    /// Someone came into the room.
    CameIn {
        /// The agent who came in.
        by: AgentId,
    },
    /// Someone left the room by themselves.
    WentOut {
        /// The agent who left.
        by: AgentId,
        /// How long an owner may stay away.
        away: Duration,
    },
    /// The time an owner had to come is over.
    AwayTooLong,
    /// A supervisor wants to look on.
    Watched {
        /// The supervisor.
        by: AgentRef,
        /// Whether what they say is to go to the contact too.
        barged: bool,
    },
    /// Someone who looks on has seen enough.
    Unwatched {
        /// The agent who looked on.
        by: AgentId,
    },
    /// Its contact goes by another name.
    Renamed {
        /// The contact's new name.
        name: String,
    },
    /// It is a conversation with another contact than was thought; the address is the same.
    Belongs {
        /// The contact.
        id: ContactId,
        /// Their name.
        name: String,
    },
    /// A tag is put on it, or taken away.
    Tagged {
        /// The tag, as it is kept.
        tag: String,
        /// Whether it is put on.
        on: bool,
    },
    /// It is moved in its queue.
    Prioritised {
        /// How far, in points of a minute each, on top of what its queue gives it.
        points: i64,
        /// Who moves it.
        by: AgentRef,
    },
    /// Its contact was blocked.
    Blocked {
        /// Who blocked them.
        by: AgentRef,
        /// Until when; nothing if for good.
        until: Option<Millis>,
        /// Why, in the words of whoever did it; empty if they did not say.
        reason: String,
    },
    /// Its contact was erased.
    Erased {
        /// Who erased them.
        by: AgentRef,
    },
    /// Someone is no longer an agent.
    OwnerGone {
        /// The person who is no longer an agent.
        id: AgentId,
    },
    /// An agent has signed off: what they are offered is offered to others.
    SignedOff {
        /// The agent.
        id: AgentId,
    },
    /// The owner has said something to the contact.
    Replied,
    /// The provider has taken a message of an agent.
    ReplyTaken {
        /// When it was typed, if that is known.
        typed_at: Option<Millis>,
        /// When the contact wrote first after that, if they have.
        next_text: Option<Millis>,
    },
    /// The contact may have waited for too long for an answer.
    ReplyWait {
        /// When they wrote the oldest text that is not answered; stale if it is.
        since: Millis,
        /// How many steps were taken when the timer was set; stale if it is more by now.
        taken: usize,
        /// Whether an answer is on its way.
        under_way: bool,
    },
    /// A supervisor has it queued again.
    SentBack {
        /// The supervisor.
        by: AgentRef,
    },
    /// A supervisor closes it.
    Closed {
        /// The supervisor.
        by: AgentRef,
        /// When they typed that.
        typed_at: Millis,
        /// When the contact last wrote.
        last_text: Option<Millis>,
        /// Whether something the contact sent is not shown yet.
        unshown: bool,
        /// What it is closed with, if they say so.
        disposition: Option<Disposition>,
    },
    /// Its owner asks the supervisors for help.
    HandRaised {
        /// The owner.
        by: AgentRef,
        /// What the owner says; empty for nothing.
        note: String,
        /// What was said last, or what they point at.
        lines: Vec<PastLine>,
        /// The supervisors who are told.
        told: Vec<AgentRef>,
    },
    /// A supervisor comes to help.
    HandTaken {
        /// The supervisor.
        by: AgentRef,
        /// The number of the raised hand.
        number: u32,
    },
    /// A supervisor sees to a conversation that is overdue.
    SeenTo {
        /// The supervisor.
        by: AgentRef,
        /// The text that waits for an answer, by its moment.
        since: Millis,
        /// Whether it is queued again; else the supervisor takes it over.
        requeue: bool,
    },
    /// The time for a second answer to a page is over.
    PageOver {
        /// The deadline this timer was set for; stale if it has moved.
        over_at: Millis,
        /// The agent whose answer went out last; nobody while one is on its way, of unknown fate, or failed.
        answered_by: Option<OwnedUserId>,
        /// What it may be closed with.
        dispositions: Vec<Disposition>,
    },
    /// Perhaps nothing was said for a long time.
    Quiet {
        /// The expiry this timer was set for; stale if another is known by now.
        expires_at: Millis,
        /// When something was last said.
        last_said: Option<Millis>,
    },
    /// The time is over for which it was snoozed.
    SnoozeOver {
        /// The moment this timer was set for; stale if it has moved.
        until: Millis,
    },
    /// Someone takes it up again.
    Reopened {
        /// The agent who takes it up again.
        by: AgentRef,
    },
}

/// What a text asks of whoever owns the conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// An answer.
    Answer,
    /// Nothing: the desk answers it, or nobody can.
    Nothing,
    /// To be left alone: nothing that was written before waits for an answer any more.
    Peace,
}

/// Actions that only the owner of an interaction may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OwnerAction {
    /// A colleague is to take it over.
    Transfer {
        /// The colleague who is asked.
        to: AgentRef,
        /// What the owner says about it.
        note: String,
        /// What else there is of the contact.
        counts: Counts,
        /// Whether it is queued again if the colleague does not take it, because the owner has signed off.
        or_queue: bool,
    },
    /// The transfer is taken back.
    Cancel,
    /// It goes into a queue.
    MoveToQueue {
        /// The queue it goes into.
        queue: QueueName,
        /// What it takes over from there.
        rules: Rules,
        /// What the owner says about it.
        note: String,
    },
    /// It is paused.
    Hold,
    /// It is put away.
    Snooze {
        /// The moment until which it is put away.
        until: Millis,
    },
    /// It goes on.
    Resume,
    /// What it is closed with.
    Dispose {
        /// That; nothing to take it back.
        disposition: Option<Disposition>,
    },
    /// Its case data is changed.
    Case {
        /// The key of the pair.
        key: String,
        /// Its new value; nothing to take it away.
        value: Option<String>,
    },
    /// It is finished.
    Finish {
        /// When they typed it.
        typed_at: Millis,
        /// When the contact last wrote.
        last_text: Option<Millis>,
        /// Whether something the contact sent is not shown yet.
        unshown: bool,
        /// What it is closed with, if they say so.
        disposition: Option<Disposition>,
    },
}

/// How a queue asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// One agent, who is invited.
    Push {
        /// For how long, in milliseconds.
        offer_ms: u64,
        /// What happens if they say nothing.
        then: Unanswered,
    },
    /// Everyone; the first who says yes is invited.
    Pick,
}
