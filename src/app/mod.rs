//! The program as a whole: built, started, and brought to an end without losing anything.

mod clearing;
mod descriptors;
pub mod setup;

use std::any::Any;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use tokio::net::TcpListener;
use tokio::sync::{Mutex, Notify, mpsc};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::config::Config;
use crate::desk::{Desk, Settings, Woken};
use crate::domain::input::Input;
use crate::domain::program::TokenKey;
use crate::http::{self, Edge, Health};
use crate::matrix::registration::{self, Tokens};
use crate::matrix::{ForAgents, MatrixClient, MatrixError};
use crate::media::Workshop;
use crate::outbox::backlog::Backlog;
use crate::outbox::{Dispatcher, Ports, timers};
use crate::quiet;
use crate::reach::Kept;
use crate::reconcile;
use crate::render::Templates;
use crate::sms::account::{BuiltIn, Opened, Surroundings};
use crate::sms::callback::{Doors, PartKey};
use crate::sms::link::LinkKey;
use crate::spelling::Dictionaries;
use crate::steady::keep_going;
use crate::store::{self, Store, lists};

/// How long what is under way has to end.
const DRAIN: Duration = Duration::from_secs(10);
/// How often a replica looks whether another has changed the settings.
const FOLLOW_EVERY: Duration = Duration::from_secs(1);

/// The program, running.
pub struct App {
    /// Where it listens.
    pub address: std::net::SocketAddr,
    /// Its built-in provider, if it has one.
    built_in: Option<Arc<dyn BuiltIn>>,
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
    desk: Desk,
    store: Store,
}

/// Serves until the program is told to end (Ctrl-C or SIGTERM), then ends what is under way.
///
/// # Errors
/// When something it needs is missing or wrong at the start.
pub async fn serve(config: &Config) -> anyhow::Result<()> {
    // Reads from the environment at which points the tests want the program to die; compiled out otherwise.
    let _fail_points = fail::FailScenario::setup();
    let app = App::start(config).await?;
    tracing::info!(address = %app.address, "serving");
    told_to_end().await?;
    tracing::info!("ending");
    app.end().await;
    Ok(())
}

/// Waits for Ctrl-C or SIGTERM.
pub(crate) async fn told_to_end() -> anyhow::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        result = tokio::signal::ctrl_c() => result?,
        _ = terminate.recv() => {}
    }
    Ok(())
}

impl App {
    /// Builds and starts everything.
    ///
    /// # Errors
    /// When something it needs is missing or wrong: the registration, the database, a template, the address.
    pub async fn start(config: &Config) -> anyhow::Result<Self> {
        for warning in &config.warnings {
            tracing::warn!("{warning}");
        }
        let tokens = registration::load(&config.appservice.registration)?;
        if setup::registration(config).is_older(&config.appservice.registration)? {
            tracing::warn!("the registration is of an older Switchroom: `switchroom check` says what to do");
        }
        let templates = Templates::load(config.templates.folder.as_deref(), &setup::render_settings(config))?;
        let store = store::open(config.database.url.expose_secret(), config.database.max_connections).await?;
        let (clock, stop) = (Clock::default(), CancellationToken::new());
        if !store.engine().is_exclusive() {
            clock.follow(store.now().await?);
        }
        let matrix = matrix_client(config, tokens.as_token.clone())?;
        let for_agents = for_agents(config)?;
        let listener = TcpListener::bind(config.appservice.listen).await?;
        let address = listener.local_addr()?;
        let backlog = Backlog::default();
        backlog.kept().we_are_there();
        let (sms, doors) = sms_side(config, address, &tokens, &clock).await?;
        let dictionaries = dictionaries(config);
        let token_key = TokenKey::derive(tokens.as_token.expose_secret().as_bytes());
        let settings = Settings { token_key, ..setup::settings(config, dictionaries.languages())? };
        let (desk, hints) = Desk::open(store.clone(), clock.clone(), settings);
        desk.apply(Input::Setup(setup::setup(config))).await?;

        let health = Health::default();
        let edge =
            edge(&desk, (&store, &clock), &tokens, &matrix, (&health, backlog.kept()), (&sms, &doors))?;
        let ports = Ports {
            desk: desk.clone(),
            store: store.clone(),
            clock,
            matrix,
            for_agents,
            templates: Arc::new(templates),
            sms: sms.provider,
            provider: config.sms.provider.title,
            doors,
            dictionaries,
            workshop: Workshop::default(),
            backlog,
        };
        let timer_set = Arc::new(Notify::new());
        let instance = instance(address);
        let dispatcher = Dispatcher::new(ports.clone(), instance.clone(), stop.clone());
        let wake = dispatcher.waker();
        let reachable = move |there| {
            health.set_homeserver(there);
            if there {
                wake();
            }
        };
        let tasks = vec![
            tokio::spawn(http::serve(listener, http::router(edge), descriptors::bounds(), stop.clone())),
            tokio::spawn(deliver(dispatcher, hints, timer_set.clone())),
            tokio::spawn(keep_going("the timers", {
                let (ports, stop) = (ports.clone(), stop.clone());
                move || timers::run(ports.clone(), timer_set.clone(), stop.clone())
            })),
            endless("keeping both sides complete", &stop, {
                let (ports, id, reachable) =
                    (ports.clone(), config.appservice.id.clone(), Arc::new(reachable));
                move || {
                    let reachable = reachable.clone();
                    reconcile::keep_complete(ports.clone(), id.clone(), move |there| reachable(there))
                }
            }),
            endless("following the settings", &stop, {
                let ports = ports.clone();
                move || follow_settings(ports.clone())
            }),
            endless("watching the channels", &stop, {
                let ports = ports.clone();
                move || reconcile::channels::watch(ports.clone(), instance.clone())
            }),
            endless("indexing lines", &stop, {
                let ports = ports.clone();
                move || clearing::index_lines(ports.clone())
            }),
            endless("clearing away", &stop, move || clearing::clear_away(ports.clone())),
            endless("telling what was not logged", &stop, tell_what_was_not_logged),
        ];
        Ok(Self { address, built_in: sms.built_in, stop, tasks, desk, store })
    }

