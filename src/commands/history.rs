//! What there was with a contact before.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::subject::{meant, not_kept};
use super::{Call, Command, Who, line, targets};
use crate::acts::ids::interaction_id;
use crate::commit::Tx;
use crate::domain::agent::Agent;
use crate::domain::conversation::Conversation;
use crate::domain::ids::InteractionId;
use crate::domain::interaction::{Interaction, Phase};
use crate::domain::notice::{PastItem, PastLine, Problem, Says, pages};
use crate::domain::text::sanitize;
use crate::store::interactions::{Line, LineKind};
use crate::store::lists::Rows;
use crate::store::{Result, agents, conversations, history};

/// The commands of this family.
pub(super) const COMMANDS: &[Command] = &[Command {
    name: "history",
    aliases: &[],
    arguments: "[words] or <id> [page]",
    does: "list the contact's conversations; with an id show what was said in that one",
    who: Who::Everyone,
    changes: false,
    run: past,
}];

/// How many interactions of a contact are looked at.
const LOOK_BACK: i64 = 200;

/// `!history [words]`, `!history <id> [page]`.
fn past<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let (first, rest) = line::first_word(call.arguments);
        let first = targets::key(tx, call, first).await?;
        if let Some(id) = interaction_id(&first).filter(|_| first.to_lowercase().starts_with("i-")) {
            return past_of(tx, call, &id, rest).await;
        }
        match meant(tx, call).await? {
            _ if line::is_id(&first) => targets::no_interaction(tx, call, &first).await,
            Some(here) => list_past(tx, call, &here).await,
            None => call.usage(tx, Problem::IdMissing).await,
        }
    }
    .boxed()
}

/// What was said in a conversation: with a contact, for who may read of them; in an IM or consult, for the
/// two who said it.
async fn past_of(tx: &mut Tx<'_>, call: &Call<'_>, id: &InteractionId, rest: &str) -> Result<()> {
    let me = &call.agent.who.id;
    let with = match conversations::by_id(tx.db().await?, id).await? {
        Some(Conversation::Session(named)) => {
            let contact = meant(tx, call).await?.map(|here| here.contact.id);
            if contact.as_ref() != Some(&named.contact.id) && !may_read(call.agent, &named) {
                return call.answer(tx, Says::NotAllowed.plainly()).await;
            }
            named.contact.name
        }
        Some(Conversation::Talk(talk)) if talk.party(me).is_some() => talk.other(me).name.clone(),
        Some(Conversation::Talk(_)) | None => return call.answer(tx, not_kept(id)).await,
    };
    let page = line::row_number(line::value(rest)).unwrap_or(1);
    show_lines(tx, call, id, &with, page).await
}

/// Whether an agent may read an interaction outside its contact's rooms: their own, and supervisors all.
fn may_read(agent: &Agent, interaction: &Interaction) -> bool {
    let is_theirs = match &interaction.phase {
        Phase::Owned { owner: by, .. } | Phase::Done { by, .. } => by.id == agent.who.id,
        Phase::Queued { .. } | Phase::Offered { .. } => false,
    };
    is_theirs || agent.supervises()
}

async fn list_past(tx: &mut Tx<'_>, call: &Call<'_>, here: &Interaction) -> Result<()> {
    let words: Vec<String> = line::words(call.arguments).into_iter().map(str::to_owned).collect();
    let mut all = history::of_contact(tx.db().await?, &here.contact.id, LOOK_BACK).await?;
    all.retain(|other| other.id != here.id);
    if !words.is_empty() {
        let fitting = history::with_words(tx.db().await?, &here.contact.id, &words).await?;
        all.retain(|other| fitting.contains(&other.id));
    }
    let items: Vec<PastItem> = all.iter().map(past_item).collect();
    let rows = rows(&items);
    let contact = here.contact.name.clone();
    call.answer_list(tx, Says::History { contact, items }.about(&here.id), &rows).await
}

/// A page of what was said in an interaction with someone.
async fn show_lines(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    of: &InteractionId,
    with: &str,
    page: usize,
) -> Result<()> {
    let lines = history::lines(tx.db().await?, of).await?;
    let everyone = agents::all(tx.db().await?).await?;
    let mut all = pages(lines.iter().map(|line| past_line(line, with, &everyone)));
    let pages = all.len();
    let page = page.clamp(1, pages);
    let lines = all.swap_remove(page - 1);
    call.answer(tx, Says::Transcript { contact: with.to_owned(), lines, page, pages }.about(of)).await
}

/// A line of a transcript, as it is shown.
pub(crate) fn past_line(line: &Line, contact: &str, everyone: &[Agent]) -> PastLine {
    let by = match line.kind {
        LineKind::Contact => contact.to_owned(),
        LineKind::Change => String::new(),
        LineKind::Owner | LineKind::Failed | LineKind::HeldBack | LineKind::Internal | LineKind::Note => {
            everyone
                .iter()
                .find(|agent| agent.who.user.as_str() == line.author)
                .map_or_else(|| line.author.clone(), |agent| agent.who.name.clone())
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

pub(super) fn past_item(interaction: &Interaction) -> PastItem {
    let (by, done_at) = match &interaction.phase {
        Phase::Owned { owner, .. } => (Some(owner.name.clone()), None),
        Phase::Done { by, at } => (Some(by.name.clone()), Some(*at)),
        Phase::Queued { .. } | Phase::Offered { .. } => (None, None),
    };
    PastItem {
        id: interaction.id.clone(),
        kind: interaction.mode.as_str().to_owned(),
        state: interaction.state().to_owned(),
        by,
        began_at: interaction.created_at,
        done_at,
        disposition: interaction.disposition.as_ref().map(|disposition| disposition.label.clone()),
        text: sanitize::cut(&interaction.first_text, 80),
    }
}

/// A row's number then shows what was said there.
pub(super) fn rows(items: &[PastItem]) -> Rows {
    let keys = items.iter().map(|item| item.id.as_str().to_owned()).collect();
    Rows { run: "history {}".to_owned(), keys }
}
