//! Every way a check can fail, and what it says then.

use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::*;
use crate::app::setup;
use crate::matrix::registration;

mod provider;

/// A homeserver, a folder, and a config that names both; `more` of the config can be changed by each test.
struct World {
    server: MockServer,
    folder: TempDir,
    more: String,
    listen: String,
    url: String,
}

impl World {
    async fn new() -> Self {
        let listen = free_address().await;
        let url = format!("http://{listen}");
        let (server, folder) = (MockServer::start().await, tempfile::tempdir().unwrap());
        Self { server, folder, more: String::new(), listen, url }
    }

    fn with(self, more: &str) -> Self {
        Self { more: more.to_owned(), ..self }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self) -> String {
        format!(
            "homeserver: {{url: '{}', domain: desk.test}}\n\
             appservice: {{registration: '{}', listen: '{}', url: '{}'}}\n\
             database: {{url: 'sqlite://{}'}}\n{}\n",
            self.server.uri(),
            self.path("registration.yaml").display(),
            self.listen,
            self.url,
            self.path("switchroom.db").display(),
            self.more
        )
    }

    fn config(&self) -> Config {
        Config::parse("c.yaml", &self.text(), &|_| None).unwrap_or_else(|error| panic!("{error}"))
    }

    fn register(&self) {
        setup::registration(&self.config()).write(&self.path("registration.yaml"), false).unwrap();
    }

    async fn answers(&self, verb: &str, at: &str, status: u16, body: Value) {
        let answer = ResponseTemplate::new(status).set_body_json(body);
        Mock::given(method(verb)).and(path(at)).respond_with(answer).mount(&self.server).await;
    }

    /// The homeserver lets us make the bot, or has it already.
    async fn has_the_bot(&self) {
        self.refuses("POST", "/_matrix/client/v3/register", 400, "M_USER_IN_USE").await;
        self.answers("PUT", "/_matrix/client/v3/devices/SWITCHROOM", 200, json!({})).await;
    }

    async fn refuses(&self, verb: &str, at: &str, status: u16, errcode: &str) {
        self.answers(verb, at, status, json!({"errcode": errcode, "error": "in its words"})).await;
    }

    /// What the check of this name finds.
    async fn finds(&self, name: &str) -> Finding {
        let check = CHECKS.iter().find(|check| check.name == name).unwrap();
        (check.run)(&Bridge::new(self.config())).await
    }

    /// Asserts that the check of this name fails, and that its words hold these.
    async fn fails(&self, name: &str, in_what: &str, in_mend: &str) {
        let Finding::Failed { what, mend } = self.finds(name).await else { panic!("{name} does not fail") };
        assert!(what.contains(in_what), "{what}");
        assert!(mend.contains(in_mend), "{mend}");
    }

    /// The homeserver calls us at this path, as it does when asked for a ping.
    async fn pings(&self, hs_token: &str, at: &'static str) {
        let (hs_token, listen) = (hs_token.to_owned(), self.listen.clone());
        let answer = move |request: &Request| match call(&listen, at, &hs_token, &request.body) {
            200 => ResponseTemplate::new(200).set_body_json(json!({"duration_ms": 7})),
            status => {
                let error = format!("answered {status}");
                ResponseTemplate::new(502).set_body_json(json!({"errcode": "M_BAD_STATUS", "error": error}))
            }
        };
        Mock::given(method("POST")).and(path(PING)).respond_with(answer).mount(&self.server).await;
    }
}

