//! Reactions and replies to a notice of the bot. A reaction and a word as a reply mean the same. What either
//! does is decided when it comes, by the room and by what its sender may do now: a notice stands in its room
//! for ever, while the conversation it asked about may have another owner.

use ruma::OwnedEventId;

use super::{blanks, enclosed, later_word, overdue};
use crate::acts::{callbacks, conversations, late, spelling, talks};
use crate::commands::{self, Numbered, Said};
use crate::commit::Tx;
use crate::domain::agent::Agent;
use crate::domain::conversation::offer::{self, Decision};
use crate::domain::effect::Role;
use crate::domain::ids::InteractionId;
use crate::domain::input::RoomEvent;
use crate::domain::notice::{Missing, Notice, Says};
use crate::domain::reply::Held;
use crate::domain::session::Refused;
use crate::store::Result;
use crate::store::rooms::{self, Posted, Stands};

/// What someone says to a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Take it, send it, close it.
    Yes,
    /// Leave it.
    No,
    /// Once more: queue it again, send it again.
    Again,
    /// This row of it, from 1.
    Row(usize),
}

/// What came of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Came {
    /// It was an answer: it was carried out, or its sender was told why not.
    Taken,
    /// The notice asks nothing that this would answer.
    AsksNothing,
    /// It refers to nothing the desk knows as its own.
    Unknown,
}

impl Answer {
    /// What a reaction means: clients send emoji with and without variation selectors and skin tones.
    pub(super) fn of_reaction(key: &str) -> Option<Self> {
        if let Some(number) = commands::keycap(key) {
            return Some(Self::Row(number));
        }
        let is_extra = |c: &char| matches!(c, '\u{FE0F}' | '\u{1F3FB}'..='\u{1F3FF}');
        let bare: String = key.chars().filter(|c| !is_extra(c)).collect();
        match bare.as_str() {
            "✅" | "👍" | "✔" | "☑" => Some(Self::Yes),
            "❌" | "👎" | "✖" | "🚫" => Some(Self::No),
            "🔁" | "🔄" => Some(Self::Again),
            _ => None,
        }
    }

    /// What it means for a message that waits because of its spelling.
    fn of_spelling(self) -> Option<spelling::Said> {
        match self {
            Self::Yes => Some(spelling::Said::Send),
            Self::No => Some(spelling::Said::Drop),
            Self::Again => None,
            Self::Row(number) => Some(spelling::Said::Correct(number)),
        }
    }

    /// What the words of a reply say.
    pub(super) fn of_words(text: &str) -> Option<Self> {
        let text = text.trim();
        match commands::row_number(text) {
            Some(number) => Some(Self::Row(number)),
            None if text.eq_ignore_ascii_case("yes") => Some(Self::Yes),
            None if text.eq_ignore_ascii_case("no") => Some(Self::No),
            None if text.eq_ignore_ascii_case("requeue") => Some(Self::Again),
            None => None,
        }
    }
}

/// Someone reacts; the outcome is posted as a reply to what they reacted to.
pub(super) async fn react(
    tx: &mut Tx<'_>,
    agent: &Agent,
    said: Said<'_>,
    of: &OwnedEventId,
    key: &str,
) -> Result<Came> {
    let Some(answer) = Answer::of_reaction(key) else { return Ok(Came::AsksNothing) };
    let event = RoomEvent { event_id: of.clone(), ..said.event.clone() };
    let said = Said { event: &event, ..said };
    match self::answer(tx, agent, &said, of, answer).await? {
        Came::Unknown => Box::pin(to_message(tx, agent, &said, of, answer)).await,
        came => Ok(came),
    }
}

/// Someone answers a message itself that waits for its writer's word, or one that went into it. That says
/// what an answer to the notice about it says.
async fn to_message(
    tx: &mut Tx<'_>,
    agent: &Agent,
    said: &Said<'_>,
    of: &OwnedEventId,
    answer: Answer,
) -> Result<Came> {
    let Some(here) = said.session() else { return Ok(Came::Unknown) };
    if let Some(role) = later_word::about(tx, &here.id, of).await? {
        return take(tx, agent, said, (role, Stands::Here), answer).await;
    }
    let Some(reply) = enclosed::whole(tx, &here.id, of).await? else { return Ok(Came::Unknown) };
    if answer == Answer::Again && reply.to_resend().is_some() {
        return resend(tx, agent, said, of).await;
    }
    let (interaction, event) = (reply.interaction, reply.event);
    let role = match reply.held {
        Some(Held::Word) => Role::Held { interaction, event },
        Some(Held::Spelling) => Role::Misspelt { interaction, event },
        Some(Held::Contact { .. }) | None => return Ok(Came::Unknown),
    };
    take(tx, agent, said, (role, Stands::Here), answer).await
}

