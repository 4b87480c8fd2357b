//! Commands for talking to colleagues: consults and IMs.

use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::subject::{self, not_kept, owned};
use super::{Call, Command, Who, line, targets, team};
use crate::acts::ids::interaction_id;
use crate::acts::talks::{Begin, begin as begin_talk, happen as happen_to_talk};
use crate::commit::Tx;
use crate::domain::agent::{Agent, Permission};
use crate::domain::conversation::Ref;
use crate::domain::effect::LookUpPresence;
use crate::domain::interaction::ContactRef;
use crate::domain::masking::Desk;
use crate::domain::notice::{ListRow, Missing, Problem, Refusal, Says, Unavailable};
use crate::domain::talk::{Event, ImPresence, Predefined, Talk, Wanted};
use crate::domain::text::{numbers, sanitize};
use crate::domain::timer::LEAVE_AFTER;
use crate::store::{Result, agents, lists, search, talks};

/// The commands of this family.
pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "consult",
        aliases: &["c"],
        arguments: "<agent> [message]",
        does: "ask a colleague for advice; about this conversation",
        who: Who::With(Permission::Consult),
        changes: false,
        run: consult,
    },
    Command {
        name: "im",
        aliases: &[],
        arguments: "<agent> [message or #key]",
        does: "write to a colleague",
        who: Who::With(Permission::Im),
        changes: false,
        run: im,
    },
    Command {
        name: "end",
        aliases: &[],
        arguments: "[id]",
        does: "end this IM or consult; nobody writes any more",
        who: Who::Everyone,
        changes: true,
        run: end,
    },
    Command {
        name: "ims",
        aliases: &[],
        arguments: "[words or id]",
        does: "list your IMs and consults; with words search what was said in them. A row takes that one up again",
        who: Who::With(Permission::Im),
        changes: false,
        run: ims,
    },
];

/// How many talks are listed.
const SHOWN: i64 = 20;
/// The bot leaves a room that nobody has been in for long. A room that it would leave within a day is not
/// used again.
const ROOM_KEPT: Duration = LEAVE_AFTER.saturating_sub(Duration::from_hours(24));

/// `!consult <agent> [message]`.
fn consult<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let Some(interaction) = owned(tx, call).await? else { return Ok(()) };
        let (name, rest) = call.person(tx, call.arguments).await?;
        if name.is_empty() {
            return call.usage(tx, Problem::AdviserMissing).await;
        }
        let Some(colleague) = targets::agent(tx, call, name, ("", rest)).await? else { return Ok(()) };
        if colleague.who.id == call.agent.who.id {
            let (who, why) = (colleague.who.name, Unavailable::Yourself);
            return call.answer(tx, Says::TargetUnavailable { who, why }.about(&interaction.id)).await;
        }
        let Some(text) = message(tx, call, &colleague, rest, None).await? else { return Ok(()) };
        call.changed(tx, colleague.who.id.as_str()).await?;
        let begin = Begin {
            initiator: call.agent,
            invitee: &colleague,
            parent: Some(interaction.id.clone()),
            about: Some(interaction.contact.clone()),
            text: &text,
            again: None,
        };
        begin_talk(tx, begin).await?;
        call.tick(tx).await
    }
    .boxed()
}

/// `!im <agent> [message | #key]`.
fn im<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let (name, rest) = call.person(tx, call.arguments).await?;
        if name.is_empty() {
            return call.usage(tx, Problem::ReaderMissing).await;
        }
        let name = targets::key(tx, call, name).await?;
        if let Some(queue) = targets::queue(&name) {
            return team::members(tx, call, &queue, rest).await;
        }
        let Some(colleague) = targets::agent(tx, call, &name, ("", rest)).await? else { return Ok(()) };
        if let Some(why) = obstacle(tx, call, &colleague).await? {
            return call.answer(tx, Says::ImUnavailable { who: colleague.who.name, why }.plainly()).await;
        }
        let about = call.said.conversation.and_then(Ref::contact).cloned();
        let Some(text) = message(tx, call, &colleague, rest, about.as_ref()).await? else { return Ok(()) };
        start(tx, call, colleague, about, text, None).await
    }
    .boxed()
}

