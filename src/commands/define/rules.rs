//! A route as fields to show and set: `otherwise`, and the fields of each rule under its number, like
//! `1.keywords`.

use serde_json::{Map, Value, json};

use crate::domain::address::Address;
use crate::domain::ids::QueueName;
use crate::domain::queue::PRIORITY;
use crate::domain::route::{Route, Rule, When};
use crate::domain::settings::{Field, Kind};

/// The fields of a route: `otherwise`, and those of each rule.
pub(super) const FIELDS: &[Field] = &[
    field("otherwise", Kind::Queue, "The queue for everything else."),
    field("contact", Kind::Pairs, "What is known of the contact."),
    field("hours", Kind::Hours, "It is one of these times."),
    field("keywords", Kind::Words, "The text begins with one of these words."),
    field("number", NUMBER, "The number of ours that was written to."),
    field("priority", PRIORITY, "Priority on top of the queue's."),
    field("queue", Kind::Queue, "The queue."),
    field("skills", Kind::Names, "What an agent must know besides what the queue asks for."),
];

const NUMBER: Kind = Kind::Text { check: |text| Address::parse(text).map(drop), is_optional: true };

const fn field(name: &'static str, kind: Kind, text: &'static str) -> Field {
    Field { name, stored: name, kind, text }
}

