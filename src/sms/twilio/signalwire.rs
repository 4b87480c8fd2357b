//! `sms.signalwire`: SignalWire's Compatibility API, which is Twilio's wire at the address of a space.
//!
//! Requests carry a project's id and one of its API tokens; webhooks are signed with the project's signing
//! key, which is another secret, over the address and the parameters as Twilio does or over the address and
//! the body as it came.
//!
//! Sources: <https://developer.signalwire.com/rest/compatibility-api/>, and `validateRequest` of
//! <https://github.com/signalwire/signalwire-js>.

use std::sync::Arc;

use url::Url;

use super::account::TwilioAccount;
use super::carries::SIGNALWIRE_CARRIES;
use super::dialect::{Dialect, LONGEST};
use super::opt_outs::SIGNALWIRE_OPT_OUTS;
use crate::domain::address::Channel;
use crate::sms::account::Kind;
use crate::yaml::{Fields, http_url, secret};

/// SignalWire.
pub const SIGNALWIRE: Kind = Kind {
    name: "signalwire",
    title: "SignalWire",
    channels: &[Channel::Sms],
    longest: LONGEST,
    media: &SIGNALWIRE_CARRIES,
    opt_outs: &SIGNALWIRE_OPT_OUTS,
    calls: false,
    is_outside: true,
    read: |sms, is_chosen| Some(Arc::new(sms.section_in_use("signalwire", is_chosen, read)?)),
};

/// What of Twilio's wire is SignalWire's own.
pub static SIGNALWIRE_DIALECT: Dialect = Dialect {
    title: "SignalWire",
    section: "signalwire",
    keys: ["project_id", "api_token"],
    where_they_are: "both are on the API page of your space",
    headers: &["X-SignalWire-Signature", super::signature::HEADER],
    signs_whole_bodies: true,
    // Not tried: whether its calls take a document itself, and not only the address of one.
    calls: false,
    media_hosts: &["*.signalwire.com", "*.amazonaws.com"],
};

/// Where the Compatibility API lies in a space.
const API_PATH: &str = "/api/laml";

fn read(fields: &Fields<'_>) -> Option<TwilioAccount> {
    let api_url = fields.required("api_url", http_url);
    let project_id = fields.required("project_id", project_id);
    let api_token = fields.required_secret("api_token", secret);
    let signing_key = fields.required_secret("signing_key", secret);
    Some(TwilioAccount {
        api_url: in_space(api_url?),
        account_sid: project_id?,
        auth_token: api_token?,
        signing_keys: vec![signing_key?],
        dialect: &SIGNALWIRE_DIALECT,
    })
}

/// The API's base, of the address of a space.
fn in_space(mut url: Url) -> Url {
    if matches!(url.path(), "" | "/") {
        url.set_path(API_PATH);
    }
    url
}

fn project_id(text: &str) -> Result<String, String> {
    let groups: Vec<&str> = text.split('-').collect();
    let is_hex = |group: &&str| group.bytes().all(|byte| byte.is_ascii_hexdigit());
    if groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12]) && groups.iter().all(is_hex) {
        // Its webhooks name the project in small letters.
        return Ok(text.to_ascii_lowercase());
    }
    Err("is not a project id; it is a UUID, like 01234567-89ab-cdef-0123-456789abcdef".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_space_is_enough_to_find_the_api() {
        for (given, meant) in [
            ("https://example.signalwire.com", "https://example.signalwire.com/api/laml"),
            ("https://example.signalwire.com/", "https://example.signalwire.com/api/laml"),
            ("https://proxy.test/signalwire", "https://proxy.test/signalwire"),
        ] {
            assert_eq!(in_space(Url::parse(given).unwrap()).as_str(), meant);
        }
    }

    #[test]
    fn a_project_is_named_by_a_uuid() {
        assert_eq!(
            project_id("01234567-89ab-cdef-0123-456789ABCDEF").unwrap(),
            "01234567-89ab-cdef-0123-456789abcdef"
        );
        for wrong in
            ["", "AC00000000000000000000000000000000", "01234567-89ab-cdef-0123-456789abcdeg", "../x"]
        {
            assert!(project_id(wrong).is_err(), "{wrong}");
        }
    }
}
