//! Queues and our numbers: the rules an interaction is begun with.

use serde::{Deserialize, Serialize};

pub use super::auto_answer::AutoAnswer;
use super::consent::Texts;
use super::hours::Hours;
use super::ids::QueueName;
use super::interaction::{DispositionRule, Mode, ReplyTimes};
use super::overflow::OverflowStep;
use super::retention::{MOST_DAYS, Old};
use super::settings::checks;
use super::settings::choice::{Choice as _, words};
use super::settings::kind::Kind;
use super::settings::table::{Field, settings};
use super::spelling::mode::OwnSpelling;
use super::text::keywords::Keywords;
use crate::clock::Millis;

/// How a queue finds an agent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Routing {
    /// It offers to one agent at a time.
    #[default]
    Push,
    /// It shows the interaction to all, and the first to accept gets it.
    Pick,
}

/// Whether pictures and files go from a number of ours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mms {
    /// Where the provider carries them.
    #[default]
    Auto,
    /// To every number.
    Always,
    /// To none.
    Never,
}

words!(Mms { Auto = "auto"; Always = "always"; Never = "never"; });

words!(Routing { Push = "push"; Pick = "pick"; });

words!(DispositionRule { Optional = "optional"; Mandatory = "mandatory"; None = "none"; });

words!(Mode { Page = "page"; Session = "session"; });

/// The priority something may have, in points; the most goes before what has waited for a week.
pub const PRIORITY: Kind = Kind::Number { range: 0..=10_000, unit: "points" };

