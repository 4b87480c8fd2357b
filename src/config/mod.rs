//! `bridge-config.yaml`: one file per section, each with its defaults and what its values must look like.
//!
//! `crate::yaml` hands each section its values, `check` says what they must look like. All mistakes of a file
//! are reported together, with line, column and key. A new section is one new file here and one line in
//! [`Config`] and its `read`; a new key is one line in its section and its description in
//! `bridge-config.yaml`, which a test asks for. Settings of the desk, its queues, numbers and agents are
//! declared in [`crate::domain::settings`], and `table` reads them all. The section of a provider is read in
//! its folder, see [`crate::sms`].

mod appservice;
mod check;
mod commands;
mod database;
mod desk;
mod homeserver;
mod keywords;
mod number;
mod overflow;
mod routing;
mod settings;
mod sms;
mod table;
mod templates;

#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use url::Url;

pub use self::appservice::Appservice;
pub use self::commands::Commands;
pub use self::database::Database;
pub use self::desk::Desk;
pub use self::homeserver::Homeserver;
pub use self::settings::Settings;
pub use self::sms::{Sms, Split};
pub use self::templates::Templates;

use self::table::Known;
use crate::yaml::{self, Fields, MAX_BYTES, Reader};
pub use crate::yaml::{ConfigError, Mistake};

/// Everything `bridge-config.yaml` says, checked, with defaults filled in. Its `Debug` output shows no
/// secret.
#[derive(Clone, Debug)]
pub struct Config {
    /// Whose rooms the desk uses.
    pub homeserver: Homeserver,
    /// Who the bridge is on the homeserver.
    pub appservice: Appservice,
    /// Where everything is kept.
    pub database: Database,
    /// The provider and our numbers.
    pub sms: Sms,
    /// How agents talk to the bot.
    pub commands: Commands,
    /// Agents, queues and texts.
    pub desk: Desk,
    /// What of `desk` can change while it runs, and `timers`.
    pub settings: Settings,
    /// The desk's own words for what the bot says.
    pub templates: Templates,
    /// What the file says that changes nothing, a sentence each: settings that are known and not built yet.
    pub warnings: Vec<String>,
}

impl Config {
    /// Reads the file at `path`, with the variables of this process's environment. Relative paths in it are
    /// relative to the directory the program was started in.
    ///
    /// # Errors
    /// [`ConfigError::Read`] if the file cannot be read, [`ConfigError::Invalid`] with every mistake found in
    /// it.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let name = path.display().to_string();
        let mut bytes = Vec::new();
        File::open(path)
            // One byte more than allowed shows that the file is too large.
            .and_then(|file| file.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes))
            .map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
        Self::parse_bytes(&name, &bytes, &|variable| std::env::var(variable).ok())
    }

    /// Reads `text` as the content of a file called `name`; `env` gives the value of an environment variable.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] with every mistake found in it.
    pub fn parse(name: &str, text: &str, env: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        Self::parse_bytes(name, text.as_bytes(), env)
    }

    fn parse_bytes(
        name: &str,
        bytes: &[u8],
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let reader = Reader::new(name, env);
        let config = match yaml::parse(bytes) {
            Ok(root) => {
                let fields = reader.root(&root);
                let config = Self::read(&fields);
                fields.refuse_unknown_keys();
                config
            }
            Err(unreadable) => {
                reader.note(unreadable.place, &unreadable.path, unreadable.problem);
                None
            }
        };
        let config = config.map(|config| Self { warnings: reader.warnings(), ..config });
        let mistakes = reader.into_mistakes();
        config.filter(|_| mistakes.is_empty()).ok_or(ConfigError::Invalid(mistakes))
    }

    fn read(fields: &Fields<'_>) -> Option<Self> {
        let here = Url::parse("http://127.0.0.1:29300").ok()?;
        let homeserver = fields.section("homeserver", Homeserver::read);
        let appservice = fields.section("appservice", |f| Appservice::read(f, here.clone()));
        let database = fields.section("database", Database::read);
        let commands = fields.section("commands", Commands::read);
        let mut settings = Settings::default();
        fields.section("timers", |f| settings.read(f, "timers."));
        let templates = fields.section("templates", Templates::read);
        let desk = fields.section("desk", |f| {
            settings.read(f, "desk.");
            Desk::read(f, &settings.desk.time_zone, &|user| {
                homeserver.as_ref().is_some_and(|h| appservice.owns(user, &h.domain))
            })
        });
        let queues: Vec<String> = desk.queues.iter().map(|(name, _)| name.to_string()).collect();
        let zone = settings.desk.time_zone.clone();
        let known = Known { zone: &zone, queues: &queues, overflow: None };
        let sms = fields.section("sms", |f| {
            settings.read(f, "sms.");
            Sms::read(f, known, here)
        });
        let (homeserver, sms) = (homeserver?, sms?);
        let warnings = Vec::new();
        Some(Self { homeserver, appservice, database, sms, commands, desk, settings, templates, warnings })
    }
}
