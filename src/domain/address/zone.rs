//! In which time zone a number may be: by its country, and by its area code where that tells more.
//!
//! A number says where it was given out, not where its owner is. Of a country with several zones, whose
//! numbers do not say in which they are, it may be any of them.

mod area_codes;
mod countries;

use area_codes::{PLANS, Plan};
use countries::COUNTRIES;

use super::{Address, parse};

/// The zones in which an address may be, by their names in the IANA database; none where nothing is known.
#[must_use]
pub fn of(address: &Address) -> &'static [&'static str] {
    let number = address.value();
    let Some(country) = parse::country_of(number) else { return &[] };
    let plan = PLANS.iter().find(|plan| plan.country == country);
    plan.and_then(|plan| by_area(plan, number)).unwrap_or_else(|| of_country(&country))
}

fn of_country(country: &str) -> &'static [&'static str] {
    let found = COUNTRIES.binary_search_by_key(&country, |(known, _)| *known);
    found.map_or(&[], |at| COUNTRIES[at].1)
}

/// The zones of the longest area code that a number of the country begins with.
fn by_area(plan: &Plan, number: &str) -> Option<&'static [&'static str]> {
    let behind = number.strip_prefix(plan.prefix)?;
    let all = plan.codes.iter().flat_map(|(zones, codes)| codes.iter().map(move |code| (*code, *zones)));
    let fitting = all.filter(|(code, _)| behind.starts_with(code));
    fitting.max_by_key(|(code, _)| code.len()).map(|(_, zones)| zones)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::tz::TimeZone;

    use super::*;

    #[test]
    fn a_number_is_in_the_zone_of_its_country_or_area() {
        for (number, zones) in [
            ("+14155550100", &["America/Los_Angeles"][..]),
            ("+12125550100", &["America/New_York"]),
            ("+18505550100", &["America/New_York", "America/Chicago"]),
            ("+16045550100", &["America/Vancouver"]),
            ("+18765550100", &["America/Jamaica"]),
            ("+493012345678", &["Europe/Berlin"]),
            ("+442079460018", &["Europe/London"]),
            ("+61291234567", &["Australia/Sydney", "Australia/Lord_Howe"]),
            ("+5511912345678", &["America/Sao_Paulo"]),
            ("+5568912345678", &["America/Rio_Branco"]),
            ("+919812345678", &["Asia/Kolkata"]),
            ("+358401234567", &["Europe/Helsinki"]),
        ] {
            assert_eq!(of(&Address::sms(number)), zones, "{number}");
        }
        assert_eq!(of(&Address::read("whatsapp:+493012345678")), ["Europe/Berlin"]);
    }

    #[test]
    fn a_number_that_does_not_say_where_it_is_may_be_anywhere_in_its_country() {
        for (number, some) in [
            ("+18005550100", ["America/New_York", "Pacific/Honolulu"]),
            ("+61412345678", ["Australia/Sydney", "Australia/Perth"]),
            ("+79161234567", ["Europe/Moscow", "Asia/Kamchatka"]),
            ("+526641234567", ["America/Mexico_City", "America/Tijuana"]),
        ] {
            let zones = of(&Address::sms(number));
            assert!(some.iter().all(|zone| zones.contains(zone)), "{number}: {zones:?}");
        }
    }

    #[test]
    fn nothing_is_known_of_what_is_no_number_of_a_country() {
        for other in ["74454", "ACME", "", "+", "+80012345678", "+88213123456", "jane@doe.test"] {
            assert_eq!(of(&Address::sms(other)), [""; 0], "{other}");
        }
    }

    #[test]
    fn every_zone_is_known_and_every_country_and_code_stands_there_once() {
        let mut all: BTreeSet<&str> = COUNTRIES.iter().flat_map(|(_, zones)| *zones).copied().collect();
        assert!(COUNTRIES.is_sorted_by(|one, next| one.0 < next.0));
        for plan in PLANS {
            let mut seen = BTreeSet::new();
            for (zones, codes) in plan.codes {
                let known = of_country(plan.country);
                assert!(zones.iter().all(|zone| known.contains(zone)), "{zones:?} of {}", plan.country);
                all.extend(*zones);
                for code in *codes {
                    assert!(seen.insert(code), "{code} of {} twice", plan.country);
                    assert!(code.bytes().all(|byte| byte.is_ascii_digit()));
                }
            }
        }
        for zone in all {
            TimeZone::get(zone).unwrap();
        }
    }
}
