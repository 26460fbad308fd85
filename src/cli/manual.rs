//! `cld-agent completions` and `cld-agent man`: the command line, as shells and `man` know it.

use std::path::PathBuf;

use clap::CommandFactory;
use clap_complete::Shell;

use super::{Arguments, Failure};
use crate::{
    exit,
    sys::fs::{FsError, Operation, write_new},
};

/// Print what completes commands and options in a shell: bash, zsh, fish, elvish or powershell.
#[derive(clap::Args, Debug)]
pub(super) struct Completions {
    /// The shell.
    shell: Shell,
}

impl Completions {
    pub(super) fn execute(&self) -> u8 {
        let mut script = Vec::new();
        let mut program = Arguments::command();
        clap_complete::generate(self.shell, &mut program, "cld-agent", &mut script);
        print!("{}", String::from_utf8_lossy(&script));
        exit::SUCCESS
    }
}

/// Write the manual pages into a new folder.
#[derive(clap::Args, Debug)]
pub(super) struct Manual {
    /// The folder to make.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

impl Manual {
    pub(super) fn execute(&self) -> Result<u8, Failure> {
        let folder = &self.out;
        let failed = |error: FsError| Failure::new(exit::OUTPUT, error);
        std::fs::create_dir(folder).map_err(|error| failed(FsError::while_trying(Operation::Create, folder)(error)))?;
        let mut program = Arguments::command();
        program.build();
        self.write(&program, "cld-agent")?;
        for command in program.get_subcommands().filter(|command| !command.is_hide_set()) {
            self.write(command, &format!("cld-agent-{}", command.get_name()))?;
        }
        Ok(exit::SUCCESS)
    }

    fn write(&self, command: &clap::Command, name: &str) -> Result<(), Failure> {
        let mut page = Vec::new();
        let man = clap_mangen::Man::new(command.clone().disable_help_subcommand(true)).title(name).manual("cld-agent");
        // Rendering into memory cannot fail.
        let _ = man.render(&mut page);
        write_new(&self.out.join(format!("{name}.1")), &page).map_err(|error| Failure::new(exit::OUTPUT, error))
    }
}
