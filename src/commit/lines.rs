//! Writes lines of transcripts and of the audit log.

use super::tx::Tx;
use crate::clock;
use crate::domain::agent::Agent;
use crate::domain::ids::InteractionId;
use crate::domain::interaction::Interaction;
use crate::domain::notice::StoryLine;
use crate::domain::text::sanitize;
use crate::store::audit::{self, Entry};
use crate::store::search::lines::words_of_line;
use crate::store::transcript::{Line, LineKind};
use crate::store::{Result, to_json};

/// How much of a command the audit log keeps, in characters.
const AUDIT_CHARS: usize = 500;

impl Tx<'_> {
    /// An id by which lines sort in the order they were written, also within one moment.
    pub(crate) fn line_id(&mut self) -> String {
        self.lines += 1;
        format!("{:012x}{:06x}{}", self.now.0, self.lines, clock::random_hex())
    }

    /// Writes a person's change into the audit log.
    pub(crate) async fn audit(
        &mut self,
        who: &Agent,
        what: &str,
        subject: Option<&InteractionId>,
        detail: &str,
    ) -> Result<()> {
        let line = self.line_id();
        self.audit_as(line, who, (what, subject), detail).await
    }

    /// The same, in the place of a line whose id was made before.
    pub(crate) async fn audit_as(
        &mut self,
        line: String,
        who: &Agent,
        (what, subject): (&str, Option<&InteractionId>),
        detail: &str,
    ) -> Result<()> {
        let (who, subject) = (who.who.user.as_str(), subject.map(InteractionId::as_str).unwrap_or_default());
        self.audit_of(line, (who, what), subject, detail).await
    }

    /// Writes into the audit log what was done at the command line.
    pub(crate) async fn audit_at_shell(&mut self, what: &str, subject: &str, detail: &str) -> Result<()> {
        let line = self.line_id();
        self.audit_of(line, ("switchroom", what), subject, detail).await
    }

    async fn audit_of(
        &mut self,
        id: String,
        (who, what): (&str, &str),
        subject: &str,
        detail: &str,
    ) -> Result<()> {
        let entry = Entry {
            id,
            at: self.now.0,
            who: who.to_owned(),
            what: what.to_owned(),
            subject: subject.to_owned(),
            detail: sanitize::short_line(detail, AUDIT_CHARS),
        };
        audit::add(self.db_unflushed().await?, &entry).await
    }

    /// Adds a line to the transcript of an interaction, to be found by its words.
    pub(crate) async fn write_down(
        &mut self,
        interaction: &Interaction,
        kind: LineKind,
        author: &str,
        body: &str,
        event_id: Option<&str>,
    ) -> Result<()> {
        self.write_findable(interaction, (kind, author), body, event_id).await.map(drop)
    }

    /// Adds an agent's note to the transcript of an interaction; returns the line's id.
    pub(crate) async fn write_note(&mut self, of: &Interaction, by: &Agent, note: &str) -> Result<String> {
        self.write_findable(of, (LineKind::Note, by.who.user.as_str()), note, None).await
    }

    async fn write_findable(
        &mut self,
        interaction: &Interaction,
        (kind, author): (LineKind, &str),
        body: &str,
        event_id: Option<&str>,
    ) -> Result<String> {
        let line = self.write_line(&interaction.id, kind, author, body, event_id).await?;
        if let Some(words) = words_of_line(&interaction.contact.number, body) {
            let id = line.clone();
            self.add(|pending| pending.words.push((id, words))).await?;
        }
        Ok(line)
    }

    /// Adds to the transcript of an interaction or a talk what happened to it.
    pub(crate) async fn tell_story(&mut self, of: &InteractionId, line: &StoryLine) -> Result<()> {
        let body = to_json("story line", line)?;
        self.write_line(of, LineKind::Change, "switchroom", &body, None).await.map(drop)
    }

    /// Adds a line to the transcript of an interaction or a talk; returns its id.
    pub(crate) async fn write_line(
        &mut self,
        of: &InteractionId,
        kind: LineKind,
        author: &str,
        body: &str,
        event_id: Option<&str>,
    ) -> Result<String> {
        let line = Line {
            id: self.line_id(),
            at: self.now,
            kind,
            author: author.to_owned(),
            body: body.to_owned(),
            event_id: event_id.map(str::to_owned),
        };
        let (of, id) = (of.clone(), line.id.clone());
        self.add(|pending| pending.lines.push((of, line))).await?;
        Ok(id)
    }
}
