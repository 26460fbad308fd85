//! Records become files: the upload file exactly as the portal wants it, and what was found beside it.
//!
//! The upload file is Windows-1252 without a byte-order mark, the header to the letter, CRLF, quotes only where RFC 4180
//! needs them. After writing it is read back by a reader that shares nothing with the writer, and what it holds is compared
//! with what was counted on the way. Findings are a CSV file that grows as records go by, and a workbook made of it.

mod answered;
mod compared;
mod findings;
mod late;
mod left_out;
mod read_back;
#[cfg(test)]
mod tests;
mod upload;
mod withheld;
mod worklist;
mod xlsx;

pub use answered::Answered;
pub use compared::{RowCompared, append_compared};
pub use findings::{FindingsFile, append_file_findings};
pub use late::{LateFindings, Origins};
pub use left_out::LeftOutFile;
pub use read_back::{ReadBack, ReadBackError, read_back};
pub use upload::{Upload, Written};
pub use withheld::{WITHHELD, without_personal};
pub use worklist::{Advice, Listed, Split, WorklistOrder, write_worklist};
