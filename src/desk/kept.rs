//! Texts that are kept and shown to nobody, or not one by one: of contacts who are blocked, and of addresses
//! from which more comes than anyone can read.

use std::time::Duration;

use super::{light, texts};
use crate::acts::forget;
use crate::commit::{Applied, Tx};
use crate::domain::address::Address;
use crate::domain::agent::AgentRef;
use crate::domain::effect::Place;
use crate::domain::flood::{Burst, Course, TOLD_EVERY};
use crate::domain::ids::InteractionId;
use crate::domain::input::ContactText;
use crate::domain::interaction::begin::Beginning;
use crate::domain::interaction::{Interaction, Kept, Phase};
use crate::domain::notice::{Notice, Says, StoryLine};
use crate::domain::reply::text_of;
use crate::domain::text::{phrases, sanitize};
use crate::domain::timer::{Due, Timer};
use crate::store::blocks::{self, Came};
use crate::store::transcript::{self, Line, LineKind};
use crate::store::{Result, contacts, history, interactions};

/// For how long what is only kept goes into one interaction.
const ONE_FOR: Duration = Duration::from_hours(24);
/// How much of the last text a notice shows, in characters.
const LAST_CHARS: usize = 300;
/// How many of the texts that came since a flood was told of last are searched for a wish to be left alone.
const MOST_HEARD: i64 = 100;
/// How many kinds of attachments are named.
const MOST_KINDS: usize = 10;

/// Our number and the contact's.
type Pair<'a> = (&'a Address, &'a Address);

/// Applies a text of a contact: it is shown, asks for nothing, or is only kept.
pub(super) async fn text(tx: &mut Tx<'_>, text: &ContactText) -> Result<Applied> {
    let body = texts::words(text);
    let open = match quietly(tx, text, &body).await? {
        Ok(applied) => return Ok(applied),
        Err(open) => open,
    };
    if light::joins(tx, text, &body).await? {
        return Ok(Applied::Done);
    }
    texts::text(tx, text, body, open).await
}

/// Keeps a text that is to be shown to nobody, or not by itself; the open interaction of its two numbers, if
/// it is like any other.
async fn quietly(
    tx: &mut Tx<'_>,
    text: &ContactText,
    body: &str,
) -> Result<std::result::Result<Applied, Option<Interaction>>> {
    let pair = (&text.to, &text.from);
    let (came, open) = tx.came(text).await?;
    let burst = match came {
        Came::Blocked(block) => {
            let into = match only_kept(tx, text, body, Kept::Blocked, block.by).await? {
                Ok(into) => into,
                Err(applied) => return Ok(Ok(applied)),
            };
            write_down(tx, &into, text, body).await?;
            let (heard, _) = texts::heard(tx, text, body).await?;
            texts::keep_wish(tx, &into, (text, body), &heard).await?;
            return Ok(Ok(Applied::Done));
        }
        Came::Counted(burst) => burst,
    };
    match burst.course() {
        Course::Shown => {
            // The flood is over: what it left is told of before anything else is shown.
            if burst.untold > 0 {
                tell_untold(tx, pair, None).await?;
            }
            Ok(Err(open))
        }
        course => muted(tx, text, body, burst, course).await.map(Ok),
    }
}

/// A text of a flood: it joins the open interaction without a sound, or is only kept.
async fn muted(
    tx: &mut Tx<'_>,
    text: &ContactText,
    body: &str,
    burst: Burst,
    course: Course,
) -> Result<Applied> {
    let pair = (&text.to, &text.from);
    let open = interactions::open_of(tx.db_unflushed().await?, pair.0, pair.1).await?;
    let into = if let Some(open) = open {
        open
    } else {
        let desk = forget::desk(tx);
        match only_kept(tx, text, body, Kept::Flood, desk).await? {
            Ok(into) => into,
            Err(applied) => return Ok(applied),
        }
    };
    write_down(tx, &into, text, body).await?;
    let (heard, _) = texts::heard(tx, text, body).await?;
    // What they say about being texted is told at once, also in a flood.
    if let Some(says) = texts::keep_wish(tx, &into, (text, body), &heard).await?.filter(|_| !into.is_done()) {
        tx.say(&Place::Session(into.id.clone()), says.about(&into.id), None).await?;
    }
    match course {
        Course::TooMuch => {
            blocks::told(tx.db_unflushed().await?, pair, burst.untold).await?;
            say(tx, &into, burst.untold, body, true).await?;
            if texts::hints_at_opt_out(body, heard) {
                hint(tx, &into).await?;
            }
        }
        Course::Collected => {
            let what = Due::Flood { interaction: into.id.clone() };
            tx.set(&Timer { due_at: tx.now + TOLD_EVERY, what }).await?;
        }
        Course::Counted | Course::Shown => {}
    }
    Ok(Applied::Done)
}

/// Tells of the texts of a flood that came since that was done last.
pub(super) async fn tell(tx: &mut Tx<'_>, id: &InteractionId) -> Result<Applied> {
    let Some(of) = interactions::by_id(tx.db().await?, id).await? else { return Ok(Applied::Done) };
    let (ours, theirs) = (of.our_number.clone(), of.contact.number.clone());
    tell_untold(tx, (&ours, &theirs), Some(of)).await?;
    Ok(Applied::Done)
}

