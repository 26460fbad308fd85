//! `cld-agent support`.

use std::path::PathBuf;

use super::{AsOf, ConfigArgument, Failure, Format, doctor, order};
use crate::{
    doctor::{Network, Secrets},
    exit,
    support::{Bundle, SupportError},
    sys::shutdown::Shutdown,
};

/// Put together, in one zip file, what somebody who helps needs to see: versions, settings, the outcome of runs, the doctor's
/// lines, logs. Secrets and whatever may be personal are taken out.
#[derive(clap::Args, Debug)]
pub(super) struct Support {
    #[command(flatten)]
    config: ConfigArgument,
    /// The file to make. Without it, cld-agent-support-DATE.zip in this folder.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Let the doctor ask sources, mail servers and the network as well.
    #[arg(long)]
    network: bool,
    #[command(flatten)]
    as_of: AsOf,
}

impl Support {
    pub(super) fn execute(&self, format: Format, stop: &Shutdown) -> Result<u8, Failure> {
        let settings = order::settings(&self.config.config)?;
        let (_, today) = self.as_of.now();
        let network = if self.network { Network::Asked } else { Network::Left };
        let submissions: Vec<_> = settings.submissions.iter().collect();
        let lines = doctor::examined(&settings, &submissions, (network, Secrets::Fetched), self.as_of.clock(), stop);
        let doctor = lines.map_or_else(
            // What keeps the doctor from his work is what somebody has to see.
            |failure| format!("failed to {}\n", failure.message()),
            |lines| lines.iter().map(doctor::shown).collect(),
        );
        let out = self.out.clone().unwrap_or_else(|| format!("cld-agent-support-{}.zip", today.iso()).into());
        let bundle = Bundle { settings: &settings, doctor, version: env!("CARGO_PKG_VERSION"), today };
        let names = bundle.write(&out)?;
        let text = format!(
            "Written: {}\n  {}\nLook through it before you pass it on: README.txt says what is in it.",
            out.display(),
            names.join("\n  ")
        );
        format.print(&text, || serde_json::json!({ "bundle": out, "files": names }));
        Ok(exit::SUCCESS)
    }
}

impl From<SupportError> for Failure {
    fn from(error: SupportError) -> Self {
        match error {
            SupportError::Ledger(error) => error.into(),
            SupportError::Archive(_) => Self::new(exit::UNEXPECTED, error),
            SupportError::Fs(_) => Self::new(exit::OUTPUT, error),
        }
    }
}
