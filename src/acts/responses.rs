//! Standard responses: which there are for a conversation, sending one, asking for its blanks, and what
//! follows once the provider has it.

use crate::acts::replies::{Saying, say};
use crate::acts::response_words::{InWords, Known, fill};
use crate::acts::rights::not_now;
use crate::acts::{enclosing, later};
use crate::clock::{Millis, random_hex};
use crate::commit::Tx;
use crate::domain::agent::Agent;
use crate::domain::effect::{Notify, Place, Role};
use crate::domain::ids::QueueName;
use crate::domain::interaction::Interaction;
use crate::domain::notice::{HeldBack, MissingValue, Says};
use crate::domain::reply::Reply;
use crate::domain::response::{self, Asking, Fault, Filled, Response, ResponseFile, Used, Var};
use crate::domain::sent_file::SentFile;
use crate::domain::text::sanitize;
use crate::domain::timer::{Due, Timer};
use crate::domain::when::Moment;
use crate::store::transcript::LineKind;
use crate::store::{Result, agents, lists, responses};

/// The longest answer for a blank, in characters.
const ANSWER_CHARS: usize = 500;

/// A response with what an agent wants of it.
pub(crate) struct Wanted<'a> {
    /// The message that it becomes.
    pub(crate) saying: Saying<'a>,
    /// The message that asks for it, where that is no command: if it cannot be sent, that was held back.
    pub(crate) typed: Option<&'a str>,
    /// When it is to go, if that is not at once.
    pub(crate) later: Option<Moment>,
}

/// The responses that can be used in a queue.
pub(crate) async fn usable(tx: &mut Tx<'_>, queue: &QueueName) -> Result<Vec<Response>> {
    let mut all: Vec<Response> = lists::defined(tx.db().await?).await?;
    all.retain(|response| response::is_for(response, queue));
    Ok(all)
}

/// The one of a shortcut, in any case.
pub(crate) fn of_shortcut<'r>(all: &'r [Response], shortcut: &str) -> Option<&'r Response> {
    all.iter().find(|response| response.shortcut.eq_ignore_ascii_case(shortcut))
}

/// An agent's message is nothing but `#shortcut`: that response is sent in its place.
pub(crate) async fn typed(tx: &mut Tx<'_>, saying: Saying<'_>, shortcut: &str) -> Result<()> {
    let text = format!("#{shortcut}");
    named(tx, Wanted { saying, typed: Some(&text), later: None }, shortcut).await
}

/// The response of a shortcut is sent, now or later, if there is one.
pub(crate) async fn named(tx: &mut Tx<'_>, wanted: Wanted<'_>, shortcut: &str) -> Result<()> {
    let all = usable(tx, &wanted.saying.interaction.queue).await?;
    if let Some(response) = of_shortcut(&all, shortcut) {
        return send(tx, wanted, response).await;
    }
    let nearest = response::nearest(all.iter(), shortcut).map(str::to_owned);
    hold_back(tx, &wanted, (HeldBack::NoShortcut, nearest, &[])).await
}

/// Sends a response, or asks for its first blank. Nothing may be in the way of a message. Its files go with
/// it, or nothing does.
pub(crate) async fn send(tx: &mut Tx<'_>, wanted: Wanted<'_>, response: &Response) -> Result<()> {
    let Saying { interaction, agent, .. } = &wanted.saying;
    if let Some(why) = no_files(tx, (interaction, agent), response).await? {
        return hold_back(tx, &wanted, (why, None, &[])).await;
    }
    if response.ask.is_empty() {
        return send_filled(tx, wanted, response, &[]).await.map(drop);
    }
    let Saying { interaction, agent, .. } = &wanted.saying;
    // Nobody answers for blanks of what cannot be sent for want of something else.
    if let Ok(filled) = fill(tx, (interaction, Some(&agent.who)), response, &unanswered(response)).await?
        && !filled.text.missing.is_empty()
    {
        return hold_back(tx, &wanted, (HeldBack::ValueMissing, None, &filled.text.missing)).await;
    }
    let Saying { interaction, agent, event, in_reply_to, .. } = wanted.saying;
    let asking = Asking {
        id: random_hex(),
        interaction: interaction.id.clone(),
        agent: agent.who.id.clone(),
        event: event.clone(),
        in_reply_to,
        shortcut: response.shortcut.clone(),
        ask: response.ask.clone(),
        answers: vec![],
        later: wanted.later,
    };
    responses::ask(tx.db().await?, &asking).await?;
    ask(tx, &asking).await
}

