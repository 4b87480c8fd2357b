//! From the tree to typed values.
//!
//! A section asks its [`Fields`] for each of its keys once, naming the default and what a value must look
//! like. A wrong value is noted as a [`Mistake`] and reading goes on, so one run reports everything that is
//! wrong. Keys nobody asked for are unknown keys: a section cannot forget to refuse them.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::ops::RangeInclusive;
use std::time::Duration;

use secrecy::SecretString;

use super::choice::{Choice, parse_choice};
use super::expand::{expand, read_secret_file};
use super::glimpse::Glimpse;
use super::mistake::{Mistake, nearest, quoted};
use super::scalar::Scalar;
use super::tree::{Key, Node, Place, Value, child_path};

/// What all parts of one reading share.
pub(crate) struct Reader<'r> {
    file: &'r str,
    env: &'r dyn Fn(&str) -> Option<String>,
    mistakes: RefCell<Vec<Mistake>>,
    warnings: RefCell<Vec<(Place, String)>>,
    asked: RefCell<BTreeSet<String>>,
}

impl<'r> Reader<'r> {
    pub(crate) fn new(file: &'r str, env: &'r dyn Fn(&str) -> Option<String>) -> Self {
        Self {
            file,
            env,
            mistakes: RefCell::default(),
            warnings: RefCell::default(),
            asked: RefCell::default(),
        }
    }

    /// The file as a whole.
    pub(crate) fn root(&'r self, node: &'r Node) -> Fields<'r> {
        Entry { reader: self, path: String::new(), node, ignored: false }.fields()
    }

    pub(crate) fn note(&self, place: Place, key: &str, problem: impl Into<String>) {
        self.mistakes.borrow_mut().push(Mistake {
            file: self.file.to_owned(),
            line: place.line,
            column: place.column,
            key: key.to_owned(),
            problem: problem.into(),
        });
    }

    /// Everything that was wrong, in the order of the file.
    pub(crate) fn into_mistakes(self) -> Vec<Mistake> {
        let mut mistakes = self.mistakes.into_inner();
        mistakes.sort_by_key(|m| (m.line, m.column));
        mistakes
    }

    /// What is right and changes nothing, in the order of the file.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let mut warnings = self.warnings.borrow().clone();
        warnings.sort_by_key(|(place, _)| (place.line, place.column));
        warnings.into_iter().map(|(_, warning)| warning).collect()
    }

    /// Every key some section asked for, list positions left out: `sms.numbers[].number`.
    #[cfg(test)]
    pub(crate) fn asked(&self) -> BTreeSet<String> {
        self.asked.borrow().clone()
    }
}

/// One value of the file and the path that leads to it.
pub(crate) struct Entry<'r> {
    reader: &'r Reader<'r>,
    path: String,
    node: &'r Node,
    /// Its section is not in use: only unknown keys are mistakes.
    ignored: bool,
}

impl<'r> Entry<'r> {
    /// Notes that this value is wrong.
    pub(crate) fn mistake(&self, problem: impl Into<String>) {
        if !self.ignored {
            self.reader.note(self.node.place, &self.path, problem);
        }
    }

    fn wrong_type(&self, wanted: &str) {
        let found = match self.node.value {
            Value::Empty => return self.mistake("has no value: give it one or remove the key"),
            Value::Scalar { .. } => "a single value",
            Value::List(_) => "a list",
            Value::Map(_) => "a map of keys",
        };
        self.mistake(format!("must be {wanted}, not {found}"));
    }

