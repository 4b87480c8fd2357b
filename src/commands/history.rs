//! What there was with a contact before.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::past::{only_own, past_item, past_line};
use super::subject::meant;
use super::{Call, Command, Who, line, targets, transcript};
use crate::acts::ids::interaction_id;
use crate::clock::Millis;
use crate::commit::Tx;
use crate::domain::address::Address;
use crate::domain::agent::Permission;
use crate::domain::contact::Contact;
use crate::domain::effect::Place;
use crate::domain::ids::{ContactId, InteractionId};
use crate::domain::interaction::{ContactRef, Interaction};
use crate::domain::notice::{Missing, PastItem, PastLine, Problem, Says};
use crate::domain::text::{numbers, sanitize};
use crate::store::history::Page;
use crate::store::lists::Rows;
use crate::store::search::earlier;
use crate::store::search::lines::{self, Asked};
use crate::store::{Result, agents, contacts, history, interactions};

/// The commands of this family.
pub(super) const COMMANDS: &[Command] = &[Command {
    name: "history",
    aliases: &[],
    arguments: "[words] or <id>",
    does: "list the contact's conversations; with an id show what was said in that one",
    who: Who::Everyone,
    changes: false,
    run: past,
}];

/// How many conversations a page lists: a keycap picks each of them.
const LISTED: usize = 10;
/// What a line begins with that goes on behind a page.
const BEHIND: &str = "before:";
/// How much of the words of a search counts, in characters.
const WORDS_CHARS: usize = 200;
/// How much of a line that was found is shown, and how much of that before the word, in characters.
const FOUND_CHARS: usize = 160;
const FOUND_BEFORE: usize = 40;

/// Whose conversations are listed.
enum Whose {
    /// Those with a contact.
    Contact {
        id: ContactId,
        name: String,
        /// The conversation with them that the agent sees where they ask.
        here: Option<Box<Interaction>>,
    },
    /// Those with anybody.
    Desk,
}

/// What is listed.
struct Wanted<'a> {
    /// The words that were said in them; empty for all.
    words: &'a str,
    /// Where the page before ended.
    behind: Option<&'a str>,
}

/// `!history [words]`, `!history <id>`, `!history <contact> [words]`.
fn past<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let typed = asked(tx, call).await?;
        let (first, rest) = line::first_word(&typed);
        if line::is_id(first) {
            return match interaction_id(first) {
                Some(id) => transcript::show(tx, call, &id, rest).await,
                None => targets::no_interaction(tx, call, first).await,
            };
        }
        let (whose, rest) = match named(tx, call, &typed).await? {
            Some((whose, rest)) => (whose, rest),
            None if is_contact(first) => return no_contact(tx, call, first).await,
            None => match unnamed(tx, call, &typed).await? {
                Some(found) => found,
                None => return Ok(()),
            },
        };
        let wanted = Wanted::read(rest);
        if wanted.words.is_empty() {
            return list(tx, call, &whose, &wanted).await;
        }
        search(tx, call, &whose, &wanted).await
    }
    .boxed()
}

/// What stands behind the command's name; the number of a row stands for that row, which may be a line of its
/// own.
async fn asked(tx: &mut Tx<'_>, call: &Call<'_>) -> Result<String> {
    let (first, rest) = line::first_word(call.arguments);
    let key = targets::key(tx, call, first).await?;
    if key != first {
        return Ok(format!("{key} {rest}"));
    }
    Ok(line::value(call.arguments).to_owned())
}

impl<'a> Wanted<'a> {
    fn read(line: &'a str) -> Self {
        let (first, rest) = line::first_word(line);
        match first.strip_prefix(BEHIND) {
            Some(place) => Self { words: rest, behind: Some(place) },
            None => Self { words: line.trim(), behind: None },
        }
    }
}

/// Whether a word is the id of a contact.
fn is_contact(word: &str) -> bool {
    word.get(..2).is_some_and(|begin| begin.eq_ignore_ascii_case("c-"))
}

/// The contact whom a line names first, and what stands behind it: by their id, or by a telephone number; in
/// the console, where there is nobody else to be meant, by any address.
async fn named<'a>(tx: &mut Tx<'_>, call: &Call<'_>, typed: &'a str) -> Result<Option<(Whose, &'a str)>> {
    let (first, rest) = line::first_word(typed);
    if is_contact(first) {
        let id = ContactId::new(first.to_lowercase());
        let Some(name) = history::name_of(tx.db().await?, &id).await? else { return Ok(None) };
        let here = meant(tx, call).await?.filter(|here| here.contact.id == id).map(Box::new);
        return Ok(Some((Whose::Contact { id, name, here }, rest)));
    }
    if !first.contains(|c: char| c.is_ascii_digit()) {
        return Ok(None);
    }
    let in_console = matches!(call.said.place, Place::Console(_));
    let verbatim = in_console.then(|| (Address::read(first), rest));
    let spelt = numbers::typed(typed, &tx.settings.desk.country);
    for (address, rest) in verbatim.into_iter().chain(spelt) {
        if let Some(ContactRef { id, name, .. }) = contacts::by_number(tx.db().await?, &address).await? {
            let here = meant(tx, call).await?.filter(|here| here.contact.id == id).map(Box::new);
            return Ok(Some((Whose::Contact { id, name, here }, rest)));
        }
    }
    Ok(None)
}

