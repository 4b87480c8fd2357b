//! Every code of a reason, each with a sample of what belongs to it. One that is missing here does not
//! compile.

use super::samples::{interaction_id, jane};
use crate::clock::Millis;
use crate::domain::call::{CallResult, NotDialled};
use crate::domain::ids::QueueName;
use crate::domain::input::Loss;
use crate::domain::notice::{
    HeldBack, Missed, Missing, NotCalled, NotResent, NotShown, Problem, Refusal, Requeued, Stopped,
    StoryLine, Taken, Unavailable, Unsent, UsedBy, Withdrawn,
};
use crate::domain::outbound::NotTexted;
use crate::domain::text::links::LinkRisk;
use crate::domain::when::Unfit;

macro_rules! every {
    ($name:ident: $code:ident, $what:literal [$($variant:ident $({ $($field:ident: $value:expr),+ $(,)? })?),+ $(,)?]) => {
        #[doc = $what]
        #[must_use]
        pub fn $name() -> Vec<$code> {
            /// Does nothing but fail to compile where a code is missing below.
            const _: fn(&$code) = |code| match code {
                $($code::$variant { .. } => (),)+
            };
            vec![$($code::$variant $({ $($field: $value),+ })?),+]
        }
    };
}

fn alice() -> String {
    "Alice Doe".into()
}

fn bob() -> String {
    "Bob Roe".into()
}

fn sue() -> String {
    "Sue Visor".into()
}

every! { held_backs: HeldBack, "Every reason to hold a message back." [
    NotOwner, NotActive, Held, Snoozed, Expired, WrapUp, Callback, OptedOut, Blocked, MayNotText, Unanswerable, WindowClosed, SlashCommand, NoShortcut, ValueMissing, Unsupported,
    MediaNotAllowed, NoMms, MediaTooLarge, AnimationTooLarge, MediaNotCarried, SoundNotCarried, VideoNotCarried,
    MediaUnreadable, VideoUnreadable, MediaEmpty, MediaEndedProgram, BesideCommand, BesideShortcut, MediaEncrypted,
    MediaGone,
    Late, AlreadySent, NotCorrected, Reaction, EditedAway, EditIgnored, UnknownReply, TooLong, Empty, OldRoom, Erased,
] }

every! { kinds_of_refusal: Refusal, "Every reason to refuse something, once." [
    NothingOffered, NotRefusable, NotOwner, AlreadyDone, NotActive, DispositionMissing, RoomLeft, AlreadyAsked, AtCapacity,
    NoSuchCase, NoSuchTag, TooManyTags,
    TooManyLater { most: 20 },
    TooManyCallbacks { most: 20 },
    NoEmail { contact: jane() },
    ClosedThen { queue: QueueName::new("support"), opens: Some(Millis(1_700_000_000_000)) },
    TypedLongAgo,
    ContactBlocked { contact: jane() },
    NotBlocked { contact: jane() },
    NotesTooLong { contact: jane(), merged: "J. Doe".into(), characters: 4_711, most: 4_000 },
    MergedInto { into: "c-9x2m4k7q".into() },
    BeingMade,
    OnlyKept, OnlySent, OnlyCalled, PickedBefore,
    NoLongerKept { since: Millis(1_700_000_000_000), with_customer: false },
    NoAttachment, NeverFetched, NoAttachments, StillFetched, OriginalNotTaken, NoFile, FileEncrypted, FileNotTheirs,
    OriginalErased { days: 30 },
    OwnsIt, NotWatching, NobodyAsked, NotPaused, SeenTo,
    HandDown, HandTaken { by: Some(sue()) }, HandUp, NoSupervisor,
    Stale, NotInside, TalkOver, TalkOpen, NoCalls, NobodyOwnsIt,
    NoDispositions, NotDone,
    SameContact { contact: jane() },
    NumberTaken { number: "+14155550100".into(), contact: jane() },
    OurNumber { number: "+15005550006".into() },
    NoSuchNumber { number: "+14155550100".into(), contact: jane() },
    NumberInUse { number: "+14155550100".into(), contact: jane() },
    NothingToSplit { contact: jane() },
    NewerOpen { contact: jane(), newer: interaction_id() },
    StillUsed { kind: "queue".into(), name: "support".into(), user: UsedBy::Members },
    Unreadable { id: "s-7f3k2a".into() },
    NotNew { taken: Taken::Exists },
] }

