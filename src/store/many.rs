//! Many rows in one statement: a round trip to the database costs more than a row.

/// The most rows in one statement.
const MOST: usize = 64;

/// Cuts rows into pieces whose sizes are powers of two, so that the statement for each size is prepared once
/// and kept.
pub(super) fn pieces<T>(mut rows: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let size = 1 << rows.len().min(MOST).checked_ilog2()?;
        let (piece, rest) = rows.split_at(size);
        rows = rest;
        Some(piece)
    })
}

/// The placeholders of this many rows, as in `($1, $2), ($3, $4)`.
pub(super) fn places(rows: usize, columns: usize) -> String {
    let row = |row: usize| {
        let places: Vec<String> =
            (1..=columns).map(|column| format!("${}", row * columns + column)).collect();
        format!("({})", places.join(", "))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_hold_every_row_once_in_order_and_have_few_sizes() {
        for count in 0..300 {
            let rows: Vec<usize> = (0..count).collect();
            let cut: Vec<&[usize]> = pieces(&rows).collect();
            assert_eq!(cut.concat(), rows);
            assert!(cut.iter().all(|piece| piece.len().is_power_of_two() && piece.len() <= MOST), "{cut:?}");
        }
        let sizes: Vec<usize> = pieces(&[(); 141]).map(<[()]>::len).collect();
        assert_eq!(sizes, [64, 64, 8, 4, 1]);
    }

    #[test]
    fn places_are_counted_through_all_rows() {
        assert_eq!(places(1, 1), "($1)");
        assert_eq!(places(2, 3), "($1, $2, $3), ($4, $5, $6)");
    }
}
