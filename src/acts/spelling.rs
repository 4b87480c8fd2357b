//! Spelling of messages to contacts. It is looked at when a message has its turn; then a message with words
//! that are not known is sent and its writer told, or it waits for their word. What they say is read anew
//! when they say it, as for late messages.

use std::collections::BTreeSet;

use ruma::OwnedEventId;

use super::late::{self, Word};
use super::parked::LOOK_BACK;
use crate::commit::{Settings, Tx};
use crate::domain::agent::Agent;
use crate::domain::effect::{Place, React};
use crate::domain::ids::InteractionId;
use crate::domain::interaction::Interaction;
use crate::domain::notice::{HeldBack, Missing, Says};
use crate::domain::queue::QueueSettings;
use crate::domain::reply::{Held, Mark, Reply, ReplyState};
use crate::domain::spelling::check::{Found, Question, Spellcheck};
use crate::domain::spelling::language::meant;
use crate::domain::spelling::mode::{OwnSpelling, Spelling, mode};
use crate::domain::spelling::words::{folded, known_in};
use crate::store::lists::{self, Rows};
use crate::store::rooms::Stands;
use crate::store::{Result, agents, interactions, replies, spelling as store};

/// What its writer says of a message that waits because of its spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// It is to be sent as it is.
    Send,
    /// It is not to be sent.
    Drop,
    /// It is to be sent with this correction.
    Correct(usize),
}

/// What happens to words of an agent that are not known, in a queue.
pub(crate) fn mode_of(settings: &Settings, queue: Option<&QueueSettings>, agent: &Agent) -> Spelling {
    let queue = queue.map_or(OwnSpelling::Inherit, |queue| queue.spelling);
    mode(settings.desk.spelling, queue, agent.spelling, &agent.chosen_spelling)
}

/// The dictionaries that an agent's messages are looked up in.
pub(crate) fn languages_of(settings: &Settings, agent: &Agent) -> Vec<String> {
    let wanted = if !agent.chosen_spelling.languages.is_empty() {
        agent.chosen_spelling.languages.clone()
    } else if !agent.languages.is_empty() {
        agent.languages.clone()
    } else {
        vec![settings.desk.locale.clone()]
    };
    meant(&wanted, &settings.languages, &settings.desk.country)
}

/// Whether the spelling of a message that an agent writes now is to be looked at.
pub(crate) fn wanted(
    settings: &Settings,
    queue: Option<&QueueSettings>,
    agent: &Agent,
) -> Option<Spellcheck> {
    let confirm = match mode_of(settings, queue, agent) {
        Spelling::Off => return None,
        Spelling::Hint => false,
        Spelling::Confirm => true,
    };
    (!languages_of(settings, agent).is_empty()).then_some(Spellcheck::Wanted { confirm })
}

/// What the dictionaries are asked about a message that has its turn; nothing if it goes without.
pub(crate) async fn question(
    tx: &mut Tx<'_>,
    interaction: &Interaction,
    reply: &Reply,
) -> Result<Option<Question>> {
    if !reply.wants_spelling() {
        return Ok(None);
    }
    let Some(writer) = agents::by_user(tx.db().await?, &reply.by).await? else { return Ok(None) };
    let languages = languages_of(tx.settings, &writer);
    if languages.is_empty() {
        return Ok(None);
    }
    let mut known: BTreeSet<String> = tx.settings.desk.words.iter().flat_map(|word| known_in(word)).collect();
    known.extend(tx.settings.desk.words.iter().map(|word| folded(word)));
    known.extend(known_in(&interaction.contact.name));
    known.extend(interaction.case.iter().flat_map(|(_, value)| known_in(value)));
    for agent in agents::all(tx.db().await?).await? {
        known.extend(known_in(&agent.who.name));
    }
    known.extend(store::own(tx.db().await?, &writer.who.id).await?);
    known.extend(store::ignored(tx.db().await?, &interaction.id).await?);
    Ok(Some(Question { text: reply.text.clone(), languages, known }))
}

/// The dictionaries were asked about a message: tells its writer what is not known. Returns whether the
/// message waits for their word now.
pub(crate) async fn looked_at(tx: &mut Tx<'_>, reply: &mut Reply, found: Found) -> Result<bool> {
    let told = reply.spelt(found);
    tx.update_reply(reply.clone()).await?;
    let Some(told) = told else { return Ok(false) };
    offer_numbers(tx, reply).await?;
    tx.emit(told).await?;
    Ok(reply.misspelt().is_some())
}

/// A number that is typed alone corrects a word of this message, until another list is shown.
async fn offer_numbers(tx: &mut Tx<'_>, reply: &Reply) -> Result<()> {
    let Some(last) = reply.misspelt().and_then(|found| found.numbers().last().copied()) else {
        return Ok(());
    };
    let Some(writer) = agents::by_user(tx.db().await?, &reply.by).await? else { return Ok(()) };
    let place = reply.place();
    let keys = (1..=last).map(|number| number.to_string()).collect();
    let rows = Rows { run: format!("spell use {} {{}}", reply.event), keys };
    let now = tx.now;
    lists::show(tx.db().await?, (&place, Some(&writer.who.id)), &rows, now).await
}

