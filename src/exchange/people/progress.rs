//! How far an import has come: a line that is written over on a terminal, else a line now and then.

use std::io::{self, Write};
use std::time::{Duration, Instant};

/// How often the line on a terminal is written anew.
const REDRAW: Duration = Duration::from_millis(100);
/// After how many rows there is another line where it is no terminal.
const EVERY_ROWS: u64 = 50_000;
/// How wide the bar is, in characters.
const BAR: u64 = 30;

/// How far something has come.
pub(super) struct Progress<'a> {
    out: &'a mut dyn Write,
    is_terminal: bool,
    total_rows: u64,
    drawn_at: Option<Instant>,
}

impl<'a> Progress<'a> {
    /// Of so many rows. Nothing is shown before [`Progress::at`].
    pub(super) fn new(out: &'a mut dyn Write, is_terminal: bool, total_rows: u64) -> Self {
        Self { out, is_terminal, total_rows, drawn_at: None }
    }

    /// So many rows are done.
    pub(super) fn at(&mut self, rows: u64, before: u64) -> io::Result<()> {
        if !self.is_terminal {
            return if rows / EVERY_ROWS > before / EVERY_ROWS {
                writeln!(self.out, "{}", self.line(rows))
            } else {
                Ok(())
            };
        }
        if self.drawn_at.is_none_or(|at| at.elapsed() >= REDRAW) {
            self.drawn_at = Some(Instant::now());
            write!(self.out, "\r\x1b[K{}", self.line(rows))?;
            self.out.flush()?;
        }
        Ok(())
    }

    /// Takes the line away, so that something else can be written there.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        if self.is_terminal && self.drawn_at.take().is_some() {
            write!(self.out, "\r\x1b[K")?;
            self.out.flush()?;
        }
        Ok(())
    }

    fn line(&self, rows: u64) -> String {
        let total = self.total_rows.max(rows).max(1);
        let filled = usize::try_from(rows * BAR / total).unwrap_or_default();
        let bar = if self.is_terminal {
            format!("[{:<width$}] ", "#".repeat(filled), width = usize::try_from(BAR).unwrap_or_default())
        } else {
            String::new()
        };
        format!("{bar}{rows} of {total} rows, {} %", rows * 100 / total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_has_a_bar_and_a_log_has_a_line_now_and_then() {
        let mut log = Vec::new();
        let mut progress = Progress::new(&mut log, false, 200_000);
        for rows in (0..=200_000).step_by(250) {
            progress.at(rows, rows.saturating_sub(250)).unwrap();
        }
        progress.clear().unwrap();
        let log = String::from_utf8(log).unwrap();
        assert_eq!(
            log.lines().collect::<Vec<_>>(),
            [
                "50000 of 200000 rows, 25 %",
                "100000 of 200000 rows, 50 %",
                "150000 of 200000 rows, 75 %",
                "200000 of 200000 rows, 100 %",
            ]
        );
        let mut screen = Vec::new();
        let mut progress = Progress::new(&mut screen, true, 10);
        progress.at(5, 0).unwrap();
        progress.clear().unwrap();
        let screen = String::from_utf8(screen).unwrap();
        assert_eq!(screen, format!("\r\x1b[K[{:<30}] 5 of 10 rows, 50 %\r\x1b[K", "#".repeat(15)));
    }
}
