//! What is offered, and what is known of a conversation and its contact, as notices show it.

use ruma::OwnedRoomId;
use serde::{Deserialize, Serialize};

use super::StoryLine;
use crate::clock::Millis;
use crate::domain::consent::{Source, Wish};
use crate::domain::contact::merge::Difference;
use crate::domain::ids::{InteractionId, QueueName};
use crate::domain::interaction::{Mode, Unanswered};
use crate::domain::session::Counts;
use crate::domain::talk::Kind;

/// What an agent is asked to take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
#[expect(clippy::large_enum_variant, reason = "most questions are of sessions")]
pub enum Question {
    /// A contact's conversation.
    Session(Preview),
    /// A colleague's words.
    Talk(TalkPreview),
}

/// A talk, as the invitee's preview shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TalkPreview {
    /// IM or consult.
    pub kind: Kind,
    /// The name of the colleague who asks.
    pub by: String,
    /// The contact it is about.
    pub contact: Option<String>,
    /// The contact's number.
    pub number: Option<String>,
    /// The first message, cut.
    pub text: String,
    /// How many seconds there are to answer.
    pub secs: u64,
    /// When the time for an answer is over.
    pub expires_at: Millis,
}

/// An offer, as its preview shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// The contact's name.
    pub contact: String,
    /// The contact's number.
    pub number: String,
    /// Whether the contact can be written to.
    pub answerable: bool,
    /// Our number.
    pub our_number: String,
    /// Page or session.
    pub mode: Mode,
    /// Whether the contact is to be called, and has not written.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub callback: bool,
    /// The queue.
    pub queue: QueueName,
    /// Case data, as much of it as a preview shows.
    pub case: Vec<(String, String)>,
    /// How much more there is of it.
    #[serde(default)]
    pub case_more: usize,
    /// Its tags.
    #[serde(default)]
    pub tags: Vec<String>,
    /// The first text, cut.
    pub text: String,
    /// What else there is of this contact.
    #[serde(flatten)]
    pub others: Counts,
    /// For how many seconds the contact has waited for an answer, if that is known and worth saying.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waited_secs: Option<u64>,
    /// The colleague who asks; nobody if it is the queue.
    pub by: Option<String>,
    /// What the colleague says about it.
    pub note: String,
    /// What happens if nobody answers.
    pub then: Unanswered,
    /// For how many seconds the offer stands.
    pub secs: u64,
    /// When the offer runs out.
    pub expires_at: Millis,
}

/// A conversation, as `!case` shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseCard {
    /// The contact's name.
    pub contact: String,
    /// Its state, like `active`.
    pub state: String,
    /// The owner's name.
    pub owner: Option<String>,
    /// Case data, in the order it was filled: what stands on this page.
    pub case: Vec<(String, String)>,
    /// Which page of it, from 1.
    pub page: usize,
    /// How many there are.
    pub pages: usize,
    /// Its tags.
    pub tags: Vec<String>,
    /// How far people moved it in its queue, in points of a minute each.
    pub points: i64,
    /// Its room, to go to.
    pub room: Option<OwnedRoomId>,
    /// Whether its reader may see whole numbers where they are masked.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub whole: bool,
    /// The key that was just set or taken away: then only that pair is in the case data, if it is still
    /// there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed: Option<String>,
}

/// A contact, as `!contact` shows them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactCard {
    /// Their name.
    pub contact: String,
    /// Their id.
    #[serde(default)]
    pub contact_id: String,
    /// Their numbers.
    pub numbers: Vec<String>,
    /// The numbers of others that they wrote from.
    #[serde(default)]
    pub shared_numbers: Vec<String>,
    /// Their e-mail addresses.
    #[serde(default)]
    pub emails: Vec<String>,
    /// The language they speak, a BCP 47 tag.
    #[serde(default)]
    pub language: Option<String>,
    /// What else is known of them.
    #[serde(default)]
    pub attributes: Vec<(String, String)>,
    /// What agents should know of them.
    #[serde(default)]
    pub notes: Vec<String>,
    /// Those of our numbers they want no messages from.
    pub opted_out_of: Vec<String>,
    /// Their other conversations, counted.
    #[serde(flatten)]
    pub others: Counts,
    /// The latest, newest first, numbered from 1.
    pub items: Vec<PastItem>,
    /// Whether its reader may see whole numbers where they are masked.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub whole: bool,
    /// Whether its reader finds in their console what is masked here.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_full: bool,
    /// What was just set or taken away: then nothing else is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed: Option<ContactChange>,
}

/// What was set or taken away of a contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactChange {
    /// The field.
    pub field: String,
    /// What it is now; nothing if it was taken away.
    pub value: Option<String>,
}

