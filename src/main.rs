//! The program: parse, dispatch, exit.

use std::process::ExitCode;

fn main() -> ExitCode {
    cld_agent::cli::main()
}
