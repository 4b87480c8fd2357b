//! The program, as a process of its own, and what the system says about it.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};

use crate::wire::Connection;

/// Ticks of processor time in a second: the same on every Linux of this kind.
const TICKS: f64 = 100.0;
/// The longest a start may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// The program, running or not.
pub(crate) struct Program {
    config: PathBuf,
    log: PathBuf,
    address: String,
    logged: &'static str,
    child: Option<Child>,
}

impl Program {
    /// The program with a config file, which has it listen at this address.
    pub(crate) fn new(config: &Path, address: &str) -> Self {
        let log = config.with_file_name("bridge.log");
        Self { config: config.to_owned(), log, address: address.to_owned(), logged: "info", child: None }
    }

    fn command(&self, what: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_switchroom"));
        command.arg(what).arg("--config").arg(&self.config).stdin(Stdio::null()).stdout(Stdio::null());
        command
    }

    /// Writes the registration.
    pub(crate) fn register(&self) -> anyhow::Result<()> {
        ensure!(self.command("registration").status()?.success(), "the registration was not written");
        Ok(())
    }

    /// Has it log every SQL statement from its next start on.
    pub(crate) fn log_statements(&mut self) {
        self.logged = "info,sqlx::query=debug";
    }

    /// How many SQL statements it has logged.
    pub(crate) fn statements(&self) -> anyhow::Result<usize> {
        let log = BufReader::new(std::fs::File::open(&self.log)?);
        let is_statement = |line: &String| line.contains("\"target\":\"sqlx::query\"");
        Ok(log.lines().map_while(Result::ok).filter(is_statement).count())
    }

    /// Starts serving; tells how long it took until it said that it is ready.
    pub(crate) async fn start(&mut self) -> anyhow::Result<Duration> {
        let log = std::fs::File::options().create(true).append(true).open(&self.log)?;
        let begun = Instant::now();
        self.child = Some(self.command("serve").env("RUST_LOG", self.logged).stderr(log).spawn()?);
        while begun.elapsed() < PATIENCE {
            if let Ok(mut connection) = Connection::open(&self.address).await
                && matches!(connection.request("GET", "/readyz", "", "").await, Ok(200))
            {
                return Ok(begun.elapsed());
            }
            self.ensure_alive()?;
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        bail!("the program was not ready in {PATIENCE:?}:\n{}", self.log_end())
    }

    /// Ends it as an operator would, and waits until it has ended.
    pub(crate) async fn stop(&mut self) -> anyhow::Result<()> {
        let Some(mut child) = self.child.take() else { return Ok(()) };
        Command::new("kill").arg(child.id().to_string()).status()?;
        let begun = Instant::now();
        while child.try_wait()?.is_none() {
            if begun.elapsed() > PATIENCE {
                child.kill()?;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }

    /// Imports contacts, while the program does not serve; tells how long that took and the most memory it
    /// had in use, in MiB.
    pub(crate) async fn import(&self, table: &Path) -> anyhow::Result<(Duration, f64)> {
        let begun = Instant::now();
        let mut import = Command::new(env!("CARGO_BIN_EXE_switchroom"));
        import.args(["import", "contacts"]).arg(table).arg("--config").arg(&self.config);
        let mut import = import.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let mut peak = 0.0;
        loop {
            // It is gone when the process has ended.
            if let Ok(status) = std::fs::read_to_string(format!("/proc/{}/status", import.id())) {
                peak = mib_in(&status, "VmHWM:").unwrap_or(peak);
            }
            if let Some(ended) = import.try_wait()? {
                ensure!(ended.success(), "the import failed: {ended}");
                return Ok((begun.elapsed(), peak));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Fails if it has ended by itself.
    pub(crate) fn ensure_alive(&mut self) -> anyhow::Result<()> {
        let ended = self.child.as_mut().and_then(|child| child.try_wait().ok().flatten());
        ensure!(ended.is_none(), "the program ended: {ended:?}\n{}", self.log_end());
        Ok(())
    }

    /// The processor time it has used, in seconds.
    pub(crate) fn cpu_secs(&self) -> anyhow::Result<f64> {
        ticks(&self.proc("stat")?)
    }

    /// How often its threads have been woken.
    pub(crate) fn wakeups(&self) -> anyhow::Result<f64> {
        let child = self.child.as_ref().context("the program does not run")?;
        let mut sum = 0.0;
        for thread in std::fs::read_dir(format!("/proc/{}/task", child.id()))? {
            let status = std::fs::read_to_string(thread?.path().join("status"))?;
            let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
            sum += line.context("no such line")?.trim().parse::<f64>()?;
        }
        Ok(sum)
    }

    /// The processor time of everybody else on the machine but the program and this process, in seconds.
    pub(crate) fn others_cpu_secs(&self) -> anyhow::Result<f64> {
        let stat = std::fs::read_to_string("/proc/stat")?;
        let fields = stat.lines().next().context("no stat")?.split_whitespace().skip(1);
        let fields = fields.map(str::parse::<f64>).collect::<Result<Vec<_>, _>>()?;
        // All but the fourth and fifth field, which are idle time; those after the eighth are counted in the
        // first.
        let busy: f64 = fields.iter().take(8).sum::<f64>() - fields.iter().skip(3).take(2).sum::<f64>();
        Ok(busy / TICKS - self.cpu_secs()? - ticks(&std::fs::read_to_string("/proc/self/stat")?)?)
    }

    /// The memory it has in use, in MiB.
    pub(crate) fn resident_mib(&self) -> anyhow::Result<f64> {
        self.status_mib("VmRSS:")
    }

    /// The most memory it has had in use since [`Self::forget_peak`], in MiB.
    pub(crate) fn peak_mib(&self) -> anyhow::Result<f64> {
        self.status_mib("VmHWM:")
    }

    /// From now on the peak is measured anew.
    /// <https://man7.org/linux/man-pages/man5/proc_pid_clear_refs.5.html>
    pub(crate) fn forget_peak(&self) -> anyhow::Result<()> {
        let child = self.child.as_ref().context("the program does not run")?;
        Ok(std::fs::write(format!("/proc/{}/clear_refs", child.id()), "5")?)
    }

    fn status_mib(&self, name: &str) -> anyhow::Result<f64> {
        mib_in(&self.proc("status")?, name)
    }

    /// How many warnings and errors it has logged.
    pub(crate) fn complaints(&self) -> usize {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        log.lines().filter(|line| line.contains("WARN") || line.contains("ERROR")).count()
    }

    fn proc(&self, file: &str) -> anyhow::Result<String> {
        let child = self.child.as_ref().context("the program does not run")?;
        Ok(std::fs::read_to_string(format!("/proc/{}/{file}", child.id()))?)
    }

    fn log_end(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let mut lines: Vec<&str> = log.lines().rev().take(20).collect();
        lines.reverse();
        lines.join("\n")
    }
}

/// A figure of a process's status, in MiB.
fn mib_in(status: &str, name: &str) -> anyhow::Result<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name)).context("no such line")?;
    let kib: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kib / 1024.0)
}

/// The processor time of a process, in seconds.
fn ticks(stat: &str) -> anyhow::Result<f64> {
    // The second field is a name in parentheses; `utime` and `stime` are the 14th and 15th.
    let (_, fields) = stat.rsplit_once(')').context("no stat")?;
    let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<f64>);
    Ok(ticks.sum::<Result<f64, _>>()? / TICKS)
}

impl Drop for Program {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may have ended already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
