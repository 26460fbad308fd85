//! Which of several rows the centre keeps for one event.

use super::view::SeenRow;

/// The row that is kept: one without an end, then the one that ends last; then the outcome of the lowest rank; then one
/// that was a conversation; then the last of the file.
///
/// Source: DHSC, GetUniqueEvents, for single submissions.
pub(super) fn kept(rows: &[SeenRow]) -> Option<u32> {
    let precedence = |row: &&SeenRow| {
        let facts = row.facts;
        (facts.end_key(), u8::MAX - facts.rank, facts.is_conversation(), row.number)
    };
    rows.iter().max_by_key(precedence).map(|row| row.number)
}

/// For each row, the last row that is equal to it in every cell, where that is a later one.
pub(super) fn last_copies(rows: &[SeenRow]) -> Vec<Option<u32>> {
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_unstable_by_key(|at| (rows[*at].facts.copy, rows[*at].number));
    let mut copies = vec![None; rows.len()];
    for equal in order.chunk_by(|one, other| rows[*one].facts.copy == rows[*other].facts.copy) {
        if let Some((last, others)) = equal.split_last() {
            for at in others {
                copies[*at] = Some(rows[*last].number);
            }
        }
    }
    copies
}
