//! `!report`: what the desk did in a period, and how long it took.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::{Call, Command, Who, line};
use crate::commit::Tx;
use crate::domain::notice::{Problem, Says};
use crate::domain::report::{period, tally};
use crate::store::{Result, agents, history, tags};

/// How many tags a report counts, the most frequent.
const MOST_TAGS: i64 = 40;

/// The commands of this family.
pub(super) const COMMANDS: &[Command] = &[Command {
    name: "report",
    aliases: &[],
    arguments: "[today | yesterday | week | date | date..date]",
    does: "count a period by queue and agent; wait: from the first text to the first agent. Handle time: owned \
           and active, held or in wrap-up; of a queue for all that was done, of an agent what lies in the period. Tags: of what \
           began in the period",
    who: Who::Supervisors,
    changes: false,
    run: report,
}];

/// `!report [period]`.
fn report<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let Some((from, to)) = period(line::value(call.arguments), tx.now, &tx.settings.desk.zone()) else {
            return call.usage(tx, Problem::NoPeriod).await;
        };
        let changes = history::changes(tx.db().await?, from, to).await?;
        let (queues, mut lines) = tally(&changes, from, to, tx.now);
        let tags = tags::counts(tx.db().await?, from, to, MOST_TAGS).await?;
        let everyone = agents::all(tx.db().await?).await?;
        for line in &mut lines {
            if let Some(agent) = everyone.iter().find(|agent| agent.who.id.as_str() == line.agent) {
                line.agent.clone_from(&agent.who.name);
            }
        }
        // The last day is named, not the midnight that ends it.
        let last = to - std::time::Duration::from_secs(1);
        call.answer(tx, Says::Report { first: from, last, queues, agents: lines, tags }.plainly()).await
    }
    .boxed()
}
