//! `switchroom check`: tries everything the program depends on, and says what is wrong and how to mend it.
//!
//! Each thing is a `Check` in one list and is told in one line. A new one is one function and one line in
//! `CHECKS`.

mod finding;
mod here;
mod homeserver;
mod ping;
mod provider;
#[cfg(test)]
mod tests;

use std::io::{self, Write};
use std::path::Path;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, ready};

use self::finding::Bridge;
pub(crate) use self::finding::absolute;
pub use self::finding::{Finding, chain};
use crate::config::Config;

/// One thing that is tried.
struct Check {
    /// What it is called in the report.
    name: &'static str,
    /// Checks without whose success there is no point in trying this one.
    needs: &'static [&'static str],
    run: fn(&Bridge) -> BoxFuture<'_, Finding>,
}

/// Everything that is tried once the config is read, in this order.
const CHECKS: &[Check] = &[
    Check { name: "desk", needs: &[], run: |bridge| ready(here::desk(bridge)).boxed() },
    Check { name: "templates", needs: &[], run: |bridge| ready(here::templates(bridge)).boxed() },
    Check { name: "dictionaries", needs: &[], run: |bridge| ready(here::dictionaries(bridge)).boxed() },
    Check { name: "registration", needs: &[], run: |bridge| ready(here::registration(bridge)).boxed() },
    Check { name: "database", needs: &[], run: |bridge| here::database(bridge).boxed() },
    Check { name: "files", needs: &[], run: |bridge| ready(here::files(bridge)).boxed() },
    Check { name: "homeserver", needs: &[], run: |bridge| homeserver::reachable(bridge).boxed() },
    Check {
        name: "token",
        needs: &["registration", "homeserver"],
        run: |bridge| homeserver::token(bridge).boxed(),
    },
    Check {
        name: "acting for agents",
        needs: &["homeserver"],
        run: |bridge| homeserver::acting_for_agents(bridge).boxed(),
    },
    Check { name: "way back", needs: &["token"], run: |bridge| ping::way_back(bridge).boxed() },
    Check { name: "rate limits", needs: &[], run: |_| ready(homeserver::rate_limits()).boxed() },
    Check { name: "accounts", needs: &["token"], run: |bridge| homeserver::accounts(bridge).boxed() },
    Check { name: "presence", needs: &["token"], run: |bridge| homeserver::presence(bridge).boxed() },
    Check { name: "provider", needs: &[], run: |bridge| provider::account(bridge).boxed() },
    Check { name: "numbers", needs: &[], run: |bridge| ready(provider::numbers(bridge)).boxed() },
    Check { name: "public url", needs: &[], run: |bridge| ready(provider::public_url(bridge)).boxed() },
];

/// Tries everything and tells each in one line; returns whether nothing failed. Nothing is changed, but that
/// the database's schema is brought up to date, as `serve` would, and that the bot may be shown as online for
/// a while.
///
/// # Errors
/// Where the report cannot be written.
pub async fn run(file: &Path, out: &mut (dyn Write + Send)) -> io::Result<bool> {
    let config = match Config::load(file) {
        Ok(config) => config,
        Err(error) => {
            let failed = Finding::failed(chain(&error), "correct it; nothing else was tried");
            failed.tell("config", out)?;
            return Ok(false);
        }
    };
    Finding::ok(file.display().to_string()).tell("config", out)?;
    for warning in &config.warnings {
        Finding::Advice(warning.clone()).tell("config", out)?;
    }
    let bridge = Bridge::new(config);
    let mut missing: Vec<&str> = Vec::new();
    for check in CHECKS {
        if let Some(needed) = check.needs.iter().find(|needed| missing.contains(needed)) {
            writeln!(out, "        {}: not tried, for want of {needed}", check.name)?;
            missing.push(check.name);
            continue;
        }
        let finding = (check.run)(&bridge).await;
        finding.tell(check.name, out)?;
        if matches!(finding, Finding::Failed { .. }) {
            missing.push(check.name);
        }
    }
    Ok(missing.is_empty())
}
