//! `cld-agent backup` and `cld-agent restore`.

use std::{fmt::Write, path::PathBuf};

use super::{
    AsOf, ConfigArgument, Failure, Format, order,
    passphrase::{Asked, PassphraseArgument},
};
use crate::{
    backup::{self, BackupError, Made, Manifest, Missing, Order, Packages, Restored, Target},
    document::Document,
    exit,
    sys::{account::account, fs::folder_of, shutdown::Shutdown},
};

/// Back the installation up into one encrypted file: ledger with audit trail, index key and indexes, configuration, mappings
/// with their answers, and what else the configuration names. The agent may go on meanwhile.
#[derive(clap::Args, Debug)]
pub(super) struct MakeBackup {
    /// The file, where none is.
    file: PathBuf,
    #[command(flatten)]
    config: ConfigArgument,
    /// Take the packages along, and so the data of people.
    #[arg(long)]
    packages: bool,
    #[command(flatten)]
    passphrase: PassphraseArgument,
    #[command(flatten)]
    as_of: AsOf,
}

/// Restore a backup where nothing is, on this machine or another. The agent then waits for `adopt`.
#[derive(clap::Args, Debug)]
pub(super) struct RestoreBackup {
    /// The backup.
    file: PathBuf,
    /// The folder for agent.toml and what belongs beside it.
    #[arg(long, value_name = "FOLDER", required_unless_present = "check")]
    into: Option<PathBuf>,
    /// The data folder, where it is not `data` beside agent.toml.
    #[arg(long, value_name = "FOLDER", conflicts_with = "check")]
    data_dir: Option<PathBuf>,
    /// Look at everything in it, and restore nothing.
    #[arg(long, conflicts_with = "into")]
    check: bool,
    #[command(flatten)]
    passphrase: PassphraseArgument,
    #[command(flatten)]
    as_of: AsOf,
}

impl MakeBackup {
    pub(super) fn execute(&self, format: Format, stop: &Shutdown) -> Result<u8, Failure> {
        let settings = order::settings(&self.config.config)?;
        let configuration = Document::open(&self.config.config);
        let configuration = configuration.map_err(|faults| Failure::faults(exit::CONFIGURATION, faults))?;
        let order = Order {
            configuration: &configuration,
            folder: folder_of(&self.config.config),
            settings: &settings,
            packages: if self.packages { Packages::With } else { Packages::Without },
            passphrase: &self.passphrase.obtain(Asked::Twice)?,
            now: self.as_of.now().0,
        };
        let made = backup::make(&order, &self.file, stop)?;
        let text = format!("Backed up to {}: {} bytes.\n{}", self.file.display(), made.bytes, in_words(&made));
        format.print(&text, || {
            let absent: Vec<_> = made.absent.iter().map(|path| path.display().to_string()).collect();
            serde_json::json!({ "bytes": made.bytes, "manifest": made.manifest, "absent": absent })
        });
        Ok(exit::SUCCESS)
    }
}

fn in_words(made: &Made) -> String {
    let mut text = of_manifest(&made.manifest);
    for path in &made.absent {
        let _ = writeln!(text, "Not part of it, because it is not there: {}", path.display());
    }
    text.push_str("Passwords are not part of it: keep them, and the passphrase, in another place.");
    text
}

fn of_manifest(manifest: &Manifest) -> String {
    let Manifest { made, machine, tool_version, audit_head, audit_faults, with_packages, files, .. } = manifest;
    let mut text = format!("  made      {made:.0} on {machine} by cld-agent {tool_version}\n");
    let _ = writeln!(
        text,
        "  holds     {} files, packages {}",
        files.len(),
        if *with_packages { "included" } else { "left out" }
    );
    let trail = if audit_faults.is_empty() { "whole" } else { "not what was written, as it was on that machine" };
    let _ = writeln!(text, "  trail     {trail}; its end: {audit_head}");
    for fault in audit_faults {
        let _ = writeln!(text, "            {fault}");
    }
    text
}

impl RestoreBackup {
    pub(super) fn execute(&self, format: Format) -> Result<u8, Failure> {
        let passphrase = self.passphrase.obtain(Asked::Once)?;
        let Some(folder) = &self.into else {
            let manifest = backup::look(&self.file, &passphrase)?;
            let text = format!("{} is whole.\n{}", self.file.display(), of_manifest(&manifest));
            format.print(&text, || serde_json::json!({ "manifest": manifest }));
            return Ok(exit::SUCCESS);
        };
        let target = Target { folder, data: self.data_dir.as_deref() };
        let restored = backup::restore((&self.file, &passphrase), target, (self.as_of.now().0, &account()))?;
        format.print(&told(&restored), || json(&restored));
        Ok(exit::SUCCESS)
    }
}

fn told(restored: &Restored) -> String {
    let Restored { manifest, configuration, data, rewritten, index_key, secrets, outside, left_behind } = restored;
    let mut text = format!("Restored, and looked at to the last byte.\n{}", of_manifest(manifest));
    let _ = writeln!(text, "  settings  {}\n  data      {}", configuration.display(), data.display());
    section(&mut text, "Written otherwise into the configuration:", rewritten, |one| {
        format!("{}: {} (it was {})", one.key, one.to, one.from)
    });
    section(&mut text, "Secrets that are not here yet, as this account sees it:", secrets, in_line);
    section(&mut text, "Of others, and not here:", outside, in_line);
    section(&mut text, "Ready to be submitted, and not part of the backup:", left_behind, |path| {
        path.display().to_string()
    });
    if let Some((name, path)) = index_key {
        let _ = writeln!(text, "\nThe index key is expected in {name}: it must be what {} holds.", path.display());
    }
    let config = configuration.display();
    let _ = write!(
        text,
        "\nNow: give the files to the account of the agent and put the secrets where they are expected. See that the agent \
         runs nowhere else. Then:\n  cld-agent doctor --config {config}\n  cld-agent adopt --config {config} --reason \"…\""
    );
    text
}

fn section<T>(text: &mut String, title: &str, items: &[T], line: impl Fn(&T) -> String) {
    if !items.is_empty() {
        let _ = writeln!(text, "\n{title}");
        for item in items {
            let _ = writeln!(text, "  {}", line(item));
        }
    }
}

fn in_line(missing: &Missing) -> String {
    format!("line {}, {}: {}", missing.line, missing.key, missing.what)
}

fn json(restored: &Restored) -> serde_json::Value {
    let missing = |all: &[Missing]| -> serde_json::Value {
        let each = all.iter().map(|one| serde_json::json!({ "key": one.key, "line": one.line, "what": one.what }));
        each.collect()
    };
    let rewritten = restored.rewritten.iter();
    let rewritten: Vec<_> =
        rewritten.map(|one| serde_json::json!({ "key": one.key, "from": one.from, "to": one.to })).collect();
    let left: Vec<_> = restored.left_behind.iter().map(|path| path.display().to_string()).collect();
    serde_json::json!({
        "manifest": restored.manifest,
        "configuration": restored.configuration.display().to_string(),
        "data": restored.data.display().to_string(),
        "rewritten": rewritten,
        "index_key_expected_in": restored.index_key.as_ref().map(|(at, _)| at.to_string()),
        "secrets_missing": missing(&restored.secrets),
        "others_missing": missing(&restored.outside),
        "packages_left_behind": left,
    })
}

impl From<BackupError> for Failure {
    fn from(error: BackupError) -> Self {
        match error {
            BackupError::Configuration(faults) => Self::faults(exit::CONFIGURATION, faults),
            error => Self::new(error.exit_code(), error),
        }
    }
}
