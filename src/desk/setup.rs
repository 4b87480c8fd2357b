//! Sets up a whole desk, from the config at start or from an import. It creates or updates what is named, and
//! deletes nothing.

use crate::acts::people;
use crate::commit::{Applied, Tx};
use crate::domain::agent::Agent;
use crate::domain::effect::Route;
use crate::domain::input::Setup;
use crate::store::{Result, agents, lists};

/// Creates and updates what it names. A removed agent stays removed, unless someone wants them back.
pub(super) async fn setup(tx: &mut Tx<'_>, desk: &Setup) -> Result<Applied> {
    for (name, settings) in &desk.queues {
        agents::save_queue(tx.db().await?, name, settings).await?;
    }
    for (number, settings) in &desk.numbers {
        agents::save_number(tx.db().await?, number, settings).await?;
    }
    for route in &desk.routes {
        lists::define(tx.db().await?, route).await?;
    }
    for disposition in &desk.dispositions {
        lists::define(tx.db().await?, disposition).await?;
    }
    for response in &desk.responses {
        lists::define(tx.db().await?, response).await?;
    }
    for predefined in &desk.predefined {
        lists::define(tx.db().await?, predefined).await?;
    }
    for setting in &desk.settings {
        lists::define(tx.db().await?, setting).await?;
    }
    tx.settings_changed().await?;
    for agent in &desk.agents {
        if let Some(why) = people::taken(tx.db().await?, &agent.who).await? {
            tracing::warn!(agent = %agent.who.id, %why, "left out");
            continue;
        }
        if !desk.brings_back && agents::was_removed(tx.db().await?, &agent.who.id).await? {
            tracing::info!(agent = %agent.who.id, "the config names an agent who was removed; they stay removed");
            continue;
        }
        if let Some(known) = agents::by_id(tx.db().await?, &agent.who.id).await? {
            let (channels, idle_since) = (known.channels.clone(), known.idle_since);
            let chosen_spelling = known.chosen_spelling.clone();
            let agent = Agent { channels, chosen_spelling, idle_since, ..agent.clone() };
            people::save_agent(tx, &known, &agent).await?;
        } else {
            let now = tx.now;
            agents::save(tx.db().await?, &Agent { idle_since: now, ..agent.clone() }).await?;
            people::welcome(tx, &agent.who.id).await?;
        }
    }
    for (name, _) in &desk.queues {
        tx.emit(Route { queue: name.clone() }).await?;
    }
    Ok(Applied::Done)
}
