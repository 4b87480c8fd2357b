//! The kinds of thing that can be defined: the name of each, how a new one is made, how it is checked and
//! kept.

use serde::Serialize;
use serde_json::Value;

use super::super::line;
use super::{overflow, rules};
use crate::commands::fields::read;
use crate::commit::Tx;
use crate::domain::address::Address;
use crate::domain::ids::QueueName;
use crate::domain::interaction::Disposition;
use crate::domain::not_ready::Reason;
use crate::domain::notice::UsedBy;
use crate::domain::queue::{NumberSettings, QueueSettings, Target};
use crate::domain::response::Response;
use crate::domain::route::Route;
use crate::domain::settings::{self, Field, Table as _, checks};
use crate::domain::talk::Predefined;
use crate::domain::text::keywords;
use crate::domain::validate;
use crate::store::lists::{self, Defined};
use crate::store::{Result, agents, history};

/// What can be done with what is defined.
pub(in crate::commands) const VERBS: [&str; 5] = ["list", "show", "add", "set", "remove"];

/// A kind of thing that is defined by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::commands) enum Kind {
    /// A queue.
    Queue,
    /// A number of ours.
    Number,
    /// Rules that pick a queue.
    Route,
    /// What conversations are closed with.
    Disposition,
    /// A reason not to be ready.
    Reason,
    /// A standard response to contacts.
    Response,
    /// A message an IM or consult can begin with.
    Predefined,
}

/// The fields of a disposition, besides its code.
const LABEL: &[Field] = &[Field {
    name: "label",
    stored: "label",
    kind: settings::Kind::Text { check: checks::filled, is_optional: false },
    text: "The label to read.",
}];

/// The fields of a predefined message, besides its key.
const PREDEFINED: &[Field] = &[TEXT];

const TEXT: Field = Field {
    name: "text",
    stored: "text",
    kind: settings::Kind::Text { check: checks::filled, is_optional: false },
    text: "The text.",
};

/// A valid thing, or what is wrong with it as the end of a sentence.
type Checked<T> = std::result::Result<T, String>;

