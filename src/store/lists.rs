//! The numbered list that each agent was shown last in a room, and definitions by name, such as dispositions.

use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};
use sqlx::AnyConnection;

use super::{Result, from_json, to_json};
use crate::clock::Millis;
use crate::domain::effect::Place;
use crate::domain::ids::AgentId;
use crate::domain::text::links::Action;

/// The rows of a list, as a number picks them.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Rows {
    /// What `!1` runs: a command line in which `{}` stands for the row.
    pub run: String,
    /// What each row stands for.
    pub keys: Vec<String>,
}

impl Rows {
    /// The id of a list: two lists with the same rows and the same action are one.
    #[must_use]
    pub fn id(&self) -> String {
        let mut hash = Sha256::new();
        for text in self.keys.iter().chain([&self.run]) {
            hash.update(text);
            hash.update([0]);
        }
        // The first bytes are enough to tell the lists of one agent apart.
        let hash = hash.finalize();
        let begin = hash.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
        format!("{begin:016x}")
    }
}

/// A list as it was shown last.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Shown {
    /// Its rows.
    #[serde(flatten)]
    pub rows: Rows,
    /// Whether it asks whether its one row is to be done.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub asks: bool,
    /// Whether that was answered, so that nothing answers it any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_over: bool,
    /// Whether something else was typed since: only who points at the question answers it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_passed: bool,
}

impl Shown {
    /// A list that is shown, or a question that is asked, now.
    fn new(rows: &Rows, asks: bool) -> Self {
        Self { rows: rows.clone(), asks, is_over: false, is_passed: false }
    }

    /// Whether it is a question that a word alone answers.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.asks && !self.is_over && !self.is_passed
    }
}

/// Remembers the list that an agent is shown in a room. Without an agent, it is for the owner of the room's
/// conversation.
pub async fn show(
    conn: &mut AnyConnection,
    to: (&Place, Option<&AgentId>),
    rows: &Rows,
    at: Millis,
) -> Result<()> {
    keep(conn, to, &Shown::new(rows, false), at).await
}

/// Remembers the question that an agent is asked in a room.
pub async fn ask(
    conn: &mut AnyConnection,
    (place, of): (&Place, &AgentId),
    rows: &Rows,
    at: Millis,
) -> Result<()> {
    keep(conn, (place, Some(of)), &Shown::new(rows, true), at).await
}

/// Keeps what became of the question that an agent was asked last in a room.
pub async fn settle(conn: &mut AnyConnection, (place, of): (&Place, &AgentId), asked: &Shown) -> Result<()> {
    sqlx::query("UPDATE lists SET body = $3 WHERE place = $1 AND agent = $2")
        .bind(to_json("place", place)?)
        .bind(of.as_str())
        .bind(to_json("list", asked)?)
        .execute(conn)
        .await?;
    Ok(())
}

async fn keep(
    conn: &mut AnyConnection,
    (place, of): (&Place, Option<&AgentId>),
    shown: &Shown,
    at: Millis,
) -> Result<()> {
    put(conn, (place, of.map(AgentId::as_str).unwrap_or_default()), &to_json("list", shown)?, at).await
}

async fn put(conn: &mut AnyConnection, (place, of): (&Place, &str), body: &str, at: Millis) -> Result<()> {
    sqlx::query(
        "INSERT INTO lists (place, agent, at, body) VALUES ($1, $2, $3, $4)
         ON CONFLICT (place, agent) DO UPDATE SET at = excluded.at, body = excluded.body",
    )
    .bind(to_json("place", place)?)
    .bind(of)
    .bind(at.0)
    .bind(body)
    .execute(conn)
    .await?;
    Ok(())
}

/// Whose list the contact card is that was shown last in a room: nobody's, for no agent's id has this mark.
const CARD: &str = "!card";

/// Remembers what can be called and written to in the contact cards that a room is shown.
pub async fn show_card(
    conn: &mut AnyConnection,
    place: &Place,
    actions: &[Action],
    at: Millis,
) -> Result<()> {
    put(conn, (place, CARD), &to_json("card", &actions)?, at).await
}

/// What can be called and written to in the contact cards that were shown last in a room, and when that was.
pub async fn card(conn: &mut AnyConnection, place: &Place) -> Result<Option<(Vec<Action>, Millis)>> {
    let row: Option<(String, i64)> =
        sqlx::query_as("SELECT body, at FROM lists WHERE place = $1 AND agent = $2")
            .bind(to_json("place", place)?)
            .bind(CARD)
            .fetch_optional(conn)
            .await?;
    row.map(|(body, at)| Ok((from_json("card", &body)?, Millis(at)))).transpose()
}

