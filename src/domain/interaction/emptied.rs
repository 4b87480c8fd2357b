//! What is left of an interaction whose content is not kept any longer.

use super::{ContactRef, Interaction, Phase};
use crate::clock::Millis;
use crate::domain::address::Address;
use crate::domain::ids::ErasureId;
use crate::domain::session::Counts;
use crate::domain::timer::{Due, LEAVE_AFTER, Timer};

impl Interaction {
    /// What is left of it when its content is erased: what reports count, when it was, who had it and how it
    /// ended; whose it was only by the contact's id.
    #[must_use]
    pub fn emptied(&self, at: Millis) -> Self {
        let mut left = self.clone();
        left.contact.name = String::new();
        left.contact.number = Address::new(self.contact.number.channel(), "");
        (left.case, left.tags, left.first_text) = (vec![], vec![], String::new());
        (left.expires_at, left.pictures_until, left.answerable_until) = (None, None, None);
        (left.room, left.alias) = (None, String::new());
        (left.reply_wait, left.overflow, left.hand) = (None, None, None);
        left.call = left.call.map(|call| Box::new(call.emptied(at)));
        left.emptied_at = Some(at);
        left
    }

    /// What is left of it when its contact is erased: the same, and nothing that tells whose it was.
    #[must_use]
    pub fn erased(&self, by: &ErasureId, at: Millis) -> Self {
        Self {
            contact: ContactRef::erased(),
            erased: Some(by.clone()),
            kept_days: None,
            last_agent: None,
            is_theirs: false,
            page_over_at: None,
            done_refused_for: None,
            others: Counts::default(),
            watchers: vec![],
            ..self.emptied(at)
        }
    }

    /// The timer by which bot and ghost leave its room; none before it is done.
    #[must_use]
    pub fn leave_timer(&self) -> Option<Timer> {
        let Phase::Done { at, .. } = self.phase else { return None };
        Some(Timer { due_at: at + LEAVE_AFTER, what: Due::LeaveRoom { interaction: self.id.clone() } })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::samples;

    #[test]
    fn what_is_left_of_a_conversation_tells_what_reports_count_and_nothing_of_what_was_said() {
        let at = Millis(9);
        let done = samples::interaction(samples::done());
        let whole = Interaction {
            case: vec![("order".to_owned(), "4711".to_owned())],
            tags: vec!["smith".to_owned()],
            first_text: "where is it?".to_owned(),
            ..done
        };
        let left = whole.emptied(at);
        let json = serde_json::to_string(&left).unwrap();
        let ContactRef { name, number, id } = &whole.contact;
        for gone in [name.as_str(), number.value(), "4711", "smith", "where is it?", whole.alias.as_str()] {
            assert!(!gone.is_empty() && !json.contains(gone), "{gone}: {json}");
        }
        assert_eq!((&left.contact.id, left.state(), left.emptied_at), (id, "done", Some(at)));
        assert_eq!(
            (&left.queue, &left.phase, &left.disposition),
            (&whole.queue, &whole.phase, &whole.disposition)
        );
        assert_eq!((left.created_at, left.kind()), (whole.created_at, whole.kind()));
        assert_eq!(serde_json::from_str::<Interaction>(&json).unwrap(), left);
    }
}
