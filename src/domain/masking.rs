//! What is shown of contacts where the setting `mask_numbers` says that their numbers are not to be read: the
//! contact in names, topics and state events, and whatever the bot says. What people wrote stays as they
//! wrote it.

use serde_json::Value;

use super::address::Address;
use super::interaction::{ContactRef, Interaction};
use super::notice::{Notice, Says};
use super::talk::Talk;
pub use super::text::masked::Desk;
use super::text::masked::{hidden, masked};

/// Fields of notices that are shown as they are: those that people wrote or typed, and those that programs
/// read. They are not masked either, but for [`CASE`].
pub const VERBATIM: [&str; 13] = [
    "after", "before", "case", "link", "note", "reason", "room", "text", "texts", "typed", "unsent", "url",
    "usage",
];
/// The field with case data, whose numbers are masked though people typed them.
pub const CASE: &str = "case";
/// Fields with numbers of ours.
pub const OURS: [&str; 2] = ["opted_out_of", "our_number"];

impl ContactRef {
    /// The contact with the number masked, and the name where it holds one.
    #[must_use]
    pub fn masked(&self, desk: Desk<'_>) -> Self {
        let number = Address::new(self.number.channel(), masked(self.number.value()));
        let is_nameless = self.name == self.number.shown();
        let name = if is_nameless { number.shown() } else { hidden(&self.name, desk) }.into_owned();
        Self { id: self.id.clone(), name, number }
    }
}

impl Interaction {
    /// The interaction with its contact [masked](ContactRef::masked), and every number in its case data and
    /// tags but the desk's own. For showing, not for storing.
    #[must_use]
    pub fn masked(&self, desk: Desk<'_>) -> Self {
        let hidden = |text: &String| hidden(text, desk).into_owned();
        let case = self.case.iter().map(|(key, value)| (hidden(key), hidden(value))).collect();
        let tags = self.tags.iter().map(hidden).collect();
        Self { contact: self.contact.masked(desk), case, tags, ..self.clone() }
    }
}

impl Talk {
    /// The talk with the contact it is about [masked](ContactRef::masked), for showing, not for storing.
    #[must_use]
    pub fn masked(&self, desk: Desk<'_>) -> Self {
        Self { about: self.about.as_ref().map(|about| about.masked(desk)), ..self.clone() }
    }
}

impl Notice {
    /// The notice with every number of a contact masked; the desk's own numbers stay. So do
    /// a contact's card and case data for someone who may see whole numbers, and links by which an agent can
    /// act on a number in the contact's text.
    #[must_use]
    pub fn masked(&self, desk: Desk<'_>) -> Self {
        let is_whole = match &self.says {
            Says::Contact(card) => card.whole,
            Says::EraseContact(card) => card.whole,
            Says::Case(card) => card.whole,
            _ => false,
        };
        if is_whole {
            return self.clone();
        }
        let masked = serde_json::to_value(self).and_then(|mut notice| {
            mask(&mut notice, desk);
            serde_json::from_value(notice)
        });
        masked.unwrap_or_else(|_| {
            let says = Says::InternalError { what: "what was to be said here".to_owned() };
            Self { interaction: self.interaction.clone(), says }
        })
    }
}

