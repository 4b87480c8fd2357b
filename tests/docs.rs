//! The documents name files, modules and types of this repository, and link to each other: all of that must
//! be there, so that a document is mended together with what it speaks of. And of the code, what no compiler
//! asks for: that each file is part of it, that each metric is described, that comments are as narrow as
//! code.

use std::fs;
use std::path::{Path, PathBuf};

/// What a path in backticks begins with, if it is one of this repository.
const ROOTS: [&str; 7] = ["src/", "tests/", "templates/", "docs/", "benches/", "fuzz/", ".ci/"];
/// What stands before the name of something that is defined.
const KEYWORDS: [&str; 7] = ["struct", "enum", "trait", "type", "const", "static", "fn"];
/// The folders with Rust code.
const CODE: [&str; 5] = ["src", "tests", "benches", "fuzz/src", "fuzz/fuzz_targets"];
/// How many characters a line of code may have: `max_width` in `rustfmt.toml`, which leaves comments alone.
const MAX_WIDTH: usize = 110;

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files below a folder, whose names end like this.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().map_while(Result::ok);
    let mut found = Vec::new();
    for path in entries.map(|entry| entry.path()) {
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Each document with its text, but for what stands in fences.
fn documents() -> Vec<(PathBuf, String)> {
    let mut all = files(&repository().join("docs"), ".md");
    all.extend(["README.md", "CONTRIBUTING.md"].map(|name| repository().join(name)));
    let text = |path: &Path| {
        let text = fs::read_to_string(path).expect("a document that can be read");
        let outside: Vec<&str> = text.split("```").step_by(2).collect();
        outside.concat()
    };
    all.into_iter().map(|path| (path.clone(), text(&path))).collect()
}

/// What stands in backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// What fails of what all documents name, with the document in which it does.
fn missing<'t>(
    documents: &'t [(PathBuf, String)],
    named: impl Fn(&'t str) -> Vec<&'t str>,
    is_there: impl Fn(&Path, &str) -> bool,
) -> Vec<String> {
    let mut missing = Vec::new();
    for (document, text) in documents {
        for name in named(text).into_iter().filter(|name| !is_there(document, name)) {
            missing.push(format!("{}: {name}", document.display()));
        }
    }
    missing
}

/// The paths of this repository that a text names. One with a gap in it, like `templates/matrix/<code>.txt`,
/// stands for many.
fn paths(text: &str) -> Vec<&str> {
    let is_path = |path: &&str| ROOTS.iter().any(|root| path.starts_with(root));
    quoted(text).filter(is_path).filter(|path| !path.contains([' ', '*', '<', '\n'])).collect()
}

/// Where the links of a text lead, other than into the web or to another place in it.
fn links(text: &str) -> Vec<&str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
    targets.filter(|target| !target.is_empty() && !target.contains("://")).collect()
}

/// The modules of the crate, and what is defined in them, that a text names.
fn names<'t>(text: &'t str, modules: &[&str]) -> Vec<&'t str> {
    let is_name = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "_:".contains(c));
    let is_ours = |name: &&str| name.split_once("::").is_some_and(|(module, _)| modules.contains(&module));
    quoted(text).filter(|text| is_name(text)).filter(is_ours).collect()
}

#[test]
fn every_path_in_a_document_is_there() {
    let missing = missing(&documents(), paths, |_, path| repository().join(path).exists());
    assert!(missing.is_empty(), "not there:\n{}", missing.join("\n"));
}

#[test]
fn every_link_between_documents_leads_somewhere() {
    let beside = |document: &Path, link: &str| document.with_file_name(link).exists();
    let missing = missing(&documents(), links, beside);
    assert!(missing.is_empty(), "lead nowhere:\n{}", missing.join("\n"));
}

#[test]
fn every_module_and_type_in_a_document_is_there() {
    let crate_root = fs::read_to_string(repository().join("src/lib.rs")).expect("the crate's root");
    let modules: Vec<&str> = crate_root
        .lines()
        .filter_map(|line| line.split("mod ").nth(1).filter(|_| line.starts_with("pub")))
        .map(|name| name.trim_end_matches(';'))
        .collect();
    let missing = missing(&documents(), |text| names(text, &modules), |_, name| is_defined(name));
    assert!(missing.is_empty(), "not there:\n{}", missing.join("\n"));
}

/// Whether a path like `domain::reply::Part` names a module, or something that is defined in one or in its
/// parts.
fn is_defined(name: &str) -> bool {
    let mut module = repository().join("src");
    for part in name.split("::") {
        let inner = module.join(part);
        if !inner.is_dir() && !inner.with_extension("rs").is_file() {
            return defines(&module, part);
        }
        module = inner;
    }
    true
}

fn defines(module: &Path, name: &str) -> bool {
    let mut all = files(module, ".rs");
    all.push(module.with_extension("rs"));
    let texts = all.iter().filter_map(|path| fs::read_to_string(path).ok());
    let is_definition = |line: &str| {
        let words: Vec<&str> = line.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
        let named = words.windows(2).any(|pair| pair[1] == name && KEYWORDS.contains(&pair[0]));
        // The ids are defined by a macro that is given their names.
        named || line.trim() == name
    };
    texts.into_iter().any(|text| text.lines().any(is_definition))
}

