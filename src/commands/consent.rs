//! Whether the customer wants to be texted: what they told an agent, and the record of all they said.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::subject::{here, owned};
use super::{Call, Command, Who, line, targets};
use crate::acts::consent::{self as consent_acts, Said};
use crate::commit::Tx;
use crate::domain::consent::{Change, Scope, Source, Wish};
use crate::domain::ids::ContactId;
use crate::domain::interaction::Interaction;
use crate::domain::notice::{ConsentCard, ConsentLine, Problem, Says};
use crate::store::{Result, consent as consent_store, history};

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
        arguments: "[contact]",
        does: "show whether this contact wants texts; supervisors name any customer",
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
    let is_news = consent_acts::said(tx, interaction, &said).await?;
    let pair = (&interaction.our_number, &interaction.contact.number);
    let mut says = consent_acts::notice(tx, pair, &said).await?;
    if let Says::OptedIn { again, .. } | Says::OptedOut { again, .. } = &mut says {
        *again = !is_news;
    }
    call.answer(tx, says.about(&interaction.id)).await
}

/// `!consent`.
fn consent<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let Some(Of { id, name, last }) = whose(tx, call).await? else { return Ok(()) };
        let id = &id;
        let current = consent_store::current(tx.db().await?, id, i64::from(MOST_CURRENT) + 1).await?;
        let changes = consent_store::changes(tx.db().await?, id, i64::from(MOST_CHANGES) + 1).await?;
        let is_erased = match &last {
            Some(of) => {
                let (ours, theirs) = (&of.our_number, &of.contact.number);
                let standing = consent_store::standing(tx.db().await?, ours, theirs).await?;
                !standing.erased.is_empty() && standing.is_out()
            }
            None => false,
        };
        let more = current.len() > usize::from(MOST_CURRENT) || changes.len() > usize::from(MOST_CHANGES);
        let card = ConsentCard {
            contact: name,
            current: current.into_iter().take(MOST_CURRENT.into()).map(line).collect(),
            changes: changes.into_iter().take(MOST_CHANGES.into()).map(line).collect(),
            erased: is_erased,
            more,
        };
        call.answer(tx, call.about(Says::Consent(card))).await
    }
    .boxed()
}

/// Whose record is meant.
struct Of {
    id: ContactId,
    name: String,
    /// The conversation of the room, or the last with them.
    last: Option<Interaction>,
}

/// The contact of the room, or for supervisors the one that is named.
async fn whose(tx: &mut Tx<'_>, call: &Call<'_>) -> Result<Option<Of>> {
    let typed = line::value(call.arguments);
    if typed.is_empty() {
        let is_with_customer =
            call.said.session().is_some() || call.said.talk().is_some_and(|talk| talk.parent.is_some());
        if !is_with_customer {
            call.usage(tx, Problem::ConsentOfWhom { names: call.agent.supervises() }).await?;
            return Ok(None);
        }
        let here = here(tx, call).await?;
        return Ok(here.map(|of| Of {
            id: of.contact.id.clone(),
            name: of.contact.name.clone(),
            last: Some(of),
        }));
    }
    if !call.allows(tx, Who::Supervisors).await? {
        return Ok(None);
    }
    let found = targets::contacts(tx, call, typed).await?;
    let Some(named) = targets::one_contact(tx, call, typed, found, "consent {}").await? else {
        return Ok(None);
    };
    let last = history::of_contact(tx.db().await?, &named.id, 1).await?.into_iter().next();
    Ok(Some(Of { id: named.id, name: named.name, last }))
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
