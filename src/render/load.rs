//! Where templates come from, and the trial of each before it is used.

use std::io;
use std::path::Path;

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, Error, Output, State, UndefinedBehavior, Value};
use rust_embed::RustEmbed;

use super::error::TemplateError;
use super::style::{RenderSettings, Style};
use super::{catalogue, filters};

/// The templates that come with the program.
#[derive(RustEmbed)]
#[folder = "templates/matrix/"]
pub(super) struct Builtin;

/// An environment with our filters and rules, and no templates yet. A formatted body cannot include a plain
/// one, which escapes nothing.
pub(super) fn environment(
    settings: &RenderSettings,
    style: &Style,
) -> Result<Environment<'static>, TemplateError> {
    let mut environment = Environment::new();
    let mut syntax = SyntaxConfig::builder();
    let syntax = syntax.trim_blocks(true).lstrip_blocks(true).build();
    environment.set_syntax(syntax.map_err(|source| broken(None, "syntax", &source))?);
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    environment.set_formatter(write_value);
    environment.remove_filter("safe");
    environment.set_path_join_callback(|name, parent| {
        if is_plain(name) == is_plain(parent) {
            name.into()
        } else {
            format!("{name} (not of the kind of {parent})").into()
        }
    });
    environment.add_global("prefix", settings.prefix.clone());
    environment.add_global("act_for_agents", settings.act_for_agents);
    filters::add_to(&mut environment, settings, style);
    Ok(environment)
}

/// Writes a value into the output. HTML templates escape, even where one says `autoescape false`.
fn write_value(out: &mut Output, state: &mut State, value: &Value) -> Result<(), Error> {
    if is_plain(state.name()) || value.is_safe() || value.is_undefined() {
        return minijinja::escape_formatter(out, state, value);
    }
    let written = match value.as_str() {
        Some(text) => write_escaped(out, text),
        None => write_escaped(out, &value.to_string()),
    };
    written.map_err(Error::from)
}

fn is_plain(name: &str) -> bool {
    name.strip_suffix(".html").is_none()
}

/// Escapes what HTML gives a meaning to, and nothing else: a slash stays readable.
fn write_escaped(out: &mut Output, text: &str) -> std::fmt::Result {
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
        out.write_str(&rest[..at])?;
        out.write_str(match rest.as_bytes()[at] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            _ => "&#39;",
        })?;
        rest = &rest[at + 1..];
    }
    out.write_str(rest)
}

/// Adds the templates that come with the program.
pub(super) fn add_builtin(environment: &mut Environment<'static>) -> Result<(), TemplateError> {
    for name in catalogue::file_names() {
        let file =
            Builtin::get(name).ok_or_else(|| read_error(Path::new(name), io::ErrorKind::NotFound.into()))?;
        add(environment, None, name, file.data.into_owned())?;
    }
    Ok(())
}

/// Adds the templates of a folder, each in the place of the one with its name. Hidden files are left alone:
/// editors and file systems make those.
pub(super) fn add_folder(environment: &mut Environment<'static>, folder: &Path) -> Result<(), TemplateError> {
    for entry in std::fs::read_dir(folder).map_err(|source| read_error(folder, source))? {
        let path = entry.map_err(|source| read_error(folder, source))?.path();
        let file_name = path.file_name().unwrap_or_default().to_string_lossy();
        if file_name.starts_with('.') {
            continue;
        }
        let Some(name) = catalogue::file_names().find(|name| *name == file_name) else {
            let nearest = nearest(&file_name);
            return Err(TemplateError::Unknown { path, nearest });
        };
        let bytes = std::fs::read(&path).map_err(|source| read_error(&path, source))?;
        add(environment, Some(folder), name, bytes)?;
    }
    Ok(())
}

fn add(
    environment: &mut Environment<'static>,
    folder: Option<&Path>,
    name: &'static str,
    bytes: Vec<u8>,
) -> Result<(), TemplateError> {
    let source = String::from_utf8(bytes).map_err(|error| {
        read_error(&place(folder, name), io::Error::new(io::ErrorKind::InvalidData, error))
    })?;
    environment.add_template_owned(name, source).map_err(|source| broken(folder, name, &source))
}

/// The error of a template, with its file and line.
pub(super) fn broken(folder: Option<&Path>, name: &str, source: &Error) -> TemplateError {
    let file = place(folder, source.name().unwrap_or(name)).display().to_string();
    let problem = match source.detail() {
        Some(detail) => format!("{}: {detail}", source.kind()),
        None => source.kind().to_string(),
    };
    TemplateError::Broken { file, line: source.line().unwrap_or(1), problem }
}

/// Where a template lies: in the desk's folder if it is there, else within the program.
pub(super) fn place(folder: Option<&Path>, name: &str) -> std::path::PathBuf {
    folder
        .map(|folder| folder.join(name))
        .filter(|path| path.exists())
        .unwrap_or_else(|| Path::new("templates/matrix").join(name))
}

fn read_error(path: &Path, source: io::Error) -> TemplateError {
    TemplateError::Read { path: path.to_owned(), source }
}

fn nearest(file_name: &str) -> Option<String> {
    catalogue::file_names()
        .map(|name| (strsim::damerau_levenshtein(name, file_name), name))
        .min()
        .filter(|(distance, name)| *distance <= name.len() / 3)
        .map(|(_, name)| name.to_owned())
}
