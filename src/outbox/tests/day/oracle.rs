//! What must hold in a day, said without any of the desk's own rules.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use super::house::Seen;
use super::people::{Got, People};
use super::{Day, LADDER, STEP};
use crate::clock::Millis;
use crate::domain::interaction::{Interaction, Phase, Work};
use crate::domain::work_channel::WorkChannel;
use crate::store::agents;

/// How late something may be: two steps of the clock, and what a step takes of real time.
const LATE: Duration = Duration::from_mins(1);

/// What it has seen so far.
#[derive(Default)]
pub(super) struct Oracle {
    /// What each room showed of its contact, in order.
    shown: Vec<String>,
    /// What phones got.
    got: Vec<Got>,
    /// How often each cause rang.
    rings: HashMap<String, u32>,
    /// Since when a conversation waits though somebody could take it.
    idle: HashMap<String, Millis>,
    /// When each reminder came, by conversation and moment of the text.
    told: HashSet<String>,
    offered: BTreeMap<String, Millis>,
    looks: u64,
}

impl Oracle {
    pub(super) async fn look(&mut self, day: &Day, people: &People, seen: &[Seen], got: &[Got]) {
        self.got.extend_from_slice(got);
        let open = open(day).await;
        for one in seen {
            self.saw(day, &open, one);
        }
        self.looks += 1;
        if !day.house.is_away() {
            self.loads(day, &open).await;
            self.ladder(day, &open);
        }
        self.forgotten(day, people, &open).await;
    }

    /// Something at the homeserver: what rings has a cause that has not rung before.
    fn saw(&mut self, day: &Day, open: &[Interaction], one: &Seen) {
        let Seen::Said { room, by, content } = one else { return };
        let notice = &content["org.switchroom.notice"];
        if by.is_some() {
            let body = content["body"].as_str().unwrap_or_default();
            self.shown.push(body.to_owned());
        }
        let id = notice["interaction"].as_str().unwrap_or(room).to_owned();
        let of = open.iter().find(|of| of.id.as_str() == id || of.room.as_ref().is_some_and(|at| at == room));
        let code = notice["code"].as_str().unwrap_or("text").to_owned();
        match code.as_str() {
            "offer" if content["m.relates_to"].is_null() => {
                self.offered.entry(id.clone()).or_insert(day.clock.now());
            }
            "reply_due" | "reply_overdue" => {
                self.told.insert(format!("{code} {id}"));
            }
            _ => {}
        }
        for rung in content["m.mentions"]["user_ids"].as_array().into_iter().flatten() {
            let rung = rung.as_str().unwrap_or_default();
            let cause = match code.as_str() {
                // An offer rings once, and once more where nobody has answered.
                "offer" => format!("{rung} offer {id} {}", of.map_or(0, |of| of.offers)),
                "text" => format!("{rung} {id} {}", content["body"]),
                _ => continue,
            };
            let rings = self.rings.entry(cause.clone()).or_default();
            *rings += 1;
            let most = if code == "offer" { 2 } else { 1 };
            assert!(*rings <= most, "{cause} rang {rings} times, at {:?}", day.now());
        }
    }

    /// Nobody has more than they may, counting what they are offered.
    async fn loads(&self, day: &Day, open: &[Interaction]) {
        let all = agents::all(&mut day.ports.store.connection().await.unwrap()).await.unwrap();
        for agent in all {
            let has = open.iter().filter(|of| match &of.phase {
                Phase::Owned { owner, work: Work::Active, .. } => owner.id == agent.who.id,
                Phase::Offered { offer, .. } => offer.to.iter().any(|to| to.id == agent.who.id),
                _ => false,
            });
            let most = usize::try_from(agent.capacity_for(WorkChannel::Sms)).unwrap();
            assert!(has.count() <= most, "{} has more than {most}, at {:?}", agent.who.id, day.now());
        }
    }

