//! `!count`: what a text takes, as phone companies count it, before or after it is sent.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use ruma::{EventId, OwnedEventId};

use super::{Call, Command, Who};
use crate::acts::responses;
use crate::commit::Tx;
use crate::domain::address::Channel;
use crate::domain::effect::{ReadText, Role, TextRead};
use crate::domain::interaction::Interaction;
use crate::domain::notice::{Problem, Says, Segments};
use crate::domain::reply::text_of;
use crate::domain::text::prefix::{self, Typed};
use crate::store::rooms::{self, Posted, Stands};
use crate::store::{Result, replies, transcript};

/// The commands of this family.
pub(super) const COMMANDS: &[Command] = &[Command {
    name: "count",
    aliases: &[],
    arguments: "[text]",
    does: "count the segments of a text; and show its encoding and what makes it long. As a reply to a message, \
           yours or the customer's, that one, without a text your last message",
    who: Who::Everyone,
    changes: false,
    run: count,
}];

/// What is to be counted.
enum Meant {
    /// This text, as it is sent.
    Sent(String),
    /// What the contact wrote in this event, which the homeserver knows.
    Received(OwnedEventId),
    /// Nothing, because this is wrong.
    Nothing(Problem),
}

/// `!count`.
fn count<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        match meant(tx, call).await? {
            Meant::Sent(text) => {
                let rules =
                    call.said.session().map_or(Channel::Sms.rules(), |here| here.contact.number.rules());
                let parts = tx.settings.cut(rules).parts(&text);
                let says = Says::Count(Segments::of(&text, parts.iter().map(String::as_str)));
                call.answer(tx, says.plainly()).await
            }
            Meant::Received(event) => {
                let Some(here) = call.said.session() else { return Ok(()) };
                let (to, asked) = (call.said.place.clone(), call.said.event.event_id.clone());
                tx.emit(ReadText { interaction: here.id.clone(), event, to, asked }).await
            }
            Meant::Nothing(problem) => call.usage(tx, problem).await,
        }
    }
    .boxed()
}

/// A text of the contact was read: says what it took on its way here.
pub(crate) async fn counted(tx: &mut Tx<'_>, read: &TextRead) -> Result<()> {
    let says = match &read.text {
        Some(text) => Says::Count(Segments::of(text, std::iter::once(text.as_str()))),
        None => Says::Usage { usage: COMMANDS[0].usage(), problem: Problem::NotCounted },
    };
    tx.say(&read.to, says.plainly(), Some(read.asked.clone())).await
}

/// The text that is meant: the one typed, the one the command replies to, or the last that the agent sent.
async fn meant(tx: &mut Tx<'_>, call: &Call<'_>) -> Result<Meant> {
    if !call.arguments.is_empty() {
        return Ok(Meant::Sent(as_sent(tx, call, call.arguments).await?));
    }
    let newest = match (call.said.reply_to, call.said.session()) {
        (Some(event), _) => return answered(tx, call, event).await,
        (None, Some(here)) => replies::newest(tx.db().await?, &here.id, 1).await?,
        (None, None) => replies::newest_of(tx.db().await?, &call.agent.who.id, 1).await?,
    };
    Ok(match newest.first() {
        Some(last) => Meant::Sent(last.whole()),
        None => Meant::Nothing(Problem::TextMissing),
    })
}

/// What would be sent if this was typed alone: `#hello` is the text of a standard response, with its blanks
/// as they are shown, and of `!!text` one prefix goes.
async fn as_sent(tx: &mut Tx<'_>, call: &Call<'_>, typed: &str) -> Result<String> {
    let shortcut = match prefix::classify(typed, &tx.settings.prefix) {
        Typed::Escaped(text) => return Ok(text),
        Typed::LoneShortcut(shortcut) => shortcut,
        Typed::Command(_) | Typed::Internal | Typed::SlashCommand | Typed::Text => {
            return Ok(typed.to_owned());
        }
    };
    let Some(here) = call.said.session() else { return Ok(typed.to_owned()) };
    let all = responses::usable(tx, &here.queue).await?;
    let Some(response) = responses::of_shortcut(&all, shortcut) else { return Ok(typed.to_owned()) };
    let text = responses::text(tx, (here, call.agent), response).await?;
    Ok(text.unwrap_or_else(|| typed.to_owned()))
}

/// The text that the command replies to.
async fn answered(tx: &mut Tx<'_>, call: &Call<'_>, event: &OwnedEventId) -> Result<Meant> {
    let text = match (rooms::posted(tx.db().await?, &call.said.place, event).await?, call.said.session()) {
        (Some((Posted::Contact, Stands::Here)), Some(_)) => return Ok(Meant::Received(event.clone())),
        (Some((Posted::Notice(Some(Role::DeskText { text, .. })), _)), _) => Some(text),
        (Some(_), _) | (None, None) => None,
        (None, Some(here)) => said_in(tx, here, event).await?,
    };
    Ok(text.map_or(Meant::Nothing(Problem::NotCounted), Meant::Sent))
}

/// What an agent said in an event of a conversation's room.
async fn said_in(tx: &mut Tx<'_>, here: &Interaction, event: &EventId) -> Result<Option<String>> {
    if let Some(reply) = replies::by_event(tx.db().await?, &here.id, event).await? {
        return Ok(Some(reply.whole()));
    }
    let line = transcript::line(tx.db().await?, &here.id, event).await?;
    let text = line.map(|line| text_of(&line.body).to_owned());
    Ok(text.filter(|text| !text.trim().is_empty()))
}
