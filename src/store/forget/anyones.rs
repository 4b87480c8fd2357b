//! Forgetting what stands in rows that may speak of anyone.

use std::collections::HashSet;

use serde_json::Value;
use sqlx::{AnyConnection, AssertSqlSafe};

use crate::clock::Millis;
use crate::domain::erasure::{Words, named, of_text};
use crate::domain::forget::{Forgetting, Stage};
use crate::domain::ids::InteractionId;
use crate::domain::reply::parse_part_id;
use crate::store::{Result, erasures, many, shown_in};

/// A table whose rows may speak of anyone: how it is read on from a row, so many at a time, and how a row is
/// forgotten. A row has one key, or two; then when it was written, by what it is known ([`By`]), what stands
/// in it beside its document, and its document, if it has one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Anyones {
    /// Which.
    pub(super) table: &'static str,
    /// How it is read on.
    pub(super) page: &'static str,
    /// How a row is forgotten.
    pub(super) forget: &'static str,
}

/// By what a row is known to be about the person. Only what has no further use goes by words: a row that is
/// still to be delivered or done is somebody else's as soon as it only mentions them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    /// By words, or as it names a conversation of theirs or a talk about one: it tells of what was.
    Words,
    /// By their id or that of a conversation of theirs, as a whole value: it is to be delivered.
    Waiting,
    /// By ids of theirs, of their conversations, talks about these, rooms and messages, or by their address,
    /// as a whole value: it was set aside.
    Letter,
    /// As what was set aside, but for talks: it is to be done at its time.
    Timer,
}

impl By {
    fn read(name: &str) -> Self {
        match name {
            "waiting" => Self::Waiting,
            "letter" => Self::Letter,
            "timer" => Self::Timer,
            _ => Self::Words,
        }
    }
}

/// The table of a stage, if it is one of these.
pub(super) fn anyones(stage: Stage) -> Option<Anyones> {
    Some(match stage {
        Stage::Conversations
        | Stage::Talks
        | Stage::Lines
        | Stage::Replies
        | Stage::Cases
        | Stage::Directory => return None,
        Stage::Audit => Anyones {
            table: "audit",
            page: "SELECT id, '', at, 'words', subject || ' ' || detail, '' FROM audit
                   WHERE id > $1 AND '' <= $2 ORDER BY id LIMIT $3",
            // Who did what when stays; which words and which contact do not.
            forget: "UPDATE audit SET detail = '(erased)',
                     subject = CASE WHEN subject LIKE 'c-%' THEN '' ELSE subject END WHERE id = $1 AND '' <= $2",
        },
        Stage::Messages => Anyones {
            table: "messages",
            page: "SELECT id, '', at, 'words', interaction, missed FROM messages WHERE id > $1 AND '' <= $2
                   ORDER BY id LIMIT $3",
            forget: "DELETE FROM messages WHERE id = $1 AND '' <= $2",
        },
        Stage::DeadLetters => Anyones {
            table: "set_aside",
            page: "SELECT id, '', at, 'letter', what || ' ' || why, body FROM set_aside
                   WHERE id > $1 AND '' <= $2 ORDER BY id LIMIT $3",
            forget: "DELETE FROM set_aside WHERE id = $1 AND '' <= $2",
        },
        Stage::Outbox => Anyones {
            table: "outbox",
            page: "SELECT lane, CAST(seq AS TEXT), created_at,
                   CASE WHEN state = 'done' THEN 'words' ELSE 'waiting' END, lane, body FROM outbox
                   WHERE (lane, seq) > ($1, CAST($2 AS BIGINT)) ORDER BY lane, seq LIMIT $3",
            forget: "DELETE FROM outbox WHERE lane = $1 AND seq = CAST($2 AS BIGINT)",
        },
        Stage::Lists => Anyones {
            table: "lists",
            page: "SELECT place, agent, at, 'words', place, body FROM lists WHERE (place, agent) > ($1, $2)
                   ORDER BY place, agent LIMIT $3",
            forget: "DELETE FROM lists WHERE place = $1 AND agent = $2",
        },
        Stage::Timers => Anyones {
            table: "timers",
            // What is tried again is due at once, so that what came since the erasure is due since then.
            page: "SELECT id, '', due_at, 'timer', '', body FROM timers
                   WHERE id > $1 AND '' <= $2 ORDER BY id LIMIT $3",
            forget: "DELETE FROM timers WHERE id = $1 AND '' <= $2",
        },
        Stage::Posted => Anyones {
            table: "posted",
            page: "SELECT event_id, role, CAST(0 AS BIGINT), 'words', lane, role FROM posted
                   WHERE role IS NOT NULL AND (role, event_id) > ($2, $1) ORDER BY role, event_id LIMIT $3",
            forget: "DELETE FROM posted WHERE event_id = $1 AND role = $2",
        },
        Stage::Merges => Anyones {
            table: "contact_merges",
            page: "SELECT id, '', CAST(9223372036854775807 AS BIGINT), 'words', '', body FROM contact_merges
                   WHERE id > $1 AND '' <= $2 ORDER BY id LIMIT $3",
            // Without what tells of them it cannot be undone any more.
            forget: "DELETE FROM contact_merges WHERE id = $1 AND '' <= $2",
        },
    })
}

