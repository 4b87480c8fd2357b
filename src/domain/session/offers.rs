//! Who is asked, and what they answer.

use std::time::Duration;

use super::{AgentChange, Counts, Refused, Step, Way};
use crate::clock::Millis;
use crate::domain::agent::AgentRef;
use crate::domain::case;
use crate::domain::consent::Source;
use crate::domain::conversation::offer::Via;
use crate::domain::effect::{Amend, Place, Role, TakeAway};
use crate::domain::ids::AgentId;
use crate::domain::interaction::{Interaction, Offer, PassedOver, Phase, Unanswered, Work};
use crate::domain::notice::{Preview, Question, Says, StoryLine, Withdrawn};
use crate::domain::timer::Due;

/// An agent who refused is asked again after this long, if nobody else could be asked.
pub const ROUND_AFTER: Duration = Duration::from_mins(1);
/// How long a contact has waited before an offer says so.
const WORTH_SAYING: Duration = Duration::from_mins(1);

impl Step {
    /// The queue asks.
    pub(super) fn offer(&mut self, to: Vec<AgentRef>, way: Way, counts: Counts, passed_over: &[PassedOver]) {
        // Asking an agent again begins a new round, in which the others may be asked again too.
        let new_round = passed_over.iter().any(|one| to.iter().any(|to| to.id == one.agent));
        let passed_over = if new_round { vec![] } else { passed_over.to_vec() };
        let (offer_ms, then) = match way {
            Way::Push { offer_ms, then } => (offer_ms, then),
            Way::Pick => (self.next.rules.offer_ms, Unanswered::Withdrawn),
        };
        let invited = matches!(way, Way::Push { .. });
        let offer = self.ask(to, invited, None, then, offer_ms, "", counts);
        self.enter(Phase::Offered { offer: offer.clone(), passed_over });
        if offer_ms == 0
            && then != Unanswered::Withdrawn
            && let [agent] = offer.to.as_slice()
        {
            self.accept(&offer, agent, Via::Word);
        }
    }

    /// Makes an offer: previews in the consoles, an invite, and a timer.
    #[expect(clippy::too_many_arguments, reason = "these are the parts of an offer, each said once")]
    pub(super) fn ask(
        &mut self,
        to: Vec<AgentRef>,
        invited: bool,
        by: Option<AgentRef>,
        then: Unanswered,
        offer_ms: u64,
        note: &str,
        counts: Counts,
    ) -> Offer {
        self.next.offers += 1;
        self.next.others = counts;
        let expires_at = self.at + Duration::from_millis(offer_ms);
        let number = self.next.offers;
        let rings_at = self.rings_at(then, offer_ms);
        let offer = Offer {
            number,
            to,
            invited,
            by,
            then,
            expires_at,
            put_off: false,
            rings_at,
            rang: false,
            or_queue: false,
        };
        for agent in &offer.to {
            self.show(&offer, agent, note);
            if invited {
                self.invite(agent);
            }
        }
        let to = offer.to.iter().map(|to| to.name.clone()).collect();
        self.story.push(StoryLine::Offered { to });
        if offer_ms > 0 {
            let what = Due::OfferExpires { interaction: self.next.id.clone(), number: offer.number };
            self.timer(expires_at, what);
        }
        self.ring_later(number, rings_at);
        offer
    }

    /// When an offer that is made now, and stands for so long, rings once more: before it is half over. One
    /// that is accepted in any case needs no answer.
    fn rings_at(&self, then: Unanswered, offer_ms: u64) -> Option<Millis> {
        let after = self.next.rules.ring_ms.min(offer_ms / 2);
        (then == Unanswered::Withdrawn && after > 0).then(|| self.at + Duration::from_millis(after))
    }

    fn ring_later(&mut self, number: u32, rings_at: Option<Millis>) {
        if let Some(rings_at) = rings_at {
            let interaction = self.next.id.clone();
            self.timer(rings_at, Due::OfferRings { interaction, number, rings_at });
        }
    }

