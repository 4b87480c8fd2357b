//! A single value of the file, and how it is shown in a message.

use super::expand::Expanded;
use super::mistake::quoted;

/// A single value as it is written and as it is meant.
pub(super) struct Scalar<'r> {
    pub(super) raw: &'r str,
    pub(super) plain: bool,
    pub(super) expanded: Expanded<'r>,
}

impl Scalar<'_> {
    /// The text, if it may be a number or truth value: a variable's content has no quotation marks to tell.
    pub(super) fn unquoted(&self) -> Option<&str> {
        (self.plain || self.expanded.has_variable()).then(|| self.expanded.text())
    }

    /// The value for a message: as written, since a variable may hold a secret, and not at all if it may be a
    /// URL with a password.
    pub(super) fn shown(&self) -> String {
        let raw = quoted(self.raw);
        match self.raw.split_once("://") {
            Some((_, rest)) if rest.contains('@') => "this URL".to_owned(),
            _ if self.expanded.has_variable() => format!("the value of {raw}"),
            _ => raw,
        }
    }

    /// What to say besides where quotation marks are all that is wrong.
    pub(super) fn quotation_hint(&self) -> &'static str {
        if self.unquoted().is_none() { "; write it without quotation marks" } else { "" }
    }
}
