//! The program under test, as a process that can be killed.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::{eventually, remains};

/// The program, running or not.
pub(crate) struct Bridge {
    config: PathBuf,
    log: PathBuf,
    url: String,
    /// What it logs.
    logged: &'static str,
    child: Option<Child>,
}

impl Bridge {
    /// The program with a config file, answering at `url` once it runs.
    pub(crate) fn new(config: &Path, url: &str) -> Self {
        let log = config.with_file_name("bridge.log");
        Self {
            config: config.to_owned(),
            log,
            url: url.to_owned(),
            logged: "switchroom=debug,switchroom::http=info,warn",
            child: None,
        }
    }

    /// Has it log every SQL statement from its next start on.
    pub(crate) fn log_statements(&mut self) {
        self.logged = "switchroom=debug,switchroom::http=info,sqlx::query=debug,warn";
    }

    fn command(&self, what: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_switchroom"));
        command.args([what, "--log-format", "text", "--config"]).arg(&self.config).stdin(Stdio::null());
        command
    }

    /// Runs a command of the program that ends by itself; returns whether it succeeded and what it printed.
    pub(crate) fn run(&self, what: &str) -> (bool, String) {
        let output = self.command(what).output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&text).into_owned())
    }

    /// Runs a command beside the program that serves, with what is typed into it: whether it succeeded, and
    /// what it printed.
    pub(crate) fn run_with(&self, arguments: &[&str], input: &str) -> (bool, String) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_switchroom"))
            .args(arguments)
            .arg("--config")
            .arg(&self.config)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A program that does not read it ends before.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&text).into_owned())
    }

    /// Starts serving, with fail points set or without.
    pub(crate) fn start(&mut self, fail_points: &str) {
        let log = std::fs::File::options().create(true).append(true).open(&self.log).unwrap();
        let child = self
            .command("serve")
            .env("FAILPOINTS", fail_points)
            .env("RUST_LOG", self.logged)
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        self.child = Some(child);
    }

    /// Waits until it says that it is ready.
    pub(crate) async fn ready(&mut self) {
        self.answering_or_ended("readyz").await;
        assert!(!self.has_ended(), "the bridge ended:\n{}", self.log());
    }

    /// Waits until it says that it is not ready.
    pub(crate) async fn unready(&self) {
        let (url, client) = (format!("{}/readyz", self.url), reqwest::Client::new());
        eventually("the bridge not to be ready", || {
            let request = client.get(&url).send();
            async move { (request.await.unwrap().status() == 503).then_some(()) }
        })
        .await;
    }

    /// Waits until it listens, or has ended before it could.
    pub(crate) async fn listening_or_ended(&mut self) {
        self.answering_or_ended("healthz").await;
    }

    async fn answering_or_ended(&mut self, path: &str) {
        let (url, client) = (format!("{}/{path}", self.url), reqwest::Client::new());
        eventually(&format!("the bridge to answer at {path}"), || {
            let (ended, request) = (self.has_ended(), client.get(&url).send());
            async move { (ended || request.await.is_ok_and(|answer| answer.status().is_success())).then_some(()) }
        })
        .await;
    }

    /// Whether it ended by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.as_mut().is_none_or(|child| child.try_wait().unwrap().is_some())
    }

    /// Kills it as `kill -9` does.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may have ended already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// The most memory it has had in use, in KiB.
    pub(crate) fn peak_kib(&self) -> u64 {
        let id = self.child.as_ref().expect("it runs").id();
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches("kB").trim_end().parse().unwrap()
    }

    /// What it logged.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            remains::print_end("the bridge's log", self.log().lines());
        }
    }
}
