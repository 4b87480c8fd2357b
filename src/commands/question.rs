//! What picks a row of a list, and what answers a question whether something is to be done. `!1`, `!yes` and
//! `!no` answer the last one, once, unless something else was typed in between; a reaction to it, or a reply,
//! means that one whatever was typed.

use super::command::{Said, about, shown};
use super::line;
use crate::commit::Tx;
use crate::domain::agent::Agent;
use crate::domain::ids::AgentId;
use crate::domain::notice::{Missing, Says};
use crate::store::lists::{self, Rows, Shown};
use crate::store::{Result, agents, conversations};

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
    let Some(asked) = shown(tx, agent, said).await?.filter(Shown::waits) else { return Ok(typed) };
    match yes_or_no(line) {
        Some(_) if said.reply_to.is_some() || is_offered(tx, agent, said).await? => {}
        Some(true) => {
            settle(tx, agent, said, &asked).await?;
            return Ok(row(&asked.rows, 1));
        }
        Some(false) => {
            settle(tx, agent, said, &asked).await?;
            return left(tx, said).await.map(|()| None);
        }
        None => {}
    }
    let passed = Shown { is_passed: true, ..asked };
    lists::settle(tx.db().await?, (&said.place, &agent.who.id), &passed).await?;
    Ok(typed)
}

/// The question is over, if it is one.
pub(super) async fn settle(tx: &mut Tx<'_>, agent: &Agent, said: &Said<'_>, asked: &Shown) -> Result<()> {
    if !asked.asks {
        return Ok(());
    }
    let over = Shown { is_over: true, ..asked.clone() };
    lists::settle(tx.db().await?, (&said.place, &agent.who.id), &over).await
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
    if let Some(says) = refused(tx, agent, said, (list, of), true).await? {
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

/// Why a row of a list is not done, or a question not answered: it is another's, or an older one.
pub(super) async fn refused(
    tx: &mut Tx<'_>,
    agent: &Agent,
    said: &Said<'_>,
    (list, of): (&str, Option<&AgentId>),
    asks: bool,
) -> Result<Option<Says>> {
    Ok(match of {
        None if !said.is_owned_by(&agent.who.id) => Some(Says::NotOwner),
        Some(other) if *other != agent.who.id => {
            let name = agents::by_id(tx.db().await?, other)
                .await?
                .map_or_else(|| other.to_string(), |of| of.who.name);
            Some(Says::no_such(Missing::OthersList { who: name }, ""))
        }
        _ => {
            let newest = shown(tx, agent, said).await?;
            let is_older = newest.is_none_or(|newest| newest.rows.id() != list);
            let missing = if asks { Missing::QuestionOver } else { Missing::OlderList };
            is_older.then(|| Says::no_such(missing, ""))
        }
    })
}

/// The command line that a number stands for: a row of the list that the agent was shown last in the room,
/// at which they point, or not. Says so if there is none.
pub(super) async fn picked(
    tx: &mut Tx<'_>,
    agent: &Agent,
    said: &Said<'_>,
    (number, points): (usize, bool),
) -> Result<Option<String>> {
    let shown = shown(tx, agent, said).await?;
    let missing = match shown {
        Some(Shown { is_over: true, .. }) => Missing::QuestionOver,
        Some(Shown { is_passed: true, .. }) if !points => Missing::QuestionOver,
        Some(shown) => match row(&shown.rows, number) {
            Some(line) => {
                settle(tx, agent, said, &shown).await?;
                return Ok(Some(line));
            }
            None => Missing::Row { number },
        },
        None => Missing::Row { number },
    };
    let says = Says::no_such(missing, "");
    tx.say(&said.place, says.plainly(), Some(said.event.event_id.clone())).await?;
    Ok(None)
}

/// The command line of a row, from 1.
fn row(rows: &Rows, number: usize) -> Option<String> {
    let key = line::as_word(rows.keys.get(number - 1)?, |_| false);
    Some(rows.run.replacen("{}", &key, 1))
}
