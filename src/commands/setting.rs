//! Commands of admins about the settings of the desk itself: times, language, country. The config's value, or
//! else the default, holds until an admin sets another.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::define::row;
use super::{Call, Command, Holds, Who, erasing, fields, line, targets};
use crate::commit::{Settings, Tx};
use crate::domain::notice::Problem;
use crate::domain::queue::QueueSettings;
use crate::domain::retention::Old;
use crate::domain::settings::desk::renamed;
use crate::domain::settings::{DeskSettings, Field, Setting, Table as _};
use crate::store::Result;
use crate::store::lists::{self, Defined as _};

/// The commands of this family.
pub(super) const COMMANDS: &[Command] = &[Command {
    name: "setting",
    aliases: &["settings"],
    arguments: "list | show <name> | set <name> <value> | remove <name>",
    does: "set how the desk works; what is removed is as the config says again",
    who: Who::Admins,
    changes: false,
    run: setting,
}];

/// The commands for settings. There is no `add`, since every setting exists.
const VERBS: [&str; 4] = ["list", "show", "set", "remove"];

/// `!setting …`.
fn setting<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let (typed, rest) = line::first_word(call.arguments);
        let verb = if typed.is_empty() { Some("list") } else { line::choose(typed, &VERBS) };
        let Some(verb) = verb else { return call.usage(tx, Problem::unknown(typed, &VERBS)).await };
        // Changes of others in the same commit count too.
        let now = tx.started_with.with_all(&lists::defined(tx.db().await?).await?);
        if verb == "list" {
            return list(tx, call, &now).await;
        }
        let (name, value) = line::first_word(rest);
        let name = targets::key(tx, call, name).await?.to_lowercase();
        let name = short(&name).to_owned();
        if let Some(new) = renamed(&name) {
            return call.bad_value(tx, &format!("the setting “{name}” is called {new} now")).await;
        }
        let all = now.all();
        // In the config, and where settings are listed, they stand below `desk`.
        let bare = name.strip_prefix("desk.").unwrap_or(&name);
        let Some(known) = all.iter().find(|known| known.name == name || known.name == bare) else {
            let names: Vec<&str> = all.iter().map(|known| known.name.as_str()).collect();
            return call.usage(tx, Problem::unknown(&name, &names)).await;
        };
        match verb {
            "set" => set(tx, call, &now, known, value).await,
            "remove" => remove(tx, call, &now, (known, value)).await,
            _ => show(tx, call, known).await,
        }
    }
    .boxed()
}

/// The name of a setting that was typed as the config and `docs/SETTINGS.md` write it, with its section.
fn short(typed: &str) -> &str {
    let field = DeskSettings::FIELDS.iter().find(|field| field.name == typed);
    if let Some(field) = field {
        return field.word();
    }
    // What is misspelt behind a section is compared without it.
    let of_section = |field: &Field| field.name.split_once('.').map(|(section, _)| section);
    let split = typed.split_once('.');
    let is_section =
        |section: &str| DeskSettings::FIELDS.iter().any(|field| of_section(field) == Some(section));
    split.filter(|(section, _)| is_section(section)).map_or(typed, |(_, rest)| rest)
}

async fn list(tx: &mut Tx<'_>, call: &Call<'_>, now: &DeskSettings) -> Result<()> {
    let (before, now) = (tx.started_with.all(), now.all());
    let rows = now.iter().zip(&before).map(|(now, before)| row(&now.name, &beside(now, before))).collect();
    targets::show(tx, call, "Settings", rows, "setting show {}".to_owned()).await
}

async fn show(tx: &mut Tx<'_>, call: &Call<'_>, now: &Setting) -> Result<()> {
    let shown = beside(now, &started_with(tx, now));
    let run = format!("setting show {}", now.name);
    targets::show(tx, call, &format!("setting {}", now.name), vec![row(&now.name, &shown)], run).await
}

