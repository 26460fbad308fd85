//! `cld-agent adopt`.

use super::{AsOf, ConfigArgument, Failure, Format, order};
use crate::{
    exit,
    ledger::Ledger,
    model::Reason,
    run::DataFolder,
    sys::{account::account, machine},
};

/// Have the agent go on on this machine, where it was another before: after a move, a restore, or the cloning of a virtual
/// machine. See first that it runs nowhere else any more: it would stage, and send, twice.
#[derive(clap::Args, Debug)]
pub(super) struct Adopt {
    #[command(flatten)]
    config: ConfigArgument,
    /// Why, in a sentence that names nobody.
    #[arg(long, value_name = "TEXT")]
    reason: Reason,
    #[command(flatten)]
    as_of: AsOf,
}

impl Adopt {
    pub(super) fn execute(&self, format: Format) -> Result<u8, Failure> {
        let settings = order::settings(&self.config.config)?;
        let path = DataFolder(&settings.agent.data_dir).ledger();
        if !path.exists() {
            let message =
                "adopt: there is no ledger yet, and nothing to be taken over; check data_dir in the configuration";
            return Err(Failure::new(exit::LEDGER, message));
        }
        let (now, _) = self.as_of.now();
        let adopted = Ledger::open(&path)?.adopt(&self.reason, (now, &account()))?;
        let machine = machine::name();
        let text = if adopted {
            format!("The agent is at home on {machine}: its plans are kept again, and what waits is sent.")
        } else {
            format!("The agent is at home on {machine} already.")
        };
        format.print(&text, || serde_json::json!({ "adopted": adopted, "machine": machine }));
        Ok(exit::SUCCESS)
    }
}
