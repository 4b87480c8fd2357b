//! A reply on its way to the phone: its turn, the provider's responses and reports.

use ruma::EventId;

use crate::acts::{consent, costs, forget, parked, responses, rights, spelling};
use crate::commit::{Applied, Submission, Tx};
use crate::desk::enclosed::{self, Gathered};
use crate::desk::outbound;
use crate::desk::reply_target::{self, over};
use crate::domain::consent::{Source, Wish};
use crate::domain::effect::{Effect, Notify, Place, Role};
use crate::domain::input::{Author, Claim, Made, Report};
use crate::domain::interaction::{Interaction, Mode, Phase};
use crate::domain::notice::{HeldBack, Quoted, Says, StoryLine};
use crate::domain::reply::{self, Answer, Outcome, PartState, Reply, Turn};
use crate::domain::sent_file::SentFile;
use crate::domain::session::Event;
use crate::domain::spelling::check::Found;
use crate::store::outbox::{self, Completed};
use crate::store::replies::Sending;
use crate::store::rooms::Posted;
use crate::store::{Result, agents, consent as consent_store, interactions, transcript};

/// It is a reply's turn: decides which part is submitted now, and commits that before it is. `is_next` if it
/// was read behind one whose answer is kept in the same commit, and may still have to wait for that.
pub(in crate::desk) async fn due(tx: &mut Tx<'_>, claim: &Claim, id: &str, is_next: bool) -> Result<Applied> {
    match tx.sending(claim, id).await? {
        Some(sending) if is_next && !sending.is_first => Ok(Applied::Lost),
        Some(sending) => next_turn(tx, claim, sending).await,
        None => over(tx, claim).await,
    }
}

/// The provider responded, or did not: keeps that and decides what is submitted next. A part that was not
/// processed has its turn again after the lane has waited.
pub(in crate::desk) async fn answered(
    tx: &mut Tx<'_>,
    claim: &Claim,
    id: &str,
    part: usize,
    answer: &Answer,
) -> Result<Applied> {
    let Some(mut sending) = tx.sending(claim, id).await? else {
        if let Answer::Accepted { sid, .. } = answer {
            forget::answered(tx, id, sid).await?;
        }
        return Ok(Applied::Lost);
    };
    let before = sending.reply.clone();
    let outcome = sending.reply.answered(part, answer, tx.now);
    tx.update_reply(sending.reply.clone()).await?;
    follow(tx, &sending.reply, outcome).await?;
    if is_news_of_opt_out(tx, &before, &sending.reply, part) {
        opted_out(tx, &sending.interaction, &sending.reply, part, Source::Answer).await?;
    }
    if is_taken(tx, &before, &sending.reply) {
        taken(tx, &sending.interaction, &mut sending.reply).await?;
    }
    if *answer == Answer::NotProcessed {
        return Ok(if sending.is_ours { Applied::Done } else { Applied::Lost });
    }
    next_turn(tx, claim, sending).await
}

/// A file of a reply is about to be read, or was: keeps that, so that one over which the program ends is not
/// read again by itself. [`Applied::Foreign`] for one that is not wanted any more.
pub(in crate::desk) async fn file_read(
    tx: &mut Tx<'_>,
    claim: &Claim,
    id: &str,
    (event, file): (&EventId, &SentFile),
    is_over: bool,
) -> Result<Applied> {
    let Some(mut sending) = tx.sending(claim, id).await? else { return Ok(Applied::Lost) };
    if !sending.is_ours {
        return Ok(Applied::Lost);
    }
    if !sending.reply.note_reading(event, file, !is_over) {
        return Ok(Applied::Foreign);
    }
    tx.update_reply(sending.reply).await?;
    Ok(Applied::Done)
}

/// A file of a reply was made ready, or cannot be: keeps that and decides what comes next.
pub(in crate::desk) async fn file_ready(
    tx: &mut Tx<'_>,
    claim: &Claim,
    id: &str,
    file: (&EventId, &SentFile),
    made: &Made,
) -> Result<Applied> {
    // One that was set aside comes again without the file, to nobody who would submit it.
    if matches!(made, Made::File { bytes, .. } if bytes.is_empty()) {
        return Ok(Applied::Lost);
    }
    let Some(mut sending) = tx.sending(claim, id).await? else { return Ok(Applied::Lost) };
    if !sending.is_ours {
        return Ok(Applied::Lost);
    }
    enclosed::made(tx, &sending.interaction, &mut sending.reply, file, made).await?;
    tx.update_reply(sending.reply.clone()).await?;
    next_turn(tx, claim, sending).await
}

