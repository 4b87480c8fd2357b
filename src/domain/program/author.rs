//! How transcripts write down which program said something.

/// What stands before a program's name where a transcript says who wrote a line. No Matrix id begins so.
const MARK: &str = "program:";

/// Who wrote a line, where that is the program of this name.
#[must_use]
pub fn as_author(name: &str) -> String {
    format!("{MARK}{name}")
}

/// The name of the program that wrote a line, if one did.
#[must_use]
pub fn of_author(author: &str) -> Option<&str> {
    author.strip_prefix(MARK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_told_from_people_and_numbers() {
        assert_eq!(of_author(&as_author("web-shop")), Some("web-shop"));
        for other in ["@switchroom:desk.test", "+14155550100", "sms:74454", "switchroom", ""] {
            assert_eq!(of_author(other), None);
        }
    }
}
