//! Counts as lengths: what the page draws in SVG beside the numbers.

use super::{CountTable, Rate};

/// A line of a bar chart.
pub(super) struct Bar<'a> {
    /// What is counted.
    pub(super) name: &'a str,
    /// How many.
    pub(super) count: u64,
    /// How long the bar is, in thousandths of the longest. What is there at all is long enough to be seen.
    pub(super) width: u64,
    /// The share of all.
    pub(super) share: String,
}

/// A table as bars, in its own order.
pub(super) fn bars(table: &CountTable) -> Vec<Bar<'_>> {
    let longest = table.counts.iter().map(|line| line.count).max().unwrap_or(0);
    let (total, all) = (table.total(), table.counts.iter());
    let bars = all.map(|line| Bar {
        name: &line.name,
        count: line.count,
        width: width(line.count, longest),
        share: Rate::new(line.count, total).map(|rate| rate.to_string()).unwrap_or_default(),
    });
    bars.collect()
}

/// A count in thousandths of the longest.
fn width(count: u64, longest: u64) -> u64 {
    match Rate::new(count, longest) {
        Some(rate) if count > 0 => rate.tenths().max(SEEN),
        _ => 0,
    }
}

/// The shortest bar that is seen.
const SEEN: u64 = 6;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Count;

    #[test]
    fn the_longest_bar_is_whole_and_the_least_is_seen() {
        let counts = [("most", 2_000_000), ("half", 1_000_000), ("one", 1), ("none", 0)];
        let table = CountTable::new("By kind", counts.map(|(name, count)| Count::new(name, count)).into());
        assert_eq!(bars(&table).iter().map(|bar| bar.width).collect::<Vec<_>>(), [1_000, 500, 6, 0]);
        assert_eq!(bars(&table)[2].share, "0.1%");
    }

    #[test]
    fn a_table_of_nothing_has_no_bars() {
        let table = CountTable::new("By kind", vec![Count::new("none", 0)]);
        let bars = bars(&table);
        assert_eq!((bars[0].width, bars[0].share.as_str()), (0, ""));
    }
}
