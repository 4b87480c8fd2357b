//! Erasing a contact: shows what there is of them, and erases them for ever once their id is typed twice.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::{Call, Command, Who, line, targets};
use crate::acts::forget;
use crate::commit::Tx;
use crate::domain::agent::Permission;
use crate::domain::contact::Contact;
use crate::domain::effect::Place;
use crate::domain::erasure::Asked;
use crate::domain::forget::NotErased;
use crate::domain::ids::ContactId;
use crate::domain::notice::{EraseCard, Missing, Problem, Refusal, Says};
use crate::domain::text::sanitize;
use crate::store::Result;

/// The commands of this family.
pub(super) const COMMANDS: &[Command] = &[Command {
    name: "erase",
    aliases: &[],
    arguments: "<contact> | <id> <id>",
    does: "erase a customer for ever; shows what there is of them first, and does it when their id is typed twice",
    who: Who::Admins,
    // The line names whom it erases.
    changes: false,
    run: erase,
}];

/// `!erase <contact>`, and `!erase <id> <id>`.
fn erase<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let (first, rest) = line::first_word(call.arguments);
        if is_id(first) && !rest.is_empty() {
            if first != line::value(rest) {
                return call.usage(tx, Problem::IdNotRepeated { id: first.to_owned() }).await;
            }
            return begin(tx, call, &ContactId::new(first)).await;
        }
        let typed = line::value(call.arguments);
        if typed.is_empty() {
            return call.usage(tx, Problem::ContactMissing).await;
        }
        if is_id(typed)
            && let Some(why) = forget::obstacle(tx, &ContactId::new(typed.to_lowercase())).await?
        {
            return refuse(tx, call, why).await;
        }
        let found = targets::contacts(tx, call, typed).await?;
        let Some(contact) = targets::one_contact(tx, call, typed, found, "erase {}").await? else {
            return Ok(());
        };
        show(tx, call, contact).await
    }
    .boxed()
}

/// Whether a word is written like the id of a contact.
fn is_id(word: &str) -> bool {
    word.get(..2).is_some_and(|begin| begin.eq_ignore_ascii_case("c-")) && !word.contains(char::is_whitespace)
}

/// Shows what would be erased, and what to type to do it.
async fn show(tx: &mut Tx<'_>, call: &Call<'_>, contact: Contact) -> Result<()> {
    let forget::Extent { numbers, shared, counted, blocked, opted_out } =
        forget::extent(tx, &contact).await?;
    let card = EraseCard {
        contact: contact.name,
        contact_id: contact.id.as_str().to_owned(),
        numbers,
        shared_numbers: shared,
        emails: contact.emails,
        conversations: counted.conversations,
        open: counted.open,
        texts: counted.texts,
        blocked,
        opted_out,
        whole: matches!(call.said.place, Place::Console(_)) && call.agent.may(Permission::SeeNumbers),
    };
    call.answer(tx, Says::EraseContact(card).plainly()).await
}

async fn begin(tx: &mut Tx<'_>, call: &Call<'_>, id: &ContactId) -> Result<()> {
    let (by, asked) = (&call.agent.who, Asked::Agent(call.agent.who.id.clone()));
    let forget::Begun { id, closed } = match forget::begin(tx, id, by, asked).await? {
        Ok(begun) => begun,
        Err(why) => return refuse(tx, call, why).await,
    };
    tx.audit(call.agent, call.command.name, None, &format!("erased a contact: {id}")).await?;
    let says = Says::Erasing { id, closed }.plainly();
    match &call.said.place {
        Place::Console(_) => call.answer(tx, says).await,
        // The room it was typed in may be the contact's, and is emptied.
        Place::Session(_) | Place::Talk(_) => {
            tx.say(&Place::Console(call.agent.who.id.clone()), says, None).await
        }
    }
}

async fn refuse(tx: &mut Tx<'_>, call: &Call<'_>, why: NotErased) -> Result<()> {
    let says = match why {
        NotErased::Unknown { id } => {
            Says::no_such(Missing::named("customer", &sanitize::cut(id.as_str(), 60)), "")
        }
        NotErased::Merged { into, .. } => {
            Says::Refused { why: Refusal::MergedInto { into: into.as_str().to_owned() } }
        }
        NotErased::BeingMade => Says::Refused { why: Refusal::BeingMade },
    };
    call.answer(tx, says.plainly()).await
}

#[cfg(test)]
mod tests {
    use super::is_id;

    #[test]
    fn what_is_written_like_the_id_of_a_contact_is_one() {
        for id in ["c-7f3k2a9q", "C-1", "c-"] {
            assert!(is_id(id), "{id}");
        }
        for other in ["", "c", "i-7f3k2", "cé-1", "é-1", "+14155550100", "Jane"] {
            assert!(!is_id(other), "{other}");
        }
    }
}
