use proptest::prelude::*;
use ruma::{event_id, user_id};
use serde_json::json;

use super::*;

fn ours(user: &UserId) -> bool {
    user == "@switchroom:desk.test" || user.as_str().starts_with("@sms_")
}

fn event(event_type: &str, content: &Value) -> Value {
    json!({"type": event_type, "event_id": "$e", "room_id": "!r:desk.test", "sender": "@alice:desk.test",
        "origin_server_ts": 1_700_000_000_000_i64, "content": content})
}

fn with(mut event: Value, key: &str, value: Value) -> Value {
    event[key] = value;
    event
}

fn parse(events: &[Value]) -> Parsed {
    parse_transaction(&serde_json::to_vec(&json!({"events": events})).unwrap(), ours).unwrap()
}

/// What the only event means.
fn act(event: Value) -> RoomAct {
    let mut parsed = parse(&[event]);
    assert_eq!((parsed.events.len(), parsed.skipped), (1, 0));
    parsed.events.remove(0).what
}

fn said_in(content: &Value) -> RoomAct {
    act(event("m.room.message", content))
}

fn plain(kind: MessageKind, body: &str) -> RoomAct {
    RoomAct::Message {
        kind,
        body: body.to_owned(),
        reply_to: None,
        in_thread: false,
        pills: Vec::new(),
        formatted: None,
    }
}

fn unsupported(event_type: &str) -> RoomAct {
    RoomAct::Unsupported { event_type: event_type.to_owned(), in_thread: false }
}

#[test]
fn an_event_keeps_its_place_time_and_author() {
    let parsed = parse(&[event("m.room.message", &json!({"msgtype": "m.text", "body": "hi"}))]);
    let expected = RoomEvent {
        event_id: event_id!("$e").to_owned(),
        room_id: "!r:desk.test".try_into().unwrap(),
        sender: user_id!("@alice:desk.test").to_owned(),
        at: Millis(1_700_000_000_000),
        what: plain(MessageKind::Text, "hi"),
    };
    assert_eq!(parsed.events, [expected]);
}

#[test]
fn the_kinds_of_message_are_told_apart() {
    let message = |msgtype: &str| said_in(&json!({"msgtype": msgtype, "body": "b", "geo_uri": "geo:1,2"}));
    assert_eq!(message("m.text"), plain(MessageKind::Text, "b"));
    assert_eq!(message("m.emote"), plain(MessageKind::Emote, "b"));
    assert_eq!(message("m.notice"), plain(MessageKind::Notice, "b"));
    assert_eq!(message("m.location"), plain(MessageKind::Location { geo_uri: "geo:1,2".to_owned() }, "b"));
    assert_eq!(message("x.y"), plain(MessageKind::Other { msgtype: "x.y".to_owned() }, "b"));
    for media in ["m.image", "m.video", "m.audio", "m.file"] {
        assert_eq!(message(media), plain(MessageKind::Media { file: None }, ""));
    }
}

#[test]
fn a_file_is_known_by_where_it_lies_and_what_its_client_says_it_is() {
    let file = |more: &Value| match said_in(&with(more.clone(), "msgtype", json!("m.image"))) {
        RoomAct::Message { kind: MessageKind::Media { file }, .. } => file,
        other => panic!("{other:?}"),
    };
    let at = |mime: &str| {
        let (uri, name) = ("mxc://desk.test/abc".into(), String::new());
        Some(SentFile { uri, mime: mime.to_owned(), name })
    };
    let lies = json!({"body": "a.jpg", "url": "mxc://desk.test/abc"});
    assert_eq!(file(&lies), at(""));
    assert_eq!(file(&with(lies.clone(), "info", json!({"mimetype": "Image/JPEG"}))), at("image/jpeg"));
    for odd in
        [json!({"mimetype": "a b"}), json!({"mimetype": "x".repeat(101)}), json!({"mimetype": 5}), json!(5)]
    {
        assert_eq!(file(&with(lies.clone(), "info", odd)), at(""));
    }
    let long = format!("mxc://desk.test/{}", "a".repeat(600));
    for nowhere in ["https://desk.test/abc", "mxc://desk.test", "mxc:///abc", "", &long] {
        assert_eq!(file(&json!({"body": "a.jpg", "url": nowhere})), None, "{nowhere}");
    }
    let encrypted =
        json!({"msgtype": "m.image", "body": "a.jpg", "file": {"url": "mxc://desk.test/abc", "key": {}}});
    assert_eq!(said_in(&encrypted), plain(MessageKind::EncryptedFile, ""));
}

