//! Submitting an owner's message, part by part. What is submitted is committed before the request is made,
//! and nothing but the provider's word that it processed nothing lets a part be submitted again.

mod files;
mod next;
mod order;
pub(super) mod reconcile;

use std::time::{Duration, Instant};

use ruma::{EventId, OwnedUserId, RoomId};
use serde::Deserialize;

use self::next::{Followed, Next};
use crate::desk::{Applied, ApplyError, Submission};
use crate::domain::address::Address;
use crate::domain::effect::SendReply;
use crate::domain::input::{Author, Claim, Input};
use crate::domain::reply::{Answer, PartState, part_id};
use crate::matrix::client::Sender;
use crate::matrix::error::Verdict;
use crate::outbox::record::apply_all_surely;
use crate::outbox::{Delivery, Ports};
use crate::sms::provider::{OutgoingSms, SendOutcome};
use crate::store::contacts;
use crate::store::outbox::Head;
use tokio_util::sync::CancellationToken;

/// Submits all that is left of a message, if nothing that was said before it waits.
pub(super) async fn send(
    ports: &Ports,
    (head, claim): (&Head, &Claim),
    SendReply { interaction, reply }: &SendReply,
) -> Result<Delivery, Delivery> {
    if !order::is_first(ports, head, &claim.lane, interaction).await? {
        return Ok(Delivery::Recorded);
    }
    let first = Input::ReplyDue { claim: claim.clone(), reply: reply.clone(), is_next: false };
    let mut applied = ask(ports, first).await?;
    let mut at = Next { claim: claim.clone(), reply: reply.clone() };
    let mut followed = Followed { count: 0, since: Instant::now() };
    loop {
        let Next { claim, reply } = &at;
        let submission = match applied {
            Applied::Submit(submission) => submission,
            Applied::Over => return Ok(Delivery::Completed),
            Applied::ResolveTarget { room, event, contact } => {
                let by = author(ports, &room, &event, &contact).await?;
                let (claim, reply) = (claim.clone(), reply.clone());
                applied = ask(ports, Input::ReplyTargetResolved { claim, reply, by }).await?;
                continue;
            }
            Applied::MakeReady(making) if followed.count == 0 => {
                applied = files::make(ports, (head, claim, reply), *making).await?;
                continue;
            }
            Applied::CheckSpelling(question) => {
                let text = question.text.clone();
                let found = ports.dictionaries.ask(question).await;
                fail::fail_point!("spelling_checked", |_| std::process::abort());
                let (claim, reply) = (claim.clone(), reply.clone());
                applied = ask(ports, Input::SpellingChecked { claim, reply, text, found }).await?;
                continue;
            }
            Applied::DeadLettered if followed.count == 0 => {
                return Ok(Delivery::Undeliverable("the desk could not apply it".to_owned()));
            }
            _ => return Ok(Delivery::Recorded),
        };
        applied = match submit(ports, &at, followed, submission).await {
            Ok((answered, None)) => answered,
            Ok((turn, Some(next))) => {
                (at, followed.count) = (next, followed.count + 1);
                turn
            }
            Err(delivery) => return Ok(delivery),
        };
    }
}

/// Asks the desk, which may be asked again.
async fn ask(ports: &Ports, input: Input) -> Result<Applied, Delivery> {
    let retry = |error: ApplyError| Delivery::Retry { after: None, counts: false, why: error.to_string() };
    ports.desk.apply(input).await.map_err(retry)
}

/// Submits a part and keeps the answer. Returns what the message does then; or what the next message does,
/// which has had its turn in the same commit.
async fn submit(
    ports: &Ports,
    Next { claim, reply }: &Next,
    followed: Followed,
    Submission { part, text, files, from, to }: Submission,
) -> Result<(Applied, Option<Next>), Delivery> {
    let (body, media) = ports.doors.enclosing(&text, &files.iter().collect::<Vec<_>>());
    let message = OutgoingSms {
        from,
        to,
        body,
        media,
        status_callback: ports.doors.status_callback(&part_id(reply, part)),
    };
    fail::fail_point!("before_sms", |_| std::process::abort());
    // Who is next is found out while the provider is asked.
    let (outcome, next) = tokio::join!(ports.sms.send(&message), next::behind(ports, claim, followed));
    fail::fail_point!("after_sms", |_| std::process::abort());
    let (answer, later) = match outcome {
        SendOutcome::Accepted { sid, state } => {
            (Answer::Accepted { sid, state, why: ports.sms.why_failed(state) }, None)
        }
        SendOutcome::Retry { after, why } => (Answer::NotProcessed, Some(no_time(after, why))),
        SendOutcome::Rejected { code, why } => {
            let why = ports.sms.why_failed(PartState::Failed { code }).unwrap_or(why);
            (Answer::Rejected { code, why }, None)
        }
        SendOutcome::Unknown { .. } => (Answer::Unknown, None),
    };
    // The next one waits where this one has to be submitted again, or may tell that the provider fails.
    let is_clear = matches!(answer, Answer::Accepted { .. } | Answer::Rejected { .. });
    let next = next.filter(|_| is_clear && next::may_follow(ports));
    let answered = Input::Answered { claim: claim.clone(), reply: reply.clone(), part, answer };
    let turn = next.clone().map(|Next { claim, reply }| Input::ReplyDue { claim, reply, is_next: true });
    let inputs = [answered].into_iter().chain(turn).collect();
    // The answer is worth waiting for the database: without it the part's fate would be unknown.
    let applied = apply_all_surely(ports, &CancellationToken::new(), inputs).await;
    let mut applied = applied.unwrap_or_default().into_iter();
    let (answered, turn) = (applied.next().ok_or(Delivery::Recorded)?, applied.next());
    match (turn, next) {
        // Whatever became of this one, the next is stored as being sent.
        (Some(turn @ Applied::Submit(_)), Some(next)) => Ok((turn, Some(next))),
        // Anything else that the next one asks for is asked again when the lane comes to it.
        _ => match later {
            Some(later) if answered == Applied::Done => Err(later),
            Some(_) | None => Ok((answered, None)),
        },
    }
}

/// The provider did not process a request. A wait is always named: that others are well does not give it
/// time.
fn no_time(after: Option<Duration>, why: String) -> Delivery {
    Delivery::Retry { after: Some(after.unwrap_or_default()), counts: false, why }
}

/// Whose words an event is: nobody but us can speak as a contact.
async fn author(
    ports: &Ports,
    room: &RoomId,
    event: &EventId,
    contact: &Address,
) -> Result<Author, Delivery> {
    let found = match ports.matrix.event(room, event).await {
        Err(error) if matches!(error.verdict(), Verdict::Rejected { .. }) => None,
        found => found?,
    };
    let written = found.and_then(|event| serde_json::from_str::<Written>(event.get()).ok());
    let sender = written.and_then(|event| ports.matrix.sender_of(&event.sender));
    Ok(match sender {
        Some(Sender::Bot) => Author::Bot,
        // A text stays the contact's when another ghost speaks for them since.
        Some(Sender::Ghost(ghost)) => {
            let mut conn = ports.store.connection().await?;
            let number = contacts::number_of_ghost(&mut conn, &ghost).await?;
            if number.as_ref() == Some(contact) { Author::Contact } else { Author::Neither }
        }
        None => Author::Neither,
    })
}

/// What is looked at of an event.
#[derive(Deserialize)]
struct Written {
    sender: OwnedUserId,
}