/// Two contacts that are to become one, as it is shown before it is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MergeCard {
    /// The name of the one who stays.
    pub contact: String,
    /// Their numbers, or their id, which tell them from another of the same name.
    #[serde(default)]
    pub known_by: Vec<String>,
    /// The name of the other.
    pub merged: String,
    /// What moves: the name, where the one who stays has none.
    #[serde(default)]
    pub name: Option<String>,
    /// The other's numbers.
    pub numbers: Vec<String>,
    /// How many conversations the other has.
    pub conversations: u32,
    /// What moves: e-mail addresses.
    pub emails: Vec<String>,
    /// What moves: the language.
    pub language: Option<String>,
    /// What moves: attributes.
    pub attributes: Vec<(String, String)>,
    /// What moves: notes.
    pub notes: String,
    /// What both have, and each another.
    pub differing: Vec<Difference>,
    /// What there is no room for.
    pub left_out: Vec<String>,
    /// Whether one of them is blocked: the one who stays is then, and their other conversations are closed.
    #[serde(default)]
    pub blocked: bool,
}

/// What there is of a contact who is to be erased, as it is shown before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct EraseCard {
    /// Their name.
    pub contact: String,
    /// Their id, which has to be typed twice.
    pub contact_id: String,
    /// Their numbers.
    pub numbers: Vec<String>,
    /// Those of their numbers, and of others', that another keeps.
    pub shared_numbers: Vec<String>,
    /// Their e-mail addresses.
    pub emails: Vec<String>,
    /// How many conversations they have.
    pub conversations: u32,
    /// How many of these are not done.
    pub open: u32,
    /// How many lines were said in them; they are counted up to 10,001.
    pub texts: u32,
    /// How many lines that colleagues wrote in conversations with others go because of the name.
    #[serde(default)]
    pub lines_of_others: u32,
    /// Whether there may be more of these.
    #[serde(default)]
    pub more_of_others: bool,
    /// Some of these lines.
    #[serde(default)]
    pub quoted: Vec<QuotedLine>,
    /// Whether they are blocked, which is erased too.
    pub blocked: bool,
    /// Whether they want no texts, which is remembered.
    pub opted_out: bool,
    /// Whether its reader may see whole numbers where they are masked.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub whole: bool,
}

/// A line of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuotedLine {
    /// The conversation.
    pub interaction: InteractionId,
    /// What was said, cut.
    pub text: String,
}

/// What a contact said about being texted, as `!consent` shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentCard {
    /// The contact's name.
    pub contact: String,
    /// What holds, the newest first.
    pub current: Vec<ConsentLine>,
    /// What was said before, and that too, the newest first.
    pub changes: Vec<ConsentLine>,
    /// Whether they want no texts by what they said before their record was erased.
    pub erased: bool,
    /// Whether there is more than is shown.
    pub more: bool,
}

/// One change of that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentLine {
    /// When it was said.
    pub at: Millis,
    /// The contact's number or name.
    pub number: String,
    /// What they want.
    pub wish: Wish,
    /// From how much of the desk: `number`, `sender` or `desk`.
    pub scope: String,
    /// The number of ours, where it is about one.
    pub our_number: Option<String>,
    /// The messaging service, where it is about one.
    pub service: Option<String>,
    /// How it came to be known.
    pub source: Source,
    /// The words that said it.
    pub text: String,
    /// The agent who kept it.
    pub by: String,
}

/// One conversation of a contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastItem {
    /// Its id.
    pub id: InteractionId,
    /// What it was, like `page` or `session`, or why it was only kept: `blocked`, `flood`.
    pub kind: String,
    /// Whether an agent began it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub outbound: bool,
    /// The conversation in whose room it was begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<InteractionId>,
    /// Its state, like `done`.
    pub state: String,
    /// The agent who has or had it.
    pub by: Option<String>,
    /// When it began.
    pub began_at: Millis,
    /// When it was done.
    pub done_at: Option<Millis>,
    /// The label of what it was closed with.
    pub disposition: Option<String>,
    /// What it is tagged with.
    #[serde(default)]
    pub tags: Vec<String>,
    /// The text it began with, cut.
    pub text: String,
    /// When what was said in it was erased, because it had been kept for long enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emptied_at: Option<Millis>,
    /// The contact's name, where the list is of several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// The line that holds the words that were looked for, cut.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<PastLine>,
    /// Its room, to go to, while it is not done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<OwnedRoomId>,
}

/// A contact who is blocked, as `!contacts blocked` shows them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockedItem {
    /// Their name.
    pub contact: String,
    /// Their id.
    pub id: String,
    /// The number they wrote from when they were blocked.
    pub number: String,
    /// The name of whoever blocked them.
    pub by: String,
    /// When.
    pub at: Millis,
    /// Until when; nothing if for good.
    pub until: Option<Millis>,
    /// Why, in the words of whoever did it; empty if they did not say.
    pub reason: String,
}

/// A number from which a contact writes, and which is another's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedNumber {
    /// The number, as people write it.
    pub number: String,
    /// The name of whoever it belongs to.
    pub contact: String,
}

/// One line of a transcript.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastLine {
    /// When it was said.
    pub at: Millis,
    /// What it is: `contact`, `owner`, `failed`, `held_back`, `internal`, `change`, `note`.
    pub kind: String,
    /// The name of whoever said it.
    pub by: String,
    /// The words; empty where something happened.
    pub text: String,
    /// What happened, where nothing was said.
    pub change: Option<StoryLine>,
}
