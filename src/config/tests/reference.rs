//! What is written of the settings: `docs/SETTINGS.md`, which is made of their tables, and the comments of
//! `bridge-config.yaml`, which say the same.

use std::fmt::Write as _;

use super::*;
use crate::domain::agent::{Agent, AgentRef};
use crate::domain::ids::{AgentId, QueueName};
use crate::domain::not_ready::Reason;
use crate::domain::overflow::{MOST, SECS};
use crate::domain::queue::{NumberSettings, QueueSettings};
use crate::domain::response::Response;
use crate::domain::settings::choice::Word;
use crate::domain::settings::kind::AUTO_ANSWER_SECS;
use crate::domain::settings::{Field, Kind, Table};

/// Where in the config a table's settings stand, and how they are changed by word.
struct Section {
    title: &'static str,
    path: &'static str,
    command: &'static str,
    fields: &'static [Field],
    /// What is said of nothing else.
    begun: serde_json::Value,
}

fn sections() -> Vec<Section> {
    let user = ruma::UserId::parse("@alice:desk.test").unwrap();
    let alice = AgentRef { id: AgentId::new("alice"), user, name: "alice".to_owned() };
    let support = Target::Queue(QueueName::new("support"));
    vec![
        section("Desk and timers", ("", "!setting set <name> <value>"), &DeskSettings::new()),
        section("Queues", ("desk.queues[].", "!queue set <name> <field> <value>"), &QueueSettings::new()),
        section(
            "Numbers",
            ("sms.numbers[].", "!number set <number> <field> <value>"),
            &NumberSettings::new(support),
        ),
        section("Agents", ("desk.agents[].", "!agent set <id> <field> <value>"), &Agent::new(alice)),
        section(
            "Reasons not to be ready",
            ("desk.not_ready[].", "!reason set <code> <field> <value>"),
            &Reason::new("lunch".to_owned()),
        ),
        section(
            "Standard responses",
            ("desk.responses[].", "!response set <shortcut> <field> <value>"),
            &Response::new("hello".to_owned(), String::new()),
        ),
    ]
}

fn section<T: Table>(
    title: &'static str,
    (path, command): (&'static str, &'static str),
    begun: &T,
) -> Section {
    Section { title, path, command, fields: T::FIELDS, begun: begun.document() }
}

/// What a setting may be.
fn may_be(kind: &Kind) -> String {
    let words = |words: &[Word]| words.iter().map(|word| format!("`{}`", word.word)).collect::<Vec<_>>();
    match kind {
        Kind::Number { range, unit } => format!("{} to {} {unit}", range.start(), range.end()),
        Kind::NumberOrNone { range, unit } => {
            format!("{} to {} {unit}, or none", range.start(), range.end())
        }
        Kind::Time { secs } => format!("{} to {} seconds", secs.start(), secs.end()),
        Kind::Times { secs, most } => {
            format!("up to {most} times of {} to {} seconds, in order", secs.start(), secs.end())
        }
        Kind::YesNo => "`true` or `false`".to_owned(),
        Kind::Choice(list) => words(list).join(", "),
        Kind::Choices(list) => format!("a list of {}", words(list).join(", ")),
        Kind::Text { is_optional, .. } => if *is_optional { "a text, or none" } else { "a text" }.to_owned(),
        Kind::Template(_) => "a text in which names are filled in, or none".to_owned(),
        Kind::Names => "a list of short names".to_owned(),
        Kind::Words => "a list of words".to_owned(),
        Kind::Languages => "a list of languages".to_owned(),
        Kind::Pairs => "keys, each with a text".to_owned(),
        Kind::Hours => "opening hours, or none".to_owned(),
        Kind::AutoAnswer => format!(
            "`after_secs`, {} to {} seconds, and `may_reject`, or none",
            AUTO_ANSWER_SECS.start(),
            AUTO_ANSWER_SECS.end()
        ),
        Kind::Queue => "a queue".to_owned(),
        Kind::Route => "a route".to_owned(),
        Kind::Queues => "a list of queues".to_owned(),
        Kind::Commands => "a list of commands without the prefix, by word with ; between them".to_owned(),
        Kind::Overflow => format!(
            "up to {MOST} steps, each with `after_secs`, {} to {} seconds, or `when: nobody_ready`, and `to`, \
             `drop_skills` or `text`; by word `120 to billing; nobody_ready to billing; 300 drop_skills french`",
            SECS.start(),
            SECS.end()
        ),
        Kind::Files => {
            "a list of files, each `mxc://server/id` or `url`, `name`, `type` and `size`".to_owned()
        }
    }
}

/// What a setting is where nothing is said.
fn default(section: &Section, field: &Field) -> String {
    let value = match (&section.begun[field.stored], &field.kind) {
        (serde_json::Value::Number(ms), Kind::Time { .. }) => (ms.as_u64().unwrap() / 1_000).into(),
        (value, _) => value.clone(),
    };
    match value {
        _ if field.name == "name" => "the agent's id".to_owned(),
        _ if field.name == "label" => "the code".to_owned(),
        _ if field.name == "permissions" => "all".to_owned(),
        _ if field.name == "text" => "none: it must be given".to_owned(),
        serde_json::Value::Null => "none".to_owned(),
        _ if matches!(field.kind, Kind::Queue | Kind::Route) => "none".to_owned(),
        serde_json::Value::Array(items) if items.is_empty() => "none".to_owned(),
        serde_json::Value::String(word) => format!("`{word}`"),
        other => format!("`{}`", other.to_string().replace('"', "")),
    }
}

