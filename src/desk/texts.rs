//! A contact writes.

use std::borrow::Cow;

use crate::acts::ids::{fresh_alias, fresh_id};
use crate::acts::{auto_reply, consent, contacts as contact_acts, dead_letters, routes};
use crate::commands::{last_lines, past_item};
use crate::commit::{Applied, Tx};
use crate::domain::case::overlay;
use crate::domain::consent::{Heard, Texts, Wish};
use crate::domain::contact::Contact;
use crate::domain::dead_letter::DeadLetterKind;
use crate::domain::effect::{OpenRoom, Place};
use crate::domain::input::{ContactText, OptOut};
use crate::domain::interaction::begin::Beginning;
use crate::domain::interaction::{ContactRef, Interaction};
use crate::domain::notice::{ActionItem, OddLink, Says};
use crate::domain::queue::{NumberSettings, Target};
use crate::domain::reply::in_words;
use crate::domain::route::Arrival;
use crate::domain::session::{Asks, Event};
use crate::domain::text::keywords::{self, Keyword};
use crate::domain::text::{links, phrases, sanitize};
use crate::store::transcript::LineKind;
use crate::store::{Result, agents, consent as consent_store, contacts, history, interactions};

/// How much of the first text a preview shows, in characters.
const PREVIEW_CHARS: usize = 300;
/// How many of the last lines of what was said before a new room begins with.
const EARLIER_LINES: i64 = 5;

/// The words of a text, as they may stand in a room. Blanks alone cannot be seen either.
pub(super) fn words(text: &ContactText) -> String {
    let body = sanitize::from_contact(&text.body);
    if body.trim().is_empty() { String::new() } else { body }
}

/// Applies a text of a contact: it joins the open interaction of the two numbers, or begins one.
pub(super) async fn text(
    tx: &mut Tx<'_>,
    text: &ContactText,
    body: String,
    open: Option<Interaction>,
) -> Result<Applied> {
    let is_new = open.is_none();
    let interaction = match open {
        Some(interaction) => interaction,
        None => match begin(tx, text, &body).await? {
            Ok(interaction) => interaction,
            Err(why) => return nowhere_to_go(tx, text, &why).await,
        },
    };
    let from = text.from.shown().into_owned();
    tx.write_down(&interaction, LineKind::Contact, &from, &written(text, &body), None).await?;
    tx.record_text(&interaction.id, &text.sid).await?;
    let (heard, texts) = heard(tx, text, &body).await?;
    let mut notices = notices(tx, &body, heard);
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
        asks: asks(tx, &interaction, text, &body, &heard).await?,
    };
    // An open interaction takes every text, so nothing can be refused here.
    tx.happens(&interaction, event).await?;
    let wish = keep_wish(tx, &interaction, (text, &body), &heard).await?;
    let is_answered = wish.is_some() || matches!(heard.said, Some((Keyword::Help, _)));
    if let Some(says) = wish {
        tx.say(&Place::Session(interaction.id.clone()), says.about(&interaction.id), None).await?;
    }
    if let Some((keyword, _)) = heard.said.filter(|_| heard.answered_by_us && is_answered) {
        auto_reply::answer_keyword(tx, &interaction, keyword, &texts).await?;
    }
    auto_reply::send_due(tx, &interaction).await?;
    Ok(Applied::Done)
}

/// What a text asks of its owner: an answer, unless the desk answers it, or the contact can be sent nothing.
async fn asks(
    tx: &mut Tx<'_>,
    interaction: &Interaction,
    text: &ContactText,
    body: &str,
    heard: &Heard,
) -> Result<Asks> {
    let is_empty = body.is_empty() && text.media.is_empty();
    match heard.said {
        Some((Keyword::Stop, _)) => return Ok(Asks::Peace),
        Some((Keyword::Start | Keyword::Help, _)) => return Ok(Asks::Nothing),
        None if is_empty || !text.from.can_be_answered() || interaction.rules.replies.is_none() => {
            return Ok(Asks::Nothing);
        }
        None => {}
    }
    let opted_out = consent_store::is_out(tx.db_unflushed().await?, &text.to, &text.from).await?;
    Ok(if opted_out { Asks::Nothing } else { Asks::Answer })
}

