//! Commands about the agent: ready or not, signing off, their conversations, My Messages.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::{Call, Command, Who, admin, case, help, line, targets};
use crate::acts::channels::lines as channel_lines;
use crate::acts::ids::interaction_id;
use crate::acts::readiness;
use crate::commit::Tx;
use crate::domain::agent::{Agent, Channels, WorkChannel};
use crate::domain::interaction::Phase;
use crate::domain::not_ready::Reason;
use crate::domain::notice::{ListRow, MissedItem, Missing, Problem, Says};
use crate::domain::text::sanitize;
use crate::store::lists::Rows;
use crate::store::{Result, calls, interactions, lists, messages, talks};

/// The commands of this family.
pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "ready",
        aliases: &[],
        arguments: "[channel]",
        does: "be ready for conversations and IMs; with a channel for one alone: sms for conversations, im for IMs",
        who: Who::Everyone,
        changes: true,
        run: ready,
    },
    Command {
        name: "notready",
        aliases: &[],
        arguments: "[reason]",
        does: "take no new conversations; for one of the desk's reasons, by its code, label or number, or in your own words. Who writes you an IM still reaches you, and reads it",
        who: Who::Everyone,
        changes: true,
        run: not_ready,
    },
    Command {
        name: "status",
        aliases: &[],
        arguments: "[all]",
        does: "show your state, queues and channels; admins see the whole desk",
        who: Who::Everyone,
        changes: false,
        run: status,
    },
    Command {
        name: "mine",
        aliases: &["my"],
        arguments: "[id]",
        does: "list what you have open; conversations, IMs, consults, and the call you are in. With an id show that one",
        who: Who::Everyone,
        changes: false,
        run: mine,
    },
    Command {
        name: "messages",
        aliases: &[],
        arguments: "[clear]",
        does: "list what you missed; offers, failed transfers, lost conversations, channels that were down. With clear, empty the list",
        who: Who::Everyone,
        changes: false,
        run: my_messages,
    },
    Command {
        name: "help",
        aliases: &["?"],
        arguments: "[number or command]",
        does: "show what you can type; with a number those of a group, with a name that one",
        who: Who::Everyone,
        changes: false,
        run: help::help,
    },
];

/// How many of My Messages are shown.
const SHOWN: i64 = 40;
/// The longest reason kept, in characters.
const REASON_CHARS: usize = 100;

/// `!ready [channel]`.
fn ready<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let typed = line::value(call.arguments);
        let words = WorkChannel::ALL.map(WorkChannel::word);
        let word = line::choose(typed, &words);
        if word.is_none() && !typed.is_empty() {
            return call.usage(tx, Problem::unknown(typed, &words)).await;
        }
        let mut channels = call.agent.channels.clone();
        for channel in
            WorkChannel::ALL.into_iter().filter(|channel| word.is_none_or(|word| channel.word() == word))
        {
            channels.turn_ready(channel, tx.now);
        }
        let agent = readiness::set(tx, call.agent, channels, None).await?;
        readiness::look_for_work(tx, &agent).await?;
        answer_status(tx, call, &agent).await
    }
    .boxed()
}

/// `!notready [reason]`.
fn not_ready<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let Some(chosen) = reason(tx, call, call.arguments).await? else { return Ok(()) };
        let channels = Channels::not_ready(&chosen.words);
        let agent = readiness::set(tx, call.agent, channels, chosen.reason.as_ref()).await?;
        answer_status(tx, call, &agent).await?;
        if chosen.words.is_empty() { ask_why(tx, call).await } else { Ok(()) }
    }
    .boxed()
}

/// Why an agent is not ready.
pub(super) struct Chosen {
    /// What people read; empty for nothing.
    pub(super) words: String,
    /// The reason of the desk's, if it is one of these.
    pub(super) reason: Option<Reason>,
}

/// Reads why an agent is not ready: one of the desk's reasons by its code, its label or its number, or words
/// of their own. Says so if there is no reason of this number.
pub(super) async fn reason(tx: &mut Tx<'_>, call: &Call<'_>, typed: &str) -> Result<Option<Chosen>> {
    let typed = line::value(typed);
    let mut defined: Vec<Reason> = lists::defined(tx.db().await?).await?;
    let place = match line::row_number(typed) {
        Some(number) if number <= defined.len() => Some(number - 1),
        Some(_) if !defined.is_empty() => {
            let codes: Vec<&str> = defined.iter().map(|reason| reason.code.as_str()).collect();
            call.usage(tx, Problem::unknown(typed, &codes)).await?;
            return Ok(None);
        }
        Some(_) | None => defined.iter().position(|reason| reason.is_called(typed)),
    };
    Ok(Some(match place {
        Some(place) => {
            let reason = defined.swap_remove(place);
            Chosen { words: reason.label.clone(), reason: Some(reason) }
        }
        None => Chosen { words: sanitize::short_line(typed, REASON_CHARS), reason: None },
    }))
}

/// Lists the desk's reasons, to pick one.
async fn ask_why(tx: &mut Tx<'_>, call: &Call<'_>) -> Result<()> {
    let defined: Vec<Reason> = lists::defined(tx.db().await?).await?;
    if defined.is_empty() {
        return Ok(());
    }
    let rows = defined.into_iter().map(|reason| ListRow {
        title: reason.label,
        detail: reason.code.clone(),
        secs: reason.max_secs,
        room: None,
        key: reason.code,
    });
    targets::choose(tx, call, "Why? Pick one", rows.collect(), "notready {}".to_owned()).await
}

