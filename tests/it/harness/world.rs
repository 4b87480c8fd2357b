//! One world for one story.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use ruma::OwnedRoomId;
use secrecy::SecretString;
use switchroom::clock::{Clock, random_hex};
use switchroom::demo::agent::Agent;
use switchroom::demo::synapse::{Synapse, SynapseConfig, free_port};
use switchroom::domain::address::Address;
use switchroom::domain::effect::Erase;
use switchroom::domain::erasure::{Asked, Counts, Elsewhere, Erasure, ErasureId};
use switchroom::domain::ids::AgentId;
use switchroom::sms::simulator::{LogWhat, Simulator, SimulatorConfig};
use switchroom::store::outbox::Wanted;
use switchroom::store::{self, erasures, outbox};
use tokio::net::TcpListener;

use super::books::Books;
use super::bridge::Bridge;
use super::forgetful::Forgetful;
use super::homeserver::{self, DOMAIN};
use super::postgres::Postgres;
use super::telnyx::Telnyx;
use super::{eventually, remains};

/// The desk's number.
pub(crate) const OURS: &str = "+15005550006";
const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";

/// Which database a world keeps its desk in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Database {
    Sqlite,
    Postgres,
}

/// What a world is like.
pub(crate) struct WorldOptions {
    pub(crate) database: Database,
    /// Agents' ids; each has an account and a console.
    pub(crate) agents: &'static [&'static str],
    /// Further settings of every agent, as YAML flow entries.
    pub(crate) agent: &'static str,
    /// Further settings of single agents, by id.
    pub(crate) each: &'static [(&'static str, &'static str)],
    /// The queues every agent is a member of, unless `each` says otherwise.
    pub(crate) queues: &'static str,
    /// Settings of the queue, as YAML flow entries.
    pub(crate) queue: &'static str,
    /// Further settings of `appservice`, as YAML flow entries.
    pub(crate) appservice: &'static str,
    /// Where the desk's number leads, as a YAML flow entry.
    pub(crate) number: &'static str,
    /// Further numbers of the desk, each with where it leads.
    pub(crate) more_numbers: &'static [(&'static str, &'static str)],
    /// Further lines of `sms`.
    pub(crate) sms: &'static str,
    /// Further lines of `desk`.
    pub(crate) desk: &'static str,
    /// Settings of `timers`, as YAML flow entries.
    pub(crate) timers: &'static str,
    /// Further lines of the config.
    pub(crate) more: &'static str,
    /// Whether the homeserver tells who is online.
    pub(crate) presence: bool,
    /// Fail points of the first start.
    pub(crate) fail_points: &'static str,
    /// Whether something stands between the homeserver and the program that can forget.
    pub(crate) forgetful: bool,
    /// Whether the provider is a stand-in for Telnyx.
    pub(crate) telnyx: bool,
    /// Further keys of the homeserver's config, with their values. One that has any clears up every second.
    pub(crate) homeserver: &'static [(&'static str, &'static str)],
}

impl Default for WorldOptions {
    fn default() -> Self {
        Self {
            database: Database::Sqlite,
            agents: &["alice"],
            agent: "",
            each: &[],
            queues: "support",
            number: "queue: support",
            more_numbers: &[],
            sms: "",
            desk: "",
            queue: "undo_secs: 0",
            appservice: "",
            timers: "",
            more: "",
            presence: false,
            fail_points: "",
            forgetful: false,
            telnyx: false,
            homeserver: &[],
        }
    }
}

/// A world: everything a story needs, all of it real.
pub(crate) struct World {
    pub(crate) synapse: Synapse,
    pub(crate) bridge: Bridge,
    pub(crate) provider: Simulator,
    pub(crate) url: String,
    provider_url: String,
    /// The provider, where it is a stand-in for Telnyx.
    telnyx: Option<Telnyx>,
    /// The homeserver's way to the program, where it is one that forgets.
    pub(crate) way: Option<Forgetful>,
    pub(crate) agents: BTreeMap<String, Agent>,
    pub(crate) books: Books,
    database: String,
    folder: PathBuf,
    finished: bool,
    _files: tempfile::TempDir,
}

impl World {
    /// A world with one agent on SQLite, where messages cannot be taken back.
    pub(crate) async fn new() -> Self {
        Self::with(WorldOptions::default()).await
    }

