//! Contacts who are new, and the ghosts that speak for their numbers.

use crate::clock;
use crate::commit::Tx;
use crate::domain::address::Address;
use crate::domain::ids::GhostName;
use crate::domain::interaction::ContactRef;
use crate::store::{Result, contacts};

/// How long the name of a ghost is. It is random, so that nothing at the homeserver is computed from a
/// number.
const GHOST_CHARS: usize = 10;

/// Keeps a new contact, with the ghost that speaks for their number from its first room on.
pub(crate) async fn add(tx: &mut Tx<'_>, contact: &ContactRef) -> Result<()> {
    let now = tx.now;
    contacts::add(tx.db_unflushed(), contact, now).await?;
    give_ghost(tx, &contact.number, None).await
}

/// Gives a number a ghost, in place of the one it has, and says what it will be called, if that is known.
pub(crate) async fn give_ghost(tx: &mut Tx<'_>, number: &Address, called: Option<&str>) -> Result<()> {
    loop {
        let name = GhostName::new(clock::random_typable(GHOST_CHARS));
        if contacts::give_ghost(tx.db_unflushed(), number, &name, called).await? {
            return Ok(());
        }
    }
}
