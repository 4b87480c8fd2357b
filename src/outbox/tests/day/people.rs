//! The people of the day: agents with shifts and habits, contacts with things to say. Each does what people
//! do with what they are shown; whatever they decide comes of one seed.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::sync::Mutex;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use ruma::{EventId, OwnedRoomId, OwnedUserId, UserId};
use url::Url;

use super::house::Seen;
use super::{AGENTS_OF_EACH, DAY, Day, QUEUES, QUIET};
use crate::clock::{Clock, Millis};
use crate::domain::address::Address;
use crate::domain::agent::{Agent, Permission, Role};
use crate::domain::ids::{InteractionId, QueueName};
use crate::domain::input::{ContactText, Input, Membership, MessageKind, RoomAct, RoomEvent};
use crate::domain::interaction::{Interaction, Work};
use crate::domain::reply::PartState;
use crate::reach::Watch;
use crate::sms::provider::{
    EraseError, FetchedMedia, ListError, ListPage, ListQuery, Listing, MediaError, OutgoingSms, SendOutcome,
    SmsProvider,
};
use crate::store::interactions;
use crate::testing;

/// A text that a phone got.
#[derive(Clone, Debug)]
pub(super) struct Got {
    pub(super) at: Millis,
    pub(super) to: Address,
    pub(super) body: String,
}

/// The contacts' phones, behind a provider that takes everything.
pub(super) struct Phones {
    clock: Clock,
    got: Mutex<Vec<Got>>,
    reach: Watch,
}

impl Phones {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, got: Mutex::default(), reach: Watch::default() }
    }

    /// What they got since this was asked last.
    pub(super) fn take(&self) -> Vec<Got> {
        std::mem::take(&mut self.got.lock().unwrap())
    }
}

impl SmsProvider for Phones {
    fn reach(&self) -> &Watch {
        &self.reach
    }

    fn explain(&self, _: u32) -> Option<&'static str> {
        None
    }

    fn ask(&self) -> BoxFuture<'_, Result<(), ListError>> {
        async { Ok(()) }.boxed()
    }

    fn send<'a>(&'a self, message: &'a OutgoingSms) -> BoxFuture<'a, SendOutcome> {
        async {
            let mut got = self.got.lock().unwrap();
            got.push(Got { at: self.clock.now(), to: message.to.clone(), body: message.body.clone() });
            let sid = format!("SM{}", crate::clock::random_hex());
            SendOutcome::Accepted { sid, state: PartState::Delivered }
        }
        .boxed()
    }

    fn list_page<'a>(
        &'a self,
        _: &'a ListQuery,
        _: Option<&'a str>,
    ) -> BoxFuture<'a, Result<ListPage, ListError>> {
        async { Ok(ListPage { messages: vec![], unreadable: 0, next: None }) }.boxed()
    }

    fn list(&self, _: ListQuery) -> BoxFuture<'_, Result<Listing, ListError>> {
        async { Ok(Listing { messages: vec![], complete: true }) }.boxed()
    }

    fn erase<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<(), EraseError>> {
        async { Ok(()) }.boxed()
    }

    fn fetch_media<'a>(&'a self, _: &'a Url) -> BoxFuture<'a, Result<FetchedMedia, MediaError>> {
        async { Err(MediaError::NotFound) }.boxed()
    }
}

/// All agents, each with their queue.
pub(super) fn names() -> impl Iterator<Item = (String, &'static str)> {
    QUEUES.iter().flat_map(|(queue, _)| (0..AGENTS_OF_EACH).map(move |n| (format!("{queue}{n}"), *queue)))
}

pub(super) fn agent(name: &str, queue: &str) -> Agent {
    Agent {
        roles: vec![Role::Agent],
        queues: vec![QueueName::new(queue)],
        permissions: Permission::all(),
        ..testing::agent(name)
    }
}

pub(super) fn supervisor() -> Agent {
    let queues = QUEUES.iter().map(|(queue, _)| QueueName::new(*queue)).collect();
    Agent { roles: vec![Role::Supervisor], queues, ..testing::agent("sue") }
}

pub(super) fn user(name: &str) -> OwnedUserId {
    UserId::parse(format!("@{name}:desk.test")).unwrap()
}

