//! `sms`: the provider and our numbers.

use std::collections::HashMap;
use std::sync::Arc;

use url::Url;

use super::check;
use super::keywords;
use super::number;
use super::table::Known;
use crate::domain::address::Address;
use crate::domain::consent::{ConsentRules, Reach};
use crate::domain::queue::NumberSettings;
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
    pub numbers: Vec<(Address, NumberSettings)>,
    /// The settings of each of them that are not named, by the names under which they are kept.
    pub unsaid: Vec<(Address, Vec<String>)>,
    /// What becomes of a text longer than one message.
    pub split: Split,
    /// What counts as opting out of texts and in.
    pub consent: ConsentRules,
    /// What is fetched when a contact sends a picture.
    pub media: MediaLimits,
}

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
    /// Reads the section.
    pub(super) fn read(fields: &Fields<'_>, known: Known<'_>, default_url: Url) -> Option<Self> {
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
        let consent = keywords::read(fields, provider.opt_outs);
        let about = number::About { provider: &provider, known, consent: &consent };
        let mut unsaid = Vec::new();
        let numbers =
            fields.sections("numbers", |fields| number::read(fields, about, (&mut seen, &mut unsaid)));
        let names_service = |(_, settings): &(_, NumberSettings)| settings.messaging_service.is_some();
        if consent.reach == Reach::Sender && !numbers.iter().any(names_service) {
            fields.warn("opt_out_scope", " is as number: none of the numbers names its messaging_service.");
        }
        let split = fields.choice("split", Split::Concatenated);
        let media = fields.section("media", media);
        let account = account?;
        let media = MediaLimits {
            hosts: media
                .hosts
                .unwrap_or_else(|| account.media_hosts().iter().map(|host| (*host).to_owned()).collect()),
            ..media.limits
        };
        Some(Self { provider, account, public_url: public_url?, numbers, unsaid, split, consent, media })
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
