//! `!spell`: whether, and in which languages, the spelling of what an agent writes is looked at, and words
//! that are no mistakes. `!yes` and `!no`: what becomes of the message that waits for the agent's word.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use ruma::{EventId, OwnedEventId};

use super::{Call, Command, Who, later, line, offers};
use crate::acts::late::{self, Word};
use crate::acts::spelling::{self, Said};
use crate::commit::{Settings, Tx};
use crate::domain::agent::Agent;
use crate::domain::effect::Role;
use crate::domain::ids::InteractionId;
use crate::domain::notice::{Missing, Problem, Says, SpellingCard, Unsent, WordChange, WordChanged};
use crate::domain::reply::{Held, Reply, ReplyState};
use crate::domain::spelling::language::{MOST_LANGUAGES, one_meant};
use crate::domain::spelling::mode::Chosen;
use crate::domain::spelling::words::folded;
use crate::store::rooms::{self, Posted, Stands};
use crate::store::spelling::{MOST_IGNORED, MOST_OWN};
use crate::store::{Result, agents, interactions, replies, spelling as store};

/// How long a word of one's own may be, in characters.
const LONGEST: usize = 60;
/// How many of the conversations that an agent began by a text are looked through for one that waits.
const LOOK_BACK: i64 = 20;
/// Why a bare answer is not taken while a message of later is still to be looked at.
const WROTE_SINCE: &str = "you have written another message here since, and it could be meant for that one; \
                           answer below the message you mean, by a reply or a reaction";
/// Why a bare answer is not taken while several messages wait for one.
const SEVERAL_WAIT: &str = "several of your messages here wait for an answer; answer below the message you \
                            mean, by a reply or a reaction";
/// Why nobody chooses for themselves whether their messages wait.
const SET_BY_ADMINS: &str = "whether a misspelt message waits for your word is set by an admin, for you or your queue; \
                             on and off are yours to choose";
/// What stands behind `!spell`.
const PARTS: [&str; 6] = ["on", "off", "lang", "add", "remove", "ignore"];
/// Behind `!spell`, what a number of a notice runs.
const USE: &str = "use";

/// The commands of this family.
pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "spell",
        aliases: &["spelling"],
        arguments: "[on or off] or lang <languages> or add <word> or remove <word> or ignore [word]",
        does: "show or set how your spelling is looked at; add puts a word into your own dictionary, ignore \
               passes over one in this conversation, or without a word over all in the message that waits",
        who: Who::Everyone,
        changes: true,
        run: spell,
    },
    Command {
        name: "yes",
        aliases: &["y"],
        arguments: "[id]",
        does: "send the message that waits for your word; where none does, take what is offered",
        who: Who::Everyone,
        changes: false,
        run: yes,
    },
    Command {
        name: "no",
        aliases: &["n"],
        arguments: "[id] [reason]",
        does: "drop the message that waits for your word; where none does, leave an offer to someone else",
        who: Who::Everyone,
        changes: false,
        run: no,
    },
];

/// `!spell`.
fn spell<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let (part, rest) = line::first_word(call.arguments);
        let rest = line::value(rest);
        match part.to_lowercase().as_str() {
            "" => show(tx, call, call.agent, None).await,
            "on" => choose(tx, call, Chosen { on: Some(true), ..chosen(call) }).await,
            "off" => choose(tx, call, Chosen { on: Some(false), ..chosen(call) }).await,
            "lang" | "language" | "languages" => languages(tx, call, rest).await,
            "add" => add(tx, call, rest).await,
            "remove" => remove(tx, call, rest).await,
            "ignore" if rest.is_empty() => answer(tx, call, Said::Send).await,
            "ignore" => ignore(tx, call, rest).await,
            USE => use_suggestion(tx, call, rest).await,
            "hint" | "confirm" => call.bad_value(tx, SET_BY_ADMINS).await,
            _ => {
                let (typed, choices) = (part.to_owned(), PARTS.map(str::to_owned).to_vec());
                let nearest = PARTS.iter().find(|name| strsim::damerau_levenshtein(name, part) <= 2);
                let nearest = nearest.map(|name| (*name).to_owned());
                call.usage(tx, Problem::Unknown { typed, nearest, choices }).await
            }
        }
    }
    .boxed()
}

fn chosen(call: &Call<'_>) -> Chosen {
    call.agent.chosen_spelling.clone()
}

