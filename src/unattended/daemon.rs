//! One round after another.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};

use super::{
    notices::{Facts, Rehearsals, SubmissionFacts, notices},
    pace::Pace,
    turns::{PlanHistory, kept},
    worker::{Ended, Work, Worker},
};
use crate::{
    config::{Settings, Submission},
    custody::{Custody, fill_outbox},
    document::Faults,
    exit,
    ledger::{Ledger, LedgerError, NewRun, Outcome, RunEnd},
    logs::events,
    mapping::{Draft, Mapping},
    model::Date,
    notify::{Alert, Event},
    retention::Housekeeping,
    run::{DataFolder, bury_killed_runs},
    schedule::{Due, Pause, Purpose, Quiet, Timetable},
    stage::Places,
    sys::{
        account::account,
        clock::civil_date,
        disk::free_bytes,
        fs::Readers,
        hash::Sha256,
        lock::{FolderLock, LockError, Locked, locked},
        machine,
    },
};

/// What a daemon works with.
pub struct Means<'m> {
    /// Reads the settings anew.
    pub read: &'m dyn Fn() -> Result<Settings, Faults>,
    /// Does the runs.
    pub worker: &'m mut dyn Worker,
    /// Sends what waits; called after each round that went well.
    pub deliver: &'m mut dyn FnMut(&Settings, &mut Ledger, Timestamp),
    /// Sees to the desks.
    pub desks: &'m mut dyn FnMut(&Settings, &mut Ledger, Timestamp),
}

/// The agent by itself, in one data folder.
pub struct Daemon<'m> {
    means: Means<'m>,
    settings: Settings,
    /// The timetable of each submission.
    timetables: Vec<Timetable>,
    /// The faults of settings that could not be taken over, by their hash, so that they are told once.
    broken: Option<Sha256>,
    ledger: Ledger,
    /// Whether this machine was the one that the agent is at home on when it was asked last.
    at_home: bool,
    at_work: Option<Begun>,
    /// What the log was told of late.
    pace: Pace,
    /// The last day on which house was kept.
    kept_house: Option<Date>,
    _lock: FolderLock,
}

/// A run that was begun.
struct Begun {
    work: Work,
    /// Attempts at its turn that the ledger knew before.
    attempts: usize,
}

/// What a round leaves to be done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Outlook {
    /// Whether a run goes on.
    pub busy: bool,
    /// When a plan is next due.
    pub next: Timestamp,
}

/// Why the agent does not run by itself.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    /// Another one does.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A timetable has faults.
    #[error("read the timetable:\n{0}")]
    Timetable(Faults),
}

/// Where the lock lies of the one daemon that a data folder has: runs have another, so that people can run by hand.
pub(super) fn lock_folder(data: &Path) -> PathBuf {
    data.join("service")
}

/// How long a run has to stop.
const STOP_WITHIN: Duration = Duration::from_secs(8);
/// Packages are looked back at for longer than a window can be open.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(24 * 200);

impl<'m> Daemon<'m> {
    /// Takes the data folder's lock and opens its ledger.
    pub fn begin(settings: Settings, means: Means<'m>, now: Timestamp) -> Result<Self, DaemonError> {
        let lock = take_lock(&settings.agent.data_dir, now)?;
        let timetables = timetables(&settings).map_err(DaemonError::Timetable)?;
        let ledger = Ledger::open(&DataFolder(&settings.agent.data_dir).ledger())?;
        Ok(Self {
            means,
            settings,
            timetables,
            broken: None,
            ledger,
            at_home: true,
            at_work: None,
            pace: Pace::default(),
            kept_house: None,
            _lock: lock,
        })
    }