async fn next_turn(tx: &mut Tx<'_>, claim: &Claim, sending: Sending) -> Result<Applied> {
    let Sending { mut reply, interaction, opted_out, is_blocked, is_ours, is_first, waits_since } = sending;
    // Where something goes before it since its turn came, the lane is read anew.
    if !is_ours || (!is_first && reply.is_yet_to_go()) {
        return Ok(Applied::Lost);
    }
    let cut = tx.settings.cut(interaction.contact.number.rules());
    let before = reply.clone();
    if is_blocked && let Some(outcome) = reply.stops(tx.now) {
        return blocked(tx, claim, &interaction, reply, outcome).await;
    }
    if reply.is_yet_to_go()
        && reply.by != tx.settings.bot
        && let Some(why) = rights::obstacle(tx, &interaction, &reply).await?
    {
        return Box::pin(may_not_go(tx, claim, &interaction, reply, why)).await;
    }
    if let Some(applied) = reply_target::look(tx, claim, &interaction, &mut reply).await? {
        return Ok(applied);
    }
    let is_late = waits_since.is_some_and(|since| tx.now.since(since) > tx.settings.desk.late());
    if is_late && let Some(outcome) = reply.comes_too_late(reply.by == tx.settings.bot, tx.now) {
        reply.note_not_sent(HeldBack::Late);
        tx.update_reply(reply.clone()).await?;
        follow(tx, &reply, outcome).await?;
        tx.complete(claim).await?;
        return Ok(Applied::Over);
    }
    let mut way = None;
    if !opted_out && reply.has_files_to_send() {
        // Few messages bring files; boxed, this does not make the step of the others larger.
        match Box::pin(enclosed::gather(tx, claim, &interaction, &mut reply)).await? {
            Gathered::All(found) => way = Some(found),
            Gathered::MayNotGo(why) => {
                return Box::pin(may_not_go(tx, claim, &interaction, reply, why)).await;
            }
            Gathered::NotYet => return Ok(Applied::Done),
        }
    }
    if !opted_out && let Some(question) = spelling::question(tx, &interaction, &reply).await? {
        if reply != before {
            tx.update_reply(reply).await?;
        }
        return Ok(Applied::CheckSpelling(question));
    }
    if let Some(way) = way
        && let Some(making) = Box::pin(enclosed::make_ready(tx, &interaction, &mut reply, way)).await?
    {
        return Ok(Applied::MakeReady(Box::new(making)));
    }
    let (turn, outcome) = reply.turn(|text| cut.parts(text), opted_out, tx.now);
    if reply != before {
        tx.update_reply(reply.clone()).await?;
    }
    tx.apply_outcome(outcome).await?;
    if before.is_waiting() {
        costs::tell(tx, &interaction, &reply).await?;
    }
    match turn {
        Turn::Submit { part, text } => {
            let files = reply.part(part).map(|part| reply.files_of(part)).unwrap_or_default();
            let files = files.into_iter().cloned().collect();
            let (from, to) = (interaction.our_number, interaction.contact.number);
            return Ok(Applied::Submit(Submission { part, text, files, from, to }));
        }
        Turn::Held => parked::park(tx, claim, &interaction, reply).await?,
        Turn::Over => tx.complete(claim).await?,
    }
    Ok(Applied::Over)
}

/// It is a message's turn, and its contact was blocked since: an agent is told that it was not sent, and of a
/// text of the desk's own the history says so.
async fn blocked(
    tx: &mut Tx<'_>,
    claim: &Claim,
    interaction: &Interaction,
    mut reply: Reply,
    outcome: Outcome,
) -> Result<Applied> {
    reply.note_not_sent(HeldBack::Blocked);
    tx.update_reply(reply.clone()).await?;
    tx.apply_outcome(outcome).await?;
    if reply.by == tx.settings.bot {
        tx.tell_story(&interaction.id, &StoryLine::NotSentToBlocked).await?;
    } else {
        hold_back(tx, interaction, &reply, HeldBack::Blocked).await?;
    }
    tx.complete(claim).await?;
    Ok(Applied::Over)
}

/// Tells the writer of a message, where they typed it, that it is not sent.
async fn hold_back(tx: &mut Tx<'_>, of: &Interaction, reply: &Reply, why: HeldBack) -> Result<()> {
    match &reply.said_in {
        Some(place) => {
            let says = Says::held_back(why, &reply.by);
            tell_elsewhere(tx, reply, &says, None).await?;
            tx.say(place, says.about(&of.id), Some(reply.event.clone())).await
        }
        None => tx.hold_back(of, reply.event.clone(), &reply.by, why).await,
    }
}

