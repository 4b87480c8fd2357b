//! What a contact's last text names that an agent can act on, by its number in the notice about that text.

use crate::commit::Tx;
use crate::domain::interaction::Interaction;
use crate::domain::text::links::{self, Action};
use crate::store::{Result, history, interactions};

/// How many lines are looked through for the last text that names something.
const LINES: i64 = 100;

/// The number of this place, from 1, among what can be called and written to in the last text that names any.
pub(super) async fn in_last_text(tx: &mut Tx<'_>, of: &Interaction, number: usize) -> Result<Option<Action>> {
    let country = tx.settings.desk.country.clone();
    let said = history::last_said(tx.db_with_lines(&of.id).await?, &of.id, LINES).await?;
    for line in said.iter().rev().filter(|line| line.kind == interactions::LineKind::Contact) {
        let mut found = links::actions(&line.body, &country);
        if found.is_empty() {
            continue;
        }
        let at = number.checked_sub(1).filter(|at| *at < found.len());
        return Ok(at.map(|at| found.swap_remove(at)));
    }
    Ok(None)
}
