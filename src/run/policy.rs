//! Release or Hold: a pure function from what was found.

use crate::{
    check::{Counts, FileFinding, RULES},
    ledger::Baseline,
    model::{Field, Severity},
    spec::Release,
};

/// How much worse a package may be than the one before it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Thresholds {
    /// A mandatory field may fail by this many percentage points more than in the baseline.
    pub points_worse: f64,
    /// A mandatory field may fail on this many per cent of the rows that need it.
    pub ceiling: f64,
    /// Below this many rows that need a field, its failure rate says nothing.
    pub fewest_rows: u64,
}

/// Whether a package may be submitted.
#[derive(Clone, PartialEq, Debug)]
pub enum Verdict {
    /// It may.
    Release,
    /// It may not, and why; never empty.
    Hold(Vec<HoldReason>),
}

/// Why a package is held.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HoldReason {
    /// The rule's id, or `policy` for a threshold.
    pub id: &'static str,
    /// What is wrong, in a sentence without personal data.
    pub text: String,
    /// Whether a person may let the package go in spite of it.
    pub approvable: bool,
}

impl Verdict {
    /// The verdict with one more reason to hold.
    #[must_use]
    pub fn and(self, reason: HoldReason) -> Self {
        let mut reasons = match self {
            Self::Release => Vec::new(),
            Self::Hold(reasons) => reasons,
        };
        reasons.push(reason);
        Self::Hold(reasons)
    }
}

impl HoldReason {
    /// Why a live package is held that was made with what nobody has rehearsed.
    pub fn untried() -> Self {
        let text = "this mapping and release have never been rehearsed, and the settings ask for that".to_owned();
        Self { id: UNTRIED, text, approvable: true }
    }
}

/// What the reason is called that no rule gives: neither a rehearsal nor a package was made with the same mapping, queries and
/// release before.
const UNTRIED: &str = "rehearsal";

/// Decides. What holds by default: every BLOCK; a mandatory field that fails more often than the ceiling, or by more
/// points than in the baseline. The centre accepts rows with failed fields, so nothing else does.
pub fn decide(
    counts: &Counts,
    file_findings: &[FileFinding],
    release: &Release,
    baseline: Option<&Baseline>,
    thresholds: Thresholds,
) -> Verdict {
    let mut reasons = Vec::new();
    for finding in file_findings.iter().filter(|finding| finding.severity == Severity::Block) {
        let rule = finding.rule;
        reasons.push(HoldReason { id: rule.id, text: finding.text.clone(), approvable: rule.overridable });
    }
    for (rule, count) in RULES.iter().zip(&counts.blocks).filter(|(_, count)| **count > 0) {
        let text = format!("{}: {count} {}", rule.title, if *count == 1 { "value" } else { "values" });
        reasons.push(HoldReason { id: rule.id, text, approvable: rule.overridable });
    }
    for field in Field::ALL {
        if let Some(text) = too_many_fail(counts, field, release, baseline, thresholds) {
            reasons.push(HoldReason { id: "policy", text, approvable: true });
        }
    }
    if reasons.is_empty() { Verdict::Release } else { Verdict::Hold(reasons) }
}

fn too_many_fail(
    counts: &Counts,
    field: Field,
    release: &Release,
    baseline: Option<&Baseline>,
    thresholds: Thresholds,
) -> Option<String> {
    let (rows, failed) = counts.field(field).mandatory();
    if rows < thresholds.fewest_rows.max(1) {
        return None;
    }
    let rate = 100.0 * failed as f64 / rows as f64;
    let header = &release.field(field).header;
    let of_rows = format!("{header} fails on {rate:.1} % of the {rows} rows that need it");
    if rate > thresholds.ceiling {
        return Some(format!("{of_rows}; more than {} % holds a package", thresholds.ceiling));
    }
    let before = baseline?;
    let then = before.rates.get(&field).filter(|then| then.judged >= thresholds.fewest_rows)?.percent();
    let kind = &before.kind;
    (rate - then > thresholds.points_worse).then(|| {
        format!(
            "{of_rows}, and {then:.1} % in {kind} ({run}); more than {points} points worse holds a package",
            run = before.run,
            points = thresholds.points_worse
        )
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{
        check::{find, place},
        ledger::{BaselineKind, FieldRate},
        model::{FieldStatus, RunId, Validity},
    };

    const DEFAULT: Thresholds = Thresholds { points_worse: 5.0, ceiling: 50.0, fewest_rows: 20 };

    fn counts(rows: u64, failed: u64) -> Counts {
        let mut counts = Counts::new(RULES.len(), "2025-10-01_2026-09-30".parse().unwrap());
        let gender = &mut counts.fields[Field::Gender.index()].0[FieldStatus::Mandatory as usize];
        gender[Validity::Valid as usize] = rows - failed;
        gender[Validity::Invalid as usize] = failed;
        counts
    }

    fn baseline(failed: u64, judged: u64) -> Baseline {
        Baseline {
            run: RunId::new("2026-07-10T06:00:00Z".parse().unwrap(), 1),
            kind: BaselineKind::Submitted,
            period: "2025-07-01_2026-06-30".parse().unwrap(),
            rows: judged,
            package: None,
            index: None,
            rates: BTreeMap::from([(Field::Gender, FieldRate { failed, judged })]),
        }
    }

    #[test]
    fn a_field_holds_when_it_fails_too_often_or_much_worse_than_before() {
        let release = Release::embedded().unwrap();
        for (rows, failed, before, held) in [
            (1000, 0, None, false),
            (1000, 500, None, false),
            (1000, 501, None, true),
            (1000, 60, Some((10, 1000)), false),
            (1000, 61, Some((10, 1000)), true),
            (1000, 500, Some((480, 1000)), false),
            (1000, 60, Some((0, 10)), false),
            (19, 19, None, false),
            (20, 20, None, true),
        ] {
            let before = before.map(|(failed, judged)| baseline(failed, judged));
            let verdict = decide(&counts(rows, failed), &[], &release, before.as_ref(), DEFAULT);
            assert_eq!(verdict != Verdict::Release, held, "{failed} of {rows}, {before:?}: {verdict:?}");
            if let Verdict::Hold(reasons) = verdict {
                assert!(reasons.iter().all(|reason| reason.approvable && reason.text.contains("Gender")));
            }
        }
    }

    #[test]
    fn one_more_reason_holds_what_was_released_and_what_was_held() {
        let held = Verdict::Release.and(HoldReason::untried());
        assert_eq!(held, Verdict::Hold(vec![HoldReason::untried()]));
        assert_eq!(held.and(HoldReason::untried()), Verdict::Hold(vec![HoldReason::untried(), HoldReason::untried()]));
    }

    #[test]
    fn every_block_holds_and_only_what_a_rule_allows_can_be_approved() {
        let release = Release::embedded().unwrap();
        let block = |id| FileFinding {
            rule: find(id).unwrap(),
            severity: Severity::Block,
            field: None,
            text: "what was found".into(),
        };
        let mut found = counts(100, 0);
        found.blocks[place(find("T010").unwrap())] = 3;
        let query = FileFinding { severity: Severity::Query, ..block("F005") };
        let Verdict::Hold(reasons) = decide(&found, &[block("F002"), query], &release, None, DEFAULT) else {
            panic!("released with two blocks")
        };
        let told: Vec<_> = reasons.iter().map(|reason| (reason.id, reason.approvable)).collect();
        assert_eq!(told, [("F002", false), ("T010", true)]);
    }
}
