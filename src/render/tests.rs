//! Every template with its samples, and with what an unkind contact would send.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use ruma::{event_id, user_id};
use serde_json::{Value, json};

use super::content::{CONTENT_LIMIT_BYTES, NOTICE_LIMIT_BYTES};
use super::*;
use crate::clock::Millis;
use crate::domain::address::Address;
use crate::domain::ids::{AgentId, InteractionId, QueueName};
use crate::domain::interaction::{Mode, Unanswered};
use crate::domain::masking::{CASE, Desk, OURS, VERBATIM};
use crate::domain::notice::{ActionItem, OddLink, Preview, Problem, Question, Says, StoryLine, Withdrawn};
use crate::domain::session::Counts;
use crate::domain::text::links::LinkRisk;

mod long;
mod own;
mod read;

fn settings() -> RenderSettings {
    RenderSettings { prefix: "!".into(), time_zone: "UTC".into(), locale: "en".into(), act_for_agents: false }
}

fn templates() -> Templates {
    Templates::load(None, &settings()).unwrap()
}

/// Where most is said.
fn console() -> Place {
    Place::Console(AgentId::new("alice"))
}

#[test]
fn every_message_reads_as_it_should() {
    let templates = templates();
    let mut all = String::new();
    for notice in catalogue::samples() {
        let Rendered { plain, html } = templates.notice(&notice).unwrap();
        let code = catalogue::names(&notice.says).code;
        let wakes = if notice.says.wakes() { ", wakes" } else { "" };
        write!(all, "=== {code}{wakes}\n{plain}\n--- html\n{html}\n\n").unwrap();
    }
    insta::assert_snapshot!(all);
}

#[test]
fn whatever_the_bot_says_can_be_masked_and_names_no_contacts_number_then() {
    let templates = templates();
    for notice in catalogue::samples() {
        let masked = notice.masked(Desk { ours: &[Address::sms("+15005550006")], country: "US" });
        assert_eq!(catalogue::names(&masked.says).code, catalogue::names(&notice.says).code);
        let said = templates.notice(&masked).unwrap().plain;
        let names_one = ["+1 415", "+1415"].iter().any(|number| said.contains(number));
        assert!(!names_one, "{said}");
    }
}

