//! What a file may say of the overflow of queues.

use super::*;
use crate::domain::settings::Table as _;

/// A desk whose first queue overflows like this, on line 4; there are billing and night, which overflows to
/// sales, and sales.
fn desk(steps: &str) -> Result<Config, ConfigError> {
    parse(&format!(
        "{MINIMAL}desk:\n  queues:\n    - {{name: support, overflow: {steps}}}\n    - {{name: billing, skills: [latin]}}\n    \
         - {{name: night, overflow: [{{after_secs: 60, to: sales}}]}}\n    - {{name: sales, overflow: [{{after_secs: 60, to: \
         billing}}]}}\n  routes: [{{name: main, otherwise: support, rules: [{{when: {{keywords: [a]}}, queue: support, skills: \
         [french]}}]}}]\n  agents: [{{id: alice, user: '@alice:desk.test', skills: [german]}}]\n"
    ))
}

fn mistakes(steps: &str) -> Vec<String> {
    match desk(steps) {
        Err(ConfigError::Invalid(mistakes)) => mistakes.iter().map(ToString::to_string).collect(),
        other => panic!("{steps}: expected mistakes, got {other:?}"),
    }
}

#[test]
fn steps_are_read_in_their_order_with_what_queues_routes_and_agents_know() {
    let steps = "[{after_secs: 120, to: billing}, {when: nobody_ready, to: night}, {after_secs: 300, drop_skills: [french, \
                 latin, german]}, {after_secs: 1800, text: 'You are number {{ position }}.'}]";
    let config = desk(steps).unwrap();
    let queue = &config.desk.queues[0].1;
    let typed: Vec<String> = queue.overflow.iter().map(ToString::to_string).collect();
    assert_eq!(
        typed,
        [
            "120 to billing",
            "nobody_ready to night",
            "300 drop_skills french, latin, german",
            "1800 text You are number {{ position }}.",
        ]
    );
    assert_eq!(queue.check(), Ok(()));
    assert!(desk("[]").unwrap().desk.queues[0].1.overflow.is_empty());
    assert!(desk("").unwrap().desk.queues[0].1.overflow.is_empty());
}

#[test]
fn a_step_that_makes_no_sense_is_a_mistake_that_says_what_would() {
    for (steps, said) in [
        (
            "[{after_secs: 60, to: biling}]",
            "overflow[0].to: \"biling\" is not a queue; there is billing, night, sales",
        ),
        ("[{after_secs: 60, to: support}]", "overflow[0].to: \"support\" is the queue itself"),
        (
            "[{after_secs: 60, drop_skills: [greek]}]",
            "drop_skills[0]: \"greek\" is not a skill that a queue or a route asks for",
        ),
        ("[{after_secs: -60, to: billing}]", "after_secs: \"-60\" is not a whole number from 1 to 604800"),
        ("[{after_secs: 0, to: billing}]", "after_secs: \"0\" is not a whole number from 1 to 604800"),
        ("[{after_secs: soon, to: billing}]", "after_secs: \"soon\" is not a whole number"),
        ("[{when: full, to: billing}]", "when: \"full\" is not nobody_ready, which is all it can be"),
        ("[{after_secs: 60, when: nobody_ready, to: billing}]", "when: stands beside after_secs"),
        ("[{to: billing}]", "overflow[0]: does not say when; a step has one of after_secs and when"),
        ("[{after_secs: 60}]", "overflow[0]: says nothing to do; a step has one of to, drop_skills and text"),
        ("[{after_secs: 60, to: billing, text: Hi}]", "text: stands beside to; make it a step of its own"),
        ("[{after_secs: 60, too: billing}]", "overflow[0].too: unknown key; did you mean to?"),
        ("[{after_secs: 60, text: 'Hi {{ agent.name }}'}]", "names {{ agent.name }}"),
        ("[{after_secs: 60, drop_skills: []}]", "overflow: is wrong: step 1: say which skills"),
        (
            "[{after_secs: 60, to: billing}, {after_secs: 30, text: Hi}]",
            "step 2: it comes after 30 seconds, and one before",
        ),
        (
            "[60 to billing]",
            "overflow[0]: \"60 to billing\" is not a step; write one like {after_secs: 120, to: billing}",
        ),
        ("soon", "overflow: must be a list, not a single value"),
    ] {
        let all = mistakes(steps);
        assert!(all.iter().any(|mistake| mistake.contains(said)), "{steps}: {all:?}");
        assert!(all.iter().all(|mistake| mistake.contains(":4:")), "{all:?}");
    }
    let many = format!("[{}]", ["{after_secs: 60, to: billing}"; 11].join(", "));
    assert!(mistakes(&many)[0].contains("there are 11 steps, and there may be 10"));
}

#[test]
fn a_way_back_is_a_mistake_wherever_it_begins() {
    let file = "desk:\n  queues:\n    - {name: a, overflow: [{after_secs: 1, to: b}]}\n    - {name: b, overflow: [{when: \
                nobody_ready, to: c}]}\n    - {name: c, overflow: [{after_secs: 9, to: a}]}\n";
    let Err(ConfigError::Invalid(mistakes)) = parse(&format!("{MINIMAL}{file}")) else {
        panic!("it is a circle")
    };
    let mistakes: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
    assert_eq!(mistakes.len(), 3, "{mistakes:?}");
    assert!(
        mistakes[0].contains("\"b\" leads back here: a → b → c → a; take one of these steps out"),
        "{mistakes:?}"
    );
}
