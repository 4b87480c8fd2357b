//! The prefix alone: the likely next steps in this room, each of which its number takes.

use super::command::{about, find};
use super::{Group, Said, line};
use crate::acts::supervisors;
use crate::commit::{ListKind, Tx};
use crate::domain::agent::Agent;
use crate::domain::conversation::Ref;
use crate::domain::next_steps::{self, AtDesk, InRoom, SHOWN};
use crate::domain::notice::{NextStep, NextSteps, Says};
use crate::store::lists::Rows;
use crate::store::{Result, calls, conversations, interactions, talks};

/// Shows what an agent can do next here. A number does it, as if it had been typed.
pub(super) async fn show(
    tx: &mut Tx<'_>,
    agent: &Agent,
    said: &Said<'_>,
    groups: &'static [Group],
) -> Result<()> {
    let mut steps: Vec<NextStep> = vec![];
    for run in likely(tx, agent, said).await? {
        let (name, _) = line::first_word(&run);
        let command = find(groups, name).filter(|command| command.who.includes(agent));
        steps.extend(command.map(|command| NextStep { does: command.in_short().to_owned(), run }));
    }
    steps.truncate(SHOWN);
    let rows = Rows { run: "{}".to_owned(), keys: steps.iter().map(|step| step.run.clone()).collect() };
    let says = about(said, Says::NextSteps(NextSteps { steps }));
    let answers = Some(said.event.event_id.clone());
    tx.say_list((&said.place, &agent.who.id), says, answers, (&rows, ListKind::Short)).await
}

/// The likely next steps of an agent, in the room in which they ask.
async fn likely(tx: &mut Tx<'_>, agent: &Agent, said: &Said<'_>) -> Result<Vec<String>> {
    let me = &agent.who.id;
    Ok(match said.conversation {
        Some(Ref::Session(of)) => {
            let consult = talks::connected(tx.db().await?, &of.id).await?;
            let helpers = supervisors::of_queues(tx, std::slice::from_ref(&of.queue), Some(me)).await?;
            let here = InRoom {
                is_advised: consult.is_some_and(|consult| consult.initiator.id == *me),
                can_call: tx.settings.calls && agent.phone.is_some(),
                is_calling: calls::of_agent(tx.db().await?, me).await?.is_some(),
                is_alone: helpers.is_empty(),
            };
            next_steps::in_session(of, agent, here)
        }
        Some(Ref::Talk(talk)) => next_steps::in_talk(talk, agent),
        None => {
            let is_asked = conversations::offered_to(tx.db().await?, me).await?.is_some();
            let has_work = !interactions::owned_by(tx.db().await?, me).await?.is_empty();
            next_steps::in_console(agent, AtDesk { is_asked, has_work })
        }
    })
}
