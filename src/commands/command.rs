//! What a command is, who may run it, and what it is run with.

use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::BoxFuture;
use ruma::{EventId, OwnedEventId};

use super::line;
use crate::commit::{ListKind, Tx};
use crate::domain::agent::{Agent, Permission, Role};
use crate::domain::conversation::Ref;
use crate::domain::effect::{self, Notify, Place};
use crate::domain::find::begins_with_name;
use crate::domain::ids::{AgentId, InteractionId};
use crate::domain::input::{RoomAct, RoomEvent};
use crate::domain::interaction::Interaction;
use crate::domain::notice::{Needs, Notice, Problem, Says};
use crate::domain::reply::Reply;
use crate::domain::talk::Talk;
use crate::store::lists::{self, Rows, Shown};
use crate::store::{Result, agents, replies, shown_in};

/// What runs a command.
pub(super) type Run = for<'a, 'b> fn(&'a mut Tx<'b>, &'a Call<'a>) -> BoxFuture<'a, Result<()>>;

/// A command agents can type.
pub(crate) struct Command {
    /// Its name, without the prefix.
    pub(crate) name: &'static str,
    /// Shorter names.
    pub(crate) aliases: &'static [&'static str],
    /// Its arguments: `<must>`, `[may]`.
    pub(crate) arguments: &'static str,
    /// What it does, for `!help`, in a few words. What follows a semicolon is shown only where `!help` is
    /// about this one command.
    pub(crate) does: &'static str,
    /// Who may run it.
    pub(crate) who: Who,
    /// Whether it changes something, so that the typed line goes into the audit log.
    pub(crate) changes: bool,
    /// What runs it.
    pub(super) run: Run,
}

/// Who may run a command. Only agents of the desk get this far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    /// Every agent.
    Everyone,
    /// Whoever has the permission.
    With(Permission),
    /// Supervisors, and admins.
    Supervisors,
    /// Admins.
    Admins,
}

impl Who {
    /// What makes one of them; nothing where everyone is.
    fn needed(self) -> Option<Needs> {
        match self {
            Self::Everyone => None,
            Self::With(permission) => Some(Needs::Permission { permission }),
            Self::Supervisors => Some(Needs::Role { role: Role::Supervisor }),
            Self::Admins => Some(Needs::Role { role: Role::Admin }),
        }
    }

    /// Whether an agent is among them.
    pub(super) fn includes(self, agent: &Agent) -> bool {
        match self {
            Self::Everyone => true,
            Self::With(permission) => agent.may(permission),
            Self::Supervisors => agent.supervises(),
            Self::Admins => agent.is(Role::Admin),
        }
    }
}

/// Commands that belong together, as `!help` shows them.
pub(crate) struct Group {
    /// What they are for, in few words.
    pub(crate) title: &'static str,
    /// Their families.
    pub(super) families: &'static [&'static [Command]],
}

impl Group {
    /// Its commands.
    pub(crate) fn commands(&self) -> impl Iterator<Item = &'static Command> + use<> {
        self.families.iter().copied().flatten()
    }
}

/// Where and how something was said.
pub(crate) struct Said<'a> {
    /// The event.
    pub(crate) event: &'a RoomEvent,
    /// The room.
    pub(crate) place: Place,
    /// The conversation of that room, or of the one it was typed in; none in a console.
    pub(crate) conversation: Option<Ref<'a>>,
    /// What it replies to.
    pub(crate) reply_to: Option<&'a OwnedEventId>,
    /// The users it names by pills: Matrix id, and the name shown.
    pub(crate) pills: &'a [(String, String)],
}

impl<'a> Said<'a> {
    /// Something that was done in a room of a conversation, or in a console, and replies to nothing.
    pub(crate) fn done(event: &'a RoomEvent, place: Place, conversation: Option<Ref<'a>>) -> Self {
        Self { event, place, conversation, reply_to: None, pills: &[] }
    }