/// It is a message's turn, and it may not be sent: most often its writer no longer speaks with the contact.
async fn may_not_go(
    tx: &mut Tx<'_>,
    claim: &Claim,
    interaction: &Interaction,
    mut reply: Reply,
    why: HeldBack,
) -> Result<Applied> {
    let (event, is_first) = (reply.event.clone(), reply.is_waiting());
    reply.give_up();
    tx.update_reply(reply.clone()).await?;
    hold_back(tx, interaction, &reply, why).await?;
    // A message that was sent before stays in the transcript, but is not sent again. One that its writer may
    // still send stays held back.
    let stays = matches!(
        why,
        HeldBack::WindowClosed | HeldBack::MediaNotAllowed | HeldBack::NoMms | HeldBack::MayNotText
    );
    if is_first && !stays {
        transcript::keep_internal(tx.db().await?, &interaction.id, &event).await?;
    }
    over(tx, claim).await
}

/// The provider reports what became of a part. Reports come in any order and any number; only news changes
/// something.
pub(in crate::desk) async fn reported(tx: &mut Tx<'_>, report: &Report) -> Result<Applied> {
    let Some((id, part)) = reply::parse_part_id(&report.part) else { return Ok(Applied::Foreign) };
    let Some(mut reply) = tx.reply(id).await? else { return Ok(Applied::Foreign) };
    let before = reply.clone();
    let outcome = reply.reported(part, &report.sid, report.state, report.why.as_deref());
    if reply == before {
        return Ok(Applied::Seen);
    }
    tx.update_reply(reply.clone()).await?;
    follow(tx, &reply, outcome).await?;
    let (is_taken, is_opt_out) =
        (is_taken(tx, &before, &reply), is_news_of_opt_out(tx, &before, &reply, part));
    if (is_taken || is_opt_out)
        && let Some(interaction) = interactions::by_id(tx.db_unflushed().await?, &reply.interaction).await?
    {
        if is_opt_out {
            opted_out(tx, &interaction, &reply, part, Source::Callback).await?;
        }
        if is_taken {
            taken(tx, &interaction, &mut reply).await?;
        }
    }
    Ok(Applied::Done)
}

/// Whether the provider has now said of a part that it does not go because the contact has opted out.
fn is_news_of_opt_out(tx: &Tx<'_>, before: &Reply, reply: &Reply, part: usize) -> bool {
    let state = |reply: &Reply| reply.part(part).map(|part| part.state);
    match state(reply) {
        Some(PartState::Failed { code }) => {
            tx.settings.consent.is_opt_out(code) && state(reply) != state(before)
        }
        _ => false,
    }
}

/// The provider says that the contact has opted out: that is kept, unless they have opted in since the part
/// was sent, and what else waits for them is held back.
async fn opted_out(
    tx: &mut Tx<'_>,
    interaction: &Interaction,
    reply: &Reply,
    part: usize,
    source: Source,
) -> Result<()> {
    let (ours, theirs) = (&interaction.our_number, &interaction.contact.number);
    let newest = consent_store::standing(tx.db_unflushed().await?, ours, theirs).await?.newest();
    let sent_at = reply.part(part).and_then(|part| part.sent_at);
    if matches!((newest, sent_at), (Some((since, Wish::In)), Some(sent_at)) if since >= sent_at) {
        return Ok(());
    }
    let said = consent::Said { wish: Wish::Out, source, words: "", who: "", written_at: None };
    // Nobody reads in what is done; what of it did not go its writer reads elsewhere.
    if consent::said(tx, interaction, &said).await? && !matches!(interaction.phase, Phase::Done { .. }) {
        let pair = (&interaction.our_number, &interaction.contact.number);
        let says = consent::notice(tx, pair, &said).await?.about(&interaction.id);
        tx.say(&Place::Session(interaction.id.clone()), says, None).await?;
    }
    Ok(())
}

/// Whether the provider has now taken all of a message that answers the contact. An automatic reply is no
/// answer.
fn is_taken(tx: &Tx<'_>, before: &Reply, reply: &Reply) -> bool {
    before.is_under_way() && !reply.is_under_way() && !reply.has_failed() && reply.by != tx.settings.bot
}

/// The provider has taken all of a message: an answered page will soon be over, and what follows a standard
/// response is due.
async fn taken(tx: &mut Tx<'_>, interaction: &Interaction, reply: &mut Reply) -> Result<()> {
    responses::taken(tx, reply).await?;
    if interaction.reply_wait.is_some() {
        let written = transcript::line(tx.db().await?, &interaction.id, &reply.event).await?;
        let typed_at = written.map(|line| line.at);
        let since = typed_at.unwrap_or(tx.now);
        let next_text = transcript::first_text_after(tx.db().await?, &interaction.id, since).await?;
        tx.happens(interaction, Event::ReplyTaken { typed_at, next_text }).await?;
    } else if interaction.mode == Mode::Page {
        // Refused where the page is over already, or paused.
        tx.happens(interaction, Event::ReplyTaken { typed_at: None, next_text: None }).await?;
    }
    Ok(())
}