/// Whose conversations are meant where nobody is named by an id or number, and the words that are looked for:
/// those of the room's contact; in the console those of whoever is called so. A supervisor looks there for
/// words that anybody said, if nobody is called exactly so, or they are in quotes. Otherwise the agent is
/// told what is missing.
async fn unnamed<'a>(tx: &mut Tx<'_>, call: &Call<'_>, typed: &'a str) -> Result<Option<(Whose, &'a str)>> {
    if let Some(here) = meant(tx, call).await? {
        let (id, name) = (here.contact.id.clone(), here.contact.name.clone());
        return Ok(Some((Whose::Contact { id, name, here: Some(Box::new(here)) }, typed)));
    }
    let in_console = matches!(call.said.place, Place::Console(_));
    let wanted = Wanted::read(typed);
    if !in_console || wanted.words.is_empty() || wanted.behind.is_some() && !call.agent.supervises() {
        call.usage(tx, Problem::IdMissing).await?;
        return Ok(None);
    }
    if !call.agent.supervises() {
        let found = targets::contacts(tx, call, typed).await?;
        let found = targets::one_contact(tx, call, typed, found, "history {}").await?;
        return Ok(found.map(|Contact { id, name, .. }| (Whose::Contact { id, name, here: None }, "")));
    }
    if !call.allows(tx, Who::With(Permission::History)).await? {
        return Ok(None);
    }
    let is_quoted = line::value(call.arguments) != call.arguments.trim();
    if !is_quoted && wanted.behind.is_none() {
        let mut found = targets::contacts(tx, call, typed).await?;
        found.retain(|contact| targets::is_exact(contact, typed));
        if !found.is_empty() {
            let one = targets::one_contact(tx, call, typed, found, "history {}").await?;
            return Ok(one.map(|Contact { id, name, .. }| (Whose::Contact { id, name, here: None }, "")));
        }
    }
    Ok(Some((Whose::Desk, typed)))
}

async fn no_contact(tx: &mut Tx<'_>, call: &Call<'_>, id: &str) -> Result<()> {
    let id = sanitize::cut(id, 40);
    call.answer(tx, Says::no_such(Missing::named("contact", &id), "").plainly()).await
}

impl Whose {
    /// What a line that goes on behind this page begins with.
    fn key(&self) -> String {
        match self {
            Self::Contact { id, .. } => format!("{id} "),
            Self::Desk => String::new(),
        }
    }

    fn here(&self) -> Option<&InteractionId> {
        match self {
            Self::Contact { here, .. } => here.as_ref().map(|here| &here.id),
            Self::Desk => None,
        }
    }

    fn name(&self) -> Option<String> {
        match self {
            Self::Contact { name, .. } => Some(name.clone()),
            Self::Desk => None,
        }
    }
}

/// A page of the conversations with a contact.
async fn list(tx: &mut Tx<'_>, call: &Call<'_>, whose: &Whose, wanted: &Wanted<'_>) -> Result<()> {
    let Whose::Contact { id, .. } = whose else {
        return call.usage(tx, Problem::IdMissing).await;
    };
    let behind = wanted.behind.and_then(|place| place.split_once('.'));
    let behind = behind.and_then(|(at, id)| Some((Millis(at.parse().ok()?), interaction_id(id)?)));
    let page = Page {
        contact: id,
        but: whose.here(),
        owned_by: only_own(call.agent),
        behind: behind.as_ref().map(|(at, id)| (*at, id)),
        limit: i64::try_from(LISTED).unwrap_or(i64::MAX) + 1,
    };
    let mut found = history::page(tx.db().await?, &page).await?;
    let has_more = found.len() > LISTED;
    found.truncate(LISTED);
    if found.is_empty() && whose.here().is_none() && only_own(call.agent).is_some() {
        // Not even what they are called is for someone who had nothing to do with them.
        return call.answer(tx, call.command.refusal(Who::With(Permission::History)).plainly()).await;
    }
    let last = found.last().filter(|_| has_more);
    let more = last.map(|last| format!("{}{BEHIND}{}.{}", whose.key(), last.created_at.0, last.id));
    let items: Vec<PastItem> = found.iter().map(past_item).collect();
    // Behind the first page it is known.
    let unreadable = match only_own(call.agent).filter(|_| behind.is_none()) {
        Some(me) => history::never_owned_by(tx.db().await?, id, whose.here(), me).await?,
        None => 0,
    };
    show(tx, call, whose, "", Shown { items, more, unreadable }).await
}

