//! How an effect is carried out: in which lane and among which class, what room it needs, and whether it need
//! stand in the outbox twice.
//!
//! The rules of each effect stand beside it. They begin with where it happens, and end with whether it
//! merges: [`Undecided`] is not taken for rules.

use super::place::Place;
use crate::domain::class::Class;
use crate::domain::ids::InteractionId;
use crate::domain::lane::Lane;

/// How an effect is carried out.
pub(super) struct Rules {
    /// What the room is for that it needs as it is.
    pub(super) place: Option<Place>,
    pub(super) lane: Lane,
    pub(super) class: Class,
    pub(super) merge_key: Option<String>,
}

/// The rules of an effect of which it is still to be said whether it merges.
pub(super) struct Undecided {
    place: Option<Place>,
    lane: Lane,
    class: Class,
}

/// It is said or done in a room as that is, in the order it was asked for.
pub(super) fn at(place: &Place) -> Undecided {
    Undecided { place: Some(place.clone()), lane: place.lane(), class: Class::Talk }
}

/// As [`at`], in the room of an interaction.
pub(super) fn in_room_of(interaction: &InteractionId) -> Undecided {
    at(&Place::Session(interaction.clone()))
}

/// It needs no room, or only leaves one, and nobody waits for it.
pub(super) fn beside(lane: Lane) -> Undecided {
    Undecided { place: None, lane, class: Class::Slow }
}

impl Undecided {
    pub(super) fn of(self, class: Class) -> Self {
        Self { class, ..self }
    }

    /// It is done as often as it is asked for.
    pub(super) fn each_time(self) -> Rules {
        let Self { place, lane, class } = self;
        Rules { place, lane, class, merge_key: None }
    }

    /// It does what is right when it runs, so that it stands in the outbox once however often it is asked
    /// for.
    pub(super) fn once(self, key: String) -> Rules {
        Rules { merge_key: Some(key), ..self.each_time() }
    }
}
