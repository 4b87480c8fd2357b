//! What became of a part whose answer was not heard of: the provider's list is held against what was
//! submitted.

use std::collections::HashSet;
use std::time::Duration;

use crate::domain::effect::ReconcilePart;
use crate::domain::input::{Claim, Input, Report};
use crate::domain::reply::{PartState, ReplyState, parse_part_id};
use crate::outbox::record::recorded;
use crate::outbox::{Delivery, Ports, target};
use crate::sms::provider::{Direction, ListError, ListQuery, ListedMessage};
use crate::store::replies;

/// The provider's clock and ours may differ by this much.
const SLACK: Duration = Duration::from_mins(2);

/// Looks for a part in the provider's list. A message there counts as the part if it has the same numbers and
/// text and as many files, was made since the request, and is not known to be another part.
pub(in crate::outbox::deliver) async fn look(
    ports: &Ports,
    claim: &Claim,
    ReconcilePart { part: part_id, tries }: &ReconcilePart,
) -> Result<Delivery, Delivery> {
    let nothing_to_do =
        |found| Input::PartLookupDone { claim: claim.clone(), part: part_id.clone(), tries: *tries, found };
    let Some((reply, index)) = parse_part_id(part_id) else {
        return recorded(ports, nothing_to_do(None)).await;
    };
    let reply = {
        let mut conn = ports.store.connection().await?;
        replies::by_id(&mut conn, reply).await?
    };
    let Some((reply, part)) = reply.and_then(|reply| reply.part(index).cloned().map(|part| (reply, part)))
    else {
        return recorded(ports, nothing_to_do(None)).await;
    };
    if part.state != PartState::Unknown {
        // A callback settled it meanwhile.
        return recorded(ports, nothing_to_do(None)).await;
    }
    let interaction = target::interaction(ports, &reply.interaction).await?;
    let (ours, theirs) = (&interaction.our_number, &interaction.contact.number);
    let since = part.sent_at.unwrap_or_default() - SLACK;
    let query = ListQuery { to: Some(theirs.clone()), from: Some(ours.clone()), since: Some(since) };
    let listing = match ports.sms.list(query).await {
        Ok(listing) => listing,
        // Only a report can settle it; until one comes it counts as not found.
        Err(ListError::NoLists) => return recorded(ports, nothing_to_do(None)).await,
        Err(error) => return Ok(Delivery::Retry { after: None, counts: false, why: error.to_string() }),
    };
    let claimed: HashSet<String> = {
        let mut conn = ports.store.connection().await?;
        let near = replies::between(&mut conn, ours, theirs, since - SLACK).await?;
        near.into_iter().flat_map(|reply| sids(&reply.state)).collect()
    };
    let (body, media) = ports.doors.enclosing(&part.text, &reply.files_of(&part));
    let fits = |message: &&ListedMessage| {
        message.direction == Direction::Outbound
            && message.body == body
            && message.num_media as usize == media.len()
            && message.date_created >= since
            && !claimed.contains(&message.sid)
    };
    let oldest = listing.messages.iter().filter(fits).min_by_key(|message| message.date_created);
    let found = oldest.map(|message| {
        let state = message.state.unwrap_or(PartState::Accepted);
        let (sid, why) = (message.sid.clone(), ports.sms.why_failed(state));
        Report { part: part_id.clone(), sid, state, why }
    });
    recorded(ports, nothing_to_do(found)).await
}

fn sids(state: &ReplyState) -> Vec<String> {
    match state {
        ReplyState::Parts { parts, .. } => parts.iter().filter_map(|part| part.sid.clone()).collect(),
        ReplyState::Waiting | ReplyState::Dropped | ReplyState::Joined { .. } => vec![],
    }
}
