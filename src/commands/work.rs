//! Commands that work on the conversation of the room they are typed in.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::case::NOTE_CHARS;
use super::subject::{self, owned};
use super::{Call, Command, Who, line, resend, targets};
use crate::acts::pictures::unshown;
use crate::clock::Millis;
use crate::commit::Tx;
use crate::domain::find::{Candidate, Found, begins_with_name, find, is_same_name};
use crate::domain::interaction::{Disposition, DispositionRule, Interaction, Phase};
use crate::domain::notice::Says;
use crate::domain::session::{Event, OwnerAction, Refused};
use crate::domain::text::sanitize;
use crate::store::transcript::{self, LineKind};
use crate::store::{Result, blocks, lists};

/// What closes a conversation.
pub(super) const CLOSING: &[Command] = &[Command {
    name: "done",
    aliases: &["d"],
    arguments: "[disposition] [note]",
    does: "finish this conversation",
    who: Who::Everyone,
    changes: true,
    run: done,
}];

/// The other commands of this family: what goes to the customer.
pub(super) const COMMANDS: &[Command] = &[Command {
    name: "resend",
    aliases: &[],
    arguments: "",
    does: "send a failed message again; as a reply that one, otherwise the last",
    who: Who::Everyone,
    changes: true,
    run: resend::resend,
}];

/// `!done`.
fn done<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        if let Some(talk) = subject::talk(tx, call).await? {
            return super::talk::close(tx, call, &talk).await;
        }
        let Some(interaction) = owned(tx, call).await? else { return Ok(()) };
        let (code, note) = match closing(tx, call, interaction).await? {
            Closing::With(code, note) => (Some(code), note),
            Closing::Noted(note) => (None, note),
            Closing::Unknown => return ask_for_disposition(tx, call, interaction).await,
        };
        let last_text = last_text(tx, interaction).await?;
        let unshown = unshown(tx, &interaction.id).await?;
        let action =
            OwnerAction::Finish { typed_at: call.said.event.at, last_text, unshown, disposition: code };
        let event = Event::OwnerActed { by: call.agent.who.id.clone(), action };
        match tx.happen(interaction, event).await? {
            // `!done` was refused because the contact had just written; the agent types it again, with its
            // note.
            Ok(next) if !note.is_empty() && matches!(next.phase, Phase::Done { .. }) => {
                let author = call.agent.who.user.as_str().to_owned();
                let note = sanitize::cut(note, NOTE_CHARS);
                tx.write_down(&next, LineKind::Note, &author, &note, None).await
            }
            Ok(_) => Ok(()),
            Err(Refused::DispositionMissing) => ask_for_disposition(tx, call, interaction).await,
            Err(refused) => call.refused(tx, interaction, refused).await,
        }
    }
    .boxed()
}

/// When the contact wrote last, if whoever closes it has to have read that: of a flood nobody has to.
pub(super) async fn last_text(tx: &mut Tx<'_>, of: &Interaction) -> Result<Option<Millis>> {
    let burst = blocks::burst(tx.db().await?, (&of.our_number, &of.contact.number)).await?;
    let (limits, now) = (tx.settings.desk.flood(), tx.now);
    if burst.is_some_and(|burst| burst.is_muted(now, &limits)) {
        return Ok(None);
    }
    transcript::last_text(tx.db().await?, &of.id).await
}

/// What stands behind `!done`.
enum Closing<'a> {
    /// A disposition, and a note.
    With(Disposition, &'a str),
    /// A note, or nothing.
    Noted(&'a str),
    /// A word that may be a disposition, or has to be one.
    Unknown,
}

/// Reads the argument of `!done`. Only a disposition that is named exactly closes the conversation. Anything
/// else is a note, unless it looks like a misspelt disposition, or one is needed.
async fn closing<'a>(tx: &mut Tx<'_>, call: &'a Call<'_>, interaction: &Interaction) -> Result<Closing<'a>> {
    let defined: Vec<Disposition> = lists::defined(tx.db().await?).await?;
    let labels = defined.iter().map(|item| item.label.as_str());
    let (word, note) =
        begins_with_name(call.arguments, labels).unwrap_or_else(|| line::first_word(call.arguments));
    if word.is_empty() {
        return Ok(Closing::Noted(""));
    }
    let word = targets::key(tx, call, word).await?;
    if interaction.rules.disposition == DispositionRule::None || defined.is_empty() {
        return Ok(Closing::Noted(call.arguments));
    }
    let is = |item: &&Disposition| [&item.code, &item.label].iter().any(|name| is_same_name(name, &word));
    if let Some(named) = defined.iter().find(is) {
        return Ok(Closing::With(named.clone(), note));
    }
    let must =
        interaction.rules.disposition == DispositionRule::Mandatory && interaction.disposition.is_none();
    let may_be = |item: &Disposition| strsim::damerau_levenshtein(&item.code, &word.to_lowercase()) <= 2;
    if must || (word.chars().count() > 3 && defined.iter().any(may_be)) {
        return Ok(Closing::Unknown);
    }
    Ok(Closing::Noted(call.arguments))
}

/// The disposition that is meant: by its code, its label, or the number of a row.
pub(super) async fn disposition(tx: &mut Tx<'_>, call: &Call<'_>, word: &str) -> Result<Option<Disposition>> {
    let word = targets::key(tx, call, word).await?;
    let mut all: Vec<Disposition> = lists::defined(tx.db().await?).await?;
    let candidates: Vec<Candidate> =
        all.iter().map(|item| Candidate { id: item.code.clone(), names: vec![item.label.clone()] }).collect();
    Ok(match find(&word, &candidates) {
        Found::One(index) => Some(all.swap_remove(index)),
        Found::Several(_) | Found::Nothing => None,
    })
}

/// Asks for the disposition; a row's number alone then closes the conversation with it.
async fn ask_for_disposition(tx: &mut Tx<'_>, call: &Call<'_>, interaction: &Interaction) -> Result<()> {
    let items: Vec<Disposition> = lists::defined(tx.db().await?).await?;
    call.answer(tx, Says::DispositionRequired { items }.about(&interaction.id)).await
}
