//! The desk as a file: what `switchroom export` writes and `switchroom import` reads.
//!
//! Agents, queues, numbers, routes, dispositions, reasons not to be ready, responses, predefined messages and
//! settings stand in it field by field as the database keeps them, so that a new field of any of them needs
//! nothing here. Who is ready, and what waits, is not the desk but the day, and is left out.

mod contact;
mod door;
mod erase;
mod people;
mod validate;

use anyhow::{Context as _, bail, ensure};
use secrecy::ExposeSecret as _;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

pub use self::contact::{Exported, export_contact};
pub use self::erase::{Erased, at_terminal, erase_contact};
pub use self::people::{Outcome, Voices, import_people, read_people};
use crate::app::setup;
use crate::clock::{Clock, Millis};
use crate::config::Config;
use crate::desk::{Applied, Desk, taken};
use crate::domain::address::Address;
use crate::domain::agent::Agent;
use crate::domain::ids::QueueName;
use crate::domain::input::{Input, Setup};
use crate::domain::settings::DeskSettings;
use crate::store::{self, Store, agents, lists, responses};

/// What a desk is made of.
const SECTIONS: [&str; 9] = [
    "agents",
    "queues",
    "numbers",
    "routes",
    "dispositions",
    "reasons",
    "responses",
    "predefined",
    "settings",
];
/// The fields of an agent that belong to the day.
const OF_THE_DAY: [&str; 2] = ["channels", "idle_since"];

/// Reads the desk out of the database and writes it as YAML.
///
/// # Errors
/// When the database cannot be read, or another process holds it.
pub async fn export(config: &Config) -> anyhow::Result<String> {
    let store = open(config).await?;
    let text = write(&read_all(&store).await?)?;
    store.close().await;
    Ok(text)
}

/// Takes a desk from YAML into the database: creates and updates what it names, deletes nothing. Returns how
/// much it named.
///
/// # Errors
/// When the text is no desk, or the database cannot be written; nothing was changed then.
pub async fn import(config: &Config, text: &str) -> anyhow::Result<usize> {
    let desk = read(text)?;
    let named = desk.agents.len()
        + desk.queues.len()
        + desk.numbers.len()
        + desk.routes.len()
        + desk.dispositions.len()
        + desk.reasons.len()
        + desk.responses.len()
        + desk.predefined.len()
        + desk.settings.len();
    let store = open(config).await?;
    let here = read_all(&store).await?;
    let words = setup::settings(config, vec![])?.consent.keywords();
    validate::check(&desk, &here, &words, &|user| config.appservice.owns(user, &config.homeserver.domain))?;
    refuse_taken(&store, &desk).await?;
    refuse_files_of_contacts(&store, &desk).await?;
    let (door, mut hints) = Desk::open(store.clone(), Clock::default(), setup::settings(config, vec![])?);
    let applied = door.apply(Input::Setup(desk)).await?;
    ensure!(applied == Applied::Done, "the desk could not be taken in; it was set aside");
    // The desk's writers hold the database until they have ended, and their hints end with them.
    drop(door);
    while hints.recv().await.is_some() {}
    store.close().await;
    Ok(named)
}

/// An agent who would be left out is a mistake of the file.
async fn refuse_taken(store: &Store, desk: &Setup) -> anyhow::Result<()> {
    let mut conn = store.connection().await?;
    for (index, agent) in desk.agents.iter().enumerate() {
        if let Some(why) = taken(&mut conn, &agent.who).await? {
            bail!("agents, entry {}: {why}", index + 1);
        }
    }
    Ok(())
}

/// A file that a contact sent does not come into a standard response, which goes to others.
async fn refuse_files_of_contacts(store: &Store, desk: &Setup) -> anyhow::Result<()> {
    let mut conn = store.connection().await?;
    for (index, response) in desk.responses.iter().enumerate() {
        if let Some(url) = responses::file_of_contact(&mut conn, response).await? {
            bail!(
                "responses, entry {}: media has {url}, which a customer sent; post a file of your own",
                index + 1
            );
        }
    }
    Ok(())
}

async fn open(config: &Config) -> anyhow::Result<Store> {
    Ok(store::open(config.database.url.expose_secret(), config.database.max_connections).await?)
}

