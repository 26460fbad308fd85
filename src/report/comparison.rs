//! The file against the last submission.

use serde::Serialize;

use super::Count;

/// The comparison with an earlier package.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "comparison", rename_all = "snake_case")]
pub enum Comparison {
    /// It was not made: that is not a pass.
    NotRun {
        /// Why not.
        why: String,
    },
    /// It was made.
    Made(Compared),
}

/// What a comparison found.
#[derive(Clone, Debug, Serialize)]
pub struct Compared {
    /// What it was compared with, and whether that was submitted or only released.
    pub with: String,
    /// The measures, in the order in which they are read.
    pub measures: Vec<Measure>,
    /// What became of people and services since, such as those that vanished without an end.
    pub changes: Vec<Count>,
}

/// One measure, then and now.
#[derive(Clone, Debug, Serialize)]
pub struct Measure {
    /// What is measured, `Rows` or `Open services`.
    pub name: String,
    /// How many there were.
    pub before: u64,
    /// How many there are.
    pub now: u64,
    /// What the policy says of the change.
    pub judged: Judged,
}

/// What the policy says of a change.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Judged {
    /// Within the tolerance.
    Within,
    /// Beyond the tolerance: it is asked about.
    Asked,
    /// So far beyond it that the package is held.
    Held,
}

impl Measure {
    /// The change in tenths of a per cent of what there was; nothing where there was nothing.
    pub fn change_tenths(&self) -> Option<i64> {
        let change = i128::from(self.now) - i128::from(self.before);
        (self.before > 0).then(|| (change * 1000 / i128::from(self.before)) as i64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_a_share_of_what_there_was() {
        let change = |before, now| Measure { name: "Rows".into(), before, now, judged: Judged::Within }.change_tenths();
        assert_eq!(change(1_000, 800), Some(-200));
        assert_eq!(change(3, 4), Some(333));
        assert_eq!(change(5, 5), Some(0));
        assert_eq!(change(0, 5), None);
    }
}