    /// Nobody has answered: the phones of those who are asked ring once more.
    ///
    /// # Errors
    /// [`Refused::Stale`] if it is over, has rung, or rings at another moment by now.
    pub(super) fn ring(&mut self, number: u32, meant: Millis) -> Result<(), Refused> {
        let open = self.open_offer().filter(|offer| offer.number == number && offer.rings_at == Some(meant));
        let Some(offer) = open else { return Err(Refused::Stale) };
        (offer.rings_at, offer.rang) = (None, true);
        let offer = offer.clone();
        for agent in &offer.to {
            let says = Says::OfferRing {
                contact: self.contact(),
                secs: offer.expires_at.since(self.at).as_secs(),
                expires_at: offer.expires_at,
            };
            let role = self.ring_role(&offer, agent);
            self.notify(Place::Console(agent.id.clone()), says, Some(role));
        }
        Ok(())
    }

    fn open_offer(&mut self) -> Option<&mut Offer> {
        match &mut self.next.phase {
            Phase::Offered { offer, .. } | Phase::Owned { transfer: Some(offer), .. } => Some(offer),
            Phase::Queued { .. } | Phase::Owned { transfer: None, .. } | Phase::Done { .. } => None,
        }
    }

    /// The preview in an agent's console.
    fn show(&mut self, offer: &Offer, agent: &AgentRef, note: &str) {
        let (case, case_more) = case::brief(&self.next.case);
        let preview = Says::Offer(Question::Session(Preview {
            contact: self.contact(),
            number: self.next.contact.number.shown().into_owned(),
            answerable: self.next.contact.number.can_be_answered(),
            our_number: self.next.our_number.shown().into_owned(),
            mode: self.next.mode,
            callback: self.next.callback.is_some(),
            queue: self.next.queue.clone(),
            case,
            case_more,
            tags: self.next.tags.clone(),
            text: self.next.first_text.clone(),
            others: self.next.others.clone(),
            waited_secs: self.waited().map(|waited| waited.as_secs()),
            by: offer.by.as_ref().map(|by| by.name.clone()),
            note: note.to_owned(),
            then: offer.then,
            secs: offer.expires_at.since(self.at).as_secs(),
            expires_at: offer.expires_at,
        }));
        let role = self.role(offer, agent);
        self.notify(Place::Console(agent.id.clone()), preview, Some(role));
    }

    /// How long the contact has waited for an answer, from a minute on. Nothing where that is not known: an
    /// agent had the conversation, and nobody counts how long their answers take.
    fn waited(&self) -> Option<Duration> {
        let Interaction { reply_wait, enqueued_at, owner_replied, callback, .. } = &self.next;
        let is_first = !owner_replied && callback.is_none() && !self.next.is_outbound();
        let since = reply_wait.as_ref().map(|wait| wait.since).or(is_first.then_some(*enqueued_at))?;
        Some(self.at.since(since)).filter(|waited| *waited >= WORTH_SAYING)
    }

    /// An agent sees an offer only now: it stands for its whole time from here. An offer that is accepted in
    /// any case is not put off.
    ///
    /// # Errors
    /// [`Refused::Stale`] if it is over, or is accepted in any case.
    pub(super) fn shown_late(&mut self, number: u32) -> Result<(), Refused> {
        let offer_ms = self.next.rules.offer_ms;
        let expires_at = self.at + Duration::from_millis(offer_ms);
        let rings_at = self.rings_at(Unanswered::Withdrawn, offer_ms);
        let open = self.open_offer();
        let open = open.filter(|offer| offer.number == number && offer.then == Unanswered::Withdrawn);
        let Some(offer) = open else { return Err(Refused::Stale) };
        (offer.expires_at, offer.put_off) = (expires_at, true);
        offer.rings_at = rings_at.filter(|_| !offer.rang);
        let rings_at = offer.rings_at;
        self.changed();
        self.timer(expires_at, Due::OfferExpires { interaction: self.next.id.clone(), number });
        self.ring_later(number, rings_at);
        Ok(())
    }

