use serde_json::json;

use super::*;

const GHOST: &str = "@sms_k3v9a7q2xz:desk.test";
/// A name they went by, which others write too.
const NAME: &str = "Wrong Number";

fn event(event_type: &str, content: &Value) -> Event {
    with(event_type, content, &json!({}))
}

fn with(event_type: &str, content: &Value, more: &Value) -> Event {
    let mut event = json!({
        "event_id": "$e", "sender": "@alice:desk.test", "type": event_type, "content": content,
        "origin_server_ts": 1, "room_id": "!r:desk.test",
    });
    for (name, value) in more.as_object().unwrap() {
        event[name] = value.clone();
    }
    Event::read(&event.to_string()).unwrap()
}

fn redacted(reason: &str) -> Value {
    json!({"unsigned": {"redacted_because": {"content": {"reason": reason}}}})
}

/// What is done about an event, in a room of theirs and in one of others.
fn both(event: &Event, seen: &[&str]) -> (Trace, Trace) {
    let job = ErasureId::new("e-7f3k2");
    let words = Words::new(["Jane Doe", GHOST]);
    let names = Words::new([NAME]);
    let about = About { words: vec![], names: vec![], ghosts: vec![OwnedUserId::try_from(GHOST).unwrap()] };
    let seen = seen.iter().map(ToString::to_string).collect();
    let reading = Reading {
        job: &job,
        words: &words,
        names: &names,
        by_customer: event.sender != "@alice:desk.test",
        about: &about,
        seen: &seen,
        until: Millis(1_000),
    };
    (reading.in_room_of_theirs(event), reading.in_room_of_others(event))
}

fn redact() -> Trace {
    Trace::Redact { by_itself: true, original: None }
}

fn as_reply() -> Trace {
    Trace::Redact { by_itself: false, original: None }
}

#[test]
fn in_a_room_of_theirs_everything_with_content_goes_and_elsewhere_only_what_tells_of_them() {
    let text = |body: &str| event("m.room.message", &json!({"msgtype": "m.text", "body": body}));
    assert_eq!(both(&text("hello"), &[]), (redact(), Trace::Nothing));
    assert_eq!(both(&text("jane doe called"), &[]), (redact(), redact()));
    let by_ghost = with("m.room.message", &json!({"body": "hello"}), &json!({"sender": GHOST}));
    assert_eq!(both(&by_ghost, &[]), (redact(), redact()));
    let reaction = |of: &str, key: &str| {
        let relation = json!({"rel_type": "m.annotation", "event_id": of, "key": key});
        event("m.reaction", &json!({"m.relates_to": relation}))
    };
    assert_eq!(both(&reaction("$x", "Jane Doe"), &[]), (redact(), redact()));
    assert_eq!(both(&reaction("$x", "✅"), &[]), (redact(), Trace::Nothing));
    assert_eq!(both(&reaction("$x", "✅"), &["$x"]), (redact(), as_reply()));
}

#[test]
fn how_a_room_works_is_left_and_so_is_what_holds_nothing() {
    for (event_type, content) in [
        ("m.room.create", json!({"room_version": "12", "x": "Jane Doe"})),
        ("m.room.power_levels", json!({"users": {}})),
        ("m.room.name", json!({})),
        ("m.room.member", json!({"membership": "leave"})),
        ("m.room.redaction", json!({"redacts": "$x"})),
        ("m.room.redaction", json!({"redacts": "$x", "reason": "erased, e-7f3k2"})),
        ("m.room.message", json!(null)),
    ] {
        let event = with(event_type, &content, &json!({"state_key": ""}));
        assert_eq!(both(&event, &[]), (Trace::Nothing, Trace::Nothing), "{event_type} {content}");
    }
    let member = json!({"membership": "join", "displayname": "Jane Doe"});
    let joined = with("m.room.member", &member, &json!({"state_key": GHOST, "sender": GHOST}));
    assert_eq!(both(&joined, &[]), (redact(), redact()));
    let why = event("m.room.redaction", &json!({"redacts": "$x", "reason": "wrong, it was Jane Doe"}));
    assert_eq!(both(&why, &[]), (redact(), redact()));
}

#[test]
fn what_was_redacted_is_known_again_and_by_whom() {
    for (reason, expected) in [
        ("erased, e-7f3k2", Trace::Redacted { by_itself: true }),
        ("a reply to something erased, e-7f3k2", Trace::Redacted { by_itself: false }),
        ("erased, e-22222", Trace::Nothing),
        ("a typo", Trace::Nothing),
    ] {
        let event = with("m.room.message", &json!({}), &redacted(reason));
        assert_eq!(both(&event, &[]), (expected.clone(), expected), "{reason}");
    }
}

