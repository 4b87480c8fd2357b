//! A callback is due: it becomes an interaction of its own, which is queued and offered, or waits for its
//! queue to open.

use ruma::EventId;

use super::texts;
use crate::acts::callbacks::{self as acts, give_up, item, says};
use crate::acts::contacts::see_to_ghost;
use crate::acts::ids::{fresh_alias, fresh_id};
use crate::clock::Millis;
use crate::commit::{Applied, Tx};
use crate::domain::callback::{Callback, Fate, fate};
use crate::domain::effect::{OpenRoom, Place};
use crate::domain::interaction::begin::Beginning;
use crate::domain::interaction::{CalledBack, Interaction, Mode, Rules};
use crate::domain::notice::{CallbackDue, CallbackNews, NotCalled, Says};
use crate::domain::queue::QueueSettings;
use crate::store::{Result, agents, blocks, callbacks, interactions};

/// The key of the case data that holds what is noted about it.
const NOTE: &str = "callback";

/// It is due.
pub(super) async fn due(tx: &mut Tx<'_>, event: &EventId, at: Millis) -> Result<Applied> {
    let found = callbacks::by_event(tx.db().await?, event).await?;
    // It was taken back, or is due at another time.
    let Some(mut callback) = found.filter(|callback| callback.due_at == at) else { return Ok(Applied::Done) };
    fail::fail_point!("callback_due", |_| std::process::abort());
    let Some(of) = interactions::by_id(tx.db().await?, &callback.interaction).await? else {
        callbacks::remove(tx.db().await?, event).await?;
        return Ok(Applied::Done);
    };
    let now = tx.now;
    let blocked = blocks::of(tx.db().await?, &of.contact.id, now).await?.is_some();
    let settings = queue(tx, &mut callback, &of).await?;
    let hours = settings.as_ref().map(|settings| settings.hours.as_ref()).ok_or(NotCalled::NoQueue);
    match (fate(&of, blocked, hours, now), settings) {
        (Fate::Begins, Some(settings)) => begin(tx, &of, &callback, &settings).await?,
        (Fate::Waits(until), _) => {
            callback.due_at = until;
            callbacks::keep(tx.db().await?, &callback).await?;
            tx.set(&callback.timer()).await?;
            if let Some(who) = agents::by_id(tx.db().await?, &callback.by.id).await? {
                let items = vec![item(tx, &callback, &of.contact.name).await?];
                let says = says(tx, CallbackNews::PutOff, items);
                tx.say(&Place::Console(who.who.id), says.about(&of.id), None).await?;
            }
        }
        (Fate::Drops(why), _) => give_up(tx, &of, &callback, why).await?,
        (Fate::Begins, None) => give_up(tx, &of, &callback, NotCalled::NoQueue).await?,
    }
    Ok(Applied::Done)
}

/// What its queue is set to; that of its conversation, where its own is no longer there.
async fn queue(tx: &mut Tx<'_>, callback: &mut Callback, of: &Interaction) -> Result<Option<QueueSettings>> {
    if let Some(settings) = agents::queue(tx.db().await?, &callback.queue).await? {
        return Ok(Some(settings));
    }
    callback.queue = of.queue.clone();
    agents::queue(tx.db().await?, &of.queue).await
}

/// It is queued, with what was said before, and with what is known of the contact.
async fn begin(
    tx: &mut Tx<'_>,
    of: &Interaction,
    callback: &Callback,
    settings: &QueueSettings,
) -> Result<()> {
    let note = acts::note(tx, callback).await?;
    callbacks::remove(tx.db().await?, &callback.event).await?;
    see_to_ghost(tx, &of.contact.number).await?;
    let mut case = of.case.clone();
    case.retain(|(key, _)| key != NOTE);
    if !note.is_empty() {
        case.insert(0, (NOTE.to_owned(), note.clone()));
    }
    let beginning = Beginning {
        id: fresh_id(tx).await?,
        mode: Mode::Session,
        contact: of.contact.clone(),
        our_number: of.our_number.clone(),
        queue: callback.queue.clone(),
        // Nothing is written here that would wait for an answer.
        rules: Rules { replies: None, ..tx.settings.rules(settings) },
        case,
        first_text: String::new(),
        last_agent: callback.personal.then(|| callback.by.id.clone()),
        alias: fresh_alias(),
        at: tx.now,
    };
    let called_back =
        CalledBack { parent: of.id.clone(), by: callback.by.name.clone(), wanted_at: callback.when.at };
    let begun = Interaction {
        callback: Some(Box::new(called_back)),
        is_theirs: callback.personal,
        ..Interaction::begin(beginning)
    };
    interactions::add(tx.db().await?, &begun).await?;
    tx.record(&begun).await?;
    tx.emit(OpenRoom { interaction: begun.id.clone() }).await?;
    let place = Place::Session(begun.id.clone());
    let says = Says::CallbackDue(CallbackDue {
        contact: of.contact.name.clone(),
        number: of.contact.number.shown().into_owned(),
        by: callback.by.name.clone(),
        note,
        at: callback.when.at,
    });
    tx.say(&place, says.about(&begun.id), None).await?;
    texts::tell_earlier(tx, &begun, of).await
}
