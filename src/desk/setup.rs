//! A desk in one piece, of the config at start or imported: what it names is created or updated, nothing is deleted.

use super::{Applied, Tx, people};
use crate::domain::agent::Agent;
use crate::domain::effect::Effect;
use crate::domain::input::Setup;
use crate::store::{Result, agents, lists};

/// Creates and updates what it names. An agent who was removed stays so, unless someone wants them back.
pub(super) async fn setup(tx: &mut Tx<'_>, desk: &Setup) -> Result<Applied> {
    for (name, settings) in &desk.queues {
        agents::save_queue(tx.conn, name, settings).await?;
    }
    for (number, settings) in &desk.numbers {
        agents::save_number(tx.conn, number, settings).await?;
    }
    for route in &desk.routes {
        lists::define(tx.conn, route).await?;
    }
    for disposition in &desk.dispositions {
        lists::define(tx.conn, disposition).await?;
    }
    for response in &desk.responses {
        lists::define(tx.conn, response).await?;
    }
    for predefined in &desk.predefined {
        lists::define(tx.conn, predefined).await?;
    }
    for setting in &desk.settings {
        lists::define(tx.conn, setting).await?;
    }
    tx.settings_changed().await?;
    for agent in &desk.agents {
        if let Some(why) = people::taken(tx.conn, &agent.who).await? {
            tracing::warn!(agent = %agent.who.id, %why, "left out");
            continue;
        }
        if !desk.brings_back && agents::was_removed(tx.conn, &agent.who.id).await? {
            tracing::info!(agent = %agent.who.id, "the config names an agent who was removed; they stay removed");
            continue;
        }
        if let Some(known) = agents::by_id(tx.conn, &agent.who.id).await? {
            let (channels, idle_since) = (known.channels.clone(), known.idle_since);
            people::save_agent(tx, &known, &Agent { channels, idle_since, ..agent.clone() }).await?;
        } else {
            agents::save(tx.conn, &Agent { idle_since: tx.now, ..agent.clone() }).await?;
            people::welcome(tx, &agent.who.id).await?;
        }
    }
    for (name, _) in &desk.queues {
        tx.emit(Effect::Route { queue: name.clone() }).await?;
    }
    Ok(Applied::Done)
}
