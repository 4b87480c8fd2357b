//! The provider's list of messages, held against the texts we know.
//!
//! A list begins with the newest message and may go back far. It is read in steps of some pages; where a step
//! ended is durable, and so is every text found that never came. When the list is read to its end, they are
//! applied in the order they were written, contacts by turns. The mark up to which the list counts as read
//! moves only then.
//!
//! What the list says of the media of a message is held against what we have of it: a part that did not come
//! is fetched like a text of its own.

use std::collections::HashSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sqlx::AnyConnection;

use super::progress::Progress;
use crate::clock::{self, Millis};
use crate::domain::address::Address;
use crate::domain::dead_letter::DeadLetterKind;
use crate::domain::input::{ContactText, Input, MediaPart, Receipt};
use crate::outbox::Ports;
use crate::outbox::backlog::AT_MOST;
use crate::outbox::history::OVERLAP;
use crate::sms::provider::{Direction, ListError, ListPage, ListQuery, ListedMessage};
use crate::store::missed::{self, Missed};
use crate::store::{StoreError, agents, upkeep};

/// A message this young may still come by itself.
pub(super) const MAY_COME: Duration = Duration::from_secs(30);
/// Pages of one number in one step.
const PAGES: usize = 10;
/// Texts in one commit.
const AT_ONCE: i64 = 100;
/// More parts than a message has. A list that claims more claims nonsense.
const MOST_PARTS: u32 = 50;
/// Texts that the provider's list knows and that wait to be shown.
pub(crate) const WAITING: &str = "switchroom_missed_texts";
/// Entries of the provider's list that make no sense.
pub(crate) const UNREADABLE: &str = "switchroom_list_entries_unreadable_total";

/// Why a look was not finished; the next one goes on where it ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LookError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The provider's list could not be read.
    #[error(transparent)]
    List(#[from] ListError),
    /// The desk did not take what was found.
    #[error(transparent)]
    Apply(#[from] crate::desk::ApplyError),
}

/// How far the list of a number is read.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Scan {
    /// When it was begun: once it is at its end, everything up to then is read.
    begun: Millis,
    /// How far back it goes.
    since: Millis,
    /// Where it goes on; nothing at its beginning.
    next: Option<String>,
    /// How many messages were read.
    read: i64,
}

/// Goes on with the list of each of our numbers, from where the last look ended, and hands the desk what
/// never came. A number whose list fails does not stop the others. A provider that lists nothing has nothing
/// more for us than what it posts: there is nothing to wait for once it answers.
///
/// # Errors
/// [`StoreError`] when it is not even known which numbers are ours.
pub(super) async fn look(ports: &Ports) -> Result<Progress, StoreError> {
    let mut progress = Progress::default();
    if !ports.sms.can_list() {
        // Whether it answers is asked all the same: while it does not, replies wait.
        match ports.sms.ask().await {
            Ok(()) => progress.read(true),
            Err(error) => {
                tracing::warn!(%error, "the provider does not answer well");
                progress.failed += 1;
            }
        }
        return Ok(progress);
    }
    let numbers = agents::numbers(&mut *ports.store.connection().await?).await?;
    for number in numbers {
        match look_at(ports, &number).await {
            Ok(is_at_end) => progress.read(is_at_end),
            Err(error) => {
                tracing::warn!(%number, %error, "the provider's list could not be read");
                progress.failed += 1;
            }
        }
    }
    Ok(progress)
}

/// Whether the list of a number is at its end, and all it held applied.
async fn look_at(ports: &Ports, number: &Address) -> Result<bool, LookError> {
    let Some(mut scan) = begin(ports, number).await? else { return Ok(true) };
    let read = step(ports, number, &mut scan).await;
    if let Ok(false) = read {
        tracing::warn!(%number, read = scan.read, "the provider's list is long and not yet read to its end");
        let read = u64::try_from(scan.read).unwrap_or_default();
        ports.desk.apply(Input::CatchingUp { ours: number.clone(), begun: scan.begun, read }).await?;
    }
    // A list that cannot be read to its end does not hold up everything else for ever.
    if matches!(read, Ok(true)) || ports.clock.now().since(scan.begun) > AT_MOST {
        apply_missed(ports, number).await?;
    }
    read
}

/// The scan that goes on, or a new one; none if the number is new: what came before the desk existed is not
/// the desk's.
async fn begin(ports: &Ports, number: &Address) -> Result<Option<Scan>, StoreError> {
    let mut conn = ports.store.connection().await?;
    if let Some(scan) = upkeep::recall(&mut conn, &scan_of(number)).await?
        && let Ok(scan) = serde_json::from_str(&scan)
    {
        return Ok(Some(scan));
    }
    let now = ports.clock.now();
    let read_to = upkeep::recall(&mut conn, &mark_of(number)).await?;
    let Some(read_to) = read_to.and_then(|text| text.parse().ok()).map(Millis) else {
        upkeep::remember(&mut conn, &mark_of(number), &now.0.to_string()).await?;
        return Ok(None);
    };
    let since = (read_to - OVERLAP).max(now - upkeep::KEEP_RECEIPTS);
    Ok(Some(Scan { begun: now, since, next: None, read: 0 }))
}

