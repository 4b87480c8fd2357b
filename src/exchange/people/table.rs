//! A table of people, read row by row: never more than one of them is held.

use std::io::{self, BufRead as _, BufReader, Read};

use csv::{ErrorKind, ReaderBuilder, StringRecord};

use super::columns::{Column, Named, columns};
use super::guard::{Fault, Guard};
use super::shown::quoted;
use crate::clock::Millis;
use crate::domain::address::{Address, Channel, parse};
use crate::domain::contact::{Contact, NAME_CHARS, Unfit};
use crate::domain::ids::ContactId;
use crate::domain::person::Person;

/// How much is looked at to find out what separates the cells.
const SAMPLE_BYTES: usize = 64 * 1024;
const MARK: &[u8] = b"\xef\xbb\xbf";

/// A table of people.
pub(super) struct Table<R: Read> {
    reader: csv::Reader<Guard<BufReader<R>>>,
    columns: Vec<Named>,
    country: String,
    record: StringRecord,
}

/// A row of a table.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// The line it begins in.
    pub(super) line: u64,
    /// Who it is about; or the column that is wrong, and how to mend it.
    pub(super) person: Result<Person, Refusal>,
}

/// Why a row is not taken in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{column}: {why}")]
pub(super) struct Refusal {
    /// The name of the column, or `row`.
    pub(super) column: String,
    /// What is wrong, and how to mend it.
    pub(super) why: String,
}

