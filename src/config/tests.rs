//! What a configuration may say, and what is said about one that may not.

use std::any::Any;
use std::collections::BTreeSet;
use std::fmt::Write as _;

use secrecy::ExposeSecret as _;

use super::*;
use crate::domain::agent::{Permission, Role, WorkChannel};
use crate::domain::interaction::Mode;
use crate::domain::queue::Target;
use crate::domain::settings::DeskSettings;
use crate::domain::spelling::mode::Spelling;
use crate::sms::PROVIDERS;
use crate::sms::twilio::TwilioAccount;
use crate::yaml::{Node, Value, child_path};

mod hostile;
mod mistakes;
mod overflow;
mod reference;

const FILE: &str = include_str!("../../bridge-config.yaml");
const MINIMAL: &str = "homeserver: {url: http://127.0.0.1:8008, domain: desk.test}\n";

fn no_env(_: &str) -> Option<String> {
    None
}

fn env(name: &str) -> Option<String> {
    match name {
        "NAME" => Some("Jane Doe".to_owned()),
        "SECRET" => Some("hunter2 ${NAME}".to_owned()),
        "SECS" => Some("45".to_owned()),
        _ => None,
    }
}

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse("c.yaml", text, &env)
}

fn valid(text: &str) -> Config {
    parse(text).unwrap_or_else(|error| panic!("{error}"))
}

/// The minimal file with `more` behind it.
fn with(more: &str) -> Config {
    valid(&format!("{MINIMAL}{more}"))
}

/// The file in the project with its commented-out settings switched on.
fn everything_on() -> String {
    FILE.lines().fold(String::new(), |mut all, line| {
        let indent = line.len() - line.trim_start().len();
        let setting =
            line.trim_start().strip_prefix('#').filter(|rest| !rest.is_empty() && !rest.starts_with(' '));
        writeln!(all, "{}{}", &line[..indent], setting.unwrap_or(&line[indent..])).unwrap();
        all
    })
}

fn keys_of(node: &Node, path: &str, keys: &mut BTreeSet<String>) {
    match &node.value {
        Value::Empty | Value::Scalar { .. } => {}
        Value::List(items) => items.iter().for_each(|item| keys_of(item, &format!("{path}[]"), keys)),
        Value::Map(entries) => {
            for (key, node) in entries {
                let path = child_path(path, &key.name);
                keys_of(node, &path, keys);
                keys.insert(path);
            }
        }
    }
}

#[test]
fn the_file_in_the_project_is_a_working_desk() {
    let config = Config::parse("bridge-config.yaml", FILE, &no_env).unwrap();
    assert_eq!(config.homeserver.domain, "desk.test");
    assert_eq!(config.sms.provider.name, "simulator");
    assert_eq!(config.database.url.expose_secret(), "sqlite://switchroom.db");
    assert_eq!(config.sms.numbers[0].1.target, Target::Queue(config.desk.queues[0].0.clone()));
    assert_eq!(config.desk.agents[0].who.user, "@alice:desk.test");
    assert_eq!(config.desk.agents[0].permissions.len(), 14);
    assert_eq!(config.desk.agents[1].capacity_for(WorkChannel::Sms), 4);
}

#[test]
fn the_file_in_the_project_loads_from_disk() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("bridge-config.yaml");
    Config::load(&path).unwrap();
}

#[test]
fn the_file_in_the_project_names_every_key() {
    let text = everything_on();
    let root = yaml::parse(text.as_bytes()).unwrap();
    let mut written = BTreeSet::new();
    keys_of(&root, "", &mut written);

    let reader = Reader::new("bridge-config.yaml", &no_env);
    Config::read(&reader.root(&root)).unwrap();
    let asked = reader.asked();
    // Files of secrets are explained once, at the top.
    let missing: Vec<_> = asked.difference(&written).filter(|key| !key.ends_with("_file")).collect();
    assert!(missing.is_empty(), "not in bridge-config.yaml: {missing:?}");
    assert_eq!(reader.into_mistakes(), []);
}

