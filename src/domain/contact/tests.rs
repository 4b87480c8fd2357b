use proptest::prelude::*;

use super::*;

fn jane() -> Contact {
    Contact::new(ContactId::new("c-1"), "Jane Doe", Millis(0))
}

#[test]
fn what_a_contact_was_called_before_is_remembered_and_a_number_is_no_name() {
    let mut jane = Contact::new(ContactId::new("c-1"), "+1 415 555 0100", Millis(0));
    for name in ["Jane Doe", "Jane Roe", "Jane Roe", "Jane Doe", "Jane Poe"] {
        jane.set("name", name).unwrap();
    }
    assert_eq!(
        (jane.name.as_str(), jane.former_names.as_slice()),
        ("Jane Poe", ["Jane Roe".to_owned(), "Jane Doe".to_owned()].as_slice())
    );
    for number in 0..2 * MOST_FORMER_NAMES {
        jane.set("name", &format!("Jane the {number}th")).unwrap();
    }
    assert_eq!(jane.former_names.len(), MOST_FORMER_NAMES);
    assert_eq!(jane.former_names.last().unwrap(), "Jane the 38th");
}

#[test]
fn an_attribute_is_taken_away_by_its_name_or_with_its_value() {
    let mut jane = jane();
    jane.set("tier", "gold").unwrap();
    assert_eq!(jane.unset("tier", "silver"), Err(Unfit::OtherValue("tier".to_owned())));
    jane.unset("Tier", "Gold").unwrap();
    assert_eq!(jane.unset("tier", "gold"), Err(Unfit::NoSuchAttribute("tier".to_owned())));
}

#[test]
fn fields_for_numbers_are_known_by_what_people_call_them() {
    for (name, channel) in [
        ("Number", Some(Channel::Sms)),
        ("phone 2", Some(Channel::Sms)),
        ("MOBILE", Some(Channel::Sms)),
        ("WhatsApp", Some(Channel::Whatsapp)),
        ("work", None),
        ("phone model", None),
        ("", None),
    ] {
        assert_eq!(channel_of_field(name), channel, "{name}");
    }
}

#[test]
fn a_contact_has_the_fields_people_type_and_any_attribute() {
    let mut jane = jane();
    for (field, value) in [
        ("Name", "Jane  Roe"),
        ("email", "Jane@Example.com"),
        ("e-mail", "jane@work.example"),
        ("email", "JANE@example.COM"),
        ("language", "pt_br"),
        ("note", "Rings twice.\nHas a dog."),
        ("order", "4711"),
        ("Tier", "gold"),
        ("ORDER", "4712"),
    ] {
        jane.set(field, value).unwrap();
    }
    assert_eq!(jane.name, "Jane Roe");
    assert_eq!(jane.emails, ["Jane@Example.com", "jane@work.example"]);
    assert_eq!(jane.language.as_deref(), Some("pt-BR"));
    assert_eq!(jane.notes, "Rings twice.\nHas a dog.");
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    assert_eq!(jane.attributes, [pair("order", "4712"), pair("Tier", "gold")]);
    assert_eq!(jane.attribute("tier"), Some("gold"));

    assert_eq!(jane.unset("email", ""), Err(Unfit::WhichEmail(2)));
    jane.unset("email", "jane@WORK.example").unwrap();
    jane.unset("email", "").unwrap();
    assert_eq!(jane.unset("email", ""), Err(Unfit::NoEmail));
    assert_eq!(jane.set("email", " "), Err(Unfit::ValueMissing));
    jane.unset("language", "").unwrap();
    jane.unset("note", "").unwrap();
    jane.unset("tier", "").unwrap();
    jane.unset("order", "").unwrap();
    let bare = Contact::new(ContactId::new("c-1"), "Jane Roe", Millis(0));
    assert_eq!(jane, Contact { former_names: vec!["Jane Doe".to_owned()], ..bare });
    assert_eq!(jane.unset("name", ""), Err(Unfit::NameStays));
    assert_eq!(jane.unset("tier", ""), Err(Unfit::NoSuchAttribute("tier".to_owned())));
}

