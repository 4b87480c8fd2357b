use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

#[test]
fn every_command_is_found_by_its_names_and_no_name_means_two() {
    let mut names = BTreeSet::new();
    for command in all() {
        for name in std::iter::once(command.name).chain(command.aliases.iter().copied()) {
            assert!(names.insert(name), "{name} twice");
            assert!(name == "?" || name.bytes().all(|byte| byte.is_ascii_lowercase()), "{name}");
            assert_eq!(find(name).unwrap().name, command.name);
            assert_eq!(find(&name.to_uppercase()).unwrap().name, command.name);
        }
        assert!(command.usage().starts_with(command.name) && !command.does.is_empty());
    }
}

#[test]
fn a_slip_of_the_finger_is_understood_and_nonsense_is_not() {
    for (typed, meant) in [("acept", "accept"), ("dnoe", "done"), ("REAYD", "ready"), ("hlep", "help")] {
        assert_eq!(nearest(typed).map(|command| command.name), Some(meant), "{typed}");
    }
    assert!(nearest("abracadabra").is_none());
}

proptest! {
    #[test]
    fn any_name_is_a_command_or_none(name in any::<String>()) {
        if let Some(command) = find(&name) {
            prop_assert!(command.is_called(&name.to_lowercase()));
        }
        let _ = nearest(&name);
    }

    #[test]
    fn only_what_looks_like_the_id_of_an_interaction_names_one(text in any::<String>()) {
        if let Some(id) = crate::desk::interaction_id(&text) {
            prop_assert!(id.as_str().starts_with("i-") && (6..=14).contains(&id.as_str().len()));
            prop_assert!(id.as_str().bytes().all(|byte| byte == b'-' || byte.is_ascii_alphanumeric()));
        }
    }
}