    /// Who has not been answered for as long as the queue allows is queued again.
    fn ladder(&self, day: &Day, open: &[Interaction]) {
        for of in open {
            let Phase::Owned { work: Work::Active, .. } = &of.phase else { continue };
            // The time before they had it was not theirs.
            let Some((since, used)) =
                of.reply_wait.as_ref().and_then(|wait| Some((wait.runs_from?, wait.used_ms)))
            else {
                continue;
            };
            let until = day.clock.now().min(super::OPENS + super::DAY);
            let waits = until.since(since) + Duration::from_millis(used);
            // What was queued again while the homeserver was away comes when it is back.
            let outage = super::OUTAGE.1.saturating_sub(super::OUTAGE.0);
            let spanned = since < super::OPENS + super::OUTAGE.1 && day.now() > super::OUTAGE.0;
            let most = LADDER[2] + LATE + if spanned { outage } else { Duration::ZERO };
            assert!(waits <= most, "{} waits for {waits:?} for an answer, at {:?}", of.id, day.now());
            if waits > LADDER[0] + LATE && !spanned {
                let told = format!("reply_due {}", of.id);
                let now = day.now();
                assert!(self.told.contains(&told), "{waits:?} without a reminder, at {now:?}: {of:?}");
            }
        }
    }

    /// Nothing waits in a queue while somebody is idle who could take it and has not been asked.
    async fn forgotten(&mut self, day: &Day, people: &People, open: &[Interaction]) {
        let now = day.clock.now();
        if day.house.is_away() {
            self.idle.clear();
            return;
        }
        let all = agents::all(&mut day.ports.store.connection().await.unwrap()).await.unwrap();
        let busy: HashSet<&str> = open
            .iter()
            .flat_map(|of| match &of.phase {
                Phase::Owned { owner, .. } => vec![owner.id.as_str()],
                Phase::Offered { offer, .. } => offer.to.iter().map(|to| to.id.as_str()).collect(),
                _ => vec![],
            })
            .collect();
        let mut waiting = HashMap::new();
        for of in open {
            let Phase::Queued { passed_over } = &of.phase else { continue };
            let idle = all.iter().find(|agent| {
                agent.queues.contains(&of.queue)
                    && agent.is_ready_for(WorkChannel::Sms)
                    && !busy.contains(agent.who.id.as_str())
                    && people.is_there(agent.who.id.as_str(), day.now())
                    && !passed_over.iter().any(|passed| passed.agent == agent.who.id)
            });
            if let Some(idle) = idle {
                let since = self.idle.get(of.id.as_str()).copied().unwrap_or(now);
                assert!(
                    now.since(since) <= LATE,
                    "{} waits though {} is idle, at {:?}: {of:?}",
                    of.id,
                    idle.who.id,
                    day.now()
                );
                waiting.insert(of.id.to_string(), since);
            }
        }
        self.idle = waiting;
    }

    /// At the end all texts were shown once and in order, all replies have gone once, promises were kept, and
    /// nothing is left.
    pub(super) async fn end(&self, day: &Day, people: &People) {
        println!(
            "{} looks, {} texts shown, {} replies, {} at phones, {} promises, {} conversations offered, {} rings",
            self.looks,
            self.shown.len(),
            people.replies.len(),
            self.got.len(),
            people.promises.len(),
            self.offered.len(),
            self.rings.values().sum::<u32>(),
        );
        let contacts = people.texts.iter().filter(|(_, body)| body.starts_with("text 0")).count();
        assert!(people.replies.len() >= contacts / 2, "most are answered");
        self.all_shown(people);
        self.all_sent(people);
        self.promises(day, people).await;
        columns_tell_the_same(day).await;
        assert_eq!(day.number("SELECT COUNT(*) FROM outbox WHERE state IN ('ready', 'aside')").await, 0);
        assert_eq!(day.number("SELECT COUNT(*) FROM set_aside").await, 0);
    }

