//! Finds the agent, queue or route that a command names: an agent by id, name, pill, Matrix id or the number
//! of a row, a queue or route by its name.

use super::command::shown;
use super::{Call, line};
use crate::acts::ids::interaction_id;
use crate::commit::Tx;
use crate::domain::agent::{Agent, Permission};
use crate::domain::contact::Contact;
use crate::domain::contact::words;
use crate::domain::find::{Candidate, Found, find, is_same_name};
use crate::domain::ids::{ContactId, QueueName};
use crate::domain::interaction::Interaction;
use crate::domain::notice::{ListRow, Missing, Says};
use crate::domain::queue::Target;
use crate::domain::text::{numbers, sanitize};
use crate::store::contacts::{self as contact_store, search};
use crate::store::lists::Rows;
use crate::store::{Result, agents, interactions};

/// The word itself, or, for a number, the key of that row in the list the agent was shown last in the room.
/// What a question asks about is no row to pick.
pub(super) async fn key(tx: &mut Tx<'_>, call: &Call<'_>, word: &str) -> Result<String> {
    let Some(number) = line::row_number(word) else { return Ok(word.to_owned()) };
    let shown = shown(tx, call.agent, call.said).await?.filter(|shown| !shown.asks);
    Ok(shown.and_then(|shown| shown.rows.keys.get(number - 1).cloned()).unwrap_or_else(|| word.to_owned()))
}

/// The queue, or the route to one, that a word names: `queue:<name>`, `route:<name>`.
pub(super) fn queue(word: &str) -> Option<Target> {
    match word.split_once(':')? {
        ("queue", name) => Some(Target::Queue(QueueName::new(name.to_lowercase()))),
        ("route", name) => Some(Target::Route(name.to_lowercase())),
        _ => None,
    }
}

/// The agent that is meant. If there is none, the agent who asks is told. If there are several, they get a
/// list; its rows run the command again, with what stood `before` and `behind` the name.
pub(super) async fn agent(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    word: &str,
    (before, behind): (&str, &str),
) -> Result<Option<Agent>> {
    let word = key(tx, call, word).await?;
    let mut everyone = agents::all(tx.db().await?).await?;
    let candidates: Vec<Candidate> = everyone
        .iter()
        .map(|agent| Candidate {
            id: agent.who.id.as_str().to_owned(),
            names: vec![agent.who.name.clone(), agent.who.user.as_str().to_owned()],
        })
        .collect();
    match find(&word, &candidates) {
        Found::One(index) => return Ok(Some(everyone.swap_remove(index))),
        Found::Nothing => {
            call.answer(tx, Says::no_such(Missing::named("agent", &word), "team").plainly()).await?;
        }
        Found::Several(indices) => {
            let rows = indices.iter().map(|index| &everyone[*index].who).map(|who| ListRow {
                key: who.id.as_str().to_owned(),
                title: who.name.clone(),
                detail: who.id.as_str().to_owned(),
                secs: None,
                room: None,
            });
            let run = format!("{} {before} {{}} {behind}", call.command.name);
            choose(tx, call, &format!("Which “{word}”? Pick one"), rows.collect(), run).await?;
        }
    }
    Ok(None)
}

/// How many words at the beginning of a line may be a name.
const NAME_WORDS: usize = 8;
/// How many contacts are listed that may be meant.
const FITTING: i64 = 10;

/// The contacts that may be meant: by id, by the number of a row, a number in any spelling, an e-mail address
/// or words of their name and what else is known. What fits exactly counts alone.
pub(super) async fn contacts(tx: &mut Tx<'_>, call: &Call<'_>, typed: &str) -> Result<Vec<Contact>> {
    of_directory(tx, call, typed, false).await
}

/// The same among those who are blocked: by words they alone are found, and by an id or a number whoever it
/// is.
pub(super) async fn blocked(tx: &mut Tx<'_>, call: &Call<'_>, typed: &str) -> Result<Vec<Contact>> {
    of_directory(tx, call, typed, true).await
}

async fn of_directory(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    typed: &str,
    only_blocked: bool,
) -> Result<Vec<Contact>> {
    let typed = key(tx, call, typed).await?;
    if let Some(found) = by_id(tx, &typed).await? {
        return Ok(vec![found]);
    }
    let whole = tx.settings.desk.mask_numbers && !call.agent.may(Permission::SeeNumbers);
    let country = tx.settings.desk.country.clone();
    if let Some((number, "")) = numbers::typed(&typed, &country)
        && let Some(found) = contact_store::of_address(tx.db().await?, &number).await?
    {
        return Ok(vec![found]);
    }
    let sought = words::sought(&typed, &country, whole);
    let found = if only_blocked {
        search::blocked(tx.db().await?, &sought, FITTING).await?
    } else {
        search::find(tx.db().await?, &sought, (FITTING, 0)).await?
    };
    let exact: Vec<Contact> = found.iter().filter(|contact| is_exact(contact, &typed)).cloned().collect();
    Ok(if exact.is_empty() { found } else { exact })
}

/// The contact of an id.
async fn by_id(tx: &mut Tx<'_>, typed: &str) -> Result<Option<Contact>> {
    let id = typed.to_lowercase();
    if !id.starts_with("c-") {
        return Ok(None);
    }
    contact_store::by_id(tx.db().await?, &ContactId::new(id)).await
}

