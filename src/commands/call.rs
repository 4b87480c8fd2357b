//! `!call`: calls a contact, the agent's own phone first.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::{Call, Command, Who, line, targets, written};
use crate::acts::calls::{self as acts, Calling, says};
use crate::acts::outbound::{self, To};
use crate::commit::Tx;
use crate::domain::address::{Address, parse};
use crate::domain::agent::Permission;
use crate::domain::call::NotDialled;
use crate::domain::contact::Contact;
use crate::domain::interaction::Interaction;
use crate::domain::notice::{CallNews, CallRefusal, ListRow, Missing, Problem, Refusal, Says};
use crate::domain::text::links::Action;
use crate::domain::text::{numbers, sanitize};
use crate::store::{Result, contacts};

/// The commands of this family.
pub(super) const COMMANDS: &[Command] = &[Command {
    name: "call",
    aliases: &[],
    arguments: "[n or number or contact] | hold | resume | end",
    does: "call a customer by phone; your own phone rings first, and once you answer, theirs does. Alone, it calls \
           the customer of the room; a number stands for the row of a list, or of the numbers in their last text. \
           With hold, they hear music and not you; resume brings them back, and end ends the call",
    who: Who::With(Permission::Call),
    // The line holds that they called.
    changes: false,
    run,
}];

fn run<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let typed = call.arguments.trim();
        if typed.eq_ignore_ascii_case("end") {
            return end(tx, call).await;
        }
        if tx.now.since(call.said.event.at) > tx.settings.desk.late() {
            return call.answer(tx, call.about(Says::Refused { why: Refusal::TypedLongAgo })).await;
        }
        for (word, on) in [("hold", true), ("resume", false)] {
            if typed.eq_ignore_ascii_case(word) {
                return hold(tx, call, on).await;
            }
        }
        match whom(tx, call, typed).await? {
            Some(to) => place(tx, call, &to).await,
            None => Ok(()),
        }
    }
    .boxed()
}

/// `!call end`.
async fn end(tx: &mut Tx<'_>, call: &Call<'_>) -> Result<()> {
    match acts::hang_up(tx, call.agent).await? {
        Some(of) => {
            tx.audit(call.agent, call.command.name, Some(&of.id), "end").await?;
            call.answer(tx, says(&of, CallNews::HangingUp).about(&of.id)).await
        }
        None => refuse(tx, call, "", NotDialled::NoCall).await,
    }
}

/// `!call hold`, `!call resume`. The agent reads it once the provider has done it, since the contact hears
/// them until then.
async fn hold(tx: &mut Tx<'_>, call: &Call<'_>, on: bool) -> Result<()> {
    let said = (call.said.place.clone(), call.said.event.event_id.clone());
    match acts::hold(tx, call.agent, on, said).await? {
        Ok(of) => {
            let detail = if on { "hold" } else { "resume" };
            tx.audit(call.agent, call.command.name, Some(&of.id), detail).await
        }
        Err((of, why)) => refuse(tx, call, of.as_ref().map_or("", |of| &of.contact.name), why).await,
    }
}

/// Calls whoever is meant, if nothing is in the way.
async fn place(tx: &mut Tx<'_>, call: &Call<'_>, to: &To) -> Result<()> {
    if let Some(why) = acts::obstacle(tx, call.agent, to).await? {
        return refuse(tx, call, &to.contact.name, why).await;
    }
    let ours = outbound::from(tx, &call.agent.queues, &to.contact.number, here(call)).await?;
    let Some(ours) = ours else {
        return refuse(tx, call, &to.contact.name, NotDialled::NoNumberOfOurs).await;
    };
    let calling = Calling {
        agent: call.agent,
        event: &call.said.event.event_id,
        place: &call.said.place,
        parent: call.said.subject(),
        to,
        ours: &ours,
    };
    match acts::begin(tx, calling).await? {
        Ok(begun) => {
            let detail = format!("called {}", begun.contact.id);
            tx.audit(call.agent, call.command.name, Some(&begun.id), &detail).await?;
            call.answer(tx, says(&begun, CallNews::Calling).about(&begun.id)).await
        }
        Err(why) => refuse(tx, call, &to.contact.name, why).await,
    }
}

fn here<'a>(call: &'a Call<'_>) -> Option<&'a Interaction> {
    call.said.session()
}

