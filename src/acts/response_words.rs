//! Standard responses in words: what is known of a conversation for them, and filling them in with it.

use jiff::Timestamp;

use crate::commit::Tx;
use crate::domain::agent::AgentRef;
use crate::domain::contact::Contact;
use crate::domain::interaction::Interaction;
use crate::domain::masking;
use crate::domain::response::{Fault, Filled, Response, Values};
use crate::store::{Result, agents, contacts};

/// A response with all that was filled in.
pub(crate) struct InWords {
    /// What it says, and what is missing in it.
    pub(crate) text: Filled,
    /// What people read of it, where numbers are masked.
    pub(crate) shown: Option<String>,
    /// The commands that follow.
    pub(super) then: Vec<String>,
}

/// What is known of a conversation that responses are filled in for, read once for any number of them.
pub(super) struct Known<'a> {
    of: &'a Interaction,
    agent: Option<&'a AgentRef>,
    contact: Option<Contact>,
    /// Whether the contact has a name of their own. Nobody has named one who is called by their address.
    is_named: bool,
    /// The day and the time of day where the desk is.
    date: String,
    time: String,
    /// The conversation as people read it, where numbers are masked.
    masked: Option<Interaction>,
}

impl<'a> Known<'a> {
    /// What is known of a conversation, for responses in the name of an agent if one sends them.
    pub(super) async fn read(
        tx: &mut Tx<'_>,
        (of, agent): (&'a Interaction, Option<&'a AgentRef>),
    ) -> Result<Self> {
        let contact = contacts::by_id(tx.db().await?, &of.contact.id).await?;
        let mut addresses = contacts::numbers(tx.db().await?, &of.contact.id).await?;
        addresses.push(of.contact.number.clone());
        let is_named = !addresses.iter().any(|address| of.contact.name == Contact::name_of(address));
        let moment = Timestamp::from_millisecond(tx.now.0).unwrap_or_default();
        let moment = moment.to_zoned(tx.settings.desk.zone());
        let masked = if tx.settings.desk.mask_numbers {
            let ours = agents::numbers(tx.db().await?).await?;
            Some(of.masked(masking::Desk { ours: &ours, country: &tx.settings.desk.country }))
        } else {
            None
        };
        let (date, time) = (moment.strftime("%Y-%m-%d").to_string(), moment.strftime("%H:%M").to_string());
        Ok(Self { of, agent, contact, is_named, date, time, masked })
    }

    /// Fills in a response, with these values for its blanks.
    ///
    /// # Errors
    ///
    /// If the response is not one, or becomes too long.
    pub(super) fn fill(
        &self,
        response: &Response,
        blanks: &[(String, String)],
    ) -> std::result::Result<InWords, Fault> {
        let values = Values {
            contact: Some(self.of.contact.name.as_str()).filter(|_| self.is_named),
            number: self.of.contact.number.value(),
            email: self.contact.as_ref().and_then(|contact| contact.emails.first()).map(String::as_str),
            language: self.contact.as_ref().and_then(|contact| contact.language.as_deref()),
            agent: self.agent.map(|agent| agent.name.as_str()),
            queue: self.of.queue.as_str(),
            case: &self.of.case,
            ours: self.of.our_number.value(),
            date: &self.date,
            time: &self.time,
            blanks,
        };
        let (text, then) = response.fill(&values)?;
        let Some(masked) = &self.masked else { return Ok(InWords { text, shown: None, then }) };
        let contact = values.contact.map(|_| masked.contact.name.as_str());
        let number = masked.contact.number.value();
        let (shown, _) = response.fill(&Values { contact, number, case: &masked.case, ..values })?;
        let shown = Some(shown.text.trim().to_owned()).filter(|shown| shown != text.text.trim());
        Ok(InWords { text, shown, then })
    }
}

/// Fills in a response for a conversation, in the name of an agent if one sends it.
pub(crate) async fn fill(
    tx: &mut Tx<'_>,
    who: (&Interaction, Option<&AgentRef>),
    response: &Response,
    blanks: &[(String, String)],
) -> Result<std::result::Result<InWords, Fault>> {
    Ok(Known::read(tx, who).await?.fill(response, blanks))
}
