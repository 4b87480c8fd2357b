//! Texts that agents and programs begin with: from which number of ours one comes, what is known when it is
//! to be sent, and sending it.
//!
//! Such a text is a conversation of its own, which has no room and is done from its beginning. Its writer
//! reads where they typed it what becomes of it. Whoever answers is a contact who comes back: their text
//! begins a conversation, which is offered first to who had the last one with them.

use std::time::Duration;

use jiff::tz::TimeZone;
use ruma::OwnedEventId;

use super::ids::{fresh_alias, fresh_id};
use super::routes::Found;
use super::{contacts as contact_acts, replies, routes, spelling};
use crate::clock::{self, Millis};
use crate::commit::Tx;
use crate::domain::address::{Address, zone};
use crate::domain::agent::{Agent, AgentRef};
use crate::domain::consent::Wish;
use crate::domain::contact::Contact;
use crate::domain::effect::{Place, SendReply};
use crate::domain::ids::{AgentId, InteractionId, QueueName};
use crate::domain::interaction::begin::Beginning;
use crate::domain::interaction::{ContactRef, Direction, Interaction, Mode, Phase};
use crate::domain::notice::StoryLine;
use crate::domain::outbound::{Facts, NotTexted, Open};
use crate::domain::program;
use crate::domain::queue::{NumberSettings, Target};
use crate::domain::reply::{Reply, ReplyState};
use crate::domain::report::{BEGUN, Change};
use crate::domain::response::Used;
use crate::domain::route::Arrival;
use crate::domain::settings::desk::OutboundConsent;
use crate::domain::text::placeholders::Unfilled;
use crate::domain::text::{fill, sanitize};
use crate::store::transcript::{self, LineKind};
use crate::store::{Result, agents, consent, contacts, history, interactions, replies as reply_store};

/// How much of the text a list shows, in characters.
pub(crate) const PREVIEW_CHARS: usize = 300;
/// How many of the last conversations on a number are looked at.
const LOOK_BACK: i64 = 20;
/// The attribute of a contact that names their time zone.
const ZONE_ATTRIBUTE: &str = "time_zone";

/// Who is to be texted.
pub(crate) struct To {
    /// The contact, with the address.
    pub(crate) contact: ContactRef,
    /// What is known of them; nothing of a number that nobody has written from.
    pub(crate) known: Option<Contact>,
}

impl To {
    /// A contact who is known, at one of their addresses.
    pub(crate) fn known(contact: Contact, number: Address) -> Self {
        let of = ContactRef { id: contact.id.clone(), name: contact.name.clone(), number };
        Self { contact: of, known: Some(contact) }
    }

    /// Whoever has an address.
    pub(crate) async fn at(tx: &mut Tx<'_>, number: Address) -> Result<Self> {
        if let Some(known) = contacts::of_address(tx.db().await?, &number).await? {
            return Ok(Self::known(known, number));
        }
        let contact = ContactRef { id: contact_acts::fresh_id(), name: Contact::name_of(&number), number };
        Ok(Self { contact, known: None })
    }

    fn attributes(&self) -> &[(String, String)] {
        self.known.as_ref().map(|known| known.attributes.as_slice()).unwrap_or_default()
    }
}

/// The number of ours from which a contact is texted: that of the conversation in whose room it is begun, or
/// of the last one with them; else one that leads to one of the queues, or the first on their channel.
pub(crate) async fn from(
    tx: &mut Tx<'_>,
    queues: &[QueueName],
    to: &Address,
    here: Option<&Interaction>,
) -> Result<Option<Address>> {
    let mut ours = agents::numbers(tx.db().await?).await?;
    ours.retain(|number| number.channel() == to.channel());
    let last = interactions::with_address(tx.db().await?, to, 1).await?;
    let mut wanted =
        here.map(|here| &here.our_number).into_iter().chain(last.iter().map(|last| &last.our_number));
    if let Some(number) = wanted.find(|number| ours.contains(number)) {
        return Ok(Some(number.clone()));
    }
    for number in &ours {
        let settings = agents::number(tx.db().await?, number).await?;
        if matches!(settings, Some(NumberSettings { target: Target::Queue(queue), .. }) if queues.contains(&queue))
        {
            return Ok(Some(number.clone()));
        }
    }
    Ok(ours.into_iter().next())
}

