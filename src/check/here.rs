//! What lies on this machine: the desk of the config, templates, registration, database.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::ExposeSecret as _;
use sqlx::migrate::MigrateError;
use sqlx::{AnyConnection, Connection as _};
use tokio::time::timeout;

use super::{Bridge, Finding, chain};
use crate::app::{self, setup};
use crate::domain::input::Setup;
use crate::domain::queue::Target;
use crate::domain::spelling::language::one_meant;
use crate::render::Templates;
use crate::spelling::Dictionaries;
use crate::store::{self, StoreError};

/// How long a database may take to let us in.
const DATABASE_PATIENCE: Duration = Duration::from_secs(15);

/// The bits of a file's mode that let others than its owner read or write it.
const FOR_OTHERS: u32 = 0o077;

/// The desk that the config describes can be made.
pub(super) fn desk(bridge: &Bridge) -> Finding {
    if let Err(error) = setup::settings(&bridge.config, vec![]) {
        return Finding::failed(chain(&error), "correct appservice.bot");
    }
    let desk = setup::setup(&bridge.config);
    if let Some(route) = unknown_route(&desk) {
        return Finding::Advice(format!(
            "a number leads to the route {route}, which is not in desk.routes: texts to it are set aside \
             unless the route is in the database"
        ));
    }
    if desk.agents.is_empty() {
        return Finding::Advice("desk.agents is empty: nobody can answer contacts".to_owned());
    }
    Finding::ok(format!(
        "people {}, queues {}, numbers {}",
        desk.agents.len(),
        desk.queues.len(),
        desk.numbers.len()
    ))
}

/// A route that a number leads to and that the config does not make.
fn unknown_route(desk: &Setup) -> Option<&str> {
    let known = |name: &str| desk.routes.iter().any(|route| route.name == name);
    desk.numbers.iter().find_map(|(_, number)| match &number.target {
        Target::Route(name) if !known(name) => Some(name.as_str()),
        Target::Route(_) | Target::Queue(_) => None,
    })
}

/// The bot can say everything, also with the desk's own templates.
pub(super) fn templates(bridge: &Bridge) -> Finding {
    let folder = bridge.config.templates.folder.as_deref();
    match Templates::load(folder, &setup::render_settings(&bridge.config)) {
        Ok(_) => Finding::ok(folder.map_or_else(
            || "those of the program".to_owned(),
            |folder| format!("those of the program and of {}", folder.display()),
        )),
        Err(error) => {
            Finding::failed(chain(&error), "correct that file, or the folder named by templates.folder")
        }
    }
}

/// The dictionaries that the config's languages mean can be read.
pub(super) fn dictionaries(bridge: &Bridge) -> Finding {
    let (desk, settings) = (&bridge.config.desk, &bridge.config.settings.desk);
    let dictionaries = match Dictionaries::find(desk.dictionaries.as_deref()) {
        Ok(dictionaries) => dictionaries,
        Err(error) => return Finding::failed(chain(&error), "correct desk.dictionaries"),
    };
    let (there, mut read) = (dictionaries.languages(), BTreeSet::new());
    let named = desk.agents.iter().flat_map(|agent| &agent.languages);
    for tag in named.chain([&settings.locale]) {
        let Some(meant) = one_meant(tag, &there, &settings.country) else {
            return Finding::Advice(format!(
                "there is none for {tag}: spelling is not looked at in it. There is {}; more can be put into \
                 the folder that desk.dictionaries names",
                there.join(", ")
            ));
        };
        if let Err(error) = dictionaries.read(meant) {
            return Finding::failed(chain(&error), "replace that dictionary, or take it out of its folder");
        }
        read.insert(meant.clone());
    }
    Finding::ok(read.into_iter().collect::<Vec<_>>().join(", "))
}