/// Each field of a document with words in it, and whether it stays as it is when numbers are masked.
fn fields_with_words(json: &Value, name: &str, fields: &mut BTreeSet<String>) {
    match json {
        Value::String(_) => {
            let how = match name {
                _ if name == CASE => "numbers masked",
                _ if VERBATIM.contains(&name) => "as it is",
                _ if OURS.contains(&name) => "ours",
                _ => "masked",
            };
            fields.insert(format!("{name}: {how}"));
        }
        Value::Array(items) => items.iter().for_each(|item| fields_with_words(item, name, fields)),
        Value::Object(inner) => inner.iter().for_each(|(name, item)| fields_with_words(item, name, fields)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A new field asks here whether it holds people's own words, which are never masked.
#[test]
fn these_fields_of_notices_are_masked_and_these_are_not() {
    let mut fields = BTreeSet::new();
    for notice in catalogue::samples() {
        fields_with_words(&serde_json::to_value(&notice).unwrap(), "", &mut fields);
    }
    insta::assert_snapshot!(fields.into_iter().collect::<Vec<_>>().join("\n"));
}

#[test]
fn the_code_of_a_notice_names_its_templates() {
    let templates = templates();
    for notice in catalogue::samples() {
        let code = catalogue::names(&notice.says).code;
        let content = templates.content(&notice, &console(), None, None);
        assert_eq!(content["org.switchroom.notice"]["code"], code);
    }
}

#[test]
fn no_template_is_without_a_code() {
    let mut there: Vec<_> = load::Builtin::iter().collect();
    let mut known: Vec<_> = catalogue::file_names().collect();
    there.sort();
    known.sort_unstable();
    assert_eq!(there, known);
}

#[test]
fn each_reason_for_holding_back_has_words_of_its_own() {
    let templates = templates();
    let all = catalogue::codes::held_backs();
    let said = all.iter().map(|why| templates.notice(&catalogue::held_back(*why).plainly()).unwrap());
    let (plain, html): (BTreeSet<_>, BTreeSet<_>) = said.map(|said| (said.plain, said.html)).unzip();
    assert_eq!((plain.len(), html.len()), (all.len(), all.len()));
    assert!(!plain.contains("") && !html.contains(""));
}

/// The words of codes, all of one type.
fn words_of<T: serde::Serialize + Clone>(codes: &[T], says: impl Fn(T) -> Says) -> Vec<String> {
    let templates = templates();
    codes.iter().map(|code| templates.notice(&says(code.clone()).plainly()).unwrap().plain).collect()
}

#[test]
fn each_code_has_words_of_its_own() {
    use catalogue::codes;
    let contact = || "Jane".to_owned();
    let line = |change| Says::Transcript {
        contact: contact(),
        lines: vec![catalogue::samples::past_change(change)],
        page: 1,
        more: false,
    };
    let odd_link = |why| Says::LinkWarning { links: vec![OddLink { url: "https://a.test".into(), why }] };
    let lost = |why| Says::RoomLost { what: contact(), why: Some(why) };
    let mut story: Vec<_> = codes::story_lines();
    // The same words as while it was open: the line before tells which it was.
    let is_once = |line: &StoryLine| {
        !matches!(
            line,
            StoryLine::TransferWithdrawn { why: Withdrawn::Cancelled }
                | StoryLine::RoomReplaced { .. }
                | StoryLine::RoomLost { .. }
        )
    };
    story.retain(is_once);
    let not_sent = |why| Says::NotSent { contact: contact(), texts: vec![], why };
    let failed = |why| Says::MediaFailed { of: catalogue::samples::attachment(""), why, can_be_saved: false };
    let missed = |missed| Says::Messages { items: vec![catalogue::samples::missed_item(missed)] };
    let requeued = |why| Says::Requeued { contact: contact(), why, not_ready: false, by: None };
    let withdrawn = |why| Says::OfferWithdrawn { contact: contact(), why };
    let unavailable = |why| Says::TargetUnavailable { who: "Bob".into(), why };
    let usage = |problem| Says::Usage { usage: "note <text>".into(), problem };
    for words in [
        words_of(&codes::refusals(), |why| Says::Refused { why }),
        words_of(&codes::problems(), usage),
        words_of(&codes::missing(), |what| Says::no_such(what, "")),
        words_of(&codes::unavailable(), unavailable),
        words_of(&codes::withdrawn(), withdrawn),
        words_of(&codes::requeued(), requeued),
        words_of(&codes::losses(), lost),
        words_of(&codes::unsent(), not_sent),
        words_of(&codes::not_resent(), |why| Says::ResendRefused { why }),
        words_of(&codes::not_shown(), failed),
        words_of(&codes::link_risks(), odd_link),
        words_of(&codes::missed(), missed),
        words_of(&story, line),
    ] {
        let distinct: BTreeSet<_> = words.iter().collect();
        assert_eq!(distinct.len(), words.len(), "{words:#?}");
    }
}

#[test]
fn a_word_that_is_unknown_is_answered_with_the_right_one() {
    let said = |typed: &str| {
        let problem = Problem::unknown(typed, &["set", "unset"]);
        words_of(&[problem], |problem| Says::Usage { usage: "case".into(), problem }).remove(0)
    };
    assert!(said("sett").starts_with("“sett” is not known here; did you mean set? "), "{}", said("sett"));
    assert!(said("xylophone").starts_with("“xylophone” is not known here; there is set, unset. "));
    assert!(said("").starts_with("Say one of set, unset. "));
}

#[test]
fn topics_and_names_of_rooms_tell_who_is_in_them() {
    let topics: Vec<_> = catalogue::sample_interactions()
        .iter()
        .map(|interaction| (templates().room_name(interaction), templates().topic(interaction)))
        .collect();
    insta::assert_debug_snapshot!(topics);
}

#[test]
fn the_sent_contents_are_as_clients_and_programs_expect() {
    let samples = catalogue::samples();
    let find = |code| samples.iter().find(|notice| catalogue::names(&notice.says).code == code).unwrap();
    let (event, alice) = (event_id!("$event:desk.test"), user_id!("@alice:desk.test"));
    let templates = templates();
    insta::assert_json_snapshot!(json!({
        "offer that wakes": templates.content(find("offer"), &console(), None, Some(alice)),
        "failure as a reply": templates.content(find("message_failed"), &console(), Some(event), Some(alice)),
        "no mention in what does not wake": templates.content(find("done"), &console(), None, Some(alice)),
        "edit": templates.edit(find("offer_accepted"), &console(), event),
    }));
}

const EVIL: &str = "<img src=x onerror=alert(1)>\n\r\u{2028}@room {{ prefix }} {% raw %}\u{202e}evil\u{200b}\u{0}\
    </b></code></li>\"'><a href=\"https://evil.test\">[x](https://evil.test) &lt;b&gt;";

fn preview(text: &str, case: usize) -> Preview {
    Preview {
        contact: text.into(),
        number: text.to_owned(),
        answerable: false,
        our_number: text.to_owned(),
        mode: Mode::Session,
        callback: false,
        queue: QueueName::new(text),
        case: vec![(text.into(), text.into()); case],
        case_more: 0,
        tags: vec![text.into(); 20],
        text: text.into(),
        others: Counts {
            in_progress: vec![(text.into(), u32::MAX); case],
            recent: vec![(text.into(), u32::MAX)],
            days: u64::MAX,
            opted_out: true,
            provider_blocks: false,
        },
        waited_secs: Some(u64::MAX),
        by: Some(text.into()),
        note: text.into(),
        then: Unanswered::Withdrawn,
        secs: u64::MAX,
        expires_at: Millis(i64::MAX),
    }
}

/// Fields that hold codes, or what must parse.
const CODES: [&str; 29] = [
    "asks",
    "because",
    "channel",
    "choice",
    "clocks",
    "code",
    "erases",
    "how",
    "is",
    "kind",
    "missing",
    "mode",
    "moment",
    "news",
    "no_files",
    "permission",
    "role",
    "problem",
    "result",
    "room",
    "scope",
    "source",
    "taken",
    "then",
    "used_by",
    "wake",
    "why",
    "wish",
    "writer",
];

/// What was serialized from samples, with each text in it replaced by a hostile one.
fn poison(value: &mut Value, with: &str) {
    match value {
        Value::String(text) => *text = with.to_owned(),
        Value::Array(items) => items.iter_mut().for_each(|item| poison(item, with)),
        Value::Object(fields) => fields
            .iter_mut()
            .filter(|(key, _)| !CODES.contains(&key.as_str()))
            .for_each(|(_, field)| poison(field, with)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn hostile_samples(with: &str) -> Vec<Notice> {
    catalogue::samples()
        .into_iter()
        .filter(|notice| !matches!(notice.says, Says::MessageHeldBack { .. }))
        .map(|notice| {
            let mut value = serde_json::to_value(notice).unwrap();
            poison(&mut value, with);
            serde_json::from_value(value).unwrap()
        })
        .collect()
}

#[test]
fn nothing_in_a_notice_becomes_markup_or_a_line_of_its_own() {
    let templates = templates();
    let calm = hostile_samples("calm");
    for (notice, calm) in hostile_samples(EVIL).iter().zip(&calm) {
        let (evil, calm) = (templates.notice(notice).unwrap(), templates.notice(calm).unwrap());
        // A text that is shown as it goes has the lines that it is sent with.
        let has_lines =
            matches!(notice.says, Says::Response { .. } | Says::Scheduled(_) | Says::ScheduledDropped(_));
        let tags = |html| tags(html).into_iter().filter(|tag| !has_lines || *tag != "br").collect::<Vec<_>>();
        assert_eq!(tags(&evil.html), tags(&calm.html), "{}", evil.html);
        assert!(has_lines || evil.plain.lines().count() == calm.plain.lines().count(), "{}", evil.plain);
        for text in [&evil.plain, &evil.html] {
            assert!(!text.contains(['\u{202e}', '\u{200b}', '\u{0}', '\r', '\u{2028}']), "{text}");
        }
        let room_calls = evil.plain.matches("@room").count();
        assert_eq!(room_calls, evil.plain.matches("@room {{ prefix }} {% raw %}").count(), "{}", evil.plain);
    }
}

/// The tags of a formatted body, attributes and all, in order.
fn tags(html: &str) -> Vec<&str> {
    html.split('<').skip(1).map(|part| part.split('>').next().unwrap()).collect()
}

#[test]
fn only_tags_that_clients_show_are_used() {
    let shown = [
        "b",
        "i",
        "code",
        "br",
        "ul",
        "ol",
        "li",
        "a",
        "blockquote",
        "table",
        "tr",
        "td",
        "details",
        "summary",
    ];
    let templates = templates();
    for notice in catalogue::samples() {
        let html = templates.notice(&notice).unwrap().html;
        let mut open = Vec::new();
        for tag in tags(&html) {
            let name = tag.trim_start_matches('/').split(' ').next().unwrap();
            assert!(shown.contains(&name), "<{tag}> in {html}");
            match tag.strip_prefix('/') {
                Some(closed) => assert_eq!(open.pop(), Some(closed), "{html}"),
                None if name != "br" => open.push(name),
                None => {}
            }
        }
        assert!(open.is_empty(), "{open:?} in {html}");
    }
}

#[test]
fn no_words_can_ping_anyone() {
    let templates = templates();
    let (event, alice) = (event_id!("$event:desk.test"), user_id!("@alice:desk.test"));
    for notice in hostile_samples(EVIL) {
        let content = templates.content(&notice, &console(), None, None);
        assert_eq!(content["m.mentions"], json!({}));
        let edit = templates.edit(&notice, &console(), event);
        assert_eq!((&edit["m.mentions"], &edit["m.new_content"]["m.mentions"]), (&json!({}), &json!({})));
        let expected = if notice.says.wakes() { json!({ "user_ids": [alice] }) } else { json!({}) };
        assert_eq!(templates.content(&notice, &console(), None, Some(alice))["m.mentions"], expected);
    }
}

#[test]
fn only_links_that_call_or_write_can_be_tapped() {
    let html = |link: &str| {
        let item = ActionItem { kind: "call".into(), value: "5".into(), link: link.into() };
        templates().notice(&Says::Actions { items: vec![item] }.plainly()).unwrap().html
    };
    assert!(html("tel:+14155550123").contains("<a href=\"tel:+14155550123\">5</a>"));
    for link in ["javascript:alert(1)", "https://evil.test", "data:text/html,x"] {
        assert!(!html(link).contains("<a"), "{link}");
    }
    assert!(html("tel:\"><b>").contains("href=\"tel:&quot;&gt;&lt;b&gt;\""));
}

#[test]
fn a_suspicious_link_is_shown_as_it_is() {
    let url = "https://xn--pypal-4ve.com/a?b=1&c=/..".to_owned();
    let says = Says::LinkWarning { links: vec![OddLink { url: url.clone(), why: LinkRisk::UserInfo }] };
    let Rendered { plain, html } = templates().notice(&says.plainly()).unwrap();
    assert!(plain.contains(&url));
    assert!(html.contains("<code>https://xn--pypal-4ve.com/a?b=1&amp;c=/..</code>"));
    assert!(!html.contains("<a"));
}

#[test]
fn no_event_is_too_large() {
    let templates = templates();
    let huge: Vec<_> = ["<", "\"", "a", "😀", "\u{1}"].iter().map(|c| c.repeat(20_000)).collect();
    for text in &huge {
        let mut notices = hostile_samples(text);
        notices.push(Says::Offer(Question::Session(preview(text, 40))).plainly());
        notices.push(
            Says::MessageFailed {
                error: None,
                meaning: text.clone(),
                unsent: vec![text.clone(); 40],
                of: None,
            }
            .plainly(),
        );
        for mut notice in notices {
            notice.interaction = Some(InteractionId::new("i-7f3k2"));
            let code = catalogue::names(&notice.says).code;
            for content in [
                templates.content(&notice, &console(), Some(event_id!("$event:desk.test")), None),
                templates.edit(&notice, &console(), event_id!("$event:desk.test")),
            ] {
                let size = content.to_string().len();
                assert!(size <= CONTENT_LIMIT_BYTES, "{code}: {size}");
                let data = &content["org.switchroom.notice"];
                assert!(data.to_string().len() <= NOTICE_LIMIT_BYTES, "{code}");
                assert_eq!((&data["code"], &data["interaction"]), (&json!(code), &json!("i-7f3k2")));
                assert!(!content["body"].as_str().unwrap().is_empty());
            }
        }
    }
}

#[test]
fn an_unknown_time_zone_is_named() {
    let error =
        Templates::load(None, &RenderSettings { time_zone: "Mars/Base".into(), ..settings() }).unwrap_err();
    assert!(error.to_string().contains("Mars/Base"));
}
