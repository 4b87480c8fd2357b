//! `X-Twilio-Signature`: proof that a webhook comes from who holds our token.
//!
//! Base64 of HMAC-SHA1, keyed with the auth token, over the URL as it was configured at Twilio followed by
//! every parameter's name and value: sorted by name, blanks kept, and of a repeated name each distinct value
//! once, sorted. Twilio sometimes signs the URL with its port and sometimes without, so both are tried.
//!
//! What is signed are the decoded **bytes**, so pass the parameters as [`super::wire::Form`] keeps them and
//! not after invalid UTF-8 was replaced.
//!
//! Source: <https://www.twilio.com/docs/usage/security#validating-requests>.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use sha1::Sha1;

/// The header that carries the signature.
pub const HEADER: &str = "X-Twilio-Signature";

/// Whether `header` signs this URL and these parameters with one of the tokens (there are two while one is
/// being replaced). `url` is our configured public one with path and query, never what the request says of
/// itself.
#[must_use]
pub fn verify<K: AsRef<[u8]>, V: AsRef<[u8]>>(
    tokens: &[SecretString],
    url: &str,
    params: &[(K, V)],
    header: &str,
) -> bool {
    let Ok(claimed) = STANDARD.decode(header.trim()) else { return false };
    let urls = [with_port(url), without_port(url)];
    // The comparison itself takes the same time wherever the difference is.
    tokens.iter().any(|token| {
        urls.iter().any(|url| mac(token, url, params).is_some_and(|mac| mac.verify_slice(&claimed).is_ok()))
    })
}

/// Whether `header` signs this URL and this body as it came, in hexadecimal digits, with one of the keys: the
/// other way in which SignalWire signs.
#[must_use]
pub fn verify_whole(keys: &[SecretString], url: &str, body: &[u8], header: &str) -> bool {
    let Some(claimed) = unhex(header.trim()) else { return false };
    let urls = [with_port(url), without_port(url)];
    keys.iter().any(|key| {
        urls.iter().any(|url| {
            let mac = Hmac::<Sha1>::new_from_slice(key.expose_secret().as_bytes());
            mac.is_ok_and(|mac| {
                mac.chain_update(url.as_bytes()).chain_update(body).verify_slice(&claimed).is_ok()
            })
        })
    })
}

fn unhex(digits: &str) -> Option<Vec<u8>> {
    let digits = digits.as_bytes();
    let pairs = digits.chunks_exact(2);
    if !pairs.remainder().is_empty() || digits.is_empty() {
        return None;
    }
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

/// Signs as Twilio does; for the simulator, which plays Twilio's part.
#[must_use]
pub fn sign<K: AsRef<[u8]>, V: AsRef<[u8]>>(token: &SecretString, url: &str, params: &[(K, V)]) -> String {
    mac(token, url, params).map(|mac| STANDARD.encode(mac.finalize().into_bytes())).unwrap_or_default()
}

/// `None` never happens, as HMAC takes keys of any length; it spares a panic path.
fn mac<K: AsRef<[u8]>, V: AsRef<[u8]>>(
    token: &SecretString,
    url: &str,
    params: &[(K, V)],
) -> Option<Hmac<Sha1>> {
    let mut by_name: BTreeMap<&[u8], BTreeSet<&[u8]>> = BTreeMap::new();
    for (name, value) in params {
        by_name.entry(name.as_ref()).or_default().insert(value.as_ref());
    }
    let mut mac = Hmac::<Sha1>::new_from_slice(token.expose_secret().as_bytes()).ok()?;
    mac.update(url.as_bytes());
    for (name, values) in by_name {
        for value in values {
            mac.update(name);
            mac.update(value);
        }
    }
    Some(mac)
}

fn with_port(url: &str) -> Cow<'_, str> {
    let Some((scheme, host, rest)) = split(url) else { return Cow::Borrowed(url) };
    if port_at(host).is_some() {
        return Cow::Borrowed(url);
    }
    let port = if scheme == "https" { 443 } else { 80 };
    Cow::Owned(format!("{scheme}://{host}:{port}{rest}"))
}

fn without_port(url: &str) -> Cow<'_, str> {
    match split(url) {
        Some((scheme, host, rest)) => match port_at(host) {
            Some(colon) => Cow::Owned(format!("{scheme}://{}{rest}", &host[..colon])),
            None => Cow::Borrowed(url),
        },
        None => Cow::Borrowed(url),
    }
}