/// What is known when a contact is to be texted, from a number of ours where there is one.
pub(crate) struct Known {
    to: Address,
    now: Millis,
    written_at: Millis,
    late: Duration,
    zones: Vec<TimeZone>,
    wish: Option<Wish>,
    is_blocked: bool,
    is_ours: bool,
    has_ours: bool,
    last_seen: Option<Millis>,
    open: Option<Open>,
}

/// Gathers what is known; the agent is who wants to text them, if one does.
pub(crate) async fn known(
    tx: &mut Tx<'_>,
    agent: Option<&AgentId>,
    to: &To,
    ours: Option<&Address>,
    written_at: Millis,
) -> Result<Known> {
    let theirs = &to.contact.number;
    let wish = match ours {
        Some(ours) => consent::standing(tx.db().await?, ours, theirs).await?.newest().map(|(_, wish)| wish),
        None => None,
    };
    let is_blocked = match &to.known {
        Some(known) => contact_acts::is_blocked(tx, known).await?,
        None => false,
    };
    let numbers = agents::numbers(tx.db().await?).await?;
    let open = open_with(tx, to).await?;
    Ok(Known {
        to: theirs.clone(),
        now: tx.now,
        written_at,
        late: tx.settings.desk.late(),
        zones: zones(tx, to),
        wish,
        is_blocked,
        has_ours: ours.is_some(),
        is_ours: numbers.iter().any(|number| number.value() == theirs.value()),
        last_seen: last_seen(tx, theirs).await?,
        open: open.map(|open| going_on(&open, agent)),
    })
}

