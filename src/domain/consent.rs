//! Whether a contact wants to be texted: what they said, how far it reaches, and what counts as saying so.
//!
//! Consent is of an address, never of a contact, so that merging contacts changes nothing. Each change is
//! kept; of those whose scope a number of ours is in, the newest decides.

use serde::{Deserialize, Serialize};

use super::address::{Address, Channel};
use super::text::keywords::{Keyword, Keywords};
use crate::clock::Millis;

/// Whether texts are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wish {
    /// They are.
    In,
    /// They are not.
    Out,
}

impl Wish {
    /// As it is kept.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
        }
    }

    /// Reads [`Self::as_str`] back. What it does not know is no leave to write to anyone.
    #[must_use]
    pub fn read(text: &str) -> Self {
        if text == "in" { Self::In } else { Self::Out }
    }
}

/// How it came to be known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// They texted a keyword.
    Keyword,
    /// They texted something that the provider says was a keyword (Twilio's `OptOutType`).
    Provider,
    /// The provider refused a message because of it.
    Answer,
    /// The provider reported of a message that it did not go because of it.
    Callback,
    /// They told an agent.
    Agent,
    /// It was in a file that was imported.
    Import,
    /// They filled in a form.
    Form,
    /// A program says so.
    Api,
    /// It was kept before there was a record of how.
    #[default]
    Earlier,
}

impl Source {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Keyword,
        Self::Provider,
        Self::Answer,
        Self::Callback,
        Self::Agent,
        Self::Import,
        Self::Form,
        Self::Api,
        Self::Earlier,
    ];

    /// As it is kept.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Keyword => "keyword",
            Self::Provider => "provider",
            Self::Answer => "answer",
            Self::Callback => "callback",
            Self::Agent => "agent",
            Self::Import => "import",
            Self::Form => "form",
            Self::Api => "api",
            Self::Earlier => "earlier",
        }
    }

    /// Reads [`Self::as_str`] back.
    #[must_use]
    pub fn read(text: &str) -> Self {
        Self::ALL.into_iter().find(|source| source.as_str() == text).unwrap_or_default()
    }
}

/// From how much of the desk texts are wanted or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// From this number of ours.
    Number(Address),
    /// From all numbers of this messaging service.
    Sender(String),
    /// From all of them.
    Desk,
}

impl Scope {
    /// As it is kept.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::Number(number) => format!("number:{number}"),
            Self::Sender(sender) => format!("sender:{sender}"),
            Self::Desk => "desk".to_owned(),
        }
    }

    /// Reads [`Self::key`] back. What it does not know is taken for all of the desk.
    #[must_use]
    pub fn read(key: &str) -> Self {
        match key.split_once(':') {
            Some(("number", number)) => Self::Number(Address::read(number)),
            Some(("sender", sender)) => Self::Sender(sender.to_owned()),
            _ => Self::Desk,
        }
    }
}

/// A change of what somebody wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its id; ids sort by time.
    pub id: String,
    /// Whose wish it is.
    pub address: Address,
    /// How far it reaches.
    pub scope: Scope,
    /// The number of ours that it was said to, if it was to one.
    pub ours: Option<Address>,
    /// What they want.
    pub wish: Wish,
    /// How it came to be known.
    pub source: Source,
    /// The words that said it; none where nobody said any.
    pub words: String,
    /// Who kept it: an agent's name; nobody where that was the desk itself.
    pub who: String,
    /// When.
    pub at: Millis,
}

/// What is known of an address and a number of ours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// What holds in each scope that the number is in: since when, and what.
    pub known: Vec<(Scope, Millis, Wish)>,
    /// What holds though who it is was erased.
    pub erased: Vec<(Scope, Millis, Wish)>,
    /// The messaging service that the number sends in.
    pub sender: Option<String>,
}

impl Standing {
    /// The newest word: since when it holds, and what. Of two of the same moment it is the wish to be left
    /// alone.
    #[must_use]
    pub fn newest(&self) -> Option<(Millis, Wish)> {
        let all = self.known.iter().chain(&self.erased).map(|(_, at, wish)| (*at, *wish));
        all.max_by_key(|(at, wish)| (*at, *wish == Wish::Out))
    }

    /// Whether they want no texts.
    #[must_use]
    pub fn is_out(&self) -> bool {
        matches!(self.newest(), Some((_, Wish::Out)))
    }

    /// Whether a wish says nothing new. Texts are wanted where nothing is known; and a wish to be left alone
    /// is new where it reaches further than what is known.
    #[must_use]
    pub fn knows(&self, scope: &Scope, wish: Wish) -> bool {
        match wish {
            Wish::In => !self.is_out(),
            Wish::Out => {
                self.is_out() && self.known.iter().any(|(of, _, known)| of == scope && *known == Wish::Out)
            }
        }
    }
}

/// What counts as opting out and in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Counts {
    /// Keywords, and what the provider says.
    #[default]
    Keywords,
    /// Only what the provider says.
    Provider,
}

/// How far a wish reaches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// To the number of ours that it was said to.
    #[default]
    Number,
    /// To all numbers of its messaging service.
    Sender,
    /// To all numbers of the desk.
    Desk,
}

/// Who answers the provider's own keywords.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Confirms {
    /// The provider, as far as it does that.
    #[default]
    Provider,
    /// The desk: the provider was told to leave keywords alone.
    Desk,
}

