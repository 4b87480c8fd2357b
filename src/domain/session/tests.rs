//! The tests of the session's step, a file per family; here is what they share.

use std::time::Duration;

use ruma::owned_room_id;

use super::*;
use crate::domain::conversation::offer::Via;
use crate::domain::effect::{Amend, GhostText, TakeAway};
use crate::domain::ids::{ContactId, QueueName};
use crate::domain::input::{Loss, MediaPart};
use crate::domain::interaction::{Disposition, DispositionRule, Mode, PassedOver, Rules, Unanswered};
use crate::domain::samples::{
    NOW, active, agent_ref, assert_sampled, away, done, in_transfer, interaction, offered, outbound,
    passed_over, queued, rules, shown, working,
};
use crate::domain::timer::{Due, Timer};

mod hand;
mod life;
mod model;
mod offers;
mod overflow;
mod replies;
mod room;
mod steer;
mod stood;
mod table;
mod watch;
mod work;

/// A moment at which no offer or deadline of the samples is over.
const SOON: Millis = Millis(NOW.0 + 10_000);
/// A moment at which all of them are.
const LATER: Millis = Millis(NOW.0 + 60_000);

fn texted(body: &str) -> Event {
    Event::Texted {
        body: body.to_owned(),
        media: vec![],
        written_at: None,
        notices: vec![],
        more: vec![],
        asks: Asks::Answer,
    }
}

/// The provider has taken a message of an agent, and the contact has not written since.
fn reply_taken() -> Event {
    Event::ReplyTaken { typed_at: None, next_text: None }
}

fn lost() -> Event {
    Event::RoomLost {
        alias: "switchroom_2".to_owned(),
        how: Loss::Removed,
        says: Box::new(Says::RoomReplaced { why: Loss::Gone, lines: vec![], more: false }),
        away: Duration::from_mins(5),
    }
}

fn accepted(by: &str, number: Option<u32>, joined: bool) -> Event {
    let via = if joined { Via::Membership } else { Via::Word };
    Event::Accepted { by: agent_ref(by), number, via }
}

fn rejected(by: &str, number: Option<u32>, declined: bool) -> Event {
    let via = if declined { Via::Membership } else { Via::Word };
    Event::Rejected { by: AgentId::new(by), number, via, reason: String::new() }
}

fn action(by: &str, action: OwnerAction) -> Event {
    Event::OwnerActed { by: AgentId::new(by), action }
}

fn finish(by: &str, last_text: Option<Millis>) -> Event {
    action(by, OwnerAction::Finish { typed_at: SOON, last_text, unshown: false, disposition: None })
}

fn case(by: &str, key: &str, value: Option<&str>) -> Event {
    action(by, OwnerAction::Case { key: key.to_owned(), value: value.map(str::to_owned) })
}

fn push(to: &str) -> Event {
    let way = Way::Push { offer_ms: 60_000, then: Unanswered::Withdrawn };
    Event::Offered { to: vec![agent_ref(to)], way, counts: Counts::default() }
}

fn pick(to: &[&str]) -> Event {
    let to = to.iter().map(|to| agent_ref(to)).collect();
    Event::Offered { to, way: Way::Pick, counts: Counts::default() }
}

fn asks(by: &str, to: &str) -> Event {
    let note = "speaks French".to_owned();
    action(by, OwnerAction::Transfer { to: agent_ref(to), note, counts: Counts::default(), or_queue: false })
}

fn to_sales(by: &str) -> Event {
    let (queue, note) = (QueueName::new("sales"), "wants to buy".to_owned());
    action(by, OwnerAction::MoveToQueue { queue, rules: rules(), note })
}

fn solved() -> Disposition {
    Disposition { code: "solved".to_owned(), label: "Solved".to_owned() }
}

fn code(notice: &Notice) -> String {
    serde_json::to_value(notice).unwrap()["code"].as_str().unwrap().to_owned()
}

fn name(due: &Due) -> String {
    serde_json::to_value(due).unwrap()["due"].as_str().unwrap().to_owned()
}

fn effect_in_words(effect: &Effect) -> String {
    let place = |place: &Place| match place {
        Place::Session(_) | Place::Talk(_) => "room".to_owned(),
        Place::Console(agent) => agent.to_string(),
    };
    match effect {
        Effect::GhostText(GhostText { mention: None, .. }) => "text".to_owned(),
        Effect::GhostText(GhostText { mention: Some(user), .. }) => {
            format!("text that rings {}", user.localpart())
        }
        Effect::Notify(Notify { to, notice, .. }) => format!("tell {} {}", place(to), code(notice)),
        Effect::Amend(Amend { to, notice, .. }) => format!("amend {} {}", place(to), code(notice)),
        Effect::TakeAway(TakeAway { to, .. }) => format!("take away at {}", place(to)),
        Effect::Invite(Invite { user, .. }) => format!("invite {}", user.localpart()),
        Effect::Remove(Remove { user, .. }) => format!("remove {}", user.localpart()),
        Effect::PublishState(_) => "state".to_owned(),
        Effect::PublishTopic(_) => "topic".to_owned(),
        Effect::PublishContact(_) => "contact".to_owned(),
        Effect::Route(_) => "route".to_owned(),
        Effect::OpenRoom(_) => "make the room".to_owned(),
        Effect::FetchMedia(_) => "fetch a picture".to_owned(),
        Effect::GhostMedia(_) => "picture".to_owned(),
        other => panic!("not an effect of a step: {other:?}"),
    }
}

fn told(step: &Step) -> Vec<String> {
    step.effects.iter().map(effect_in_words).collect()
}