/// What somebody does at a moment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Act {
    /// A contact texts, so that one of our numbers gets it.
    Text { from: String, to: &'static str, body: String },
    /// An agent types a line in their console.
    Type { agent: String, line: String },
    /// An agent types something in a conversation's room, if it is still theirs.
    Say { agent: String, room: String, line: String },
    /// An agent comes into a room.
    Join { agent: String, room: String },
    /// An agent who is at work and was made not ready is ready again.
    Back { agent: String },
}

/// A text that is to go at a moment, or a call that is to be offered.
#[derive(Clone, Debug)]
pub(super) struct Promise {
    pub(super) due: Millis,
    /// What is looked for: a body, or the id of the conversation with the callback.
    pub(super) what: String,
    pub(super) is_call: bool,
    pub(super) contact: Address,
}

/// All of them.
pub(super) struct People {
    plan: BinaryHeap<Reverse<(Millis, u64, Act)>>,
    rng: StdRng,
    count: u64,
    /// When each agent is there: from, to, and lunch.
    shifts: HashMap<String, (Duration, Duration, Duration)>,
    /// What was typed: each body of a reply once.
    pub(super) replies: Vec<String>,
    /// What contacts wrote, in order.
    pub(super) texts: Vec<(String, String)>,
    pub(super) promises: Vec<Promise>,
    /// Who wrote too much.
    pub(super) flooding: String,
}

const LUNCH: Duration = Duration::from_mins(30);
const FLOOD_AT: Duration = Duration::from_mins(190);

impl People {
    pub(super) fn new(contacts: u64, seed: u64) -> Self {
        let mut people = Self {
            plan: BinaryHeap::new(),
            rng: StdRng::seed_from_u64(seed),
            count: 0,
            shifts: HashMap::new(),
            replies: vec![],
            texts: vec![],
            promises: vec![],
            flooding: "+14155559999".to_owned(),
        };
        people.plan_shifts();
        people.plan_contacts(contacts);
        people
    }

    fn at(&mut self, when: Duration, act: Act) {
        self.count += 1;
        self.plan.push(Reverse((super::OPENS + when, self.count, act)));
    }

    fn after(&mut self, day: &Day, wait: Duration, act: Act) {
        let when = day.now() + wait;
        self.at(when, act);
    }

    /// Early, late and whole shifts, and a lunch in each.
    fn plan_shifts(&mut self) {
        for (index, (name, _)) in names().enumerate() {
            let hours = |from, to| (Duration::from_hours(from), Duration::from_hours(to));
            let (from, to) = [hours(0, 8), hours(4, 12), hours(0, 12)][index % 3];
            let lunch = from + Duration::from_mins(180 + 10 * (index as u64 % 6));
            self.shifts.insert(name.clone(), (from, to, lunch));
            let types = |line: &str| Act::Type { agent: name.clone(), line: line.to_owned() };
            self.at(from, types("!ready"));
            self.at(lunch, types("!notready lunch"));
            self.at(lunch + LUNCH, types("!ready"));
            self.at(to, types("!bye requeue"));
        }
    }

    fn plan_contacts(&mut self, contacts: u64) {
        for number in 0..contacts {
            let mut at = Duration::from_secs(self.rng.random_range(0..DAY.as_secs() - 1_800));
            if (QUIET.0..QUIET.1).contains(&at) {
                at -= QUIET.0;
            }
            let (from, to) = (format!("+1415556{number:04}"), QUEUES[self.rng.random_range(0..3)].1);
            for text in 0..self.rng.random_range(1..=3_u32) {
                let body = format!("text {text} of {number}");
                self.at(at, Act::Text { from: from.clone(), to, body });
                at += Duration::from_secs(self.rng.random_range(5..120));
            }
        }
        for text in 0..200 {
            let (from, body) = (self.flooding.clone(), format!("flood {text}"));
            self.at(FLOOD_AT + Duration::from_millis(text * 300), Act::Text { from, to: QUEUES[0].1, body });
        }
    }

    /// Whether an agent is at work and not at lunch.
    pub(super) fn is_there(&self, name: &str, now: Duration) -> bool {
        let Some((from, to, lunch)) = self.shifts.get(name).copied() else { return false };
        (from..to).contains(&now) && !(lunch..lunch + LUNCH).contains(&now)
    }

    /// Does all whose moment has come.
    pub(super) async fn act(&mut self, day: &Day) {
        while let Some(Reverse((at, _, _))) = self.plan.peek() {
            // The homeserver brings nothing while it is away; texts come all the same.
            if *at > day.clock.now() {
                return;
            }
            let Some(Reverse((_, _, act))) = self.plan.pop() else { return };
            if day.house.is_away() && !matches!(act, Act::Text { .. }) {
                self.after(day, Duration::from_mins(1), act);
                continue;
            }
            self.do_one(day, act).await;
        }
    }

