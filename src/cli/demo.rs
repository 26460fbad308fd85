//! `cld-agent demo`.

use std::{
    fs,
    ops::RangeInclusive,
    path::{Path, PathBuf},
};

use super::{AsOf, Failure, Format, order, run::tell, watch::Watcher};
use crate::{
    demo::{Condition, DemoCouncil, build, write_planted},
    exit,
    mapping::carried,
    model::Period,
    run::Watch,
    sys::{fs::write_whole, shutdown::Shutdown},
};

/// Make a fictional council, and its package, in one go: a case-management database with known faults, a configuration, a
/// mapping, and what `run` makes of them.
#[derive(clap::Args, Debug)]
pub(super) struct Demo {
    /// How many people the council knows.
    #[arg(long, default_value_t = DemoCouncil::PEOPLE, value_parser = clap::value_parser!(u32).range(PEOPLE))]
    people: u32,
    /// The same seed makes the same council.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The folder to make.
    #[arg(long, value_name = "DIR", default_value = "demo-council")]
    out: PathBuf,
    /// Show a package that is held: the case system was upgraded, and nobody told the mapping.
    #[arg(long)]
    broken: bool,
    /// Replace an earlier demo in the folder.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    as_of: AsOf,
}

const PEOPLE: RangeInclusive<i64> = DemoCouncil::FEWEST_PEOPLE as i64..=DemoCouncil::MOST_PEOPLE as i64;

const CONFIGURATION: &str = r#"# The configuration of a fictional council. Every setting: config/agent.toml in the program's documentation.
version = 1

[agent]
data_dir = "."

[council]
name = "Demo Council (fictional)"
la_code = "999"

[[submission]]
name = "adult-social-care"
mapping = "mapping"
environment = "test"
# The people of the demo have NHS numbers of the range kept for tests. A real council leaves this off.
allow_test_nhs_numbers = true

[submission.source.case-system]
type = "sqlite"
path = "council.db"
"#;

/// Who runs it, as far as the audit trail is told: the same demo gives the same bytes, whoever runs it.
const ACCOUNT: &str = "demo";

/// What an earlier demo left, and only that.
const FILES: [&str; 8] = [
    "council.db",
    "agent.toml",
    "planted.csv",
    "ledger.db",
    "ledger.db-wal",
    "ledger.db-shm",
    "audit.head",
    "index.key",
];
const FOLDERS: [&str; 6] = ["mapping", "staging", "held", "superseded", "index", "work"];

impl Demo {
    pub(super) fn execute(&self, format: Format, stop: &Shutdown) -> Result<u8, Failure> {
        let (began, today) = self.as_of.now();
        let period = Period::last_closed_rolling_year(today);
        let watcher = Watcher::new(format);
        self.make_room()?;
        watcher.say(&format!("Making a council of {} people in {}", self.people, self.out.display()));
        self.make_council(period)?;
        let settings = order::settings(&self.out.join("agent.toml"))?;
        let submission = order::submission(&settings, None)?;
        let release = order::release(submission)?;
        let order =
            order::order(&settings, submission, &release, (period, None), (began, self.as_of.clock()), ACCOUNT)?;
        let finished = crate::run::run(order, &Watch { progress: &watcher, stop, clock: self.as_of.clock() });
        watcher.done();
        let code = tell(&finished?, format);
        // The demo of a held package did what it promised.
        Ok(if self.broken && code == exit::HELD { exit::SUCCESS } else { code })
    }

    /// An empty folder, or one whose earlier demo may go.
    fn make_room(&self) -> Result<(), Failure> {
        let occupied = self.out.symlink_metadata().is_ok()
            && fs::read_dir(&self.out).map_or(true, |mut entries| entries.next().is_some());
        if occupied && !self.force {
            let message =
                format!("make {}: it exists already; add --force to replace the demo in it", self.out.display());
            return Err(Failure::new(exit::OUTPUT, message));
        }
        for name in FILES {
            gone(fs::remove_file(self.out.join(name)), &self.out.join(name))?;
        }
        for name in FOLDERS {
            gone(fs::remove_dir_all(self.out.join(name)), &self.out.join(name))?;
        }
        for folder in ["mapping/sql", "mapping/values"] {
            written(fs::create_dir_all(self.out.join(folder)), &self.out.join(folder))?;
        }
        Ok(())
    }

    fn make_council(&self, period: Period) -> Result<(), Failure> {
        let condition = if self.broken { Condition::Broken } else { Condition::Sound };
        let council = DemoCouncil { people: self.people, seed: self.seed, period, condition };
        let made = build(&council, &self.out.join("council.db")).map_err(|e| Failure::new(exit::OUTPUT, e))?;
        let mut planted = Vec::new();
        let path = self.out.join("planted.csv");
        written(write_planted(&made.planted, &mut planted), &path)?;
        self.write("planted.csv", &planted)?;
        self.write("agent.toml", CONFIGURATION.as_bytes())?;
        for (path, text) in carried::DEMO {
            self.write(&format!("mapping/{path}"), text.as_bytes())?;
        }
        Ok(())
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Failure> {
        write_whole(&self.out.join(name), bytes).map_err(|e| Failure::new(exit::OUTPUT, e))
    }
}

fn written<T>(result: std::io::Result<T>, path: &Path) -> Result<T, Failure> {
    result.map_err(|error| Failure::new(exit::OUTPUT, format!("write {}: {error}", path.display())))
}

/// That something which was to be removed is not there is as good.
fn gone(result: std::io::Result<()>, path: &Path) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Failure::new(exit::OUTPUT, format!("remove {}: {error}", path.display())))
        }
        _ => Ok(()),
    }
}
