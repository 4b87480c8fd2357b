//! Everything that is kept of one person, for them to read or take elsewhere: a document for programs, a text
//! for people, and the pictures and files.

mod folder;
mod media;
mod readable;

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use ruma::OwnedRoomId;
use serde_json::{Value, json};

use self::folder::{Document, Folder};
use self::media::Fetcher;
use super::door::{self, Door};
use crate::app::{matrix_client, setup};
use crate::clock::Millis;
use crate::commands::{past_line, said_in_talk};
use crate::config::Config;
use crate::domain::address::{Address, parse};
use crate::domain::agent::Agent;
use crate::domain::ids::{ContactId, InteractionId};
use crate::domain::interaction::Interaction;
use crate::domain::notice::{PastLine, Says, pages};
use crate::domain::text::sanitize;
use crate::matrix::registration;
use crate::render::Templates;
use crate::store::kept::{self, Kept, Traces};
use crate::store::{agents, contacts, forget, history, talks};

/// Conversations that are read at a time.
const PAGE: i64 = 50;

/// What was exported.
#[derive(Debug, PartialEq, Eq)]
pub struct Exported {
    /// The folder it lies in.
    pub folder: PathBuf,
    /// How many conversations.
    pub interactions: usize,
    /// How many pictures and files.
    pub media: usize,
    /// What is not in it though it is kept, a line each.
    pub missing: Vec<String>,
}

/// Writes everything that is kept of a contact into a folder: `contact-<id>` here, unless `to` names another.
///
/// # Errors
/// When there is no such contact, the folder is not empty, or the database cannot be read.
pub async fn export_contact(config: &Config, who: &str, to: Option<&Path>) -> anyhow::Result<Exported> {
    let door = door::open(config).await?;
    let exported = whole(config, &door, who, to).await;
    door.close().await;
    exported
}

async fn whole(config: &Config, door: &Door, who: &str, to: Option<&Path>) -> anyhow::Result<Exported> {
    let id = find(door, who).await?;
    let path = to.map_or_else(|| PathBuf::from(format!("contact-{id}")), Path::to_owned);
    let folder = Folder::make(&path).with_context(|| path.display().to_string())?;
    door.note("contact export", id.as_str(), "").await?;
    let mut export = Export::begin(config, door, id, &folder).await?;
    let written = export.write().await;
    let interactions = written.with_context(|| format!("what stands in {} is not whole", path.display()))?;
    Ok(Exported { folder: path, interactions, media: export.media, missing: export.missing })
}

/// The contact of an id, or of a number in any spelling.
pub(super) async fn find(door: &Door, who: &str) -> anyhow::Result<ContactId> {
    let mut conn = door.store.connection().await?;
    let id = ContactId::new(who.trim());
    if let Some(contact) = contacts::by_id(&mut conn, &id).await? {
        return Ok(contact.id);
    }
    let verbatim = Address::read(who.trim());
    let addresses = [Some(verbatim), parse::address(who, &door.country()).ok()];
    for address in addresses.into_iter().flatten() {
        if let Some(contact) = contacts::by_number(&mut conn, &address).await? {
            return Ok(contact.id);
        }
    }
    if let Some(into) = forget::merged_into(&mut conn, &id).await? {
        bail!("{id} was merged into {into}: name that one, or split the two first");
    }
    bail!(
        "there is no contact “{who}”; name one by its id, like c-7f3k2, or by a number: names are not looked for, since two may have the same"
    );
}

struct Export<'a> {
    door: &'a Door,
    id: ContactId,
    folder: &'a Folder,
    templates: Templates,
    everyone: Vec<Agent>,
    fetcher: Fetcher,
    text: io::BufWriter<std::fs::File>,
    traces: Traces,
    media: usize,
    missing: Vec<String>,
}

