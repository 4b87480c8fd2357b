//! What became of our messages, where the provider's callbacks were lost: they are not repeated, but its list still
//! tells.

use std::collections::HashMap;
use std::time::Duration;

use super::provider::LookError;
use crate::desk::Applied;
use crate::domain::ids::Number;
use crate::domain::input::{Input, Report};
use crate::domain::reply::{Part, PartState, Reply, ReplyState, part_id};
use crate::outbox::Ports;
use crate::sms::callback::part_state;
use crate::sms::provider::{ListQuery, ListedMessage};
use crate::store::{agents, replies};

/// The longest a provider tries to get a message to a phone. What is older will not change any more.
/// <https://www.twilio.com/docs/messaging/api/message-resource#validity-period>
const UNDER_WAY: Duration = Duration::from_hours(10);
/// The provider's clock and ours may differ by this much.
const SLACK: Duration = Duration::from_mins(2);

/// Looks up what became of the messages of each of our numbers whose end is not known. Returns how many reports were news.
///
/// # Errors
/// [`LookError`]; nothing is lost, the next look reads the same again.
pub async fn look(ports: &Ports) -> Result<usize, LookError> {
    let numbers = {
        let mut conn = ports.store.connection().await?;
        agents::numbers(&mut conn).await?
    };
    let mut news = 0;
    for number in numbers {
        news += look_at(ports, number).await?;
    }
    Ok(news)
}

async fn look_at(ports: &Ports, number: Number) -> Result<usize, LookError> {
    let sent = {
        let mut conn = ports.store.connection().await?;
        replies::sent_from(&mut conn, &number, ports.clock.now() - UNDER_WAY).await?
    };
    let under_way = under_way(&sent);
    let Some(earliest) = under_way.values().filter_map(|(_, part)| part.sent_at).min() else { return Ok(0) };
    let query = ListQuery { to: None, from: Some(number), since: Some(earliest - SLACK) };
    let listing = ports.sms.list(query).await?;
    let reports = listing.messages.iter().filter_map(|message| report(&under_way, message));
    let inputs: Vec<Input> = reports.map(Input::Reported).collect();
    if inputs.is_empty() {
        return Ok(0);
    }
    let applied = ports.desk.apply_all(inputs).await?;
    Ok(applied.iter().filter(|applied| matches!(applied, Applied::Done)).count())
}

/// The parts that the provider took and that came to no end, by the provider's id of them.
fn under_way(sent: &[Reply]) -> HashMap<&str, (String, &Part)> {
    let mut found = HashMap::new();
    for reply in sent {
        let ReplyState::Parts { parts, .. } = &reply.state else { continue };
        for (index, part) in parts.iter().enumerate() {
            if let (Some(sid), PartState::Accepted | PartState::Sent) = (&part.sid, part.state) {
                found.insert(sid.as_str(), (part_id(&reply.id, index), part));
            }
        }
    }
    found
}

/// What a listed message says of a part, if that is news.
fn report(under_way: &HashMap<&str, (String, &Part)>, message: &ListedMessage) -> Option<Report> {
    let (id, part) = under_way.get(message.sid.as_str())?;
    let state = part_state(message.status?, message.error_code)?;
    (state > part.state).then(|| Report { part: id.clone(), sid: message.sid.clone(), state })
}
