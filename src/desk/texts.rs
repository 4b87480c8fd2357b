//! A contact writes.

use crate::acts::ids::{fresh_alias, fresh_id};
use crate::acts::{auto_reply, contacts as contact_acts, dead_letters, parked, routes};
use crate::commit::{Applied, Tx};
use crate::domain::contact::Contact;
use crate::domain::dead_letter::DeadLetterKind;
use crate::domain::effect::{Effect, Place};
use crate::domain::ids::AgentId;
use crate::domain::input::{ContactText, OptOut};
use crate::domain::interaction::begin::Beginning;
use crate::domain::interaction::{ContactRef, Interaction};
use crate::domain::notice::{ActionItem, OddLink, Says};
use crate::domain::route::Arrival;
use crate::domain::session::Event;
use crate::domain::text::{keywords, links, sanitize};
use crate::store::interactions::{self, LineKind};
use crate::store::{Result, agents, contacts, routing};

/// How much of the first text a preview shows, in characters.
const PREVIEW_CHARS: usize = 300;

/// Applies a text of a contact: it joins the open interaction of the two numbers, or begins one.
pub(super) async fn text(tx: &mut Tx<'_>, text: &ContactText) -> Result<Applied> {
    let body = sanitize::from_contact(&text.body);
    // Blanks alone cannot be seen either.
    let body = if body.trim().is_empty() { String::new() } else { body };
    let open = interactions::open_of(tx.db_unflushed(), &text.to, &text.from).await?;
    let is_new = open.is_none();
    let interaction = match open {
        Some(interaction) => interaction,
        None => match begin(tx, text, &body).await? {
            Ok(interaction) => interaction,
            Err(why) => return nowhere_to_go(tx, text, &why).await,
        },
    };
    let has_media = !text.media.is_empty() || text.left_out > 0;
    let written = match body.as_str() {
        "" if has_media => "(media)",
        "" => "(nothing)",
        words => words,
    };
    let from = text.from.shown().into_owned();
    tx.write_down(&interaction, LineKind::Contact, &from, written, None).await?;
    let mut notices = notices(tx, &body);
    if text.left_out > 0 {
        notices.push(Says::MediaLeftOut { count: text.left_out });
    }
    if is_new && !text.from.can_be_answered() {
        notices.push(Says::Unanswerable { sender: interaction.contact.name.clone() });
    }
    let event = Event::Texted {
        body: body.clone(),
        media: text.media.clone(),
        written_at: text.fetched_late,
        notices,
        more: text.more.clone(),
    };
    // An open interaction takes every text, so nothing can be refused here.
    tx.happens(&interaction, event).await?;
    keyword(tx, &interaction, text, &body).await?;
    auto_reply::send_due(tx, &interaction).await?;
    Ok(Applied::Done)
}

/// Begins an interaction; or why it cannot be begun.
async fn begin(
    tx: &mut Tx<'_>,
    text: &ContactText,
    body: &str,
) -> Result<std::result::Result<Interaction, String>> {
    let Some(number) = agents::number(tx.db_unflushed(), &text.to).await? else {
        return Ok(
            Err("it was sent to a number that is not in sms.numbers; add the number there".to_owned()),
        );
    };
    let (contact, attributes, last_agent) = contact(tx, text).await?;
    let mut asked = text.origin.clone();
    overlay(&mut asked, &attributes);
    let known = routes::known(&contact.name, &asked);
    let arrival = Arrival { number: &text.to, text: body, known: &known, at: tx.now };
    let found = match routes::find(tx, &number.target, arrival).await? {
        Ok(found) => found,
        Err(missing) => {
            return Ok(Err(format!("it should go to the {missing}, which does not exist; add it")));
        }
    };
    let has_media = !text.media.is_empty() || text.left_out > 0;
    let is_mms = has_media && text.from.rules().media_is_mms;
    let mut case = text.origin.clone();
    case.extend(number.case);
    case.extend(found.settings.case);
    overlay(&mut case, &attributes);
    let interaction = Interaction::begin(Beginning {
        id: fresh_id(tx).await?,
        mode: if is_mms { number.mms_mode } else { number.mode },
        contact,
        our_number: text.to.clone(),
        queue: found.queue,
        rules: found.rules,
        case,
        first_text: sanitize::cut(body, PREVIEW_CHARS),
        last_agent,
        alias: fresh_alias(),
        at: tx.now,
    });
    interactions::add(tx.db_unflushed(), &interaction).await?;
    tx.record(&interaction).await?;
    tx.emit(Effect::OpenRoom { interaction: interaction.id.clone() }).await?;
    Ok(Ok(interaction))
}

