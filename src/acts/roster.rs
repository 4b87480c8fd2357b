//! People of a table: whether they are contacts, and what becomes of them.

use sqlx::AnyConnection;

use super::contacts as contact_acts;
use crate::commit::Tx;
use crate::domain::address::Address;
use crate::domain::contact::{Contact, words};
use crate::domain::person::{NotTaken, Person, TakenIn};
use crate::store::{Result, agents, contacts};

/// How many contacts of one e-mail address are looked at.
const OF_EMAIL: i64 = 10;

/// What is to become of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Plan {
    /// Nobody knows them.
    Add,
    /// They are a contact.
    Change {
        /// Who they are.
        before: Box<Contact>,
        /// Who they are then.
        after: Box<Contact>,
        /// The addresses that they have then besides.
        more: Vec<Address>,
    },
    /// Nothing.
    Refuse(NotTaken),
}

impl Plan {
    /// What will have become of them.
    pub(crate) fn outcome(&self) -> TakenIn {
        match self {
            Self::Add => TakenIn::Added,
            Self::Change { before, after, more } if before == after && more.is_empty() => TakenIn::Unchanged,
            Self::Change { .. } => TakenIn::Changed,
            Self::Refuse(why) => TakenIn::Refused(why.clone()),
        }
    }
}

/// What is to become of a person. Their numbers say who they are, and where nobody has one of these, their
/// e-mails: people of one household share one, so that somebody with other numbers has to have the name too.
///
/// # Errors
/// [`crate::store::StoreError`].
pub(crate) async fn plan(conn: &mut AnyConnection, person: &Person) -> Result<Plan> {
    let (mut known, mut more): (Vec<Contact>, Vec<Address>) = (vec![], vec![]);
    for address in &person.addresses {
        if agents::is_ours(conn, address).await? {
            return Ok(Plan::Refuse(NotTaken::OurNumber(address.shown().into_owned())));
        }
        match contacts::of_address(conn, address).await? {
            Some(contact) => add(&mut known, contact),
            None => more.push(address.clone()),
        }
    }
    let by_email = known.is_empty();
    if by_email {
        for email in &person.emails {
            let fitting =
                contacts::search::find(conn, &[vec![words::of_email(email)]], (OF_EMAIL, 0)).await?;
            fitting.into_iter().filter(|one| one.has_email(email)).for_each(|one| add(&mut known, one));
        }
    }
    let before = match known.pop() {
        None => return Ok(Plan::Add),
        Some(one) if known.is_empty() => one,
        Some(last) => {
            let ids = known.into_iter().chain([last]).map(|contact| contact.id).collect();
            return Ok(Plan::Refuse(NotTaken::Several(ids)));
        }
    };
    if by_email && !more.is_empty() && !person.is_called_like(&before) {
        let theirs = contacts::numbers(conn, &before.id).await?;
        // One number on two channels is no other number.
        let is_theirs = |address: &Address| theirs.iter().any(|own| own.value() == address.value());
        if !theirs.is_empty() && !more.iter().any(is_theirs) {
            return Ok(Plan::Refuse(NotTaken::EmailOfOther(before.id)));
        }
    }
    let mut after = before.clone();
    Ok(match person.apply(&mut after) {
        Ok(()) => Plan::Change { before: Box::new(before), after: Box::new(after), more },
        Err(unfit) => Plan::Refuse(unfit.into()),
    })
}

fn add(known: &mut Vec<Contact>, contact: Contact) {
    if !known.iter().any(|one| one.id == contact.id) {
        known.push(contact);
    }
}

/// Takes a person in.
///
/// # Errors
/// [`crate::store::StoreError`].
pub(crate) async fn take_in(tx: &mut Tx<'_>, person: &Person) -> Result<TakenIn> {
    let plan = plan(tx.db().await?, person).await?;
    let outcome = plan.outcome();
    match plan {
        Plan::Add => {
            let mut contact = Contact::new(contact_acts::fresh_id(), &person.called(), tx.now);
            if let Err(unfit) = person.apply(&mut contact) {
                return Ok(TakenIn::Refused(unfit.into()));
            }
            let country = tx.settings.desk.country.clone();
            contacts::create(tx.db().await?, &contact, &person.addresses, &country).await?;
        }
        Plan::Change { before, after, more } if outcome == TakenIn::Changed => {
            for address in &more {
                contacts::add_address(tx.db().await?, &after.id, address).await?;
            }
            contact_acts::keep(tx, &before, &after).await?;
        }
        Plan::Change { .. } | Plan::Refuse(_) => {}
    }
    Ok(outcome)
}
