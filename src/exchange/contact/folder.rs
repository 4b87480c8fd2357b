//! The folder an export goes into: new, for its owner only, with names that are safe on any system.

use std::fmt::Write as _;
use std::fs::{DirBuilder, File};
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use serde::Serialize;

/// The longest name of a file that is not of our choosing, in characters.
const NAME_CHARS: usize = 80;

/// A folder that was made for an export.
pub(super) struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Makes a folder, or takes one that is empty.
    pub(super) fn make(path: &Path) -> io::Result<Self> {
        match DirBuilder::new().mode(0o700).create(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                if path.read_dir()?.next().is_some() {
                    return Err(io::Error::new(
                        io::ErrorKind::AlreadyExists,
                        "it is not empty, so nothing was written; name another folder with --to",
                    ));
                }
            }
            other => other?,
        }
        Ok(Self { path: path.to_owned() })
    }

    /// Makes a folder within.
    pub(super) fn folder(&self, name: &str) -> io::Result<()> {
        DirBuilder::new().mode(0o700).create(self.path.join(name))
    }

    /// Makes a file that is not there yet.
    pub(super) fn file(&self, name: &str) -> io::Result<BufWriter<File>> {
        let path = self.path.join(name);
        Ok(BufWriter::new(File::options().write(true).create_new(true).mode(0o600).open(path)?))
    }
}

/// A name for a file of what somebody called it: letters, digits, dots and dashes, and no other folder.
pub(super) fn safe_name(name: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-') { c } else { '_' };
    let name: String = name.chars().map(safe).collect();
    // What an ending tells is worth more than how a long name begins.
    let name = &name[name.len().saturating_sub(NAME_CHARS)..];
    let name = name.trim_matches('.');
    if name.is_empty() { "file".to_owned() } else { name.to_owned() }
}

/// A document that is written piece by piece, so that it may be longer than memory.
pub(super) struct Document {
    out: BufWriter<File>,
    is_first: bool,
}

impl Document {
    pub(super) fn begin(mut out: BufWriter<File>) -> io::Result<Self> {
        out.write_all(b"{")?;
        Ok(Self { out, is_first: true })
    }

    pub(super) fn field(&mut self, name: &str, value: &impl Serialize) -> io::Result<()> {
        self.next()?;
        let json = escaped(&serde_json::to_string_pretty(value)?).replace('\n', "\n  ");
        write!(self.out, "\n  {}: {json}", serde_json::to_string(name)?)
    }

    pub(super) fn begin_list(&mut self, name: &str) -> io::Result<()> {
        self.next()?;
        self.is_first = true;
        write!(self.out, "\n  {}: [", serde_json::to_string(name)?)
    }

    pub(super) fn item(&mut self, value: &impl Serialize) -> io::Result<()> {
        self.next()?;
        let json = escaped(&serde_json::to_string_pretty(value)?).replace('\n', "\n    ");
        write!(self.out, "\n    {json}")
    }

    pub(super) fn end_list(&mut self) -> io::Result<()> {
        self.is_first = false;
        self.out.write_all(b"\n  ]")
    }

    pub(super) fn end(mut self) -> io::Result<()> {
        self.out.write_all(b"\n}\n")?;
        self.out.flush()
    }

    fn next(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.is_first) { Ok(()) } else { self.out.write_all(b",") }
    }
}

/// JSON in which nothing is invisible and nothing turns the direction of the text; it says the same.
fn escaped(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_ascii() && c != '\u{7f}' || c.escape_debug().len() == 1 {
            escaped.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            // A text in memory takes what is written into it.
            let _ = write!(escaped, "\\u{unit:04x}");
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn what_is_exported_is_for_its_owner_and_writes_over_nothing() {
        let files = tempfile::tempdir().unwrap();
        let path = files.path().join("c-1");
        let folder = Folder::make(&path).unwrap();
        folder.folder("media").unwrap();
        folder.file("media/a.png").unwrap().write_all(b"png").unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(&path.join("media"))), (0o700, 0o700));
        assert_eq!(mode(&path.join("media/a.png")), 0o600);
        assert!(folder.file("media/a.png").is_err());
        let error = Folder::make(&path).err().unwrap().to_string();
        assert!(error.contains("not empty") && error.contains("--to"), "{error}");
    }

    #[test]
    fn no_name_leads_anywhere_else() {
        for (name, safe) in [
            ("photo.jpg", "photo.jpg"),
            ("../../etc/passwd", "_.._etc_passwd"),
            ("..", "file"),
            ("", "file"),
            ("a b\u{202e}gpj.exe", "a_b_gpj.exe"),
            ("-rf", "-rf"),
            ("con:aux|nul", "con_aux_nul"),
        ] {
            assert_eq!(safe_name(name), safe);
        }
        let long = safe_name(&format!("{}.jpeg", "x".repeat(300)));
        assert!(long.len() == NAME_CHARS && long.ends_with("x.jpeg"), "{long}");
    }

    #[test]
    fn a_document_written_in_pieces_reads_back_and_hides_nothing() {
        let files = tempfile::tempdir().unwrap();
        let folder = Folder::make(&files.path().join("x")).unwrap();
        let mut document = Document::begin(folder.file("contact.json").unwrap()).unwrap();
        let name = "Ja\u{202e}ne \u{1f600}\u{200d}\u{e0041}\u{7f}\u{9b} \"<b>\" Ünal";
        document.field("name", &name).unwrap();
        document.begin_list("none").unwrap();
        document.end_list().unwrap();
        document.begin_list("some").unwrap();
        document.item(&json!({"a": [1, 2]})).unwrap();
        document.item(&"x\ny").unwrap();
        document.end_list().unwrap();
        document.field("last", &Value::Null).unwrap();
        document.end().unwrap();
        let text = std::fs::read_to_string(files.path().join("x/contact.json")).unwrap();
        let read: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read, json!({"name": name, "none": [], "some": [{"a": [1, 2]}, "x\ny"], "last": null}));
        assert!(text.contains("\\u202e") && text.contains("Ünal") && text.contains('\u{1f600}'), "{text}");
        for hidden in ['\u{202e}', '\u{200d}', '\u{e0041}', '\u{7f}', '\u{9b}'] {
            assert!(!text.contains(hidden), "{text}");
        }
    }
}
