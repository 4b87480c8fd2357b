//! The spelling of a message: looked at when it has its turn, and then in its writer's hands.

use super::{Held, Reply};
use crate::domain::effect::{Effect, Notify, Role};
use crate::domain::notice::{MisspeltCard, Says};
use crate::domain::spelling::check::{Found, Spellcheck};

impl Reply {
    /// Whether its spelling has to be looked at before it goes.
    #[must_use]
    pub fn wants_spelling(&self) -> bool {
        let is_wanted = matches!(self.spelling, Some(Spellcheck::Wanted { .. }));
        is_wanted && self.held.is_none() && self.is_waiting()
    }

    /// Its spelling was looked at: returns what its writer is told, if a word is not known. Then it waits for
    /// their word, or goes on, as was wanted.
    pub fn spelt(&mut self, found: Found) -> Option<Effect> {
        let Some(Spellcheck::Wanted { confirm }) = self.spelling.take() else { return None };
        if found.is_nothing() {
            return None;
        }
        let told = self.tell_spelling(&found, confirm);
        if confirm {
            self.held = Some(Held::Spelling);
            self.spelling = Some(Spellcheck::Asked { found });
        }
        Some(told)
    }

    /// What is not known in it, while it waits for its writer's word about that.
    #[must_use]
    pub fn misspelt(&self) -> Option<&Found> {
        match (&self.spelling, self.held) {
            (Some(Spellcheck::Asked { found }), Some(Held::Spelling)) => Some(found),
            _ => None,
        }
    }

    /// Its writer picks a correction: returns whether there is one of that number.
    pub fn correct(&mut self, number: usize) -> bool {
        let Some((word, by)) = self.misspelt().and_then(|found| found.correction(number)) else {
            return false;
        };
        let (word, by) = (word.to_owned(), by.to_owned());
        self.correct_word(&word, &by);
        self.settle(&word);
        true
    }

    /// A word is no mistake any more. Whether it was one of those it waits for.
    pub fn settle(&mut self, word: &str) -> bool {
        match &mut self.spelling {
            Some(Spellcheck::Asked { found }) => found.settle(word),
            Some(Spellcheck::Wanted { .. }) | None => false,
        }
    }

    /// The question about what is left, if something is.
    #[must_use]
    pub fn ask_of_the_rest(&self) -> Option<Effect> {
        let found = self.misspelt().filter(|found| !found.is_nothing())?;
        Some(self.tell_spelling(found, true))
    }

    /// It was written anew while it waited for a word about its spelling: that is looked at again. Returns
    /// the effect that sends it.
    pub fn spell_again(&mut self) -> Option<Effect> {
        if self.held != Some(Held::Spelling) {
            return None;
        }
        (self.held, self.spelling) = (None, Some(Spellcheck::Wanted { confirm: true }));
        Some(self.sending())
    }

    fn tell_spelling(&self, found: &Found, waits: bool) -> Effect {
        let role = Role::Misspelt { interaction: self.interaction.clone(), event: self.event.clone() };
        let card = MisspeltCard { waits, writer: self.by.clone(), found: found.clone() };
        Effect::Notify(Notify {
            to: self.place(),
            notice: Says::Spelling(card).about(&self.interaction),
            reply_to: Some(self.event.clone()),
            role: Some(role),
        })
    }
}

#[cfg(test)]
mod tests {
    use ruma::{owned_event_id, owned_user_id};

    use super::*;
    use crate::clock::Millis;
    use crate::domain::ids::InteractionId;
    use crate::domain::reply::Turn;

    fn message(text: &str, confirm: bool) -> Reply {
        let (event, by) = (owned_event_id!("$said"), owned_user_id!("@alice:desk.test"));
        let mut reply = Reply::new("0".repeat(32), InteractionId::new("i-1"), event, by, text.to_owned());
        reply.spelling = Some(Spellcheck::Wanted { confirm });
        reply
    }

    fn found(words: &[(&str, &[&str])]) -> Found {
        let unknown = |(word, meant): &(&str, &[&str])| {
            ((*word).to_owned(), meant.iter().map(|meant| (*meant).to_owned()).collect())
        };
        Found::new("en-US", words.iter().map(unknown).collect())
    }

    fn turn(reply: &mut Reply) -> Turn {
        reply.turn(|text| vec![text.to_owned()], false, Millis(1)).0
    }

    #[test]
    fn a_message_whose_words_are_all_known_goes() {
        let mut reply = message("all is well", true);
        assert!(reply.wants_spelling());
        assert_eq!(reply.spelt(found(&[])), None);
        assert!(!reply.wants_spelling());
        assert!(matches!(turn(&mut reply), Turn::Submit { .. }));
    }

    #[test]
    fn a_hint_tells_and_lets_the_message_go() {
        let mut reply = message("teh end", false);
        assert!(reply.spelt(found(&[("teh", &["the"])])).is_some());
        assert!(reply.misspelt().is_none() && !reply.correct(1));
        assert!(matches!(turn(&mut reply), Turn::Submit { text, .. } if text == "teh end"));
    }

    #[test]
    fn a_message_that_waits_goes_when_its_writer_says_so_or_its_last_word_is_corrected() {
        let mut reply = message("teh ordr", true);
        let words: [(&str, &[&str]); 2] = [("teh", &["the", "tech"]), ("ordr", &["order"])];
        assert!(reply.spelt(found(&words)).is_some());
        assert!(!reply.wants_spelling());
        assert_eq!(turn(&mut reply), Turn::Over);
        let mut as_it_is = reply.clone();
        assert!(as_it_is.confirm().is_some());
        assert!(matches!(turn(&mut as_it_is), Turn::Submit { text, .. } if text == "teh ordr"));
        assert!(reply.correct(3) && !reply.correct(3) && !reply.correct(9));
        assert_eq!(reply.text, "teh order");
        assert!(reply.ask_of_the_rest().is_some());
        assert!(reply.correct(1));
        assert_eq!((reply.text.as_str(), reply.ask_of_the_rest()), ("the order", None));
        assert!(reply.confirm().is_some());
        assert!(matches!(turn(&mut reply), Turn::Submit { text, .. } if text == "the order"));
    }

    #[test]
    fn a_message_that_waits_can_be_dropped_or_written_anew() {
        let mut reply = message("teh end", true);
        assert!(reply.spelt(found(&[("teh", &["the"])])).is_some());
        let mut dropped = reply.clone();
        assert!(dropped.take_back());
        assert_eq!((turn(&mut dropped), dropped.confirm(), dropped.spell_again()), (Turn::Over, None, None));
        assert!(reply.rewrite("the end".to_owned()));
        assert!(reply.spell_again().is_some());
        assert!(reply.wants_spelling());
    }
}
