//! Commands about the conversation of the room: case data, notes, and what there was before.
//! In the room of a consult they are about the conversation it is about; who is consulted reads there, and
//! changes nothing.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::subject::{here, meant, not_kept, owned_from_here};
use super::{Call, Command, Who, line, targets};
use crate::acts::ids::interaction_id;
use crate::commit::Tx;
use crate::domain::agent::{Agent, Permission};
use crate::domain::conversation::Conversation;
use crate::domain::effect::Place;
use crate::domain::ids::InteractionId;
use crate::domain::interaction::{Interaction, Phase};
use crate::domain::notice::{CaseCard, PastItem, PastLine, Problem, Says, pages};
use crate::domain::session::{Event, OwnerAction};
use crate::domain::text::sanitize;
use crate::store::interactions::{Line, LineKind};
use crate::store::lists::Rows;
use crate::store::{Result, agents, conversations, history};

/// The commands of this family.
pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "case",
        aliases: &[],
        arguments: "[set <key> <value> | unset <key>]",
        does: "show or change the case data",
        who: Who::Everyone,
        changes: false,
        run: case,
    },
    Command {
        name: "note",
        aliases: &[],
        arguments: "<text>",
        does: "add a note to this conversation's history",
        who: Who::Everyone,
        changes: true,
        run: note,
    },
    Command {
        name: "history",
        aliases: &[],
        arguments: "[words] or <id> [page]",
        does: "list the contact's conversations; with an id show what was said in that one",
        who: Who::Everyone,
        changes: false,
        run: past,
    },
];

/// The longest key and value of case data, and note, in characters.
const KEY_CHARS: usize = 64;
const VALUE_CHARS: usize = 2_000;
pub(super) const NOTE_CHARS: usize = 4_000;
/// How much case data an interaction may have.
const MOST_CASE: usize = 200;
/// How many interactions of a contact are looked at.
pub(super) const LOOK_BACK: i64 = 200;

/// `!case`, `!case set <key> <value>`, `!case unset <key>`.
fn case<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let (verb, rest) = line::first_word(call.arguments);
        if verb.is_empty() {
            return match here(tx, call).await? {
                Some(interaction) => show(tx, call, &interaction).await,
                None => Ok(()),
            };
        }
        let Some(verb) = line::choose(verb, &["set", "unset"]) else {
            return call.usage(tx, Problem::unknown(verb, &["set", "unset"])).await;
        };
        if !call.allows(tx, Who::With(Permission::CaseEdit)).await? {
            return Ok(());
        }
        let Some(interaction) = owned_from_here(tx, call).await? else { return Ok(()) };
        let (key, value) = match verb {
            "set" => line::first_word(rest),
            _ => (line::value(rest), ""),
        };
        let key = sanitize::one_line(key);
        let value = sanitize::one_line(line::value(value));
        let problem = match verb {
            _ if key.is_empty() => Some(Problem::KeyMissing),
            _ if key.chars().count() > KEY_CHARS => Some(Problem::KeyTooLong { most: KEY_CHARS }),
            "set" if value.is_empty() => Some(Problem::ValueMissing),
            _ if value.chars().count() > VALUE_CHARS => Some(Problem::ValueTooLong { most: VALUE_CHARS }),
            "set" if interaction.case.len() >= MOST_CASE => Some(Problem::TooMuchCase),
            _ => None,
        };
        if let Some(problem) = problem {
            return call.usage(tx, problem).await;
        }
        let value = (verb == "set").then_some(value);
        let action = OwnerAction::Case { key, value };
        let event = Event::OwnerActed { by: call.agent.who.id.clone(), action };
        match tx.happen(&interaction, event).await? {
            Ok(changed) => {
                tx.audit(call.agent, call.command.name, Some(&changed.id), call.arguments).await?;
                show(tx, call, &changed).await
            }
            Err(refused) => call.refused(tx, &interaction, refused).await,
        }
    }
    .boxed()
}

/// Shows a conversation with its case data.
pub(super) async fn show(tx: &mut Tx<'_>, call: &Call<'_>, of: &Interaction) -> Result<()> {
    let card = CaseCard {
        contact: of.contact.name.clone(),
        state: of.state().to_owned(),
        owner: of.owner().map(|owner| owner.name.clone()),
        case: of.case.clone(),
        // In the room itself a link to it is of no use; who is consulted is not in it.
        room: of
            .room
            .clone()
            .filter(|_| call.said.talk().is_none() && call.said.place != Place::Session(of.id.clone())),
    };
    call.answer(tx, Says::Case(card).about(&of.id)).await
}

/// `!note <text>`.
fn note<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        if call.said.session().is_none() {
            return call.usage(tx, Problem::NotInConversation).await;
        }
        let Some(interaction) = here(tx, call).await? else { return Ok(()) };
        let text = sanitize::cut(call.arguments, NOTE_CHARS);
        if sanitize::one_line(&text).is_empty() {
            return call.usage(tx, Problem::NoteMissing).await;
        }
        let author = call.agent.who.user.as_str();
        tx.write_down(&interaction, LineKind::Note, author, &text, None).await?;
        call.answer(tx, Says::Note { by: call.agent.who.name.clone(), text }.about(&interaction.id)).await
    }
    .boxed()
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
pub(super) fn may_read(agent: &Agent, interaction: &Interaction) -> bool {
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
