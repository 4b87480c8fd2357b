//! The desk that is measured: its config, its agents, and how it comes to have many open interactions.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use ruma::OwnedRoomId;
use secrecy::ExposeSecret as _;
use serde_json::json;
use sqlx::Executor as _;
use switchroom::clock::Clock;
use switchroom::domain::address::Address;
use switchroom::domain::effect::Place;
use switchroom::domain::ids::{ContactId, GhostName, InteractionId};
use switchroom::domain::interaction::{Interaction, Phase, Work};
use switchroom::matrix::registration;
use switchroom::store::{self, agents, contacts, interactions, rooms};
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::instant::{Instant as Others, SERVER};
use crate::postgres::Postgres;
use crate::program::Program;
use crate::{reports, wire};

/// The desk's number and the provider's account.
pub(crate) const OURS: &str = "+15005550006";
pub(crate) const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
pub(crate) const TOKEN: &str = "token";
/// An agent takes at most so many at once.
const CAPACITY: usize = 1000;
/// How long anything may take.
const PATIENCE: Duration = Duration::from_mins(2);
/// Nothing was asked for this long: whatever was under way is done.
const QUIET: Duration = Duration::from_millis(400);

/// The program and both sides of it.
pub(crate) struct Desk {
    pub(crate) program: Program,
    pub(crate) others: Arc<Others>,
    pub(crate) address: String,
    pub(crate) files: TempDir,
    /// The address of its database.
    pub(crate) database: String,
    /// Where the homeserver and the provider listen.
    pub(crate) others_address: String,
    agents: usize,
    open: usize,
}

impl Desk {
    /// Starts a desk without interactions, with agents enough for so many.
    pub(crate) async fn open(most: usize) -> anyhow::Result<Self> {
        let files = tempfile::tempdir()?;
        let address = format!("127.0.0.1:{}", switchroom::demo::synapse::free_port()?);
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let agents = most.div_ceil(CAPACITY) + 1;
        let config = files.path().join("bridge-config.yaml");
        let others_address = listener.local_addr()?.to_string();
        let database = empty_database(&files).await;
        std::fs::write(&config, config_text(&files, &database, (&address, &others_address), agents))?;
        let mut program = Program::new(&config, &address);
        program.register()?;
        let tokens = registration::load(&files.path().join("registration.yaml"))?;
        let (others, queues) = Others::new(&address);
        others.set_token(tokens.hs_token.expose_secret());
        tokio::spawn(wire::serve(listener, others.clone()));
        tokio::spawn(others.clone().deliver(queues.events));
        tokio::spawn(reports::post(address.clone(), queues.reports));
        program.start().await?;
        let mut desk = Self { program, others, address, files, database, others_address, agents, open: 0 };
        for agent in 0..desk.agents {
            desk.make_ready(&user(agent)).await?;
        }
        desk.settle().await?;
        Ok(desk)
    }

    /// An agent says that they are ready, until the bot answers: before their console is known nothing is
    /// heard.
    async fn make_ready(&mut self, user: &str) -> anyhow::Result<()> {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            match self.others.console(user) {
                Some((_, said)) if said > 0 => return Ok(()),
                Some((console, _)) => {
                    let content = json!({ "msgtype": "m.text", "body": "!ready" });
                    self.others.push(&console, user, "m.room.message", None, &content);
                }
                None => {}
            }
            self.program.ensure_alive()?;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        anyhow::bail!("{user} got no answer in the console")
    }