impl Known {
    /// The facts by which it is judged whether and how they are texted.
    pub(crate) fn facts(&self, tx: &Tx<'_>) -> Facts<'_> {
        Facts {
            theirs: &self.to,
            now: self.now,
            written_at: self.written_at,
            late: self.late,
            quiet: tx.settings.desk.quiet_hours(),
            zones: &self.zones,
            wish: self.wish,
            needs_consent: tx.settings.desk.outbound_consent == OutboundConsent::Required,
            is_blocked: self.is_blocked,
            is_ours: self.is_ours,
            has_ours: self.has_ours,
            last_seen: self.last_seen,
            open: self.open.clone(),
        }
    }
}

/// The conversation with a contact that goes on, on this address or else on another of theirs.
async fn open_with(tx: &mut Tx<'_>, to: &To) -> Result<Option<Interaction>> {
    let theirs = &to.contact.number;
    let here = interactions::newest_with(tx.db().await?, theirs).await?.filter(Interaction::is_open);
    if here.is_some() {
        return Ok(here);
    }
    let all = interactions::in_progress(tx.db().await?, &to.contact.id, LOOK_BACK).await?;
    Ok(all.into_iter().rfind(Interaction::is_open))
}

fn going_on(open: &Interaction, agent: Option<&AgentId>) -> Open {
    let yours = agent.is_some_and(|agent| open.is_owned_by(agent));
    Open {
        id: open.id.clone(),
        owner: open.owner().map(|owner| owner.name.clone()),
        yours,
        room: open.room.clone().filter(|_| yours),
    }
}

/// The time zones in which a contact may be: the one that they are said to be in, else those of their number,
/// else the desk's.
fn zones(tx: &Tx<'_>, to: &To) -> Vec<TimeZone> {
    let said = to.attributes().iter().find(|(key, _)| key.eq_ignore_ascii_case(ZONE_ATTRIBUTE));
    if let Some(zone) = said.and_then(|(_, name)| TimeZone::get(name.trim()).ok()) {
        return vec![zone];
    }
    let of_number = zone::of(&to.contact.number).iter().filter_map(|name| TimeZone::get(name).ok());
    let zones: Vec<TimeZone> = of_number.collect();
    if zones.is_empty() { vec![tx.settings.desk.zone()] } else { zones }
}

/// When somebody last wrote from an address.
async fn last_seen(tx: &mut Tx<'_>, theirs: &Address) -> Result<Option<Millis>> {
    let mut seen = None;
    for of in interactions::with_address(tx.db().await?, theirs, LOOK_BACK).await? {
        let began = (!of.is_outbound()).then_some(of.created_at);
        seen = seen.max(began).max(transcript::last_text(tx.db().await?, &of.id).await?);
    }
    Ok(seen)
}

/// Whether a contact has heard nothing from a number of ours yet, and has not written to it. What failed, or
/// was taken back, they have not heard.
async fn is_new(tx: &mut Tx<'_>, ours: &Address, theirs: &Address) -> Result<bool> {
    for of in interactions::with_address(tx.db().await?, theirs, LOOK_BACK).await? {
        if of.our_number != *ours {
            continue;
        }
        if !of.is_outbound() {
            return Ok(false);
        }
        let sent = reply_store::newest(tx.db().await?, &of.id, LOOK_BACK).await?;
        if sent.iter().any(|sent| sent.state != ReplyState::Dropped && !sent.has_failed()) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// A text to a contact that is to be sent.
pub(crate) struct Texting<'a> {
    /// Who writes it.
    pub(crate) agent: &'a Agent,
    /// The event it was typed or confirmed in: its marks go there.
    pub(crate) event: &'a OwnedEventId,
    /// When that was, by the homeserver's clock.
    pub(crate) at: Millis,
    /// The room of that event.
    pub(crate) place: &'a Place,
    /// The conversation of that room.
    pub(crate) parent: Option<&'a InteractionId>,
    /// To whom.
    pub(crate) to: &'a To,
    /// From which number.
    pub(crate) ours: &'a Address,
    /// What.
    pub(crate) text: &'a str,
    /// The standard response that it is.
    pub(crate) response: Option<&'a Used>,
}

/// A text to a contact that is on its way.
pub(crate) struct Texted {
    /// The conversation that it is.
    pub(crate) interaction: Interaction,
    /// What goes before it, because they have heard nothing from that number yet.
    pub(crate) first_text: Option<String>,
}

/// Sends a text to a contact once it can no longer be taken back. Nothing may be in its way.
pub(crate) async fn send(
    tx: &mut Tx<'_>,
    texting: Texting<'_>,
) -> Result<std::result::Result<Texted, NotTexted>> {
    let Texting { agent, event, at, place, parent, to, ours, text, response } = texting;
    let Some(number) = agents::number(tx.db().await?, ours).await? else {
        return Ok(Err(NotTexted::NoNumberOfOurs));
    };
    let Some(found) = leads_to(tx, (ours, &number), to).await? else { return Ok(Err(NotTexted::NoQueue)) };
    // The contact must see no trace of a template that fails.
    let first_text = match opening(tx, (ours, &number), to, Some(&agent.who)).await? {
        Ok(first_text) => first_text,
        Err(error) => {
            tracing::warn!(%error, "the first text of a number cannot be filled in; not sent");
            None
        }
    };
    let opening = first_text.clone().unwrap_or_default();
    if !to.contact.number.rules().takes(&format!("{opening}\n{text}")) {
        return Ok(Err(NotTexted::TooLong));
    }
    let begun = draft(tx, (ours, &number), (to, &found), agent.who.clone(), text).await?;
    let begun = Interaction { parent: parent.cloned(), ..begun };
    keep_text(tx, to, &begun, (&agent.who.name, Some(&agent.who.id)), first_text.as_ref()).await?;
    let (id, by) = (clock::random_hex(), agent.who.user.clone());
    let mut reply = Reply::new(id, begun.id.clone(), event.clone(), by, text.to_owned());
    (reply.said_in, reply.opening) = (Some(place.clone()), opening);
    reply.signature = replies::signature(tx, &begun, Some(&found.settings), agent).await?;
    reply.response = response.cloned();
    // A standard response was looked through when it was written.
    if response.is_none() {
        reply.spelling = spelling::wanted(tx.settings, Some(&found.settings), agent);
    }
    let due_at = tx.now + Duration::from_millis(begun.rules.undo_ms);
    submit(tx, &begun, reply, (due_at, at.min(tx.now))).await?;
    Ok(Ok(Texted { interaction: begun, first_text }))
}

/// The conversation that a text of an agent would be, by which a standard response is filled in; nothing if
/// our number leads nowhere. Nothing is kept of it.
pub(crate) async fn sketch(
    tx: &mut Tx<'_>,
    agent: &Agent,
    to: &To,
    ours: &Address,
) -> Result<Option<Interaction>> {
    let Some(number) = agents::number(tx.db().await?, ours).await? else { return Ok(None) };
    let Some(found) = leads_to(tx, (ours, &number), to).await? else { return Ok(None) };
    draft(tx, (ours, &number), (to, &found), agent.who.clone(), "").await.map(Some)
}

/// The queue to which a number of ours leads for a contact, if there is one.
pub(crate) async fn leads_to(
    tx: &mut Tx<'_>,
    (ours, number): (&Address, &NumberSettings),
    to: &To,
) -> Result<Option<Found>> {
    let asked = routes::known(&to.contact.name, to.attributes());
    let arrival = Arrival { number: ours, text: "", known: &asked, at: tx.now };
    Ok(routes::find(tx, &number.target, arrival).await?.ok())
}

/// What goes before the first text from a number: who we are. Nothing where they have heard from it before.
pub(crate) async fn opening(
    tx: &mut Tx<'_>,
    (ours, number): (&Address, &NumberSettings),
    to: &To,
    by: Option<&AgentRef>,
) -> Result<std::result::Result<Option<String>, Unfilled>> {
    let Some(template) = &number.first_text else { return Ok(Ok(None)) };
    if !is_new(tx, ours, &to.contact.number).await? {
        return Ok(Ok(None));
    }
    let filled = match by {
        Some(by) => fill::fill(template, &to.contact, by),
        None => fill::fill_unsigned(template, &to.contact),
    };
    Ok(filled.map(Some))
}

/// The conversation that a text is, in the name of whoever it counts as theirs. Nothing is kept of it yet.
pub(crate) async fn draft(
    tx: &mut Tx<'_>,
    (ours, number): (&Address, &NumberSettings),
    (to, found): (&To, &Found),
    by: AgentRef,
    text: &str,
) -> Result<Interaction> {
    let mut case = number.case.clone();
    case.extend(found.settings.case.iter().cloned());
    let begun = Interaction::begin(Beginning {
        id: fresh_id(tx).await?,
        mode: Mode::Page,
        contact: to.contact.clone(),
        our_number: ours.clone(),
        queue: found.queue.clone(),
        rules: found.rules.clone(),
        case,
        first_text: sanitize::cut(text, PREVIEW_CHARS),
        last_agent: None,
        alias: fresh_alias(),
        at: tx.now,
    });
    let phase = Phase::Done { by, at: tx.now };
    let mut begun = Interaction { direction: Direction::Outbound, phase, ..begun };
    if to.contact.number.rules().answer_window.is_some()
        && let Some(seen) = last_seen(tx, &to.contact.number).await?
    {
        begun.open_window(seen);
    }
    Ok(begun)
}

/// Keeps a conversation that a text is, who began it, and whose it is, if it is an agent's.
pub(crate) async fn keep_text(
    tx: &mut Tx<'_>,
    to: &To,
    begun: &Interaction,
    (by, owner): (&str, Option<&AgentId>),
    first_text: Option<&String>,
) -> Result<()> {
    match &to.known {
        Some(_) => contact_acts::see_to_ghost(tx, &to.contact.number).await?,
        None => contact_acts::add(tx, &to.contact).await?,
    }
    let (parent, opening) = (begun.parent.clone(), first_text.cloned());
    let says = StoryLine::TextedFirst { by: by.to_owned(), parent, opening };
    let here = StoryLine::TextedFromHere { by: by.to_owned(), child: begun.id.clone() };
    keep(tx, begun, owner, says, here).await
}

/// Keeps a conversation that was begun from here, whose it is, and what it says of that; and what the
/// conversation says in whose room that was, if it was in one.
pub(crate) async fn keep(
    tx: &mut Tx<'_>,
    begun: &Interaction,
    owner: Option<&AgentId>,
    says: StoryLine,
    in_parent: StoryLine,
) -> Result<()> {
    interactions::add(tx.db().await?, begun).await?;
    let change = Change {
        interaction: begun.id.clone(),
        at: tx.now,
        queue: begun.queue.clone(),
        owner: owner.cloned(),
        state: BEGUN.to_owned(),
    };
    let id = tx.line_id();
    history::add_change(tx.db().await?, &id, &change).await?;
    tx.tell_story(&begun.id, &says).await?;
    match &begun.parent {
        Some(parent) => tx.tell_story(parent, &in_parent).await,
        None => Ok(()),
    }
}

/// Writes the message of a conversation that a text is into its transcript, and sends it at a moment, on
/// behalf of something said at another.
pub(crate) async fn submit(
    tx: &mut Tx<'_>,
    begun: &Interaction,
    reply: Reply,
    (due_at, said_at): (Millis, Millis),
) -> Result<()> {
    let line = reply.in_words().into_owned();
    let event = Some(reply.event.as_str());
    let program = begun.program.as_deref().map(program::as_author);
    let author = program.as_deref().unwrap_or(reply.by.as_str());
    tx.write_down(begun, LineKind::Owner, author, &line, event).await?;
    let effect = SendReply { interaction: begun.id.clone(), reply: reply.id.clone() };
    tx.insert_reply(reply).await?;
    tx.emit_said(effect.into(), due_at, said_at).await
}
