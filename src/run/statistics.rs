//! What the report tells of rows, services and costs.

use crate::{
    check::Counts,
    model::{Field, FieldStatus},
    report::{CostLine, Count, CountTable, Statistics},
    spec::Release,
};

/// Rows and services.
pub(super) fn statistics(release: &Release, counts: &Counts) -> Vec<Statistics> {
    let rows = Statistics {
        title: "Rows".to_owned(),
        note: "Every row of the file counts once.".to_owned(),
        tables: vec![
            CountTable::new("By client type", by_label(release, counts, Field::ClientType, |_| true)),
            CountTable::new("By event type", by_label(release, counts, Field::EventType, |_| true)),
        ],
    };
    let applies = |status| status != FieldStatus::NotApplicable;
    let services = |title: &str, field| CountTable::new(title, by_label(release, counts, field, applies));
    let services = Statistics {
        title: "Services".to_owned(),
        note: "Every row whose event is a service counts once.".to_owned(),
        tables: vec![
            services("By type", Field::ServiceType),
            services("By delivery mechanism", Field::DeliveryMechanism),
            services("By component", Field::ServiceComponent),
        ],
    };
    [rows, services].into_iter().filter(|group| group.tables.iter().any(|table| table.total() > 0)).collect()
}

/// Rows by label, in the order of the list; what the field asked of them is wanted or not.
fn by_label(release: &Release, counts: &Counts, field: Field, wanted: impl Fn(FieldStatus) -> bool) -> Vec<Count> {
    let values = release.list(field).map_or(&[][..], |list| &list.values);
    let rows = |code| {
        let by_status = FieldStatus::ALL.iter().zip(counts.values.label(field, code));
        by_status.filter(|(status, _)| wanted(**status)).map(|(_, rows)| rows).sum::<u64>()
    };
    let mut lines: Vec<_> = values.iter().zip(1..).map(|(value, code)| Count::new(&value.text, rows(code))).collect();
    let all: u64 = FieldStatus::ALL
        .iter()
        .filter(|status| wanted(**status))
        .map(|status| counts.field(field).0[*status as usize].iter().sum::<u64>())
        .sum();
    let none = all.saturating_sub(lines.iter().map(|line| line.count).sum());
    if none > 0 {
        lines.push(Count::new("None that is listed", none));
    }
    lines
}

/// Unit costs, in the order of the list of frequencies.
pub(super) fn costs(release: &Release, counts: &Counts) -> Vec<CostLine> {
    let labels = release.list(Field::CostFrequency).map_or(&[][..], |list| &list.values);
    let named = labels.iter().map(|value| value.text.as_str()).zip(1..);
    let lines = named.chain([("None that is listed", 0)]).filter_map(|(frequency, code)| {
        let cost = counts.costs.of(code)?;
        Some(CostLine {
            frequency: frequency.to_owned(),
            services: cost.services,
            lowest_pence: cost.lowest.into(),
            mean_pence: cost.mean()?,
            highest_pence: cost.highest.into(),
        })
    });
    lines.collect()
}
