//! Links to files that are ready for phones: `{public_url}/media/{token}/{name}`.
//!
//! A token holds the file's id, until when the link holds, and a signature of both with the name. Nobody can
//! make one who does not have the key, and none leads to anything but its file.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret as _, SecretString};
use subtle::ConstantTimeEq as _;
use url::Url;

use super::keys::mac;
use crate::clock::Millis;
use crate::domain::reply::Ready;

/// Keeps the key apart from whatever else is derived from the same secret.
const PURPOSE: &[u8] = b"switchroom media link v1";
/// The bytes of a token: the id, the moment in seconds, 128 bits of the signature.
const ID_BYTES: usize = 16;
const UNTIL_BYTES: usize = 5;
const SIGNATURE_BYTES: usize = 16;
const TOKEN_BYTES: usize = ID_BYTES + UNTIL_BYTES + SIGNATURE_BYTES;
/// What [`TOKEN_BYTES`] take in base64.
const TOKEN_CHARS: usize = 50;

/// The key that links are signed with. Its `Debug` form does not show it.
#[derive(Clone)]
pub struct LinkKey([u8; 32]);

impl std::fmt::Debug for LinkKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LinkKey(..)")
    }
}

/// Why a link leads nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadLink {
    /// It is none of ours, or it was changed.
    #[error("this link is not valid: it was changed, or is none of this desk's")]
    Forged,
    /// Its time is over.
    #[error("this link has run out: ask whoever sent it to send it again")]
    Over,
}

impl LinkKey {
    /// Derives the key from a secret that every replica has and that outlives a restart: the appservice's own
    /// token.
    #[must_use]
    pub fn derive(secret: &SecretString) -> Self {
        Self(mac(secret.expose_secret().as_bytes(), PURPOSE))
    }

    /// The token of a file, by its id of 32 hexadecimal digits; nothing for another id.
    #[must_use]
    pub fn token(&self, id: &str, until: Millis, name: &str) -> Option<String> {
        let is_id = id.len() == 2 * ID_BYTES && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        let id = u128::from_str_radix(id, 16).ok().filter(|_| is_id)?;
        let mut token = Vec::with_capacity(TOKEN_BYTES);
        token.extend(id.to_be_bytes());
        // Rounded up, so that no link ends before its time.
        let secs = u64::try_from(until.0).unwrap_or(0).div_ceil(1000);
        token.extend(&secs.to_be_bytes()[8 - UNTIL_BYTES..]);
        let signature = self.sign(&token, name);
        token.extend(signature);
        Some(URL_SAFE_NO_PAD.encode(token))
    }

    /// The id of the file that a token is for, if it holds now and for this name.
    ///
    /// # Errors
    /// [`BadLink`]. Whether a token is forged is found out in the same time wherever it differs.
    pub fn open(&self, token: &str, name: &str, now: Millis) -> Result<String, BadLink> {
        if token.len() != TOKEN_CHARS {
            return Err(BadLink::Forged);
        }
        let token = URL_SAFE_NO_PAD.decode(token).map_err(|_| BadLink::Forged)?;
        let Some((signed, signature)) = token.split_at_checked(ID_BYTES + UNTIL_BYTES) else {
            return Err(BadLink::Forged);
        };
        if !bool::from(self.sign(signed, name).as_slice().ct_eq(signature)) {
            return Err(BadLink::Forged);
        }
        let (id, until) = signed.split_at(ID_BYTES);
        let secs = until.iter().fold(0_i64, |secs, byte| (secs << 8) | i64::from(*byte));
        if now.0 > secs * 1000 {
            return Err(BadLink::Over);
        }
        let id = <[u8; ID_BYTES]>::try_from(id).map_err(|_| BadLink::Forged)?;
        Ok(format!("{:032x}", u128::from_be_bytes(id)))
    }

    fn sign(&self, signed: &[u8], name: &str) -> [u8; SIGNATURE_BYTES] {
        // What is signed before the name has one length, so that no other pair of them reads the same.
        let whole = mac(&self.0, &[signed, name.as_bytes()].concat());
        let mut signature = [0; SIGNATURE_BYTES];
        signature.copy_from_slice(&whole[..SIGNATURE_BYTES]);
        signature
    }
}

/// The link to a file, below our public address.
#[must_use]
pub fn link(public_url: &Url, key: &LinkKey, file: &Ready) -> Option<Url> {
    let token = key.token(&file.id, file.until, &file.name)?;
    Some(below(public_url, &token, &file.name))
}