    /// Does what is to be done now, and does not wait for it.
    pub fn round(&mut self, now: Timestamp) -> Result<Outlook, DaemonError> {
        self.take_over_settings(now)?;
        if !self.is_at_home(now)? {
            return Ok(Outlook { busy: false, next: Timestamp::MAX });
        }
        self.see_what_has_ended(now)?;
        let pauses = self.pauses(now)?;
        let histories = self.histories(now)?;
        let next = self.begin_what_is_due(now, &histories, &pauses)?;
        self.fill_outboxes(now);
        self.keep_house(now)?;
        self.speak(now, histories, &pauses)?;
        (self.means.desks)(&self.settings, &mut self.ledger, now);
        (self.means.deliver)(&self.settings, &mut self.ledger, now);
        Ok(Outlook { busy: self.at_work.is_some(), next })
    }

    /// Whether this machine is the one that the agent is at home on. On another nothing is done but to say so, once.
    fn is_at_home(&mut self, now: Timestamp) -> Result<bool, DaemonError> {
        let was = self.at_home;
        self.at_home = match self.ledger.settle_in(now) {
            Err(LedgerError::Elsewhere) => false,
            settled => settled.map(|()| true)?,
        };
        match (was, self.at_home) {
            (true, false) => tracing::error!("paused: failed to {}", LedgerError::Elsewhere),
            (false, true) => tracing::info!("the agent was adopted, and keeps its plans on this machine"),
            _ => {}
        }
        if !self.at_home {
            let (council, event) = (self.settings.council.name.clone(), Event::Elsewhere { machine: machine::name() });
            let alert = Alert { council, submission: None, period: None, at: now, event };
            self.ledger.alert_elsewhere(&alert.to_queue(Duration::ZERO))?;
            (self.means.deliver)(&self.settings, &mut self.ledger, now);
        }
        Ok(self.at_home)
    }

    /// What the ledger knows of each plan of each submission. One that is new is kept from now on.
    fn histories(&mut self, now: Timestamp) -> Result<Vec<Vec<PlanHistory>>, LedgerError> {
        let mut all = Vec::new();
        for submission in &self.settings.submissions {
            let mut histories = Vec::new();
            for plan in &submission.plans {
                let kept = kept(submission, plan);
                if self.ledger.said(&kept)?.is_none() {
                    self.ledger.say(&kept, now)?;
                }
                histories.push(PlanHistory::read(&self.ledger, submission, plan, now)?);
            }
            all.push(histories);
        }
        Ok(all)
    }

    /// Begins one run, if none goes on, and says when a plan is next due.
    fn begin_what_is_due(
        &mut self,
        now: Timestamp,
        histories: &[Vec<PlanHistory>],
        pauses: &[Pause],
    ) -> Result<Timestamp, LedgerError> {
        let mut next = Timestamp::MAX;
        let mut wanted: Option<Work> = None;
        for ((submission, timetable), histories) in
            self.settings.submissions.iter().zip(&self.timetables).zip(histories)
        {
            let quiet = Quiet { blackouts: &submission.unattended.blackouts, pauses };
            for (plan, history) in submission.plans.iter().zip(histories) {
                match history.due(now, submission, plan, timetable, quiet) {
                    Due::At(moment) | Due::Parked(_, moment) => next = next.min(moment),
                    Due::Run(turn) => {
                        let (submission, purpose) = (submission.name.clone(), plan.purpose);
                        let work = Work { submission, plan: plan.name.clone(), purpose, turn };
                        // The return itself goes before what is only tried.
                        if wanted.is_none() || plan.purpose == Purpose::Extract {
                            wanted = Some(work);
                        }
                    }
                }
            }
        }
        // Beside somebody who runs by hand nothing begins: it would end at once, and be begun again.
        let free = self.at_work.is_none() && locked(&self.settings.agent.data_dir) == Locked::No;
        if let Some(work) = wanted.filter(|_| free) {
            tracing::info!(submission = work.submission, plan = work.plan, turn = work.turn.slot(), "a run begins");
            let attempts = self.attempts(&work)?;
            match self.means.worker.begin(&work) {
                Ok(()) => self.at_work = Some(Begun { work, attempts }),
                // The next round tries again; that the turn did not run is told when it is overdue.
                Err(error) => tracing::error!("failed to begin the process of a run: {error}"),
            }
        }
        Ok(next)
    }