/// Tells of all texts of a pair that were kept quiet and not told of, whenever they were written and whether
/// their flood is over or not: where the contact's texts go now, or else where these were written down.
async fn tell_untold(tx: &mut Tx<'_>, pair: Pair<'_>, of: Option<Interaction>) -> Result<()> {
    let Some(burst) = blocks::burst(tx.db().await?, pair).await?.filter(|burst| burst.untold > 0) else {
        return Ok(());
    };
    // Where there is no place for it now, its timer finds one.
    let Some(into) = newest(tx, pair, of).await? else { return Ok(()) };
    blocks::told(tx.db().await?, pair, burst.untold).await?;
    let words = transcript::last_words(tx.db().await?, &into.id).await?.unwrap_or_default();
    say(tx, &into, burst.untold, &words, false).await?;
    // Among so many texts nobody reads it: that is pointed out here.
    let last = history::last_said(tx.db_with_lines(&into.id).await?, &into.id, burst.untold.min(MOST_HEARD));
    let of_contact = |line: &Line| line.kind == LineKind::Contact;
    let wish = |line: &Line| of_contact(line) && phrases::wants_to_be_left_alone(text_of(&line.body));
    if last.await?.iter().any(wish) { hint(tx, &into).await } else { Ok(()) }
}

/// Points out in a room that a text of a flood sounds like a wish to be left alone.
async fn hint(tx: &mut Tx<'_>, of: &Interaction) -> Result<()> {
    if of.is_done() {
        return Ok(());
    }
    tx.say(&Place::Session(of.id.clone()), Says::OptOutHint.about(&of.id), None).await
}

/// Where the last text of a flood was written down.
async fn newest(tx: &mut Tx<'_>, pair: Pair<'_>, of: Option<Interaction>) -> Result<Option<Interaction>> {
    if let Some(open) = interactions::open_of(tx.db().await?, pair.0, pair.1).await? {
        return Ok(Some(open));
    }
    let whose = match (contacts::by_number(tx.db().await?, pair.1).await?, &of) {
        (Some(owner), _) => owner.id,
        (None, Some(of)) => of.contact.id.clone(),
        (None, None) => return Ok(None),
    };
    let since = tx.now - ONE_FOR;
    let kept = interactions::kept(tx.db().await?, pair, (&whose, Kept::Flood), since).await?;
    Ok(kept.or(of))
}

/// Tells whoever reads an interaction of a flood; the supervisors, where nobody does.
async fn say(tx: &mut Tx<'_>, of: &Interaction, count: i64, words: &str, begins: bool) -> Result<()> {
    let notice: Notice = Says::Flood {
        contact: of.contact.name.clone(),
        count: u32::try_from(count).unwrap_or(u32::MAX),
        text: sanitize::short_line(words, LAST_CHARS),
        mute_secs: tx.settings.desk.flood().mute.as_secs(),
        begins,
        only_kept: of.is_done(),
        contact_id: of.contact.id.as_str().to_owned(),
    }
    .about(&of.id);
    if of.is_done() {
        return tx.tell_supervisors(&notice).await;
    }
    tx.say(&Place::Session(of.id.clone()), notice, None).await
}

/// The interaction of these hours in which texts are only kept: it has no room, was offered to nobody, and is
/// done. Where none can be begun, what became of the text.
async fn only_kept(
    tx: &mut Tx<'_>,
    text: &ContactText,
    body: &str,
    why: Kept,
    by: AgentRef,
) -> Result<std::result::Result<Interaction, Applied>> {
    let (pair, since) = ((&text.to, &text.from), tx.now - ONE_FOR);
    // It is theirs with whom a conversation is open, else theirs whose number it is.
    let open = interactions::open_of(tx.db_unflushed().await?, pair.0, pair.1).await?;
    let whose = match &open {
        Some(open) => Some(open.contact.clone()),
        None => contacts::by_number(tx.db_unflushed().await?, pair.1).await?,
    };
    if let Some(whose) = whose
        && let Some(kept) =
            interactions::kept(tx.db_unflushed().await?, pair, (&whose.id, why), since).await?
    {
        return Ok(Ok(kept));
    }
    let beginning = match texts::beginning(tx, text, body).await? {
        Ok((beginning, _)) => beginning,
        Err(missing) => return texts::nowhere_to_go(tx, text, &missing).await.map(Err),
    };
    let beginning = match open {
        Some(Interaction { contact, case, .. }) => Beginning { contact, case, ..beginning },
        None => beginning,
    };
    let phase = Phase::Done { by, at: tx.now };
    let kept = Interaction { kept: Some(why), phase, ..Interaction::begin(beginning) };
    interactions::add(tx.db_unflushed().await?, &kept).await?;
    Ok(Ok(kept))
}

/// Writes a text down; of what came with it, that it was not fetched.
async fn write_down(tx: &mut Tx<'_>, into: &Interaction, text: &ContactText, body: &str) -> Result<()> {
    let from = text.from.shown().into_owned();
    tx.write_down(into, LineKind::Contact, &from, &texts::written(text, body), None).await?;
    tx.record_text(&into.id, &text.sid).await?;
    let count = u32::try_from(text.media.len()).unwrap_or(u32::MAX).saturating_add(text.left_out);
    if count == 0 {
        return Ok(());
    }
    let kinds = text.media.iter().map(|part| sanitize::name(&part.content_type));
    let kinds = kinds.filter(|kind| !kind.is_empty()).take(MOST_KINDS).collect();
    tx.tell_story(&into.id, &StoryLine::NotFetched { count, kinds }).await
}
