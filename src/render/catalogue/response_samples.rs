//! Samples of what is said of standard responses.

use super::samples::{NOW, held_back};
use crate::domain::notice::{FileOf, HeldBack, MissingValue, Says, UseLine};
use crate::domain::original::Original;

fn missing() -> Vec<MissingValue> {
    let value = |name: &str, given_by: Option<&str>| MissingValue {
        name: name.into(),
        given_by: given_by.map(str::to_owned),
    };
    vec![
        value("contact.name", Some("contact set name <name>")),
        value("case.order", Some("case set order <value>")),
        value("queue.name", None),
    ]
}

/// A message that was held back because it is no response, or one in which something is missing.
pub(super) fn held_back_responses() -> Vec<Says> {
    let with = |why, nearest: Option<&str>, values: Vec<MissingValue>| {
        let mut says = held_back(why);
        if let Says::MessageHeldBack { nearest: close, missing, .. } = &mut says {
            (*close, *missing) = (nearest.map(str::to_owned), values);
        }
        says
    };
    vec![
        with(HeldBack::NoShortcut, Some("hello"), vec![]),
        with(HeldBack::ValueMissing, None, missing()),
        with(HeldBack::Empty, None, missing()),
        with(HeldBack::ValueMissing, None, missing().split_off(2)),
    ]
    .into_iter()
    .chain([HeldBack::MediaGone, HeldBack::MediaTooLarge].map(held_back_file))
    .collect()
}

/// A response that was held back because of a file.
fn held_back_file(why: HeldBack) -> Says {
    let mut says = held_back(why);
    if let Says::MessageHeldBack { response, .. } = &mut says {
        *response = Some(FileOf { shortcut: "price".into(), file: "price-list.pdf".into() });
    }
    says
}

/// A file of a response that is shown unsent.
pub(super) fn response_file() -> Says {
    Says::ResponseFile {
        shortcut: "price".into(),
        file: Original {
            url: Some("mxc://desk.test/AbCdEf".into()),
            file: "price-list.pdf".into(),
            mime: "application/pdf".into(),
            bytes: 12_345,
        },
    }
}

/// Responses as they are shown.
pub(super) fn responses() -> Vec<Says> {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let response = |sent, missing, ask: &[&str], follows: &[&str]| Says::Response {
        shortcut: "refund".into(),
        text: "Hello Jane,\nyour <money> is on its way.".into(),
        sent,
        missing,
        ask: texts(ask),
        follows: texts(follows),
        files: vec![],
        empty: vec![],
        no_files: None,
    };
    let with_files = |mut says, why| {
        if let Says::Response { files, no_files, .. } = &mut says {
            (*files, *no_files) = (texts(&["price-list.pdf", "mxc://desk.test/AbCdEf"]), why);
        }
        says
    };
    let nothing_left = |mut says| {
        if let Says::Response { text, empty, .. } = &mut says {
            (*text, *empty) = (String::new(), missing());
        }
        says
    };
    vec![
        response(true, vec![], &[], &["case set topic refund", "done solved"]),
        response(true, vec![], &[], &[]),
        response(false, missing(), &["order", "day"], &["done solved"]),
        response(false, vec![], &[], &[]),
        nothing_left(response(false, vec![], &[], &[])),
        with_files(response(true, vec![], &[], &[]), None),
        with_files(response(false, vec![], &[], &[]), Some(HeldBack::NoMms)),
        with_files(response(false, vec![], &[], &[]), Some(HeldBack::MediaNotAllowed)),
    ]
}

/// How often responses were used.
pub(super) fn use_lines() -> Vec<UseLine> {
    [("hello", 12), ("refund", 1), ("bye", 0)]
        .map(|(shortcut, used)| UseLine { shortcut: shortcut.into(), used })
        .into()
}

/// A report of them.
pub(super) fn response_report(lines: Vec<UseLine>) -> Says {
    Says::Report {
        first: NOW,
        last: NOW,
        queues: vec![],
        agents: vec![],
        tags: vec![],
        responses: Some(lines),
        times: None,
    }
}
