//! Case data as it is shown: in pages, in short, and its links with where they lead.

/// A key with its value.
pub type Pair = (String, String);

/// How many pairs stand on a page, and how much they weigh there, in bytes of JSON.
const PAGE: usize = 20;
const PAGE_BYTES: usize = 5 * 1024;
/// The same where the case data is only a part of what is shown.
const BRIEF: usize = 12;
const BRIEF_BYTES: usize = 2 * 1024;
/// A longer value is not shown in short: nothing is cut, least of all a link.
const BRIEF_VALUE_CHARS: usize = 300;

/// The pages of case data, one at least.
#[must_use]
pub fn pages(case: &[Pair]) -> Vec<&[Pair]> {
    let mut pages = Vec::new();
    let (mut first, mut bytes) = (0, 0);
    for (at, pair) in case.iter().enumerate() {
        let more = weigh(pair);
        if at > first && (at - first == PAGE || bytes + more > PAGE_BYTES) {
            pages.push(&case[first..at]);
            (first, bytes) = (at, 0);
        }
        bytes += more;
    }
    pages.push(&case[first..]);
    pages
}

/// As much of case data as a preview shows, in order, and how many pairs it leaves out.
#[must_use]
pub fn brief(case: &[Pair]) -> (Vec<Pair>, usize) {
    let mut left = BRIEF_BYTES;
    let fits = |pair: &&Pair| {
        let fits = pair.1.chars().count() <= BRIEF_VALUE_CHARS && weigh(pair) <= left;
        if fits {
            left -= weigh(pair);
        }
        fits
    };
    let shown: Vec<Pair> = case.iter().filter(fits).take(BRIEF).cloned().collect();
    let more = case.len() - shown.len();
    (shown, more)
}

/// Puts pairs over others: of those with one key, in any case, theirs is the value.
pub fn overlay(pairs: &mut Vec<Pair>, over: &[Pair]) {
    for (key, value) in over {
        match pairs.iter_mut().find(|(known, _)| known.to_lowercase() == key.to_lowercase()) {
            Some((_, known)) => known.clone_from(value),
            None => pairs.push((key.clone(), value.clone())),
        }
    }
}

fn weigh((key, value): &Pair) -> usize {
    let json = |text: &str| serde_json::Value::from(text).to_string().len();
    json(key) + json(value) + "[,],".len()
}

/// A value with where it leads, as people read it: of a link with a name, `[name](https://…)`, the name and
/// the address itself beside it, so that no name hides where it leads. Any other value as it is.
#[must_use]
pub fn shown(value: &str) -> String {
    match link(value) {
        Some((name, url)) => format!("{name} · {url}"),
        None => value.to_owned(),
    }
}

/// The name and address of a value that is nothing but a link with a name.
fn link(value: &str) -> Option<(&str, &str)> {
    let (name, rest) = value.trim().strip_prefix('[')?.split_once("](")?;
    let (name, url) = (name.trim(), rest.strip_suffix(')')?.trim());
    let leads = ["https://", "http://"].iter().any(|scheme| {
        url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
            && url.len() > scheme.len()
    });
    (leads && !name.is_empty() && !url.contains(char::is_whitespace)).then_some((name, url))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pair(key: &str, value: &str) -> Pair {
        (key.to_owned(), value.to_owned())
    }

    #[test]
    fn a_link_with_a_name_is_shown_with_its_address() {
        let table = [
            ("[Order 4711](https://desk.test/4711)", "Order 4711 · https://desk.test/4711"),
            ("[https://bank.test](https://evil.test/)", "https://bank.test · https://evil.test/"),
            ("[a](HTTP://b)", "a · HTTP://b"),
            ("Order https://desk.test/4711", "Order https://desk.test/4711"),
            ("[x](javascript:alert(1))", "[x](javascript:alert(1))"),
            ("[](https://desk.test)", "[](https://desk.test)"),
            ("[x](https://)", "[x](https://)"),
            ("[x](https://a b)", "[x](https://a b)"),
            ("see [x](https://a)", "see [x](https://a)"),
            ("4711", "4711"),
        ];
        for (value, expected) in table {
            assert_eq!(shown(value), expected);
        }
    }

    #[test]
    fn all_of_it_stands_on_some_page_and_no_page_is_too_large() {
        let many: Vec<Pair> = (0..45).map(|n| pair(&format!("key {n}"), "value")).collect();
        assert_eq!(pages(&many).iter().map(|page| page.len()).collect::<Vec<_>>(), [20, 20, 5]);
        let long: Vec<Pair> = (0..5).map(|n| pair(&format!("key {n}"), &"ж".repeat(1_500))).collect();
        assert_eq!(pages(&long).iter().map(|page| page.len()).collect::<Vec<_>>(), [1; 5]);
        assert_eq!(pages(&[]), [&[] as &[Pair]]);
    }

    #[test]
    fn in_short_nothing_is_cut_and_what_is_left_out_is_counted() {
        let mut case: Vec<Pair> = (0..14).map(|n| pair(&format!("key {n}"), "value")).collect();
        case[0].1 = format!("https://desk.test/{}", "x".repeat(400));
        let (shown, more) = brief(&case);
        assert_eq!((shown.len(), more, shown[0].0.as_str()), (12, 2, "key 1"));
        assert_eq!(brief(&[]), (vec![], 0));
    }

    proptest! {
        #[test]
        fn pages_are_the_whole_in_order(sizes in proptest::collection::vec(0usize..3_000, 0..60)) {
            let case: Vec<Pair> = sizes.iter().map(|size| pair("key", &"\"".repeat(*size))).collect();
            let all: Vec<Pair> = pages(&case).concat();
            prop_assert_eq!(&all, &case);
            let (shown, more) = brief(&case);
            prop_assert_eq!(shown.len() + more, case.len());
        }

        #[test]
        fn any_value_may_come(value in "\\PC{0,40}") {
            let _ = shown(&value);
        }
    }
}
