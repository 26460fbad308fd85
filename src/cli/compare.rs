//! `cld-agent check compare`.

use std::path::PathBuf;

use super::{Failure, Format};
use crate::{
    central::{CentralError, CentralList, ListColumns, Side, of_counts, of_rows, summary, table},
    exit,
    spec::{Release, official::Sheet},
    stage::{FINDINGS, REPORT_JSON},
    sys::fs::{FsError, Operation, write_whole},
};

/// Compare what the portal or the national dashboard says of a file with what was found here, by rule and field.
#[derive(clap::Args, Debug)]
pub(super) struct Compare {
    /// The portal's error list, or a dashboard's export of field validity: CSV or XLSX.
    file: PathBuf,
    /// The package, or the folder of a check, that has what was found here.
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// The folder for differences.csv and differences.txt.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The workbook's sheet. Without it, the only one.
    #[arg(long, value_name = "NAME")]
    sheet: Option<String>,
    /// The header of the column with the field.
    #[arg(long, value_name = "HEADER")]
    field_column: String,
    /// The header of the column with the row of the upload file, for a list of single errors.
    #[arg(long, value_name = "HEADER", required_unless_present = "count_column")]
    row_column: Option<String>,
    /// The header of the column with the national status. Without it, every line is a failure.
    #[arg(long, value_name = "HEADER", required_unless_present = "row_column")]
    status_column: Option<String>,
    /// The header of the column with how many rows there are, for a list of counts by field and status.
    #[arg(long, value_name = "HEADER", conflicts_with = "row_column", requires = "status_column")]
    count_column: Option<String>,
    /// The number that the first data row has in the list: 2 where the header counts as row 1.
    #[arg(long, value_name = "N", default_value_t = 1)]
    first_row: u64,
    /// A release file, where the embedded Release 1 is not meant.
    #[arg(long, value_name = "FILE")]
    release: Option<PathBuf>,
}

impl Compare {
    pub(super) fn execute(&self, format: Format) -> Result<u8, Failure> {
        let release = self.release.as_deref().map_or_else(Release::embedded, Release::open);
        let release = release.map_err(|faults| Failure::faults(exit::RELEASE, faults))?;
        let sheet = Sheet::open_list(&self.file, self.sheet.as_deref());
        let sheet = sheet.map_err(|error| Failure::new(exit::SOURCE, error))?;
        let columns = ListColumns {
            field: self.field_column.clone(),
            row: self.row_column.clone(),
            status: self.status_column.clone(),
            count: self.count_column.clone(),
        };
        let central = CentralList::read(&sheet, &columns, self.first_row, &release).map_err(of_central)?;
        let differences = match self.count_column {
            Some(_) => of_counts(&central, &self.from.join(REPORT_JSON), &release),
            None => of_rows(&central, &self.from.join(FINDINGS), &release),
        };
        let differences = differences.map_err(of_central)?;
        let summary = summary(&differences, &central, &release);
        let failed = |error| Failure::new(exit::OUTPUT, error);
        std::fs::create_dir_all(&self.out)
            .map_err(|error| failed(FsError::while_trying(Operation::Create, &self.out)(error)))?;
        let table = table(&differences, &release);
        write_whole(&self.out.join("differences.csv"), &table).map_err(failed)?;
        write_whole(&self.out.join("differences.txt"), summary.as_bytes()).map_err(failed)?;
        format.print(&summary, || {
            let of = |side| differences.iter().filter(|difference| difference.side == side).count();
            serde_json::json!({
                "they_failed": of(Side::TheyFailed),
                "we_failed": of(Side::WeFailed),
                "counts_differ": of(Side::Count),
                "unknown": central.unknown,
                "out": self.out.display().to_string(),
            })
        });
        Ok(exit::SUCCESS)
    }
}

/// A wrong column is the caller's, everything else the files'.
fn of_central(error: CentralError) -> Failure {
    let code = if matches!(error, CentralError::NoColumn { .. }) { exit::USAGE } else { exit::SOURCE };
    Failure::new(code, error)
}