/// Keeps what an agent chose, and shows it.
async fn choose(tx: &mut Tx<'_>, call: &Call<'_>, chosen_spelling: Chosen) -> Result<()> {
    let agent = Agent { chosen_spelling, ..call.agent.clone() };
    agents::save(tx.db().await?, &agent).await?;
    show(tx, call, &agent, None).await
}

/// `!spell lang <languages>`.
async fn languages(tx: &mut Tx<'_>, call: &Call<'_>, typed: &str) -> Result<()> {
    let tags = line::items(typed, |c: char| c == ',' || c.is_whitespace());
    let there = &tx.settings.languages;
    if tags.is_empty() || tags.len() > MOST_LANGUAGES {
        let error = format!("say one to {MOST_LANGUAGES} of these languages: {}", there.join(", "));
        return call.bad_value(tx, &error).await;
    }
    let languages: Vec<String> = tags.into_iter().map(str::to_owned).collect();
    if let Err(error) = all_known(tx.settings, &languages) {
        return call.bad_value(tx, &error).await;
    }
    choose(tx, call, Chosen { languages, ..chosen(call) }).await
}

/// Checks that there is a dictionary for each of these languages.
///
/// # Errors
/// The first for which there is none, and those there are, as the end of a sentence.
pub(super) fn all_known(settings: &Settings, languages: &[String]) -> std::result::Result<(), String> {
    let there = &settings.languages;
    let unknown = languages.iter().find(|tag| one_meant(tag, there, &settings.desk.country).is_none());
    let Some(unknown) = unknown else { return Ok(()) };
    let all = match &there[..] {
        [] => "there is none at all".to_owned(),
        there => format!("there is {}", there.join(", ")),
    };
    Err(format!("there is no dictionary for “{unknown}”; {all}"))
}

/// The one word that was typed, in the form in which words are compared.
fn word(typed: &str) -> Option<String> {
    let is_word = !typed.is_empty()
        && typed.chars().nth(LONGEST).is_none()
        && !typed.chars().any(|c| c.is_whitespace() || c.is_control())
        && typed.chars().any(char::is_alphabetic);
    is_word.then(|| folded(typed))
}

async fn no_word(tx: &mut Tx<'_>, call: &Call<'_>) -> Result<()> {
    call.bad_value(tx, &format!("say one word, without blanks and of at most {LONGEST} characters")).await
}

/// `!spell add <word>`.
async fn add(tx: &mut Tx<'_>, call: &Call<'_>, typed: &str) -> Result<()> {
    let Some(word) = word(typed) else { return no_word(tx, call).await };
    if !store::add_own(tx.db().await?, &call.agent.who.id, &word).await? {
        let error = format!("your dictionary has {MOST_OWN} words, as many as it may; remove one first");
        return call.bad_value(tx, &error).await;
    }
    show(tx, call, call.agent, Some(WordChange { text: word.clone(), how: WordChanged::Added })).await?;
    match call.said.session() {
        Some(here) => Box::pin(spelling::settled(tx, call.agent, here, &word)).await,
        None => Ok(()),
    }
}

/// `!spell remove <word>`.
async fn remove(tx: &mut Tx<'_>, call: &Call<'_>, typed: &str) -> Result<()> {
    let Some(word) = word(typed) else { return no_word(tx, call).await };
    if !store::remove_own(tx.db().await?, &call.agent.who.id, &word).await? {
        return call.bad_value(tx, &format!("“{word}” is not in your dictionary")).await;
    }
    show(tx, call, call.agent, Some(WordChange { text: word, how: WordChanged::Removed })).await
}

/// `!spell ignore <word>`.
async fn ignore(tx: &mut Tx<'_>, call: &Call<'_>, typed: &str) -> Result<()> {
    let Some(here) = call.said.session() else { return call.usage(tx, Problem::NotInConversation).await };
    if !here.hears(&call.agent.who.id) {
        return call.answer(tx, Says::NotOwner.about(&here.id)).await;
    }
    let Some(word) = word(typed) else { return no_word(tx, call).await };
    if !store::ignore(tx.db().await?, &here.id, &word).await? {
        let error = format!("{MOST_IGNORED} words are passed over in this conversation, as many as may be");
        return call.bad_value(tx, &error).await;
    }
    show(tx, call, call.agent, Some(WordChange { text: word.clone(), how: WordChanged::Ignored })).await?;
    Box::pin(spelling::settled(tx, call.agent, here, &word)).await
}