    fn role(&self, offer: &Offer, agent: &AgentRef) -> Role {
        let (interaction, agent) = (self.next.id.clone(), agent.id.clone());
        Role::Offer { interaction, number: offer.number, agent }
    }

    fn ring_role(&self, offer: &Offer, agent: &AgentRef) -> Role {
        let (interaction, agent) = (self.next.id.clone(), agent.id.clone());
        Role::Ring { interaction, number: offer.number, agent }
    }

    /// More agents turned ready while everyone is being asked.
    pub(super) fn show_to_more(
        &mut self,
        mut offer: Offer,
        passed_over: Vec<PassedOver>,
        to: Vec<AgentRef>,
        counts: Counts,
    ) {
        self.next.others = counts;
        for agent in to {
            let knows = offer.asks(&agent.id) || passed_over.iter().any(|one| one.agent == agent.id);
            if !knows {
                self.show(&offer, &agent, "");
                offer.to.push(agent);
            }
        }
        self.next.phase = Phase::Offered { offer, passed_over };
    }

    /// An agent takes what their queue offered.
    pub(super) fn accept(&mut self, offer: &Offer, by: &AgentRef, via: Via) {
        self.amend(offer, by, self.taken(self.comes_by_accepting(by, via)));
        for other in offer.to.iter().filter(|other| other.id != by.id) {
            let why = Withdrawn::Taken { by: by.name.clone() };
            self.amend(offer, other, Says::OfferWithdrawn { contact: self.contact(), why });
        }
        if !offer.invited {
            self.invite(by);
        }
        self.own(by, via);
    }

    /// What whoever takes it reads. One who is not in its room reads how long they have to join it, once
    /// there is one.
    pub(super) fn taken(&self, is_inside: bool) -> Says {
        let Interaction { room, others, rules, .. } = &self.next;
        Says::OfferAccepted {
            contact: self.contact(),
            room: room.clone(),
            others: others.clone(),
            join_secs: (!is_inside && room.is_some()).then(|| rules.offer_ms.max(1).div_ceil(1000)),
        }
    }

    /// Whether who accepts is in the room by that: they joined it, or looked on in it.
    pub(super) fn comes_by_accepting(&self, by: &AgentRef, via: Via) -> bool {
        via == Via::Membership || self.next.watchers.iter().any(|one| one.agent.id == by.id && one.here)
    }

    /// An agent becomes the owner. If they are not in the room yet, they have as long as an offer stands to
    /// come; a supervisor who looked on is there already.
    pub(super) fn own(&mut self, owner: &AgentRef, via: Via) {
        self.story.push(StoryLine::Accepted { by: owner.name.clone() });
        let is_inside = self.comes_by_accepting(owner, via);
        self.forget_watcher(&owner.id);
        self.agents.push((owner.id.clone(), AgentChange::Worked));
        (self.next.owner_replied, self.next.page_over_at) = (true, None);
        let phase = Phase::Owned { owner: owner.clone(), come_by: None, work: Work::Active, transfer: None };
        self.enter(phase);
        self.begin_reply_time_anew();
        self.warn_of_opt_out();
        self.watch_for_quiet();
        if !is_inside {
            self.wait_for_new_owner();
        }
        self.topic();
    }

    /// Whoever answers reads in the room that the contact wants no texts.
    fn warn_of_opt_out(&mut self) {
        let Counts { opted_out: true, provider_blocks, .. } = self.next.others else { return };
        let says =
            Says::OptedOut { by: String::new(), source: Source::Earlier, provider_blocks, again: false };
        self.notify(Place::Session(self.next.id.clone()), says, None);
    }

    /// An agent declines.
    ///
    /// # Errors
    /// [`Refused::NotRefusable`] if it is theirs whatever they say.
    pub(super) fn reject(
        &mut self,
        offer: Offer,
        passed_over: Vec<PassedOver>,
        by: &AgentId,
        via: Via,
        reason: &str,
    ) -> Result<(), Refused> {
        if offer.then == Unanswered::AcceptedInAnyCase {
            return Err(Refused::NotRefusable);
        }
        self.pass_over(offer, passed_over, by, via, reason)
    }

