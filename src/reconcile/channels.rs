//! Watches the channels, and tells the desk how they are found. Homeserver and provider are judged by what
//! becomes of all requests to them; the homeserver is asked every few seconds anyway, the provider while it
//! fails and whenever there is something to ask it. The database is asked here.

use std::time::{Duration, Instant};

use crate::clock::Millis;
use crate::domain::channel::{Channel, Judge, Seen, Stands};
use crate::domain::input::Input;
use crate::outbox::Ports;
use crate::reach::{Reach, Trouble, Watch};

/// How often the channels are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often the database is asked while it answers well.
const ASK_EVERY: Duration = Duration::from_secs(4);
/// A database that takes longer than this does not answer.
const DATABASE_TIME: Duration = Duration::from_secs(3);
/// How long the desk may take to keep what was found. It may be kept all the same, and is found again then,
/// which is no news.
const KEEPING_TIME: Duration = Duration::from_secs(10);
/// Whether a channel works, 1 or 0, by `channel`.
pub(crate) const WORKS: &str = "switchroom_channel_up";

/// Watches the channels for the replica that goes by this name. Never returns.
pub async fn watch(ports: Ports, by: String) {
    let (database, mut asked) = (Watch::default(), None::<Instant>);
    let mut judges = Channel::ALL.map(|channel| (channel, Judge::default()));
    loop {
        let is_well = database.now().trouble.is_none();
        if !is_well || asked.is_none_or(|asked| asked.elapsed() >= ASK_EVERY) {
            ask(&ports, &database).await;
            asked = Some(Instant::now());
        }
        for (channel, judge) in &mut judges {
            look(&ports, &database, &by, *channel, judge).await;
        }
        let stands = judges.iter().any(|(channel, judge)| channel.stops_agents() && judge.is_down());
        if ports.backlog.time_stands(stands) {
            // What came meanwhile is fetched before time runs again.
            ports.matrix.reach().note_gap();
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn ask(ports: &Ports, database: &Watch) {
    match tokio::time::timeout(DATABASE_TIME, ports.store.now()).await {
        Ok(Ok(_)) => database.well(),
        Ok(Err(error)) => {
            tracing::warn!(%error, "the database does not answer well");
            database.failed(Trouble::Failed);
        }
        Err(_) => {
            tracing::warn!("the database does not answer in time");
            database.failed(Trouble::NoAnswer);
        }
    }
}

async fn look(ports: &Ports, database: &Watch, by: &str, channel: Channel, judge: &mut Judge) {
    let reach = match channel {
        Channel::Matrix => ports.matrix.reach(),
        Channel::Sms => ports.sms.reach(),
        Channel::Database => database,
    };
    let now = ports.clock.now();
    let Some(finds) = judge.look(&stands(&reach.now(), now), now) else { return };
    let seen = Seen { channel, name: name(channel, ports.provider), by: by.to_owned(), finds };
    let kept = ports.desk.apply(Input::Channel(seen));
    match tokio::time::timeout(KEEPING_TIME, kept).await {
        Ok(Ok(_)) => judge.told(finds, now),
        Ok(Err(error)) => tracing::debug!(%error, ?channel, ?finds, "what was found was not kept"),
        Err(_) => tracing::debug!(?channel, ?finds, "what was found was not kept in time"),
    }
    metrics::gauge!(WORKS, "channel" => channel.word()).set(if judge.is_down() { 0.0 } else { 1.0 });
}

/// How a channel stands by its requests. One that asks us to wait works.
fn stands(reach: &Reach, now: Millis) -> Stands {
    let trouble = reach.trouble.filter(|(trouble, _)| *trouble != Trouble::Busy);
    Stands {
        failing_since: trouble.map(|(_, since)| now - since.elapsed()),
        failures: reach.failures,
        has_answered: reach.has_answered,
    }
}

/// Its name for people.
fn name(channel: Channel, provider: &str) -> String {
    match channel {
        Channel::Matrix => "Matrix".to_owned(),
        Channel::Sms => format!("SMS ({provider})"),
        Channel::Database => "The database".to_owned(),
    }
}
