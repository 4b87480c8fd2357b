//! What the provider keeps of the messages from and to an address. Both lists are read page by page, and each
//! message is erased. Some minutes later all is looked through once more, for what was on its way; a message
//! that is refused, since it is still being sent, is tried again for more than a day.
//!
//! Only what was sent or received before they were erased is theirs: whoever writes from their number then is
//! somebody new. So a text that the desk has not seen yet, or has in a conversation that is kept, is left,
//! however early it was written; and where another uses the address too, all is that the desk does not know
//! to be theirs.

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use super::piece::{Piece, again_after};
use crate::clock::Millis;
use crate::domain::address::Address;
use crate::domain::effect::{Erased, Then};
use crate::domain::erasure::{Counts, Left, LeftReason, Step, of_text};
use crate::domain::input::Receipt;
use crate::outbox::{Delivery, Detour, Ports};
use crate::sms::provider::{EraseError, ListError, ListQuery, ListedMessage};
use crate::store::{erasures, provider_texts, upkeep};

/// How many messages are erased in one delivery.
const AT_ONCE: usize = 50;

/// A list of messages, from a place on.
pub(super) struct List<'a> {
    pub(super) address: &'a Address,
    pub(super) to_them: bool,
    /// Whether another uses the address too.
    pub(super) only_known: bool,
    pub(super) next: Option<&'a str>,
}

impl List<'_> {
    /// The step that reads it on from here.
    fn step(&self, next: Option<String>, (round, refused): (u32, u64)) -> Step {
        let List { to_them, only_known, .. } = *self;
        Step::Texts { address: self.address.clone(), to_them, next, round, refused, only_known }
    }

    fn query(&self) -> ListQuery {
        let address = Some(self.address.clone());
        if self.to_them {
            ListQuery { to: address, ..ListQuery::default() }
        } else {
            ListQuery { from: address, ..ListQuery::default() }
        }
    }

    fn holds(&self, message: &ListedMessage) -> bool {
        *self.address == *if self.to_them { &message.to } else { &message.from }
    }
}

/// Erases some messages of a page, or goes on to the next one.
pub(super) async fn erase(
    ports: &Ports,
    piece: &Piece<'_>,
    list: &List<'_>,
    (round, refused): (u32, u64),
) -> Result<Erased, Detour> {
    if !ports.sms.can_list() {
        return Ok(piece.left(LeftReason::NotListed));
    }
    let page = match ports.sms.list_page(&list.query(), list.next).await {
        Ok(page) => page,
        // The provider does not know any more where that was.
        Err(ListError::Refused { status: 400 | 404 | 410, .. }) if list.next.is_some() => {
            return Ok(piece.then(Then::GoOn(list.step(None, (round, refused)))));
        }
        Err(ListError::NoLists) => return Ok(piece.left(LeftReason::NotListed)),
        Err(error) if error.is_retryable() => return Err(later(error.to_string())),
        Err(_) => return Ok(piece.left(LeftReason::Failed)),
    };
    let until = piece.erasure.until();
    let may_be_theirs = |message: &&ListedMessage| {
        list.holds(message) && message.date_created <= until && holds_anything(message)
    };
    let messages: Vec<&ListedMessage> = page.messages.iter().filter(may_be_theirs).collect();
    let messages = theirs(ports, piece, list, messages).await?;
    let known = known(ports, piece, &messages, round).await?;
    let waiting = messages.into_iter().filter(|message| !known.contains(&message.sid));
    let mut waiting: VecDeque<&ListedMessage> = waiting.collect();
    let (mut erased, mut refused_now, mut seen) = (0, 0, Vec::new());
    while erased + refused_now < AT_ONCE
        && let Some(message) = waiting.front()
    {
        match ports.sms.erase(&message.sid).await {
            Ok(()) => {
                erased += 1;
                seen.push(mark_done(&message.sid));
            }
            Err(EraseError::Unsupported) => return Ok(piece.left(LeftReason::Unsupported)),
            Err(error) if is_for_later(&error) => {
                refused_now += 1;
                seen.push(mark_refused(&message.sid, round));
            }
            // What was done is kept, and the failure comes again.
            Err(_) if erased + refused_now > 0 => break,
            Err(error) => return Err(later(error.to_string())),
        }
        waiting.pop_front();
    }
    let all_done = waiting.is_empty();
    let refused = refused + u64::try_from(refused_now).unwrap_or(u64::MAX);
    let (then, left) = match (all_done, page.next) {
        (false, _) => {
            let here = list.next.map(ToOwned::to_owned);
            (Then::GoOn(list.step(here, (round, refused))), None)
        }
        (true, Some(next)) => (Then::GoOn(list.step(Some(next), (round, refused))), None),
        (true, None) if !list.to_them => {
            let other = List { to_them: true, next: None, ..*list };
            (Then::GoOn(other.step(None, (round, refused))), None)
        }
        (true, None) => end_of_round(piece, list, (round, refused)),
    };
    Ok(Erased {
        counts: Counts { texts: u64::try_from(erased).unwrap_or(u64::MAX), ..Counts::default() },
        seen,
        left: left.into_iter().collect(),
        ..piece.then(then)
    })
}