    /// Its built-in provider, if it has one and it is this one.
    pub(crate) fn built_in<T: BuiltIn>(&self) -> Option<&T> {
        let built_in: &dyn Any = &**self.built_in.as_ref()?;
        built_in.downcast_ref()
    }

    /// What the desk keeps, to look at.
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// Ends everything: no new input, what is under way is finished, the rest stays in the database.
    pub async fn end(self) {
        if let Some(built_in) = &self.built_in {
            built_in.stop();
        }
        self.stop.cancel();
        let all = futures_util::future::join_all(self.tasks);
        if tokio::time::timeout(DRAIN, all).await.is_err() {
            tracing::warn!("something did not end in time; it will be taken up at the next start");
        }
        // What ended may have left inputs with the writer.
        if tokio::time::timeout(DRAIN, self.desk.close()).await.is_err() {
            tracing::warn!("a commit did not end in time");
        }
        self.store.close().await;
    }
}

/// Delivers until it is stopped.
async fn deliver(dispatcher: Dispatcher, hints: mpsc::UnboundedReceiver<Woken>, timer_set: Arc<Notify>) {
    let both = Arc::new(Mutex::new((dispatcher, hints)));
    keep_going("the outbox", move || {
        let (both, timer_set) = (both.clone(), timer_set.clone());
        async move {
            let (dispatcher, hints) = &mut *both.lock().await;
            dispatcher.run(hints, &timer_set).await;
        }
    })
    .await;
}

/// Starts something that never ends by itself, until it is stopped.
fn endless<F>(
    what: &'static str,
    stop: &CancellationToken,
    begin: impl FnMut() -> F + Send + 'static,
) -> JoinHandle<()>
where
    F: Future<Output = ()> + Send + 'static,
{
    let stop = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            () = stop.cancelled() => {}
            () = keep_going(what, begin) => {}
        }
    })
}

/// Lets the bot write as the desk is set to, whichever replica that was said to.
async fn follow_settings(ports: Ports) {
    let mut settings = ports.desk.settings();
    loop {
        {
            let now = settings.borrow_and_update();
            ports.templates.restyle(&now.desk.time_zone, &now.desk.locale);
        }
        if ports.store.engine().is_exclusive() {
            // There is no other replica. Those who change them live as long as we do.
            let _ = settings.changed().await;
            continue;
        }
        let ours = tokio::time::timeout(FOLLOW_EVERY, settings.changed()).await;
        if ours.is_ok() {
            continue;
        }
        let kept = async { lists::defined(&mut *ports.store.connection().await?).await };
        match kept.await {
            Ok(kept) => ports.desk.adopt(&kept),
            Err(error) => tracing::warn!(%error, "the settings could not be read"),
        }
    }
}

