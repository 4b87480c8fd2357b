//! Finds the agent, queue or route that a command names: an agent by id, name, pill, Matrix id or the number
//! of a row, a queue or route by its name.

use super::command::shown;
use super::{Call, line};
use crate::acts::ids::interaction_id;
use crate::commit::Tx;
use crate::domain::agent::Agent;
use crate::domain::find::{Candidate, Found, find};
use crate::domain::ids::QueueName;
use crate::domain::interaction::Interaction;
use crate::domain::notice::{ListRow, Missing, Says};
use crate::domain::queue::Target;
use crate::domain::text::sanitize;
use crate::store::lists::Rows;
use crate::store::{Result, agents, interactions};

/// The word itself, or, for a number, the key of that row in the list the agent was shown last in the room.
pub(super) async fn key(tx: &mut Tx<'_>, call: &Call<'_>, word: &str) -> Result<String> {
    let Some(number) = line::row_number(word) else { return Ok(word.to_owned()) };
    let rows = shown(tx, call.agent, call.said).await?;
    Ok(rows.and_then(|rows| rows.keys.get(number - 1).cloned()).unwrap_or_else(|| word.to_owned()))
}

/// The queue, or the route to one, that a word names: `queue:<name>`, `route:<name>`.
pub(super) fn queue(word: &str) -> Option<Target> {
    match word.split_once(':')? {
        ("queue", name) => Some(Target::Queue(QueueName::new(name.to_lowercase()))),
        ("route", name) => Some(Target::Route(name.to_lowercase())),
        _ => None,
    }
}

/// The agent that is meant. If there is none, the agent who asks is told. If there are several, they get a
/// list; its rows run the command again, with what stood `before` and `behind` the name.
pub(super) async fn agent(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    word: &str,
    (before, behind): (&str, &str),
) -> Result<Option<Agent>> {
    let word = key(tx, call, word).await?;
    let mut everyone = agents::all(tx.db().await?).await?;
    let candidates: Vec<Candidate> = everyone
        .iter()
        .map(|agent| Candidate {
            id: agent.who.id.as_str().to_owned(),
            names: vec![agent.who.name.clone(), agent.who.user.as_str().to_owned()],
        })
        .collect();
    match find(&word, &candidates) {
        Found::One(index) => return Ok(Some(everyone.swap_remove(index))),
        Found::Nothing => {
            call.answer(tx, Says::no_such(Missing::named("agent", &word), "team").plainly()).await?;
        }
        Found::Several(indices) => {
            let rows = indices.iter().map(|index| &everyone[*index].who).map(|who| ListRow {
                key: who.id.as_str().to_owned(),
                title: who.name.clone(),
                detail: who.id.as_str().to_owned(),
                secs: None,
                room: None,
            });
            let run = format!("{} {before} {{}} {behind}", call.command.name);
            show(tx, call, &format!("Which “{word}”?"), rows.collect(), run).await?;
        }
    }
    Ok(None)
}

/// The interaction that an id, or the number of a row, names; says so if there is none.
pub(super) async fn interaction(tx: &mut Tx<'_>, call: &Call<'_>, word: &str) -> Result<Option<Interaction>> {
    let id = key(tx, call, word).await?;
    let found = match interaction_id(&id) {
        Some(id) => interactions::by_id(tx.db().await?, &id).await?,
        None => None,
    };
    if found.is_none() {
        no_interaction(tx, call, &id).await?;
    }
    Ok(found)
}

/// Says that there is no interaction of this id.
pub(super) async fn no_interaction(tx: &mut Tx<'_>, call: &Call<'_>, id: &str) -> Result<()> {
    let id = sanitize::cut(id, 40);
    call.answer(tx, Says::no_such(Missing::named("conversation", &id), "mine").plainly()).await
}

/// Answers with a numbered list. A number alone then runs `run` with the row's key in place of `{}`.
pub(super) async fn show(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    title: &str,
    rows: Vec<ListRow>,
    run: String,
) -> Result<()> {
    let keys = rows.iter().map(|row| row.key.clone()).collect();
    call.answer_list(tx, Says::List { title: title.to_owned(), rows }.plainly(), &Rows { run, keys }).await
}