impl<'a> Export<'a> {
    async fn begin(
        config: &Config,
        door: &'a Door,
        id: ContactId,
        folder: &'a Folder,
    ) -> anyhow::Result<Self> {
        let templates = Templates::load(config.templates.folder.as_deref(), &setup::render_settings(config))?;
        let homeserver = registration::load(&config.appservice.registration)
            .map_err(|error| error.to_string())
            .and_then(|tokens| matrix_client(config, tokens.as_token).map_err(|error| error.to_string()));
        let everyone = agents::all(&mut *door.store.connection().await?).await?;
        Ok(Self {
            door,
            id,
            folder,
            templates,
            everyone,
            fetcher: Fetcher::new(homeserver),
            text: folder.file("contact.txt")?,
            traces: Traces::default(),
            media: 0,
            missing: vec![],
        })
    }

    /// Writes all of it: how many conversations there were.
    async fn write(&mut self) -> anyhow::Result<usize> {
        let mut document = Document::begin(self.folder.file("contact.json")?)?;
        let mut conn = self.door.store.connection().await?;
        let addresses = contacts::numbers(&mut conn, &self.id).await?;
        self.traces.add_id(self.id.as_str());
        for address in &addresses {
            self.traces.add_address(address);
        }
        for (table, rows) in kept::of_contact(&mut conn, &self.id, &addresses).await? {
            self.write_head(table, &rows)?;
            // What is known of whoever was merged into them is about them too.
            for merged in rows.iter().map(|row| text(row, "merged")).filter(|id| !id.is_empty()) {
                self.traces.add_id(&merged);
            }
            document.field(table, &rows)?;
        }
        drop(conn);
        document.begin_list("interactions")?;
        let (mut count, mut after) = (0, (Millis(i64::MIN), String::new()));
        loop {
            let mut conn = self.door.store.connection().await?;
            let page = kept::interactions(&mut conn, &self.id, (after.0, &after.1), PAGE).await?;
            drop(conn);
            let Some(last) = page.last() else { break };
            after = (Millis(number(last, "created_at")), text(last, "id"));
            for row in page {
                document.item(&self.interaction(row).await?)?;
                count += 1;
            }
        }
        document.end_list()?;
        let mut conn = self.door.store.connection().await?;
        for (table, rows) in kept::traces(&mut conn, &self.traces).await? {
            document.field(table, &rows)?;
        }
        document.end()?;
        self.text.flush()?;
        Ok(count)
    }

    /// A conversation, with all that was said and shown in it, as the document has it; its text is written.
    async fn interaction(&mut self, row: Kept) -> anyhow::Result<Value> {
        let id = InteractionId::new(text(&row, "id"));
        self.traces.add_id(id.as_str());
        let mut conn = self.door.store.connection().await?;
        let mut whole = json!({ "interaction": &row });
        for (table, rows) in kept::of_interaction(&mut conn, &id).await? {
            whole[table] = serde_json::to_value(rows)?;
        }
        let (mut talks, mut talk_ids) = (Vec::new(), Vec::new());
        for talk in whole["talks"].as_array().into_iter().flatten() {
            let talk_id = InteractionId::new(talk["id"].as_str().unwrap_or_default());
            self.traces.add_id(talk_id.as_str());
            let said = kept::of_interaction(&mut conn, &talk_id).await?;
            let mut with_lines = talk.clone();
            for (table, rows) in said.into_iter().filter(|(_, rows)| !rows.is_empty()) {
                with_lines[table] = serde_json::to_value(rows)?;
            }
            talks.push(with_lines);
            talk_ids.push(talk_id);
        }
        whole["talks"] = Value::Array(talks);
        let lines = history::lines(&mut conn, &id).await?;
        drop(conn);
        let interaction: Option<Interaction> =
            row.get("body").and_then(|body| serde_json::from_value(body.clone()).ok());
        let name =
            interaction.as_ref().map(|interaction| interaction.contact.name.clone()).unwrap_or_default();
        self.write_heading(&id, interaction.as_ref())?;
        let lines: Vec<_> = lines.iter().map(|line| past_line(line, &name, &self.everyone)).collect();
        self.write_lines(&id, &name, &lines)?;
        for table in ["scheduled", "callbacks"] {
            for row in whole[table].as_array().into_iter().flatten().filter_map(Value::as_object) {
                self.write_head(table, std::slice::from_ref(row))?;
            }
        }
        self.write_talks(&talk_ids).await?;
        if let Ok(room) = OwnedRoomId::try_from(text(&row, "room_id")) {
            let (mut shown, unread) = self.fetcher.fetch(id.as_str(), &room, self.folder).await?;
            let originals = whole["originals"].as_array().cloned().unwrap_or_default();
            self.fetcher.add_originals(id.as_str(), &originals, &mut shown, self.folder).await?;
            for media in &shown {
                writeln!(self.text, "[{}]", media.line())?;
                if media.is_there() {
                    self.media += 1;
                } else {
                    self.missing.push(format!("{id}: {}", media.line()));
                }
            }
            if let Some(why) = unread {
                let line = format!("what pictures and files its room holds is not known: {why}");
                writeln!(self.text, "[{line}]")?;
                whole["media_not_read"] = Value::String(why);
                self.missing.push(format!("{id}: {line}"));
            }
            whole["media"] = serde_json::to_value(shown)?;
        }
        Ok(whole)
    }

