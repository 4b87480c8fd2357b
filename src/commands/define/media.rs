//! The files of a standard response as they are typed: addresses at the homeserver, or `this` for the picture
//! or file that the command replies to. What an event brings is read at the homeserver, so the command is run
//! again with its address once that is known. A file of a customer is refused, also where its address is
//! typed or an agent posted it again: a response goes to others.

use ruma::OwnedEventId;
use serde_json::Value;

use crate::commands::{Call, fields, line};
use crate::commit::Tx;
use crate::domain::effect::LookForFile;
use crate::domain::response::Response;
use crate::domain::settings::Table as _;
use crate::store::{Result, responses};

/// The name of the field.
pub(super) const MEDIA: &str = "media";
/// The word that keeps the files that there are.
const ADD: &str = "add";
/// What stands for the file that the command replies to.
const THIS: &str = "this";

/// What the files of a response are to be, with those that stay; nothing if the homeserver is asked first, or
/// there is nothing to ask it for, which was said.
pub(super) async fn typed(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    (name, now): (&str, &Value),
    text: &str,
) -> Result<Option<String>> {
    let (first, rest) = line::first_word(text);
    let adds = first.eq_ignore_ascii_case(ADD);
    let what = if adds { rest } else { text.trim() };
    if what.is_empty() || what.eq_ignore_ascii_case(THIS) {
        if let Some(of) = call.said.reply_to {
            look(tx, call, (name, adds, true), of).await?;
        } else {
            let error = "reply to the picture or file with media this, or with media add this to keep those that \
                         are there; or write its address, like mxc://example.org/AbCdEf";
            call.bad_value(tx, error).await?;
        }
        return Ok(None);
    }
    let all = fields::shown(now, Response::FIELDS);
    let there = all.iter().find(|(field, value)| adds && field == MEDIA && value != "none");
    Ok(Some(there.map_or_else(|| what.to_owned(), |(_, there)| format!("{there}, {what}"))))
}

/// Asks the homeserver for the file of an event. Where nobody `asked` for one, there need be none.
pub(super) async fn look(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    (name, adds, asked): (&str, bool, bool),
    of: &OwnedEventId,
) -> Result<()> {
    let add = if adds { format!(" {ADD}") } else { String::new() };
    tx.emit(LookForFile {
        place: call.said.place.clone(),
        room: call.said.event.room_id.clone(),
        of: of.clone(),
        by: call.agent.who.id.clone(),
        typed: call.said.event.event_id.clone(),
        line: format!("response set {name} {MEDIA}{add}"),
        asked,
    })
    .await
}

/// Whether a response as it is to be kept holds a file of a customer that none holds so far.
pub(super) async fn is_of_customer(tx: &mut Tx<'_>, after: &Value) -> Result<bool> {
    let Ok(response) = serde_json::from_value::<Response>(after.clone()) else { return Ok(false) };
    Ok(responses::file_of_contact(tx.db().await?, &response).await?.is_some())
}