/// Asks for the next blank.
pub(crate) async fn ask(tx: &mut Tx<'_>, asking: &Asking) -> Result<()> {
    let Some(blank) = asking.blank() else { return Ok(()) };
    let at = asking.answers.len();
    let says = Says::ResponseBlank {
        shortcut: asking.shortcut.clone(),
        blank: blank.to_owned(),
        number: at + 1,
        count: asking.ask.len(),
    };
    tx.emit(Notify {
        to: Place::Session(asking.interaction.clone()),
        notice: says.about(&asking.interaction),
        reply_to: Some(asking.event.clone()),
        role: Some(Role::Blank {
            interaction: asking.interaction.clone(),
            agent: asking.agent.clone(),
            asking: asking.id.clone(),
            blank: at,
        }),
    })
    .await
}

/// An agent answers for the next blank, in a message of this time. After the last one the response is sent,
/// if the agent may still write to the contact; if not, that answer can be given again.
pub(crate) async fn answer(
    tx: &mut Tx<'_>,
    (interaction, agent): (&Interaction, &Agent),
    mut asking: Asking,
    (value, at): (&str, Millis),
) -> Result<()> {
    let value = sanitize::cut(&sanitize::one_line(value), ANSWER_CHARS);
    if value.is_empty() {
        return ask(tx, &asking).await;
    }
    if let Some(why) = not_now(interaction, agent, tx.now) {
        return tx.hold_back(interaction, asking.event, &agent.who.user, why).await;
    }
    let all = usable(tx, &interaction.queue).await?;
    let same = of_shortcut(&all, &asking.shortcut).filter(|response| response.ask == asking.ask);
    let Some(response) = same else { return drop_it(tx, &asking, true).await };
    asking.answers.push(value);
    if asking.blank().is_some() {
        responses::ask(tx.db().await?, &asking).await?;
        return ask(tx, &asking).await;
    }
    let (event, in_reply_to) = (&asking.event, asking.in_reply_to.clone());
    let saying = Saying { interaction, agent, event, at, in_reply_to, response: None, files: &[] };
    let wanted = Wanted { saying, typed: None, later: asking.later.clone() };
    if send_filled(tx, wanted, response, &asking.pairs()).await? {
        responses::answered(tx.db().await?, &asking).await?;
    }
    Ok(())
}

/// The response whose blanks an agent is asked for is not sent.
pub(crate) async fn drop_it(tx: &mut Tx<'_>, asking: &Asking, changed: bool) -> Result<()> {
    responses::answered(tx.db().await?, asking).await?;
    let says = Says::ResponseDropped { shortcut: asking.shortcut.clone(), changed };
    let to = Place::Session(asking.interaction.clone());
    tx.say(&to, says.about(&asking.interaction), Some(asking.event.clone())).await
}

/// What a response would say now, unsent.
pub(crate) async fn preview(
    tx: &mut Tx<'_>,
    (interaction, agent): (&Interaction, &Agent),
    response: &Response,
) -> Result<Says> {
    let blanks = unanswered(response);
    let filled = fill(tx, (interaction, Some(&agent.who)), response, &blanks).await?;
    let (text, missing, empty, follows) = match filled {
        Ok(InWords { text: Filled { text, missing, empty }, shown, then }) => {
            let empty = if says_nothing(&text) { values(&empty) } else { vec![] };
            (shown.unwrap_or(text), values(&missing), empty, then)
        }
        Err(fault) => (format!("It {fault}."), vec![], vec![], vec![]),
    };
    let (shortcut, ask, files) = (response.shortcut.clone(), response.ask.clone(), file_names(response));
    let no_files = no_files(tx, (interaction, agent), response).await?;
    Ok(Says::Response { shortcut, text, sent: false, missing, empty, ask, follows, files, no_files })
}

/// The text of a response as it would go now, with the names of blanks and missing values in their place;
/// nothing if it cannot be filled in.
pub(crate) async fn text(
    tx: &mut Tx<'_>,
    who: (&Interaction, &Agent),
    response: &Response,
) -> Result<Option<String>> {
    // Without the brackets they are shown in, which would make another encoding of the text.
    let blanks: Vec<(String, String)> =
        response.ask.iter().map(|name| (name.clone(), name.clone())).collect();
    let Ok(InWords { text, .. }) = fill(tx, (who.0, Some(&who.1.who)), response, &blanks).await? else {
        return Ok(None);
    };
    let named = |text: String, missing: &Var| text.replace(&format!("‹{missing}›"), &missing.to_string());
    Ok(Some(text.missing.iter().fold(text.text, named).trim().to_owned()))
}

/// What rows of a list say of responses: each as it would go now, in one line, with the names of blanks and
/// missing values in brackets; as it was written, where it cannot be filled in.
pub(crate) async fn in_rows(
    tx: &mut Tx<'_>,
    (interaction, agent): (&Interaction, &Agent),
    of: &[&Response],
) -> Result<Vec<String>> {
    let known = Known::read(tx, (interaction, Some(&agent.who))).await?;
    let row = |response: &&Response| {
        let text = match known.fill(response, &unanswered(response)) {
            Ok(InWords { text, shown, .. }) => shown.unwrap_or(text.text),
            Err(_) => response.text.clone(),
        };
        sanitize::one_line(&text)
    };
    Ok(of.iter().map(row).collect())
}