/// Reads some pages. Returns whether the list is at its end.
async fn step(ports: &Ports, number: &Address, scan: &mut Scan) -> Result<bool, LookError> {
    let query = ListQuery { to: Some(number.clone()), from: None, since: Some(scan.since) };
    let mut began_again = false;
    for _ in 0..PAGES {
        let page = match ports.sms.list_page(&query, scan.next.as_deref()).await {
            // The provider does not know any more where that was: what is kept is kept, and it begins again.
            // A homeserver that refuses again has failed, and is left alone for a while.
            Err(ListError::Refused { status: 400 | 404 | 410, .. })
                if scan.next.is_some() && !began_again =>
            {
                began_again = true;
                scan.next = None;
                remember(ports, number, scan, &[], false).await?;
                continue;
            }
            page => page?,
        };
        let is_last = page.next.is_none();
        let missed = missed_of(ports, scan, &page).await?;
        scan.read += i64::try_from(page.messages.len()).unwrap_or_default();
        scan.next = page.next;
        remember(ports, number, scan, &missed, is_last).await?;
        if is_last {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What of a page never came.
async fn missed_of(ports: &Ports, scan: &Scan, page: &ListPage) -> Result<Vec<Missed>, StoreError> {
    if page.unreadable > 0 {
        tracing::warn!(entries = page.unreadable, "entries of the provider's list make no sense");
        metrics::counter!(UNREADABLE).increment(u64::try_from(page.unreadable).unwrap_or_default());
    }
    let is_due = |message: &&ListedMessage| {
        message.direction == Direction::Inbound && scan.begun.since(message.date_created) > MAY_COME
    };
    let listed: Vec<&ListedMessage> = page.messages.iter().filter(is_due).collect();
    let receipts: Vec<String> = listed.iter().flat_map(|message| receipts_of(message)).collect();
    let known = upkeep::claimed(&mut *ports.store.connection().await?, &receipts).await?;
    // The list goes back in time, and so do the places.
    let texts = (1..).zip(listed).flat_map(|(index, message)| {
        let place = -(scan.read + index);
        texts_of(message, &known).into_iter().map(move |text| Missed {
            text,
            written_at: message.date_created,
            place,
        })
    });
    Ok(texts.collect())
}

fn parts_of(message: &ListedMessage) -> std::ops::RangeInclusive<u32> {
    1..=message.num_media.min(MOST_PARTS)
}

/// The receipts of a message that is wholly known.
fn receipts_of(message: &ListedMessage) -> Vec<String> {
    let parts = parts_of(message).map(|number| Receipt::of_part(&message.sid, number));
    std::iter::once(Receipt::of_text(&message.sid)).chain(parts).map(Receipt::into_string).collect()
}

/// What is not known of a message: all of it, or parts, which then come one by one.
fn texts_of(message: &ListedMessage, known: &HashSet<String>) -> Vec<ContactText> {
    let text = |sid: String, body: &str, parts: Vec<u32>, left_out: u32| ContactText {
        sid,
        from: message.from.clone(),
        to: message.to.clone(),
        body: body.to_owned(),
        media: parts.into_iter().map(|number| MediaPart::listed(&message.sid, number)).collect(),
        left_out,
        origin: vec![],
        more: vec![],
        opt_out: None,
        fetched_late: Some(message.date_created),
    };
    if !known.contains(Receipt::of_text(&message.sid).as_str()) {
        let left_out = message.num_media.saturating_sub(MOST_PARTS);
        return vec![text(message.sid.clone(), &message.body, parts_of(message).collect(), left_out)];
    }
    parts_of(message)
        .filter(|number| !known.contains(Receipt::of_part(&message.sid, *number).as_str()))
        .map(|number| text(format!("{}/{number}", message.sid), "", vec![number], 0))
        .collect()
}

/// Applies what was found, in the order it was written.
async fn apply_missed(ports: &Ports, number: &Address) -> Result<(), LookError> {
    loop {
        let kept = missed::next(&mut *ports.store.connection().await?, number, AT_ONCE).await?;
        if kept.is_empty() {
            return Ok(show_waiting(&mut *ports.store.connection().await?).await?);
        }
        let sids: Vec<String> = kept.iter().map(|kept| kept.sid.clone()).collect();
        tracing::info!(texts = sids.len(), "texts that never came are taken from the provider's list");
        let (texts, broken): (Vec<_>, Vec<_>) =
            kept.into_iter().map(|kept| kept.text).partition(Result::is_ok);
        ports.desk.apply_all(texts.into_iter().flatten().map(Input::Text).collect()).await?;
        let mut conn = ports.store.connection().await?;
        for body in broken.into_iter().filter_map(Result::err) {
            let id = format!("s-{}", clock::random_typable(6));
            upkeep::add_dead_letter(
                &mut conn,
                &id,
                ports.clock.now(),
                &DeadLetterKind::Text,
                "its row cannot be read",
                &body,
            )
            .await?;
        }
        missed::forget(&mut conn, &sids).await?;
    }
}

/// Keeps how far the list is read together with what was found there.
async fn remember(
    ports: &Ports,
    number: &Address,
    scan: &Scan,
    missed: &[Missed],
    is_last: bool,
) -> Result<(), StoreError> {
    // In this order, so that nothing counts as read before it is kept, wherever this is interrupted.
    let mut conn = ports.store.connection().await?;
    missed::keep(&mut conn, missed).await?;
    if is_last {
        upkeep::remember(&mut conn, &mark_of(number), &scan.begun.0.to_string()).await?;
        upkeep::forget(&mut conn, &scan_of(number)).await?;
    } else {
        let stands = serde_json::to_string(scan).unwrap_or_default();
        upkeep::remember(&mut conn, &scan_of(number), &stands).await?;
    }
    show_waiting(&mut conn).await
}

async fn show_waiting(conn: &mut AnyConnection) -> Result<(), StoreError> {
    let waiting = missed::count(conn).await?;
    metrics::gauge!(WAITING).set(f64::from(u32::try_from(waiting).unwrap_or(u32::MAX)));
    Ok(())
}

fn mark_of(number: &Address) -> String {
    format!("provider_read_to:{number}")
}

fn scan_of(number: &Address) -> String {
    format!("provider_scan:{number}")
}
