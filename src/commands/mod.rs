//! What agents type: a command is one value in [`ALL`], with its name, usage and the function that runs it.
//!
//! A new command is a function in the file of its family and a line in [`ALL`].

mod offers;
mod presence;
mod work;

use futures_util::future::BoxFuture;
use matrix_sdk::ruma::OwnedEventId;

use crate::desk::Tx;
use crate::domain::agent::Agent;
use crate::domain::effect::Place;
use crate::domain::input::RoomEvent;
use crate::domain::interaction::Interaction;
use crate::domain::notice::{Notice, Says};
use crate::store::Result;

/// What runs a command.
type Run = for<'a, 'b> fn(&'a mut Tx<'b>, &'a Call<'a>) -> BoxFuture<'a, Result<()>>;

/// A command agents can type.
pub(crate) struct Command {
    /// Its name, without the prefix.
    pub(crate) name: &'static str,
    /// A shorter name.
    pub(crate) alias: Option<&'static str>,
    /// Its arguments: `<must>`, `[may]`.
    pub(crate) arguments: &'static str,
    /// What it does, for `!help`.
    pub(crate) does: &'static str,
    /// What runs it.
    run: Run,
}

/// All commands, in the order `!help` lists them.
pub(crate) const ALL: &[Command] = &[
    Command {
        name: "ready",
        alias: None,
        arguments: "",
        does: "take new conversations",
        run: presence::ready,
    },
    Command {
        name: "notready",
        alias: None,
        arguments: "[reason]",
        does: "take no new conversations",
        run: presence::not_ready,
    },
    Command {
        name: "status",
        alias: None,
        arguments: "",
        does: "show you and your queues",
        run: presence::status,
    },
    Command {
        name: "mine",
        alias: None,
        arguments: "",
        does: "list your open conversations",
        run: presence::mine,
    },
    Command {
        name: "accept",
        alias: None,
        arguments: "[id]",
        does: "take what is offered",
        run: offers::accept,
    },
    Command {
        name: "reject",
        alias: None,
        arguments: "[id] [reason]",
        does: "leave it to someone else",
        run: offers::reject,
    },
    Command {
        name: "done",
        alias: Some("d"),
        arguments: "",
        does: "finish this conversation",
        run: work::done,
    },
    Command {
        name: "resend",
        alias: None,
        arguments: "",
        does: "send a failed message again, as a reply to it or the last one",
        run: work::resend,
    },
    Command {
        name: "count",
        alias: None,
        arguments: "<text>",
        does: "show encoding and segments",
        run: work::count,
    },
    Command {
        name: "optout",
        alias: None,
        arguments: "",
        does: "send this contact nothing more",
        run: work::opt_out,
    },
    Command {
        name: "optin",
        alias: None,
        arguments: "",
        does: "send to this contact again",
        run: work::opt_in,
    },
    Command {
        name: "help",
        alias: None,
        arguments: "[command]",
        does: "show the commands",
        run: presence::help,
    },
];

/// Where and how something was said.
pub(crate) struct Said<'a> {
    /// The event.
    pub(crate) event: &'a RoomEvent,
    /// The room.
    pub(crate) place: Place,
    /// The interaction of that room.
    pub(crate) interaction: Option<&'a Interaction>,
    /// What it replies to.
    pub(crate) reply_to: Option<&'a OwnedEventId>,
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

    /// Whether it goes by this name.
    fn is_called(&self, name: &str) -> bool {
        self.name == name || self.alias == Some(name)
    }
}

/// The command of a name, in any case.
fn find(name: &str) -> Option<&'static Command> {
    let name = name.to_lowercase();
    ALL.iter().find(|command| command.is_called(&name))
}

/// The command someone may have meant.
fn nearest(name: &str) -> Option<&'static Command> {
    let name = name.to_lowercase();
    let distance = |command: &&Command| strsim::damerau_levenshtein(command.name, &name);
    ALL.iter().min_by_key(distance).filter(|command| distance(command) <= 2)
}

/// Runs what an agent typed after the prefix. It never reaches a contact, whatever it is.
pub(crate) async fn run(tx: &mut Tx<'_>, agent: &Agent, said: &Said<'_>, line: &str) -> Result<()> {
    let line = line.trim();
    let (name, arguments) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let Some(command) = find(name) else {
        let nearest = nearest(name).map(|command| command.name.to_owned());
        let notice = Says::UnknownCommand { typed: name.to_owned(), nearest }.plainly();
        return tx.say(&said.place, notice, Some(said.event.event_id.clone())).await;
    };
    let call = Call { command, agent, said, arguments: arguments.trim() };
    (command.run)(tx, &call).await
}

#[cfg(test)]
mod tests;
