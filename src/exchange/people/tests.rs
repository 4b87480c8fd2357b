use std::io::Cursor;

use super::guard::ROW_BYTES;
use super::*;
use crate::domain::address::Address;

const HEAD: &str = "name,number\n";

/// What is said of a table: that it is wrong as a whole, or what is wrong with each of its rows.
fn said(bytes: &[u8]) -> Vec<String> {
    let mut table = match Table::open(Cursor::new(bytes), "US") {
        Ok(table) => table,
        Err(error) => return vec![error.to_string()],
    };
    let mut said = Vec::new();
    loop {
        match table.next() {
            Ok(Some(row)) => match row.person {
                Ok(_) => said.push(format!("{}: fine", row.line)),
                Err(refusal) => said.push(format!("{}: {refusal}", row.line)),
            },
            Ok(None) => return said,
            Err(error) => return vec![error.to_string()],
        }
    }
}

fn people(text: &str) -> Vec<(u64, Person)> {
    let mut table = Table::open(Cursor::new(text), "US").unwrap();
    let mut people = Vec::new();
    while let Some(row) = table.next().unwrap() {
        people.push((row.line, row.person.unwrap()));
    }
    people
}

#[test]
#[expect(clippy::too_many_lines, reason = "each file is told whole")]
fn thirty_bad_files_say_what_is_wrong_and_how_to_mend_it() {
    let with = |rows: &str| format!("{HEAD}{rows}").into_bytes();
    let columns = vec!["number"; 101].join(",").into_bytes();
    let long = format!("{HEAD}Jane,+14155550100\nJohn,\"{}", "x".repeat(ROW_BYTES));
    let wide = format!("{HEAD}{},+14155550100\n", "x".repeat(ROW_BYTES));
    let not_utf8 = [HEAD.as_bytes(), b"Jane,+14155550100\nJos\xe9,+14155550101\n"].concat();
    let nul = [HEAD.as_bytes(), b"Ja\0ne,+14155550100\n"].concat();
    let many = format!(
        "number,email\n+14155550100,{}\n",
        (0..21).map(|n| format!("a{n}@x.test")).collect::<Vec<_>>().join(" ")
    );
    let keys: Vec<String> = (0..51).map(|n| format!("key {n}")).collect();
    let attributes = format!("number,{}\n+14155550100,{}\n", keys.join(","), vec!["x"; 51].join(","));
    let no_number = "it has no number and no e-mail, so nobody knows who it is about; add one";
    let bad: &[(Vec<u8>, &str)] = &[
        (b"".to_vec(), "1: it is empty; its first line has to name the columns, like name,number,email"),
        (
            b"\xef\xbb\xbf\r\n\r\n".to_vec(),
            "1: it is empty; its first line has to name the columns, like name,number,email",
        ),
        (b"\xff\xfen\0a\0m\0e\0".to_vec(), "1: it is UTF-16; save it as “CSV UTF-8”"),
        (
            b"PK\x03\x04\0\0\x08\0".to_vec(),
            "1: it holds a zero byte, so it is no text; save the table as “CSV UTF-8”",
        ),
        (
            b"Jane Doe,+14155550100\nJohn,+14155550101\n".to_vec(),
            "1: no column holds numbers or e-mails; the first line has to name the columns, like name,number,email",
        ),
        (
            b"<html><body>\n".to_vec(),
            "1: no column holds numbers or e-mails; the first line has to name the columns, like name,number,email",
        ),
        (b"name,number,Name\n".to_vec(), "1: two columns are called “name”; give one another name"),
        (b"number,Tier,tier\n".to_vec(), "1: two columns are called “tier”; give one another name"),
        (columns, "1: 101 columns are more than 100; leave out what is not to be kept"),
        (
            b"number,\xe2\x80\xae\n+14155550100,x\n".to_vec(),
            "1: “\\u{202e}” cannot be the name of a column: the name of the attribute is missing",
        ),
        (not_utf8, "3: it is not UTF-8; save it as “CSV UTF-8”"),
        (nul, "2: it holds a zero byte, so it is no text; save the table as “CSV UTF-8”"),
        (
            b"name,number\rJane,+14155550100\r".to_vec(),
            "1: the line ends in a carriage return alone; save the table as “CSV UTF-8”",
        ),
        (
            with("Jane,+14155550100\n\"John,+14155550101\nJim,+14155550102\n"),
            "3: the quote that begins here never ends; write \" behind the cell, and \"\" for a quote within it",
        ),
        (
            with("\"Jane \"the boss\" Doe\",+14155550100\n"),
            "2: something stands between a cell's last quote and the next cell; write \"\" for a quote within a cell",
        ),
        (long.into_bytes(), "3: the row that begins here is longer than 256 KiB; is a quote missing?"),
        (wide.into_bytes(), "2: the row that begins here is longer than 256 KiB; is a quote missing?"),
        (with("Jane\n"), "2: row: it has 1 of 2 cells; a separator or a quote is missing"),
        (
            with("Doe, Jane,+14155550100\n"),
            "2: row: it has 3 cells for 2 columns; put a cell that holds a separator into quotes",
        ),
        (with("Jane,\n"), &format!("2: row: {no_number}")),
        (
            with("Jane,soon\n"),
            "2: “number”: “soon” is no phone number; write it with its country code, like +14155550100",
        ),
        (
            with("\n\nJane,555 0123 45\n"),
            "4: “number”: “555 0123 45” is a number that nobody can have; check its digits, and begin one of another country with + and its code",
        ),
        (
            with("Jane,415-555-0100 x7\n"),
            "2: “number”: “415-555-0100 x7” has an extension, which no message reaches; leave it out where the number itself takes messages",
        ),
        (
            with("Jane,telegram:+14155550100\n"),
            "2: “number”: “telegram:+14155550100” begins with the name of no channel; write sms: or whatsapp: before the number, or nothing",
        ),
        (
            with("Jane,=HYPERLINK(\"\"http://x\"\")\n"),
            "2: “number”: “=HYPERLINK(\"\"http://x\"\")” begins with the name of no channel; write sms: or whatsapp: before the number, or nothing",
        ),
        (
            with("\u{202e}\u{200b},+14155550100\n"),
            "2: “name”: nothing of it can be seen: the name is missing",
        ),
        (
            with(&format!("{},+14155550100\n", "x".repeat(101))),
            "2: “name”: “xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…” is longer than 100 characters; shorten it",
        ),
        (
            b"email\njane.example.org\n".to_vec(),
            "2: “email”: “jane.example.org” is not an e-mail address; write it like jane@example.com",
        ),
        (many.into_bytes(), "2: “email”: there are 20 e-mail addresses already; remove one first"),
        (
            b"number;language\n+14155550100;English, please\n".to_vec(),
            "2: “language”: “English, please” is not a language tag; write it like en, de or pt-BR",
        ),
        (
            format!("number\tnotes\n+14155550100\t{}\n", "x".repeat(4_001)).into_bytes(),
            "2: “notes”: the notes have at most 4000 characters",
        ),
        (
            format!("number,tier\n+14155550100,{}\n", "x".repeat(2_001)).into_bytes(),
            "2: “tier”: a value has at most 2000 characters",
        ),
        (attributes.into_bytes(), "2: “key 50”: there are 50 attributes already; remove one first"),
        (
            b"number,,\n+14155550100,,lost\n".to_vec(),
            "2: “”: “lost” stands in a column without a name; name it in the first line",
        ),
    ];
    assert!(bad.len() >= 30);
    for (bytes, expected) in bad {
        let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(60)]).into_owned();
        assert_eq!(said(bytes), [*expected], "{shown}");
    }
}