/// What of a row that speaks of anyone is looked at in one commit.
const PAGE: i64 = 500;

/// A row that may speak of anyone.
#[derive(Debug)]
struct Row {
    keys: (String, String),
    at: Millis,
    by: By,
    /// What stands in it beside its document.
    beside: String,
    /// What stands in its document as a value. Names of fields say nothing of anyone.
    values: Vec<String>,
    /// Whether its document can be read; if not, it is its only value.
    is_readable: bool,
}

impl Row {
    fn read((first, second, at, by, beside, body): (String, String, i64, String, String, String)) -> Self {
        let read = values(&body);
        let is_readable = read.is_some();
        let values = read.unwrap_or_else(|| vec![body]);
        Self { keys: (first, second), at: Millis(at), by: By::read(&by), beside, values, is_readable }
    }

    /// The ids of conversations that it names; where only whole values count, as such.
    fn named(&self) -> Vec<&str> {
        let is_any = self.by == By::Words || !self.is_readable;
        let mut named: Vec<&str> = ids(&self.beside).collect();
        for value in &self.values {
            if is_any {
                named.extend(ids(value));
            } else {
                named.extend(whole_id(value));
            }
        }
        named
    }

    /// By which it is looked up whether it names a room of theirs, or a message to them, as a whole value:
    /// the provider reports what became of a message by nothing but its ids. What goes by words is only
    /// looked at for the desk's own id of a part, which nothing else looks like.
    fn ids(&self) -> Vec<String> {
        let is_any = matches!(self.by, By::Letter | By::Timer);
        let mut ids = Vec::new();
        for value in &self.values {
            // In one that cannot be read, a whole value stands in quotes.
            let end = if self.is_readable { '\0' } else { '"' };
            for value in value.split(end).filter(|value| is_id(value)) {
                let part = parse_part_id(value);
                ids.extend(part.map(|(message, _)| of_text(message)));
                if is_any || part.is_some() {
                    ids.push(if value.starts_with('!') { named(value) } else { of_text(value) });
                }
            }
        }
        ids
    }

    /// Whether it is to be forgotten, where these conversations are emptied, these talks are about one, and
    /// these ids are known to be theirs.
    fn tells_of(&self, of: &Person<'_>, known: &Known) -> bool {
        let Known { emptied, talks, ids } = known;
        if self.ids().iter().any(|id| ids.contains(id)) {
            return true;
        }
        let is_earlier = self.at < of.since;
        let named = self.named();
        let is_in = |ids: &HashSet<String>| named.iter().any(|id| ids.contains(*id));
        // In one that cannot be read, a whole value stands in quotes.
        let has = |known: &HashSet<String>| {
            self.values.iter().any(|value| known.contains(value))
                || !self.is_readable
                    && self
                        .values
                        .iter()
                        .any(|text| known.iter().any(|one| text.contains(&format!("\"{one}\""))))
        };
        match self.by {
            By::Waiting if self.is_readable => is_earlier && is_in(emptied) || has(&of.contacts),
            // What waits and cannot be read never reaches anyone.
            By::Words | By::Waiting => {
                is_earlier && (is_in(emptied) || is_in(talks))
                    || of.words.are_in_text(&self.beside)
                    || self.values.iter().any(|value| of.words.are_in_text(value))
            }
            By::Letter => {
                is_earlier && (is_in(emptied) || is_in(talks) || has(&of.addresses))
                    || has(&of.ghosts)
                    || has(&of.contacts)
            }
            // The time of a timer is that of its end.
            By::Timer => {
                is_in(emptied) || is_earlier && has(&of.addresses) || has(&of.ghosts) || has(&of.contacts)
            }
        }
    }
}

