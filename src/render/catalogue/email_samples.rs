//! Samples of what is said of e-mails.

use super::samples::jane;
use crate::domain::notice::{EmailCard, Says};
use crate::domain::text::mailto;

/// Links to e-mails.
pub(super) fn emails() -> Vec<Says> {
    ["Your conversation with Alice Doe", ""]
        .map(|subject| {
            let address = "jane@doe.test".to_owned();
            let link = mailto::link_about(&address, subject);
            Says::Email(EmailCard { contact: jane(), address, subject: subject.to_owned(), link })
        })
        .into()
}
