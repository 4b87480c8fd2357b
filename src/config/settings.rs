//! `timers`, and what of `desk` can change while the desk runs: an admin may set it by word, and what the
//! file names is set anew at each start.

use serde_json::{Map, Value};

use super::table::{Known, given, made};
use crate::domain::settings::{DeskSettings, Setting, Table as _};
use crate::yaml::Fields;

/// Keys that were called otherwise before.
const RENAMED: &[(&str, &str)] = &[("desk.im_retention_days", "desk.retention.im_days")];

/// What the file says of the desk's settings.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// All of them, with defaults filled in.
    pub desk: DeskSettings,
    /// Those that the file names.
    named: Map<String, Value>,
}

impl Settings {
    /// Those that the file names.
    #[must_use]
    pub fn named(&self) -> Vec<Setting> {
        let setting = |(name, value): (&String, &Value)| Setting { name: name.clone(), value: value.clone() };
        self.named.iter().map(setting).collect()
    }

    /// Reads those of a section, whose name and a dot are the `prefix`.
    pub(super) fn read(&mut self, fields: &Fields<'_>, prefix: &str) {
        let known = Known { zone: "UTC", queues: &[], overflow: None };
        for (old, now) in RENAMED.iter().filter_map(|(old, now)| Some((old.strip_prefix(prefix)?, now))) {
            fields.refuse(old, format!("is called {now} now; write it like retention: {{im_days: 90}}"));
        }
        let given = given(fields, DeskSettings::FIELDS, prefix, known);
        self.named.extend(given.clone());
        self.desk = made(fields, &self.desk, given).unwrap_or_default();
    }
}
