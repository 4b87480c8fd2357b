//! A desk over a database with people in its rooms: what they do is applied, what the bot says is read from
//! the outbox, and stands in its room as soon as that.

use std::cell::Cell;

use ruma::{EventId, OwnedEventId, OwnedRoomId};
use serde_json::Value;
use switchroom::clock::{Clock, Millis};
use switchroom::desk::{Applied, Desk};
use switchroom::domain::agent::{Agent, Permission, Role as AgentRole};
use switchroom::domain::effect::{Effect, Notify, Place};
use switchroom::domain::ids::{AgentId, InteractionId};
use switchroom::domain::input::{Input, MessageKind, RoomAct, RoomEvent};
use switchroom::domain::interaction::{Interaction, Phase};
use switchroom::domain::notice::Notice;
use switchroom::store::rooms::Posted;
use switchroom::store::{contacts, interactions, rooms};

use super::desk::{Opened, open, setup};
use super::{Database, NOW, agent, interaction, lane_of, ready, user};

/// A desk, its people and its rooms. A room is called by its interaction or talk, a console by its agent.
pub(super) struct Stage {
    pub(super) database: Database,
    opened: Opened,
    events: Cell<u32>,
}

/// What the bot said.
#[derive(Clone, Debug)]
pub(super) struct Said {
    /// The event in its room.
    pub(super) event: OwnedEventId,
    pub(super) notice: Notice,
    /// What it answers.
    pub(super) reply_to: Option<OwnedEventId>,
}

impl Said {
    /// Its code, and all it says.
    pub(super) fn code(&self) -> String {
        self.fields()["code"].as_str().unwrap().to_owned()
    }

    pub(super) fn fields(&self) -> Value {
        serde_json::to_value(&self.notice).unwrap()
    }
}

pub(super) fn room_of(name: &str) -> OwnedRoomId {
    OwnedRoomId::try_from(format!("!{name}:desk.test")).unwrap()
}

impl Stage {
    /// A desk with these people, who may do all that an agent may, and their consoles.
    pub(super) async fn with(database: Database, people: &[(&str, &[AgentRole])]) -> Self {
        let opened = open(&database.store).await;
        let stage = Self { database, opened, events: Cell::new(0) };
        for (id, roles) in people {
            stage.set_up(Agent { roles: roles.to_vec(), ..able(id) }).await;
            let console = Place::Console(AgentId::new(*id));
            rooms::add(&mut *stage.database.connection().await, &room_of(id), &console).await.unwrap();
        }
        stage
    }

    pub(super) fn desk(&self) -> &Desk {
        &self.opened.desk
    }

    pub(super) async fn set_up(&self, agent: Agent) {
        let Input::Setup(mut input) = setup("alice") else { unreachable!() };
        input.agents = vec![agent];
        assert_eq!(self.desk().apply(Input::Setup(input)).await.unwrap(), Applied::Done);
    }

    /// Keeps an interaction, with its room; of contacts of their own.
    pub(super) async fn keep(&self, id: &str, phase: Phase) -> Interaction {
        let known = self.database.number("SELECT COUNT(*) FROM interactions").await;
        let conn = &mut *self.database.connection().await;
        let number = format!("+141555501{}", 10 + known);
        let room = Some(room_of(id));
        let one = Interaction { phase, room, offers: 1, ..interaction(id, &number) };
        contacts::add(conn, &one.contact, NOW).await.unwrap();
        interactions::add(conn, &one).await.unwrap();
        let asked = one.offer().map(|offer| offer.to.clone()).unwrap_or_default();
        interactions::set_offered(conn, &one.id, asked.iter().map(|to| &to.id)).await.unwrap();
        rooms::add(conn, &room_of(id), &Place::Session(one.id.clone())).await.unwrap();
        one
    }

    /// What an interaction is now.
    pub(super) async fn now(&self, id: &str) -> Interaction {
        let conn = &mut *self.database.connection().await;
        interactions::by_id(conn, &InteractionId::new(id)).await.unwrap().unwrap()
    }

    /// Makes an interaction something else, whatever led to that.
    pub(super) async fn make(&self, id: &str, phase: Phase) {
        let one = Interaction { phase, ..self.now(id).await };
        interactions::save(&mut *self.database.connection().await, &one).await.unwrap();
    }

    /// Someone does something in a room.
    pub(super) async fn does(&self, who: &str, room: &str, what: RoomAct) -> OwnedEventId {
        self.does_at(who, room, what, Clock::default().now()).await
    }

    /// Someone did something in a room, which is heard of now.
    pub(super) async fn does_at(&self, who: &str, room: &str, what: RoomAct, at: Millis) -> OwnedEventId {
        self.events.set(self.events.get() + 1);
        let event_id = EventId::parse(format!("$e{}", self.events.get())).unwrap();
        let event =
            RoomEvent { event_id: event_id.clone(), room_id: room_of(room), sender: user(who), at, what };
        self.desk().apply(Input::Room(event)).await.unwrap();
        event_id
    }

    pub(super) async fn says(&self, who: &str, room: &str, body: &str) -> OwnedEventId {
        self.does(who, room, message(body, None)).await
    }

    pub(super) async fn replies(&self, who: &str, room: &str, to: &EventId, body: &str) -> OwnedEventId {
        self.does(who, room, message(body, Some(to.to_owned()))).await
    }

    pub(super) async fn reacts(&self, who: &str, room: &str, to: &EventId, key: &str) -> OwnedEventId {
        self.does(who, room, RoomAct::Reaction { of: to.to_owned(), key: key.to_owned() }).await
    }

    /// All that the bot said so far in a room, or a console. It stands there from now on.
    pub(super) async fn said(&self, room: &str) -> Vec<Said> {
        let conn = &mut *self.database.connection().await;
        let lanes = [format!("room:{room}"), format!("console:{room}")];
        let rows: Vec<(String, i64, String)> =
            sqlx::query_as("SELECT lane, seq, body FROM outbox WHERE lane IN ($1, $2) ORDER BY lane, seq")
                .bind(&lanes[0])
                .bind(&lanes[1])
                .fetch_all(&mut *conn)
                .await
                .unwrap();
        let mut said = Vec::new();
        for (lane, seq, body) in rows {
            let Effect::Notify(Notify { notice, role, reply_to, .. }) = serde_json::from_str(&body).unwrap()
            else {
                continue;
            };
            let event = EventId::parse(format!("${}-{seq}", lane.replace(':', "-"))).unwrap();
            let posted = (event.clone(), lane_of(&lane), Posted::Notice(role));
            rooms::add_posted(conn, &[posted]).await.unwrap();
            said.push(Said { event, notice, reply_to });
        }
        said
    }

    /// What the bot said last in a room.
    pub(super) async fn last(&self, room: &str) -> Said {
        self.said(room).await.pop().unwrap_or_else(|| panic!("nothing was said in {room}"))
    }
}

/// An agent who is ready and may do all that an agent may.
pub(super) fn able(id: &str) -> Agent {
    Agent { channels: ready(), permissions: Permission::all(), ..agent(id) }
}

pub(super) fn message(body: &str, reply_to: Option<OwnedEventId>) -> RoomAct {
    RoomAct::Message {
        kind: MessageKind::Text,
        body: body.to_owned(),
        reply_to,
        in_thread: false,
        pills: vec![],
        formatted: None,
    }
}
