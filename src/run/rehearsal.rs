//! A rehearsal: everything that a run does short of a package.
//!
//! Tried out by hand it leaves nothing behind. Asked for by a plan it judges the coming period as far as it has passed,
//! puts its reports where the last rehearsal's were, and writes down what it found by rule, for the next one to be held
//! against.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use super::{
    DataFolder, Order, RunError, Step, Verdict, Watch, account, answered, bury_killed_runs,
    judged::{Judged, Made, judge},
    outcome_of, preview, reports, summary,
};
use crate::{
    check::RULES,
    ledger::{Ledger, NewRun, RehearsalFinding, RunEnd, Used},
    model::{Date, FailedAttempt, Period, RunId},
    sys::{
        failpoint,
        fs::{FsError, Operation, clean_left_overs, publish, withdraw},
        lock::FolderLock,
    },
};

/// A rehearsal's upload file is never seen.
const UPLOAD: &str = "rehearsal.csv";

/// A run that was only tried.
#[derive(Debug)]
pub struct Tried {
    /// Whether its package would have been released.
    pub verdict: Verdict,
    /// What to tell a person who watches.
    pub summary: String,
    /// The first records of the upload file, personal values masked.
    pub preview: String,
}

/// A rehearsal that came to its end.
#[derive(Debug)]
pub struct Rehearsed {
    /// Its run.
    pub run: RunId,
    /// Whether its package would have been released.
    pub verdict: Verdict,
    /// Where its reports are.
    pub folder: PathBuf,
    /// What to tell a person who watches.
    pub summary: String,
}

/// Does everything that a run does short of staging: nothing is left in any folder, and nothing in the ledger.
pub fn try_out(mut order: Order<'_>, watch: &Watch<'_>) -> Result<Tried, RunError> {
    let data = DataFolder(order.data);
    fs::create_dir_all(order.data).map_err(FsError::while_trying(Operation::Create, order.data))?;
    let lock = FolderLock::take(order.data, order.began, "run --dry-run")?;
    clean_left_overs(&data.work(), &lock)?;
    let baseline = match data.ledger() {
        ledger if ledger.exists() => Ledger::open(&ledger)?.baseline(order.submission)?,
        _ => None,
    };
    let Judged { work, made, read, verdict, .. } =
        judge(&mut order, UPLOAD, baseline.as_ref(), &mut Vec::new(), watch)?;
    let run = RunId::new(order.began, 1);
    let model = summary::model_of_run(&order, &run, &made, &verdict, &read, UPLOAD);
    let preview = preview::preview(&work.file(UPLOAD), order.release, &made.built.counts.values)?;
    let answers = answered::text(&order.answers, &made.applied, &made.built.counts, order.as_of);
    Ok(Tried { verdict, summary: model.text() + &answers, preview })
}

/// Rehearses for a plan.
pub fn rehearse(order: Order<'_>, watch: &Watch<'_>) -> Result<Rehearsed, RunError> {
    let data = DataFolder(order.data);
    fs::create_dir_all(order.data).map_err(FsError::while_trying(Operation::Create, order.data))?;
    let lock = FolderLock::take(order.data, order.began, "run")?;
    let mut ledger = Ledger::open(&data.ledger())?.acting_as(order.account);
    ledger.settle_in(order.began)?;
    bury_killed_runs(&mut ledger, &order.places, &lock, order.began)?;
    let run = ledger.begin_run(NewRun { rehearsal: true, ..order.new_run() })?;
    watch.progress.step(Step::Begun(&run));
    let work = data.work();
    let mut failed = Vec::new();
    match report(order, &run, &ledger, &mut failed, watch) {
        Err(error) => {
            super::write_down_failure(&mut ledger, &run, (&error, &failed), watch.clock.now());
            Err(error)
        }
        Ok((rehearsed, used, found)) => {
            let (outcome, exit_code, message) = outcome_of(&rehearsed.verdict);
            failpoint::reach(failpoint::REHEARSAL_PUBLISHED);
            let end = RunEnd {
                ended: watch.clock.now(),
                outcome,
                exit_code: Some(exit_code),
                may_pass: false,
                message: &message,
            };
            if let Err(error) = ledger.finish_rehearsal(&run, end, used, &found) {
                withdraw(&rehearsed.folder, &work)?;
                return Err(error.into());
            }
            Ok(rehearsed)
        }
    }
}