settings! {
    /// What a queue is set to.
    #[serde(default)]
    pub struct QueueSettings() {
        /// push: offers to one agent at a time: to who handled this contact last, then to who is idle for
        /// longest. pick: shows to all who are ready, ten at a time, and the first to accept has it.
        "routing" => routing: Routing = Routing::Push, Kind::Choice(Routing::WORDS);
        /// What an agent must know, all of it, to be offered its interactions.
        "skills" => skills: Vec<String> = vec![], Kind::Names;
        /// Who waits for longest comes first. Each point of priority counts like a minute of waiting.
        "priority" => priority: i64 = 0, PRIORITY;
        /// Offers of a push queue are accepted for the agent, with the preview as a countdown.
        "auto_answer" => auto_answer: Option<AutoAnswer> = None, Kind::AutoAnswer;
        /// Whether an interaction needs a disposition before it is done.
        "disposition" => disposition: DispositionRule = DispositionRule::Optional,
            Kind::Choice(DispositionRule::WORDS);
        /// How long an offer stands.
        "offer_secs" => offer_ms: u64 = 60_000, Kind::Time { secs: 1..=3_600 };
        /// After how long an offer that nobody has answered rings once more; halfway, where it does not stand
        /// for twice as long. 0: never.
        "offer_ring_secs" => offer_ring_ms: u64 = 20_000, Kind::Time { secs: 0..=3_600 };
        /// After how long a text that nobody has answered has its owner reminded, after how long the queue's
        /// supervisors are told, and after how long it is queued again: up to three times in seconds, each
        /// longer than the one before. They count in the queue's hours, and not while it is on hold or
        /// snoozed. [] is never.
        "reply_secs" => reply_ms: Vec<u64> = vec![],
            Kind::Times { secs: 1..=604_800, most: ReplyTimes::MOST };
        /// What is done, step by step and each step once, for a contact whom nobody takes: the members of
        /// another queue are asked too (to), agents without some skills are (drop_skills), or the contact
        /// gets a text. A step comes after_secs, which count while they wait, or when nobody_ready: nobody
        /// who may be asked is ready. They keep their place, and supervisors are told who else is asked.
        "overflow" => overflow: Vec<OverflowStep> = vec![], Kind::Overflow;
        /// After how long without a word a session expires.
        "session_expiry_secs" => session_expiry_ms: u64 = 86_400_000, Kind::Time { secs: 1..=90 * 86_400 };
        /// For how long after a conversation is done a text that is nothing but thanks, a greeting or emoji
        /// joins it, in place of beginning a new one. 0: never.
        "courtesy_secs" => courtesy_ms: u64 = 900_000, Kind::Time { secs: 0..=86_400 };
        /// How long an agent's message waits, and can still be changed or deleted, before it is sent.
        "undo_secs" => undo_ms: u64 = 3_000, Kind::Time { secs: 0..=60 };
        /// true: pictures and files that cannot go to a contact as they are, because a number, a country or
        /// the provider takes none of the kind, go as a link in the text, which holds for
        /// sms.contact_link_days.
        "link" => link: bool = false, Kind::YesNo;
        /// A template put after each owner's first message: {{ contact.name }}, {{ contact.number }}, {{
        /// agent.name }} and {{ agent.first_name }} are filled in, and nothing else.
        "signature" => signature: Option<String> = None, Kind::Template(checks::signed);
        /// A message that takes more segments than this, as phone companies count and bill them, is sent and
        /// its writer is told what it cost. 0: never.
        "warn_segments" => warn_segments: u64 = 0, Kind::Number { range: 0..=1_000, unit: "segments" };
        /// What happens in its conversations to words that are not in the dictionary, in place of
        /// desk.spelling: off, hint or confirm. inherit: what the desk says.
        "spelling" => spelling: OwnSpelling = OwnSpelling::Inherit, Kind::Choice(OwnSpelling::WORDS);
        /// When it is open: for each day, from when to when, several times separated by commas; a day that is
        /// not named is closed. Outside these hours contacts get closed_text, and nothing is transferred
        /// here.
        "hours" => hours: Option<Hours> = None, Kind::Hours;
        /// A template for contacts for whom nobody is ready, sent at most once in four hours. It names no
        /// agent; besides the contact it may name {{ position }}, their place in the queue, {{ eta }}, about
        /// how long contacts waited lately, and {{ opens_at }}. A sentence that names what is not known is
        /// left out.
        "waiting_text" => waiting_text: Option<String> = None, Kind::Template(checks::waiting);
        /// A template for contacts who write outside opening hours, sent at most once in four hours; it names
        /// the same as waiting_text.
        "closed_text" => closed_text: Option<String> = None, Kind::Template(checks::waiting);
        /// A template for a contact who is put on hold because their agent speaks with a colleague, see
        /// !voice.
        "voice_text" => voice_text: Option<String> = None, Kind::Template(checks::signed);
        /// Case data that its interactions begin with, besides the number's.
        "case" => case: Vec<(String, String)> = vec![], Kind::Pairs;
        /// How many days the content of its conversations is kept after they are done, in place of
        /// desk.retention.sms_days.
        "retention.sms_days" => retention_sms_days: Option<u64> = None, DAYS;
        /// The same for their pictures and files, in place of desk.retention.media_days.
        "retention.media_days" => retention_media_days: Option<u64> = None, DAYS;
    }
}

/// For how many days something of a queue is kept: 0 for ever, nothing as the desk says.
const DAYS: Kind = Kind::NumberOrNone { range: 0..=MOST_DAYS, unit: "days" };

/// A queue that the config says nothing about.
impl Default for QueueSettings {
    fn default() -> Self {
        Self::new()
    }
}

impl QueueSettings {
    /// For how many days something of its conversations is kept, where it says so itself.
    #[must_use]
    pub fn keeps(&self, what: Old) -> Option<u64> {
        match what {
            Old::Conversations => self.retention_sms_days,
            Old::Media => self.retention_media_days,
            Old::Talks | Old::Audit => None,
        }
    }

    /// By when texts in it are to be answered, where that is looked at.
    #[must_use]
    pub fn reply_times(&self) -> Option<ReplyTimes> {
        let is_looked_at = !self.reply_ms.is_empty();
        is_looked_at.then(|| ReplyTimes { after_ms: self.reply_ms.clone(), hours: self.hours.clone() })
    }