/// Scheme, authority, and the rest with its leading `/` or `?`.
fn split(url: &str) -> Option<(&str, &str, &str)> {
    let (scheme, rest) = url.split_once("://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    Some((scheme, &rest[..end], &rest[end..]))
}

/// Where the colon of a port is; an IPv6 address has colons of its own.
fn port_at(authority: &str) -> Option<usize> {
    let colon = authority.rfind(':')?;
    let digits = &authority[colon + 1..];
    (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())).then_some(colon)
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://mycompany.com/myapp.php?foo=1&bar=2";
    const PARAMS: [(&str, &str); 5] = [
        ("From", "+14158675309"),
        ("To", "+18005551212"),
        ("CallSid", "CA1234567890ABCDE"),
        ("Caller", "+14158675309"),
        ("Digits", "1234"),
    ];

    fn tokens(of: &[&str]) -> Vec<SecretString> {
        of.iter().map(|t| SecretString::from(*t)).collect()
    }

    #[test]
    fn the_published_vector_is_signed_and_verified() {
        assert_eq!(sign(&SecretString::from("12345"), URL, &PARAMS), "RSOYDt4T1cUTdK1PDd93/VVr8B8=");
        assert!(verify(&tokens(&["12345"]), URL, &PARAMS, "RSOYDt4T1cUTdK1PDd93/VVr8B8="));
    }

    #[test]
    fn either_of_two_tokens_will_do() {
        let header = sign(&SecretString::from("new"), URL, &PARAMS);
        assert!(verify(&tokens(&["old", "new"]), URL, &PARAMS, &header));
        assert!(!verify(&tokens(&["old"]), URL, &PARAMS, &header));
        assert!(!verify(&[], URL, &PARAMS, &header));
    }

    #[test]
    fn a_port_may_be_signed_or_left_out() {
        let token = SecretString::from("12345");
        for (signed, configured) in [
            ("https://a.test:443/x?y=1", "https://a.test/x?y=1"),
            ("https://a.test/x?y=1", "https://a.test:443/x?y=1"),
            ("http://a.test:80", "http://a.test"),
            ("http://a.test/x", "http://a.test:8080/x"),
            ("http://[::1]:80/x", "http://[::1]/x"),
        ] {
            let header = sign(&token, signed, &PARAMS);
            assert!(verify(&tokens(&["12345"]), configured, &PARAMS, &header), "{signed} {configured}");
        }
        let elsewhere = sign(&token, "https://a.test:444/x", &PARAMS);
        assert!(!verify(&tokens(&["12345"]), "https://a.test/x", &PARAMS, &elsewhere));
    }

    #[test]
    fn repeated_names_count_once_per_value_and_blanks_count() {
        let token = SecretString::from("12345");
        let sent = [("MediaUrl", "b"), ("Body", ""), ("MediaUrl", "a"), ("MediaUrl", "b")];
        let signed = sign(&token, URL, &[("Body", ""), ("MediaUrl", "a"), ("MediaUrl", "b")]);
        assert!(verify(&tokens(&["12345"]), URL, &sent, &signed));
        let without_blank = sign(&token, URL, &[("MediaUrl", "a"), ("MediaUrl", "b")]);
        assert!(!verify(&tokens(&["12345"]), URL, &[("Body", "x"), ("MediaUrl", "a")], &without_blank));
    }

    #[test]
    fn anything_changed_is_refused() {
        let good = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";
        let tokens = tokens(&["12345"]);
        let mut params = PARAMS;
        params[4].1 = "1235";
        assert!(!verify(&tokens, URL, &params, good));
        assert!(!verify(&tokens, "https://mycompany.com/myapp.php?foo=1", &PARAMS, good));
        for forged in ["", " ", "====", "RSOYDt4T1cUTdK1PDd93", "\u{0}", "RSOYDt4T1cUTdK1PDd93/VVr8B9="] {
            assert!(!verify(&tokens, URL, &PARAMS, forged), "{forged:?}");
        }
    }

    #[test]
    fn a_whole_body_may_be_signed_in_hexadecimal_digits() {
        // printf '%s' 'https://desk.test/xBody=Hi' | openssl dgst -sha1 -hmac key
        let (url, body) = ("https://desk.test/x", b"Body=Hi");
        let good = "941177dc6cd55cbaaa96cdfd5ef0505533da1ffc";
        let keys = tokens(&["key"]);
        assert!(verify_whole(&keys, url, body, good));
        assert!(!verify_whole(&tokens(&["other"]), url, body, good));
        assert!(!verify_whole(&keys, "https://desk.test/y", body, good));
        assert!(!verify_whole(&keys, url, b"Body=Ho", good));
        for forged in ["", "0", "zz", "+1", "é", &good[..38], &format!("{good}00")] {
            assert!(!verify_whole(&keys, url, body, forged), "{forged}");
        }
    }
}
