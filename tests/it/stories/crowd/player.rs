//! An agent who does whatever comes to mind with what they are offered and with what they have.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ruma::api::client::membership::leave_room::v3::Request as Leave;
use ruma::{OwnedEventId, OwnedRoomId, RoomId};
use switchroom::demo::agent::Agent;
use switchroom::demo::agent::seen::{Log, Membership, Seen, SeenRoom};

use super::dice::Dice;
use super::street::{Line, Street};
use super::{AGENTS, QUEUES};
use crate::harness::shown;

const BOT: &str = "@switchroom:desk.test";
/// How often they look at their screen.
const GLANCE: Duration = Duration::from_millis(100);
/// How long their client rests after each sync: twenty clients that rush are more work for the homeserver
/// than the desk.
const REST: Duration = Duration::from_millis(300);

/// A message of an agent to a contact.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) event: OwnedEventId,
    pub(super) room: OwnedRoomId,
    pub(super) phone: String,
    pub(super) body: String,
}

/// An agent.
pub(super) struct Player<'a> {
    name: &'static str,
    agent: &'a Agent,
    street: &'a Street<'a>,
    console: OwnedRoomId,
    dice: Dice,
    /// How much of what there is they have looked at.
    position: usize,
    /// Contacts whose invite they will accept, or decline, when it is there.
    minded: Vec<(String, bool)>,
    /// The last thing they did in each room, and what they had seen before.
    last: HashMap<OwnedRoomId, (OwnedEventId, usize)>,
    pub(super) said: Vec<Reply>,
}

/// A room of a conversation that is theirs.
struct Own {
    room: OwnedRoomId,
    id: String,
    state: String,
    line: Line,
}

