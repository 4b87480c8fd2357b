use proptest::prelude::*;
use serde_json::json;

use super::*;

fn jane() -> Words {
    Words::new([
        "+14155550100",
        "+1 415 555 0100",
        "(415) 555-0100",
        "Jane Doe",
        "Zoë",
        "jane@x.test",
        "c-9x2m4",
        "@sms_k3v9a7q2xz:desk.test",
        "74454",
        "•••0100",
    ])
}

#[test]
fn a_number_is_found_in_any_spelling_and_not_inside_a_longer_one() {
    for (text, tells) in [
        ("call +14155550100!", true),
        ("call +1 (415) 555-0100", true),
        ("1-415-555-0100", true),
        ("001 415 555 0100", true),
        ("01114155550100", true),
        ("(415)555.0100", true),
        ("tel:+14155550100,", true),
        ("＋１４１５５５５０１００", true),
        ("٤١٥ ٥٥٥ ٠١٠٠", true),
        ("4\u{200b}155\u{202e}550100", true),
        ("+141555501001", false),
        ("9914155550100", false),
        ("order 24155550100", false),
        ("4155550100a", false),
        ("a4155550100", false),
        ("é4155550100", false),
        ("4155550100\u{301}", false),
        ("415 5550 100 and 415, 555, 0100", true),
        ("415, 555, 0100 each", false),
        ("415 and 555 and 0100", false),
        ("+1 415 +555 0100", false),
        ("+1 415 555 0101", false),
        ("", false),
    ] {
        assert_eq!(jane().are_in_text(text), tells, "{text:?}");
    }
}

#[test]
fn a_short_code_is_not_put_together_from_groups() {
    for (text, tells) in [
        ("text 74454 now", true),
        ("from 74454.", true),
        ("7 44 54", false),
        ("74 454", false),
        ("174454", false),
        ("744540", false),
    ] {
        assert_eq!(jane().are_in_text(text), tells, "{text:?}");
    }
}

#[test]
fn a_name_is_found_as_a_word_in_whatever_case_and_not_inside_another() {
    for (text, tells) in [
        ("JANE DOE", true),
        ("jane\n\u{a0} doe’s order", true),
        ("Ja\u{ad}ne\u{200d} Doe", true),
        ("\u{202e}Jane Doe\u{202c}", true),
        ("(Jane Doe)", true),
        ("_Jane Doe_", true),
        ("Ｊａｎｅ Ｄｏｅ", true),
        ("zoe\u{308} and ZOË", true),
        ("zoe", false),
        ("Zoë\u{301}", false),
        ("Mary-jane doer", false),
        ("Sejane Doe", false),
        ("Jane Does", false),
        ("Jane and Doe", false),
        ("Jane", false),
        ("see •••0100", true),
        ("see 0100", false),
    ] {
        assert_eq!(jane().are_in_text(text), tells, "{text:?}");
    }
}

#[test]
fn names_of_scripts_without_blanks_are_found_where_they_stand() {
    let words = Words::new(["王伟", "김민수", "สมชาย"]);
    for text in ["请王伟先生来电", "김민수님께", "คุณสมชายโทรมา"] {
        assert!(words.are_in_text(text), "{text}");
    }
    assert!(!words.are_in_text("王先生"));
}

#[test]
fn addresses_and_ids_are_not_pieces_of_others() {
    for (text, tells) in [
        ("<jane@x.test>", true),
        ("Jane@X.TEST.", true),
        ("mary.jane@x.test", false),
        ("maryjane@x.test", false),
        ("jane@x.test.example", false),
        ("jane@x.tests", false),
        ("contact c-9x2m4:", true),
        ("C-9X2M4", true),
        ("c-9x2m45", false),
        ("abc-9x2m4", false),
        ("https://matrix.to/#/@sms_k3v9a7q2xz:desk.test", true),
        ("@sms_k3v9a7q2xz:desk.tests", false),
    ] {
        assert_eq!(jane().are_in_text(text), tells, "{text:?}");
    }
}

#[test]
fn what_html_shows_counts_however_it_is_written() {
    for (html, tells) in [
        ("<b>Jane</b> <i>Doe</i>", true),
        ("Jane<br>Doe", true),
        ("Ja<b>ne</b> Doe", true),
        ("Jane&nbsp;Doe", true),
        ("&#74;ane &#x44;oe", true),
        ("+1 <span data-x='9'>415</span> 555 0100", true),
        ("&#43;14155550100", true),
        ("<p>Jane</p><p>Doe</p>", true),
        ("<p>xJane</p><p>Doe</p>", false),
        ("1 < 2 & Jane Doe", true),
        ("<a href=\"x\">Jane Doer</a>", false),
        ("&bogus; & &#xffffffff; <", false),
    ] {
        assert_eq!(jane().are_in_text(html), tells, "{html:?}");
    }
}

#[test]
fn every_field_of_a_content_is_looked_at_and_nothing_hides_below_too_many() {
    let words = jane();
    for content in [
        json!({"body": "x", "formatted_body": "<b>Jane Doe</b>"}),
        json!({"org.switchroom.notice": {"rows": [{"of": "c-9x2m4"}]}}),
        json!({"Jane Doe": 1}),
        json!({"number": 14_155_550_100_u64}),
    ] {
        assert!(words.are_in(&content), "{content}");
    }
    let mut deep = json!("Jane");
    for _ in 0..60 {
        deep = json!([deep]);
    }
    assert!(!words.are_in(&deep));
    for _ in 0..10 {
        deep = json!({"a": deep});
    }
    assert!(words.are_in(&deep));
    assert!(!words.are_in(&json!({"body": "hello", "n": 415, "ok": true, "none": null})));
}

#[test]
fn a_word_that_is_nothing_tells_of_nobody() {
    let words = Words::new(["", "  ", "\u{200b}", "+", "12"]);
    for text in ["", " ", "a b", "+", "call 112"] {
        assert!(!words.are_in_text(text) || text == "+", "{text:?}");
    }
}

#[test]
// Were each place compared with each other, this would not end while anyone waits for it.
fn an_event_as_large_as_there_can_be_is_looked_through_whatever_is_in_it() {
    let words = Words::new(["+11111111111", "aaaaaaaa b", "Jane Doe"]);
    for text in [
        "1".repeat(1 << 16),
        "1 x ".repeat(1 << 14),
        "a".repeat(1 << 16),
        "<".repeat(1 << 16),
        "<a".repeat(1 << 15),
        format!("{}>", "<1".repeat(1 << 15)),
        "&".repeat(1 << 16),
        "&#".repeat(1 << 15),
        "\u{202e}".repeat(1 << 14),
        "a\u{301}".repeat(1 << 14),
    ] {
        assert!(!words.are_in_text(&text));
    }
}

proptest! {
    #[test]
    fn any_text_can_be_looked_through(text in "\\PC{0,60}", word in "\\PC{0,8}") {
        let words = Words::new([word.as_str()]);
        // Whatever it finds, it ends.
        let _ = words.are_in_text(&text);
    }

    #[test]
    fn a_number_is_found_however_it_is_grouped(gaps in prop::collection::vec("[-. ()/]{0,3}", 10)) {
        let digits = "4155550100".chars().zip(gaps).map(|(digit, gap)| format!("{digit}{gap}"));
        let text = format!("call {}now", digits.collect::<String>() + " ");
        prop_assert!(jane().are_in_text(&text), "{}", text);
    }
}