/// Tells now and then how much was left out of the log.
async fn tell_what_was_not_logged() {
    loop {
        tokio::time::sleep(quiet::EVERY).await;
        quiet::tell_of_rest();
    }
}

/// The dictionaries there are. Without the folder that the config names, those that are built in: a desk that
/// cannot look at spelling goes on without.
fn dictionaries(config: &Config) -> Dictionaries {
    Dictionaries::find(config.desk.dictionaries.as_deref()).unwrap_or_else(|error| {
        let error = anyhow::Error::from(error);
        tracing::error!(error = format!("{error:#}"), "only the built-in dictionaries are used");
        Dictionaries::built_in()
    })
}

fn edge(
    desk: &Desk,
    (store, clock): (&Store, &Clock),
    tokens: &Tokens,
    matrix: &MatrixClient,
    (health, kept): (&Health, &Kept),
    (sms, doors): (&Opened, &Doors),
) -> anyhow::Result<Edge> {
    let ours = matrix.clone();
    Ok(Edge {
        desk: desk.clone(),
        clock: clock.clone(),
        store: store.clone(),
        hs_token: tokens.hs_token.clone(),
        is_ours: Arc::new(move |user| ours.is_ours(user)),
        homeserver: matrix.reach().clone(),
        kept: kept.clone(),
        provider: sms.provider.reach().clone(),
        health: health.clone(),
        webhooks: sms.webhooks.clone(),
        link_key: doors.link_key.clone(),
        built_in: sms.built_in.as_ref().map(|built_in| built_in.router()),
        metrics: http::install_metrics()?,
    })
}

/// What acts for agents, where the config wants that.
fn for_agents(config: &Config) -> anyhow::Result<Option<ForAgents>> {
    if !config.appservice.act_for_agents {
        return Ok(None);
    }
    let tokens = registration::load(&config.appservice.agents_registration())?;
    Ok(Some(ForAgents::new(matrix_client(config, tokens.as_token)?)))
}

/// The homeserver's client that has a token.
pub(crate) fn matrix_client(config: &Config, as_token: SecretString) -> Result<MatrixClient, MatrixError> {
    let Config { homeserver, appservice, .. } = config;
    let (bot, ghosts) = (&appservice.bot, &appservice.ghost_prefix);
    MatrixClient::new(&homeserver.url, homeserver.domain.clone(), as_token, bot, ghosts)
}

/// The name of this replica among those that share a database: the machine, and where it listens there.
fn instance(address: std::net::SocketAddr) -> String {
    let machine = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    format!("{}/{address}", machine.trim())
}

/// The provider of the config, ready, and our doors for it.
async fn sms_side(
    config: &Config,
    listen: std::net::SocketAddr,
    tokens: &Tokens,
    clock: &Clock,
) -> anyhow::Result<(Opened, Doors)> {
    let sms = &config.sms;
    let doors = Doors {
        public_url: sms.public_url.clone(),
        provider: sms.provider.name,
        part_key: PartKey::derive(&tokens.as_token),
        link_key: LinkKey::derive(&tokens.as_token),
    };
    let around = Surroundings {
        doors: doors.clone(),
        listen,
        numbers: sms.numbers.iter().map(|(number, _)| number.clone()).collect(),
        file: phones_file(config),
        media: sms.media.clone(),
        clock: clock.clone(),
    };
    Ok((sms.account.open(around).await?, doors))
}

/// The file of a provider inside the program: beside the desk's own where that is a file.
fn phones_file(config: &Config) -> Option<PathBuf> {
    Some(sqlite_file(config)?.with_extension("phones.db"))
}

/// The desk's own file, where it is one.
fn sqlite_file(config: &Config) -> Option<PathBuf> {
    let url = config.database.url.expose_secret();
    let path = url.strip_prefix("sqlite:")?.trim_start_matches("//");
    Some(PathBuf::from(path.split('?').next()?))
}

/// All files that SQLite makes for the desk and for a provider inside the program, whether they are there now
/// or not.
pub(crate) fn sqlite_files(config: &Config) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for file in [sqlite_file(config), phones_file(config)].into_iter().flatten() {
        for ending in ["", "-wal", "-shm"] {
            let mut name = file.clone().into_os_string();
            name.push(ending);
            files.push(PathBuf::from(name));
        }
    }
    files
}