    /// A world as described.
    pub(crate) async fn with(options: WorldOptions) -> Self {
        let files = super::folder();
        let folder = files.path().to_owned();
        let (bridge_port, synapse_port) = (free_port().unwrap(), free_port().unwrap());
        let url = format!("http://127.0.0.1:{bridge_port}");
        let database = match options.database {
            Database::Sqlite => format!("sqlite://{}", folder.join("desk.db").display()),
            Database::Postgres => Postgres::shared().await.fresh_database().await,
        };
        let provider_listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let provider_url = format!("http://{}", provider_listener.local_addr().unwrap());
        let provider = Simulator::open(SimulatorConfig {
            account_sid: ACCOUNT.to_owned(),
            auth_token: SecretString::from("token"),
            api_url: provider_url.parse().unwrap(),
            inbound_url: format!("{url}/sms/twilio/inbound").parse().unwrap(),
            numbers: our_numbers(&options).map(|(number, _)| Address::read(number)).collect(),
            file: None,
            pace: Duration::from_millis(30),
            clock: Clock::default(),
        })
        .await
        .unwrap();
        tokio::spawn(provider.clone().serve(provider_listener));

        let config = folder.join("bridge-config.yaml");
        let way = if options.forgetful { Some(Forgetful::to(&url).await) } else { None };
        let door = way.as_ref().map_or(url.as_str(), Forgetful::url);
        let telnyx = if options.telnyx { Some(Telnyx::start(&url).await) } else { None };
        let twilio = || {
            format!(
                "provider: twilio\n  twilio: {{api_url: \"{provider_url}\", account_sid: {ACCOUNT}, auth_token: token}}"
            )
        };
        let sms = telnyx.as_ref().map_or_else(twilio, Telnyx::section);
        let urls = Urls { here: &url, door, sms: &sms, database: &database };
        let text = config_text(&options, &folder, &urls, synapse_port);
        std::fs::write(&config, text).unwrap();
        let mut bridge = Bridge::new(&config, &url);
        let (registered, said) = bridge.run("registration");
        assert!(registered, "{said}");
        let more = options.homeserver.iter();
        let config = SynapseConfig {
            port: synapse_port,
            registrations: registrations(&folder),
            presence: options.presence,
            more: more
                .map(|(key, value)| ((*key).to_owned(), serde_json::from_str(value).unwrap()))
                .collect(),
            ..homeserver::config(folder.join("synapse"))
        };
        let synapse = homeserver::start(config).await;
        bridge.start(options.fail_points);
        let mut agents = BTreeMap::new();
        for name in options.agents {
            synapse.register_user(name, "secret", false).await.unwrap();
            agents.insert((*name).to_owned(), Agent::login(&synapse.url(), name, "secret").await.unwrap());
        }
        let world = Self {
            synapse,
            bridge,
            provider,
            url,
            provider_url,
            telnyx,
            way,
            agents,
            books: Books::at(&database),
            database,
            folder,
            finished: false,
            _files: files,
        };
        world.open_consoles(options.fail_points.is_empty()).await
    }

    async fn open_consoles(mut self, wait: bool) -> Self {
        if wait {
            self.bridge.ready().await;
            for agent in self.agents.values() {
                agent.console().await.unwrap();
            }
        }
        self
    }

    /// An agent.
    pub(crate) fn agent(&self, name: &str) -> &Agent {
        &self.agents[name]
    }

    /// An agent's console.
    pub(crate) async fn console(&self, name: &str) -> OwnedRoomId {
        self.agent(name).console().await.unwrap().room_id().to_owned()
    }

    /// Types a command in an agent's console and waits for the notice of a code.
    pub(crate) async fn command(
        &self,
        name: &str,
        command: &str,
        code: &str,
    ) -> switchroom::demo::agent::seen::Seen {
        let (agent, console) = (self.agent(name), self.console(name).await);
        let position = agent.position();
        agent.send_text(&console, command).await.unwrap();
        agent
            .wait_for_after(position, code, |seen| seen.room_id == console && seen.code() == code)
            .await
            .unwrap()
    }

    /// The provider of a world whose provider is a stand-in for Telnyx.
    pub(crate) fn telnyx(&self) -> &Telnyx {
        self.telnyx.as_ref().unwrap()
    }