every! { used_by: UsedBy, "Everything that may need a queue or a route." [
    Number { number: "+15005550006".into() }, Route { route: "main".into() },
    Overflow { from: QueueName::new("support") }, Response { shortcut: "hello".into() }, Members, Conversations,
] }

every! { taken: Taken, "Everything that keeps an account from being a new agent." [
    Exists,
    Id { id: "bob".into(), user: "@robert:desk.test".into() },
    User { id: "robert".into(), user: "@bob:desk.test".into() },
] }

every! { unavailable: Unavailable, "Every reason why someone cannot be asked." [
    Yourself, NotReady, NotSignedIn, NoIm, NotInRoom, YouMayNot, Away, NoPresence, QueueClosed, QueueEmpty,
] }

every! { withdrawn: Withdrawn, "Every reason why an offer is taken back." [
    Taken { by: bob() }, NobodyInTime, Expired, Done, Cancelled, ToQueue, Requeued, Given { by: sue(), to: bob() }, TalkOver,
] }

every! { requeued: Requeued, "Every reason why an owner loses a conversation." [DidNotCome, NoAgent, NoReply, Supervisor, NotTaken] }

every! { losses: Loss, "Every way in which a room is lost." [Gone, Removed, Upgraded] }

every! { unsent: Unsent, "Every reason why a message that was held back is not sent." [
    OptedOut, NoWord, NotWriter, NotYours, NotActive, OtherConversation, Dropped,
] }

every! { stopped: Stopped, "Every reason why a text does not go at its time." [
    ContactWrote, Late, NobodyHadIt, OptedOut, Blocked, Erased, Expired, WindowClosed, WithAnother, NoAgent,
] }

every! { not_called: NotCalled, "Every reason why a callback does not take place." [Blocked, Erased, NoQueue, NeverOpen] }

every! { not_dialled: NotDialled, "Every reason why a contact is not called." [
    ProviderCannot, NoPhone, OwnPhone, OurNumber, ShortCode, Sender, Blocked, NoNumber, NoNumberOfOurs, NoQueue, OnThePhone,
    BeingCalled, NoCall, NotAnswered, OnHoldAlready, NotOnHold,
] }

every! { call_results: CallResult, "Every way in which a call ends." [
    Talked, Busy, NoAnswer, Failed, Refused, Unconfirmed, HungUp, AgentBusy, AgentNoAnswer, AgentFailed, AgentRefused,
    AgentUnconfirmed,
] }

every! { not_resent: NotResent, "Every reason why nothing is sent again." [
    Forgotten, NoneFailed, NoMessage, SentAgain, DidNotFail, NeverSent, OtherConversation, NotActive, NotYours,
] }

every! { not_texted: NotTexted, "Every reason why a contact is not texted." [
    OurNumber, ShortCode, Sender, Blocked, OptedOut, NoConsent, WindowClosed, NoNumber, NoNumberOfOurs, NoQueue, Empty, TooLong,
] }

every! { not_shown: NotShown, "Every reason why an attachment cannot be shown." [
    Empty,
    TooLarge { width: 40_000, height: 30_000 },
    Unreadable { mime: "image/heic".into() },
    TookTooLong,
    NoAddress,
    NotFetched { error: "it is larger than 16 MB".into() },
] }

every! { link_risks: LinkRisk, "Every way in which a link disguises where it leads." [Punycode, MixedScripts, UserInfo] }

every! { kinds_of_missing: Missing, "Everything that may be missing, once." [
    Named { kind: "conversation".into(), name: "i-9zzzz".into() },
    Response { name: "helo".into(), nearest: Some("hello".into()) },
    Blank, BlankOver,
    User { user: "@bob:desk.test".into() },
    Colleague { who: bob() },
    Talk { id: interaction_id() },
    Conversation { id: interaction_id() },
    NotYours { id: interaction_id(), owner: Some(bob()), queue: Some(QueueName::new("support")) },
    ContactFor { number: "+14155550100".into() },
    OfferElsewhere,
    OfferOver,
    Offer,
    OfferNamed { name: "i-9zzzz".into() },
    Question,
    NothingWaits,
    CallbackOver,
    LaterOver,
    Group { number: 9 },
    MenuRow { number: 9 },
    Row { number: 9 },
    OthersList { who: bob() },
    OlderList,
    QuestionOver,
    DeadLetter { id: "s-9zzzzz".into() },
] }

