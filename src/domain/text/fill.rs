//! The desk's own texts with the names filled in, as admins give them: signatures and the like for contacts,
//! links to calls for agents.

use super::placeholders::{Unfilled, Waits, signed, unsigned, waiting};
use crate::domain::agent::AgentRef;
use crate::domain::interaction::ContactRef;

/// Fills the names of a contact and an agent into a text: `{{ contact.name }}`, `{{ contact.number }}`, `{{
/// agent.name }}`, `{{ agent.first_name }}`.
///
/// # Errors
/// [`Unfilled`].
pub fn fill(text: &str, contact: &ContactRef, agent: &AgentRef) -> Result<String, Unfilled> {
    signed(text, (&contact.name, contact.number.value()), &agent.name)
}

/// Fills the names of a contact into a text that no agent sends.
///
/// # Errors
/// [`Unfilled`].
pub fn fill_unsigned(text: &str, contact: &ContactRef) -> Result<String, Unfilled> {
    unsigned(text, (&contact.name, contact.number.value()))
}

/// Fills the names of a contact, and what they may be told of their wait, into a text that no agent sends.
/// Each sentence that names what is not known is left out; perhaps nothing is left.
///
/// # Errors
/// [`Unfilled`].
pub fn fill_waiting(text: &str, contact: &ContactRef, waits: &Waits) -> Result<String, Unfilled> {
    waiting(text, (&contact.name, contact.number.value()), waits)
}

#[cfg(test)]
mod tests {
    use ruma::owned_user_id;

    use super::super::placeholders::{LONGEST, call_link, check, check_unsigned, check_waiting};
    use super::*;
    use crate::domain::address::Address;
    use crate::domain::ids::{AgentId, ContactId};

    fn named(name: &str, text: &str) -> Result<String, Unfilled> {
        let number = Address::sms("+14155550100");
        let contact = ContactRef { id: ContactId::new("c-1"), name: name.to_owned(), number };
        let user = owned_user_id!("@alice:desk.test");
        fill(text, &contact, &AgentRef { id: AgentId::new("alice"), user, name: "Alice Doe".to_owned() })
    }

    fn filled(text: &str) -> Result<String, Unfilled> {
        named("Jane {{ agent.name }}", text)
    }

    #[test]
    fn names_are_filled_in_and_never_taken_for_templates() {
        for (text, made) in [
            ("{{ agent.first_name }} for {{contact.name}}", "Alice for Jane {{ agent.name }}"),
            ("{{ contact.number }}{{ agent.name }}", "+14155550100Alice Doe"),
            ("no names { } % 100 % {x}\n\n", "no names { } % 100 % {x}\n"),
            ("", ""),
        ] {
            assert_eq!(filled(text).unwrap(), made);
            assert_eq!(check(text), Ok(()));
        }
    }

    #[test]
    fn a_text_that_no_agent_sends_names_none() {
        let number = Address::sms("+14155550100");
        let contact = ContactRef { id: ContactId::new("c-1"), name: "Jane".to_owned(), number };
        assert_eq!(fill_unsigned("Hi {{ contact.name }}", &contact).unwrap(), "Hi Jane");
        assert!(fill_unsigned("{{ agent.name }}", &contact).is_err());
        let problem = check_unsigned("{{ agent.name }}").unwrap_err().to_string();
        assert_eq!(
            problem,
            "names {{ agent.name }}; what can be filled in is {{ contact.name }}, {{ contact.number }}"
        );
    }

    #[test]
    fn a_sentence_that_names_what_nobody_knows_is_left_out() {
        let number = Address::sms("+14155550100");
        let contact = ContactRef { id: ContactId::new("c-1"), name: "Jane {{ eta }}".to_owned(), number };
        let known = |text: &str| Some(text.to_owned());
        let all = Waits { position: known("3"), eta: known("about 5 minutes"), opens_at: None };
        let none = Waits::default();
        for (text, waits, made) in [
            (
                "You are number {{ position }}. It takes {{ eta }}.",
                &all,
                "You are number 3. It takes about 5 minutes.",
            ),
            ("You are number {{ position }}. It takes {{ eta }}.", &none, ""),
            ("Hello! It takes {{eta}}. Bye", &none, "Hello! Bye"),
            ("Hello, {{ contact.name }}! It takes {{ eta }}", &none, "Hello, Jane {{ eta }}!"),
            (
                "It takes approx. {{ eta }}. We open {{ opens_at }}!",
                &all,
                "It takes approx. about 5 minutes.",
            ),
            ("Please wait.\nYou are number {{ position }}\nThank you", &none, "Please wait.\nThank you"),
            ("You are no. 3 of {{ position }}. Wait", &none, "Wait"),
            ("v1.2.3… {{ position }}?! Yes.", &none, "v1.2.3… Yes."),
            ("", &none, ""),
        ] {
            assert_eq!(fill_waiting(text, &contact, waits).unwrap(), made, "{text}");
            assert_eq!(check_waiting(text), Ok(()));
        }
        let problem = check_waiting("{{ agent.name }}").unwrap_err().to_string();
        assert!(
            problem.ends_with("{{ contact.number }}, {{ position }}, {{ eta }}, {{ opens_at }}"),
            "{problem}"
        );
        for wrong in ["{{ position + 1 }}", "{{ eta", "{% if eta %}", "{{ Position }}"] {
            assert!(
                check_waiting(wrong).is_err() && fill_waiting(wrong, &contact, &none).is_err(),
                "{wrong}"
            );
        }
    }

    #[test]
    fn a_link_to_a_call_names_its_room_and_nothing_else() {
        assert_eq!(call_link("https://a.example/{{ room }}?x", "abc").unwrap(), "https://a.example/abc?x");
        assert!(call_link("https://a.example/{{ agent.name }}", "abc").is_err());
    }

    #[test]
    fn whatever_is_no_name_is_refused_with_a_reason() {
        for (text, why) in [
            ("{{ agent.password }}", "names {{ agent.password }}; what can"),
            ("{{ contact.name | upper }}", "names {{ contact.name | upper }}"),
            ("{{ \"a\"|indent(999999999999) }}", "names"),
            ("{{ \"x\" * 100000000 }}", "names"),
            ("{{ [\"x\" * 100000000, \"}}\"] }}", "names"),
            ("{{ }}", "names {{  }}"),
            ("{{ a\u{202e}\nb", "has {{ and no }}"),
            ("{{ a\u{202e}\nb }}", r"names {{ a\u{202e}\nb }}"),
            ("{% set a = 'aaaaaaaa' %}{% set a = a ~ a %}", "has {%; there are only names"),
            ("{% for i in range(100000) %}{{ i }}{% endfor %}", "has {%"),
            ("{{ contact.name }} }}", "has }}"),
            ("{# never said #}", "has {#"),
        ] {
            let problem = filled(text).unwrap_err().to_string();
            assert!(problem.starts_with(why) && problem.len() < 300, "{text}: {problem}");
        }
    }

    #[test]
    fn neither_a_text_nor_what_it_makes_is_longer_than_anyone_reads() {
        let longest = "é".repeat(LONGEST);
        assert_eq!(filled(&longest).unwrap(), longest);
        assert_eq!(filled(&format!("{longest}x")), Err(Unfilled::TooLong));
        let names = "{{ contact.name }}".repeat(200);
        assert_eq!(named("Jane", &names).unwrap().len(), 800);
        assert_eq!(named(&"Jane".repeat(10), &names), Err(Unfilled::TooLong));
        assert!(check(&names.repeat(9)).is_err());
    }
}
