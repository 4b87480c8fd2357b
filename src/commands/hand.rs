//! `!hand`: an owner asks the supervisors for help, by a command or by 🆘 under anything in the room.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use ruma::OwnedEventId;

use super::command::about;
use super::past::{last_lines, shown_lines};
use super::subject::owned;
use super::{Call, Command, Said, Who};
use crate::acts::supervisors;
use crate::commit::Tx;
use crate::domain::agent::{Agent, Role};
use crate::domain::ids::InteractionId;
use crate::domain::interaction::Interaction;
use crate::domain::notice::{HandRaised, Missing, Needs, Problem, Refusal, Says};
use crate::domain::session::{Event, Refused};
use crate::domain::text::sanitize;
use crate::store::transcript::{self, LineKind};
use crate::store::{Result, interactions};

/// The command of this family.
pub(super) const COMMANDS: &[Command] = &[Command {
    name: "hand",
    aliases: &["sos"],
    arguments: "[words]",
    does: "ask a supervisor for help in this conversation; or react with 🆘 to anything in it",
    who: Who::Everyone,
    // What is asked goes into the audit log, however it is asked.
    changes: false,
    run: hand,
}];

/// What an owner may say, in characters.
const WORDS: usize = 1_000;
/// How many of the last lines the supervisors read.
const LINES: i64 = 3;

/// Whether a reaction asks for help. Clients send emoji with and without a variation selector.
pub(crate) fn is_sos(key: &str) -> bool {
    key.trim_end_matches('\u{fe0f}') == "🆘"
}

/// `!hand [words]`.
fn hand<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        if call.arguments.chars().count() > WORDS {
            return call.usage(tx, Problem::WordsTooLong { most: WORDS }).await;
        }
        let Some(here) = owned(tx, call).await? else { return Ok(()) };
        let words = sanitize::short_line(call.arguments, WORDS);
        let says = raise(tx, call.agent, here, (&words, call.said.reply_to)).await?;
        call.answer(tx, says.about(&here.id)).await
    }
    .boxed()
}

/// An agent reacts to something in the room of a conversation with 🆘.
pub(crate) async fn raise_by_reaction(
    tx: &mut Tx<'_>,
    agent: &Agent,
    said: &Said<'_>,
    of: &OwnedEventId,
) -> Result<()> {
    let Some(here) = said.session() else { return Ok(()) };
    let says = if here.is_owned_by(&agent.who.id) {
        raise(tx, agent, here, ("", Some(of))).await?
    } else {
        Says::NotOwner
    };
    tx.say(&said.place, about(said, says), Some(of.clone())).await
}

/// The supervisors are told that an owner asks for help, and shown what they point at, or what was said last.
/// Returns what the owner reads.
async fn raise(
    tx: &mut Tx<'_>,
    agent: &Agent,
    here: &Interaction,
    (words, of): (&str, Option<&OwnedEventId>),
) -> Result<Says> {
    let queues = std::slice::from_ref(&here.queue);
    let told = supervisors::of_queues(tx, queues, Some(&agent.who.id)).await?;
    if told.is_empty() {
        return Ok(Says::Refused { why: Refusal::NoSupervisor });
    }
    let pointed = match of {
        Some(of) => transcript::line(tx.db().await?, &here.id, of).await?,
        None => None,
    };
    let lines = match pointed {
        Some(line) => shown_lines(tx, here, &[line]).await?,
        None => last_lines(tx, here, LINES).await?,
    };
    let names = told.iter().map(|one| one.who.name.clone()).collect();
    let told = told.into_iter().map(|one| one.who).collect();
    let event = Event::HandRaised { by: agent.who.clone(), note: words.to_owned(), lines, told };
    let next = match tx.happen(here, event).await? {
        Ok(next) => next,
        Err(refused) => return Ok(why_not(here, refused)),
    };
    tx.audit(agent, "hand", Some(&next.id), words).await?;
    if !words.is_empty() {
        let author = agent.who.user.as_str();
        tx.write_down(&next, LineKind::Internal, author, words, None).await?;
    }
    Ok(Says::HandRaised(HandRaised { told: names }))
}

/// Why an owner is not heard, or a supervisor does not come.
fn why_not(of: &Interaction, refused: Refused) -> Says {
    let by = || of.hand.as_ref().and_then(|hand| hand.taken_by.as_ref()).map(|by| by.name.clone());
    match refused {
        Refused::NotOwner => Says::NotOwner,
        Refused::HandTaken => Says::Refused { why: Refusal::HandTaken { by: by() } },
        refused => Says::Refused { why: refused.into() },
    }
}

/// A supervisor comes to help, in answer to what they were told.
pub(crate) async fn take(
    tx: &mut Tx<'_>,
    agent: &Agent,
    said: &Said<'_>,
    (id, number): (&InteractionId, u32),
) -> Result<()> {
    let answers = Some(said.event.event_id.clone());
    if !agent.supervises() {
        let needs = Some(Needs::Role { role: Role::Supervisor });
        return tx.say(&said.place, Says::NotAllowed { command: None, needs }.about(id), answers).await;
    }
    let found = interactions::by_id(tx.db().await?, id).await?.filter(|of| of.erased.is_none());
    let Some(of) = found else {
        let missing = Missing::named("conversation", id.as_str());
        return tx.say(&said.place, Says::no_such(missing, "").plainly(), answers).await;
    };
    match tx.happen(&of, Event::HandTaken { by: agent.who.clone(), number }).await? {
        Ok(_) => {
            fail::fail_point!("hand_taken", |_| std::process::abort());
            tx.audit(agent, "take_hand", Some(id), "").await?;
            tx.tick(&said.place, &said.event.event_id).await
        }
        Err(refused) => tx.say(&said.place, why_not(&of, refused).about(id), answers).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_is_asked_for_by_one_sign_however_clients_send_it() {
        for (key, asks) in [("🆘", true), ("🆘\u{fe0f}", true), ("🆗", false), ("SOS", false), ("", false)]
        {
            assert_eq!(is_sos(key), asks, "{key}");
        }
    }
}
