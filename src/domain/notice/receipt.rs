//! The receipt of an erasure. It names no person: counts, and what could not be erased by ids that name
//! nobody.

use serde::{Deserialize, Serialize};

use crate::clock::Millis;
use crate::domain::erasure::{Counts, Erasure, ErasureId, Left, LeftReason, LeftWhat};

/// So many ids are listed of each kind of thing that is left: rooms are what people have to go through.
const LISTED: usize = 5;
const LISTED_ROOMS: usize = 20;

/// What was erased elsewhere, and what could not be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EraseReceipt {
    /// The erasure.
    pub id: ErasureId,
    /// How much was erased.
    #[serde(flatten)]
    pub counts: Counts,
    /// How long it took, in seconds.
    pub took_secs: u64,
    /// What could not be erased.
    pub left: Vec<LeftLine>,
}

/// Things of one kind that could not be erased, for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftLine {
    /// What they are.
    pub kind: LeftWhat,
    /// Why they could not be erased.
    pub why: LeftReason,
    /// How many there are; 0 where nobody knows.
    pub count: u64,
    /// Where they are, or what they are called, as many as are listed.
    pub at: Vec<String>,
    /// How many of these are not listed.
    pub more: u64,
}

impl EraseReceipt {
    /// The receipt of an erasure that is done at a moment.
    #[must_use]
    pub fn new(of: &Erasure, left: Vec<Left>, now: Millis) -> Self {
        let mut lines: Vec<LeftLine> = Vec::new();
        for Left { what, reason: why, at, count } in left {
            let position = lines.iter().position(|line| line.kind == what && line.why == why);
            let index = position.unwrap_or(lines.len());
            if position.is_none() {
                lines.push(LeftLine { kind: what, why, count: 0, at: vec![], more: 0 });
            }
            let line = &mut lines[index];
            line.count += match what {
                LeftWhat::Events | LeftWhat::Texts => count,
                LeftWhat::Room | LeftWhat::Members | LeftWhat::Ghost | LeftWhat::File | LeftWhat::Calls => 1,
            };
            let listed = match what {
                LeftWhat::Events | LeftWhat::Room | LeftWhat::Members => LISTED_ROOMS,
                LeftWhat::Texts | LeftWhat::Ghost | LeftWhat::File | LeftWhat::Calls => LISTED,
            };
            match () {
                () if at.is_empty() => {}
                () if line.at.len() < listed => line.at.push(at),
                () => line.more += 1,
            }
        }
        let took_secs = now.since(of.begun_at).as_secs();
        Self { id: of.id.clone(), counts: of.counts, took_secs, left: lines }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::erasure::Asked;

    #[test]
    fn what_is_left_is_put_together_by_kind_and_reason_and_listed_within_bounds() {
        let left = |what, reason, at: &str, count| Left { what, reason, at: at.to_owned(), count };
        let mut all = vec![
            left(LeftWhat::Texts, LeftReason::Refused, "", 2),
            left(LeftWhat::Events, LeftReason::Encrypted, "!a:x", 3),
            left(LeftWhat::Events, LeftReason::Encrypted, "!b:x", 4),
        ];
        all.extend((0..7).map(|n| left(LeftWhat::File, LeftReason::NotAdmin, &format!("mxc://x/{n}"), 0)));
        let erasure = Erasure {
            id: ErasureId::new("e-7f3k2"),
            asked: Asked::Shell,
            begun_at: Millis(1_000),
            ended_at: None,
            counts: Counts::default(),
        };
        let receipt = EraseReceipt::new(&erasure, all, Millis(61_000));
        let shown: Vec<_> =
            receipt.left.iter().map(|line| (line.kind, line.count, line.at.len(), line.more)).collect();
        let expected = [(LeftWhat::Texts, 2, 0, 0), (LeftWhat::Events, 7, 2, 0), (LeftWhat::File, 7, 5, 2)];
        assert_eq!((shown.as_slice(), receipt.took_secs), (expected.as_slice(), 60));
    }
}
