use serde_json::json;

use super::*;
use crate::domain::settings::Table as _;

fn response(shortcut: &str, text: &str) -> Response {
    Response::new(shortcut.to_owned(), text.to_owned())
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn at(url: &str) -> ResponseFile {
    ResponseFile::at(url).unwrap()
}

fn refund() -> Response {
    Response {
        ask: texts(&["order", "day"]),
        then: texts(&["case set order {{ order }}", "done refunded"]),
        ..response("refund", "Order {{ order }} of {{ contact.name | default(\"yours\") }}: {{ day }}")
    }
}

#[test]
fn what_is_kept_is_right_and_what_is_wrong_says_what_would_be() {
    assert_eq!(refund().checked(), Ok(()));
    assert_eq!(refund().check(), Ok(()));
    let with = |change: &dyn Fn(&mut Response)| {
        let mut changed = refund();
        change(&mut changed);
        let (field, problem) = changed.checked().unwrap_err();
        assert!(problem.len() < 500, "{problem}");
        format!("{field} {problem}")
    };
    for (problem, why) in [
        (with(&|r| r.shortcut = "Big Hello".to_owned()), "shortcut “Big Hello” must be 1 to 64"),
        (with(&|r| r.shortcut = "12".to_owned()), "shortcut “12” must not be a number alone"),
        (with(&|r| r.shortcut = "-a".to_owned()), "shortcut “-a” must begin with a letter"),
        (with(&|r| r.text = " ".to_owned()), "text is empty"),
        (with(&|r| r.text = "{{ ordr }}".to_owned()), "text names {{ ordr }}; did you mean {{ order }}?"),
        (with(&|r| r.text = "x".repeat(1_000_000)), "text is longer than 4000"),
        (with(&|r| r.text = "{% for x in y %}".to_owned()), "text has {%"),
        (with(&|r| r.category = Some("a\nb".to_owned())), "category must be one line"),
        (
            with(&|r| r.lang = Some("deutsch sprache".to_owned())),
            "lang “deutsch sprache” is not a language tag",
        ),
        (with(&|r| r.lang = Some("pt-br".to_owned())), "lang “pt-br” is written pt-BR"),
        (with(&|r| r.ask = texts(&["order", "day", "size"])), "ask has “size”, which nothing uses"),
        (with(&|r| r.ask = texts(&["order", "day", "day"])), "ask has “day” twice"),
        (with(&|r| r.ask = texts(&["case"])), "ask has “case”, which means something else"),
        (with(&|r| r.ask = texts(&["Order-No"])), "ask has “Order-No”; the name of a blank begins"),
        (with(&|r| r.ask = (0..11).map(|n| format!("b{n}")).collect()), "ask has more than 10"),
        (
            with(&|r| r.media = (0..11).map(|n| at(&format!("mxc://a/{n}"))).collect()),
            "media has more than 10",
        ),
        (with(&|r| r.media = vec![at("mxc://a/b"), at("mxc://a/b").called("c")]), "media has “c” twice"),
        (with(&|r| r.then = texts(&["doen solved"])), "then “doen solved” is no command"),
        (with(&|r| r.then = texts(&["note {{ ordr }}"])), "then “note {{ ordr }}” names {{ ordr }}"),
        (with(&|r| r.then = vec!["done".to_owned(); 11]), "then has more than 10"),
    ] {
        assert!(problem.contains(why), "{problem} does not say {why}");
    }
}

#[test]
fn a_blank_is_named_before_the_text_that_uses_it_and_whoever_uses_it_first_reads_how() {
    let refused = response("appt", "See you on {{ day }}.").checked_so_far().unwrap_err();
    assert!(refused.1.ends_with(". To have the agent asked for day, name it in ask first"), "{}", refused.1);
    let then = Response { then: texts(&["note {{ day }}"]), ..response("appt", "See you.") };
    assert!(then.checked().unwrap_err().1.ends_with("name it in ask first"));
    let half = Response { ask: texts(&["day"]), ..response("appt", "See you.") };
    assert_eq!(half.checked_so_far(), Ok(Some("day")));
    assert!(half.checked().unwrap_err().1.contains("which nothing uses"));
    let whole = Response { text: "See you on {{ day }}.".to_owned(), ..half };
    assert_eq!((whole.checked_so_far(), whole.checked()), (Ok(None), Ok(())));
    for text in ["{{ Day }}", "{{ day.name }}", "{{ case }}"] {
        let (_, problem) = response("appt", text).checked().unwrap_err();
        assert!(!problem.contains("name it in ask"), "{problem}");
    }
}

#[test]
fn what_follows_is_filled_in_with_the_same_values_and_misses_what_it_needs() {
    let blanks =
        [("order", "4711"), ("day", "Monday")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let unnamed = Values { contact: None, blanks: &blanks, ..Values::OF_JANE };
    let (filled, then) = refund().fill(&unnamed).unwrap();
    let text = "Order 4711 of yours: Monday".to_owned();
    assert_eq!(filled, Filled { text, missing: vec![], empty: vec![] });
    assert_eq!(then, ["case set order 4711", "done refunded"]);
    let noted = Response { then: texts(&["note {{ case.topic }}"]), ..response("noted", "Thank you.") };
    assert_eq!(noted.fill(&Values::OF_JANE).unwrap().0.missing, [Var::Case("topic".to_owned())]);
}

#[test]
fn what_is_listed_is_of_the_queue_in_the_language_of_the_contact_first() {
    let of = |shortcut: &str, category: Option<&str>, lang: Option<&str>, queues: &[&str]| Response {
        category: category.map(str::to_owned),
        lang: lang.map(str::to_owned),
        queues: queues.iter().map(|queue| QueueName::new(*queue)).collect(),
        ..response(shortcut, "Some text about Parcels")
    };
    let all = [
        of("bye", None, None, &[]),
        of("hi-fr", Some("Greetings"), Some("fr"), &[]),
        of("hi", Some("greetings"), None, &[]),
        of("hi-de", Some("Greetings"), Some("de"), &["support", "sales"]),
        of("hi-at", Some("Greetings"), Some("de-AT"), &[]),
        of("price", Some("Sales"), None, &["sales"]),
    ];
    let shown = |language: Option<&str>, words: &[&str]| {
        let listed = listed(&all, &QueueName::new("support"), language, &texts(words));
        listed.into_iter().map(|response| response.shortcut.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(shown(Some("de-AT"), &[]), ["hi-at", "hi-de", "hi", "hi-fr", "bye"]);
    assert_eq!(shown(None, &[]), ["hi", "hi-at", "hi-de", "hi-fr", "bye"]);
    assert_eq!(shown(None, &["GREET", "parcel", "fr"]), ["hi-fr"]);
    assert!(shown(None, &["greet", "nothing"]).is_empty());
    for (typed, meant) in
        [("hi-dee", Some("hi-de")), ("pri", Some("price")), ("BYE", Some("bye")), ("x", None)]
    {
        assert_eq!(nearest(all.iter(), typed), meant, "{typed}");
    }
    assert_eq!(nearest(all.iter(), &"x".repeat(1_000_000)), None);
}

#[test]
fn a_file_is_kept_as_its_address_or_with_what_is_said_of_it() {
    for (kept, shown) in [
        (json!("mxc://desk.test/a"), "mxc://desk.test/a"),
        (json!({"name": "a, b.pdf", "url": "mxc://desk.test/a"}), "a, b.pdf"),
        (json!({"size": 7, "type": "application/pdf", "url": "mxc://desk.test/a"}), "mxc://desk.test/a"),
    ] {
        let file: ResponseFile = serde_json::from_value(kept.clone()).unwrap();
        assert_eq!((serde_json::to_value(&file).unwrap(), file.shown()), (kept, shown));
    }
    let long = format!("mxc://desk.test/{}", "a".repeat(300));
    for (wrong, why) in [
        (json!("https://desk.test/a"), "“https://desk.test/a” is no file at the homeserver"),
        (json!("mxc://desk.test"), "is no file at the homeserver"),
        (json!(long), "is no file at the homeserver"),
        (json!(5), "“5” is no file; write a file like mxc://"),
        (json!({"name": "a.png"}), "has a file without url"),
        (json!({"url": 5}), "has a file without url"),
        (json!({"url": "mxc://a/b", "name": ""}), "name “” must be one line of 1 to 100"),
        (json!({"url": "mxc://a/b", "name": "a\nb"}), "must be one line"),
        (json!({"url": "mxc://a/b", "name": "\"a\""}), "without quotes"),
        (json!({"url": "mxc://a/b", "type": "png"}), "type “png” is no media type"),
        (json!({"url": "mxc://a/b", "size": 1.5}), "size “1.5” is no number of bytes"),
        (
            json!({"url": "mxc://a/b", "nmae": "a"}),
            "“nmae” is not known here; a file has url, name, type, size",
        ),
    ] {
        let error = serde_json::from_value::<ResponseFile>(wrong.clone()).unwrap_err().to_string();
        assert!(error.contains(why) && error.len() < 400, "{wrong}: {error}");
    }
    // What a client calls it is taken as far as it can be a name.
    assert_eq!(at("mxc://a/b").called("“Our”\n \"list\".pdf ").name.as_deref(), Some("Our list.pdf"));
    assert_eq!(at("mxc://a/b").called("\0\n").name, None);
}