impl Kind {
    /// The command's name.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Queue => "queue",
            Self::Number => "number",
            Self::Route => Route::KIND,
            Self::Disposition => Disposition::KIND,
            Self::Reason => Reason::KIND,
            Self::Response => Response::KIND,
            Self::Predefined => Predefined::KIND,
        }
    }

    /// Its name at the beginning of a sentence.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Queue => "Queue",
            Self::Number => "Number",
            Self::Route => "Route",
            Self::Disposition => "Disposition",
            Self::Reason => "Reason",
            Self::Response => "Response",
            Self::Predefined => "Predefined message",
        }
    }

    /// What several are called.
    pub(super) fn plural(self) -> String {
        format!("{}s", self.title().to_lowercase())
    }

    /// What can be set of one.
    pub(super) fn table(self) -> &'static [Field] {
        match self {
            Self::Queue => QueueSettings::FIELDS,
            Self::Number => NumberSettings::FIELDS,
            Self::Route => rules::FIELDS,
            Self::Disposition => LABEL,
            Self::Reason => Reason::FIELDS,
            Self::Response => Response::FIELDS,
            Self::Predefined => PREDEFINED,
        }
    }

    /// Makes a new one from its name and the rest of the line.
    pub(super) fn begun(self, name: &str, rest: &str) -> Checked<Value> {
        let is_name = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        let is_taken = VERBS.contains(&name) || line::row_number(name).is_some();
        if self != Self::Number && (name.len() > 64 || !name.chars().all(is_name) || is_taken) {
            return Err("a name is made of a-z, 0-9, dots, dashes and underscores, and is no number or verb"
                .to_owned());
        }
        let (name, text) = (name.to_owned(), line::value(rest).to_owned());
        let queue = QueueName::new(line::first_word(rest).0.to_lowercase());
        match self {
            Self::Queue => Ok(document(&QueueSettings::default())),
            Self::Number => {
                Address::parse(&name).map_err(|problem| format!("“{name}” {problem}"))?;
                let target = match queue.as_str().strip_prefix("route:") {
                    Some(route) => Target::Route(route.to_owned()),
                    None => Target::Queue(queue),
                };
                Ok(document(&NumberSettings::new(target)))
            }
            Self::Route => Ok(rules::unfolded(&Route { name, rules: vec![], otherwise: queue })),
            Self::Disposition => {
                let label = if text.is_empty() { name.clone() } else { text };
                Ok(document(&Disposition { code: name, label }))
            }
            Self::Reason => {
                let begun = Reason::new(name);
                let label = if text.is_empty() { begun.label.clone() } else { text };
                Ok(document(&Reason { label, ..begun }))
            }
            Self::Response => Ok(document(&Response::new(name, text))),
            Self::Predefined => Ok(document(&Predefined { key: name, text })),
        }
    }

    /// Adds a field that is not there yet, or removes several. Returns whether that was all there was to do.
    pub(super) fn reshape(self, document: &mut Value, field: &str, text: &str) -> bool {
        match self {
            Self::Number => {
                lead_elsewhere(document, field);
                false
            }
            Self::Route => rules::reshape(document, field, text),
            Self::Queue | Self::Disposition | Self::Reason | Self::Response | Self::Predefined => false,
        }
    }

    /// The names of all there are.
    pub(super) async fn names(self, tx: &mut Tx<'_>) -> Result<Vec<String>> {
        Ok(match self {
            Self::Queue => agents::queues(tx.db().await?).await?.iter().map(ToString::to_string).collect(),
            Self::Number => {
                agents::numbers(tx.db().await?).await?.iter().map(|ours| ours.shown().into_owned()).collect()
            }
            Self::Route | Self::Disposition | Self::Reason | Self::Response | Self::Predefined => {
                lists::names(tx.db().await?, self.word()).await?
            }
        })
    }

    /// The one of a name, as a document.
    pub(super) async fn load(self, tx: &mut Tx<'_>, name: &str) -> Result<Option<Value>> {
        Ok(match self {
            Self::Queue => agents::queue(tx.db().await?, &QueueName::new(name)).await?.as_ref().map(document),
            Self::Number => {
                agents::number(tx.db().await?, &Address::read(name)).await?.as_ref().map(document)
            }
            Self::Route => lists::defined_as(tx.db().await?, name).await?.as_ref().map(rules::unfolded),
            Self::Disposition => defined::<Disposition>(tx, name).await?,
            Self::Reason => defined::<Reason>(tx, name).await?,
            Self::Response => defined::<Response>(tx, name).await?,
            Self::Predefined => defined::<Predefined>(tx, name).await?,
        })
    }

    /// Keeps one, if it makes sense.
    pub(super) async fn save(self, tx: &mut Tx<'_>, name: &str, document: Value) -> Result<Checked<()>> {
        match self {
            Self::Queue => {
                let name = QueueName::new(name);
                match queue(tx, &name, document).await? {
                    Ok(queue) => agents::save_queue(tx.db().await?, &name, &queue).await.map(Ok),
                    Err(problem) => Ok(Err(problem)),
                }
            }
            Self::Number => match number(tx, document).await? {
                Ok(number) => {
                    agents::save_number(tx.db().await?, &Address::read(name), &number).await.map(Ok)
                }
                Err(problem) => Ok(Err(problem)),
            },
            Self::Route => {
                let route = route(tx, name, &document).await?;
                keep(tx, route).await
            }
            Self::Disposition => {
                let read = read(document).and_then(|of| validate::disposition(&of).map(|()| of));
                keep(tx, read).await
            }
            Self::Reason => keep(tx, read(document).and_then(|of: Reason| of.checked().map(|()| of))).await,
            Self::Response => {
                let response = response(tx, document).await?;
                keep(tx, response).await
            }
            Self::Predefined => {
                let read = read(document).and_then(|of| validate::predefined(&of).map(|()| of));
                keep(tx, read).await
            }
        }
    }

    /// What is still to be done so that all of it has an effect, as the end of a sentence about it.
    pub(super) fn unfinished(self, document: &Value) -> Option<String> {
        if self != Self::Response {
            return None;
        }
        let response: Response = read(document.clone()).ok()?;
        let blank = validate::response_so_far(&response).ok()??;
        Some(format!("nothing uses {blank} yet, write {{{{ {blank} }}}} into text or then"))
    }

    /// Whether a change holds only for conversations that begin from now on: those that are open keep what
    /// they took over from their queue.
    pub(super) fn is_for_new(self, tx: &Tx<'_>, before: &Value, after: &Value) -> bool {
        let rules =
            |document: &Value| read(document.clone()).map(|of: QueueSettings| tx.settings.rules(&of)).ok();
        self == Self::Queue && rules(before) != rules(after)
    }

    /// Takes one away.
    pub(super) async fn remove(self, tx: &mut Tx<'_>, name: &str) -> Result<()> {
        match self {
            Self::Queue => agents::remove_queue(tx.db().await?, &QueueName::new(name)).await,
            Self::Number => agents::remove_number(tx.db().await?, &Address::read(name)).await,
            Self::Route | Self::Disposition | Self::Reason | Self::Response | Self::Predefined => {
                lists::undefine(tx.db().await?, self.word(), name).await.map(drop)
            }
        }
    }

    /// What would be left without it.
    pub(super) async fn still_used(self, tx: &mut Tx<'_>, name: &str) -> Result<Option<UsedBy>> {
        match self {
            Self::Queue => queue_still_used(tx, &QueueName::new(name)).await,
            Self::Route => leads_there(tx, &Target::Route(name.to_owned())).await,
            Self::Number | Self::Disposition | Self::Reason | Self::Response | Self::Predefined => Ok(None),
        }
    }
}

/// A number leads to a queue or to a route: setting one replaces the other.
fn lead_elsewhere(document: &mut Value, field: &str) {
    let targets = ["queue", "route"];
    let Some(target) = targets.into_iter().find(|target| target.eq_ignore_ascii_case(field)) else { return };
    if let Value::Object(fields) = document {
        fields.retain(|name, _| !targets.contains(&name.as_str()));
        fields.insert(target.to_owned(), String::new().into());
    }
}

