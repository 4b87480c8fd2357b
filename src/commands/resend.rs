//! `!resend`: a message that failed is sent again, from the room it was typed in or from the console.

use std::collections::HashSet;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use ruma::EventId;

use super::Call;
use crate::acts::replies::resend as send_again;
use crate::acts::rights::may_send_again;
use crate::commit::Tx;
use crate::domain::effect::Role;
use crate::domain::interaction::{Interaction, Work};
use crate::domain::notice::{NotResent, Quoted, Says};
use crate::domain::reply::{Part, Reply, ReplyState};
use crate::store::rooms::{self, Posted, Stands};
use crate::store::{Result, interactions, replies};

/// How many messages back a failed one is looked for.
const LOOK_BACK: i64 = 20;

/// The message to send again, or why there is none.
type Found = std::result::Result<(Reply, Vec<Part>), NotResent>;

/// `!resend`, as a reply to a message or to the notice about it, or for the last one that failed.
pub(super) fn resend<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let (reply, parts) = match find(tx, call).await? {
            Ok(found) => found,
            Err(why) => return refuse(tx, call, why).await,
        };
        let Some(interaction) = interactions::by_id(tx.db().await?, &reply.interaction).await? else {
            return refuse(tx, call, NotResent::Forgotten).await;
        };
        if let Some(why) = obstacle(tx, call, (&interaction, &reply)).await? {
            return refuse(tx, call, why).await;
        }
        send_again(tx, &interaction, &reply, call.agent, &parts).await?;
        if call.said.session().is_some() {
            // The mark at the message tells.
            return Ok(());
        }
        let of = Quoted {
            contact: interaction.contact.name.clone(),
            text: parts.iter().map(Part::in_words).collect::<Vec<_>>().join("\n"),
        };
        call.answer(tx, Says::Resent { of }.about(&interaction.id)).await
    }
    .boxed()
}

async fn refuse(tx: &mut Tx<'_>, call: &Call<'_>, why: NotResent) -> Result<()> {
    call.answer(tx, Says::ResendRefused { why }.plainly()).await
}

/// The message that is meant: the one the command replies to, or the last that failed, in this room or in all
/// the agent's conversations.
async fn find(tx: &mut Tx<'_>, call: &Call<'_>) -> Result<Found> {
    let me = &call.agent.who.id;
    let newest = match (call.said.reply_to, call.said.session()) {
        (Some(event), _) => return answered(tx, call, event).await,
        (None, Some(here)) => replies::newest(tx.db().await?, &here.id, LOOK_BACK).await?,
        (None, None) => replies::newest_of(tx.db().await?, me, LOOK_BACK).await?,
    };
    let mut found = newest_of_each(newest).into_iter().find_map(failed);
    if found.is_none() && call.said.session().is_none() {
        let begun = replies::begun_by(tx.db().await?, me, LOOK_BACK).await?;
        found = newest_of_each(begun).into_iter().find_map(failed);
    }
    Ok(found.ok_or(NotResent::NoneFailed))
}

/// The message that is meant by a reply to it, or to the notice about it.
async fn answered(tx: &mut Tx<'_>, call: &Call<'_>, event: &EventId) -> Result<Found> {
    let meant = match (rooms::posted(tx.db().await?, &call.said.place, event).await?, call.said.session()) {
        (Some((Posted::Notice(Some(Role::Failed { reply })), Stands::Here)), _) => {
            replies::by_id(tx.db().await?, &reply).await?
        }
        (None, Some(here)) => match replies::by_event(tx.db().await?, &here.id, event).await? {
            Some(reply) => Some(reply),
            None => call.begun_in(tx, event).await?,
        },
        (None, None) => call.begun_in(tx, event).await?,
        (Some(_), _) => None,
    };
    // A picture that went with another failed with it.
    let meant = match meant {
        Some(Reply { state: ReplyState::Joined { into }, .. }) => {
            replies::by_id(tx.db().await?, &into).await?
        }
        meant => meant,
    };
    let Some(meant) = meant else { return Ok(Err(NotResent::NoMessage)) };
    if meant.state == ReplyState::Dropped {
        return Ok(Err(NotResent::NeverSent));
    }
    let newest = replies::by_event(tx.db().await?, &meant.interaction, &meant.event).await?;
    if newest.is_some_and(|newest| newest.id != meant.id) {
        return Ok(Err(NotResent::SentAgain));
    }
    Ok(failed(meant).ok_or(NotResent::DidNotFail))
}

fn failed(reply: Reply) -> Option<(Reply, Vec<Part>)> {
    let parts = reply.to_resend()?;
    Some((reply, parts))
}

/// Only the newest sending of each message, so that `!resend` twice does not send twice.
fn newest_of_each(newest_first: Vec<Reply>) -> Vec<Reply> {
    let mut seen = HashSet::new();
    newest_first.into_iter().filter(|reply| seen.insert(reply.event.clone())).collect()
}

/// Why an agent cannot send a message of this conversation again now, if they cannot.
async fn obstacle(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    (interaction, reply): (&Interaction, &Reply),
) -> Result<Option<NotResent>> {
    let is_from_here = reply.place() == call.said.place;
    if !is_from_here && call.said.session().is_some_and(|here| here.id != interaction.id) {
        return Ok(Some(NotResent::OtherConversation));
    }
    if interaction.work().is_some_and(|work| work != Work::Active) {
        return Ok(Some(NotResent::NotActive));
    }
    let is_theirs = may_send_again(tx, interaction, call.agent).await?;
    Ok((!is_theirs).then_some(NotResent::NotYours))
}
