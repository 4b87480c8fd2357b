//! An owner asks the supervisors for help, and the first of them who says yes comes in.

use std::time::Duration;

use super::{Refused, Step};
use crate::domain::agent::AgentRef;
use crate::domain::case;
use crate::domain::effect::{Amend, Place, Role};
use crate::domain::interaction::Hand;
use crate::domain::notice::{HandCard, PastLine, Says, StoryLine};

/// An owner who asks again this soon after they asked tells nobody anything new.
const AGAIN_AFTER: Duration = Duration::from_mins(1);

impl Step {
    /// The owner asks the supervisors who are to be told. They may ask again after a while, or once whoever
    /// came has left.
    ///
    /// # Errors
    /// [`Refused::HandUp`]; [`Refused::HandTaken`] while a supervisor who came looks on.
    pub(super) fn raise_hand(
        &mut self,
        by: AgentRef,
        (note, lines): (String, Vec<PastLine>),
        told: Vec<AgentRef>,
    ) -> Result<(), Refused> {
        match &self.next.hand {
            Some(hand) if hand.is_up() && self.at.since(hand.at) < AGAIN_AFTER => {
                return Err(Refused::HandUp);
            }
            Some(Hand { taken_by: Some(helper), .. }) if self.next.is_watched_by(&helper.id) => {
                return Err(Refused::HandTaken);
            }
            Some(_) | None => {}
        }
        self.take_hand_down();
        let number = self.next.hand.as_ref().map_or(0, |hand| hand.number) + 1;
        self.story.push(StoryLine::HandRaised { by: by.name.clone() });
        self.next.hand =
            Some(Hand { number, by, at: self.at, told: told.clone(), taken_by: None, is_down: false });
        let card = HandCard { note, lines, ..self.hand_card() };
        for supervisor in told {
            let role = self.hand_role(number, &supervisor);
            self.notify(Place::Console(supervisor.id), Says::Hand(card.clone()), Some(role));
        }
        Ok(())
    }

    /// A supervisor comes in, to help.
    ///
    /// # Errors
    /// [`Refused::HandDown`] if nobody asks for help any more; [`Refused::HandTaken`] if somebody else came;
    /// [`Refused::OwnsIt`].
    pub(super) fn take_hand(&mut self, by: &AgentRef, number: u32) -> Result<(), Refused> {
        let Some(hand) = self.next.hand.as_mut().filter(|hand| hand.number == number && !hand.is_down) else {
            return Err(Refused::HandDown);
        };
        if hand.taken_by.is_some() {
            return Err(Refused::HandTaken);
        }
        hand.taken_by = Some(by.clone());
        let is_here = self.next.is_watched_by(&by.id);
        self.watched(by, false)?;
        if is_here {
            self.tell_room(Says::Joined { by: by.name.clone(), barged: self.next.hears(&by.id) });
        }
        self.story.push(StoryLine::HandTaken { by: by.name.clone() });
        self.amend_hand();
        Ok(())
    }

    /// Nobody has to come any more.
    pub(super) fn take_hand_down(&mut self) {
        let Some(hand) = self.next.hand.as_mut().filter(|hand| hand.is_up()) else { return };
        hand.is_down = true;
        self.amend_hand();
    }

    /// Changes what the supervisors read to what became of it.
    fn amend_hand(&mut self) {
        let Some(hand) = self.next.hand.clone() else { return };
        let taken_by = hand.taken_by.map(|by| by.name);
        let card = HandCard { taken_by, is_over: hand.is_down, ..self.hand_card() };
        for supervisor in hand.told {
            let role = self.hand_role(hand.number, &supervisor);
            let notice = Says::Hand(card.clone()).about(&self.next.id);
            self.effects.push(Amend { to: Place::Console(supervisor.id), role, notice }.into());
        }
    }

    fn hand_role(&self, number: u32, supervisor: &AgentRef) -> Role {
        Role::Hand { interaction: self.next.id.clone(), number, agent: supervisor.id.clone() }
    }

    /// What the supervisors read, but for what its owner says.
    fn hand_card(&self) -> HandCard {
        let (case, case_more) = case::brief(&self.next.case);
        HandCard {
            contact: self.contact(),
            number: self.next.contact.number.shown().into_owned(),
            owner: self.next.hand.as_ref().map(|hand| hand.by.name.clone()).unwrap_or_default(),
            queue: self.next.queue.clone(),
            secs: self.at.since(self.next.created_at).as_secs(),
            note: String::new(),
            lines: vec![],
            case,
            case_more,
            room: self.next.room.clone(),
            taken_by: None,
            is_over: false,
        }
    }
}
