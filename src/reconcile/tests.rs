//! Catching up over a real desk and a real database, with the simulator as the provider.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use ruma::owned_user_id;
use secrecy::SecretString;
use sqlx::AnyConnection;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::*;
use crate::clock::Clock;
use crate::domain::address::Address;
use crate::domain::agent::{Agent, AgentRef, Role};
use crate::domain::effect::{Effect, GhostMedia, GhostText};
use crate::domain::ids::AgentId;
use crate::domain::input::{ContactText, Input, MediaPart, Setup};
use crate::sms::provider::OutgoingSms;
use crate::sms::simulator::{Attachment, PostFault, Simulator, SimulatorConfig};
use crate::sms::twilio::{MediaLimits, Timeouts, TwilioClient, TwilioConfig};
use crate::store::upkeep;
use crate::testing::{self, TestDesk, agent};

mod rooms;
mod told;

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
    world_at("http://127.0.0.1:1").await
}

async fn world_at(homeserver: &str) -> World {
    let alice = Agent { roles: vec![Role::Admin], ..agent("alice") };
    let desk = TestDesk::open(testing::setup(vec![alice, agent("bob")], &[OURS, OTHERS])).await;
    let (provider, sms) = provider(&desk.clock).await;
    let ports = desk.ports(&homeserver.parse().unwrap(), Arc::new(sms));
    World { ports, provider, _folder: desk.folder }
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
        numbers: [OURS, OTHERS].map(Address::sms).into(),
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
            Effect::GhostText(GhostText { body, .. }) => Some(body),
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
        from: Address::sms(OURS),
        to: Address::sms(JANE),
        body: "Hello".to_owned(),
        media: vec![],
        status_callback: w.ports.doors.public_url.clone(),
    };
    // Only a reply notices that the provider does not work.
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

impl World {
    async fn picture(&self, from: &str, body: &str, pictures: usize) -> String {
        let picture = |n| Attachment { content_type: "image/png".to_owned(), bytes: format!("{n}").into() };
        self.provider.text_from(from, OURS, body, (1..=pictures).map(picture).collect()).await.unwrap()
    }

    /// The addresses of the media parts in the lanes of rooms.
    async fn media(&self) -> Vec<String> {
        let part = |effect| match effect {
            Effect::GhostMedia(GhostMedia { picture, .. }) => Some(picture.part.url),
            _ => None,
        };
        self.in_rooms().await.into_iter().filter_map(part).collect()
    }

    async fn fact(&self, name: &str) -> Option<String> {
        upkeep::recall(&mut self.ports.store.connection().await.unwrap(), name).await.unwrap()
    }

    async fn count(&self, sql: &'static str) -> i64 {
        let mut conn = self.ports.store.connection().await.unwrap();
        sqlx::query_scalar(sql).fetch_one(&mut *conn).await.unwrap()
    }
}

#[tokio::test]
async fn one_message_and_one_number_that_cannot_be_read_stop_no_other() {
    let w = world().await;
    provider::look(&w.ports).await.unwrap();
    let lost = w.picture(JANE, "Look", 1).await;
    w.text("+14155550101", OURS, "Hello").await;
    w.text("+14155550102", OTHERS, "Hi").await;
    w.provider.faults().no_media_list(&lost);
    w.provider.faults().no_list_of(OURS);
    let progress = provider::look(&w.ports).await.unwrap();
    assert_eq!((progress.at_end, progress.failed), (1, 1));
    assert!(progress.is_enough(), "offers wait for no number that fails alone");
    assert_eq!(w.texts().await, ["Hi"]);

    w.provider.faults().clear();
    w.provider.faults().no_media_list(&lost);
    let progress = provider::look(&w.ports).await.unwrap();
    assert_eq!((progress.at_end, progress.failed), (2, 0));
    w.until_texts(&["Hello", "Hi", "Look"]).await;
    // Its picture is fetched like one that came by itself: asked for again for a while, beside everything
    // else.
    let [part] = w.media().await.try_into().unwrap();
    let url = part.parse().unwrap();
    assert!(w.ports.sms.fetch_media(&url).await.unwrap_err().is_retryable());
    w.provider.faults().clear();
    assert_eq!(&w.ports.sms.fetch_media(&url).await.unwrap().bytes[..], b"1");
}

#[tokio::test]
async fn a_list_is_read_on_from_where_it_stopped_until_it_is_at_its_end() {
    let w = world().await;
    provider::look(&w.ports).await.unwrap();
    let mark = w.fact(&format!("provider_read_to:sms:{OURS}")).await.unwrap();
    let texts: Vec<String> = (1..=5).map(|number| format!("text {number}")).collect();
    for (text, other) in texts.iter().zip(200..) {
        w.text(JANE, OURS, text).await;
        w.text(&format!("+14155550{other}"), OURS, "Anybody?").await;
    }
    let flood: Vec<String> = (100..205).map(|number| format!("flood {number}")).collect();
    for text in &flood {
        w.text("+14155550999", OURS, text).await;
    }
    w.provider.faults().longest_page(5);
    for _ in 0..2 {
        let progress = provider::look(&w.ports).await.unwrap();
        assert_eq!((progress.unfinished, progress.is_enough()), (1, false));
        assert_eq!(
            w.fact(&format!("provider_read_to:sms:{OURS}")).await.as_ref(),
            Some(&mark),
            "not all is read"
        );
        assert!(w.texts().await.is_empty(), "what is older has to come first");
    }
    assert_eq!(w.count("SELECT COUNT(*) FROM missed").await, 100);
    let told = "SELECT COUNT(*) FROM outbox WHERE lane = 'console:alice' AND body LIKE '%catching_up%'";
    assert_eq!(w.count(told).await, 1, "the admins hear of it, once");

    assert_eq!(provider::look(&w.ports).await.unwrap(), Progress { at_end: 2, ..Progress::default() });
    let found = w.texts().await;
    let of = |what: &str| found.iter().filter(|text| text.starts_with(what)).cloned().collect::<Vec<_>>();
    assert_eq!((of("text"), of("flood"), of("Anybody").len()), (texts, flood, 5));
    assert_ne!(w.fact(&format!("provider_read_to:sms:{OURS}")).await, Some(mark));
    assert_eq!(w.count("SELECT COUNT(*) FROM missed").await, 0);
    assert_eq!(w.count(told).await, 1);
}

#[tokio::test]
async fn what_the_list_knows_of_a_message_and_what_we_have_of_it_are_compared() {
    let w = world().await;
    provider::look(&w.ports).await.unwrap();
    let sid = w.picture(JANE, "Look", 3).await;
    let came = ContactText {
        sid: sid.clone(),
        from: Address::sms(JANE),
        to: Address::sms(OURS),
        body: "Look".to_owned(),
        media: vec![MediaPart {
            url: "https://api.test/1".to_owned(),
            content_type: String::new(),
            number: None,
        }],
        left_out: 0,
        origin: vec![],
        more: vec![],
        opt_out: None,
        fetched_late: None,
    };
    w.ports.desk.apply(Input::Text(came)).await.unwrap();
    for _ in 0..2 {
        provider::look(&w.ports).await.unwrap();
        assert_eq!(w.texts().await, ["Look"]);
        assert_eq!(
            w.media().await,
            ["https://api.test/1".to_owned(), format!("listed:{sid}/2"), format!("listed:{sid}/3")]
        );
    }
    let third = format!("listed:{sid}/3").parse().unwrap();
    assert_eq!(&w.ports.sms.fetch_media(&third).await.unwrap().bytes[..], b"3");
}