/// Whether a contact is called exactly so, or has this e-mail address.
pub(super) fn is_exact(contact: &Contact, typed: &str) -> bool {
    contact.has_email(typed) || is_same_name(&contact.name, typed)
}

/// Whom a line names first, who may be several, and what stands behind.
pub(super) struct NamedFirst<'a> {
    /// What names them.
    pub(super) typed: &'a str,
    /// Whom that may be.
    pub(super) found: Vec<Contact>,
    /// What stands behind.
    pub(super) rest: &'a str,
}

/// The contacts whom a line names first: by a number, an id or a row's number; else by the longest name or
/// e-mail address that it begins with, or the most words that find anybody.
pub(super) async fn named_first<'a>(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    line: &'a str,
) -> Result<NamedFirst<'a>> {
    let number = numbers::typed(line, &tx.settings.desk.country).map(|(_, rest)| rest);
    if let Some(rest) = number {
        let typed = line[..line.len() - rest.len()].trim();
        return Ok(NamedFirst { typed, found: contacts(tx, call, typed).await?, rest });
    }
    let (typed, rest) = line::first_word(line);
    let id = key(tx, call, typed).await?;
    if let Some(found) = by_id(tx, &id).await? {
        return Ok(NamedFirst { typed, found: vec![found], rest });
    }
    let mut longest = NamedFirst { typed: line, found: vec![], rest: "" };
    for (typed, rest) in line::beginnings(line, NAME_WORDS) {
        let found = contacts(tx, call, typed).await?;
        if found.iter().any(|contact| is_exact(contact, typed)) {
            return Ok(NamedFirst { typed, found, rest });
        }
        if longest.found.is_empty() && !found.is_empty() {
            longest = NamedFirst { typed, found, rest };
        }
    }
    Ok(longest)
}

/// The one contact of those that may be meant; where there is none, or several, the agent who asks is
/// answered: then with a list, a row of which runs `run`.
pub(super) async fn one_contact(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    typed: &str,
    mut found: Vec<Contact>,
    run: &str,
) -> Result<Option<Contact>> {
    match found.as_slice() {
        [_] => return Ok(found.pop()),
        [] => {
            let missing = Missing::named("customer", &sanitize::cut(typed, 60));
            call.answer(tx, call.about(Says::no_such(missing, ""))).await?;
        }
        several => {
            let mut rows = Vec::new();
            for contact in several {
                rows.push(listed(tx, contact).await?);
            }
            let title = format!("Which “{}”? Pick one", sanitize::cut(typed, 60));
            choose(tx, call, &title, rows, run.to_owned()).await?;
        }
    }
    Ok(None)
}

/// A contact as a row of a list.
pub(super) async fn listed(tx: &mut Tx<'_>, contact: &Contact) -> Result<ListRow> {
    let mut numbers = contact_store::numbers(tx.db().await?, &contact.id).await?;
    numbers.extend(contact_store::shared(tx.db().await?, &contact.id).await?);
    let mut detail: Vec<String> = numbers.iter().map(|number| number.shown().into_owned()).collect();
    detail.truncate(3);
    detail.retain(|number| *number != contact.name);
    detail.extend(contact.emails.first().cloned());
    detail.push(contact.id.to_string());
    let (key, title) = (contact.id.as_str().to_owned(), contact.name.clone());
    Ok(ListRow { key, title, detail: detail.join(" · "), secs: None, room: None })
}

/// The interaction that an id, or the number of a row, names; says so if there is none.
pub(super) async fn interaction(tx: &mut Tx<'_>, call: &Call<'_>, word: &str) -> Result<Option<Interaction>> {
    let id = key(tx, call, word).await?;
    let found = match interaction_id(&id) {
        // Of one whose contact was erased there is nothing to see and nothing to do.
        Some(id) => interactions::by_id(tx.db().await?, &id).await?.filter(|of| of.erased.is_none()),
        None => None,
    };
    if found.is_none() {
        no_interaction(tx, call, &id).await?;
    }
    Ok(found)
}

/// Says that there is no interaction of this id.
pub(super) async fn no_interaction(tx: &mut Tx<'_>, call: &Call<'_>, id: &str) -> Result<()> {
    let id = sanitize::cut(id, 40);
    call.answer(tx, Says::no_such(Missing::named("conversation", &id), "mine").plainly()).await
}

/// Answers with a numbered list. A number alone then runs `run` with the row's key in place of `{}`.
pub(super) async fn show(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    title: &str,
    rows: Vec<ListRow>,
    run: String,
) -> Result<()> {
    let keys = rows.iter().map(|row| row.key.clone()).collect();
    call.answer_list(tx, Says::List { title: title.to_owned(), rows }.plainly(), &Rows { run, keys }).await
}

/// The same for a short list from which one is to be chosen: the numbers stand under it.
pub(super) async fn choose(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    title: &str,
    rows: Vec<ListRow>,
    run: String,
) -> Result<()> {
    let keys = rows.iter().map(|row| row.key.clone()).collect();
    let says = Says::List { title: title.to_owned(), rows };
    call.answer_choice(tx, says.plainly(), &Rows { run, keys }).await
}