    /// A phone writes to the desk.
    pub(crate) async fn text(&self, phone: &str, body: &str) -> String {
        if let Some(telnyx) = &self.telnyx {
            return telnyx.text(phone, body).await;
        }
        self.provider.text_from(phone, OURS, body, vec![]).await.unwrap()
    }

    /// An agent turns ready, a phone writes, and the agent takes it by joining: the room.
    pub(crate) async fn conversation(&self, name: &str, phone: &str, body: &str) -> OwnedRoomId {
        self.command(name, "!ready", "status").await;
        self.text(phone, body).await;
        let agent = self.agent(name);
        let room = self.invite(name, phone).await;
        agent.join(&room).await.unwrap();
        agent.wait_for_text(&room, body).await.unwrap();
        self.state(name, &room, "active").await;
        room
    }

    /// Waits for the invite into the room of a phone's conversation.
    pub(crate) async fn invite(&self, name: &str, phone: &str) -> OwnedRoomId {
        let shown = super::shown(phone).into_owned();
        self.agent(name).wait_for_invite(phone, move |room| room.name().contains(&shown)).await.unwrap()
    }

    /// Waits until a room's state event says this state.
    pub(crate) async fn state(&self, name: &str, room: &OwnedRoomId, state: &str) {
        self.agent(name)
            .wait_for_room(room, state, |room| {
                room.interaction().is_some_and(|content| content["state"] == state)
            })
            .await
            .unwrap();
    }

    /// The texts the provider took for a phone, in order.
    pub(crate) fn taken_for(&self, phone: &str) -> Vec<String> {
        if let Some(telnyx) = &self.telnyx {
            return telnyx.taken_for(phone);
        }
        let log = self.provider.log();
        log.into_iter()
            .filter(|entry| entry.phone.as_str() == phone)
            .filter_map(|entry| match entry.what {
                LogWhat::Accepted { body, .. } => Some(body),
                _ => None,
            })
            .collect()
    }

    /// What the provider keeps of all messages, as its list tells it.
    pub(crate) async fn kept_by_provider(&self) -> String {
        let url = format!("{}/2010-04-01/Accounts/{ACCOUNT}/Messages.json?PageSize=1000", self.provider_url);
        let request = reqwest::Client::new().get(url).basic_auth(ACCOUNT, Some("token"));
        request.send().await.unwrap().text().await.unwrap()
    }

    /// Has what tells of somebody erased at the homeserver and the provider, while the program is away.
    pub(crate) async fn erase_elsewhere(&mut self, id: &str, elsewhere: &Elsewhere, fail_points: &str) {
        self.bridge.kill();
        let store = store::open(&self.database, 2).await.unwrap();
        let mut conn = store.connection().await.unwrap();
        let now = Clock::default().now();
        // The desk has forgotten which texts were whose.
        sqlx::query("DELETE FROM provider_texts").execute(&mut *conn).await.unwrap();
        let id = ErasureId::new(id);
        let asked = Asked::Agent(AgentId::new("alice"));
        let erasure =
            Erasure { id: id.clone(), asked, begun_at: now, ended_at: None, counts: Counts::default() };
        erasures::add(&mut conn, &erasure, &elsewhere.about()).await.unwrap();
        erasures::plan(&mut conn, &id, elsewhere, now).await.unwrap();
        let effect = Erase { job: id }.into();
        let wanted = Wanted { effect, due_at: now, said_at: now, txn_id: random_hex(), parked: false };
        outbox::append(&mut conn, &[wanted], now).await.unwrap();
        drop(conn);
        store.close().await;
        drop(store);
        self.bridge.start(fail_points);
    }

    /// Waits until the provider took these texts for a phone, and no others.
    pub(crate) async fn phone_gets(&self, phone: &str, texts: &[&str]) {
        eventually(&format!("{phone} to get {texts:?}"), || async {
            (self.taken_for(phone).len() >= texts.len()).then_some(())
        })
        .await;
        assert_eq!(self.taken_for(phone), texts);
    }

    /// Starts the program again after it was killed.
    pub(crate) async fn start_again(&mut self, fail_points: &str) {
        self.bridge.kill();
        self.bridge.start(fail_points);
        if fail_points.is_empty() {
            self.bridge.ready().await;
        }
    }

