//! `!save`: what the contact sent, as they sent it, for those who may have it.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use ruma::EventId;

use super::subject::here;
use super::{Call, Command, Who};
use crate::acts::pictures::parked;
use crate::commit::Tx;
use crate::domain::agent::Permission;
use crate::domain::effect::{Place, Role};
use crate::domain::interaction::Interaction;
use crate::domain::notice::{Problem, Refusal, Says};
use crate::domain::retention::Old;
use crate::store::originals::{self, Found};
use crate::store::rooms::{self, Posted, Stands};
use crate::store::{Result, agents};

/// The commands of this family.
pub(super) const COMMANDS: &[Command] = &[Command {
    name: "save",
    aliases: &[],
    arguments: "",
    does: "get what the customer sent, into your console; as a reply to a picture or file, or for the last one",
    who: Who::With(Permission::MediaSave),
    changes: true,
    run: save,
}];

/// `!save`, as a reply to a picture or file or to a notice about it, or for the last one.
fn save<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let Some(of) = here(tx, call).await? else { return Ok(()) };
        if !call.arguments.is_empty() {
            return call.usage(tx, Problem::SaveByReply).await;
        }
        let found = match find(tx, call, &of).await? {
            Ok(found) => found,
            Err(why) => return refuse(tx, call, &of, why).await,
        };
        let Found { original, of: which, is_kept } = found;
        if original.url.is_none() {
            return refuse(tx, call, &of, Refusal::OriginalNotTaken).await;
        }
        if !is_kept {
            let days = days(tx, &of).await?;
            return refuse(tx, call, &of, Refusal::OriginalErased { days }).await;
        }
        let saved = |file| {
            let contact = of.contact.name.clone();
            Says::Saved { of: which.clone(), contact, file }.about(&of.id)
        };
        let console = Place::Console(call.agent.who.id.clone());
        tx.say(&console, saved(Some(original)), None).await?;
        call.answer(tx, saved(None)).await
    }
    .boxed()
}

async fn refuse(tx: &mut Tx<'_>, call: &Call<'_>, of: &Interaction, why: Refusal) -> Result<()> {
    call.answer(tx, Says::Refused { why }.about(&of.id)).await
}

/// The attachment that is meant; or why there is none.
async fn find(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    of: &Interaction,
) -> Result<std::result::Result<Found, Refusal>> {
    if let Some(event) = call.said.reply_to {
        return replied_to(tx, call, of, event).await;
    }
    let is_fetched = parked(tx, &of.id).await?.iter().all(|(_, effect)| effect.awaited().is_none());
    if !is_fetched {
        return Ok(Err(Refusal::StillFetched));
    }
    Ok(originals::last(tx.db().await?, &of.id).await?.ok_or(Refusal::NoAttachments))
}

/// The attachment that an event shows, or that the bot says something about there; or why there is none.
async fn replied_to(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    of: &Interaction,
    event: &EventId,
) -> Result<std::result::Result<Found, Refusal>> {
    let (found, why) = match rooms::posted(tx.db().await?, &call.said.place, event).await? {
        Some((Posted::Contact, Stands::Here)) => {
            (originals::by_event(tx.db().await?, &of.id, event).await?, Refusal::NoAttachment)
        }
        Some((Posted::Notice(Some(Role::Attachment { picture })), Stands::Here)) => {
            (originals::by_key(tx.db().await?, &of.id, &picture).await?, Refusal::NeverFetched)
        }
        Some(_) | None => (None, Refusal::NoAttachment),
    };
    Ok(found.ok_or(why))
}

/// For how many days after the end of a conversation its pictures and files are kept; 0 for ever.
async fn days(tx: &mut Tx<'_>, of: &Interaction) -> Result<u64> {
    let queue = agents::queue(tx.db().await?, &of.queue).await?;
    let own = queue.and_then(|queue| queue.keeps(Old::Media));
    Ok(own.unwrap_or_else(|| tx.settings.desk.keeps().days(Old::Media)))
}
