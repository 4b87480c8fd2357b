//! Phones and messages as the page shows them, and what open pages hear of.

use std::sync::Arc;

use serde::Serialize;
use serde_json::json;

use super::line::PhoneLine;
use super::rules;
use super::state::{Handed, Kind, Message, Part, Phone};
use crate::sms::twilio::Status;
use crate::sms::twilio::codes;

/// A message as the page shows it.
#[derive(Serialize)]
pub(super) struct MessageView<'a> {
    seq: u64,
    rev: u64,
    sid: &'a str,
    phone: &'a str,
    ours: &'a str,
    /// Written on the phone.
    own: bool,
    text: &'a str,
    media: &'a [Part],
    mark: &'static str,
    code: Option<u32>,
    note: Option<&'static str>,
    at: i64,
}

impl<'a> From<&'a Message> for MessageView<'a> {
    fn from(message: &'a Message) -> Self {
        let own = message.kind == Kind::FromPhone;
        let mark = match (own, message.handed, message.status) {
            (true, Handed::Taken, _) | (false, _, Status::Delivered) => "delivered",
            (true, Handed::GivenUp, _) => "failed",
            (false, _, status) if status.is_failure() => "failed",
            (true, Handed::Waiting, _) | (false, _, Status::Sent) => "sent",
            (false, _, _) => "sending",
        };
        let note = if own && mark == "failed" {
            Some("the desk did not take it")
        } else {
            message.error_code.and_then(codes::meaning)
        };
        Self {
            seq: message.seq,
            rev: message.rev,
            sid: &message.sid,
            phone: &message.phone,
            ours: &message.ours,
            own,
            text: &message.body,
            media: &message.media,
            mark,
            code: message.error_code,
            note,
            at: message.created.0,
        }
    }
}

/// A change as the open pages hear of it.
#[derive(Clone)]
pub(super) struct Change(pub(super) Arc<str>);

impl Change {
    pub(super) fn message(message: &Message) -> Self {
        Self(json!({"message": MessageView::from(message)}).to_string().into())
    }

    pub(super) fn call(call: &PhoneLine) -> Self {
        Self(json!({"call": call.view()}).to_string().into())
    }

    pub(super) fn phone(phone: &Phone) -> Self {
        Self(json!({"phone": PhoneView::from(phone)}).to_string().into())
    }
}

/// A phone as the page shows it.
#[derive(Serialize)]
pub(super) struct PhoneView<'a> {
    number: &'a str,
    name: &'a str,
    /// Why nothing reaches it.
    note: Option<&'static str>,
}

impl<'a> From<&'a Phone> for PhoneView<'a> {
    fn from(phone: &'a Phone) -> Self {
        let note = match rules::fate(&phone.number) {
            (_, Some(30003)) => Some("switched off"),
            (_, Some(30004)) => Some("blocks the desk"),
            (_, Some(30006)) => Some("landline"),
            (_, Some(30007)) => Some("filtered"),
            (_, Some(_)) => Some("fails"),
            (_, None) => None,
        };
        Self { number: &phone.number, name: &phone.name, note }
    }
}