    /// One number out of the desk's database.
    pub(crate) async fn number(&self, sql: &'static str) -> i64 {
        self.books.number(sql).await
    }

    /// The user who speaks for a phone in rooms, once it has written.
    pub(crate) async fn ghost(&self, phone: &str) -> String {
        self.books.ghost(phone).await
    }

    /// The folder with the config and the logs.
    pub(crate) fn folder(&self) -> &std::path::Path {
        &self.folder
    }

    /// Waits until everything the desk meant to do is done.
    pub(crate) async fn drained(&self) {
        eventually("the outbox to be drained", || async {
            (self.number("SELECT COUNT(*) FROM outbox WHERE state = 'ready'").await == 0).then_some(())
        })
        .await;
    }

    /// Ends the story: everything the desk meant to do is done, and nothing was set aside.
    pub(crate) async fn finish(mut self) {
        self.drained().await;
        assert_eq!(self.number("SELECT COUNT(*) FROM set_aside").await, 0, "something was set aside");
        self.finished = true;
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() {
            remains::print(&self.database, &self.folder);
        }
        assert!(self.finished || std::thread::panicking(), "a story ends with finish()");
    }
}

/// Where everything is.
struct Urls<'a> {
    here: &'a str,
    /// Where the homeserver finds the program.
    door: &'a str,
    /// What `sms` of the config says of the provider.
    sms: &'a str,
    database: &'a str,
}

/// The desk's numbers, each with where it leads.
fn our_numbers(options: &WorldOptions) -> impl Iterator<Item = (&'static str, &'static str)> {
    std::iter::once((OURS, options.number)).chain(options.more_numbers.iter().copied())
}

/// The registrations that the program wrote: one, or two where it acts for agents.
fn registrations(folder: &std::path::Path) -> Vec<PathBuf> {
    let names = ["registration.yaml", "registration-agents.yaml"];
    names.map(|name| folder.join(name)).into_iter().filter(|path| path.exists()).collect()
}

fn config_text(
    options: &WorldOptions,
    folder: &std::path::Path,
    urls: &Urls<'_>,
    synapse_port: u16,
) -> String {
    let Urls { here: url, door, sms, database } = *urls;
    let agents: Vec<String> = options
        .agents
        .iter()
        .map(|id| {
            let (more, queues) = (options.agent, options.queues);
            let own = options.each.iter().find(|(agent, _)| agent == id).map_or("", |(_, own)| own);
            let queues =
                if own.contains("queues:") { String::new() } else { format!("queues: [{queues}], ") };
            let more = [more, own].into_iter().filter(|more| !more.is_empty()).collect::<Vec<_>>().join(", ");
            format!("{{id: {id}, user: \"@{id}:{DOMAIN}\", name: \"{id} Doe\", {queues}{more}}}")
        })
        .collect();
    let numbers: Vec<String> =
        our_numbers(options).map(|(number, leads)| format!("{{number: \"{number}\", {leads}}}")).collect();
    // A phone that greets twice is to be heard twice, where the story is not about that.
    let courtesy = if options.queue.contains("courtesy_secs") { "" } else { "courtesy_secs: 0, " };
    let registration = folder.join("registration.yaml");
    format!(
        "homeserver: {{url: \"http://127.0.0.1:{synapse_port}\", domain: {DOMAIN}}}\n\
         appservice: {{listen: \"{listen}\", url: \"{door}\", registration: \"{registration}\", {appservice}}}\n\
         database: {{url: \"{database}\"}}\n\
         sms:\n  {sms}\n  public_url: \"{url}\"\n  \
         numbers: [{numbers}]\n{more_sms}\
         desk:\n  agents: [{agents}]\n  queues: [{{name: support, {courtesy}{queue}}}]\n{desk}\
         timers: {{{timers}}}\n{more}\n",
        listen = url.trim_start_matches("http://"),
        registration = registration.display(),
        agents = agents.join(", "),
        queue = options.queue,
        appservice = options.appservice,
        numbers = numbers.join(", "),
        more_sms = if options.sms.is_empty() { String::new() } else { format!("  {}\n", options.sms) },
        desk = if options.desk.is_empty() { String::new() } else { format!("  {}\n", options.desk) },
        timers = options.timers,
        more = options.more,
    )
}
