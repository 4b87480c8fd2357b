//! What the registration says, and how an older one is known.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use super::*;

fn registration() -> Registration {
    Registration {
        id: "switchroom".to_owned(),
        url: "http://127.0.0.1:29300".parse().unwrap(),
        domain: "desk.test".try_into().unwrap(),
        bot_localpart: "switchroom".to_owned(),
        sender_localpart: "switchroom_appservice".to_owned(),
        ghost_prefix: "sms_".to_owned(),
    }
}

fn tokens(path: &Path) -> (String, String) {
    let tokens = load(path).unwrap();
    (tokens.as_token.expose_secret().to_owned(), tokens.hs_token.expose_secret().to_owned())
}

#[test]
fn the_homeserver_reads_what_it_needs() {
    let tokens = Tokens { as_token: "12e5".into(), hs_token: "0777".into() };
    let yaml: Value = serde_saphyr::from_str(&registration().to_yaml(&tokens)).unwrap();
    let expected = json!({
        "id": "switchroom", "url": "http://127.0.0.1:29300", "as_token": "12e5", "hs_token": "0777",
        "sender_localpart": "switchroom_appservice", "rate_limited": false, "receive_ephemeral": true,
        "de.sorunome.msc2409.push_ephemeral": true, "io.element.msc4190": true, "org.matrix.msc3202": true,
        "namespaces": {"rooms": [], "aliases": [{"exclusive": true, "regex": r"^#switchroom_.*:desk\.test$"}],
            "users": [{"exclusive": true, "regex": r"^@sms_.*:desk\.test$"},
                {"exclusive": true, "regex": r"^@switchroom:desk\.test$"},
                {"exclusive": true, "regex": r"^@switchroom_appservice:desk\.test$"}]},
    });
    assert_eq!(yaml, expected);
}

#[test]
fn it_is_written_once_for_its_owner_with_good_tokens() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("registration.yaml");
    assert_eq!(registration().write(&path, false).unwrap(), Written::New);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let first = tokens(&path);
    assert_eq!((first.0.len(), first.1.len()), (64, 64));
    assert_ne!(first.0, first.1);
    assert!(matches!(registration().write(&path, false), Err(RegistrationError::Exists { .. })));
    assert_eq!(tokens(&path), first);
}

#[test]
fn written_anew_it_keeps_its_tokens_and_its_mode() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("registration.yaml");
    assert_eq!(registration().write(&path, true).unwrap(), Written::New);
    let first = tokens(&path);
    fs::write(folder.path().join("registration.yaml.new"), "of an interrupted try").unwrap();
    let moved = Registration { id: "moved".to_owned(), ..registration() };
    assert_eq!(moved.write(&path, true).unwrap(), Written::Renewed);
    assert_eq!(tokens(&path), first);
    assert!(fs::read_to_string(&path).unwrap().contains("id: \"moved\""));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_file_that_is_no_registration_is_named_and_never_quoted_or_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("registration.yaml");
    assert!(matches!(load(&path), Err(RegistrationError::Missing { .. })));
    assert!(matches!(load(folder.path()), Err(RegistrationError::Read { .. })));
    let cases = ["as_token: s3cret", "as_token: s3cret\nhs_token: [s3cret]", "s3cret", "", "\u{0}: {s3cret"];
    for text in cases {
        fs::write(&path, text).unwrap();
        let error = registration().write(&path, true).unwrap_err();
        assert!(matches!(error, RegistrationError::NotARegistration { .. }), "{text}");
        assert!(!format!("{error} {error:?}").contains("s3cret"));
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
    for text in ["as_token: ''\nhs_token: b", "as_token: a\nhs_token: a"] {
        fs::write(&path, text).unwrap();
        assert!(matches!(load(&path), Err(RegistrationError::WeakTokens { .. })), "{text}");
    }
}

#[test]
fn what_a_file_says_otherwise_is_told_by_its_keys() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("registration.yaml");
    registration().write(&path, false).unwrap();
    let mut text = fs::read_to_string(&path).unwrap();
    text.push_str("own: 1\n");
    fs::write(&path, text).unwrap();
    assert_eq!(registration().differences(&path).unwrap(), Vec::<String>::new());
    let url = "http://elsewhere:1".parse().unwrap();
    let moved = Registration { url, ghost_prefix: "tel_".to_owned(), ..registration() };
    assert_eq!(moved.differences(&path).unwrap(), ["namespaces", "url"]);
    fs::write(&path, "as_token: a\nhs_token: b\n").unwrap();
    assert!(registration().differences(&path).unwrap().contains(&"id".to_owned()));
    fs::write(&path, "[]").unwrap();
    assert!(matches!(registration().differences(&path), Err(RegistrationError::NotARegistration { .. })));
}

#[test]
fn an_older_registration_is_known_by_its_sender_and_renewed_with_its_tokens() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("registration.yaml");
    let older = Registration { sender_localpart: "switchroom".to_owned(), ..registration() };
    older.write(&path, false).unwrap();
    assert!(registration().is_older(&path).unwrap());
    assert!(registration().differences(&path).unwrap().contains(&"sender_localpart".to_owned()));
    let first = tokens(&path);
    assert_eq!(registration().write(&path, true).unwrap(), Written::Renewed);
    assert!(!registration().is_older(&path).unwrap());
    assert_eq!(tokens(&path), first);
    fs::write(&path, "as_token: a\nhs_token: b\n").unwrap();
    assert!(!registration().is_older(&path).unwrap());
    assert!(registration().is_older(&folder.path().join("missing.yaml")).is_err());
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let nowhere = Path::new("/nonexistent/registration.yaml");
    assert!(matches!(registration().write(nowhere, false), Err(RegistrationError::Write { .. })));
}

#[test]
fn names_are_no_patterns() {
    assert_eq!(escape("a.b+c(d)[::1]:8448-x_y"), r"a\.b\+c\(d\)\[::1\]:8448-x_y");
}

#[test]
fn the_advice_is_config_that_can_be_pasted() {
    let text = homeserver_advice(&["/etc/switchroom/registration.yaml".into(), "/etc/agents.yaml".into()]);
    let config: Value = serde_saphyr::from_str(text.split_once("\n\n").unwrap().1).unwrap();
    assert_eq!(
        config["app_service_config_files"],
        json!(["/etc/switchroom/registration.yaml", "/etc/agents.yaml"])
    );
    assert!(
        config["rc_joins"]["local"]["burst_count"].is_u64() && config["rc_message"]["per_second"].is_u64()
    );
    assert_eq!(config["forgotten_room_retention_period"], "7d");
    assert_eq!(config["redaction_retention_period"], "7d");
}
