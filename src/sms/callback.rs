//! Where the provider reports what became of a message: our addresses, and the signed id by which a report is known to be
//! about a message of ours, even one whose acceptance we never heard of.

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use url::Url;

use super::provider::Status;
use crate::domain::reply::PartState;

/// The query parameter that holds a part's id.
pub const PART: &str = "part";
/// The query parameter that holds its signature.
pub const SIGNATURE: &str = "sig";

/// Keeps the key apart from whatever else may be derived from the same secret.
const PURPOSE: &[u8] = b"switchroom part id v1";
/// 128 bits of the signature are kept: short enough for an address, too many to guess.
const SIGNATURE_BYTES: usize = 16;

/// The key by which part ids in callback addresses are signed. Its `Debug` form does not show it.
#[derive(Clone)]
pub struct PartKey([u8; 32]);

impl std::fmt::Debug for PartKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PartKey(..)")
    }
}

impl PartKey {
    /// Derives the key from a secret that every replica has and that outlives a restart: the appservice's own token.
    #[must_use]
    pub fn derive(secret: &SecretString) -> Self {
        Self(mac(secret.expose_secret().as_bytes(), PURPOSE))
    }

    /// Signs a part's id: 32 hexadecimal digits.
    #[must_use]
    pub fn sign(&self, part_id: &str) -> String {
        let mut signature = String::with_capacity(2 * SIGNATURE_BYTES);
        for byte in &mac(&self.0, part_id.as_bytes())[..SIGNATURE_BYTES] {
            // Writing to a String cannot fail.
            let _ = write!(signature, "{byte:02x}");
        }
        signature
    }

    /// Whether a signature is this part's, in the same time wherever they differ.
    #[must_use]
    pub fn verify(&self, part_id: &str, signature: &str) -> bool {
        self.sign(part_id).as_bytes().ct_eq(signature.as_bytes()).into()
    }
}

fn mac(key: &[u8], data: &[u8]) -> [u8; 32] {
    // HMAC takes keys of any length; the other branch only spares a panic path.
    Hmac::<Sha256>::new_from_slice(key)
        .map_or([0; 32], |mac| mac.chain_update(data).finalize().into_bytes().into())
}

/// The address of one of our doors for a provider, below our public address whether or not that has a path or ends with
/// a slash: `{public_url}/sms/{provider}/{door}`.
#[must_use]
pub fn door(public_url: &Url, provider: &str, door: &str) -> Url {
    let mut url = public_url.clone();
    url.set_query(None);
    url.set_fragment(None);
    // Only addresses without a host have no path; the config takes none of those.
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(["sms", provider, door]);
    }
    url
}

/// Where the provider reports what becomes of a part: carries the part's id, signed.
#[must_use]
pub fn status_callback(public_url: &Url, provider: &str, part_id: &str, key: &PartKey) -> Url {
    let mut url = door(public_url, provider, "status");
    url.query_pairs_mut().append_pair(PART, part_id).append_pair(SIGNATURE, &key.sign(part_id));
    url
}

/// What a provider's status says of a part of ours; nothing where it speaks of a contact's message.
#[must_use]
pub fn part_state(status: Status, error_code: Option<u32>) -> Option<PartState> {
    match status {
        Status::Accepted | Status::Scheduled | Status::Queued | Status::Sending => Some(PartState::Accepted),
        Status::Sent => Some(PartState::Sent),
        Status::Delivered | Status::Read => Some(PartState::Delivered),
        Status::Undelivered | Status::Failed | Status::Canceled => {
            Some(PartState::Failed { code: error_code })
        }
        Status::Receiving | Status::Received => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(secret: &str) -> PartKey {
        PartKey::derive(&SecretString::from(secret))
    }

    #[test]
    fn a_signature_holds_for_its_part_and_its_key_alone() {
        let signature = key("as").sign("abc-0");
        assert_eq!(signature.len(), 32);
        assert_eq!(signature, key("as").sign("abc-0"), "it outlives a restart");
        assert!(key("as").verify("abc-0", &signature));
        assert!(!key("as").verify("abc-1", &signature));
        assert!(!key("other").verify("abc-0", &signature));
        for forged in ["", "0", &signature[..31], &format!("{signature}0"), &signature.to_uppercase(), "ÿ"] {
            assert!(!key("as").verify("abc-0", forged), "{forged}");
        }
        assert!(!format!("{:?}", key("as")).contains("as"));
    }

    #[test]
    fn the_address_lies_below_the_public_one() {
        for (public, expected) in [
            ("https://desk.test", "https://desk.test/sms/twilio/status"),
            ("https://desk.test/", "https://desk.test/sms/twilio/status"),
            ("https://desk.test:8443/a/b", "https://desk.test:8443/a/b/sms/twilio/status"),
            ("https://desk.test/a/b/", "https://desk.test/a/b/sms/twilio/status"),
        ] {
            let public = Url::parse(public).unwrap();
            assert_eq!(door(&public, "twilio", "status").as_str(), expected);
            let url = status_callback(&public, "twilio", "abc-0", &key("as"));
            let signature = key("as").sign("abc-0");
            assert_eq!(url.as_str(), format!("{expected}?part=abc-0&sig={signature}"));
        }
    }

    #[test]
    fn every_status_of_ours_has_a_state() {
        let failed = PartState::Failed { code: Some(30003) };
        assert_eq!(part_state(Status::Undelivered, Some(30003)), Some(failed));
        assert_eq!(part_state(Status::Canceled, None), Some(PartState::Failed { code: None }));
        assert_eq!(part_state(Status::Queued, None), Some(PartState::Accepted));
        assert_eq!(part_state(Status::Read, None), Some(PartState::Delivered));
        assert_eq!(part_state(Status::Received, None), None);
    }
}
