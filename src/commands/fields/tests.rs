use super::*;
use crate::domain::agent::{Agent, Role};
use crate::domain::queue::QueueSettings;
use crate::domain::settings::Table as _;
use crate::domain::settings::choice::Choice as _;

const QUEUE: &[Field] = QueueSettings::FIELDS;

fn queue() -> Value {
    serde_json::to_value(QueueSettings::default()).unwrap()
}

fn value(document: &Value, field: &str) -> String {
    shown(document, QUEUE).into_iter().find(|(name, _)| name == field).unwrap().1
}

#[test]
fn whatever_is_shown_can_be_set_as_it_is_shown() {
    let before = queue();
    for (field, text) in shown(&before, QUEUE) {
        let mut after = before.clone();
        set(&mut after, QUEUE, (&field, &text), "UTC").unwrap();
        assert_eq!(after, before, "{field}");
    }
}

#[test]
fn a_change_shows_what_it_changes_and_nothing_else() {
    let before = queue();
    let mut after = before.clone();
    set(&mut after, QUEUE, ("undo_secs", "5"), "UTC").unwrap();
    let was = value(&before, "undo_secs");
    assert_eq!(changed(&before, &after, QUEUE), (format!("undo_secs {was}"), "undo_secs 5".to_owned()));
    assert_eq!(changed(&before, &before, QUEUE), ("as it was".to_owned(), "as it was".to_owned()));
    let (with, without) = (json!({"open": true}), json!({}));
    assert_eq!(changed(&without, &with, FIELDS), ("none".to_owned(), "open yes".to_owned()));
}

#[test]
fn words_of_the_desk_stand_without_the_quotes_they_are_typed_in() {
    let words: &[Field] = const { &[field("words", Kind::Words)] };
    let mut document = json!({"words": []});
    set(&mut document, words, ("words", "\"Foo Bar\", Qwertz, „Ein Wort“"), "UTC").unwrap();
    assert_eq!(document, json!({"words": ["foo bar", "qwertz", "ein wort"]}));
}

const fn field(name: &'static str, kind: Kind) -> Field {
    Field { name, stored: name, kind, text: "" }
}

/// Kinds that no queue has.
const FIELDS: &[Field] = &[field("roles", Kind::Choices(Role::WORDS)), field("open", Kind::YesNo)];

#[test]
fn each_kind_of_value_is_read_as_people_type_it() {
    for (field, text, reads) in [
        ("offer_secs", "30", "30"),
        ("Offer_Secs", " 30 ", "30"),
        ("undo_secs", "0", "0"),
        ("disposition", "mandatory", "mandatory"),
        ("signature", "-- {{ agent.name }}", "-- {{ agent.name }}"),
        ("signature", "none", "none"),
        ("case", "brand=Acme, tier = gold", "brand=Acme, tier=gold"),
        ("case", "\"order no\"=“47, 11”, tier=gold", "\"order no\"=\"47, 11\", tier=gold"),
        ("skills", "French, \"Sign language\"", "french, \"sign language\""),
        ("signature", "“-- us”", "-- us"),
        ("offer_secs", "\"30\"", "30"),
        ("case", "none", "none"),
        ("hours", "mon-fri 9:00-17:00", "mon-fri 09:00-17:00; Europe/Berlin"),
        ("hours", "none", "none"),
        ("auto_answer", "5", "5"),
        ("auto_answer", "0 Must", "0 must"),
        ("reply_secs", "300, 600 900", "300, 600, 900"),
        ("reply_secs", "[300,600]", "300, 600"),
        ("reply_secs", "none", "none"),
        ("priority", "10000", "10000"),
        ("retention_sms_days", "0", "0"),
        ("retention_media_days", "None", "none"),
    ] {
        let mut document = queue();
        set(&mut document, QUEUE, (field, text), "Europe/Berlin").unwrap();
        assert_eq!(value(&document, &field.to_lowercase()), reads, "{field} {text}");
        serde_json::from_value::<QueueSettings>(document).unwrap();
    }
    let mut document = json!({"roles": ["agent"], "open": false});
    set(&mut document, FIELDS, ("roles", "Agent supervisor"), "UTC").unwrap();
    set(&mut document, FIELDS, ("open", "on"), "UTC").unwrap();
    assert_eq!(document, json!({"roles": ["agent", "supervisor"], "open": true}));
}

