//! Turns what the bot says into words.
//!
//! Each [`Notice`] has a code, and each code two templates in `templates/matrix/`: `<code>.txt` is the plain
//! body, `<code>.html` the formatted one; `topic.txt` is the topic of an interaction's room. What is said of
//! a reason or of a line of a transcript, which are codes too, is in a template of words for each type:
//! `why_*.txt`, `problem.txt`, `story.txt`, `missed.txt`. They are compiled into the program, and a file of
//! the same name in the desk's own folder takes the place of one. All of them are parsed once and tried with
//! every sample of the [`catalogue`], at start, so that a mistake in a template shows then and not in front
//! of a customer.
//!
//! A new notice is one line in the [`catalogue`] and two files in `templates/matrix/`.
//!
//! Nothing a contact says can become markup or a second line: every string is cleaned before a template sees
//! it, HTML templates always escape, and the `safe` filter is taken away.

pub mod catalogue;
mod clean;
mod content;
mod error;
mod filters;
mod load;
mod style;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use minijinja::{Environment, Value, context};

pub use self::error::TemplateError;
pub use self::style::RenderSettings;
use self::style::Style;
use crate::domain::effect::Place;
use crate::domain::interaction::Interaction;
use crate::domain::notice::{ListRow, MissedItem, Notice, Says, Scheduled, ScheduledDropped};
use crate::domain::talk::{Kind, Talk};

/// A message in both forms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// The plain body.
    pub plain: String,
    /// The formatted body.
    pub html: String,
}

/// All templates of the bot's messages, compiled.
#[derive(Debug)]
pub struct Templates {
    /// What the desk uses.
    chosen: Environment<'static>,
    /// What came with the program, where the desk has its own: it stands in for one that fails.
    builtin: Option<Environment<'static>>,
    /// The folder of the desk's own, to name files in errors.
    folder: Option<PathBuf>,
    style: Style,
}

impl Templates {
    /// Compiles the templates that came with the program and those of `folder`, which take their place, and
    /// tries each with its samples.
    ///
    /// # Errors
    /// The zone is unknown, the folder cannot be read or holds a file that is no template, or a template is
    /// broken.
    pub fn load(folder: Option<&Path>, settings: &RenderSettings) -> Result<Self, TemplateError> {
        let zone = TimeZone::get(&settings.time_zone)
            .map_err(|source| TemplateError::TimeZone { name: settings.time_zone.clone(), source })?;
        let style = Style::new(zone, &settings.locale);
        let mut builtin = load::environment(settings, &style)?;
        load::add_builtin(&mut builtin)?;
        let templates = match folder {
            None => Self { chosen: builtin, builtin: None, folder: None, style },
            Some(folder) => {
                let mut chosen = builtin.clone();
                load::add_folder(&mut chosen, folder)?;
                Self { chosen, builtin: Some(builtin), folder: Some(folder.to_owned()), style }
            }
        };
        templates.try_all()?;
        Ok(templates)
    }

    /// Renders every sample with its templates.
    fn try_all(&self) -> Result<(), TemplateError> {
        for notice in catalogue::samples() {
            let notice = &*self.as_list(&self.chosen, &notice)?;
            let names = catalogue::names(&notice.says);
            for (name, in_room) in
                [(names.plain, false), (names.html, false), (names.plain, true), (names.html, true)]
            {
                let context = notice_context(notice, in_room);
                if self.render(&self.chosen, name, context)?.trim().is_empty() {
                    let sample = serde_json::to_string(notice).unwrap_or_default();
                    let file = load::place(self.folder.as_deref(), name).display().to_string();
                    return Err(TemplateError::Silent { file, sample });
                }
            }
        }
        for interaction in catalogue::sample_interactions() {
            self.render(&self.chosen, catalogue::TOPIC, topic_context(&interaction))?;
        }
        Ok(())
    }

    /// From now on writes times of this zone, in the order this locale writes them. A zone that does not
    /// exist changes nothing.
    pub fn restyle(&self, time_zone: &str, locale: &str) {
        if let Ok(zone) = TimeZone::get(time_zone) {
            self.style.change(zone, locale);
        }
    }

    /// A notice in words, as a console shows it.
    ///
    /// # Errors
    /// A template fails with what this notice holds.
    pub fn notice(&self, notice: &Notice) -> Result<Rendered, TemplateError> {
        self.notice_with(&self.chosen, notice, false)
    }

    /// The topic of an interaction's room.
    #[must_use]
    pub fn topic(&self, interaction: &Interaction) -> String {
        let context = topic_context(interaction);
        self.render(&self.chosen, catalogue::TOPIC, context.clone())
            .or_else(|error| {
                tracing::warn!(%error, "a template failed, the one of the program stands in");
                self.render(self.fallback(), catalogue::TOPIC, context)
            })
            .unwrap_or_else(|_| interaction.id.to_string())
    }

    /// The name of an interaction's room, and of the ghost in it: the contact's name, or their number.
    #[must_use]
    pub fn room_name(&self, interaction: &Interaction) -> String {
        let name = clean::name(&interaction.contact.name);
        if name.is_empty() { clean::name(&interaction.contact.number.shown()) } else { name }
    }

