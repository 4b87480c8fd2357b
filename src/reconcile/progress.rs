//! How far the lists of our numbers were read.

/// How the lists of our numbers were read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Progress {
    /// So many to their end.
    pub(super) at_end: u32,
    /// So many go on where they were left.
    pub(super) unfinished: u32,
    /// So many could not be read.
    pub(super) failed: u32,
}

impl Progress {
    pub(super) fn read(&mut self, is_at_end: bool) {
        *(if is_at_end { &mut self.at_end } else { &mut self.unfinished }) += 1;
    }

    /// Whether what waits for the list need wait no longer. It does not wait for a number that fails while
    /// others do well.
    pub(super) fn is_enough(self) -> bool {
        self.unfinished == 0 && (self.at_end > 0 || self.failed == 0)
    }
}
