//! The demo, as a newcomer sees it.

use std::path::Path;

use switchroom::demo::{DemoOptions, play_to};

/// What must be seen at the phone, in this order, each on one line of it.
const AT_THE_PHONE: [&str; 5] = [
    "Jane: Hi! Where is my order",
    "Desk: Hello Jane",
    "Jane: [picture]",
    "Desk: It left this morning",
    "Jane: Great",
];
/// The same for the agent's client.
const IN_THE_CLIENT: [&str; 18] = [
    "in “Switchroom”",
    "Alice: !ready",
    "Alice Doe, you are ready for texts and",
    "+1 415 555 0100 texts support:",
    "Hi! Where is my order 4711? 🙂",
    "Jane: Hi! Where is my order 4711?",
    "is yours now",
    "Alice: Hello Jane",
    "✓ under “Hello Jane",
    "Jane: [picture]",
    "Alice: !- Called the depot",
    "Alice: !doen",
    "Did you mean !done?",
    "Alice deletes “No idea",
    "Alice: It left this morning",
    "✓ under “It left",
    "Bot: Done with",
    "you are not ready",
];

async fn printed(dir: &Path) -> String {
    let mut out = Vec::new();
    let options = DemoOptions { dir: Some(dir.to_owned()), exit_after_story: true };
    play_to(options, &mut out).await.unwrap();
    String::from_utf8(out).unwrap()
}

/// The two sides of what was printed.
fn sides(printed: &str) -> (Vec<&str>, Vec<&str>) {
    printed.lines().filter_map(|line| line.split_once('│')).unzip()
}

fn assert_in_order(lines: &[&str], expected: &[&str]) {
    let mut rest = lines.iter();
    for part in expected {
        assert!(
            rest.any(|line| line.contains(part)),
            "{part:?} is missing, or not in its place:\n{}",
            lines.join("\n")
        );
    }
}

#[tokio::test]
async fn the_demo_shows_both_sides_and_what_is_internal_stays_on_one() {
    let dir = tempfile::tempdir().unwrap();
    let printed = printed(dir.path()).await;
    let (phone, client) = sides(&printed);
    assert_in_order(&phone, &AT_THE_PHONE);
    assert_in_order(&client, &IN_THE_CLIENT);
    let at_phone = phone.join("\n");
    for internal in ["!-", "depot", "!doen", "!done", "No idea", "courier", "Bot"] {
        assert!(!at_phone.contains(internal), "{internal} at the phone:\n{at_phone}");
    }
    assert!(!printed.contains('\x1b'));
}