/// The reference as it must stand in `docs/SETTINGS.md`.
fn reference() -> String {
    let mut text = String::from(
        "# Settings\n\nWhat the desk, its queues, numbers, agents, reasons and standard responses can be set to: in `bridge-config.yaml`, by word, \
         and in a file for\n`switchroom import`. This page is made of the tables in the source (`src/domain/settings/desk.rs`, \
         `src/domain/queue.rs`,\n`src/domain/agent.rs`, `src/domain/not_ready.rs`, `src/domain/response/mod.rs`); `UPDATE=1 cargo test --lib reference` writes it again.\n",
    );
    for section in sections() {
        writeln!(text, "\n## {}\n\nBy word: `{}`.\n", section.title, section.command).unwrap();
        writeln!(text, "| setting | may be | default | what it is for |\n|---|---|---|---|").unwrap();
        for field in section.fields {
            let name = format!("{}{}", section.path, field.name);
            let typed = if field.name.rsplit('.').next() == Some(field.word()) {
                String::new()
            } else {
                format!(" (typed: `{}`)", field.word())
            };
            let (may_be, default) = (may_be(&field.kind), default(&section, field));
            writeln!(text, "| `{name}`{typed} | {may_be} | {default} | {} |", field.help()).unwrap();
        }
    }
    text
}

#[test]
fn the_reference_is_what_the_tables_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/SETTINGS.md");
    let expected = reference();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &expected).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == expected,
        "docs/SETTINGS.md is not what the tables say: UPDATE=1 cargo test --lib reference"
    );
}

/// The comments above the lines of `bridge-config.yaml` that give `key`, each on one line.
fn comments(key: &str) -> Vec<String> {
    let lines: Vec<&str> = FILE.lines().map(str::trim_start).collect();
    let is_comment = |line: &str| line.starts_with("# ");
    let gives = |line: &str| {
        let bare = line.trim_start_matches('#').trim_start_matches("- ");
        let inside = bare.starts_with('{') && bare.contains(&format!(" {key}: "));
        !is_comment(line) && (inside || bare.strip_prefix(key).is_some_and(|rest| rest.starts_with(':')))
    };
    let above = |at: usize| {
        let from = lines[..at].iter().rposition(|line| !is_comment(line)).map_or(0, |before| before + 1);
        lines[from..at].iter().map(|line| line[2..].trim()).collect::<Vec<_>>().join(" ")
    };
    (0..lines.len()).filter(|at| gives(lines[*at])).map(above).collect()
}

/// The comment that says what a setting is for, if one does.
fn comment(section: &Section, field: &Field) -> Option<String> {
    let key = match field.name.split_once('.') {
        Some((_, key)) if section.path.is_empty() => key.rsplit('.').next().unwrap(),
        Some((key, _)) => key,
        None => field.name,
    };
    let help = field.help().split_whitespace().collect::<Vec<_>>().join(" ");
    comments(key).into_iter().find(|comment| comment.contains(help.trim_end_matches('.')))
}

#[test]
fn the_file_in_the_project_says_of_every_setting_what_its_table_says() {
    let config = Config::parse("c", &everything_on(), &no_env).unwrap();
    let written = [
        config.settings.desk.document(),
        config.desk.queues[0].1.document(),
        config.sms.numbers[0].1.document(),
        config.desk.agents[0].document(),
        config.desk.not_ready[0].document(),
        config.desk.responses[0].document(),
    ];
    let mut wrong = Vec::new();
    for (section, written) in sections().iter().zip(written) {
        for field in section.fields {
            let name = format!("{}{}", section.path, field.name);
            let Some(comment) = comment(section, field) else {
                wrong.push(format!("{name}: nothing says “{}”", field.help()));
                continue;
            };
            let must_say = match &field.kind {
                Kind::Number { range, .. } | Kind::NumberOrNone { range, .. } => {
                    format!("{} to {}", range.start(), range.end())
                }
                Kind::Time { secs } | Kind::Times { secs, .. } => {
                    format!("{} to {}", secs.start(), secs.end())
                }
                _ => String::new(),
            };
            if !comment.contains(&must_say) {
                wrong.push(format!("{name}: “{comment}” does not say {must_say}"));
            }
            // What leads to a queue or a route has no default.
            let is_default = written.get(field.stored) == section.begun.get(field.stored)
                || matches!(field.kind, Kind::Queue | Kind::Route)
                || field.name == "text";
            if !is_default && !comment.contains("by default") {
                wrong.push(format!("{name}: it is not the default, and “{comment}” does not say what is"));
            }
        }
    }
    assert!(wrong.is_empty(), "bridge-config.yaml:\n{}", wrong.join("\n"));
}

#[test]
fn what_changes_nothing_is_warned_of() {
    let alone = with("sms: {opt_out_scope: sender, numbers: [{number: '+15005550006', route: r}]}");
    let warning = "sms.opt_out_scope is as number: none of the numbers names its messaging_service.";
    assert_eq!(alone.warnings, [warning]);
    let file = Config::parse("bridge-config.yaml", FILE, &no_env).unwrap();
    assert!(file.warnings.is_empty(), "{:?}", file.warnings);
}
