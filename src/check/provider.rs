//! The SMS provider: its account, our numbers, and its way to us.

use rlibphonenumber::PHONE_NUMBER_UTIL;
use url::{Host, Url};

use super::{Bridge, Finding, chain};
use crate::app::setup;
use crate::clock::Clock;
use crate::config::Provider;
use crate::domain::address::Address;
use crate::sms::provider::{ListError, ListQuery, SmsProvider as _};
use crate::sms::twilio::TwilioClient;

/// The provider answers and accepts our account.
pub(super) async fn account(bridge: &Bridge) -> Finding {
    let sms = &bridge.config.sms;
    let Provider::Twilio(twilio) = &sms.provider else {
        return Finding::ok("simulator: no text leaves this machine");
    };
    let client = match TwilioClient::new(setup::twilio(twilio, &sms.media)) {
        Ok(client) => client,
        Err(error) => return Finding::failed(chain(&error), "correct sms.twilio"),
    };
    // Messages from now on are few, and the first page ends with one that is older.
    let query = ListQuery { since: Some(Clock::default().now()), ..ListQuery::default() };
    let url = &twilio.api_url;
    match client.list(query).await {
        Ok(_) => Finding::ok(format!("{url} accepts the account")),
        Err(ListError::Refused { status: 401 | 403, why, .. }) => Finding::failed(
            format!("{url} refuses the account: {why}"),
            "correct sms.twilio.account_sid and auth_token; both are on the console's first page",
        ),
        Err(ListError::Refused { status: 404, why, .. }) => Finding::failed(
            format!("{url} knows no such account: {why}"),
            "correct sms.twilio.account_sid, or api_url",
        ),
        Err(error @ ListError::Transport(_)) => Finding::failed(
            format!("no answer from {url}: {}", chain(&error)),
            "correct sms.twilio.api_url, or see to this machine's way to the internet",
        ),
        Err(error) => Finding::failed(
            format!("{url} does not answer like Twilio: {}", chain(&error)),
            "correct sms.twilio.api_url; if it is right, try again later",
        ),
    }
}

/// Our numbers can be numbers.
pub(super) fn numbers(bridge: &Bridge) -> Finding {
    let sms = &bridge.config.sms;
    if sms.numbers.is_empty() {
        return Finding::Advice("sms.numbers is empty: no text can arrive".to_owned());
    }
    let numbers = sms.numbers.iter().map(|ours| &ours.number);
    let odd: Vec<_> = match sms.provider {
        // Its numbers are made up.
        Provider::Simulator => Vec::new(),
        Provider::Twilio(_) => {
            numbers.filter(|ours| !is_assigned(ours.value())).map(Address::shown).collect()
        }
    };
    if odd.is_empty() {
        return Finding::ok(format!("{} in sms.numbers", sms.numbers.len()));
    }
    Finding::Advice(format!("{} cannot be in use, as far as is known: mistyped?", odd.join(", ")))
}

fn is_assigned(number: &str) -> bool {
    PHONE_NUMBER_UTIL.parse(number, None).is_ok_and(|number| PHONE_NUMBER_UTIL.is_valid_number(&number))
}

/// The provider can reach us, as far as an address tells.
pub(super) fn public_url(bridge: &Bridge) -> Finding {
    let sms = &bridge.config.sms;
    let (url, Provider::Twilio(twilio)) = (&sms.public_url, &sms.provider) else {
        return simulator_url(&sms.public_url, bridge.config.appservice.listen.port());
    };
    // A stand-in for Twilio on this machine reaches what is on this machine.
    if is_local(url) && !is_local(&twilio.api_url) {
        return Finding::failed(
            format!("{url} leads nowhere from outside, so the provider can deliver no text"),
            "make sms.public_url an address of the internet that leads to appservice.listen",
        );
    }
    if url.scheme() != "https" && !is_local(url) {
        return Finding::Advice(format!("{url} carries texts in the open: use https"));
    }
    Finding::ok(format!("have texts posted to {}/sms/twilio/inbound", url.as_str().trim_end_matches('/')))
}

/// The simulator posts texts to this address, so it must lead to ourselves, whose port may be any.
fn simulator_url(url: &Url, port: u16) -> Finding {
    if is_local(url) && port != 0 && url.port_or_known_default() != Some(port) {
        return Finding::failed(
            format!(
                "{url} is not where switchroom listens, so texts of the simulator's phones do not arrive"
            ),
            format!("give sms.public_url the port of appservice.listen, {port}"),
        );
    }
    Finding::ok(format!("{url}, used by the simulator only"))
}

/// Whether only this machine or its own network can reach an address.
fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => {
            ip.is_loopback() || ip.is_private() || ip.is_link_local() || ip.is_unspecified()
        }
        Some(Host::Ipv6(ip)) => {
            ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local() || ip.is_unspecified()
        }
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}
