//! Standard responses: texts that agents send by a shortcut, with values filled in, blanks asked for, and
//! commands that follow.

mod actions;
mod choose;
mod media;
mod template;
mod used;
mod vocabulary;

pub use actions::ACTIONS;
pub use choose::{is_for, listed, nearest};
pub use media::{FILE_FIELDS, ResponseFile};
pub use template::{Fault, Filled, LONGEST, Template};
pub use used::{Asking, Used};
pub use vocabulary::{Values, Var};

use super::contact::language;
use super::ids::QueueName;
use super::interaction::Disposition;
use super::settings::checks;
use super::settings::kind::Kind;
use super::settings::table::settings;

/// How many blanks a response may ask for, and how many commands may follow.
const MOST: usize = 10;
/// How many files a response may hold: as many as a message carries.
const MOST_FILES: usize = 10;
/// The longest name of a category, or of a blank, in characters.
const NAME_CHARS: usize = 64;

settings! {
    /// A standard response to contacts.
    pub struct Response(shortcut: String, text: String) {
        /// What the contact gets, with values filled in.
        "text" => text: String = text, Kind::Text { check: checks::filled, is_optional: false };
        /// What it is listed under.
        #[serde(default)]
        "category" => category: Option<String> = None, Kind::Text { check: checks::filled, is_optional: true };
        /// The queues in whose conversations it can be used; none is all.
        #[serde(default)]
        "queues" => queues: Vec<QueueName> = vec![], Kind::Queues;
        /// The language it is written in. Those in the contact's own language are listed first.
        #[serde(default)]
        "lang" => lang: Option<String> = None, Kind::Text { check: language_tag, is_optional: true };
        /// Blanks that the agent is asked for, one at a time, before it is sent.
        #[serde(default)]
        "ask" => ask: Vec<String> = vec![], Kind::Names;
        /// Pictures and files that go with it, as many as 10, each by its address at the homeserver or with a
        /// name beside it.
        #[serde(default)]
        "media" => media: Vec<ResponseFile> = vec![], Kind::Files;
        /// Commands that are run as if the agent typed them, once the provider has taken it.
        #[serde(default)]
        "then" => then: Vec<String> = vec![], Kind::Commands;
    }
    beside {
        /// What people type after `#`.
        shortcut: String = shortcut;
    }
}

