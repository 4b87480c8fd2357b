//! What each part of the program is told of the config. Nothing here asks or changes anything.

use std::collections::HashSet;
use std::sync::Arc;

use ruma::{IdParseError, UserId};

use crate::clock;
use crate::config::{self, Config, Split};
use crate::desk;
use crate::domain::agent::{Agent, AgentRef, Role, WorkChannel};
use crate::domain::ids::AgentId;
use crate::domain::input::{Setup, Unsaid};
use crate::domain::program::TokenKey;
use crate::domain::settings::Table as _;
use crate::domain::text::segments::SplitLimit;
use crate::matrix::agents::AgentsRegistration;
use crate::matrix::registration::Registration;
use crate::render::RenderSettings;
use crate::sms::link;

/// What the config says and the program cannot do. Nothing was started or changed.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// Bot and domain make no user.
    #[error("appservice.bot and homeserver.domain make no Matrix user id")]
    Bot(#[source] IdParseError),
}

/// How much of an admin's user becomes their id; a number may follow it.
const LONGEST_ID: usize = 60;

/// The desk's part of the config, as the desk takes it at every start.
#[must_use]
pub fn setup(config: &Config) -> Setup {
    let (agents, admins) = agents(&config.desk);
    let mut unsaid = Unsaid { numbers: config.sms.unsaid.clone(), ..config.desk.unsaid.clone() };
    unsaid.agents.extend(admins);
    Setup {
        agents,
        queues: config.desk.queues.clone(),
        numbers: config.sms.numbers.clone(),
        routes: config.desk.routes.clone(),
        dispositions: config.desk.dispositions.clone(),
        reasons: config.desk.not_ready.clone(),
        responses: config.desk.responses.clone(),
        predefined: config.desk.predefined.clone(),
        settings: config.settings.named(),
        unsaid,
        brings_back: false,
    }
}

/// What the desk is set to. `languages` are those of the dictionaries there are.
///
/// # Errors
/// [`SetupError::Bot`].
pub fn settings(config: &Config, languages: Vec<String>) -> Result<desk::Settings, SetupError> {
    let domain = config.homeserver.domain.clone();
    Ok(desk::Settings {
        prefix: config.commands.prefix.clone(),
        act_for_agents: config.appservice.act_for_agents,
        split: match config.sms.split {
            Split::Separate => SplitLimit::Segment,
            Split::Concatenated => config.sms.provider.longest,
        },
        media: config.sms.provider.media,
        calls: config.sms.provider.calls,
        link_begins: link::begins(&config.sms.public_url),
        bot: UserId::parse(format!("@{}:{domain}", config.appservice.bot)).map_err(SetupError::Bot)?,
        ghost_prefix: config.appservice.ghost_prefix.clone(),
        domain,
        consent: config.sms.consent.clone(),
        languages,
        // Whoever serves puts the one in its place that every replica has.
        token_key: TokenKey::derive(clock::random_hex().as_bytes()),
        desk: config.settings.desk.clone(),
        config: Arc::new(setup(config)),
    })
}

/// How the bot writes.
#[must_use]
pub fn render_settings(config: &Config) -> RenderSettings {
    RenderSettings {
        prefix: config.commands.prefix.clone(),
        time_zone: config.settings.desk.time_zone.clone(),
        locale: config.settings.desk.locale.clone(),
        act_for_agents: config.appservice.act_for_agents,
    }
}

/// The registration the homeserver is given.
#[must_use]
pub fn registration(config: &Config) -> Registration {
    Registration {
        id: config.appservice.id.clone(),
        url: config.appservice.url.clone(),
        domain: config.homeserver.domain.clone(),
        bot_localpart: config.appservice.bot.clone(),
        sender_localpart: config.appservice.sender(),
        ghost_prefix: config.appservice.ghost_prefix.clone(),
    }
}

/// The second registration the homeserver is given, where the config wants the bridge to act for agents.
/// Whoever is an admin is not in it.
#[must_use]
pub fn agents_registration(config: &Config) -> Option<AgentsRegistration> {
    let Config { appservice, desk, homeserver, .. } = config;
    let is_plain = |agent: &&Agent| {
        let is_admin = agent.roles.contains(&Role::Admin) || desk.admins.contains(&agent.who.user);
        !is_admin && agent.who.user.server_name() == homeserver.domain
    };
    appservice.act_for_agents.then(|| AgentsRegistration {
        id: format!("{}-agents", appservice.id),
        sender_localpart: format!("{}_agents", appservice.bot),
        users: desk.agents.iter().filter(is_plain).map(|agent| agent.who.user.clone()).collect(),
    })
}

/// What is not named of agents.
type UnsaidOfAgents = Vec<(AgentId, Vec<String>)>;

/// The agents, and after them the admins who are none: the bot answers only people of the desk. Of such an
/// admin nothing is named, and so they stay what else they were made.
fn agents(desk: &config::Desk) -> (Vec<Agent>, UnsaidOfAgents) {
    let mut agents: Vec<Agent> = desk.agents.clone();
    let mut ids: HashSet<String> = agents.iter().map(|agent| agent.who.id.as_str().to_owned()).collect();
    let mut unsaid = Vec::new();
    for user in &desk.admins {
        if let Some(agent) = agents.iter_mut().find(|agent| agent.who.user == *user) {
            if !agent.roles.contains(&Role::Admin) {
                agent.roles.push(Role::Admin);
            }
        } else {
            let admin = admin(user, &mut ids);
            let all = Agent::FIELDS.iter().map(|field| field.stored.to_owned()).collect();
            unsaid.push((admin.who.id.clone(), all));
            agents.push(admin);
        }
    }
    (agents, unsaid)
}

