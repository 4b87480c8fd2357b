//! Deciding who is offered what waits in a queue, which the desk does itself.

use crate::domain::effect::Route;
use crate::domain::input::{Claim, Input};
use crate::outbox::record::recorded;
use crate::outbox::{Delivery, Ports};

/// Has the desk decide it.
pub(super) async fn route(ports: &Ports, claim: &Claim, route: &Route) -> Result<Delivery, Delivery> {
    recorded(ports, Input::Route { claim: claim.clone(), queue: route.queue.clone() }).await
}
