//! The desk's own texts with the names filled in, as the config gives them: signatures and the like for contacts, links
//! to calls for agents.

use minijinja::{Environment, UndefinedBehavior, context};
use serde::{Deserialize, Serialize};

use crate::domain::agent::AgentRef;
use crate::domain::interaction::ContactRef;

/// A standard response to contacts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response {
    /// What people type after `#`.
    pub shortcut: String,
    /// The text, to be filled in.
    pub text: String,
}

/// Steps a text may take to be filled in: a loop in it must not hold up the desk.
const FUEL: u64 = 10_000;

/// Fills the names of a contact and an agent into a text: `{{ contact.name }}`, `{{ contact.number }}`, `{{ agent.name }}`,
/// `{{ agent.first_name }}`.
///
/// # Errors
/// When the text is no template, or names something else.
pub fn fill(text: &str, contact: &ContactRef, agent: &AgentRef) -> Result<String, minijinja::Error> {
    render(text, contact, Some(agent))
}

/// Fills the names of a contact into a text that no agent sends.
///
/// # Errors
/// When the text is no template, or names something else.
pub fn fill_unsigned(text: &str, contact: &ContactRef) -> Result<String, minijinja::Error> {
    render(text, contact, None)
}

/// Fills the name of a call into the link that leads to it: `{{ room }}`.
///
/// # Errors
/// When the text is no template, or names something else.
pub fn call_link(text: &str, room: &str) -> Result<String, minijinja::Error> {
    environment().render_str(text, context! { room })
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_fuel(Some(FUEL));
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment
}

fn render(text: &str, contact: &ContactRef, agent: Option<&AgentRef>) -> Result<String, minijinja::Error> {
    let environment = environment();
    let contact = context! { name => contact.name.as_str(), number => contact.number.as_str() };
    let Some(agent) = agent else { return environment.render_str(text, context! { contact }) };
    let first_name = agent.name.split_whitespace().next().unwrap_or_default();
    environment
        .render_str(text, context! { contact, agent => context! { name => agent.name.as_str(), first_name } })
}

#[cfg(test)]
mod tests {
    use matrix_sdk::ruma::owned_user_id;

    use super::*;
    use crate::domain::ids::{AgentId, ContactId, Number};

    fn filled(text: &str) -> Result<String, minijinja::Error> {
        let number = Number::new("+14155550100");
        let contact = ContactRef { id: ContactId::new("c-1"), name: "Jane {{ 7 * 7 }}".to_owned(), number };
        let user = owned_user_id!("@alice:desk.test");
        fill(text, &contact, &AgentRef { id: AgentId::new("alice"), user, name: "Alice Doe".to_owned() })
    }

    #[test]
    fn names_are_filled_in_and_never_taken_for_templates() {
        assert_eq!(
            filled("{{ agent.first_name }} for {{ contact.name }}").unwrap(),
            "Alice for Jane {{ 7 * 7 }}"
        );
    }

    #[test]
    fn a_text_that_no_agent_sends_names_none() {
        let number = Number::new("+14155550100");
        let contact = ContactRef { id: ContactId::new("c-1"), name: "Jane".to_owned(), number };
        assert_eq!(fill_unsigned("Hi {{ contact.name }}", &contact).unwrap(), "Hi Jane");
        assert!(fill_unsigned("{{ agent.name }}", &contact).is_err());
    }

    #[test]
    fn a_link_to_a_call_names_its_room_and_nothing_else() {
        assert_eq!(call_link("https://a.example/{{ room }}?x", "abc").unwrap(), "https://a.example/abc?x");
        assert!(call_link("https://a.example/{{ agent.name }}", "abc").is_err());
    }

    #[test]
    fn a_text_that_names_something_else_or_never_ends_is_an_error() {
        assert!(filled("{{ agent.password }}").is_err());
        assert!(filled("{% for i in range(100000) %}{{ i }}{% endfor %}").is_err());
    }
}