/// A person of the desk who is there to change it: no queue offers them anything.
fn admin(user: &UserId, ids: &mut HashSet<String>) -> Agent {
    let id = AgentId::new(free_id(user.localpart(), ids));
    let who = AgentRef { id, user: user.to_owned(), name: user.localpart().to_owned() };
    Agent { roles: vec![Role::Admin], capacity: [(WorkChannel::Sms, 0)].into(), ..Agent::new(who) }
}

/// An id that people can type, that nobody has, and that is the same at every start.
fn free_id(localpart: &str, taken: &mut HashSet<String>) -> String {
    let typable = |c: char| {
        let c = c.to_ascii_lowercase();
        if c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c) { c } else { '-' }
    };
    let mut id: String = localpart.chars().map(typable).take(LONGEST_ID).collect();
    // A number alone stands for a row of a list.
    if id.chars().all(|c| c.is_ascii_digit()) {
        id.insert_str(0, "admin");
    }
    let mut free = id.clone();
    let mut count = 1;
    while !taken.insert(free.clone()) {
        count += 1;
        free = format!("{id}-{count}");
    }
    free
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::agent::{Channels, WorkChannel};
    use crate::domain::ids::QueueName;
    use crate::domain::interaction::Mode;
    use crate::domain::queue::{QueueSettings, Target};

    fn config(more: &str) -> Config {
        let text = format!("homeserver: {{url: 'http://127.0.0.1:8008', domain: desk.test}}\n{more}");
        Config::parse("c.yaml", &text, &|_| None).unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn the_file_in_the_project_makes_a_desk() {
        let file = include_str!("../../bridge-config.yaml");
        let config = Config::parse("bridge-config.yaml", file, &|_| None).unwrap();
        let setup = setup(&config);
        let ids: Vec<_> = setup.agents.iter().map(|agent| agent.who.id.as_str()).collect();
        assert_eq!(ids, ["alice", "bob", "admin"]);
        let alice = &setup.agents[0];
        assert_eq!((alice.capacity_for(WorkChannel::Sms), alice.who.name.as_str()), (4, "Alice Doe"));
        assert_eq!(alice.queues, [QueueName::new("support")]);
        assert_eq!(alice.channels, Channels::default());
        assert_eq!(setup.agents[1].roles, [Role::Agent, Role::Supervisor]);
        let expected = QueueSettings::default();
        assert_eq!(setup.queues, [(QueueName::new("support"), expected)]);
        let (number, settings) = &setup.numbers[0];
        assert_eq!(
            (number.value(), &settings.target),
            ("+15005550006", &Target::Queue(QueueName::new("support")))
        );
        assert_eq!((settings.mode, settings.mms_mode), (Mode::Session, Mode::Page));
    }

    #[test]
    fn admins_get_ids_of_their_own_and_no_work() {
        let config = config(concat!(
            "desk: {admins: ['@bob:desk.test', '@bob:other.test', '@bob:third.test', '@bob:other.test', ",
            "'@42:desk.test', '@Ann/é=x:desk.test'], agents: [{id: bob, user: '@bob:desk.test'}]}"
        ));
        let agents = setup(&config).agents;
        let ids: Vec<_> = agents.iter().map(|agent| agent.who.id.as_str()).collect();
        assert_eq!(ids, ["bob", "bob-2", "bob-3", "admin42", "ann---x"]);
        assert_eq!(agents[0].roles, [Role::Agent, Role::Admin]);
        for admin in &agents[1..] {
            assert_eq!((&*admin.roles, admin.capacity_for(WorkChannel::Sms)), (&[Role::Admin][..], 0));
            assert!(admin.queues.is_empty());
        }
    }

    #[test]
    fn a_number_may_go_to_a_route() {
        let config = config("sms: {numbers: [{number: '+15005550009', route: after_hours}]}");
        assert_eq!(setup(&config).numbers[0].1.target, Target::Route("after_hours".to_owned()));
    }

    #[test]
    fn the_desk_and_its_words_are_set_as_configured() {
        let config = config(concat!(
            "desk: {country: DE, time_zone: Europe/Berlin, locale: de, recent_days: 2}\n",
            "commands: {prefix: '?'}\nsms: {split: separate}\ntimers: {late_secs: 7, owner_away_secs: 8}",
        ));
        let settings = settings(&config, vec![]).unwrap();
        assert_eq!((settings.bot.as_str(), settings.domain.as_str()), ("@switchroom:desk.test", "desk.test"));
        assert_eq!((settings.prefix.as_str(), settings.desk.country.as_str()), ("?", "DE"));
        assert_eq!(settings.desk.recent(), Duration::from_hours(48));
        assert_eq!((settings.desk.late_secs, settings.desk.owner_away_secs), (7, 8));
        assert_eq!(settings.split, SplitLimit::Segment);
        let named: Vec<String> = setup(&config).settings.into_iter().map(|setting| setting.name).collect();
        assert_eq!(named, ["country", "late_secs", "locale", "owner_away_secs", "recent_days", "time_zone"]);
        let words = render_settings(&config);
        assert_eq!((words.prefix.as_str(), words.time_zone.as_str()), ("?", "Europe/Berlin"));
        assert_eq!(words.locale, "de");
        let default = render_settings(&super::tests::config(""));
        assert_eq!(default.time_zone, "UTC");
    }
}
