//! Programs text contacts first: the same as when an agent does, but that nobody can be asked.
//!
//! The answer under a key is decided and kept in the commit that keeps the text, so that there is one of each
//! however often, and wherever, a program asks.

use std::time::Duration;

use super::outbound::{self, To};
use super::response_words::{self, InWords};
use super::responses;
use super::routes::{self, Found};
use crate::clock;
use crate::commit::Tx;
use crate::domain::address::{Address, parse};
use crate::domain::agent::{Agent, AgentRef};
use crate::domain::case::overlay;
use crate::domain::ids::{AgentId, InteractionId, QueueName};
use crate::domain::input::ProgramText;
use crate::domain::interaction::Interaction;
use crate::domain::outbound::NotTexted;
use crate::domain::program::{Answer, Asked, NotTaken, Scope, Token};
use crate::domain::queue::{NumberSettings, Target};
use crate::domain::reply::Reply;
use crate::domain::response::Used;
use crate::domain::route::Arrival;
use crate::domain::text::sanitize;
use crate::store::{Result, agents, programs};

/// In this time a token lets so many texts go as its rate says.
const MINUTE: Duration = Duration::from_mins(1);

/// Answers a program that wants a contact to be texted.
pub(crate) async fn text(tx: &mut Tx<'_>, wanted: &ProgramText) -> Result<Answer> {
    let Some(token) = programs::by_id(tx.db().await?, &wanted.token).await? else {
        return Ok(Answer::NoToken);
    };
    if !token.may(Scope::Send) {
        return Ok(Answer::NoScope);
    }
    if let Some((request, answer)) = programs::answered(tx.db().await?, &token.id, &wanted.key).await? {
        return Ok(if request == wanted.request { answer } else { Answer::KeyReused });
    }
    let now = tx.now;
    let (count, first) = programs::since(tx.db().await?, &token.id, now - MINUTE).await?;
    if count >= i64::from(token.rate) {
        let wait = first.map_or(MINUTE, |first| (first + MINUTE).since(now));
        // Rounded up: a program that comes a moment too early would be sent away once more.
        return Ok(Answer::TooMany { retry_secs: wait.as_secs() + 1 });
    }
    let answer = match send(tx, &token, &wanted.asked).await? {
        Ok(interaction) => Answer::Accepted { interaction },
        Err(why) => Answer::Refused { why },
    };
    programs::answer(tx.db().await?, &token.id, (&wanted.key, &wanted.request), &answer, now).await?;
    programs::used(tx.db().await?, &token.id, now).await?;
    fail::fail_point!("before_program_commit", |_| std::process::abort());
    Ok(answer)
}

type Taken<T> = Result<std::result::Result<T, NotTaken>>;

