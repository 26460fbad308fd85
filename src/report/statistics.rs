//! What the rows tell of people, events, services and costs: the sense check that a council makes before it submits.

use serde::Serialize;

use super::Count;

/// Statistics about one kind of thing.
#[derive(Clone, Debug, Serialize)]
pub struct Statistics {
    /// What they are about, `People`.
    pub title: String,
    /// What is counted once, and how it is told apart.
    pub note: String,
    /// The tables, each drawn as a chart.
    pub tables: Vec<CountTable>,
}

/// A titled table of counts.
#[derive(Clone, Debug, Serialize)]
pub struct CountTable {
    /// What the table counts, `By client type`.
    pub title: String,
    /// Its lines.
    pub counts: Vec<Count>,
}

impl CountTable {
    /// A table of these counts.
    pub fn new(title: impl Into<String>, counts: Vec<Count>) -> Self {
        Self { title: title.into(), counts }
    }

    /// All that it counts.
    pub fn total(&self) -> u64 {
        self.counts.iter().map(|line| line.count).sum()
    }
}

/// The unit costs of services that are charged in one way.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct CostLine {
    /// How often the cost falls due, in the words of the release.
    pub frequency: String,
    /// Services with a cost.
    pub services: u64,
    /// The lowest unit cost, in pence.
    pub lowest_pence: i64,
    /// The mean unit cost, in pence, rounded down.
    pub mean_pence: i64,
    /// The highest unit cost, in pence.
    pub highest_pence: i64,
}