    /// The text of this value, variables replaced.
    fn scalar(&self, wanted: &str) -> Option<Scalar<'r>> {
        let Value::Scalar { text, plain } = &self.node.value else {
            self.wrong_type(wanted);
            return None;
        };
        match expand(text, self.reader.env) {
            Ok(expanded) => Some(Scalar { raw: text, plain: *plain, expanded }),
            Err(problem) => {
                self.mistake(problem);
                None
            }
        }
    }

    /// The value as text that `parse` accepts. Its error continues a sentence that begins with the value.
    pub(crate) fn parse<T>(&self, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let scalar = self.scalar("text")?;
        parse(scalar.expanded.text())
            .map_err(|problem| self.mistake(format!("{} {problem}", scalar.shown())))
            .ok()
    }

    /// The value as text of which nothing may appear in a message.
    fn parse_secret<T>(&self, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let scalar = self.scalar("text")?;
        parse(scalar.expanded.text()).map_err(|problem| self.mistake(problem)).ok()
    }

    /// The value as a whole number.
    fn number(&self, range: &RangeInclusive<u64>) -> Option<u64> {
        let wanted = format!("a whole number from {} to {}", range.start(), range.end());
        let scalar = self.scalar(&wanted)?;
        let number = scalar.unquoted().and_then(|text| text.parse().ok()).filter(|n| range.contains(n));
        if number.is_none() {
            self.mistake(format!("{} is not {wanted}{}", scalar.shown(), scalar.quotation_hint()));
        }
        number
    }

    /// The value as `true` or `false`.
    fn flag(&self) -> Option<bool> {
        let scalar = self.scalar("true or false")?;
        let flag = match scalar.unquoted() {
            Some("true") => Some(true),
            Some("false") => Some(false),
            _ => None,
        };
        if flag.is_none() {
            self.mistake(format!("{} is not true or false{}", scalar.shown(), scalar.quotation_hint()));
        }
        flag
    }

    /// The items of a list. Nothing after the key is an empty list: all items may be commented out.
    fn items(self) -> Vec<Entry<'r>> {
        let nodes: &[Node] = match &self.node.value {
            Value::List(nodes) => nodes,
            Value::Empty => &[],
            _ => {
                self.wrong_type("a list");
                &[]
            }
        };
        let item = |(i, node)| Entry { path: format!("{}[{i}]", self.path), node, ..self };
        nodes.iter().enumerate().map(item).collect()
    }

    /// The keys of a map. Nothing after the key is an empty map.
    fn fields(self) -> Fields<'r> {
        let entries: &[(Key, Node)] = match &self.node.value {
            Value::Map(entries) => entries,
            Value::Empty => &[],
            _ => {
                self.wrong_type("a map of keys");
                &[]
            }
        };
        let by_name = entries.iter().map(|(key, node)| (key.name.as_str(), node)).collect();
        Fields { entry: self, entries, by_name, asked: RefCell::default() }
    }
}

/// A section: the keys of one map.
pub(crate) struct Fields<'r> {
    entry: Entry<'r>,
    entries: &'r [(Key, Node)],
    by_name: HashMap<&'r str, &'r Node>,
    asked: RefCell<BTreeSet<String>>,
}