    /// The session of the room.
    pub(crate) fn session(&self) -> Option<&'a Interaction> {
        self.conversation.and_then(Ref::session)
    }

    /// The talk of the room.
    pub(super) fn talk(&self) -> Option<&'a Talk> {
        self.conversation.and_then(Ref::talk)
    }

    /// The conversation of the room, by its id.
    pub(super) fn subject(&self) -> Option<&'a InteractionId> {
        self.conversation.map(Ref::id)
    }

    /// Whether an agent owns the conversation of the room.
    pub(super) fn is_owned_by(&self, agent: &AgentId) -> bool {
        self.session().is_some_and(|session| session.is_owned_by(agent))
    }
}

/// A command being run.
pub(crate) struct Call<'a> {
    /// The command.
    pub(super) command: &'static Command,
    /// The agent who typed it.
    pub(super) agent: &'a Agent,
    /// Where and how.
    pub(super) said: &'a Said<'a>,
    /// What stands behind its name.
    pub(super) arguments: &'a str,
    /// All commands there are, in their groups.
    pub(super) groups: &'static [Group],
    /// Whether it was answered that nothing is done.
    pub(super) refused: AtomicBool,
}

/// For what a change holds.
#[derive(Clone, Copy, Default)]
pub(super) struct Holds {
    /// Whether the config says something else, which holds again from the next start on.
    pub(super) until_start: bool,
    /// Whether it holds only for conversations that begin from now on.
    pub(super) only_new: bool,
}