/// Sends a text, unless something is in its way. Nothing is kept before it is clear that nothing is.
async fn send(tx: &mut Tx<'_>, token: &Token, asked: &Asked) -> Taken<InteractionId> {
    let country = tx.settings.desk.country.clone();
    let to = match parse::address(&asked.to, &country) {
        Ok(to) => To::at(tx, to).await?,
        Err(problem) => return Ok(Err(NotTaken::NoAddress { problem: problem.to_string() })),
    };
    let agent = match agent(tx, asked).await? {
        Ok(agent) => agent,
        Err(why) => return Ok(Err(why)),
    };
    let ours = match from(tx, asked, agent.as_ref(), &to, &country).await? {
        Ok(ours) => ours,
        Err(why) => return Ok(Err(why)),
    };
    let who = agent.as_ref().map(|agent| &agent.who);
    let known = outbound::known(tx, who.map(|who| &who.id), &to, ours.as_ref(), tx.now).await?;
    let (obstacle, warnings) = {
        let facts = known.facts(tx);
        (facts.obstacle(), facts.warnings())
    };
    if let Some(why) = obstacle {
        return Ok(Err(NotTaken::NotTexted { why }));
    }
    let number = match &ours {
        Some(ours) => agents::number(tx.db().await?, ours).await?,
        None => None,
    };
    let (Some(ours), Some(number)) = (ours, number) else {
        return Ok(Err(NotTaken::NotTexted { why: NotTexted::NoNumberOfOurs }));
    };
    let found = match queue(tx, (token, asked), agent.as_ref(), (&ours, &number), &to).await? {
        Ok(found) => found,
        Err(why) => return Ok(Err(why)),
    };
    if !warnings.is_empty() {
        return Ok(Err(NotTaken::Asked { about: warnings }));
    }
    let Ok(first_text) = outbound::opening(tx, (&ours, &number), &to, who).await? else {
        return Ok(Err(NotTaken::FirstTextNeedsAgent));
    };
    let by = who.cloned().unwrap_or_else(|| AgentRef {
        // No agent can have such an id.
        id: AgentId::new(format!("token:{}", token.id)),
        user: tx.settings.bot.clone(),
        name: token.name.clone(),
    });
    let said = asked.text.as_deref().unwrap_or_default();
    let begun = outbound::draft(tx, (&ours, &number), (&to, &found), by, said).await?;
    let mut begun = Interaction { program: Some(token.name.clone()), ..begun };
    overlay(&mut begun.case, &asked.case);
    let (text, used) = match words(tx, (&begun, who), asked).await? {
        Ok(words) => words,
        Err(why) => return Ok(Err(why)),
    };
    begun.first_text = sanitize::cut(&text, outbound::PREVIEW_CHARS);
    let opening = first_text.clone().unwrap_or_default();
    if !to.contact.number.rules().takes(&format!("{opening}\n{text}")) {
        return Ok(Err(NotTaken::NotTexted { why: NotTexted::TooLong }));
    }
    outbound::keep_text(tx, &to, &begun, (&token.name, None), first_text.as_ref()).await?;
    programs::begun(tx.db().await?, &begun.id, &token.id).await?;
    let bot = tx.settings.bot.clone();
    let mut reply = Reply::of_program(clock::random_hex(), begun.id.clone(), bot, text);
    (reply.opening, reply.response) = (opening, used);
    let now = tx.now;
    outbound::submit(tx, &begun, reply, (now, now)).await?;
    Ok(Ok(begun.id))
}

/// The agent who is asked first about an answer, if one is named.
async fn agent(tx: &mut Tx<'_>, asked: &Asked) -> Taken<Option<Agent>> {
    let Some(id) = &asked.agent else { return Ok(Ok(None)) };
    let found = agents::by_id(tx.db().await?, &AgentId::new(id.to_lowercase())).await?;
    Ok(found.map(Some).ok_or(NotTaken::NoAgent))
}

/// The number of ours it is to come from, if there is one.
async fn from(
    tx: &mut Tx<'_>,
    asked: &Asked,
    agent: Option<&Agent>,
    to: &To,
    country: &str,
) -> Taken<Option<Address>> {
    let theirs = &to.contact.number;
    let Some(from) = &asked.from else {
        let named: Vec<QueueName> = asked.queue.iter().map(|queue| QueueName::new(queue.as_str())).collect();
        let queues = agent.map_or(named.as_slice(), |agent| agent.queues.as_slice());
        return outbound::from(tx, queues, theirs, None).await.map(Ok);
    };
    // A number is meant on the channel of whom it is to reach, unless it names one.
    let read = parse::address_on(theirs.channel(), from, country).unwrap_or_else(|_| Address::read(from));
    if !agents::is_ours(tx.db().await?, &read).await? {
        return Ok(Err(NotTaken::NotOurs));
    }
    Ok(if read.channel() == theirs.channel() { Ok(Some(read)) } else { Err(NotTaken::OtherChannel) })
}