/// Masks every number in a document, also in new fields, except those known to hold none of a contact.
fn mask(json: &mut Value, desk: Desk<'_>) {
    match json {
        Value::String(text) => *text = hidden(text, desk).into_owned(),
        Value::Array(items) => items.iter_mut().for_each(|item| mask(item, desk)),
        Value::Object(fields) => {
            // The desk's own words, in a field that otherwise holds a person's.
            let by_desk = fields.get("code").is_some_and(|code| code == "desk_text" || code == "response");
            // A usage problem quotes what was typed, and how to type it.
            let is_usage = fields.get("code").is_some_and(|code| code == "usage");
            for (field, value) in fields.iter_mut() {
                let said_by_desk = by_desk && field == "text";
                let is_written = VERBATIM.contains(&field.as_str()) && field != CASE && !said_by_desk
                    || is_usage && field == "error";
                if !is_written && !OURS.contains(&field.as_str()) {
                    // Numbers that the desk gives, like those of a hotline, are in E.164 where they are a
                    // contact's.
                    mask(value, if said_by_desk { Desk { country: "", ..desk } } else { desk });
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Millis;
    use crate::domain::ids::ContactId;
    use crate::domain::notice::{ActionItem, AutoReply, ContactCard, ListRow, PastLine, Problem, StoryLine};
    use crate::domain::samples;
    use crate::domain::session::Counts;

    const JANE: &str = "+14155550100";
    const OURS: &str = "+15005550006";
    const US: Desk<'_> = Desk { ours: &[], country: "US" };

    fn jane(name: &str) -> ContactRef {
        ContactRef { id: ContactId::new("c-1"), name: name.to_owned(), number: Address::sms(JANE) }
    }

    fn masked_json(says: Says) -> String {
        let desk = Desk { ours: &[Address::sms(OURS)], country: "US" };
        serde_json::to_string(&says.plainly().masked(desk)).unwrap()
    }

    #[test]
    fn a_contact_without_a_name_goes_by_the_end_of_their_number() {
        let nameless = jane(JANE).masked(US);
        assert_eq!((nameless.name.as_str(), nameless.number.value()), ("•••0100", "•••0100"));
        assert_eq!(jane("Jane Doe").masked(US).name, "Jane Doe");
        assert_eq!(jane("Jane +14155550100").masked(US).name, "Jane •••0100");
        let number = Address::read("whatsapp:+14155550100");
        let on_whatsapp = ContactRef { name: number.shown().into_owned(), number, ..jane("") }.masked(US);
        assert_eq!(
            (on_whatsapp.name.as_str(), &*on_whatsapp.number.shown()),
            ("whatsapp:•••0100", "whatsapp:•••0100")
        );
        let named = jane("ACME Bank");
        let sender = ContactRef { number: Address::sms("ACME Bank"), ..named };
        assert_eq!(sender.masked(US), sender);
    }

    #[test]
    fn a_notice_tells_no_number_of_a_contact_and_all_of_ours() {
        let row = |title: &str, detail: &str| ListRow {
            key: "i-1".to_owned(),
            title: title.to_owned(),
            detail: detail.to_owned(),
            secs: None,
            room: None,
        };
        let rows = vec![row(JANE, "i-1 · active"), row("missed offer: +14155550100", ""), row(OURS, "queue")];
        let said = masked_json(Says::List { title: "Yours".to_owned(), rows });
        assert!(!said.contains("415555") && said.contains("missed offer: •••0100"), "{said}");
        assert!(said.contains(&format!("\"{OURS}\"")), "{said}");

        let line = |kind: &str, text: &str| PastLine {
            at: Millis(0),
            kind: kind.to_owned(),
            by: JANE.to_owned(),
            text: text.to_owned(),
            change: None,
        };
        let renamed = StoryLine::Renamed { name: "Jane".to_owned(), old_name: "+1 415 555 0100".to_owned() };
        let lines = vec![line("contact", JANE), PastLine { change: Some(renamed), ..line("change", "") }];
        let said = masked_json(Says::Transcript { contact: JANE.to_owned(), lines, page: 1, more: false });
        assert_eq!(said.matches(JANE).count(), 1, "only what the contact wrote: {said}");
        assert!(said.contains("\"old_name\":\"•••0100\""), "{said}");

        let text = format!("we write to {JANE}");
        let said = masked_json(Says::DeskText { because: AutoReply::Waiting, text: text.clone() });
        assert!(said.contains("we write to •••0100"), "{said}");
        let said = masked_json(Says::Note { by: "Alice".to_owned(), text });
        assert!(said.contains(JANE), "a person wrote it: {said}");
    }

    #[test]
    fn a_number_to_act_on_is_masked_and_its_link_calls_it() {
        let (kind, link) = ("call".to_owned(), format!("tel:{JANE}"));
        let items = vec![ActionItem { kind, link, value: JANE.to_owned() }];
        let said = masked_json(Says::Actions { items });
        assert!(said.contains("\"value\":\"•••0100\"") && said.contains("\"link\":\"tel:+1415"), "{said}");
    }

    #[test]
    fn case_data_tells_no_number_but_ours_wherever_it_is_shown() {
        let case: Vec<(String, String)> = [
            ("work", "(415) 555-0177"),
            ("4155560705", "Roy, +14155550178"),
            ("ref", "ring 4155560707 now, or (415) 556-0709"),
            ("hotline", "+1 500 555 0006"),
            ("order", "4711"),
            ("born", "1980-01-31"),
            ("link", "[Order](https://shop.test/4711)"),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into();
        let tags = vec!["4155560708".to_owned()];
        let of = Interaction { case: case.clone(), tags, ..samples::interaction(samples::queued()) };
        let (id, ours) = (of.id.clone(), [Address::sms(OURS)]);
        let desk = Desk { ours: &ours, country: "US" };
        let state = of.masked(desk).state_content().to_string();
        let accepted = Says::ConsultAccepted {
            by: "Bob".to_owned(),
            contact: "Jane".to_owned(),
            case: case.clone(),
            case_more: 0,
        };
        let accepted = serde_json::to_string(&accepted.about(&id).masked(desk)).unwrap();
        for shown in [state, accepted] {
            let hides =
                ["555-0177", "55501", "415556", "556-07"].iter().all(|number| !shown.contains(number));
            assert!(hides, "{shown}");
            for (_, value) in &case[3..] {
                assert!(shown.contains(value.as_str()), "{value} is not in {shown}");
            }
        }
        let set = StoryLine::CaseSet {
            key: "work".to_owned(),
            now: "(415) 555-0177".to_owned(),
            was: Some("415 555 0178".to_owned()),
        };
        let line = PastLine {
            at: Millis(0),
            kind: "change".to_owned(),
            by: String::new(),
            text: String::new(),
            change: Some(set),
        };
        let says = Says::Transcript { contact: "Jane".to_owned(), lines: vec![line], page: 1, more: false };
        let said = masked_json(says);
        assert!(said.contains("•••0177") && said.contains("•••0178") && !said.contains("415"), "{said}");
    }

    #[test]
    fn what_is_wrong_with_a_command_shows_what_was_typed_and_how_to_write_it() {
        let error = "“+123” is not an E.164 number; write it like +15005550009".to_owned();
        let problem = Problem::BadValue { error: error.clone() };
        let says = Says::Usage { usage: "number add <number>".to_owned(), problem };
        let said = masked_json(says);
        assert!(said.contains(&error), "{said}");
    }

    #[test]
    fn a_contact_card_is_whole_only_for_those_who_may_see_numbers() {
        let card = |whole| {
            let others = Counts::default();
            let (numbers, opted_out_of) = (vec![JANE.to_owned()], vec![OURS.to_owned()]);
            Says::Contact(ContactCard {
                contact: JANE.to_owned(),
                contact_id: "c-1".to_owned(),
                shared_numbers: vec![JANE.to_owned()],
                emails: vec!["jane.doe@example.com".to_owned()],
                language: None,
                attributes: vec![("phone".to_owned(), JANE.to_owned())],
                notes: vec![format!("her work is {JANE}")],
                numbers,
                opted_out_of,
                others,
                items: vec![],
                whole,
                in_full: false,
                changed: None,
            })
        };
        let said = masked_json(card(false));
        assert!(!said.contains("415555") && said.contains("•••0100") && said.contains(OURS), "{said}");
        assert!(!said.contains("jane.doe"), "{said}");
        assert!(masked_json(card(true)).contains(JANE));
    }
}
