//! What contacts say about being texted, and what comes of it: what waits is held back or goes, and whoever
//! speaks with them is told.

use crate::acts::parked;
use crate::clock::Millis;
use crate::commit::Tx;
use crate::domain::address::Address;
use crate::domain::consent::{Change, Source, Wish};
use crate::domain::effect::Place;
use crate::domain::ids::InteractionId;
use crate::domain::interaction::Interaction;
use crate::domain::notice::Says;
use crate::domain::text::sanitize;
use crate::store::{Result, consent, interactions};

/// How many of a contact's open conversations are told; more there are only where the desk has more numbers.
const MOST_TOLD: i64 = 50;
/// How much of the words is kept, in characters.
const WORDS_CHARS: usize = 200;

/// What a contact wants, and how that came to be known.
pub(crate) struct Said<'s> {
    /// What they want.
    pub(crate) wish: Wish,
    /// How it came to be known.
    pub(crate) source: Source,
    /// The words that said it; none where nobody said any.
    pub(crate) words: &'s str,
    /// The name of the agent who says so; nobody where that is the desk itself.
    pub(crate) who: &'s str,
    /// When the contact wrote it, which may be long ago; nothing where they wrote nothing.
    pub(crate) written_at: Option<Millis>,
}

impl Said<'_> {
    /// Whether it is kept though it is no news: the contact themselves said it, in words that mean nothing
    /// else. YES is one of the provider's words for wanting texts, and most often the answer to a question.
    fn is_meant(&self) -> bool {
        let may_be_an_answer = self.wish == Wish::In
            && self.source != Source::Provider
            && self.words.trim().eq_ignore_ascii_case("yes");
        // Where an agent says how they know it, that is kept too.
        let is_told = self.source == Source::Agent && !self.words.is_empty();
        is_told || (self.written_at.is_some() && !may_be_an_answer)
    }
}

/// Keeps what a contact of an interaction wants. Returns whether that is news; then all their open
/// conversations that it reaches are told, but for this one, and what waited in any goes where it may.
pub(crate) async fn said(tx: &mut Tx<'_>, interaction: &Interaction, said: &Said<'_>) -> Result<bool> {
    let (ours, theirs) = (&interaction.our_number, &interaction.contact.number);
    let standing = consent::standing(tx.db_unflushed().await?, ours, theirs).await?;
    let scope = tx.settings.consent.scope(ours, standing.sender.as_deref());
    let at = said.written_at.map_or(tx.now, |written_at| written_at.min(tx.now));
    // What is fetched late takes back nothing that was said since.
    if standing.newest().is_some_and(|(newest, _)| newest > at) {
        return Ok(false);
    }
    let is_news = !standing.knows(&scope, said.wish);
    let change = Change {
        id: tx.line_id(),
        address: theirs.clone(),
        scope: scope.clone(),
        ours: Some(ours.clone()),
        wish: said.wish,
        source: said.source,
        words: sanitize::short_line(said.words, WORDS_CHARS),
        who: said.who.to_owned(),
        at,
    };
    // What is said again holds from then on: whatever was said in between may be fetched later.
    if is_news || said.is_meant() && !is_kept(tx, interaction, &change).await? {
        consent::add(tx.db_unflushed().await?, &change).await?;
    }
    let mut others = consent::open_in(tx.db_unflushed().await?, theirs, &scope, MOST_TOLD).await?;
    others.retain(|id| *id != interaction.id);
    // What the provider would refuse waits on, until a text of theirs lifts that.
    if said.wish == Wish::In && !is_held_by_provider(tx, ours, theirs).await? {
        for id in others.iter().chain([&interaction.id]) {
            parked::release(tx, id).await?;
        }
    }
    if !is_news {
        return Ok(false);
    }
    for id in others.iter().chain([&interaction.id]) {
        offered_with(tx, id, (ours, theirs)).await?;
    }
    let says = notice(tx, (ours, theirs), said).await?;
    for id in &others {
        tx.say(&Place::Session(id.clone()), says.clone().about(id), None).await?;
    }
    Ok(true)
}

/// What is known of an open conversation's contact since it was offered: whoever takes it reads that.
async fn offered_with(
    tx: &mut Tx<'_>,
    id: &InteractionId,
    (ours, theirs): (&Address, &Address),
) -> Result<()> {
    let opted_out = consent::is_out(tx.db_unflushed().await?, ours, theirs).await?;
    let provider_blocks = opted_out && is_held_by_provider(tx, ours, theirs).await?;
    let Some(mut of) = interactions::by_id(tx.db_unflushed().await?, id).await? else { return Ok(()) };
    let known = (of.others.opted_out, of.others.provider_blocks);
    if of.is_done() || known == (opted_out, provider_blocks) {
        return Ok(());
    }
    (of.others.opted_out, of.others.provider_blocks) = (opted_out, provider_blocks);
    interactions::save(tx.db_unflushed().await?, &of).await
}

/// Whether an agent said the same before, in the same words, and nothing was said since.
async fn is_kept(tx: &mut Tx<'_>, of: &Interaction, change: &Change) -> Result<bool> {
    if change.source != Source::Agent {
        return Ok(false);
    }
    let current = consent::current(tx.db_unflushed().await?, &of.contact.id, MOST_TOLD).await?;
    Ok(current.iter().any(|known| {
        let same_pair = (&known.address, &known.scope) == (&change.address, &change.scope);
        same_pair && (known.source, known.wish) == (change.source, change.wish) && known.words == change.words
    }))
}

/// What the room reads of it, once it is kept.
pub(crate) async fn notice(
    tx: &mut Tx<'_>,
    (ours, theirs): (&Address, &Address),
    said: &Said<'_>,
) -> Result<Says> {
    let provider_blocks = is_held_by_provider(tx, ours, theirs).await?;
    let by = if said.who.is_empty() { said.words } else { said.who };
    let (by, source) = (sanitize::short_line(by, WORDS_CHARS), said.source);
    Ok(match said.wish {
        Wish::In => Says::OptedIn { by, source, provider_blocks, again: false },
        Wish::Out => Says::OptedOut { by, source, provider_blocks, again: false },
    })
}

/// Whether the provider itself sends a contact nothing from a number of ours, whatever the desk knows: only a
/// text of theirs lifts that.
pub(crate) async fn is_held_by_provider(tx: &mut Tx<'_>, ours: &Address, theirs: &Address) -> Result<bool> {
    let sender = consent::standing(tx.db_unflushed().await?, ours, theirs).await?.sender;
    let scope = tx.settings.consent.scope(ours, sender.as_deref());
    let heard = consent::heard(tx.db_unflushed().await?, (ours, theirs), &scope).await?;
    Ok(heard.is_some_and(|(wish, source, words)| {
        wish == Wish::Out && tx.settings.consent.is_held_by_provider(source, &words, theirs.channel())
    }))
}
