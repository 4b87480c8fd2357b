//! A value, a line end, and the text of a standard response: it is read or refused in words, and values are
//! filled in as they are.

use switchroom::domain::response::{Fault, LONGEST, Template};
use switchroom::domain::text::sanitize::one_line;

use super::parted;

pub(crate) fn run(data: &[u8]) {
    let (value, text) = parted(data, b'\n');
    let (value, text) = (String::from_utf8_lossy(value), String::from_utf8_lossy(text));
    let blanks = ["order".to_owned(), "day".to_owned()];
    let template = match Template::read(&text, &blanks) {
        Ok(template) => template,
        Err(fault) => {
            let said = fault.to_string();
            assert!(said.len() < 1_000 && !said.contains(char::is_control), "{said}");
            return;
        }
    };
    let names = template.names().count();
    let all = |value: &str| template.fill(|_| Some(value.to_owned()));
    if names == 0 {
        assert_eq!(
            all("x").map(|filled| filled.text).as_deref(),
            Ok(text.strip_suffix('\n').unwrap_or(&text))
        );
    }
    let length = |value: &str| all(value).map(|filled| filled.text.chars().count());
    if let (Ok(short), Ok(long)) = (length("x"), length("{{")) {
        assert_eq!(short + names, long, "each name is a value, and none is a template");
    }
    match all(&value) {
        Err(fault) => assert_eq!(fault, Fault::TooLong),
        Ok(filled) => {
            assert!(filled.text.chars().count() <= LONGEST);
            let value = one_line(&value);
            assert!(value.is_empty() || filled.missing.is_empty());
            assert!(names == 0 || filled.text.contains(&value));
        }
    }
    match template.fill(|_| None) {
        Err(fault) => assert_eq!(fault, Fault::TooLong),
        Ok(filled) => {
            assert!(filled.missing.iter().all(|missing| filled.text.contains(&format!("‹{missing}›"))));
            assert!(filled.missing.iter().all(|missing| template.names().any(|name| name == missing)));
        }
    }
}
