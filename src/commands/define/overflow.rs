//! What the overflow of a queue may name: the queues and skills there are.

use crate::commit::Tx;
use crate::domain::ids::QueueName;
use crate::domain::overflow::{Known, targets};
use crate::domain::queue::QueueSettings;
use crate::domain::route::Route;
use crate::store::{Result, agents, lists};

/// Checks whether a queue's steps name what there is, and lead nowhere back to it.
pub(super) async fn check(
    tx: &mut Tx<'_>,
    name: &QueueName,
    settings: &QueueSettings,
) -> Result<std::result::Result<(), String>> {
    if settings.overflow.is_empty() {
        return Ok(Ok(()));
    }
    let queues = all(tx).await?;
    let routes = lists::defined::<Route>(tx.db().await?).await?;
    let people = agents::all(tx.db().await?).await?;
    let leads =
        |of: &QueueSettings| targets(&of.overflow).into_iter().map(|to| to.as_str().to_owned()).collect();
    let leads: Vec<(&QueueName, Vec<String>)> = queues.iter().map(|(name, of)| (name, leads(of))).collect();
    let of_queues = queues.iter().map(|(_, queue)| queue).chain([settings]).flat_map(|of| &of.skills);
    let of_routes = routes.iter().flat_map(|route| &route.rules).flat_map(|rule| &rule.skills);
    let of_people = people.iter().flat_map(|agent| &agent.skills);
    let known = Known {
        queues: leads
            .iter()
            .map(|(name, leads)| (name.as_str(), leads.iter().map(String::as_str).collect()))
            .collect(),
        skills: of_queues.chain(of_routes).chain(of_people).map(String::as_str).collect(),
    };
    Ok(known.check(name.as_str(), &settings.overflow).map_err(|problem| format!("overflow {problem}")))
}

/// The queue of which a step asks the members of another.
pub(super) async fn leads_to(tx: &mut Tx<'_>, queue: &QueueName) -> Result<Option<QueueName>> {
    let from = all(tx).await?.into_iter().find(|(_, of)| targets(&of.overflow).contains(&queue));
    Ok(from.map(|(name, _)| name))
}

async fn all(tx: &mut Tx<'_>) -> Result<Vec<(QueueName, QueueSettings)>> {
    let mut queues = Vec::new();
    for name in agents::queues(tx.db().await?).await? {
        queues.extend(agents::queue(tx.db().await?, &name).await?.map(|settings| (name, settings)));
    }
    Ok(queues)
}
