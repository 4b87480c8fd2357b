//! Sets up a whole desk, from the config at start or from an import. It creates or updates what is named, and
//! deletes nothing. Of a queue or a number that is there already, a setting that is not named stays as it is.

use crate::acts::people;
use crate::commit::{Applied, Tx};
use crate::domain::agent::Agent;
use crate::domain::effect::Route;
use crate::domain::input::Setup;
use crate::domain::settings::Table;
use crate::store::{Result, StoreError, agents, lists};

/// Creates and updates what it names. A removed agent stays removed, unless someone wants them back.
pub(super) async fn setup(tx: &mut Tx<'_>, desk: &Setup) -> Result<Applied> {
    for (name, settings) in &desk.queues {
        let known = readable(agents::queue(tx.db().await?, name).await)?;
        let settings = with_what_is_kept(settings, known, (name, &desk.unsaid.queues));
        agents::save_queue(tx.db().await?, name, &settings).await?;
    }
    for (number, settings) in &desk.numbers {
        let known = readable(agents::number(tx.db().await?, number).await)?;
        let settings = with_what_is_kept(settings, known, (number, &desk.unsaid.numbers));
        agents::save_number(tx.db().await?, number, &settings).await?;
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

/// What is said of something, with its other settings as they are kept, if it is there already.
fn with_what_is_kept<T: Table + Clone, K: PartialEq>(
    said: &T,
    known: Option<T>,
    (name, unsaid): (&K, &[(K, Vec<String>)]),
) -> T {
    let unsaid = unsaid.iter().find(|(of, _)| of == name).map(|(_, unsaid)| unsaid.as_slice());
    let (Some(known), Some(unsaid)) = (known, unsaid) else { return said.clone() };
    said.with_those_of(&known, unsaid).unwrap_or_else(|error| {
        tracing::warn!(%error, "kept settings do not fit, and have their defaults");
        said.clone()
    })
}

/// One that cannot be read is made anew.
fn readable<T>(found: Result<Option<T>>) -> Result<Option<T>> {
    match found {
        Err(StoreError::Corrupt { .. }) => Ok(None),
        found => found,
    }
}
