//! Agents who join the desk or leave it.

use ruma::OwnedUserId;
use sqlx::AnyConnection;

use super::ids::fresh_alias;
use super::{overflow, readiness, talks};
use crate::commit::{Applied, Tx};
use crate::domain::agent::{Agent, AgentRef, Channels, Online};
use crate::domain::conversation::offer::Via;
use crate::domain::effect::{CloseConsole, OfferConsole, OpenConsole, OpenSpace, Place};
use crate::domain::ids::AgentId;
use crate::domain::notice::{Says, Taken};
use crate::domain::session::Event;
use crate::store::lists::{self, Rows};
use crate::store::{Result, agents, history, interactions};

/// Gives a new agent a console. One who was an agent before gets their old one back.
pub(crate) async fn welcome(tx: &mut Tx<'_>, agent: &AgentId) -> Result<()> {
    if agents::console(tx.db().await?, agent).await?.is_some() {
        tx.emit(OfferConsole { agent: agent.clone() }).await?;
        return mend_space(tx, agent).await;
    }
    let alias = fresh_alias();
    tx.emit(OpenConsole { agent: agent.clone(), alias }).await
}

/// Gives an agent a space in which their console stands, so that clients show the desk apart from their other
/// rooms.
pub(crate) async fn give_space(tx: &mut Tx<'_>, agent: &AgentId) -> Result<()> {
    if agents::space(tx.db().await?, agent).await?.is_none() {
        agents::set_space(tx.db().await?, agent, &fresh_alias()).await?;
    }
    mend_space(tx, agent).await
}

/// Lets an agent's space, if they have one, hold the console they have now, and invites them again if they
/// are not in it.
pub(crate) async fn mend_space(tx: &mut Tx<'_>, agent: &AgentId) -> Result<()> {
    let Some(alias) = agents::space(tx.db().await?, agent).await? else { return Ok(()) };
    tx.emit(OpenSpace { agent: agent.clone(), alias }).await
}

/// The commands that the greeting offers under its numbers.
const FIRST_STEPS: [&str; 3] = ["ready", "help", "team"];

/// Greets an agent who is in their console for the first time.
pub(crate) async fn greet(tx: &mut Tx<'_>, agent: &Agent) -> Result<()> {
    let (console, steps) = (Place::Console(agent.who.id.clone()), FIRST_STEPS.map(str::to_owned));
    // A number typed alone is one of these too, until another list is shown.
    let rows = Rows { run: "{}".to_owned(), keys: steps.to_vec() };
    let now = tx.now;
    lists::show(tx.db().await?, (&console, Some(&agent.who.id)), &rows, now).await?;
    let says = Says::Welcome { agent: agent.who.name.clone() };
    tx.say_menu(&console, says.plainly(), None, steps.to_vec()).await
}

/// Why an account cannot become an agent under an id.
pub(crate) async fn taken(conn: &mut AnyConnection, who: &AgentRef) -> Result<Option<Taken>> {
    let AgentRef { id, user, .. } = who;
    let before = agents::ever(conn, id).await?;
    if let Some(before) = before.filter(|before| before.who.user != *user) {
        return Ok(Some(Taken::Id { id: id.to_string(), user: before.who.user.to_string() }));
    }
    let other = agents::by_user(conn, user).await?.filter(|other| other.who.id != *id);
    Ok(other.map(|other| Taken::User { id: other.who.id.to_string(), user: user.to_string() }))
}

/// What keeps someone from being a new agent.
pub(crate) async fn not_new(conn: &mut AnyConnection, who: &AgentRef) -> Result<Option<Taken>> {
    if agents::by_id(conn, &who.id).await?.is_some() || agents::by_user(conn, &who.user).await?.is_some() {
        return Ok(Some(Taken::Exists));
    }
    taken(conn, who).await
}

/// Removes an agent: their interactions are queued again, and what they were offered is offered to others.
pub(crate) async fn remove_agent(tx: &mut Tx<'_>, agent: &Agent) -> Result<()> {
    let id = &agent.who.id;
    for asked in interactions::offered_to(tx.db().await?, id).await? {
        let reason = "no longer at the desk".to_owned();
        let event = Event::Rejected { by: id.clone(), number: None, via: Via::Word, reason };
        // An offer that nobody can refuse runs out, and its owner is then away.
        tx.happens(&asked, event).await?;
    }
    for owned in interactions::owned_by(tx.db().await?, id).await? {
        // It is theirs, so that it cannot be refused.
        tx.happens(&owned, Event::OwnerGone { id: id.clone() }).await?;
    }
    look_on_no_more(tx, id).await?;
    talks::agent_gone(tx, id).await?;
    let gone = Agent { channels: Channels::signed_off(), ..agent.clone() };
    readiness::note(tx, &gone, None).await?;
    agents::remove(tx.db().await?, id).await?;
    tx.emit(CloseConsole { agent: id.clone(), user: agent.who.user.clone() }).await
}

/// Saves an agent. One who no longer supervises stops monitoring: nothing they say may go to a contact any
/// more.
pub(crate) async fn save_agent(tx: &mut Tx<'_>, before: &Agent, now: &Agent) -> Result<()> {
    agents::save(tx.db().await?, now).await?;
    if (&before.queues, &before.skills) != (&now.queues, &now.skills) {
        overflow::fewer_ready(tx, &before.queues).await?;
    }
    if before.supervises() && !now.supervises() {
        look_on_no_more(tx, &now.who.id).await?;
    }
    Ok(())
}

async fn look_on_no_more(tx: &mut Tx<'_>, id: &AgentId) -> Result<()> {
    for watched in history::not_done(tx.db().await?).await?.into_iter().filter(|open| open.is_watched_by(id))
    {
        // They look on, so that it cannot be refused.
        tx.happens(&watched, Event::Unwatched { by: id.clone() }).await?;
    }
    Ok(())
}

/// Keeps the presence that the homeserver shows of agents, where it has changed. Nothing is kept of others.
pub(crate) async fn presences(tx: &mut Tx<'_>, shown: &[(OwnedUserId, Online)]) -> Result<Applied> {
    for (user, online) in shown {
        agents::set_online(tx.db().await?, user, *online).await?;
    }
    Ok(Applied::Done)
}
