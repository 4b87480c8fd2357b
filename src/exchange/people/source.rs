//! Where a table is read from, twice: a file as it is, anything else through a file without a name.

use std::fs::File;
use std::io::{self, Seek as _, SeekFrom};
use std::path::Path;

use crate::clock;

/// Opens a file, or standard input for `-`.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let from = if path == Path::new("-") { Path::new("/dev/stdin") } else { path };
    let file = File::open(from)?;
    let kind = file.metadata()?.file_type();
    if kind.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder; name a CSV file"));
    }
    if kind.is_file() { Ok(file) } else { kept(file) }
}

/// Goes back to the beginning.
pub(super) fn rewind(file: &mut File) -> io::Result<()> {
    file.seek(SeekFrom::Start(0)).map(drop)
}

/// What comes out of a pipe, in a file that nobody else can open and that ends with the program.
fn kept(mut pipe: File) -> io::Result<File> {
    let path = std::env::temp_dir().join(format!("switchroom-{}", clock::random_hex()));
    let mut file = File::options().read(true).write(true).create_new(true).open(&path)?;
    std::fs::remove_file(&path)?;
    io::copy(&mut pipe, &mut file)?;
    rewind(&mut file)?;
    Ok(file)
}
