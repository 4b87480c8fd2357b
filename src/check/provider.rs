//! The SMS provider: its account, our numbers, and its way to us.

use rlibphonenumber::PHONE_NUMBER_UTIL;
use url::{Host, Url};

use super::{Bridge, Finding, chain};
use crate::domain::address::Address;
use crate::sms::account::Problem;
use crate::sms::callback;
use crate::sms::webhook::Door;

/// The provider answers and accepts our account.
pub(super) async fn account(bridge: &Bridge) -> Finding {
    match bridge.config.sms.account.check().await {
        Ok(what) => Finding::ok(what),
        Err(Problem { what, source, mend }) => {
            let why = source.map(|error| chain(&*error));
            let told = [Some(what).filter(|what| !what.is_empty()), why];
            Finding::failed(told.into_iter().flatten().collect::<Vec<_>>().join(": "), mend)
        }
    }
}

/// Our numbers can be numbers.
pub(super) fn numbers(bridge: &Bridge) -> Finding {
    let sms = &bridge.config.sms;
    if sms.numbers.is_empty() {
        return Finding::Advice("sms.numbers is empty: no text can arrive".to_owned());
    }
    let numbers = sms.numbers.iter().map(|(number, _)| number);
    // Those of a provider inside the program are made up.
    let odd: Vec<_> = match sms.account.api_url() {
        None => Vec::new(),
        Some(_) => numbers.filter(|ours| !is_assigned(ours.value())).map(Address::shown).collect(),
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
    let (url, name) = (&sms.public_url, sms.provider.name);
    let Some(api_url) = sms.account.api_url() else {
        return own_url(url, name, bridge.config.appservice.listen.port());
    };
    // A stand-in for the provider on this machine reaches what is on this machine.
    if is_local(url) && !is_local(api_url) {
        return Finding::failed(
            format!("{url} leads nowhere from outside, so the provider can deliver no text"),
            "make sms.public_url an address of the internet that leads to appservice.listen",
        );
    }
    if url.scheme() != "https" && !is_local(url) {
        return Finding::Advice(format!("{url} carries texts in the open: use https"));
    }
    Finding::ok(format!("have texts posted to {}", callback::door(url, name, Door::Inbound.name())))
}

/// A provider inside the program posts texts to this address, so it must lead to ourselves, whose port may be
/// any.
fn own_url(url: &Url, name: &str, port: u16) -> Finding {
    if is_local(url) && port != 0 && url.port_or_known_default() != Some(port) {
        return Finding::failed(
            format!("{url} is not where switchroom listens, so texts of the {name}'s phones do not arrive"),
            format!("give sms.public_url the port of appservice.listen, {port}"),
        );
    }
    Finding::ok(format!("{url}, used by the {name} only"))
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
