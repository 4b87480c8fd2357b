//! Texts are counted as Twilio's own calculator counts them, npm's `sms-segments-calculator`.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde::Deserialize;
use switchroom::domain::text::segments::{Encoding, count};

use crate::compared::{lines, package};

const PACKAGE: &str = "sms-segments-calculator@1.3.0";
const SCRIPT: &str = include_str!("segments.mjs");
const TEXTS: usize = 10_000;

/// One text, and how the calculator counts it.
#[derive(Deserialize)]
struct Line {
    text: String,
    encoding: String,
    segments: usize,
    units: usize,
    /// Whether what people see as one character of it is put together of several.
    clusters: bool,
}

/// Installs the calculator.
async fn install(folder: &Path) {
    let npm = Command::new("npm")
        .args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--no-save", "--prefix"])
        .arg(folder)
        .arg(PACKAGE)
        .output();
    let npm = npm.unwrap_or_else(|error| {
        panic!("segments were NOT compared: npm is needed for it (apt-get install nodejs npm): {error}")
    });
    let said = String::from_utf8_lossy(&npm.stderr);
    assert!(npm.status.success(), "segments were NOT compared: npm did not install {PACKAGE}: {said}");
}

#[tokio::test]
async fn ten_thousand_texts_are_counted_as_the_providers_own_calculator_counts_them() {
    let folder = package(&PACKAGE.replace('@', "-"), install).await;
    let script = folder.join("segments.mjs");
    fs::write(&script, SCRIPT).unwrap();
    let node = Command::new("node").arg(&script).current_dir(&folder).output();
    let output = node.unwrap_or_else(|error| {
        panic!("segments were NOT compared: node is needed for it (apt-get install nodejs npm): {error}")
    });
    let lines: Vec<Line> = lines(output);
    assert_eq!(lines.len(), TEXTS);
    let mut wrong = Vec::new();
    for line in &lines {
        let ours = count(&line.text);
        let encoding = match ours.encoding {
            Encoding::Gsm7 => "GSM-7",
            Encoding::Ucs2 => "UCS-2",
        };
        // A line break of two characters is one cluster, which the calculator takes to be outside GSM-7.
        // Carriers know both of its characters.
        if line.text.contains("\r\n") {
            continue;
        }
        // The calculator keeps a cluster in one segment, as no carrier does.
        let segments = if line.clusters { line.segments } else { ours.segments };
        if (encoding, ours.units, segments) != (&line.encoding, line.units, line.segments) {
            wrong.push(format!("{:?}: {ours:?}, not {} {}", line.text, line.encoding, line.segments));
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    // Else little is compared.
    let compared = |fits: fn(&Line) -> bool| lines.iter().filter(|line| !line.clusters && fits(line)).count();
    assert!(compared(|line| line.encoding == "GSM-7" && line.segments > 1) > 1_000);
    assert!(compared(|line| line.encoding == "UCS-2" && line.segments > 1) > 1_000);
    assert!(compared(|line| line.segments == 1) > 500);
}
