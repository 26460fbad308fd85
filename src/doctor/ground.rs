//! The ground that the agent stands on: its folders, the room on their disk, the clock, and the calendar.

use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp, Unit};

use super::Line;
use crate::{
    config::{Retention, Settings, Submission},
    exit,
    ledger::{Ledger, LedgerError},
    model::Date,
    run::DataFolder,
    sys::{
        clock::{civil_date, knows_england},
        disk::{free_bytes, on_one_volume},
        fs::can_write,
    },
};

/// What a run needs of the disk before anything is known of its size, and for each row: work folder, upload file, copy.
const LEAST_FREE: u64 = 500_000_000;
const FREE_PER_ROW: u64 = 2_500;
/// How far ahead bank holidays should be known: whoever mends a timetable does so once a year.
const HOLIDAYS_AHEAD: i32 = 365;
/// What the centre finds in a file it tells weeks after it came.
const LEAST_KEPT: i32 = 90;
/// A clock may be put right by this much.
const OF_NO_ACCOUNT: SignedDuration = SignedDuration::from_mins(5);

/// The free bytes that a run should find, whose package has as many rows as the last one, or none is known.
pub fn needed_bytes(rows: Option<u64>) -> u64 {
    LEAST_FREE + rows.unwrap_or(0) * FREE_PER_ROW
}

/// What the ledger knows that the ground is measured by.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Known {
    /// When the last run began.
    pub last_began: Option<Timestamp>,
    /// The most rows of a submission's last package.
    pub rows: Option<u64>,
}

impl Known {
    /// Asks the ledger, where there is one.
    pub fn of(settings: &Settings) -> Result<Self, LedgerError> {
        let path = DataFolder(&settings.agent.data_dir).ledger();
        if !path.exists() {
            return Ok(Self::default());
        }
        let ledger = Ledger::open(&path)?;
        let mut rows = None;
        for submission in &settings.submissions {
            rows = rows.max(ledger.package_facts(&submission.name)?.last().map(|package| package.rows));
        }
        Ok(Self { last_began: ledger.runs(1)?.first().map(|run| run.began), rows })
    }
}

/// Tries the ground. Nothing is left behind.
pub fn ground(settings: &Settings, known: Known, now: Timestamp) -> Vec<Line> {
    let agent = &settings.agent;
    let folders = [&agent.data_dir, &agent.staging_dir, &agent.held_dir, &agent.superseded_dir];
    let mut lines = of_folders(&folders);
    lines.push(of_disk(free_bytes(&agent.data_dir).ok(), known.rows));
    lines.push(of_clock(now, known.last_began, knows_england()));
    let kept = settings.submissions.iter().filter(|submission| !submission.plans.is_empty());
    lines.extend(kept.filter_map(|submission| of_calendar(civil_date(now), submission)));
    lines.extend(of_retention(&settings.retention));
    lines
}

/// Whether every folder can be written to, and reached from the first by renaming.
fn of_folders(folders: &[&PathBuf]) -> Vec<Line> {
    let mut lines = Vec::new();
    for folder in folders {
        let about = || format!("folder {}", folder.display());
        if let Err(error) = can_write(folder) {
            let text = format!("failed to write there: {error}");
            let advice = "give the agent's account the right to make and change files there";
            lines.push(Line { advice: Some(advice.to_owned()), ..Line::fault(about(), text, exit::OUTPUT) });
        } else if !on_one_volume(folders[0], folder).unwrap_or(true) {
            let text = format!("it is on another volume than {}", folders[0].display());
            let advice =
                "a package appears by being renamed, which only works within one volume: choose another folder";
            lines.push(Line { advice: Some(advice.to_owned()), ..Line::fault(about(), text, exit::OUTPUT) });
        }
    }
    if lines.is_empty() {
        let text = format!("{} can be written to, on one volume", names(folders));
        lines.push(Line::good("folders", text));
    }
    lines
}

fn names(folders: &[&PathBuf]) -> String {
    let names = folders.iter().map(|folder| folder.display().to_string());
    names.collect::<Vec<_>>().join(", ")
}

fn of_disk(free: Option<u64>, rows: Option<u64>) -> Line {
    const MEGABYTE: u64 = 1_000_000;
    let needed = needed_bytes(rows);
    match free {
        None => Line::doubt("disk", "how much room is left could not be found out", "look yourself"),
        Some(free) => {
            let text = format!("{} MB are free, a run needs some {} MB", free / MEGABYTE, needed / MEGABYTE);
            let advice = "make room, or choose another data_dir";
            if free < needed { Line::doubt("disk", text, advice) } else { Line::good("disk", text) }
        }
    }
}

