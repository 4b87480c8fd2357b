//! Catching up over a real desk and a real database, with the simulator as the provider.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use matrix_sdk::ruma::{owned_server_name, owned_user_id};
use secrecy::SecretString;
use sqlx::AnyConnection;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::backlog::Backlog;
use super::*;
use crate::clock::Clock;
use crate::desk::{Desk, Settings};
use crate::domain::effect::Effect;
use crate::domain::ids::{Number, QueueName};
use crate::domain::input::{Input, Setup};
use crate::domain::interaction::Mode;
use crate::domain::queue::{NumberSettings, QueueSettings, Target};
use crate::domain::settings::DeskSettings;
use crate::matrix::client::MatrixClient;
use crate::media::Workshop;
use crate::render::{RenderSettings, Templates};
use crate::sms::callback::PartKey;
use crate::sms::provider::OutgoingSms;
use crate::sms::simulator::{PostFault, Simulator, SimulatorConfig};
use crate::sms::twilio::{MediaLimits, Timeouts, TwilioClient, TwilioConfig};
use crate::store::{self, Store};

const ACCOUNT: &str = "AC00000000000000000000000000000001";
const OURS: &str = "+15005550006";
const OTHERS: &str = "+15005550007";
const JANE: &str = "+14155550100";
/// How far the provider's clock is behind: what is written now is old enough not to come by itself any more.
const BEHIND: Duration = Duration::from_mins(1);

/// A desk with two numbers whose provider posts nothing to it.
struct World {
    ports: Ports,
    provider: Simulator,
    _folder: tempfile::TempDir,
}

async fn world() -> World {
    let folder = tempfile::tempdir().unwrap();
    let store = store::open(&format!("sqlite://{}/desk.db", folder.path().display()), 4).await.unwrap();
    let clock = Clock::default();
    let (provider, sms) = provider(&clock).await;
    let desk = desk(&store, &clock).await;
    let nobody = "http://127.0.0.1:1".parse().unwrap();
    let domain = owned_server_name!("desk.test");
    let words = RenderSettings { prefix: "!".into(), time_zone: "UTC".into(), locale: "en".into() };
    let ports = Ports {
        desk,
        store,
        clock,
        matrix: MatrixClient::new(&nobody, domain, "token".into(), "switchroom", "sms_").unwrap(),
        for_agents: None,
        templates: Arc::new(Templates::load(None, &words).unwrap()),
        sms: Arc::new(sms),
        provider: "twilio",
        public_url: nobody,
        part_key: PartKey::derive(&SecretString::from("key")),
        workshop: Workshop::default(),
        backlog: Backlog::default(),
    };
    World { ports, provider, _folder: folder }
}

async fn desk(store: &Store, clock: &Clock) -> Desk {
    let settings = Settings {
        prefix: "!".to_owned(),
        act_for_agents: false,
        split_separately: false,
        bot: owned_user_id!("@switchroom:desk.test"),
        ghost_prefix: "sms_".to_owned(),
        domain: owned_server_name!("desk.test"),
        desk: DeskSettings::default(),
    };
    let (desk, _) = Desk::open(store.clone(), clock.clone(), settings);
    let queue = QueueName::new("support");
    let number = NumberSettings {
        target: Target::Queue(queue.clone()),
        mode: Mode::Session,
        mms_mode: Mode::Session,
        case: vec![],
    };
    let setup = Setup {
        queues: vec![(queue, QueueSettings::default())],
        numbers: [OURS, OTHERS].map(|ours| (Number::new(ours), number.clone())).into(),
        ..Setup::default()
    };
    desk.apply(Input::Setup(setup)).await.unwrap();
    desk
}

async fn provider(clock: &Clock) -> (Simulator, TwilioClient) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let api: url::Url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let its_clock = Clock::default();
    its_clock.follow(clock.now() - BEHIND);
    let provider = Simulator::open(SimulatorConfig {
        account_sid: ACCOUNT.to_owned(),
        auth_token: SecretString::from("token"),
        api_url: api.clone(),
        inbound_url: api.clone(),
        numbers: [OURS, OTHERS].map(Number::new).into(),
        file: None,
        pace: Duration::from_millis(1),
        clock: its_clock,
    })
    .await
    .unwrap();
    provider.faults().inbound(PostFault::Dropped);
    provider.faults().callbacks(PostFault::Dropped);
    tokio::spawn(provider.clone().serve(listener));
    let client = TwilioClient::new(TwilioConfig {
        api_url: api,
        account_sid: ACCOUNT.to_owned(),
        auth_token: SecretString::from("token"),
        timeouts: Timeouts::default(),
        media: MediaLimits::default(),
    });
    (provider, client.unwrap())
}

impl World {
    /// Begins to keep the provider's side complete, and waits until it was read for the first time.
    async fn keep_complete(&self) -> JoinHandle<()> {
        let ports = self.ports.clone();
        let task = tokio::spawn(async move { with_provider(&ports).await });
        self.ports.backlog.marker_came();
        self.until("the list to be read", async |_| self.ports.backlog.is_in()).await;
        task
    }

    async fn text(&self, from: &str, to: &str, body: &str) -> String {
        self.provider.text_from(from, to, body, vec![]).await.unwrap()
    }

    async fn until(&self, what: &str, is_so: impl AsyncFn(&mut AnyConnection) -> bool) {
        let begun = Instant::now();
        loop {
            if is_so(&mut *self.ports.store.connection().await.unwrap()).await {
                return;
            }
            assert!(begun.elapsed() < Duration::from_secs(30), "waited too long for {what}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// What stands in the lanes of rooms, in the order of each.
    async fn in_rooms(&self) -> Vec<Effect> {
        let rows: Vec<String> =
            sqlx::query_scalar("SELECT body FROM outbox WHERE lane LIKE 'room:%' ORDER BY lane, seq")
                .fetch_all(&mut *self.ports.store.connection().await.unwrap())
                .await
                .unwrap();
        rows.iter().map(|row| serde_json::from_str(row).unwrap()).collect()
    }

    /// The texts among them.
    async fn texts(&self) -> Vec<String> {
        let body = |effect| match effect {
            Effect::GhostText { body, .. } => Some(body),
            _ => None,
        };
        self.in_rooms().await.into_iter().filter_map(body).collect()
    }

    async fn until_texts(&self, texts: &[&str]) {
        self.until("the texts", async |_| self.texts().await.len() >= texts.len()).await;
        let mut found = self.texts().await;
        found.sort();
        assert_eq!(found, texts);
    }
}

#[tokio::test]
async fn after_a_failure_of_the_provider_its_list_is_read_as_soon_as_it_is_well() {
    let w = world().await;
    let task = w.keep_complete().await;
    w.provider.faults().down(true);
    for (number, to) in [(1, OURS), (2, OTHERS), (3, OURS), (4, OTHERS)] {
        w.text(JANE, to, &format!("text {number}")).await;
    }
    let message = OutgoingSms {
        from: Number::new(OURS),
        to: Number::new(JANE),
        body: "Hello".to_owned(),
        media: vec![],
        status_callback: w.ports.public_url.clone(),
    };
    // Nobody but a reply notices that the provider is out of order.
    w.ports.sms.send(&message).await;
    tokio::time::timeout(Duration::from_secs(5), async {
        while w.ports.sms.reach().now().failures < 2 {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("its list is asked for at once");
    assert!(w.texts().await.is_empty());
    w.provider.faults().down(false);
    w.until_texts(&["text 1", "text 2", "text 3", "text 4"]).await;
    assert!(task.now_or_never().is_none());
}
