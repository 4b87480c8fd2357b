//! Commands about the conversation of the room: case data, notes.
//! In the room of a consult they are about the conversation it is about; who is consulted reads there, and
//! changes nothing.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::subject::{here, owned_from_here};
use super::{Call, Command, Who, line};
use crate::commit::Tx;
use crate::domain::agent::Permission;
use crate::domain::case::{Pair, pages as pages_of_case, shown};
use crate::domain::effect::Place;
use crate::domain::interaction::Interaction;
use crate::domain::masking::Desk;
use crate::domain::notice::{CaseCard, OddLink, Problem, Says};
use crate::domain::session::{Event, OwnerAction};
use crate::domain::text::{links, sanitize};
use crate::store::transcript::LineKind;
use crate::store::{Result, agents};

/// The commands of this family.
pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "case",
        aliases: &[],
        arguments: "[page] or set <key> <value> | unset <key>",
        does: "show or change the case data; a value may be a link with a name, [name](https://…)",
        who: Who::Everyone,
        changes: false,
        run: case,
    },
    Command {
        name: "note",
        aliases: &[],
        arguments: "<text>",
        does: "add a note to this conversation's history",
        who: Who::Everyone,
        changes: true,
        run: note,
    },
];

/// The longest key and value of case data, and note, in characters.
const KEY_CHARS: usize = 64;
const VALUE_CHARS: usize = 2_000;
pub(super) const NOTE_CHARS: usize = 4_000;
/// How much case data an interaction may have.
const MOST_CASE: usize = 200;
/// How much of a link a warning shows, in characters.
const ODD_CHARS: usize = 300;

/// `!case [page]`, `!case set <key> <value>`, `!case unset <key>`.
fn case<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let (verb, rest) = line::first_word(call.arguments);
        if verb.is_empty() {
            return match here(tx, call).await? {
                Some(interaction) => show(tx, call, &interaction).await,
                None => Ok(()),
            };
        }
        if let Some(page) = line::row_number(verb).filter(|_| rest.is_empty()) {
            return match here(tx, call).await? {
                Some(interaction) => show_page(tx, call, &interaction, page).await,
                None => Ok(()),
            };
        }
        let Some(verb) = line::choose(verb, &["set", "unset"]) else {
            return call.usage(tx, Problem::unknown(verb, &["set", "unset"])).await;
        };
        if !call.allows(tx, Who::With(Permission::CaseEdit)).await? {
            return Ok(());
        }
        let Some(interaction) = owned_from_here(tx, call).await? else { return Ok(()) };
        let (key, value) = match verb {
            "set" => line::first_word(rest),
            _ => (line::value(rest), ""),
        };
        let key = sanitize::one_line(key);
        let value = sanitize::one_line(line::value(value));
        let problem = match verb {
            _ if key.is_empty() => Some(Problem::KeyMissing),
            _ if key.chars().count() > KEY_CHARS => Some(Problem::KeyTooLong { most: KEY_CHARS }),
            "set" if value.is_empty() => Some(Problem::ValueMissing),
            _ if value.chars().count() > VALUE_CHARS => Some(Problem::ValueTooLong { most: VALUE_CHARS }),
            "set" if is_new(&interaction, &key) && interaction.case.len() >= MOST_CASE => {
                Some(Problem::TooMuchCase)
            }
            _ => None,
        };
        if let Some(problem) = problem {
            return call.usage(tx, problem).await;
        }
        let odd = odd_links(&value);
        let place = place_of(&interaction, &key);
        let (value, shown_key) = ((verb == "set").then_some(value), key.clone());
        let action = OwnerAction::Case { key, value };
        let event = Event::OwnerActed { by: call.agent.who.id.clone(), action };
        match tx.happen(&interaction, event).await? {
            Ok(changed) => {
                tx.audit(call.agent, call.command.name, Some(&changed.id), call.arguments).await?;
                show_change(tx, call, &changed, (&shown_key, place)).await?;
                if odd.is_empty() {
                    return Ok(());
                }
                call.answer(tx, Says::LinkWarning { links: odd }.about(&changed.id)).await
            }
            Err(refused) => call.refused(tx, &interaction, refused).await,
        }
    }
    .boxed()
}