/// A page of the conversations in which words were said.
async fn search(tx: &mut Tx<'_>, call: &Call<'_>, whose: &Whose, wanted: &Wanted<'_>) -> Result<()> {
    let words = sanitize::short_line(&line::unquoted(wanted.words), WORDS_CHARS);
    let addresses = match whose {
        Whose::Contact { id, .. } => contacts::written_from(tx.db().await?, id).await?,
        Whose::Desk => vec![],
    };
    let asked = Asked {
        whose: match whose {
            Whose::Contact { id, .. } => lines::Whose::Contact { id, addresses: &addresses },
            Whose::Desk => lines::Whose::Desk,
        },
        typed: &words,
        owned_by: only_own(call.agent),
        before: wanted.behind.and_then(|place| place.parse().ok()),
        limit: LISTED,
    };
    let found = lines::find(tx.db().await?, &asked).await?;
    let everyone = agents::all(tx.db().await?).await?;
    let mut items = Vec::with_capacity(found.hits.len());
    for hit in &found.hits {
        let of = interactions::by_id(tx.db().await?, &hit.interaction).await?;
        // Of very many lines, some are erased only a moment after the rest.
        let Some(of) = of.filter(|of| of.emptied_at.is_none()) else { continue };
        let line = past_line(&hit.line, &of.contact.name, &everyone);
        let text = excerpt(&line.text, &words);
        let contact = Some(of.contact.name.clone()).filter(|_| matches!(whose, Whose::Desk));
        items.push(PastItem { found: Some(PastLine { text, ..line }), contact, ..past_item(&of) });
    }
    let more = found.more.map(|place| format!("{}{BEHIND}{place} {words}", whose.key()));
    show(tx, call, whose, &words, Shown { items, more, unreadable: 0 }).await
}

/// A page of conversations.
struct Shown {
    items: Vec<PastItem>,
    /// What the row behind them runs, if there may be more.
    more: Option<String>,
    /// How many there are that the agent may not read.
    unreadable: u32,
}

/// Shows a page, and keeps who has read of others' conversations.
async fn show(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    whose: &Whose,
    words: &str,
    Shown { items, more, unreadable }: Shown,
) -> Result<()> {
    let mut keys: Vec<String> = items.iter().map(|item| item.id.as_str().to_owned()).collect();
    if matches!(whose, Whose::Desk) || has_others(tx, call, &items).await? {
        let verb = if words.is_empty() { "listed" } else { "searched" };
        let what = match whose {
            Whose::Contact { id, .. } => format!("{verb} {id}"),
            Whose::Desk => format!("{verb} the desk"),
        };
        tx.audit(call.agent, call.command.name, whose.here(), &what).await?;
    }
    let has_more = more.is_some();
    keys.extend(more);
    let rows = Rows { run: "history {}".to_owned(), keys };
    let indexing = !words.is_empty() && earlier::is_missing(tx.db().await?).await?;
    let (contact, typed) = (whose.name(), words.to_owned());
    let says = Says::History { contact, typed, items, more: has_more, unreadable, indexing };
    let notice = match whose.here() {
        Some(here) => says.about(here),
        None => says.plainly(),
    };
    call.answer_list(tx, notice, &rows).await
}

/// Whether whoever asks never owned one of these conversations: then it is kept that they read of it.
pub(super) async fn has_others(tx: &mut Tx<'_>, call: &Call<'_>, items: &[PastItem]) -> Result<bool> {
    for item in items {
        if !history::was_owned_by(tx.db().await?, &item.id, &call.agent.who.id).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The part of a text around the first of the words that stands in it.
fn excerpt(text: &str, words: &str) -> String {
    if text.chars().count() <= FOUND_CHARS {
        return text.to_owned();
    }
    let words: Vec<String> = words
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    let begins = |at: usize| {
        let mut behind =
            words.iter().map(|word| (text[at..].chars().flat_map(char::to_lowercase), word.chars()));
        behind.any(|(behind, word)| behind.take(word.clone().count()).eq(word))
    };
    let mut before = None;
    let mut at_start = true;
    for (at, c) in text.char_indices() {
        if (at_start || !c.is_ascii()) && begins(at) {
            before = Some(at);
            break;
        }
        at_start = !c.is_alphanumeric();
    }
    let shown = text[..before.unwrap_or(0)].char_indices().rev().take(FOUND_BEFORE).last();
    match shown {
        Some((at, _)) if at > 0 => format!("…{}", sanitize::cut(&text[at..], FOUND_CHARS)),
        _ => sanitize::cut(text, FOUND_CHARS),
    }
}

/// A row's number then shows what was said there.
pub(super) fn rows(items: &[PastItem]) -> Rows {
    let keys = items.iter().map(|item| item.id.as_str().to_owned()).collect();
    Rows { run: "history {}".to_owned(), keys }
}
