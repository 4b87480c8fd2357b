//! The queue that a number or a route leads to, and what an interaction takes over from it.

use std::fmt;

use crate::commit::Tx;
use crate::domain::ids::QueueName;
use crate::domain::interaction::{Interaction, Rules};
use crate::domain::notice::{Missing, Unavailable};
use crate::domain::queue::{QueueSettings, Target};
use crate::domain::route::{Arrival, Destination, Route};
use crate::store::{Result, agents, lists, routing};

/// A queue, with what an interaction takes over from it.
pub(crate) struct Found {
    /// Its name.
    pub(crate) queue: QueueName,
    /// What it is set to.
    pub(crate) settings: QueueSettings,
    /// What an interaction takes over.
    pub(crate) rules: Rules,
}

/// A queue or route that nobody has defined.
pub(crate) struct NotDefined {
    kind: &'static str,
    name: String,
}

impl fmt::Display for NotDefined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} “{}”", self.kind, self.name)
    }
}

impl From<NotDefined> for Missing {
    fn from(missing: NotDefined) -> Self {
        Self::named(missing.kind, &missing.name)
    }
}

/// The queue that a target leads to, or what is missing.
pub(crate) async fn find(
    tx: &mut Tx<'_>,
    target: &Target,
    arrival: Arrival<'_>,
) -> Result<std::result::Result<Found, NotDefined>> {
    let to = match target {
        Target::Queue(queue) => Destination::queue(queue.clone()),
        Target::Route(name) => match lists::defined_as::<Route>(tx.db_unflushed().await?, name).await? {
            Some(route) => route.pick(arrival),
            None => return Ok(Err(NotDefined { kind: "route", name: name.clone() })),
        },
    };
    let Some(settings) = agents::queue(tx.db_unflushed().await?, &to.queue).await? else {
        return Ok(Err(NotDefined { kind: "queue", name: to.queue.to_string() }));
    };
    let mut rules = tx.settings.rules(&settings);
    rules.priority += to.priority;
    rules.skills.extend(to.skills);
    Ok(Ok(Found { queue: to.queue, settings, rules }))
}

/// The queue that someone puts an interaction into.
pub(crate) async fn find_for(
    tx: &mut Tx<'_>,
    target: &Target,
    interaction: &Interaction,
) -> Result<std::result::Result<Found, NotDefined>> {
    let known = known(&interaction.contact.name, &interaction.case);
    let (number, text) = (&interaction.our_number, interaction.first_text.as_str());
    find(tx, target, Arrival { number, text, known: &known, at: tx.now }).await
}

/// What rules may ask about a contact.
pub(crate) fn known(name: &str, case: &[(String, String)]) -> Vec<(String, String)> {
    let mut known = vec![("name".to_owned(), name.to_owned())];
    known.extend_from_slice(case);
    known
}

/// Why nothing can be put into a queue now.
pub(crate) async fn obstacle(tx: &mut Tx<'_>, found: &Found) -> Result<Option<Unavailable>> {
    if found.settings.is_closed(tx.now) {
        return Ok(Some(Unavailable::QueueClosed));
    }
    Ok(has_no_members(tx, found).await?.then_some(Unavailable::QueueEmpty))
}

/// Whether nobody is a member of a queue.
pub(crate) async fn has_no_members(tx: &mut Tx<'_>, found: &Found) -> Result<bool> {
    let (members, _) = routing::member_counts(tx.db().await?, &found.queue).await?;
    Ok(members == 0)
}
