//! The lines of a file of contact cards, and what stands in one.

/// How much of a property is read, in bytes: a photo is longer, and is not shown.
const PROPERTY_BYTES: usize = 2_000;

/// A value in which bytes are written as `%41`.
pub(super) fn percent_decoded(text: &str) -> String {
    decode_bytes(&escaped_bytes(text.as_bytes(), b'%'), None)
}

/// Bytes of which some are written as two hexadecimal digits behind a mark.
fn escaped_bytes(text: &[u8], mark: u8) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        match (first, behind) {
            (first, [high, low, behind @ ..]) if *first == mark => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => {
                    bytes.push(high * 16 + low);
                    rest = behind;
                }
                _ => bytes.push(*first),
            },
            _ => bytes.push(*first),
        }
    }
    bytes
}

/// Bytes as text: UTF-8 where they are that, else each byte as the letter of that number, as Latin 1 has it.
fn decode_bytes(bytes: &[u8], charset: Option<&[u8]>) -> String {
    let is_latin = charset.is_some_and(|charset| {
        [&b"ISO-8859-1"[..], b"WINDOWS-1252", b"LATIN1"].iter().any(|name| charset.eq_ignore_ascii_case(name))
    });
    match std::str::from_utf8(bytes) {
        Ok(text) if !is_latin => text.to_owned(),
        _ => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
}

/// One property of a card: `TEL;TYPE=work:+1 415 555 0100`.
pub(super) struct Property<'l> {
    /// Its name, in capitals and without its group.
    pub(super) name: String,
    parameters: Vec<&'l [u8]>,
    /// As it is written.
    pub(super) value: &'l [u8],
}

impl<'l> Property<'l> {
    pub(super) fn of(line: &'l [u8]) -> Option<Self> {
        let (head, value) = at_colon(line)?;
        let mut fields = head.split(|byte| *byte == b';');
        let name = fields.next()?;
        // A group may stand before the name: `item1.TEL`.
        let name = name.rsplit(|byte| *byte == b'.').next()?.trim_ascii();
        let name = std::str::from_utf8(name).ok()?.to_ascii_uppercase();
        Some(Self { name, parameters: fields.map(<[u8]>::trim_ascii).collect(), value })
    }

    /// The values of a parameter; those that 2.1 writes without its name, by the name that is empty.
    fn values(&self, wanted: &str) -> impl Iterator<Item = &'l [u8]> {
        self.parameters.iter().filter_map(move |parameter| {
            let (name, value) = match parameter.iter().position(|byte| *byte == b'=') {
                Some(at) => (parameter[..at].trim_ascii(), &parameter[at + 1..]),
                None => (&b""[..], *parameter),
            };
            name.eq_ignore_ascii_case(wanted.as_bytes()).then(|| value.trim_ascii())
        })
    }

    fn is_quoted_printable(&self) -> bool {
        self.values("ENCODING")
            .chain(self.values(""))
            .any(|value| value.eq_ignore_ascii_case(b"QUOTED-PRINTABLE"))
    }

    /// The value as text.
    pub(super) fn text(&self) -> String {
        let charset = self.values("CHARSET").next();
        if self.is_quoted_printable() {
            decode_bytes(&escaped_bytes(self.value, b'='), charset)
        } else {
            decode_bytes(self.value, charset)
        }
    }

    /// What it is used for, in the words of the specifications.
    pub(super) fn label(&self) -> &'static str {
        const KNOWN: [(&str, &str); 8] = [
            ("CELL", "mobile"),
            ("MOBILE", "mobile"),
            ("IPHONE", "mobile"),
            ("FAX", "fax"),
            ("PAGER", "pager"),
            ("WORK", "work"),
            ("HOME", "home"),
            ("MAIN", "main"),
        ];
        let given: Vec<&[u8]> = self
            .values("TYPE")
            .chain(self.values(""))
            .flat_map(|value| value.split(|byte| matches!(byte, b',' | b'"')))
            .map(<[u8]>::trim_ascii)
            .collect();
        KNOWN
            .iter()
            .find(|(word, _)| given.iter().any(|given| given.eq_ignore_ascii_case(word.as_bytes())))
            .map_or("", |(_, label)| label)
    }
}

/// Parts a line at the first colon that is not quoted.
fn at_colon(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut is_quoted = false;
    for (at, byte) in line.iter().enumerate() {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b':' if !is_quoted => return Some((&line[..at], &line[at + 1..])),
            _ => {}
        }
    }
    None
}

/// The properties of a file, each on one line however it is folded. A line is cut where it is too long.
pub(super) struct Lines<'f> {
    rest: &'f [u8],
    /// Whether the blank at which a line is folded is a part of it.
    pub(super) keeps_blanks: bool,
}

impl<'f> Lines<'f> {
    pub(super) fn of(file: &'f [u8]) -> Self {
        Self { rest: file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file), keeps_blanks: false }
    }

    /// The next line of the file itself.
    fn raw(&mut self) -> Option<&'f [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        let end = self.rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
        let (line, rest) = match end {
            Some(at) if self.rest[at..].starts_with(b"\r\n") => (&self.rest[..at], &self.rest[at + 2..]),
            Some(at) => (&self.rest[..at], &self.rest[at + 1..]),
            None => (self.rest, &[][..]),
        };
        self.rest = rest;
        Some(line)
    }

    /// The next property, on one line.
    pub(super) fn next_line(&mut self) -> Option<Vec<u8>> {
        let mut line = Vec::new();
        append(&mut line, self.raw()?);
        let is_soft = Property::of(&line).is_some_and(|of| of.is_quoted_printable());
        let mut ends_softly = is_soft && line.ends_with(b"=");
        loop {
            if ends_softly && !self.rest.is_empty() {
                line.pop();
                append(&mut line, self.raw().unwrap_or_default());
            } else if let Some(b' ' | b'\t') = self.rest.first() {
                let more = self.raw().unwrap_or_default();
                append(&mut line, &more[usize::from(!self.keeps_blanks)..]);
            } else {
                return Some(line);
            }
            ends_softly = is_soft && line.ends_with(b"=");
        }
    }
}

/// Adds to a line as much as it may hold. What is cut from a soft end is cut with it.
fn append(line: &mut Vec<u8>, more: &[u8]) {
    let left = PROPERTY_BYTES.saturating_sub(line.len());
    line.extend(&more[..more.len().min(left)]);
}