impl Call<'_> {
    /// Answers in the room the command was typed in, as a reply to it.
    pub(super) async fn answer(&self, tx: &mut Tx<'_>, notice: Notice) -> Result<()> {
        self.answer_as(tx, notice, None).await
    }

    /// The same with what an answer to it means.
    pub(super) async fn answer_as(
        &self,
        tx: &mut Tx<'_>,
        notice: Notice,
        role: Option<effect::Role>,
    ) -> Result<()> {
        self.shows(tx, &notice, &[]).await?;
        if notice.says.is_refusal() {
            self.refused.store(true, Ordering::Relaxed);
        }
        let reply_to = Some(self.said.event.event_id.clone());
        tx.emit(Notify { to: self.said.place.clone(), notice, reply_to, role }).await
    }

    /// Marks the command as done, where what comes of it shows elsewhere. A tap was seen as it was made.
    pub(super) async fn tick(&self, tx: &mut Tx<'_>) -> Result<()> {
        if matches!(self.said.event.what, RoomAct::Message { .. }) {
            tx.tick(&self.said.place, &self.said.event.event_id).await?;
        }
        Ok(())
    }

    /// Answers with a numbered list, and keeps what its numbers stand for.
    pub(super) async fn answer_list(&self, tx: &mut Tx<'_>, notice: Notice, rows: &Rows) -> Result<()> {
        self.list(tx, notice, (rows, ListKind::Long)).await
    }

    /// The same with a short list, under which the numbers stand, so that picking one is one tap.
    pub(super) async fn answer_choice(&self, tx: &mut Tx<'_>, notice: Notice, rows: &Rows) -> Result<()> {
        self.list(tx, notice, (rows, ListKind::Short)).await
    }

    /// Asks whether something is to be done, which a number or a yes then does.
    pub(super) async fn ask(&self, tx: &mut Tx<'_>, notice: Notice, rows: &Rows) -> Result<()> {
        self.list(tx, notice, (rows, ListKind::Question)).await
    }

    async fn list(&self, tx: &mut Tx<'_>, notice: Notice, rows: (&Rows, ListKind)) -> Result<()> {
        self.shows(tx, &notice, &rows.0.keys).await?;
        let to = (&self.said.place, &self.agent.who.id);
        tx.say_list(to, notice, Some(self.said.event.event_id.clone()), rows).await
    }

    /// Keeps whom an answer shows in the room of a conversation, which may be with somebody else: whoever
    /// erases them later finds the room by that. Consoles are searched anyway.
    async fn shows(&self, tx: &mut Tx<'_>, notice: &Notice, keys: &[String]) -> Result<()> {
        match self.said.place {
            Place::Console(_) => return Ok(()),
            Place::Session(_) | Place::Talk(_) => {}
        }
        let mut shown = serde_json::to_string(notice).unwrap_or_default();
        for key in keys {
            shown.push(' ');
            shown.push_str(key);
        }
        shown_in::add(tx.db().await?, &self.said.event.room_id, &shown).await
    }

    /// Splits a line into the name it begins with and the rest: a pill, as the user it stands for, an agent's
    /// whole name, or a word.
    pub(super) async fn person<'b>(&'b self, tx: &mut Tx<'_>, line: &'b str) -> Result<(&'b str, &'b str)> {
        if let Some(found) = self.said.pills.iter().find_map(|(user, name)| line::pill(line, user, name)) {
            return Ok(found);
        }
        let everyone = agents::all(tx.db().await?).await?;
        let names = everyone.iter().map(|agent| agent.who.name.as_str());
        Ok(begins_with_name(line, names).unwrap_or_else(|| line::first_word(line)))
    }

    /// The text to a contact that an agent began by the command of an event in this place.
    pub(super) async fn begun_in(&self, tx: &mut Tx<'_>, event: &EventId) -> Result<Option<Reply>> {
        let typed = replies::typed_in(tx.db().await?, event).await?;
        Ok(typed.into_iter().find(|reply| reply.said_in.as_ref() == Some(&self.said.place)))
    }

    /// A notice about the conversation of the room.
    pub(super) fn about(&self, says: Says) -> Notice {
        about(self.said, says)
    }

    /// Whether the agent may do a restricted part of the command; tells them if not.
    pub(super) async fn allows(&self, tx: &mut Tx<'_>, who: Who) -> Result<bool> {
        let allowed = who.includes(self.agent);
        if !allowed {
            self.answer(tx, self.command.refusal(who).plainly()).await?;
        }
        Ok(allowed)
    }

    /// Writes what the agent changed into the audit log, where the typed line does not say it all.
    pub(super) async fn changed(&self, tx: &mut Tx<'_>, detail: &str) -> Result<()> {
        tx.audit(self.agent, self.command.name, self.said.session().map(|of| &of.id), detail).await
    }

    /// Says what an admin changed, and keeps what it was before in the audit log.
    pub(super) async fn confirm(&self, tx: &mut Tx<'_>, what: &str, before: &str, after: &str) -> Result<()> {
        self.confirm_as((tx, Holds::default()), what, before, after).await
    }

    /// The same, where it may not hold for all or for good.
    pub(super) async fn confirm_as(
        &self,
        (tx, Holds { until_start, only_new }): (&mut Tx<'_>, Holds),
        what: &str,
        before: &str,
        after: &str,
    ) -> Result<()> {
        // The command stands in the log beside it.
        let named =
            what.strip_prefix(self.command.name).and_then(|rest| rest.strip_prefix(' ')).unwrap_or(what);
        self.changed(tx, &format!("{named}: {before} → {after}")).await?;
        let (what, before, after) = (what.to_owned(), before.to_owned(), after.to_owned());
        let says = Says::Changed { what, before, after, in_config: until_start, only_new };
        self.answer(tx, says.plainly()).await
    }

    /// Answers with what was wrong with the command, and its usage.
    pub(super) async fn usage(&self, tx: &mut Tx<'_>, problem: Problem) -> Result<()> {
        let usage = self.command.usage_as(self.arguments);
        self.answer(tx, Says::Usage { usage, problem }.plainly()).await
    }

    /// Answers that a value cannot be set, in the words of the check that also reads the config.
    pub(super) async fn bad_value(&self, tx: &mut Tx<'_>, error: &str) -> Result<()> {
        self.usage(tx, Problem::BadValue { error: error.to_owned() }).await
    }
}

impl Command {
    /// What someone is told who may not run it, or a part of it that only these may.
    pub(super) fn refusal(&self, who: Who) -> Says {
        Says::NotAllowed { command: Some(self.name.to_owned()), needs: who.needed() }
    }

    /// The command with its arguments.
    pub(super) fn usage(&self) -> String {
        format!("{} {}", self.name, self.arguments).trim_end().to_owned()
    }

