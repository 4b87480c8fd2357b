//! The command line.

use std::io::{self, BufRead, IsTerminal as _, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Parser, Subcommand, ValueEnum};
use tracing_subscriber::filter::FilterExt as _;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use crate::app::{self, setup};
use crate::check::{self, absolute};
use crate::config::Config;
use crate::demo::{self, DemoOptions};
use crate::exchange;
use crate::matrix::registration::{RegistrationError, Written, homeserver_advice};
use crate::quiet;

/// What is logged where `RUST_LOG` does not say.
const LOGGED: &str = "switchroom=info,warn";

/// Turns a Matrix homeserver into a contact-centre desk: customers text, agents answer in any Matrix client.
#[derive(Debug, Parser)]
#[command(
    name = "switchroom",
    version,
    after_help = "RUST_LOG says what is logged, switchroom=info,warn by default."
)]
pub struct Args {
    /// The configuration file.
    #[arg(short, long, global = true, value_name = "FILE", default_value = "bridge-config.yaml")]
    config: PathBuf,
    /// How logs look on standard error: by default text on a terminal, json elsewhere.
    #[arg(long, global = true, value_name = "FORMAT")]
    log_format: Option<LogFormat>,
    #[command(subcommand)]
    command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
enum Command {
    /// Serves: takes texts and events, and delivers what comes of them, until it is told to end.
    Serve,
    /// Writes the registration by which the homeserver knows switchroom, and prints what its config needs.
    Registration {
        /// Write an existing registration anew; its tokens stay.
        #[arg(long)]
        force: bool,
    },
    /// Tries everything the desk depends on; says what is wrong and how to mend it. Exit code 1 if anything
    /// is.
    Check,
    /// Brings up a whole desk on this machine, a homeserver included, plays its story and stays up for trying
    /// by hand.
    Demo {
        /// Where the demo keeps its homeserver and desk; by default in the user's data folder.
        #[arg(long, value_name = "FOLDER")]
        dir: Option<PathBuf>,
        /// End when the story has been played.
        #[arg(long)]
        exit_after_story: bool,
    },
    /// Writes the desk to standard output as YAML: agents, queues, numbers, routes, dispositions, standard
    /// responses, predefined messages and settings. On SQLite, while nothing serves.
    Export,
    /// Takes a desk from a file that was exported: creates and updates what it names, deletes nothing. On
    /// SQLite, while nothing serves.
    #[command(subcommand_negates_reqs = true)]
    Import {
        /// The file; - for standard input.
        #[arg(required = true)]
        file: Option<PathBuf>,
        #[command(subcommand)]
        what: Option<ImportWhat>,
    },
    /// What is kept of a contact.
    Contact {
        #[command(subcommand)]
        what: ContactWhat,
    },
    /// Prints the version and which allocator it was built with.
    Version,
}

/// What else is imported.
#[derive(Debug, Subcommand)]
enum ImportWhat {
    /// Takes contacts from a table (CSV): adds and updates whom it names, deletes nothing. The first line
    /// names the columns: name, number, email, language, notes; any other is an attribute. Prints a line for
    /// each row that is refused; exit code 1 if any is.
    Contacts {
        /// The file; - for standard input.
        file: PathBuf,
        /// Only look what would become of each row, and change nothing.
        #[arg(long)]
        check: bool,
    },
}

/// What is done with a contact.
#[derive(Debug, Subcommand)]
enum ContactWhat {
    /// Writes everything that is kept of a contact into a new folder: a document for programs, a text for
    /// people, and the pictures and files. The exit code is 1 where something is missing in it. On SQLite,
    /// while nothing serves.
    Export {
        /// The contact: an id, or a number.
        who: String,
        /// The folder; by default contact- and the contact's id, here.
        #[arg(long, value_name = "FOLDER")]
        to: Option<PathBuf>,
    },
    /// Erases a contact for ever: says what there is of them, and asks for their id to be typed. What there
    /// is at the homeserver and the provider is erased by the desk while it serves. On SQLite, while
    /// nothing serves.
    Erase {
        /// The contact: an id, or a number.
        who: String,
        /// Do not ask: this is their id.
        #[arg(long, value_name = "ID")]
        yes: Option<String>,
        /// Leave what others wrote of them by nothing but their name.
        #[arg(long)]
        keep_names: bool,
    },
}

/// Which allocator the program was built with.
const ALLOCATOR: &str = if cfg!(feature = "jemalloc") { "jemalloc" } else { "the system's" };

/// How logs look.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}

/// Does what the arguments say. The exit code is 1 where a check failed.
///
/// # Errors
/// Whatever stops it, for [`crate::check::chain`] to tell.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    // Databases, registrations and what the demo writes hold tokens, passwords and what people said.
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    // The demo tells a story on the terminal; only trouble may speak in between.
    let logged = if matches!(args.command, Command::Demo { .. }) { "warn" } else { LOGGED };
    log_to_stderr(args.log_format, logged);
    match args.command {
        Command::Serve => app::serve(&Config::load(&args.config)?).await?,
        Command::Registration { force } => {
            register(&Config::load(&args.config)?, force, &mut io::stdout())?;
        }
        Command::Check => {
            let all_is_well = check::run(&args.config, &mut io::stdout()).await?;
            return Ok(if all_is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        Command::Demo { dir, exit_after_story } => demo::play(DemoOptions { dir, exit_after_story }).await?,
        Command::Export => {
            let text = exchange::export(&Config::load(&args.config)?).await?;
            write!(io::stdout(), "{text}")?;
        }
        Command::Import { file: _, what: Some(ImportWhat::Contacts { file, check }) } => {
            return import_people(&Config::load(&args.config)?, &file, check).await;
        }
        Command::Contact { what: ContactWhat::Export { who, to } } => {
            let exported =
                exchange::export_contact(&Config::load(&args.config)?, &who, to.as_deref()).await?;
            return tell_exported(&exported, &mut io::stdout());
        }
        Command::Contact { what: ContactWhat::Erase { who, yes, keep_names } } => {
            let config = Config::load(&args.config)?;
            let (mut ask, mut answer) = exchange::at_terminal();
            let voices: (&mut dyn Write, &mut dyn BufRead) = (&mut ask, &mut answer);
            let erased = exchange::erase_contact(&config, &who, (yes.as_deref(), keep_names), voices).await?;
            tell_erased(&erased, &mut io::stdout())?;
        }
        Command::Import { file, what: None } => {
            let config = Config::load(&args.config)?;
            let file = file.unwrap_or_else(|| PathBuf::from("-"));
            let from = if file == Path::new("-") { Path::new("/dev/stdin") } else { &file };
            let text = std::fs::read_to_string(from).with_context(|| file.display().to_string())?;
            let named = exchange::import(&config, &text).await?;
            let entries = if named == 1 { "entry" } else { "entries" };
            writeln!(io::stdout(), "Took in {named} {entries}.")?;
        }
        Command::Version => {
            writeln!(io::stdout(), "switchroom {}\nallocator: {ALLOCATOR}", env!("CARGO_PKG_VERSION"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Takes contacts from a table. The exit code is 1 where a row was refused.
async fn import_people(config: &Config, file: &Path, check: bool) -> anyhow::Result<ExitCode> {
    let (mut out, mut progress) = (io::stdout(), io::stderr());
    let on_terminal = io::stderr().is_terminal();
    let voices = exchange::Voices { out: &mut out, progress: &mut progress, on_terminal };
    let done = exchange::import_people(config, file, check, voices).await?;
    let exchange::Outcome { added, changed, unchanged, refused } = done;
    let would = if check { "Would have: " } else { "" };
    writeln!(out, "{would}{added} added, {changed} changed, {unchanged} as they were, {refused} refused.")?;
    Ok(if refused == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Tells what was exported. The exit code is 1 where something that is kept is not in it.
fn tell_exported(exported: &exchange::Exported, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let exchange::Exported { folder, interactions, media, missing } = exported;
    let conversations = if *interactions == 1 { "conversation" } else { "conversations" };
    let files = if *media == 1 { "picture or file" } else { "pictures and files" };
    writeln!(out, "Wrote {}: {interactions} {conversations}, {media} {files}.", folder.display())?;
    for line in missing {
        writeln!(out, "Not in it: {line}")?;
    }
    Ok(if missing.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn tell_erased(erased: &exchange::Erased, out: &mut dyn Write) -> anyhow::Result<()> {
    let exchange::Erased { id, closed } = erased;
    writeln!(out, "Erased at the desk ({id}); conversations closed: {closed}.")?;
    writeln!(
        out,
        "What there is at the homeserver and the provider is erased while the desk serves; admins get a receipt."
    )?;
    Ok(())
}

fn log_to_stderr(format: Option<LogFormat>, logged: &str) {
    let terminal = io::stderr().is_terminal();
    let format = format.unwrap_or(if terminal { LogFormat::Text } else { LogFormat::Json });
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(logged));
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_ansi(terminal);
    let lines = match format {
        LogFormat::Json => lines.json().boxed(),
        LogFormat::Text => lines.boxed(),
    };
    // Whoever has set up another log before wants that one.
    let _ =
        tracing_subscriber::registry().with(lines.with_filter(filter.and(quiet::Few::default()))).try_init();
}

fn register(config: &Config, force: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    let mut paths = vec![absolute(&config.appservice.registration)];
    let registration = setup::registration(config);
    let is_older = registration.is_older(&paths[0]).unwrap_or(false);
    let written = registration.write(&paths[0], force);
    if is_older && matches!(written, Err(RegistrationError::Exists { .. })) {
        let path = paths[0].display();
        anyhow::bail!(
            "{path} is of an older Switchroom, in which the bot was the registration's own user, and was left as it is; \
             --force writes it anew, with the same tokens, and then the homeserver must be restarted"
        );
    }
    tell_written(written, &paths[0], out)?;
    if is_older {
        writeln!(out, "It was of an older Switchroom: the homeserver must be restarted to read it again.")?;
    }
    if let Some(agents) = setup::agents_registration(config) {
        let path = absolute(&config.appservice.agents_registration());
        tell_written(agents.write(&path, force), &path, out)?;
        paths.push(path);
    }
    write!(out, "\n{}", homeserver_advice(&paths, config.settings.desk.retention_media_days))?;
    Ok(())
}

fn tell_written(
    written: Result<Written, RegistrationError>,
    path: &Path,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let done = match written {
        Err(error @ RegistrationError::Exists { .. }) => {
            anyhow::bail!("{error}; --force writes it anew, with the same tokens")
        }
        Err(error) => return Err(error.into()),
        Ok(Written::New) => "Wrote",
        Ok(Written::Renewed) => "Wrote anew, with the same tokens,",
    };
    writeln!(out, "{done} {}.", path.display())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::check::chain;

    #[test]
    fn the_help_tells_every_command_and_option() {
        let mut command = Args::command();
        command.build();
        let mut pages = vec![command.render_long_help().to_string()];
        for command in command.get_subcommands_mut().filter(|command| command.get_name() != "help") {
            pages.push(command.render_long_help().to_string());
        }
        insta::assert_snapshot!(pages.join("\n==========\n\n"));
    }

    #[test]
    fn the_arguments_agree_with_each_other() {
        Args::command().debug_assert();
        let args = Args::try_parse_from(["switchroom", "check", "-c", "other.yaml", "--log-format", "json"]);
        assert_eq!(args.unwrap().config, Path::new("other.yaml"));
        assert!(Args::try_parse_from(["switchroom"]).is_err());
        assert!(Args::try_parse_from(["switchroom", "sreve"]).is_err());
    }

    #[test]
    fn a_registration_is_written_once_and_renewed_on_demand() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("registration.yaml");
        let text = format!(
            "homeserver: {{url: 'http://127.0.0.1:1', domain: desk.test}}\nappservice: {{registration: '{}'}}",
            file.display()
        );
        let config = Config::parse("c.yaml", &text, &|_| None).unwrap();
        let written = |force| {
            let mut out = Vec::new();
            register(&config, force, &mut out).map(|()| String::from_utf8(out).unwrap())
        };
        let told = written(false).unwrap();
        assert!(told.starts_with(&format!("Wrote {}.", file.display())), "{told}");
        assert!(told.contains("app_service_config_files") && told.contains("rc_joins"), "{told}");
        let first = std::fs::read_to_string(&file).unwrap();
        let error = chain(written(false).unwrap_err().as_ref());
        assert!(error.contains("registration.yaml exists") && error.contains("--force"), "{error}");
        assert!(written(true).unwrap().contains("with the same tokens"));
        assert_eq!(std::fs::read_to_string(&file).unwrap(), first);
        let older =
            first.replace("sender_localpart: \"switchroom_appservice\"", "sender_localpart: switchroom");
        std::fs::write(&file, older).unwrap();
        let error = chain(written(false).unwrap_err().as_ref());
        assert!(error.contains("older Switchroom") && error.contains("restarted"), "{error}");
        let told = written(true).unwrap();
        assert!(told.contains("with the same tokens") && told.contains("older Switchroom"), "{told}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), first);
    }
}
