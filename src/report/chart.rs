//! Counts as lengths: what the page draws in SVG beside the numbers.

use super::{CountTable, DerivedMonth, DerivedPeriod, Judged, Measure, MonthTable, Rate, When};
use crate::check::National;

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

/// The months of a derived period, each with the length of its bar.
pub(super) fn months(derived: &DerivedPeriod) -> Vec<(&DerivedMonth, u64)> {
    let longest = derived.months.iter().map(|month| month.rows).max().unwrap_or(0);
    derived.months.iter().map(|month| (month, width(month.rows, longest))).collect()
}

/// A step from the rows of the file to the events that count.
pub(super) struct Step {
    /// What is passed over, or what is left.
    pub(super) name: &'static str,
    /// How many rows.
    pub(super) rows: u64,
    /// Whether this is what there is, rather than what goes.
    pub(super) is_sum: bool,
    /// Where its bar begins, in thousandths of all rows.
    pub(super) from: u64,
    /// How long its bar is.
    pub(super) width: u64,
}

/// The steps of the national process: each takes its rows from the end of what the step before it left.
pub(super) fn steps(national: &National) -> Vec<Step> {
    let ignored = &national.ignored;
    let passed_over = [
        ("without an event", national.without_event),
        ("without a start that can be read", ignored.no_start),
        ("starting after the period", ignored.starts_after_period),
        ("not ended in the period", ignored.ended_outside_period),
        ("of people who had died before", ignored.died_before),
        ("without any identifier", ignored.no_identifier),
        ("that are an event which another row tells of", ignored.duplicate),
    ];
    let all = national.rows;
    let step = |name, rows, is_sum, left: u64| Step {
        name,
        rows,
        is_sum,
        from: if is_sum { 0 } else { width(left, all).min(1000 - width(rows, all)) },
        width: width(rows, all),
    };
    let mut left = all;
    let mut steps = vec![step("Rows in the file", all, true, all)];
    for (name, rows) in passed_over {
        left = left.saturating_sub(rows);
        steps.push(step(name, rows, false, left));
    }
    steps.push(step("Unique events", left, true, left));
    steps
}

/// A change, drawn to either side of a middle: a change by half reaches the end.
pub(super) struct Swing {
    /// The change in words, `−20.5%`.
    pub(super) text: String,
    /// Where the bar begins, in thousandths.
    pub(super) from: u64,
    /// How long it is.
    pub(super) width: u64,
    judged: Judged,
}

impl Swing {
    pub(super) fn of(measure: &Measure) -> Self {
        let Some(tenths) = measure.change_tenths() else {
            let text = if measure.now == 0 { "none".to_owned() } else { "new".to_owned() };
            return Self { text, from: 500, width: 0, judged: measure.judged };
        };
        let sign = match tenths {
            0 => "",
            more if more > 0 => "+",
            _ => "\u{2212}",
        };
        let size = tenths.unsigned_abs();
        let width = if size == 0 { 0 } else { size.clamp(SEEN, 500) };
        let from = if tenths < 0 { 500 - width } else { 500 };
        Self { text: format!("{sign}{}.{}%", size / 10, size % 10), from, width, judged: measure.judged }
    }

    /// The class of its bar.
    pub(super) fn class(&self) -> &'static str {
        match self.judged {
            Judged::Within => "measure",
            Judged::Asked => "blank",
            Judged::Held => "invalid",
        }
    }
}

/// The months of one event type as columns.
pub(super) struct MonthChart {
    /// The event type.
    pub(super) name: String,
    /// Rows in all months.
    pub(super) total: u64,
    /// Rows in the thinnest month.
    pub(super) least: u64,
    /// Rows in the busiest month.
    pub(super) most: u64,
    /// The first month.
    pub(super) first: String,
    /// The last month.
    pub(super) last: String,
    /// The width of the drawing.
    pub(super) view: usize,
    /// For each month: from the left, from the top, and how high. The busiest month of the type is 56 high.
    pub(super) columns: Vec<(usize, u64, u64)>,
}

/// A chart for each event type that occurs in the months of the period.
pub(super) fn columns(months: &MonthTable) -> Vec<MonthChart> {
    let lines: Vec<_> = months.lines().filter(|(when, _)| matches!(when, When::Month { .. })).collect();
    let name = |at: Option<&(&When, &[u64])>| at.map(|(when, _)| when.to_string()).unwrap_or_default();
    let charts = months.event_types().iter().enumerate().filter_map(|(place, event_type)| {
        let rows: Vec<u64> = lines.iter().filter_map(|(_, counts)| counts.get(place).copied()).collect();
        let most = rows.iter().copied().max().filter(|most| *most > 0)?;
        let column = |(at, rows): (usize, &u64)| {
            let height = (width(*rows, most) * HIGHEST).div_ceil(1000);
            (at * 10 + 1, HIGHEST + 4 - height, height)
        };
        Some(MonthChart {
            name: event_type.clone(),
            total: rows.iter().sum(),
            least: rows.iter().copied().min().unwrap_or(0),
            most,
            first: name(lines.first()),
            last: name(lines.last()),
            view: rows.len() * 10,
            columns: rows.iter().enumerate().map(column).collect(),
        })
    });
    charts.collect()
}

/// How high the busiest month is drawn.
const HIGHEST: u64 = 56;

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
    use crate::report::{Count, example};

    #[test]
    fn the_steps_lead_from_the_rows_to_the_unique_events() {
        let national = example::held().national.unwrap();
        let steps = steps(&national);
        let unique: u64 = national.events.iter().map(|events| events.unique).sum();
        assert_eq!((steps[0].rows, steps.last().unwrap().rows), (national.rows, unique));
        assert!(steps.iter().all(|step| step.from + step.width <= 1_000));
        assert_eq!(steps[0].width, 1_000);
    }

    #[test]
    fn a_change_swings_to_its_side() {
        let swing = |before, now| {
            let swing = Swing::of(&Measure { name: String::new(), before, now, judged: Judged::Within });
            (swing.text, swing.from, swing.width)
        };
        assert_eq!(swing(1_000, 795), ("\u{2212}20.5%".to_owned(), 295, 205));
        assert_eq!(swing(1_000, 1_001), ("+0.1%".to_owned(), 500, 6));
        assert_eq!(swing(10, 100), ("+900.0%".to_owned(), 500, 500));
        assert_eq!(swing(10, 10), ("0.0%".to_owned(), 500, 0));
        assert_eq!(swing(0, 10), ("new".to_owned(), 500, 0));
    }

    #[test]
    fn each_event_type_has_a_column_for_every_month() {
        let charts = columns(&example::held().months);
        assert_eq!(charts.len(), 4);
        assert!(charts.iter().all(|chart| chart.columns.len() == 12 && chart.view == 120));
        assert!(charts.iter().all(|chart| chart.columns.iter().all(|(_, top, height)| top + height == 60)));
        let empty = &charts[1].columns[5];
        assert_eq!(empty.2, 0, "a month without rows has no column");
    }

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
