//! `switchroom demo`: everything on one machine, a story told with it, and then time to try it by hand.

use std::io::{IsTerminal as _, Write};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use ruma::RoomId;
use secrecy::ExposeSecret as _;

use super::agent::Agent;
use super::agent::seen::Seen;
use super::farewell;
use super::place::{DOMAIN, OURS, PEOPLE, Person, Place};
use super::screen::Screen;
use super::story::{self, Story};
use super::synapse::{Account, Synapse, SynapseConfig};
use super::venv::Venv;
use crate::app::{self, App};
use crate::config::Config;
use crate::domain::address::Address;
use crate::domain::agent::WorkChannel;
use crate::domain::ids::{AgentId, QueueName};
use crate::sms::simulator::Simulator;
use crate::store::{Store, agents, contacts, interactions};

/// Time to read what is about to happen, where someone reads.
const PAUSE: Duration = Duration::from_millis(900);
/// The phones the story may be told with, in the order they are tried. Jane Doe's is the first.
const PHONES: [&str; 4] = ["+14155550100", "+14155550101", "+14155550102", "+14155550103"];

/// How the demo is run.
#[derive(Clone, Debug, Default)]
pub struct DemoOptions {
    /// Where it keeps what it makes; by default `switchroom/demo` in `$XDG_DATA_HOME` or `~/.local/share`.
    pub dir: Option<PathBuf>,
    /// Ends after the story instead of staying up, with an error if the story went wrong.
    pub exit_after_story: bool,
}

/// Brings everything up, plays the story on standard output and stays up until Ctrl-C or SIGTERM.
///
/// Standard output is the story's alone: let `tracing` write warnings and worse to standard error.
///
/// # Errors
/// When a part cannot be brought up; everything that was is ended. Each error says how to mend it.
pub async fn play(options: DemoOptions) -> anyhow::Result<()> {
    let out = std::io::stdout();
    let is_read = out.is_terminal();
    let wants_none = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let pause = if is_read && !options.exit_after_story { PAUSE } else { Duration::ZERO };
    play_on(options, Screen::new(out, is_read && !wants_none), pause).await
}

/// As [`play`], printing without colour or pauses to `out`.
///
/// # Errors
/// As [`play`].
pub async fn play_to(options: DemoOptions, out: impl Write) -> anyhow::Result<()> {
    play_on(options, Screen::new(out, false), Duration::ZERO).await
}

async fn play_on<W: Write>(
    options: DemoOptions,
    mut screen: Screen<W>,
    pause: Duration,
) -> anyhow::Result<()> {
    let told_to_end = app::told_to_end();
    tokio::pin!(told_to_end);
    let stage = tokio::select! {
        stage = Stage::build(&options, &mut screen) => stage?,
        ended = &mut told_to_end => return ended,
    };
    let shown = tokio::select! {
        shown = stage.show(&mut screen, &options, pause) => shown,
        ended = &mut told_to_end => ended,
    };
    if !options.exit_after_story {
        screen.line("\nEnding …")?;
    }
    stage.strike().await?;
    shown
}

/// Everything that runs.
struct Stage {
    place: Place,
    synapse: Synapse,
    app: App,
}

impl Stage {
    /// Brings everything up, telling what it does.
    async fn build<W: Write>(options: &DemoOptions, screen: &mut Screen<W>) -> anyhow::Result<Self> {
        let dir = options.dir.clone().map_or_else(Place::default_dir, Ok)?;
        let mut place = Place::open(&dir)?;
        screen.line(
            "Switchroom’s demo: a homeserver, a desk with two queues and three agents, and phones, all on this machine.",
        )?;
        screen.raw(&format!("Kept in {}", place.dir.display()))?;
        let venv = {
            // A progress line that cannot be printed is no reason to stop; the next line says so.
            let screen = std::cell::RefCell::new(&mut *screen);
            let progress = |line: &str| drop(screen.borrow_mut().raw(&format!("  {line}")));
            Venv::ensure(&Venv::default_dir()?, progress).await?
        };
        let config = Config::load(&place.write_config()?)?;
        app::setup::registration(&config).write(&config.appservice.registration, true)?;
        screen.line("Starting the homeserver (Synapse) …")?;
        let homeserver = SynapseConfig {
            port: place.kept.homeserver_port,
            registrations: vec![config.appservice.registration.clone()],
            ..SynapseConfig::new(place.dir.join("synapse"), DOMAIN)
        };
        let synapse = Synapse::start(&venv, &homeserver).await?;
        if !place.kept.registered {
            screen.line("Registering the agents …")?;
            register(&synapse, &place).await?;
            place.kept.registered = true;
            place.keep()?;
        }
        screen.line("Starting Switchroom …")?;
        let app = App::start(&config).await.context("Switchroom did not start")?;
        Ok(Self { place, synapse, app })
    }

    /// Plays the story, says what there is to try, and stays up if that is wanted.
    async fn show<W: Write>(
        &self,
        screen: &mut Screen<W>,
        options: &DemoOptions,
        pause: Duration,
    ) -> anyhow::Result<()> {
        let told = self.tell(screen, pause).await;
        if options.exit_after_story {
            return told;
        }
        if let Err(error) = told {
            screen.raw(&format!("\nThe story did not come to its end: {error:#}\n"))?;
            screen.line("The desk is up nevertheless.")?;
        }
        farewell::say(screen, &self.place)?;
        std::future::pending().await
    }