/// The registration is there and is the one the config asks for.
pub(super) fn registration(bridge: &Bridge) -> Finding {
    let path = &bridge.config.appservice.registration;
    let registration = setup::registration(&bridge.config);
    match registration.differences(path) {
        Ok(keys) if keys.is_empty() => Finding::ok(path.display().to_string()),
        Ok(_) if registration.is_older(path).unwrap_or(false) => Finding::failed(
            format!(
                "{} is of an older Switchroom, in which the bot was the registration's own user",
                path.display()
            ),
            "run `switchroom registration --force`, which keeps the tokens, and restart the homeserver",
        ),
        Ok(keys) => Finding::failed(
            format!("{} differs from the config in {}", path.display(), keys.join(", ")),
            "run `switchroom registration --force`, which keeps the tokens, and restart the homeserver",
        ),
        Err(error) => Finding::failed(
            chain(&error),
            "run `switchroom registration`, add the file to the homeserver's app_service_config_files and restart it",
        ),
    }
}

/// Nobody else on this machine can read what holds tokens and what people said.
pub(super) fn files(bridge: &Bridge) -> Finding {
    let appservice = &bridge.config.appservice;
    let mut paths = vec![appservice.registration.clone()];
    if appservice.act_for_agents {
        paths.push(appservice.agents_registration());
    }
    paths.extend(app::sqlite_files(&bridge.config));
    let is_open = |path: &PathBuf| {
        std::fs::metadata(path).is_ok_and(|file| file.permissions().mode() & FOR_OTHERS != 0)
    };
    let open: Vec<String> =
        paths.into_iter().filter(is_open).map(|path| path.display().to_string()).collect();
    if open.is_empty() {
        return Finding::ok("for their owner only");
    }
    let open = open.join(" ");
    Finding::Advice(format!(
        "others on this machine may read {open}: `chmod 600 {open}`, unless that is meant"
    ))
}

/// The database opens.
pub(super) async fn database(bridge: &Bridge) -> Finding {
    let url = bridge.config.database.url.expose_secret();
    let opened = match url.strip_prefix("sqlite://").and_then(|rest| rest.split('?').next()) {
        Some(path) if !Path::new(path).exists() => return missing_file(Path::new(path)),
        Some(path) => sqlite(url, Path::new(path)).await,
        None => timeout(DATABASE_PATIENCE, postgres(url)).await.unwrap_or_else(|_| Err(silent())),
    };
    match opened {
        Ok(()) => Finding::ok("opens"),
        Err(StoreError::InUse { .. }) => Finding::ok("in use by a running switchroom"),
        Err(StoreError::Migrate(MigrateError::VersionMismatch(_))) => Finding::failed(
            "the database is of a Switchroom from before the first release",
            "move it away: `switchroom serve` begins a new one",
        ),
        Err(error) => Finding::failed(
            chain(&error),
            "see that database.url is right and that this user may write there; PostgreSQL must be running",
        ),
    }
}

async fn sqlite(url: &str, path: &Path) -> Result<(), StoreError> {
    looks_like_sqlite(path).map_err(sqlx::Error::Io)?;
    try_out(url).await
}

/// The store's pool tries again while it is refused; one connection alone says at once why.
async fn postgres(url: &str) -> Result<(), StoreError> {
    sqlx::any::install_default_drivers();
    AnyConnection::connect(url).await?.close().await?;
    try_out(url).await
}

async fn try_out(url: &str) -> Result<(), StoreError> {
    let store = store::open(url, 1).await?;
    store.now().await?;
    store.close().await;
    Ok(())
}

fn silent() -> StoreError {
    let words = format!("no answer within {} s", DATABASE_PATIENCE.as_secs());
    sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, words)).into()
}

/// Looks at the file's beginning, since opening another file as a database only ends by running out of time.
/// <https://www.sqlite.org/fileformat.html#magic_header_string>
fn looks_like_sqlite(path: &Path) -> io::Result<()> {
    let mut beginning = Vec::new();
    File::options().read(true).write(true).open(path)?.take(16).read_to_end(&mut beginning)?;
    if beginning.is_empty() || beginning == b"SQLite format 3\0" {
        return Ok(());
    }
    Err(io::Error::other("this is not a database of SQLite"))
}

/// A file that is not there is not made here: it would belong to whoever runs the check.
fn missing_file(path: &Path) -> Finding {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    if folder.is_dir() {
        return Finding::ok(format!("{} is not there yet: `switchroom serve` makes it", path.display()));
    }
    Finding::failed(
        format!("there is no folder {}", folder.display()),
        "make it, for the user who runs switchroom to write to, or correct database.url",
    )
}