/// An agent says what becomes of a message; one that got here late can be dropped so too. Returns whether the
/// message, or what was said of it, asked for that.
pub(crate) async fn said(
    tx: &mut Tx<'_>,
    agent: &Agent,
    (of, event): (&InteractionId, &OwnedEventId),
    word: Word<'_>,
    said: Said,
) -> Result<bool> {
    let Some(reply) = replies::by_event(tx.db().await?, of, event).await? else { return Ok(false) };
    let waits = match said {
        Said::Drop => matches!(reply.held, Some(Held::Word | Held::Spelling)),
        Said::Send | Said::Correct(_) => reply.misspelt().is_some(),
    };
    if !waits {
        return too_late(tx, agent, &reply, said).await;
    }
    let given_in = word.given_in.clone();
    let Some((interaction, mut reply)) = late::in_their_hands(tx, agent, of, event, word).await? else {
        return Ok(true);
    };
    match said {
        Said::Send => {
            tx.audit(agent, "send", Some(of), "a message with words that are not in the dictionary").await?;
            late::go(tx, &interaction, reply).await?;
        }
        Said::Drop => {
            let what = match reply.held {
                Some(Held::Word) => "a message that got here late",
                Some(_) | None => "a message with words that are not in the dictionary",
            };
            tx.audit(agent, "drop", Some(of), what).await?;
            reply.take_back();
            tx.update_reply(reply.clone()).await?;
            for event in reply.events().into_iter().map(ToOwned::to_owned) {
                let key = Mark::Failed.emoji().to_owned();
                tx.emit(React { to: reply.place(), event, key }).await?;
            }
        }
        Said::Correct(number) if reply.correct(number) => go_or_ask(tx, &interaction, reply).await?,
        Said::Correct(number) => {
            let says = Says::no_such(Missing::MenuRow { number }, "").about(of);
            tx.say(&given_in, says, None).await?;
        }
    }
    Ok(true)
}

/// A word of a message that was sent long since cannot be corrected; everything else asks nothing.
async fn too_late(tx: &mut Tx<'_>, agent: &Agent, reply: &Reply, said: Said) -> Result<bool> {
    let is_sent = matches!(reply.state, ReplyState::Parts { .. });
    if !matches!(said, Said::Correct(_)) || !is_sent || reply.by != agent.who.user {
        return Ok(false);
    }
    let Some(interaction) = interactions::by_id(tx.db().await?, &reply.interaction).await? else {
        return Ok(false);
    };
    tx.hold_back(&interaction, reply.event.clone(), &agent.who.user, HeldBack::NotCorrected).await?;
    Ok(true)
}

/// A word of a message that waits was settled: it goes if that was the last, else its writer is asked about
/// the rest.
async fn go_or_ask(tx: &mut Tx<'_>, interaction: &Interaction, reply: Reply) -> Result<()> {
    let Some(question) = reply.ask_of_the_rest() else { return late::go(tx, interaction, reply).await };
    tx.update_reply(reply.clone()).await?;
    offer_numbers(tx, &reply).await?;
    tx.emit(question).await
}

/// A word is no mistake any more: what waits in this conversation because of it alone is sent. Only what its
/// writer may still send.
pub(crate) async fn settled(
    tx: &mut Tx<'_>,
    agent: &Agent,
    interaction: &Interaction,
    word: &str,
) -> Result<()> {
    let mut waiting = waiting(tx, agent, interaction).await?;
    waiting.retain(|reply| reply.held == Some(Held::Spelling));
    // The one that was written first goes first.
    for reply in waiting.into_iter().rev() {
        if !reply.clone().settle(word) {
            continue;
        }
        let place = Place::Session(interaction.id.clone());
        let hands = Word { given_in: &place, stands: Stands::Here };
        let found = late::in_their_hands(tx, agent, &interaction.id, &reply.event, hands).await?;
        if let Some((interaction, mut reply)) = found {
            reply.settle(word);
            go_or_ask(tx, &interaction, reply).await?;
        }
    }
    Ok(())
}

/// The messages of an agent that wait for their word in a conversation, the newest first.
pub(crate) async fn waiting(tx: &mut Tx<'_>, agent: &Agent, interaction: &Interaction) -> Result<Vec<Reply>> {
    let mut newest = replies::newest(tx.db().await?, &interaction.id, LOOK_BACK).await?;
    let waits = |reply: &Reply| matches!(reply.held, Some(Held::Word | Held::Spelling));
    newest.retain(|reply| waits(reply) && reply.by == agent.who.user);
    Ok(newest)
}