/// What a provider makes of keywords by itself, on channels of which the rules say so.
#[derive(Debug, PartialEq, Eq)]
pub struct ProviderRules {
    /// Its words for opting out.
    pub stop: &'static [&'static str],
    /// Its words for opting in.
    pub start: &'static [&'static str],
    /// Its words for asking who this is.
    pub help: &'static [&'static str],
    /// Which of these it answers by itself, or lets nobody answer.
    pub handles: &'static [Keyword],
    /// The error codes by which it says that a contact has opted out.
    pub codes: &'static [u32],
}

impl ProviderRules {
    /// Its words as keywords.
    #[must_use]
    pub fn keywords(&self) -> Keywords {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Keywords { stop: owned(self.stop), start: owned(self.start), help: owned(self.help) }
    }
}

/// What the desk answers to keywords; each number may have its own; nothing where it stays silent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts {
    /// To who has opted out.
    pub stop: Option<String>,
    /// To who has opted in.
    pub start: Option<String>,
    /// To who asks who this is.
    pub help: Option<String>,
}

impl Texts {
    /// These, and where there is none the text of others.
    #[must_use]
    pub fn or(self, others: &Self) -> Self {
        Self {
            stop: self.stop.or_else(|| others.stop.clone()),
            start: self.start.or_else(|| others.start.clone()),
            help: self.help.or_else(|| others.help.clone()),
        }
    }

    /// What is answered to a keyword.
    #[must_use]
    pub fn of(&self, keyword: Keyword) -> Option<&String> {
        match keyword {
            Keyword::Stop => self.stop.as_ref(),
            Keyword::Start => self.start.as_ref(),
            Keyword::Help => self.help.as_ref(),
        }
    }
}

/// What the config says of opting out and in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentRules {
    /// What counts.
    pub counts: Counts,
    /// How far it reaches.
    pub reach: Reach,
    /// The desk's own words in place of the provider's; none of a kind where it has no own.
    pub keywords: Keywords,
    /// What the desk answers.
    pub texts: Texts,
    /// Who answers the provider's own words.
    pub confirms: Confirms,
    /// What the provider does by itself.
    pub provider: &'static ProviderRules,
}

/// A text, as far as it is about being texted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// What it asks for, if that counts.
    pub said: Option<(Keyword, Source)>,
    /// Whether it is a word for opting out that does not count here.
    pub uncounted: bool,
    /// Whether the desk is to answer it.
    pub answered_by_us: bool,
}

impl ConsentRules {
    /// Those of a config that says nothing.
    #[must_use]
    pub fn of(provider: &'static ProviderRules) -> Self {
        Self {
            counts: Counts::default(),
            reach: Reach::default(),
            keywords: Keywords::default(),
            texts: Texts::default(),
            confirms: Confirms::default(),
            provider,
        }
    }

    /// The words of numbers that have none of their own: the desk's, and the provider's for what it has none.
    #[must_use]
    pub fn keywords(&self) -> Keywords {
        self.keywords.or(&self.provider.keywords())
    }

    /// What a text asks for: what the provider says it does, or else the keyword that it is. A number's own
    /// words go before the desk's, and these before the provider's.
    #[must_use]
    pub fn hear(&self, text: &str, by_provider: Option<Keyword>, own: &Keywords, channel: Channel) -> Heard {
        if let Some(keyword) = by_provider {
            return Heard { said: Some((keyword, Source::Provider)), ..Heard::default() };
        }
        let words = own.or(&self.keywords());
        match (words.keyword(text), self.counts) {
            (Some(keyword), Counts::Keywords) => Heard {
                said: Some((keyword, Source::Keyword)),
                uncounted: false,
                answered_by_us: !self.is_handled(keyword, text, channel),
            },
            (Some(keyword), Counts::Provider) => {
                Heard { uncounted: keyword == Keyword::Stop, ..Heard::default() }
            }
            (None, Counts::Keywords | Counts::Provider) => Heard::default(),
        }
    }

    /// Whether the provider deals with a keyword by itself.
    fn is_handled(&self, keyword: Keyword, text: &str, channel: Channel) -> bool {
        self.confirms == Confirms::Provider
            && channel.rules().keywords_are_handled
            && self.provider.handles.contains(&keyword)
            && self.provider.keywords().keyword(text) == Some(keyword)
    }

    /// Whether the provider itself holds messages back since a wish that came to be known so, in these words:
    /// then nobody can lift that but the contact, by a text.
    #[must_use]
    pub fn is_held_by_provider(&self, source: Source, words: &str, channel: Channel) -> bool {
        match source {
            Source::Provider | Source::Answer | Source::Callback => true,
            Source::Keyword => self.is_handled(Keyword::Stop, words, channel),
            Source::Agent | Source::Import | Source::Form | Source::Api | Source::Earlier => false,
        }
    }

    /// How far a wish reaches that was said to a number of ours. One that names no messaging service is alone
    /// in it.
    #[must_use]
    pub fn scope(&self, ours: &Address, sender: Option<&str>) -> Scope {
        match (self.reach, sender) {
            (Reach::Desk, _) => Scope::Desk,
            (Reach::Sender, Some(sender)) => Scope::Sender(sender.to_owned()),
            (Reach::Sender, None) | (Reach::Number, _) => Scope::Number(ours.clone()),
        }
    }

    /// Whether a provider's error code says that the contact has opted out.
    #[must_use]
    pub fn is_opt_out(&self, code: Option<u32>) -> bool {
        code.is_some_and(|code| self.provider.codes.contains(&code))
    }
}

#[cfg(test)]
mod tests;