#[test]
fn what_stood_there_before_is_not_shown_beside_what_took_its_place() {
    let after = |event_type: &str, before: &Value| {
        with(event_type, &json!({}), &json!({"state_key": "", "unsigned": {"prev_content": before}}))
    };
    assert_eq!(both(&after("m.room.name", &json!({"name": "Jane Doe"})), &[]), (redact(), redact()));
    assert_eq!(both(&after("m.room.name", &json!({"name": "Lunch"})), &[]), (redact(), Trace::Nothing));
    assert_eq!(both(&after("m.room.name", &json!({})), &[]), (Trace::Nothing, Trace::Nothing));
    let joined = json!({"membership": "join"});
    assert_eq!(both(&after("m.room.member", &joined), &[]), (Trace::Nothing, Trace::Nothing));
    let levels = json!({"users": {"Jane Doe": 1}});
    assert_eq!(both(&after("m.room.power_levels", &levels), &[]), (Trace::Nothing, Trace::Nothing));
}

#[test]
fn an_invite_goes_where_the_room_showed_something_of_them_since_that_is_kept_beside_it() {
    let invite =
        with("m.room.member", &json!({"membership": "invite"}), &json!({"state_key": "@bob:desk.test"}));
    assert_eq!(both(&invite, &[]), (redact(), Trace::Nothing));
    assert_eq!(both(&invite, &["shown:!r:desk.test"]), (redact(), as_reply()));
    assert_eq!(invite.depends_on(), ["$e", "shown:!r:desk.test"]);
    let name = with("m.room.name", &json!({"name": "Jane Doe"}), &json!({"state_key": ""}));
    assert_eq!(name.shows().as_deref(), Some("shown:!r:desk.test"));
    assert_eq!(event("m.room.message", &json!({"body": "x"})).shows(), None);
}

#[test]
fn what_a_state_is_overwritten_with_holds_nothing() {
    for event_type in SHOWN {
        let blanked = with(event_type, &blank(event_type), &json!({"state_key": ""}));
        assert_eq!(both(&blanked, &[]), (Trace::Nothing, Trace::Nothing), "{event_type}");
    }
}

#[test]
fn edits_and_replies_go_with_what_they_are_about() {
    let edit = |body: &str| {
        let relation = json!({"rel_type": "m.replace", "event_id": "$first"});
        event("m.room.message", &json!({"m.new_content": {"body": body}, "m.relates_to": relation}))
    };
    let with_original = Trace::Redact { by_itself: true, original: Some("$first".try_into().unwrap()) };
    assert_eq!(both(&edit("Jane Doe"), &[]).1, with_original);
    assert_eq!(both(&edit("nobody"), &[]).1, Trace::Nothing);
    assert_eq!(both(&edit("nobody"), &["$first"]).1, as_reply());

    let reply = |more: Value| {
        let mut relation = json!({"m.in_reply_to": {"event_id": "$first"}});
        for (name, value) in more.as_object().unwrap() {
            relation[name] = value.clone();
        }
        event("m.room.message", &json!({"body": "she is angry", "m.relates_to": relation}))
    };
    assert_eq!(both(&reply(json!({})), &["$first"]).1, as_reply());
    assert_eq!(both(&reply(json!({})), &["$other"]).1, Trace::Nothing);
    let thread = json!({"rel_type": "m.thread", "event_id": "$root", "is_falling_back": true});
    assert_eq!(both(&reply(thread), &["$first", "$root"]).1, Trace::Nothing);
    let in_thread = json!({"rel_type": "m.thread", "event_id": "$root", "is_falling_back": false});
    assert_eq!(both(&reply(in_thread), &["$first"]).1, as_reply());
}

#[test]
fn the_receipt_stays_though_it_answers_a_command_that_names_them() {
    let relation = json!({"m.in_reply_to": {"event_id": "$command"}});
    let notice = |id: &str| {
        let content = json!({"body": "done", "org.switchroom.notice": {"code": "erased", "id": id}, "m.relates_to": relation});
        event("m.room.message", &content)
    };
    assert_eq!(both(&notice("e-7f3k2"), &["$command"]).1, Trace::Nothing);
    assert_eq!(both(&notice("e-22222"), &["$command"]).1, as_reply());
}