    /// The name of the room of two agents who talk.
    #[must_use]
    pub fn talk_name(&self, talk: &Talk) -> String {
        let both = format!("{}, {}", clean::name(&talk.initiator.name), clean::name(&talk.invitee.name));
        let about = talk.about.as_ref().map(|contact| clean::name(&contact.name)).unwrap_or_default();
        match talk.kind() {
            Kind::Im => format!("IM: {both}"),
            Kind::Consult => format!("Consult: {about} ({both})"),
        }
    }

    /// A notice in words whatever happens: by the desk's template, by the program's, or its bare code.
    fn words(&self, notice: &Notice, to: &Place) -> Rendered {
        let in_room = is_room(to);
        self.notice_with(&self.chosen, notice, in_room)
            .or_else(|error| {
                tracing::warn!(%error, "a template failed, the one of the program stands in");
                self.notice_with(self.fallback(), notice, in_room)
            })
            .unwrap_or_else(|_| {
                let code = catalogue::names(&notice.says).code;
                Rendered { plain: code.to_owned(), html: code.to_owned() }
            })
    }

    fn fallback(&self) -> &Environment<'static> {
        self.builtin.as_ref().unwrap_or(&self.chosen)
    }

    fn notice_with(
        &self,
        from: &Environment<'static>,
        notice: &Notice,
        in_room: bool,
    ) -> Result<Rendered, TemplateError> {
        let notice = &*self.as_list(from, notice)?;
        let names = catalogue::names(&notice.says);
        let context = notice_context(notice, in_room);
        Ok(Rendered {
            plain: self.render(from, names.plain, context.clone())?,
            html: self.render(from, names.html, context)?,
        })
    }

    /// My Messages is a list like any other, for people and for programs, once its lines are in words.
    fn as_list<'n>(
        &self,
        from: &Environment<'static>,
        notice: &'n Notice,
    ) -> Result<Cow<'n, Notice>, TemplateError> {
        let Says::Messages { items } = &notice.says else { return Ok(Cow::Borrowed(notice)) };
        let row = |item: &MissedItem| {
            let title = self.render(from, catalogue::MISSED, clean::for_programs(&item.missed))?;
            if title.trim().is_empty() {
                let sample = serde_json::to_string(&item.missed).unwrap_or_default();
                let file = load::place(self.folder.as_deref(), catalogue::MISSED).display().to_string();
                return Err(TemplateError::Silent { file, sample });
            }
            Ok(ListRow {
                title,
                detail: item.interaction.clone(),
                secs: Some(item.secs),
                room: item.room.clone(),
                key: item.interaction.clone(),
            })
        };
        let rows = items.iter().map(row).collect::<Result<_, TemplateError>>()?;
        let says = Says::List { title: "My Messages, newest first".to_owned(), rows };
        Ok(Cow::Owned(Notice { says, ..notice.clone() }))
    }

    fn render(
        &self,
        from: &Environment<'static>,
        name: &str,
        context: Value,
    ) -> Result<String, TemplateError> {
        let text = from
            .get_template(name)
            .and_then(|template| template.render(context))
            .map_err(|source| load::broken(self.folder.as_deref(), name, &source))?;
        Ok(match text.trim_end() {
            trimmed if trimmed.len() == text.len() => text,
            trimmed => trimmed.to_owned(),
        })
    }
}

/// Whether a place is the room of a conversation, where a bare number is text for whom it is with; in a
/// console it picks a row.
fn is_room(place: &Place) -> bool {
    match place {
        Place::Session(_) | Place::Talk(_) => true,
        Place::Console(_) => false,
    }
}

/// What the templates of a notice see: its fields; all of them once more as `notice`, to be handed to the
/// filter `words`; as `in_room` whether it is said in the room of a conversation; and as `paragraphs` the
/// lines of a text that is shown as the contact gets it.
fn notice_context(notice: &Notice, in_room: bool) -> Value {
    let fields = clean::context(notice);
    let paragraphs = match &notice.says {
        Says::Response { text, .. } | Says::ScheduledDropped(ScheduledDropped { text, .. }) => {
            clean::lines(text)
        }
        Says::Scheduled(Scheduled { items, .. }) => match items.as_slice() {
            [one] => clean::lines(&one.text),
            _ => vec![],
        },
        _ => vec![],
    };
    context! { notice => fields.clone(), in_room, paragraphs, ..fields }
}

fn topic_context(interaction: &Interaction) -> Value {
    context! {
        interaction => interaction.id.as_str(),
        contact => context! {
            name => clean::name(&interaction.contact.name),
            number => clean::name(&interaction.contact.number.shown()),
        },
        our_number => clean::name(&interaction.our_number.shown()),
        queue => clean::name(interaction.queue.as_str()),
        owner => interaction.owner().map(|owner| clean::name(&owner.name)),
        mode => clean::context(&interaction.mode),
        state => interaction.state(),
        created_at => interaction.created_at.0,
    }
}
