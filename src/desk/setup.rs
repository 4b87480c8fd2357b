//! The desk's part of the config, applied at start: what it names is created or updated, nothing is deleted.

use super::{Applied, Tx, people};
use crate::domain::agent::Agent;
use crate::domain::effect::Effect;
use crate::domain::input::Setup;
use crate::store::{Result, agents, lists};

/// Creates and updates what the config names.
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
    for predefined in &desk.predefined {
        lists::define(tx.conn, predefined).await?;
    }
    for agent in &desk.agents {
        let known = agents::by_id(tx.conn, &agent.who.id).await?;
        let is_new = known.is_none();
        let (sms, idle_since) =
            known.map_or((agent.sms.clone(), tx.now), |known| (known.sms, known.idle_since));
        agents::save(tx.conn, &Agent { sms, idle_since, ..agent.clone() }).await?;
        if is_new {
            people::welcome(tx, &agent.who.id).await?;
        }
    }
    for (name, _) in &desk.queues {
        tx.emit(Effect::Route { queue: name.clone() }).await?;
    }
    Ok(Applied::Done)
}
