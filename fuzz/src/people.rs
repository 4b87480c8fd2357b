//! A table of contacts: what was read of it, written as another table, is read as the same.

use std::collections::BTreeSet;

use switchroom::domain::person::Person;
use switchroom::exchange::read_people;

pub(crate) fn run(file: &[u8]) {
    let (mut people, mut last) = (Vec::new(), 1);
    let read = read_people(file, "US", |line, row| {
        assert!(line > last, "row {line} behind {last}");
        last = line;
        match row {
            Ok(person) => people.push(person),
            Err(why) => assert!(!why.is_empty() && !why.contains('\n') && why.len() < 2_000, "{why}"),
        }
    });
    if let Err(error) = read {
        let said = format!("{error:#}");
        assert!(said.len() < 2_000 && said.contains(':'), "{said}");
        return;
    }
    for person in &people {
        assert!(!person.addresses.is_empty() || !person.emails.is_empty(), "{person:?}");
        let (mut again, mut lines) = (Vec::new(), 0);
        read_people(&*written(person), "US", |_, row| {
            lines += 1;
            again.push(row.unwrap_or_else(|why| panic!("{why}: {person:?}")));
        })
        .unwrap_or_else(|error| panic!("{error:#}: {person:?}"));
        assert_eq!((lines, &again[..]), (1, std::slice::from_ref(person)));
    }
}

/// A table with one row.
fn written(person: &Person) -> Vec<u8> {
    let mut cells: Vec<(String, String)> = Vec::new();
    for (at, address) in person.addresses.iter().enumerate() {
        cells.push((format!("phone {}", at + 1), address.to_string()));
    }
    cells.push(("email".to_owned(), person.emails.join(" ")));
    for (column, value) in [("name", &person.name), ("language", &person.language), ("notes", &person.notes)]
    {
        cells.extend(value.iter().map(|value| (column.to_owned(), value.clone())));
    }
    cells.extend(person.attributes.iter().cloned());
    let names: BTreeSet<String> = cells.iter().map(|(name, _)| name.to_lowercase()).collect();
    assert_eq!(names.len(), cells.len(), "an attribute is called like something else: {person:?}");
    let quoted = |cell: &str| format!("\"{}\"", cell.replace('"', "\"\""));
    let line = |cells: Vec<String>| cells.join(";") + "\r\n";
    let (names, values) = cells.iter().map(|(name, value)| (quoted(name), quoted(value))).unzip();
    [line(names), line(values)].concat().into_bytes()
}
