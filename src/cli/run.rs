//! `cld-agent run`.

use super::{AsOf, ConfigArgument, Failure, Format, day, order, period, watch::Watcher};
use crate::{
    exit,
    model::{Date, Period},
    run::{Finished, Rehearsed, Verdict, Watch, exit_code},
    sys::shutdown::Shutdown,
};

/// Build the package of a submission.
#[derive(clap::Args, Debug)]
pub(super) struct Run {
    #[command(flatten)]
    config: ConfigArgument,
    /// The submission, where the configuration has several.
    #[arg(long, value_name = "NAME")]
    submission: Option<String>,
    /// The period: 2025-10-01_2026-09-30, or a financial quarter whose rolling twelve months are meant (2026/27 Q2).
    /// Without it, the rolling twelve months to the end of the last closed quarter.
    #[arg(long, value_parser = period, conflicts_with_all = ["from", "to"])]
    period: Option<Period>,
    /// The first day of the period.
    #[arg(long, value_name = "DATE", value_parser = day, requires = "to")]
    from: Option<Date>,
    /// The last day of the period.
    #[arg(long, value_name = "DATE", value_parser = day, requires = "from")]
    to: Option<Date>,
    /// Do everything but stage: show the verdict and some rows, personal values masked.
    #[arg(long = "dry-run")]
    rehearsal: bool,
    #[command(flatten)]
    as_of: AsOf,
}

impl Run {
    pub(super) fn execute(&self, format: Format, stop: &Shutdown) -> Result<u8, Failure> {
        let (began, today) = self.as_of.now();
        let period = match (self.period, self.from, self.to) {
            (Some(period), _, _) => period,
            (None, Some(from), Some(to)) => Period::new(from, to).map_err(|e| Failure::new(exit::USAGE, e))?,
            _ => Period::last_closed_rolling_year(today),
        };
        let settings = order::settings(&self.config.config)?;
        let submission = order::submission(&settings, self.submission.as_deref())?;
        let release = order::release(submission)?;
        let order = order::order(&settings, submission, &release, period, (began, today))?;
        let watcher = Watcher::new(format);
        let watch = Watch { progress: &watcher, stop, clock: self.as_of.clock() };
        if self.rehearsal {
            let rehearsed = crate::run::rehearse(order, &watch);
            watcher.done();
            return Ok(tell_rehearsed(&rehearsed?, format));
        }
        let finished = crate::run::run(order, &watch);
        watcher.done();
        Ok(tell(&finished?, format))
    }
}

/// Prints how a run ended; the exit code that says so.
pub(super) fn tell(finished: &Finished, format: Format) -> u8 {
    let folder = finished.package.path.display().to_string();
    let text = format!("{}\nPackage: {folder}", finished.summary.trim_end());
    format.print(&text, || {
        serde_json::json!({
            "run": finished.run.to_string(),
            "verdict": word(&finished.verdict),
            "reasons": reasons(&finished.verdict),
            "package": folder,
            "upload": finished.package.upload.name,
            "rows": finished.package.upload.rows,
            "sha256": finished.package.upload.sha256.to_string(),
        })
    });
    exit_code(&finished.verdict)
}

fn tell_rehearsed(rehearsed: &Rehearsed, format: Format) -> u8 {
    let text = format!("{}\n{}\nNothing was staged.", rehearsed.summary.trim_end(), rehearsed.preview);
    format.print(&text, || {
        serde_json::json!({
            "run": null,
            "verdict": word(&rehearsed.verdict),
            "reasons": reasons(&rehearsed.verdict),
            "preview": rehearsed.preview,
        })
    });
    exit_code(&rehearsed.verdict)
}

fn word(verdict: &Verdict) -> &'static str {
    if *verdict == Verdict::Release { "released" } else { "held" }
}

pub(super) fn reasons(verdict: &Verdict) -> Vec<serde_json::Value> {
    let Verdict::Hold(reasons) = verdict else { return Vec::new() };
    let told = reasons.iter().map(
        |reason| serde_json::json!({ "id": reason.id, "text": reason.text, "can_be_approved": reason.approvable }),
    );
    told.collect()
}
