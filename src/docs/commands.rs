//! `docs/commands.md`.

use std::fmt::Write;

use clap::CommandFactory;

use crate::cli::Arguments;

/// Columns of the help texts, whatever the terminal of whoever writes the page.
const WIDTH: usize = 100;

pub(super) fn text() -> String {
    let mut program = Arguments::command().term_width(WIDTH);
    program.build();
    let mut text = format!(
        "# The commands

What `cld-agent --help` and `cld-agent COMMAND --help` print. From a checkout, write `cargo run --release --` for
`cld-agent`. Results go to standard output, what happens on the way to standard error, and the
[exit code](exit-codes.md) says how it ended. Without a command the program prints its help and does nothing.

{}",
        block(&mut program)
    );
    for command in
        program.get_subcommands_mut().filter(|command| command.get_name() != "help" && !command.is_hide_set())
    {
        let help = block(command);
        let _ = write!(text, "\n## {}\n\n{help}", command.get_name());
        let name = command.get_name().to_owned();
        for part in command.get_subcommands_mut().filter(|part| part.get_name() != "help") {
            let help = block(part);
            let _ = write!(text, "\n### {name} {}\n\n{help}", part.get_name());
        }
    }
    text
}

fn block(command: &mut clap::Command) -> String {
    let help = command.render_long_help().to_string();
    let lines: Vec<_> = help.lines().map(str::trim_end).collect();
    format!("```text\n{}\n```\n", lines.join("\n").trim_end())
}