#[test]
fn a_body_beside_a_file_name_is_a_caption() {
    let caption = |content: &Value| said_in(&with(content.clone(), "msgtype", json!("m.image")));
    let named = plain(MessageKind::Media { file: None }, "look");
    assert_eq!(caption(&json!({"body": "look", "filename": "a.png"})), named);
    for content in
        [json!({"body": "a.png", "filename": "a.png"}), json!({"body": "a.png"}), json!({"body": 5})]
    {
        assert_eq!(caption(&content), plain(MessageKind::Media { file: None }, ""));
    }
}

#[test]
fn a_reply_names_what_it_answers_and_a_thread_is_seen() {
    let related = |relation: Value| match said_in(
        &json!({"msgtype": "m.text", "body": "> <@b:d> q\n\na", "m.relates_to": relation}),
    ) {
        RoomAct::Message { reply_to, in_thread, body, .. } => {
            assert_eq!(body, "> <@b:d> q\n\na");
            (reply_to.map(|id| id.to_string()), in_thread)
        }
        other => panic!("{other:?}"),
    };
    let to = json!({"event_id": "$q"});
    let quoted = Some("$q".to_owned());
    assert_eq!(related(json!({"m.in_reply_to": to})), (quoted.clone(), false));
    let thread = json!({"rel_type": "m.thread", "event_id": "$t", "m.in_reply_to": to});
    assert_eq!(related(thread.clone()), (quoted, true));
    assert_eq!(related(with(thread, "is_falling_back", json!(true))), (None, true));
    assert_eq!(related(json!({"m.in_reply_to": {"event_id": "no id"}})), (None, false));
    assert_eq!(related(json!("m.thread")), (None, false));
}

#[test]
fn an_edit_carries_its_new_text_and_one_without_is_no_message() {
    let relation = json!({"rel_type": "m.replace", "event_id": "$old"});
    let content = json!({"msgtype": "m.text", "body": "* new", "m.relates_to": relation,
        "m.new_content": {"msgtype": "m.emote", "body": "new"}});
    let of = event_id!("$old").to_owned();
    assert_eq!(
        said_in(&content),
        RoomAct::Edit {
            of,
            kind: MessageKind::Emote,
            body: "new".to_owned(),
            pills: vec![],
            formatted: None
        }
    );
    for broken in [json!(null), json!({}), json!({"msgtype": "m.text", "body": ["new"]})] {
        assert_eq!(said_in(&with(content.clone(), "m.new_content", broken)), unsupported("m.room.message"));
    }
}

#[test]
fn mentioned_users_are_named() {
    let content = json!({"msgtype": "m.text", "body": "@bob:desk.test?", "format": "org.matrix.custom.html",
        "formatted_body": "<a href=\"https://matrix.to/#/@bob:desk.test\">Bob &lt;3</a>?"});
    let RoomAct::Message { pills, .. } = said_in(&content) else { panic!() };
    assert_eq!(pills, [("@bob:desk.test".to_owned(), "Bob <3".to_owned())]);
}

#[test]
fn what_a_client_formatted_goes_along_in_messages_and_edits() {
    let said = json!({"msgtype": "m.text", "body": "**a**", "format": "org.matrix.custom.html",
        "formatted_body": "<b>a</b>"});
    let RoomAct::Message { formatted, .. } = said_in(&said) else { panic!() };
    assert_eq!(formatted.as_deref(), Some("<b>a</b>"));
    let relation = json!({"rel_type": "m.replace", "event_id": "$old"});
    let edit =
        json!({"msgtype": "m.text", "body": "* **a**", "m.relates_to": relation, "m.new_content": said});
    let RoomAct::Edit { formatted, .. } = said_in(&edit) else { panic!() };
    assert_eq!(formatted.as_deref(), Some("<b>a</b>"));
    for other in [json!("text/plain"), json!(null)] {
        let RoomAct::Message { formatted, .. } = said_in(&with(said.clone(), "format", other)) else {
            panic!()
        };
        assert_eq!(formatted, None);
    }
}