async fn read_all(store: &Store) -> anyhow::Result<Setup> {
    let mut conn = store.connection().await?;
    let mut desk = Setup {
        agents: agents::all(&mut conn).await?,
        routes: lists::defined(&mut conn).await?,
        dispositions: lists::defined(&mut conn).await?,
        reasons: lists::defined(&mut conn).await?,
        responses: lists::defined(&mut conn).await?,
        predefined: lists::defined(&mut conn).await?,
        settings: lists::defined(&mut conn).await?,
        ..Setup::default()
    };
    for queue in agents::queues(&mut conn).await? {
        let settings = agents::queue(&mut conn, &queue).await?;
        desk.queues.extend(settings.map(|settings| (queue, settings)));
    }
    for number in agents::numbers(&mut conn).await? {
        let settings = agents::number(&mut conn, &number).await?;
        desk.numbers.extend(settings.map(|settings| (number, settings)));
    }
    Ok(desk)
}

/// Writes a desk as YAML.
fn write(desk: &Setup) -> anyhow::Result<String> {
    let agents = desk.agents.iter().map(|agent| {
        let mut entry = serde_json::to_value(agent)?;
        if let Value::Object(fields) = &mut entry {
            fields.retain(|name, _| !OF_THE_DAY.contains(&name.as_str()));
        }
        Ok(entry)
    });
    let queues = desk.queues.iter().map(|(name, settings)| named("name", name, settings));
    let numbers = desk.numbers.iter().map(|(number, settings)| named("number", &number.shown(), settings));
    let document = json!({
        "agents": agents.collect::<anyhow::Result<Vec<_>>>()?,
        "queues": queues.collect::<anyhow::Result<Vec<_>>>()?,
        "numbers": numbers.collect::<anyhow::Result<Vec<_>>>()?,
        "routes": desk.routes,
        "dispositions": desk.dispositions,
        "reasons": desk.reasons,
        "responses": desk.responses,
        "predefined": desk.predefined,
        "settings": desk.settings,
    });
    Ok(serde_saphyr::to_string(&document)?)
}

fn named(key: &str, name: &impl Serialize, settings: &impl Serialize) -> anyhow::Result<Value> {
    let mut entry = serde_json::to_value(settings)?;
    entry[key] = serde_json::to_value(name)?;
    Ok(entry)
}

/// Reads a desk from YAML.
fn read(text: &str) -> anyhow::Result<Setup> {
    let document: Value = serde_saphyr::from_str(text).context("this is no YAML")?;
    let Value::Object(sections) = document else { bail!("a desk has {}", SECTIONS.join(", ")) };
    let mut desk = Setup { brings_back: true, ..Setup::default() };
    for (section, entries) in sections {
        ensure!(SECTIONS.contains(&section.as_str()), "there is nothing called {section} at a desk");
        let Value::Array(entries) = entries else { bail!("{section} is no list") };
        for (index, entry) in entries.into_iter().enumerate() {
            take(&mut desk, &section, entry).with_context(|| format!("{section}, entry {}", index + 1))?;
        }
    }
    Ok(desk)
}

fn take(desk: &mut Setup, section: &str, entry: Value) -> anyhow::Result<()> {
    match section {
        "agents" => {
            let mut entry = entry;
            let fields = entry.as_object_mut().context("it has no fields")?;
            fields.retain(|name, _| !OF_THE_DAY.contains(&name.as_str()));
            entry["idle_since"] = serde_json::to_value(Millis::default())?;
            desk.agents.push(entry_of::<Agent>(&entry)?);
        }
        "queues" => {
            let (name, entry) = name_of("name", entry)?;
            desk.queues.push((QueueName::new(name), entry_of(&entry)?));
        }
        "numbers" => {
            let (number, entry) = name_of("number", entry)?;
            desk.numbers.push((Address::read(&number), entry_of(&entry)?));
        }
        "routes" => desk.routes.push(entry_of(&entry)?),
        "reasons" => desk.reasons.push(entry_of(&entry)?),
        "responses" => desk.responses.push(entry_of(&entry)?),
        "predefined" => desk.predefined.push(entry_of(&entry)?),
        "settings" => {
            let setting = entry_of(&entry)?;
            if let Err(problem) = DeskSettings::default().with(&setting) {
                bail!(problem);
            }
            desk.settings.push(setting);
        }
        _ => desk.dispositions.push(entry_of(&entry)?),
    }
    Ok(())
}

fn name_of(key: &str, mut entry: Value) -> anyhow::Result<(String, Value)> {
    let name = entry.as_object_mut().and_then(|fields| fields.remove(key));
    let name = name.as_ref().and_then(Value::as_str).with_context(|| format!("it has no {key}"))?;
    Ok((name.to_owned(), entry))
}