/// `!status`.
fn status<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let word = line::value(call.arguments);
        if word.is_empty() {
            return answer_status(tx, call, call.agent).await;
        }
        if line::choose(word, &["all"]).is_none() {
            return call.usage(tx, Problem::unknown(word, &["all"])).await;
        }
        if call.allows(tx, Who::Admins).await? { admin::status_of_all(tx, call).await } else { Ok(()) }
    }
    .boxed()
}

pub(super) async fn answer_status(tx: &mut Tx<'_>, call: &Call<'_>, agent: &Agent) -> Result<()> {
    let mut waiting = 0;
    for queue in &agent.queues {
        waiting += interactions::waiting_count(tx.db().await?, queue).await?;
    }
    let open = interactions::owned_by(tx.db().await?, &agent.who.id).await?.len();
    let sms = agent.channels.of(WorkChannel::Sms);
    let says = Says::Status {
        agent: agent.who.name.clone(),
        ready: sms.is_ready(),
        reason: sms.obstacle().unwrap_or_default().to_owned(),
        readiness: agent.channels.clone(),
        open: u32::try_from(open).unwrap_or(u32::MAX),
        capacity: agent.capacity_for(WorkChannel::Sms),
        queues: agent.queues.clone(),
        waiting,
        channels: channel_lines(tx).await?,
    };
    call.answer(tx, says.plainly()).await
}

/// `!mine`.
fn mine<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let now = tx.now;
        let me = &call.agent.who.id;
        let open = interactions::owned_by(tx.db().await?, me).await?;
        let mut talks = talks::not_done(tx.db().await?, me).await?;
        talks.retain(|talk| talk.inside.contains(me));
        let on_phone = calls::of_agent(tx.db().await?, me).await?.into_iter().filter_map(|of| {
            Some(ListRow {
                detail: format!("call {} · {}", of.id, of.call.as_ref()?.word()),
                title: of.contact.name,
                secs: Some(now.since(of.created_at).as_secs()),
                key: of.id.as_str().to_owned(),
                room: None,
            })
        });
        let talks = talks.into_iter().map(|talk| ListRow {
            title: talk.other(me).name.clone(),
            detail: format!("{} {} · {}", talk.kind().word(), talk.id, talk.state().replace('_', " ")),
            secs: Some(now.since(talk.created_at).as_secs()),
            key: talk.id.as_str().to_owned(),
            room: talk.room,
        });
        let mut others = on_phone.chain(talks);
        if !call.arguments.is_empty() {
            let typed = targets::key(tx, call, line::value(call.arguments)).await?;
            let id = interaction_id(&typed);
            if let Some(interaction) = open.iter().find(|mine| Some(&mine.id) == id.as_ref()) {
                return case::show(tx, call, interaction).await;
            }
            let is_meant = |row: &ListRow| id.as_ref().is_some_and(|id| row.key == id.as_str());
            if let Some(row) = others.find(is_meant) {
                return targets::show(tx, call, "Among yours", vec![row], "mine {}".to_owned()).await;
            }
            return not_mine(tx, call, &typed).await;
        }
        let rows = open.into_iter().map(|interaction| ListRow {
            title: interaction.contact.name.clone(),
            detail: format!("{} · {}", interaction.id, interaction.state().replace('_', " ")),
            secs: Some(now.since(interaction.created_at).as_secs()),
            room: interaction.room.clone(),
            key: interaction.id.as_str().to_owned(),
        });
        let rows = rows.chain(others).collect();
        targets::show(tx, call, "Your open conversations", rows, "mine {}".to_owned()).await
    }
    .boxed()
}

/// Says where a conversation is that the agent does not own, such as one in a row of My Messages.
async fn not_mine(tx: &mut Tx<'_>, call: &Call<'_>, typed: &str) -> Result<()> {
    let found = match interaction_id(typed) {
        Some(id) => interactions::by_id(tx.db().await?, &id).await?,
        None => None,
    };
    let Some(found) = found else { return targets::no_interaction(tx, call, typed).await };
    let what = Missing::NotYours {
        id: found.id.clone(),
        owner: found.owner().map(|owner| owner.name.clone()),
        queue: Some(found.queue.clone()).filter(|_| !matches!(found.phase, Phase::Done { .. })),
    };
    call.answer(tx, Says::no_such(what, "mine").about(&found.id)).await
}

/// `!messages`, `!messages clear`.
fn my_messages<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let me = &call.agent.who.id;
        let word = line::value(call.arguments);
        if !word.is_empty() {
            if line::choose(word, &["clear"]).is_none() {
                return call.usage(tx, Problem::unknown(word, &["clear"])).await;
            }
            messages::clear(tx.db().await?, me).await?;
        }
        let now = tx.now;
        let kept = messages::of(tx.db().await?, me, SHOWN).await?;
        // It may be theirs again.
        let open = interactions::owned_by(tx.db().await?, me).await?;
        let room_of =
            |id: &str| open.iter().find(|one| one.id.as_str() == id).and_then(|one| one.room.clone());
        let items: Vec<_> = kept
            .into_iter()
            .map(|message| MissedItem {
                missed: message.missed,
                room: room_of(&message.interaction),
                interaction: message.interaction,
                secs: now.since(message.at).as_secs(),
            })
            .collect();
        let keys = items.iter().map(|item| item.interaction.clone()).collect();
        let rows = Rows { run: "mine {}".to_owned(), keys };
        call.answer_list(tx, Says::Messages { items }.plainly(), &rows).await
    }
    .boxed()
}
