//! Commands for standard responses: finding, seeing and sending them, and filling in their blanks.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::subject::here;
use super::{Call, Command, Who, line, targets};
use crate::acts::replies::Saying;
use crate::acts::responses::{self, Wanted, of_shortcut, usable};
use crate::acts::rights::not_now;
use crate::commit::Tx;
use crate::domain::interaction::Interaction;
use crate::domain::notice::{ListRow, Missing, Problem, Refusal, Says};
use crate::domain::original::Original;
use crate::domain::response::{Response, ResponseFile, listed, nearest};
use crate::domain::text::sanitize;
use crate::store::{Result, contacts, replies, responses as response_store};

/// The commands of this family.
pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "reply",
        aliases: &[],
        arguments: "<shortcut> | <shortcut>?",
        does: "send a standard response; with ? behind it it is only shown. A message that is nothing but \
               #shortcut sends it too",
        who: Who::Everyone,
        changes: false,
        run: reply,
    },
    Command {
        name: "responses",
        aliases: &[],
        arguments: "[words]",
        does: "list standard responses for this conversation; a row sends that one",
        who: Who::Everyone,
        changes: false,
        run: list,
    },
    Command {
        name: "answer",
        aliases: &[],
        arguments: "<value> | cancel",
        does: "fill in the blank that a response asks you for; cancel drops the response, and nothing behind it \
               asks again",
        who: Who::Everyone,
        changes: false,
        run: answer,
    },
];

/// How much of a text a row shows, in characters.
const ROW_CHARS: usize = 100;

/// `!reply <shortcut>`, `!reply <shortcut>?`.
fn reply<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let typed = line::value(call.arguments);
        let (typed, is_shown) = match typed.strip_suffix(['?', '？']) {
            Some(typed) => (typed.trim_end(), true),
            None => (typed, false),
        };
        let Some(interaction) = here(tx, call).await? else { return Ok(()) };
        let typed = targets::key(tx, call, typed).await?;
        let shortcut = typed.trim_start_matches(['#', '＃']);
        if shortcut.is_empty() {
            return call.usage(tx, Problem::ShortcutMissing).await;
        }
        let all = usable(tx, &interaction.queue).await?;
        let Some(response) = of_shortcut(&all, shortcut) else {
            let (name, nearest) = (sanitize::cut(shortcut, 40), nearest(all.iter(), shortcut));
            let what = Missing::Response { name, nearest: nearest.map(str::to_owned) };
            return call.answer(tx, call.about(Says::no_such(what, "responses"))).await;
        };
        if is_shown {
            let says = responses::preview(tx, (&interaction, call.agent), response).await?;
            call.answer(tx, says.about(&interaction.id)).await?;
            for file in &response.media {
                let (shortcut, file) = (response.shortcut.clone(), original(file));
                call.answer(tx, Says::ResponseFile { shortcut, file }.about(&interaction.id)).await?;
            }
            return Ok(());
        }
        match call.said.session() {
            Some(session) => send(tx, call, session, response).await,
            None => call.usage(tx, Problem::NotInConversation).await,
        }
    }
    .boxed()
}

/// A file as a message shows it.
fn original(file: &ResponseFile) -> Original {
    Original {
        url: Some(file.url.clone()),
        file: file.shown().to_owned(),
        mime: file.mime.clone().unwrap_or_default(),
        bytes: file.bytes.unwrap_or_default(),
    }
}

async fn send(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    interaction: &Interaction,
    response: &Response,
) -> Result<()> {
    let (agent, event) = (call.agent, &call.said.event.event_id);
    if let Some(why) = not_now(interaction, agent, tx.now) {
        return tx.hold_back(interaction, event.clone(), &agent.who.user, why).await;
    }
    // A reaction picks a row of the list that it stands under: marks of two messages could not be told apart.
    if replies::by_event(tx.db().await?, &interaction.id, event).await?.is_some() {
        let says = Says::Refused { why: Refusal::PickedBefore };
        return call.answer(tx, says.about(&interaction.id)).await;
    }
    let at = call.said.event.at;
    let saying = Saying { interaction, agent, event, at, in_reply_to: None, response: None, files: &[] };
    responses::send(tx, Wanted { saying, typed: None, later: None }, response).await
}

/// `!responses [words]`.
fn list<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let Some(interaction) = here(tx, call).await? else { return Ok(()) };
        let words: Vec<String> = line::words(call.arguments).into_iter().map(str::to_owned).collect();
        let all = usable(tx, &interaction.queue).await?;
        let contact = contacts::by_id(tx.db().await?, &interaction.contact.id).await?;
        let language = contact.and_then(|contact| contact.language);
        let found = listed(&all, &interaction.queue, language.as_deref(), &words);
        let title = match &words[..] {
            [] => "Standard responses".to_owned(),
            words => format!("Standard responses with “{}”", sanitize::cut(&words.join(" "), 40)),
        };
        let texts = responses::in_rows(tx, (&interaction, call.agent), &found).await?;
        // In the room of a consult they are only shown.
        let run = if call.said.session().is_some() { "reply {}" } else { "reply {}?" };
        let rows = found.iter().zip(texts).map(|(response, text)| row(response, &text)).collect();
        targets::show(tx, call, &title, rows, run.to_owned()).await
    }
    .boxed()
}

fn row(response: &Response, text: &str) -> ListRow {
    let text = sanitize::cut(text, ROW_CHARS);
    let parts = [response.category.as_deref(), response.lang.as_deref(), Some(text.as_str())];
    ListRow {
        title: format!("#{}", response.shortcut),
        detail: parts.into_iter().flatten().collect::<Vec<_>>().join(" · "),
        key: response.shortcut.clone(),
        secs: None,
        room: None,
    }
}

/// `!answer <value>`, `!answer cancel`, and `!answer` alone.
fn answer<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let Some(interaction) = call.said.session() else {
            return call.usage(tx, Problem::NotInConversation).await;
        };
        let asked = response_store::asked(tx.db().await?, &interaction.id, &call.agent.who.id).await?;
        let Some(asking) = asked else {
            return call.answer(tx, Says::no_such(Missing::Blank, "responses").about(&interaction.id)).await;
        };
        let value = line::value(call.arguments);
        if value.eq_ignore_ascii_case("cancel") {
            return responses::drop_it(tx, &asking, false).await;
        }
        let said = (value, call.said.event.at);
        responses::answer(tx, (interaction, call.agent), asking, said).await
    }
    .boxed()
}
