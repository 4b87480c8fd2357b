//! Automatic replies: the desk tells a contact that it is closed, that they have to wait, about how long, or
//! that their agent is speaking with a colleague.

use std::time::Duration;

use ruma::OwnedEventId;

use crate::clock::{self, Millis};
use crate::commit::Tx;
use crate::domain::agent::AgentRef;
use crate::domain::consent::Texts;
use crate::domain::effect::{Notify, Place, Role, SendReply};
use crate::domain::ids::InteractionId;
use crate::domain::interaction::{Interaction, Phase};
use crate::domain::notice::{AutoReply, Says};
use crate::domain::queue::QueueSettings;
use crate::domain::reply::Reply;
use crate::domain::text::keywords::Keyword;
use crate::domain::text::placeholders::{self, Unfilled, Waits};
use crate::domain::text::{coarsely, fill};
use crate::domain::waits;
use crate::store::transcript::LineKind;
use crate::store::{Result, agents, consent, contacts, history, interactions, routing};

/// Each automatic reply is sent to a contact at most once in this time.
const ONCE_IN: Duration = Duration::from_hours(4);
/// Waits that are longer ago say nothing of those to come.
const LATELY: Duration = Duration::from_hours(7 * 24);
/// In this time a keyword is answered, once, or not at all.
const CONFIRMED_IN: Duration = Duration::from_mins(5);

/// Sends a contact who has just written, and has no agent, the automatic reply that is due.
pub(crate) async fn send_due(tx: &mut Tx<'_>, interaction: &Interaction) -> Result<()> {
    match interaction.phase {
        Phase::Queued { .. } | Phase::Offered { .. } => {}
        Phase::Owned { .. } | Phase::Done { .. } => return Ok(()),
    }
    let Some((auto_reply, template, queue)) = due(tx, interaction).await? else { return Ok(()) };
    let Some(text) = waiting_text(tx, interaction, &template, &queue).await? else { return Ok(()) };
    let now = tx.now;
    if takes_texts(tx, interaction).await?
        && contacts::may_say(
            tx.db_unflushed().await?,
            &interaction.contact.id,
            auto_reply.as_str(),
            now,
            ONCE_IN,
        )
        .await?
    {
        send(tx, interaction, auto_reply, (text, None)).await?;
    }
    Ok(())
}

/// Sends a contact whom nobody takes the text of a step of overflow. Where the queue is closed it says so
/// itself.
pub(crate) async fn send_overflow(
    tx: &mut Tx<'_>,
    interaction: &Interaction,
    (step, template): (usize, &str),
) -> Result<()> {
    let Some(queue) = agents::queue(tx.db_unflushed().await?, &interaction.queue).await? else {
        return Ok(());
    };
    if queue.is_closed(tx.now) || interaction.window_is_closed(tx.now) {
        return Ok(());
    }
    let Some(text) = waiting_text(tx, interaction, template, &queue).await? else { return Ok(()) };
    let (now, kind) = (tx.now, format!("{} {} {step}", AutoReply::Overflow.as_str(), interaction.queue));
    if takes_texts(tx, interaction).await?
        && contacts::may_say(tx.db_unflushed().await?, &interaction.contact.id, &kind, now, ONCE_IN).await?
    {
        send(tx, interaction, AutoReply::Overflow, (text, None)).await?;
    }
    Ok(())
}

/// A text of the queue for a contact who waits, with what is known of their wait; nothing if nothing of it
/// can be said.
async fn waiting_text(
    tx: &mut Tx<'_>,
    interaction: &Interaction,
    template: &str,
    queue: &QueueSettings,
) -> Result<Option<String>> {
    let now = tx.now;
    let mut told = Waits::default();
    if placeholders::names(template, "position") {
        let place = routing::Place::of(interaction);
        let position = routing::position(tx.db_unflushed().await?, &interaction.queue, &place).await?;
        told.position = position.map(|position| position.to_string());
    }
    if placeholders::names(template, "eta") {
        let changes =
            history::taken_since(tx.db_unflushed().await?, &interaction.queue, now - LATELY).await?;
        let wait = waits::median(&changes, &interaction.queue);
        told.eta = wait.and_then(|wait| coarsely::wait(wait, &tx.settings.desk.locale));
    }
    if let Some(hours) = &queue.hours
        && let Some(at) = hours.opens_after(now)
    {
        told.opens_at = coarsely::moment(at, now, &hours.time_zone, &tx.settings.desk.locale);
    }
    let text = filled(interaction, fill::fill_waiting(template, &interaction.contact, &told));
    Ok(text.filter(|text| !text.trim().is_empty()))
}

/// Tells a contact that their agent is speaking with a colleague, where the queue has words for that.
pub(crate) async fn tell_contact_owner_is_busy(
    tx: &mut Tx<'_>,
    interaction: &Interaction,
    owner: &AgentRef,
) -> Result<()> {
    let queue = agents::queue(tx.db().await?, &interaction.queue).await?;
    let Some(template) = queue.and_then(|queue| queue.voice_text) else { return Ok(()) };
    let Some(text) = filled(interaction, fill::fill(&template, &interaction.contact, owner)) else {
        return Ok(());
    };
    if !interaction.window_is_closed(tx.now) && takes_texts(tx, interaction).await? {
        send(tx, interaction, AutoReply::Voice, (text, None)).await?;
    }
    Ok(())
}

