//! What the bot says: data only. `render` turns it into words with the template of its code.
//!
//! [`Says`] lists everything; what a notice carries that is larger than a name stands in `cards` (previews,
//! and what `!case`, `!contact`, `!history` show) and `parts`; transcripts in pages in `transcript`; whom a
//! notice has to reach, and where else, in `reach`.
//!
//! [`Says`] is long, and one list all the same: the code of a notice is its name in the database, in the
//! event, and of its template, whatever it is about. In enums by subject, each of these names would have to
//! be put together, and every reader would match twice; nothing would become simpler.

mod attached;
mod call;
mod callback;
mod cards;
mod email;
mod later;
mod missing;
mod outbound;
mod overflow;
mod parts;
mod problem;
mod reach;
mod reasons;
mod receipt;
mod segments;
mod shift;
mod spelling;
mod story;
mod token;
mod transcript;

use ruma::{OwnedRoomId, OwnedUserId};
use serde::{Deserialize, Serialize};

pub use self::attached::{CardItem, CardShown, numbered, shown_cards};
pub use self::call::{CallCard, CallNews, CallRefusal};
pub use self::callback::{CallbackCard, CallbackDue, CallbackItem, CallbackNews, NotCalled};
pub use self::cards::{
    BlockedItem, CaseCard, ConsentCard, ConsentLine, ContactCard, ContactChange, EraseCard, MergeCard,
    PastItem, PastLine, Preview, Question, QuotedLine, SharedNumber, TalkPreview,
};
pub use self::email::EmailCard;
pub use self::later::{LaterItem, LaterNews, Scheduled, ScheduledDropped, Stopped};
pub use self::missing::Missing;
pub use self::outbound::{SmsCard, SmsQuestion, SmsRefusal};
pub use self::overflow::Overflowed;
pub use self::parts::{
    ActionItem, Attachment, AutoReply, ChannelLine, FileOf, HeldBack, HelpLine, ListRow, MissedItem,
    MissingValue, Needs, OddLink, Quoted, UseLine,
};
pub use self::problem::Problem;
pub use self::reasons::{
    NotResent, NotShown, Refusal, Requeued, Taken, Unavailable, Unsent, UsedBy, Withdrawn,
};
pub use self::receipt::{EraseReceipt, LeftLine};
pub use self::segments::Segments;
pub use self::shift::{
    ClosedFor, HandCard, HandRaised, NextStep, NextSteps, OpenWork, StateSet, TooLong, WorkChoice, WorkItem,
    WorkMoved,
};
pub use self::spelling::{MisspeltCard, SpellingCard, WordChange, WordChanged};
pub use self::story::{Missed, StoryLine};
pub use self::token::TokenCard;
pub use self::transcript::{Begin, LINES, PIECE_BYTES, newest, page, pages};
use super::agent::Channels;
use super::channel::Channel;
use super::consent::Source;
use super::ids::{ErasureId, InteractionId, QueueName};
use super::input::Loss;
use super::interaction::Disposition;
use super::original::Original;
use super::report::{AgentLine, QueueLine, TagLine, TimeLine};
use super::retention::Older;
use super::session::Counts;
use super::talk::Kind;
use crate::clock::Millis;

/// A message of the bot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// The interaction it is about.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub interaction: Option<InteractionId>,
    /// The message itself.
    #[serde(flatten)]
    pub says: Says,
}