    async fn do_one(&mut self, day: &Day, act: Act) {
        match act {
            Act::Text { from, to, body } => {
                self.texts.push((from.clone(), body.clone()));
                let text = ContactText {
                    sid: format!("SM{}", self.texts.len()),
                    to: Address::sms(to),
                    from: Address::sms(&from),
                    body,
                    media: vec![],
                    left_out: 0,
                    origin: vec![],
                    more: vec![],
                    opt_out: None,
                    fetched_late: None,
                };
                day.ports.desk.apply(Input::Text(text)).await.unwrap();
            }
            Act::Type { agent, line } => {
                self.types(day, &agent, &day.consoles[&agent], &line).await;
                if let Some(id) = line.strip_prefix("!accept ")
                    && let Some(room) = given(day, id, &agent).await
                {
                    let wait = Duration::from_secs(self.rng.random_range(1..6));
                    self.after(day, wait, Act::Join { agent, room });
                }
            }
            Act::Say { agent, room, line } => {
                let room = OwnedRoomId::try_from(room).unwrap();
                let Some(of) = in_room(day, &room).await else { return };
                if !of.is_owned_by_user(&user(&agent)) {
                    return;
                }
                self.promise(day, &of, &line);
                self.types(day, &agent, &room, &line).await;
            }
            Act::Join { agent, room } => {
                let room = OwnedRoomId::try_from(room).unwrap();
                let what = RoomAct::Member {
                    user: user(&agent),
                    membership: Membership::Join,
                    before: Some(Membership::Invite),
                    reason: None,
                    is_direct: false,
                };
                self.does(day, &agent, &room, what).await;
                self.at_work(day, &agent, &room);
            }
            Act::Back { agent } => {
                if self.is_there(&agent, day.now()) {
                    self.types(day, &agent, &day.consoles[&agent], "!ready").await;
                }
            }
        }
    }

    /// What an agent says is to come.
    fn promise(&mut self, day: &Day, of: &Interaction, line: &str) {
        let hour = Duration::from_hours(1);
        let (what, is_call) = match line.split_once(' ') {
            Some(("!later", rest)) => (rest.split_once(' ').map_or("", |(_, text)| text).to_owned(), false),
            Some(("!callback", _)) => (of.id.to_string(), true),
            _ => {
                // What is said in the room of a callback stays there.
                let goes = of.callback.is_none() && of.work() == Some(Work::Active);
                if goes && !line.starts_with('!') {
                    self.replies.push(line.to_owned());
                }
                return;
            }
        };
        // After closing nobody is called.
        let due = day.clock.now() + hour;
        self.promises.push(Promise { due, what, is_call, contact: of.contact.number.clone() });
    }

    /// An agent has a conversation before them: they answer, some late, some promise something, and close it.
    fn at_work(&mut self, day: &Day, agent: &str, room: &OwnedRoomId) {
        let secs = |rng: &mut StdRng, range| Duration::from_secs(rng.random_range(range));
        let say = |line: String| Act::Say { agent: agent.to_owned(), room: room.to_string(), line };
        let mut wait = if self.rng.random_ratio(1, 12) {
            // They forget it, until they are reminded, or somebody else has it.
            secs(&mut self.rng, 400..1_300)
        } else {
            secs(&mut self.rng, 20..200)
        };
        let number = self.count;
        self.after(day, wait, say(format!("answer {number}")));
        let may_promise = day.now() + Duration::from_mins(90) < DAY;
        if may_promise && self.rng.random_ratio(1, 20) {
            self.after(day, wait + Duration::from_secs(5), say(format!("!later 1h promised {number}")));
        } else if may_promise && self.rng.random_ratio(1, 30) {
            self.after(day, wait + Duration::from_secs(5), say("!callback 1h".to_owned()));
        }
        wait += secs(&mut self.rng, 60..400);
        self.after(day, wait, say("!done".to_owned()));
    }

