//! What is compared with what others made of the same: their packages, and scripts that print a line of JSON
//! for each thing compared.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde::de::DeserializeOwned;
use switchroom::demo::venv::{Venv, lock_beside};

/// The folder of a package, beside those of other tests, once `install` has put it there.
pub(crate) async fn package(name: &str, install: impl AsyncFnOnce(&Path)) -> PathBuf {
    let folder = Venv::default_dir().unwrap().with_file_name(name);
    let ready = folder.join("switchroom-ready");
    let _lock = lock_beside(&folder, |line| eprintln!("{line}")).await.unwrap();
    if !ready.exists() {
        fs::create_dir_all(&folder).unwrap();
        install(&folder).await;
        fs::write(&ready, "").unwrap();
    }
    folder
}

/// What a script printed, each line of it read.
pub(crate) fn lines<T: DeserializeOwned>(output: Output) -> Vec<T> {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8(output.stdout).unwrap();
    printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
