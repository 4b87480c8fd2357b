//! The directory in which a demo lives: what it is to find again at its next start, and the files of its
//! parts.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::clock;
use crate::demo::synapse::free_port;

/// The homeserver's name.
pub(super) const DOMAIN: &str = "desk.test";
/// The desk's number.
pub(super) const OURS: &str = "+15005550006";
/// Somebody at the desk.
#[derive(Clone, Copy, Debug)]
pub(super) struct Person {
    /// The local part of the user id.
    pub(super) id: &'static str,
    /// The name.
    pub(super) name: &'static str,
    /// What they are, for whoever signs in as them.
    pub(super) is: &'static str,
    /// Roles, queues and telephone, as the config has them.
    desk: &'static str,
}

/// Everybody at the desk. The last one is the admin.
pub(super) const PEOPLE: [Person; 4] = [
    Person {
        id: "alice",
        name: "Alice Doe",
        is: "agent",
        desk: "queues: [support], phone: \"+14155550161\"",
    },
    Person {
        id: "bob",
        name: "Bob Roe",
        is: "agent",
        desk: "queues: [support, billing], phone: \"+14155550162\"",
    },
    Person {
        id: "carol",
        name: "Carol Poe",
        is: "agent and supervisor",
        desk: "queues: [billing], roles: [agent, supervisor], phone: \"+14155550163\"",
    },
    Person { id: "admin", name: "Admin", is: "admin", desk: "" },
];

/// How many conversations an agent has at most: what was left open must not keep the story from being played.
const CAPACITY: u32 = 8;
/// How long a message can be taken back.
pub(super) const UNDO_SECS: u64 = 3;

/// What is kept between starts.
const KEPT: &str = "demo.json";

/// Why the directory cannot be used. Nothing was started.
#[derive(Debug, Error)]
pub enum PlaceError {
    /// Neither a data directory nor a home to put it in.
    #[error("there is no home directory to keep the demo in; name a directory for it")]
    NoHome,
    /// Another demo runs there.
    #[error("another demo runs in {}; end it with Ctrl-C in its terminal, or name another directory for this one", .dir.display())]
    InUse {
        /// The directory.
        dir: PathBuf,
    },
    /// What an earlier start wrote is not what this version reads.
    #[error("{} is not what this version writes; remove {} to begin anew", .path.display(), .dir.display())]
    Strange {
        /// The file.
        path: PathBuf,
        /// The directory.
        dir: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// No port of the loopback interface could be had.
    #[error("no free port on 127.0.0.1")]
    NoPort(#[source] io::Error),
    /// A file could not be read or written.
    #[error("{} could not be used; may you write there?", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
}

/// What is kept between starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Kept {
    /// The homeserver's port on 127.0.0.1.
    pub(super) homeserver_port: u16,
    /// The program's own.
    pub(super) port: u16,
    /// By the local part of the user id. They open nothing but this demo, and its user has to type them.
    pub(super) passwords: BTreeMap<String, String>,
    /// Whether the homeserver knows these users.
    pub(super) registered: bool,
}

/// The directory, held for this process alone until dropped.
#[derive(Debug)]
pub(super) struct Place {
    /// Where it lies, absolute.
    pub(super) dir: PathBuf,
    /// What is kept.
    pub(super) kept: Kept,
    _lock: File,
}

impl Place {
    /// Where a demo lives if nobody says otherwise: `switchroom/demo` in `$XDG_DATA_HOME` or
    /// `~/.local/share`.
    pub(super) fn default_dir() -> Result<PathBuf, PlaceError> {
        let named = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let data = named("XDG_DATA_HOME").or_else(|| named("HOME").map(|home| home.join(".local/share")));
        Ok(data.ok_or(PlaceError::NoHome)?.join("switchroom").join("demo"))
    }

