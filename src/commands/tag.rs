//! Commands that mark a conversation: words to find and count it by, and how soon it is to be taken.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::subject::here;
use super::{Call, Command, Who, line, targets};
use crate::commit::Tx;
use crate::domain::interaction::{Interaction, Phase};
use crate::domain::notice::{Problem, Says};
use crate::domain::session::Event;
use crate::domain::tags::{LONGEST, MOST_POINTS, NoTag, tag as read};
use crate::store::Result;

/// The commands of this family.
pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "tag",
        aliases: &[],
        arguments: "<word>",
        does: "put a word on this conversation; for its history and for reports",
        who: Who::Everyone,
        changes: false,
        run: tag,
    },
    Command {
        name: "untag",
        aliases: &[],
        arguments: "<word>",
        does: "take a word away from this conversation",
        who: Who::Everyone,
        changes: false,
        run: untag,
    },
    Command {
        name: "priority",
        aliases: &[],
        arguments: "<points> or <id> <points>",
        does: "move this conversation in its queue; each point counts like a minute of waiting, on top of what \
               the queue gives it",
        who: Who::Everyone,
        changes: false,
        run: priority,
    },
];

/// `!tag <word>`.
fn tag<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    mark(tx, call, true).boxed()
}

/// `!untag <word>`.
fn untag<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    mark(tx, call, false).boxed()
}

async fn mark(tx: &mut Tx<'_>, call: &Call<'_>, on: bool) -> Result<()> {
    let Some(interaction) = here(tx, call).await? else { return Ok(()) };
    if !may_mark(call, &interaction) {
        return call.answer(tx, Says::NotOwner.about(&interaction.id)).await;
    }
    let tag = match read(line::value(call.arguments)) {
        Ok(tag) => tag,
        Err(NoTag::Missing) => return call.usage(tx, Problem::TagMissing).await,
        Err(NoTag::TooLong) => return call.usage(tx, Problem::TagTooLong { most: LONGEST }).await,
        Err(NoTag::BadLetter) => return call.usage(tx, Problem::TagLetters).await,
    };
    change(tx, call, &interaction, Event::Tagged { tag: tag.clone(), on }, &tag).await
}

/// `!priority <points>`.
fn priority<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let (first, rest) = line::first_word(call.arguments);
        let (named, typed) = if rest.is_empty() { (None, first) } else { (Some(first), rest) };
        let points = line::value(typed)
            .parse::<i64>()
            .ok()
            .filter(|points| (-MOST_POINTS..=MOST_POINTS).contains(points));
        let Some(points) = points else {
            return call.usage(tx, Problem::NoPriority { most: MOST_POINTS }).await;
        };
        let meant = match named {
            Some(id) => targets::interaction(tx, call, id).await?,
            None => here(tx, call).await?,
        };
        let Some(interaction) = meant else { return Ok(()) };
        let is_theirs = interaction.is_owned_by(&call.agent.who.id) || call.agent.supervises();
        if !is_theirs {
            return call.answer(tx, Says::NotOwner.about(&interaction.id)).await;
        }
        let event = Event::Prioritised { points, by: call.agent.who.clone() };
        change(tx, call, &interaction, event, &points.to_string()).await
    }
    .boxed()
}

/// Whether the agent may put words on an interaction: its owner, whoever had it last, and supervisors.
fn may_mark(call: &Call<'_>, interaction: &Interaction) -> bool {
    let me = &call.agent.who.id;
    let had_it = matches!(&interaction.phase, Phase::Done { by, .. } if by.id == *me);
    had_it || interaction.is_owned_by(me) || call.agent.supervises()
}

/// Changes a mark, and shows what there is then.
async fn change(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    interaction: &Interaction,
    event: Event,
    detail: &str,
) -> Result<()> {
    match tx.happen(interaction, event).await? {
        Ok(changed) => {
            tx.audit(call.agent, call.command.name, Some(&changed.id), detail).await?;
            super::case::show(tx, call, &changed).await
        }
        Err(refused) => call.refused(tx, interaction, refused).await,
    }
}
