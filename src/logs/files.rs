//! A file a day.

use std::{
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use jiff::{civil::Date, tz::TimeZone};
use tracing_appender::rolling::{RollingFileAppender, Rotation};

use super::LogError;
use crate::{
    config::{Log, LogFormat},
    sys::{clock::Clock, fs::private_folder},
};

const PREFIX: &str = "cld-agent";

/// Writes lines into the file of the day, in UTC, which several processes may do at once.
///
/// Files are rolled by `tracing-appender`. What it knows nothing of is here: how large a file may become, whichever process
/// filled it, and how old.
pub(super) struct DailyFiles {
    folder: PathBuf,
    settings: Log,
    appender: RollingFileAppender,
    /// The day on which old files were looked for last.
    tidied: Option<Date>,
}

impl DailyFiles {
    /// Files in a folder that only this user can read, which is made where there is none.
    pub(super) fn open(folder: PathBuf, settings: &Log) -> Result<Self, LogError> {
        private_folder(&folder)?;
        let builder = RollingFileAppender::builder().rotation(Rotation::DAILY).filename_prefix(PREFIX);
        let appender = builder.filename_suffix(ending(settings.format)).build(&folder);
        let appender = appender.map_err(|source| LogError::File { folder: folder.clone(), source })?;
        Ok(Self { folder, settings: settings.clone(), appender, tidied: None })
    }

    /// What a line becomes on a day.
    fn line(&mut self, line: &[u8], today: Date) -> io::Result<()> {
        if self.tidied.replace(today) != Some(today) {
            remove_old(&self.folder, today, self.settings.keep_days);
        }
        let path = self.folder.join(name(today, self.settings.format));
        let size = fs::metadata(&path).map_or(0, |file| file.len());
        if size < self.settings.most_bytes {
            return self.appender.write_all(line);
        }
        let last = full(self.settings.format).as_bytes();
        if ends_with(&path, last) { Ok(()) } else { self.appender.write_all(last) }
    }
}

impl Write for DailyFiles {
    /// Takes one whole line.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let today = Clock::Machine.now().to_zoned(TimeZone::UTC).date();
        self.line(line, today).map(|()| line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.appender.flush()
    }
}

const fn ending(format: LogFormat) -> &'static str {
    match format {
        LogFormat::Text => "log",
        LogFormat::Json => "jsonl",
    }
}

/// As `tracing-appender` calls the file of a day.
fn name(day: Date, format: LogFormat) -> String {
    format!("{PREFIX}.{day}.{}", ending(format))
}

/// The last line of a file that is full.
const fn full(format: LogFormat) -> &'static str {
    match format {
        LogFormat::Text => "The log of this day is full ([log] most_megabytes): nothing more is written into it.\n",
        LogFormat::Json => {
            "{\"level\":\"WARN\",\"message\":\"the log of this day is full ([log] most_megabytes): nothing more is \
             written into it\"}\n"
        }
    }
}

fn ends_with(path: &Path, end: &[u8]) -> bool {
    let tail = || {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::End(-(end.len() as i64)))?;
        let mut tail = Vec::with_capacity(end.len());
        file.read_to_end(&mut tail)?;
        io::Result::Ok(tail)
    };
    tail().is_ok_and(|tail| tail == end)
}

/// Removes the files that are so many days old. One that cannot be removed is met again on the next day.
fn remove_old(folder: &Path, today: Date, keep_days: u16) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let day = entry.file_name().to_str().and_then(day_of);
        if day.is_some_and(|day| (today - day).get_days() >= i32::from(keep_days)) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// The day of a file, if its name is that of one.
fn day_of(name: &str) -> Option<Date> {
    let (day, ending) = name.strip_prefix(PREFIX)?.strip_prefix('.')?.split_once('.')?;
    ["log", "jsonl"].contains(&ending).then(|| day.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(format: LogFormat) -> Log {
        Log { level: tracing::Level::INFO, format, keep_days: 30, most_bytes: 100, syslog: None }
    }

    fn today() -> Date {
        Clock::Machine.now().to_zoned(TimeZone::UTC).date()
    }

    #[test]
    fn a_full_file_says_so_once_whoever_writes() {
        for format in [LogFormat::Text, LogFormat::Json] {
            let folder = tempfile::tempdir().unwrap();
            let mut writers = [(), ()].map(|()| DailyFiles::open(folder.path().join("logs"), &log(format)).unwrap());
            for nth in 0..20 {
                writers[nth % 2].write_all(b"a line of twenty-four b.\n").unwrap();
            }
            let text = fs::read_to_string(folder.path().join("logs").join(name(today(), format))).unwrap();
            assert_eq!(text, "a line of twenty-four b.\n".repeat(4) + full(format));
        }
        serde_json::from_str::<serde_json::Value>(full(LogFormat::Json)).unwrap();
    }

    #[test]
    fn files_go_when_they_are_old_and_nothing_else_does() {
        let folder = tempfile::tempdir().unwrap();
        let names = [
            "cld-agent.2026-10-25.log",
            "cld-agent.2026-10-26.log",
            "cld-agent.2026-09-01.jsonl",
            "cld-agent.2026-11-24.log",
            "cld-agent.2026-12-24.log",
            "cld-agent.2026-09-01.log.txt",
            "somebody.2026-09-01.log",
        ];
        for name in names {
            crate::sys::fs::write_whole(&folder.path().join(name), b"").unwrap();
        }
        remove_old(folder.path(), "2026-11-24".parse().unwrap(), 30);
        let mut left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(
            left,
            [
                "cld-agent.2026-09-01.log.txt",
                "cld-agent.2026-10-26.log",
                "cld-agent.2026-11-24.log",
                "cld-agent.2026-12-24.log",
                "somebody.2026-09-01.log",
            ]
        );
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_reads_the_log() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let logs = folder.path().join("data/logs");
        DailyFiles::open(logs.clone(), &log(LogFormat::Text)).unwrap();
        assert_eq!(fs::metadata(logs).unwrap().permissions().mode() & 0o777, 0o700);
    }
}