    /// Plays the story with Alice's client, which signs out after it.
    async fn tell<W: Write>(&self, screen: &mut Screen<W>, pause: Duration) -> anyhow::Result<()> {
        let simulator = self.app.built_in::<Simulator>().context("the demo's config names the simulator")?;
        let phone = self.clear_the_way(screen).await?;
        let alice = self.sign_in("alice").await?;
        let console = alice.console().await?.room_id().to_owned();
        if !self.has_a_past(phone).await? {
            screen.line("Playing a conversation that lies in the past …")?;
            story::past((&alice, &*console), (simulator, phone)).await?;
        }
        let story = Story::new(screen, (&alice, console.clone()), (simulator, phone.to_owned()), pause);
        let told = story.play().await;
        let left = self.leave(alice, &console).await;
        told.and(left)
    }

    /// Sees to it that Jane's text will be offered to Alice, whatever people left behind: returns a phone
    /// that is in no conversation.
    async fn clear_the_way<W: Write>(&self, screen: &mut Screen<W>) -> anyhow::Result<&'static str> {
        let mut conn = self.store().connection().await?;
        for agent in agents::all(&mut conn).await? {
            if agent.is_ready_for(WorkChannel::Sms) && agent.who.id.as_str() != "alice" {
                self.send_home(agent.who.id.as_str()).await?;
                screen.line(&format!(
                    "{} was ready, and is not any more: the story is Alice’s.",
                    agent.who.name
                ))?;
            }
        }
        let held = interactions::owned_by(&mut conn, &AgentId::new("alice")).await?.len();
        let waiting = interactions::waiting_count(&mut conn, &QueueName::new("support")).await?;
        let capacity = agents::by_id(&mut conn, &AgentId::new("alice"))
            .await?
            .map_or(0, |agent| agent.capacity_for(WorkChannel::Sms));
        anyhow::ensure!(
            held + usize::try_from(waiting)? < usize::try_from(capacity)?,
            "{held} conversations of Alice's are open and {waiting} wait, which leaves no room for the story; \
             finish some with !done"
        );
        for phone in PHONES {
            let open = interactions::open_of(&mut conn, &Address::sms(OURS), &Address::sms(phone)).await?;
            if open.is_none() {
                return Ok(phone);
            }
        }
        anyhow::bail!("all phones of the story are in open conversations; finish one with !done")
    }

    /// Whether a phone has been in a conversation.
    async fn has_a_past(&self, phone: &str) -> anyhow::Result<bool> {
        let mut conn = self.store().connection().await?;
        Ok(contacts::by_number(&mut conn, &Address::sms(phone)).await?.is_some())
    }

    /// Sets an agent not ready, as they would themselves.
    async fn send_home(&self, id: &str) -> anyhow::Result<()> {
        let agent = self.sign_in(id).await?;
        let console = agent.console().await?.room_id().to_owned();
        self.leave(agent, &console).await
    }

    async fn sign_in(&self, id: &str) -> anyhow::Result<Agent> {
        let agent = Agent::login(&self.synapse.url(), id, self.place.password(id)).await;
        let dir = self.place.dir.display();
        agent.with_context(|| {
            format!("{id} could not sign in; if the password was changed, remove {dir} to begin anew")
        })
    }

    /// Leaves an agent as a person may want to take over: not ready, nothing offered, and the client signed
    /// out.
    async fn leave(&self, agent: Agent, console: &RoomId) -> anyhow::Result<()> {
        let id = AgentId::new(agent.user_id().localpart());
        let mut conn = self.store().connection().await?;
        let is_ready =
            agents::by_id(&mut conn, &id).await?.is_some_and(|agent| agent.is_ready_for(WorkChannel::Sms));
        let mut commands = if is_ready { vec!["!notready".to_owned()] } else { vec![] };
        let offered = interactions::offered_to(&mut conn, &id).await?;
        commands.extend(offered.iter().map(|interaction| format!("!reject {}", interaction.id)));
        drop(conn);
        for command in commands {
            let typed = agent.send_text(console, &command).await?;
            let answers = |event: &Seen| event.replies_to() == Some(typed.as_str());
            if command == "!notready" {
                agent.wait_for("the answer to !notready", answers).await?;
            }
        }
        Ok(agent.log_out().await?)
    }

    fn store(&self) -> &Store {
        self.app.store()
    }

    /// Ends everything in order.
    async fn strike(mut self) -> anyhow::Result<()> {
        self.app.end().await;
        Ok(self.synapse.stop().await?)
    }
}

/// Makes the accounts, with names to read. Nobody stays signed in.
async fn register(synapse: &Synapse, place: &Place) -> anyhow::Result<()> {
    let http = reqwest::Client::builder().no_proxy().build()?;
    for Person { id, name, .. } in PEOPLE {
        let account = synapse.register_user(id, place.password(id), id == "admin").await?;
        let Account { user_id, access_token, .. } = account;
        let client = format!("{}/_matrix/client/v3", synapse.url());
        let token = access_token.expose_secret();
        let profile = http.put(format!("{client}/profile/{user_id}/displayname")).bearer_auth(token);
        profile.json(&serde_json::json!({"displayname": name})).send().await?.error_for_status()?;
        http.post(format!("{client}/logout")).bearer_auth(token).send().await?.error_for_status()?;
    }
    Ok(())
}
