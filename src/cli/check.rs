//! `cld-agent check`.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use super::{AsOf, Failure, Format, compare::Compare, order, period, run::reasons, watch::Watcher};
use crate::{
    answers::Answers,
    check::TestNumbers,
    compare::Tolerances,
    exit,
    model::{Environment, Period},
    run::{CheckOrder, Checked, PersonalValues, PortalLimits, Thresholds, Verdict, Watch, check_file, exit_code},
    source::Limits,
    spec::Release,
    sys::shutdown::Shutdown,
};

/// Check extracts, however they were made. No configuration is needed.
///
/// CSV, CSV compressed with gzip, and XLSX workbooks are read, in whatever encoding and with whatever separator; what the
/// portal would refuse is told as a finding. Each file is judged on its own. The exit code is the highest of all files.
#[derive(clap::Args, Debug)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct Check {
    #[command(subcommand)]
    part: Option<Part>,
    /// The files.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// The folder for report and findings; of several files, for a folder each that is named after the file.
    #[arg(long, value_name = "DIR", required = true)]
    out: Option<PathBuf>,
    /// The sheet of a workbook. Without it, the only sheet, or the first that begins with the header.
    #[arg(long, value_name = "NAME")]
    sheet: Option<String>,
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
    /// Write findings and worklist without personal values, so that they may be shared outside the protected folder.
    #[arg(long)]
    no_personal: bool,
    /// The most findings that the worklist (findings.xlsx) lists.
    #[arg(long, value_name = "N", default_value_t = 200_000)]
    worklist_rows: u64,
    /// The configuration of an installation, whose answers to findings count.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The submission, where the configuration has several.
    #[arg(long, value_name = "NAME", requires = "config")]
    submission: Option<String>,
    /// A folder of answers, where that of the mapping is not meant.
    #[arg(long, value_name = "DIR", requires = "config")]
    answers: Option<PathBuf>,
    /// An earlier extract to compare it with: what vanished, what changed its identifiers, what fell in number.
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    #[command(flatten)]
    as_of: AsOf,
}

#[derive(clap::Subcommand, Debug)]
enum Part {
    /// Compare what the portal or the national dashboard says of a file with what was found here, by rule and field.
    Compare(Compare),
}

/// The thresholds of a configuration that says nothing.
const THRESHOLDS: Thresholds = Thresholds { points_worse: 5.0, ceiling: 50.0, fewest_rows: 20 };

impl Check {
    pub(super) fn execute(&self, format: Format, stop: &Shutdown) -> Result<u8, Failure> {
        if let Some(Part::Compare(compare)) = &self.part {
            return compare.execute(format);
        }
        // The command line has it wherever there is a file.
        let out = self.out.as_deref().unwrap_or(Path::new("."));
        let release = match &self.release {
            Some(path) => Release::open(path),
            None => Release::embedded(),
        };
        let release = release.map_err(|faults| Failure::faults(exit::RELEASE, faults))?;
        match &*self.files {
            [file] => {
                let checked = self.one(file, out, &release, format, stop)?;
                let text =
                    format!("{}\n{}Report: {}", checked.report.text().trim_end(), checked.answers, out.display());
                format.print(&text, || told(&checked, out));
                Ok(exit_code(&checked.verdict))
            }
            files => Ok(self.several(files, out, &release, format, stop)),
        }
    }

    fn one(
        &self,
        file: &Path,
        out: &Path,
        release: &Release,
        format: Format,
        stop: &Shutdown,
    ) -> Result<Checked, Failure> {
        let (began, as_of) = self.as_of.now();
        let order = CheckOrder {
            file,
            sheet: self.sheet.as_deref(),
            out,
            release,
            la_code: self.la_code.clone(),
            period: self.period,
            environment: self.environment,
            test_numbers: if self.allow_test_nhs_numbers { TestNumbers::Allowed } else { TestNumbers::Strange },
            personal: if self.no_personal { PersonalValues::Withheld } else { PersonalValues::Kept },
            worklist_rows: self.worklist_rows,
            thresholds: THRESHOLDS,
            answers: self.answers()?,
            baseline: self.baseline.as_deref(),
            tolerances: Tolerances::default(),
            as_of,
            began,
            limits: Limits::default(),
            portal: PortalLimits::default(),
        };
        let watcher = Watcher::new(format);
        let checked = check_file(&order, &Watch { progress: &watcher, stop, clock: self.as_of.clock() });
        watcher.done();
        Ok(checked?)
    }

