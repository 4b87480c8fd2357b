//! Files that nobody would write, and none that can be read.

use super::mistakes::mistakes;
use super::*;

#[test]
fn hostile_files_are_refused_with_one_clear_mistake() {
    let nested = format!("desk: {}{}", "[".repeat(100_000), "]".repeat(100_000));
    let blocks = (0..100).map(|depth| " ".repeat(depth) + "a:").collect::<Vec<_>>().join("\n");
    let bomb = "a: &a [x,x,x,x]\nb: &b [*a,*a,*a,*a]\nc: [*b,*b,*b,*b]\n";
    let table: &[(&[u8], &str)] = &[
        (b"", "c.yaml:1:1: the file is empty"),
        (b"# nothing\n", "c.yaml:1:1: the file is empty"),
        (b"a: 1\nb: \xff\n", "c.yaml:2:4: the file holds bytes that are not UTF-8 text"),
        (
            &vec![b'a'; MAX_BYTES + 1],
            "c.yaml:1:1: the file is larger than 1 MiB, which no configuration needs",
        ),
        (
            bomb.as_bytes(),
            "c.yaml:1:7: a: YAML anchors and aliases are not used here; put text that begins with & or * in quotation marks",
        ),
        (nested.as_bytes(), "c.yaml:1:"),
        (blocks.as_bytes(), "c.yaml:"),
        (b"a: \"unfinished", "c.yaml:1:"),
        (b"a: b: c", "c.yaml:1:"),
        (b"a: @alice", "c.yaml:1:4: "),
        (b"a: \0", "c.yaml:1:"),
    ];
    for (bytes, expected) in table {
        let Err(ConfigError::Invalid(mistakes)) = Config::parse_bytes("c.yaml", bytes, &no_env) else {
            panic!("accepted: {expected}")
        };
        let [mistake] = &mistakes[..] else { panic!("{mistakes:?}") };
        let shown = mistake.to_string();
        assert!(shown.starts_with(expected), "{shown} is not {expected}");
        assert!(shown.len() < 300 && !shown.contains(char::is_control), "{shown:?}");
    }
}

#[test]
fn a_file_of_many_values_is_refused() {
    let text = format!("a: [{}]", "1,".repeat(60_000));
    assert!(mistakes(&text)[0].ends_with("the file holds more than 50000 values"));
}

#[test]
fn messages_stay_on_one_line_and_short() {
    let found =
        mistakes(&format!("{MINIMAL}desk: {{\"a\\nb\\e[31m\": 1, locale: \"{}\\r\\n\"}}", "é".repeat(5000)));
    assert_eq!(found.len(), 2);
    for message in found {
        assert!(message.len() < 300 && !message.contains(char::is_control), "{message:?}");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let error = Config::load(Path::new("/nonexistent/c.yaml")).unwrap_err();
    assert_eq!(error.to_string(), "cannot read the configuration file /nonexistent/c.yaml");
}

proptest::proptest! {
    /// Whatever the bytes, there is a configuration or at least one mistake, and no panic.
    #[test]
    fn any_bytes_give_a_configuration_or_mistakes(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..400)) {
        if let Err(ConfigError::Invalid(mistakes)) = Config::parse_bytes("c", &bytes, &no_env) {
            proptest::prop_assert!(!mistakes.is_empty());
        }
    }

    /// The file in the project with a piece cut out or put elsewhere.
    #[test]
    fn a_damaged_file_gives_a_configuration_or_mistakes(from in 0..FILE.len(), len in 0..200_usize, to in 0..FILE.len()) {
        let bytes = FILE.as_bytes();
        let end = bytes.len().min(from + len);
        let mut damaged = [&bytes[..from], &bytes[end..]].concat();
        damaged.splice(to.min(damaged.len()).., bytes[from..end].iter().copied());
        if let Err(ConfigError::Invalid(mistakes)) = Config::parse_bytes("c", &damaged, &no_env) {
            proptest::prop_assert!(!mistakes.is_empty());
        }
    }
}
