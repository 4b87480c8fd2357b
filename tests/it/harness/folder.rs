//! Where tests put their files.

use std::fs;
use std::path::Path;
use std::sync::Once;

use tempfile::TempDir;

/// Files in memory, where the system has such: what is killed here are processes, never machines, so nothing
/// need wait for a disk.
const IN_MEMORY: &str = "/dev/shm";
/// So much must be free there; a container may have far less.
const ENOUGH_BYTES: u64 = 4 << 30;
/// What the folders are called; the process that made one follows.
const NAME: &str = "switchroom-tests-";

static SWEPT: Once = Once::new();

/// A folder that is gone when it is dropped.
pub(crate) fn folder() -> TempDir {
    SWEPT.call_once(sweep);
    let free = |path: &Path| rustix::fs::statvfs(path).map_or(0, |found| found.f_bavail * found.f_frsize);
    let prefix = format!("{NAME}{}-", std::process::id());
    let mut named = tempfile::Builder::new();
    let named = named.prefix(&prefix);
    let made = if free(Path::new(IN_MEMORY)) >= ENOUGH_BYTES {
        named.tempdir_in(IN_MEMORY)
    } else {
        named.tempdir()
    };
    made.unwrap()
}

/// Removes what tests have left in memory that were killed.
fn sweep() {
    for entry in fs::read_dir(IN_MEMORY).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let maker =
            name.to_str().and_then(|name| name.strip_prefix(NAME)?.split_once('-')).map(|(maker, _)| maker);
        if maker.is_some_and(|maker| !Path::new("/proc").join(maker).exists()) {
            // It may be another user's.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
