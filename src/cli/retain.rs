//! `cld-agent retain`.

use super::{AsOf, ConfigArgument, Failure, Format, order};
use crate::{
    exit,
    ledger::{Ledger, Until},
    model::Reason,
    run::{DataFolder, RunError},
    sys::{account::account, lock::FolderLock},
};

/// Keep a package beyond its age, for an incident or a legal hold.
#[derive(clap::Args, Debug)]
pub(super) struct Retain {
    /// Its run, its folder, or the id of an import.
    package: String,
    #[command(flatten)]
    config: ConfigArgument,
    /// The last day on which it must be there, or 'released': until somebody releases it.
    #[arg(long, value_name = "DATE", required_unless_present = "release")]
    until: Option<Until>,
    /// End everything that keeps it: its age alone decides again.
    #[arg(long, conflicts_with = "until")]
    release: bool,
    /// Why, in a sentence that names nobody.
    #[arg(long, value_name = "TEXT")]
    reason: Reason,
    #[command(flatten)]
    as_of: AsOf,
}

impl Retain {
    pub(super) fn execute(&self, format: Format) -> Result<u8, Failure> {
        let settings = order::settings(&self.config.config)?;
        let data = &settings.agent.data_dir;
        let (now, today) = self.as_of.now();
        // The folder of a package bears the name of its run.
        let run = self.package.trim_end_matches(['/', '\\']).rsplit(['/', '\\']).next().unwrap_or_default();
        if let Some(Until::Day(day)) = self.until
            && day < today
        {
            return Err(Failure::new(exit::USAGE, "retain: the day given with --until is over; name a later one"));
        }
        // A purge that is under way is not stopped.
        let _lock = FolderLock::take(data, now, "retain").map_err(RunError::from)?;
        let mut ledger = Ledger::open(&DataFolder(data).ledger())?;
        let by = account();
        let Some(until) = self.until else {
            let kept = ledger.release(run, &self.reason, (now, &by))?;
            let text = if kept { "Its age alone decides again." } else { "Nothing kept it but its age." };
            format.print(text, || serde_json::json!({ "released": kept }));
            return Ok(exit::SUCCESS);
        };
        let gone = ledger.purges_of(run)?;
        if !ledger.retain(run, until, &self.reason, (now, &by))? {
            let message = format!("retain {run}: the ledger knows no package of it; `cld-agent runs` lists them");
            return Err(Failure::new(exit::USAGE, message));
        }
        let gone: Vec<_> = gone.iter().map(|purge| purge.what.as_str()).collect();
        let but =
            if gone.is_empty() { String::new() } else { format!(" Gone already, or in part: {}.", gone.join(", ")) };
        let text = match until {
            Until::Day(day) => format!("{run} is kept until {}.{but}", day.iso()),
            Until::Released => format!("{run} is kept until it is released.{but}"),
        };
        format.print(&text, || serde_json::json!({ "retained_until": until.to_string(), "gone_already": gone }));
        Ok(exit::SUCCESS)
    }
}
