//! Sets up a whole desk, from the config at start or from an import. It creates or updates what is named, and
//! deletes nothing. Of what is there already, a setting that is not named stays as it is.

use crate::acts::people;
use crate::commands;
use crate::commit::{Applied, Tx};
use crate::domain::agent::{Agent, Role};
use crate::domain::effect;
use crate::domain::input::Setup;
use crate::domain::not_ready::Reason;
use crate::domain::route::Route;
use crate::domain::settings::Table;
use crate::store::lists::{self, Defined};
use crate::store::{Result, StoreError, agents, responses};

/// Creates and updates what it names. A removed agent stays removed, unless someone wants them back. What
/// changes of what was there is in the audit log.
pub(super) async fn setup(tx: &mut Tx<'_>, desk: &Setup) -> Result<Applied> {
    for (name, settings) in &desk.queues {
        let known = readable(agents::queue(tx.db().await?, name).await)?;
        let settings = with_what_is_kept(settings, known.as_ref(), (name, &desk.unsaid.queues));
        agents::save_queue(tx.db().await?, name, &settings).await?;
        note(tx, desk, &format!("queue {name}"), known.and_then(|known| differ(&known, &settings))).await?;
    }
    for (number, settings) in &desk.numbers {
        let known = readable(agents::number(tx.db().await?, number).await)?;
        let settings = with_what_is_kept(settings, known.as_ref(), (number, &desk.unsaid.numbers));
        agents::save_number(tx.db().await?, number, &settings).await?;
        let of = format!("number {}", number.shown());
        note(tx, desk, &of, known.and_then(|known| differ(&known, &settings))).await?;
    }
    for route in &desk.routes {
        let known = readable(lists::defined_as::<Route>(tx.db().await?, &route.name).await)?;
        let mut route = route.clone();
        if let Some(known) = known.as_ref().filter(|_| desk.unsaid.routes.contains(&route.name)) {
            route.rules.clone_from(&known.rules);
        }
        lists::define(tx.db().await?, &route).await?;
        let changed = known.and_then(|known| commands::differences_of_routes(&known, &route));
        note(tx, desk, &format!("route {}", route.name), changed).await?;
    }
    for disposition in &desk.dispositions {
        let keeps_label = desk.unsaid.dispositions.contains(&disposition.code);
        define(tx, desk, disposition, keeps_label, |disposition| disposition.label.clone()).await?;
    }
    for reason in &desk.reasons {
        let known = readable(lists::defined_as::<Reason>(tx.db().await?, &reason.code).await)?;
        let reason = with_what_is_kept(reason, known.as_ref(), (&reason.code, &desk.unsaid.reasons));
        lists::define(tx.db().await?, &reason).await?;
        let changed = known.and_then(|known| differ(&known, &reason));
        note(tx, desk, &format!("reason {}", reason.code), changed).await?;
    }
    for response in &desk.responses {
        if let Some(url) = responses::file_of_contact(tx.db().await?, response).await? {
            let why = "it has a file that a customer sent; post one of your own";
            tracing::warn!(shortcut = %response.shortcut, %url, why, "a standard response is left out");
            continue;
        }
        define(tx, desk, response, false, |response| response.text.clone()).await?;
    }
    for predefined in &desk.predefined {
        define(tx, desk, predefined, false, |predefined| predefined.text.clone()).await?;
    }
    for setting in &desk.settings {
        define(tx, desk, setting, false, |setting| setting.value.to_string()).await?;
    }
    tx.settings_changed().await?;
    for agent in &desk.agents {
        self::agent(tx, desk, agent).await?;
    }
    for (name, _) in &desk.queues {
        tx.emit(effect::Route { queue: name.clone() }).await?;
    }
    Ok(Applied::Done)
}

async fn agent(tx: &mut Tx<'_>, desk: &Setup, agent: &Agent) -> Result<()> {
    if let Some(why) = people::taken(tx.db().await?, &agent.who).await? {
        tracing::warn!(agent = %agent.who.id, %why, "left out");
        return Ok(());
    }
    if !desk.brings_back && agents::was_removed(tx.db().await?, &agent.who.id).await? {
        tracing::info!(agent = %agent.who.id, "the config names an agent who was removed; they stay removed");
        return Ok(());
    }
    let Some(known) = agents::by_id(tx.db().await?, &agent.who.id).await? else {
        let now = tx.now;
        agents::save(tx.db().await?, &Agent { idle_since: now, ..agent.clone() }).await?;
        return people::welcome(tx, &agent.who.id).await;
    };
    let said = with_what_is_kept(agent, Some(&known), (&agent.who.id, &desk.unsaid.agents));
    let (channels, idle_since) = (known.channels.clone(), known.idle_since);
    let chosen_spelling = known.chosen_spelling.clone();
    let mut now = Agent { channels, chosen_spelling, idle_since, ..said };
    // Whoever is among the admins is one, whatever else they were made.
    if agent.is(Role::Admin) && !now.is(Role::Admin) {
        now.roles.push(Role::Admin);
    }
    people::save_agent(tx, &known, &now).await?;
    note(tx, desk, &format!("agent {}", agent.who.id), differ(&known, &now)).await
}

/// Keeps a definition. What it says is kept as it is where nothing is said of it.
async fn define<T: Defined + Sync>(
    tx: &mut Tx<'_>,
    desk: &Setup,
    said: &T,
    keeps: bool,
    words: fn(&T) -> String,
) -> Result<()> {
    let known = readable(lists::defined_as::<T>(tx.db().await?, said.name()).await)?;
    if keeps && known.is_some() {
        return Ok(());
    }
    lists::define(tx.db().await?, said).await?;
    let (before, after) = (known.as_ref().map(words), words(said));
    let changed = before.filter(|before| *before != after).map(|before| format!("{before} → {after}"));
    note(tx, desk, &format!("{} {}", T::KIND, said.name()), changed).await
}

/// Writes into the audit log what became of something that was there.
async fn note(tx: &mut Tx<'_>, desk: &Setup, of: &str, changed: Option<String>) -> Result<()> {
    let Some(changed) = changed else { return Ok(()) };
    let what = if desk.brings_back { "import" } else { "config" };
    tx.audit_at_shell(what, "", &format!("{of}: {changed}")).await
}

fn differ<T: Table>(before: &T, after: &T) -> Option<String> {
    commands::differences(&before.document(), &after.document(), T::FIELDS)
}

/// What is said of something, with its other settings as they are kept, if it is there already.
fn with_what_is_kept<T: Table + Clone, K: PartialEq>(
    said: &T,
    known: Option<&T>,
    (name, unsaid): (&K, &[(K, Vec<String>)]),
) -> T {
    let unsaid = unsaid.iter().find(|(of, _)| of == name).map(|(_, unsaid)| unsaid.as_slice());
    let (Some(known), Some(unsaid)) = (known, unsaid) else { return said.clone() };
    said.with_those_of(known, unsaid).unwrap_or_else(|error| {
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