/// The fields of a rule, each with its default; the default queue is the route's.
fn fields_of(rule: &Rule) -> [(&'static str, Value); 7] {
    let When { number, keywords, hours, contact } = &rule.when;
    [
        ("contact", json!(contact)),
        ("hours", json!(hours)),
        ("keywords", json!(keywords)),
        ("number", json!(number.as_ref().map(Address::shown))),
        ("priority", json!(rule.priority)),
        ("queue", json!(rule.queue)),
        ("skills", json!(rule.skills)),
    ]
}

/// The fields of a route.
pub(super) fn unfolded(route: &Route) -> Value {
    let mut fields = Map::new();
    fields.insert("otherwise".to_owned(), json!(route.otherwise));
    for (number, rule) in (1..).zip(&route.rules) {
        insert(&mut fields, number, rule);
    }
    fields.into()
}

fn insert(fields: &mut Map<String, Value>, number: usize, rule: &Rule) {
    fields.extend(fields_of(rule).map(|(field, value)| (format!("{number}.{field}"), value)));
}

/// Adds a rule after the last one if a field of it is to be set, or removes a rule. Returns whether that was
/// all there was to do.
pub(super) fn reshape(document: &mut Value, field: &str, text: &str) -> bool {
    let Value::Object(fields) = document else { return false };
    let count = count(fields);
    let (number, rest) = field.split_once('.').unwrap_or((field, ""));
    let Ok(number) = number.parse::<usize>() else { return false };
    if rest.is_empty() && text.eq_ignore_ascii_case("none") && (1..=count).contains(&number) {
        take_away(fields, number, count);
        return true;
    }
    if number == count + 1 && !rest.is_empty() {
        let otherwise = fields.get("otherwise").and_then(Value::as_str).unwrap_or_default();
        let queue = QueueName::new(otherwise);
        insert(fields, number, &Rule { when: When::default(), queue, priority: 0, skills: vec![] });
    }
    false
}

/// How many rules there are.
fn count(fields: &Map<String, Value>) -> usize {
    let is_queue = |name: &&String| name.split_once('.').is_some_and(|(_, field)| field == "queue");
    fields.keys().filter(is_queue).count()
}

/// Takes a rule away; those behind it move up.
fn take_away(fields: &mut Map<String, Value>, number: usize, count: usize) {
    let prefix = format!("{number}.");
    fields.retain(|name, _| !name.starts_with(&prefix));
    for behind in number + 1..=count {
        let prefix = format!("{behind}.");
        let names: Vec<String> = fields.keys().filter(|name| name.starts_with(&prefix)).cloned().collect();
        for name in names {
            if let Some(value) = fields.remove(&name) {
                fields.insert(format!("{}.{}", behind - 1, &name[prefix.len()..]), value);
            }
        }
    }
}

/// The route of these fields.
///
/// # Errors
/// What is wrong with them, as the end of a sentence.
pub(super) fn folded(name: &str, document: &Value) -> Result<Route, String> {
    let Value::Object(fields) = document else { return Err("a route has fields".to_owned()) };
    let rules = (1..=count(fields)).map(|number| rule(fields, number)).collect::<Result<_, _>>()?;
    let otherwise = serde_json::from_value(fields.get("otherwise").cloned().unwrap_or_default());
    let otherwise = otherwise.map_err(|_| "say which queue everything else goes to: otherwise".to_owned())?;
    Ok(Route { name: name.to_owned(), rules, otherwise })
}

fn rule(fields: &Map<String, Value>, number: usize) -> Result<Rule, String> {
    fn field<T: serde::de::DeserializeOwned>(
        fields: &Map<String, Value>,
        number: usize,
        field: &str,
    ) -> Result<T, String> {
        let name = format!("{number}.{field}");
        let value = fields.get(&name).cloned().unwrap_or_default();
        serde_json::from_value(value).map_err(|error| format!("{name}: {error}"))
    }
    let when = When {
        number: field(fields, number, "number")?,
        keywords: field(fields, number, "keywords")?,
        hours: field(fields, number, "hours")?,
        contact: field(fields, number, "contact")?,
    };
    if let Some(ours) = &when.number {
        let shown = ours.shown();
        Address::parse(&shown).map_err(|problem| format!("“{shown}” {problem}"))?;
    }
    if when == When::default() {
        return Err(format!(
            "rule {number} says nothing it is for; set {number}.keywords, {number}.number, {number}.hours or \
             {number}.contact first, or take it away with {number} none"
        ));
    }
    let (queue, priority) = (field(fields, number, "queue")?, field(fields, number, "priority")?);
    Ok(Rule { when, queue, priority, skills: field(fields, number, "skills")? })
}

#[cfg(test)]
mod tests {
    use super::super::super::fields;
    use super::*;

    /// The route that results from setting these fields one after another.
    fn after(changes: &[(&str, &str)]) -> Result<Route, String> {
        let empty = Route { name: "main".to_owned(), rules: vec![], otherwise: QueueName::new("support") };
        let mut document = unfolded(&empty);
        for (field, text) in changes {
            if !reshape(&mut document, field, text) {
                fields::set(&mut document, FIELDS, (field, text), "UTC")?;
            }
            document = unfolded(&folded("main", &document)?);
        }
        folded("main", &document)
    }

    #[test]
    fn rules_are_added_changed_and_taken_away_by_their_fields() {
        let route = after(&[
            ("1.keywords", "Sales, price"),
            ("1.queue", "sales"),
            ("2.contact", "country=DE, tier=gold"),
            ("2.priority", "30"),
            ("2.skills", "german"),
            ("2.hours", "mon-fri 09:00-17:00"),
            ("3.number", "+15005550009"),
            ("1.keywords", "sales"),
            ("2", "none"),
            ("otherwise", "night"),
        ])
        .unwrap();
        assert_eq!(route.otherwise.as_str(), "night");
        let queues: Vec<&str> = route.rules.iter().map(|rule| rule.queue.as_str()).collect();
        assert_eq!(queues, ["sales", "support"]);
        assert_eq!(route.rules[0].when.keywords, ["sales"]);
        assert_eq!(route.rules[1].when.number, Some(Address::sms("+15005550009")));
        let route = after(&[("1.contact", "country=DE, tier=gold"), ("1.priority", "30")]).unwrap();
        assert_eq!(route.rules[0].when.contact[1], ("tier".to_owned(), "gold".to_owned()));
        assert_eq!(route.rules[0].priority, 30);
    }

    #[test]
    fn a_rule_that_makes_no_sense_says_why() {
        for (changes, why) in [
            (&[("1.queue", "sales")][..], "says nothing it is for"),
            (&[("1.keywords", "a"), ("1.keywords", "none")], "says nothing it is for"),
            (&[("1.number", "5550009")], "write it like"),
            (&[("2.keywords", "a")], "not known here"),
            (&[("1.keyword", "a")], "did you mean 1.keywords"),
            (&[("1.keywords", "a"), ("1.priority", "10001")], "from 0 to 10000"),
            (&[("1.keywords", "a"), ("1.queue", "none")], "1.queue"),
            (&[("1", "none")], "not known here"),
        ] {
            let problem = after(changes).unwrap_err();
            assert!(problem.contains(why), "{changes:?}: {problem}");
        }
    }
}