fn of_clock(now: Timestamp, last_began: Option<Timestamp>, knows_england: bool) -> Line {
    if !knows_england {
        let text = "what time it is in England cannot be told: plans would be kept in universal time";
        return Line::doubt("clock", text, "report it: the program should know the zone by itself");
    }
    if let Some(began) = last_began.filter(|began| *began > now + OF_NO_ACCOUNT) {
        let back = began.duration_since(now).round(Unit::Minute).unwrap_or_default();
        let text = format!("the last run began {back:#} after what the clock says now");
        return Line::doubt("clock", text, "set the clock, and have it kept by the network's time service");
    }
    Line::good("clock", format!("it is {} in England", in_england(now)))
}

fn in_england(now: Timestamp) -> String {
    now.to_zoned(crate::sys::clock::england()).strftime("%H:%M on %-d %B %Y").to_string()
}

/// Whether bank holidays are known for the time to come.
fn of_calendar(today: Date, submission: &Submission) -> Option<Line> {
    // A timetable with faults is told where the configuration is.
    let until = submission.timetable().ok()?.working_days.until();
    let runs_out = until.days() - today.days() < HOLIDAYS_AHEAD;
    runs_out.then(|| {
        let text = format!("bank holidays are known until {} only; after it weekends alone count", until.iso());
        Line::doubt("calendar", text, "update the program, or add them to a timetable of your own")
    })
}

fn of_retention(retention: &Retention) -> Option<Line> {
    let shortest = retention.extracts.min(retention.findings);
    (shortest < LEAST_KEPT).then(|| {
        let text = format!("submitted packages go after {shortest} days");
        let advice = "what the centre finds comes weeks later; without the file nobody can look it up";
        Line::doubt("retention", text, advice)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Found;

    fn moment(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn room_is_measured_by_the_last_package() {
        for (free, rows, found, said) in [
            (Some(600_000_000), None, Found::Good, "600 MB are free, a run needs some 500 MB"),
            (Some(499_000_000), None, Found::Doubt, "499 MB are free, a run needs some 500 MB"),
            (Some(2_999_000_000), Some(1_000_000), Found::Doubt, "2999 MB are free, a run needs some 3000 MB"),
            (Some(3_000_000_000), Some(1_000_000), Found::Good, "3000 MB are free, a run needs some 3000 MB"),
            (None, None, Found::Doubt, "how much room is left could not be found out"),
        ] {
            let line = of_disk(free, rows);
            assert_eq!((line.found, line.text.as_str()), (found, said));
        }
    }

    #[test]
    fn a_clock_that_went_back_is_found_by_the_last_run() {
        let now = moment("2026-07-01T05:00:00Z");
        for (last, found, said) in [
            (None, Found::Good, "it is 06:00 on 1 July 2026 in England"),
            (Some("2026-06-30T05:00:00Z"), Found::Good, "it is 06:00 on 1 July 2026 in England"),
            (Some("2026-07-01T05:04:00Z"), Found::Good, "it is 06:00 on 1 July 2026 in England"),
            (Some("2026-07-01T08:30:00Z"), Found::Doubt, "the last run began 3h 30m after what the clock says now"),
        ] {
            let line = of_clock(now, last.map(moment), true);
            assert_eq!((line.found, line.text.as_str()), (found, said));
        }
        assert_eq!(of_clock(now, None, false).found, Found::Doubt);
    }

    #[test]
    fn packages_that_go_before_the_centre_has_spoken_are_told() {
        let kept = |extracts, findings| Retention {
            extracts,
            findings,
            unsubmitted: 60,
            warn: 14,
            indexes: 800,
            rehearsals: 30,
            alerts: 180,
        };
        assert_eq!(of_retention(&kept(180, 90)), None);
        assert_eq!(of_retention(&kept(180, 60)).unwrap().text, "submitted packages go after 60 days");
    }

    #[test]
    fn folders_are_tried_and_nothing_is_left_in_them() {
        let folder = tempfile::tempdir().unwrap();
        let (data, deep) = (folder.path().to_owned(), folder.path().join("not/there/yet"));
        let lines = of_folders(&[&data, &deep]);
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].found, Found::Good);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a file that stands where a folder should")]
    fn a_folder_that_cannot_be_one_is_a_fault() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, b"").unwrap();
        let lines = of_folders(&[&folder.path().to_owned(), &file.join("held")]);
        assert_eq!((lines[0].found, lines[0].code), (Found::Fault, exit::OUTPUT));
    }
}
