//! Where tests put their files.

use std::path::Path;

use tempfile::TempDir;

/// Files in memory, where the system has such: what is killed here are processes, never machines, so nothing need wait
/// for a disk.
const IN_MEMORY: &str = "/dev/shm";
/// So much must be free there; a container may have far less.
const ENOUGH_BYTES: u64 = 4 << 30;

/// A folder that is gone when it is dropped.
pub(crate) fn folder() -> TempDir {
    let free = |path: &Path| rustix::fs::statvfs(path).map_or(0, |found| found.f_bavail * found.f_frsize);
    let mut named = tempfile::Builder::new();
    let named = named.prefix("switchroom-");
    let made = if free(Path::new(IN_MEMORY)) >= ENOUGH_BYTES {
        named.tempdir_in(IN_MEMORY)
    } else {
        named.tempdir()
    };
    made.unwrap()
}