#[test]
fn commands_stand_in_one_line_and_keep_their_case() {
    for (text, commands, shown_as) in [
        ("case set topic Refund; done", json!(["case set topic Refund", "done"]), None),
        ("“note a; b”;done solved;", json!(["note a; b", "done solved"]), Some("\"note a; b\"; done solved")),
        ("case set \"order no\" {{ order }}", json!(["case set \"order no\" {{ order }}"]), None),
        ("none", json!([]), None),
    ] {
        let mut document = json!({"then": []});
        let table = const { &[field("then", Kind::Commands)] };
        set(&mut document, table, ("then", text), "UTC").unwrap();
        assert_eq!(document["then"], commands);
        let typed = shown(&document, table).remove(0).1;
        assert_eq!(typed, shown_as.unwrap_or(text));
        set(&mut document, table, ("then", &typed), "UTC").unwrap();
        assert_eq!(document["then"], commands, "{typed}");
    }
}

#[test]
fn steps_of_overflow_stand_in_one_line_and_are_read_as_they_stand() {
    for (text, shown_as) in [
        ("120 to billing; nobody_ready to sales; 300 drop_skills french, german", None),
        ("60 text Please wait, {{ contact.name }}", None),
        (
            "“60 text Wait; it takes {{ eta }}”; 90 to billing",
            Some("\"60 text Wait; it takes {{ eta }}\"; 90 to billing"),
        ),
        ("120 TO Billing;", Some("120 to billing")),
        ("none", None),
        ("", Some("none")),
    ] {
        let mut document = queue();
        set(&mut document, QUEUE, ("overflow", text), "UTC").unwrap();
        let typed = shown(&document, QUEUE).into_iter().find(|(name, _)| name == "overflow").unwrap().1;
        assert_eq!(typed, shown_as.unwrap_or(text));
        let before = document.clone();
        set(&mut document, QUEUE, ("overflow", &typed), "UTC").unwrap();
        assert_eq!(document, before, "{typed}");
    }
}

#[test]
fn files_stand_in_one_line_with_what_is_said_of_them_and_keep_their_case() {
    let table = const { &[field("media", Kind::Files)] };
    for (text, shown_as) in [
        ("mxc://desk.test/AbC", None),
        ("mxc://a/b name \"our, list.pdf\" type application/pdf size 7, mxc://a/c name b.png", None),
        ("mxc://a/b mxc://a/c Name “b c.png”", Some("mxc://a/b, mxc://a/c name \"b c.png\"")),
        ("mxc://a/b name name name size", Some("mxc://a/b name size")),
        ("none", None),
        ("", Some("none")),
    ] {
        let mut document = json!({"media": []});
        set(&mut document, table, ("media", text), "UTC").unwrap();
        let typed = shown(&document, table).remove(0).1;
        assert_eq!(typed, shown_as.unwrap_or(text));
        let before = document.clone();
        set(&mut document, table, ("media", &typed), "UTC").unwrap();
        assert_eq!(document, before, "{typed}");
    }
    for (text, why) in [
        ("a.png", "media “a.png” is no file at the homeserver"),
        ("name a.png", "media “name” is no file"),
        ("mxc://a/b name", "media name “” must be one line"),
        ("mxc://a/b size ten", "media size “ten” is no number of bytes"),
        ("mxc://a/b a.png", "media “a.png” is no file"),
    ] {
        let error = set(&mut json!({"media": []}), table, ("media", text), "UTC").unwrap_err();
        assert!(error.contains(why), "{text}: {error}");
    }
}

#[test]
fn what_cannot_be_set_says_why_and_changes_nothing() {
    for (field, text, why) in [
        ("offer_sec", "30", "did you mean offer_secs?"),
        ("offer_secs", "0", "from 1 to 3600"),
        ("undo_secs", "61", "from 0 to 60"),
        ("offer_secs", "soon", "whole number"),
        ("offer_secs", "-1", "whole number"),
        ("offer_secs", "99999999999999999999", "whole number"),
        ("case", "brand", "key=value"),
        ("hours", "always", "write hours like"),
        ("auto_answer", "5 maybe", "5 must"),
        ("reply_secs", "300, soon", "whole number"),
        ("reply_secs", "0", "from 1 to 604800"),
        (
            "overflow",
            "billing",
            "overflow step 1: “billing” is neither a whole number of seconds nor nobody_ready",
        ),
        ("overflow", "60 to billing; -1 to sales", "overflow step 2: -1 is not a whole number of seconds"),
        ("overflow", "60 billing", "one of to, drop_skills and text"),
        ("priority", "10001", "from 0 to 10000"),
        ("retention_sms_days", "3651", "from 0 to 3650"),
        ("retention_sms_days", "-1", "whole number"),
        ("retention_media_days", "a week", "whole number"),
        ("retention_audit_days", "7", "is not known here"),
    ] {
        let mut document = queue();
        let error = set(&mut document, QUEUE, (field, text), "Europe/Berlin").unwrap_err();
        assert!(error.contains(why), "{error}");
        assert_eq!(document, queue());
    }
    assert!(
        set(&mut json!({"id": "x"}), Agent::FIELDS, ("id", "y"), "UTC").is_err(),
        "hidden fields are nobody's to set"
    );
}