    /// Opens interactions by texts of new contacts, up to so many; tells how many a second.
    pub(crate) async fn open_by_texts(&mut self, rooms: usize) -> anyhow::Result<f64> {
        let (begun, first) = (Instant::now(), self.open);
        crate::load::texts_from_each(self, first..rooms).await?;
        self.open = rooms;
        while (first..rooms).any(|contact| self.others.room(&phone(contact)).is_none()) {
            ensure!(begun.elapsed() < PATIENCE, "the rooms were not opened in time");
            self.program.ensure_alive()?;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let took = self.settle().await? - begun;
        Ok(f64::from(u32::try_from(rooms - first)?) / took.as_secs_f64())
    }

    /// Stops the program and starts it again, logging every SQL statement.
    pub(crate) async fn log_statements(&mut self) -> anyhow::Result<()> {
        self.program.stop().await?;
        self.program.log_statements();
        self.program.start().await?;
        self.settle().await.map(drop)
    }

    /// Stops the program, writes further interactions into its database as it would itself, up to so many,
    /// and starts it again; tells how long the start took.
    pub(crate) async fn open_by_hand(&mut self, rooms: usize) -> anyhow::Result<Duration> {
        self.program.stop().await?;
        self.fill(rooms).await?;
        self.open = rooms;
        self.program.start().await
    }

    async fn fill(&self, rooms: usize) -> anyhow::Result<()> {
        let store = store::open(&self.database, 2).await?;
        let mut conn = store.connection().await?;
        let agents = agents::all(&mut conn).await?;
        let first = agents.first().context("no agents")?;
        let held = interactions::owned_by(&mut conn, &first.who.id).await?;
        let model = held.into_iter().next().context("no interaction to go by")?;
        let now = Clock::default().now();
        conn.execute("BEGIN").await?;
        for contact in self.open..rooms {
            let owner = agents[contact % agents.len()].who.clone();
            let (number, room) = (Address::sms(phone(contact)), format!("!f{contact}:{SERVER}"));
            self.others.know_room(number.value(), &room, owner.user.as_str());
            let room = OwnedRoomId::try_from(room)?;
            let mut interaction = Interaction {
                id: InteractionId::new(format!("i-{contact:06}")),
                room: Some(room.clone()),
                alias: format!("switchroom_{contact:032x}"),
                created_at: now,
                phase: Phase::Owned { owner, come_by: None, work: Work::Active, transfer: None },
                ..model.clone()
            };
            interaction.contact.id = ContactId::new(format!("c-{contact:08}"));
            interaction.contact.number = number;
            contacts::add(&mut conn, &interaction.contact, now).await?;
            let (number, ghost) = (&interaction.contact.number, GhostName::new(format!("{contact:010}")));
            contacts::give_ghost(&mut conn, number, &ghost, Some(number.value())).await?;
            interactions::add(&mut conn, &interaction).await?;
            rooms::add(&mut conn, &room, &Place::Session(interaction.id)).await?;
        }
        conn.execute("COMMIT").await?;
        drop(conn);
        store.close().await;
        Ok(())
    }

    /// Waits until everything sent has arrived, whatever else goes on.
    pub(crate) async fn all_arrived(&mut self) -> anyhow::Result<()> {
        let begun = Instant::now();
        while !self.others.ledger.is_settled() {
            ensure!(begun.elapsed() < PATIENCE, "not everything arrived in {PATIENCE:?}");
            self.program.ensure_alive()?;
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }

    /// Waits until everything sent has arrived and nothing more is asked; returns when the last thing was
    /// asked.
    pub(crate) async fn settle(&mut self) -> anyhow::Result<Instant> {
        let begun = Instant::now();
        let (mut last, mut writes) = (Instant::now(), 0);
        loop {
            let now = self.others.writes.load(Ordering::Relaxed);
            if now != writes || !self.others.ledger.is_settled() {
                (last, writes) = (Instant::now(), now);
            }
            if last.elapsed() >= QUIET {
                return Ok(last);
            }
            ensure!(begun.elapsed() < PATIENCE, "not everything arrived in {PATIENCE:?}");
            self.program.ensure_alive()?;
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// The number of a contact.
pub(crate) fn phone(contact: usize) -> String {
    format!("+1555{contact:07}")
}

fn user(agent: usize) -> String {
    format!("@agent{agent}:{SERVER}")
}

/// The address of an empty database.
async fn empty_database(files: &TempDir) -> String {
    if std::env::var("BENCH_DATABASE").is_ok_and(|engine| engine == "postgres") {
        return Postgres::shared().await.fresh_database().await;
    }
    format!("sqlite://{}", files.path().join("desk.db").display())
}

fn config_text(files: &TempDir, database: &str, (address, others): (&str, &str), agents: usize) -> String {
    let agents: Vec<String> = (0..agents)
        .map(|agent| {
            format!(
                "{{id: agent{agent}, user: \"{}\", name: Agent {agent}, queues: [support], capacity: {{sms: {CAPACITY}}}}}",
                user(agent)
            )
        })
        .collect();
    let registration = files.path().join("registration.yaml");
    format!(
        "homeserver: {{url: \"http://{others}\", domain: {SERVER}}}\n\
         appservice: {{listen: \"{address}\", url: \"http://{address}\", registration: \"{registration}\"}}\n\
         database: {{url: \"{database}\"}}\n\
         sms:\n  provider: twilio\n  public_url: \"http://{address}\"\n  \
         twilio: {{api_url: \"http://{others}\", account_sid: {ACCOUNT}, auth_token: {TOKEN}}}\n  \
         numbers: [{{number: \"{OURS}\", queue: support}}]\n  flood: {{texts: 0}}\n\
         desk:\n  agents: [{agents}]\n  queues: [{{name: support, undo_secs: 0}}]\n",
        registration = registration.display(),
        agents = agents.join(", "),
    )
}
