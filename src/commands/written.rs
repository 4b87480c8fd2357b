//! What a contact's last text or contact card names that an agent can act on, by its number in the notice
//! about that.

use crate::commit::Tx;
use crate::domain::effect::Place;
use crate::domain::interaction::Interaction;
use crate::domain::text::links::{self, Action};
use crate::store::{Result, history, lists, transcript};

/// How many lines are looked through for the last text that names something.
const LINES: i64 = 100;

/// What has this number, from 1, among what can be called and written to in the last text or contact card
/// that names any.
pub(super) async fn in_last_text(tx: &mut Tx<'_>, of: &Interaction, number: usize) -> Result<Option<Action>> {
    let country = tx.settings.desk.country.clone();
    let card = lists::card(tx.db().await?, &Place::Session(of.id.clone())).await?;
    let card = card.filter(|(actions, _)| !actions.is_empty());
    let said = history::last_said(tx.db_with_lines(&of.id).await?, &of.id, LINES).await?;
    let texts = said.iter().rev().filter(|line| line.kind == transcript::LineKind::Contact);
    let mut texts = texts.map(|line| (links::actions(&line.body, &country), line.at));
    let text = texts.find(|(actions, _)| !actions.is_empty());
    let last = text.into_iter().chain(card).max_by_key(|(_, at)| *at);
    Ok(last.and_then(|(mut actions, _)| {
        let at = number.checked_sub(1).filter(|at| *at < actions.len())?;
        Some(actions.swap_remove(at))
    }))
}
