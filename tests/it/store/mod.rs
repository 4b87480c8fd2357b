//! The store's contract, the same on SQLite and on PostgreSQL.

mod authority;
mod auto_replies;
mod begun;
mod calls;
mod channels;
mod consent;
mod contacts;
mod conversations;
mod dead_letters;
mod desk;
mod early;
mod erasures;
mod forget;
mod history;
mod history_search;
mod interactions;
mod lanes;
mod lists;
mod lost;
mod missed;
mod named;
mod originals;
mod people;
mod programs;
mod quietly;
mod quotes;
mod responses;
mod retention;
mod roster;
mod routing;
mod scheduled;
mod shift;
mod spelling;
mod stage;
mod subjects;
mod talks;

use std::collections::BTreeSet;
use std::time::Duration;

use ruma::{OwnedUserId, UserId};
use sqlx::{AnyConnection, Executor as _};
use switchroom::clock::Millis;
use switchroom::domain::address::Address;
use switchroom::domain::agent::{Agent, AgentRef, Channels, Readiness, WorkChannel};
use switchroom::domain::consent::{Change, Scope, Source, Wish};
use switchroom::domain::ids::{AgentId, ContactId, InteractionId, QueueName};
use switchroom::domain::interaction::begin::Beginning;
use switchroom::domain::interaction::{ContactRef, Interaction, Mode, Offer, Phase, Rules, Unanswered, Work};
use switchroom::domain::lane::Lane;
use switchroom::store::{self, Engine, Result, Store, StoreError};

use crate::harness::OURS;
use crate::harness::postgres::Postgres;

/// Makes a test of each contract on each engine.
macro_rules! on_both_engines {
    ($($contract:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $contract() {
                super::$contract($crate::store::Database::sqlite().await).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $contract() {
                super::$contract($crate::store::Database::postgres().await).await;
            })*
        }
    };
}
pub(crate) use on_both_engines;

/// When the tests happen.
const NOW: Millis = Millis(1_700_000_000_000);
/// A contact's number.
const THEIRS: &str = "+14155550100";

/// An empty database.
pub(crate) struct Database {
    store: Store,
    url: String,
    files: Option<tempfile::TempDir>,
}

impl Database {
    pub(crate) async fn sqlite() -> Self {
        let files = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", files.path().join("desk.db").display());
        Self { store: store::open(&url, 8).await.unwrap(), url, files: Some(files) }
    }

    pub(crate) async fn postgres() -> Self {
        let url = Postgres::shared().await.fresh_database().await;
        Self { store: store::open(&url, 8).await.unwrap(), url, files: None }
    }

    async fn connection(&self) -> sqlx::pool::PoolConnection<sqlx::Any> {
        self.store.connection().await.unwrap()
    }

    /// Does something in one commit, as the desk does: again while it gets in the way of others.
    async fn commit<T>(&self, work: impl AsyncFn(&mut AnyConnection) -> Result<T>) -> Result<T> {
        loop {
            match self.try_commit(&work).await {
                Err(error) if error.is_conflict() => tokio::time::sleep(Duration::from_millis(5)).await,
                outcome => return outcome,
            }
        }
    }

    async fn try_commit<T>(&self, work: &impl AsyncFn(&mut AnyConnection) -> Result<T>) -> Result<T> {
        let mut conn = self.store.connection().await?;
        conn.execute(match self.store.engine() {
            Engine::Sqlite => "BEGIN IMMEDIATE",
            Engine::Postgres => "BEGIN ISOLATION LEVEL SERIALIZABLE",
        })
        .await?;
        let outcome = match work(&mut conn).await {
            Ok(done) => conn.execute("COMMIT").await.map(|_| done).map_err(StoreError::from),
            Err(error) => Err(error),
        };
        if outcome.is_err() {
            // After a failed commit there may be nothing left to roll back.
            let _ = conn.execute("ROLLBACK").await;
        }
        outcome
    }

    /// A number out of the database.
    async fn number(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&mut *self.connection().await).await.unwrap()
    }
}

fn user(id: &str) -> OwnedUserId {
    UserId::parse(format!("@{id}:desk.test")).unwrap()
}

