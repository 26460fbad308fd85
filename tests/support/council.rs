//! The demo council, whose database stands on a SQL Server that can fail.

#![allow(dead_code, reason = "every test binary uses its own part of this")]

use std::path::Path;

use assert_cmd::{Command, assert::Assert};
use cld_agent::{
    config::sqlserver::SqlServerSettings,
    demo::{self, Condition, DemoCouncil},
    run::{Finished, RunError},
    source::{SourceError, SqlServer},
    sys::{clock::Clock, shutdown::Shutdown},
};

use crate::{
    sqlserver::Reach,
    support::{NOW, agent, installation::Installation, put, tree},
    tds::{
        Fault, Options, Server,
        council::{Powers, Snapshots, serve_demo, serve_facts},
    },
};

/// The council, its server, and how to reach it.
pub(crate) struct Council {
    pub(crate) installation: Installation,
    pub(crate) server: Server,
    pub(crate) reach: Reach,
}

impl Council {
    pub(crate) fn new(people: u32) -> Self {
        Self::with(people, Snapshots::Allowed)
    }

    pub(crate) fn with(people: u32, snapshots: Snapshots) -> Self {
        let installation = Installation::new("case-system");
        let database = installation.path().join("council.db");
        let period = "2025-10-01_2026-09-30".parse().unwrap();
        demo::build(&DemoCouncil { people, seed: 1, period, condition: Condition::Sound }, &database).unwrap();
        let mapping = Path::new(env!("CARGO_MANIFEST_DIR")).join("mappings/demo");
        for (name, bytes) in tree(&mapping) {
            put(&installation.path().join("mapping").join(name), &bytes);
        }
        let server = Server::start(Options::default());
        serve_facts(&server, snapshots, Powers::Reader);
        let database = rusqlite::Connection::open(database).unwrap();
        serve_demo(&server, &database, &mapping, ["2025-10-01", "2026-09-30"]);
        let reach = Reach::of(&server);
        Self { installation, server, reach }
    }

    pub(crate) fn source(&self, change: impl FnOnce(&mut SqlServerSettings)) -> SqlServer {
        let mut settings = self.reach.settings();
        change(&mut settings);
        SqlServer::new(settings, Clock::Machine)
    }

    pub(crate) fn run(&self) -> Result<Finished, RunError> {
        self.installation.run(self.reach.source(), &Shutdown::default())
    }

    /// The error of a run that meets a fault on its connection.
    #[track_caller]
    pub(crate) fn meets(&self, fault: Fault) -> RunError {
        self.meets_with(fault, |_| {})
    }

    #[track_caller]
    pub(crate) fn meets_with(&self, fault: Fault, change: impl FnOnce(&mut SqlServerSettings)) -> RunError {
        self.server.fail([fault]);
        self.installation.failing(self.source(change))
    }

    /// `cld-agent run`, by a configuration with these lines in its submission.
    pub(crate) fn command(&self, lines: &str) -> Assert {
        let configuration = format!(
            "version = 1\n[agent]\ndata_dir = \".\"\n[council]\nname = \"Demo Council (fictional)\"\nla_code = \"999\"\n\
             [[submission]]\nname = \"adult-social-care\"\nmapping = \"mapping\"\nallow_test_nhs_numbers = true\n{lines}\n\
             [submission.source.case-system]\n{}",
            self.reach.configuration()
        );
        put(&self.installation.path().join("agent.toml"), configuration.as_bytes());
        let mut command: Command = agent();
        command.current_dir(self.installation.path()).args(["run", "--as-of", NOW]).assert()
    }
}

/// The error of the source in that of a run.
#[track_caller]
pub(crate) fn of_the_source(error: &RunError) -> &SourceError {
    let RunError::Source(error) = error else { panic!("{error}") };
    error
}
