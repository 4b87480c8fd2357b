//! Outages of the channels: the desk tells those concerned, once, and gives everyone the lost time back.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::clock::Millis;
use crate::commit::{Applied, Tx};
use crate::domain::agent::{Agent, Role, WorkChannel};
use crate::domain::channel::{Channel, News, Seen, State, TimeGiven};
use crate::domain::conversation::Conversation;
use crate::domain::effect::Place;
use crate::domain::notice::ChannelLine;
use crate::domain::session::Event;
use crate::domain::timer::Timer;
use crate::store::{Result, agents, channels, conversations, interactions, timers, upkeep};

/// What time was given back after outages.
const GIVEN: &str = "time_given";

/// A replica says how it finds a channel.
pub(crate) async fn seen(tx: &mut Tx<'_>, seen: &Seen) -> Result<Applied> {
    let before = channels::of(tx.db().await?, seen.channel).await?;
    let (after, news) = State::after(before.as_ref(), seen, tx.now);
    if before.as_ref() != Some(&after) {
        channels::save(tx.db().await?, seen.channel, &after).await?;
    }
    let Some(news) = news else { return Ok(Applied::Done) };
    if let News::Up { from } = news
        && seen.channel.stops_agents()
    {
        time_stood_since(tx, from).await?;
    }
    if let Some(says) = news.says(seen.channel, &seen.name, tx.now) {
        for agent in concerned(tx, seen.channel).await? {
            tx.say(&Place::Console(agent.who.id), says.clone().plainly(), None).await?;
        }
    }
    Ok(Applied::Done)
}

/// The state of the channels, as far as it is known.
pub(crate) async fn lines(tx: &mut Tx<'_>) -> Result<Vec<ChannelLine>> {
    let mut lines = Vec::new();
    for channel in Channel::ALL {
        let state = channels::of(tx.db().await?, channel).await?;
        lines.extend(state.map(|state| state.line(channel, tx.now)));
    }
    Ok(lines)
}

/// The agents to tell that a channel is down or up again: those who run the desk, and those who are working
/// now. Only those who run the desk can use news of the database.
async fn concerned(tx: &mut Tx<'_>, channel: Channel) -> Result<Vec<Agent>> {
    let owners: BTreeSet<_> = interactions::owners(tx.db().await?).await?.into_iter().collect();
    let mut agents = agents::all(tx.db().await?).await?;
    agents.retain(|agent| {
        let runs_it = agent.is(Role::Supervisor) || agent.is(Role::Admin);
        let owns = owners.contains(&agent.who.id);
        let is_ready = |kind| agent.channels.of(kind).is_ready();
        runs_it
            || match channel {
                Channel::Matrix => owns || WorkChannel::ALL.into_iter().any(is_ready),
                Channel::Sms => owns || is_ready(WorkChannel::Sms),
                Channel::Database => false,
            }
    });
    Ok(agents)
}

/// Nobody could act since then: every deadline that passed meanwhile, or that falls due within the same time
/// from now, is moved by that time.
async fn time_stood_since(tx: &mut Tx<'_>, from: Millis) -> Result<()> {
    let away = give(tx, from).await?;
    if away.is_zero() {
        return Ok(());
    }
    let mut sessions = BTreeMap::new();
    let now = tx.now;
    for timer in timers::between(tx.db().await?, from, now + now.since(from)).await? {
        let Some(interaction) = timer.what.runs_out_in() else { continue };
        match conversations::by_id(tx.db().await?, interaction).await? {
            Some(Conversation::Session(session)) => drop(sessions.insert(interaction.clone(), session)),
            Some(Conversation::Talk(_)) | None => move_on(tx, &timer, away).await?,
        }
    }
    for session in sessions.into_values() {
        // Nothing can be refused: what has no deadline stays as it is.
        tx.happens(&session, Event::TimeStood { away }).await?;
    }
    Ok(())
}

/// Gives back the time since then, once. Returns the part of it that was not already given back after another
/// outage.
async fn give(tx: &mut Tx<'_>, from: Millis) -> Result<Duration> {
    let known = upkeep::recall(tx.db().await?, GIVEN).await?;
    let mut given: TimeGiven = known.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    let away = given.give(from, tx.now);
    upkeep::remember(tx.db().await?, GIVEN, &serde_json::to_string(&given).unwrap_or_default()).await?;
    Ok(away)
}

/// A talk keeps no deadline besides its timer.
async fn move_on(tx: &mut Tx<'_>, timer: &Timer, away: Duration) -> Result<()> {
    timers::take_back(tx.db().await?, timer).await?;
    tx.set(&Timer { due_at: timer.due_at + away, what: timer.what.clone() }).await
}