#[test]
fn what_a_phone_cannot_show_is_named_as_such() {
    let kinds = [
        "m.sticker",
        "m.poll.start",
        "org.matrix.msc3381.poll.start",
        "m.room.encrypted",
        "x.unknown",
        MARKER,
    ];
    for kind in kinds {
        assert_eq!(act(event(kind, &json!({"nonce": "n", "body": "b"}))), unsupported(kind));
    }
}

#[test]
fn reactions_and_deletions_name_their_target() {
    let relation = json!({"rel_type": "m.annotation", "event_id": "$m", "key": "✅"});
    let of = event_id!("$m").to_owned();
    let reacted = RoomAct::Reaction { of: of.clone(), key: "✅".to_owned() };
    assert_eq!(act(event("m.reaction", &json!({"m.relates_to": relation}))), reacted);
    let deleted = RoomAct::Redaction { of };
    assert_eq!(act(event("m.room.redaction", &json!({"redacts": "$m"}))), deleted);
    assert_eq!(act(with(event("m.room.redaction", &json!({})), "redacts", json!("$m"))), deleted);
}

#[test]
fn a_membership_tells_who_why_and_from_what() {
    let content = json!({"membership": "leave", "reason": "no\u{0} time"});
    let invited = json!({"prev_content": {"membership": "invite"}});
    let declined = with(event("m.room.member", &content), "state_key", json!("@alice:desk.test"));
    let expected = RoomAct::Member {
        user: user_id!("@alice:desk.test").to_owned(),
        membership: Membership::Leave,
        before: Some(Membership::Invite),
        reason: Some("no time".to_owned()),
        is_direct: false,
    };
    assert_eq!(act(with(declined, "unsigned", invited)), expected);
    let content = json!({"membership": "invite", "is_direct": true, "reason": 5});
    let invite = with(event("m.room.member", &content), "state_key", json!("@switchroom:desk.test"));
    let RoomAct::Member { user, is_direct, before, reason, .. } = act(invite) else { panic!() };
    assert_eq!((user.as_str(), is_direct, before, reason), ("@switchroom:desk.test", true, None, None));
}

#[test]
fn what_we_did_ourselves_is_not_heard_except_the_bots_marker() {
    let text = json!({"msgtype": "m.text", "body": "hi"});
    let by = |sender: &str, event: Value| with(event, "sender", json!(sender));
    let parsed = parse(&[
        by("@switchroom:desk.test", event("m.room.message", &text)),
        by("@sms_k3v9a7q2xz:desk.test", event("m.room.message", &text)),
        by("@switchroom:desk.test", event(MARKER, &json!({"nonce": "n-1"}))),
    ]);
    assert_eq!(parsed.skipped, 0);
    assert_eq!(parsed.events.len(), 1);
    assert_eq!(parsed.events[0].what, RoomAct::Marker { nonce: "n-1".to_owned() });
}

#[test]
fn that_one_of_ours_is_out_of_a_room_is_heard_whoever_did_it_and_so_is_an_upgrade() {
    let member = |sender: &str, user: &str, membership: &str| {
        let moved =
            with(event("m.room.member", &json!({"membership": membership})), "state_key", json!(user));
        with(moved, "sender", json!(sender))
    };
    let (bot, ghost) = ("@switchroom:desk.test", "@sms_k3v9a7q2xz:desk.test");
    let parsed = parse(&[
        member(bot, bot, "join"),
        member(bot, ghost, "invite"),
        member(bot, "@alice:desk.test", "leave"),
        member(bot, bot, "leave"),
        member("@admin:desk.test", ghost, "ban"),
        with(
            event("m.room.tombstone", &json!({"replacement_room": "!evil:evil.test"})),
            "state_key",
            json!(""),
        ),
    ]);
    let heard: Vec<_> = parsed.events.into_iter().map(|event| event.what).collect();
    assert!(matches!(&heard[0], RoomAct::Member { user, membership: Membership::Leave, .. } if user == bot));
    assert!(matches!(&heard[1], RoomAct::Member { user, membership: Membership::Ban, .. } if user == ghost));
    assert_eq!(heard[2..], [RoomAct::Upgraded]);
}