    /// Whether a run goes on.
    pub fn is_at_work(&mut self) -> bool {
        self.means.worker.is_busy()
    }

    /// Asks the run that goes on to stop, and waits for it no longer than a service manager waits for us.
    pub fn stop(&mut self) {
        self.means.worker.stop(STOP_WITHIN);
    }

    /// What the agent does, in a line for people.
    pub fn says(&self, outlook: Outlook) -> String {
        let doing = match &self.at_work {
            Some(Begun { work, .. }) => format!("plan {} of {} is at work", work.plan, work.submission),
            None if !self.at_home => "paused: at home on another machine (cld-agent adopt)".to_owned(),
            None if outlook.next == Timestamp::MAX => "no plan is kept".to_owned(),
            None => format!("waits until {:.0}", outlook.next),
        };
        if self.broken.is_some() { format!("{doing}; the settings have faults, the last ones hold") } else { doing }
    }

    /// Says which mappings the next runs could not use. They are read by each run, so that none goes on being used.
    pub fn look_at_mappings(&self) {
        for submission in &self.settings.submissions {
            let sound = submission
                .release
                .load()
                .and_then(|release| Mapping::draft(&submission.mapping, &release).and_then(Draft::finish).map(|_| ()));
            let submission = submission.name.as_str();
            match sound {
                Ok(()) => {
                    tracing::info!(name: events::RELOADED, submission, "looked at, because somebody asked: the mapping is sound");
                }
                Err(faults) => {
                    tracing::error!(name: events::MAPPING_BROKEN, submission, "the mapping has faults: {faults}");
                }
            }
        }
    }

    /// The settings that hold.
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Settings and timetables that were mended hold from the next round on; broken ones do not, and somebody is told.
    fn take_over_settings(&mut self, now: Timestamp) -> Result<(), DaemonError> {
        let read = (self.means.read)().and_then(|read| timetables(&read).map(|timetables| (read, timetables)));
        match read {
            // Another data folder has another lock and another ledger: that takes a new start.
            Ok((read, timetables)) if read.agent.data_dir == self.settings.agent.data_dir => {
                (self.settings, self.timetables) = (read, timetables);
                self.broken = None;
            }
            Ok(_) => {}
            Err(faults) => {
                let told = faults.to_string();
                let hash = Sha256::of(told.as_bytes());
                if self.broken.replace(hash) != Some(hash) {
                    tracing::error!(name: events::SETTINGS_BROKEN, "the settings have faults; the last ones hold: {told}");
                    let event = Event::SettingsBroken { faults: faults.iter().map(ToString::to_string).collect() };
                    let council = self.settings.council.name.clone();
                    let alert = Alert { council, submission: None, period: None, at: now, event };
                    let what = format!("settings/{}/{hash}", civil_date(now).iso());
                    self.ledger.alert_once(&what, &alert.to_queue(self.settings.notify.quiet_time))?;
                }
            }
        }
        Ok(())
    }