#[test]
fn no_comment_is_wider_than_the_code() {
    let mut wide = Vec::new();
    for file in CODE.iter().flat_map(|folder| files(&repository().join(folder), ".rs")) {
        let text = fs::read_to_string(&file).expect("a source that can be read");
        let is_wide = |line: &str| {
            let comment = line.trim_start();
            // Rows of tables and links cannot be broken.
            let breaks = !comment.starts_with("//! |") && !comment.contains("<https://");
            comment.starts_with("//") && breaks && line.chars().count() > MAX_WIDTH
        };
        let lines = text.lines().enumerate().filter(|(_, line)| is_wide(line));
        wide.extend(lines.map(|(number, _)| format!("{}:{}", file.display(), number + 1)));
    }
    assert!(wide.is_empty(), "these comments are wider than {MAX_WIDTH} characters:\n{}", wide.join("\n"));
}

/// What stands in the files with Rust code.
fn sources() -> Vec<(PathBuf, String)> {
    let paths = CODE.iter().flat_map(|folder| files(&repository().join(folder), ".rs"));
    paths.map(|path| (path.clone(), fs::read_to_string(&path).expect("a source that can be read"))).collect()
}

/// Whether a file is one that cargo begins with.
fn is_root(path: &Path) -> bool {
    let below = path.strip_prefix(repository()).expect("a file of the repository");
    let folder = below.parent().expect("a folder");
    let is_crate = ["lib.rs", "main.rs"].iter().any(|name| below.ends_with(name));
    is_crate || ["tests", "benches", "fuzz/fuzz_targets"].map(Path::new).contains(&folder)
}

/// Whether a source names a file by an attribute: `#[path = "../other.rs"]`.
fn names_by_path(source: &Path, text: &str, file: &Path) -> bool {
    let folder = source.parent().expect("a folder");
    let named = text.lines().filter_map(|line| line.trim().strip_prefix("#[path = \"")?.strip_suffix("\"]"));
    let file = file.canonicalize().expect("a source that is there");
    named.filter_map(|path| folder.join(path).canonicalize().ok()).any(|path| path == file)
}

/// Without its `mod` line a file is not compiled, and the tests in it never run.
#[test]
fn every_source_is_named_by_the_module_it_belongs_to() {
    let sources = sources();
    let text = |path: &Path| sources.iter().find(|(known, _)| known == path).map(|(_, text)| text.as_str());
    let mut lost = Vec::new();
    for (path, _) in sources.iter().filter(|(path, _)| !is_root(path)) {
        let module = if path.ends_with("mod.rs") { path.parent().expect("a folder") } else { path };
        let folder = module.parent().expect("a folder");
        let line = format!("mod {};", module.file_stem().unwrap_or_default().to_string_lossy());
        let parents = ["mod.rs", "lib.rs", "main.rs"].map(|name| folder.join(name));
        let above = parents.into_iter().chain([folder.with_extension("rs")]);
        let is_named = above.filter_map(|path| text(&path)).any(|text| has_line(text, &line))
            || sources.iter().any(|(other, text)| names_by_path(other, text, path));
        if !is_named {
            lost.push(path.display().to_string());
        }
    }
    assert!(
        lost.is_empty(),
        "no module names these files, so that they are not compiled:\n{}",
        lost.join("\n")
    );
}

/// Whether a line of a text ends like this and is no comment.
fn has_line(text: &str, end: &str) -> bool {
    let is_it = |line: &str| {
        let before = line.trim().strip_suffix(end);
        before.is_some_and(|before| before.is_empty() || before.starts_with("pub"))
    };
    text.lines().any(is_it)
}

/// The names that stand first in the calls of a macro, without their modules.
fn given_to<'t>(text: &'t str, called: &str) -> impl Iterator<Item = &'t str> {
    let calls = text.split(called).skip(1).filter_map(|rest| rest.split([',', ')']).next());
    calls.filter_map(|path| path.trim().rsplit("::").next())
}

#[test]
fn every_metric_is_described() {
    let sources: Vec<_> =
        sources().into_iter().filter(|(path, _)| path.starts_with(repository().join("src"))).collect();
    let mut wrong = Vec::new();
    for kind in ["counter", "gauge", "histogram"] {
        let all = |called: String| -> Vec<&str> {
            sources.iter().flat_map(|(_, text)| given_to(text, &called)).collect()
        };
        let (measured, described) =
            (all(format!("metrics::{kind}!(")), all(format!("metrics::describe_{kind}!(")));
        assert!(!measured.is_empty(), "no {kind} was found");
        wrong.extend(measured.into_iter().filter(|name| !described.contains(name)).map(str::to_owned));
    }
    assert!(wrong.is_empty(), "src/http/observe.rs does not describe {}", wrong.join(", "));
}