#[test]
fn deleted_messages_and_other_state_mean_nothing() {
    let deleted = json!({"redacted_because": {"type": "m.room.redaction"}});
    let parsed = parse(&[
        with(event("m.room.message", &json!({})), "unsigned", deleted.clone()),
        with(event("m.sticker", &json!({})), "unsigned", deleted),
        event("m.room.message", &json!({})),
        with(event("m.room.topic", &json!({"topic": "t"})), "state_key", json!("")),
        with(event("m.room.message", &json!({"msgtype": "m.text", "body": "x"})), "state_key", json!("")),
    ]);
    assert_eq!((parsed.events.len(), parsed.skipped), (0, 0));
}

#[test]
fn one_bad_event_stops_nothing_else() {
    let good = event("m.room.message", &json!({"msgtype": "m.text", "body": "good"}));
    let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
    let bad = [
        json!(7),
        json!({}),
        with(good.clone(), "event_id", json!("no id")),
        with(good.clone(), "event_id", json!(format!("${}", "x".repeat(300)))),
        with(good.clone(), "room_id", json!(5)),
        with(good.clone(), "sender", json!("alice")),
        with(good.clone(), "origin_server_ts", json!("now")),
        with(good.clone(), "origin_server_ts", json!(1e300)),
        event("m.reaction", &json!({"m.relates_to": {"rel_type": "m.annotation", "event_id": "$m"}})),
        event("m.room.redaction", &json!({"redacts": "$m\u{0}"})),
        with(event("m.room.member", &json!({"membership": "emperor"})), "state_key", json!("@a:b")),
        with(event("m.room.member", &json!({"membership": "join"})), "state_key", json!("nobody")),
    ];
    let mut list: Vec<String> = bad.iter().map(Value::to_string).collect();
    list.push(format!("{{\"type\":{deep}}}"));
    let all = format!("{{\"events\":[{},{good}], \"new_key\": {deep}}}", list.join(","));
    let parsed = parse_transaction(all.as_bytes(), ours).unwrap();
    assert_eq!((parsed.events.len(), parsed.skipped), (1, bad.len() + 1));
}

#[test]
fn a_message_whose_content_cannot_be_read_is_not_lost_in_silence() {
    let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
    for content in [
        "7",
        "null",
        r#"{"body":"x"}"#,
        r#"{"msgtype":"m.text","body":["x"]}"#,
        r#"{"msgtype":"m.text","body":"\ud800"}"#,
        &deep,
    ] {
        let outside = event("m.room.message", &json!("HERE")).to_string().replace("\"HERE\"", content);
        let parsed = parse_transaction(format!("{{\"events\":[{outside}]}}").as_bytes(), ours).unwrap();
        assert_eq!(parsed.events[0].what, unsupported("m.room.message"), "{content:.60}");
    }
}

#[test]
fn text_reaches_the_desk_without_nul() {
    let content = json!({"msgtype": "m.text", "body": "a\u{0}b"});
    assert_eq!(said_in(&content), plain(MessageKind::Text, "ab"));
}