/// What a person is known by.
#[derive(Debug)]
struct Person<'a> {
    since: Millis,
    words: &'a Words,
    contacts: HashSet<String>,
    /// Addresses that were theirs alone. Whoever writes from one since the erasure is somebody new.
    addresses: HashSet<String>,
    /// Users that spoke for them.
    ghosts: HashSet<String>,
}

/// What is known of that which some rows name.
#[derive(Debug)]
struct Known {
    /// Conversations that are emptied.
    emptied: HashSet<String>,
    /// Talks about one that is.
    talks: HashSet<String>,
    /// Rooms of theirs, and messages to them.
    ids: HashSet<String>,
}

impl<'a> Person<'a> {
    fn of(forgetting: &Forgetting, words: &'a Words) -> Self {
        let elsewhere = &forgetting.elsewhere;
        Self {
            since: forgetting.since,
            words,
            contacts: forgetting.contacts.iter().map(ToString::to_string).collect(),
            addresses: elsewhere.addresses.iter().map(ToString::to_string).collect(),
            ghosts: elsewhere.ghosts.iter().map(ToString::to_string).collect(),
        }
    }
}

/// A piece of a table whose rows may speak of anyone: forgets those that tell of the person, see `By`. What
/// was written since the erasure began, of a conversation that began since, is somebody else's. Returns the
/// row behind which it goes on, nothing behind the last; and the conversations in whose rooms the same may
/// stand.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn page(
    conn: &mut AnyConnection,
    forgetting: &Forgetting,
) -> Result<(Option<String>, Vec<InteractionId>)> {
    let Some(of) = anyones(forgetting.stage) else { return Ok((None, vec![])) };
    let (first, second) = forgetting.behind.split_once('\n').unwrap_or((&forgetting.behind, ""));
    let second = if forgetting.stage == Stage::Outbox && second.is_empty() { "0" } else { second };
    let rows: Vec<(String, String, i64, String, String, String)> =
        sqlx::query_as(of.page).bind(first).bind(second).bind(PAGE).fetch_all(&mut *conn).await?;
    let rows: Vec<Row> = rows.into_iter().map(Row::read).collect();
    let Some(Row { keys: (last, behind), .. }) = rows.last() else { return Ok((None, vec![])) };
    let behind = format!("{last}\n{behind}");
    let named: HashSet<&str> = rows.iter().flat_map(Row::named).collect();
    let (emptied, talks) = erased(conn, &named).await?;
    let looked_up: Vec<String> = rows.iter().flat_map(Row::ids).collect();
    let known = Known { emptied, talks, ids: erasures::seen(conn, &forgetting.id, &looked_up).await? };
    let words = forgetting.traces.words();
    let person = Person::of(forgetting, &words);
    let mut found = Vec::new();
    for row in rows.iter().filter(|row| row.tells_of(&person, &known)) {
        let (first, second) = &row.keys;
        let places = ids(first).chain(ids(second));
        // The log says in the room of which conversation something was typed.
        let typed_in = ids(&row.beside).filter(|_| forgetting.stage == Stage::Audit);
        let others = places.chain(typed_in).filter(|id| !known.emptied.contains(*id));
        found.extend(others.map(InteractionId::new));
        sqlx::query(of.forget).bind(first.as_str()).bind(second.as_str()).execute(&mut *conn).await?;
    }
    Ok((Some(behind), found))
}

/// What stands in a document as a value; nothing if it is none. The input of a timer is a document itself.
pub(super) fn values(document: &str) -> Option<Vec<String>> {
    let mut found = Vec::new();
    collect(serde_json::from_str(document).ok()?, &mut found);
    Some(found)
}

fn collect(value: Value, found: &mut Vec<String>) {
    match value {
        Value::Null | Value::Bool(_) => {}
        Value::Number(number) => found.push(number.to_string()),
        Value::String(text) => found.push(text),
        Value::Array(items) => items.into_iter().for_each(|item| collect(item, found)),
        Value::Object(fields) => {
            for (name, item) in fields {
                let inner = item.as_str().filter(|_| name == "input").and_then(values);
                match inner {
                    Some(inner) => found.extend(inner),
                    None => collect(item, found),
                }
            }
        }
    }
}

