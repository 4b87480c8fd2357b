//! Rooms, once they are made.

use ruma::RoomId;

use crate::acts::conversations;
use crate::commit::Tx;
use crate::domain::effect::Place;
use crate::domain::lane::Lane;
use crate::store::{Result, agents, rooms};

/// A room was made, or found again: a console is the agent's from now on; what waited for a conversation's
/// goes on in it.
pub(super) async fn made(tx: &mut Tx<'_>, lane: &Lane, room: &RoomId, ghost: Option<&str>) -> Result<()> {
    match lane {
        Lane::Console(agent) => {
            agents::set_console(tx.db_unflushed(), agent, room).await?;
            rooms::add(tx.db_unflushed(), room, &Place::Console(agent.clone())).await
        }
        Lane::Room(id) => conversations::room_made(tx, id, room, ghost).await,
        // No room is made there.
        _ => Ok(()),
    }
}