fn report(
    mut order: Order<'_>,
    run: &RunId,
    ledger: &Ledger,
    failed: &mut Vec<FailedAttempt>,
    watch: &Watch<'_>,
) -> Result<(Rehearsed, Used, BTreeMap<String, RehearsalFinding>), RunError> {
    let baseline = ledger.baseline(order.submission)?;
    let Judged { work, made, read, verdict, .. } = judge(&mut order, UPLOAD, baseline.as_ref(), failed, watch)?;
    watch.progress.step(Step::Stage);
    let mut model = summary::model_of_run(&order, run, &made, &verdict, &read, UPLOAD);
    reports::write_all(&work, &mut model, &made, order.worklist_rows)?;
    for upload in [UPLOAD.to_owned(), format!("{UPLOAD}.gz"), super::LEFT_OUT.to_owned()] {
        let upload = work.file(&upload);
        fs::remove_file(&upload).map_err(FsError::while_trying(Operation::Remove, &upload))?;
    }
    let all = DataFolder(order.data).rehearsals(order.submission);
    let folder = all.join(run.as_str());
    publish(work, &folder, order.readers)?;
    forget_others(&all, run, &DataFolder(order.data).work())?;
    let answers = answered::text(&order.answers, &made.applied, &made.built.counts, order.as_of);
    let found = by_rule(&made, &verdict);
    let used = account::used(&order, &made);
    Ok((Rehearsed { run: run.clone(), verdict, folder, summary: model.text() + &answers }, used, found))
}

/// The last rehearsal is the one that is read: the findings of earlier ones hold people's data to no purpose.
fn forget_others(all: &Path, run: &RunId, work: &Path) -> Result<(), FsError> {
    for entry in fs::read_dir(all).map_err(FsError::while_trying(Operation::List, all))? {
        let entry = entry.map_err(FsError::while_trying(Operation::List, all))?;
        if entry.file_name() != run.as_str() {
            withdraw(&entry.path(), work)?;
        }
    }
    Ok(())
}

/// Findings by rule, without those that somebody has accepted.
fn by_rule(made: &Made, verdict: &Verdict) -> BTreeMap<String, RehearsalFinding> {
    let mut found: BTreeMap<String, RehearsalFinding> = BTreeMap::new();
    for (at, rule) in RULES.iter().enumerate() {
        let accepted = made.applied.accepted.get(rule.id).copied().unwrap_or(0);
        let findings = made.built.counts.findings(at).saturating_sub(accepted);
        if findings > 0 {
            found.insert(rule.id.to_owned(), RehearsalFinding { findings, holds: false });
        }
    }
    for finding in &made.file_findings {
        found.entry(finding.rule.id.to_owned()).or_default().findings += 1;
    }
    if let Verdict::Hold(reasons) = verdict {
        for reason in reasons {
            let rule = found.entry(reason.id.to_owned()).or_default();
            rule.holds = true;
            rule.findings = rule.findings.max(1);
        }
    }
    found
}

/// The part of a period that has passed on a day: what is not over yet can't be asked for.
pub fn to_date(whole: Period, today: Date) -> Period {
    Period::new(whole.start(), whole.end().min(today)).unwrap_or(whole)
}

/// The period that the rows must cover by now: of a rehearsal, the months that are over.
pub(super) fn to_cover(order: &Order<'_>) -> Period {
    let (year, month, _) = order.as_of.ymd();
    let last = Date::from_ymd(year, month, 1).map_or(order.as_of, |first| Date::from_days(first.days() - 1));
    let rehearses = order.turn.is_some_and(|turn| turn.rehearses.is_some());
    let over = Period::new(order.period.start(), last).ok();
    over.filter(|over| rehearses && over.end() < order.period.end()).unwrap_or(order.period)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_over_is_not_asked_for() {
        for (whole, today, expected) in [
            ("2026-01-01_2026-12-31", "2026-11-24", "2026-01-01_2026-11-24"),
            ("2026-01-01_2026-12-31", "2027-01-04", "2026-01-01_2026-12-31"),
            ("2027-01-01_2027-03-31", "2026-12-31", "2027-01-01_2027-03-31"),
        ] {
            let today = Date::parse_iso(today.as_bytes()).unwrap();
            assert_eq!(to_date(whole.parse().unwrap(), today).to_string(), expected);
        }
    }
}
