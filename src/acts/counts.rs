//! Counts a contact's other interactions.

use super::consent::is_held_by_provider;
use crate::commit::Tx;
use crate::domain::interaction::Interaction;
use crate::domain::session::Counts;
use crate::store::{Result, consent, history};

/// The contact's other interactions, counted.
pub(crate) async fn counts(tx: &mut Tx<'_>, interaction: &Interaction) -> Result<Counts> {
    let since = tx.now - tx.settings.desk.recent();
    let (ours, theirs) = (&interaction.our_number, &interaction.contact.number);
    let opted_out = consent::is_out(tx.db().await?, ours, theirs).await?;
    let provider_blocks = opted_out && is_held_by_provider(tx, ours, theirs).await?;
    let days = tx.settings.desk.recent_days;
    let mut counts = Counts { days, opted_out, provider_blocks, ..Counts::default() };
    for (kind, open, recent) in history::others(tx.db().await?, interaction, since).await? {
        let kind = || kind.to_owned();
        counts.in_progress.extend((open > 0).then(|| (kind(), open)));
        counts.recent.extend((recent > 0).then(|| (kind(), recent)));
    }
    Ok(counts)
}
