//! Chance that can be had again: the same seed throws the same.

use switchroom::clock;

/// Dice: SplitMix64, which needs nothing but its seed.
#[derive(Clone, Debug)]
pub(super) struct Dice(u64);

impl Dice {
    /// The dice of a seed, and of one who throws them.
    pub(super) fn new(seed: u64, who: usize) -> Self {
        let mut dice = Self(seed ^ (who as u64).wrapping_mul(0xD6E8_FEB8_6659_FD93));
        dice.throw();
        dice
    }

    fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below another.
    pub(super) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.throw() % limit as u64).unwrap()
    }

    /// True so many times of a hundred.
    pub(super) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of several, each as likely as its weight.
    pub(super) fn pick<T: Copy>(&mut self, weighted: &[(usize, T)]) -> T {
        let mut left = self.below(weighted.iter().map(|(weight, _)| weight).sum());
        for (weight, one) in weighted {
            match left.checked_sub(*weight) {
                Some(rest) => left = rest,
                None => return *one,
            }
        }
        unreachable!("what is left is below the sum of the weights")
    }
}

/// The seed of `SWITCHROOM_SEED`, else a new one. What a test prints is shown when it fails.
pub(super) fn seed() -> u64 {
    let given = std::env::var("SWITCHROOM_SEED").ok();
    let fresh = || u64::from_str_radix(&clock::random_hex()[..16], 16).unwrap();
    let seed = given.map_or_else(fresh, |given| given.parse().unwrap());
    println!("SWITCHROOM_SEED={seed}");
    seed
}
