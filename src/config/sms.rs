//! `sms`: the provider and our numbers.

use std::collections::HashMap;
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use super::check;
use super::choice::{Choice, choice};
use super::read::Fields;
use crate::domain::address::Address;
use crate::domain::ids::QueueName;
use crate::domain::queue::Target;

/// The SMS side.
#[derive(Clone, Debug)]
pub struct Sms {
    /// Who carries the messages.
    pub provider: Provider,
    /// How the provider reaches us; signatures are checked against it.
    pub public_url: Url,
    /// Our numbers, in the order they are written.
    pub numbers: Vec<OurNumber>,
    /// What becomes of a text longer than one message.
    pub split: Split,
    /// What is fetched when a contact sends a picture.
    pub media: Media,
}

/// Who carries the messages.
#[derive(Clone, Debug)]
pub enum Provider {
    /// The program itself, with a page of telephones; for trying and for tests.
    Simulator,
    /// Twilio, or who speaks its wire.
    Twilio(Twilio),
}

/// An account at Twilio.
#[derive(Clone, Debug)]
pub struct Twilio {
    /// Where its API is.
    pub api_url: Url,
    /// The account: `AC` and 32 hexadecimal digits.
    pub account_sid: String,
    /// The token that requests are made and signatures checked with.
    pub auth_token: SecretString,
    /// While tokens are rotated, the other one whose signatures are accepted too.
    pub auth_token_secondary: Option<SecretString>,
}

/// One of our numbers.
#[derive(Clone, Debug)]
pub struct OurNumber {
    /// The number, E.164.
    pub number: Address,
    /// Where what arrives on it goes: to one of `desk.queues`, or to a route. Routes live in the database, so their
    /// names are not checked here.
    pub target: Target,
    /// The mode of an interaction that begins with a text.
    pub mode: Mode,
    /// The mode of an interaction that begins with a picture or other media.
    pub mms_mode: Mode,
    /// Case data that every interaction of this number begins with, in order.
    pub case: Vec<(String, String)>,
}

choice!(
    /// How long an interaction goes on.
    Mode {
        /// Until the owner's first reply.
        Page = "page",
        /// Until it is done or expires.
        Session = "session",
    }
);

choice!(
    /// What becomes of a text longer than one message.
    Split {
        /// One request, which the carrier cuts and the telephone joins.
        Concatenated = "concatenated",
        /// Messages of at most 160 characters, each on its own.
        Separate = "separate",
    }
);

/// Limits for media that contacts send.
#[derive(Clone, Debug)]
pub struct Media {
    /// The largest file that is fetched.
    pub max_bytes: u64,
    /// How long fetching one may take.
    pub timeout: Duration,
    /// Hosts it may be fetched from: names, or `*.` and the end of names. Small letters.
    pub hosts: Vec<String>,
}

impl Sms {
    /// Reads the section; `queues` are the names of `desk.queues`.
    pub(super) fn read(fields: &Fields<'_>, queues: &[String], default_url: Url) -> Option<Self> {
        let kind = fields.choice("provider", ProviderKind::Simulator);
        let provider = match kind {
            ProviderKind::Twilio => fields.section("twilio", Twilio::read).map(Provider::Twilio),
            ProviderKind::Simulator => {
                fields.unused_section("twilio", Twilio::read);
                Some(Provider::Simulator)
            }
        };
        let public_url = match kind {
            ProviderKind::Twilio => fields.required("public_url", check::http_url),
            ProviderKind::Simulator => Some(fields.value("public_url", default_url, check::http_url)),
        };
        let mut seen = HashMap::new();
        let numbers = fields.sections("numbers", |number| OurNumber::read(number, queues, &mut seen));
        let split = fields.choice("split", Split::Concatenated);
        let media = fields.section("media", Media::read);
        Some(Self { provider: provider?, public_url: public_url?, numbers, split, media })
    }