/// How an offer is answered.
#[derive(Clone, Copy)]
enum Answer {
    Join,
    Decline,
    React(&'static str),
    Type(&'static str),
    Nothing,
}

/// What is done in a room.
#[derive(Clone, Copy)]
enum Act {
    Reply,
    Hold,
    Resume,
    Done,
    ToColleague,
    ToQueue,
    Wait,
}

const ANSWERS: [(usize, Answer); 7] = [
    (25, Answer::Join),
    (25, Answer::React("✅")),
    (25, Answer::Type("!accept")),
    (7, Answer::Decline),
    (7, Answer::React("❌")),
    (7, Answer::Type("!reject")),
    (4, Answer::Nothing),
];
const WHILE_ACTIVE: [(usize, Act); 6] = [
    (36, Act::Reply),
    (38, Act::Done),
    (9, Act::ToColleague),
    (4, Act::ToQueue),
    (7, Act::Hold),
    (6, Act::Wait),
];
const WHILE_HELD: [(usize, Act); 3] = [(60, Act::Resume), (20, Act::Done), (20, Act::Wait)];

impl<'a> Player<'a> {
    pub(super) async fn new(
        name: &'static str,
        agent: &'a Agent,
        street: &'a Street<'a>,
        dice: Dice,
    ) -> Self {
        let console = agent.console().await.unwrap().room_id().to_owned();
        let position = agent.position();
        agent.rest_after_each_sync(REST);
        Self {
            name,
            agent,
            street,
            console,
            dice,
            position,
            minded: vec![],
            last: HashMap::new(),
            said: vec![],
        }
    }

    /// Works until it is over, and is not ready any more then. Returns the last thing they said.
    pub(super) async fn work(&mut self, over: &AtomicBool) -> OwnedEventId {
        self.type_in_console("!ready").await;
        while !over.load(Ordering::SeqCst) {
            let news = self.agent.look(|log| log.events()[self.position..].to_vec());
            self.position += news.len();
            for seen in news {
                if seen.room_id == self.console && seen.sender == BOT {
                    self.heed(&seen).await;
                }
            }
            self.mind_invites().await;
            for own in self.agent.look(|log| self.own(log)) {
                self.act(&own).await;
            }
            tokio::time::sleep(GLANCE).await;
        }
        self.type_in_console("!notready").await
    }

    async fn type_in_console(&self, words: &str) -> OwnedEventId {
        self.agent.send_text(&self.console, words).await.unwrap()
    }

    /// Something stands in their console.
    async fn heed(&mut self, seen: &Seen) {
        let notice = seen.notice().cloned().unwrap_or_default();
        let contact = notice["contact"].as_str().unwrap_or_default().to_owned();
        match seen.code() {
            "offer" => match self.dice.pick(&ANSWERS) {
                Answer::Join => self.minded.push((contact, true)),
                Answer::Decline => self.minded.push((contact, false)),
                // A reaction to what was edited meanwhile is as good.
                Answer::React(key) => {
                    self.agent.react(&self.console, &seen.event_id, key).await.unwrap();
                }
                Answer::Type(words) => {
                    let id = notice["interaction"].as_str().unwrap();
                    self.type_in_console(&format!("{words} {id}")).await;
                }
                Answer::Nothing => {}
            },
            "offer_accepted" => {
                self.minded.retain(|(minded, _)| *minded != contact);
                // Some say yes and do not come. The invite may still be on its way.
                if let Some(room) = notice["room"].as_str().filter(|_| self.dice.chance(95))
                    && !self.join(room.try_into().unwrap()).await
                {
                    self.minded.push((contact, true));
                }
            }
            "offer_rejected" | "offer_withdrawn" => self.minded.retain(|(minded, _)| *minded != contact),
            "offer_timed_out" => {
                self.minded.retain(|(minded, _)| *minded != contact);
                self.type_in_console("!ready").await;
            }
            "status" if notice["ready"] == false => drop(self.type_in_console("!ready").await),
            "done" if self.dice.chance(20) => drop(self.type_in_console("!notready coffee").await),
            _ => {}
        }
    }

    /// Answers the invites they have made up their mind about. They may be withdrawn at any moment.
    async fn mind_invites(&mut self) {
        for (room, invite) in self.agent.invites() {
            let Some(at) = self.minded.iter().position(|(contact, _)| shown(contact) == invite.name()) else {
                continue;
            };
            if self.minded.remove(at).1 {
                self.join(&room).await;
            } else {
                let _ = self.agent.client().send(Leave::new(room)).await;
            }
        }
    }

    /// Goes into a room; whoever comes too early or too late is not let in.
    async fn join(&self, room: &RoomId) -> bool {
        self.agent.client().join_room_by_id(room).await.is_ok()
    }

    /// The conversations that are theirs, where nothing is open that they did.
    fn own(&self, log: &Log) -> Vec<Own> {
        let joined = log.rooms().iter().filter(|(_, room)| room.membership == Membership::Joined);
        let own = joined.filter_map(|(id, room)| self.as_own(id, room));
        own.filter(|own| self.is_answered(log, own)).collect()
    }

    fn as_own(&self, room: &RoomId, seen: &SeenRoom) -> Option<Own> {
        let content =
            seen.interaction().filter(|content| content["owner"] == self.agent.user_id().as_str())?;
        let text = |key: &str| content[key].as_str().unwrap().to_owned();
        let phone = content["contact"]["number"].as_str().unwrap().to_owned();
        let ours =
            [crate::harness::OURS, super::OTHER].into_iter().find(|ours| content["number"] == *ours)?;
        Some(Own { room: room.to_owned(), id: text("id"), state: text("state"), line: (phone, ours) })
    }

    /// Whether the bot has answered the last thing they did in a room, there or in the console.
    fn is_answered(&self, log: &Log, own: &Own) -> bool {
        let Some((event, position)) = self.last.get(&own.room) else { return true };
        let answers = |seen: &Seen| {
            let here = seen.room_id == own.room && !seen.code().is_empty();
            let there = seen.room_id == self.console
                && !seen.code().starts_with("offer")
                && seen.notice().is_some_and(|notice| notice["interaction"] == own.id.as_str());
            let mark = seen.reaction().is_some_and(|(of, _)| of == event.as_str());
            seen.sender == BOT && (here || there || mark)
        };
        log.events()[*position..].iter().any(answers)
    }

    /// Does something in a room; now and then the contact writes at the same moment.
    async fn act(&mut self, own: &Own) {
        let act = match own.state.as_str() {
            "active" => self.dice.pick(&WHILE_ACTIVE),
            "held" => self.dice.pick(&WHILE_HELD),
            _ => return,
        };
        let (phone, _) = &own.line;
        let words = match act {
            Act::Reply => format!("reply {} of {} to {phone}", self.said.len(), self.name),
            Act::Hold => "!hold".to_owned(),
            Act::Resume => "!resume".to_owned(),
            Act::Done => "!done".to_owned(),
            Act::ToColleague => format!("!transfer {} please", AGENTS[self.dice.below(AGENTS.len())]),
            Act::ToQueue => format!("!transfer queue:{}", QUEUES[self.dice.below(QUEUES.len())]),
            Act::Wait => return self.street.text(&own.line).await,
        };
        let writes = self.dice.chance(15);
        let contact = async {
            if writes {
                self.street.text(&own.line).await;
            }
        };
        let position = self.agent.position();
        let (sent, ()) = tokio::join!(self.agent.send_text(&own.room, &words), contact);
        // Whoever was removed meanwhile has said nothing.
        let Ok(event) = sent else { return };
        self.last.insert(own.room.clone(), (event.clone(), position));
        if matches!(act, Act::Reply) {
            let (room, phone) = (own.room.clone(), phone.clone());
            self.said.push(Reply { event, room, phone, body: words });
        }
    }
}