fn agent_ref(id: &str) -> AgentRef {
    AgentRef { id: AgentId::new(id), user: user(id), name: id.to_owned() }
}

fn agent(id: &str) -> Agent {
    Agent {
        permissions: BTreeSet::new(),
        queues: vec![queue()],
        idle_since: NOW,
        ..Agent::new(agent_ref(id))
    }
}

/// Ready for texts, and not for IMs.
fn ready() -> Channels {
    Channels::default().with(WorkChannel::Sms, Readiness::Ready { since: NOW })
}

fn queue() -> QueueName {
    QueueName::new("support")
}

fn contact(number: &str) -> ContactRef {
    ContactRef {
        id: ContactId::new(format!("c-{number}")),
        name: "Zoë ☎".to_owned(),
        number: Address::sms(number),
    }
}

fn interaction(id: &str, number: &str) -> Interaction {
    Interaction::begin(Beginning {
        id: InteractionId::new(id),
        mode: Mode::Session,
        contact: contact(number),
        our_number: Address::sms(OURS),
        queue: queue(),
        rules: Rules::default(),
        case: vec![],
        first_text: "hi".to_owned(),
        last_agent: None,
        alias: format!("switchroom_{id}"),
        at: NOW,
    })
}

fn active(owner: &str) -> Phase {
    Phase::Owned { owner: agent_ref(owner), come_by: None, work: Work::Active, transfer: None }
}

/// An offer to Alice, who is invited.
fn offer(expires_at: Millis) -> Offer {
    Offer {
        number: 1,
        to: vec![agent_ref("alice")],
        invited: true,
        by: None,
        then: Unanswered::Withdrawn,
        expires_at,
        put_off: false,
        rings_at: None,
        rang: false,
        or_queue: false,
    }
}

/// What the usual contact says about being texted, so many seconds after the beginning as the id is.
fn change(id: &str, scope: Scope, wish: Wish) -> Change {
    Change {
        id: format!("{id:0>4}"),
        address: Address::sms(THEIRS),
        scope,
        ours: Some(Address::sms(OURS)),
        wish,
        source: Source::Keyword,
        words: "their words".to_owned(),
        who: String::new(),
        at: later(id.parse().unwrap()),
    }
}

fn done(by: &str) -> Phase {
    Phase::Done { by: agent_ref(by), at: NOW }
}

fn later(secs: u64) -> Millis {
    NOW + Duration::from_secs(secs)
}

#[tokio::test]
async fn a_second_process_cannot_open_the_same_sqlite_file() {
    let database = Database::sqlite().await;
    let refused = store::open(&database.url, 2).await.unwrap_err();
    assert!(matches!(refused, StoreError::InUse { .. }), "{refused}");
    let Database { store, url, files: _files } = database;
    store.close().await;
    drop(store);
    store::open(&url, 2).await.unwrap();
}

#[tokio::test]
async fn what_was_committed_is_there_after_the_database_was_opened_again() {
    let Database { store, url, files: _files } = Database::sqlite().await;
    store::upkeep::remember(&mut store.connection().await.unwrap(), "name", "välue").await.unwrap();
    store.close().await;
    drop(store);
    let again = store::open(&url, 2).await.unwrap();
    let fact = store::upkeep::recall(&mut again.connection().await.unwrap(), "name").await.unwrap();
    assert_eq!(fact.as_deref(), Some("välue"));
}

#[tokio::test]
async fn a_database_of_another_kind_is_refused() {
    assert!(matches!(store::open("mysql://root@localhost/desk", 2).await.unwrap_err(), StoreError::Url));
}

#[tokio::test]
async fn two_replicas_open_one_postgresql_at_once() {
    let url = Postgres::shared().await.fresh_database().await;
    let (one, other) = tokio::join!(store::open(&url, 2), store::open(&url, 2));
    let (one, other) = (one.unwrap().now().await.unwrap(), other.unwrap().now().await.unwrap());
    assert!(one.since(other) < Duration::from_mins(1) && other.since(one) < Duration::from_mins(1));
}

/// The lane of a text.
fn lane_of(text: &str) -> Lane {
    text.parse().unwrap()
}