/// The provider's list was looked at for a part of unknown fate.
pub(in crate::desk) async fn part_lookup_done(
    tx: &mut Tx<'_>,
    claim: &Claim,
    part_id: &str,
    tries: u32,
    found: Option<&Report>,
) -> Result<Applied> {
    if outbox::complete(tx.db().await?, claim).await? == Completed::Lost {
        return Ok(Applied::Lost);
    }
    if let Some(report) = found {
        return reported(tx, report).await;
    }
    let Some((id, part)) = reply::parse_part_id(part_id) else { return Ok(Applied::Foreign) };
    let Some(mut reply) = tx.reply(id).await? else { return Ok(Applied::Foreign) };
    let outcome = reply.not_listed(part, tries, tx.now);
    tx.update_reply(reply.clone()).await?;
    follow(tx, &reply, outcome).await?;
    Ok(Applied::Done)
}

/// Keeps the outcome of an event of a reply. A writer who no longer owns the conversation reads what they
/// must know in their console too.
async fn follow(tx: &mut Tx<'_>, reply: &Reply, outcome: Outcome) -> Result<()> {
    for effect in &outcome.effects {
        if let Effect::Notify(Notify { notice, role, .. }) = effect {
            tell_elsewhere(tx, reply, &notice.says, role.clone()).await?;
        }
    }
    tx.apply_outcome(outcome).await
}

async fn tell_elsewhere(tx: &mut Tx<'_>, reply: &Reply, says: &Says, role: Option<Role>) -> Result<()> {
    if let Some(place) = &reply.said_in
        && Box::pin(outbound::reads(tx, reply, place)).await?
    {
        return Ok(());
    }
    let Some(interaction) = interactions::by_id(tx.db_unflushed().await?, &reply.interaction).await? else {
        return Ok(());
    };
    let of = Quoted { contact: interaction.contact.name.clone(), text: reply.in_words().into_owned() };
    let Some(says) = says.elsewhere(of).filter(|_| !interaction.is_owned_by_user(&reply.by)) else {
        return Ok(());
    };
    let Some(agent) = agents::by_user(tx.db_unflushed().await?, &reply.by).await? else { return Ok(()) };
    let (to, notice) = (Place::Console(agent.who.id), says.about(&interaction.id));
    tx.emit(Notify { to, notice, reply_to: None, role }).await
}

/// The dictionaries were asked about a message: it waits for its writer's word, or has its turn. If it was
/// edited since, they are asked again.
pub(in crate::desk) async fn spelling_checked(
    tx: &mut Tx<'_>,
    claim: &Claim,
    id: &str,
    (text, found): (&str, &Found),
) -> Result<Applied> {
    let Some(mut sending) = tx.sending(claim, id).await? else { return over(tx, claim).await };
    if !sending.is_ours {
        return Ok(Applied::Lost);
    }
    let is_asked = sending.reply.wants_spelling() && sending.reply.text == text;
    if is_asked && spelling::looked_at(tx, &mut sending.reply, found.clone()).await? {
        tx.complete(claim).await?;
        return Ok(Applied::Over);
    }
    next_turn(tx, claim, sending).await
}

/// The homeserver was asked who wrote what a message replies to.
pub(in crate::desk) async fn target_resolved(
    tx: &mut Tx<'_>,
    claim: &Claim,
    id: &str,
    by: Author,
) -> Result<Applied> {
    if !outbox::still_ours(tx.db().await?, claim).await? {
        return Ok(Applied::Lost);
    }
    let Some(mut reply) = tx.reply(id).await? else {
        return over(tx, claim).await;
    };
    match by {
        Author::Contact => {
            if let Some(event) = reply.in_reply_to.take() {
                let lane = Place::Session(reply.interaction.clone()).lane();
                tx.record_posted(&lane, &event, Posted::Contact).await?;
                tx.update_reply(reply.clone()).await?;
            }
            Box::pin(due(tx, claim, id, false)).await
        }
        Author::Bot => reply_target::keep(tx, claim, &mut reply).await,
        Author::Neither => {
            if let Some(interaction) = interactions::by_id(tx.db().await?, &reply.interaction).await? {
                let (event, writer) = (reply.event.clone(), reply.by.clone());
                tx.hold_back(&interaction, event, &writer, HeldBack::UnknownReply).await?;
            }
            reply_target::keep(tx, claim, &mut reply).await
        }
    }
}
