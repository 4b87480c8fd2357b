//! `sms.numbers`: the numbers that contacts write to.

use std::collections::HashMap;

use super::keywords;
use super::table::{Known, Unsaid, given, made, unsaid};
use crate::domain::address::Address;
use crate::domain::consent::ConsentRules;
use crate::domain::ids::QueueName;
use crate::domain::queue::{NumberSettings, Target};
use crate::domain::settings::Table as _;
use crate::sms::account::Kind;
use crate::yaml::Fields;

/// What a number is checked against.
#[derive(Clone, Copy)]
pub(super) struct About<'a> {
    /// Who carries its messages.
    pub(super) provider: &'a Kind,
    /// What it may lead to.
    pub(super) known: Known<'a>,
    /// What the desk says of keywords.
    pub(super) consent: &'a ConsentRules,
}

/// Reads one of our numbers, which is on a channel that the provider carries. Routes live in the database
/// too, so their names are not looked for here.
pub(super) fn read(
    fields: &Fields<'_>,
    About { provider, known, consent }: About<'_>,
    (seen, all_unsaid): (&mut HashMap<String, String>, &mut Unsaid<Address>),
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
    let mut unsaid = unsaid(NumberSettings::FIELDS, &given);
    // Where it leads is always said, by one of two keys.
    unsaid.retain(|name| !["queue", "route"].contains(&name.as_str()));
    let mut name = |key| given.remove(key).and_then(|name| name.as_str().map(str::to_owned));
    let queue = name("queue").map(|name| Target::Queue(QueueName::new(name)));
    let target = queue.or(name("route").map(Target::Route))?;
    let settings = made(fields, &NumberSettings::new(target), given)?;
    keywords::check_own(fields, &settings.keywords(), consent);
    let number = number?;
    all_unsaid.push((number.clone(), unsaid));
    Some((number, settings))
}