#[test]
fn a_table_is_read_whatever_its_columns_marks_and_line_ends_are() {
    let jane = Person {
        name: Some("Jane Doe".to_owned()),
        addresses: vec![Address::sms("+14155550100"), Address::read("whatsapp:+14155550101")],
        emails: vec!["jane@example.org".to_owned(), "j@work.example".to_owned()],
        language: Some("pt-BR".to_owned()),
        notes: Some("Rings \"twice\".\nHas a dog.".to_owned()),
        attributes: vec![("Customer No".to_owned(), "4711".to_owned())],
    };
    let comma = "name,number,whatsapp,emails,language,notes,Customer No\n\
                 Jane Doe,(415) 555-0100,415 555 0101,\"jane@example.org, j@work.example\",pt_br,\"Rings \"\"twice\"\".\nHas a dog.\",4711\n";
    let semicolon = "\u{feff}Customer No;Notes;Lang;E-Mail;E-Mail 2;Phone 2;Phone;Name\r\n\
                     \r\n\
                     4711;\"Rings \"\"twice\"\".\r\nHas a dog.\";pt-BR;jane@example.org;j@work.example;whatsapp:+14155550101;'+14155550100;Jane  Doe\r\n";
    let tab = "number\tnumber2\temail\tname\tlanguage\tnotes\tCustomer No\n\
               +14155550100\twhatsapp:+1 415 555 0101\tjane@example.org j@work.example\tJane Doe\tPT-br\t\"Rings \"\"twice\"\".\nHas a dog.\"\t4711";
    assert_eq!(people(comma), [(2, jane.clone())]);
    let mut other = people(semicolon);
    other[0].1.addresses.sort();
    assert_eq!(other, [(3, jane.clone())]);
    assert_eq!(people(tab), [(2, jane.clone())]);
    // The first line that Excel writes.
    let named = comma.replace('\n', "\r\n").replacen("name,", "sep=,\r\nname,", 1);
    assert_eq!(people(&named)[0].1.name, jane.name);
    let named = semicolon.replacen('\u{feff}', "\u{feff}sep=;\r\n", 1);
    assert_eq!(people(&named)[0].0, 4);
}

