//! `!email`: begins an e-mail to the customer.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::command::shown;
use super::subject::here;
use super::{Call, Command, Who, line, targets, written};
use crate::acts::emails;
use crate::commit::Tx;
use crate::domain::agent::Permission;
use crate::domain::contact;
use crate::domain::interaction::Interaction;
use crate::domain::notice::{ListRow, Missing, Refusal, Says};
use crate::domain::text::links::Action;
use crate::store::{Result, contacts};

/// The commands of this family.
pub(super) const COMMANDS: &[Command] = &[Command {
    name: "email",
    aliases: &[],
    arguments: "[n or address]",
    does: "begin an e-mail to this customer; you get a link that opens it in your mail program, and the history \
           says that you began it. Without an address it goes to the one that is known of them",
    who: Who::With(Permission::Email),
    changes: true,
    run,
}];

/// What a row of the list runs.
const ROW: &str = "email {}";

fn run<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let Some(of) = here(tx, call).await? else { return Ok(()) };
        let Some(address) = address(tx, call, &of).await? else { return Ok(()) };
        let card = emails::begin(tx, call.agent, &of, &address).await?;
        call.answer(tx, Says::Email(card).about(&of.id)).await
    }
    .boxed()
}

/// The address that is meant. If there is none, or several may be, the agent is told.
async fn address(tx: &mut Tx<'_>, call: &Call<'_>, of: &Interaction) -> Result<Option<String>> {
    let Some(known) = contacts::by_id(tx.db().await?, &of.contact.id).await? else {
        // The contact is being erased.
        call.answer(tx, call.about(Says::no_such(Missing::named("contact", of.contact.id.as_str()), "")))
            .await?;
        return Ok(None);
    };
    let typed = line::value(call.arguments);
    if typed.is_empty() {
        match known.emails.as_slice() {
            [] => {
                let contact = of.contact.name.clone();
                let says = Says::Refused { why: Refusal::NoEmail { contact } };
                call.answer(tx, says.about(&of.id)).await?;
                return Ok(None);
            }
            [only] => return Ok(Some(only.clone())),
            several => {
                let row = |email: &String| ListRow {
                    key: email.clone(),
                    title: email.clone(),
                    detail: String::new(),
                    secs: None,
                    room: None,
                };
                let rows = several.iter().map(row).collect();
                targets::choose(tx, call, "To which address? Pick one", rows, ROW.to_owned()).await?;
                return Ok(None);
            }
        }
    }
    let row = match line::row_number(typed) {
        Some(number) => by_number(tx, call, of, number).await?,
        None => None,
    };
    let typed = match row {
        Some(Action::Email(address)) => address,
        Some(Action::Call(_)) => {
            let problem =
                format!("{typed} is a phone number there; {}call {typed} calls it", tx.settings.prefix);
            call.bad_value(tx, &problem).await?;
            return Ok(None);
        }
        None => typed.to_owned(),
    };
    match contact::email(&typed) {
        Ok(address) => Ok(Some(address)),
        Err(unfit) => {
            call.bad_value(tx, &unfit.to_string()).await?;
            Ok(None)
        }
    }
}

/// The address of a row: of the list that was shown for this, or of the notice about the customer's last
/// text.
async fn by_number(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    of: &Interaction,
    number: usize,
) -> Result<Option<Action>> {
    let listed = shown(tx, call.agent, call.said).await?.filter(|shown| shown.rows.run == ROW);
    if let Some(listed) = listed {
        return Ok(listed.rows.keys.get(number - 1).cloned().map(Action::Email));
    }
    written::in_last_text(tx, of, number).await
}
