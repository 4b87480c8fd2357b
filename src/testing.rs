//! A desk of its own for each test of what stands around it: a database, a queue, our numbers, agents.

use std::sync::Arc;

use ruma::{OwnedRoomId, UserId, owned_server_name, owned_user_id};
use tempfile::TempDir;
use tokio::sync::mpsc;
use url::Url;

use crate::clock::Clock;
use crate::desk::{Desk, Settings, Woken};
use crate::domain::address::Address;
use crate::domain::agent::{Agent, AgentRef};
use crate::domain::consent::ConsentRules;
use crate::domain::effect::Place;
use crate::domain::ids::{AgentId, QueueName};
use crate::domain::input::{Input, Setup};
use crate::domain::interaction::Mode;
use crate::domain::program::TokenKey;
use crate::domain::queue::{NumberSettings, QueueSettings, Target};
use crate::domain::settings::DeskSettings;
use crate::domain::text::segments::SplitLimit;
use crate::matrix::client::MatrixClient;
use crate::media::Workshop;
use crate::outbox::Ports;
use crate::outbox::backlog::Backlog;
use crate::render::{RenderSettings, Templates};
use crate::sms::callback::{Doors, PartKey};
use crate::sms::link::LinkKey;
use crate::sms::provider::SmsProvider;
use crate::spelling::Dictionaries;
use crate::store::{self, Store};

/// A desk over a database that is gone with it.
pub(crate) struct TestDesk {
    pub(crate) desk: Desk,
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    /// What its commits woke.
    pub(crate) hints: mpsc::UnboundedReceiver<Woken>,
    /// Where the database is.
    pub(crate) folder: TempDir,
}

impl TestDesk {
    /// Opens a desk and sets it up.
    pub(crate) async fn open(setup: Setup) -> Self {
        Self::open_with(setup, |_| {}).await
    }

    /// The same with settings of its own.
    pub(crate) async fn open_with(setup: Setup, change: impl FnOnce(&mut Settings)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/desk.db", folder.path().display());
        let (store, clock) = (store::open(&url, 4).await.unwrap(), Clock::default());
        let mut settings = Settings {
            prefix: "!".to_owned(),
            act_for_agents: false,
            split: SplitLimit::Request { units: 1600 },
            media: crate::sms::twilio::KIND.media,
            calls: true,
            link_begins: crate::sms::link::begins(&Url::parse("https://desk.test").unwrap()),
            bot: owned_user_id!("@switchroom:desk.test"),
            ghost_prefix: "sms_".to_owned(),
            domain: owned_server_name!("desk.test"),
            consent: ConsentRules::of(crate::sms::twilio::KIND.opt_outs),
            languages: vec![],
            token_key: TokenKey::derive(b"secret"),
            // A test may send as much as it likes.
            desk: DeskSettings { flood_texts: 0, ..DeskSettings::default() },
            config: Arc::default(),
        };
        change(&mut settings);
        let (desk, hints) = Desk::open(store.clone(), clock.clone(), settings);
        desk.apply(Input::Setup(setup)).await.unwrap();
        Self { desk, store, clock, hints, folder }
    }

    /// What delivering needs, over this desk, with a homeserver and a provider.
    pub(crate) fn ports(&self, homeserver: &Url, sms: Arc<dyn SmsProvider>) -> Ports {
        let domain = owned_server_name!("desk.test");
        let DeskSettings { time_zone, locale, .. } = DeskSettings::default();
        let words = RenderSettings { prefix: "!".to_owned(), time_zone, locale, act_for_agents: false };
        Ports {
            desk: self.desk.clone(),
            store: self.store.clone(),
            clock: self.clock.clone(),
            matrix: {
                let matrix = MatrixClient::new(homeserver, domain, "secret".into(), "switchroom", "sms_");
                matrix.unwrap().whose_bot_exists()
            },
            for_agents: None,
            templates: Arc::new(Templates::load(None, &words).unwrap()),
            sms,
            provider: "Twilio",
            doors: doors("https://desk.test"),
            dictionaries: Dictionaries::built_in(),
            workshop: Workshop::default(),
            backlog: Backlog::default(),
        }
    }
}

/// Lets a room be an agent's console.
pub(crate) async fn console(store: &Store, agent: &str, room: &OwnedRoomId) {
    let id = AgentId::new(agent);
    let mut conn = store.connection().await.unwrap();
    store::agents::set_console(&mut conn, &id, room).await.unwrap();
    store::rooms::add(&mut conn, room, &Place::Console(id)).await.unwrap();
}

/// An agent of no queue, who may do what every agent may.
pub(crate) fn agent(id: &str) -> Agent {
    let user = UserId::parse(format!("@{id}:desk.test")).unwrap();
    let who = AgentRef { id: AgentId::new(id), user, name: id.to_owned() };
    Agent { roles: vec![], permissions: [].into(), ..Agent::new(who) }
}

/// The one queue.
pub(crate) fn queue() -> QueueName {
    QueueName::new("support")
}

/// A desk with these agents, and these numbers, whose texts go to the one queue.
pub(crate) fn setup(agents: Vec<Agent>, numbers: &[&str]) -> Setup {
    let settings = NumberSettings { mms_mode: Mode::Session, ..NumberSettings::new(Target::Queue(queue())) };
    Setup {
        agents,
        queues: vec![(queue(), QueueSettings::default())],
        numbers: numbers.iter().map(|number| (Address::read(number), settings.clone())).collect(),
        ..Setup::default()
    }
}

/// Our doors for Twilio, below this address.
pub(crate) fn doors(public_url: &str) -> Doors {
    Doors {
        public_url: public_url.parse().unwrap(),
        provider: "twilio",
        part_key: part_key(),
        link_key: link_key(),
    }
}

/// Signs links to files.
pub(crate) fn link_key() -> LinkKey {
    LinkKey::derive(&"secret".into())
}

/// Signs the ids of parts.
pub(crate) fn part_key() -> PartKey {
    PartKey::derive(&"secret".into())
}
