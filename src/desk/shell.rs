//! What is done at the command line.

use crate::acts::{forget, roster};
use crate::commit::{Applied, Tx};
use crate::domain::erasure::Asked;
use crate::domain::ids::ContactId;
use crate::domain::person::Person;
use crate::store::Result;

/// Takes a person of a table in.
pub(super) async fn person(tx: &mut Tx<'_>, person: &Person) -> Result<Applied> {
    Ok(Applied::TakenIn(roster::take_in(tx, person).await?))
}

/// Erases a contact.
pub(super) async fn erase(tx: &mut Tx<'_>, contact: &ContactId, keep_names: bool) -> Result<Applied> {
    let by = forget::desk(tx);
    Ok(match forget::begin(tx, contact, &by, (Asked::Shell, keep_names)).await? {
        Ok(forget::Begun { id, closed }) => {
            tx.audit_at_shell("contact erase", "", &format!("erased a contact: {id}")).await?;
            Applied::Erasing { id, closed }
        }
        Err(why) => Applied::NotErased(why),
    })
}

/// Writes into the audit log what was done.
pub(super) async fn note(tx: &mut Tx<'_>, what: &str, subject: &str, detail: &str) -> Result<Applied> {
    tx.audit_at_shell(what, subject, detail).await?;
    Ok(Applied::Done)
}
