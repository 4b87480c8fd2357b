//! Tokens of programs that text contacts first. A token is shown once, in the console of the admin who made
//! it, and taken away there after a while.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::define::{VERBS, row};
use super::{Call, Command, Who, line, targets};
use crate::clock;
use crate::commit::Tx;
use crate::domain::effect::{Notify, Place, Role};
use crate::domain::ids::{QueueName, TokenId};
use crate::domain::notice::{ListRow, Missing, Problem, Says, TokenCard};
use crate::domain::program::{DEFAULT_RATE, RATES, Scope, Token, checked_name, hash};
use crate::domain::timer::{Due, SHOW_TOKEN_FOR, Timer};
use crate::store::programs::{self, KeptToken};
use crate::store::{Result, agents};

/// The commands of this family.
pub(super) const COMMANDS: &[Command] = &[Command {
    name: "token",
    aliases: &["tokens"],
    arguments: "list | show <name> | add <name> [queue:<queue>] [rate:<texts a minute>] [scope:send,read] | \
                set <name> queue|rate|scope <value> | remove <name>",
    does: "let programs text customers first; a token is shown once, in your console. It reaches the queues that it \
           names, or any; several stand in a row, like queue:support,sales",
    who: Who::Admins,
    changes: false,
    run: token,
}];

/// What of a token can be set.
const FIELDS: [&str; 3] = ["queue", "rate", "scope"];
/// The word for every queue.
const ANY: &str = "any";
/// How many characters the id of a token has.
const ID_CHARS: usize = 10;

/// `!token …`.
fn token<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let (typed, rest) = line::first_word(call.arguments);
        let verb = if typed.is_empty() { Some("list") } else { line::choose(typed, &VERBS) };
        let Some(verb) = verb else { return call.usage(tx, Problem::unknown(typed, &VERBS)).await };
        if verb == "list" {
            return list(tx, call).await;
        }
        let (word, rest) = line::first_word(rest);
        let name = targets::key(tx, call, word).await?.to_lowercase();
        if name.is_empty() {
            return call.usage(tx, Problem::NameMissing).await;
        }
        let known = programs::by_name(tx.db().await?, &name).await?;
        match (verb, known) {
            ("add", Some(_)) => call.usage(tx, Problem::Exists { kind: "token".to_owned(), name }).await,
            ("add", None) => add(tx, call, &name, rest).await,
            (_, None) => {
                call.answer(tx, Says::no_such(Missing::named("token", &name), "token").plainly()).await
            }
            ("set", Some(known)) => set(tx, call, known.token, rest).await,
            ("remove", Some(known)) => {
                let now = tx.now;
                programs::remove(tx.db().await?, &known.token.id, now).await?;
                call.confirm(tx, &format!("token {name}"), &in_words(&known.token), "none").await
            }
            (_, Some(known)) => show(tx, call, &known).await,
        }
    }
    .boxed()
}

async fn list(tx: &mut Tx<'_>, call: &Call<'_>) -> Result<()> {
    let rows = programs::all(tx.db().await?).await?.iter().map(|kept| of_list(tx, kept)).collect();
    targets::show(tx, call, "Defined: tokens", rows, "token show {}".to_owned()).await
}

fn of_list(tx: &Tx<'_>, kept: &KeptToken) -> ListRow {
    let last = match kept.used_at {
        Some(_) => "last text",
        None => "no text yet",
    };
    let secs = kept.used_at.map(|at| tx.now.since(at).as_secs());
    ListRow { secs, ..row(&kept.token.name, &format!("{}, {last}", in_words(&kept.token))) }
}

async fn show(tx: &mut Tx<'_>, call: &Call<'_>, kept: &KeptToken) -> Result<()> {
    let token = &kept.token;
    let secs = |at| Some(tx.now.since(at).as_secs());
    let rows = vec![
        row("queue", &queues(token)),
        row("rate", &token.rate.to_string()),
        row("scope", &scopes(token)),
        ListRow { secs: secs(token.created_at), ..row("made", &format!("by {}", token.by)) },
        match kept.used_at {
            Some(at) => ListRow { secs: secs(at), ..row("last text", "sent") },
            None => row("last text", "none yet"),
        },
    ];
    let run = format!("token show {}", token.name);
    targets::show(tx, call, &format!("token {}", token.name), rows, run).await
}

