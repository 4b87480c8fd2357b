//! Samples of what whoever texts a contact first is told.

use super::codes::not_texted;
use super::samples::{NOW, interaction_id, jane, room};
use crate::domain::notice::{Says, SmsCard, SmsQuestion, SmsRefusal};
use crate::domain::outbound::{Open, Warning};

pub(super) fn sms_card(note: Option<&str>) -> Says {
    let undo_secs = if note.is_some() { 3 } else { 0 };
    Says::Sms(SmsCard {
        contact: jane(),
        number: "+14155550100".into(),
        our_number: "+15005550006".into(),
        note: note.map(Into::into),
        text: note.map(|_| "Hello Jane, this is Alice.".into()),
        undo_secs,
    })
}

/// A question with every warning there is.
pub(super) fn sms_question() -> Says {
    let open = Open { id: interaction_id(), owner: None, yours: false, room: None };
    let quiet = |may_be, until| Warning::QuietHours {
        time: "23:10".into(),
        zone: "Europe/Berlin".into(),
        may_be,
        until,
    };
    let warnings = vec![
        Warning::SessionOpen(Open {
            owner: Some("Alice Doe".into()),
            yours: true,
            room: room(),
            ..open.clone()
        }),
        Warning::SessionOpen(Open { owner: Some("Bob Roe".into()), ..open.clone() }),
        Warning::SessionOpen(open),
        quiet(false, Some(NOW)),
        quiet(true, None),
        Warning::LongUnseen { days: 91 },
        Warning::Late { secs: 660 },
    ];
    let (contact, number) = (jane(), "+14155550100".into());
    Says::SmsConfirm(SmsQuestion { contact, number, text: "Your order is here.".into(), warnings })
}

/// Every reason, with a number of ours and without.
pub(super) fn sms_refusals() -> Vec<Says> {
    let ours = [Some("+15005550006".to_owned()), None];
    let refused = |our_number: &Option<String>| {
        let refusal =
            |why| SmsRefusal { contact: jane(), contact_id: None, why, our_number: our_number.clone() };
        not_texted().into_iter().map(refusal).map(Says::SmsRefused).collect::<Vec<_>>()
    };
    ours.iter().flat_map(refused).collect()
}
