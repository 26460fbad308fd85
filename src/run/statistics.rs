//! What the report tells of rows, services and costs.

use crate::{
    check::{Census, Counts},
    model::{Field, FieldStatus},
    report::{CostLine, Count, CountTable, Statistics},
    spec::Release,
};

/// Rows, people and services.
pub(super) fn statistics(release: &Release, counts: &Counts, census: &Census) -> Vec<Statistics> {
    let rows = Statistics {
        title: "Rows".to_owned(),
        note: "Every row of the file counts once.".to_owned(),
        tables: vec![
            CountTable::new("By client type", by_label(release, counts, Field::ClientType, |_| true)),
            CountTable::new("By event type", by_label(release, counts, Field::EventType, |_| true)),
        ],
    };
    let people = people(release, census);
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
    [rows, people, services].into_iter().filter(|group| group.tables.iter().any(|table| table.total() > 0)).collect()
}

/// Different people.
fn people(release: &Release, census: &Census) -> Statistics {
    let by_label = |title: &str, field| {
        let values = release.list(field).map_or(&[][..], |list| &list.values);
        let mut lines: Vec<_> =
            values.iter().zip(1..).map(|(value, code)| Count::new(&value.text, census.by_label(field, code))).collect();
        let none = census.by_label(field, 0);
        if none > 0 {
            lines.push(Count::new(NONE, none));
        }
        CountTable::new(title, lines)
    };
    let ages = census.by_age().map(|(band, people)| Count::new(band, people));
    Statistics {
        title: "People".to_owned(),
        note: "Each person counts once, by NHS number or else by local id: with the first value in the file that says \
               something. K008, K009, K010 and K013 tell where a person's rows differ."
            .to_owned(),
        tables: vec![
            by_label("By client type", Field::ClientType),
            CountTable::new("By age at the end of the period", ages.collect()),
            by_label("By gender", Field::Gender),
            by_label("By ethnicity", Field::Ethnicity),
            by_label("By primary support reason", Field::PrimarySupportReason),
        ],
    }
}

/// What stands where there is no label of the list.
const NONE: &str = "None that is listed";

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
        lines.push(Count::new(NONE, none));
    }
    lines
}

/// Unit costs, in the order of the list of frequencies.
pub(super) fn costs(release: &Release, counts: &Counts) -> Vec<CostLine> {
    let labels = release.list(Field::CostFrequency).map_or(&[][..], |list| &list.values);
    let named = labels.iter().map(|value| value.text.as_str()).zip(1..);
    let lines = named.chain([(NONE, 0)]).filter_map(|(frequency, code)| {
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
