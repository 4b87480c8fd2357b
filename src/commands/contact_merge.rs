//! Two contacts who turn out to be one: what is going to happen is shown, and done once it is confirmed.

use super::Call;
use super::contact_card::shown;
use crate::acts::contacts as contact_acts;
use crate::commit::Tx;
use crate::domain::contact::merge::{self, NotesTooLong};
use crate::domain::contact::{Contact, NOTES_CHARS};
use crate::domain::effect::Place;
use crate::domain::interaction::Interaction;
use crate::domain::notice::{MergeCard, Refusal, Says};
use crate::store::contacts::merges;
use crate::store::lists::Rows;
use crate::store::{Result, contacts};

/// What a confirmed merge has behind it: what was shown, in a few letters.
const CONFIRMED: &str = "as-shown:";

/// How two contacts come to be merged.
pub(super) struct Asked<'a> {
    /// The command, without what it is about.
    pub(super) run: &'static str,
    /// What it is about.
    pub(super) key: String,
    /// What was shown before, if that is confirmed.
    pub(super) confirmed: Option<&'a str>,
}

/// What stands before a confirmation, and what is confirmed.
pub(super) fn confirmation(rest: &str) -> (&str, Option<&str>) {
    match rest.rsplit_once(CONFIRMED) {
        Some((rest, print)) => (rest.trim_end(), Some(print.trim())),
        None => (rest, None),
    }
}

/// Shows what is going to become of two contacts who are one, and does it once that is confirmed.
pub(super) async fn merge_two(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    of: &Interaction,
    (survivor, merged): (&Contact, &Contact),
    Asked { run, key, confirmed }: Asked<'_>,
) -> Result<()> {
    let conversations = merges::interactions(tx.db().await?, &merged.id).await?;
    let plan = match contact_acts::plan(tx, survivor, merged).await? {
        Ok(plan) => plan,
        Err(NotesTooLong { characters }) => {
            let (contact, merged) = (survivor.name.clone(), merged.name.clone());
            let why = Refusal::NotesTooLong { contact, merged, characters, most: NOTES_CHARS };
            return call.answer(tx, Says::Refused { why }.about(&of.id)).await;
        }
    };
    let print = print(&plan);
    if confirmed != Some(print.as_str()) {
        let known_by = known_by(tx, survivor).await?;
        let card = merge_card(&plan, known_by, conversations);
        let rows = Rows { run: format!("{run} {{}} {CONFIRMED}{print}"), keys: vec![key] };
        return call.ask(tx, Says::ContactMerge(card).about(&of.id), &rows).await;
    }
    let mut open = merges::not_done(tx.db().await?, &survivor.id).await?;
    open.extend(merges::not_done(tx.db().await?, &merged.id).await?);
    contact_acts::merge(tx, &plan).await?;
    if let Some(block) = plan.blocks.united() {
        // The one it is typed in stays open: there it can be undone.
        contact_acts::close_blocked(tx, &survivor.id, block, Some(&of.id)).await?;
    }
    let detail = format!("merge: {} ({}) into {} ({})", merged.id, merged.name, survivor.id, survivor.name);
    tx.audit(call.agent, call.command.name, Some(&of.id), &detail).await?;
    let numbers = shown(&contacts::numbers(tx.db().await?, &survivor.id).await?);
    let until = contact_acts::undone_until(tx);
    let (contact, merged) = (plan.united.name.clone(), merged.name.clone());
    let says = Says::ContactMerged { contact, merged, numbers, conversations, until };
    tell_elsewhere(tx, of, &open, &says).await?;
    call.answer(tx, says.about(&of.id)).await
}

/// Says in the rooms of the other conversations with a contact what was done to them in one.
pub(super) async fn tell_elsewhere(
    tx: &mut Tx<'_>,
    of: &Interaction,
    open: &[Interaction],
    says: &Says,
) -> Result<()> {
    for other in open.iter().filter(|other| other.id != of.id) {
        tx.say(&Place::Session(other.id.clone()), says.clone().about(&other.id), None).await?;
    }
    Ok(())
}

/// What is going to be merged, in a few letters: what was shown is what is done, or it is shown again.
fn print(plan: &merge::Merge) -> String {
    Rows { run: String::new(), keys: vec![serde_json::to_string(plan).unwrap_or_default()] }.id()
}

/// What tells a contact from another of the same name: their numbers, or else their id.
async fn known_by(tx: &mut Tx<'_>, contact: &Contact) -> Result<Vec<String>> {
    let mut numbers = shown(&contacts::numbers(tx.db().await?, &contact.id).await?);
    if numbers.is_empty() {
        numbers.push(contact.id.to_string());
    }
    numbers.retain(|number| *number != contact.name);
    Ok(numbers)
}

fn merge_card(plan: &merge::Merge, known_by: Vec<String>, conversations: u32) -> MergeCard {
    let merge::Moved { name, emails, language, attributes, notes, differing, left_out } =
        merge::moved(&plan.survivor, &plan.merged);
    MergeCard {
        contact: plan.survivor.name.clone(),
        known_by,
        name,
        merged: plan.merged.name.clone(),
        numbers: shown(&plan.addresses),
        conversations,
        emails,
        language,
        attributes,
        notes,
        differing,
        left_out,
        blocked: plan.blocks.united().is_some(),
    }
}
