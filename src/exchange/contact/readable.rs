//! What the text of an export says of the rows that are kept of a person besides what was said with them: in
//! sentences, which whoever it is about can read. The document for programs has every field.

use jiff::Timestamp;
use serde_json::Value;

use crate::domain::address::Address;
use crate::domain::text::{numbers, sanitize};
use crate::store::kept::Kept;

/// What stands before the further lines of a value of several.
const INDENT: &str = "\n    ";

/// The lines that say what a row of a table says.
pub(super) fn lines(table: &str, row: &Kept) -> Vec<String> {
    match table {
        "contacts" => contact(row),
        "contact_numbers" => vec![format!("Number: {}", address(row, "number"))],
        "contact_shares" => vec![format!("Also wrote from: {}", address(row, "number"))],
        "contact_merges" => vec![merge(row)],
        "blocks" => vec![block(row)],
        "auto_replies" => vec![format!(
            "Last got the automatic text “{}” on {}",
            words(row.get("kind")),
            moment(row, "at").unwrap_or_default()
        )],
        "ghosts" => vec![ghost(row)],
        "consent" => vec![format!(
            "As it stands: {} {} {}, since {}",
            address(row, "address"),
            wish(row),
            scope(&words(row.get("scope"))),
            moment(row, "at").unwrap_or_default()
        )],
        "consent_changes" => vec![consent_change(row)],
        "floods" => flood(row),
        "callbacks" => vec![format!("To be called on {}", moment(row, "due_at").unwrap_or_default())],
        "scheduled" => vec![format!(
            "To be sent on {}: {}",
            moment(row, "due_at").unwrap_or_default(),
            words(row.get("body").and_then(|body| body.get("text")))
        )],
        "missed" => vec![format!(
            "A message that came late, written on {}: {}",
            moment(row, "written_at").unwrap_or_default(),
            words(row.get("body").and_then(|body| body.get("body").or_else(|| body.get("text"))))
        )],
        other => everything(other, row),
    }
}

/// Who they are.
fn contact(row: &Kept) -> Vec<String> {
    let body = row.get("body").unwrap_or(&Value::Null);
    let mut lines = vec![
        format!("Name: {}", words(row.get("name"))),
        format!("Id at this desk: {}", words(row.get("id"))),
        format!("Known since: {}", moment(row, "created_at").unwrap_or_default()),
    ];
    let of = |field: &str| body.get(field).and_then(Value::as_array).into_iter().flatten();
    lines.extend(of("emails").map(|email| format!("E-mail: {}", words(Some(email)))));
    lines.extend(
        body.get("language")
            .filter(|one| one.is_string())
            .map(|one| format!("Language: {}", words(Some(one)))),
    );
    lines.extend(of("attributes").map(|pair| {
        let (key, value) = (words(pair.get(0)), words(pair.get(1)));
        format!("{key}: {value}")
    }));
    let notes = words(body.get("notes"));
    if !notes.is_empty() {
        lines.push(format!("Notes: {notes}"));
    }
    lines
}

fn merge(row: &Kept) -> String {
    let merged = row.get("body").and_then(|body| body.get("merged")).and_then(|merged| merged.get("name"));
    let who = match words(merged) {
        name if name.is_empty() => words(row.get("merged")),
        name => name,
    };
    format!("On {}, the record of {who} was made part of this one", moment(row, "at").unwrap_or_default())
}

fn block(row: &Kept) -> String {
    let body = row.get("body");
    let of = |field: &str| body.and_then(|body| body.get(field));
    let by = words(of("by").and_then(|by| by.get("name")));
    let until = moment(row, "until").map_or_else(|| "for good".to_owned(), |until| format!("until {until}"));
    let reason = words(of("reason"));
    let because = if reason.is_empty() { String::new() } else { format!(": {reason}") };
    format!("Blocked by {by} on {}, {until}{because}", moment(row, "at").unwrap_or_default())
}

fn ghost(row: &Kept) -> String {
    let called = words(row.get("called"));
    let called = if called.is_empty() { String::new() } else { format!(", called {called}") };
    format!("Stands for {} at the homeserver: {}{called}", address(row, "number"), words(row.get("name")))
}