/// Who handled a contact last, if that was not long ago.
async fn last_agent(tx: &mut Tx<'_>, contact: &ContactRef) -> Result<Option<AgentId>> {
    if tx.settings.desk.thread_window().is_zero() {
        return Ok(None);
    }
    let since = tx.now - tx.settings.desk.thread_window();
    routing::last_agent(tx.db_unflushed(), &contact.id, since).await
}

/// What is known of the contact, over what else is known of a text.
fn overlay(pairs: &mut Vec<(String, String)>, attributes: &[(String, String)]) {
    for (key, value) in attributes {
        match pairs.iter_mut().find(|(known, _)| known.to_lowercase() == key.to_lowercase()) {
            Some((_, known)) => known.clone_from(value),
            None => pairs.push((key.clone(), value.clone())),
        }
    }
}

/// Keys and values.
type Pairs = Vec<(String, String)>;

/// The contact of the number, found or made, with their attributes, and who handled them last.
async fn contact(tx: &mut Tx<'_>, text: &ContactText) -> Result<(ContactRef, Pairs, Option<AgentId>)> {
    let number = text.from.clone();
    if let Some(known) = contacts::of_address(tx.db_unflushed(), &number).await? {
        contact_acts::see_to_ghost(tx, &number).await?;
        let contact = ContactRef { id: known.id, name: known.name, number };
        let last_agent = last_agent(tx, &contact).await?;
        return Ok((contact, known.attributes, last_agent));
    }
    let contact = ContactRef { id: contact_acts::fresh_id(), name: Contact::name_of(&number), number };
    contact_acts::add(tx, &contact).await?;
    Ok((contact, vec![], None))
}

/// Keeps a text for which there is no place: someone wrote it, and the config can still be mended.
async fn nowhere_to_go(tx: &mut Tx<'_>, text: &ContactText, why: &str) -> Result<Applied> {
    let body = serde_json::to_string(text).unwrap_or_default();
    let now = tx.now;
    dead_letters::add(tx.db_unflushed(), (&DeadLetterKind::Text, why), &body, now).await?;
    tx.wake_timers();
    Ok(Applied::DeadLettered)
}

/// What the bot points out about a text.
fn notices(tx: &Tx<'_>, body: &str) -> Vec<Says> {
    let mut notices = Vec::new();
    let odd: Vec<OddLink> = links::warnings(body)
        .into_iter()
        .map(|warning| OddLink { url: sanitize::cut(&warning.url, PREVIEW_CHARS), why: warning.why })
        .collect();
    if !odd.is_empty() {
        notices.push(Says::LinkWarning { links: odd });
    }
    let items: Vec<ActionItem> = links::actions(body, &tx.settings.desk.country)
        .into_iter()
        .map(|action| match action {
            links::Action::Call(number) => {
                ActionItem { kind: "call".to_owned(), link: format!("tel:{number}"), value: number }
            }
            links::Action::Email(address) => {
                ActionItem { kind: "email".to_owned(), link: format!("mailto:{address}"), value: address }
            }
        })
        .collect();
    if !items.is_empty() {
        notices.push(Says::Actions { items });
    }
    if keywords::keyword(body).is_none() && keywords::natural_opt_out(body) {
        notices.push(Says::OptOutHint);
    }
    notices
}

/// Keeps what the contact says about being texted.
async fn keyword(tx: &mut Tx<'_>, interaction: &Interaction, text: &ContactText, body: &str) -> Result<()> {
    let said = text.opt_out.or_else(|| {
        keywords::keyword(body).map(|keyword| match keyword {
            keywords::Keyword::Stop => OptOut::Stop,
            keywords::Keyword::Start => OptOut::Start,
            keywords::Keyword::Help => OptOut::Help,
        })
    });
    let (by, now) = (body.to_owned(), tx.now);
    let says = match said {
        Some(OptOut::Stop) if contacts::opt_out(tx.db_unflushed(), &text.to, &text.from, now).await? => {
            Says::OptedOut { by }
        }
        Some(OptOut::Start) if contacts::opt_in(tx.db_unflushed(), &text.to, &text.from).await? => {
            parked::release(tx, &interaction.id).await?;
            Says::OptedIn { by }
        }
        Some(OptOut::Stop | OptOut::Start | OptOut::Help) | None => return Ok(()),
    };
    tx.say(&Place::Session(interaction.id.clone()), says.about(&interaction.id), None).await
}