/// Shows how the agent's spelling is looked at, and what was done to a word.
async fn show(tx: &mut Tx<'_>, call: &Call<'_>, agent: &Agent, changed: Option<WordChange>) -> Result<()> {
    let queue = match call.said.session() {
        Some(here) => agents::queue(tx.db().await?, &here.queue).await?,
        None => None,
    };
    let own_words = store::own_count(tx.db().await?, &agent.who.id).await?;
    let card = SpellingCard {
        mode: spelling::mode_of(tx.settings, queue.as_ref(), agent),
        languages: spelling::languages_of(tx.settings, agent),
        own_words,
        changed,
    };
    call.answer(tx, call.about(Says::SpellingSet(card))).await
}

/// A number of a notice, typed alone: it names the message it is about. Once that one was answered, the
/// number is meant for the one that still waits.
async fn use_suggestion(tx: &mut Tx<'_>, call: &Call<'_>, rest: &str) -> Result<()> {
    let (event, number) = line::first_word(rest);
    let (event, number) = (EventId::parse(event), line::row_number(number));
    let (Ok(event), Some(number)) = (event, number) else {
        return call.usage(tx, Problem::NotInConversation).await;
    };
    if let Some(why) = unclear(tx, call).await? {
        return call.bad_value(tx, why).await;
    }
    let of = match (call.begun_in(tx, &event).await?, call.said.session()) {
        (Some(begun), _) => begun.interaction,
        (None, Some(here)) => here.id.clone(),
        (None, None) => return call.usage(tx, Problem::NotInConversation).await,
    };
    let named = replies::by_event(tx.db().await?, &of, &event).await?;
    let (of, event) = match waiting(tx, call).await? {
        Some((of, event, _)) if named.is_none_or(|reply| reply.misspelt().is_none()) => (of, event),
        Some(_) | None => (of, event),
    };
    if spelling::said(tx, call.agent, (&of, &event), in_this_room(call), Said::Correct(number)).await? {
        return Ok(());
    }
    call.answer(tx, Says::no_such(Missing::NothingWaits, "").plainly()).await
}

/// `!yes`.
fn yes<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        if waits(tx, call).await? {
            return answer(tx, call, Said::Send).await;
        }
        if let Some(event) = later_waits(tx, call).await? {
            return later::word(tx, call, &event, true).await;
        }
        offers::accept(tx, call).await
    }
    .boxed()
}

/// `!no`.
fn no<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        if waits(tx, call).await? {
            return answer(tx, call, Said::Drop).await;
        }
        if let Some(event) = later_waits(tx, call).await? {
            return later::word(tx, call, &event, false).await;
        }
        offers::reject(tx, call).await
    }
    .boxed()
}

/// The text that was to go later and waits for the agent's word, where they typed nothing but that, in reply
/// to nothing.
async fn later_waits(tx: &mut Tx<'_>, call: &Call<'_>) -> Result<Option<OwnedEventId>> {
    if !call.arguments.is_empty() || call.said.reply_to.is_some() {
        return Ok(None);
    }
    later::waiting(tx, call).await
}

/// Whether a message waits for the agent's word, and what they typed is nothing but that.
async fn waits(tx: &mut Tx<'_>, call: &Call<'_>) -> Result<bool> {
    Ok(call.arguments.is_empty() && waiting(tx, call).await?.is_some())
}

fn in_this_room<'c>(call: &'c Call<'_>) -> Word<'c> {
    Word { given_in: &call.said.place, stands: Stands::Here }
}

/// Says what becomes of the message that waits: the one the command replies to, or the agent's newest here.
async fn answer(tx: &mut Tx<'_>, call: &Call<'_>, said: Said) -> Result<()> {
    let Some((interaction, event, stands)) = waiting(tx, call).await? else {
        return call.answer(tx, Says::no_such(Missing::NothingWaits, "").plainly()).await;
    };
    if let Some(why) = unclear(tx, call).await? {
        return call.bad_value(tx, why).await;
    }
    let word = Word { given_in: &call.said.place, stands };
    let reply = replies::by_event(tx.db().await?, &interaction, &event).await?;
    if reply.as_ref().and_then(|reply| reply.held) == Some(Held::Word) && said == Said::Send {
        return late::send(tx, call.agent, &interaction, &event, word).await;
    }
    let unsent = match said {
        Said::Drop if call.said.reply_to.is_none() => reply.map(|reply| reply.unsent()),
        Said::Drop | Said::Send | Said::Correct(_) => None,
    };
    if !spelling::said(tx, call.agent, (&interaction, &event), word, said).await? {
        return call.answer(tx, Says::no_such(Missing::NothingWaits, "").plainly()).await;
    }
    // The message may stand far above what was typed.
    match unsent {
        Some(unsent) => dropped(tx, call, &interaction, (event, unsent)).await,
        None => Ok(()),
    }
}

