//! Calls between colleagues. Both get the same link, which nobody can guess, to the service that the config
//! names.
//!
//! A call is a consult, or an IM that goes on aloud. It needs the permission for that, not the one for
//! calling contacts.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::subject::owned;
use super::talk::is_signed_in;
use super::{Call, Command, Who, targets};
use crate::acts::auto_reply::tell_contact_owner_is_busy;
use crate::clock;
use crate::commit::Tx;
use crate::domain::agent::{AgentRef, Permission};
use crate::domain::effect::Place;
use crate::domain::interaction::{Interaction, Work};
use crate::domain::notice::{Problem, Refusal, Says, StoryLine, Unavailable};
use crate::domain::session::{Event, OwnerAction};
use crate::domain::talk::{Kind, Phase, Talk};
use crate::domain::text::placeholders;
use crate::store::{Result, interactions, talks};

/// The commands of this family.
pub(super) const COMMANDS: &[Command] = &[Command {
    name: "voice",
    aliases: &[],
    arguments: "[agent]",
    does: "call a colleague; without a name the one you talk to. A customer it is about is put on hold",
    who: Who::Everyone,
    changes: true,
    run: voice,
}];

/// The colleague that someone calls.
struct Called {
    who: AgentRef,
    /// Where they read of it.
    place: Place,
}

/// `!voice [agent]`.
fn voice<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let is_im = call.said.talk().is_some_and(|talk| talk.kind() == Kind::Im);
        let right = if is_im { Permission::Im } else { Permission::Consult };
        if !call.allows(tx, Who::With(right)).await? {
            return Ok(());
        }
        let (about, talk) = match call.said.talk() {
            Some(talk) => (about(tx, talk).await?, Some(talk.clone())),
            None => match owned(tx, call).await? {
                Some(interaction) => (Some(interaction.clone()), consult(tx, call, interaction).await?),
                None => return Ok(()),
            },
        };
        let Some(called) = called(tx, call, talk.as_ref(), right).await? else { return Ok(()) };
        let link = tx
            .settings
            .desk
            .voice_link
            .as_ref()
            .map(|link| placeholders::call_link(link, &clock::random_hex()));
        let Some(Ok(link)) = link else {
            return call.answer(tx, Says::Refused { why: Refusal::NoCalls }.plainly()).await;
        };
        begin(tx, call, called, link, about).await
    }
    .boxed()
}

/// The conversation that a talk is about.
async fn about(tx: &mut Tx<'_>, talk: &Talk) -> Result<Option<Interaction>> {
    match &talk.parent {
        Some(parent) => interactions::by_id(tx.db().await?, parent).await,
        None => Ok(None),
    }
}

/// The consult that an owner has about their conversation.
async fn consult(tx: &mut Tx<'_>, call: &Call<'_>, interaction: &Interaction) -> Result<Option<Talk>> {
    let consult = talks::connected(tx.db().await?, &interaction.id).await?;
    Ok(consult.filter(|consult| consult.initiator.id == call.agent.who.id))
}

/// The colleague the agent calls: the one they name, or else the one they talk to. They are told if that
/// cannot be.
async fn called(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    talk: Option<&Talk>,
    right: Permission,
) -> Result<Option<Called>> {
    let me = &call.agent.who.id;
    let in_talk = |talk: &Talk| {
        let place = Place::Talk(talk.first_talk.clone());
        Called { who: talk.other(me).clone(), place }
    };
    let connected = talk.filter(|talk| talk.phase == Phase::Connected).map(in_talk);
    let (name, _) = call.person(tx, call.arguments).await?;
    if name.is_empty() {
        return match (connected, talk) {
            (Some(called), _) => Ok(Some(called)),
            (None, Some(talk)) => {
                let (who, why) = (talk.other(me).name.clone(), Unavailable::NotInRoom);
                call.answer(tx, Says::TargetUnavailable { who, why }.about(&talk.id)).await?;
                Ok(None)
            }
            (None, None) => {
                call.usage(tx, Problem::CalleeMissing).await?;
                Ok(None)
            }
        };
    }
    let Some(colleague) = targets::agent(tx, call, name, ("", "")).await? else { return Ok(None) };
    if let Some(called) = connected.filter(|called| called.who.id == colleague.who.id) {
        return Ok(Some(called));
    }
    let why = if colleague.who.id == *me {
        Unavailable::Yourself
    } else if right == Permission::Im && !colleague.may(right) {
        Unavailable::NoIm
    } else if is_signed_in(tx, &colleague).await? {
        let place = Place::Console(colleague.who.id.clone());
        return Ok(Some(Called { who: colleague.who, place }));
    } else {
        Unavailable::NotSignedIn
    };
    call.answer(tx, Says::TargetUnavailable { who: colleague.who.name, why }.plainly()).await?;
    Ok(None)
}

/// Puts the contact on hold, and tells both colleagues where to go.
async fn begin(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    to: Called,
    link: String,
    about: Option<Interaction>,
) -> Result<()> {
    let by = &call.agent.who;
    let held = match &about {
        Some(interaction) => hold(tx, interaction, [by, &to.who]).await?,
        None => false,
    };
    if let Some(subject) = call.said.subject() {
        let story = StoryLine::Called { by: by.name.clone(), to: to.who.name.clone() };
        tx.tell_story(subject, &story).await?;
    }
    let contact = about.as_ref().map(|about| &about.contact).or_else(|| call.said.conversation?.contact());
    let contact = contact.map(|contact| contact.name.clone());
    let says = |wake| Says::Voice {
        by: by.name.clone(),
        to: to.who.name.clone(),
        contact: contact.clone(),
        held,
        link: link.clone(),
        wake,
    };
    let for_them = says(Some(to.who.user.clone()));
    if to.place == call.said.place {
        return call.answer(tx, call.about(for_them)).await;
    }
    call.answer(tx, call.about(says(None))).await?;
    tx.say(&to.place, call.about(for_them), None).await
}

/// Holds a conversation of one of the two who speak, and tells its contact. Returns whether it is on hold.
async fn hold(tx: &mut Tx<'_>, interaction: &Interaction, speakers: [&AgentRef; 2]) -> Result<bool> {
    let Some(owner) = interaction.owner().filter(|owner| speakers.iter().any(|who| who.id == owner.id))
    else {
        return Ok(false);
    };
    let event = Event::OwnerActed { by: owner.id.clone(), action: OwnerAction::Hold };
    match tx.happen(interaction, event).await? {
        Ok(next) => {
            tell_contact_owner_is_busy(tx, &next, owner).await?;
            Ok(true)
        }
        // It may be on hold already. Snoozed or over, it needs no hold.
        Err(_) => Ok(interaction.work() == Some(Work::Held)),
    }
}
