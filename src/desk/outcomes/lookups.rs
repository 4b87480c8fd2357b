//! What the homeserver said: whether a user exists, whether someone is there, what an event brings.

use crate::acts::people::{not_new, welcome};
use crate::acts::talks::{Begin, begin};
use crate::commands::{self, Said};
use crate::commit::{Applied, Tx};
use crate::desk::then;
use crate::domain::agent::{Agent, Permission, Role};
use crate::domain::conversation::Conversation;
use crate::domain::effect::{FoundFile, Looked, Met, Place};
use crate::domain::input::Claim;
use crate::domain::notice::{Missing, Refusal, Says, Unavailable};
use crate::domain::talk::{Presence, Wanted};
use crate::store::outbox::{self, Completed};
use crate::store::{Result, agents, conversations, talks};

/// The homeserver said whether it knows the user of a new agent.
pub(super) async fn met(tx: &mut Tx<'_>, met: &Met) -> Result<()> {
    let Met { agent: newcomer, by, is_known } = met;
    let Some(admin) = agents::by_id(tx.db().await?, by).await? else { return Ok(()) };
    let console = Place::Console(by.clone());
    let who = &newcomer.who;
    // They may have been one when they asked for it.
    if !admin.is(Role::Admin) {
        return tx.say(&console, Says::NotAllowed { command: None, needs: None }.plainly(), None).await;
    }
    if !is_known {
        let what = Missing::User { user: who.user.to_string() };
        return tx.say(&console, Says::no_such(what, "").plainly(), None).await;
    }
    if let Some(taken) = not_new(tx.db().await?, who).await? {
        let why = Refusal::NotNew { taken };
        return tx.say(&console, Says::Refused { why }.plainly(), None).await;
    }
    let agent = Agent { idle_since: tx.now, ..Agent::clone(newcomer) };
    agents::save(tx.db().await?, &agent).await?;
    welcome(tx, &who.id).await?;
    let (what, after) = (format!("agent {}", who.id), format!("{}, {}", who.user, who.name));
    tx.audit(&admin, "agent", None, &format!("{}: none → {after}", who.id)).await?;
    tx.say(
        &console,
        Says::Changed { what, before: "none".to_owned(), after, in_config: false, only_new: false }.plainly(),
        None,
    )
    .await
}

/// The homeserver said what an admin replies to: the command that asked for it is run with that.
pub(super) async fn looked(tx: &mut Tx<'_>, Looked { look, found }: &Looked) -> Result<()> {
    let Some(admin) = agents::by_id(tx.db().await?, &look.by).await? else { return Ok(()) };
    let why = match found {
        FoundFile::File { file } => {
            let line = format!("{} {}", look.line, commands::as_typed(file));
            let event = then::as_typed((&look.typed, &look.room), (&admin.who.user, tx.now), &line);
            let conversation = conversations::at(tx.db().await?, &look.place).await?;
            let of = conversation.as_ref().map(Conversation::by_ref);
            return commands::run(tx, &admin, &Said::done(&event, look.place.clone(), of), &line).await;
        }
        FoundFile::Encrypted => Refusal::FileEncrypted,
        FoundFile::NotTheirs => Refusal::FileNotTheirs,
        FoundFile::Nothing if look.asked => Refusal::NoFile,
        FoundFile::Nothing => return Ok(()),
    };
    tx.say(&look.place, Says::Refused { why }.plainly(), Some(look.typed.clone())).await
}

/// It is known whether the other is there: the IM begins, or its asker is told that it cannot.
pub(in crate::desk) async fn presence_found(
    tx: &mut Tx<'_>,
    claim: &Claim,
    wanted: &Wanted,
    presence: Presence,
) -> Result<Applied> {
    match outbox::complete(tx.db().await?, claim).await? {
        Completed::Done => {}
        Completed::Again => return Ok(Applied::Done),
        Completed::Lost => return Ok(Applied::Lost),
    }
    // Both may have lost the right to it meanwhile, or left the desk.
    let Some(by) = agents::by_id(tx.db().await?, &wanted.initiator.id).await? else {
        return Ok(Applied::Done);
    };
    let to = agents::by_id(tx.db().await?, &wanted.invitee.id).await?.filter(|to| to.may(Permission::Im));
    let why = match presence {
        _ if !by.may(Permission::Im) => Some(Unavailable::YouMayNot),
        _ if to.is_none() => Some(Unavailable::NoIm),
        Presence::There => None,
        Presence::Away => Some(Unavailable::Away),
        Presence::Untold => Some(Unavailable::NoPresence),
    };
    if let Some(why) = why {
        let says = Says::ImUnavailable { who: wanted.invitee.name.clone(), why };
        tx.say(&wanted.place, says.plainly(), Some(wanted.typed.clone())).await?;
    } else if let Some(to) = to {
        let again = match &wanted.again {
            Some(id) => talks::by_id(tx.db().await?, id).await?,
            None => None,
        };
        let (about, text, again) = (wanted.about.clone(), wanted.text.as_str(), again.as_ref());
        begin(tx, Begin { initiator: &by, invitee: &to, parent: None, about, text, again }).await?;
        tx.tick(&wanted.place, &wanted.typed).await?;
    }
    Ok(Applied::Done)
}