/// Begins an IM; where that depends on the colleague's Matrix presence, looks it up first.
async fn start(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    colleague: Agent,
    about: Option<ContactRef>,
    text: String,
    again: Option<Talk>,
) -> Result<()> {
    // What they write to each other is theirs.
    call.changed(tx, colleague.who.id.as_str()).await?;
    if tx.settings.desk.im_presence == ImPresence::Matrix {
        let wanted = Box::new(Wanted {
            initiator: call.agent.who.clone(),
            invitee: colleague.who,
            about,
            text,
            again: again.map(|earlier| earlier.id),
            place: call.said.place.clone(),
            typed: call.said.event.event_id.clone(),
        });
        return tx.emit(LookUpPresence { wanted }).await;
    }
    let begin = Begin {
        initiator: call.agent,
        invitee: &colleague,
        parent: None,
        about,
        text: &text,
        again: again.as_ref(),
    };
    begin_talk(tx, begin).await?;
    call.tick(tx).await
}

/// Why a colleague cannot be reached by IM, as far as the desk knows.
async fn obstacle(tx: &mut Tx<'_>, call: &Call<'_>, colleague: &Agent) -> Result<Option<Unavailable>> {
    if colleague.who.id == call.agent.who.id {
        return Ok(Some(Unavailable::Yourself));
    }
    if !colleague.may(Permission::Im) {
        return Ok(Some(Unavailable::NoIm));
    }
    if tx.settings.desk.im_presence != ImPresence::Desk {
        return Ok(None);
    }
    Ok((!is_signed_in(tx, colleague).await?).then_some(Unavailable::NotSignedIn))
}

/// Whether a colleague is signed in at the desk, ready or not.
pub(super) async fn is_signed_in(tx: &mut Tx<'_>, colleague: &Agent) -> Result<bool> {
    Ok(!colleague.channels.are_signed_off()
        && agents::is_in_console(tx.db().await?, &colleague.who.id).await?)
}

/// The message a talk begins with, where `#key` stands for a predefined one. Nothing if the agent has to
/// choose one first: then they get a list.
async fn message(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    colleague: &Agent,
    typed: &str,
    about: Option<&ContactRef>,
) -> Result<Option<String>> {
    let Some(key) = typed.strip_prefix('#').filter(|key| !key.contains(char::is_whitespace)) else {
        return Ok(Some(typed.to_owned()));
    };
    let all: Vec<Predefined> = lists::defined(tx.db().await?).await?;
    if all.is_empty() {
        return Ok(Some(String::new()));
    }
    if let Some(chosen) = all.iter().find(|predefined| predefined.key.eq_ignore_ascii_case(key)) {
        let masked = about
            .filter(|_| tx.settings.desk.mask_numbers)
            .map(|about| about.masked(Desk { ours: &[], country: &tx.settings.desk.country }));
        let whose = masked.as_ref().or(about).map_or_else(String::new, |contact| {
            let address = contact.number.shown();
            let number = numbers::shown(&address);
            if contact.name == address {
                format!("{number}: ")
            } else {
                format!("{}, {number}: ", contact.name)
            }
        });
        return Ok(Some(format!("{whose}{}", chosen.text)));
    }
    let keys: Vec<String> = all.iter().map(|predefined| predefined.key.clone()).collect();
    let rows = all.into_iter().map(|predefined| ListRow {
        title: format!("#{}", predefined.key),
        detail: predefined.text,
        key: predefined.key,
        secs: None,
        room: None,
    });
    let title = which_message(key, &keys);
    let run = format!("{} {} #{{}}", call.command.name, colleague.who.id);
    targets::choose(tx, call, &title, rows.collect(), run).await?;
    Ok(None)
}

/// What a colleague reads beside what is given to them: the predefined message, where `#key` names one.
pub(super) async fn note(tx: &mut Tx<'_>, typed: &str) -> Result<String> {
    let Some(key) = typed.strip_prefix('#') else { return Ok(typed.to_owned()) };
    let all: Vec<Predefined> = lists::defined(tx.db().await?).await?;
    let chosen = all.into_iter().find(|predefined| predefined.key.eq_ignore_ascii_case(key));
    Ok(chosen.map_or_else(|| typed.to_owned(), |chosen| chosen.text))
}

/// The question above the predefined messages: a key that none of them has is named, with the nearest there
/// is.
fn which_message(key: &str, keys: &[String]) -> String {
    if key.is_empty() {
        return "Which message?".to_owned();
    }
    let distance = |known: &&String| strsim::damerau_levenshtein(known, &key.to_lowercase());
    // Long nonsense is compared with nothing.
    let nearest = keys.iter().filter(|_| key.len() <= 64).min_by_key(distance);
    let key = sanitize::cut(key, 40);
    match nearest.filter(|nearest| distance(nearest) <= 2) {
        Some(nearest) => format!("There is no message #{key}; did you mean #{nearest}? There is"),
        None => format!("There is no message #{key}. There is"),
    }
}

