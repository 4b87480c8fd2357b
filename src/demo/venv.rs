//! The Python virtual environment that Synapse is installed into.
//!
//! It is made once and kept in the user's cache; a lock beside it keeps two processes from making it at the
//! same time.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use thiserror::Error;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::Command;

/// The version of PyPI's `matrix-synapse` that demo and tests run against.
pub const SYNAPSE_VERSION: &str = "1.163.2";

/// Holds the version once everything is installed.
const READY: &str = "switchroom-ready";
/// How often the lock is tried while another process holds it.
const LOCK_POLL: Duration = Duration::from_millis(200);
/// How much of a failed program's output an error shows.
const TAIL_LINES: usize = 15;

/// Why there is no virtual environment with Synapse.
#[derive(Debug, Error)]
pub enum VenvError {
    /// Neither a cache directory nor a home to put it in.
    #[error("there is no home directory to install Synapse under; set SWITCHROOM_VENV to a directory")]
    NoHome,
    /// `python3` is missing or cannot be run.
    #[error(
        "python3 could not be run, so Synapse is not installed; install Python 3.10 or newer (apt-get install python3)"
    )]
    NoPython(#[source] io::Error),
    /// Python is there without its `venv` module, which Debian ships apart.
    #[error(
        "this Python cannot make virtual environments, so Synapse is not installed; apt-get install python3-venv\n{output}"
    )]
    NoVenvModule {
        /// What Python said.
        output: String,
    },
    /// The directory holds something else, which is left alone.
    #[error("{} is not empty and no virtual environment, so nothing was installed; name another directory in SWITCHROOM_VENV", .dir.display())]
    Occupied {
        /// The directory.
        dir: PathBuf,
    },
    /// `pip` did not install a package.
    #[error("pip could not install {package}; is a package index reachable? Its last words:\n{output}")]
    Pip {
        /// The package and its version.
        package: String,
        /// The last lines of its errors.
        output: String,
    },
    /// Synapse was installed but does not load.
    #[error("the installed Synapse does not load; remove {} and try again\n{output}", .dir.display())]
    Broken {
        /// The virtual environment.
        dir: PathBuf,
        /// The last lines of Python's errors.
        output: String,
    },
    /// A file or directory of the environment could not be made or read.
    #[error("{} could not be used for installing Synapse", .path.display())]
    File {
        /// The file or directory.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
}

/// A virtual environment in which Synapse is installed.
#[derive(Clone, Debug)]
pub struct Venv {
    dir: PathBuf,
}

impl Venv {
    /// Where the environment lies if nobody says otherwise: `$SWITCHROOM_VENV`, else
    /// `switchroom/synapse-<version>` in `$XDG_CACHE_HOME` or `~/.cache`.
    ///
    /// # Errors
    /// [`VenvError::NoHome`] if none of these is set.
    pub fn default_dir() -> Result<PathBuf, VenvError> {
        let named = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        if let Some(dir) = named("SWITCHROOM_VENV") {
            return Ok(dir);
        }
        let cache = named("XDG_CACHE_HOME").or_else(|| named("HOME").map(|home| home.join(".cache")));
        Ok(cache.ok_or(VenvError::NoHome)?.join("switchroom").join(format!("synapse-{SYNAPSE_VERSION}")))
    }

    /// The environment in `dir`, made and filled if that has not happened yet, which takes about half a
    /// minute and tells its steps to `progress`, a line each. Waits if another process is just doing it.
    ///
    /// # Errors
    /// See [`VenvError`]. A half-made environment is made anew at the next call.
    pub async fn ensure(dir: &Path, progress: impl Fn(&str)) -> Result<Self, VenvError> {
        let venv = Self { dir: dir.to_owned() };
        if venv.is_ready() {
            return Ok(venv);
        }
        let _lock = lock_beside(dir, &progress).await?;
        if !venv.is_ready() {
            venv.make(&progress).await?;
        }
        Ok(venv)
    }

