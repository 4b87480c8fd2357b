//! The map of the program: what may import what, held against the `use` lines of `src`.
//!
//! [`MAP`] lists the rooms of the house from the ground up, each with the rooms it may look into. A file that
//! looks into another one fails, and so does a circle of files that import each other. Tests are left out.
//! Besides, the families of effects have the same names on each floor.

#![expect(clippy::unwrap_used, reason = "in a test a panic is how a failure is told")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

mod source;

use source::{Name, Source, mentions, tests_of, without_tests, without_words};

/// Each room and those it may import; all of them stand above it in this list, so that nothing imports
/// upwards.
const MAP: &[(&str, &[&str])] = &[
    ("clock", &[]),
    ("steady", &[]),
    ("quiet", &["clock"]),
    ("domain", &["clock"]),
    ("reach", &["clock", "domain"]),
    ("yaml", &[]),
    ("render", &["clock", "domain"]),
    ("media", &["clock", "domain"]),
    ("spelling", &["domain"]),
    ("store", &["clock", "domain"]),
    ("matrix", &["clock", "domain", "reach"]),
    ("sms", &["clock", "domain", "reach", "yaml"]),
    ("config", &["domain", "sms", "yaml"]),
    ("commit", &["clock", "domain", "store"]),
    ("acts", &["clock", "commit", "domain", "store"]),
    ("commands", &["acts", "clock", "commit", "domain", "store"]),
    ("desk", &["acts", "clock", "commands", "commit", "domain", "steady", "store"]),
    (
        "outbox",
        &[
            "clock", "desk", "domain", "matrix", "media", "reach", "render", "sms", "spelling", "steady",
            "store",
        ],
    ),
    ("reconcile", &["clock", "desk", "domain", "matrix", "outbox", "reach", "sms", "store"]),
    ("http", &["clock", "desk", "domain", "matrix", "quiet", "reach", "reconcile", "sms", "steady", "store"]),
    (
        "app",
        &[
            "clock",
            "config",
            "desk",
            "domain",
            "http",
            "matrix",
            "media",
            "outbox",
            "quiet",
            "reach",
            "reconcile",
            "render",
            "sms",
            "spelling",
            "steady",
            "store",
        ],
    ),
    (
        "exchange",
        &[
            "acts", "app", "clock", "commands", "config", "desk", "domain", "matrix", "reach", "render",
            "store",
        ],
    ),
    ("check", &["app", "clock", "config", "domain", "matrix", "render", "sms", "spelling", "store"]),
    ("demo", &["app", "clock", "config", "domain", "sms", "store"]),
    ("cli", &["app", "check", "config", "demo", "exchange", "matrix", "quiet"]),
];

/// All files, and what they import of each other.
struct House {
    sources: Vec<Source>,
    /// Which source a module is.
    modules: BTreeMap<Name, usize>,
    /// Where what a module passes on comes from.
    passed_on: BTreeMap<Name, BTreeMap<String, Name>>,
}

#[test]
fn nothing_imports_upwards() {
    for (index, (room, below)) in MAP.iter().enumerate() {
        for other in *below {
            assert!(MAP[..index].iter().any(|(known, _)| known == other), "{room} stands above {other}");
        }
    }
    let house = House::read();
    let mut wrong = String::new();
    for (from, to) in house.arrows() {
        let (from_room, to_room) = (room_of(&from), room_of(&to));
        let allowed = MAP.iter().find(|(room, _)| *room == from_room);
        let Some((_, allowed)) = allowed else {
            panic!("{from_room} is not on the map");
        };
        if from_room != to_room && !allowed.contains(&to_room) {
            writeln!(wrong, "src/{from} -> src/{to}").unwrap();
        }
    }
    assert!(wrong.is_empty(), "these imports are not on the map:\n{wrong}");
    let rooms: BTreeSet<&str> = house.sources.iter().map(|source| room_of(&source.path)).collect();
    let known: BTreeSet<&str> = MAP.iter().map(|(room, _)| *room).collect();
    assert_eq!(known.difference(&rooms).collect::<Vec<_>>(), Vec::<&&str>::new(), "these are gone");
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let mut arrows: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (from, to) in House::read().arrows() {
        arrows.entry(from).or_default().insert(to);
    }
    let mut circles = String::new();
    for (from, to) in &arrows {
        for to in to.iter().filter(|to| leads_to(&arrows, to, from)) {
            writeln!(circles, "src/{from} -> src/{to}").unwrap();
        }
    }
    assert!(circles.is_empty(), "these import each other, some way round:\n{circles}");
}

/// The folders in which each family of effects has its file: what its effects are, what delivers them, and
/// what their outcome means.
const FAMILIES: [&str; 3] = ["domain/effect", "outbox/deliver", "desk/outcomes"];
/// What stands beside the families in the first of them.
const NO_FAMILIES: [&str; 3] = ["place", "role", "rules"];