/// `!end [id]`.
fn end<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let Some(talk) = subject::talk(tx, call).await? else {
            return call.usage(tx, Problem::NotInTalk).await;
        };
        let event = Event::Ended { by: call.agent.who.id.clone() };
        happen(tx, call, &talk, event).await
    }
    .boxed()
}

/// `!done` in a talk closes it for the agent who typed it.
pub(super) async fn close(tx: &mut Tx<'_>, call: &Call<'_>, talk: &Talk) -> Result<()> {
    let event = Event::Closed { by: call.agent.who.id.clone(), left: false };
    happen(tx, call, talk, event).await
}

async fn happen(tx: &mut Tx<'_>, call: &Call<'_>, talk: &Talk, event: Event) -> Result<()> {
    match happen_to_talk(tx, talk, event).await? {
        Ok(()) => Ok(()),
        Err(refused) => call.answer(tx, Says::Refused { why: refused.into() }.about(&talk.id)).await,
    }
}

/// `!ims [words or id]`.
fn ims<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let me = &call.agent.who.id;
        let typed = line::value(call.arguments);
        if let Some(id) = interaction_id(typed) {
            let named = talks::by_id(tx.db().await?, &id).await?.filter(|talk| talk.party(me).is_some());
            if let Some(talk) = named {
                return again(tx, call, &talk).await;
            }
            // A word may look like an id; nobody types a whole id as a word.
            if line::is_id(typed) {
                return call.answer(tx, not_kept(&id)).await;
            }
        }
        let (title, found) = if call.arguments.is_empty() {
            ("Your IMs and consults", talks::of(tx.db().await?, me, SHOWN).await?)
        } else {
            let mut found = Vec::new();
            for id in search::talks(tx.db().await?, me, call.arguments, SHOWN).await? {
                found.extend(talks::by_id(tx.db().await?, &id).await?);
            }
            ("Your IMs and consults with these words", found)
        };
        let now = tx.now;
        let rows = found.into_iter().map(|talk| {
            let kind = talk.kind().word();
            let state = talk.state().replace('_', " ");
            let about = talk.about.as_ref().map(|contact| format!(" · about {}", contact.name));
            ListRow {
                title: talk.other(me).name.clone(),
                detail: format!("{kind} {} · {state}{}", talk.id, about.unwrap_or_default()),
                secs: Some(now.since(talk.created_at).as_secs()),
                room: talk.room.clone().filter(|_| talk.inside.contains(me)),
                key: talk.id.as_str().to_owned(),
            }
        });
        targets::show(tx, call, title, rows.collect(), "ims {}".to_owned()).await
    }
    .boxed()
}

/// Takes a talk up again, in the same room, as a new one.
async fn again(tx: &mut Tx<'_>, call: &Call<'_>, talk: &Talk) -> Result<()> {
    let newest = talks::in_room(tx.db().await?, &talk.first_talk).await?.unwrap_or_else(|| talk.clone());
    if newest.is_open() {
        return call.answer(tx, Says::Refused { why: Refusal::TalkOpen }.about(&newest.id)).await;
    }
    let Some(colleague) = agents::by_id(tx.db().await?, &talk.other(&call.agent.who.id).id).await? else {
        let what = Missing::Colleague { who: talk.other(&call.agent.who.id).name.clone() };
        return call.answer(tx, Says::no_such(what, "team").plainly()).await;
    };
    if let Some(why) = obstacle(tx, call, &colleague).await? {
        return call.answer(tx, Says::ImUnavailable { who: colleague.who.name, why }.plainly()).await;
    }
    let is_kept = newest.room.is_some() && tx.now.since(newest.updated_at) < ROOM_KEPT;
    start(tx, call, colleague, talk.about.clone(), String::new(), Some(newest).filter(|_| is_kept)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_no_message_has_is_named_with_the_nearest() {
        let keys = ["question", "busy"].map(str::to_owned);
        for (typed, said) in [
            ("", "Which message?"),
            ("questoin", "There is no message #questoin; did you mean #question? There is"),
            ("lunch", "There is no message #lunch. There is"),
        ] {
            assert_eq!(which_message(typed, &keys), said);
        }
        assert!(which_message(&"x".repeat(10_000), &keys).len() < 100);
    }
}