    /// Closes the lines of runs that ended without a word, and moves the folders that somebody who was killed had not moved: in
    /// the ledger nothing goes on for ever.
    fn see_what_has_ended(&mut self, now: Timestamp) -> Result<(), DaemonError> {
        let ended = self.means.worker.ended();
        let begun = if ended.is_some() { self.at_work.take() } else { None };
        // Who gets the lock knows that nobody is at work; who does not leaves it to the one who is.
        if self.at_work.is_none()
            && (!self.ledger.unended()?.is_empty() || !self.ledger.unmoved_packages()?.is_empty())
            && let Ok(lock) = FolderLock::take(&self.settings.agent.data_dir, now, "daemon")
        {
            let (agent, ledger) = (&self.settings.agent, &mut self.ledger);
            let places = Places::of(agent);
            let agreed = bury_killed_runs(ledger, &places, &lock, now).and_then(|()| {
                let readers = Readers::resolve(agent.readers_group.as_deref())?;
                Ok(Custody::new(ledger, &places, readers).settle()?)
            });
            // A folder that cannot be moved now is tried again with the next round, and keeps nobody from being told things.
            if let Err(error) = agreed {
                self.pace.tell(&error, now);
            }
        }
        if let (Some(ended), Some(Begun { work, attempts })) = (ended, begun) {
            tracing::info!(submission = work.submission, plan = work.plan, ?ended, "the run has ended");
            if self.attempts(&work)? == attempts {
                self.write_down_what_never_began(&work, ended, now)?;
            }
        }
        Ok(())
    }

    /// A run that failed before it could write anything down has had its attempt all the same, or it would be begun again
    /// every minute.
    fn write_down_what_never_began(&mut self, work: &Work, ended: Ended, now: Timestamp) -> Result<(), DaemonError> {
        let slot = work.turn.slot();
        let code = match ended {
            Ended::Code(exit::SUCCESS | exit::BUSY | exit::STOPPED | exit::SUBMITTED) => return Ok(()),
            Ended::Code(code) => Some(code),
            Ended::Died => None,
        };
        let run = self.ledger.begin_run(NewRun {
            submission: &work.submission,
            plan: Some(&work.plan),
            period: work.turn.round.period,
            slot: Some(&slot),
            began: now,
            rehearsal: work.purpose == Purpose::Rehearsal,
            tool_version: env!("CARGO_PKG_VERSION"),
        })?;
        let (outcome, how) = match code {
            Some(code) => (Outcome::Failed, format!("its process ended with exit code {code}")),
            None => (Outcome::Stopped, "its process was killed".to_owned()),
        };
        let may_pass = code.is_some_and(|code| [exit::DISK_FULL, exit::OUTPUT, exit::LEDGER].contains(&code));
        let message = format!("begin the run: {how}");
        self.ledger.finish_run(&run, RunEnd { ended: now, outcome, exit_code: code, may_pass, message: &message })?;
        Ok(())
    }

    /// How many attempts at a turn the ledger knows.
    fn attempts(&self, work: &Work) -> Result<usize, LedgerError> {
        let slot = work.turn.slot();
        let attempts = self.ledger.attempts(&work.submission, &work.plan, Timestamp::UNIX_EPOCH)?;
        Ok(attempts.iter().filter(|run| run.slot.as_deref() == Some(&slot)).count())
    }

    fn pauses(&self, now: Timestamp) -> Result<Vec<Pause>, DaemonError> {
        let since = now.saturating_sub(LOOK_BACK).unwrap_or(Timestamp::MIN);
        let pauses = self.ledger.pauses(since)?;
        Ok(pauses.iter().map(|pause| Pause { from: pause.paused_at, until: pause.until }).collect())
    }

    /// Places what is ready for MESH, where that is set. A folder that is away is tried again with the next round.
    fn fill_outboxes(&mut self, now: Timestamp) {
        let places = Places::of(&self.settings.agent);
        for submission in &self.settings.submissions {
            for placed in fill_outbox(&mut self.ledger, &places, submission, now) {
                match placed {
                    Ok(run) => tracing::info!(%run, "placed for MESH"),
                    Err(error) => self.pace.tell(&error, now),
                }
            }
        }
    }