    fn all_shown(&self, people: &People) {
        let mut shown: HashMap<&str, usize> = HashMap::new();
        for (place, body) in self.shown.iter().enumerate() {
            if body != "Thanks!" {
                assert!(shown.insert(body, place).is_none(), "“{body}” was shown twice");
            }
        }
        let mut last: HashMap<&str, usize> = HashMap::new();
        let (mut flood, mut shown_of_flood) = (0, 0);
        for (from, body) in people.texts.iter().filter(|(_, body)| body != "Thanks!") {
            if *from == people.flooding {
                flood += 1;
                shown_of_flood += usize::from(shown.contains_key(body.as_str()));
                continue;
            }
            let place = shown.get(body.as_str()).unwrap_or_else(|| panic!("“{body}” was never shown"));
            let before = last.insert(from, *place);
            assert!(before < Some(*place), "“{body}” was shown before an earlier text");
        }
        assert!(shown_of_flood < flood, "{shown_of_flood} of a flood of {flood} were shown one by one");
    }

    fn all_sent(&self, people: &People) {
        let mut got: HashMap<&str, u32> = HashMap::new();
        for one in &self.got {
            *got.entry(one.body.as_str()).or_default() += 1;
        }
        for reply in &people.replies {
            let times = got.get(reply.as_str()).copied().unwrap_or(0);
            assert!(times == 1, "“{reply}” was sent {times} times");
        }
    }

    /// What was to go at a time went then, or waits because the contact wrote meanwhile.
    async fn promises(&self, day: &Day, people: &People) {
        let (mut kept, mut asked) = (0, 0);
        for promise in &people.promises {
            if promise.is_call {
                continue;
            }
            let went = self.got.iter().find(|got| got.body == promise.what);
            match went {
                Some(went) => {
                    let off = went.at.since(promise.due).max(promise.due.since(went.at));
                    let in_outage =
                        (super::OUTAGE.0..super::OUTAGE.1 + LATE).contains(&promise.due.since(super::OPENS));
                    assert!(off <= LATE + STEP || in_outage, "“{}” went {off:?} off", promise.what);
                    assert_eq!(went.to, promise.contact);
                    kept += 1;
                }
                None => asked += 1,
            }
        }
        let calls = people.promises.iter().filter(|promise| promise.is_call).count();
        let made = day.number("SELECT COUNT(*) FROM interactions WHERE mode = 'callback'").await;
        let left = day.number("SELECT COUNT(*) FROM callbacks").await;
        assert_eq!(usize::try_from(made + left).unwrap(), calls, "callbacks");
        println!("{kept} texts went at their time, {asked} did not, {made} callbacks");
    }
}

/// Whatever happened to conversations, they are found by what they are.
async fn columns_tell_the_same(day: &Day) {
    type Row = (String, String, String, i64, Option<String>, Option<String>, Option<String>, Option<i64>);
    let rows: Vec<Row> =
        sqlx::query_as("SELECT body, queue, state, is_open, owner, holder, room_id, place FROM interactions")
            .fetch_all(&mut *day.ports.store.connection().await.unwrap())
            .await
            .unwrap();
    for (body, queue, state, is_open, owner, holder, room, place) in rows {
        let of: Interaction = serde_json::from_str(&body).unwrap();
        assert_eq!(
            (of.queue.as_str(), of.state(), i64::from(of.is_open())),
            (&*queue, &*state, is_open),
            "{of:?}"
        );
        let who = (of.owner().map(|who| who.id.as_str()), of.holder().map(|who| who.id.as_str()));
        assert_eq!(who, (owner.as_deref(), holder.as_deref()), "{of:?}");
        let found =
            (of.room.as_ref().map(|room| room.as_str()), of.waiting().map(|waiting| waiting.rank().0));
        assert_eq!(found, (room.as_deref(), place), "{of:?}");
    }
}

/// All that is not done.
async fn open(day: &Day) -> Vec<Interaction> {
    let mut conn = day.ports.store.connection().await.unwrap();
    let rows: Vec<String> = sqlx::query_scalar("SELECT body FROM interactions WHERE state <> 'done'")
        .fetch_all(&mut *conn)
        .await
        .unwrap();
    rows.iter().map(|row| serde_json::from_str(row).unwrap()).collect()
}
