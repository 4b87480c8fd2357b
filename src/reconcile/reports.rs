//! What became of our messages, where the provider's callbacks were lost: they are not repeated, but its list
//! still tells.

use std::collections::HashMap;
use std::time::Duration;

use super::progress::Progress;
use super::provider::LookError;
use crate::domain::address::Address;
use crate::domain::input::{Input, Report};
use crate::domain::reply::{Part, PartState, Reply, ReplyState, part_id};
use crate::outbox::Ports;
use crate::sms::provider::{ListError, ListQuery, ListedMessage};
use crate::store::{StoreError, agents, replies, upkeep};

/// The longest a provider tries to get a message to a phone. What is older will not change any more.
/// <https://www.twilio.com/docs/messaging/api/message-resource#validity-period>
const UNDER_WAY: Duration = Duration::from_hours(10);
/// Pages of one number in one look.
const PAGES: usize = 10;
/// The provider's clock and ours may differ by this much.
const SLACK: Duration = Duration::from_mins(2);

/// Looks up what became of the messages of each of our numbers whose end is not known. A number whose list
/// fails does not stop the others. Of a provider that lists nothing there is nothing to look up.
///
/// # Errors
/// [`StoreError`] when it is not even known which numbers are ours.
pub(super) async fn look(ports: &Ports) -> Result<Progress, StoreError> {
    if !ports.sms.can_list() {
        return Ok(Progress::default());
    }
    let numbers = agents::numbers(&mut *ports.store.connection().await?).await?;
    let mut progress = Progress::default();
    for number in numbers {
        match look_at(ports, &number).await {
            Ok(is_at_end) => progress.read(is_at_end),
            Err(error) => {
                tracing::warn!(%number, %error, "it is not known what became of our messages");
                progress.failed += 1;
            }
        }
    }
    Ok(progress)
}

/// Reads some pages of the list, on from where the last look ended. Returns whether it is at its end.
async fn look_at(ports: &Ports, number: &Address) -> Result<bool, LookError> {
    let fact = format!("provider_reports:{number}");
    let (sent, known) = {
        let mut conn = ports.store.connection().await?;
        let since = ports.clock.now() - UNDER_WAY;
        (replies::sent_from(&mut conn, number, since).await?, upkeep::recall(&mut conn, &fact).await?)
    };
    let under_way = under_way(&sent);
    // Nothing is under way, so there is nothing to continue.
    let mut next = known.clone().filter(|_| !under_way.is_empty());
    let earliest = under_way.values().filter_map(|(_, part)| part.sent_at).min();
    let query =
        ListQuery { to: None, from: Some(number.clone()), since: earliest.map(|earliest| earliest - SLACK) };
    let mut is_at_end = under_way.is_empty();
    let mut began_again = false;
    for _ in 0..PAGES {
        if is_at_end {
            break;
        }
        let page = match ports.sms.list_page(&query, next.as_deref()).await {
            // The provider does not know any more where that was.
            Err(ListError::Refused { status: 400 | 404 | 410, .. }) if next.is_some() && !began_again => {
                began_again = true;
                next = None;
                continue;
            }
            page => page?,
        };
        let reports: Vec<Input> = page
            .messages
            .iter()
            .filter_map(|message| report(ports, &under_way, message))
            .map(Input::Reported)
            .collect();
        if !reports.is_empty() {
            ports.desk.apply_all(reports).await?;
        }
        is_at_end = page.next.is_none();
        next = page.next;
    }
    if next != known {
        let mut conn = ports.store.connection().await?;
        match next.filter(|_| !is_at_end) {
            Some(next) => upkeep::remember(&mut conn, &fact, &next).await?,
            None => upkeep::forget(&mut conn, &fact).await?,
        }
    }
    Ok(is_at_end)
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
fn report(
    ports: &Ports,
    under_way: &HashMap<&str, (String, &Part)>,
    message: &ListedMessage,
) -> Option<Report> {
    let (id, part) = under_way.get(message.sid.as_str())?;
    let state = message.state?;
    let news =
        || Report { part: id.clone(), sid: message.sid.clone(), state, why: ports.sms.why_failed(state) };
    (state > part.state).then(news)
}
