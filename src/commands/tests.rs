use std::collections::BTreeSet;
use std::fmt::Write as _;

use proptest::prelude::*;
use ruma::UserId;

use super::command::all;
use super::*;
use crate::domain::agent::{AgentRef, Permission, Role};
use crate::domain::ids::AgentId;
use crate::domain::response::ACTIONS;

#[test]
fn every_command_is_found_by_its_names_and_no_name_means_two() {
    let mut names = BTreeSet::new();
    for command in all(GROUPS) {
        for name in std::iter::once(command.name).chain(command.aliases.iter().copied()) {
            assert!(names.insert(name), "{name} twice");
            assert!(name == "?" || name.bytes().all(|byte| byte.is_ascii_lowercase()), "{name}");
            assert_eq!(find(GROUPS, name).unwrap().name, command.name);
            assert_eq!(find(GROUPS, &name.to_uppercase()).unwrap().name, command.name);
        }
        assert!(command.usage().starts_with(command.name) && !command.does.is_empty());
    }
}

#[test]
fn every_command_that_a_response_may_run_is_one_that_changes_the_conversation() {
    for name in ACTIONS {
        let command = find(GROUPS, name).unwrap();
        assert_eq!(command.name, name, "no response may name a command by a shorter name");
        assert!(!matches!(command.who, Who::Supervisors | Who::Admins), "{name}");
    }
}

#[test]
fn what_is_wrong_with_a_command_is_answered_with_the_form_that_was_tried() {
    for (name, typed, usage) in [
        ("contact", "set", "contact set <field> <value>"),
        ("contact", "UNSET", "contact unset <field>"),
        ("contact", "assign", "contact assign [contact]"),
        ("contact", "split now", "contact split"),
        ("case", "unset", "case unset <key>"),
        ("setting", "set retention_sms_days x", "setting set <name> <value>"),
        ("block", "7x", "block [2h | 7d | forever] [reason]"),
    ] {
        assert_eq!(find(GROUPS, name).unwrap().usage_as(typed), usage);
    }
    for typed in ["", "sett name Jane", "page"] {
        let contact = find(GROUPS, "contact").unwrap();
        assert_eq!(contact.usage_as(typed), contact.usage(), "{typed}");
    }
}

#[test]
fn a_slip_of_the_finger_is_understood_and_nonsense_is_not() {
    for (typed, meant) in [("acept", "accept"), ("dnoe", "done"), ("REAYD", "ready"), ("hlep", "help")] {
        assert_eq!(nearest(GROUPS, typed).map(|command| command.name), Some(meant), "{typed}");
    }
    assert!(nearest(GROUPS, "abracadabra").is_none());
}

/// Every right there is, and the roles, as those who have nothing else.
fn people() -> Vec<(String, Agent)> {
    let person = |roles: &[Role], permissions: &[Permission]| Agent {
        roles: roles.to_vec(),
        permissions: permissions.iter().copied().collect(),
        ..Agent::new(AgentRef {
            id: AgentId::new("eve"),
            user: UserId::parse("@eve:desk.test").unwrap(),
            name: "Eve".to_owned(),
        })
    };
    let roles = [
        ("nothing", person(&[], &[])),
        ("agent", person(&[Role::Agent], &[])),
        ("supervisor", person(&[Role::Supervisor], &[])),
        ("admin", person(&[Role::Admin], &[])),
    ];
    let permissions = Permission::all().into_iter().map(|permission| {
        let word = serde_json::to_value(permission).unwrap().as_str().unwrap().to_owned();
        (word, person(&[], &[permission]))
    });
    roles.map(|(word, person)| (word.to_owned(), person)).into_iter().chain(permissions).collect()
}

#[test]
fn each_command_is_for_these_roles_and_permissions_and_no_others() {
    let people = people();
    let mut table = String::new();
    for command in all(GROUPS) {
        let mut may: Vec<_> = people
            .iter()
            .filter(|(_, person)| command.who.includes(person))
            .map(|(right, _)| right.as_str())
            .collect();
        if may.len() == people.len() {
            may = vec!["every agent"];
        }
        writeln!(table, "{}: {}", command.name, may.join(", ")).unwrap();
    }
    insta::assert_snapshot!(table);
}

proptest! {
    #[test]
    fn any_name_is_a_command_or_none(name in any::<String>()) {
        if let Some(command) = find(GROUPS, &name) {
            prop_assert!(command.is_called(&name.to_lowercase()));
        }
        let _ = nearest(GROUPS, &name);
    }

    #[test]
    fn only_what_looks_like_the_id_of_an_interaction_names_one(text in any::<String>()) {
        if let Some(id) = crate::acts::ids::interaction_id(&text) {
            prop_assert!(id.as_str().starts_with("i-") && (6..=14).contains(&id.as_str().len()));
            prop_assert!(id.as_str().bytes().all(|byte| byte == b'-' || byte.is_ascii_alphanumeric()));
        }
    }
}
