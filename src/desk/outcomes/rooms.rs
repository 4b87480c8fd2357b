//! Rooms, once they are made.

use crate::acts::{conversations, people};
use crate::commit::Tx;
use crate::domain::effect::{Place, RoomMade};
use crate::domain::lane::Lane;
use crate::store::{Result, agents, rooms};

/// A room was made, or found again: a console is the agent's from now on; what waited for a conversation's
/// goes on in it.
pub(super) async fn made(tx: &mut Tx<'_>, lane: &Lane, made: &RoomMade) -> Result<()> {
    let RoomMade { room, ghost } = made;
    match lane {
        Lane::Console(agent) => {
            agents::set_console(tx.db_unflushed().await?, agent, room).await?;
            rooms::add(tx.db_unflushed().await?, room, &Place::Console(agent.clone())).await?;
            // It takes the place of one that is lost.
            people::mend_space(tx, agent).await
        }
        Lane::Room(id) => conversations::room_made(tx, id, room, ghost.as_deref()).await,
        // No room is made there.
        _ => Ok(()),
    }
}