    /// What is known of them, for people.
    fn write_head(&mut self, table: &str, rows: &[Kept]) -> io::Result<()> {
        let said = rows.iter().flat_map(|row| readable::lines(table, row));
        said.into_iter().try_for_each(|line| writeln!(self.text, "{line}"))
    }

    /// What colleagues said to each other about the conversation, in IMs and consults.
    async fn write_talks(&mut self, talks: &[InteractionId]) -> anyhow::Result<()> {
        for id in talks {
            let mut conn = self.door.store.connection().await?;
            let (talk, lines) = (talks::by_id(&mut conn, id).await?, history::lines(&mut conn, id).await?);
            drop(conn);
            let Some(talk) = talk.filter(|_| !lines.is_empty()) else { continue };
            let (from, to) = (sanitize::name(&talk.initiator.name), sanitize::name(&talk.invitee.name));
            writeln!(self.text, "\n{from} consulted {to} about this conversation:")?;
            let lines: Vec<_> =
                lines.iter().map(|line| said_in_talk(past_line(line, &to, &self.everyone))).collect();
            self.write_lines(id, &to, &lines)?;
        }
        Ok(())
    }

    fn write_lines(&mut self, of: &InteractionId, with: &str, lines: &[PastLine]) -> anyhow::Result<()> {
        for lines in pages(lines) {
            let says = Says::Transcript { contact: with.to_owned(), lines, page: 1, more: false };
            let said = self.templates.notice(&says.about(of))?;
            writeln!(self.text, "{}", said.plain)?;
        }
        Ok(())
    }

    fn write_heading(&mut self, id: &InteractionId, interaction: Option<&Interaction>) -> io::Result<()> {
        writeln!(self.text, "\n{}", "=".repeat(72))?;
        let Some(interaction) = interaction else { return writeln!(self.text, "{id}") };
        writeln!(self.text, "{id} · {} · {}", interaction.queue, interaction.state())?;
        if let Some(disposition) = &interaction.disposition {
            writeln!(self.text, "{}", sanitize::one_line(&disposition.label))?;
        }
        if let Some(since) = interaction.emptied_at {
            let since = readable::shown_moment(since.0).unwrap_or_default();
            writeln!(self.text, "what was said is no longer kept, since {since}")?;
        }
        for (key, value) in &interaction.case {
            writeln!(self.text, "{}: {}", sanitize::one_line(key), sanitize::one_line(value))?;
        }
        Ok(())
    }
}

fn text(row: &Kept, column: &str) -> String {
    row.get(column).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn number(row: &Kept, column: &str) -> i64 {
    row.get(column).and_then(Value::as_i64).unwrap_or_default()
}