    /// Looks at what the homeserver shows, as each agent's client does.
    pub(super) async fn see(&mut self, day: &Day, seen: &[Seen]) {
        for one in seen {
            match one {
                Seen::Invited { room, user } => {
                    let Some(agent) = user.strip_prefix('@').and_then(|user| user.split(':').next()) else {
                        continue;
                    };
                    if !self.shifts.contains_key(agent) || in_offer(day, room).await {
                        continue;
                    }
                    let (agent, room) = (agent.to_owned(), room.clone());
                    let wait = Duration::from_secs(self.rng.random_range(1..6));
                    self.after(day, wait, Act::Join { agent, room });
                }
                Seen::Said { room, by: None, content } => self.hears(day, room, content),
                Seen::Said { room, by: Some(_), content } => self.reads(day, room, content).await,
            }
        }
    }

    /// What the bot says to an agent.
    fn hears(&mut self, day: &Day, room: &str, content: &serde_json::Value) {
        let notice = &content["org.switchroom.notice"];
        let Some((agent, _)) = day.consoles.iter().find(|(_, console)| *console == room) else { return };
        let agent = agent.clone();
        match notice["code"].as_str().unwrap_or_default() {
            "offer" if content["m.relates_to"].is_null() => {
                let Some(id) = notice["interaction"].as_str() else { return };
                let (wait, line) = match self.rng.random_range(0..20) {
                    // They are not at their desk.
                    0 => return,
                    1 => (8, format!("!reject {id} busy")),
                    _ => (self.rng.random_range(2..25), format!("!accept {id}")),
                };
                self.after(day, Duration::from_secs(wait), Act::Type { agent, line });
            }
            "offer_timed_out" | "requeued" if notice["not_ready"] == true => {
                let wait = Duration::from_secs(self.rng.random_range(30..120));
                self.after(day, wait, Act::Back { agent });
            }
            _ => {}
        }
    }

    /// What a contact says, in a room: whoever has it answers, and some contacts thank after the end.
    async fn reads(&mut self, day: &Day, room: &str, content: &serde_json::Value) {
        let body = content["body"].as_str().unwrap_or_default();
        if body.starts_with("text 0") && self.rng.random_ratio(1, 5) {
            let Ok(room) = OwnedRoomId::try_from(room) else { return };
            let Some(of) = in_room(day, &room).await else { return };
            let (from, to) = (of.contact.number.value().to_owned(), of.our_number.clone());
            let Some((_, to)) = QUEUES.iter().find(|(_, number)| *number == to.value()) else { return };
            let wait = Duration::from_secs(self.rng.random_range(600..1_500));
            if day.now() + wait < DAY {
                self.after(day, wait, Act::Text { from, to, body: "Thanks!".to_owned() });
            }
        }
    }

    async fn types(&mut self, day: &Day, agent: &str, room: &OwnedRoomId, line: &str) {
        let what = RoomAct::Message {
            kind: MessageKind::Text,
            body: line.to_owned(),
            formatted: None,
            reply_to: None,
            in_thread: false,
            pills: vec![],
        };
        self.does(day, agent, room, what).await;
    }

    async fn does(&mut self, day: &Day, agent: &str, room: &OwnedRoomId, what: RoomAct) {
        self.count += 1;
        let event = RoomEvent {
            event_id: EventId::parse(format!("$p{}:desk.test", self.count)).unwrap(),
            room_id: room.clone(),
            sender: user(agent),
            at: day.clock.now(),
            what,
        };
        day.ports.desk.apply(Input::Room(event)).await.unwrap();
    }
}

/// The conversation of a room.
pub(super) async fn in_room(day: &Day, room: &OwnedRoomId) -> Option<Interaction> {
    let mut conn = day.ports.store.connection().await.unwrap();
    let row: Option<String> = sqlx::query_scalar("SELECT body FROM interactions WHERE room_id = $1")
        .bind(room.as_str())
        .fetch_optional(&mut *conn)
        .await
        .unwrap();
    row.map(|row| serde_json::from_str(&row).unwrap())
}

/// The room of a conversation, if an agent has it.
async fn given(day: &Day, id: &str, agent: &str) -> Option<String> {
    let mut conn = day.ports.store.connection().await.unwrap();
    let of = interactions::by_id(&mut conn, &InteractionId::new(id)).await.unwrap()?;
    let is_theirs = of.owner().is_some_and(|owner| owner.id.as_str() == agent);
    of.room.filter(|_| is_theirs).map(|room| room.to_string())
}

/// Whether the conversation of a room is only offered, so that coming into it would accept it.
async fn in_offer(day: &Day, room: &str) -> bool {
    let Ok(room) = OwnedRoomId::try_from(room) else { return false };
    in_room(day, &room).await.is_some_and(|of| of.owner().is_none())
}
