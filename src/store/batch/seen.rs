//! What a commit read before its transaction, and that this still holds.
//!
//! To PostgreSQL each statement is a transaction by itself, which costs half of what the same costs between
//! `BEGIN` and `COMMIT`. So a commit that reads once and writes once is two statements: the second reads the
//! same again, inside its own transaction, and is refused where that is not what the decision was made on.
//! What is committed is what a transaction around both would have committed.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};

use super::{Batch, Part, Result};
use crate::clock::Millis;
use crate::store::upkeep;

/// The digest of a row of `s`, by which it is known again.
const DIGEST: &str = "encode(sha256(convert_to(CAST(s AS TEXT), 'UTF8')), 'hex')";

/// What was read.
#[derive(Debug)]
pub(crate) struct Seen {
    /// How it was read.
    read: Part,
    /// The digests of its rows, in the order of the alphabet.
    digests: String,
    /// The receipt that is claimed with it, and when that is.
    claim: Option<(String, Millis)>,
}

impl Seen {
    /// Reads what a batch of one statement reads, and whether a receipt was claimed before. Returns the rows
    /// too; they have a digest and a number more. Only for an engine whose statements are transactions.
    pub(crate) async fn read(
        conn: &mut AnyConnection,
        mut batch: Batch,
        receipt: Option<(String, Millis)>,
    ) -> Result<(Self, Vec<AnyRow>)> {
        let read = batch.parts.pop().unwrap_or_default();
        let part = batch.add(format!(
            "SELECT s.*, {DIGEST} AS digest, c.claimed
             FROM (SELECT COUNT(*) AS claimed FROM receipts WHERE key = ${}) AS c LEFT JOIN ({}) AS s ON TRUE",
            read.values.len() + 1,
            read.sql
        ));
        part.values.clone_from(&read.values);
        part.bind(receipt.as_ref().map(|(key, _)| key.clone()));
        let (mut claimed, mut digests, mut rows) = (0, Vec::new(), Vec::new());
        for row in batch.fetch(conn).await? {
            claimed = row.try_get::<i64, _>("claimed")?;
            // Without one there is no row.
            if let Some(digest) = row.try_get::<Option<String>, _>("digest")? {
                digests.push(digest);
                rows.push(row);
            }
        }
        digests.sort();
        let claim = receipt.filter(|_| claimed == 0);
        Ok((Self { read, digests: digests.join(" "), claim }, rows))
    }

    /// The receipt that is claimed with it, if nobody had claimed that before.
    pub(crate) fn claim(&self) -> Option<&str> {
        self.claim.as_ref().map(|(key, _)| key.as_str())
    }

    /// Claims the receipt, and has the statements of a batch refused unless all of it still holds.
    pub(crate) fn check(self, batch: &mut Batch) {
        let Self { read, digests, claim } = self;
        let mut is_claimed = "TRUE".to_owned();
        if let Some((key, at)) = claim {
            upkeep::batch_claims(batch, &[key], at);
            is_claimed = format!("(SELECT COUNT(*) FROM {}) = 1", batch.written("receipts"));
        }
        let part = batch.add(format!(
            "SELECT still_holds({is_claimed} AND ${} = COALESCE(
                 (SELECT string_agg(d.digest, ' ' ORDER BY d.digest COLLATE \"C\")
                  FROM (SELECT {DIGEST} AS digest FROM ({}) AS s) AS d), ''))",
            read.values.len() + 1,
            read.sql
        ));
        part.values = read.values;
        part.bind(digests);
    }
}
