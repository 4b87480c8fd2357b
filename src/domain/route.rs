//! Routes: named rules that pick a queue for what arrives.

use serde::{Deserialize, Serialize};

use super::address::{self, Address};
use super::hours::Hours;
use super::ids::QueueName;
use crate::clock::Millis;

/// A route: the first rule that fits decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// Its name.
    pub name: String,
    /// Its rules, in order.
    pub rules: Vec<Rule>,
    /// Where everything goes that fits none.
    pub otherwise: QueueName,
}

/// One rule of a route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// What it is for.
    pub when: When,
    /// The queue it picks.
    pub queue: QueueName,
    /// Priority on top of the queue's, in points of a minute each.
    pub priority: i64,
    /// The skills that an agent needs besides those the queue asks for.
    pub skills: Vec<String>,
}

/// The conditions of a rule: all that are given must hold. One that is left out always holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct When {
    /// The number of ours that was written to.
    #[serde(serialize_with = "address::as_shown")]
    pub number: Option<Address>,
    /// The text begins with one of these words, in any case.
    pub keywords: Vec<String>,
    /// The moment lies within these hours.
    pub hours: Option<Hours>,
    /// Case data of the contact, in any case.
    pub contact: Vec<(String, String)>,
}

/// What is to be routed.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'a> {
    /// The number of ours that was written to.
    pub number: &'a Address,
    /// The text that arrived.
    pub text: &'a str,
    /// What is known of the contact.
    pub known: &'a [(String, String)],
    /// When it arrived.
    pub at: Millis,
}

/// Where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// The queue that was picked.
    pub queue: QueueName,
    /// Priority on top of the queue's.
    pub priority: i64,
    /// The skills that an agent needs besides those the queue asks for.
    pub skills: Vec<String>,
}

impl Destination {
    /// Just a queue.
    #[must_use]
    pub fn queue(queue: QueueName) -> Self {
        Self { queue, priority: 0, skills: vec![] }
    }
}

impl Route {
    /// Picks a queue.
    #[must_use]
    pub fn pick(&self, arrival: Arrival<'_>) -> Destination {
        match self.rules.iter().find(|rule| rule.when.fits(arrival)) {
            Some(Rule { queue, priority, skills, .. }) => {
                Destination { queue: queue.clone(), priority: *priority, skills: skills.clone() }
            }
            None => Destination::queue(self.otherwise.clone()),
        }
    }

    /// The queues it leads to, in the order its rules name them.
    #[must_use]
    pub fn queues(&self) -> Vec<&QueueName> {
        let mut queues = Vec::new();
        for queue in self.rules.iter().map(|rule| &rule.queue).chain([&self.otherwise]) {
            if !queues.contains(&queue) {
                queues.push(queue);
            }
        }
        queues
    }
}

impl When {
    fn fits(&self, arrival: Arrival<'_>) -> bool {
        let word = first_word(arrival.text);
        let has = |(key, value): &(String, String)| {
            arrival.known.iter().any(|(known, is)| same(known, key) && same(is, value))
        };
        self.number.as_ref().is_none_or(|number| number == arrival.number)
            && (self.keywords.is_empty() || self.keywords.iter().any(|keyword| same(keyword, word)))
            && self.hours.as_ref().is_none_or(|hours| hours.is_open(arrival.at))
            && self.contact.iter().all(has)
    }
}

/// The first word of a text, without punctuation.
fn first_word(text: &str) -> &str {
    let around = |c: char| !c.is_alphanumeric();
    text.split_whitespace()
        .map(|word| word.trim_matches(around))
        .find(|word| !word.is_empty())
        .unwrap_or_default()
}

/// Whether two words are the same but for their case.
fn same(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::hours::parse_day;

    type Known = &'static [(&'static str, &'static str)];

    fn route() -> Route {
        let rule = |when, queue: &str| Rule {
            when,
            queue: QueueName::new(queue),
            priority: 2,
            skills: vec!["a".into()],
        };
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let night = Hours {
            week: std::array::from_fn(|_| parse_day("00:00-06:00").unwrap()),
            holidays: [].into(),
            time_zone: "UTC".to_owned(),
        };
        let vip = vec![("tier".to_owned(), "gold".to_owned()), ("country".to_owned(), "us".to_owned())];
        Route {
            name: "main".to_owned(),
            rules: vec![
                rule(When { contact: vip, ..When::default() }, "gold"),
                rule(When { keywords: words(&["sales", "Preis"]), ..When::default() }, "sales"),
                rule(
                    When { hours: Some(night), number: Some(Address::sms("+1")), ..When::default() },
                    "night",
                ),
            ],
            otherwise: QueueName::new("support"),
        }
    }

    fn picked(number: &str, text: &str, known: Known, hour: i64) -> String {
        let known: Vec<_> =
            known.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let at = Millis(1_700_006_400_000 + hour * 3_600_000);
        route().pick(Arrival { number: &Address::sms(number), text, known: &known, at }).queue.to_string()
    }

    #[test]
    fn the_first_rule_that_fits_whole_decides() {
        let gold: Known = &[("Tier", "Gold "), ("country", "US")];
        let table: [(&str, &str, Known, i64, &str); 9] = [
            ("+1", "hello", gold, 0, "gold"),
            ("+1", "sales", gold, 0, "gold"),
            ("+1", "sales", &gold[..1], 12, "sales"),
            ("+2", " “SALES!” please", &[], 0, "sales"),
            ("+2", "preis?", &[], 0, "sales"),
            ("+2", "who does sales", &[], 12, "support"),
            ("+1", "hello", &[], 5, "night"),
            ("+1", "", &[], 6, "support"),
            ("+2", "…", &[], 5, "support"),
        ];
        for (number, text, known, hour, queue) in table {
            assert_eq!(picked(number, text, known, hour), queue, "{text:?} {known:?} {hour}");
        }
        let arrival = Arrival { number: &Address::sms("+9"), text: "sales", known: &[], at: Millis(0) };
        let sales = route().pick(arrival);
        assert_eq!((sales.priority, sales.skills), (2, vec!["a".to_owned()]));
        let other = route().pick(Arrival { text: "x", ..arrival });
        assert_eq!(other, Destination::queue(QueueName::new("support")));
    }

    #[test]
    fn a_route_names_each_queue_it_leads_to_once() {
        let mut twice = route();
        twice.rules.extend(route().rules);
        let queues: Vec<&str> = twice.queues().into_iter().map(QueueName::as_str).collect();
        assert_eq!(queues, ["gold", "sales", "night", "support"]);
    }
}
