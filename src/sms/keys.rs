//! Signing what providers and contacts bring back to us.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// HMAC-SHA256 of some data under a key.
pub(super) fn mac(key: &[u8], data: &[u8]) -> [u8; 32] {
    // HMAC takes keys of any length; the other branch only spares a panic path.
    Hmac::<Sha256>::new_from_slice(key)
        .map_or([0; 32], |mac| mac.chain_update(data).finalize().into_bytes().into())
}
