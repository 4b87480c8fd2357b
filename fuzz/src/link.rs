//! Links to files: the id (16 bytes), until when (4), which byte is changed and how (2), and then what
//! somebody puts in the place of a token. A link that was made is read back; a changed one never is.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::SecretString;
use switchroom::clock::Millis;
use switchroom::domain::reply::Ready;
use switchroom::sms::link::{BadLink, LinkKey, link};
use url::Url;

const NAME: &str = "image-1.jpg";

pub(crate) fn run(data: &[u8]) {
    let key = LinkKey::derive(&SecretString::from("the appservice's token"));
    let said = String::from_utf8_lossy(data);
    match key.open(&said, NAME, Millis(0)) {
        Err(why) => assert_eq!(why, BadLink::Forged),
        // The fuzzer sees what is compared, and so comes to know signatures; but no other way to write a
        // token.
        Ok(id) => {
            let token = URL_SAFE_NO_PAD.decode(&*said).expect("it was decoded before");
            let until = token[16..21].iter().fold(0_i64, |secs, byte| (secs << 8) | i64::from(*byte));
            assert_eq!(key.token(&id, Millis(until * 1000), NAME).as_deref(), Some(&*said));
        }
    }
    let Some((made, guess)) = data.split_at_checked(22) else { return };
    let number = made[..16].iter().fold(0_u128, |number, byte| (number << 8) | u128::from(*byte));
    let secs = made[16..20].iter().fold(0_i64, |number, byte| (number << 8) | i64::from(*byte));
    let (id, until) = (format!("{number:032x}"), Millis(secs * 1000));

    let token = key.token(&id, until, NAME).expect("an id");
    assert_eq!(key.open(&token, NAME, until).as_deref(), Ok(&*id));
    assert_eq!(key.open(&token, NAME, Millis(until.0 + 1)), Err(BadLink::Over));
    let other = LinkKey::derive(&SecretString::from("another desk's"));
    assert_eq!(other.open(&token, NAME, until), Err(BadLink::Forged));

    let mut changed = token.clone().into_bytes();
    let at = usize::from(made[20]) % changed.len();
    changed[at] = made[21] & 0x7f;
    let changed = String::from_utf8(changed).expect("ASCII");
    if changed != token {
        assert_eq!(key.open(&changed, NAME, until), Err(BadLink::Forged), "{changed} for {token}");
    }
    let guess = String::from_utf8_lossy(guess);
    if guess != NAME {
        assert_eq!(key.open(&token, &guess, until), Err(BadLink::Forged), "it holds for its name alone");
    }

    let public: Url = "https://desk.example/below/?a#b".parse().expect("an address");
    let ready =
        Ready { id, name: NAME.to_owned(), mime: "image/jpeg".to_owned(), bytes: 1, as_link: false, until };
    let url = link(&public, &key, &ready).expect("a link");
    assert_eq!(url.as_str(), format!("https://desk.example/below/media/{token}/{NAME}"));
}