/// Posts JSON and waits for the status, on the mock's own thread, where nothing can be awaited.
fn call(listen: &str, at: &str, token: &str, body: &[u8]) -> u16 {
    let mut stream = std::net::TcpStream::connect(listen).unwrap();
    let length = body.len();
    write!(
        stream,
        "POST {at} HTTP/1.1\r\nhost: {listen}\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    )
    .unwrap();
    stream.write_all(body).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

const VERSIONS: &str = "/_matrix/client/versions";
const WHOAMI: &str = "/_matrix/client/v3/account/whoami";
const OUR_PING: &str = "/_matrix/app/v1/ping";
const PING: &str = "/_matrix/client/v1/appservice/switchroom/ping";

async fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().to_string()
}

fn ok(finding: &Finding) -> bool {
    matches!(finding, Finding::Ok(_))
}

#[tokio::test]
async fn a_desk_where_everything_works_is_told_line_by_line() {
    let world = World::new().await;
    let more = format!(
        "desk: {{queues: [{{name: q}}], agents: [{{id: bob, user: '@bob:desk.test'}}]}}\nsms: {{public_url: '{}'}}",
        world.url
    );
    let world = world.with(&more);
    world.register();
    world.answers("GET", VERSIONS, 200, json!({"versions": ["v1.11"]})).await;
    world.answers("GET", WHOAMI, 200, json!({"user_id": "@switchroom_appservice:desk.test"})).await;
    world.answers("GET", "/_matrix/client/v3/profile/@bob:desk.test", 200, json!({})).await;
    let tokens = registration::load(&world.path("registration.yaml")).unwrap();
    let hs_token = secrecy::ExposeSecret::expose_secret(&tokens.hs_token).to_owned();
    world.pings(&hs_token, OUR_PING).await;
    let file = world.path("c.yaml");
    std::fs::write(&file, world.text()).unwrap();

    let mut out = Vec::new();
    let all_is_well = run(&file, &mut out).await.unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(all_is_well, "{text}");
    let folder = world.folder.path().display().to_string();
    let shown = text
        .replace(&folder, "/folder")
        .replace(&world.server.uri(), "http://homeserver")
        .replace(&world.listen, "listen");
    insta::assert_snapshot!(shown);
}

#[tokio::test]
async fn a_wrong_config_is_told_with_its_line_and_nothing_else_is_tried() {
    let world = World::new().await.with("desk: {colour: red}");
    let file = world.path("c.yaml");
    std::fs::write(&file, world.text()).unwrap();
    let mut out = Vec::new();
    assert!(!run(&file, &mut out).await.unwrap());
    let text = String::from_utf8(out).unwrap();
    assert!(text.starts_with("FAILED  config: ") && text.contains("c.yaml:4:8: desk.colour"), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");

    let mut out = Vec::new();
    assert!(!run(&world.path("nowhere.yaml"), &mut out).await.unwrap());
    assert!(String::from_utf8(out).unwrap().contains("nowhere.yaml: No such file"));
}

#[tokio::test]
async fn what_depends_on_a_failure_is_not_tried() {
    let world = World::new().await;
    let file = world.path("c.yaml");
    std::fs::write(&file, world.text()).unwrap();
    let mut out = Vec::new();
    assert!(!run(&file, &mut out).await.unwrap());
    let text = String::from_utf8(out).unwrap();
    assert!(text.contains("token: not tried, for want of registration"), "{text}");
    assert!(text.contains("way back: not tried, for want of token"), "{text}");
    assert!(world.server.received_requests().await.unwrap().iter().all(|r| r.url.path() == VERSIONS));
}

#[tokio::test]
async fn a_desk_that_leads_nowhere_or_has_nobody_is_told() {
    let world = World::new().await.with("sms: {numbers: [{number: '+15005550009', route: night}]}");
    assert!(matches!(world.finds("desk").await, Finding::Advice(what) if what.contains("the route night")));
    assert!(
        matches!(world.with("").finds("desk").await, Finding::Advice(what) if what.contains("desk.agents"))
    );
}

#[tokio::test]
async fn a_broken_template_is_named() {
    let world = World::new().await;
    let folder = world.path("own");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("offer.txt"), "{{ nonsense(").unwrap();
    let world = world.with(&format!("templates: {{folder: '{}'}}", folder.display()));
    world.fails("templates", "offer.txt, line 1", "templates.folder").await;
    std::fs::remove_dir_all(&folder).unwrap();
    world.fails("templates", "cannot read", "templates.folder").await;
    assert!(ok(&world.with("").finds("templates").await));
}

#[tokio::test]
async fn a_registration_that_is_missing_or_differs_is_told_with_its_mend() {
    let world = World::new().await;
    world.fails("registration", "does not exist", "`switchroom registration`").await;
    world.register();
    assert!(ok(&world.finds("registration").await));
    let moved = World { url: "http://elsewhere:1".to_owned(), ..world };
    moved.fails("registration", "in url", "--force").await;
    let written = std::fs::read_to_string(moved.path("registration.yaml")).unwrap();
    let older = written.replace("\"switchroom_appservice\"", "switchroom");
    std::fs::write(moved.path("registration.yaml"), older).unwrap();
    moved.fails("registration", "of an older Switchroom", "--force").await;
    std::fs::write(moved.path("registration.yaml"), "as_token: s3cret").unwrap();
    moved.fails("registration", "no appservice registration", "`switchroom registration`").await;
}

#[tokio::test]
async fn the_database_is_opened_unless_a_running_switchroom_has_it() {
    let world = World::new().await;
    let file = world.path("switchroom.db");
    assert!(ok(&world.finds("database").await));
    assert!(!file.exists(), "a check makes no database");
    let store = crate::store::open(&format!("sqlite://{}", file.display()), 2).await.unwrap();
    assert_eq!(world.finds("database").await, Finding::ok("in use by a running switchroom"));
    store.close().await;
    drop(store);
    assert_eq!(world.finds("database").await, Finding::ok("opens"));
    std::fs::write(&file, "this is no database, as anyone can see who reads its beginning").unwrap();
    world.fails("database", "not a database of SQLite", "database.url").await;
    std::fs::remove_file(&file).unwrap();
    std::fs::remove_dir_all(world.folder.path()).unwrap();
    world.fails("database", "there is no folder", "make it").await;
}

#[tokio::test]
async fn a_database_that_cannot_be_reached_is_told_without_its_password() {
    let world = World::new().await;
    let mut config = world.config();
    config.database.url = format!("postgres://u:hunter2@{}/desk", free_address().await).into();
    let Finding::Failed { what, mend } = here::database(&Bridge::new(config)).await else { panic!() };
    assert!(
        mend.contains("PostgreSQL") && what.contains("refused") && !what.contains("hunter2"),
        "{what} {mend}"
    );
}

#[tokio::test]
async fn a_homeserver_that_does_not_answer_as_one_is_told() {
    let world = World::new().await;
    world.fails("homeserver", "does not answer like a homeserver", "homeserver.url").await;
    world.answers("GET", VERSIONS, 200, json!({"versions": ["r0.6.1", "v1.10"]})).await;
    world.fails("homeserver", "older than Matrix v1.11", "up to date").await;
    let mut config = world.config();
    config.homeserver.url = format!("http://{}", free_address().await).parse().unwrap();
    let finding = homeserver::reachable(&Bridge::new(config)).await;
    let Finding::Failed { what, mend } = finding else { panic!("{finding:?}") };
    assert!(what.contains("no answer from") && what.contains("refused"), "{what}");
    assert!(mend.contains("start the homeserver"), "{mend}");
}

#[tokio::test]
async fn a_token_that_the_homeserver_does_not_know_is_told_with_its_mend() {
    let world = World::new().await;
    world.register();
    world.refuses("GET", WHOAMI, 401, "M_UNKNOWN_TOKEN").await;
    world.fails("token", "does not know this registration", "app_service_config_files and restart it").await;
    world.fails("token", "", "registration.yaml").await;
    world.server.reset().await;
    world.answers("GET", WHOAMI, 200, json!({"user_id": "@other:desk.test"})).await;
    world.fails("token", "takes us for @other:desk.test", "appservice.bot").await;
    world.server.reset().await;
    world.answers("GET", WHOAMI, 200, json!({"user_id": "@switchroom:desk.test"})).await;
    world.fails("token", "a registration of an older Switchroom", "restart the homeserver").await;
    world.server.reset().await;
    world.refuses("GET", WHOAMI, 500, "M_UNKNOWN").await;
    world.fails("token", "in its words", "log").await;
}

#[tokio::test]
async fn a_way_back_that_ends_elsewhere_is_told_in_plain_words() {
    let world = World::new().await;
    world.register();
    for (status, errcode, what, mend) in [
        (502, "M_CONNECTION_FAILED", "cannot connect to", "reachable from the homeserver"),
        (504, "M_CONNECTION_TIMEOUT", "in time", "firewalls"),
        (502, "M_BAD_STATUS", "something else (in its words)", "appservice.listen"),
        (400, "M_URL_NOT_SET", "names no url", "--force"),
        (403, "M_FORBIDDEN", "another application service than switchroom", "appservice.id"),
        (404, "M_UNRECOGNIZED", "no pings", "up to date"),
        (500, "M_UNKNOWN", "in its words", "log"),
    ] {
        world.refuses("POST", PING, status, errcode).await;
        world.fails("way back", what, mend).await;
        world.server.reset().await;
    }
}

#[tokio::test]
async fn a_homeserver_that_is_content_but_called_someone_else_is_told() {
    let world = World::new().await;
    world.register();
    world.answers("POST", PING, 200, json!({"duration_ms": 7})).await;
    world.fails("way back", "but something else", "appservice.listen").await;
}

#[tokio::test]
async fn a_homeserver_with_another_token_is_told_and_gets_nothing() {
    let world = World::new().await;
    world.register();
    world.pings("a guess", OUR_PING).await;
    world.fails("way back", "another hs_token", "restart the homeserver").await;
}

#[tokio::test]
async fn what_the_homeserver_delivers_meanwhile_is_not_taken() {
    let world = World::new().await;
    world.register();
    world.pings("any", "/_matrix/app/v1/transactions/1").await;
    world.fails("way back", "answered 503", "appservice.listen").await;
}

#[tokio::test]
async fn a_running_serve_answers_the_ping_itself() {
    let world = World::new().await;
    world.register();
    let _serve = TcpListener::bind(&world.listen).await.unwrap();
    world.answers("POST", PING, 200, json!({"duration_ms": 7})).await;
    assert!(matches!(world.finds("way back").await, Finding::Ok(how) if how.ends_with("in 7 ms")));
    let elsewhere = World { listen: "192.0.2.1:29300".to_owned(), ..world };
    elsewhere.fails("way back", "cannot listen on 192.0.2.1:29300", "appservice.listen").await;
}

#[tokio::test]
async fn mistyped_agents_and_those_of_other_servers_are_named() {
    let world = World::new().await.with(concat!(
        "desk: {admins: ['@amdin:desk.test', '@bob:desk.test'], agents: [{id: bob, user: '@bob:desk.test'}, ",
        "{id: shy, user: '@shy:desk.test'}]}"
    ));
    world.register();
    let profile = |name: &str| format!("/_matrix/client/v3/profile/@{name}:desk.test");
    world.answers("GET", &profile("bob"), 200, json!({"displayname": "Bob"})).await;
    world.refuses("GET", &profile("shy"), 403, "M_FORBIDDEN").await;
    world.refuses("GET", &profile("amdin"), 404, "M_NOT_FOUND").await;
    world.fails("accounts", "there is no @amdin:desk.test", "mistyped").await;

    let world =
        world.with("desk: {agents: [{id: bob, user: '@bob:desk.test'}, {id: shy, user: '@shy:desk.test'}]}");
    assert_eq!(world.finds("accounts").await, Finding::ok("all 2 exist"));
    let world = world.with("desk: {agents: [{id: eve, user: '@eve:other.test'}]}");
    world.fails("accounts", "@eve:other.test are not of desk.test", "desk.agents").await;
    let world = world.with("desk: {agents: [{id: eve, user: '@eve:desk.test'}]}");
    world.refuses("GET", &profile("eve"), 500, "M_UNKNOWN").await;
    world.fails("accounts", "500 M_UNKNOWN", "log").await;
}

#[test]
fn a_cause_that_is_quoted_already_is_not_told_twice() {
    #[derive(Debug, thiserror::Error)]
    #[error("no tea: {0}")]
    struct Quoting(#[source] io::Error);
    let error = anyhow::Error::new(Quoting(io::Error::other("the pot is empty"))).context("no breakfast");
    assert_eq!(chain(error.as_ref()), "no breakfast: no tea: the pot is empty");
}

#[tokio::test]
async fn a_homeserver_that_shows_nobody_as_online_is_told_where_ims_ask_for_it() {
    const OF_BOT: &str = "/_matrix/client/v3/presence/@switchroom:desk.test/status";
    let world = World::new().await;
    world.register();
    assert!(ok(&world.finds("presence").await));
    assert_eq!(world.server.received_requests().await.unwrap().len(), 0, "nobody asks for it");

    let world = world.with("desk: {im_presence: matrix}");
    world.has_the_bot().await;
    world.answers("PUT", OF_BOT, 200, json!({})).await;
    world.answers("GET", OF_BOT, 200, json!({"presence": "offline"})).await;
    world.fails("presence", "every !im is refused", "presence: {enabled: true}").await;
    world.fails("presence", "shows nobody", "desk.im_presence to desk").await;
    world.server.reset().await;
    world.has_the_bot().await;
    world.answers("PUT", OF_BOT, 200, json!({})).await;
    world.answers("GET", OF_BOT, 200, json!({"presence": "online"})).await;
    assert_eq!(world.finds("presence").await, Finding::ok("the homeserver shows who is online"));
    world.server.reset().await;
    world.has_the_bot().await;
    world.refuses("PUT", OF_BOT, 500, "M_UNKNOWN").await;
    world.fails("presence", "in its words", "log").await;
}

#[tokio::test]
async fn files_that_others_may_read_are_named() {
    let world = World::new().await;
    world.register();
    assert!(
        ok(&world.finds("files").await),
        "the registration is for its owner only, and nothing else is there"
    );
    let wal = world.path("switchroom.db-wal");
    std::fs::write(&wal, "").unwrap();
    std::fs::set_permissions(&wal, std::fs::Permissions::from_mode(0o640)).unwrap();
    let Finding::Advice(words) = world.finds("files").await else { panic!("nothing is said") };
    assert!(words.contains(&format!("chmod 600 {}", wal.display())), "{words}");
}