/// The queue that has the conversation: the one that is named; one of the agent's; or that to which our
/// number leads. An answer goes there.
async fn queue(
    tx: &mut Tx<'_>,
    (token, asked): (&Token, &Asked),
    agent: Option<&Agent>,
    (ours, number): (&Address, &NumberSettings),
    to: &To,
) -> Taken<Found> {
    if let Some(name) = &asked.queue {
        let Some(found) = queue_of(tx, ours, QueueName::new(name.as_str())).await? else {
            return Ok(Err(NotTaken::NoQueue));
        };
        return Ok(reached(token, found));
    }
    let led = outbound::leads_to(tx, (ours, number), to).await?;
    let Some(agent) = agent else {
        let led = led.ok_or(NotTaken::NotTexted { why: NotTexted::NoQueue });
        return Ok(led.and_then(|found| reached(token, found)));
    };
    let may = |queue: &QueueName| agent.queues.contains(queue) && token.reaches(queue);
    if let Some(found) = led.filter(|found| may(&found.queue)) {
        return Ok(Ok(found));
    }
    for name in agent.queues.iter().filter(|queue| may(queue)) {
        if let Some(found) = queue_of(tx, ours, name.clone()).await? {
            return Ok(Ok(found));
        }
    }
    Ok(Err(NotTaken::AgentInNoQueue))
}

fn reached(token: &Token, found: Found) -> std::result::Result<Found, NotTaken> {
    if token.reaches(&found.queue) {
        return Ok(found);
    }
    Err(NotTaken::QueueNotAllowed { queue: found.queue.as_str().to_owned() })
}

async fn queue_of(tx: &mut Tx<'_>, ours: &Address, name: QueueName) -> Result<Option<Found>> {
    let arrival = Arrival { number: ours, text: "", known: &[], at: tx.now };
    Ok(routes::find(tx, &Target::Queue(name), arrival).await?.ok())
}

/// What it says: the text, or the response with its values filled in.
async fn words(
    tx: &mut Tx<'_>,
    (begun, agent): (&Interaction, Option<&AgentRef>),
    asked: &Asked,
) -> Taken<(String, Option<Used>)> {
    let Some(shortcut) = &asked.response else {
        let text = asked.text.as_deref().unwrap_or_default().trim().to_owned();
        let is_empty = sanitize::one_line(&text).is_empty();
        return Ok(if is_empty {
            Err(NotTaken::NotTexted { why: NotTexted::Empty })
        } else {
            Ok((text, None))
        });
    };
    let all = responses::usable(tx, &begun.queue).await?;
    let Some(response) = responses::of_shortcut(&all, shortcut) else { return Ok(Err(NotTaken::NoResponse)) };
    if !response.media.is_empty() {
        return Ok(Err(NotTaken::ResponseHasFiles));
    }
    let has = |name: &&String| asked.variables.iter().any(|(known, _)| known == *name);
    let names: Vec<String> = response.ask.iter().filter(|name| !has(name)).cloned().collect();
    if !names.is_empty() {
        return Ok(Err(NotTaken::ValueMissing { names }));
    }
    let given = asked.variables.iter().map(|(name, _)| name);
    let names: Vec<String> = given.filter(|name| !response.ask.contains(name)).cloned().collect();
    if !names.is_empty() {
        return Ok(Err(NotTaken::NoVariable { names }));
    }
    let Ok(InWords { text, shown, .. }) =
        response_words::fill(tx, (begun, agent), response, &asked.variables).await?
    else {
        return Ok(Err(NotTaken::ResponseFaulty));
    };
    if !text.missing.is_empty() {
        let names = text.missing.iter().map(ToString::to_string).collect();
        return Ok(Err(NotTaken::ValueMissing { names }));
    }
    let words = text.text.trim().to_owned();
    if sanitize::one_line(&words).is_empty() {
        return Ok(Err(NotTaken::NotTexted { why: NotTexted::Empty }));
    }
    // Commands that follow a response are for its room, and here is none.
    let used = Used { shortcut: response.shortcut.clone(), shown, ..Used::default() };
    Ok(Ok((words, Some(used))))
}
