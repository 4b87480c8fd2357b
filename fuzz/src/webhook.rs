//! What a provider posts: which provider and door (a byte), the query of the address, a line end, and what it
//! says, as lines `name=value` for Twilio, as JSON for Telnyx. Signed, it is read or refused; with a byte of
//! it changed it is not believed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};
use http::{HeaderMap, HeaderValue};
use secrecy::SecretString;
use switchroom::clock::Millis;
use switchroom::domain::input::Input;
use switchroom::sms::callback::{Doors, PartKey};
use switchroom::sms::link::LinkKey;
use switchroom::sms::telnyx::TelnyxWebhooks;
use switchroom::sms::telnyx::signature::{self as telnyx, PublicKey};
use switchroom::sms::twilio::{TWILIO, TwilioWebhooks, signature as twilio};
use switchroom::sms::webhook::{Door, Refused, Taken, Webhook, Webhooks};
use url::form_urlencoded;

use super::parted;

const NOW: Millis = Millis(1_900_000_000_000);

pub(crate) fn run(data: &[u8]) {
    let Some((which, data)) = data.split_first() else { return };
    let (query, said) = parted(data, b'\n');
    let query = String::from_utf8_lossy(query);
    let query = Some(&*query).filter(|query| !query.is_empty());
    let door = match which & 5 {
        0 => Door::Inbound,
        1 => Door::Status,
        _ => Door::Call,
    };
    let secret = SecretString::from("secret");
    let doors = Doors {
        public_url: "https://desk.example/".parse().expect("an address"),
        provider: "provider",
        part_key: PartKey::derive(&secret),
        link_key: LinkKey::derive(&secret),
    };
    let mut headers = HeaderMap::new();
    let reader: Box<dyn Webhooks>;
    let mut body;
    if which & 2 == 0 {
        let said = String::from_utf8_lossy(said);
        let form: Vec<(&str, &str)> =
            said.lines().map(|line| line.split_once('=').unwrap_or((line, ""))).collect();
        let signed = twilio::sign(&secret, &doors.address(door, query), &form);
        headers.insert(twilio::HEADER, HeaderValue::try_from(signed).expect("base64"));
        body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish().into_bytes();
        let (account_sid, signing_keys) = ("AC1".to_owned(), vec![secret]);
        reader = Box::new(TwilioWebhooks { doors, account_sid, signing_keys, dialect: &TWILIO });
    } else {
        let key = SigningKey::from_bytes(&[7; 32]);
        let at = (NOW.0 / 1000).to_string();
        let signed = key.sign(&[at.as_bytes(), b"|", said].concat());
        let public = STANDARD.encode(key.verifying_key().as_bytes());
        headers.insert(
            telnyx::HEADER,
            HeaderValue::try_from(STANDARD.encode(signed.to_bytes())).expect("base64"),
        );
        headers.insert(telnyx::TIMESTAMP, HeaderValue::try_from(at).expect("digits"));
        body = said.to_vec();
        let public_key = PublicKey::parse(&public).expect("a key");
        reader = Box::new(TelnyxWebhooks { doors, public_key });
    }
    let read = |body: &[u8]| reader.read(&Webhook { door, query, headers: &headers, body, now: NOW });
    match read(&body) {
        Ok(taken) => check(&taken),
        Err(refused) => assert!(!matches!(refused, Refused::Signature | Refused::Stale), "{refused}"),
    }
    body.push(b'x');
    let refused = read(&body).expect_err("it was changed on its way");
    assert!(matches!(refused, Refused::Signature | Refused::Unreadable(_)), "{refused}");
}

/// What is taken is one input at most, which is kept and read again as the same.
fn check(taken: &Taken) {
    assert!(taken.inputs.len() <= 1);
    for input in &taken.inputs {
        assert!(matches!(input, Input::Text(_) | Input::Reported(_) | Input::Call(_)), "{input:?}");
        let kept = serde_json::to_string(input).expect("an input can be kept");
        let again: Input = serde_json::from_str(&kept).unwrap_or_else(|error| panic!("{error}: {kept}"));
        assert_eq!(again, *input);
        assert_eq!(again.receipt(), input.receipt());
    }
}
