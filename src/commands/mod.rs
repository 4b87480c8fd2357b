//! What agents type: a command is one value, with its names, usage, rights and the function that runs it.
//!
//! Each family has a file with the list of its commands. A new command is a value in the list of its family and a
//! function beside it; a new family is a file, and an entry in [`GROUPS`]. Who may run a command is checked here, and
//! nowhere else; so are the numbers that stand for a row of the list someone was shown last in a room.

mod admin;
mod case;
mod define;
mod fields;
mod handover;
mod help;
mod life;
mod line;
mod offers;
mod presence;
mod report;
mod resend;
mod setting;
mod supervise;
mod talk;
mod targets;
mod team;
mod voice;
mod work;

pub(crate) use case::past_line;
pub(crate) use line::{keycap, keycaps, row_number};

use futures_util::future::BoxFuture;
use ruma::OwnedEventId;

use crate::desk::Tx;
use crate::domain::agent::{Agent, Permission, Role};
use crate::domain::effect::Place;
use crate::domain::ids::{AgentId, InteractionId};
use crate::domain::input::RoomEvent;
use crate::domain::interaction::Interaction;
use crate::domain::notice::{Notice, Says};
use crate::domain::talk::Talk;
use crate::store::lists::Rows;
use crate::store::{Result, agents, lists};

/// What runs a command.
type Run = for<'a, 'b> fn(&'a mut Tx<'b>, &'a Call<'a>) -> BoxFuture<'a, Result<()>>;

/// A command agents can type.
pub(crate) struct Command {
    /// Its name, without the prefix.
    pub(crate) name: &'static str,
    /// Shorter names.
    pub(crate) aliases: &'static [&'static str],
    /// Its arguments: `<must>`, `[may]`.
    pub(crate) arguments: &'static str,
    /// What it does, for `!help`: in few words, and behind a semicolon what is only told of this command alone.
    pub(crate) does: &'static str,
    /// Who may run it.
    pub(crate) who: Who,
    /// Whether it changes something, and what was typed stands in the audit log.
    pub(crate) changes: bool,
    /// What runs it.
    run: Run,
}

/// Who may run a command. Nobody who is not an agent of the desk gets this far.
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
    /// Whether an agent is among them.
    fn includes(self, agent: &Agent) -> bool {
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
    families: &'static [&'static [Command]],
}

/// All groups, in the order `!help` numbers them: those that not everyone has stand last, so that a number means the same to
/// all.
pub(crate) const GROUPS: &[Group] = &[
    Group { title: "You and your day", families: &[presence::COMMANDS] },
    Group {
        title: "Taking, pausing and closing a conversation",
        families: &[offers::COMMANDS, work::CLOSING, life::COMMANDS],
    },
    Group { title: "Messages to the customer", families: &[work::COMMANDS] },
    Group { title: "The customer and the case", families: &[case::COMMANDS] },
    Group {
        title: "Colleagues: handing over, asking, talking",
        families: &[handover::COMMANDS, talk::COMMANDS, team::COMMANDS, voice::COMMANDS],
    },
    Group { title: "Supervising", families: &[supervise::COMMANDS, report::COMMANDS] },
    Group { title: "Running the desk", families: &[define::COMMANDS, setting::COMMANDS, admin::COMMANDS] },
];

impl Group {
    /// Its commands.
    pub(crate) fn commands(&self) -> impl Iterator<Item = &'static Command> + use<> {
        self.families.iter().copied().flatten()
    }
}

/// All commands.
pub(crate) fn all() -> impl Iterator<Item = &'static Command> {
    GROUPS.iter().flat_map(Group::commands)
}

/// Where and how something was said.
pub(crate) struct Said<'a> {
    /// The event.
    pub(crate) event: &'a RoomEvent,
    /// The room.
    pub(crate) place: Place,
    /// The interaction of that room.
    pub(crate) interaction: Option<&'a Interaction>,
    /// The talk of that room.
    pub(crate) talk: Option<&'a Talk>,
    /// What it replies to.
    pub(crate) reply_to: Option<&'a OwnedEventId>,
    /// The users it names by pills: Matrix id, and the name shown.
    pub(crate) pills: &'a [(String, String)],
}