#[test]
fn the_file_in_the_project_switched_on_with_twilio_loads() {
    let text = everything_on().replace("provider: simulator", "provider: twilio");
    let config = Config::parse("c", &text, &|name| Some(format!("token of {name}"))).unwrap();
    let account: &dyn Any = &*config.sms.account;
    let twilio: &TwilioAccount = account.downcast_ref().unwrap();
    assert_eq!(twilio.auth_token.expose_secret(), "token of TWILIO_AUTH_TOKEN");
    assert_eq!(twilio.signing_keys.len(), 2);
    assert_eq!(config.sms.numbers[1].1.target, Target::Route("after_hours".to_owned()));
    let case = |k: &str, v: &str| (k.to_owned(), v.to_owned());
    assert_eq!(config.sms.numbers[0].1.case, [case("line", "Main line"), case("language", "en")]);
}

#[test]
fn the_defaults_are_those_the_file_in_the_project_writes() {
    let (bare, written) = (valid(MINIMAL), Config::parse("c", &everything_on(), &no_env).unwrap());
    let same =
        |a: &dyn std::fmt::Debug, b: &dyn std::fmt::Debug| assert_eq!(format!("{a:?}"), format!("{b:?}"));
    same(&bare.homeserver, &written.homeserver);
    same(&bare.appservice, &written.appservice);
    assert_eq!(bare.database.url.expose_secret(), written.database.url.expose_secret());
    same(&bare.database.max_connections, &written.database.max_connections);
    same(&bare.sms.public_url, &written.sms.public_url);
    same(&bare.sms.split, &written.sms.split);
    same(&bare.sms.media, &written.sms.media);
    same(&bare.commands, &written.commands);
    // The link to calls and the words are examples: there are none by default.
    let desk = DeskSettings { voice_link: None, words: vec![], ..written.settings.desk.clone() };
    same(&bare.settings.desk, &desk);
    assert_eq!(bare.settings.desk.spelling, written.settings.desk.spelling);

    let items = with(concat!(
        "desk: {agents: [{id: alice, user: '@alice:desk.test'}], queues: [{name: support}]}\n",
        "sms: {numbers: [{number: +15005550006, queue: support}]}\n",
    ));
    let (bare, written) = (&items.desk.queues[0].1, &written.desk.queues[0].1);
    same(&(bare.routing, bare.disposition), &(written.routing, written.disposition));
    same(
        &(bare.offer_ms, bare.session_expiry_ms, bare.undo_ms),
        &(written.offer_ms, written.session_expiry_ms, written.undo_ms),
    );
    let alice = &items.desk.agents[0];
    assert_eq!((alice.who.name.as_str(), alice.capacity_for(WorkChannel::Sms)), ("alice", 4));
    assert_eq!(alice.roles, [Role::Agent]);
    assert_eq!(alice.permissions, Permission::all());
    assert_eq!((items.sms.numbers[0].1.mode, items.sms.numbers[0].1.mms_mode), (Mode::Session, Mode::Page));
}

