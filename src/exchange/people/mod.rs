//! Contacts of a table, as a spreadsheet or another program writes it.
//!
//! It is read twice, row by row. The first time nothing is changed, and what is wrong with the file as a
//! whole refuses all of it; the second time each row is taken in or refused by itself, a few in one commit.

mod columns;
mod guard;
mod progress;
mod shown;
mod source;
mod table;
#[cfg(test)]
mod tests;

use std::fmt::Display;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context as _, anyhow, bail};

use self::guard::Fault;
use self::progress::Progress;
use self::table::{Refusal, Row, Table, TableError};
use super::door::{self, Door};
use crate::acts::roster;
use crate::config::Config;
use crate::desk::Applied;
use crate::domain::input::Input;
use crate::domain::person::{Person, TakenIn};

/// Rows of one commit: what the desk does meanwhile waits for no more than these.
const BATCH: usize = 64;

/// What became of the rows of a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// People who were nobody's contact before.
    pub added: u64,
    /// Contacts of whom more or something else is known now.
    pub changed: u64,
    /// Contacts of whom all was known.
    pub unchanged: u64,
    /// Rows of which nothing was kept.
    pub refused: u64,
}

/// Where the import speaks to.
pub struct Voices<'a> {
    /// What is wrong with rows, a line each.
    pub out: &'a mut dyn Write,
    /// How far it has come.
    pub progress: &'a mut dyn Write,
    /// Whether people watch that on a terminal.
    pub on_terminal: bool,
}

/// A row that was read: its line, and who it is about.
type Read = (u64, Result<Person, Refusal>);

/// Takes contacts from a table: adds and updates whom it names, deletes nothing. `-` is standard input. With
/// `check` it only looks what would become of each row.
///
/// # Errors
/// When the file as a whole is wrong, or the database cannot be written. What is wrong with the file was
/// found before anything was changed.
pub async fn import_people(
    config: &Config,
    file: &Path,
    check: bool,
    voices: Voices<'_>,
) -> anyhow::Result<Outcome> {
    let name = if file == Path::new("-") { "standard input".to_owned() } else { file.display().to_string() };
    let mut input = source::open(file).with_context(|| name.clone())?;
    let mut door = door::open(config).await?;
    let import = Import { name: &name, check, door: &mut door, voices, outcome: Outcome::default() };
    let outcome = import.run(&mut input).await;
    door.close().await;
    outcome
}

struct Import<'a, 'v> {
    name: &'a str,
    check: bool,
    door: &'a mut Door,
    voices: Voices<'v>,
    outcome: Outcome,
}

impl Import<'_, '_> {
    async fn run(mut self, input: &mut File) -> anyhow::Result<Outcome> {
        let country = self.door.country();
        let mut total = 0;
        read_people(&mut *input, &country, |_, _| total += 1)
            .map_err(|error| self.wrong(&error, "nothing was changed"))?;
        source::rewind(input)?;
        let name = self.name;
        if !self.check {
            self.door.note("import contacts", "", &format!("{name}: {total} rows")).await?;
        }
        let mut table =
            Table::open(input, &country).map_err(|error| self.wrong(&error, "nothing was changed"))?;
        let mut rows = 0;
        let Voices { out, progress, on_terminal } = self.voices;
        let mut progress = Progress::new(progress, on_terminal, total);
        loop {
            let batch = next_batch(&mut table).map_err(|error| {
                // It was read to its end before.
                let error = if matches!(error, TableError::Fault(_)) { Fault::Changed.into() } else { error };
                wrong(name, &error, "the rows before it are kept")
            })?;
            if batch.is_empty() {
                break;
            }
            let lines: Vec<u64> = batch.iter().map(|(line, _)| *line).collect();
            let before = rows;
            rows += u64::try_from(batch.len()).unwrap_or(u64::MAX);
            let outcomes = take(self.door, batch, self.check).await.with_context(|| {
                format!("{name}:{}: it stopped here; the rows before it are kept, so run it again", lines[0])
            })?;
            for (line, outcome) in lines.into_iter().zip(outcomes) {
                match outcome {
                    Ok(TakenIn::Added) => self.outcome.added += 1,
                    Ok(TakenIn::Changed) => self.outcome.changed += 1,
                    Ok(TakenIn::Unchanged) => self.outcome.unchanged += 1,
                    Ok(TakenIn::Refused(why)) => {
                        self.outcome.refused += 1;
                        progress.clear()?;
                        writeln!(out, "{name}:{line}: {}", Refusal::of_row(why.to_string()))?;
                    }
                    Err(refusal) => {
                        self.outcome.refused += 1;
                        progress.clear()?;
                        writeln!(out, "{name}:{line}: {refusal}")?;
                    }
                }
            }
            progress.at(rows, before)?;
        }
        progress.clear()?;
        if !self.check {
            let Outcome { added, changed, unchanged, refused } = self.outcome;
            let done =
                format!("{name}: {added} added, {changed} changed, {unchanged} unchanged, {refused} refused");
            self.door.note("import contacts", "", &done).await?;
        }
        Ok(self.outcome)
    }