/// What the bot has to say. The tag is the code of `org.switchroom.notice`, and the name of the template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Says {
    /// Will you take this?
    Offer(Question),
    /// You took it.
    OfferAccepted {
        /// Whose conversation it is.
        contact: String,
        /// Its room, to go to.
        room: Option<OwnedRoomId>,
        /// What else there is of the contact.
        others: Counts,
        /// Seconds within which you must join its room to keep it; nothing if you are there, or it is still
        /// being made.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        join_secs: Option<u64>,
    },
    /// You did not want it.
    OfferRejected {
        /// Whose conversation it was.
        contact: String,
    },
    /// You did not answer.
    OfferTimedOut {
        /// Whose conversation it was.
        contact: String,
        /// Whether they were to be called back.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        callback: bool,
        /// Whether you are asked for nothing more until you say so.
        not_ready: bool,
    },
    /// You have not answered yet.
    OfferRing {
        /// Whose conversation it is.
        contact: String,
        /// How much longer it is offered, in seconds.
        secs: u64,
        /// When the offer runs out.
        expires_at: Millis,
    },
    /// The question is no longer asked.
    OfferWithdrawn {
        /// Whose conversation it was.
        contact: String,
        /// Why it is no longer asked.
        #[serde(flatten)]
        why: Withdrawn,
    },
    /// A colleague is asked to take it over.
    TransferRequested {
        /// Whose conversation it is.
        contact: String,
        /// The name of the colleague who is asked.
        to: String,
        /// What the owner says about it.
        note: String,
    },
    /// It is another's now.
    Transferred {
        /// Whose conversation it is.
        contact: String,
        /// The name of whoever had it.
        from: String,
        /// Who has it, or the queue it waits in.
        to: String,
    },
    /// The colleague did not want it: it stays with its owner.
    TransferRejected {
        /// Whose conversation it is.
        contact: String,
        /// The colleague's name.
        by: String,
        /// Why, where they said so.
        reason: String,
    },
    /// The colleague did not answer: it stays with its owner.
    TransferTimedOut {
        /// Whose conversation it is.
        contact: String,
        /// The colleague's name.
        by: String,
    },
    /// The colleague is no longer asked.
    TransferCancelled {
        /// Whose conversation it is.
        contact: String,
    },
    /// A supervisor gave it to you.
    Assigned {
        /// Whose conversation it is.
        contact: String,
        /// The supervisor's name.
        by: String,
        /// Its room, to go to.
        room: Option<OwnedRoomId>,
    },
    /// It was given to an agent, as you wanted.
    Given {
        /// Whose conversation it is.
        contact: String,
        /// Whose it is now.
        to: String,
    },
    /// What you want does not fit the state of the conversation.
    Refused {
        /// What is in the way.
        #[serde(flatten)]
        why: Refusal,
    },
    /// For the supervisors: an owner was lost, it was queued again.
    OwnerLost {
        /// Whose conversation it is.
        contact: String,
        /// The name of the owner who was lost.
        owner: String,
    },
    /// For the supervisors: nobody took it, and more agents are asked.
    Overflowed(Overflowed),
    /// A token for a program was made.
    Token(TokenCard),
    /// What a colleague wrote about the conversation.
    Note {
        /// The name of whoever wrote it.
        by: String,
        /// The words of the note.
        text: String,
    },
    /// A supervisor looks on.
    Joined {
        /// The supervisor's name.
        by: String,
        /// Whether what they say goes to the contact too.
        barged: bool,
    },
    /// A supervisor no longer looks on.
    Left {
        /// The supervisor's name.
        by: String,
    },
    /// A word of a supervisor to the owner alone.
    Whisper {
        /// Whose conversation it is about.
        contact: String,
        /// The supervisor's name.
        by: String,
        /// What they say.
        text: String,
    },
    /// An owner asks the supervisors for help.
    Hand(HandCard),
    /// The supervisors know that you ask for help.
    HandRaised(HandRaised),
    /// You have signed off, and this is still yours.
    OpenWork(OpenWork),
    /// Conversations went elsewhere together.
    WorkMoved(WorkMoved),
    /// You closed a conversation that was another's.
    Closed(ClosedFor),
    /// A supervisor changed what an agent is ready for.
    StateSet(StateSet),
    /// An agent is not ready for longer than their reason allows.
    NotReadyTooLong(TooLong),
    /// What you can do next here.
    NextSteps(NextSteps),
    /// What was done in a period.
    Report {
        /// The first moment of the period.
        first: Millis,
        /// The last moment of the period.
        last: Millis,
        /// The figures of each queue.
        queues: Vec<QueueLine>,
        /// The figures of each agent.
        agents: Vec<AgentLine>,
        /// How many conversations that began have which tag, the most frequent first.
        #[serde(default)]
        tags: Vec<TagLine>,
        /// How often each standard response was used, the most frequent first; then there is nothing else.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        responses: Option<Vec<UseLine>>,
        /// How long each agent was ready, and not ready for which reason; then there is nothing else.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        times: Option<Vec<TimeLine>>,
    },
    /// The agent said no to a question whether something is to be done.
    LeftAsItWas,
    /// An admin changed something.
    Changed {
        /// What was changed.
        what: String,
        /// What it was; `none` where it was not there.
        before: String,
        /// What it is now; `none` where it is gone.
        after: String,
        /// Whether the config says something else, which holds again from the next start on.
        #[serde(default)]
        in_config: bool,
        /// Whether it holds only for conversations that begin from now on.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        only_new: bool,
    },
    /// A conversation and its case data.
    Case(CaseCard),
    /// A contact, and what there is of them.
    Contact(ContactCard),
    /// It is another contact's conversation than was thought.
    ContactAssigned {
        /// The contact's name.
        contact: String,
        /// Who was thought to write.
        old_name: String,
        /// The number it came from.
        number: String,
        /// Whether the number is the contact's from now on, with all that was said on it; else only this
        /// conversation is.
        whole: bool,
    },
    /// What is going to happen if two contacts are merged.
    ContactMerge(MergeCard),
    /// Two contacts were merged.
    ContactMerged {
        /// The name of the one who stays.
        contact: String,
        /// The name of the other.
        merged: String,
        /// The numbers that are theirs now.
        numbers: Vec<String>,
        /// How many conversations were moved.
        conversations: u32,
        /// Until when it can be undone.
        until: Millis,
    },
    /// A merge was undone.
    ContactSplit {
        /// The name of the one who stayed.
        contact: String,
        /// The name of the other, who is back.
        merged: String,
        /// The numbers that went back to the other.
        numbers: Vec<String>,
    },
    /// A page of the conversations of a contact, or of all.
    History {
        /// The name of the contact whose conversations they are; nothing where they are of all.
        contact: Option<String>,
        /// The words that were looked for; empty for none.
        typed: String,
        /// The newest first, numbered from 1.
        items: Vec<PastItem>,
        /// Whether there may be earlier ones, which the number behind the last item lists.
        more: bool,
        /// How many there are besides that whoever asks may not read.
        #[serde(default)]
        unreadable: u32,
        /// Whether words were looked for, and lines from before are not all findable yet.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        indexing: bool,
    },
    /// What was said with the contact not long ago, first of all in a new room.
    Earlier {
        /// The conversation it was said in.
        #[serde(flatten)]
        of: PastItem,
        /// Its last lines, oldest first.
        lines: Vec<PastLine>,
    },
    /// What was said in a conversation.
    Transcript {
        /// The name of whom it was with.
        contact: String,
        /// The lines of this page, oldest first.
        lines: Vec<PastLine>,
        /// Which page, from 1.
        page: usize,
        /// Whether there is a page behind it, which number 1 shows.
        #[serde(default)]
        more: bool,
    },
    /// What is still known of a conversation whose content was erased.
    NoLongerKept {
        /// The conversation.
        #[serde(flatten)]
        of: PastItem,
        /// The name of the contact it was with; nothing if they were erased.
        with: Option<String>,
        /// After how many days its time was over, if that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        days: Option<u64>,
    },
    /// A shorter time was asked for, or follows from what was, and something is older than that:
    /// whoever asked has to confirm it.
    ConfirmErasing {
        /// What is older.
        #[serde(flatten)]
        older: Older,
        /// What else is, where two times get shorter at once.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        also: Option<Older>,
        /// The queue it is in, if it is about one.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        queue: String,
        /// The queue that is to be removed, if that is what shortens it: the desk's own time holds then.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        without: String,
    },
    /// First of all in a room that takes the place of one that was lost.
    RoomReplaced {
        /// How that one was lost.
        why: Loss,
        /// The last lines of what was said, oldest first.
        lines: Vec<PastLine>,
        /// Whether more was said before them.
        more: bool,
    },
    /// A room was lost, and another takes its place.
    RoomLost {
        /// Whose: a contact's name, or what people call it.
        what: String,
        /// How it was lost; nothing where several rooms were, or it is not known.
        why: Option<Loss>,
    },
    /// A room was lost so often that no other takes its place until an admin has one made.
    RoomMissing {
        /// Whose: a contact's name, or what people call it.
        what: String,
    },
    /// A contact is not to be written to in a direct chat of one's own.
    WriteElsewhere {
        /// The contact's name.
        contact: String,
        /// The room of the conversation with them, where the reader has it.
        room: Option<OwnedRoomId>,
        /// Who has the conversation with them, where that is someone else.
        owner: Option<String>,
    },
    /// A contact was blocked: what they write is kept, and shown to nobody.
    Blocked {
        /// The contact's name.
        contact: String,
        /// The name of whoever did.
        by: String,
        /// Until when; nothing if for good.
        until: Option<Millis>,
        /// Why, in their words; empty if they did not say.
        reason: String,
        /// The number they wrote from, where it is another contact's, whose texts are heard.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        shared: Option<SharedNumber>,
    },
    /// A contact is no longer blocked.
    Unblocked {
        /// The contact's name.
        contact: String,
        /// The name of whoever did.
        by: String,
    },
    /// The texts of a contact who sent too many are shown one by one again.
    Unmuted {
        /// The contact's name.
        contact: String,
        /// The name of whoever did that.
        by: String,
    },
    /// What is going to be erased of a contact, for ever.
    EraseContact(EraseCard),
    /// A contact is erased at the desk, and being erased elsewhere.
    Erasing {
        /// The erasure.
        id: ErasureId,
        /// How many conversations of theirs were closed.
        closed: u32,
    },
    /// A conversation was closed because its contact was erased.
    ConversationErased {
        /// The name of whoever erased them.
        by: String,
    },
    /// The contacts who are blocked.
    Blocks {
        /// The last blocked first, numbered from 1.
        items: Vec<BlockedItem>,
        /// Whether there are more.
        more: bool,
    },
    /// More comes from a contact than anyone can read: it is kept, and told of once a minute.
    Flood {
        /// The contact's name.
        contact: String,
        /// How many texts came that are not shown.
        count: u32,
        /// The last of them, cut.
        text: String,
        /// For how many seconds no text must be too many before they are shown one by one again.
        mute_secs: u64,
        /// Whether it has just begun.
        begins: bool,
        /// Whether they have no conversation open, so that nobody else is told.
        only_kept: bool,
        /// The contact's id, by which they are heard again.
        #[serde(default)]
        contact_id: String,
    },
    /// The contact waits for an answer.
    ReplyDue {
        /// For how long, in seconds.
        secs: u64,
    },
    /// For the supervisors: a contact has waited for too long for an answer.
    ReplyOverdue {
        /// Whose conversation it is.
        contact: String,
        /// The name of its owner.
        owner: String,
        /// For how long they have waited, in seconds.
        secs: u64,
    },
    /// The contact wrote thanks or a greeting after their conversation was done.
    Courtesy {
        /// Who wrote it.
        contact: String,
        /// What they wrote.
        text: String,
    },
    /// It is paused.
    Held,
    /// It is put away.
    Snoozed {
        /// The moment until which it is put away.
        until: Millis,
    },
    /// The moment has come until which it was put away.
    SnoozeOver,
    /// It expires soon, because nothing is said.
    Expiring {
        /// In how many seconds.
        secs: u64,
        /// The moment at which it expires.
        expires_at: Millis,
    },
    /// It has expired: nothing more is sent.
    Expired {
        /// Whose conversation it was.
        contact: String,
    },
    /// It needs a disposition.
    DispositionRequired {
        /// Which there are, numbered from 1.
        items: Vec<Disposition>,
    },
    /// It went back to its queue.
    Requeued {
        /// Whose conversation it was.
        contact: String,
        /// Why it went back.
        why: Requeued,
        /// Whether you are asked for nothing more until you say so.
        not_ready: bool,
        /// The name of the supervisor who had it queued again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
    },
    /// Finished.
    Done {
        /// Whose conversation it was.
        contact: String,
        /// The name of whoever finished it.
        by: String,
        /// How long it took from the first text on, in seconds.
        took_secs: u64,
        /// The label of what it was closed with.
        disposition: Option<String>,
    },
    /// What a talk is about, first of all in its room.
    TalkOpened {
        /// IM or consult.
        kind: Kind,
        /// The name of whoever wants it.
        by: String,
        /// Whom they want to talk to.
        to: String,
        /// The contact it is about.
        contact: Option<String>,
        /// The contact's number.
        number: Option<String>,
        /// The message it begins with, or as much of it as is said at a time; empty if there is none.
        text: String,
        /// Why the colleague is not ready for IMs, empty where they gave no reason; nothing if they are.
        not_ready: Option<String>,
    },
    /// The next part of the message a talk begins with.
    TalkText {
        /// The name of whoever wrote it.
        by: String,
        /// The words, as many as are said at a time.
        text: String,
    },
    /// The colleague is in the IM.
    ImAccepted {
        /// The colleague's name.
        by: String,
    },
    /// The colleague does not want it.
    ImRejected {
        /// The colleague's name.
        by: String,
        /// Why, where they said so.
        reason: String,
    },
    /// The colleague has not answered yet; they still can.
    ImTimedOut {
        /// The colleague's name.
        by: String,
    },
    /// Nobody writes any more in this IM or consult.
    ImEnded {
        /// IM or consult.
        kind: Kind,
        /// Who ended it; nobody where its conversation is done.
        by: Option<String>,
        /// Whether that was by leaving the desk.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        gone: bool,
    },
    /// The colleague cannot be reached by IM.
    ImUnavailable {
        /// The colleague's name.
        who: String,
        /// Why.
        why: Unavailable,
    },
    /// The colleague is in the consult.
    ConsultAccepted {
        /// The colleague's name.
        by: String,
        /// Whose conversation it is about.
        contact: String,
        /// Its case data, as much of it as is shown here.
        case: Vec<(String, String)>,
        /// How much more there is of it.
        #[serde(default)]
        case_more: usize,
    },
    /// The colleague does not want to be consulted.
    ConsultRejected {
        /// The colleague's name.
        by: String,
        /// Whose conversation it is about.
        contact: String,
        /// Why, where they said so.
        reason: String,
    },
    /// The colleague has not answered yet; they still can.
    ConsultTimedOut {
        /// The colleague's name.
        by: String,
        /// Whose conversation it is about.
        contact: String,
    },
    /// A call of two colleagues.
    Voice {
        /// The name of whoever calls.
        by: String,
        /// The name of whoever is called.
        to: String,
        /// The contact it is about.
        contact: Option<String>,
        /// Whether the conversation with them is paused meanwhile.
        held: bool,
        /// The link to the call.
        link: String,
        /// Whom it has to wake; nobody where only the caller reads it.
        wake: Option<OwnedUserId>,
    },
    /// It goes on.
    Resumed {
        /// Whose conversation it is.
        contact: String,
    },
    /// What it will be closed with.
    DispositionSet {
        /// Its label.
        label: String,
    },
    /// It is open again, and yours.
    Reopened {
        /// Whose conversation it is.
        contact: String,
        /// Its room, to go to.
        room: Option<OwnedRoomId>,
    },
    /// Not finished yet: the contact has just written, or sent something that is not shown yet.
    DoneRefused {
        /// Whether something they sent is not shown yet.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        on_its_way: bool,
        /// What is to be typed again, without the prefix; empty for `done`.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        again: String,
    },
    /// A message did not get to the phone.
    MessageFailed {
        /// The provider's code, where it gave one.
        error: Option<u32>,
        /// What it means, plainly.
        meaning: String,
        /// The parts that did not get there, where others of the message may have.
        unsent: Vec<String>,
        /// The message, where the notice stands elsewhere than it does.
        of: Option<Quoted>,
    },
    /// Nobody knows whether a message got to the phone.
    MessageUnconfirmed {
        /// The message, where the notice stands elsewhere than it does.
        of: Option<Quoted>,
    },
    /// A message that failed is on its way again.
    Resent {
        /// The message.
        of: Quoted,
    },
    /// Nothing is sent again.
    ResendRefused {
        /// Why nothing is sent again.
        why: NotResent,
    },
    /// A message was not sent.
    MessageHeldBack {
        /// The reason, for programs; the template has its words.
        why: HeldBack,
        /// Who wrote it and has to know, which is not always the owner of the conversation.
        writer: OwnedUserId,
        /// The message, where the notice stands elsewhere than it does.
        of: Option<Quoted>,
        /// The shortcut that was probably meant.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        nearest: Option<String>,
        /// The values that are missing in a standard response.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        missing: Vec<MissingValue>,
        /// The file of a standard response because of which it was not sent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        response: Option<FileOf>,
    },
    /// A standard response: what it says to the contact.
    Response {
        /// Its shortcut.
        shortcut: String,
        /// What it says; where a value is missing its name stands.
        text: String,
        /// Whether it is on its way to the contact. Otherwise it is only shown.
        sent: bool,
        /// The values that are missing, without which it cannot be sent.
        missing: Vec<MissingValue>,
        /// The values in whose place nothing stands, if nothing else is in it, so that it cannot be sent.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        empty: Vec<MissingValue>,
        /// The blanks that the agent is asked for before it is sent.
        ask: Vec<String>,
        /// The commands that follow, without the prefix.
        follows: Vec<String>,
        /// What the files are called that go with it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        files: Vec<String>,
        /// Why its files cannot go, and it with them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        no_files: Option<HeldBack>,
    },
    /// A file of a standard response that is shown unsent.
    ResponseFile {
        /// The response's shortcut.
        shortcut: String,
        /// The file.
        file: Original,
    },
    /// What belongs into a blank of a standard response?
    ResponseBlank {
        /// The shortcut.
        shortcut: String,
        /// The blank.
        blank: String,
        /// Which of its blanks, from 1.
        number: usize,
        /// How many there are.
        count: usize,
    },
    /// A standard response whose blanks were asked for is not sent.
    ResponseDropped {
        /// The shortcut.
        shortcut: String,
        /// Whether that is because it was changed meanwhile.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        changed: bool,
    },
    /// A telephone call to a contact.
    Call(CallCard),
    /// A contact is not called.
    CallRefused(CallRefusal),
    /// Callbacks that are to come.
    Callback(CallbackCard),
    /// An e-mail to a contact can be begun with a link.
    Email(EmailCard),
    /// A contact is to be called now.
    CallbackDue(CallbackDue),
    /// Texts that go to a contact later.
    Scheduled(Scheduled),
    /// A text did not go at its time.
    ScheduledDropped(ScheduledDropped),
    /// What was held back is not sent any more.
    NotSent {
        /// The contact's name.
        contact: String,
        /// The texts that were written, in order.
        texts: Vec<String>,
        /// Why they are not sent.
        why: Unsent,
    },
    /// The contact wants no more messages.
    OptedOut {
        /// The words that said so, or the agent who did.
        by: String,
        /// How it came to be known.
        #[serde(default)]
        source: Source,
        /// Whether the provider itself sends them nothing, which only a text of theirs lifts.
        #[serde(default)]
        provider_blocks: bool,
        /// Whether that was known before, so that nothing changed.
        #[serde(default)]
        again: bool,
    },
    /// The contact takes messages again.
    OptedIn {
        /// The words that said so, or the agent who did.
        by: String,
        /// How it came to be known.
        #[serde(default)]
        source: Source,
        /// Whether the provider itself sends them nothing, which only a text of theirs lifts.
        #[serde(default)]
        provider_blocks: bool,
        /// Whether that was known before, so that nothing changed.
        #[serde(default)]
        again: bool,
    },
    /// What a contact said about being texted.
    Consent(ConsentCard),
    /// The text reads like a wish to be left alone.
    OptOutHint,
    /// Who wrote is a name or an address: nothing can be sent there.
    Unanswerable {
        /// The name or address that wrote.
        sender: String,
    },
    /// A link in the contact's text is not what it seems.
    LinkWarning {
        /// Each link with what is odd about it.
        links: Vec<OddLink>,
    },
    /// Numbers and addresses in the contact's text.
    Actions {
        /// Numbered from 1.
        items: Vec<ActionItem>,
    },
    /// The contact's text arrived long after it was written.
    Late {
        /// When it was written.
        written_at: Millis,
    },
    /// An attachment of a text arrived long after that.
    LateAttachment {
        /// Which.
        #[serde(flatten)]
        of: Attachment,
    },
    /// What the desk has written to the contact by itself.
    DeskText {
        /// Why the desk wrote.
        because: AutoReply,
        /// What it wrote.
        text: String,
    },
    /// How a command is used.
    Usage {
        /// The command with its arguments.
        usage: String,
        /// What was wrong.
        #[serde(flatten)]
        problem: Problem,
    },
    /// There is no such command.
    UnknownCommand {
        /// What was typed.
        typed: String,
        /// The nearest one there is.
        nearest: Option<String>,
    },
    /// You may not do that.
    NotAllowed {
        /// The command, where it is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        command: Option<String>,
        /// Who may run it, where not everyone may.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        needs: Option<Needs>,
    },
    /// Only the owner may do that.
    NotOwner,
    /// There is no such interaction, or nothing to answer.
    NoSuchTarget {
        /// What there is not.
        #[serde(flatten)]
        what: Missing,
        /// The command that lists what there is.
        lists: Option<String>,
    },
    /// You are in your console for the first time.
    Welcome {
        /// Your name.
        agent: String,
    },
    /// The commands there are.
    Help {
        /// What they have in common; nothing for one command alone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<String>,
        /// Each command with what it does.
        commands: Vec<HelpLine>,
        /// What else there is, in groups numbered from 1.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        groups: Vec<String>,
    },
    /// A numbered list.
    List {
        /// What it lists.
        title: String,
        /// Numbered from 1.
        rows: Vec<ListRow>,
    },
    /// What an agent missed or lost, the newest first.
    Messages {
        /// Numbered from 1.
        items: Vec<MissedItem>,
    },
    /// Someone cannot be asked now.
    TargetUnavailable {
        /// Who, or which queue.
        who: String,
        /// Why.
        why: Unavailable,
    },
    /// You and the channels.
    Status {
        /// Your name.
        agent: String,
        /// Whether you are ready for SMS.
        ready: bool,
        /// Why not, where a reason was given.
        reason: String,
        /// Whether you are ready, channel by channel.
        readiness: Channels,
        /// How many interactions you have.
        open: u32,
        /// How many you may have.
        capacity: u32,
        /// Your queues.
        queues: Vec<QueueName>,
        /// How many wait in them.
        waiting: u32,
        /// Whether the channels work, as far as that is known.
        #[serde(default)]
        channels: Vec<ChannelLine>,
    },
    /// A channel does not work.
    ChannelDown {
        /// The channel.
        channel: Channel,
        /// Its name for people.
        name: String,
        /// Since when it has not worked.
        since: Millis,
    },
    /// A channel works again.
    ChannelUp {
        /// The channel.
        channel: Channel,
        /// Its name for people.
        name: String,
        /// Since when it had not worked.
        from: Millis,
        /// When it worked again.
        to: Millis,
        /// How long that was, in seconds.
        secs: u64,
    },
    /// A text that an agent begins with is on its way.
    Sms(SmsCard),
    /// It is not sent before they say that it is meant.
    SmsConfirm(SmsQuestion),
    /// It is not sent.
    SmsRefused(SmsRefusal),
    /// Encoding and segments of a text.
    Count(Segments),
    /// A message was sent, and took many segments.
    Segments {
        /// What it took.
        #[serde(flatten)]
        sent: Segments,
        /// How many would have passed in silence.
        most: u64,
    },
    /// Words of a message are not known.
    Spelling(MisspeltCard),
    /// How your spelling is looked at.
    SpellingSet(SpellingCard),
    /// The contact's text has nothing in it that can be seen.
    EmptyText,
    /// Parts of an MMS that nobody can fetch, or that are too many.
    MediaLeftOut {
        /// How many parts those are.
        count: u32,
    },
    /// A part of an MMS cannot be shown.
    MediaFailed {
        /// Which.
        #[serde(flatten)]
        of: Attachment,
        /// What went wrong.
        #[serde(flatten)]
        why: NotShown,
        /// Whether it is kept all the same, and can be saved.
        #[serde(default)]
        can_be_saved: bool,
    },
    /// A part of an MMS is a picture that can be opened as a file only.
    NoPreview {
        /// Which.
        #[serde(flatten)]
        of: Attachment,
        /// Its media type.
        mime: String,
    },
    /// A part of an MMS holds contact cards.
    Card {
        /// Which.
        #[serde(flatten)]
        of: Attachment,
        /// What stands in them.
        cards: Vec<CardShown>,
        /// How many more cards there are in it.
        more: usize,
    },
    /// What a contact sent was saved: with the file in the console of whoever asked, without it where they
    /// did.
    Saved {
        /// Which.
        #[serde(flatten)]
        of: Attachment,
        /// Who sent it.
        contact: String,
        /// The file.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        file: Option<Original>,
    },
    /// More waits at the provider than is read at once.
    CatchingUp {
        /// The number of ours it was sent to.
        number: String,
        /// How many messages were read so far.
        read: u64,
    },
    /// What tells of a contact is erased at the homeserver and the provider, as far as it could be.
    Erased(EraseReceipt),
    /// Something was set aside so that the rest goes on.
    SetAside {
        /// What, the last of it.
        what: String,
        /// What went wrong.
        error: String,
        /// How much else waits.
        more: u32,
    },
    /// We failed.
    InternalError {
        /// What nothing came of.
        what: String,
    },
}