    /// Takes an agent out of an offer; with the last of them, it goes back to the queue.
    ///
    /// # Errors
    /// [`Refused::NothingOffered`] if they were not asked.
    pub(super) fn pass_over(
        &mut self,
        mut offer: Offer,
        mut passed_over: Vec<PassedOver>,
        by: &AgentId,
        via: Via,
        reason: &str,
    ) -> Result<(), Refused> {
        let Some(place) = offer.to.iter().position(|to| to.id == *by) else {
            return Err(Refused::NothingOffered);
        };
        self.amend(&offer, &offer.to[place].clone(), Says::OfferRejected { contact: self.contact() });
        let agent = offer.to.remove(place);
        self.story.push(StoryLine::Rejected { by: agent.name.clone(), reason: reason.to_owned() });
        match via {
            Via::Membership => self.watcher_left(&agent.id),
            Via::Word if offer.invited => self.uninvite(&agent),
            Via::Word => {}
        }
        passed_over.push(PassedOver { agent: agent.id, at: self.at });
        if offer.to.is_empty() {
            self.back_to_queue(passed_over);
        } else {
            self.next.phase = Phase::Offered { offer, passed_over };
        }
        Ok(())
    }

    /// Nobody answered in time.
    pub(super) fn offer_expired(&mut self, offer: &Offer, mut passed_over: Vec<PassedOver>) {
        if offer.then != Unanswered::Withdrawn
            && let [agent] = offer.to.as_slice()
        {
            return self.accept(offer, agent, Via::Word);
        }
        for agent in &offer.to {
            let contact = self.contact();
            if offer.invited {
                let callback = self.next.callback.is_some();
                self.amend(offer, agent, Says::OfferTimedOut { contact, callback, not_ready: true });
                self.uninvite(agent);
                self.agents.push((agent.id.clone(), AgentChange::NoAnswer));
            } else {
                // An agent who may pick need not, so they have missed nothing.
                let why = Withdrawn::NobodyInTime;
                self.amend(offer, agent, Says::OfferWithdrawn { contact, why });
            }
            self.story.push(StoryLine::NoAnswer { by: agent.name.clone() });
            passed_over.push(PassedOver { agent: agent.id.clone(), at: self.at });
        }
        self.back_to_queue(passed_over);
    }

    /// Waits again, in its old place.
    pub(super) fn back_to_queue(&mut self, passed_over: Vec<PassedOver>) {
        (self.next.expires_at, self.next.page_over_at) = (None, None);
        let had_owner = self.next.owner().is_some();
        self.enter(Phase::Queued { passed_over });
        self.run_or_stop_reply_time();
        if had_owner {
            self.overflow_anew();
        }
        self.route();
        let queue = self.next.queue.clone();
        self.timer(self.at + ROUND_AFTER, Due::RouteAgain { queue });
    }

    /// Withdraws an offer.
    pub(super) fn withdraw(&mut self, offer: &Offer, why: &Withdrawn) {
        for agent in &offer.to {
            self.amend(offer, agent, Says::OfferWithdrawn { contact: self.contact(), why: why.clone() });
            if offer.invited {
                self.uninvite(agent);
            }
        }
    }

    /// Takes back the invite of an offer that is over. A supervisor who looks on stays.
    pub(super) fn uninvite(&mut self, agent: &AgentRef) {
        if !self.next.is_watched_by(&agent.id) {
            self.remove(agent, "the offer is over");
        }
    }

    /// Changes the preview in an agent's console to the outcome, and takes away what rang once more.
    pub(super) fn amend(&mut self, offer: &Offer, agent: &AgentRef, says: Says) {
        let (to, role) = (Place::Console(agent.id.clone()), self.role(offer, agent));
        self.effects.push(Amend { to, role, notice: says.about(&self.next.id) }.into());
        if offer.rang {
            let (to, role) = (Place::Console(agent.id.clone()), self.ring_role(offer, agent));
            self.effects.push(TakeAway { to, role }.into());
        }
    }
}