    /// Whether media may be fetched from `host`: one that is listed, or the provider itself.
    #[must_use]
    pub fn allows_media_from(&self, host: &str) -> bool {
        let provider = match &self.provider {
            Provider::Simulator => &self.public_url,
            Provider::Twilio(twilio) => &twilio.api_url,
        };
        let host = host.to_ascii_lowercase();
        provider.host_str() == Some(&*host) || self.media.hosts.iter().any(|pattern| matches(pattern, &host))
    }
}

fn matches(pattern: &str, host: &str) -> bool {
    match pattern.strip_prefix('*') {
        Some(end) => host.len() > end.len() && host.ends_with(end),
        None => pattern == host,
    }
}

/// The words of `sms.provider`.
#[derive(Clone, Copy)]
enum ProviderKind {
    Simulator,
    Twilio,
}

impl Choice for ProviderKind {
    const WORDS: &'static [(&'static str, Self)] =
        &[("simulator", Self::Simulator), ("twilio", Self::Twilio)];
}

impl Twilio {
    fn read(fields: &Fields<'_>) -> Option<Self> {
        let api_url =
            fields.optional("api_url", check::http_url).or_else(|| Url::parse("https://api.twilio.com").ok());
        let account_sid = fields.required("account_sid", account_sid);
        let auth_token = fields.required_secret("auth_token", check::secret);
        let auth_token_secondary = fields.secret("auth_token_secondary", check::secret);
        Some(Self {
            api_url: api_url?,
            account_sid: account_sid?,
            auth_token: auth_token?,
            auth_token_secondary,
        })
    }
}

fn account_sid(text: &str) -> Result<String, String> {
    let digits = text.strip_prefix("AC").unwrap_or_default();
    if digits.len() == 32 && digits.chars().all(|c| c.is_ascii_hexdigit()) {
        return Ok(text.to_owned());
    }
    Err("is not an account SID; it is AC and 32 hexadecimal digits".to_owned())
}

impl OurNumber {
    fn read(fields: &Fields<'_>, queues: &[String], seen: &mut HashMap<String, String>) -> Option<Self> {
        let number = fields.required("number", Address::parse);
        if let Some(number) = &number {
            fields.unique(seen, "number", &number.shown());
        }
        let (has_queue, has_route) = (fields.get("queue").is_some(), fields.get("route").is_some());
        let queue = fields.optional("queue", |text| check::one_of(text, queues, "a queue of desk.queues"));
        let route = fields.optional("route", check::name);
        if has_queue && has_route {
            fields.mistake("route", "is given as well as queue: keep one of the two");
        } else if !has_queue && !has_route {
            fields.mistake("queue", "is missing; name a queue of desk.queues, or a route with route");
        }
        let mode = fields.choice("mode", Mode::Session);
        let mms_mode = fields.choice("mms_mode", Mode::Page);
        let case = fields.pairs("case");
        let target = queue.map(|name| Target::Queue(QueueName::new(name))).or(route.map(Target::Route));
        Some(Self { number: number?, target: target?, mode, mms_mode, case })
    }
}

impl Media {
    fn read(fields: &Fields<'_>) -> Self {
        let hosts = ["api.twilio.com", "media.twiliocdn.com", "mms.twiliocdn.com", "*.amazonaws.com"];
        Self {
            max_bytes: fields.number("max_bytes", 20 * 1024 * 1024, 1..=1024 * 1024 * 1024),
            timeout: fields.secs("timeout_secs", 30, 1..=600),
            hosts: fields.list("hosts", host).unwrap_or_else(|| hosts.map(str::to_owned).to_vec()),
        }
    }
}

fn host(text: &str) -> Result<String, String> {
    let name = text.strip_prefix("*.").unwrap_or(text);
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-.".contains(c);
    if name.is_empty() || name.starts_with('.') || !name.chars().all(allowed) {
        return Err("is not a host; write it like media.example.org or *.example.org".to_owned());
    }
    Ok(text.to_ascii_lowercase())
}
