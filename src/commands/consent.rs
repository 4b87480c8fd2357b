//! Whether the customer wants to be texted: what they told an agent, and the record of all they said.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::subject::{here, owned};
use super::{Call, Command, Who};
use crate::acts::consent::{self as consent_acts, Said};
use crate::acts::parked::release;
use crate::commit::Tx;
use crate::domain::consent::{Change, Scope, Source, Wish};
use crate::domain::notice::{ConsentCard, ConsentLine, Says};
use crate::store::{Result, consent as consent_store};

/// The commands of this family.
pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "optout",
        aliases: &[],
        arguments: "[what they said]",
        does: "send this contact nothing more",
        who: Who::Everyone,
        changes: true,
        run: opt_out,
    },
    Command {
        name: "optin",
        aliases: &[],
        arguments: "[what they said]",
        does: "send to this contact again",
        who: Who::Everyone,
        changes: true,
        run: opt_in,
    },
    Command {
        name: "consent",
        aliases: &[],
        arguments: "",
        does: "show whether this contact wants texts",
        who: Who::Everyone,
        changes: false,
        run: consent,
    },
];

/// How many changes are shown, and how many of what holds.
const MOST_CHANGES: u8 = 20;
const MOST_CURRENT: u8 = 10;

/// `!optout`.
fn opt_out<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    said(tx, call, Wish::Out).boxed()
}

/// `!optin`.
fn opt_in<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    said(tx, call, Wish::In).boxed()
}

/// The contact told the owner what they want.
async fn said(tx: &mut Tx<'_>, call: &Call<'_>, wish: Wish) -> Result<()> {
    let Some(interaction) = owned(tx, call).await? else { return Ok(()) };
    let (words, who) = (call.arguments, call.agent.who.name.as_str());
    let said = Said { wish, source: Source::Agent, words, who, written_at: None };
    tx.db().await?;
    if !consent_acts::said(tx, interaction, &said).await? && wish == Wish::In {
        release(tx, &interaction.id).await?;
    }
    let pair = (&interaction.our_number, &interaction.contact.number);
    let says = consent_acts::notice(tx, pair, &said).await?;
    call.answer(tx, says.about(&interaction.id)).await
}

/// `!consent`.
fn consent<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let Some(of) = here(tx, call).await? else { return Ok(()) };
        let id = &of.contact.id;
        let current = consent_store::current(tx.db().await?, id, i64::from(MOST_CURRENT) + 1).await?;
        let changes = consent_store::changes(tx.db().await?, id, i64::from(MOST_CHANGES) + 1).await?;
        let (ours, theirs) = (&of.our_number, &of.contact.number);
        let standing = consent_store::standing(tx.db().await?, ours, theirs).await?;
        let more = current.len() > usize::from(MOST_CURRENT) || changes.len() > usize::from(MOST_CHANGES);
        let card = ConsentCard {
            contact: of.contact.name.clone(),
            current: current.into_iter().take(MOST_CURRENT.into()).map(line).collect(),
            changes: changes.into_iter().take(MOST_CHANGES.into()).map(line).collect(),
            erased: !standing.erased.is_empty() && standing.is_out(),
            more,
        };
        call.answer(tx, Says::Consent(card).about(&of.id)).await
    }
    .boxed()
}

/// A change, as it is shown.
fn line(change: Change) -> ConsentLine {
    let (scope, our_number, service) = match change.scope {
        Scope::Number(number) => ("number", Some(number), None),
        Scope::Sender(sender) => ("sender", None, Some(sender)),
        Scope::Desk => ("desk", None, None),
    };
    ConsentLine {
        at: change.at,
        number: change.address.shown().into_owned(),
        wish: change.wish,
        scope: scope.to_owned(),
        our_number: our_number.map(|number| number.shown().into_owned()),
        service,
        source: change.source,
        text: change.words,
        by: change.who,
    }
}
