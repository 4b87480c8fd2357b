//! Reading Rust as far as the map needs it: what a file imports, and what it mentions.

/// The path of a module or an item, from the root of the crate.
pub(crate) type Name = Vec<String>;

/// One file, without its comments, strings and tests.
pub(crate) struct Source {
    /// Its path under `src`.
    pub(crate) path: String,
    /// The module it is.
    pub(crate) module: Name,
    /// The paths it imports: whether for others too, the path, and what it is called here.
    pub(crate) uses: Vec<(bool, Name, String)>,
    /// What else stands in it.
    pub(crate) body: String,
}

impl Source {
    pub(crate) fn read(path: String, text: &str) -> Self {
        let mut module: Name = path.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
        if module.last().is_some_and(|last| last == "mod") {
            module.pop();
        }
        let (mut uses, mut body) = (Vec::new(), String::new());
        let mut rest = text;
        while let Some(start) = find_word(rest, "use ") {
            let end = start + rest[start..].find(';').unwrap_or(rest.len() - start);
            let line = rest[..start].rsplit([';', '}', '{', ']']).next().unwrap_or_default();
            let is_public = find_word(line, "pub").is_some();
            body.push_str(&rest[..start]);
            let tree: String = rest[start + 3..end].split_whitespace().collect::<Vec<_>>().join(" ");
            for (path, name) in unfold(&tree) {
                uses.push((is_public, path, name));
            }
            rest = &rest[(end + 1).min(rest.len())..];
        }
        body.push_str(rest);
        Self { path, module, uses, body }
    }
}

/// Where a word stands by itself.
fn find_word(text: &str, word: &str) -> Option<usize> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).map(|(at, _)| at).find(|at| {
        let before = text[..*at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !before.is_some_and(is_part) && (word.ends_with(' ') || !after.is_some_and(is_part))
    })
}

/// The paths that a tree of imports stands for, each with what it is called.
fn unfold(tree: &str) -> Vec<(Name, String)> {
    let tree = tree.trim();
    let split = |path: &str| -> Name {
        path.split("::").map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
    };
    let Some(open) = tree.find('{') else {
        let (path, name) = tree.split_once(" as ").unwrap_or((tree, ""));
        let mut path = split(path);
        let last = path.last().cloned().unwrap_or_default();
        if last == "*" {
            path.pop();
        }
        return vec![(path, if name.is_empty() { last } else { name.trim().to_owned() })];
    };
    let before = split(&tree[..open]);
    let inside = &tree[open + 1..tree.rfind('}').unwrap_or(tree.len())];
    let (mut depth, mut start, mut parts) = (0, 0, Vec::new());
    for (at, c) in inside.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&inside[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&inside[start..]);
    let mut all = Vec::new();
    for part in parts.into_iter().filter(|part| !part.trim().is_empty()) {
        for (path, name) in unfold(part) {
            if path == ["self"] {
                let name = if name == "self" { before.last().cloned().unwrap_or_default() } else { name };
                all.push((before.clone(), name));
            } else {
                all.push((before.iter().cloned().chain(path).collect(), name));
            }
        }
    }
    all
}

/// The paths that stand in code.
pub(crate) fn mentions(body: &str) -> Vec<Name> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    // `pub(in path)` says who may look in, and looks nowhere.
    body.replace("(in crate::", "(in ")
        .split(|c: char| !is_part(c))
        .filter(|word| word.contains("::") && !word.starts_with(':'))
        .map(|word| word.split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect())
        .collect()
}

/// The modules of a file that are tests, as paths without `.rs`.
pub(crate) fn tests_of(path: &str, text: &str) -> Vec<String> {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let stem = path.trim_end_matches(".rs").trim_end_matches("/mod");
    let mut tests = Vec::new();
    for (at, _) in text.match_indices("#[cfg(test)]") {
        let rest = text[at + "#[cfg(test)]".len()..].trim_start();
        let (named, rest) = match rest.strip_prefix("#[path = ") {
            Some(rest) => {
                let (name, rest) = rest.split_once(']').unwrap();
                (Some(name.trim_matches('"')), rest.trim_start())
            }
            None => (None, rest),
        };
        let rest = rest.trim_start_matches("pub(crate) ").trim_start_matches("pub ");
        let Some(module) = rest.strip_prefix("mod ").and_then(|rest| rest.split_once(';')) else { continue };
        if module.0.contains('{') {
            continue;
        }
        tests.push(match named {
            Some(name) => format!("{folder}/{}", name.trim_end_matches(".rs")),
            None if stem == "lib" => module.0.trim().to_owned(),
            None => format!("{stem}/{}", module.0.trim()),
        });
    }
    tests
}

/// A text without what is only compiled for tests.
pub(crate) fn without_tests(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("#[cfg(test)]") {
        kept.push_str(&rest[..at]);
        rest = &rest[at..];
        let mut depth = 0;
        let end = rest.char_indices().find_map(|(at, c)| {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            (depth == 0 && matches!(c, ';' | '}')).then_some(at + 1)
        });
        rest = &rest[end.unwrap_or(rest.len())..];
    }
    kept.push_str(rest);
    kept
}

/// A text without its comments, and with nothing in its strings but the name of a file in an attribute.
pub(crate) fn without_words(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if rest.starts_with("//") {
            rest = &rest[rest.find('\n').unwrap_or(rest.len())..];
            continue;
        }
        if rest.starts_with("r#\"") {
            rest = &rest[rest.find("\"#").map_or(rest.len(), |end| end + 2)..];
            continue;
        }
        let len = match c {
            '"' => string_len(rest),
            '\'' => char_len(rest),
            _ => 0,
        };
        if len == 0 {
            kept.push(c);
            rest = &rest[c.len_utf8()..];
            continue;
        }
        if kept.ends_with("#[path = ") {
            kept.push_str(&rest[..len]);
        } else {
            kept.push_str("\"\"");
        }
        rest = &rest[len..];
    }
    kept
}

/// How long a string is that stands at the beginning, in bytes.
fn string_len(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// How long a character is that stands at the beginning, in bytes; nothing for a lifetime.
fn char_len(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    match chars.next() {
        Some((_, '\\')) => {
            chars.next();
            chars.find(|(_, c)| *c == '\'').map_or(0, |(at, _)| at + 1)
        }
        Some(_) => chars.next().filter(|(_, c)| *c == '\'').map_or(0, |(at, _)| at + 1),
        None => 0,
    }
}
