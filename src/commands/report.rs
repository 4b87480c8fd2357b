//! `!report`: what the desk did in a period, and how long it took.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::{Call, Command, Who, line};
use crate::clock::Millis;
use crate::commit::Tx;
use crate::domain::notice::{Problem, Says, UseLine};
use crate::domain::report::{period, tally};
use crate::domain::response::Response;
use crate::store::lists::{self, Defined as _};
use crate::store::{Result, agents, history, responses, tags};

/// How many tags a report counts, the most frequent.
const MOST_TAGS: i64 = 40;

/// The commands of this family.
pub(super) const COMMANDS: &[Command] = &[Command {
    name: "report",
    aliases: &[],
    arguments: "[today | yesterday | week | date | date..date] | responses [period]",
    does: "count a period by queue and agent; wait: from the first text to the first agent. Handle time: owned \
           and active, held or in wrap-up; of a queue for all that was done, of an agent what lies in the period. Tags: of what \
           began in the period. Responses: how often each standard response was sent",
    who: Who::Supervisors,
    changes: false,
    run: report,
}];

/// `!report [period]`.
fn report<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let (word, rest) = line::first_word(call.arguments);
        let of_responses = word.eq_ignore_ascii_case("responses");
        let typed = if of_responses { rest } else { call.arguments };
        let Some((from, to)) = period(line::value(typed), tx.now, &tx.settings.desk.zone()) else {
            return call.usage(tx, Problem::NoPeriod).await;
        };
        // The last day is named, not the midnight that ends it.
        let last = to - std::time::Duration::from_secs(1);
        if of_responses {
            let responses = Some(uses(tx, from, to).await?);
            let (queues, agents, tags) = (vec![], vec![], vec![]);
            let says = Says::Report { first: from, last, queues, agents, tags, responses };
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
        let (agents, responses) = (lines, None);
        call.answer(tx, Says::Report { first: from, last, queues, agents, tags, responses }.plainly()).await
    }
    .boxed()
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