/// Why a table cannot be read on.
#[derive(Debug, thiserror::Error)]
pub(super) enum TableError {
    #[error(transparent)]
    Fault(#[from] Fault),
    #[error(" it cannot be read: {0}")]
    Io(#[from] io::Error),
}

impl Refusal {
    /// What is wrong with the row as a whole.
    pub(super) fn of_row(why: impl Into<String>) -> Self {
        Self { column: "row".to_owned(), why: why.into() }
    }
}

impl<R: Read> Table<R> {
    /// Begins to read a table in which numbers without a country code are of `country`.
    pub(super) fn open(input: R, country: &str) -> Result<Self, TableError> {
        let mut input = BufReader::with_capacity(SAMPLE_BYTES, input);
        // A pipe gives what it has; the first line is in it, or was cut where nobody needs to know more.
        let sample = input.fill_buf()?;
        if sample.starts_with(b"\xff\xfe") || sample.starts_with(b"\xfe\xff") {
            return Err(Fault::Utf16.into());
        }
        let mark = if sample.starts_with(MARK) { MARK.len() } else { 0 };
        let named = named_separator(&sample[mark..]);
        let separator = named.unwrap_or_else(|| separator(&sample[mark..]));
        input.consume(mark);
        let guard = Guard::new(input, separator);
        let mut reader =
            ReaderBuilder::new().delimiter(separator).has_headers(false).flexible(true).from_reader(guard);
        let mut record = StringRecord::new();
        // The line that names the separator, and the one that names the columns.
        for _ in 0..=usize::from(named.is_some()) {
            if next(&mut reader, &mut record)?.is_none() {
                return Err(Fault::Empty.into());
            }
        }
        let columns = columns(&record.iter().collect::<Vec<_>>(), attribute)?;
        Ok(Self { reader, columns, country: country.to_owned(), record })
    }

    /// The next row, if there is one. Rows of empty cells are none.
    pub(super) fn next(&mut self) -> Result<Option<Row>, TableError> {
        while let Some(line) = next(&mut self.reader, &mut self.record)? {
            if self.record.iter().any(|cell| !cell.trim().is_empty()) {
                return Ok(Some(Row { line, person: self.person() }));
            }
        }
        Ok(None)
    }

    /// How many rows were read from the file and not taken apart yet.
    #[cfg(test)]
    pub(super) fn lines_ahead(&self) -> usize {
        self.reader.get_ref().lines_ahead()
    }

    fn person(&self) -> Result<Person, Refusal> {
        let (cells, known) = (self.record.len(), self.columns.len());
        if cells < known {
            return Err(Refusal::of_row(format!(
                "it has {cells} of {known} cells; a separator or a quote is missing"
            )));
        }
        if cells > known {
            return Err(Refusal::of_row(format!(
                "it has {cells} cells for {known} columns; put a cell that holds a separator into quotes"
            )));
        }
        let (mut person, mut tried) = (Person::default(), nobody());
        for (named, cell) in self.columns.iter().zip(&self.record) {
            let cell = cell.trim();
            if !cell.is_empty() {
                take((&mut person, &mut tried), named, cell, &self.country)
                    .map_err(|why| Refusal { column: quoted(&named.name), why })?;
            }
        }
        if person.addresses.is_empty() && person.emails.is_empty() {
            return Err(Refusal::of_row(
                "it has no number and no e-mail, so nobody knows who it is about; add one",
            ));
        }
        Ok(person)
    }
}

/// Takes a cell into what a row says. `tried` is a contact of whom the row's cells before it are known.
fn take(
    (person, tried): (&mut Person, &mut Contact),
    named: &Named,
    cell: &str,
    country: &str,
) -> Result<(), String> {
    let unfit = |why: Unfit| why.to_string();
    match &named.column {
        Column::Name => {
            tried.set_name(cell).map_err(|why| match why {
                Unfit::NameMissing => format!("nothing of it can be seen: {why}"),
                Unfit::NameTooLong => {
                    format!("{} is longer than {NAME_CHARS} characters; shorten it", quoted(cell))
                }
                why => why.to_string(),
            })?;
            person.name = Some(tried.name.clone());
        }
        Column::Number(channel) => {
            let address =
                address(cell, *channel, country).map_err(|why| format!("{} {why}", quoted(cell)))?;
            if !person.addresses.contains(&address) {
                person.addresses.push(address);
            }
        }
        Column::Email => {
            let emails = cell.split(|c: char| c == ',' || c == ';' || c.is_whitespace());
            for email in emails.filter(|email| !email.is_empty()) {
                tried.add_email(email).map_err(unfit)?;
            }
            person.emails.clone_from(&tried.emails);
        }
        Column::Language => {
            tried.set_language(cell).map_err(unfit)?;
            person.language.clone_from(&tried.language);
        }
        Column::Notes => {
            tried.set_notes(cell).map_err(unfit)?;
            person.notes = Some(tried.notes.clone()).filter(|notes| !notes.is_empty());
        }
        Column::Attribute => {
            tried.set_attribute(&named.name, cell).map_err(unfit)?;
            person.attributes.clone_from(&tried.attributes);
        }
        Column::Nameless => {
            return Err(format!(
                "{} stands in a column without a name; name it in the first line",
                quoted(cell)
            ));
        }
    }
    Ok(())
}

/// A contact of whom nothing is known, for trying what fits.
fn nobody() -> Contact {
    Contact::new(ContactId::new(""), "nobody", Millis(0))
}

/// The attribute that a column is named after.
fn attribute(name: &str) -> Result<String, String> {
    let mut tried = nobody();
    tried.set_attribute(name, "x").map_err(|why| why.to_string())?;
    Ok(tried.attributes.pop().map(|(key, _)| key).unwrap_or_default())
}

/// An address in a cell. Spreadsheets keep a number a text by the apostrophe before it.
fn address(cell: &str, channel: Channel, country: &str) -> Result<Address, parse::NoAddress> {
    let cell = cell.strip_prefix('\'').unwrap_or(cell);
    parse::address_on(channel, cell, country)
}

/// Reads the next row that is not a blank line: the line it begins in.
fn next<R: Read>(
    reader: &mut csv::Reader<Guard<R>>,
    record: &mut StringRecord,
) -> Result<Option<u64>, TableError> {
    match reader.read_record(record) {
        Ok(true) => Ok(Some(reader.get_mut().next_line())),
        Ok(false) => Ok(None),
        Err(error) => {
            let line = reader.get_mut().next_line();
            if let Some(fault) = reader.get_mut().take_fault() {
                return Err(fault.into());
            }
            Err(match error.into_kind() {
                ErrorKind::Utf8 { .. } => Fault::NotUtf8 { line }.into(),
                ErrorKind::Io(error) => error.into(),
                other => io::Error::other(format!("{other:?}")).into(),
            })
        }
    }
}

/// What separates the cells, where the first line says so as Excel writes it: `sep=;`.
fn named_separator(sample: &[u8]) -> Option<u8> {
    let line = sample.split(|byte| *byte == b'\n').next()?.trim_ascii_end();
    match line.split_last_chunk::<1>()? {
        (begin, [mark @ (b',' | b';')]) if begin.eq_ignore_ascii_case(b"sep=") => Some(*mark),
        _ => None,
    }
}

/// What separates the cells of the first line: the mark that stands in it most often outside of quotes.
fn separator(sample: &[u8]) -> u8 {
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    let mut is_quoted = false;
    for byte in sample {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b'\n' if !is_quoted => break,
            _ if is_quoted => {}
            byte => counts.iter_mut().filter(|(mark, _)| mark == byte).for_each(|(_, count)| *count += 1),
        }
    }
    // Of those that stand there as often, the first.
    counts.iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(mark, _)| *mark)
}
