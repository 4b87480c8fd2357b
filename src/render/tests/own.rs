//! Templates of a desk's own, good ones and bad ones.

use super::*;

/// The error a folder with this file leads to, with all its causes.
fn load_error(file: &str, text: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(file), text).unwrap();
    format!("{:#}", anyhow::Error::from(Templates::load(Some(folder.path()), &settings()).unwrap_err()))
}

#[test]
fn a_file_in_the_desks_folder_takes_the_place_of_ours() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("not_owner.txt"), "Not yours.\n").unwrap();
    std::fs::write(folder.path().join(".not_owner.txt.swp"), "{{").unwrap();
    let templates = Templates::load(Some(folder.path()), &settings()).unwrap();
    let said = templates.notice(&Says::NotOwner.plainly()).unwrap();
    assert_eq!(said.plain, "Not yours.");
    assert!(said.html.contains("Only the owner"));
}

#[test]
fn a_template_that_does_not_parse_is_named_with_its_line() {
    let error = load_error("done.txt", "one\n{{ contact\n");
    assert!(error.contains("done.txt, line 2: "), "{error}");
}

#[test]
fn a_template_that_asks_for_what_is_not_there_is_named_with_its_line() {
    let error = load_error("done.html", "one\n\n{{ contcat }}");
    assert!(error.contains("done.html, line 3: ") & error.contains("contcat"), "{error}");
}

#[test]
fn a_template_that_says_nothing_is_named() {
    let error = load_error("message_held_back.txt", "{% if why == 'late' %}Late.{% endif %}");
    assert!(
        error.contains("message_held_back.txt says nothing for") & error.contains("not_owner"),
        "{error}"
    );
}

#[test]
fn a_misnamed_template_is_answered_with_the_right_name() {
    let error = load_error("ofer.txt", "x");
    assert!(error.contains("ofer.txt takes the place of no template; did you mean offer.txt?"), "{error}");
    let error = load_error("readme.md", "x");
    assert!(error.ends_with("readme.md takes the place of no template"), "{error}");
}

#[test]
fn a_desks_own_template_cannot_switch_escaping_off() {
    let folder = tempfile::tempdir().unwrap();
    let text =
        "{% autoescape false %}{% set x %}{{ contact }}{% endset %}{{ contact }}{{ x }}{% endautoescape %}";
    std::fs::write(folder.path().join("done.html"), text).unwrap();
    let templates = Templates::load(Some(folder.path()), &settings()).unwrap();
    let says = Says::Done { contact: "<b>".into(), by: String::new(), took_secs: 1, disposition: None };
    assert!(!templates.notice(&says.plainly()).unwrap().html.contains('<'));
    assert!(load_error("done.html", "{{ contact|safe }}").contains("safe"));
    let error = load_error("done.html", "{% include 'done.txt' %}");
    assert!(error.contains("done.html, line 1: ") && error.contains("done.txt"), "{error}");
}

#[test]
fn a_template_that_fails_only_later_is_stood_in_for() {
    let folder = tempfile::tempdir().unwrap();
    let text = "{% if took_secs == 7 %}{{ nobody.knows }}{% else %}Done.{% endif %}";
    std::fs::write(folder.path().join("done.txt"), text).unwrap();
    let templates = Templates::load(Some(folder.path()), &settings()).unwrap();
    let says = Says::Done { contact: "Jane".into(), by: "Alice".into(), took_secs: 7, disposition: None };
    let notice = says.plainly();
    assert!(templates.notice(&notice).is_err());
    assert_eq!(
        templates.content(&notice, &console(), None, None)["body"],
        "Done with Jane after 7 s, closed by Alice."
    );
}
