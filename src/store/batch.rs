//! Statements that go to the database together, in one round trip.
//!
//! On SQLite they run one after the other. On PostgreSQL they are the parts of one statement, which all see
//! what was there before it and run in no particular order: no part may write a row that another one writes,
//! and a part that reads what another one wrote asks for it by the name that [`Batch::written`] gives it.
//!
//! <https://www.postgresql.org/docs/current/queries-with.html#QUERIES-WITH-MODIFYING>

mod seen;

pub(crate) use seen::Seen;

use std::fmt::Write as _;

use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::Query;
use sqlx::{Any, AnyConnection, AssertSqlSafe, Executor as _};

use super::{Engine, Result};

/// With more values than this, statements are of many shapes, so that none is worth keeping, and what a round
/// trip costs is little beside what they do.
const FEW: usize = 96;

/// A value that is bound to a placeholder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// A text, or none.
    Text(Option<String>),
    /// A number, or none.
    Number(Option<i64>),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(Some(text))
    }
}

impl From<Option<String>> for Value {
    fn from(text: Option<String>) -> Self {
        Self::Text(text)
    }
}

impl From<Option<i64>> for Value {
    fn from(number: Option<i64>) -> Self {
        Self::Number(number)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(Some(number))
    }
}

/// One of the statements: its placeholders are counted from 1.
#[derive(Debug, Default)]
pub(crate) struct Part {
    sql: String,
    values: Vec<Value>,
}

impl Part {
    /// Binds the next value.
    pub(crate) fn bind(&mut self, value: impl Into<Value>) -> &mut Self {
        self.values.push(value.into());
        self
    }

    /// Binds the next values.
    pub(crate) fn bind_all(&mut self, values: impl IntoIterator<Item = Value>) -> &mut Self {
        self.values.extend(values);
        self
    }

    /// The statement with its values. One that is not kept makes room for none that will come again.
    fn query(self, is_kept: bool) -> Statement {
        let query = sqlx::query(AssertSqlSafe(self.sql)).persistent(is_kept);
        self.values.into_iter().fold(query, bound)
    }
}

/// Statements that go together.
#[derive(Debug)]
pub(crate) struct Batch {
    engine: Engine,
    parts: Vec<Part>,
}

impl Batch {
    /// None yet.
    pub(crate) fn new(engine: Engine) -> Self {
        Self { engine, parts: Vec::new() }
    }

    /// None yet, for a connection.
    pub(crate) fn on(conn: &AnyConnection) -> Self {
        Self::new(Engine::of_connection(conn))
    }

    /// Adds a statement, whose values are to be bound.
    pub(crate) fn add(&mut self, sql: impl Into<String>) -> &mut Part {
        self.parts.push(Part { sql: sql.into(), values: Vec::new() });
        let last = self.parts.len() - 1;
        &mut self.parts[last]
    }

    /// What a later statement reads to see the rows that the last one returned: on SQLite they stand in its
    /// table by then.
    pub(crate) fn written(&self, table: &'static str) -> String {
        match self.engine {
            Engine::Sqlite => table.to_owned(),
            Engine::Postgres => name(self.parts.len() - 1),
        }
    }

    /// Begins a transaction, together with the statements that follow where the engine can do that.
    pub(crate) async fn beginning(conn: &mut AnyConnection) -> Result<Self> {
        let mut batch = Self::on(conn);
        match batch.engine {
            Engine::Sqlite => {
                batch.add(batch.engine.begin());
            }
            Engine::Postgres => {
                conn.execute(batch.engine.begin()).await?;
            }
        }
        Ok(batch)
    }

    /// Begins a transaction of nothing but the statements that follow. On PostgreSQL these are one statement,
    /// which is a transaction by itself.
    pub(crate) fn alone(conn: &AnyConnection) -> Self {
        let mut batch = Self::on(conn);
        if batch.engine == Engine::Sqlite {
            batch.add(batch.engine.begin());
        }
        batch
    }

    /// Ends the transaction behind the statements, where the engine can do that in the same round trip.
    /// Returns whether it does.
    pub(crate) fn commits(&mut self) -> bool {
        match self.engine {
            Engine::Sqlite => {
                self.add("COMMIT");
                true
            }
            Engine::Postgres => false,
        }
    }

    /// Runs all of them.
    pub(crate) async fn run(self, conn: &mut AnyConnection) -> Result<()> {
        let is_few = self.is_few();
        let whole = match self.engine {
            Engine::Sqlite if !is_few => self.parts,
            Engine::Sqlite => in_a_row(self.parts),
            Engine::Postgres => with(self.parts),
        };
        for part in whole {
            part.query(is_few || self.engine == Engine::Sqlite).execute(&mut *conn).await?;
        }
        Ok(())
    }

    /// Whether the statements run one after the other, so that each may return rows of its own form.
    pub(crate) fn runs_in_a_row(&self) -> bool {
        self.engine == Engine::Sqlite
    }

