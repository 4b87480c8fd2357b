//! Where the provider reports what became of a message: our addresses, and the signed id by which a report is
//! known to be about a message of ours, even one whose acceptance we never heard of.

use std::fmt::Write as _;

use secrecy::{ExposeSecret as _, SecretString};
use subtle::ConstantTimeEq as _;
use url::{Url, form_urlencoded};

use super::keys::mac;
use super::link::{self, LinkKey};
use super::webhook::{Door, Refused};
use crate::domain::call::Side;
use crate::domain::ids::InteractionId;
use crate::domain::reply::{Ready, add_link};

/// The query parameter that holds a part's id.
pub const PART: &str = "part";
/// The query parameter that holds its signature.
pub const SIGNATURE: &str = "sig";

/// Keeps the key apart from whatever else may be derived from the same secret.
const PURPOSE: &[u8] = b"switchroom part id v1";
/// What the id of a phone's part in a call begins with: no part of a message has such an id.
const OF_CALL: &str = "call";
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
    /// Derives the key from a secret that every replica has and that outlives a restart: the appservice's own
    /// token.
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

/// Our doors for the provider, as it reaches them.
#[derive(Clone, Debug)]
pub struct Doors {
    /// How the provider reaches us. What it signs is checked against this, never against what a request says
    /// of itself.
    pub public_url: Url,
    /// The provider's name in our addresses.
    pub provider: &'static str,
    /// The key of our own ids in callback addresses.
    pub part_key: PartKey,
    /// The key of links to files.
    pub link_key: LinkKey,
}

impl Doors {
    /// The address of one of them, with a query as it came: providers sign the bytes they were told to
    /// request.
    #[must_use]
    pub fn address(&self, door: Door, query: Option<&str>) -> String {
        let mut url = String::from(self::door(&self.public_url, self.provider, door.name()));
        url.extend(query.into_iter().flat_map(|query| ["?", query]));
        url
    }

    /// Where the provider reports what becomes of a part: carries the part's id, signed.
    #[must_use]
    pub fn status_callback(&self, part_id: &str) -> Url {
        status_callback(&self.public_url, self.provider, part_id, &self.part_key)
    }

    /// Where the provider reports how far a phone's part in a call has come: carries the call's id and the
    /// phone's, signed.
    #[must_use]
    pub fn call(&self, call: &InteractionId, side: Side) -> Url {
        let id = format!("{OF_CALL}/{call}/{}", side.word());
        signed(&self.public_url, (self.provider, Door::Call), &id, &self.part_key)
    }

    /// The phone's part in a call that a report is about, out of the query of the address it came to.
    ///
    /// # Errors
    /// As [`Doors::part_of`].
    pub fn call_of(&self, query: Option<&str>) -> Result<(InteractionId, Side), Refused> {
        let id = self.part_of(query)?;
        let mut parts = id.split('/');
        let (Some(OF_CALL), Some(call), Some(word), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(Refused::WrongPart);
        };
        let side = Side::BOTH.into_iter().find(|side| side.word() == word).ok_or(Refused::WrongPart)?;
        Ok((InteractionId::new(call), side))
    }

    /// A message as the provider is given it: its text, with the links for the contact below it, and where it
    /// fetches the rest of the files. The same for the same message, so that it is known again in a list.
    #[must_use]
    pub fn enclosing(&self, text: &str, files: &[&Ready]) -> (String, Vec<Url>) {
        let (mut body, mut media) = (text.to_owned(), Vec::new());
        for file in files {
            let Some(url) = link::link(&self.public_url, &self.link_key, file) else { continue };
            if file.as_link {
                add_link(&mut body, url.as_str());
            } else {
                media.push(url);
            }
        }
        (body, media)
    }

    /// The part that a report is about, out of the query of the address it came to.
    ///
    /// # Errors
    /// [`Refused::NoPart`] where none is named, [`Refused::WrongPart`] for an id that we did not give.
    pub fn part_of(&self, query: Option<&str>) -> Result<String, Refused> {
        let query = query.unwrap_or_default();
        let value = |wanted: &str| {
            form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == wanted).map(|(_, value)| value)
        };
        let (Some(part), Some(signature)) = (value(PART), value(SIGNATURE)) else {
            return Err(Refused::NoPart);
        };
        if self.part_key.verify(&part, &signature) { Ok(part.into_owned()) } else { Err(Refused::WrongPart) }
    }
}

/// The address of one of our doors for a provider, below our public address whether or not that has a path or
/// ends with a slash: `{public_url}/sms/{provider}/{door}`.
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
    signed(public_url, (provider, Door::Status), part_id, key)
}

/// The address of a door that carries an id of ours, signed.
fn signed(public_url: &Url, (provider, at): (&str, Door), id: &str, key: &PartKey) -> Url {
    let mut url = door(public_url, provider, at.name());
    url.query_pairs_mut().append_pair(PART, id).append_pair(SIGNATURE, &key.sign(id));
    url
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
    fn the_part_of_a_phone_in_a_call_is_known_by_its_signed_address_and_by_no_other() {
        let doors = Doors {
            public_url: Url::parse("https://desk.test").unwrap(),
            provider: "twilio",
            part_key: key("as"),
            link_key: LinkKey::derive(&SecretString::from("as")),
        };
        let (call, side) = (InteractionId::new("i-7f3k2"), Side::Contact);
        let url = doors.call(&call, side);
        assert_eq!(url.path(), "/sms/twilio/call");
        assert_eq!(doors.call_of(url.query()), Ok((call, side)));
        let other = doors.call(&InteractionId::new("i-7f3k2"), Side::Agent);
        let forged = url.query().unwrap().replace("contact", "agent");
        assert!(other.query() != Some(forged.as_str()));
        assert_eq!(doors.call_of(Some(&forged)), Err(Refused::WrongPart));
        assert_eq!(doors.call_of(None), Err(Refused::NoPart));
        for id in ["0123-0", "call/i-7f3k2", "call/i-7f3k2/agent/x", "call/i-7f3k2/nobody", "calls/i-1/agent"]
        {
            let part = doors.status_callback(id);
            assert_eq!(doors.call_of(part.query()), Err(Refused::WrongPart), "{id}");
        }
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
}