pub(super) fn document<T: Serialize>(of: &T) -> Value {
    serde_json::to_value(of).unwrap_or_default()
}

async fn defined<T: Defined>(tx: &mut Tx<'_>, name: &str) -> Result<Option<Value>> {
    Ok(lists::defined_as::<T>(tx.db().await?, name).await?.as_ref().map(document))
}

async fn keep<T: Defined + Sync>(tx: &mut Tx<'_>, checked: Checked<T>) -> Result<Checked<()>> {
    match checked {
        Ok(right) => lists::define(tx.db().await?, &right).await.map(Ok),
        Err(problem) => Ok(Err(problem)),
    }
}

async fn queue(tx: &mut Tx<'_>, name: &QueueName, document: Value) -> Result<Checked<QueueSettings>> {
    let read = read(document).and_then(|of: QueueSettings| of.check().map(|()| of));
    let queue = match read {
        Ok(queue) => queue,
        Err(problem) => return Ok(Err(problem)),
    };
    Ok(overflow::check(tx, name, &queue).await?.map(|()| queue))
}

async fn response(tx: &mut Tx<'_>, document: Value) -> Result<Checked<Response>> {
    let read = read(document).and_then(|of: Response| {
        validate::response_so_far(&of)?;
        Ok(of)
    });
    let response = match read {
        Ok(response) => response,
        Err(problem) => return Ok(Err(problem)),
    };
    for queue in &response.queues {
        if let Err(problem) = is_queue(tx, queue).await? {
            return Ok(Err(problem));
        }
    }
    let known: Vec<Disposition> = lists::defined(tx.db().await?).await?;
    Ok(response.closes_with(&known).map(|()| response))
}

async fn number(tx: &mut Tx<'_>, document: Value) -> Result<Checked<NumberSettings>> {
    let number: NumberSettings = match read(document) {
        Ok(number) => number,
        Err(problem) => return Ok(Err(problem)),
    };
    Ok(match &number.target {
        Target::Queue(queue) => is_queue(tx, queue).await?,
        Target::Route(name) if lists::defined_as::<Route>(tx.db().await?, name).await?.is_none() => {
            Err(format!("there is no route “{name}”"))
        }
        Target::Route(_) => Ok(()),
    }
    .and_then(|()| number.check())
    .and_then(|()| {
        let problem =
            keywords::problems(&number.keywords(), &tx.settings.consent.keywords()).into_iter().next();
        problem.map_or(Ok(()), Err)
    })
    .map(|()| number))
}

async fn route(tx: &mut Tx<'_>, name: &str, document: &Value) -> Result<Checked<Route>> {
    let folded = rules::folded(name, document).and_then(|route| validate::route(&route).map(|()| route));
    let route = match folded {
        Ok(route) => route,
        Err(problem) => return Ok(Err(problem)),
    };
    for queue in route.rules.iter().map(|rule| &rule.queue).chain([&route.otherwise]) {
        if let Err(problem) = is_queue(tx, queue).await? {
            return Ok(Err(problem));
        }
    }
    Ok(Ok(route))
}

async fn is_queue(tx: &mut Tx<'_>, queue: &QueueName) -> Result<Checked<()>> {
    Ok(match agents::queue(tx.db().await?, queue).await? {
        Some(_) => Ok(()),
        None if queue.as_str().is_empty() => Err("say which queue".to_owned()),
        None => Err(format!("there is no queue “{queue}”")),
    })
}

/// Which of our numbers leads somewhere.
async fn leads_there(tx: &mut Tx<'_>, target: &Target) -> Result<Option<UsedBy>> {
    for number in agents::numbers(tx.db().await?).await? {
        let settings = agents::number(tx.db().await?, &number).await?;
        if settings.is_some_and(|settings| settings.target == *target) {
            return Ok(Some(UsedBy::Number { number: number.shown().into_owned() }));
        }
    }
    Ok(None)
}

/// What would be left without its queue.
async fn queue_still_used(tx: &mut Tx<'_>, queue: &QueueName) -> Result<Option<UsedBy>> {
    if let Some(number) = leads_there(tx, &Target::Queue(queue.clone())).await? {
        return Ok(Some(number));
    }
    for route in lists::defined::<Route>(tx.db().await?).await? {
        if route.otherwise == *queue || route.rules.iter().any(|rule| rule.queue == *queue) {
            return Ok(Some(UsedBy::Route { route: route.name }));
        }
    }
    if let Some(from) = overflow::leads_to(tx, queue).await? {
        return Ok(Some(UsedBy::Overflow { from }));
    }
    let responses = lists::defined::<Response>(tx.db().await?).await?;
    if let Some(response) = responses.into_iter().find(|response| response.queues.contains(queue)) {
        return Ok(Some(UsedBy::Response { shortcut: response.shortcut }));
    }
    if agents::all(tx.db().await?).await?.iter().any(|agent| agent.queues.contains(queue)) {
        return Ok(Some(UsedBy::Members));
    }
    let open = history::not_done(tx.db().await?).await?;
    Ok(open.iter().any(|open| open.queue == *queue).then_some(UsedBy::Conversations))
}
