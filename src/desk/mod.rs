//! A folder on a share where analysts find what was made, and answer: they never log on to the server.
//!
//! ```text
//!   staging/ held/ rehearsals/ ─copy─▶ arriving/ ─read back─▶ rename ─▶ <period>/<run>/            read
//!   ledger, answers  ◀─ custody ◀─ strictly read ◀─ whose? may they? ◀─ answers/<name>.<kind>.toml   write
//! ```
//!
//! The share belongs to others. It may be away, full or slow, and whatever lies there may have been put there by anybody. So
//! the agent looks after it in a thread of its own, beside the [rounds](crate::unattended) and never in their way; it makes
//! neither the desk nor a submission's folder in it, lest it fill the disk below a share that is not mounted; it follows no
//! link; and it takes away only what it put there itself, which it knows by a marker with the hashes of the files.
//!
//! What cannot be done is tried again, after a pause that grows; a run never fails for it, and somebody hears of it once.

mod answer;
mod answers;
mod clerk;
mod delivery;
mod inbox;
mod marker;
mod pace;
mod place;
mod status;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    fs::Metadata,
    path::{Path, PathBuf},
    thread::JoinHandle,
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};

use self::{answers::Noticed, clerk::Clerk, delivery::Copier, inbox::Authority, pace::Pace, place::Place};
use crate::{
    config::{Desk, Settings, Submission},
    ledger::{Ledger, LedgerError},
    notify::{Alert, Event},
    run::DataFolder,
    stage::{Places, VerifyError},
    sys::{
        account::{GroupError, OwnerError, account, is_member, owner},
        error::in_full,
        fs::{FsError, clean_left_overs},
        lock::{FolderLock, LockError},
    },
};

/// Why the desk of a submission was not seen to. Each reads on from "failed to".
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// The folder is not there, or is no folder.
    #[error("reach {}: it must be a folder that is there, and no link; where the share is, make it by hand", .0.display())]
    NotThere(PathBuf),
    /// Something of somebody else's has the name of a copy.
    #[error("bring a copy to {}: something lies there that the agent did not put there; take it away", .0.display())]
    InTheWay(PathBuf),
    /// The copy is not the package.
    #[error("read a copy back")]
    ReadBack(#[source] VerifyError),
    /// The copy of a file is not the file.
    #[error("read a copy back: {} is not what was written", .0.display())]
    Differs(PathBuf),
    /// The file system failed.
    #[error(transparent)]
    Fs(#[from] FsError),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Another agent sees to the desks of this data folder.
    #[error(transparent)]
    Lock(#[from] LockError),
}

/// What is done with the world outside, so that tests can do it otherwise.
#[derive(Clone, Copy)]
struct Tools {
    copy: Copier,
    owner: fn(&Metadata) -> Result<Option<String>, OwnerError>,
    is_member: fn(&str, &str) -> Result<bool, GroupError>,
}

impl Default for Tools {
    fn default() -> Self {
        Self { copy: delivery::copy_file, owner, is_member }
    }
}

/// The desks of all submissions.
#[derive(Default)]
pub struct Desks {
    memory: Memory,
    at_work: Option<AtWork>,
}

/// What is remembered from one look to the next.
#[derive(Default)]
struct Memory {
    /// That nobody else sees to the desks of the data folder.
    lock: Option<FolderLock>,
    paces: BTreeMap<String, Pace>,
    noticed: BTreeMap<String, Noticed>,
}

struct AtWork {
    thread: JoinHandle<Memory>,
    since: Timestamp,
}

/// A look that takes longer hangs: no share takes so long for a package.
const HANGS_AFTER: SignedDuration = SignedDuration::from_mins(60);

impl Desks {
    /// Has the desks seen to, and does not wait for it.
    pub fn round(&mut self, settings: &Settings, ledger: &mut Ledger, now: Timestamp) {
        match &self.at_work {
            Some(work) if !work.thread.is_finished() => {
                if now.duration_since(work.since) >= HANGS_AFTER {
                    let name = format!("desk/hangs/{}", work.since);
                    let why = "finish with the desk: the share does not answer".to_owned();
                    for submission in &settings.submissions {
                        if let Some(desk) = &submission.desk {
                            let folder = desk.folder.join(&submission.name);
                            let name = format!("{name}/{}", submission.name);
                            say(ledger, settings, &name, &away(settings, submission, &folder, why.clone(), now));
                        }
                    }
                }
                return;
            }
            _ => self.wait(),
        }
        if settings.submissions.iter().any(|submission| submission.desk.is_some()) {
            let (memory, settings) = (std::mem::take(&mut self.memory), settings.clone());
            let thread = std::thread::spawn(move || see_to_all(memory, &settings, Tools::default(), now));
            self.at_work = Some(AtWork { thread, since: now });
        }
    }

    /// Waits until the desks have been seen to, and where something lies among the answers looks once more: it is not read
    /// before it has stayed the same for a moment.
    pub fn finish(&mut self, settings: &Settings, ledger: &mut Ledger, now: Timestamp) {
        const MOMENT: Duration = Duration::from_secs(2);
        self.wait();
        if self.memory.noticed.values().any(Noticed::has_seen_something) {
            std::thread::sleep(MOMENT);
            self.round(settings, ledger, now);
            self.wait();
        }
    }

    /// Waits until the desks have been seen to.
    fn wait(&mut self) {
        if let Some(work) = self.at_work.take() {
            // What a panic said stands in the log; the next look begins anew.
            self.memory = work.thread.join().unwrap_or_default();
        }
    }
}

fn see_to_all(mut memory: Memory, settings: &Settings, tools: Tools, now: Timestamp) -> Memory {
    let mut ledger = match Ledger::open(&DataFolder(&settings.agent.data_dir).ledger()) {
        Ok(ledger) => ledger,
        Err(error) => {
            tracing::error!("failed to {error}; the desks are seen to in the next round");
            return memory;
        }
    };
    for submission in &settings.submissions {
        let Some(desk) = &submission.desk else { continue };
        let folder = desk.folder.join(&submission.name);
        let pace = memory.paces.entry(submission.name.clone()).or_default();
        if !pace.is_due(now) {
            continue;
        }
        let noticed = memory.noticed.entry(submission.name.clone()).or_default();
        let seen_to = have_lock(&mut memory.lock, settings, now).and_then(|lock| {
            let mut clerk = Clerk { settings, submission, ledger: &mut ledger, tools, now };
            see_to(&folder, desk, lock, &mut clerk, noticed)
        });
        match seen_to {
            Ok(()) => pace.went_well(),
            Err(error) => {
                let why = in_full(&error);
                tracing::warn!(submission = submission.name, "failed to {why}; it is tried again");
                if let Some(since) = pace.failed(now) {
                    let name = format!("desk/{}/{since}", submission.name);
                    say(&mut ledger, settings, &name, &away(settings, submission, &folder, why, now));
                }
            }
        }
    }
    memory
}

/// That nobody else sees to the desks of the data folder.
fn have_lock<'l>(
    lock: &'l mut Option<FolderLock>,
    settings: &Settings,
    now: Timestamp,
) -> Result<&'l FolderLock, DeskError> {
    match lock {
        Some(lock) => Ok(lock),
        None => Ok(lock.insert(FolderLock::take(&settings.agent.data_dir.join("desk"), now, "desk")?)),
    }
}

