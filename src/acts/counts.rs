//! Counts a contact's other interactions.

use crate::commit::Tx;
use crate::domain::interaction::Interaction;
use crate::domain::session::Counts;
use crate::store::{Result, history};

/// The contact's other interactions, counted.
pub(crate) async fn counts(tx: &mut Tx<'_>, interaction: &Interaction) -> Result<Counts> {
    let since = tx.now - tx.settings.desk.recent();
    let mut counts = Counts { days: tx.settings.desk.recent_days, ..Counts::default() };
    for (mode, open, recent) in history::others(tx.db().await?, interaction, since).await? {
        let kind = || mode.as_str().to_owned();
        counts.in_progress.extend((open > 0).then(|| (kind(), open)));
        counts.recent.extend((recent > 0).then(|| (kind(), recent)));
    }
    Ok(counts)
}
