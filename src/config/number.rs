//! `sms.numbers`: the numbers that contacts write to.

use std::collections::HashMap;

use super::table::{Known, given, made};
use crate::domain::address::Address;
use crate::domain::ids::QueueName;
use crate::domain::queue::{NumberSettings, Target};
use crate::domain::settings::Table as _;
use crate::sms::account::Kind;
use crate::yaml::Fields;

/// Reads one of our numbers, which is on a channel that the provider carries. Routes live in the database
/// too, so their names are not looked for here.
pub(super) fn read(
    fields: &Fields<'_>,
    provider: &Kind,
    known: Known<'_>,
    seen: &mut HashMap<String, String>,
) -> Option<(Address, NumberSettings)> {
    let number = fields.required("number", Address::parse);
    if let Some(number) = &number {
        fields.unique(seen, "number", &number.shown());
        if !provider.channels.contains(&number.channel()) {
            fields.mistake("number", format!("is of a channel that {} does not carry", provider.title));
        }
    }
    match (fields.get("queue").is_some(), fields.get("route").is_some()) {
        (true, true) => fields.mistake("route", "is given as well as queue: keep one of the two"),
        (false, false) => {
            fields.mistake("queue", "is missing; name a queue of desk.queues, or a route with route");
        }
        (true, false) | (false, true) => {}
    }
    let mut given = given(fields, NumberSettings::FIELDS, "", known);
    let mut name = |key| given.remove(key).and_then(|name| name.as_str().map(str::to_owned));
    let queue = name("queue").map(|name| Target::Queue(QueueName::new(name)));
    let target = queue.or(name("route").map(Target::Route))?;
    Some((number?, made(fields, &NumberSettings::new(target), given)?))
}
