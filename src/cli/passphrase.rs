//! A passphrase, asked for where nobody else reads it: never an argument, which every account of the machine can see.

use std::io::{self, BufRead, IsTerminal};

use secrecy::{ExposeSecret, SecretString, zeroize::Zeroizing};

use super::Failure;
use crate::{config::SecretRef, exit};

/// Where a passphrase is. Without either it is asked for on the terminal, or is the first line of standard input.
#[derive(clap::Args, Debug)]
pub(super) struct PassphraseArgument {
    /// The passphrase is in this environment variable.
    #[arg(long, value_name = "NAME", conflicts_with = "passphrase_file")]
    passphrase_env: Option<String>,
    /// The passphrase is the first line of this file, which not everybody may read.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<std::path::PathBuf>,
}

/// How often a passphrase is asked for on the terminal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Asked {
    /// Once: whoever mistypes it is told.
    Once,
    /// Twice: whoever mistypes it would never open the file again.
    Twice,
}

impl PassphraseArgument {
    pub(super) fn obtain(&self, asked: Asked) -> Result<SecretString, Failure> {
        let failed = |error: io::Error| Failure::new(exit::UNEXPECTED, format!("read the passphrase: {error}"));
        let at = match (&self.passphrase_env, &self.passphrase_file) {
            (Some(name), _) => Some(SecretRef::Env(name.clone())),
            (None, path) => path.clone().map(SecretRef::File),
        };
        if let Some(at) = at {
            return at.resolve().map_err(|error| Failure::new(exit::CONFIGURATION, error));
        }
        if io::stdin().is_terminal() {
            let ask = |what| rpassword::prompt_password(what).map(SecretString::from).map_err(failed);
            let passphrase = ask("Passphrase of the backup: ")?;
            let same =
                asked == Asked::Once || ask("The same once more: ")?.expose_secret() == passphrase.expose_secret();
            let differ = || Failure::new(exit::USAGE, "use the passphrase: the two are not the same; begin again");
            return if same { Ok(passphrase) } else { Err(differ()) };
        }
        let mut line = Zeroizing::new(String::new());
        io::stdin().lock().read_line(&mut line).map_err(failed)?;
        let text = line.strip_suffix('\n').unwrap_or(&line);
        let text = text.strip_suffix('\r').unwrap_or(text);
        if text.is_empty() {
            let none = "use the passphrase: standard input has none; write it there, or name --passphrase-file";
            return Err(Failure::new(exit::USAGE, none));
        }
        Ok(text.into())
    }
}
