//! The page for whoever uploads a package: what to do, in order, and what to record afterwards.
//!
//! Plain text, so that it opens and prints everywhere. What is known of the portal is from NHS England's own guides
//! (non-NHS user registration and access request guide; using the Data Landing Portal), CONFIRMED; how the specification is
//! called there was not to be found.

use super::{FileEntry, Manifest, State, WORKLIST};
use crate::model::Environment;

/// The guide for a package whose upload file is this.
pub(super) fn guide(manifest: &Manifest, upload: &FileEntry) -> String {
    let Manifest { council, submission, period, run, release, .. } = manifest;
    let FileEntry { name, bytes, sha256, rows } = upload;
    let rows = rows.unwrap_or_default();
    let warning = match (manifest.environment, manifest.verdict.state) {
        (Environment::Test, _) => "THIS PACKAGE WAS MADE FOR TRYING OUT. DO NOT UPLOAD IT.\n\n",
        (Environment::Live, State::Held) => {
            "THIS PACKAGE IS HELD. Do not upload it unless it has been approved: a file <run>.approval.json then\nlies beside \
             its folder, which has moved to the staging folder.\n\n"
        }
        (Environment::Live, State::Released) => "",
    };
    format!(
        "{warning}Uploading the Adult Social Care Client Level Data of {council_name} ({la_code})

Submission      {submission}
Period          {start} to {end}
Specification   {release_id}, as the agent followed it
Run             {run_id}
File            {name}
                {rows} rows, {bytes} bytes
                SHA-256 {sha256}

1. Before
   Read report.html in this folder: its first lines say whether anything holds the file, the rest whether the
   figures are right. {WORKLIST} is the worklist.
   Do not open the upload file in a spreadsheet: saved from there it is another file.

2. Upload
   Go to https://dsp-portal.national.nhs.uk and log in with your own NHS England Applications account (council
   users; CIS2 where you have it). The account needs the council's ODS code, and access to the portal and to the
   specification.
   Add the file, choose the specification of Adult Social Care Client Level Data for this release, submit.
   Its status, and any errors, are shown under previous submissions.
   Help: agem.adultsocialcare@nhs.net (submission), socialcaredata@dhsc.gov.uk (specification).

3. Record it, so that reminders stop and the next file is compared with this one
   cld-agent submitted {run_id} --receipt \"what the portal gave you\" --file \"the file you uploaded\"
   and when the portal has said its word
   cld-agent accepted {run_id}
   cld-agent rejected {run_id} --reason \"…\"

Every file that is sent is kept by the centre, and the last one that covers the period counts: never send a part
of the rows after the whole.
",
        council_name = council.name,
        la_code = council.la_code,
        start = period.start(),
        end = period.end(),
        release_id = release.id,
        run_id = run.id,
    )
}