every! { kinds_of_problem: Problem, "Everything that may be wrong with a command, once." [
    CommandsOnly, FileInConsole, FileForResponse, NotInConversation, NotInTalk, SaveByReply, ConversationMissing, IdMissing, PageByRow, AssignmentMissing, WhisperMissing,
    WhisperTooLong { most: 1_000 },
    WorkMissing,
    WordsTooLong { most: 1_000 },
    CalleeMissing, AdviserMissing, ReaderMissing, TargetMissing, AgentMissing, KeyMissing,
    KeyTooLong { most: 64 },
    ValueMissing,
    ValueTooLong { most: 2_000 },
    TooMuchCase, TagMissing,
    TagTooLong { most: 32 },
    TagLetters,
    NoPriority { most: 1_440 },
    NoBlock, ContactMissing,
    IdNotRepeated { id: "c-9x2m4k7q".into() },
    FieldMissing, NumberMissing, ShortcutMissing, NoteMissing, NameMissing, FindWhom,
    ConsentOfWhom { names: true },
    TextMissing, TextIsCommand, TextIsSlash, NotCounted,
    Moment { moment: Unfit::Unclear },
    NoPeriod,
    Unknown { typed: "sett".into(), nearest: Some("set".into()), choices: vec!["set".into(), "unset".into()] },
    Exists { kind: "queue".into(), name: "support".into() },
    NoQueue { queue: QueueName::new("nigth") },
    BadAgentId, UserMissing, UserIsBot,
    NotNew { taken: Taken::Exists },
    AdminKeepsRole, AdminStays,
    BadValue { error: "offer_secs must be a whole number of seconds from 5 to 600".into() },
] }

every! { unfit: Unfit, "Every reason why a moment cannot be waited for." [Unclear, Past, TooFar, Zone, Ends] }

every! { story_kinds: StoryLine, "Everything that may happen to a conversation, once." [
    Offered { to: vec![alice(), bob()] },
    Accepted { by: alice() },
    Rejected { by: bob(), reason: "lunch".into() },
    NoAnswer { by: bob() },
    NoAnswerYet { by: bob() },
    Transferred { from: alice(), to: bob(), by: sue() },
    MovedToQueue { from: alice(), queue: QueueName::new("support"), note: "She speaks French".into() },
    TransferRejected { by: bob(), reason: "lunch".into() },
    TransferUnanswered { by: bob() },
    TransferWithdrawn { why: Withdrawn::Cancelled },
    Requeued { by: alice() },
    SentBack { from: alice(), by: sue() },
    HandRaised { by: alice() },
    HandTaken { by: sue() },
    Overflowed { to: Some(QueueName::new("billing")), dropped: vec![], nobody_ready: false, secs: 120 },
    State { state: "wrap_up".into() },
    Disposition { label: Some("Solved".into()) },
    CaseSet { key: "order".into(), now: "4712".into(), was: Some("4711".into()) },
    CaseRemoved { key: "order".into(), was: "4712".into() },
    Tagged { tag: "refund".into() },
    Untagged { tag: "refund".into() },
    Priority { points: -5, by: alice() },
    Blocked { by: alice(), until: Some(Millis(1_700_000_000_000)), reason: "spam".into() },
    NotSentToBlocked,
    NotFetched { count: 2, kinds: vec!["image/jpeg".into(), "video/mp4".into()] },
    Done { by: alice() },
    Reopened { by: alice() },
    Joined { by: alice() },
    LeftRoom { by: alice() },
    Monitors { by: sue() },
    Barged { by: sue() },
    Left { by: sue() },
    Renamed { name: jane(), old_name: "+14155550100".into() },
    Belongs { name: jane(), old_name: "+14155550100".into() },
    RoomReplaced { how: Loss::Gone },
    RoomLost { how: Loss::Upgraded },
    TextedFirst { by: alice(), parent: Some(interaction_id()), opening: Some("This is ACME.".into()) },
    TextedFromHere { by: alice(), child: interaction_id() },
    EmailBegun { by: alice(), to: "jane@doe.test".into(), parent: interaction_id() },
    EmailFromHere { by: alice(), child: interaction_id() },
    CallBegun { by: alice(), parent: Some(interaction_id()), other_number: Some("+14155550132".into()) },
    CalledFromHere { by: alice(), child: interaction_id(), other_number: Some("+14155550132".into()) },
    CallEnded {
        result: CallResult::Talked,
        secs: 192,
        call: Some(interaction_id()),
        other_number: Some("+14155550132".into()),
    },
    Begun { by: alice() },
    Ended { by: Some(bob()) },
    Closed { by: bob() },
    Called { by: alice(), to: bob() },
] }