/// What the transcript says of a text.
pub(super) fn written<'a>(text: &ContactText, body: &'a str) -> Cow<'a, str> {
    match body {
        body if !text.media.is_empty() || text.left_out > 0 => in_words(body),
        "" => "(nothing)".into(),
        words => words.into(),
    }
}

/// Begins an interaction; or why it cannot be begun.
async fn begin(
    tx: &mut Tx<'_>,
    text: &ContactText,
    body: &str,
) -> Result<std::result::Result<Interaction, String>> {
    let (beginning, earlier) = match beginning(tx, text, body).await? {
        Ok(found) => found,
        Err(why) => return Ok(Err(why)),
    };
    let is_theirs = earlier.as_ref().is_some_and(Interaction::is_outbound);
    let interaction = Interaction { is_theirs, ..Interaction::begin(beginning) };
    interactions::add(tx.db_unflushed().await?, &interaction).await?;
    tx.record(&interaction).await?;
    tx.emit(OpenRoom { interaction: interaction.id.clone() }).await?;
    if let Some(earlier) = earlier {
        tell_earlier(tx, &interaction, &earlier).await?;
    }
    Ok(Ok(interaction))
}

/// What an interaction begins with, and the last one with its contact; or why it cannot be begun.
pub(super) async fn beginning(
    tx: &mut Tx<'_>,
    text: &ContactText,
    body: &str,
) -> Result<std::result::Result<(Beginning, Option<Interaction>), String>> {
    let Some(number) = tx.number(&text.to).await? else {
        return Ok(
            Err("it was sent to a number that is not in sms.numbers; add the number there".to_owned()),
        );
    };
    let Found { contact, attributes, earlier } = contact(tx, text).await?;
    let last_agent = earlier.as_ref().and_then(Interaction::last_handler).cloned();
    let mut asked = text.origin.clone();
    // What is known of the contact says more than what else is known of the text.
    overlay(&mut asked, &attributes);
    let known = routes::known(&contact.name, &asked);
    let arrival = Arrival { number: &text.to, text: body, known: &known, at: tx.now };
    // An answer to a text of a program goes where that belongs, while there is such a queue.
    let meant = match earlier.as_ref().filter(|earlier| earlier.program.is_some()) {
        Some(text) if agents::queue(tx.db_unflushed().await?, &text.queue).await?.is_some() => {
            Target::Queue(text.queue.clone())
        }
        Some(_) | None => number.target,
    };
    let found = match routes::find(tx, &meant, arrival).await? {
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
    let beginning = Beginning {
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
    };
    Ok(Ok((beginning, earlier)))
}

/// The last conversation with a contact, if it was not over long ago. What was only kept is none, and neither
/// is one whose content was erased.
async fn earlier(tx: &mut Tx<'_>, contact: &ContactRef) -> Result<Option<Interaction>> {
    let window = tx.settings.desk.thread_window();
    if window.is_zero() {
        return Ok(None);
    }
    let since = tx.now - window;
    let last = history::last_conversation(tx.db_unflushed().await?, &contact.id).await?;
    Ok(last.filter(|last| last.last_handled_at() >= since && last.emptied_at.is_none()))
}

/// Who wrote a text.
struct Found {
    contact: ContactRef,
    /// What is known of them.
    attributes: Vec<(String, String)>,
    /// The last conversation with them, if it was not long ago.
    earlier: Option<Interaction>,
}

/// The contact of the number, found or made.
async fn contact(tx: &mut Tx<'_>, text: &ContactText) -> Result<Found> {
    let number = text.from.clone();
    if let Some(known) = contacts::of_address(tx.db_unflushed().await?, &number).await? {
        contact_acts::see_to_ghost(tx, &number).await?;
        let contact = ContactRef { id: known.id, name: known.name, number };
        let earlier = earlier(tx, &contact).await?;
        return Ok(Found { contact, attributes: known.attributes, earlier });
    }
    let contact = ContactRef { id: contact_acts::fresh_id(), name: Contact::name_of(&number), number };
    contact_acts::add(tx, &contact).await?;
    Ok(Found { contact, attributes: vec![], earlier: None })
}

/// Lets the room begin with what was said before: a room that takes its place begins with the transcript.
pub(super) async fn tell_earlier(
    tx: &mut Tx<'_>,
    interaction: &Interaction,
    earlier: &Interaction,
) -> Result<()> {
    let lines = last_lines(tx, earlier, EARLIER_LINES).await?;
    let says = Says::Earlier { of: past_item(earlier), lines };
    tx.say(&Place::Session(interaction.id.clone()), says.about(&interaction.id), None).await
}

/// Keeps a text for which there is no place: someone wrote it, and the config can still be mended.
pub(super) async fn nowhere_to_go(tx: &mut Tx<'_>, text: &ContactText, why: &str) -> Result<Applied> {
    let body = serde_json::to_string(text).unwrap_or_default();
    let now = tx.now;
    dead_letters::add(tx.db_unflushed().await?, (&DeadLetterKind::Text, why), &body, now).await?;
    tx.wake_timers();
    Ok(Applied::DeadLettered)
}

/// What the bot points out about a text.
fn notices(tx: &Tx<'_>, body: &str, heard: Heard) -> Vec<Says> {
    let mut notices = Vec::new();
    let odd: Vec<OddLink> = links::warnings(body)
        .into_iter()
        .map(|warning| OddLink { url: sanitize::cut(&warning.url, PREVIEW_CHARS), why: warning.why })
        .collect();
    if !odd.is_empty() {
        notices.push(Says::LinkWarning { links: odd });
    }
    let items: Vec<ActionItem> =
        links::actions(body, &tx.settings.desk.country).into_iter().map(ActionItem::from).collect();
    if !items.is_empty() {
        notices.push(Says::Actions { items });
    }
    if hints_at_opt_out(body, heard) {
        notices.push(Says::OptOutHint);
    }
    notices
}

/// Whether a text sounds like a wish to be left alone, and does not count as one.
pub(super) fn hints_at_opt_out(body: &str, heard: Heard) -> bool {
    heard.uncounted || (heard.said.is_none() && phrases::wants_to_be_left_alone(body))
}

/// What a text says about being texted, and what its number answers to that.
pub(super) async fn heard(tx: &mut Tx<'_>, text: &ContactText, body: &str) -> Result<(Heard, Texts)> {
    let by_provider = text.opt_out.map(OptOut::keyword);
    if by_provider.is_none() && !keywords::may_be(body) {
        return Ok((Heard::default(), Texts::default()));
    }
    let number = tx.number(&text.to).await?;
    let own = number.as_ref().map(NumberSettings::keywords).unwrap_or_default();
    let rules = &tx.settings.consent;
    let texts = number.as_ref().map(NumberSettings::texts).unwrap_or_default().or(&rules.texts);
    Ok((rules.hear(body, by_provider, &own, text.to.channel()), texts))
}

/// Keeps what the contact says about being texted, and returns what to say of it; nothing if they say nothing
/// about it, or nothing new.
pub(super) async fn keep_wish(
    tx: &mut Tx<'_>,
    interaction: &Interaction,
    (text, body): (&ContactText, &str),
    heard: &Heard,
) -> Result<Option<Says>> {
    let Some((keyword, source)) = heard.said else { return Ok(None) };
    let wish = match keyword {
        Keyword::Stop => Wish::Out,
        Keyword::Start => Wish::In,
        Keyword::Help => return Ok(None),
    };
    let written_at = Some(text.fetched_late.unwrap_or(tx.now));
    let said = consent::Said { wish, source, words: body, who: "", written_at };
    let is_new = consent::said(tx, interaction, &said).await?;
    if !is_new {
        return Ok(None);
    }
    let pair = (&interaction.our_number, &interaction.contact.number);
    consent::notice(tx, pair, &said).await.map(Some)
}