#[test]
fn what_does_not_fit_is_refused_and_changes_nothing() {
    let before = jane();
    let long = "x".repeat(1_000_000);
    for (field, value, unfit) in [
        ("name", "\u{202e}\n", Unfit::NameMissing),
        ("name", long.as_str(), Unfit::NameTooLong),
        ("name", " +1 (415) 555\u{2011}0202", Unfit::NameIsNumber("+1 (415) 555\u{2011}0202".to_owned())),
        ("name", "whatsapp:+14155550202", Unfit::NameIsNumber("whatsapp:+14155550202".to_owned())),
        ("name", "74454", Unfit::NameIsNumber("74454".to_owned())),
        ("name", "４１５５５５０２０２", Unfit::NameIsNumber("４１５５５５０２０２".to_owned())),
        ("email", "jane", Unfit::Email("jane".to_owned())),
        ("email", "jane@", Unfit::Email("jane@".to_owned())),
        ("email", "<b>@example.com", Unfit::Email("<b>@example.com".to_owned())),
        ("email", "a b@example.com", Unfit::Email("a b@example.com".to_owned())),
        ("email", "a@localhost", Unfit::Email("a@localhost".to_owned())),
        ("language", "english please", Unfit::Language("english please".to_owned())),
        ("language", " ", Unfit::ValueMissing),
        ("note", long.as_str(), Unfit::NotesTooLong),
        ("order", " \u{200b}", Unfit::ValueMissing),
        ("order", long.as_str(), Unfit::ValueTooLong),
        (long.as_str(), "1", Unfit::KeyTooLong),
        ("\u{2066}", "1", Unfit::KeyMissing),
        ("number ", "1", Unfit::KeyTaken("number".to_owned())),
    ] {
        let mut jane = before.clone();
        assert_eq!(jane.set(field, value), Err(unfit), "{}", sanitize::cut(field, 20));
        assert_eq!(jane, before);
    }
    let mut jane = before;
    for number in 0..MOST_ATTRIBUTES {
        jane.set(&format!("key {number}"), "1").unwrap();
    }
    assert_eq!(jane.set("one more", "1"), Err(Unfit::TooManyAttributes));
    jane.set("KEY 1", "2").unwrap();
    for number in 0..MOST_EMAILS {
        jane.set("email", &format!("jane{number}@example.com")).unwrap();
    }
    assert_eq!(jane.set("email", "one@more.example"), Err(Unfit::TooManyEmails));
}

#[test]
fn a_name_may_hold_digits() {
    let most = "x".repeat(NAME_CHARS);
    for name in ["4711", "24/7", "Studio 54 (+1 415 555 0202)", "R2-D2", "Order: 4711", most.as_str()] {
        let mut jane = jane();
        jane.set("name", name).unwrap();
        assert_eq!(jane.name, name);
    }
}

#[test]
fn someone_is_unknown_while_there_is_nothing_but_an_address() {
    let address = Address::sms("+14155550100");
    let named = |name: &str| Contact::new(ContactId::new("c-1"), name, Millis(0));
    let unknown = named(&Contact::name_of(&address));
    assert!(unknown.is_unknown(std::slice::from_ref(&address)));
    assert!(!unknown.is_unknown(&[]) && !unknown.is_unknown(&[Address::sms("+14155550101")]));
    assert!(!named("Jane").is_unknown(std::slice::from_ref(&address)));
    let mut noted = unknown;
    noted.set("note", "rings twice").unwrap();
    assert!(!noted.is_unknown(&[address]));
    assert!(named(&Contact::name_of(&Address::sms("\u{200b}"))).is_unknown(&[Address::sms("\u{200b}")]));
}

proptest! {
    #[test]
    fn whatever_is_set_can_be_seen_and_stays_within_bounds(
        fields in prop::collection::vec(("name|email|language|note|\\PC{0,80}", any::<String>()), 0..80)
    ) {
        let mut jane = jane();
        for (field, value) in &fields {
            let before = jane.clone();
            if jane.set(field, value).is_err() {
                prop_assert_eq!(&jane, &before);
            }
        }
        prop_assert!(!jane.name.is_empty() && jane.name == sanitize::name(&jane.name));
        prop_assert!(jane.attributes.len() <= MOST_ATTRIBUTES && jane.emails.len() <= MOST_EMAILS);
        for (key, value) in &jane.attributes {
            prop_assert!(*key == sanitize::one_line(key) && *value == sanitize::one_line(value));
            prop_assert!(!key.is_empty() && !value.is_empty());
        }
        for email in &jane.emails {
            prop_assert_eq!(super::email(email), Ok(email.clone()));
        }
        prop_assert_eq!(sanitize::from_contact(&jane.notes), jane.notes);
    }
}