    /// The Python interpreter of the environment.
    #[must_use]
    pub fn python(&self) -> PathBuf {
        self.dir.join("bin").join("python3")
    }

    /// Installs a package beside Synapse's, or into a `target` directory of its own without what it depends
    /// on.
    ///
    /// # Errors
    /// If `pip` cannot be run or does not succeed.
    pub async fn install(
        &self,
        package: &str,
        target: Option<&Path>,
        progress: impl Fn(&str),
    ) -> Result<(), VenvError> {
        let mut pip = Command::new(self.python());
        pip.args(["-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--progress-bar=off"]);
        if let Some(target) = target {
            pip.args(["--no-deps", "--upgrade", "--target"]).arg(target);
        }
        let ran = run(pip.arg(package), |line| {
            if let Some(name) = line.strip_prefix("Collecting ") {
                let end = name
                    .find(|c: char| !c.is_ascii_alphanumeric() && !"-_.".contains(c))
                    .unwrap_or(name.len());
                progress(&format!("fetching {}", &name[..end]));
            } else if line.starts_with("Installing collected packages") {
                progress("unpacking");
            }
        });
        match ran.await.map_err(VenvError::NoPython)? {
            Ok(()) => Ok(()),
            Err(output) => Err(VenvError::Pip { package: package.to_owned(), output }),
        }
    }

    fn is_ready(&self) -> bool {
        fs::read_to_string(self.dir.join(READY)).is_ok_and(|version| version.trim() == SYNAPSE_VERSION)
    }

    /// Makes the environment, under the lock.
    async fn make(&self, progress: &impl Fn(&str)) -> Result<(), VenvError> {
        // Found at a start, this file says that the environment is half made and ours to clear.
        let installing = beside(&self.dir, ".installing");
        let file = |path: &Path, source| VenvError::File { path: path.to_owned(), source };
        let half_made = installing.exists();
        let occupied = fs::read_dir(&self.dir).is_ok_and(|mut entries| entries.next().is_some());
        if occupied && !half_made && !self.dir.join("pyvenv.cfg").exists() {
            return Err(VenvError::Occupied { dir: self.dir.clone() });
        }
        progress(&format!(
            "installing Synapse {SYNAPSE_VERSION} into {} (once, under a minute)",
            self.dir.display()
        ));
        fs::write(&installing, "").map_err(|source| file(&installing, source))?;
        self.make_empty(half_made).await?;
        self.install(&format!("matrix-synapse=={SYNAPSE_VERSION}"), None, progress).await?;
        progress("trying it");
        self.try_out().await?;
        let ready = self.dir.join(READY);
        fs::write(&ready, SYNAPSE_VERSION).map_err(|source| file(&ready, source))?;
        fs::remove_file(&installing).map_err(|source| file(&installing, source))
    }

    /// Makes an environment with nothing but `pip`; `clear` empties the directory first.
    async fn make_empty(&self, clear: bool) -> Result<(), VenvError> {
        let mut python = Command::new("python3");
        python.args(["-m", "venv"]).args(clear.then_some("--clear")).arg(&self.dir);
        match run(&mut python, |_| {}).await.map_err(VenvError::NoPython)? {
            Ok(()) => Ok(()),
            Err(output) => Err(VenvError::NoVenvModule { output }),
        }
    }

    /// Loads Synapse once: a missing system library shows here and not as a server that does not come up.
    async fn try_out(&self) -> Result<(), VenvError> {
        let mut python = Command::new(self.python());
        match run(python.args(["-c", "import synapse.app.homeserver"]), |_| {})
            .await
            .map_err(VenvError::NoPython)?
        {
            Ok(()) => Ok(()),
            Err(output) => Err(VenvError::Broken { dir: self.dir.clone(), output }),
        }
    }
}

/// The file beside a directory that has its name and `suffix`.
fn beside(dir: &Path, suffix: &str) -> PathBuf {
    let mut path = dir.to_owned().into_os_string();
    path.push(suffix);
    PathBuf::from(path)
}

