//! What can be done to the desk, whether an agent, a timer or the homeserver asks for it. Each act loads what
//! it touches, lets `domain` decide and keeps what it decides, in the commit that it is given.

pub(crate) mod auto_reply;
pub(crate) mod channels;
pub(crate) mod consent;
pub(crate) mod contacts;
pub(crate) mod conversations;
pub(crate) mod costs;
pub(crate) mod counts;
pub(crate) mod dead_letters;
pub(crate) mod enclosing;
pub(crate) mod erasures;
pub(crate) mod forget;
pub(crate) mod ids;
pub(crate) mod interactions;
pub(crate) mod late;
pub(crate) mod parked;
pub(crate) mod people;
pub(crate) mod pictures;
pub(crate) mod replies;
pub(crate) mod responses;
pub(crate) mod retention;
pub(crate) mod rights;
pub(crate) mod roster;
pub(crate) mod routes;
pub(crate) mod spelling;
pub(crate) mod talks;