/// Says which message a bare `!no` was taken for, if that one is dropped now.
async fn dropped(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    of: &InteractionId,
    (event, unsent): (OwnedEventId, String),
) -> Result<()> {
    let is_dropped = replies::by_event(tx.db().await?, of, &event)
        .await?
        .is_some_and(|reply| reply.state == ReplyState::Dropped);
    let Some(of) = interactions::by_id(tx.db().await?, of).await?.filter(|_| is_dropped) else {
        return Ok(());
    };
    let (contact, texts) = (of.contact.name.clone(), vec![unsent]);
    let says = Says::NotSent { contact, texts, why: Unsent::Dropped };
    tx.say(&call.said.place, says.about(&of.id), Some(event)).await
}

/// Why a bare `!yes` or `!no` could be meant for more than one message: several of the agent's wait here, or
/// one that they wrote since is still to be looked at.
async fn unclear(tx: &mut Tx<'_>, call: &Call<'_>) -> Result<Option<&'static str>> {
    let (Some(here), None) = (call.said.session(), call.said.reply_to) else { return Ok(None) };
    let newest = replies::newest(tx.db().await?, &here.id, LOOK_BACK).await?;
    let last = newest.into_iter().find(|reply| reply.by == call.agent.who.user);
    if last.is_some_and(|reply| reply.wants_spelling()) {
        return Ok(Some(WROTE_SINCE));
    }
    Ok((spelling::waiting(tx, call.agent, here).await?.len() > 1).then_some(SEVERAL_WAIT))
}

/// The message that is meant, and where it stands, seen from here.
async fn waiting(tx: &mut Tx<'_>, call: &Call<'_>) -> Result<Option<(InteractionId, OwnedEventId, Stands)>> {
    if let Some(event) = call.said.reply_to
        && let Some((Posted::Notice(Some(role)), stands)) =
            rooms::posted(tx.db().await?, &call.said.place, event).await?
    {
        return Ok(match role {
            Role::Held { interaction, event } | Role::Misspelt { interaction, event } => {
                Some((interaction, event, stands))
            }
            Role::Offer { .. }
            | Role::Ring { .. }
            | Role::Courtesy { .. }
            | Role::Tapback { .. }
            | Role::Overdue { .. }
            | Role::Later { .. }
            | Role::Callback { .. }
            | Role::DeskText { .. }
            | Role::TalkOver { .. }
            | Role::List { .. }
            | Role::Hand { .. }
            | Role::Menu { .. }
            | Role::Blank { .. }
            | Role::Attachment { .. }
            | Role::Token { .. }
            | Role::Failed { .. } => None,
        });
    }
    let begun = replies::begun_by(tx.db().await?, &call.agent.who.id, LOOK_BACK).await?;
    let waits = |reply: &&Reply| {
        matches!(reply.held, Some(Held::Word | Held::Spelling))
            && reply.said_in.as_ref() == Some(&call.said.place)
            && call.said.reply_to.is_none_or(|event| *event == reply.event)
    };
    if let Some(reply) = begun.iter().find(waits) {
        return Ok(Some((reply.interaction.clone(), reply.event.clone(), Stands::Here)));
    }
    let Some(here) = call.said.session() else { return Ok(None) };
    let all = spelling::waiting(tx, call.agent, here).await?;
    let named =
        call.said.reply_to.and_then(|event| all.iter().find(|reply| reply.events().contains(&&**event)));
    let newest = named.or(all.first());
    Ok(newest.map(|reply| (here.id.clone(), reply.event.clone(), Stands::Here)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_of_ones_own_is_one_word_with_a_letter_in_it() {
        for (typed, expected) in [
            ("Kowalczyk", Some("kowalczyk")),
            ("O’Brien", Some("o'brien")),
            ("4G", Some("4g")),
            ("two words", None),
            ("", None),
            ("4711", None),
            ("a\u{7}b", None),
        ] {
            assert_eq!(word(typed).as_deref(), expected, "{typed}");
        }
        assert_eq!(word(&"a".repeat(61)), None);
    }
}
