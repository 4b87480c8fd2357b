//! `templates`: the desk's own words for what the bot says.

use std::path::PathBuf;

use super::check;
use crate::yaml::Fields;

/// Templates that take the place of those that come with the program.
#[derive(Clone, Debug)]
pub struct Templates {
    /// The folder they lie in, each in a file named like the one it replaces.
    pub folder: Option<PathBuf>,
}

impl Templates {
    pub(super) fn read(fields: &Fields<'_>) -> Self {
        Self { folder: fields.optional("folder", check::text).map(PathBuf::from) }
    }
}
