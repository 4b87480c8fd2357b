//! Which of a contact's addresses is meant: by the whole of it, or by the digits at its end, which are all
//! that is shown of it where numbers are masked.

use super::parse::{self, NoAddress};
use super::{Address, Channel};
use crate::domain::text::sanitize;

/// How many digits at the end of a number name it. More would let whoever may not see numbers spell one out.
const END_DIGITS: std::ops::RangeInclusive<usize> = 3..=4;
/// What stands before the end of a number whose beginning is hidden.
const HIDDEN: [char; 2] = ['•', '…'];

/// Why none of the addresses is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotPicked {
    /// It cannot be an address: what is wrong with it.
    NoAddress(NoAddress),
    /// It is another address.
    Other(Address),
    /// It is the end of so many.
    Several(usize),
}

/// The one of some addresses that is meant.
///
/// # Errors
/// [`NotPicked`].
pub fn pick<'a>(of: &'a [Address], typed: &str, country: &str) -> Result<&'a Address, NotPicked> {
    let typed = sanitize::one_line(typed);
    let read = parse::address(&typed, country);
    let is_it = |known: &&Address| *known.shown() == *typed || read.as_ref().is_ok_and(|read| read == *known);
    if let Some(whole) = of.iter().find(is_it) {
        return Ok(whole);
    }
    match read {
        Ok(other) => Err(NotPicked::Other(other)),
        Err(why) => match by_end(of, &typed).as_slice() {
            [one] => Ok(one),
            [] => Err(NotPicked::NoAddress(why)),
            several => Err(NotPicked::Several(several.len())),
        },
    }
}

fn by_end<'a>(of: &'a [Address], typed: &str) -> Vec<&'a Address> {
    let named = typed.split_once(':');
    let channel = named.and_then(|(word, _)| Channel::ALL.into_iter().find(|known| known.word() == word));
    let end = named.map_or(typed, |(_, end)| end).trim_start_matches(HIDDEN);
    if !END_DIGITS.contains(&end.len()) || !end.bytes().all(|byte| byte.is_ascii_digit()) {
        return vec![];
    }
    let fits = |known: &&Address| {
        channel.is_none_or(|channel| known.channel() == channel) && known.value().ends_with(end)
    };
    of.iter().filter(fits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_meant_by_the_whole_of_it_or_by_its_last_digits() {
        let theirs = ["+14155550803", "+14155550804", "whatsapp:+14155550804", "74454"].map(Address::read);
        for (typed, meant) in [
            ("(415) 555-0803", Some(0)),
            ("•••0803", Some(0)),
            ("0803", Some(0)),
            ("803", Some(0)),
            ("whatsapp:•••0804", Some(2)),
            ("sms:0804", Some(1)),
            ("74454", Some(3)),
            ("50803", None),
            ("03", None),
            ("0805", None),
        ] {
            assert_eq!(pick(&theirs, typed, "US").ok(), meant.map(|at: usize| &theirs[at]), "{typed}");
        }
        assert_eq!(pick(&theirs, "0804", "US"), Err(NotPicked::Several(2)));
        assert_eq!(pick(&theirs, "415 555 0805", "US"), Err(NotPicked::Other(Address::sms("+14155550805"))));
        assert_eq!(pick(&theirs, "soon", "US"), Err(NotPicked::NoAddress(NoAddress::NoNumber)));
    }
}
