//! What the contact sent, once their ghost has said it.

use crate::commit::Tx;
use crate::domain::effect::Said;
use crate::domain::lane::Lane;
use crate::store::Result;
use crate::store::rooms::Posted;

/// The ghost said it: what answers this event answers the contact.
pub(super) async fn said(tx: &mut Tx<'_>, lane: &Lane, said: &Said) -> Result<()> {
    tx.record_posted(lane, &said.event, Posted::Contact).await
}