    /// Opens the directory, made if need be. The ports are those of the last start unless someone else has
    /// them now.
    pub(super) fn open(dir: &Path) -> Result<Self, PlaceError> {
        let failed = |path: &Path, source| PlaceError::File { path: path.to_owned(), source };
        let dir = std::path::absolute(dir).map_err(|source| failed(dir, source))?;
        // It holds passwords, and what people wrote.
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&dir);
        made.map_err(|source| failed(&dir, source))?;
        let path = dir.join("demo.lock");
        let lock = OpenOptions::new().create(true).append(true).open(&path);
        let lock = lock.map_err(|source| failed(&path, source))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(PlaceError::InUse { dir }),
            Err(TryLockError::Error(source)) => return Err(failed(&path, source)),
        }
        let mut kept = read(&dir)?.unwrap_or_else(Kept::new);
        kept.find_ports().map_err(PlaceError::NoPort)?;
        let place = Self { dir, kept, _lock: lock };
        place.keep()?;
        Ok(place)
    }

    /// Writes what is to be kept.
    pub(super) fn keep(&self) -> Result<(), PlaceError> {
        let json = serde_json::to_string_pretty(&self.kept).unwrap_or_default();
        self.write(KEPT, &json)
    }

    /// Writes a file of the directory, whole or not at all, for its owner's eyes only.
    fn write(&self, name: &str, text: &str) -> Result<(), PlaceError> {
        let path = self.dir.join(name);
        let beside = self.dir.join(format!("{name}.new"));
        let written = OpenOptions::new()
            .create(true)
            .truncate(true)
            .write(true)
            .mode(0o600)
            .open(&beside)
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .and_then(|()| fs::rename(&beside, &path));
        written.map_err(|source| PlaceError::File { path, source })
    }

    /// The homeserver's address.
    pub(super) fn homeserver_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.kept.homeserver_port)
    }

    /// The password of one of [`PEOPLE`].
    pub(super) fn password(&self, user: &str) -> &str {
        self.kept.passwords.get(user).map_or("", String::as_str)
    }

    /// The program's config, an ordinary one for a small desk, written anew at each start.
    pub(super) fn write_config(&self) -> Result<PathBuf, PlaceError> {
        let name = "bridge-config.yaml";
        let url = format!("http://127.0.0.1:{}", self.kept.port);
        let [agents @ .., admin] = PEOPLE;
        let agent = |Person { id, name, desk, .. }: &Person| {
            let who = format!("id: {id}, user: \"@{id}:{DOMAIN}\", name: {name}");
            format!("    - {{{who}, {desk}, capacity: {{sms: {CAPACITY}}}}}\n")
        };
        let agents = agents.iter().map(agent).collect::<Vec<_>>().concat();
        // Whoever reads the times is at this machine.
        let time_zone = jiff::tz::TimeZone::system();
        let text = format!(
            "# The demo's desk; written anew at each start of the demo.
homeserver: {{url: \"{homeserver}\", domain: {DOMAIN}}}
appservice: {{listen: \"127.0.0.1:{port}\", url: \"{url}\", registration: {registration}}}
database: {{url: {database}}}
sms:
  provider: simulator
  public_url: {url}
  numbers: [{{number: \"{OURS}\", route: main, mms_mode: session}}]
desk:
  time_zone: {time_zone}
  admins: [\"@{admin}:{DOMAIN}\"]
  agents:
{agents}  queues:
    - {{name: support, undo_secs: {UNDO_SECS}}}
    - {{name: billing, undo_secs: {UNDO_SECS}, disposition: mandatory}}
  routes:
    - name: main
      rules: [{{when: {{keywords: [invoice, bill, billing, refund]}}, queue: billing}}]
      otherwise: support
  dispositions:
    - {{code: solved, label: Solved}}
    - {{code: refunded, label: Money back}}
    - {{code: follow_up, label: Needs a follow-up}}
  responses:
    - {{shortcut: hello, text: \"Hello {{{{ contact.name | default('there') }}}}, this is {{{{ agent.first_name }}}}.\"}}
    - {{shortcut: thanks, text: \"Thank you for your message. Is there anything else?\"}}
  predefined:
    - {{key: question, text: \"Are you free for a question?\"}}
    - {{key: takeover, text: \"Can you take this one over from me?\"}}
",
            admin = admin.id,
            homeserver = self.homeserver_url(),
            port = self.kept.port,
            time_zone = time_zone.iana_name().unwrap_or("UTC"),
            registration = quoted(&self.dir.join("registration.yaml").display().to_string()),
            database = quoted(&format!("sqlite://{}", self.dir.join("switchroom.db").display())),
        );
        self.write(name, &text)?;
        Ok(self.dir.join(name))
    }
}

impl Kept {
    fn new() -> Self {
        let password = |person: Person| {
            let words: Vec<String> = (0..3).map(|_| clock::random_typable(4)).collect();
            (person.id.to_owned(), words.join("-"))
        };
        Self {
            homeserver_port: 0,
            port: 0,
            passwords: PEOPLE.into_iter().map(password).collect(),
            registered: false,
        }
    }

    /// Keeps the ports nobody else has, and finds others for the rest.
    fn find_ports(&mut self) -> io::Result<()> {
        for port in [&mut self.homeserver_port, &mut self.port] {
            if *port == 0 || TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_err() {
                *port = free_port()?;
            }
        }
        // The system may give the same one twice, since nobody listens there yet.
        while self.port == self.homeserver_port {
            self.port = free_port()?;
        }
        Ok(())
    }
}

fn read(dir: &Path) -> Result<Option<Kept>, PlaceError> {
    let path = dir.join(KEPT);
    match fs::read(&path) {
        Ok(json) => serde_json::from_slice(&json).map(Some).map_err(|source| PlaceError::Strange {
            path,
            dir: dir.to_owned(),
            source,
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(PlaceError::File { path, source }),
    }
}

/// Text as the config reads it back: a JSON string is one in YAML too, and `${` would name a variable.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text.replace("${", "$${")).to_string()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::config::Config;

    #[test]
    fn a_second_start_finds_the_same_addresses_and_passwords() {
        let dir = tempfile::tempdir().unwrap();
        let first = Place::open(&dir.path().join("demo")).unwrap();
        assert_eq!(first.kept.passwords.len(), PEOPLE.len());
        let kept = first.kept.clone();
        drop(first);
        let second = Place::open(&dir.path().join("demo")).unwrap();
        assert_eq!(second.kept, kept);
        let mode = |name: &str| fs::metadata(second.dir.join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("."), mode(KEPT)), (0o700, 0o600));
    }

    #[test]
    fn a_port_that_someone_took_is_replaced_and_the_other_stays() {
        let dir = tempfile::tempdir().unwrap();
        let kept = Place::open(dir.path()).unwrap().kept;
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, kept.homeserver_port)).unwrap();
        let again = Place::open(dir.path()).unwrap().kept;
        assert_ne!(again.homeserver_port, taken.local_addr().unwrap().port());
        assert_eq!(again.port, kept.port);
    }

    #[test]
    fn two_demos_do_not_share_a_directory() {
        let dir = tempfile::tempdir().unwrap();
        let _first = Place::open(dir.path()).unwrap();
        assert!(matches!(Place::open(dir.path()), Err(PlaceError::InUse { .. })));
    }

    #[test]
    fn what_is_not_ours_is_named_and_left_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(KEPT), "{\"port\": \"high\"}").unwrap();
        assert!(matches!(Place::open(dir.path()), Err(PlaceError::Strange { .. })));
        assert_eq!(fs::read_to_string(dir.path().join(KEPT)).unwrap(), "{\"port\": \"high\"}");
    }

    #[test]
    fn the_config_is_one_the_program_takes_wherever_the_directory_lies() {
        let dir = tempfile::tempdir().unwrap();
        let place = Place::open(&dir.path().join("a \"${HOME}\" b")).unwrap();
        let config = Config::load(&place.write_config().unwrap()).unwrap();
        assert_eq!(config.appservice.registration, place.dir.join("registration.yaml"));
        assert_eq!(config.desk.agents.len(), 3);
        assert_eq!(config.desk.admins.len(), 1);
        let desk = &config.desk;
        assert_eq!((desk.queues.len(), desk.dispositions.len()), (2, 3));
        assert_eq!((desk.responses.len(), desk.predefined.len(), desk.routes.len()), (2, 2, 1));
    }
}
