//! What the contact sent, once their ghost has said it.

use crate::commit::Tx;
use crate::domain::effect::Said;
use crate::domain::lane::Lane;
use crate::store::rooms::Posted;
use crate::store::{Result, originals};

/// The ghost said it: what answers this event answers the contact.
pub(super) async fn said(tx: &mut Tx<'_>, lane: &Lane, said: &Said) -> Result<()> {
    if let Some(picture) = &said.picture {
        originals::shown(tx.db_unflushed().await?, picture, &said.event).await?;
    }
    tx.record_posted(lane, &said.event, Posted::Contact).await
}
