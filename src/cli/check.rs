//! `cld-agent check`.

use std::path::PathBuf;

use super::{AsOf, Failure, Format, period, run::reasons, watch::Watcher};
use crate::{
    check::TestNumbers,
    exit,
    model::{Environment, Period},
    run::{CheckOrder, Thresholds, Verdict, Watch, check_file, exit_code},
    spec::Release,
    sys::shutdown::Shutdown,
};

/// Check an extract, however it was made. No configuration is needed.
#[derive(clap::Args, Debug)]
pub(super) struct Check {
    /// The CSV file.
    file: PathBuf,
    /// The folder for report.html and findings.csv.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// A release file, where the embedded Release 1 is not meant.
    #[arg(long, value_name = "FILE")]
    release: Option<PathBuf>,
    /// The council whose file it should be. Without it, that of the first row.
    #[arg(long, value_name = "CODE")]
    la_code: Option<String>,
    /// The period that it should state. Without it, that of the first row.
    #[arg(long, value_parser = period)]
    period: Option<Period>,
    /// Whether the file is to be sent as the council's return: test or live.
    #[arg(long, default_value = "test", value_parser = environment)]
    environment: Environment,
    /// Take NHS numbers of the range kept for tests as numbers like any other.
    #[arg(long)]
    allow_test_nhs_numbers: bool,
    #[command(flatten)]
    as_of: AsOf,
}

/// The thresholds of a configuration that says nothing.
const THRESHOLDS: Thresholds = Thresholds { points_worse: 5.0, ceiling: 50.0, fewest_rows: 20 };

impl Check {
    pub(super) fn execute(&self, format: Format, stop: &Shutdown) -> Result<u8, Failure> {
        let release = match &self.release {
            Some(path) => Release::open(path),
            None => Release::embedded(),
        };
        let release = release.map_err(|faults| Failure::faults(exit::RELEASE, faults))?;
        let (began, as_of) = self.as_of.now();
        let order = CheckOrder {
            file: &self.file,
            out: &self.out,
            release: &release,
            la_code: self.la_code.clone(),
            period: self.period,
            environment: self.environment,
            test_numbers: if self.allow_test_nhs_numbers { TestNumbers::Allowed } else { TestNumbers::Strange },
            thresholds: THRESHOLDS,
            as_of,
            began,
        };
        let watcher = Watcher::new(format);
        let checked = check_file(&order, &Watch { progress: &watcher, stop, clock: self.as_of.clock() });
        watcher.done();
        let checked = checked?;
        let out = self.out.display();
        let text = format!("{}\nReport: {out}", checked.report.text().trim_end());
        format.print(&text, || {
            serde_json::json!({
                "could_be_released": checked.verdict == Verdict::Release,
                "reasons": reasons(&checked.verdict),
                "rows": checked.report.file.rows,
                "out": out.to_string(),
            })
        });
        Ok(exit_code(&checked.verdict))
    }
}

fn environment(text: &str) -> Result<Environment, String> {
    text.parse().map_err(|()| "test or live".to_owned())
}