    /// Runs all of them, and returns the rows of all. On PostgreSQL those of several statements have the same
    /// columns.
    pub(crate) async fn fetch(mut self, conn: &mut AnyConnection) -> Result<Vec<AnyRow>> {
        let (is_few, count) = (self.is_few(), self.parts.len());
        let whole = match self.engine {
            Engine::Sqlite if !is_few => self.parts,
            Engine::Sqlite => in_a_row(self.parts),
            Engine::Postgres => {
                if count > 1 {
                    let all: Vec<String> =
                        (0..count).map(|part| format!("SELECT * FROM {}", name(part))).collect();
                    self.add(all.join(" UNION ALL "));
                }
                with(self.parts)
            }
        };
        let mut rows = Vec::new();
        for part in whole {
            rows.extend(part.query(is_few || self.engine == Engine::Sqlite).fetch_all(&mut *conn).await?);
        }
        Ok(rows)
    }

    /// Runs all of them, and returns the rows of the last.
    pub(crate) async fn fetch_last(mut self, conn: &mut AnyConnection) -> Result<Vec<AnyRow>> {
        if self.engine == Engine::Postgres {
            self.parts = with(self.parts);
        }
        let Some(last) = self.parts.pop() else { return Ok(vec![]) };
        self.run(conn).await?;
        Ok(last.query(true).fetch_all(conn).await?)
    }

    fn is_few(&self) -> bool {
        self.parts.iter().map(|part| part.values.len()).sum::<usize>() <= FEW
    }
}

type Statement = Query<'static, Any, AnyArguments>;

fn bound(query: Statement, value: Value) -> Statement {
    match value {
        Value::Text(text) => query.bind(text),
        Value::Number(number) => query.bind(number),
    }
}

/// Makes parts statements that run one after the other.
fn in_a_row(parts: Vec<Part>) -> Vec<Part> {
    joined(parts, |sql| format!("{sql}; "))
}

/// The name of a part of PostgreSQL's one statement.
fn name(part: usize) -> String {
    format!("part_{part}")
}

/// Makes parts the parts of one statement: all but the last are its `WITH`.
fn with(mut parts: Vec<Part>) -> Vec<Part> {
    let Some(last) = parts.len().checked_sub(1) else { return parts };
    if last == 0 {
        return parts;
    }
    for (place, part) in parts.iter_mut().enumerate() {
        let (before, name) = (if place == 0 { "WITH " } else { ", " }, name(place));
        part.sql = if place == last {
            format!(" {}", part.sql)
        } else {
            format!("{before}{name} AS ({})", part.sql)
        };
    }
    joined(parts, |sql| sql)
}

/// Makes parts one text, with their placeholders counted through.
fn joined(parts: Vec<Part>, write: impl Fn(String) -> String) -> Vec<Part> {
    if parts.is_empty() {
        return parts;
    }
    let mut whole = Part::default();
    for part in parts {
        whole.sql.push_str(&write(counted_from(&part.sql, whole.values.len())));
        whole.values.extend(part.values);
    }
    vec![whole]
}

/// The same SQL with its placeholders counted on from a number.
fn counted_from(sql: &str, from: usize) -> String {
    let mut pieces = sql.split('$');
    let mut counted = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let digits = piece.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(piece.len());
        let number: usize = piece[..digits].parse().unwrap_or_default();
        // Writing into a string cannot fail.
        let _ = write!(counted, "${}{}", number + from, &piece[digits..]);
    }
    counted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two(engine: Engine) -> Batch {
        let mut batch = Batch::new(engine);
        batch.add("INSERT INTO a VALUES ($1, $2) RETURNING id").bind("x").bind(1);
        let written = batch.written("a");
        batch.add(format!("INSERT INTO b SELECT id, $1 FROM {written} WHERE id = $2")).bind(2).bind("x");
        batch
    }

    #[test]
    fn placeholders_are_counted_through_all_parts() {
        let [whole] = &in_a_row(two(Engine::Sqlite).parts)[..] else { panic!() };
        assert_eq!(
            whole.sql,
            "INSERT INTO a VALUES ($1, $2) RETURNING id; INSERT INTO b SELECT id, $3 FROM a WHERE id = $4; "
        );
        assert_eq!(whole.values.len(), 4);
    }

    #[test]
    fn on_postgresql_they_are_one_statement() {
        let [whole] = &with(two(Engine::Postgres).parts)[..] else { panic!() };
        assert_eq!(
            whole.sql,
            "WITH part_0 AS (INSERT INTO a VALUES ($1, $2) RETURNING id) \
             INSERT INTO b SELECT id, $3 FROM part_0 WHERE id = $4"
        );
    }

    #[test]
    fn one_alone_stays_as_it_is() {
        let mut batch = Batch::new(Engine::Postgres);
        batch.add("SELECT $1").bind(1);
        assert_eq!(with(batch.parts)[0].sql, "SELECT $1");
        assert!(in_a_row(vec![]).is_empty());
    }
}
