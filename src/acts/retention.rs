//! What is too old to be kept, by the settings of desk and queues.

use crate::clock::Millis;
use crate::commit::Tx;
use crate::domain::ids::QueueName;
use crate::domain::retention::{Keeps, Old, how_long};
use crate::store::retention::{self, MOST_COUNTED};
use crate::store::{Result, StoreError, agents};

/// The moment before which something of the desk is too old; none if it is kept for ever.
pub(crate) fn before(tx: &Tx<'_>, what: Old) -> Option<Millis> {
    how_long(tx.settings.desk.keeps().days(what)).map(|long| tx.now - long)
}

/// The queues of which something may be too old, each with the moment before which it is.
pub(crate) async fn due_queues(tx: &mut Tx<'_>, what: Old) -> Result<Vec<(QueueName, Millis)>> {
    let (keeps, now) = (tx.settings.desk.keeps(), tx.now);
    let mut due = Vec::new();
    for queue in retention::queues(tx.db().await?, what).await? {
        let own = match agents::queue(tx.db().await?, &queue).await {
            // A queue that is gone is as the desk.
            Ok(found) => found.and_then(|found| found.keeps(what)),
            Err(StoreError::Corrupt { .. }) => {
                tracing::warn!(%queue, "a queue cannot be read, and nothing of it is erased");
                continue;
            }
            Err(error) => return Err(error),
        };
        if let Some(long) = how_long(own.unwrap_or_else(|| keeps.days(what))) {
            due.push((queue, now - long));
        }
    }
    Ok(due)
}

/// How much is too old at a desk that keeps things so long: at most one more than is counted.
pub(crate) async fn too_old(tx: &mut Tx<'_>, what: Old, keeps: &Keeps) -> Result<i64> {
    let now = tx.now;
    let Some(long) = how_long(keeps.days(what)) else { return Ok(0) };
    let before = now - long;
    match what {
        Old::Talks | Old::Audit => retention::count_of_desk(tx.db().await?, what, before).await,
        Old::Conversations | Old::Media => {
            let mut count = 0;
            for queue in retention::queues(tx.db().await?, what).await? {
                let own = agents::queue(tx.db().await?, &queue).await?.and_then(|queue| queue.keeps(what));
                if own.is_none() && count <= MOST_COUNTED {
                    count += retention::count_of_queue(tx.db().await?, what, &queue, before).await?;
                }
            }
            Ok(count)
        }
    }
}

/// How much of a queue is too old if it keeps something for so many days: at most one more than is counted.
pub(crate) async fn too_old_of(tx: &mut Tx<'_>, what: Old, queue: &QueueName, days: u64) -> Result<i64> {
    let now = tx.now;
    match how_long(days) {
        Some(long) => retention::count_of_queue(tx.db().await?, what, queue, now - long).await,
        None => Ok(0),
    }
}