    /// Lets go of what is old enough: once a day, and never beside a run.
    fn keep_house(&mut self, now: Timestamp) -> Result<(), DaemonError> {
        let today = civil_date(now);
        if self.at_work.is_some() || self.kept_house == Some(today) {
            return Ok(());
        }
        let Ok(lock) = FolderLock::take(&self.settings.agent.data_dir, now, "purge") else { return Ok(()) };
        self.kept_house = Some(today);
        match Housekeeping::new(&self.settings, &mut self.ledger, (now, &account()), &lock).keep() {
            Ok(done) => tracing::info!(purged = done.purged.len(), alerts = done.alerts, "house is kept"),
            Err(error) => {
                tracing::error!("house is not kept: failed to {error}");
                let council = self.settings.council.name.clone();
                let event = Event::NotPurged { what: error.to_string() };
                let alert = Alert { council, submission: None, period: None, at: now, event };
                self.ledger.alert_once(
                    &format!("not-purged/{}", today.iso()),
                    &alert.to_queue(self.settings.notify.quiet_time),
                )?;
            }
        }
        Ok(())
    }

    /// Writes down whatever somebody must hear and has not been told.
    fn speak(&mut self, now: Timestamp, histories: Vec<Vec<PlanHistory>>, pauses: &[Pause]) -> Result<(), DaemonError> {
        let mut submissions = Vec::new();
        let of_each = self.settings.submissions.iter().zip(&self.timetables).zip(histories);
        for ((submission, timetable), histories) in of_each {
            submissions.push(self.facts((submission, timetable), histories, pauses, now)?);
        }
        let data = &self.settings.agent.data_dir;
        let facts = Facts {
            now,
            council: &self.settings.council.name,
            submissions: &submissions,
            expiries: &self.settings.expiries,
            free: free_bytes(data).ok().map(|free| (data.display().to_string(), free)),
        };
        for notice in notices(&facts) {
            if self.ledger.said(&notice.name)?.is_none() {
                self.ledger.alert_once(&notice.name, &notice.alert.to_queue(self.settings.notify.quiet_time))?;
            }
        }
        Ok(())
    }

    fn facts<'f>(
        &self,
        (submission, timetable): (&'f Submission, &'f Timetable),
        histories: Vec<PlanHistory>,
        pauses: &'f [Pause],
        now: Timestamp,
    ) -> Result<SubmissionFacts<'f>, DaemonError> {
        let mut plans = Vec::new();
        let mut rehearsals = BTreeMap::new();
        for (plan, history) in submission.plans.iter().zip(histories) {
            if plan.purpose == Purpose::Rehearsal
                && let Some(last) = history.runs.iter().rfind(|run| run.ended.is_some())
            {
                let before = self.ledger.rehearsed_before(last)?;
                let before = before.map(|before| self.ledger.rehearsal_findings(&before.id)).transpose()?;
                let now = self.ledger.rehearsal_findings(&last.id)?;
                rehearsals.insert(last.id.clone(), Rehearsals { before, now });
            }
            plans.push((plan, history));
        }
        let since = now.saturating_sub(LOOK_BACK).unwrap_or(Timestamp::MIN);
        let at_work = self.at_work.as_ref().map(|begun| &begun.work);
        let at_work = at_work.filter(|work| work.submission == submission.name);
        Ok(SubmissionFacts {
            submission,
            timetable,
            quiet: Quiet { blackouts: &submission.unattended.blackouts, pauses },
            plans,
            packages: self.ledger.packages(&submission.name, since)?,
            rehearsals,
            at_work: at_work.map(|work| (work.plan.clone(), work.turn.slot())),
        })
    }
}

/// The timetable of each submission.
fn timetables(settings: &Settings) -> Result<Vec<Timetable>, Faults> {
    settings.submissions.iter().map(Submission::timetable).collect()
}

/// Whoever asks how things stand holds the lock for a moment: that is no other daemon.
fn take_lock(data: &Path, now: Timestamp) -> Result<FolderLock, LockError> {
    const TRIES: u32 = 3;
    let folder = lock_folder(data);
    for _ in 1..TRIES {
        match FolderLock::take(&folder, now, "daemon") {
            Err(LockError::Held { .. }) => std::thread::sleep(Duration::from_millis(100)),
            taken => return taken,
        }
    }
    FolderLock::take(&folder, now, "daemon")
}