/// Takes the lock of a directory that several processes may want to fill: the file beside it with `.lock`
/// added. It is released when the returned file is dropped. If another process holds it, `progress` is told
/// and we wait.
///
/// # Errors
/// If the lock file cannot be made or locked.
pub async fn lock_beside(dir: &Path, progress: impl Fn(&str)) -> Result<File, VenvError> {
    let path = beside(dir, ".lock");
    let failed = |source| VenvError::File { path: path.clone(), source };
    fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).map_err(failed)?;
    let file = File::options().create(true).append(true).open(&path).map_err(failed)?;
    let mut told = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if told => {}
            Err(TryLockError::WouldBlock) => {
                progress("waiting for another process that is installing the same");
                told = true;
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        tokio::time::sleep(LOCK_POLL).await;
    }
}

/// Runs a command, gives each line of its output to `line`, and returns the end of what it printed if it
/// failed.
async fn run(command: &mut Command, line: impl Fn(&str)) -> io::Result<Result<(), String>> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let read_output = async {
        let mut printed = String::new();
        let mut lines = BufReader::new(stdout?).lines();
        while let Ok(Some(next)) = lines.next_line().await {
            line(&next);
            printed.push_str(&next);
            printed.push('\n');
        }
        Some(printed)
    };
    let read_errors = async {
        let mut errors = Vec::new();
        // What cannot be read is missing from the error message, no more.
        let _ = stderr?.read_to_end(&mut errors).await;
        Some(String::from_utf8_lossy(&errors).into_owned())
    };
    let (printed, errors, status) = tokio::join!(read_output, read_errors, child.wait());
    if status?.success() {
        return Ok(Ok(()));
    }
    Ok(Err(tail(&[printed.unwrap_or_default(), errors.unwrap_or_default()].concat())))
}

/// The last lines of a program's output, for an error message.
#[must_use]
pub(crate) fn tail(output: &str) -> String {
    let lines: Vec<&str> = output.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_directory_with_other_things_in_it_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let mine = dir.path().join("home");
        fs::create_dir(&mine).unwrap();
        fs::write(mine.join("letters.txt"), "dear").unwrap();
        let error = Venv::ensure(&mine, |_| {}).await.unwrap_err();
        assert!(matches!(error, VenvError::Occupied { .. }), "{error}");
        assert_eq!(fs::read_dir(&mine).unwrap().count(), 1);
    }

    #[tokio::test]
    async fn a_ready_environment_is_used_without_running_anything() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(READY), SYNAPSE_VERSION).unwrap();
        let venv = Venv::ensure(dir.path(), |line| panic!("{line}")).await.unwrap();
        assert!(venv.python().starts_with(dir.path()));
    }

    #[tokio::test]
    async fn a_failing_program_shows_the_end_of_what_it_printed() {
        let mut shell = Command::new("sh");
        shell.args(["-c", "seq 1 100; echo alas >&2; exit 3"]);
        let output = run(&mut shell, |_| {}).await.unwrap().unwrap_err();
        assert!(output.ends_with("100\nalas") && !output.contains("\n50\n"), "{output}");
    }

    #[tokio::test]
    async fn a_second_process_waits_for_the_first_and_then_uses_what_it_made() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("venv");
        let lock = File::create(dir.path().join("venv.lock")).unwrap();
        lock.lock().unwrap();
        let lock = std::sync::Mutex::new(Some(lock));
        let lines = std::sync::Mutex::new(Vec::new());
        let venv = Venv::ensure(&target, |line| {
            lines.lock().unwrap().push(line.to_owned());
            fs::create_dir(&target).unwrap();
            fs::write(target.join(READY), SYNAPSE_VERSION).unwrap();
            drop(lock.lock().unwrap().take());
        });
        venv.await.unwrap();
        assert_eq!(lines.into_inner().unwrap().len(), 1);
    }
}
