//! Programs that end when this one does, however this one ends.
//!
//! A test or a demo may be killed at any moment, and a server it started must not stay behind. The program is
//! run by a small Python guard that holds the read end of a pipe: the operating system closes the pipe when
//! this process dies, even by SIGKILL, and the guard then ends the program. (`PR_SET_PDEATHSIG` would not do:
//! it follows the *thread* that started the program, and a test's thread ends before the servers that tests
//! share.)
//!
//! The guard is a process group of its own, so that Ctrl-C reaches only this process, which can stop its
//! servers in order.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::time::Duration;

/// The script of the guard, run by `python3 -c`; it needs Python 3.9.
const GUARD: &str = include_str!("guard.py");

/// How often a waiting task looks whether a program has ended.
const POLL: Duration = Duration::from_millis(10);

/// How long a dropped [`Guarded`] waits for its program, which gets the signal of [`Program::on_abandon`]
/// then.
const DROP_PATIENCE: Duration = Duration::from_secs(5);

/// A signal that a guarded program can be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGTERM: for most servers an orderly end.
    Terminate,
    /// SIGINT: for PostgreSQL an orderly end that does not wait for its clients.
    Interrupt,
    /// SIGQUIT: for PostgreSQL an end without writing anything more.
    Quit,
    /// SIGKILL: an end the program knows nothing of.
    Kill,
}

impl Signal {
    /// The name as the guard expects it.
    fn name(self) -> &'static str {
        match self {
            Self::Terminate => "TERM",
            Self::Interrupt => "INT",
            Self::Quit => "QUIT",
            Self::Kill => "KILL",
        }
    }
}

/// A program to be run under a guard.
#[derive(Clone, Debug)]
pub struct Program {
    /// The program and its arguments.
    pub command: Vec<OsString>,
    /// File that its standard output and error are appended to.
    pub output: PathBuf,
    /// What it gets when this process is gone or drops it; SIGKILL follows after 10 s.
    pub on_abandon: Signal,
    /// Numeric user and group to run it as, which only root can ask for; else it runs as the same user.
    pub user: Option<u32>,
    /// Directory that the guard removes once the program was abandoned and has ended.
    pub remove: Option<PathBuf>,
}

impl Program {
    /// A program that runs as the same user and is killed when it is abandoned.
    pub fn new(command: impl IntoIterator<Item = impl Into<OsString>>, output: impl Into<PathBuf>) -> Self {
        Self {
            command: command.into_iter().map(Into::into).collect(),
            output: output.into(),
            on_abandon: Signal::Kill,
            user: None,
            remove: None,
        }
    }

    /// Starts the program under a guard run by `python`.
    ///
    /// # Errors
    /// If the output file cannot be opened or `python` not be started; nothing runs then. A `command` that
    /// cannot be started shows as an early end, with the reason in the output file.
    pub fn start(&self, python: &Path) -> io::Result<Guarded> {
        let output = OpenOptions::new().create(true).append(true).open(&self.output)?;
        let mut guard = Command::new(python)
            .args(["-c", GUARD, self.on_abandon.name()])
            .arg(self.user.map(|user| user.to_string()).unwrap_or_default())
            .arg(self.remove.clone().unwrap_or_default())
            .args(&self.command)
            .stdin(Stdio::piped())
            .stderr(output.try_clone()?)
            .stdout(output)
            .process_group(0)
            .spawn()?;
        let line = guard.stdin.take();
        Ok(Guarded { guard, line })
    }
}

/// A running program and the line to its guard. Dropping it ends the program.
#[derive(Debug)]
pub struct Guarded {
    guard: Child,
    line: Option<ChildStdin>,
}

impl Guarded {
    /// Sends the program a signal. A program that has ended already is not an error.
    pub fn signal(&mut self, signal: Signal) {
        if let Some(line) = &mut self.line {
            // The guard may be gone with its program; that is what `wait` tells.
            let _ = writeln!(line, "{}", signal.name());
        }
    }

