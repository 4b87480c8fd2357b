//! `!later`: a text that goes to the customer at a time.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use ruma::{EventId, OwnedEventId};

use super::command::event_meant;
use super::subject::{here, owned};
use super::{Call, Command, Who, line};
use crate::acts::later;
use crate::acts::later_news::{item, row, says, tell};
use crate::acts::replies::Saying;
use crate::acts::responses::{self, Wanted};
use crate::acts::rights::not_now;
use crate::commit::Tx;
use crate::domain::ids::InteractionId;
use crate::domain::input::RoomAct;
use crate::domain::interaction::Interaction;
use crate::domain::later::Later;
use crate::domain::notice::{HeldBack, LaterNews, Missing, Problem, Refusal, Says};
use crate::domain::text::prefix::{self, Typed};
use crate::domain::text::{outgoing, sanitize};
use crate::domain::when::{self, Moment};
use crate::store::lists::Rows;
use crate::store::{Result, interactions, scheduled};

/// The commands of this family.
pub(super) const COMMANDS: &[Command] = &[Command {
    name: "later",
    aliases: &[],
    arguments: "<when> <text> | list | show <n> | cancel <n> or all",
    does: "send a text at a time; like 2h, 17:30 or tomorrow 9:00; or a standard response, as #shortcut. If the \
           customer writes before, you are asked first. A text that begins like a time stands in quotes. In the \
           console, list and cancel are about all your conversations",
    who: Who::Everyone,
    changes: false,
    run,
}];

/// What a row of the list runs.
const ROW: &str = "later show {}";

/// What shows the list.
const LIST: &str = "later list";

/// Whether a line is this command.
pub(crate) fn is_later(line: &str) -> bool {
    line::first_word(line).0.eq_ignore_ascii_case(COMMANDS[0].name)
}

fn run<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let (verb, rest) = line::first_word(call.arguments);
        match verb.to_lowercase().as_str() {
            "" | "list" => list(tx, call).await,
            "show" => show(tx, call, rest).await,
            "cancel" => cancel(tx, call, rest).await,
            _ => set(tx, call).await,
        }
    }
    .boxed()
}

/// `!later <when> <text>`.
async fn set(tx: &mut Tx<'_>, call: &Call<'_>) -> Result<()> {
    let Some(interaction) = owned(tx, call).await? else { return Ok(()) };
    let event = &call.said.event.event_id;
    if tx.now.since(call.said.event.at) > tx.settings.desk.late() {
        let says = Says::Refused { why: Refusal::TypedLongAgo };
        return call.answer(tx, says.about(&interaction.id)).await;
    }
    let typed = typed(call, &tx.settings.prefix);
    let (when, text) = match when::first(&typed, tx.now, &tx.settings.desk.zone()) {
        Ok((when, text)) => (when, line::value(text)),
        Err(moment) => return call.usage(tx, Problem::Moment { moment }).await,
    };
    // What is put aside now may be said later all the same.
    let stops = not_now(interaction, call.agent, tx.now)
        .filter(|why| !matches!(why, HeldBack::Held | HeldBack::Snoozed | HeldBack::WrapUp));
    let text = match prefix::classify(text, &tx.settings.prefix) {
        Typed::Command(_) | Typed::Internal => return call.usage(tx, Problem::TextIsCommand).await,
        Typed::SlashCommand => Err(HeldBack::SlashCommand),
        Typed::LoneShortcut(shortcut) if stops.is_none() => {
            return response(tx, (call, interaction), shortcut, when).await;
        }
        Typed::Escaped(text) => Ok(text),
        Typed::LoneShortcut(_) | Typed::Text => Ok(text.to_owned()),
    };
    let text = match (stops, text) {
        (Some(why), _) | (None, Err(why)) => {
            return tx.hold_back(interaction, event.clone(), &call.agent.who.user, why).await;
        }
        (None, Ok(text)) => text.trim().to_owned(),
    };
    if sanitize::one_line(&text).is_empty() {
        return call.usage(tx, Problem::TextMissing).await;
    }
    if !interaction.contact.number.rules().takes(&text) {
        return tx.hold_back(interaction, event.clone(), &call.agent.who.user, HeldBack::TooLong).await;
    }
    call.changed(tx, call.arguments).await?;
    later::keep(tx, saying(call, interaction), &text, when).await
}

/// A standard response, filled in now, that goes later.
async fn response(
    tx: &mut Tx<'_>,
    (call, interaction): (&Call<'_>, &Interaction),
    shortcut: &str,
    when: Moment,
) -> Result<()> {
    call.changed(tx, call.arguments).await?;
    let wanted = Wanted { saying: saying(call, interaction), typed: None, later: Some(when) };
    responses::named(tx, wanted, shortcut).await
}

fn saying<'a>(call: &'a Call<'_>, interaction: &'a Interaction) -> Saying<'a> {
    Saying {
        interaction,
        agent: call.agent,
        event: &call.said.event.event_id,
        at: call.said.event.at,
        in_reply_to: None,
        response: None,
        files: &[],
    }
}

/// What was typed behind the command, as plain text: what the client made of it is resolved, as in a message.
fn typed(call: &Call<'_>, prefix: &str) -> String {
    let whole = if let RoomAct::Message { body, formatted: Some(html), .. }
    | RoomAct::Edit { body, formatted: Some(html), .. } = &call.said.event.what
    {
        Some(outgoing::plain(body, Some(html), call.said.pills))
    } else {
        None
    };
    let arguments = whole.as_deref().and_then(|whole| match prefix::classify(whole, prefix) {
        Typed::Command(line) if is_later(line) => Some(line::first_word(line).1.to_owned()),
        _ => None,
    });
    arguments.unwrap_or_else(|| outgoing::plain(call.arguments, None, call.said.pills))
}

