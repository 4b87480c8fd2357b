//! What stands parked in the lane of a room, behind a picture that is still fetched.

use super::effect::Effect;
use super::lane::Lane;
use super::picture::Picture;
use crate::clock::Millis;

impl Picture {
    /// The lane of the room in which it is shown.
    #[must_use]
    pub fn room_lane(&self) -> Lane {
        Lane::Room(self.interaction.clone())
    }
}

/// The parked effects of a room's lane that may be released now, in order, by position. A picture that is not
/// there yet holds up what follows it until its wait is over.
#[must_use]
pub fn may_go(parked: &[Effect], now: Millis) -> Vec<usize> {
    let holds_up = |effect: &Effect| effect.awaited().is_some_and(|picture| now < picture.wait_until);
    let ahead = parked.iter().take_while(|effect| !holds_up(effect));
    ahead.enumerate().filter(|(_, effect)| effect.awaited().is_none()).map(|(place, _)| place).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::effect::{GhostMedia, GhostText};
    use crate::domain::ids::InteractionId;
    use crate::domain::media_part::MediaPart;

    const NOW: Millis = Millis(1_700_000_000_000);

    fn picture(until: u64, is_here: bool) -> Effect {
        let part =
            MediaPart { url: "https://sms.test/1".to_owned(), content_type: String::new(), number: None };
        let wait_until = NOW + Duration::from_secs(until);
        let interaction = InteractionId::new("i-1");
        let picture = Picture {
            interaction,
            part,
            number: 1,
            mention: None,
            sent_at: NOW,
            beside: String::new(),
            wait_until,
        };
        Effect::GhostMedia(GhostMedia {
            picture,
            content: is_here.then(|| serde_json::json!({})),
            written_at: None,
        })
    }

    fn words() -> Effect {
        let (interaction, body) = (InteractionId::new("i-1"), "hi".to_owned());
        Effect::GhostText(GhostText { interaction, body, mention: None, written_at: None })
    }

    #[test]
    fn words_wait_for_the_picture_before_them_until_it_is_there_or_too_late() {
        let at = |secs| NOW + Duration::from_secs(secs);
        let waits = [picture(5, false), words(), picture(8, false), words()];
        assert_eq!(may_go(&waits, at(4)), Vec::<usize>::new());
        assert_eq!(may_go(&waits, at(5)), [1], "the second picture is still waited for");
        assert_eq!(may_go(&waits, at(8)), [1, 3], "a picture that is late does not go without its content");
        let here = [picture(5, true), words(), picture(8, false), words()];
        assert_eq!(may_go(&here, at(1)), [0, 1]);
        let second_first = [picture(5, false), picture(5, true), words()];
        assert_eq!(may_go(&second_first, at(1)), Vec::<usize>::new(), "pictures keep their order");
        assert_eq!(may_go(&second_first, at(5)), [1, 2]);
        assert_eq!(may_go(&[], at(1)), Vec::<usize>::new());
    }
}