#[test]
fn a_short_number_is_refused_unless_it_is_said_to_be_a_short_code() {
    let said = said(b"name,number\nA,123\nB,911\nC,12345\nD,+1415556\nE,sms:74454\n");
    for (line, row) in (2..5).zip(&said) {
        assert!(row.starts_with(&format!("{line}: ")) && row.contains("sms: before a short code"), "{row}");
    }
    assert!(said[3].contains("nobody can have") && said[4] == "6: fine", "{said:?}");
}

#[test]
fn rows_are_known_by_the_line_they_begin_in() {
    let text = "number,notes\n\n+14155550100,\"a\n\nb\"\r\n,\r\n\"\",\n+14155550101,c\n\n+14155550102,d";
    let lines: Vec<u64> = people(text).into_iter().map(|(line, _)| line).collect();
    assert_eq!(lines, [3, 8, 10]);
}

#[test]
fn hostile_cells_are_kept_harmless_and_shown_harmless() {
    let text = "name,number,tier,notes\n\
                <b onclick=x>J\u{202e}ane</b>,+14155550100,=cmd|' /C calc'!A0,\"@SUM(1)\u{1b}[31m\nred\"\n";
    let person = &people(text)[0].1;
    assert_eq!(person.name.as_deref(), Some("<b onclick=x>Jane</b>"));
    assert_eq!(person.attributes, [("tier".to_owned(), "=cmd|' /C calc'!A0".to_owned())]);
    assert_eq!(person.notes.as_deref(), Some("@SUM(1)[31m\nred"));
    let shown = said("number\n\u{1b}]0;x\u{7}\u{202e}evil\r\nname\n".as_bytes());
    assert!(shown.iter().all(|line| !line.contains(['\u{1b}', '\u{7}', '\u{202e}'])), "{shown:?}");
}

/// Gives a table of very many rows without holding it.
struct Endless {
    rows: u64,
    next: u64,
    rest: Vec<u8>,
}

impl io::Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.rest.is_empty() {
            if self.next == self.rows {
                return Ok(0);
            }
            self.rest = match self.next {
                0 => b"email\n".to_vec(),
                next => format!("{next}@x.test\n").into_bytes(),
            };
            self.next += 1;
        }
        let length = buffer.len().min(self.rest.len());
        buffer[..length].copy_from_slice(&self.rest[..length]);
        self.rest.drain(..length);
        Ok(length)
    }
}

#[test]
fn of_very_many_rows_no_more_than_a_batch_is_held() {
    let endless = Endless { rows: 200_001, next: 0, rest: vec![] };
    let mut table = Table::open(endless, "US").unwrap();
    let mut rows = 0;
    loop {
        let batch = next_batch(&mut table).unwrap();
        if batch.is_empty() {
            break;
        }
        assert!(batch.len() <= BATCH);
        assert!(table.lines_ahead() <= 8 * 1024, "no more than the rows of one read");
        rows += batch.len();
    }
    assert_eq!(rows, 200_000);
}

#[test]
fn a_row_that_never_ends_is_given_up_within_its_bound() {
    struct Quote(u64);
    impl io::Read for Quote {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            buffer.fill(b'x');
            if self.0 == 0 {
                buffer[..8].copy_from_slice(b"number\n\"");
            }
            self.0 += buffer.len() as u64;
            assert!(self.0 < 2 * ROW_BYTES as u64, "it is read on and on");
            Ok(buffer.len())
        }
    }
    let mut table = Table::open(Quote(0), "US").unwrap();
    let error = table.next().unwrap_err().to_string();
    assert_eq!(error, "2: the row that begins here is longer than 256 KiB; is a quote missing?");
}

mod desk {
    use std::path::PathBuf;

    use secrecy::ExposeSecret as _;

    use super::*;
    use crate::store::{self, audit, contacts};

    struct Place {
        folder: tempfile::TempDir,
        config: Config,
    }

    impl Place {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let text = format!(
                "homeserver: {{url: 'http://127.0.0.1:1', domain: desk.test}}\ndatabase: {{url: 'sqlite://{}/desk.db'}}",
                folder.path().display()
            );
            Self { config: Config::parse("c.yaml", &text, &|_| None).unwrap(), folder }
        }

        fn file(&self, text: impl AsRef<[u8]>) -> PathBuf {
            let path = self.folder.path().join("people.csv");
            std::fs::write(&path, text).unwrap();
            path
        }