/// Whether a value may be an id of something: of a message, the provider's of one, or of a room.
fn is_id(value: &str) -> bool {
    const LONGEST: usize = 255;
    (1..=LONGEST).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The id of the conversation that a value is, or whose lane it is.
fn whole_id(value: &str) -> Option<&str> {
    let id = match value.split_once(':') {
        Some(("room" | "sms", id)) => id,
        Some(("media", rest)) => rest.split('/').next().unwrap_or(rest),
        Some(_) => return None,
        None => value,
    };
    ids(id).next().filter(|found| *found == id)
}

/// The ids of conversations that stand in a text.
pub(super) fn ids(text: &str) -> impl Iterator<Item = &str> {
    shown_in::ids(text, "i-")
}

/// Those of some conversations that are emptied.
pub(super) async fn emptied(conn: &mut AnyConnection, ids: &HashSet<&str>) -> Result<HashSet<String>> {
    Ok(erased(conn, ids).await?.0)
}

/// Those of some conversations that are emptied, and those that are talks about one that is.
async fn erased(conn: &mut AnyConnection, ids: &HashSet<&str>) -> Result<(HashSet<String>, HashSet<String>)> {
    let ids: Vec<&str> = ids.iter().copied().collect();
    let (mut emptied, mut talks) = (HashSet::new(), HashSet::new());
    for piece in many::pieces(&ids) {
        let places = many::places(piece.len(), 1);
        let of_emptied =
            format!("SELECT id FROM interactions WHERE contact = '' AND id IN (VALUES {places})");
        let of_talks = format!(
            "SELECT t.id FROM talks t JOIN interactions i ON i.id = t.parent
             WHERE i.contact = '' AND t.id IN (VALUES {places})"
        );
        for (sql, found) in [(of_emptied, &mut emptied), (of_talks, &mut talks)] {
            let mut select = sqlx::query_scalar(AssertSqlSafe(sql));
            for id in piece {
                select = select.bind(*id);
            }
            let ids: Vec<String> = select.fetch_all(&mut *conn).await?;
            found.extend(ids);
        }
    }
    Ok((emptied, talks))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_conversations_are_found_in_any_text() {
        let text = r#"room:i-7f3k2 {"interaction":"i-9zzzz"} i-1, xi-2 media:i-3/5/2"#;
        assert_eq!(ids(text).collect::<Vec<_>>(), ["i-7f3k2", "i-9zzzz", "i-1", "i-3"]);
    }

    #[test]
    fn only_values_of_documents_count_and_the_input_of_a_timer_is_one() {
        let timer = r#"{"due":"retry","input":"{\"text\":{\"from\":\"sms:+14155550100\",\"n\":7}}"}"#;
        assert_eq!(values(timer).unwrap(), ["retry", "sms:+14155550100", "7"]);
        assert_eq!(values(r#"{"notice":[{"mention":null},true,"a"]}"#).unwrap(), ["a"]);
        assert_eq!(values("{"), None);
    }

    #[test]
    fn messages_and_rooms_are_known_by_whole_values() {
        let part = "0123456789abcdef0123456789abcdef-0";
        let row = |by: &str, body: &str| {
            let text = |text: &str| text.to_owned();
            Row::read((text("k"), String::new(), 0, text(by), String::new(), text(body)))
        };
        let body = format!(r#"{{"part":"{part}","sid":"SM1","room":"!A:b","why":"not SM2"}}"#);
        let of_part = [of_text(&part[..32]), of_text(part)];
        let all: Vec<String> = of_part.iter().cloned().chain([named("!a:b"), of_text("SM1")]).collect();
        let ids = |by: &str, body: &str| {
            let mut ids = row(by, body).ids();
            ids.sort_unstable();
            ids
        };
        let mut expected = all.clone();
        expected.sort_unstable();
        assert_eq!(ids("letter", &body), expected);
        assert_eq!(ids("timer", &body), expected);
        let broken = ids("letter", &format!("{{{body}"));
        assert!(expected.iter().all(|id| broken.contains(id)), "{broken:?}");
        for by in ["words", "waiting"] {
            assert_eq!(ids(by, &body), of_part, "{by}");
        }
    }

    #[test]
    fn an_id_is_a_whole_value_alone_or_in_the_name_of_a_lane() {
        for value in ["i-7f3k2", "room:i-7f3k2", "sms:i-7f3k2", "media:i-7f3k2/5/2"] {
            assert_eq!(whole_id(value), Some("i-7f3k2"), "{value}");
        }
        for value in ["", "see i-7f3k2", "i-7f3k2 is done", "!history i-7f3k2", "console:i-7f3k2", "c-7f3k2"]
        {
            assert_eq!(whole_id(value), None, "{value}");
        }
    }
}
