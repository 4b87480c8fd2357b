//! Erasing a contact: shows what there is of them, and erases them for ever once their id is typed twice by
//! whoever was shown that not long before.

use std::time::Duration;

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
use crate::domain::notice::{EraseCard, Missing, Problem, QuotedLine, Refusal, Says};
use crate::domain::text::sanitize;
use crate::store::lists::{self, Rows};
use crate::store::{Result, contacts, erase_asked};

/// The word behind the ids by which what others wrote stays if it tells of the contact by nothing but a name.
const KEEP_NAMES: &str = "keep-names";
/// How long the question stands.
const ASKED_FOR: Duration = Duration::from_mins(15);
/// How much of a line that would go is quoted, in characters.
const QUOTED_CHARS: usize = 120;

/// The commands of this family.
pub(super) const COMMANDS: &[Command] = &[Command {
    name: "erase",
    aliases: &[],
    arguments: "<contact> | <id> <id> [keep-names]",
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
            let (again, more) = line::first_word(rest);
            let keep_names = line::value(more) == KEEP_NAMES;
            if first != line::value(again) || !(keep_names || more.is_empty()) {
                return call.usage(tx, Problem::IdNotRepeated { id: first.to_owned() }).await;
            }
            return Box::pin(repeated(tx, call, &ContactId::new(first), keep_names)).await;
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

/// An id was typed twice: erases the contact if it was shown not long before what that takes, and shows it
/// now if not.
async fn repeated(tx: &mut Tx<'_>, call: &Call<'_>, id: &ContactId, keep_names: bool) -> Result<()> {
    if let Some(why) = forget::obstacle(tx, id).await? {
        return refuse(tx, call, why).await;
    }
    let since = tx.now - ASKED_FOR;
    if erase_asked::was_asked(tx.db().await?, &call.agent.who.id, id, since).await? {
        return Box::pin(begin(tx, call, id, keep_names)).await;
    }
    match contacts::by_id(tx.db().await?, id).await? {
        Some(contact) => show(tx, call, contact).await,
        None => refuse(tx, call, NotErased::Unknown { id: id.clone() }).await,
    }
}

/// Shows what would be erased, and what to type to do it.
async fn show(tx: &mut Tx<'_>, call: &Call<'_>, contact: Contact) -> Result<()> {
    let forget::Extent { numbers, shared, counted, blocked, opted_out, of_others } =
        forget::extent(tx, &contact).await?;
    let (agent, id, now) = (&call.agent.who.id, contact.id.clone(), tx.now);
    erase_asked::add(tx.db().await?, agent, &id, (now, now - ASKED_FOR)).await?;
    let quoted = of_others.quoted.into_iter().map(|said| QuotedLine {
        interaction: said.interaction,
        text: sanitize::cut(&sanitize::one_line(&said.text), QUOTED_CHARS),
    });
    let card = EraseCard {
        contact: contact.name,
        contact_id: contact.id.as_str().to_owned(),
        numbers,
        shared_numbers: shared,
        emails: contact.emails,
        conversations: counted.conversations,
        open: counted.open,
        texts: counted.texts,
        lines_of_others: of_others.count,
        more_of_others: of_others.more,
        quoted: quoted.collect(),
        blocked,
        opted_out,
        whole: matches!(call.said.place, Place::Console(_)) && call.agent.may(Permission::SeeNumbers),
    };
    call.answer(tx, Says::EraseContact(card).plainly()).await?;
    // A yes is no answer to that: it is told what is.
    let rows = Rows { run: "erase {} yes".to_owned(), keys: vec![id.as_str().to_owned()] };
    lists::ask(tx.db().await?, (&call.said.place, agent), &rows, now).await
}

async fn begin(tx: &mut Tx<'_>, call: &Call<'_>, id: &ContactId, keep_names: bool) -> Result<()> {
    let (by, asked) = (&call.agent.who, Asked::Agent(call.agent.who.id.clone()));
    let forget::Begun { id, closed } = match Box::pin(forget::begin(tx, id, by, (asked, keep_names))).await? {
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