    /// How the program ended, or `None` while it runs.
    ///
    /// # Errors
    /// If the operating system does not say.
    pub fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        self.guard.try_wait()
    }

    /// Waits until the program has ended, without asking it to.
    ///
    /// # Errors
    /// If the operating system does not say.
    pub async fn wait(&mut self) -> io::Result<ExitStatus> {
        loop {
            if let Some(status) = self.ended()? {
                return Ok(status);
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Sends `signal` and waits for the end; a program that has not ended within `patience` is killed.
    ///
    /// # Errors
    /// If the operating system does not say how it ended.
    pub async fn end(&mut self, signal: Signal, patience: Duration) -> io::Result<ExitStatus> {
        self.signal(signal);
        if let Ok(status) = tokio::time::timeout(patience, self.wait()).await {
            return status;
        }
        self.signal(Signal::Kill);
        self.wait().await
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        // Closing the line tells the guard; waiting lets the owner remove the program's files afterwards.
        drop(self.line.take());
        let turns = DROP_PATIENCE.as_millis() / POLL.as_millis();
        for _ in 0..turns {
            if !matches!(self.guard.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(POLL);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sleeper(dir: &Path, body: &str) -> Program {
        Program::new(["sh", "-c", body], dir.join("out"))
    }

    async fn line_of(path: &Path) -> String {
        let read = async {
            loop {
                match std::fs::read_to_string(path) {
                    Ok(text) if text.ends_with('\n') => return text.trim().to_owned(),
                    _ => tokio::time::sleep(POLL).await,
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(30), read).await.unwrap()
    }

    fn runs(pid: &str) -> bool {
        Command::new("kill").args(["-0", pid]).stderr(Stdio::null()).status().unwrap().success()
    }

    #[tokio::test]
    async fn a_dropped_program_is_gone_with_its_directory() {
        let dir = tempfile::tempdir().unwrap();
        let rubbish = dir.path().join("rubbish");
        std::fs::create_dir(&rubbish).unwrap();
        let mut program = sleeper(dir.path(), "echo $$; exec sleep 600");
        program.remove = Some(rubbish.clone());
        let guarded = program.start(Path::new("python3")).unwrap();
        let pid = line_of(&program.output).await;
        assert!(runs(&pid));
        drop(guarded);
        assert!(!runs(&pid));
        assert!(!rubbish.exists());
    }

    #[tokio::test]
    async fn a_program_gets_the_signal_and_its_exit_code_comes_back() {
        let dir = tempfile::tempdir().unwrap();
        let program = sleeper(dir.path(), "trap 'exit 7' TERM; echo ready; while :; do sleep 0.01; done");
        let mut guarded = program.start(Path::new("python3")).unwrap();
        assert_eq!(line_of(&program.output).await, "ready");
        assert_eq!(guarded.ended().unwrap(), None);
        let status = guarded.end(Signal::Terminate, Duration::from_secs(30)).await.unwrap();
        assert_eq!(status.code(), Some(7));
    }

    #[tokio::test]
    async fn a_program_deaf_to_its_signal_is_killed() {
        let dir = tempfile::tempdir().unwrap();
        let program = sleeper(dir.path(), "trap '' TERM; echo ready; while :; do sleep 0.01; done");
        let mut guarded = program.start(Path::new("python3")).unwrap();
        line_of(&program.output).await;
        let status = guarded.end(Signal::Terminate, Duration::from_millis(50)).await.unwrap();
        assert_eq!(status.code(), Some(128 + 9));
    }

    #[tokio::test]
    async fn a_program_that_does_not_exist_ends_at_once_and_says_so() {
        let dir = tempfile::tempdir().unwrap();
        let program = Program::new(["/nonexistent/program"], dir.path().join("out"));
        let mut guarded = program.start(Path::new("python3")).unwrap();
        assert!(!guarded.wait().await.unwrap().success());
        assert!(std::fs::read_to_string(&program.output).unwrap().contains("/nonexistent/program"));
    }

    #[tokio::test]
    async fn a_program_ends_when_its_parent_is_killed() {
        // `sleep` stands for this process: it holds the guard's line open until it is killed.
        let dir = tempfile::tempdir().unwrap();
        let output = dir.path().join("out");
        let mut parent = Command::new("sleep").arg("600").stdout(Stdio::piped()).spawn().unwrap();
        let mut guard = Command::new("python3")
            .args(["-c", GUARD, "KILL", "", "", "sh", "-c", "echo $$; exec sleep 600"])
            .stdin(parent.stdout.take().unwrap())
            .stdout(std::fs::File::create(&output).unwrap())
            .spawn()
            .unwrap();
        let pid = line_of(&output).await;
        assert!(runs(&pid));
        parent.kill().unwrap();
        parent.wait().unwrap();
        guard.wait().unwrap();
        assert!(!runs(&pid));
    }
}