impl Said<'_> {
    /// The interaction or talk of the room.
    fn subject(&self) -> Option<&InteractionId> {
        self.interaction.map(|of| &of.id).or(self.talk.map(|of| &of.id))
    }

    /// Whether an agent owns the conversation of the room.
    fn is_owned_by(&self, agent: &AgentId) -> bool {
        self.interaction.and_then(Interaction::owner).is_some_and(|owner| owner.id == *agent)
    }
}

/// A command being run.
pub(crate) struct Call<'a> {
    /// The command.
    command: &'static Command,
    /// Who typed it.
    agent: &'a Agent,
    /// Where and how.
    said: &'a Said<'a>,
    /// What stands behind its name.
    arguments: &'a str,
}

impl Call<'_> {
    /// Answers in the room the command was typed in, as a reply to it.
    async fn answer(&self, tx: &mut Tx<'_>, notice: Notice) -> Result<()> {
        tx.say(&self.said.place, notice, Some(self.said.event.event_id.clone())).await
    }

    /// Answers with a numbered list, and keeps what its numbers stand for.
    async fn answer_list(&self, tx: &mut Tx<'_>, notice: Notice, rows: &Rows) -> Result<()> {
        let to = (&self.said.place, &self.agent.who.id);
        tx.say_list(to, notice, Some(self.said.event.event_id.clone()), rows).await
    }

    /// The word that names someone at the beginning of a line, and what stands behind it: a pill as the user it stands for,
    /// for names hold blanks.
    fn person<'b>(&'b self, line: &'b str) -> (&'b str, &'b str) {
        self.said
            .pills
            .iter()
            .find_map(|(user, name)| line::pill(line, user, name))
            .unwrap_or_else(|| line::first_word(line))
    }

    /// Something to say about what the room is about.
    fn about(&self, says: Says) -> Notice {
        about(self.said, says)
    }

    /// Whether the agent is among those who may do a part of the command that not everyone may; tells them if not.
    async fn allows(&self, tx: &mut Tx<'_>, who: Who) -> Result<bool> {
        let allowed = who.includes(self.agent);
        if !allowed {
            self.answer(tx, Says::NotAllowed.plainly()).await?;
        }
        Ok(allowed)
    }

    /// Writes what the agent changed into the audit log, where the line they typed does not say it all.
    async fn changed(&self, tx: &mut Tx<'_>, detail: &str) -> Result<()> {
        tx.audit(self.agent, self.command.name, self.said.interaction.map(|of| &of.id), detail).await
    }

    /// Says what an admin changed, and keeps what it was before in the audit log.
    async fn confirm(&self, tx: &mut Tx<'_>, what: &str, before: &str, after: &str) -> Result<()> {
        self.changed(tx, &format!("{what}: {before} → {after}")).await?;
        let (before, after) = (before.to_owned(), after.to_owned());
        self.answer(tx, Says::Changed { what: what.to_owned(), before, after }.plainly()).await
    }

    /// Answers how the command is used.
    async fn usage(&self, tx: &mut Tx<'_>, problem: &str) -> Result<()> {
        let usage = self.command.usage();
        self.answer(tx, Says::Usage { usage, problem: problem.to_owned() }.plainly()).await
    }
}

impl Command {
    /// The command with its arguments.
    fn usage(&self) -> String {
        format!("{} {}", self.name, self.arguments).trim_end().to_owned()
    }

    /// What it does, in the few words that fit a line on a phone.
    fn in_short(&self) -> &'static str {
        self.does.split_once(';').map_or(self.does, |(short, _)| short)
    }

    /// Whether it goes by this name.
    fn is_called(&self, name: &str) -> bool {
        self.name == name || self.aliases.contains(&name)
    }
}

/// The command of a name, in any case.
fn find(name: &str) -> Option<&'static Command> {
    let name = name.to_lowercase();
    all().find(|command| command.is_called(&name))
}

/// The command someone may have meant.
fn nearest(name: &str) -> Option<&'static Command> {
    let name = name.to_lowercase();
    let distance = |command: &&Command| strsim::damerau_levenshtein(command.name, &name);
    all().min_by_key(distance).filter(|command| distance(command) <= 2)
}