every! { missed: Missed, "Everything that an agent may miss or lose." [
    Offer { contact: jane(), callback: false },
    TransferRejected { contact: jane(), by: bob() },
    TransferUnanswered { contact: jane(), by: bob() },
    Lost { contact: jane(), why: Requeued::DidNotCome },
    OwnerLost { contact: jane(), owner: bob() },
    ChannelDown { name: "SMS (Twilio)".into() },
    ChannelUp { name: "SMS (Twilio)".into(), secs: 1080 },
] }

/// Every reason to refuse something, with all that may belong to it.
#[must_use]
pub fn refusals() -> Vec<Refusal> {
    let still_used = |user| Refusal::StillUsed { kind: "queue".into(), name: "support".into(), user };
    let mut all = kinds_of_refusal();
    all.retain(|why| !matches!(why, Refusal::StillUsed { .. } | Refusal::NotNew { .. }));
    all.push(Refusal::ClosedThen { queue: QueueName::new("support"), opens: None });
    all.extend(used_by().into_iter().map(still_used));
    all.extend(taken().into_iter().map(|taken| Refusal::NotNew { taken }));
    all
}

/// Everything that may be wrong with a command, with all that may belong to it.
#[must_use]
pub fn problems() -> Vec<Problem> {
    let unknown = |typed: &str| Problem::unknown(typed, &["set", "unset"]);
    let mut all = kinds_of_problem();
    all.retain(|problem| !matches!(problem, Problem::Moment { .. } | Problem::NotNew { .. }));
    all.extend([unknown("xylophone"), unknown("")]);
    all.extend(unfit().into_iter().map(|moment| Problem::Moment { moment }));
    all.extend(taken().into_iter().map(|taken| Problem::NotNew { taken }));
    all
}

/// Everything that may be missing, with and without what is optional.
#[must_use]
pub fn missing() -> Vec<Missing> {
    let not_yours = |queue: Option<&str>| Missing::NotYours {
        id: interaction_id(),
        owner: None,
        queue: queue.map(QueueName::new),
    };
    let mut all = kinds_of_missing();
    all.extend([not_yours(Some("support")), not_yours(None)]);
    all.push(Missing::Response { name: "xyzzy".into(), nearest: None });
    all
}

/// Everything that may happen to a conversation, with and without what is optional.
#[must_use]
pub fn story_lines() -> Vec<StoryLine> {
    let states = ["active", "held", "snoozed", "expired"];
    let mut all = story_kinds();
    all.extend(states.map(|state| StoryLine::State { state: state.into() }));
    all.extend(withdrawn().into_iter().map(|why| StoryLine::TransferWithdrawn { why }));
    all.extend(losses().into_iter().map(|how| StoryLine::RoomReplaced { how }));
    all.extend(losses().into_iter().map(|how| StoryLine::RoomLost { how }));
    all.extend([
        StoryLine::Rejected { by: bob(), reason: String::new() },
        StoryLine::TransferRejected { by: bob(), reason: String::new() },
        StoryLine::MovedToQueue { from: alice(), queue: QueueName::new("support"), note: String::new() },
        StoryLine::Disposition { label: None },
        StoryLine::CaseSet { key: "order".into(), now: "4711".into(), was: None },
        StoryLine::Ended { by: None },
        StoryLine::Blocked { by: alice(), until: None, reason: String::new() },
        StoryLine::NotFetched { count: 1, kinds: vec![] },
    ]);
    all.dedup();
    all
}