impl<'r> Fields<'r> {
    /// The value of `key`, if it is given. Marks the key as known.
    pub(crate) fn get(&self, key: &str) -> Option<Entry<'r>> {
        self.asked.borrow_mut().insert(key.to_owned());
        let path = child_path(&self.entry.path, key);
        self.entry.reader.asked.borrow_mut().insert(without_positions(&path));
        let node = *self.by_name.get(key)?;
        Some(Entry { reader: self.entry.reader, path, node, ignored: self.entry.ignored })
    }

    /// What stands under a key, to look at without reading it.
    pub(crate) fn glimpse(&self, key: &str) -> Option<Glimpse<'r>> {
        self.by_name.get(key).map(|node| Glimpse(node))
    }

    /// Notes a mistake where a key is given that is no longer one.
    pub(crate) fn refuse(&self, key: &str, problem: impl Into<String>) {
        if self.by_name.contains_key(key) {
            self.asked.borrow_mut().insert(key.to_owned());
            self.mistake(key, problem);
        }
    }

    /// Notes a mistake about `key`, at its value or, if it is not given, at its section.
    pub(crate) fn mistake(&self, key: &str, problem: impl Into<String>) {
        if !self.entry.ignored {
            let place = self.by_name.get(key).map_or(self.entry.node.place, |node| node.place);
            self.entry.reader.note(place, &child_path(&self.entry.path, key), problem);
        }
    }

    /// Notes a mistake about the section itself.
    pub(crate) fn mistake_here(&self, problem: impl Into<String>) {
        self.entry.mistake(problem);
    }

    /// Notes that the value of `key` changes nothing. The sentence is the key's path and `how`.
    pub(crate) fn warn(&self, key: &str, how: &str) {
        if let Some(node) = self.by_name.get(key).filter(|_| !self.entry.ignored) {
            let warning = format!("{}{how}", child_path(&self.entry.path, key));
            self.entry.reader.warnings.borrow_mut().push((node.place, warning));
        }
    }

    /// A value that may be left out.
    pub(crate) fn optional<T>(&self, key: &str, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        self.get(key)?.parse(parse)
    }

    /// A value with a default. A wrong one is noted and the default stands in for it.
    pub(crate) fn value<T>(&self, key: &str, default: T, parse: impl FnOnce(&str) -> Result<T, String>) -> T {
        self.optional(key, parse).unwrap_or(default)
    }

    /// A value without which there is no section.
    pub(crate) fn required<T>(&self, key: &str, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let entry = self.get(key);
        if entry.is_none() {
            self.mistake(key, "is missing");
        }
        entry?.parse(parse)
    }

    /// A whole number within `range`.
    pub(crate) fn number(&self, key: &str, default: u64, range: RangeInclusive<u64>) -> u64 {
        self.given_number(key, &range).unwrap_or(default)
    }

    /// A whole number within `range`, if it is given.
    pub(crate) fn given_number(&self, key: &str, range: &RangeInclusive<u64>) -> Option<u64> {
        self.get(key)?.number(range)
    }

    /// Like [`Fields::number`], for the numbers that count things.
    pub(crate) fn count(&self, key: &str, default: u32, range: RangeInclusive<u32>) -> u32 {
        let wide = u64::from(*range.start())..=u64::from(*range.end());
        u32::try_from(self.number(key, default.into(), wide)).unwrap_or(default)
    }

    /// A length of time in seconds, within `range`.
    pub(crate) fn secs(&self, key: &str, default: u64, range: RangeInclusive<u64>) -> Duration {
        Duration::from_secs(self.number(key, default, range))
    }

    /// `true` or `false`.
    pub(crate) fn flag(&self, key: &str, default: bool) -> bool {
        self.given_flag(key).unwrap_or(default)
    }

    /// `true` or `false`, if it is given.
    pub(crate) fn given_flag(&self, key: &str) -> Option<bool> {
        self.get(key)?.flag()
    }

    /// One of a few words.
    pub(crate) fn choice<T: Choice>(&self, key: &str, default: T) -> T {
        self.value(key, default, parse_choice)
    }

    /// A list of single values; `None` if it is not given.
    pub(crate) fn list<T>(&self, key: &str, parse: impl Fn(&str) -> Result<T, String>) -> Option<Vec<T>> {
        Some(self.get(key)?.items().iter().filter_map(|item| item.parse(&parse)).collect())
    }

    /// A list whose items are single values or sections; `None` if it is not given. Those that are wrong are
    /// noted and left out.
    pub(crate) fn items<T>(
        &self,
        key: &str,
        parse: impl Fn(&str) -> Result<T, String>,
        read: impl Fn(&Fields<'r>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let one = |item: Entry<'r>| match item.node.value {
            Value::Map(_) => item.fields().read(&read),
            _ => item.parse(&parse),
        };
        Some(self.get(key)?.items().into_iter().filter_map(one).collect())
    }

    /// A list of sections, each read by `read`; those that are wrong are noted and left out.
    pub(crate) fn sections<T>(&self, key: &str, mut read: impl FnMut(&Fields<'r>) -> Option<T>) -> Vec<T> {
        let items = self.get(key).map(Entry::items).unwrap_or_default();
        items.into_iter().filter_map(|item| item.fields().read(&mut read)).collect()
    }

    /// A section inside this one. If it is not given, it is read as an empty one, for its defaults.
    pub(crate) fn section<T>(&self, key: &str, read: impl FnOnce(&Fields<'r>) -> T) -> T {
        self.subsection(key, self.entry.ignored).read(read)
    }

    /// A section that is looked at only where it is in use: else its keys must be known, and its values do
    /// not matter.
    pub(crate) fn section_in_use<T>(
        &self,
        key: &str,
        is_used: bool,
        read: impl FnOnce(&Fields<'r>) -> Option<T>,
    ) -> Option<T> {
        self.subsection(key, self.entry.ignored || !is_used).read(read).filter(|_| is_used)
    }

    fn subsection(&self, key: &str, ignored: bool) -> Fields<'r> {
        match self.get(key) {
            Some(entry) => Entry { ignored, ..entry }.fields(),
            None => Fields {
                entry: Entry {
                    reader: self.entry.reader,
                    path: child_path(&self.entry.path, key),
                    node: self.entry.node,
                    ignored,
                },
                entries: &[],
                by_name: HashMap::new(),
                asked: RefCell::default(),
            },
        }
    }

    /// Free keys with text values, in the order they are written.
    pub(crate) fn pairs(&self, key: &str) -> Vec<(String, String)> {
        let Some(entry) = self.get(key) else { return Vec::new() };
        let fields = entry.fields();
        let pair = |(key, node): &'r (Key, Node)| {
            let path = child_path(&fields.entry.path, &key.name);
            let value = Entry { reader: fields.entry.reader, path, node, ignored: fields.entry.ignored };
            Some((key.name.clone(), value.parse(|text| Ok(text.to_owned()))?))
        };
        fields.entries.iter().filter_map(pair).collect()
    }

    /// A secret: the value of `key`, or the trimmed content of the file that `key` + `_file` names.
    pub(crate) fn secret<T>(&self, key: &str, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let file_key = format!("{key}_file");
        match (self.get(key), self.get(&file_key)) {
            (None, None) => None,
            (Some(_), Some(file)) => {
                file.mistake(format!("is given as well as {key}: keep one of the two"));
                None
            }
            (Some(entry), None) => entry.parse_secret(parse),
            (None, Some(file)) => {
                let content = file.parse(read_secret_file)?;
                parse(&content).map_err(|problem| file.mistake(format!("the file's content {problem}"))).ok()
            }
        }
    }

    /// Like [`Fields::secret`], for one without which there is no section.
    pub(crate) fn required_secret(
        &self,
        key: &str,
        parse: impl FnOnce(&str) -> Result<SecretString, String>,
    ) -> Option<SecretString> {
        let (given, in_file) = (self.get(key).is_some(), self.get(&format!("{key}_file")).is_some());
        if !given && !in_file {
            self.mistake(
                key,
                format!("is missing; give {key}, or {key}_file with the path of a file that holds it"),
            );
        }
        self.secret(key, parse)
    }

    /// Notes that `value` of `key` was seen before, in another item of the same list.
    pub(crate) fn unique(&self, seen: &mut HashMap<String, String>, key: &str, value: &str) {
        match seen.get(value) {
            Some(first) => self.mistake(key, format!("{} is already used by {first}", quoted(value))),
            None => {
                seen.insert(value.to_owned(), self.entry.path.clone());
            }
        }
    }

    fn read<T>(self, read: impl FnOnce(&Self) -> T) -> T {
        let result = read(&self);
        self.refuse_unknown_keys();
        result
    }

    /// Notes every key that was not asked for. Called by itself for all but the root.
    pub(crate) fn refuse_unknown_keys(&self) {
        let known = self.asked.borrow();
        for (key, _) in self.entries.iter().filter(|(key, _)| !known.contains(&key.name)) {
            let names = known.iter().map(String::as_str);
            let problem = match nearest(&key.name, names.clone()) {
                Some(name) => format!("unknown key; did you mean {name}?"),
                None => format!("unknown key; known here: {}", names.collect::<Vec<_>>().join(", ")),
            };
            self.entry.reader.note(key.place, &child_path(&self.entry.path, &key.name), problem);
        }
    }
}

/// `a.b[3].c` → `a.b[].c`.
fn without_positions(path: &str) -> String {
    path.split('[')
        .map(|part| part.trim_start_matches(|c: char| c.is_ascii_digit()))
        .collect::<Vec<_>>()
        .join("[")
}