fn consent_change(row: &Kept) -> String {
    let said = words(row.get("words"));
    let quoted = if said.is_empty() { String::new() } else { format!(" “{said}”") };
    let who = words(row.get("who"));
    let by = if who.is_empty() { String::new() } else { format!(" {who}") };
    let how = match words(row.get("source")).as_str() {
        "keyword" => format!("texted{quoted}"),
        "provider" => format!("texted a keyword of the provider’s{quoted}"),
        "answer" => "the provider refused a message".to_owned(),
        "callback" => "the provider reported a message as refused".to_owned(),
        "agent" => format!("told{by}{quoted}"),
        "import" => format!("imported{by}{quoted}"),
        "form" => format!("filled in a form{quoted}"),
        "api" => format!("said by a program{quoted}"),
        _ => "from before this record was kept".to_owned(),
    };
    let (at, from) = (moment(row, "at").unwrap_or_default(), address(row, "address"));
    format!("{at}: {from} {} {}: {how}", wish(row), scope(&words(row.get("scope"))))
}

fn wish(row: &Kept) -> &'static str {
    if words(row.get("state")) == "out" { "wants no texts from" } else { "accepts texts from" }
}

/// Whose texts a wish is about.
fn scope(scope: &str) -> String {
    match scope.split_once(':') {
        Some(("number", number)) => numbers::readable(&Address::read(number).shown()).into_owned(),
        Some(("sender", service)) => format!("the messaging service {service}"),
        _ => "any number of the desk".to_owned(),
    }
}

/// How many texts came within a while. A count that is over says nothing.
fn flood(row: &Kept) -> Vec<String> {
    let texts = row.get("texts").and_then(Value::as_i64).unwrap_or_default();
    let to = address(row, "ours");
    let mut lines = vec![format!(
        "Last counted to {to}: {texts} message{} since {}",
        if texts == 1 { "" } else { "s" },
        moment(row, "since").unwrap_or_default()
    )];
    if let Some(over) = moment(row, "over_at") {
        lines.push(format!("More than anyone can read came to {to}, the last of it on {over}"));
    }
    lines
}

/// A row of which nobody has said how to read it: a line for each field, under the name of its table.
fn everything(table: &str, row: &Kept) -> Vec<String> {
    let mut lines = vec![format!("{}:", table.replace('_', " "))];
    for (field, value) in row.iter().filter(|(field, _)| *field != "contact") {
        each(field, value, &mut |path, value| {
            let shown = moment_of(path, value).unwrap_or_else(|| words(Some(value)));
            lines.push(format!("  {}: {shown}", path.replace('_', " ")));
        });
    }
    lines
}

/// Goes through the texts and numbers of a document, each with its path.
fn each(path: &str, value: &Value, found: &mut dyn FnMut(&str, &Value)) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(field, value)| {
            let field = sanitize::one_line(field);
            each(&if field == "body" { path.to_owned() } else { format!("{path} {field}") }, value, found);
        }),
        Value::Array(items) => items.iter().for_each(|item| each(path, item, found)),
        Value::Null => {}
        Value::String(_) | Value::Number(_) | Value::Bool(_) => found(path, value),
    }
}

/// A text for people, with nothing in it that hides or turns letters.
fn words(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => sanitize::from_contact(text).replace('\n', INDENT),
        Some(other) => other.to_string(),
    }
}

/// An address in a column, as people write it.
fn address(row: &Kept, column: &str) -> String {
    sanitize::one_line(&numbers::readable(&Address::read(&words(row.get(column))).shown()))
}

/// A moment in a column, if there is one: the beginning of time stands for none.
fn moment(row: &Kept, column: &str) -> Option<String> {
    shown_moment(row.get(column)?.as_i64()?)
}

/// The same of a field that is known for one by what it is called.
fn moment_of(path: &str, value: &Value) -> Option<String> {
    let field = path.rsplit(' ').next().unwrap_or(path);
    let is_moment = matches!(field, "at" | "since" | "until") || field.ends_with("_at");
    shown_moment(value.as_i64().filter(|_| is_moment)?)
}