/// Runs what an agent typed after the prefix. It never reaches a contact, whatever it is.
pub(crate) async fn run(tx: &mut Tx<'_>, agent: &Agent, said: &Said<'_>, line: &str) -> Result<()> {
    // Commands read whatever they like.
    tx.db().await?;
    let picked = match line::row_number(line) {
        Some(number) => match picked(tx, agent, said, number).await? {
            Some(line) => line,
            None => return Ok(()),
        },
        None => line.trim().to_owned(),
    };
    let (name, arguments) = line::first_word(&picked);
    let answer = match find(name) {
        Some(command) if command.who.includes(agent) => {
            let arguments = arguments.trim();
            let call = Call { command, agent, said, arguments };
            if command.changes {
                tx.audit(agent, command.name, said.subject(), arguments).await?;
            }
            return (command.run)(tx, &call).await;
        }
        Some(_) => Says::NotAllowed,
        None => {
            let nearest = nearest(name).map(|command| command.name.to_owned());
            Says::UnknownCommand { typed: name.to_owned(), nearest }
        }
    };
    tx.say(&said.place, answer.plainly(), Some(said.event.event_id.clone())).await
}

/// What a number under a message of the bot picks from.
pub(crate) enum Numbered {
    /// A list, shown to an agent, or to the owner of the conversation.
    List(String, Option<AgentId>),
    /// Command lines, for whoever picks one.
    Menu(Vec<String>),
}

/// Runs the row that a reaction or reply picks of a list or menu.
pub(crate) async fn pick(
    tx: &mut Tx<'_>,
    agent: &Agent,
    said: &Said<'_>,
    numbered: &Numbered,
    number: usize,
) -> Result<()> {
    match numbered {
        Numbered::List(list, of) => pick_row(tx, agent, said, (list, of.as_ref()), number).await,
        Numbered::Menu(lines) => {
            if let Some(line) = lines.get(number - 1) {
                return run(tx, agent, said, line).await;
            }
            let says = Says::no_such(format!("there is no {number} to pick there"), "");
            tx.say(&said.place, about(said, says), Some(said.event.event_id.clone())).await
        }
    }
}

/// Runs a row of a list, unless it is another's or an older one.
async fn pick_row(
    tx: &mut Tx<'_>,
    agent: &Agent,
    said: &Said<'_>,
    (list, of): (&str, Option<&AgentId>),
    number: usize,
) -> Result<()> {
    let refused = match of {
        None if !said.is_owned_by(&agent.who.id) => Some(Says::NotOwner),
        Some(other) if *other != agent.who.id => {
            let name = agents::by_id(tx.db().await?, other)
                .await?
                .map_or_else(|| other.to_string(), |of| of.who.name);
            Some(Says::no_such(
                format!("{name} asked for that list; type the command for one of your own"),
                "",
            ))
        }
        _ => {
            let newest = shown(tx, agent, said).await?;
            let is_older = newest.is_none_or(|rows| rows.id() != list);
            is_older.then(|| Says::no_such("there is a newer list here; pick from that", ""))
        }
    };
    match refused {
        Some(says) => tx.say(&said.place, about(said, says), Some(said.event.event_id.clone())).await,
        None => run(tx, agent, said, &number.to_string()).await,
    }
}

/// The list that an agent was shown last in the room.
async fn shown(tx: &mut Tx<'_>, agent: &Agent, said: &Said<'_>) -> Result<Option<Rows>> {
    let me = &agent.who.id;
    lists::shown(tx.db().await?, &said.place, (me, said.is_owned_by(me))).await
}

/// The command line that a number alone stands for: a row of the list that the agent was shown last in the room. Says so if
/// there is none.
async fn picked(tx: &mut Tx<'_>, agent: &Agent, said: &Said<'_>, number: usize) -> Result<Option<String>> {
    let rows = shown(tx, agent, said).await?;
    let line = rows.and_then(|rows| {
        let key = line::as_word(rows.keys.get(number - 1)?, |_| false);
        Some(rows.run.replacen("{}", &key, 1))
    });
    if line.is_none() {
        let says = Says::no_such(format!("you asked for no list here with a row {number}"), "");
        tx.say(&said.place, says.plainly(), Some(said.event.event_id.clone())).await?;
    }
    Ok(line)
}

/// Something to say about what the room is about.
fn about(said: &Said<'_>, says: Says) -> Notice {
    match said.subject() {
        Some(subject) => says.about(subject),
        None => says.plainly(),
    }
}

#[cfg(test)]
mod tests;