/// Where a key stands in the case data, or where it would if it were new.
fn place_of(of: &Interaction, key: &str) -> usize {
    let is = |(known, _): &(String, String)| known.to_lowercase() == key.to_lowercase();
    of.case.iter().position(is).unwrap_or(of.case.len())
}

fn is_new(of: &Interaction, key: &str) -> bool {
    place_of(of, key) == of.case.len()
}

/// The page on which a pair stands, from 1.
fn page_of(of: &Interaction, place: usize) -> usize {
    let mut seen = 0;
    let before = |page: &&[Pair]| {
        seen += page.len();
        seen <= place
    };
    pages_of_case(&of.case).into_iter().take_while(before).count() + 1
}

/// The links in a value that are not what they seem.
fn odd_links(value: &str) -> Vec<OddLink> {
    let warnings = links::warnings(&shown(value)).into_iter();
    warnings.map(|odd| OddLink { url: sanitize::cut(&odd.url, ODD_CHARS), why: odd.why }).collect()
}

/// Shows a conversation with its case data, the first page of it.
pub(super) async fn show(tx: &mut Tx<'_>, call: &Call<'_>, of: &Interaction) -> Result<()> {
    show_page(tx, call, of, 1).await
}

/// Shows what was just changed of the case data, and nothing else of it.
async fn show_change(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    of: &Interaction,
    (key, place): (&str, usize),
) -> Result<()> {
    let all = pages_of_case(&of.case);
    let page = page_of(of, place).clamp(1, all.len());
    let case = all[page - 1].iter().filter(|(known, _)| known.to_lowercase() == key.to_lowercase());
    let changed = CaseCard {
        case: case.cloned().collect(),
        page: 1,
        pages: 1,
        changed: Some(key.to_owned()),
        ..card_of(call, of, page)
    };
    call.answer(tx, Says::Case(changed).about(&of.id)).await
}

async fn show_page(tx: &mut Tx<'_>, call: &Call<'_>, of: &Interaction, page: usize) -> Result<()> {
    let card = card_of(call, of, page);
    let console = Place::Console(call.agent.who.id.clone());
    let sees_whole = tx.settings.desk.mask_numbers && call.agent.may(Permission::SeeNumbers);
    if !sees_whole {
        return call.answer(tx, Says::Case(card).about(&of.id)).await;
    }
    let whole = Says::Case(CaseCard { whole: true, room: of.room.clone(), ..card.clone() }).about(&of.id);
    if call.said.place == console {
        return call.answer(tx, whole).await;
    }
    // What stands in the room is read by whoever comes into it later.
    let ours = agents::numbers(tx.db().await?).await?;
    let desk = Desk { ours: &ours, country: &tx.settings.desk.country };
    let is_masked = of.masked(desk).case != of.case || of.masked(desk).tags != of.tags;
    call.answer(tx, Says::Case(card).about(&of.id)).await?;
    if is_masked { tx.say(&console, whole, None).await } else { Ok(()) }
}

/// A conversation with a page of its case data.
fn card_of(call: &Call<'_>, of: &Interaction, page: usize) -> CaseCard {
    let all = pages_of_case(&of.case);
    let page = page.clamp(1, all.len());
    CaseCard {
        contact: of.contact.name.clone(),
        state: of.state().to_owned(),
        owner: of.owner().map(|owner| owner.name.clone()),
        case: all[page - 1].to_vec(),
        page,
        pages: all.len(),
        tags: of.tags.clone(),
        points: of.points,
        // In the room itself a link to it is of no use; who is consulted is not in it.
        room: of
            .room
            .clone()
            .filter(|_| call.said.talk().is_none() && call.said.place != Place::Session(of.id.clone())),
        whole: false,
        changed: None,
    }
}

/// `!note <text>`.
fn note<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        if call.said.session().is_none() {
            return call.usage(tx, Problem::NotInConversation).await;
        }
        let Some(interaction) = here(tx, call).await? else { return Ok(()) };
        let text = sanitize::cut(call.arguments, NOTE_CHARS);
        if sanitize::one_line(&text).is_empty() {
            return call.usage(tx, Problem::NoteMissing).await;
        }
        let author = call.agent.who.user.as_str();
        tx.write_down(&interaction, LineKind::Note, author, &text, None).await?;
        call.answer(tx, Says::Note { by: call.agent.who.name.clone(), text }.about(&interaction.id)).await
    }
    .boxed()
}
