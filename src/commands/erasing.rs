//! Asks before a change of a setting has something erased.

use serde_json::Value;

use super::{Call, fields};
use crate::acts::retention;
use crate::commit::Tx;
use crate::domain::ids::QueueName;
use crate::domain::notice::Says;
use crate::domain::queue::QueueSettings;
use crate::domain::retention::{Old, Older};
use crate::domain::settings::DeskSettings;
use crate::store::Result;
use crate::store::lists::Rows;
use crate::store::retention::MOST_COUNTED;

/// A change that has something erased.
#[derive(Default)]
struct Asked<'a> {
    /// The command that makes it.
    run: &'a str,
    /// The queue it is a change of, if of one.
    queue: &'a str,
    /// The queue that is to be removed, if one is.
    without: &'a str,
}

/// The word behind a change that was confirmed.
const CONFIRMED: &str = "confirmed";

/// What was typed without the word that confirms it, and whether it stands there.
pub(super) fn confirmed(typed: &str) -> (&str, bool) {
    match typed.trim_end().strip_suffix(CONFIRMED) {
        Some(rest) if rest.is_empty() || rest.ends_with(char::is_whitespace) => (rest.trim_end(), true),
        Some(_) | None => (typed, false),
    }
}

/// Asks whether a change of the desk's settings is meant, if more would be erased by it. `run` is the command
/// that makes the change. Returns whether it was asked.
pub(super) async fn asks(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    (what, before, after): (Old, &DeskSettings, &DeskSettings),
    run: &str,
) -> Result<bool> {
    if !is_shorter(before.keeps().days(what), after.keeps().days(what)) {
        return Ok(false);
    }
    let count = retention::too_old(tx, what, &after.keeps()).await?;
    let days = after.keeps().days(what);
    ask(tx, call, older(what, count, days), Asked { run, ..Asked::default() }).await
}

/// The same of a change of a queue.
pub(super) async fn asks_of_queue(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    queue: &str,
    change: (&Value, &Value),
    run: &str,
) -> Result<bool> {
    of_queue(tx, call, queue, change, Asked { run, queue, ..Asked::default() }).await
}

/// The same of a queue that is to be removed: what it had is kept as long as the desk says then.
pub(super) async fn asks_without_queue(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    (queue, now): (&str, &Value),
    run: &str,
) -> Result<bool> {
    let asked = Asked { run, without: queue, ..Asked::default() };
    of_queue(tx, call, queue, (now, &as_the_desk(now)), asked).await
}

async fn of_queue(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    queue: &str,
    (before, after): (&Value, &Value),
    asked: Asked<'_>,
) -> Result<bool> {
    let read = |document: &Value| fields::read::<QueueSettings>(document.clone());
    let (Ok(before), Ok(after)) = (read(before), read(after)) else { return Ok(false) };
    let (queue, keeps) = (QueueName::new(queue), tx.settings.desk.keeps());
    let mut all = Vec::new();
    for what in [Old::Conversations, Old::Media] {
        let days = |queue: &QueueSettings| queue.keeps(what).unwrap_or_else(|| keeps.days(what));
        if is_shorter(days(&before), days(&after)) {
            let count = retention::too_old_of(tx, what, &queue, days(&after)).await?;
            all.extend(older(what, count, days(&after)));
        }
    }
    ask(tx, call, all, asked).await
}

/// So much that is older, if anything is.
fn older(erases: Old, count: i64, days: u64) -> Option<Older> {
    let at_least = count > MOST_COUNTED;
    (count > 0).then(|| Older { erases, count: count.min(MOST_COUNTED), at_least, days })
}

/// A queue that keeps everything as long as the desk does.
fn as_the_desk(queue: &Value) -> Value {
    let mut queue = queue.clone();
    for own in ["retention_sms_days", "retention_media_days"] {
        queue[own] = Value::Null;
    }
    queue
}

/// Whether something is kept for fewer days than before; 0 is for ever.
fn is_shorter(before: u64, after: u64) -> bool {
    after > 0 && (before == 0 || after < before)
}

/// Asks once about all that is older; of a change there are two kinds at most.
async fn ask(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    all: impl IntoIterator<Item = Older>,
    Asked { run, queue, without }: Asked<'_>,
) -> Result<bool> {
    let mut all = all.into_iter();
    let Some(older) = all.next() else { return Ok(false) };
    let (queue, without) = (queue.to_owned(), without.to_owned());
    let says = Says::ConfirmErasing { older, also: all.next(), queue, without };
    let rows = Rows { run: format!("{run} {{}}"), keys: vec![CONFIRMED.to_owned()] };
    call.ask(tx, says.plainly(), &rows).await?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_confirmed_by_a_word_of_its_own() {
        for (typed, read) in [
            ("30", ("30", false)),
            ("30 confirmed", ("30", true)),
            ("30  confirmed ", ("30", true)),
            ("confirmed", ("", true)),
            ("30confirmed", ("30confirmed", false)),
            ("", ("", false)),
        ] {
            assert_eq!(confirmed(typed), read, "{typed}");
        }
    }

    #[test]
    fn for_ever_is_the_longest() {
        for (before, after, shorter) in
            [(0, 30, true), (30, 7, true), (30, 30, false), (30, 0, false), (7, 30, false), (0, 0, false)]
        {
            assert_eq!(is_shorter(before, after), shorter, "{before} {after}");
        }
    }
}
