//! What `!sms` is to say: words, or a standard response that is filled in. It is read like a reply in a
//! conversation, so that nothing that begins like a command ever goes to a phone.

use super::Call;
use crate::acts::outbound::{self, To};
use crate::acts::response_words::{self, InWords};
use crate::acts::responses::{self, of_shortcut, usable};
use crate::commit::Tx;
use crate::domain::address::Address;
use crate::domain::ids::ContactId;
use crate::domain::interaction::Interaction;
use crate::domain::notice::{Missing, Problem, Says, SmsRefusal};
use crate::domain::outbound::NotTexted;
use crate::domain::response::{Response, Used, nearest};
use crate::domain::text::outgoing;
use crate::domain::text::prefix::{self, Typed};
use crate::domain::text::sanitize;
use crate::store::Result;

/// What a text is to say.
pub(super) struct Words {
    /// The text.
    pub(super) text: String,
    /// What is typed for it, in a line that is run again.
    pub(super) again: String,
    /// The standard response that it is.
    pub(super) response: Option<Used>,
}

/// What is typed behind whom it is for; nothing if whoever typed it was answered.
pub(super) async fn read(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    (to, ours): (&To, &Address),
    typed: &str,
) -> Result<Option<Words>> {
    let plain = |text: &str| outgoing::plain(text, None, call.said.pills).trim().to_owned();
    let problem = match prefix::classify(typed, &tx.settings.prefix) {
        Typed::Command(_) | Typed::Internal => Problem::TextIsCommand,
        Typed::SlashCommand => Problem::TextIsSlash,
        Typed::LoneShortcut(shortcut) => return response(tx, call, (to, ours), shortcut).await,
        Typed::Escaped(text) => {
            let text = plain(&text);
            let again = escaped(&text, &tx.settings.prefix);
            return Ok(Some(Words { text, again, response: None }));
        }
        Typed::Text => {
            let text = plain(typed);
            return Ok(Some(Words { again: text.clone(), text, response: None }));
        }
    };
    call.usage(tx, problem).await.map(|()| None)
}

/// A text that begins like a command as it is typed to be sent all the same.
fn escaped(text: &str, prefix: &str) -> String {
    format!("{}{text}", if text.starts_with('/') { "/" } else { prefix })
}

/// The standard response of a shortcut, filled in for whoever it is for; one that is only to be shown, is.
async fn response(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    (to, ours): (&To, &Address),
    typed: &str,
) -> Result<Option<Words>> {
    let shortcut = typed.trim_end_matches(['?', '？']);
    let Some(sketch) = outbound::sketch(tx, call.agent, to, ours).await? else {
        return refuse(tx, call, of(to), NotTexted::NoQueue, Some(ours)).await.map(|()| None);
    };
    let all = usable(tx, &sketch.queue).await?;
    let Some(response) = of_shortcut(&all, shortcut) else {
        let (name, nearest) = (sanitize::cut(shortcut, 40), nearest(all.iter(), shortcut));
        let what = Missing::Response { name, nearest: nearest.map(str::to_owned) };
        return call.answer(tx, call.about(Says::no_such(what, "responses"))).await.map(|()| None);
    };
    if shortcut != typed {
        let says = responses::preview(tx, (&sketch, call.agent), response).await?;
        return call.answer(tx, call.about(says)).await.map(|()| None);
    }
    match filled(tx, call, &sketch, response).await? {
        Ok(words) => Ok(Some(words)),
        Err(problem) => call.bad_value(tx, &problem).await.map(|()| None),
    }
}

/// A response as it goes, or why it cannot go without a conversation.
async fn filled(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    sketch: &Interaction,
    response: &Response,
) -> Result<std::result::Result<Words, String>> {
    let again = format!("#{}", response.shortcut);
    if !response.media.is_empty() {
        return Ok(Err(format!(
            "{again} brings files, which go only in a conversation; write a text instead"
        )));
    }
    if !response.ask.is_empty() {
        let asks = response.ask.join(", ");
        return Ok(Err(format!(
            "{again} asks for {asks}, which only a conversation can; write a text instead"
        )));
    }
    let InWords { text, shown, .. } =
        match response_words::fill(tx, (sketch, Some(&call.agent.who)), response, &[]).await? {
            Ok(filled) => filled,
            Err(fault) => return Ok(Err(format!("{again} {fault}; an admin can mend it"))),
        };
    if !text.missing.is_empty() {
        let missing: Vec<String> = text.missing.iter().map(ToString::to_string).collect();
        return Ok(Err(format!(
            "{again} needs {}, which is not known; write a text instead",
            missing.join(", ")
        )));
    }
    // Commands that follow a response are for the room of a conversation, and here is none.
    let used = Used { shortcut: response.shortcut.clone(), shown, ..Used::default() };
    Ok(Ok(Words { text: text.text.trim().to_owned(), again, response: Some(used) }))
}

/// Says that nothing was sent, and why.
pub(super) async fn refuse(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    (contact, id): (&str, Option<&ContactId>),
    why: NotTexted,
    ours: Option<&Address>,
) -> Result<()> {
    let our_number = ours.map(|ours| ours.shown().into_owned());
    let refusal = SmsRefusal {
        contact: contact.to_owned(),
        contact_id: id.map(|id| id.as_str().to_owned()),
        why,
        our_number,
    };
    call.answer(tx, call.about(Says::SmsRefused(refusal))).await
}

/// What they are called, and their id if they are known.
pub(super) fn of(to: &To) -> (&str, Option<&ContactId>) {
    (&to.contact.name, to.known.as_ref().map(|known| &known.id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_begins_like_a_command_is_typed_again_so_that_it_is_sent() {
        for text in ["!done", "！done", "/me waves", "!!", "!"] {
            let again = escaped(text, "!");
            assert_eq!(prefix::classify(&again, "!"), Typed::Escaped(text.to_owned()), "{again}");
        }
    }
}