/// Takes the answers in, brings what is new to the desk and takes away what is not to lie there any more.
fn see_to(
    folder: &Path,
    desk: &Desk,
    lock: &FolderLock,
    clerk: &mut Clerk<'_>,
    noticed: &mut Noticed,
) -> Result<(), DeskError> {
    let place = Place::open(folder)?;
    clean_left_overs(&place.arriving()?, lock)?;
    let agent = account();
    let authority = Authority {
        accept: desk.accept_group.as_deref(),
        approve: clerk.submission.approval.group.as_deref(),
        submit: desk.submit_group.as_deref(),
        agent: &agent,
        owner: clerk.tools.owner,
        is_member: clerk.tools.is_member,
    };
    let answers = answers::take_in(&place, authority, clerk, noticed);
    let Settings { agent, .. } = clerk.settings;
    let data = DataFolder(&agent.data_dir);
    let wanted = delivery::wanted(clerk.ledger, &data, &Places::of(agent), &clerk.submission.name)?;
    let brought = delivery::deliver(&place, &wanted, clerk.tools.copy);
    status::write(&place, &wanted, answers?)?;
    brought
}

fn away(settings: &Settings, submission: &Submission, folder: &Path, why: String, now: Timestamp) -> Alert {
    Alert {
        council: settings.council.name.clone(),
        submission: Some(submission.name.clone()),
        period: None,
        at: now,
        event: Event::DeskAway { folder: folder.display().to_string(), why },
    }
}

fn say(ledger: &mut Ledger, settings: &Settings, name: &str, alert: &Alert) {
    if let Err(error) = ledger.alert_once(name, &alert.to_queue(settings.notify.quiet_time)) {
        tracing::error!("failed to {error}; nobody is told that the desk is out of reach");
    }
}