/// Runs what someone typed behind the prefix. `!yes`, `!no` and `!1` as a reply to a notice answer that one,
/// like the same word without the prefix.
pub(super) async fn run(tx: &mut Tx<'_>, agent: &Agent, said: &Said<'_>, line: &str) -> Result<()> {
    if let (Some(of), Some(answer)) = (said.reply_to, Answer::of_words(line))
        && Box::pin(self::answer(tx, agent, said, of, answer)).await? == Came::Taken
    {
        return Ok(());
    }
    commands::run(tx, agent, said, line).await
}

/// Someone answers an event.
pub(super) async fn answer(
    tx: &mut Tx<'_>,
    agent: &Agent,
    said: &Said<'_>,
    of: &OwnedEventId,
    answer: Answer,
) -> Result<Came> {
    let (role, stands) = match rooms::posted(tx.db().await?, &said.place, of).await? {
        Some((Posted::Notice(Some(role)), stands)) => (role, stands),
        Some((Posted::Notice(None) | Posted::Contact, _)) => return Ok(Came::AsksNothing),
        None => return Ok(Came::Unknown),
    };
    take(tx, agent, said, (role, stands), answer).await
}

/// Does what an answer asks for, by what it answers and where that stands.
async fn take(
    tx: &mut Tx<'_>,
    agent: &Agent,
    said: &Said<'_>,
    (role, stands): (Role, Stands),
    answer: Answer,
) -> Result<Came> {
    match (role, answer) {
        (Role::Held { interaction, event }, Answer::Yes) => {
            late::send(tx, agent, &interaction, &event, late::Word { given_in: &said.place, stands }).await?;
        }
        (Role::Held { interaction, event }, answer @ Answer::No)
        | (Role::Misspelt { interaction, event }, answer) => {
            let word = late::Word { given_in: &said.place, stands };
            let of = (&interaction, &event);
            let Some(means) = answer.of_spelling() else { return Ok(Came::AsksNothing) };
            if !spelling::said(tx, agent, of, word, means).await? {
                return Ok(Came::AsksNothing);
            }
        }
        (
            Role::Offer { .. } | Role::Ring { .. } | Role::List { asks: true, .. },
            Answer::Yes | Answer::No,
        )
        | (Role::TalkOver { .. } | Role::Courtesy { .. } | Role::Hand { .. }, Answer::Yes)
        | (Role::Overdue { .. }, Answer::Yes | Answer::Again)
        | (Role::List { .. } | Role::Menu { .. }, Answer::Row(_))
            if stands == Stands::Elsewhere =>
        {
            tell(tx, said, Says::no_such(Missing::OfferElsewhere, "").plainly()).await?;
        }
        (
            Role::Offer { interaction, number, .. } | Role::Ring { interaction, number, .. },
            Answer::Yes | Answer::No,
        ) => {
            let decision = if answer == Answer::Yes { Decision::Accept } else { Decision::decline("") };
            answer_offer(tx, agent, said, &interaction, offer::Answer::said(decision, Some(number))).await?;
        }
        (Role::Overdue { interaction, since, .. }, Answer::Yes | Answer::Again) => {
            let requeue = answer == Answer::Again;
            Box::pin(overdue::see_to(tx, agent, said, (&interaction, since), requeue)).await?;
        }
        (Role::Failed { .. }, Answer::Again) => {
            let of = said.reply_to.unwrap_or(&said.event.event_id);
            return resend(tx, agent, said, of).await;
        }
        (Role::Hand { interaction, number, .. }, Answer::Yes) => {
            Box::pin(commands::take_hand(tx, agent, said, (&interaction, number))).await?;
        }
        (Role::Later { interaction, event, .. }, Answer::Yes | Answer::No) => {
            let about = (&interaction, event.as_ref());
            let yes = answer == Answer::Yes;
            if !Box::pin(later_word::said(tx, agent, said, about, yes)).await? {
                return Ok(Came::AsksNothing);
            }
        }
        (Role::Callback { event, .. }, Answer::No) => {
            let says = callbacks::take_back(tx, agent, &event).await?;
            tell(tx, said, says).await?;
        }
        (Role::Courtesy { interaction, .. }, Answer::Yes) => {
            Box::pin(commands::run(tx, agent, said, &format!("reopen {interaction}"))).await?;
        }
        (Role::TalkOver { interaction }, Answer::Yes) => talks::close(tx, agent, &interaction).await?,
        (Role::List { list, of, asks: true, .. }, Answer::Yes) => {
            commands::pick(tx, agent, said, &Numbered::Question(list, of), 1).await?;
        }
        (Role::List { list, of, asks: true, .. }, Answer::No) => {
            commands::decline(tx, agent, said, (&list, of.as_ref())).await?;
        }
        (Role::List { list, of, asks, .. }, Answer::Row(number)) => {
            let numbered = if asks { Numbered::Question(list, of) } else { Numbered::List(list, of) };
            commands::pick(tx, agent, said, &numbered, number).await?;
        }
        (Role::Menu { lines, .. }, Answer::Row(number)) => {
            commands::pick(tx, agent, said, &Numbered::Menu(lines), number).await?;
        }
        (Role::Blank { interaction, agent: asked, asking, .. }, Answer::No) => {
            if let Err(what) = blanks::dropped(tx, agent, (&interaction, &asked, &asking)).await? {
                tell(tx, said, Says::no_such(what, "").plainly()).await?;
            }
        }
        (
            Role::TalkOver { .. } | Role::Courtesy { .. } | Role::Hand { .. },
            Answer::No | Answer::Again | Answer::Row(_),
        )
        | (Role::Blank { .. } | Role::Callback { .. }, Answer::Yes | Answer::Again | Answer::Row(_))
        | (
            Role::Held { .. } | Role::Offer { .. } | Role::Ring { .. } | Role::Later { .. },
            Answer::Again | Answer::Row(_),
        )
        | (Role::List { asks: false, .. } | Role::Menu { .. }, Answer::Yes | Answer::No | Answer::Again)
        | (Role::List { asks: true, .. }, Answer::Again)
        | (Role::Overdue { .. }, Answer::No | Answer::Row(_))
        | (Role::Failed { .. }, Answer::Yes | Answer::No | Answer::Row(_))
        | (Role::Token { .. } | Role::DeskText { .. } | Role::Attachment { .. } | Role::Tapback { .. }, _) => {
            return Ok(Came::AsksNothing);
        }
    }
    Ok(Came::Taken)
}