#[test]
fn a_body_that_is_no_transaction_is_refused_and_presence_is_read_under_either_name() {
    for body in ["", "[]", "{}", "{\"events\":{}}", "{\"events\":[}"] {
        assert!(parse_transaction(body.as_bytes(), ours).is_err(), "{body}");
    }
    let ephemeral = |more: &str| {
        let body = format!("{{\"events\":[],{more}}}");
        parse_transaction(body.as_bytes(), ours).unwrap().presences.len()
    };
    let online = r#"{"type":"m.presence","sender":"@bob:desk.test","content":{"presence":"online"}}"#;
    let early = format!(r#""de.sorunome.msc2409.ephemeral":[{online}]"#);
    assert_eq!(ephemeral(&early), 1);
    assert_eq!(ephemeral(&format!(r#""ephemeral":[{online}],{early}"#)), 1);
    assert_eq!(ephemeral(r#""ephemeral":7"#), 0);
}

#[test]
fn a_page_of_the_past_is_read_like_a_transaction() {
    let good = event("m.room.message", &json!({"msgtype": "m.text", "body": "x"}));
    let page: Vec<Box<RawValue>> =
        [good, json!(7)].iter().map(|event| serde_json::value::to_raw_value(event).unwrap()).collect();
    let parsed = parse_events(&page, ours);
    assert_eq!((parsed.events.len(), parsed.skipped), (1, 1));
}

/// Any JSON, of the kinds and sizes that hurt.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[!$@#]?[a-z\\PC\0]{0,20}(:[a-z.]{0,9})?".prop_map(Value::from),
        Just(Value::from("x".repeat(70_000))),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map("[a-z._]{0,9}", inner, 0..4).prop_map(|map| json!(map)),
        ]
    })
}

/// Events of all kinds the desk acts on, whole.
fn whole_events() -> Vec<Value> {
    let relation = |kind: &str| json!({"rel_type": kind, "event_id": "$of", "key": "👍"});
    let text = json!({"msgtype": "m.text", "body": "hi", "format": "org.matrix.custom.html",
        "formatted_body": "<a href=\"https://matrix.to/#/@bob:desk.test\">Bob</a>",
        "m.mentions": {"user_ids": ["@bob:desk.test"]}, "m.relates_to": {"m.in_reply_to": {"event_id": "$of"}}});
    let edit = json!({"msgtype": "m.text", "body": "* new", "m.new_content": {"msgtype": "m.text", "body": "new"},
        "m.relates_to": relation("m.replace")});
    let member = json!({"membership": "invite", "reason": "why", "is_direct": true});
    let invite = with(event("m.room.member", &member), "state_key", json!("@alice:desk.test"));
    vec![
        event("m.room.message", &text),
        event("m.room.message", &edit),
        event("m.room.message", &json!({"msgtype": "m.location", "body": "here", "geo_uri": "geo:1,2"})),
        event("m.reaction", &json!({"m.relates_to": relation("m.annotation")})),
        event("m.room.redaction", &json!({"redacts": "$of"})),
        with(invite, "unsigned", json!({"prev_content": {"membership": "leave"}})),
        event("m.sticker", &json!({"body": "cat"})),
        event(MARKER, &json!({"nonce": "1"})),
    ]
}

/// Where in a value something can be replaced.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    if let Value::Object(map) = value {
        for (key, inner) in map {
            pointers(inner, &format!("{at}/{}", key.replace('/', "~1")), found);
        }
    }
}

fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(holds_nul),
        Value::Object(map) => map.iter().any(|(key, value)| key.contains('\0') || holds_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

proptest! {
    #[test]
    fn an_event_spoiled_anywhere_costs_nothing_but_itself(
        which in 0..8_usize, place in any::<proptest::sample::Index>(), with_what in any_json()
    ) {
        let good = event("m.room.message", &json!({"msgtype": "m.text", "body": "good"}));
        let mut bad = whole_events().swap_remove(which);
        let mut places = Vec::new();
        pointers(&bad, "", &mut places);
        *bad.pointer_mut(place.get::<String>(&places)).unwrap() = with_what;
        let body = serde_json::to_vec(&json!({"events": [good, bad, good]})).unwrap();
        let parsed = parse_transaction(&body, ours).unwrap();
        let is_good = |event: &&RoomEvent| {
            matches!(&event.what, RoomAct::Message { body, .. } if body == "good")
        };
        prop_assert!(parsed.events.iter().filter(is_good).count() >= 2);
        prop_assert!(parsed.events.len() + parsed.skipped <= 3);
        prop_assert!(!holds_nul(&json!(parsed.events)), "a NUL goes into no database");
    }

    #[test]
    fn no_body_makes_it_panic(body in any::<Vec<u8>>(), json in "[\\[\\]{}:,\"a-z0-9\\\\]{0,60}") {
        let _ = parse_transaction(&body, ours);
        let _ = parse_transaction(format!("{{\"events\":[{json}]}}").as_bytes(), ours);
    }
}
