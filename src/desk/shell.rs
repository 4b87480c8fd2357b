//! What is done at the command line.

use crate::acts::roster;
use crate::commit::{Applied, Tx};
use crate::domain::person::Person;
use crate::store::Result;

/// Takes a person of a table in.
pub(super) async fn person(tx: &mut Tx<'_>, person: &Person) -> Result<Applied> {
    Ok(Applied::TakenIn(roster::take_in(tx, person).await?))
}

/// Writes into the audit log what was done.
pub(super) async fn note(tx: &mut Tx<'_>, what: &str, subject: &str, detail: &str) -> Result<Applied> {
    tx.audit_at_shell(what, subject, detail).await?;
    Ok(Applied::Done)
}