        /// Imports a table: what became of it, and what was said, or why it was refused.
        async fn import(&self, text: impl AsRef<[u8]>, check: bool) -> Result<(Outcome, String), String> {
            let path = self.file(text);
            let (mut out, mut progress) = (Vec::new(), Vec::new());
            let voices = Voices { out: &mut out, progress: &mut progress, on_terminal: false };
            let outcome = import_people(&self.config, &path, check, voices)
                .await
                .map_err(|error| format!("{error:#}"))?;
            let said = String::from_utf8(out).unwrap().replace(&format!("{}:", path.display()), "");
            Ok((outcome, said))
        }

        /// All rows of a table of the database.
        async fn count(&self, table: &'static str) -> i64 {
            let store = store::open(self.config.database.url.expose_secret(), 2).await.unwrap();
            let sql = match table {
                "contacts" => "SELECT COUNT(*) FROM contacts",
                "contact_numbers" => "SELECT COUNT(*) FROM contact_numbers",
                _ => "SELECT COUNT(*) FROM audit",
            };
            let count =
                sqlx::query_scalar(sql).fetch_one(&mut *store.connection().await.unwrap()).await.unwrap();
            store.close().await;
            count
        }
    }

    fn outcome(added: u64, changed: u64, unchanged: u64, refused: u64) -> Outcome {
        Outcome { added, changed, unchanged, refused }
    }

    #[tokio::test]
    async fn the_same_table_twice_changes_nothing_and_another_one_adds_to_it() {
        let place = Place::new();
        let table = "name,number,email,tier\nJane,+14155550100,jane@x.test,gold\nJohn,,john@x.test,\n,+14155550102,,\n";
        assert_eq!(place.import(table, true).await.unwrap().0, outcome(3, 0, 0, 0));
        assert_eq!(
            (place.count("contacts").await, place.count("audit").await),
            (0, 0),
            "it was only looked at"
        );
        assert_eq!(place.import(table, false).await.unwrap(), (outcome(3, 0, 0, 0), String::new()));
        assert_eq!(place.import(table, false).await.unwrap().0, outcome(0, 0, 3, 0));
        let more =
            "phone;whatsapp;name;mail\n(415) 555-0100;+14155550100;Jane Roe;\n+14155550101;;;JOHN@X.test\n";
        assert_eq!(place.import(more, true).await.unwrap().0, outcome(0, 2, 0, 0));
        assert_eq!(place.import(more, false).await.unwrap().0, outcome(0, 2, 0, 0));
        assert_eq!((place.count("contacts").await, place.count("contact_numbers").await), (3, 4));
        // They are two, and one row is of both.
        let (done, said) = place.import("number,number2\n+14155550100,+14155550101\n", false).await.unwrap();
        assert_eq!(done, outcome(0, 0, 0, 1));
        assert!(said.starts_with("2: row: it is about several contacts, c-"), "{said}");
        assert!(said.ends_with("; merge them, or give each a row\n"), "{said}");

        let store = store::open(place.config.database.url.expose_secret(), 2).await.unwrap();
        let mut conn = store.connection().await.unwrap();
        let jane = contacts::of_address(&mut conn, &Address::sms("+14155550100")).await.unwrap().unwrap();
        assert_eq!((jane.name.as_str(), jane.attribute("tier")), ("Jane Roe", Some("gold")));
        let john = contacts::of_address(&mut conn, &Address::sms("+14155550101")).await.unwrap().unwrap();
        assert_eq!((john.name.as_str(), john.emails.len()), ("John", 1));
        let lines = audit::newest(&mut conn, &["import".to_owned()], 100).await.unwrap();
        assert!(lines.iter().any(|line| line.detail.ends_with("3 added, 0 changed, 0 unchanged, 0 refused")));
        assert_eq!(lines.len(), 8, "two for each that was no look");
    }

    #[tokio::test]
    async fn a_row_that_is_wrong_is_left_out_and_a_file_that_is_wrong_is_refused_whole() {
        let place = Place::new();
        let rows = "name,number\nJane,+14155550100\nJohn,soon\nJim,+14155550102\n";
        let (done, said) = place.import(rows, false).await.unwrap();
        assert_eq!(done, outcome(2, 0, 0, 1));
        assert_eq!(
            said,
            "3: “number”: “soon” is no phone number; write it with its country code, like +14155550100\n"
        );
        let many: Vec<String> = (0..500).map(|n| format!("New {n},+1415556{n:04}\n")).collect();
        let many = many.concat();
        for bad in ["Jo\"hn\",\"1\"2\n", "\"John", "J\0,1\n"] {
            let error = place.import(format!("name,number\n{many}{bad}"), false).await.unwrap_err();
            assert!(
                error.contains("people.csv:502: ") && error.ends_with("(nothing was changed)"),
                "{error}"
            );
        }
        assert_eq!(place.count("contacts").await, 2);
    }
}
