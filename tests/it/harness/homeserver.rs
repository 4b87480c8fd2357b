//! The Synapse of a story. Each story has its own, with the names that it likes and to be killed as it likes;
//! but the code of Synapse is loaded once, and the empty database is made once, since both take longer than
//! most stories need.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use switchroom::demo::guard::{Guarded, Program, Signal};
use switchroom::demo::synapse::{Synapse, SynapseConfig};
use switchroom::demo::venv::Venv;
use tokio::net::UnixStream;
use tokio::sync::OnceCell;

const SERVER: &str = include_str!("fork_server.py");
const CLIENT: &str = include_str!("fork_client.py");
/// What the fork server is told for a tidy one.
const TIDY: &str = "--tidy";
/// How long loading Synapse's code may take.
const START_PATIENCE: Duration = Duration::from_mins(2);
/// The name of the homeservers.
pub(crate) const DOMAIN: &str = "desk.test";

static SHARED: OnceCell<Homeservers> = OnceCell::const_new();

/// Where Synapses come from, one for all stories of this process.
struct Homeservers {
    venv: Venv,
    socket: PathBuf,
    /// A database of Synapse in which nothing has happened yet.
    database: PathBuf,
    _server: Guarded,
}

/// The environment that Synapse runs in.
pub(crate) async fn venv() -> Venv {
    Venv::ensure(&Venv::default_dir().unwrap(), |line| eprintln!("{line}")).await.unwrap()
}

/// What a homeserver in `dir` is started with by [`start`].
pub(crate) fn config(dir: impl Into<PathBuf>) -> SynapseConfig {
    SynapseConfig::new(dir, DOMAIN)
}

/// Starts a homeserver. One with keys of its own clears up every second what others clear up every few
/// minutes.
pub(crate) async fn start(config: SynapseConfig) -> Synapse {
    let shared = SHARED.get_or_try_init(Homeservers::open).await.unwrap();
    fs::create_dir_all(&config.dir).unwrap();
    fs::copy(&shared.database, config.dir.join("homeserver.db")).unwrap();
    let mut arguments = client(&shared.socket);
    if !config.more.is_empty() {
        arguments.push(TIDY.into());
    }
    let mut more = unneeded();
    more.extend(config.more);
    let config = SynapseConfig { arguments, more, ..config };
    Synapse::start(&shared.venv, &config).await.unwrap()
}

/// The keys that switch off what a homeserver does beside its work, which no story looks at: the user
/// directory, notifications for phones, and telling other servers.
fn unneeded() -> serde_json::Map<String, Value> {
    let nobody = "nobody";
    let keys = [
        ("update_user_directory_from_worker", json!(nobody)),
        ("start_pushers", json!(false)),
        ("federation_sender_instances", json!([nobody])),
    ];
    keys.map(|(key, value)| (key.to_owned(), value)).into_iter().collect()
}

/// What Python runs to have a Synapse of the fork server's.
fn client(socket: &Path) -> Vec<OsString> {
    // Without its site packages it starts in a few milliseconds.
    let arguments: [OsString; 5] = ["-I".into(), "-S".into(), "-c".into(), CLIENT.into(), socket.into()];
    arguments.into()
}

impl Homeservers {
    async fn open() -> anyhow::Result<Self> {
        let venv = venv().await;
        let dir = super::folder();
        // Whoever may connect may run a program as this user.
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o700))?;
        let dir = dir.keep();
        let socket = dir.join("synapses");
        let mut server = {
            let command: [OsString; 4] =
                [venv.python().into(), "-c".into(), SERVER.into(), socket.clone().into_os_string()];
            let mut program = Program::new(command, dir.join("output.log"));
            program.on_abandon = Signal::Terminate;
            program.remove = Some(dir.clone());
            program.start(Path::new("python3"))?
        };
        let listening = async {
            while UnixStream::connect(&socket).await.is_err() {
                ensure!(server.ended()?.is_none(), "it ended");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Ok(())
        };
        tokio::time::timeout(START_PATIENCE, listening)
            .await
            .map_err(anyhow::Error::from)
            .flatten()
            .with_context(|| fs::read_to_string(dir.join("output.log")).unwrap_or_default())
            .context("the fork server did not start")?;
        let database = empty_database(&venv, &socket, &dir).await?;
        Ok(Self { venv, socket, database, _server: server })
    }
}

/// Has a Synapse make its database, and returns where it is.
async fn empty_database(venv: &Venv, socket: &Path, dir: &Path) -> anyhow::Result<PathBuf> {
    let dir = dir.join("first");
    let config = SynapseConfig { arguments: client(socket), ..config(&dir) };
    Synapse::start(venv, &config).await?.stop().await?;
    let database = dir.join("homeserver.db");
    // It is copied without the log that SQLite keeps beside a database in use.
    ensure!(!dir.join("homeserver.db-wal").exists(), "Synapse did not close its database");
    Ok(database)
}
