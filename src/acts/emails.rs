//! E-mails to contacts: an agent writes them in a program of their own. The desk makes the link by which one
//! begins, and keeps that it did, as an interaction of its own that is done from its beginning. See
//! `docs/decisions/0076-e-mails-begin-here.md`.

use super::ids::{fresh_alias, fresh_id};
use super::outbound;
use crate::commit::Tx;
use crate::domain::agent::Agent;
use crate::domain::interaction::begin::Beginning;
use crate::domain::interaction::{Direction, Interaction, Mode, Phase};
use crate::domain::notice::{EmailCard, StoryLine};
use crate::domain::text::{fill, mailto, sanitize};
use crate::store::Result;

/// How much of a subject is used, in characters.
const SUBJECT_CHARS: usize = 200;

/// An agent begins an e-mail to an address, in the room of a conversation.
pub(crate) async fn begin(
    tx: &mut Tx<'_>,
    agent: &Agent,
    of: &Interaction,
    address: &str,
) -> Result<EmailCard> {
    let subject = subject(tx, agent, of);
    let begun = Interaction::begin(Beginning {
        id: fresh_id(tx).await?,
        mode: Mode::Page,
        contact: of.contact.clone(),
        our_number: of.our_number.clone(),
        queue: of.queue.clone(),
        rules: of.rules.clone(),
        case: vec![],
        first_text: subject.clone(),
        last_agent: None,
        alias: fresh_alias(),
        at: tx.now,
    });
    let phase = Phase::Done { by: agent.who.clone(), at: tx.now };
    let parent = Some(of.id.clone());
    let begun = Interaction { direction: Direction::Outbound, is_email: true, parent, phase, ..begun };
    let by = agent.who.name.clone();
    let said = StoryLine::EmailBegun { by: by.clone(), to: address.to_owned(), parent: of.id.clone() };
    let here = StoryLine::EmailFromHere { by, child: begun.id.clone() };
    outbound::keep(tx, &begun, Some(&agent.who.id), said, here).await?;
    let link = mailto::link_about(address, &subject);
    Ok(EmailCard { contact: of.contact.name.clone(), address: address.to_owned(), subject, link })
}

/// What it is about; nothing where the template fails.
fn subject(tx: &Tx<'_>, agent: &Agent, of: &Interaction) -> String {
    let filled = fill::fill(&tx.settings.desk.email_subject, &of.contact, &agent.who);
    let filled = filled.inspect_err(
        |error| tracing::warn!(%error, "the subject of an e-mail cannot be filled in; left out"),
    );
    sanitize::cut(&sanitize::one_line(&filled.unwrap_or_default()), SUBJECT_CHARS)
}