fn below(public_url: &Url, token: &str, name: &str) -> Url {
    let mut url = public_url.clone();
    url.set_query(None);
    url.set_fragment(None);
    // Only addresses without a host have no path; the config takes none of those.
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(["media", token, name]);
    }
    url
}

/// What a link below our public address looks like up to the file's name: as long as that of any file.
#[must_use]
pub fn begins(public_url: &Url) -> String {
    below(public_url, &"A".repeat(TOKEN_CHARS), "").into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef";
    const UNTIL: Millis = Millis(1_700_000_000_000);

    fn key(secret: &str) -> LinkKey {
        LinkKey::derive(&SecretString::from(secret))
    }

    #[test]
    fn a_link_lies_below_the_public_address_and_opens_its_file_until_its_time_is_over() {
        let (public, key) = (Url::parse("https://desk.test/a/b/?x#y").unwrap(), key("as"));
        let ready = Ready {
            id: ID.to_owned(),
            name: "image-1.jpg".to_owned(),
            mime: "image/jpeg".to_owned(),
            bytes: 1,
            as_link: false,
            until: UNTIL,
        };
        let url = link(&public, &key, &ready).unwrap();
        let (before, name) = url.as_str().rsplit_once('/').unwrap();
        let token = before.strip_prefix("https://desk.test/a/b/media/").unwrap();
        assert_eq!((token.len(), name), (TOKEN_CHARS, "image-1.jpg"));
        assert_eq!(begins(&public), format!("https://desk.test/a/b/media/{}/", "A".repeat(TOKEN_CHARS)));
        assert_eq!(key.open(token, name, UNTIL), Ok(ID.to_owned()));
        assert_eq!(key.open(token, name, Millis(UNTIL.0 + 1)), Err(BadLink::Over));
        assert!(!format!("{key:?}").contains("as"));
    }

    #[test]
    fn nothing_but_the_link_itself_opens_a_file() {
        let token = key("as").token(ID, UNTIL, "image-1.jpg").unwrap();
        let forged = |token: &str, name: &str| {
            assert_eq!(key("as").open(token, name, Millis(0)), Err(BadLink::Forged), "{token} {name}");
        };
        for name in ["", "image-2.jpg", "image-1.jpg/", "../image-1.jpg", "IMAGE-1.JPG"] {
            forged(&token, name);
        }
        let other_desk = key("other").token(ID, UNTIL, "image-1.jpg").unwrap();
        for token in
            ["", "a", "../../etc/passwd", &token[1..], &format!("{token}A"), &"A".repeat(50), &"é".repeat(25)]
        {
            forged(token, "image-1.jpg");
        }
        forged(&other_desk, "image-1.jpg");
        // The key of callbacks signs no links.
        assert_eq!(key("as").token("", UNTIL, "x"), None);
        assert_eq!(key("as").token("not hexadecimal at all, but 32 ch", UNTIL, "x"), None);
        assert_eq!(key("as").token(&"+f".repeat(16), UNTIL, "x"), None);
    }

    proptest! {
        #[test]
        fn a_token_opens_for_its_file_name_and_time_and_none_that_was_changed_does(
            id in any::<u128>(), secs in 0_i64..(1 << 39), name in "[a-z0-9.-]{1,20}",
            at in 0_usize..TOKEN_CHARS, by in "[A-Za-z0-9_-]", other in "[a-z0-9.-]{1,20}",
        ) {
            let (id, until, key) = (format!("{id:032x}"), Millis(secs * 1000), key("as"));
            let token = key.token(&id, until, &name).unwrap();
            prop_assert_eq!(key.open(&token, &name, until), Ok(id));
            prop_assert_eq!(key.open(&token, &name, Millis(until.0 + 1)), Err(BadLink::Over));
            if other != name {
                prop_assert_eq!(key.open(&token, &other, until), Err(BadLink::Forged));
            }
            let mut changed = token.clone();
            changed.replace_range(at..=at, &by);
            if changed != token {
                prop_assert_eq!(key.open(&changed, &name, until), Err(BadLink::Forged));
            }
        }

        #[test]
        fn whatever_is_asked_for_is_answered(token in ".{0,60}", name in ".{0,30}") {
            prop_assert_eq!(key("as").open(&token, &name, Millis(0)), Err(BadLink::Forged));
        }
    }
}
