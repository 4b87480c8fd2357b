//! Commands about the agent: ready or not, what is open, what there is to type.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::{ALL, Call, find, nearest};
use crate::desk::Tx;
use crate::domain::agent::{Agent, Readiness};
use crate::domain::effect::Effect;
use crate::domain::notice::{HelpLine, OpenItem, Says};
use crate::domain::text::sanitize;
use crate::store::{Result, agents, interactions};

/// The longest reason kept, in characters.
const REASON_CHARS: usize = 100;

/// `!ready`.
pub(super) fn ready<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        if !matches!(call.arguments.to_lowercase().as_str(), "" | "sms") {
            return call.usage(tx, "the channel is sms").await;
        }
        let since = match call.agent.sms {
            Readiness::Ready { since } => since,
            Readiness::NotReady { .. } => tx.now,
        };
        let agent = Agent { sms: Readiness::Ready { since }, ..call.agent.clone() };
        agents::save(tx.conn, &agent).await?;
        for queue in &agent.queues {
            tx.emit(Effect::Route { queue: queue.clone() }).await?;
        }
        answer_status(tx, call, &agent).await
    }
    .boxed()
}

/// `!notready [reason]`.
pub(super) fn not_ready<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let reason = sanitize::cut(&sanitize::one_line(call.arguments), REASON_CHARS);
        let agent = Agent { sms: Readiness::NotReady { reason }, ..call.agent.clone() };
        agents::save(tx.conn, &agent).await?;
        answer_status(tx, call, &agent).await
    }
    .boxed()
}

/// `!status`.
pub(super) fn status<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move { answer_status(tx, call, call.agent).await }.boxed()
}

async fn answer_status(tx: &mut Tx<'_>, call: &Call<'_>, agent: &Agent) -> Result<()> {
    let mut waiting = 0;
    for queue in &agent.queues {
        waiting += interactions::waiting_count(tx.conn, queue).await?;
    }
    let open = interactions::owned_by(tx.conn, &agent.who.id).await?.len();
    let (ready, reason) = match &agent.sms {
        Readiness::Ready { .. } => (true, String::new()),
        Readiness::NotReady { reason } => (false, reason.clone()),
    };
    let says = Says::Status {
        agent: agent.who.name.clone(),
        ready,
        reason,
        open: u32::try_from(open).unwrap_or(u32::MAX),
        capacity: agent.sms_capacity,
        waiting,
    };
    call.answer(tx, says.plainly()).await
}

/// `!mine`.
pub(super) fn mine<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let now = tx.now;
        let items = interactions::owned_by(tx.conn, &call.agent.who.id)
            .await?
            .into_iter()
            .map(|interaction| OpenItem {
                contact: interaction.contact.name.clone(),
                state: interaction.state().to_owned(),
                secs: now.since(interaction.created_at).as_secs(),
                room: interaction.room.clone(),
                id: interaction.id,
            })
            .collect();
        call.answer(tx, Says::List { items }.plainly()).await
    }
    .boxed()
}

/// `!help [command]`.
pub(super) fn help<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let asked = call.arguments.trim_start_matches(tx.settings.prefix.as_str()).trim();
        let commands = if asked.is_empty() {
            ALL.iter().collect()
        } else if let Some(command) = find(asked) {
            vec![command]
        } else {
            let nearest = nearest(asked).map(|command| command.name.to_owned());
            return call
                .answer(tx, Says::UnknownCommand { typed: asked.to_owned(), nearest }.plainly())
                .await;
        };
        let commands = commands
            .into_iter()
            .map(|command| HelpLine { usage: command.usage(), does: command.does.to_owned() })
            .collect();
        call.answer(tx, Says::Help { commands }.plainly()).await
    }
    .boxed()
}
