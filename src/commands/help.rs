//! `!help`: the commands that matter most in this room, all commands in numbered groups, or one command.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::command::{find, nearest};
use super::{Call, Command, Group, line};
use crate::commit::Tx;
use crate::domain::agent::Agent;
use crate::domain::conversation::Ref;
use crate::domain::notice::{HelpLine, Missing, Says};
use crate::domain::talk::Kind;
use crate::store::Result;

/// How many commands are shown first: as many as a phone shows without scrolling.
const FIRST: usize = 8;

/// `!help`, `!help <number>`, `!help <command>`.
pub(super) fn help<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let asked = line::value(call.arguments).trim_start_matches(tx.settings.prefix.as_str()).trim();
        let groups: Vec<&Group> =
            call.groups.iter().filter(|group| group.allowed(call.agent).next().is_some()).collect();
        if asked.is_empty() {
            return overview(tx, call, &groups).await;
        }
        let says = match (line::row_number(asked), find(call.groups, asked)) {
            (Some(number), _) => match groups.get(number - 1) {
                Some(group) => Says::Help {
                    title: Some(group.title.to_owned()),
                    commands: group.allowed(call.agent).map(short).collect(),
                    groups: vec![],
                },
                None => Says::no_such(Missing::Group { number }, "help"),
            },
            (None, Some(command)) => {
                Says::Help { title: None, commands: vec![whole(command)], groups: vec![] }
            }
            (None, None) => {
                let nearest = nearest(call.groups, asked).map(|command| command.name.to_owned());
                Says::UnknownCommand { typed: asked.to_owned(), nearest }
            }
        };
        call.answer(tx, says.plainly()).await
    }
    .boxed()
}

/// Answers with the commands that matter here, and with the numbered groups.
async fn overview(tx: &mut Tx<'_>, call: &Call<'_>, groups: &[&Group]) -> Result<()> {
    let (title, names) = first_here(call);
    let first = names
        .iter()
        .filter_map(|name| find(call.groups, name))
        .filter(|command| command.who.includes(call.agent));
    let says = Says::Help {
        title: Some(title.to_owned()),
        commands: first.take(FIRST).map(short).collect(),
        groups: groups.iter().map(|group| group.title.to_owned()).collect(),
    };
    let lines = (1..=groups.len()).map(|number| format!("help {number}")).collect();
    let answered = Some(call.said.event.event_id.clone());
    tx.say_menu(&call.said.place, says.plainly(), answered, lines).await
}

/// The kind of room, and the commands that matter there, most important first. An agent who may not run one
/// is shown the next.
fn first_here(call: &Call<'_>) -> (&'static str, &'static [&'static str]) {
    let me = &call.agent.who.id;
    match call.said.conversation {
        Some(Ref::Session(session)) if session.is_owned_by(me) => (
            "In this conversation, which is yours",
            &[
                "done",
                "transfer",
                "consult",
                "hold",
                "snooze",
                "case",
                "contact",
                "history",
                "note",
                "disposition",
            ],
        ),
        Some(Ref::Session(_)) => (
            "In this conversation, which is not yours",
            &[
                "barge", "whisper", "leave", "assign", "accept", "case", "contact", "history", "reject",
                "mine", "team", "status",
            ],
        ),
        Some(Ref::Talk(talk)) if talk.kind() == Kind::Consult => (
            "In this consult",
            &["end", "done", "case", "contact", "history", "transfer", "voice", "mine", "team", "status"],
        ),
        Some(Ref::Talk(_)) => (
            "In this IM",
            &["end", "done", "voice", "im", "ims", "team", "mine", "status", "ready", "notready"],
        ),
        None if call.agent.supervises() => (
            "In your console",
            &["queue", "agents", "assign", "monitor", "report", "mine", "messages", "ready"],
        ),
        None => (
            "In your console",
            &["ready", "notready", "accept", "mine", "messages", "im", "team", "status", "ims", "reject"],
        ),
    }
}

/// A command among others.
fn short(command: &Command) -> HelpLine {
    HelpLine { usage: command.name.to_owned(), aliases: vec![], does: command.in_short().to_owned() }
}

/// A command alone.
fn whole(command: &Command) -> HelpLine {
    HelpLine {
        usage: command.usage(),
        aliases: command.aliases.iter().map(|alias| (*alias).to_owned()).collect(),
        does: command.does.to_owned(),
    }
}

impl Group {
    /// The commands of it that an agent may run.
    fn allowed<'a>(&self, agent: &'a Agent) -> impl Iterator<Item = &'static Command> + use<'a> {
        self.commands().filter(|command| command.who.includes(agent))
    }
}

#[cfg(test)]
mod tests {
    use super::super::GROUPS;
    use super::super::command::all;

    #[test]
    fn each_command_says_what_it_does_in_words_that_fit_a_phone() {
        for command in all(GROUPS) {
            let short = command.in_short();
            assert!((8..=48).contains(&short.chars().count()), "{}: {short}", command.name);
            assert!(!short.ends_with(['.', ',', ' ']), "{}: {short}", command.name);
        }
    }
}
