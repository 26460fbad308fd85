//! Carrying it out.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{
    RetentionError,
    ages::{Part, Rule},
    kept::{Inventory, Item, Warning, warning_name},
};
use crate::{
    config::Settings,
    ledger::{Ledger, PurgeOrder, PurgeRow},
    model::Date,
    notify::{Alert, Event},
    sys::{clock::civil_date, failpoint, fs::remove, lock::FolderLock},
};

/// Whoever holds it keeps house.
pub struct Housekeeping<'a> {
    settings: &'a Settings,
    ledger: &'a mut Ledger,
    account: &'a str,
    now: Timestamp,
}

/// What would be done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plan {
    /// Everything that lies there, with when it goes.
    pub items: Vec<Item>,
    /// Alerts that are old enough to be forgotten.
    pub alerts: u64,
    /// Packages that go soon, of which nobody has been warned: the run, and the day.
    pub warnings: Vec<(String, Date)>,
    /// Purges that were ordered, and died on the way.
    pub open: Vec<PurgeRow>,
}

/// Something that was purged.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Purged {
    /// What kind of thing.
    pub what: String,
    /// Of which run or import.
    pub subject: String,
    /// By what rule.
    pub rule: String,
    /// How many files.
    pub files: u64,
    /// How large they were.
    pub bytes: u64,
}

/// What was done.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Done {
    /// What was purged.
    pub purged: Vec<Purged>,
    /// Of which packages somebody is warned: the run, and the day on which it goes.
    pub warned: Vec<(String, Date)>,
    /// How many alerts were forgotten.
    pub alerts: u64,
}

/// A warning is told at once, each of its own.
const QUIET_TIME: Duration = Duration::ZERO;

impl<'a> Housekeeping<'a> {
    /// Takes charge, of what holds now. Nobody else may be at work in the data folder, and the lock says so.
    pub fn new(
        settings: &'a Settings,
        ledger: &'a mut Ledger,
        (now, account): (Timestamp, &'a str),
        _held: &FolderLock,
    ) -> Self {
        Self { settings, ledger, account, now }
    }

    /// What would be done, without doing any of it.
    pub fn plan(settings: &Settings, ledger: &Ledger, now: Timestamp) -> Result<Plan, RetentionError> {
        let (items, warnings) = Inventory::read(settings, ledger)?.items(ledger, now)?;
        Ok(Plan {
            items,
            alerts: ledger.alerts_settled(forgotten_before(settings, now))?,
            warnings: warnings.iter().map(Warning::told).collect(),
            open: ledger.open_purges()?,
        })
    }

    /// Carries out what was left open, warns, and lets go of what is due.
    ///
    /// What does not go, because a program holds it open, does not keep the rest: it is the error at the end, and its order
    /// stays open.
    pub fn keep(&mut self) -> Result<Done, RetentionError> {
        let mut done = Done::default();
        let mut failed = None;
        let today = civil_date(self.now);
        for open in self.ledger.open_purges()? {
            // What is left is kept if somebody has asked for that meanwhile; the order waits.
            if Inventory::read(self.settings, self.ledger)?.is_retained(&open.subject, today) {
                continue;
            }
            self.carry_out(open, &mut done).unwrap_or_else(|error| failed = failed.take().or(Some(error)));
        }
        let (items, warnings) = Inventory::read(self.settings, self.ledger)?.items(self.ledger, self.now)?;
        for warning in &warnings {
            self.warn(warning)?;
            done.warned.push(warning.told());
        }
        let open = self.ledger.open_purges()?;
        let is_open =
            |item: &Item| open.iter().any(|open| open.what == item.part.as_str() && open.subject == item.subject);
        for item in items.iter().filter(|item| item.leaves.is_due(today) && !is_open(item)) {
            let order = self.order(item)?;
            self.carry_out(order, &mut done).unwrap_or_else(|error| failed = failed.take().or(Some(error)));
        }
        let rule = Rule::Delivered(self.settings.retention.alerts).to_string();
        let before = forgotten_before(self.settings, self.now);
        done.alerts = self.ledger.forget_alerts(before, &rule, (self.now, self.account))?;
        failed.map_or(Ok(done), Err)
    }

    fn warn(&mut self, warning: &Warning) -> Result<(), RetentionError> {
        let Warning { row, on, folder } = warning;
        let alert = Alert {
            council: self.settings.council.name.clone(),
            submission: Some(row.submission.clone()),
            period: Some(row.period),
            at: self.now,
            event: Event::PurgeComing { run: row.id.clone(), on: *on, folder: folder.display().to_string() },
        };
        self.ledger.alert_once(&warning_name(row.id.as_str()), &alert.to_queue(QUIET_TIME))?;
        Ok(())
    }

    /// From here on nothing brings the thing back: if this process dies, the next one goes on.
    fn order(&mut self, item: &Item) -> Result<PurgeRow, RetentionError> {
        let (what, rule) = (item.part.as_str(), item.leaves.rule().to_string());
        let Item { subject, sha256, files, .. } = item;
        let order = PurgeOrder { what, subject, rule: &rule, files: files.count, bytes: files.bytes, sha256: *sha256 };
        let purge = self.ledger.order_purge(order, self.now)?;
        failpoint::reach(failpoint::PURGE_ORDERED);
        Ok(PurgeRow {
            purge,
            what: what.to_owned(),
            subject: subject.clone(),
            rule,
            files: files.count,
            bytes: files.bytes,
            sha256: *sha256,
            purged_at: None,
        })
    }

    /// Removes what is still there, and writes down that nothing is.
    fn carry_out(&mut self, order: PurgeRow, done: &mut Done) -> Result<(), RetentionError> {
        // An order of a newer version is left to it.
        let Some(part) = Part::from_word(&order.what) else { return Ok(()) };
        let files = Inventory::read(self.settings, self.ledger)?.files(part, &order.subject)?;
        for path in &files.paths {
            remove(path)?;
            failpoint::reach(failpoint::PURGE_BEGUN);
        }
        failpoint::reach(failpoint::PURGE_REMOVED);
        self.ledger.purged(&order, (self.now, self.account))?;
        failpoint::reach(failpoint::PURGE_WRITTEN_DOWN);
        let PurgeRow { what, subject, rule, files, bytes, .. } = order;
        done.purged.push(Purged { what, subject, rule, files, bytes });
        Ok(())
    }
}

impl Warning {
    fn told(&self) -> (String, Date) {
        (self.row.id.to_string(), self.on)
    }
}

fn forgotten_before(settings: &Settings, now: Timestamp) -> Timestamp {
    let age = SignedDuration::from_hours(24 * i64::from(settings.retention.alerts));
    now.saturating_sub(age).unwrap_or(Timestamp::MIN)
}
