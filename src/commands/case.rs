//! Commands about the conversation of the room: case data, notes.
//! In the room of a consult they are about the conversation it is about; who is consulted reads there, and
//! changes nothing.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::subject::{here, owned_from_here};
use super::{Call, Command, Who, line};
use crate::commit::Tx;
use crate::domain::agent::Permission;
use crate::domain::effect::Place;
use crate::domain::interaction::Interaction;
use crate::domain::notice::{CaseCard, Problem, Says};
use crate::domain::session::{Event, OwnerAction};
use crate::domain::text::sanitize;
use crate::store::Result;
use crate::store::interactions::LineKind;

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
];

/// The longest key and value of case data, and note, in characters.
const KEY_CHARS: usize = 64;
const VALUE_CHARS: usize = 2_000;
pub(super) const NOTE_CHARS: usize = 4_000;
/// How much case data an interaction may have.
const MOST_CASE: usize = 200;

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