/// The texts that are meant where none is named: those of the conversation of the room, or all of the
/// agent's.
async fn all(tx: &mut Tx<'_>, call: &Call<'_>) -> Result<Option<Vec<Later>>> {
    if call.said.conversation.is_none() {
        return scheduled::of_agent(tx.db().await?, &call.agent.who.id).await.map(Some);
    }
    let Some(of) = here(tx, call).await? else { return Ok(None) };
    scheduled::of(tx.db().await?, &of.id).await.map(Some)
}

/// `!later list`.
async fn list(tx: &mut Tx<'_>, call: &Call<'_>) -> Result<()> {
    match all(tx, call).await? {
        Some(all) => show_all(tx, call, &all).await,
        None => Ok(()),
    }
}

async fn show_all(tx: &mut Tx<'_>, call: &Call<'_>, all: &[Later]) -> Result<()> {
    let keys = all.iter().map(|later| later.event.to_string()).collect();
    let mut items = Vec::new();
    for later in all {
        let of = interactions::by_id(tx.db().await?, &later.interaction).await?;
        let contact = of.map(|of| of.contact.name).unwrap_or_default();
        items.push(row(tx, later, &contact));
    }
    let says = says(tx, LaterNews::List, items);
    if all.is_empty() {
        return call.answer(tx, call.about(says)).await;
    }
    call.answer_list(tx, call.about(says), &Rows { run: ROW.to_owned(), keys }).await
}

/// `!later show <n>`.
async fn show(tx: &mut Tx<'_>, call: &Call<'_>, word: &str) -> Result<()> {
    let Some(all) = all(tx, call).await? else { return Ok(()) };
    let event = event_meant(tx, call, word, (ROW, all.iter().map(|later| &later.event))).await?;
    let Some(later) = all.iter().find(|later| Some(&later.event) == event.as_ref()) else {
        return none(tx, call, (word, event.is_some()), &all).await;
    };
    let of = interactions::by_id(tx.db().await?, &later.interaction).await?;
    let items = vec![item(tx, later, &of.map(|of| of.contact.name).unwrap_or_default())];
    let says = says(tx, LaterNews::Shown, items);
    tell(tx, call.said.place.clone(), (&later.interaction, Some(later)), says).await
}

/// `!later cancel <n>`, `!later cancel all`, `!later cancel <conversation>`.
async fn cancel(tx: &mut Tx<'_>, call: &Call<'_>, word: &str) -> Result<()> {
    let Some(all) = all(tx, call).await? else { return Ok(()) };
    let is_of = |id: &str| all.iter().any(|later| later.interaction.as_str() == id);
    let id = word.to_lowercase();
    let is_only = id.is_empty() && all.len() == 1;
    let mut is_row = false;
    let which: Vec<Later> = if is_only || (id == "all" && call.said.conversation.is_some()) {
        all.clone()
    } else if line::is_id(&id) && is_of(&id) {
        let id = InteractionId::new(id);
        all.iter().filter(|later| later.interaction == id).cloned().collect()
    } else {
        let event = event_meant(tx, call, word, (ROW, all.iter().map(|later| &later.event))).await?;
        is_row = event.is_some();
        all.iter().filter(|later| Some(&later.event) == event.as_ref()).cloned().collect()
    };
    if which.is_empty() {
        return none(tx, call, (word, is_row), &all).await;
    }
    let says = later::take_back(tx, call.agent, which).await?;
    call.answer(tx, call.about(says)).await
}

/// Nothing is meant that waits: says so, or shows what does.
async fn none(tx: &mut Tx<'_>, call: &Call<'_>, (word, is_row): (&str, bool), all: &[Later]) -> Result<()> {
    match line::row_number(word).filter(|_| !is_row) {
        _ if all.is_empty() => call.answer(tx, call.about(Says::no_such(Missing::LaterOver, ""))).await,
        Some(number) => call.answer(tx, call.about(Says::no_such(Missing::MenuRow { number }, LIST))).await,
        None => show_all(tx, call, all).await,
    }
}

/// The text in the room of a conversation that waits for the word of the agent, the last to have asked.
pub(super) async fn waiting(tx: &mut Tx<'_>, call: &Call<'_>) -> Result<Option<OwnedEventId>> {
    let Some(here) = call.said.session().filter(|here| here.is_owned_by(&call.agent.who.id)) else {
        return Ok(None);
    };
    let all = scheduled::of(tx.db().await?, &here.id).await?;
    Ok(all.into_iter().filter(|later| later.asks.is_some()).map(|later| later.event).next_back())
}

/// `!yes` or `!no` to a text that waits for that.
pub(super) async fn word(tx: &mut Tx<'_>, call: &Call<'_>, event: &EventId, yes: bool) -> Result<()> {
    let says = if yes {
        later::send(tx, call.agent, event).await?
    } else {
        let which = scheduled::by_event(tx.db().await?, event).await?.into_iter().collect();
        Some(later::take_back(tx, call.agent, which).await?)
    };
    match says {
        Some(says) => call.answer(tx, call.about(says)).await,
        None => Ok(()),
    }
}
