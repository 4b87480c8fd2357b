//! `sms`: the provider and our numbers.

use std::collections::HashMap;
use std::sync::Arc;

use url::Url;

use super::check;
use crate::domain::ids::{Number, QueueName};
use crate::domain::queue::Target;
use crate::sms::PROVIDERS;
use crate::sms::account::{Account, Kind};
use crate::sms::media::MediaLimits;
use crate::yaml::{Fields, choice, one_word};

/// The SMS side.
#[derive(Clone, Debug)]
pub struct Sms {
    /// Who carries the messages.
    pub provider: Kind,
    /// The account there.
    pub account: Arc<dyn Account>,
    /// How the provider reaches us; signatures are checked against it.
    pub public_url: Url,
    /// Our numbers, in the order they are written.
    pub numbers: Vec<OurNumber>,
    /// What becomes of a text longer than one message.
    pub split: Split,
    /// What is fetched when a contact sends a picture.
    pub media: MediaLimits,
}

/// One of our numbers.
#[derive(Clone, Debug)]
pub struct OurNumber {
    /// The number, E.164.
    pub number: Number,
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

impl Sms {
    /// Reads the section; `queues` are the names of `desk.queues`.
    pub(super) fn read(fields: &Fields<'_>, queues: &[String], default_url: Url) -> Option<Self> {
        let words = PROVIDERS.map(|kind| (kind.name, kind));
        let provider = fields.value("provider", PROVIDERS[0], |text| one_word(text, &words));
        let mut account = None;
        for kind in PROVIDERS {
            let is_chosen = kind.name == provider.name;
            account = (kind.read)(fields, is_chosen).filter(|_| is_chosen).or(account);
        }
        let public_url = if provider.is_outside {
            fields.required("public_url", check::http_url)
        } else {
            Some(fields.value("public_url", default_url, check::http_url))
        };
        let mut seen = HashMap::new();
        let numbers = fields.sections("numbers", |number| OurNumber::read(number, queues, &mut seen));
        let split = fields.choice("split", Split::Concatenated);
        let media = fields.section("media", media);
        let account = account?;
        let media = MediaLimits {
            hosts: media
                .hosts
                .unwrap_or_else(|| account.media_hosts().iter().map(|host| (*host).to_owned()).collect()),
            ..media.limits
        };
        Some(Self { provider, account, public_url: public_url?, numbers, split, media })
    }
}

impl OurNumber {
    fn read(fields: &Fields<'_>, queues: &[String], seen: &mut HashMap<String, String>) -> Option<Self> {
        let number = fields.required("number", Number::parse);
        if let Some(number) = &number {
            fields.unique(seen, "number", number.as_str());
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

/// Which media is fetched; the hosts are nothing where none are given, and then the provider knows its own.
struct Media {
    limits: MediaLimits,
    hosts: Option<Vec<String>>,
}

fn media(fields: &Fields<'_>) -> Media {
    let limits = MediaLimits::default();
    let timeout = fields.secs("timeout_secs", limits.timeout.as_secs(), 1..=600);
    let max_bytes = fields.number("max_bytes", limits.max_bytes, 1..=1024 * 1024 * 1024);
    let hosts = fields.list("hosts", host);
    Media { limits: MediaLimits { max_bytes, timeout, ..limits }, hosts }
}

fn host(text: &str) -> Result<String, String> {
    let name = text.strip_prefix("*.").unwrap_or(text);
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-.".contains(c);
    if name.is_empty() || name.starts_with('.') || !name.chars().all(allowed) {
        return Err("is not a host; write it like media.example.org or *.example.org".to_owned());
    }
    Ok(text.to_ascii_lowercase())
}
