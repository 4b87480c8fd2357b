//! What is shown of a standard response when it goes.

use crate::commit::Tx;
use crate::domain::effect::Place;
use crate::domain::notice::Says;
use crate::domain::reply::Reply;
use crate::store::Result;

/// Shows what a message says that is a standard response and goes now. The message in the room is the
/// shortcut: whoever reads it later sees what the contact got.
pub(crate) async fn show(tx: &mut Tx<'_>, reply: &Reply) -> Result<()> {
    let Some(used) = &reply.response else { return Ok(()) };
    let says = Says::Response {
        shortcut: used.shortcut.clone(),
        text: used.shown.as_ref().unwrap_or(&reply.text).clone(),
        sent: true,
        missing: vec![],
        ask: vec![],
        follows: used.then.clone(),
        files: reply.enclosures.iter().map(|own| own.file.shown().to_owned()).collect(),
        empty: vec![],
        no_files: None,
    };
    let to = Place::Session(reply.interaction.clone());
    tx.say(&to, says.about(&reply.interaction), Some(reply.event.clone())).await
}
