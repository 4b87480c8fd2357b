//! Numbers as people write them are read as Google's own library reads them, in its port for Python from
//! PyPI.

use std::path::Path;
use std::process::Command;

use serde::Deserialize;
use switchroom::demo::venv::Venv;
use switchroom::domain::address::parse::{self, NoAddress};

use crate::compared::{lines, package};
use crate::harness::homeserver::venv;

/// Its version is that of what it knows of the world's numbers, the same as `rlibphonenumber` 2.2.15 has.
const PACKAGE: &str = "phonenumbers==9.0.42";
const SCRIPT: &str = include_str!("phone_numbers.py");
const INPUTS: usize = 5_000;
/// Where the two may differ, and why: `(country, text, reason)`. One that does not differ has to leave.
const EXCEPTIONS: &[(&str, &str, &str)] = &[];

/// One input, and how the library reads it.
#[derive(Deserialize)]
struct Line {
    country: String,
    way: String,
    text: String,
    read: Option<Theirs>,
}

#[derive(Deserialize)]
struct Theirs {
    number: String,
    valid: bool,
    possible: bool,
    extension: bool,
}

/// Installs the library.
async fn install(venv: &Venv, folder: &Path) {
    venv.install(PACKAGE, Some(folder), |_| {}).await.unwrap_or_else(|error| {
        panic!("numbers were NOT compared: {PACKAGE} is needed for it and could not be installed: {error}")
    });
}

/// What Switchroom makes of a text, by its own rules, of what the library reads in it.
fn expected(line: &Line) -> Result<String, NoAddress> {
    let text = line.text.trim();
    let is_digits = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    let is_short_code = is_digits && (3..=6).contains(&text.len());
    let otherwise = |why| Err(if is_short_code { NoAddress::ShortCode } else { why });
    let Some(theirs) = &line.read else { return otherwise(NoAddress::NoNumber) };
    // One that is not known to be in use counts where its country was written down.
    let may_be = theirs.possible && line.text.contains(['+', '＋']);
    // No network sends messages to more digits than E.164 has, or to fewer than any country.
    let digits = theirs.number.len() - 1;
    if !(theirs.valid || may_be) || !(7..=15).contains(&digits) {
        return otherwise(NoAddress::Nobodys);
    }
    if theirs.extension { Err(NoAddress::Extension) } else { Ok(theirs.number.clone()) }
}

#[tokio::test]
async fn numbers_in_60_countries_are_read_as_googles_library_reads_them() {
    let venv = venv().await;
    let folder =
        package(&PACKAGE.replace("==", "-"), async |folder: &Path| install(&venv, folder).await).await;
    let output = Command::new(venv.python())
        .args(["-c", SCRIPT])
        .env("PYTHONPATH", folder)
        .env("PYTHONIOENCODING", "utf-8")
        .output()
        .unwrap();
    let lines: Vec<Line> = lines(output);
    assert_eq!(lines.len(), INPUTS);
    let mut countries: Vec<&str> = lines.iter().map(|line| line.country.as_str()).collect();
    countries.sort_unstable();
    countries.dedup();
    assert_eq!(countries.len(), 60);
    let mut wrong = Vec::new();
    let mut excepted = Vec::new();
    for line in &lines {
        let (ours, theirs) = (parse::number(&line.text, &line.country), expected(line));
        let exception = EXCEPTIONS
            .iter()
            .position(|(country, text, _)| (*country, *text) == (&*line.country, &*line.text));
        match exception {
            Some(exception) if ours != theirs => excepted.push(exception),
            None if ours != theirs => {
                wrong.push(format!(
                    "{} in {} ({}): {ours:?}, not {theirs:?}",
                    line.text, line.country, line.way
                ));
            }
            Some(_) | None => {}
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    let idle: Vec<&str> =
        (0..EXCEPTIONS.len()).filter(|at| !excepted.contains(at)).map(|at| EXCEPTIONS[at].1).collect();
    assert!(idle.is_empty(), "these do not differ any more: {idle:?}");
    // Most are numbers that someone has, and some of every kind of mistake: else little is compared.
    let read = |kind: fn(&Result<String, NoAddress>) -> bool| lines.iter().map(expected).filter(kind).count();
    assert!(read(Result::is_ok) > 3_000);
    for why in [NoAddress::NoNumber, NoAddress::Nobodys, NoAddress::Extension] {
        assert!(lines.iter().filter(|line| expected(line) == Err(why.clone())).count() > 50, "{why}");
    }
}