/// Answers a keyword of a contact, where the desk has words for that: the one text that they get though they
/// may just have opted out. It goes within five minutes or not at all, and not twice in that time.
pub(crate) async fn answer_keyword(
    tx: &mut Tx<'_>,
    interaction: &Interaction,
    keyword: Keyword,
    texts: &Texts,
) -> Result<()> {
    let Some(template) = texts.of(keyword) else { return Ok(()) };
    let Some(text) = filled(interaction, fill::fill_unsigned(template, &interaction.contact)) else {
        return Ok(());
    };
    let because = match keyword {
        Keyword::Stop => AutoReply::Stopped,
        Keyword::Start => AutoReply::Started,
        Keyword::Help => AutoReply::Help,
    };
    let (now, kind) = (tx.now, format!("{} {}", because.as_str(), interaction.our_number));
    if interaction.contact.number.can_be_answered()
        && contacts::may_say(tx.db_unflushed().await?, &interaction.contact.id, &kind, now, CONFIRMED_IN)
            .await?
    {
        // Who has opted in again may opt out before it goes, and then it does not.
        let until = (keyword != Keyword::Start).then(|| now + CONFIRMED_IN);
        send(tx, interaction, because, (text, until)).await?;
    }
    Ok(())
}

async fn takes_texts(tx: &mut Tx<'_>, interaction: &Interaction) -> Result<bool> {
    let (ours, theirs) = (&interaction.our_number, &interaction.contact.number);
    Ok(theirs.can_be_answered() && !consent::is_out(tx.db_unflushed().await?, ours, theirs).await?)
}

/// Fills in a text of the queue. Nothing where its template fails: the contact must see no trace of that.
fn filled(interaction: &Interaction, text: std::result::Result<String, Unfilled>) -> Option<String> {
    text.inspect_err(|error| {
        tracing::warn!(queue = %interaction.queue, %error, "a text of the queue cannot be filled in; not sent");
    })
    .ok()
}

/// The automatic reply that the interaction's queue sends now, its template, and the queue.
async fn due(
    tx: &mut Tx<'_>,
    interaction: &Interaction,
) -> Result<Option<(AutoReply, String, QueueSettings)>> {
    let Some(queue) = agents::queue(tx.db_unflushed().await?, &interaction.queue).await? else {
        return Ok(None);
    };
    if queue.is_closed(tx.now)
        && let Some(closed) = &queue.closed_text
    {
        return Ok(Some((AutoReply::Closed, closed.clone(), queue)));
    }
    let Some(waiting) = queue.waiting_text.clone() else { return Ok(None) };
    let (_, ready) = routing::member_counts(tx.db_unflushed().await?, &interaction.queue).await?;
    Ok((ready == 0).then_some((AutoReply::Waiting, waiting, queue)))
}

/// Shows a text of the desk's own in the room; once it stands there, it is sent.
async fn send(
    tx: &mut Tx<'_>,
    interaction: &Interaction,
    because: AutoReply,
    (text, confirms_until): (String, Option<Millis>),
) -> Result<()> {
    let id = interaction.id.clone();
    tx.emit(Notify {
        to: Place::Session(id.clone()),
        notice: Says::DeskText { because, text: text.clone() }.about(&id),
        reply_to: None,
        role: Some(Role::DeskText { interaction: id, text, confirms_until }),
    })
    .await
}

/// A text of the desk's own stands in the room: it goes to the phone, and its marks go to that event.
pub(crate) async fn shown(
    tx: &mut Tx<'_>,
    id: &InteractionId,
    (text, confirms_until): (&str, Option<Millis>),
    event: &OwnedEventId,
) -> Result<()> {
    let Some(interaction) = interactions::by_id(tx.db_unflushed().await?, id).await? else { return Ok(()) };
    // Nothing is written in a conversation that is done, not even by the desk.
    if matches!(interaction.phase, Phase::Done { .. }) {
        return Ok(());
    }
    let (ours, theirs) = (&interaction.our_number, &interaction.contact.number);
    let may_go = match confirms_until {
        Some(until) => tx.now <= until,
        None => !consent::is_out(tx.db_unflushed().await?, ours, theirs).await?,
    };
    if !may_go {
        return Ok(());
    }
    let bot = tx.settings.bot.clone();
    tx.write_down(&interaction, LineKind::Owner, bot.as_str(), text, Some(event.as_str())).await?;
    let reply = Reply::new(clock::random_hex(), id.clone(), event.clone(), bot, text.to_owned());
    let reply = Reply { confirms_until, ..reply };
    let effect = SendReply { interaction: id.clone(), reply: reply.id.clone() };
    tx.insert_reply(reply).await?;
    tx.emit(effect).await
}
