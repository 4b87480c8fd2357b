//! What was before, as it is shown, and who may read it.

use ruma::UserId;

use crate::commit::Tx;
use crate::domain::agent::{Agent, Permission};
use crate::domain::ids::AgentId;
use crate::domain::interaction::{Interaction, Phase};
use crate::domain::notice::{PastItem, PastLine};
use crate::domain::program;
use crate::domain::text::sanitize;
use crate::store::transcript::{Line, LineKind};
use crate::store::{Result, agents, history};

/// How much of a line is shown beside others, in characters.
const PREVIEW_CHARS: usize = 300;

/// The agent of whose conversations alone an agent may read: themselves, unless they may read all.
pub(super) fn only_own(agent: &Agent) -> Option<&AgentId> {
    (!agent.may(Permission::History)).then_some(&agent.who.id)
}

/// An interaction in a list.
pub(crate) fn past_item(interaction: &Interaction) -> PastItem {
    let (by, done_at) = match &interaction.phase {
        Phase::Owned { owner, .. } => (Some(owner.name.clone()), None),
        Phase::Done { by, at } => (Some(by.name.clone()), Some(*at)),
        Phase::Queued { .. } | Phase::Offered { .. } => (None, None),
    };
    PastItem {
        id: interaction.id.clone(),
        kind: interaction.kind().to_owned(),
        outbound: interaction.is_outbound(),
        parent: interaction.parent.clone(),
        state: interaction.state().to_owned(),
        by,
        began_at: interaction.created_at,
        done_at,
        disposition: interaction.disposition.as_ref().map(|disposition| disposition.label.clone()),
        tags: interaction.tags.clone(),
        text: sanitize::cut(&interaction.first_text, 80),
        emptied_at: interaction.emptied_at,
        contact: None,
        found: None,
        room: interaction.room.clone().filter(|_| !interaction.is_done()),
    }
}

/// The last lines of what was said in a conversation, as many as `count`, oldest first, each cut.
pub(crate) async fn last_lines(tx: &mut Tx<'_>, of: &Interaction, count: i64) -> Result<Vec<PastLine>> {
    let said = history::last_said(tx.db_with_lines(&of.id).await?, &of.id, count).await?;
    shown_lines(tx, of, &said).await
}

/// Lines of a conversation, as they are shown beside others, each cut.
pub(super) async fn shown_lines(tx: &mut Tx<'_>, of: &Interaction, said: &[Line]) -> Result<Vec<PastLine>> {
    let mut authors = Vec::new();
    for line in said {
        let author = UserId::parse(line.author.as_str()).ok();
        if let Some(author) = author.filter(|_| line.kind != LineKind::Contact) {
            authors.extend(agents::by_user(tx.db_unflushed().await?, &author).await?);
        }
    }
    let shown = |line: &Line| {
        let line = past_line(line, &of.contact.name, &authors);
        PastLine { text: sanitize::cut(&line.text, PREVIEW_CHARS), ..line }
    };
    Ok(said.iter().map(shown).collect())
}

/// A line of an IM or consult, as it is shown: all of it is among colleagues, so none is marked as that.
pub(crate) fn said_in_talk(line: PastLine) -> PastLine {
    let is_internal = line.kind == LineKind::Internal.as_str();
    let kind = if is_internal { LineKind::Owner.as_str().to_owned() } else { line.kind };
    PastLine { kind, ..line }
}

/// A line of a transcript, as it is shown.
pub(crate) fn past_line(line: &Line, contact: &str, everyone: &[Agent]) -> PastLine {
    let by = match line.kind {
        LineKind::Contact => contact.to_owned(),
        LineKind::Change => String::new(),
        LineKind::Owner | LineKind::Failed | LineKind::HeldBack | LineKind::Internal | LineKind::Note => {
            let agent = everyone.iter().find(|agent| agent.who.user.as_str() == line.author);
            let name =
                agent.map(|agent| agent.who.name.as_str()).or_else(|| program::of_author(&line.author));
            name.unwrap_or(&line.author).to_owned()
        }
    };
    let change = match line.kind {
        LineKind::Change => serde_json::from_str(&line.body).ok(),
        LineKind::Contact
        | LineKind::Owner
        | LineKind::Failed
        | LineKind::HeldBack
        | LineKind::Internal
        | LineKind::Note => None,
    };
    let text = if change.is_none() { line.body.clone() } else { String::new() };
    PastLine { at: line.at, kind: line.kind.as_str().to_owned(), by, text, change }
}
