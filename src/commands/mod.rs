//! The commands that agents type. A command is one value: its names, its usage, its rights and the function
//! that runs it.
//!
//! Each family has a file with the list of its commands. A new command is a value in the list of its family
//! and a function beside it; a new family is a file, and an entry in [`GROUPS`]. Rights are checked here and
//! nowhere else. A number alone is looked up here too: it stands for a row of the list that the agent was
//! shown last in the room. The prefix alone shows such a list, of what can be done next.

mod admin;
mod block;
mod bye;
mod call;
mod callback;
mod case;
mod command;
mod consent;
mod contact;
mod contact_card;
mod contact_merge;
mod count;
mod define;
mod email;
mod erase;
mod erasing;
mod fields;
mod hand;
mod handover;
mod help;
mod history;
mod later;
mod life;
mod line;
mod offers;
mod past;
mod presence;
mod question;
mod report;
mod resend;
mod respond;
mod save;
mod setting;
mod sms;
mod sms_words;
mod spelling;
mod steer;
mod steps;
mod subject;
mod supervise;
mod tag;
mod talk;
mod targets;
mod team;
mod token;
mod transcript;
mod voice;
mod work;
mod written;

use std::sync::atomic::{AtomicBool, Ordering};

use self::command::Holds;
pub(crate) use self::command::{Call, Command, Group, Said, Who};
use self::command::{about, find, nearest};
pub(crate) use self::count::counted;
pub(crate) use self::define::config::{differences, differences_of_routes};
pub(crate) use self::fields::file as as_typed;
pub(crate) use self::hand::{is_sos, raise_by_reaction, take as take_hand};
pub(crate) use self::later::is_later;
pub(crate) use self::line::{keycap, keycaps, row_number};
pub(crate) use self::past::{last_lines, past_item, past_line, said_in_talk};
pub(crate) use self::question::decline;
use crate::commit::Tx;
use crate::domain::agent::Agent;
use crate::domain::ids::AgentId;
use crate::domain::notice::{Missing, Says};
use crate::store::Result;

/// All groups, in the order in which `!help` numbers them. Those that not everyone has come last, so that a
/// number means the same to all.
pub(crate) const GROUPS: &[Group] = &[
    Group { title: "You and your day", families: &[presence::COMMANDS, bye::COMMANDS] },
    Group {
        title: "Taking, pausing and closing a conversation",
        families: &[offers::COMMANDS, work::CLOSING, life::COMMANDS],
    },
    Group {
        title: "Messages to the customer",
        families: &[
            respond::COMMANDS,
            work::COMMANDS,
            sms::COMMANDS,
            later::COMMANDS,
            count::COMMANDS,
            spelling::COMMANDS,
            save::COMMANDS,
            consent::COMMANDS,
        ],
    },
    Group {
        title: "The customer and the case",
        families: &[
            case::COMMANDS,
            tag::COMMANDS,
            contact::COMMANDS,
            history::COMMANDS,
            call::COMMANDS,
            callback::COMMANDS,
            email::COMMANDS,
            block::COMMANDS,
        ],
    },
    Group {
        title: "Colleagues: handing over, asking, talking",
        families: &[handover::COMMANDS, hand::COMMANDS, talk::COMMANDS, team::COMMANDS, voice::COMMANDS],
    },
    Group { title: "Supervising", families: &[supervise::COMMANDS, steer::COMMANDS, report::COMMANDS] },
    Group {
        title: "Running the desk",
        families: &[define::COMMANDS, setting::COMMANDS, admin::COMMANDS, token::COMMANDS, erase::COMMANDS],
    },
];

/// Runs what an agent typed after the prefix. It never reaches a contact, whatever it is.
pub(crate) async fn run(tx: &mut Tx<'_>, agent: &Agent, said: &Said<'_>, line: &str) -> Result<()> {
    // Commands read whatever they like.
    tx.db().await?;
    if line.trim().is_empty() {
        return steps::show(tx, agent, said, GROUPS).await;
    }
    let picked = match line::row_number(line) {
        Some(number) => question::picked(tx, agent, said, (number, false)).await?,
        None => question::answered(tx, agent, said, line.trim()).await?,
    };
    match picked {
        Some(picked) => carry_out(tx, agent, said, &picked).await,
        None => Ok(()),
    }
}

/// Runs a command line, which was typed or picked.
async fn carry_out(tx: &mut Tx<'_>, agent: &Agent, said: &Said<'_>, picked: &str) -> Result<()> {
    let (name, arguments) = line::first_word(picked);
    let answer = match find(GROUPS, name) {
        Some(command) if command.who.includes(agent) => {
            let arguments = arguments.trim();
            let refused = AtomicBool::new(false);
            let call = Call { command, agent, said, arguments, groups: GROUPS, refused };
            // The line stands before whatever the command itself writes into the log.
            let line = command.changes.then(|| tx.line_id());
            (command.run)(tx, &call).await?;
            return match line.filter(|_| !call.refused.load(Ordering::Relaxed)) {
                Some(line) => tx.audit_as(line, agent, (command.name, said.subject()), arguments).await,
                None => Ok(()),
            };
        }
        Some(command) => command.refusal(command.who),
        None => {
            let nearest = nearest(GROUPS, name).map(|command| command.name.to_owned());
            Says::UnknownCommand { typed: name.to_owned(), nearest }
        }
    };
    tx.say(&said.place, answer.plainly(), Some(said.event.event_id.clone())).await
}

/// What a number under a message of the bot picks a row from.
pub(crate) enum Numbered {
    /// A list, shown to an agent, or to the owner of the conversation.
    List(String, Option<AgentId>),
    /// A question, put to an agent.
    Question(String, Option<AgentId>),
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
        Numbered::List(list, of) => pick_row(tx, agent, said, (list, of.as_ref()), (number, false)).await,
        Numbered::Question(list, of) => pick_row(tx, agent, said, (list, of.as_ref()), (number, true)).await,
        Numbered::Menu(lines) => {
            if let Some(line) = lines.get(number - 1) {
                return run(tx, agent, said, line).await;
            }
            let says = Says::no_such(Missing::MenuRow { number }, "");
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
    (number, asks): (usize, bool),
) -> Result<()> {
    // Commands read whatever they like.
    tx.db().await?;
    if let Some(says) = question::refused(tx, agent, said, (list, of), asks).await? {
        return tx.say(&said.place, about(said, says), Some(said.event.event_id.clone())).await;
    }
    match question::picked(tx, agent, said, (number, true)).await? {
        Some(picked) => carry_out(tx, agent, said, &picked).await,
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