/// Its blanks, each answered by its own name in brackets.
fn unanswered(response: &Response) -> Vec<(String, String)> {
    response.ask.iter().map(|name| (name.clone(), format!("‹{name}›"))).collect()
}

/// What its files are called.
fn file_names(response: &Response) -> Vec<String> {
    response.media.iter().map(|file| file.shown().to_owned()).collect()
}

/// Why the files of a response do not go to the contact now, if it has some.
async fn no_files(
    tx: &mut Tx<'_>,
    (interaction, agent): (&Interaction, &Agent),
    response: &Response,
) -> Result<Option<HeldBack>> {
    if response.media.is_empty() {
        return Ok(None);
    }
    Ok(enclosing::way(tx, interaction, &agent.who.user).await?.err())
}

/// The provider has taken a message: if it is a response, that is counted, and what follows it is due. A
/// message that is sent again is counted once, and what follows is done once.
pub(crate) async fn taken(tx: &mut Tx<'_>, reply: &mut Reply) -> Result<()> {
    let (counted, follows) = reply.taken();
    if counted.is_none() && !follows {
        return Ok(());
    }
    tx.update_reply(reply.clone()).await?;
    if let Some(shortcut) = counted {
        let (id, now) = (tx.line_id(), tx.now);
        responses::count(tx.db_unflushed().await?, &id, &shortcut, now).await?;
    }
    if follows {
        let what = Due::Then { reply: reply.id.clone() };
        tx.set(&Timer { due_at: tx.now, what }).await?;
    }
    Ok(())
}

/// Sends a response whose blanks are answered; whether it could be.
async fn send_filled(
    tx: &mut Tx<'_>,
    wanted: Wanted<'_>,
    response: &Response,
    blanks: &[(String, String)],
) -> Result<bool> {
    let who = (wanted.saying.interaction, Some(&wanted.saying.agent.who));
    let InWords { text: Filled { text, missing, empty }, shown, then } = match fill(tx, who, response, blanks)
        .await?
    {
        Ok(filled) => filled,
        Err(fault) => {
            tracing::warn!(shortcut = %response.shortcut, %fault, "a standard response cannot be filled in");
            let why = if fault == Fault::TooLong { HeldBack::TooLong } else { HeldBack::NoShortcut };
            hold_back(tx, &wanted, (why, None, &[])).await?;
            return Ok(false);
        }
    };
    if !missing.is_empty() {
        hold_back(tx, &wanted, (HeldBack::ValueMissing, None, &missing)).await?;
        return Ok(false);
    }
    if says_nothing(&text) {
        hold_back(tx, &wanted, (HeldBack::Empty, None, &empty)).await?;
        return Ok(false);
    }
    let files: Vec<SentFile> = response.media.iter().map(ResponseFile::to_send).collect();
    let used = Used { shortcut: response.shortcut.clone(), shown, then, ..Used::default() };
    let saying = Saying { response: Some(used), files: &files, ..wanted.saying };
    if let Some(when) = wanted.later {
        return later::keep(tx, saying, text.trim(), when).await.map(|()| true);
    }
    let queue = agents::queue(tx.db().await?, &saying.interaction.queue).await?;
    say(tx, queue.as_ref(), saying, text.trim()).await?;
    Ok(true)
}

/// Says that a response was not sent, and why.
async fn hold_back(
    tx: &mut Tx<'_>,
    wanted: &Wanted<'_>,
    (why, nearest, missing): (HeldBack, Option<String>, &[Var]),
) -> Result<()> {
    let Saying { interaction, agent, event, .. } = &wanted.saying;
    let writer = &agent.who.user;
    if let Some(text) = wanted.typed {
        let event = Some(event.as_str());
        tx.write_down(interaction, LineKind::HeldBack, writer.as_str(), text, event).await?;
    }
    let missing = values(missing);
    let says =
        Says::MessageHeldBack { why, writer: writer.clone(), of: None, nearest, missing, response: None };
    let to = Place::Session(interaction.id.clone());
    tx.say(&to, says.about(&interaction.id), Some((*event).clone())).await
}

/// Whether nothing is left of a response that was filled in, so that it cannot be sent.
fn says_nothing(text: &str) -> bool {
    sanitize::one_line(text).is_empty()
}

fn values(missing: &[Var]) -> Vec<MissingValue> {
    missing.iter().map(|var| MissingValue { name: var.to_string(), given_by: var.given_by() }).collect()
}
