//! A country's two letters, and a number as somebody writes it: what is read is an address that is kept and
//! read again as the same.

use switchroom::domain::address::{Address, Channel, e164, parse};
use switchroom::domain::text::masked::{Desk, hidden, masked};

pub(crate) fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut rest = text.chars();
    let country: String = rest.by_ref().take(2).collect();
    let Ok(address) = parse::address(rest.as_str(), &country) else { return };
    assert!(address.can_be_answered(), "{address}");
    assert_eq!(Address::read(&address.to_string()), address);
    assert_eq!(Address::read(&address.shown()), address);
    if e164(address.value()).is_ok() {
        assert_eq!(parse::address(&address.shown(), "").as_ref(), Ok(&address));
        assert_eq!(
            parse::country_of(address.value()).map(|country| country.is_empty()),
            Some(false),
            "{address}"
        );
        assert!(!masked(address.value()).contains(&address.value()[1..5]), "{address} is not masked");
        assert!(
            !hidden(&format!("It is {address}."), Desk { ours: &[], country: "" })
                .contains(&address.value()[1..]),
            "{address} is not masked"
        );
        assert!(
            hidden(&format!("It is {address}."), Desk { ours: std::slice::from_ref(&address), country: "" })
                .contains(address.value())
        );
    } else {
        assert_eq!(address.channel(), Channel::Sms, "{address}");
    }
}
