//! Commands of supervisors: they see and steer the work of others.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::{Call, Command, Who, line, targets};
use crate::desk::{Tx, interaction_id};
use crate::domain::notice::Says;
use crate::domain::session::Event;
use crate::store::{Result, interactions};

/// The commands of this family.
pub(super) const COMMANDS: &[Command] = &[Command {
    name: "assign",
    aliases: &[],
    arguments: "<id> <agent>",
    does: "give a conversation to an agent, whoever has it",
    who: Who::Supervisors,
    changes: true,
    run: assign,
}];

/// `!assign <id> <agent>`.
fn assign<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let (id, rest) = line::first_word(call.arguments);
        let id = targets::key(tx, call, id).await?;
        let (name, _) = line::first_word(rest);
        if name.is_empty() {
            return call.usage(tx, "say which conversation goes to whom").await;
        }
        let found = match interaction_id(&id) {
            Some(id) => interactions::by_id(tx.conn, &id).await?,
            None => None,
        };
        let Some(interaction) = found else {
            return call
                .answer(tx, Says::NoSuchTarget { what: format!("conversation {id}") }.plainly())
                .await;
        };
        let Some(to) = targets::agent(tx, call, name, "").await? else { return Ok(()) };
        let event = Event::Assigned { to: to.who.clone(), by: call.agent.who.clone() };
        match tx.happen(&interaction, event).await? {
            Ok(_) => {
                let (contact, to) = (interaction.contact.name.clone(), to.who.name);
                call.answer(tx, Says::Given { contact, to }.about(&interaction.id)).await
            }
            Err(refused) => call.refused(tx, &interaction, refused).await,
        }
    }
    .boxed()
}
