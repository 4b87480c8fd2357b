//! `!count`: what a text takes, as phone companies count it, before or after it is sent.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use ruma::EventId;

use super::{Call, Command, Who};
use crate::commit::Tx;
use crate::domain::address::Channel;
use crate::domain::interaction::Interaction;
use crate::domain::notice::{Problem, Says, Segments};
use crate::domain::reply::Reply;
use crate::store::{Result, interactions, replies};

/// The commands of this family.
pub(super) const COMMANDS: &[Command] = &[Command {
    name: "count",
    aliases: &[],
    arguments: "[text]",
    does: "count the segments of a text; and show its encoding and what makes it long. As a reply to a message \
           that one, without a text your last message",
    who: Who::Everyone,
    changes: false,
    run: count,
}];

/// `!count`.
fn count<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let Some(text) = text(tx, call).await? else {
            return call.usage(tx, Problem::TextMissing).await;
        };
        let rules = call.said.session().map_or(Channel::Sms.rules(), |here| here.contact.number.rules());
        let parts = tx.settings.cut(rules).parts(&text);
        let says = Says::Count(Segments::of(&text, parts.iter().map(String::as_str)));
        call.answer(tx, says.plainly()).await
    }
    .boxed()
}

/// The text that is meant: the one typed, the one the command replies to, or the last that the agent sent.
async fn text(tx: &mut Tx<'_>, call: &Call<'_>) -> Result<Option<String>> {
    if !call.arguments.is_empty() {
        return Ok(Some(call.arguments.to_owned()));
    }
    match (call.said.reply_to, call.said.session()) {
        (Some(event), Some(here)) => said_in(tx, here, event).await,
        (Some(_), None) => Ok(None),
        (None, Some(here)) => {
            let newest = replies::newest(tx.db().await?, &here.id, 1).await?;
            Ok(newest.first().map(Reply::whole))
        }
        (None, None) => {
            let newest = replies::newest_of(tx.db().await?, &call.agent.who.id, 1).await?;
            Ok(newest.first().map(Reply::whole))
        }
    }
}

/// What an event of a conversation's room says.
async fn said_in(tx: &mut Tx<'_>, here: &Interaction, event: &EventId) -> Result<Option<String>> {
    if let Some(reply) = replies::by_event(tx.db().await?, &here.id, event).await? {
        return Ok(Some(reply.whole()));
    }
    let line = interactions::line(tx.db().await?, &here.id, event).await?;
    Ok(line.map(|line| line.body).filter(|body| !body.trim().is_empty()))
}
