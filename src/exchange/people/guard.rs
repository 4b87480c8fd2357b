//! Watches over the bytes of a table on their way to be taken apart. A row that does not end is found within
//! a bound, whoever reads on never holds more, and each row is known by the line it begins in.

use std::collections::VecDeque;
use std::io::{self, Read};

/// The longest row, in bytes.
pub(super) const ROW_BYTES: usize = 256 * 1024;

/// What is wrong with a file as a whole, so that no row of it can be trusted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    #[error("1: it is UTF-16; save it as “CSV UTF-8”")]
    Utf16,
    #[error("{line}: it is not UTF-8; save it as “CSV UTF-8”")]
    NotUtf8 { line: u64 },
    #[error("{line}: it holds a zero byte, so it is no text; save the table as “CSV UTF-8”")]
    Nul { line: u64 },
    #[error("{line}: the line ends in a carriage return alone; save the table as “CSV UTF-8”")]
    BareReturn { line: u64 },
    #[error(
        "{line}: the quote that begins here never ends; write \" behind the cell, and \"\" for a quote within it"
    )]
    OpenQuote { line: u64 },
    #[error(
        "{line}: something stands between a cell's last quote and the next cell; write \"\" for a quote within a cell"
    )]
    BehindQuote { line: u64 },
    #[error("{line}: the row that begins here is longer than {} KiB; is a quote missing?", ROW_BYTES / 1024)]
    TooLong { line: u64 },
    #[error("1: it is empty; its first line has to name the columns, like name,number,email")]
    Empty,
    #[error("1: {count} columns are more than {most}; leave out what is not to be kept")]
    TooManyColumns { count: usize, most: usize },
    #[error(
        "1: no column holds numbers or e-mails; the first line has to name the columns, like name,number,email"
    )]
    NoColumn,
    #[error("1: two columns are called {name}; give one another name")]
    TwoColumns { name: String },
    #[error("1: {name} cannot be the name of a column: {why}")]
    ColumnName { name: String, why: String },
    #[error(" it changed while it was being read; what was read until then is kept, so run it again")]
    Changed,
}

/// Where in a table the next byte stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    Row,
    Cell,
    Bare,
    Quoted,
    /// Behind a quote in a quoted cell: it ends there, or a second quote follows.
    Quote,
}

/// Reads what another reader gives, as long as it is sound.
#[derive(Debug)]
pub(super) struct Guard<R> {
    inner: R,
    separator: u8,
    at: At,
    after_return: bool,
    line: u64,
    quote_line: u64,
    row_bytes: usize,
    /// The lines in which rows begin that were read and not asked for.
    begun: VecDeque<u64>,
    fault: Option<Fault>,
}

impl<R: Read> Guard<R> {
    /// Watches over a table whose cells are separated by a byte.
    pub(super) fn new(inner: R, separator: u8) -> Self {
        Self {
            inner,
            separator,
            at: At::Row,
            after_return: false,
            line: 1,
            quote_line: 0,
            row_bytes: 0,
            begun: VecDeque::new(),
            fault: None,
        }
    }

    /// The line in which the next row begins, to be asked once for each row that was read.
    pub(super) fn next_line(&mut self) -> u64 {
        self.begun.pop_front().unwrap_or(self.line)
    }

    #[cfg(test)]
    pub(super) fn lines_ahead(&self) -> usize {
        self.begun.len()
    }

    /// What is wrong with the file, where reading it failed for that.
    pub(super) fn take_fault(&mut self) -> Option<Fault> {
        self.fault.take()
    }

    fn look(&mut self, byte: u8) -> Result<(), Fault> {
        let line = self.line;
        if byte == 0 {
            return Err(Fault::Nul { line });
        }
        if self.after_return && byte != b'\n' {
            return Err(Fault::BareReturn { line });
        }
        self.after_return = false;
        if self.at == At::Row && !matches!(byte, b'\n' | b'\r') {
            self.begun.push_back(line);
            self.row_bytes = 0;
            self.at = At::Cell;
        }
        self.row_bytes += 1;
        if self.row_bytes > ROW_BYTES {
            let is_open = self.at == At::Quoted;
            let line = if is_open { self.quote_line } else { self.begun.back().copied().unwrap_or(line) };
            return Err(Fault::TooLong { line });
        }
        self.at = match (self.at, byte) {
            (At::Quoted, b'"') => At::Quote,
            (At::Quoted, _) | (At::Quote, b'"') => At::Quoted,
            (At::Cell, b'"') => {
                self.quote_line = line;
                At::Quoted
            }
            (_, b'\n') => At::Row,
            (at, b'\r') => {
                self.after_return = true;
                at
            }
            (_, byte) if byte == self.separator => At::Cell,
            (At::Quote, _) => return Err(Fault::BehindQuote { line }),
            (At::Row | At::Cell | At::Bare, _) => At::Bare,
        };
        if byte == b'\n' {
            self.line += 1;
            if self.at == At::Row {
                self.row_bytes = 0;
            }
        }
        Ok(())
    }

    fn end(&self) -> Result<(), Fault> {
        if self.at == At::Quoted {
            return Err(Fault::OpenQuote { line: self.quote_line });
        }
        if self.after_return { Err(Fault::BareReturn { line: self.line }) } else { Ok(()) }
    }
}

impl<R: Read> Read for Guard<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        let looked = if read == 0 && !buffer.is_empty() {
            self.end()
        } else {
            buffer[..read].iter().try_for_each(|byte| self.look(*byte))
        };
        looked.map(|()| read).map_err(|fault| {
            self.fault = Some(fault.clone());
            io::Error::other(fault)
        })
    }
}