/// A field and what is wrong with it, as the rest of a sentence that begins with the field.
pub type Problem = (&'static str, String);

impl Response {
    /// Checks it, except whether its queues exist.
    ///
    /// # Errors
    /// The first field that is wrong, and what would be right.
    pub fn checked(&self) -> Result<(), Problem> {
        match self.checked_so_far()? {
            Some(unused) => Err((
                "ask",
                format!("has “{unused}”, which nothing uses; write {{{{ {unused} }}}} where it belongs"),
            )),
            None => Ok(()),
        }
    }

    /// Checks it as it is made field by field, where a blank is named before anything uses it. Returns the
    /// first one that nothing uses yet.
    ///
    /// # Errors
    /// The first field that is wrong, and what would be right.
    pub fn checked_so_far(&self) -> Result<Option<&str>, Problem> {
        let of = |field: &'static str| move |problem: String| (field, problem);
        checks::name(&self.shortcut)
            .and_then(|()| begins_with_letter(&self.shortcut))
            .map_err(|problem| ("shortcut", format!("“{}” {problem}", self.shortcut)))?;
        self.ask_checked().map_err(of("ask"))?;
        checks::filled(&self.text).map_err(of("text"))?;
        let text = Template::read(&self.text, &self.ask).map_err(|fault| ("text", fault.to_string()))?;
        if let Some(category) = &self.category {
            let is_one_line = !category.contains(char::is_control) && category.chars().count() <= NAME_CHARS;
            let fits = is_one_line && !category.trim().is_empty();
            let problem = || format!("must be one line of 1 to {NAME_CHARS} characters");
            fits.then_some(()).ok_or_else(problem).map_err(of("category"))?;
        }
        if let Some(lang) = &self.lang {
            language_tag(lang).map_err(|problem| ("lang", format!("“{lang}” {problem}")))?;
        }
        self.media_checked().map_err(of("media"))?;
        let then = self.then_checked().map_err(of("then"))?;
        let all = || std::iter::once(&text).chain(&then);
        let names = |blank: &str| all().any(|of| of.names().any(|var| *var == Var::Blank(blank.to_owned())));
        Ok(self.ask.iter().map(String::as_str).find(|blank| !names(blank)))
    }

    fn ask_checked(&self) -> Result<(), String> {
        if self.ask.len() > MOST {
            return Err(format!("has more than {MOST} blanks"));
        }
        for (at, blank) in self.ask.iter().enumerate() {
            if !vocabulary::is_blank(blank) || blank.len() > NAME_CHARS {
                let shown: String = blank.chars().take(NAME_CHARS).collect();
                return Err(format!(
                    "has “{shown}”; the name of a blank begins with a letter and is made of a-z, 0-9 and _"
                ));
            }
            if vocabulary::TAKEN.contains(&blank.as_str()) {
                return Err(format!("has “{blank}”, which means something else; choose another name"));
            }
            if self.ask[..at].contains(blank) {
                return Err(format!("has “{blank}” twice"));
            }
        }
        Ok(())
    }

    fn media_checked(&self) -> Result<(), String> {
        if self.media.len() > MOST_FILES {
            return Err(format!("has more than {MOST_FILES} files, which is as many as one message carries"));
        }
        for (at, file) in self.media.iter().enumerate() {
            if self.media[..at].iter().any(|before| before.url == file.url) {
                return Err(format!("has “{}” twice", file.shown()));
            }
        }
        Ok(())
    }

    fn then_checked(&self) -> Result<Vec<Template>, String> {
        if self.then.len() > MOST {
            return Err(format!("has more than {MOST} commands"));
        }
        let check = |line: &String| {
            let shown: String = line.chars().take(NAME_CHARS).collect();
            actions::check(line).map_err(|problem| format!("“{shown}” {problem}"))?;
            Template::read(line, &self.ask).map_err(|fault| format!("“{shown}” {fault}"))
        };
        self.then.iter().map(check).collect()
    }

    /// Checks that what follows closes with one of the desk's dispositions, where it names one.
    ///
    /// # Errors
    /// The command that names none, and those there are.
    pub fn closes_with(&self, known: &[Disposition]) -> Result<(), String> {
        let unknown = |line: &String| actions::unknown_disposition(line, known).map(str::to_owned);
        let Some(word) = self.then.iter().find_map(unknown) else { return Ok(()) };
        let codes: Vec<&str> = known.iter().map(|item| item.code.as_str()).collect();
        Err(format!("then names “{word}”, and there is no such disposition; there is {}", codes.join(", ")))
    }

    /// Its text and the commands that follow, filled in with these values. Empty commands are none.
    ///
    /// # Errors
    /// [`Fault`]: it is too long with these values, or was kept by something that knew other values.
    pub fn fill(&self, values: &Values<'_>) -> Result<(Filled, Vec<String>), Fault> {
        let fill = |text: &str| Template::read(text, &self.ask)?.fill(|var| values.of(var));
        let mut text = fill(&self.text)?;
        let mut then = Vec::new();
        for line in &self.then {
            let filled = fill(line)?;
            for var in filled.missing {
                if !text.missing.contains(&var) {
                    text.missing.push(var);
                }
            }
            then.push(filled.text);
        }
        Ok((text, then))
    }
}

fn begins_with_letter(shortcut: &str) -> Result<(), String> {
    if shortcut.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        Ok(())
    } else {
        Err("must begin with a letter or digit".to_owned())
    }
}

fn language_tag(text: &str) -> Result<(), String> {
    match language::read(text) {
        Some(tag) if tag == text => Ok(()),
        Some(tag) => Err(format!("is written {tag}")),
        None => Err("is not a language tag; write it like en, de or pt-BR".to_owned()),
    }
}

#[cfg(test)]
mod tests;
