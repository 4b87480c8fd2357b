//! `telnyx-signature-ed25519`: proof that a webhook comes from Telnyx.
//!
//! Base64 of an Ed25519 signature over the header `telnyx-timestamp`, a `|`, and the body as it came. The
//! address is not signed, so that a webhook which somebody recorded could be brought to another of our doors:
//! its time bounds that, its receipt keeps a text single, and a report needs our own id in the address.
//!
//! Source: <https://developers.telnyx.com/development/api-fundamentals/webhooks/receiving-webhooks>.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, VerifyingKey};
use http::HeaderMap;

use crate::clock::Millis;
use crate::sms::webhook::Refused;

/// The header that carries the signature.
pub const HEADER: &str = "telnyx-signature-ed25519";
/// The header that carries when it was signed, in Unix seconds.
pub const TIMESTAMP: &str = "telnyx-timestamp";
/// How far its time may be from ours, in seconds.
pub const TOLERANCE_SECS: u64 = 5 * 60;

/// The key that an account's webhooks are signed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Reads a key as the portal shows it.
    ///
    /// # Errors
    /// The rest of a sentence that begins with the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let bytes: Option<[u8; 32]> =
            STANDARD.decode(text.trim()).ok().and_then(|bytes| bytes.try_into().ok());
        // With a weak one nothing is ever valid.
        let key = bytes.and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok()).filter(|key| !key.is_weak());
        key.map(Self).ok_or_else(|| {
            "is not a public key; it is 32 bytes in base64, and stands on the page of your API keys"
                .to_owned()
        })
    }

    /// Whether a request with these headers and this body, that came now, is signed for this key.
    ///
    /// # Errors
    /// [`Refused::Signature`], or [`Refused::Stale`] for what was signed too long ago.
    pub fn verify(&self, headers: &HeaderMap, body: &[u8], now: Millis) -> Result<(), Refused> {
        let header = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
        let (Some(claimed), Some(timestamp)) = (header(HEADER), header(TIMESTAMP)) else {
            return Err(Refused::Signature);
        };
        let signature = STANDARD.decode(claimed).ok().and_then(|bytes| Signature::from_slice(&bytes).ok());
        let signature = signature.ok_or(Refused::Signature)?;
        let signed = [timestamp.as_bytes(), b"|", body].concat();
        self.0.verify_strict(&signed, &signature).map_err(|_| Refused::Signature)?;
        let at: i64 = timestamp.parse().map_err(|_| Refused::Signature)?;
        let is_fresh = now.0.div_euclid(1000).abs_diff(at) <= TOLERANCE_SECS;
        if is_fresh { Ok(()) } else { Err(Refused::Stale) }
    }
}