/// Reads one entry. A field that means nothing is a mistake: most likely it is misspelt.
fn entry_of<T: DeserializeOwned + Serialize>(entry: &Value) -> anyhow::Result<T> {
    let read = T::deserialize(entry)?;
    let known = serde_json::to_value(&read)?;
    let unknown =
        entry.as_object().into_iter().flatten().find(|(name, _)| known.get(name.as_str()).is_none());
    match unknown {
        Some((name, _)) => bail!("{name} is no field of it"),
        None => Ok(read),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::input::Unsaid;
    use crate::domain::queue::QueueSettings;
    use crate::domain::response::{Response, ResponseFile};

    const FILE: &str = include_str!("../bridge-config.yaml");

    fn config(folder: &std::path::Path) -> Config {
        let text = format!(
            "homeserver: {{url: 'http://127.0.0.1:1', domain: desk.test}}\ndatabase: {{url: 'sqlite://{}/desk.db'}}",
            folder.display()
        );
        Config::parse("c.yaml", &text, &|_| None).unwrap()
    }

    /// The desk of the file in the project, with what is hard to write.
    fn desk() -> Setup {
        let mut desk = setup::setup(&Config::parse("bridge-config.yaml", FILE, &|_| None).unwrap());
        let case = vec![("yes".to_owned(), "no: \"1\"\n- 2".to_owned()), ("null".to_owned(), "~".to_owned())];
        let signature = Some("-- {{ agent.name }} # not a comment".to_owned());
        desk.responses.push(Response {
            category: Some("yes".to_owned()),
            queues: vec![QueueName::new("support")],
            lang: Some("pt-BR".to_owned()),
            ask: vec!["order".to_owned()],
            media: vec![
                ResponseFile::at("mxc://desk.test/a").unwrap(),
                ResponseFile::at("mxc://desk.test/b").unwrap().called("a: b, 'c'.pdf"),
            ],
            then: vec![
                "case set \"order no\" {{ order }}".to_owned(),
                "done solved # not a comment".to_owned(),
            ],
            ..Response::new("full".to_owned(), "Line: {{ order | default(\"- 1\") }}\n# two\n".to_owned())
        });
        desk.queues
            .push((QueueName::new("1e3"), QueueSettings { signature, case, ..QueueSettings::default() }));
        desk
    }

    #[tokio::test]
    async fn a_desk_that_was_exported_and_imported_is_the_same_desk() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let text = write(&desk()).unwrap();
        assert_eq!(
            read(&text).unwrap(),
            Setup { brings_back: true, unsaid: Unsaid::default(), ..desk() },
            "{text}"
        );
        import(&config(one.path()), &text).await.unwrap();
        let exported = export(&config(one.path())).await.unwrap();
        import(&config(other.path()), &exported).await.unwrap();
        assert_eq!(export(&config(other.path())).await.unwrap(), exported);
        for part in ["alice", "support", "+15005550006", "not a comment", "first_name", "late_secs"] {
            assert!(exported.contains(part), "{exported}");
        }
    }

    #[tokio::test]
    async fn an_id_that_belonged_to_another_account_is_refused_and_nothing_of_the_file_is_taken_in() {
        let folder = tempfile::tempdir().unwrap();
        let config = config(folder.path());
        import(&config, &write(&desk()).unwrap()).await.unwrap();
        let before = export(&config).await.unwrap();
        let changed = before.replace("@bob:desk.test", "@bob.new:desk.test").replace("Bob Roe", "Other Roe");
        let error = import(&config, &changed.replace("Solved", "Done with")).await.unwrap_err().to_string();
        assert_eq!(error, "agents, entry 3: the id bob belonged to @bob:desk.test; choose another id");
        assert_eq!(export(&config).await.unwrap(), before);
    }

    /// A queue with all that one must say, and what else it says.
    fn queue(more: &str) -> String {
        format!(
            "queues: [{{name: sales, offer_ms: 60000, undo_ms: 0, session_expiry_ms: 1000, disposition: none, case: [], {more}}}]"
        )
    }

    /// An agent, and what else is said of them.
    fn agent(user: &str, more: &str) -> String {
        format!("agents: [{{id: eve, user: '{user}', name: Eve, roles: [], permissions: [], {more}}}]")
    }

    #[tokio::test]
    async fn what_the_config_would_refuse_is_refused_and_nothing_of_the_file_is_taken_in() {
        let folder = tempfile::tempdir().unwrap();
        let config = config(folder.path());
        import(&config, &write(&desk()).unwrap()).await.unwrap();
        let before = export(&config).await.unwrap();
        let number = "session, mms_mode: page, case: []";
        for (text, why) in [
            (
                queue("").replace("60000", "0"),
                "queues, entry 1: offer_ms must be a whole number of milliseconds from 1000 to 3600000",
            ),
            (
                queue("").replace("undo_ms: 0", "undo_ms: 60001"),
                "undo_ms must be a whole number of milliseconds from 0 to 60000",
            ),
            (
                queue("").replace("expiry_ms: 1000", "expiry_ms: 1"),
                "expiry_ms must be a whole number of milliseconds from 1000",
            ),
            (
                queue("").replace("sales", "Big Support"),
                "queues, entry 1: name “Big Support” must be 1 to 64",
            ),
            (queue("priority: -1"), "priority must be a whole number of points from 0 to 10000"),
            (queue("skills: ['a b']"), "skills “a b” must be"),
            (queue("auto_answer: {after_ms: 3600001, may_reject: true}"), "auto_answer.after_ms must be"),
            (
                queue("hours: {week: [[], [], [], [], [], [], []], holidays: [], time_zone: Mars/Base}"),
                "hours: “Mars/Base”",
            ),
            (queue("signature: '{{ agent.nmae }}'"), "signature names {{ agent.nmae }}"),
            (queue("closed_text: '{{ agent.name }}'"), "closed_text names {{ agent.name }}"),
            (
                "routes: [{name: r, rules: [], otherwise: nowhere}]".to_owned(),
                "routes, entry 1: there is no queue “nowhere”",
            ),
            (
                format!("numbers: [{{number: '+15005550007', queue: nowhere, mode: {number}}}]"),
                "numbers, entry 1: there is no queue “nowhere”",
            ),
            (
                format!("numbers: [{{number: '+15005550007', route: nowhere, mode: {number}}}]"),
                "there is no route “nowhere”",
            ),
            (
                format!("numbers: [{{number: '5550007', queue: support, mode: {number}}}]"),
                "“5550007” is not an E.164 number",
            ),
            (
                agent("@eve:desk.test", "queues: [nowhere], sms_capacity: 1"),
                "agents, entry 1: there is no queue",
            ),
            (
                agent("@eve:desk.test", "queues: [], sms_capacity: 1001"),
                "sms_capacity must be a whole number of interactions from 0 to 1000",
            ),
            (agent("@sms_1:desk.test", "queues: [], sms_capacity: 1"), "user is the bridge's own"),
            ("dispositions: [{code: a, label: ' '}]".to_owned(), "dispositions, entry 1: label is empty"),
            ("responses: [{shortcut: a, text: '{% x %}'}]".to_owned(), "responses, entry 1: text has {%"),
            (
                "responses: [{shortcut: a, text: '{{ case.x | upper }}'}]".to_owned(),
                "responses, entry 1: text uses the filter “upper”; the only one is default",
            ),
            (
                "responses: [{shortcut: a, text: b, then: [dnoe solved]}]".to_owned(),
                "responses, entry 1: then “dnoe solved” is no command that a response may run; did you mean done?",
            ),
            (
                "responses: [{shortcut: a, text: b, queues: [nowhere]}]".to_owned(),
                "responses, entry 1: there is no queue “nowhere”",
            ),
            (
                "responses: [{shortcut: a, text: b, media: [c.png]}]".to_owned(),
                "responses, entry 1: “c.png” is no file at the homeserver",
            ),
            (
                "predefined: [{key: a, text: b}, {key: a, text: c}]".to_owned(),
                "predefined, entry 2: “a” is there already",
            ),
        ] {
            // What is right in the same file is not taken in either.
            let text = format!("dispositions: [{{code: new, label: New}}]\n{text}");
            let text = if text.matches("dispositions").count() > 1 {
                text.split_once('\n').unwrap().1
            } else {
                &text
            };
            let error = format!("{:#}", import(&config, text).await.unwrap_err());
            assert!(error.contains(why), "{text}: {error}");
        }
        assert_eq!(export(&config).await.unwrap(), before);
        let (queue, agent) =
            (queue("priority: 5"), agent("@eve:desk.test", "queues: [sales], sms_capacity: 1"));
        import(&config, &format!("{queue}\n{agent}")).await.unwrap();
    }

    #[test]
    fn a_mistake_is_named_with_its_place() {
        for (text, why) in [
            ("queues: [{name: support, offer_msec: 3}]", "queues, entry 1"),
            ("quues: []", "nothing called quues"),
            ("numbers: [{queue: support}]", "it has no number"),
            ("agents: [3]", "it has no fields"),
            ("agents: 3", "no list"),
            ("settings: [{name: late_secs, value: 0}]", "from 1 to"),
            ("settings: [{name: lat_secs, value: 1}]", "no setting"),
            ("- 1", "a desk has"),
            ("{", "no YAML"),
        ] {
            let error = format!("{:#}", read(text).unwrap_err());
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
