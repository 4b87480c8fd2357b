//! What was said in one conversation, page by page.

use super::past::{only_own, past_item, past_line, said_in_talk};
use super::subject::{meant, not_to_be_read};
use super::{Call, Who, line};
use crate::commit::Tx;
use crate::domain::agent::Permission;
use crate::domain::conversation::Conversation;
use crate::domain::ids::InteractionId;
use crate::domain::interaction::Interaction;
use crate::domain::notice::{Begin, LINES, Problem, Says, page};
use crate::store::lists::Rows;
use crate::store::{Result, agents, conversations, history};

/// What stands behind an id whose transcript goes on behind a page.
const ON: &str = "from:";
/// How long the id of a line is at most, in bytes.
const LINE_ID_CHARS: usize = 64;

/// What was said in a conversation: with a contact, for who may read of them; in an IM or consult, for the
/// two who said it.
pub(super) async fn show(tx: &mut Tx<'_>, call: &Call<'_>, id: &InteractionId, rest: &str) -> Result<()> {
    let me = &call.agent.who.id;
    let Some(from) = Start::read(rest) else { return call.usage(tx, Problem::PageByRow).await };
    let (page, mut is_talk) = (from.page, false);
    let with = match conversations::by_id(tx.db().await?, id).await? {
        Some(Conversation::Session(named)) => {
            let is_own = history::was_owned_by(tx.db().await?, id, me).await? || named.is_owned_by(me);
            let is_here = meant(tx, call).await?.is_some_and(|here| here.id == *id);
            if !is_own && !is_here && only_own(call.agent).is_some() {
                return call.answer(tx, call.command.refusal(Who::With(Permission::History)).plainly()).await;
            }
            if !is_own {
                tx.audit(call.agent, call.command.name, Some(id), &format!("read, page {page}")).await?;
            }
            if named.emptied_at.is_some() {
                return no_longer_kept(tx, call, &named).await;
            }
            named.contact.name
        }
        Some(Conversation::Talk(talk)) if talk.party(me).is_some() => {
            is_talk = true;
            talk.other(me).name.clone()
        }
        Some(Conversation::Talk(_)) | None => return call.answer(tx, not_to_be_read(id)).await,
    };
    show_lines(tx, call, (id, is_talk), &with, &from).await
}

/// Tells what is left of a conversation whose content was erased.
async fn no_longer_kept(tx: &mut Tx<'_>, call: &Call<'_>, of: &Interaction) -> Result<()> {
    let with =
        if of.erased.is_some() { None } else { history::name_of(tx.db().await?, &of.contact.id).await? };
    let says = Says::NoLongerKept { of: past_item(of), with, days: of.kept_days };
    call.answer(tx, says.about(&of.id)).await
}

/// Where a page of a transcript begins.
struct Start {
    /// Which page it is, from 1.
    page: usize,
    /// The first line, and the first piece of it; empty for the first of all.
    line: String,
    piece: usize,
}

impl Start {
    /// Reads what stands behind an id, as the row below a page has it; nothing if it is anything else.
    fn read(typed: &str) -> Option<Self> {
        let typed = line::value(typed);
        if typed.is_empty() {
            return Some(Self { page: 1, line: String::new(), piece: 0 });
        }
        let mut parts = typed.strip_prefix(ON)?.split('.');
        let (page, line, piece) = (parts.next()?, parts.next()?, parts.next()?);
        let is_line = (1..=LINE_ID_CHARS).contains(&line.len()) && parts.next().is_none();
        let (page, piece) = (page.parse().ok()?, piece.parse().ok()?);
        is_line.then(|| Self { page, line: line.to_owned(), piece })
    }
}

/// A page of what was said in an interaction with someone.
async fn show_lines(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    (of, is_talk): (&InteractionId, bool),
    with: &str,
    from: &Start,
) -> Result<()> {
    // As many as a page can hold, and the one behind it.
    let limit = i64::try_from(LINES).unwrap_or(i64::MAX).saturating_add(1);
    let lines = history::lines_from(tx.db().await?, of, &from.line, limit).await?;
    let everyone = agents::all(tx.db().await?).await?;
    // A line that is not there any more has no pieces left to skip.
    let is_there = lines.first().is_some_and(|first| first.id == from.line);
    let begin = Begin { line: 0, piece: if is_there { from.piece } else { 0 } };
    let shown = |line| {
        let line = past_line(line, with, &everyone);
        if is_talk { said_in_talk(line) } else { line }
    };
    let (shown, next) = page(lines.iter().map(shown), begin);
    let behind = next.and_then(|next| Some((lines.get(next.line)?, next.piece)));
    let (contact, page, more) = (with.to_owned(), from.page, behind.is_some());
    let notice = Says::Transcript { contact, lines: shown, page, more }.about(of);
    let Some((line, piece)) = behind else { return call.answer(tx, notice).await };
    let key = format!("{of} {ON}{}.{}.{piece}", page.saturating_add(1), line.id);
    let rows = Rows { run: "history {}".to_owned(), keys: vec![key] };
    call.answer_list(tx, notice, &rows).await
}