/// The value of the setting where no admin has set one.
fn started_with(tx: &Tx<'_>, of: &Setting) -> Setting {
    tx.started_with.all().into_iter().find(|before| before.name == of.name).unwrap_or_else(|| of.clone())
}

/// A setting's value, and the config's where that differs.
fn beside(now: &Setting, before: &Setting) -> String {
    let shown = fields::in_words(&now.value);
    if now.value == before.value {
        return shown;
    }
    format!("{shown} (in the config: {})", fields::in_words(&before.value))
}

async fn set(tx: &mut Tx<'_>, call: &Call<'_>, all: &DeskSettings, now: &Setting, typed: &str) -> Result<()> {
    let what = Old::of_setting(&now.name);
    let (text, is_confirmed) = if what.is_some() { erasing::confirmed(typed) } else { (typed, false) };
    if line::value(text).is_empty() {
        let help = now.field().map(Field::help).unwrap_or_default();
        return call.bad_value(tx, &format!("say what {} is to be: {help}", now.name)).await;
    }
    let mut document = serde_json::json!({ now.name.as_str(): now.value });
    if let Err(problem) = fields::set(&mut document, DeskSettings::FIELDS, (&now.name, text), &all.time_zone)
    {
        return call.bad_value(tx, &problem).await;
    }
    let setting = Setting { name: now.name.clone(), value: document[now.name.as_str()].take() };
    let after = match all.with(&setting) {
        Ok(after) => after,
        Err(problem) => return call.bad_value(tx, &problem).await,
    };
    if let Some(what) = what.filter(|_| !is_confirmed)
        && erasing::asks(tx, call, (what, all, &after), &format!("setting set {} {text}", now.name)).await?
    {
        return Ok(());
    }
    lists::define(tx.db().await?, &setting).await?;
    let named = tx.settings.config.settings.iter().find(|named| named.name == setting.name);
    let until_start = named.is_some_and(|named| named.value != setting.value);
    let only_new = begins_otherwise(all, &after);
    confirm(tx, call, (now, &setting), Holds { until_start, only_new }).await
}

async fn remove(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    all: &DeskSettings,
    (now, typed): (&Setting, &str),
) -> Result<()> {
    let is_confirmed = erasing::confirmed(typed).1;
    if let Some(what) = Old::of_setting(&now.name).filter(|_| !is_confirmed) {
        // What the config says may be shorter.
        let after = all.with(&started_with(tx, now)).unwrap_or_else(|_| all.clone());
        let run = format!("setting remove {}", now.name);
        if erasing::asks(tx, call, (what, all, &after), &run).await? {
            return Ok(());
        }
    }
    lists::undefine(tx.db().await?, Setting::KIND, &now.name).await?;
    let after = started_with(tx, now);
    let only_new = all.with(&after).is_ok_and(|desk| begins_otherwise(all, &desk));
    confirm(tx, call, (now, &after), Holds { until_start: false, only_new }).await
}

/// Whether what a conversation takes over from the desk when it begins is another one after a change.
fn begins_otherwise(before: &DeskSettings, after: &DeskSettings) -> bool {
    let rules = |desk| Settings::rules_of(desk, &QueueSettings::default());
    rules(before) != rules(after)
}

async fn confirm(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    (before, after): (&Setting, &Setting),
    holds: Holds,
) -> Result<()> {
    tx.settings_changed().await?;
    let what = format!("setting {}", before.name);
    call.confirm_as((tx, holds), &what, &fields::in_words(&before.value), &fields::in_words(&after.value))
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_is_named_as_the_config_writes_it_too() {
        for field in DeskSettings::FIELDS {
            assert_eq!((short(field.name), short(field.word())), (field.word(), field.word()));
        }
        for (typed, name) in [
            ("sms.encoding", "encoding"),
            ("desk.mask_numbers", "mask_numbers"),
            ("sms.encodign", "encodign"),
            ("nothing.like_it", "nothing.like_it"),
            ("", ""),
        ] {
            assert_eq!(short(typed), name);
        }
    }
}