    /// The command with the arguments of the one of its forms that was tried, like `set <field> <value>`, or
    /// else with all of them.
    pub(super) fn usage_as(&self, typed: &str) -> String {
        let (verb, _) = line::first_word(typed);
        let mut forms = forms(self.arguments).into_iter();
        match forms.find(|form| !verb.is_empty() && line::first_word(form).0.eq_ignore_ascii_case(verb)) {
            Some(form) => format!("{} {form}", self.name),
            None => self.usage(),
        }
    }

    /// The part of `does` that fits a line on a phone.
    pub(super) fn in_short(&self) -> &'static str {
        self.does.split_once(';').map_or(self.does, |(short, _)| short)
    }

    /// Whether it goes by this name.
    pub(super) fn is_called(&self, name: &str) -> bool {
        self.name == name || self.aliases.contains(&name)
    }
}

/// The forms that arguments may have, of which brackets may stand around all.
fn forms(arguments: &str) -> Vec<&str> {
    let depths = arguments.bytes().scan(0_usize, |depth, byte| {
        let before = *depth;
        match byte {
            b'[' | b'<' => *depth += 1,
            b']' | b'>' => *depth = depth.saturating_sub(1),
            _ => {}
        }
        Some(before)
    });
    let depths: Vec<usize> = depths.collect();
    let is_inside = |depths: &[usize]| depths.iter().skip(1).all(|depth| *depth > 0);
    if arguments.starts_with('[') && arguments.ends_with(']') && is_inside(&depths) {
        return forms(&arguments[1..arguments.len() - 1]);
    }
    let mut between: Vec<(usize, &str)> = vec![];
    for word in [" | ", " or "] {
        between.extend(arguments.match_indices(word).filter(|(at, _)| depths[*at] == 0));
    }
    between.sort_unstable();
    let (mut all, mut begin) = (vec![], 0);
    for (at, word) in between {
        all.push(arguments[begin..at].trim());
        begin = at + word.len();
    }
    all.push(arguments[begin..].trim());
    all
}

/// All commands of some groups.
pub(super) fn all(groups: &'static [Group]) -> impl Iterator<Item = &'static Command> {
    groups.iter().flat_map(Group::commands)
}

/// The command of a name, in any case.
pub(super) fn find(groups: &'static [Group], name: &str) -> Option<&'static Command> {
    let name = name.to_lowercase();
    all(groups).find(|command| command.is_called(&name))
}

/// The command someone may have meant.
pub(super) fn nearest(groups: &'static [Group], name: &str) -> Option<&'static Command> {
    let name = name.to_lowercase();
    let distance = |command: &&Command| strsim::damerau_levenshtein(command.name, &name);
    all(groups).min_by_key(distance).filter(|command| distance(command) <= 2)
}

/// The list that an agent was shown last in the room.
pub(super) async fn shown(tx: &mut Tx<'_>, agent: &Agent, said: &Said<'_>) -> Result<Option<Shown>> {
    let me = &agent.who.id;
    lists::shown(tx.db().await?, &said.place, (me, said.is_owned_by(me))).await
}

/// The event that a word stands for: its id, or a number in the list that `row` runs, if the agent was shown
/// that last, else in the order of `all`.
pub(super) async fn event_meant<'a>(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    word: &str,
    (row, mut all): (&str, impl Iterator<Item = &'a OwnedEventId>),
) -> Result<Option<OwnedEventId>> {
    let Some(number) = line::row_number(word) else { return Ok(EventId::parse(word).ok()) };
    let listed = shown(tx, call.agent, call.said).await?.filter(|shown| shown.rows.run == row);
    Ok(match listed {
        Some(listed) => listed.rows.keys.get(number - 1).and_then(|key| EventId::parse(key).ok()),
        None => all.nth(number - 1).cloned(),
    })
}

/// A notice about the conversation of the room.
pub(super) fn about(said: &Said<'_>, says: Says) -> Notice {
    match said.subject() {
        Some(subject) => says.about(subject),
        None => says.plainly(),
    }
}
