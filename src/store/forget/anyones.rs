//! Forgetting what stands in rows that may speak of anyone.

use std::collections::HashSet;

use sqlx::{AnyConnection, AssertSqlSafe};

use crate::clock::Millis;
use crate::domain::forget::{Forgetting, Stage};
use crate::store::{Result, many};

/// A table whose rows may speak of anyone: how it is read on from a row, so many at a time, and how a row is
/// forgotten. A row has one key, or two; then when it was written, and what it says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Anyones {
    /// Which.
    pub(super) table: &'static str,
    /// How it is read on.
    pub(super) page: &'static str,
    /// How a row is forgotten.
    pub(super) forget: &'static str,
}

/// The table of a stage, if it is one of these.
pub(super) fn anyones(stage: Stage) -> Option<Anyones> {
    Some(match stage {
        Stage::Conversations | Stage::Talks => return None,
        Stage::Audit => Anyones {
            table: "audit",
            page: "SELECT id, '', at, subject || ' ' || detail FROM audit WHERE id > $1 AND '' <= $2
                   ORDER BY id LIMIT $3",
            // Who did what when stays; which words and which contact do not.
            forget: "UPDATE audit SET detail = '(erased)',
                     subject = CASE WHEN subject LIKE 'c-%' THEN '' ELSE subject END WHERE id = $1 AND '' <= $2",
        },
        Stage::Messages => Anyones {
            table: "messages",
            page: "SELECT id, '', at, interaction || ' ' || missed FROM messages WHERE id > $1 AND '' <= $2
                   ORDER BY id LIMIT $3",
            forget: "DELETE FROM messages WHERE id = $1 AND '' <= $2",
        },
        Stage::DeadLetters => Anyones {
            table: "set_aside",
            page: "SELECT id, '', at, what || ' ' || why || ' ' || body FROM set_aside
                   WHERE id > $1 AND '' <= $2 ORDER BY id LIMIT $3",
            forget: "DELETE FROM set_aside WHERE id = $1 AND '' <= $2",
        },
        Stage::Outbox => Anyones {
            table: "outbox",
            page: "SELECT lane, CAST(seq AS TEXT), created_at, lane || ' ' || body FROM outbox
                   WHERE (lane, seq) > ($1, CAST($2 AS BIGINT)) ORDER BY lane, seq LIMIT $3",
            forget: "DELETE FROM outbox WHERE lane = $1 AND seq = CAST($2 AS BIGINT)",
        },
        Stage::Lists => Anyones {
            table: "lists",
            page: "SELECT place, agent, at, place || ' ' || body FROM lists WHERE (place, agent) > ($1, $2)
                   ORDER BY place, agent LIMIT $3",
            forget: "DELETE FROM lists WHERE place = $1 AND agent = $2",
        },
        Stage::Timers => Anyones {
            table: "timers",
            // Those of conversations that are over are refused when they fire, and hold no words.
            page: "SELECT id, '', CAST(9223372036854775807 AS BIGINT), body FROM timers
                   WHERE id > $1 AND '' <= $2 ORDER BY id LIMIT $3",
            forget: "DELETE FROM timers WHERE id = $1 AND '' <= $2",
        },
        Stage::Posted => Anyones {
            table: "posted",
            page: "SELECT event_id, role, CAST(0 AS BIGINT), lane || ' ' || role FROM posted
                   WHERE role IS NOT NULL AND (role, event_id) > ($2, $1) ORDER BY role, event_id LIMIT $3",
            forget: "DELETE FROM posted WHERE event_id = $1 AND role = $2",
        },
        Stage::Merges => Anyones {
            table: "contact_merges",
            page: "SELECT id, '', CAST(9223372036854775807 AS BIGINT), body FROM contact_merges
                   WHERE id > $1 AND '' <= $2 ORDER BY id LIMIT $3",
            // Without what tells of them it cannot be undone any more.
            forget: "DELETE FROM contact_merges WHERE id = $1 AND '' <= $2",
        },
    })
}

/// What of a row that speaks of anyone is looked at in one commit.
const PAGE: i64 = 500;

/// A piece of a table whose rows may speak of anyone: forgets those that tell of the person, or that were
/// written before and name a conversation that was theirs. Returns the row behind which it goes on; nothing
/// behind the last.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn page(conn: &mut AnyConnection, forgetting: &Forgetting) -> Result<Option<String>> {
    let Some(of) = anyones(forgetting.stage) else { return Ok(None) };
    let (first, second) = forgetting.behind.split_once('\n').unwrap_or((&forgetting.behind, ""));
    let second = if forgetting.stage == Stage::Outbox && second.is_empty() { "0" } else { second };
    let rows: Vec<(String, String, i64, String)> =
        sqlx::query_as(of.page).bind(first).bind(second).bind(PAGE).fetch_all(&mut *conn).await?;
    let Some((last, behind, ..)) = rows.last() else { return Ok(None) };
    let behind = format!("{last}\n{behind}");
    let earlier = rows.iter().filter(|(_, _, at, _)| Millis(*at) < forgetting.since);
    let named: HashSet<&str> = earlier.flat_map(|(.., text)| ids(text)).collect();
    let (erased, words) = (erased(conn, &named).await?, forgetting.traces.words());
    for (first, second, at, text) in &rows {
        let is_linked =
            Millis(*at) < forgetting.since && !erased.is_empty() && ids(text).any(|id| erased.contains(id));
        if is_linked || words.are_in_text(text) {
            sqlx::query(of.forget).bind(first.as_str()).bind(second.as_str()).execute(&mut *conn).await?;
        }
    }
    Ok(Some(behind))
}

/// The ids of conversations that stand in a text.
fn ids(text: &str) -> impl Iterator<Item = &str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-';
    text.split(move |c: char| !is_part(c)).filter(|word| word.starts_with("i-"))
}

/// Those of some conversations that are emptied, or are talks about one that is.
async fn erased(conn: &mut AnyConnection, ids: &HashSet<&str>) -> Result<HashSet<String>> {
    let ids: Vec<&str> = ids.iter().copied().collect();
    let mut erased = HashSet::new();
    for piece in many::pieces(&ids) {
        let places = many::places(piece.len(), 1);
        for sql in [
            format!("SELECT id FROM interactions WHERE contact = '' AND id IN (VALUES {places})"),
            format!(
                "SELECT t.id FROM talks t JOIN interactions i ON i.id = t.parent
                 WHERE i.contact = '' AND t.id IN (VALUES {places})"
            ),
        ] {
            let mut select = sqlx::query_scalar(AssertSqlSafe(sql));
            for id in piece {
                select = select.bind(*id);
            }
            let found: Vec<String> = select.fetch_all(&mut *conn).await?;
            erased.extend(found);
        }
    }
    Ok(erased)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_conversations_are_found_in_any_text() {
        let text = r#"room:i-7f3k2 {"interaction":"i-9zzzz"} i-1, xi-2 media:i-3/5/2"#;
        assert_eq!(ids(text).collect::<Vec<_>>(), ["i-7f3k2", "i-9zzzz", "i-1", "i-3"]);
    }
}
