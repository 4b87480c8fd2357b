//! What `fuzz` holds for bytes from outside, with its seeds and variations of them. The fuzzer goes deeper,
//! but needs a nightly toolchain: see “Fuzzing” in CONTRIBUTING.md.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, TestRunner};

#[path = "../../fuzz/src/lib.rs"]
#[expect(unreachable_pub, reason = "it is a crate of its own for the fuzzer")]
mod targets;

use self::targets::{TARGETS, run};

/// How many variations of its seeds each target is tried with.
const VARIATIONS: u32 = 100;

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

/// The names of what is in a folder, without their endings.
fn stems(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

#[test]
fn every_target_has_its_seeds_and_its_fuzzer() {
    let names: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names, stems(&fuzz().join("seeds")));
    assert_eq!(names, stems(&fuzz().join("fuzz_targets")));
    let manifest = fs::read_to_string(fuzz().join("Cargo.toml")).unwrap();
    for name in names {
        assert!(manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")), "{name}");
        let fuzzer = fs::read_to_string(fuzz().join(format!("fuzz_targets/{name}.rs"))).unwrap();
        assert!(fuzzer.contains(&format!("run(\"{name}\"")), "{name}");
    }
}

/// What is done to a file: from here on, so many bytes are replaced by these.
type Change = (Index, usize, Vec<u8>);

/// Files like the seeds.
fn like(seeds: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let pieces = seeds.clone();
    let piece = (select(pieces), any::<Index>(), 1..40_usize).prop_map(|(seed, at, length)| {
        let at = at.index(seed.len() + 1);
        seed[at..].iter().take(length).copied().collect()
    });
    let put = prop_oneof![Just(vec![]), prop::collection::vec(any::<u8>(), 1..5), piece];
    let changes = prop::collection::vec((any::<Index>(), 0..5_usize, put), 0..6);
    (select(seeds), changes).prop_map(|(seed, changes)| changes.into_iter().fold(seed, changed))
}

fn changed(mut file: Vec<u8>, (at, removed, put): Change) -> Vec<u8> {
    let at = at.index(file.len() + 1);
    let end = (at + removed).min(file.len());
    file.splice(at..end, put);
    file
}

#[test]
fn what_must_hold_for_bytes_from_outside_holds_for_the_seeds_and_all_that_is_like_them() {
    for (name, _) in TARGETS {
        let mut seeds = Vec::new();
        for entry in fs::read_dir(fuzz().join("seeds").join(name)).unwrap() {
            let path = entry.unwrap().path();
            eprintln!("{}", path.display());
            seeds.push(fs::read(path).unwrap());
            run(name, &seeds[seeds.len() - 1]);
        }
        seeds.sort();
        let mut runner =
            TestRunner::new(Config { cases: VARIATIONS, failure_persistence: None, ..Config::default() });
        let found = runner.run(&like(seeds), |file| {
            run(name, &file);
            Ok(())
        });
        found.unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}
