//! Where dictionaries come from: the program itself, and a folder in which they lie as Debian or npm has
//! them.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

use super::dictionary::{Dictionary, DictionaryError};

/// How large the two files of a dictionary may be. The largest in Debian have 5 MiB.
const MOST_AFF_BYTES: u64 = 8 * 1024 * 1024;
const MOST_DIC_BYTES: u64 = 32 * 1024 * 1024;
/// How many entries of a folder are looked at.
const MOST_ENTRIES: usize = 2_000;
/// How long the name of a language may be.
const LONGEST_TAG: usize = 35;

/// Where one dictionary is.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// In the program, compressed by gzip.
    #[cfg(feature = "dictionaries")]
    BuiltIn { tag: &'static str, aff: &'static [u8], dic: &'static [u8] },
    /// In these files.
    Files { aff: PathBuf, dic: PathBuf },
}

#[cfg(feature = "dictionaries")]
macro_rules! built_in {
    ($($tag:literal),+) => {
        [$(Source::BuiltIn {
            tag: $tag,
            aff: include_bytes!(concat!("dictionaries/", $tag, ".aff.gz")),
            dic: include_bytes!(concat!("dictionaries/", $tag, ".dic.gz")),
        }),+]
    };
}

/// The dictionaries in the program, by their tags.
#[cfg(feature = "dictionaries")]
pub(super) fn built_in() -> BTreeMap<String, Source> {
    let all = built_in!["en-GB", "en-US"];
    let tag = |source: &Source| match source {
        Source::BuiltIn { tag, .. } => (*tag).to_owned(),
        Source::Files { aff, .. } => aff.display().to_string(),
    };
    all.into_iter().map(|source| (tag(&source), source)).collect()
}

/// There are none in this program.
#[cfg(not(feature = "dictionaries"))]
pub(super) fn built_in() -> BTreeMap<String, Source> {
    BTreeMap::new()
}

/// The dictionaries in the program and those in a folder, by their tags. One of the folder takes the place of
/// one in the program.
pub(super) fn find(folder: Option<&Path>) -> Result<BTreeMap<String, Source>, DictionaryError> {
    let mut found = built_in();
    let Some(folder) = folder else { return Ok(found) };
    let unreadable = |error| DictionaryError::Folder(folder.to_owned(), Arc::new(error));
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)?.take(MOST_ENTRIES) {
        names.extend(entry.map_err(unreadable)?.file_name().into_string());
    }
    names.sort_unstable();
    for name in &names {
        if let Some((tag, source)) = dictionary(folder, name) {
            found.insert(tag, source);
        }
    }
    Ok(found)
}

/// The dictionary that an entry of a folder is: `xx_YY.aff` beside `xx_YY.dic`, or a folder `dictionary-xx`
/// with `index.aff` and `index.dic`.
fn dictionary(folder: &Path, name: &str) -> Option<(String, Source)> {
    let (tag, aff, dic) = if let Some(tag) = name.strip_prefix("dictionary-") {
        (tag, folder.join(name).join("index.aff"), folder.join(name).join("index.dic"))
    } else {
        let tag = name.strip_suffix(".aff")?;
        (tag, folder.join(name), folder.join(format!("{tag}.dic")))
    };
    let is_tag = tag.starts_with(|c: char| c.is_ascii_alphabetic())
        && tag.len() <= LONGEST_TAG
        && tag.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    let is_there = is_tag && aff.is_file() && dic.is_file();
    is_there.then(|| (cased(tag), Source::Files { aff, dic }))
}

/// A tag as it is written: `en-gb` and `en_GB` are `en-GB`.
fn cased(tag: &str) -> String {
    let mut parts = tag.split(['_', '-']);
    let mut made = parts.next().unwrap_or_default().to_ascii_lowercase();
    for part in parts {
        made.push('-');
        made.push_str(&if part.len() == 2 { part.to_ascii_uppercase() } else { part.to_owned() });
    }
    made
}

impl Source {
    /// Reads it.
    pub(super) fn read(&self) -> Result<Dictionary, DictionaryError> {
        match self {
            #[cfg(feature = "dictionaries")]
            Self::BuiltIn { tag, aff, dic } => {
                let whole = |part: &[u8]| {
                    let mut text = String::new();
                    let read = flate2::read::GzDecoder::new(part).read_to_string(&mut text);
                    let failed =
                        |source| DictionaryError::Read { file: (*tag).to_owned(), source: Arc::new(source) };
                    read.map(|_| text).map_err(failed)
                };
                Dictionary::parse(tag, &whole(aff)?, &whole(dic)?)
            }
            Self::Files { aff, dic } => {
                let (aff_bytes, dic_bytes) = (bytes(aff, MOST_AFF_BYTES)?, bytes(dic, MOST_DIC_BYTES)?);
                let encoding = encoding(&aff_bytes);
                let words = decoded(dic, &dic_bytes, &encoding)?;
                Dictionary::parse(&dic.display().to_string(), &decoded(aff, &aff_bytes, &encoding)?, &words)
            }
        }
    }
}

/// A file, if it is no larger than allowed.
fn bytes(path: &Path, most: u64) -> Result<Vec<u8>, DictionaryError> {
    let file = || path.display().to_string();
    let mut bytes = Vec::new();
    // One byte more than allowed shows that it is too large.
    File::open(path)
        .and_then(|file| file.take(most + 1).read_to_end(&mut bytes))
        .map_err(|source| DictionaryError::Read { file: file(), source: Arc::new(source) })?;
    if bytes.len() as u64 > most {
        return Err(DictionaryError::TooLarge { file: file(), most });
    }
    Ok(bytes)
}

/// What a dictionary says it is written in, for both of its files: the line `SET` of the first one.
fn encoding(aff: &[u8]) -> String {
    let lines = aff.split(|byte| *byte == b'\n');
    let named =
        lines.filter_map(|line| line.trim_ascii().strip_prefix(b"SET")).map(<[u8]>::trim_ascii).next();
    let named = named.unwrap_or_default();
    String::from_utf8_lossy(named.get(..named.len().min(40)).unwrap_or_default()).into_owned()
}

fn decoded(path: &Path, bytes: &[u8], named: &str) -> Result<String, DictionaryError> {
    let known = match named.trim_start_matches("microsoft-") {
        // Hunspell reads what names nothing as Latin 1; today's are UTF-8 then.
        "" if std::str::from_utf8(bytes).is_ok() => Some(UTF_8),
        "" => Some(WINDOWS_1252),
        label => Encoding::for_label(label.as_bytes()),
    };
    let text = known.and_then(|encoding| {
        let (text, is_odd) = encoding.decode_with_bom_removal(bytes);
        (!is_odd).then(|| text.into_owned())
    });
    text.ok_or_else(|| DictionaryError::Encoding {
        file: path.display().to_string(),
        encoding: if named.is_empty() { "Latin 1".to_owned() } else { named.to_owned() },
    })
}