#[test]
fn a_family_of_effects_has_one_name_on_each_floor() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let names = |folder: &str| -> BTreeSet<String> {
        let entries = fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().path());
        let names = entries.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned());
        names.filter(|name| name != "mod").collect()
    };
    let [mut families, delivered, outcomes] = FAMILIES.map(names);
    for other in NO_FAMILIES {
        assert!(families.remove(other), "{other} is gone");
    }
    assert_eq!(families, delivered, "each family is delivered in the file of its name");
    // Not every outcome means something.
    assert_eq!(outcomes.difference(&families).collect::<Vec<_>>(), Vec::<&String>::new());
}

/// Whether a file imports another, itself or through others.
fn leads_to(arrows: &BTreeMap<String, BTreeSet<String>>, from: &str, to: &str) -> bool {
    let (mut seen, mut next) = (BTreeSet::from([from]), vec![from]);
    while let Some(file) = next.pop() {
        if file == to {
            return true;
        }
        let imported = arrows.get(file).into_iter().flatten().map(String::as_str);
        next.extend(imported.filter(|file| seen.insert(file)));
    }
    false
}

/// The room that a file stands in.
fn room_of(path: &str) -> &str {
    path.split_once('/').map_or_else(|| path.trim_end_matches(".rs"), |(room, _)| room)
}

impl House {
    fn read() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut paths = Vec::new();
        collect(&root, &mut paths);
        let texts: Vec<(String, String)> = paths
            .iter()
            .map(|path| {
                let name = path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
                (name, without_words(&fs::read_to_string(path).unwrap()))
            })
            .collect();
        let left_out: Vec<String> = texts.iter().flat_map(|(path, text)| tests_of(path, text)).collect();
        let is_test = |path: &str| {
            let bare = path.trim_end_matches(".rs");
            left_out.iter().any(|test| bare == test || bare.starts_with(&format!("{test}/")))
        };
        let sources: Vec<Source> = texts
            .into_iter()
            // These two build the house, and stand in no room of it.
            .filter(|(path, _)| !is_test(path) && path != "lib.rs" && path != "main.rs")
            .map(|(path, text)| Source::read(path, &without_tests(&text)))
            .collect();
        let modules = sources.iter().enumerate().map(|(at, source)| (source.module.clone(), at)).collect();
        let mut house = Self { sources, modules, passed_on: BTreeMap::new() };
        for source in &house.sources {
            let passed = source
                .uses
                .iter()
                .filter_map(|(_, path, name)| Some((name.clone(), house.at_root(source, path)?)))
                .collect();
            house.passed_on.insert(source.module.clone(), passed);
        }
        house
    }

    /// Which file imports something of which other.
    fn arrows(&self) -> BTreeSet<(String, String)> {
        let mut arrows = BTreeSet::new();
        for source in &self.sources {
            let mut imports = |name: Name| {
                if let Some(to) = self.file_of(&name, 0).filter(|to| **to != source.path) {
                    arrows.insert((source.path.clone(), to.clone()));
                }
            };
            let mentions = mentions(&source.body);
            for (is_public, path, called) in &source.uses {
                let Some(name) = self.at_root(source, path) else { continue };
                // A door into its own rooms looks into none of them.
                if *is_public && name.starts_with(&source.module) {
                    continue;
                }
                let through: Vec<Name> = mentions
                    .iter()
                    .filter(|mention| {
                        self.modules.contains_key(&name) && mention.len() > 1 && mention[0] == *called
                    })
                    .map(|mention| name.iter().chain(&mention[1..2]).cloned().collect())
                    .collect();
                if through.is_empty() {
                    imports(name);
                } else {
                    through.into_iter().for_each(&mut imports);
                }
            }
            for mention in &mentions {
                if let Some(name) = self.at_root(source, mention).filter(|_| mention.len() > 1) {
                    imports(name);
                }
            }
        }
        arrows
    }

    /// A path as it is from the root of the crate, if it leads to something of the crate.
    fn at_root(&self, source: &Source, path: &[String]) -> Option<Name> {
        let mut base = source.module.clone();
        let mut rest = path;
        match path.first()?.as_str() {
            "crate" => {
                base.clear();
                rest = &rest[1..];
            }
            "self" => rest = &rest[1..],
            "super" => {
                while rest.first().is_some_and(|part| part == "super") {
                    base.pop();
                    rest = &rest[1..];
                }
            }
            first => {
                let child: Name = base.iter().cloned().chain([first.to_owned()]).collect();
                if !self.modules.contains_key(&child) {
                    return None;
                }
            }
        }
        base.extend(rest.iter().cloned());
        Some(base)
    }

    /// The file in which something stands.
    fn file_of(&self, name: &[String], depth: u8) -> Option<&String> {
        let len = (0..=name.len()).rev().find(|len| self.modules.contains_key(&name[..*len]))?;
        let (module, rest) = name.split_at(len);
        let from = rest.first().and_then(|item| self.passed_on.get(module)?.get(item));
        match from {
            // What is passed on out of another room is that room's own affair: its door is what is imported.
            Some(from) if depth < 8 && from.as_slice() != name && from.first() == name.first() => {
                let name: Name = from.iter().chain(&rest[1..]).cloned().collect();
                self.file_of(&name, depth + 1)
            }
            _ => Some(&self.sources[self.modules[module]].path),
        }
    }
}

fn collect(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
    into.sort();
}