/// Both lists were read to their end.
fn end_of_round(piece: &Piece<'_>, list: &List<'_>, (round, refused): (u32, u64)) -> (Then, Option<Left>) {
    let left = || Left { count: refused, ..piece.next.step.left(LeftReason::Refused) };
    match again_after(round) {
        Some(after_secs) if round == 0 || refused > 0 => {
            let again = List { to_them: false, next: None, ..*list };
            (Then::Later { step: again.step(None, (round + 1, 0)), after_secs }, None)
        }
        Some(_) => (Then::Done, None),
        None => (Then::Done, (refused > 0).then(left)),
    }
}

/// Those of some messages from or to the address that are theirs.
async fn theirs<'a>(
    ports: &Ports,
    piece: &Piece<'_>,
    list: &List<'_>,
    messages: Vec<&'a ListedMessage>,
) -> Result<Vec<&'a ListedMessage>, Detour> {
    let ids: Vec<String> = messages.iter().map(|message| of_text(&message.sid)).collect();
    let receipts: Vec<String> =
        messages.iter().map(|message| Receipt::of_text(&message.sid).into_string()).collect();
    let sids: Vec<&str> = messages.iter().map(|message| message.sid.as_str()).collect();
    let mut conn = ports.store.connection().await?;
    let of_them = erasures::seen(&mut conn, &piece.erasure.id, &ids).await?;
    let received = upkeep::claimed(&mut conn, &receipts).await?;
    let of_new = provider_texts::known(&mut conn, &sids).await?;
    // The provider tells whole seconds.
    let begun_at = Millis(piece.erasure.begun_at.0.div_euclid(1_000) * 1_000);
    // What is older than this is never caught up with.
    let caught_up_from = piece.erasure.begun_at - upkeep::KEEP_RECEIPTS;
    let is_theirs = |message: &&ListedMessage| {
        let at = message.date_created;
        let was_received =
            || received.contains(Receipt::of_text(&message.sid).as_str()) || at < caught_up_from;
        of_them.contains(&of_text(&message.sid))
            || !list.only_known
                && at < begun_at
                && !of_new.contains(&message.sid)
                && (list.to_them || was_received())
    };
    Ok(messages.into_iter().filter(is_theirs).collect())
}

/// Whether there is anything in it to be erased.
fn holds_anything(message: &ListedMessage) -> bool {
    !message.body.is_empty() || message.num_media > 0
}

/// Whether a message is refused as it stands now, and others may not be.
pub(super) fn is_for_later(error: &EraseError) -> bool {
    match error {
        EraseError::Refused { status, .. } => matches!(status, 400 | 409 | 422),
        EraseError::BadSid => true,
        EraseError::Unsupported | EraseError::Transport(_) | EraseError::List(_) => false,
    }
}

fn mark_done(sid: &str) -> String {
    format!("sms:{sid}")
}

fn mark_refused(sid: &str, round: u32) -> String {
    format!("refused:{round}:{sid}")
}

/// Which messages were erased before, or refused in this round.
async fn known(
    ports: &Ports,
    piece: &Piece<'_>,
    messages: &[&ListedMessage],
    round: u32,
) -> Result<HashSet<String>, Detour> {
    let marks = |message: &&ListedMessage| [mark_done(&message.sid), mark_refused(&message.sid, round)];
    let ids: Vec<String> = messages.iter().flat_map(marks).collect();
    let mut conn = ports.store.connection().await?;
    let seen = erasures::seen(&mut conn, &piece.erasure.id, &ids).await?;
    let is_known = |message: &&&ListedMessage| marks(message).iter().any(|mark| seen.contains(mark));
    Ok(messages.iter().filter(is_known).map(|message| message.sid.clone()).collect())
}

/// It is tried again later: that others are well does not make it come sooner.
pub(super) fn later(why: String) -> Delivery {
    Delivery::Retry { after: Some(Duration::ZERO), counts: false, why }
}