async fn add(tx: &mut Tx<'_>, call: &Call<'_>, name: &str, rest: &str) -> Result<()> {
    let name = match checked_name(name) {
        Ok(name) => name,
        Err(problem) => return call.bad_value(tx, &problem.to_string()).await,
    };
    let id = TokenId::new(clock::random_typable(ID_CHARS));
    let random = format!("{}{}", clock::random_hex(), clock::random_hex());
    let mut token = Token {
        hash: hash(&tx.settings.token_key.token(&id, &random)),
        id: id.clone(),
        name,
        scopes: Scope::ALL.to_vec(),
        queues: vec![],
        rate: DEFAULT_RATE,
        by: call.agent.who.id.clone(),
        created_at: tx.now,
    };
    for word in line::words(rest) {
        let pair = word.split_once([':', '=']);
        let set = match pair {
            Some((field, value)) => set_field(tx, &mut token, field, value).await?,
            None => Err(line::unknown(word, &["queue:…", "rate:…", "scope:…"])),
        };
        if let Err(problem) = set {
            return call.bad_value(tx, &problem).await;
        }
    }
    programs::save(tx.db().await?, &token).await?;
    call.changed(tx, &format!("{}: none → {}", token.name, in_words(&token))).await?;
    let console = Place::Console(call.agent.who.id.clone());
    let card = TokenCard {
        name: token.name.clone(),
        detail: in_words(&token),
        id: id.clone(),
        random,
        token: None,
        secs: SHOW_TOKEN_FOR.as_secs(),
    };
    let reply_to = (call.said.place == console).then(|| call.said.event.event_id.clone());
    let (notice, role) = (Says::Token(card).plainly(), Some(Role::Token { token: id.clone() }));
    tx.emit(Notify { to: console, notice, reply_to, role }).await?;
    let what = Due::TokenShown { token: id, agent: call.agent.who.id.clone() };
    tx.set(&Timer { due_at: tx.now + SHOW_TOKEN_FOR, what }).await
}

async fn set(tx: &mut Tx<'_>, call: &Call<'_>, before: Token, rest: &str) -> Result<()> {
    let (field, value) = line::first_word(rest);
    let mut token = before.clone();
    if let Err(problem) = set_field(tx, &mut token, field, line::value(value)).await? {
        return call.bad_value(tx, &problem).await;
    }
    programs::save(tx.db().await?, &token).await?;
    call.confirm(tx, &format!("token {}", token.name), &in_words(&before), &in_words(&token)).await
}

/// Sets a field of a token; or what is wrong.
async fn set_field(
    tx: &mut Tx<'_>,
    token: &mut Token,
    field: &str,
    value: &str,
) -> Result<std::result::Result<(), String>> {
    let field = field.to_lowercase();
    let field = field.strip_suffix('s').unwrap_or(&field);
    let Some(field) = line::choose(field, &FIELDS) else { return Ok(Err(line::unknown(field, &FIELDS))) };
    let items: Vec<&str> = value.split([',', ' ']).map(str::trim).filter(|item| !item.is_empty()).collect();
    match field {
        "rate" => match value.trim().parse() {
            Ok(rate) if RATES.contains(&rate) => token.rate = rate,
            _ => {
                let (least, most) = (RATES.start(), RATES.end());
                return Ok(Err(format!("the rate is a number of texts a minute, from {least} to {most}")));
            }
        },
        "scope" => {
            let mut scopes = Vec::new();
            for item in &items {
                match Scope::ALL.into_iter().find(|scope| scope.word().eq_ignore_ascii_case(item)) {
                    Some(scope) if !scopes.contains(&scope) => scopes.push(scope),
                    Some(_) => {}
                    None => return Ok(Err(line::unknown(item, &Scope::ALL.map(Scope::word)))),
                }
            }
            if scopes.is_empty() {
                return Ok(Err(line::unknown("", &Scope::ALL.map(Scope::word))));
            }
            token.scopes = scopes;
        }
        _ => {
            let mut queues = Vec::new();
            for item in items.iter().filter(|item| !item.eq_ignore_ascii_case(ANY)) {
                let queue = QueueName::new(item.to_lowercase());
                if agents::queue(tx.db().await?, &queue).await?.is_none() {
                    return Ok(Err(format!("there is no queue “{item}”")));
                }
                if !queues.contains(&queue) {
                    queues.push(queue);
                }
            }
            if items.is_empty() {
                return Ok(Err(format!("name queues, or {ANY}")));
            }
            token.queues = queues;
        }
    }
    Ok(Ok(()))
}

fn queues(token: &Token) -> String {
    let names: Vec<&str> = token.queues.iter().map(QueueName::as_str).collect();
    if names.is_empty() { ANY.to_owned() } else { names.join(",") }
}

fn scopes(token: &Token) -> String {
    token.scopes.iter().map(|scope| scope.word()).collect::<Vec<_>>().join(",")
}

fn in_words(token: &Token) -> String {
    format!("queue {}, rate {}, scope {}", queues(token), token.rate, scopes(token))
}