    /// Checks file by file. One that cannot be read keeps none of the others from being checked; the highest code wins.
    fn several(&self, files: &[PathBuf], above: &Path, release: &Release, format: Format, stop: &Shutdown) -> u8 {
        let mut worst = exit::SUCCESS;
        let mut all = Vec::new();
        let mut taken = BTreeSet::new();
        for file in files {
            let out = above.join(folder_of(file, &mut taken));
            let (code, line, mut value) = match self.one(file, &out, release, format, stop) {
                Ok(checked) => (exit_code(&checked.verdict), line_of(&checked, &out), told(&checked, &out)),
                Err(failure) => {
                    failure.say();
                    let message = failure.message();
                    (failure.exit_code(), "could not be checked".to_owned(), json!({ "failed": message }))
                }
            };
            worst = worst.max(code);
            value["file"] = json!(file.display().to_string());
            value["exit_code"] = json!(code);
            all.push(value);
            if format == Format::Text {
                println!("{}: {line}", file.display());
            }
            // What keeps one report from being written keeps the next one from it too.
            if [exit::STOPPED, exit::OUTPUT, exit::DISK_FULL].contains(&code) {
                break;
            }
        }
        if format == Format::Json {
            println!("{}", json!({ "files": all, "exit_code": worst }));
        }
        worst
    }
}

/// A folder's name for the reports of a file: that of the file, with a number where another file has had it.
fn folder_of(file: &Path, taken: &mut BTreeSet<String>) -> String {
    let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned();
    let numbered = (2..).map(|number: u32| format!("{name}-{number}"));
    // There are more numbers than files.
    let free = std::iter::once(name.clone()).chain(numbered).find(|name| !taken.contains(name)).unwrap_or(name);
    taken.insert(free.clone());
    free
}

fn line_of(checked: &Checked, out: &Path) -> String {
    let rows = checked.report.file.rows;
    let verdict = match &checked.verdict {
        Verdict::Release => "could be released".to_owned(),
        Verdict::Hold(reasons) => {
            let ids: BTreeSet<_> = reasons.iter().map(|reason| reason.id).collect();
            format!("would be held ({})", ids.into_iter().collect::<Vec<_>>().join(", "))
        }
    };
    format!("{verdict}, {rows} {}; report: {}", if rows == 1 { "row" } else { "rows" }, out.display())
}

fn told(checked: &Checked, out: &Path) -> Value {
    json!({
        "could_be_released": checked.verdict == Verdict::Release,
        "reasons": reasons(&checked.verdict),
        "rows": checked.report.file.rows,
        "out": out.display().to_string(),
    })
}

impl Check {
    fn answers(&self) -> Result<Answers, Failure> {
        let Some(config) = &self.config else { return Ok(Answers::default()) };
        let settings = order::settings(config)?;
        match &self.answers {
            Some(folder) => order::answers_in(folder, &settings),
            None => order::answers(&settings, order::submission(&settings, self.submission.as_deref())?),
        }
    }
}

fn environment(text: &str) -> Result<Environment, String> {
    text.parse().map_err(|()| "test or live".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_one_name_have_folders_of_their_own() {
        let mut taken = BTreeSet::new();
        let folders: Vec<_> = ["a/x.csv", "b/x.csv", "x.csv-2", "y.csv"]
            .iter()
            .map(|file| folder_of(Path::new(file), &mut taken))
            .collect();
        assert_eq!(folders, ["x.csv", "x.csv-2", "x.csv-2-2", "y.csv"]);
    }
}