    /// Whether it is closed at a moment.
    #[must_use]
    pub fn is_closed(&self, at: Millis) -> bool {
        self.hours.as_ref().is_some_and(|hours| !hours.is_open(at))
    }
}

/// Where something goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// Into this queue.
    Queue(QueueName),
    /// Into the queue that the route of this name picks.
    Route(String),
}

settings! {
    /// What a number of ours is set to.
    pub struct NumberSettings(target: Target) {
        /// session: an interaction goes both ways until it is done or expires. page: until the first reply.
        "mode" => mode: Mode = Mode::Session, Kind::Choice(Mode::WORDS);
        /// The same for one that begins with a picture or other media by SMS.
        "mms_mode" => mms_mode: Mode = Mode::Page, Kind::Choice(Mode::WORDS);
        /// Whether agents can send pictures and files from it. auto: to the countries where the provider
        /// carries them from there. always: to every number. never: to none.
        #[serde(default)]
        "mms" => mms: Mms = Mms::Auto, Kind::Choice(Mms::WORDS);
        /// Case data that its interactions begin with, any keys in any order.
        "case" => case: Vec<(String, String)> = vec![], Kind::Pairs;
        /// The messaging service that it sends in, by any name of it: the numbers that name the same are one
        /// sender where sms.opt_out_scope says so.
        #[serde(default)]
        "messaging_service" => messaging_service: Option<String> = None,
            Kind::Text { check: checks::service, is_optional: true };
        /// A template that goes before the first text that an agent sends a contact from here who has heard
        /// nothing from this number before, and has not written to it: who we are, and how to stop. It takes
        /// {{ contact.name }}, {{ contact.number }}, {{ agent.name }} and {{ agent.first_name }}.
        #[serde(default)]
        "first_text" => first_text: Option<String> = None, Kind::Template(checks::signed);
        /// Words with which contacts of this number opt out, in place of those of sms.keywords.
        #[serde(default)]
        "keywords.stop" => stop_words: Vec<String> = vec![], Kind::Words;
        /// Words with which they opt in again.
        #[serde(default)]
        "keywords.start" => start_words: Vec<String> = vec![], Kind::Words;
        /// Words with which they ask who this is.
        #[serde(default)]
        "keywords.help" => help_words: Vec<String> = vec![], Kind::Words;
        /// A template with which this number answers who opted out, in place of that of sms.keyword_texts.
        #[serde(default)]
        "keyword_texts.stop" => stop_text: Option<String> = None, Kind::Template(checks::unsigned);
        /// The same for who opted in again.
        #[serde(default)]
        "keyword_texts.start" => start_text: Option<String> = None, Kind::Template(checks::unsigned);
        /// The same for who asks who this is.
        #[serde(default)]
        "keyword_texts.help" => help_text: Option<String> = None, Kind::Template(checks::unsigned);
    }
    beside {
        /// Where its interactions go.
        #[serde(flatten)]
        target: Target = target;
    }
    with [TO_QUEUE, TO_ROUTE]
}

impl NumberSettings {
    /// Its own keywords.
    #[must_use]
    pub fn keywords(&self) -> Keywords {
        Keywords {
            stop: self.stop_words.clone(),
            start: self.start_words.clone(),
            help: self.help_words.clone(),
        }
    }

    /// What it answers to them.
    #[must_use]
    pub fn texts(&self) -> Texts {
        Texts { stop: self.stop_text.clone(), start: self.start_text.clone(), help: self.help_text.clone() }
    }
}

/// One half of [`NumberSettings::target`].
const TO_QUEUE: Field = Field {
    name: "queue",
    stored: "queue",
    kind: Kind::Queue,
    text: "The queue that gets what arrives here, one of desk.queues …",
};

/// The other half of [`NumberSettings::target`].
const TO_ROUTE: Field = Field {
    name: "route",
    stored: "route",
    kind: Kind::Route,
    text: "… or a route, which picks a queue by its rules: see desk.routes.",
};