/// Forgets the lists of a room that can no longer be used.
pub async fn forget(conn: &mut AnyConnection, place: &Place) -> Result<()> {
    let sql = "DELETE FROM lists WHERE place = $1";
    sqlx::query(sql).bind(to_json("place", place)?).execute(conn).await?;
    Ok(())
}

/// The list that an agent was shown last in a room: one of their own, or, while they own the room's
/// conversation, one for its owner.
pub async fn shown(
    conn: &mut AnyConnection,
    place: &Place,
    (agent, owns_it): (&AgentId, bool),
) -> Result<Option<Shown>> {
    let row: Option<String> = sqlx::query_scalar(
        "SELECT body FROM lists WHERE place = $1 AND agent IN ($2, $3) ORDER BY at DESC, agent LIMIT 1",
    )
    .bind(to_json("place", place)?)
    .bind(agent.as_str())
    .bind(if owns_it { "" } else { agent.as_str() })
    .fetch_optional(conn)
    .await?;
    row.map(|row| from_json("list", &row)).transpose()
}

/// A kind of thing that is defined by name.
pub trait Defined: Serialize + DeserializeOwned {
    /// What the kind is called in the database.
    const KIND: &'static str;

    /// The name it goes by.
    fn name(&self) -> &str;
}

/// Keeps a definition, new or changed.
pub async fn define<T: Defined + Sync>(conn: &mut AnyConnection, defined: &T) -> Result<()> {
    sqlx::query(
        "INSERT INTO definitions (kind, name, body) VALUES ($1, $2, $3)
         ON CONFLICT (kind, name) DO UPDATE SET body = excluded.body",
    )
    .bind(T::KIND)
    .bind(defined.name())
    .bind(to_json(T::KIND, defined)?)
    .execute(conn)
    .await?;
    Ok(())
}

/// All definitions of a kind, by name.
pub async fn defined<T: Defined>(conn: &mut AnyConnection) -> Result<Vec<T>> {
    let rows: Vec<String> = sqlx::query_scalar("SELECT body FROM definitions WHERE kind = $1 ORDER BY name")
        .bind(T::KIND)
        .fetch_all(conn)
        .await?;
    rows.iter().map(|row| from_json(T::KIND, row)).collect()
}

/// The definition of a kind and name.
pub async fn defined_as<T: Defined>(conn: &mut AnyConnection, name: &str) -> Result<Option<T>> {
    let row: Option<String> =
        sqlx::query_scalar("SELECT body FROM definitions WHERE kind = $1 AND name = $2")
            .bind(T::KIND)
            .bind(name)
            .fetch_optional(conn)
            .await?;
    row.map(|row| from_json(T::KIND, &row)).transpose()
}

/// The names of all definitions of a kind.
pub async fn names(conn: &mut AnyConnection, kind: &str) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar("SELECT name FROM definitions WHERE kind = $1 ORDER BY name")
        .bind(kind)
        .fetch_all(conn)
        .await?)
}

/// Removes a definition; whether there was one.
pub async fn undefine(conn: &mut AnyConnection, kind: &str, name: &str) -> Result<bool> {
    let done = sqlx::query("DELETE FROM definitions WHERE kind = $1 AND name = $2")
        .bind(kind)
        .bind(name)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() > 0)
}

impl Defined for crate::domain::route::Route {
    const KIND: &'static str = "route";

    fn name(&self) -> &str {
        &self.name
    }
}

impl Defined for crate::domain::not_ready::Reason {
    const KIND: &'static str = "reason";

    fn name(&self) -> &str {
        &self.code
    }
}

impl Defined for crate::domain::response::Response {
    const KIND: &'static str = "response";

    fn name(&self) -> &str {
        &self.shortcut
    }
}

impl Defined for crate::domain::settings::Setting {
    const KIND: &'static str = "setting";

    fn name(&self) -> &str {
        &self.name
    }
}

impl Defined for crate::domain::talk::Predefined {
    const KIND: &'static str = "predefined";

    fn name(&self) -> &str {
        &self.key
    }
}

impl Defined for crate::domain::interaction::Disposition {
    const KIND: &'static str = "disposition";

    fn name(&self) -> &str {
        &self.code
    }
}
