//! `!report`: what the desk did in a period, and how long it took.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::{Call, Command, Who, line};
use crate::clock::Millis;
use crate::commit::Tx;
use crate::domain::ids::AgentId;
use crate::domain::not_ready::{Reason, Spell, spells};
use crate::domain::notice::{Problem, Says, UseLine};
use crate::domain::report::{StateTime, TimeLine, period, tally};
use crate::domain::response::Response;
use crate::store::lists::{self, Defined as _};
use crate::store::{Result, agents, history, readiness, responses, tags};

/// How many tags a report counts, the most frequent.
const MOST_TAGS: i64 = 40;

/// The commands of this family.
pub(super) const COMMANDS: &[Command] = &[Command {
    name: "report",
    aliases: &[],
    arguments: "[today | yesterday | week | date | date..date] | agents [period] | responses [period]",
    does: "count a period by queue and agent; wait: from the first text to the first agent. Handle time: owned \
           and active, held or in wrap-up; of a queue for all that was done, of an agent what lies in the period. Tags: of what \
           began in the period. Agents: how long each was ready, and not ready for which reason. Responses: how often each standard response was sent",
    who: Who::Supervisors,
    changes: false,
    run: report,
}];

/// `!report [period]`.
fn report<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let (word, rest) = line::first_word(call.arguments);
        let part = line::choose(word, &["agents", "responses"]);
        let typed = if part.is_some() { rest } else { call.arguments };
        let Some((from, to)) = period(line::value(typed), tx.now, &tx.settings.desk.zone()) else {
            return call.usage(tx, Problem::NoPeriod).await;
        };
        // The last day is named, not the midnight that ends it.
        let last = to - std::time::Duration::from_secs(1);
        if let Some(part) = part {
            let (queues, agents, tags) = (vec![], vec![], vec![]);
            let (responses, times) = match part {
                "agents" => (None, Some(times(tx, from, to).await?)),
                _ => (Some(uses(tx, from, to).await?), None),
            };
            let says = Says::Report { first: from, last, queues, agents, tags, responses, times };
            return call.answer(tx, says.plainly()).await;
        }
        let changes = history::changes(tx.db().await?, from, to).await?;
        let (queues, mut lines) = tally(&changes, from, to, tx.now);
        let tags = tags::counts(tx.db().await?, from, to, MOST_TAGS).await?;
        let everyone = agents::all(tx.db().await?).await?;
        for line in &mut lines {
            if let Some(agent) = everyone.iter().find(|agent| agent.who.id.as_str() == line.agent) {
                line.agent.clone_from(&agent.who.name);
            }
        }
        let (agents, responses, times) = (lines, None, None);
        let says = Says::Report { first: from, last, queues, agents, tags, responses, times };
        call.answer(tx, says.plainly()).await
    }
    .boxed()
}

/// How long each agent was ready, and not ready for which reason.
async fn times(tx: &mut Tx<'_>, from: Millis, to: Millis) -> Result<Vec<TimeLine>> {
    let turns = readiness::turns(tx.db().await?, from, to).await?;
    let reasons: Vec<Reason> = lists::defined(tx.db().await?).await?;
    let everyone = agents::all(tx.db().await?).await?;
    let mut lines: Vec<TimeLine> = vec![];
    let mut of: Option<AgentId> = None;
    for Spell { agent, state, reason, secs } in spells(&turns, from, to, tx.now) {
        if of.as_ref() != Some(&agent) {
            let known = everyone.iter().find(|one| one.who.id == agent);
            let name = known.map_or_else(|| agent.to_string(), |one| one.who.name.clone());
            lines.push(TimeLine { agent: name, times: vec![] });
            of = Some(agent);
        }
        // A reason may be gone by now.
        let label = reasons.iter().find(|one| one.code == reason).map_or(&reason, |one| &one.label);
        let label = Some(label.clone()).filter(|label| !label.is_empty());
        if let Some(line) = lines.last_mut() {
            line.times.push(StateTime { state: state.word().to_owned(), label, secs });
        }
    }
    Ok(lines)
}

/// How often each standard response was used, also those that were not, and those that are gone.
async fn uses(tx: &mut Tx<'_>, from: Millis, to: Millis) -> Result<Vec<UseLine>> {
    let mut lines = responses::counts(tx.db().await?, from, to).await?;
    for shortcut in lists::names(tx.db().await?, Response::KIND).await? {
        if !lines.iter().any(|line| line.shortcut == shortcut) {
            lines.push(UseLine { shortcut, used: 0 });
        }
    }
    Ok(lines)
}