#[test]
fn the_configuration_of_the_specification_is_accepted() {
    valid(
        r#"
homeserver: {url: http://127.0.0.1:8008, domain: desk.test}
appservice:
  {id: switchroom, listen: 127.0.0.1:0, url: http://127.0.0.1:29300, registration: registration.yaml,
   bot: switchroom, ghost_prefix: sms_, act_for_agents: false}
database: {url: sqlite://switchroom.db}
sms:
  provider: simulator
  public_url: http://127.0.0.1:29300
  twilio: {api_url: https://api.twilio.com, account_sid: AC…, auth_token: …}
  numbers: [{number: "+15005550006", queue: support, mode: session, mms_mode: page}]
  split: concatenated
commands: {prefix: "!"}
desk:
  {locale: en, time_zone: UTC, country: US, recent_days: 7, spelling: off, im_presence: desk,
  admins: ["@admin:desk.test"],
  agents: [{id: alice, user: "@alice:desk.test", name: Alice Doe, roles: [agent], queues: [support], capacity: {sms: 4}}],
  queues: [{name: support, routing: push, disposition: optional, offer_secs: 60, session_expiry_secs: 86400, undo_secs: 3}],
  dispositions: [{code: solved, label: Solved}]}
timers: {im_offer_secs: 60, thread_window_secs: 259200, expiry_warning_secs: 300, page_grace_secs: 10, owner_away_secs: 300, late_secs: 600}
"#,
    );
}

#[test]
fn words_and_numbers_need_no_quotation_marks() {
    let config =
        with("desk: {spelling: off, country: NO, queues: [{name: q, case: {order: 007, vip: yes, to: +1}}]}");
    assert_eq!(config.settings.desk.spelling, Spelling::Off);
    let values: Vec<_> = config.desk.queues[0].1.case.iter().map(|(_, value)| value.as_str()).collect();
    assert_eq!(values, ["007", "yes", "+1"]);
}

#[test]
fn templates_of_ones_own_lie_in_a_folder() {
    assert_eq!(valid(MINIMAL).templates.folder, None);
    assert_eq!(with("templates:\n").templates.folder, None);
    assert_eq!(with("templates: {folder: own}").templates.folder.as_deref(), Some(Path::new("own")));
    assert!(parse(&format!("{MINIMAL}templates: {{folder: ''}}")).is_err());
    assert!(parse(&format!("{MINIMAL}templates: {{folders: own}}")).is_err());
}

#[test]
fn variables_are_replaced_once_and_can_be_escaped() {
    let config = with(concat!(
        "desk: {queues: [{name: q, offer_secs: \"${SECS}\", case: {a: 'by ${NAME}!', b: \"$${NAME}\", c: '$5 $'}}]}\n",
        "database: {url: 'postgres://u:${SECRET}@h/n'}\n",
    ));
    let values: Vec<_> = config.desk.queues[0].1.case.iter().map(|(_, value)| value.as_str()).collect();
    assert_eq!(values, ["by Jane Doe!", "${NAME}", "$5 $"]);
    assert_eq!(config.desk.queues[0].1.offer_ms, 45_000);
    assert_eq!(config.database.url.expose_secret(), "postgres://u:hunter2 ${NAME}@h/n");
}

#[test]
fn a_secret_comes_from_a_file_without_the_space_around_it() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "  postgres://u:p@h/n\n").unwrap();
    let config = with(&format!("database: {{url_file: {}}}", file.path().display()));
    assert_eq!(config.database.url.expose_secret(), "postgres://u:p@h/n");
}

#[test]
fn debug_output_shows_no_secret() {
    for provider in PROVIDERS {
        let text = everything_on().replace("provider: simulator", &format!("provider: {}", provider.name));
        let text = text.replace("sqlite://switchroom.db", "postgres://u:hunter2@h/n");
        let config = Config::parse("c", &text, &|_| Some("hunter2".to_owned())).unwrap();
        assert!(!format!("{config:?}").contains("hunter2"), "{}", provider.name);
    }
}

#[test]
fn media_is_fetched_from_the_hosts_that_are_listed_or_else_from_those_the_provider_knows() {
    let hosts = |sms: &str| with(sms).sms.media.hosts;
    assert_eq!(hosts("sms: {media: {hosts: [A.example, '*.B.example']}}"), ["a.example", "*.b.example"]);
    assert!(hosts("sms: {media: {hosts: []}}").is_empty());
    assert!(hosts("").contains(&"media.twiliocdn.com".to_owned()));
}

#[test]
fn the_bridges_own_users_are_the_bot_the_ghosts_and_the_registrations_own() {
    let config = valid(MINIMAL);
    let owns =
        |user: &str| config.appservice.owns(&ruma::UserId::parse(user).unwrap(), &config.homeserver.domain);
    assert!(owns("@switchroom:desk.test") && owns("@sms_k3v9a7q2xz:desk.test"));
    assert!(owns("@switchroom_appservice:desk.test"));
    assert!(!owns("@alice:desk.test") && !owns("@switchroom:other.test") && !owns("@sms_1:other.test"));
}

#[test]
fn every_time_zone_is_known_even_without_those_of_the_system() {
    let zone = jiff::tz::TimeZoneDatabase::bundled().get("Europe/Berlin").unwrap();
    assert_eq!(zone.iana_name(), Some("Europe/Berlin"));
}