/// 🔁 at a message that failed, or at the notice about it, is `!resend` as a reply to that.
async fn resend(tx: &mut Tx<'_>, agent: &Agent, said: &Said<'_>, of: &OwnedEventId) -> Result<Came> {
    let Said { event, ref place, conversation, pills, .. } = *said;
    let said = Said { event, place: place.clone(), conversation, reply_to: Some(of), pills };
    Box::pin(commands::run(tx, agent, &said, "resend")).await?;
    Ok(Came::Taken)
}

/// Takes or declines the offer of a notice. An offer that is over is not answered by that, nor is a newer one
/// in its place.
async fn answer_offer(
    tx: &mut Tx<'_>,
    agent: &Agent,
    said: &Said<'_>,
    of: &InteractionId,
    answer: offer::Answer,
) -> Result<()> {
    let says = match conversations::answer(tx, agent, of, answer).await? {
        Ok(()) => return Ok(()),
        Err(refused @ (Refused::AtCapacity | Refused::NotRefusable)) => Says::Refused { why: refused.into() },
        Err(_) => Says::no_such(Missing::OfferOver, "mine"),
    };
    tell(tx, said, says.about(of)).await
}

async fn tell(tx: &mut Tx<'_>, said: &Said<'_>, notice: Notice) -> Result<()> {
    tx.say(&said.place, notice, Some(said.event.event_id.clone())).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reaction_and_a_word_say_the_same() {
        for (key, text, answer) in [
            ("✅", "yes", Some(Answer::Yes)),
            ("👍\u{1F3FD}", " Yes ", Some(Answer::Yes)),
            ("✔\u{FE0F}", "YES", Some(Answer::Yes)),
            ("❌", "no", Some(Answer::No)),
            ("🔁", "Requeue", Some(Answer::Again)),
            ("2\u{FE0F}\u{20E3}", "2", Some(Answer::Row(2))),
            ("🎉", "yes please", None),
        ] {
            assert_eq!((Answer::of_reaction(key), Answer::of_words(text)), (answer, answer), "{key} {text}");
        }
    }
}
