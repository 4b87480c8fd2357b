//! Who is offered what, and what they answer.

use super::by::By;
use super::talks;
use crate::commit::Tx;
use crate::domain::agent::Agent;
use crate::domain::ids::InteractionId;
use crate::domain::interaction::Interaction;
use crate::domain::session::{Counts, Event, Refused};
use crate::domain::text::sanitize;
use crate::store::{Result, history, interactions};

/// The longest reason kept, in characters.
const REASON_CHARS: usize = 200;

/// What else there is of an interaction's contact.
pub(crate) async fn counts(tx: &mut Tx<'_>, interaction: &Interaction) -> Result<Counts> {
    let since = tx.now - tx.settings.desk.recent();
    let mut counts = Counts { days: tx.settings.desk.recent_days, ..Counts::default() };
    for (mode, open, recent) in history::others(tx.db().await?, interaction, since).await? {
        let kind = || mode.as_str().to_owned();
        counts.in_progress.extend((open > 0).then(|| (kind(), open)));
        counts.recent.extend((recent > 0).then(|| (kind(), recent)));
    }
    Ok(counts)
}

/// Lets an agent take or refuse an offer, and keeps that in the audit log. Joins, reactions and commands all end here.
pub(crate) async fn answer(
    tx: &mut Tx<'_>,
    agent: &Agent,
    id: &InteractionId,
    number: Option<u32>,
    accept: bool,
    (by, reason): (By, &str),
) -> Result<std::result::Result<(), Refused>> {
    let reason = sanitize::cut(&sanitize::one_line(reason), REASON_CHARS);
    let answered = give(tx, agent, id, number, accept, (by, &reason)).await?;
    if answered.is_ok() {
        let what = if accept { "accept" } else { "reject" };
        let how = match by {
            By::Membership => "by their invite",
            By::Word => "",
        };
        tx.audit(agent, what, Some(id), format!("{how} {reason}").trim()).await?;
    }
    Ok(answered)
}

async fn give(
    tx: &mut Tx<'_>,
    agent: &Agent,
    id: &InteractionId,
    number: Option<u32>,
    accept: bool,
    (by, reason): (By, &str),
) -> Result<std::result::Result<(), Refused>> {
    let reason = reason.to_owned();
    let Some(interaction) = interactions::by_id(tx.db().await?, id).await? else {
        let answered = talks::answer(tx, agent, id, accept, (by, reason)).await?;
        return Ok(if answered { Ok(()) } else { Err(Refused::NothingOffered) });
    };
    if accept && is_beyond_capacity(tx, &interaction, agent).await? {
        return Ok(Err(Refused::AtCapacity));
    }
    let event = if accept {
        Event::Accepted { by: agent.who.clone(), number, joined: by == By::Membership }
    } else {
        Event::Rejected { by: agent.who.id.clone(), number, declined: by == By::Membership, reason }
    };
    Ok(tx.happen(&interaction, event).await?.map(drop))
}

/// Whether taking what many are shown would give an agent more than they may have. Who alone is asked was counted
/// when they were, and a colleague's transfer comes on top.
async fn is_beyond_capacity(tx: &mut Tx<'_>, interaction: &Interaction, agent: &Agent) -> Result<bool> {
    let picks = interaction.offer().is_some_and(|offer| !offer.invited && offer.asks(&agent.who.id));
    Ok(picks && interactions::load(tx.db().await?, &agent.who.id).await? >= agent.sms_capacity)
}
