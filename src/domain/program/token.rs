//! Tokens, by which programs prove who they are.
//!
//! A token is `swr_`, its id, and 256 bits that nobody can guess. The database holds only the SHA-256 of it:
//! what cannot be guessed needs no slow hash and no salt, unlike what people choose, and a fast one costs a
//! request nothing. The bits are made by HMAC under a key that is in no database, from the id and 256 random
//! bits, so that the notice that shows a token can wait in the outbox without holding it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::clock::Millis;
use crate::domain::ids::{AgentId, QueueName, TokenId};

/// What every token begins with, so that people and scanners know one when they see it.
const PREFIX: &str = "swr_";
/// Keeps the key apart from whatever else is derived from the same secret.
const PURPOSE: &[u8] = b"switchroom api token v1";
/// The longest name of a token, in characters.
const NAME_CHARS: usize = 32;
/// How many texts a minute a token may be let send.
pub const RATES: std::ops::RangeInclusive<u32> = 1..=6_000;
/// How many texts a minute a token lets send if nobody says otherwise.
pub const DEFAULT_RATE: u32 = 60;

/// What a token lets a program do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Text contacts first.
    Send,
    /// See what became of that.
    Read,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Send, Self::Read];

    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Read => "read",
        }
    }
}

/// A token, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// Its id, which stands in it.
    pub id: TokenId,
    /// What it is called: no two that hold are called alike.
    pub name: String,
    /// The hash of it, see [`hash`].
    pub hash: String,
    /// What it lets do.
    pub scopes: Vec<Scope>,
    /// The queues it may text for; any, if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub queues: Vec<QueueName>,
    /// How many texts a minute it lets send.
    pub rate: u32,
    /// Who made it.
    pub by: AgentId,
    /// When it was made.
    pub created_at: Millis,
}

impl Token {
    /// Whether it lets do something.
    #[must_use]
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }

    /// Whether it may text for a queue.
    #[must_use]
    pub fn reaches(&self, queue: &QueueName) -> bool {
        self.queues.is_empty() || self.queues.contains(queue)
    }
}

/// Why a text is no name of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a token has a name of at most {NAME_CHARS} small letters, digits, dots, hyphens and underscores, beginning with a letter, like web-shop"
)]
pub struct IsNoToken;

/// A name for a token.
///
/// # Errors
/// [`IsNoToken`].
pub fn checked_name(typed: &str) -> Result<String, IsNoToken> {
    let name = typed.to_lowercase();
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
    let begins = name.starts_with(|c: char| c.is_ascii_lowercase());
    if begins && name.len() <= NAME_CHARS && name.chars().all(fits) { Ok(name) } else { Err(IsNoToken) }
}

/// The key that tokens are made with. Its `Debug` form does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenKey([u8; 32]);

impl std::fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenKey(..)")
    }
}

impl TokenKey {
    /// Derives the key from a secret that every replica has and that is in no database: the appservice's own
    /// token.
    #[must_use]
    pub fn derive(secret: &[u8]) -> Self {
        Self(mac(secret, &[PURPOSE]))
    }

    /// The token of an id and its random bits.
    #[must_use]
    pub fn token(&self, id: &TokenId, random: &str) -> String {
        // Ids have one length, so that no other pair of them reads the same.
        let secret = mac(&self.0, &[id.as_str().as_bytes(), random.as_bytes()]);
        format!("{PREFIX}{id}_{}", URL_SAFE_NO_PAD.encode(secret))
    }
}

fn mac(key: &[u8], data: &[&[u8]]) -> [u8; 32] {
    // HMAC takes keys of any length; the other branch only spares a panic path.
    Hmac::<Sha256>::new_from_slice(key).map_or([0; 32], |mut mac| {
        for data in data {
            mac.update(data);
        }
        mac.finalize().into_bytes().into()
    })
}

/// The id in a token, if it is written like one.
#[must_use]
pub fn id_of(token: &str) -> Option<TokenId> {
    let (id, secret) = token.strip_prefix(PREFIX)?.split_once('_')?;
    let is_word = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let is_secret =
        secret.len() == 43 && secret.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    (is_word(id) && id.len() <= 32 && is_secret).then(|| TokenId::new(id))
}

/// The SHA-256 of something, in hexadecimal digits.
#[must_use]
pub fn hash(of: &str) -> String {
    in_digits(&Sha256::digest(of.as_bytes()))
}

/// The hash of something under something else, without which it leads back to nothing.
#[must_use]
pub fn hash_under(under: &str, of: &str) -> String {
    in_digits(&mac(under.as_bytes(), &[of.as_bytes()]))
}

fn in_digits(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut digits, byte| {
        // Writing to a string cannot fail.
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> TokenId {
        TokenId::new("7f3k2m9qax")
    }

    #[test]
    fn a_token_names_its_id_and_another_key_or_bit_makes_another() {
        let key = TokenKey::derive(b"as");
        let token = key.token(&id(), "00ff");
        assert_eq!((id_of(&token), token.len()), (Some(id()), 4 + 10 + 1 + 43));
        assert_eq!(token, TokenKey::derive(b"as").token(&id(), "00ff"));
        for other in [
            TokenKey::derive(b"other").token(&id(), "00ff"),
            key.token(&id(), "00fe"),
            key.token(&TokenId::new("7f3k2m9qay"), "00ff"),
        ] {
            assert_ne!(other, token);
        }
        assert_eq!(format!("{key:?}"), "TokenKey(..)");
    }

    #[test]
    fn what_is_not_written_like_a_token_has_no_id() {
        let secret = "a".repeat(43);
        assert_eq!(id_of(&format!("swr_abc_{secret}")), Some(TokenId::new("abc")));
        for wrong in [
            String::new(),
            "swr_".to_owned(),
            "swr_abc_".to_owned(),
            format!("swr__{secret}"),
            format!("abc_{secret}"),
            format!("swr_abc_{secret}a"),
            format!("swr_a'c_{secret}"),
            format!("swr_abc_{}é", "a".repeat(41)),
            format!("swr_{}_{secret}", "a".repeat(33)),
        ] {
            assert_eq!(id_of(&wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_hash_is_that_of_the_standard() {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hash("abc"), abc);
        assert_ne!(hash_under("key", "abc"), hash_under("yek", "abc"));
    }

    #[test]
    fn a_name_is_short_and_plain() {
        assert_eq!(checked_name("Web-Shop.2"), Ok("web-shop.2".to_owned()));
        for wrong in ["", "2shop", "web shop", "é", "queue:support", &"a".repeat(33)] {
            assert_eq!(checked_name(wrong), Err(IsNoToken), "{wrong}");
        }
    }
}
