//! What the contact sent, once their ghost has said it.

use ruma::EventId;

use crate::commit::Tx;
use crate::domain::lane::Lane;
use crate::store::Result;
use crate::store::rooms::Posted;

/// The ghost said it: what answers this event answers the contact.
pub(super) async fn said(tx: &mut Tx<'_>, lane: &Lane, event: &EventId) -> Result<()> {
    tx.record_posted(lane, event, Posted::Contact).await
}