    fn wrong(&self, error: &dyn Display, kept: &str) -> anyhow::Error {
        wrong(self.name, error, kept)
    }
}

fn wrong(name: &str, error: &dyn Display, kept: &str) -> anyhow::Error {
    anyhow!("{name}:{error} ({kept})")
}

/// Reads a table to its end, as the import does, in which numbers without a country code are of `country`.
/// `each` gets each row: the line it begins in, and who it is about or what is wrong with it.
///
/// # Errors
/// When the file as a whole is wrong: the line, a colon, and how to mend it.
pub fn read_people(
    input: impl io::Read,
    country: &str,
    mut each: impl FnMut(u64, Result<Person, String>),
) -> anyhow::Result<()> {
    let mut table = Table::open(input, country)?;
    while let Some(Row { line, person }) = table.next()? {
        each(line, person.map_err(|refusal| refusal.to_string()));
    }
    Ok(())
}

fn next_batch<R: io::Read>(table: &mut Table<R>) -> Result<Vec<Read>, TableError> {
    let mut batch = Vec::with_capacity(BATCH);
    while batch.len() < BATCH
        && let Some(row) = table.next()?
    {
        batch.push((row.line, row.person));
    }
    Ok(batch)
}

/// Takes the rows of a batch in, or looks what would become of them; what became of each, in their order.
async fn take(
    door: &mut Door,
    batch: Vec<Read>,
    check: bool,
) -> anyhow::Result<Vec<Result<TakenIn, Refusal>>> {
    let mut outcomes = Vec::with_capacity(batch.len());
    if check {
        let mut conn = door.store.connection().await?;
        for (_, person) in batch {
            outcomes.push(match person {
                Ok(person) => Ok(roster::plan(&mut conn, &person).await?.outcome()),
                Err(refusal) => Err(refusal),
            });
        }
        return Ok(outcomes);
    }
    let mut inputs = Vec::with_capacity(batch.len());
    for (_, person) in batch {
        match person {
            Ok(person) => {
                inputs.push(Input::Person(Box::new(person)));
                // Its place is kept.
                outcomes.push(Ok(TakenIn::Unchanged));
            }
            Err(refusal) => outcomes.push(Err(refusal)),
        }
    }
    let mut applied = if inputs.is_empty() { vec![] } else { door.apply(inputs).await? }.into_iter();
    for outcome in outcomes.iter_mut().filter(|outcome| outcome.is_ok()) {
        *outcome = match applied.next() {
            Some(Applied::TakenIn(taken)) => Ok(taken),
            Some(Applied::DeadLettered) => {
                Err(Refusal::of_row("it could not be taken in and was set aside; the log says why"))
            }
            other => bail!("the desk answered {other:?} for a row"),
        };
    }
    Ok(outcomes)
}