async fn refuse(tx: &mut Tx<'_>, call: &Call<'_>, contact: &str, why: NotDialled) -> Result<()> {
    let agent = call.agent.who.id.to_string();
    let says = Says::CallRefused(CallRefusal { contact: contact.to_owned(), agent, why });
    call.answer(tx, call.about(says)).await
}

/// Who is meant; nothing if whoever typed it was answered.
async fn whom(tx: &mut Tx<'_>, call: &Call<'_>, typed: &str) -> Result<Option<To>> {
    let of_room = super::subject::meant(tx, call).await?;
    if typed.is_empty() {
        return match of_room {
            Some(of) => of_interaction(tx, call, of).await,
            None => call.usage(tx, Problem::ContactMissing).await.map(|()| None),
        };
    }
    if let (Some(number), Some(of)) = (line::row_number(typed), &of_room)
        && let Some(Action::Call(written)) = written::in_last_text(tx, of, number).await?
    {
        return at_number(tx, Some(of), Address::sms(written)).await.map(Some);
    }
    let key = targets::key(tx, call, typed).await?;
    if line::is_id(&key) {
        let Some(of) = targets::interaction(tx, call, &key).await? else { return Ok(None) };
        return of_interaction(tx, call, of).await;
    }
    let country = tx.settings.desk.country.clone();
    if let Some((number, "")) = numbers::typed(&key, &country) {
        return at_number(tx, of_room.as_ref(), number).await.map(Some);
    }
    if key == typed
        && let Some(number) = line::row_number(typed)
    {
        call.answer(tx, call.about(Says::no_such(Missing::Row { number }, "contacts"))).await?;
        return Ok(None);
    }
    if let Ok(number) = parse::address(&key, &country) {
        return at_number(tx, of_room.as_ref(), number).await.map(Some);
    }
    let found = targets::contacts(tx, call, typed).await?;
    let run = format!("{} {{}}", call.command.name);
    let Some(contact) = targets::one_contact(tx, call, typed, found, &run).await? else { return Ok(None) };
    at_one(tx, call, contact).await
}

/// The contact of a conversation, at the number it is with.
async fn of_interaction(tx: &mut Tx<'_>, call: &Call<'_>, of: Interaction) -> Result<Option<To>> {
    match contacts::by_id(tx.db().await?, &of.contact.id).await? {
        Some(contact) if of.emptied_at.is_none() => Ok(Some(To::known(contact, of.contact.number))),
        Some(contact) => at_one(tx, call, contact).await,
        None => {
            let missing = Missing::named("customer", of.id.as_str());
            call.answer(tx, call.about(Says::no_such(missing, "contacts"))).await?;
            Ok(None)
        }
    }
}

/// Whoever has a number. In the room of a conversation, a number that nobody is known by is its contact's.
async fn at_number(tx: &mut Tx<'_>, of_room: Option<&Interaction>, number: Address) -> Result<To> {
    let to = To::at(tx, number).await?;
    if to.known.is_some() {
        return Ok(to);
    }
    let Some(of) = of_room else { return Ok(to) };
    let number = to.contact.number.clone();
    Ok(contacts::by_id(tx.db().await?, &of.contact.id).await?.map_or(to, |known| To::known(known, number)))
}

/// A contact at the number at which they can be called; of several, one is picked from a list.
async fn at_one(tx: &mut Tx<'_>, call: &Call<'_>, contact: Contact) -> Result<Option<To>> {
    let mut all = contacts::written_from(tx.db().await?, &contact.id).await?;
    all.retain(|number| crate::domain::address::e164(number.value()).is_ok());
    match all.as_slice() {
        [] => {
            refuse(tx, call, &contact.name, NotDialled::NoNumber).await?;
            Ok(None)
        }
        [number] => Ok(Some(To::known(contact, number.clone()))),
        several => {
            let row = |number: &Address| ListRow {
                key: number.to_string(),
                title: number.shown().into_owned(),
                detail: String::new(),
                secs: None,
                room: None,
            };
            let name = sanitize::cut(&contact.name, 60);
            let title = format!("{name} has {} numbers. Pick one", several.len());
            let rows = several.iter().map(row).collect();
            targets::show(tx, call, &title, rows, format!("{} {{}}", call.command.name)).await?;
            Ok(None)
        }
    }
}