/// A moment, in Unix milliseconds, as people write it.
pub(super) fn shown_moment(ms: i64) -> Option<String> {
    let moment = Timestamp::from_millisecond(ms).ok().filter(|_| ms > 0)?;
    Some(moment.strftime("%Y-%m-%d %H:%M UTC").to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row(json: &Value) -> Kept {
        json.as_object().unwrap().clone()
    }

    #[test]
    fn what_is_kept_of_a_person_reads_like_sentences() {
        let (at, sms) = (1_796_000_000_000_i64, "sms:+14155550100");
        let body = json!({"emails": ["jane@doe.test"], "language": "pt-BR", "notes": "Rings twice.\nNo dog.",
            "attributes": [["tier", "gold"], ["order", "4711"]]});
        let by = json!({"by": {"id": "alice", "name": "Alice Doe"}, "reason": "spam", "until": null});
        for (table, kept, expected) in [
            (
                "contacts",
                json!({"id": "c-1", "name": "Jane Doe", "created_at": at, "body": body}),
                vec![
                    "Name: Jane Doe",
                    "Id at this desk: c-1",
                    "Known since: 2026-11-30 00:53 UTC",
                    "E-mail: jane@doe.test",
                    "Language: pt-BR",
                    "tier: gold",
                    "order: 4711",
                    "Notes: Rings twice.\n    No dog.",
                ],
            ),
            ("contact_numbers", json!({"number": sms, "contact": "c-1"}), vec!["Number: +1 415 555 0100"]),
            (
                "consent_changes",
                json!({"address": sms, "scope": "number:sms:+15005550006", "state": "out",
                    "source": "keyword", "words": "STOP", "who": "", "at": at}),
                vec![
                    "2026-11-30 00:53 UTC: +1 415 555 0100 wants no texts from +1 500 555 0006: texted “STOP”",
                ],
            ),
            (
                "consent_changes",
                json!({"address": sms, "scope": "desk", "state": "in", "source": "agent", "words": "",
                    "who": "Alice Doe", "at": at}),
                vec![
                    "2026-11-30 00:53 UTC: +1 415 555 0100 accepts texts from any number of the desk: told Alice Doe",
                ],
            ),
            (
                "floods",
                json!({"theirs": sms, "ours": "sms:+15005550006", "since": at, "texts": 1, "over_at": 0,
                    "muted": 0, "untold": 0}),
                vec!["Last counted to +1 500 555 0006: 1 message since 2026-11-30 00:53 UTC"],
            ),
            (
                "blocks",
                json!({"contact": "c-1", "at": at, "until": null, "body": by}),
                vec!["Blocked by Alice Doe on 2026-11-30 00:53 UTC, for good: spam"],
            ),
        ] {
            assert_eq!(lines(table, &row(&kept)), expected, "{table}");
        }
    }

    #[test]
    fn every_table_of_a_person_is_read_and_what_is_new_is_told_field_by_field() {
        for table in crate::store::kept::tables() {
            let said = lines(table, &row(&json!({"contact": "c-1"}))).join("\n");
            assert!(!said.contains("1970"), "{table}: {said}");
        }
        let kept = row(&json!({"a_new": "x", "seen_at": 0, "body": {"over_at": 1, "is_it": true}}));
        let said = lines("news_of_them", &kept);
        assert_eq!(said[0], "news of them:");
        assert!(said.contains(&"  a new: x".to_owned()), "{said:?}");
    }

    #[test]
    fn nothing_that_hides_or_turns_letters_stands_in_the_text_for_people() {
        let body = json!({"from": "sms:+14155550100", "text": "a\u{202e}b\u{1b}[2J\r\nc", "more": [{"k\u{200b}": 1}]});
        for table in ["missed", "somewhere_else"] {
            let kept = row(&json!({"sid": "SM1", "written_at": 0, "body": body}));
            let said = lines(table, &kept).join("\n");
            assert!(!said.contains(['\u{202e}', '\u{1b}', '\r', '\u{200b}', '{']), "{said:?}");
            assert!(said.contains("ab[2J\n    c"), "{said:?}");
        }
    }
}
