//! Questions whether something is to be done. `!1`, `!yes` and `!no` answer the last one, once, unless something
//! else was typed in between.

use super::{Said, about, refused, row, shown};
use crate::commit::Tx;
use crate::domain::agent::Agent;
use crate::domain::ids::AgentId;
use crate::domain::notice::{Missing, Says};
use crate::store::lists::{self, Shown};
use crate::store::{Result, conversations};

/// Whether a line says yes or no, and nothing else.
fn yes_or_no(line: &str) -> Option<bool> {
    match line.to_lowercase().as_str() {
        "yes" | "y" => Some(true),
        "no" | "n" => Some(false),
        _ => None,
    }
}

/// The command line that is to be run: what was typed; or, if that says yes to a question that the agent was
/// asked, the one that does it. Nothing if it said no to one, which is answered. What is offered to the agent
/// goes before: there, a yes takes it.
pub(super) async fn answered(
    tx: &mut Tx<'_>,
    agent: &Agent,
    said: &Said<'_>,
    line: &str,
) -> Result<Option<String>> {
    let typed = Some(line.to_owned());
    let Some(asked) = shown(tx, agent, said).await?.filter(|shown| shown.asks && !shown.is_over) else {
        return Ok(typed);
    };
    settle(tx, agent, said, &asked).await?;
    match yes_or_no(line) {
        Some(_) if said.reply_to.is_some() || is_offered(tx, agent, said).await? => Ok(typed),
        Some(true) => Ok(row(&asked.rows, 1)),
        Some(false) => left(tx, said).await.map(|()| None),
        None => Ok(typed),
    }
}

/// The question is over, if it is one.
pub(super) async fn settle(tx: &mut Tx<'_>, agent: &Agent, said: &Said<'_>, asked: &Shown) -> Result<()> {
    if !asked.asks {
        return Ok(());
    }
    lists::settle(tx.db().await?, (&said.place, &agent.who.id), asked).await
}

/// Whether something is offered to the agent that a yes would take: the conversation of the room, or in a
/// console any.
async fn is_offered(tx: &mut Tx<'_>, agent: &Agent, said: &Said<'_>) -> Result<bool> {
    let me = &agent.who.id;
    Ok(match said.subject() {
        Some(id) => {
            conversations::by_id(tx.db().await?, id).await?.is_some_and(|here| here.is_offered_to(me))
        }
        None => conversations::offered_to(tx.db().await?, me).await?.is_some(),
    })
}

/// A reaction or reply says no to a question, unless it is another's or an older one.
pub(crate) async fn decline(
    tx: &mut Tx<'_>,
    agent: &Agent,
    said: &Said<'_>,
    (list, of): (&str, Option<&AgentId>),
) -> Result<()> {
    if let Some(says) = refused(tx, agent, said, (list, of)).await? {
        return tx.say(&said.place, about(said, says), Some(said.event.event_id.clone())).await;
    }
    match shown(tx, agent, said).await? {
        Some(asked) if asked.asks && !asked.is_over => {
            settle(tx, agent, said, &asked).await?;
            left(tx, said).await
        }
        Some(_) | None => {
            let says = Says::no_such(Missing::QuestionOver, "");
            tx.say(&said.place, says.plainly(), Some(said.event.event_id.clone())).await
        }
    }
}

async fn left(tx: &mut Tx<'_>, said: &Said<'_>) -> Result<()> {
    let says = about(said, Says::LeftAsItWas);
    tx.say(&said.place, says, Some(said.event.event_id.clone())).await
}