#[test]
fn what_is_encrypted_is_redacted_in_a_room_of_theirs_and_cannot_be_judged_elsewhere() {
    let content = json!({"ciphertext": "x", "m.relates_to": {"m.in_reply_to": {"event_id": "$first"}}});
    let event = event("m.room.encrypted", &content);
    assert_eq!(both(&event, &[]), (redact(), Trace::Encrypted));
    assert_eq!(both(&event, &["$first"]), (redact(), as_reply()));
}

#[test]
fn files_are_found_wherever_they_stand_but_not_those_of_people() {
    let content = json!({
        "url": "mxc://desk.test/a", "file": {"url": "mxc://desk.test/b"},
        "info": {"thumbnail_url": "mxc://desk.test/c"}, "body": "see mxc://desk.test/d",
    });
    let picture = event("m.room.message", &content);
    let mut files = picture.files();
    files.sort_unstable();
    assert_eq!(files, ["mxc://desk.test/a", "mxc://desk.test/b", "mxc://desk.test/c"]);
    assert_eq!(both(&picture, &["mxc://desk.test/b"]).1, redact());
    let face = json!({"membership": "join", "avatar_url": "mxc://desk.test/face"});
    assert!(event("m.room.member", &face).files().is_empty());
    assert!(event("m.sticker", &json!({"url": "mxc://desk.test/cat"})).files().is_empty());
}

#[test]
fn nothing_hides_in_a_content_that_is_too_deep_to_be_read() {
    let deep = |body: &str| {
        let content = format!("{}\"{body}\"{}", "{\"a\":".repeat(500), "}".repeat(500));
        let event = format!(
            "{{\"event_id\":\"$e\",\"sender\":\"@alice:desk.test\",\"type\":\"m.room.message\",\"content\":{content}}}"
        );
        Event::read(&event).unwrap()
    };
    assert_eq!(both(&deep("Jane Doe"), &[]), (redact(), redact()));
    assert_eq!(both(&deep("nobody"), &[]), (redact(), Trace::Nothing));
}

#[test]
fn what_is_no_event_is_none() {
    for text in ["", "[]", "{}", "{\"event_id\": 7}"] {
        assert!(Event::read(text).is_none());
    }
}

#[test]
fn what_is_said_after_the_erasure_is_of_somebody_new_unless_it_brings_back_what_was_said_before() {
    let said = |at: u64, content: Value| with("m.room.message", &content, &json!({"origin_server_ts": at}));
    let offer = json!({"msgtype": "m.text", "body": "Jane Doe writes"});
    assert_eq!(both(&said(1_000, offer.clone()), &[]), (redact(), redact()));
    assert_eq!(both(&said(1_001, offer.clone()), &[]), (redact(), Trace::Nothing));
    let when_unknown = with("m.room.message", &offer, &json!({"origin_server_ts": "soon"}));
    assert_eq!(both(&when_unknown, &[]), (redact(), redact()));
    let hidden = with("m.room.encrypted", &json!({"ciphertext": "x"}), &json!({"origin_server_ts": 1_001}));
    assert_eq!(both(&hidden, &[]), (redact(), Trace::Nothing));

    let reply = json!({"body": "who?", "m.relates_to": {"m.in_reply_to": {"event_id": "$x"}}});
    assert_eq!(both(&said(1_001, reply.clone()), &["$x"]), (redact(), as_reply()));
    assert_eq!(both(&said(1_001, reply), &[]), (redact(), Trace::Nothing));
    let renamed = json!({"origin_server_ts": 1_001, "state_key": "",
        "unsigned": {"prev_content": {"name": "Consult: Jane Doe"}}});
    assert_eq!(both(&with("m.room.name", &json!({"name": ""}), &renamed), &[]), (redact(), redact()));
}

#[test]
fn by_a_name_goes_what_colleagues_wrote_and_nothing_that_a_customer_did() {
    let text = json!({"msgtype": "m.text", "body": "You wrote from the wrong number"});
    let by = |sender: &str| with("m.room.message", &text, &json!({"sender": sender}));
    assert_eq!(both(&by("@alice:desk.test"), &[]).1, redact());
    assert_eq!(both(&by("@sms_another:desk.test"), &[]).1, Trace::Nothing);
}

#[test]
fn what_the_desk_has_taken_out_of_its_transcript_is_redacted_whatever_it_says() {
    let vague = event("m.room.message", &json!({"msgtype": "m.text", "body": "about that one"}));
    assert_eq!(both(&vague, &[]).1, Trace::Nothing);
    assert_eq!(both(&vague, &["$e"]).1, redact());
}
