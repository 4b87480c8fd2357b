//! YAML text → a tree of values that know their line.
//!
//! Scalars stay text here, exactly as written: the key they belong to decides what they mean, so that `off`,
//! `NO` and `+15005550006` need no quotation marks. Anchors, aliases, tags and further documents are refused:
//! a configuration needs none of them, and without them a small file cannot become a large one.

use std::collections::HashSet;

use serde_saphyr::granit_parser::{Event, Options, Parser, ScalarStyle, Span, StrInput};

use super::mistake::quoted;

/// The largest file that is read. A desk of a thousand agents takes a tenth of it.
pub(crate) const MAX_BYTES: usize = 1024 * 1024;
const MAX_DEPTH: usize = 16;
const MAX_VALUES: usize = 50_000;

/// A place in the file, both counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

const START: Place = Place { line: 1, column: 1 };

/// One value and where it begins.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) place: Place,
    pub(crate) value: Value,
}

/// What a value may be, before anyone knows what it should be.
#[derive(Debug)]
pub(crate) enum Value {
    /// Nothing stands after the key (or `~`, or `null`).
    Empty,
    Scalar {
        text: String,
        /// Written without quotation marks, so that it may be a number or a truth value.
        plain: bool,
    },
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

/// The key of a map, which has a place of its own.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) place: Place,
    pub(crate) name: String,
}

/// The file is no configuration; what follows the place was not looked at.
#[derive(Debug)]
pub(crate) struct Unreadable {
    pub(crate) place: Place,
    pub(crate) path: String,
    pub(crate) problem: String,
}

/// The path of `key` inside of `path`.
pub(crate) fn child_path(path: &str, key: &str) -> String {
    let ordinary = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
    let key = if ordinary && key.len() <= 60 { key.to_owned() } else { quoted(key) };
    if path.is_empty() { key } else { format!("{path}.{key}") }
}

/// Reads `bytes` as one YAML document.
pub(crate) fn parse(bytes: &[u8]) -> Result<Node, Unreadable> {
    if bytes.len() > MAX_BYTES {
        return Err(unreadable(START, "", "the file is larger than 1 MiB, which no configuration needs"));
    }
    let text = str::from_utf8(bytes).map_err(|error| {
        let place = place_after(&bytes[..error.valid_up_to()]);
        unreadable(place, "", "the file holds bytes that are not UTF-8 text")
    })?;
    let mut options = Options::default();
    options.set_emit_comments(false);
    options.emit_unresolved_aliases = true;
    options.flow_nesting_limit = MAX_DEPTH;
    options.block_nesting_limit = MAX_DEPTH;
    let mut builder = Builder { parser: Parser::new_from_str_with_options(text, options), values: 0 };
    let root = match builder.next("")? {
        (Event::StreamEnd, _) => return Err(unreadable(START, "", "the file is empty")),
        (event, place) => builder.node(event, place, "", 0)?,
    };
    match builder.next("")? {
        (Event::StreamEnd, _) => Ok(root),
        (_, place) => Err(unreadable(place, "", "the file holds more than one document")),
    }
}

/// The place that follows `text`.
fn place_after(text: &[u8]) -> Place {
    let line_start = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let line = text.split(|byte| *byte == b'\n').count();
    Place { line, column: String::from_utf8_lossy(&text[line_start..]).chars().count() + 1 }
}

fn unreadable(place: Place, path: &str, problem: impl Into<String>) -> Unreadable {
    Unreadable { place, path: path.to_owned(), problem: problem.into() }
}

struct Builder<'t> {
    parser: Parser<'t, StrInput<'t>>,
    values: usize,
}

impl<'t> Builder<'t> {
    /// The next event that says something about values.
    fn next(&mut self, path: &str) -> Result<(Event<'t>, Place), Unreadable> {
        loop {
            let (event, span) = match self.parser.next_event() {
                None => return Ok((Event::StreamEnd, START)),
                Some(Ok(found)) => found,
                Some(Err(error)) => {
                    let mark = error.marker();
                    let place = Place { line: mark.line(), column: mark.col() + 1 };
                    return Err(unreadable(place, path, format!("is not valid YAML: {}", error.info())));
                }
            };
            if !matches!(event, Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd) {
                return Ok((event, start(&span)));
            }
        }
    }

    fn node(&mut self, event: Event<'t>, place: Place, path: &str, depth: usize) -> Result<Node, Unreadable> {
        self.values += 1;
        if self.values > MAX_VALUES {
            return Err(unreadable(place, path, format!("the file holds more than {MAX_VALUES} values")));
        }
        if depth > MAX_DEPTH {
            return Err(unreadable(place, path, format!("is nested more than {MAX_DEPTH} deep")));
        }
        refuse_unused_syntax(&event, place, path)?;
        let value = match event {
            Event::Scalar(text, ScalarStyle::Plain, ..) if matches!(&*text, "" | "~" | "null") => {
                Value::Empty
            }
            Event::Scalar(text, style, ..) => {
                Value::Scalar { text: text.into_owned(), plain: style == ScalarStyle::Plain }
            }
            Event::SequenceStart(..) => self.list(path, depth)?,
            Event::MappingStart(..) => self.map(path, depth)?,
            _ => return Err(unreadable(place, path, "is not valid YAML: a value is missing here")),
        };
        Ok(Node { place, value })
    }

    fn list(&mut self, path: &str, depth: usize) -> Result<Value, Unreadable> {
        let mut items = Vec::new();
        loop {
            let item_path = format!("{path}[{}]", items.len());
            match self.next(&item_path)? {
                (Event::SequenceEnd, _) => return Ok(Value::List(items)),
                (event, place) => items.push(self.node(event, place, &item_path, depth + 1)?),
            }
        }
    }

    fn map(&mut self, path: &str, depth: usize) -> Result<Value, Unreadable> {
        let mut entries: Vec<(Key, Node)> = Vec::new();
        let mut seen = HashSet::new();
        loop {
            let (event, place) = self.next(path)?;
            refuse_unused_syntax(&event, place, path)?;
            let name = match event {
                Event::MappingEnd => return Ok(Value::Map(entries)),
                Event::Scalar(name, ..) => name.into_owned(),
                _ => return Err(unreadable(place, path, "a key must be a plain word")),
            };
            let entry_path = child_path(path, &name);
            if !seen.insert(name.clone()) {
                return Err(unreadable(place, &entry_path, "is given twice"));
            }
            let (event, value_place) = self.next(&entry_path)?;
            let node = self.node(event, value_place, &entry_path, depth + 1)?;
            entries.push((Key { place, name }, node));
        }
    }
}

fn start(span: &Span) -> Place {
    Place { line: span.start.line(), column: span.start.col() + 1 }
}

/// Refuses what makes YAML surprising, and says what was probably meant.
fn refuse_unused_syntax(event: &Event<'_>, place: Place, path: &str) -> Result<(), Unreadable> {
    let problem = if event.tag().is_some() {
        "YAML tags are not used here; put text that begins with ! in quotation marks"
    } else if event.is_alias() || event.anchor_id().is_some() {
        "YAML anchors and aliases are not used here; put text that begins with & or * in quotation marks"
    } else {
        return Ok(());
    };
    Err(unreadable(place, path, problem))
}
