//! What people say in the benches: words as common as those of a language, and the same in every run.

use switchroom::clock::Millis;

/// When everything in these databases began.
pub(crate) const NOW: Millis = Millis(1_700_000_000_000);
/// How many rows are written in one commit.
pub(crate) const COMMIT: u64 = 1_000;
/// How many different words are said; the commonest stands in more than half of the lines, most in few.
const WORDS: u32 = 20_000;
const WORDS_OF_A_LINE: u32 = 12;

/// Numbers that look random and are the same in every run.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// From 0 up to, not including, 1.
    fn unit(&mut self) -> f64 {
        let bits = u32::try_from(self.next() >> 32).unwrap_or(0);
        f64::from(bits) / (f64::from(u32::MAX) + 1.0)
    }

    /// What somebody says. The tenth commonest word is said a tenth as often as the commonest.
    pub(crate) fn line(&mut self) -> String {
        let words: Vec<_> =
            (0..WORDS_OF_A_LINE).map(|_| spell(f64::from(WORDS).powf(self.unit()).floor())).collect();
        words.join(" ")
    }
}

/// The word of a rank, 1 being the commonest.
pub(crate) fn spell(rank: f64) -> String {
    const SYLLABLES: [&str; 16] =
        ["ba", "de", "fi", "go", "hu", "ka", "le", "mi", "no", "pu", "ra", "se", "ti", "vo", "wu", "xa"];
    format!("{rank}").bytes().map(|digit| SYLLABLES[usize::from(digit % 16)]).collect()
}
