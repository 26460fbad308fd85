//! Where the agent is at home. A ledger that finds itself on another machine is a copy, and so are the packages beside it and
//! the alerts in it: until a person says that the agent is to go on there, nothing is staged and nothing is sent a second time.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction};

use super::{
    Ledger, LedgerError, NewAlert,
    audit::{Deed, append},
    plans::say,
    second,
    spool::queue,
};
use crate::{model::Reason, sys::machine::Machine};

/// What lines of the audit trail about the agent as a whole are about.
pub(super) const AGENT: &str = "agent";

impl Ledger {
    /// The same ledger, as it would be read on this machine.
    #[must_use]
    pub fn on_machine(self, machine: Machine) -> Self {
        Self { machine, ..self }
    }

    /// Whether this machine is the one that the agent is at home on. One that has been nowhere yet is at home wherever it is.
    pub fn is_at_home(&self) -> Result<bool, LedgerError> {
        Ok(match self.read("where the agent is at home", home)? {
            Home::NoneYet => true,
            Home::On(machine) => machine == self.machine.to_string(),
            Home::Restored => false,
        })
    }

    /// Refuses to go on on another machine than the one that the agent is at home on, which is this one from now on if there
    /// was none.
    pub fn settle_in(&mut self, at: Timestamp) -> Result<(), LedgerError> {
        if !self.is_at_home()? {
            return Err(LedgerError::Elsewhere);
        }
        let (machine, account) = (self.machine.to_string(), self.account.clone());
        if self.read("where the agent is at home", home)? != Home::NoneYet {
            return Ok(());
        }
        self.write("where the agent is at home", |transaction| {
            // Another process may have settled in meanwhile.
            match home(transaction)? {
                Home::NoneYet => move_in(transaction, Some(&machine), (at, &account)),
                Home::On(_) | Home::Restored => Ok(()),
            }
        })
    }

    /// Has the agent be at home on this machine; whether it was not.
    pub fn adopt(&mut self, reason: &Reason, (at, by): (Timestamp, &str)) -> Result<bool, LedgerError> {
        if self.is_at_home()? {
            return Ok(false);
        }
        let machine = self.machine.to_string();
        self.write("where the agent is at home", |transaction| {
            let left = match home(transaction)? {
                Home::On(machine) => Some(machine),
                Home::NoneYet | Home::Restored => None,
            };
            move_in(transaction, Some(&machine), (at, by))?;
            let deed = Deed::Adopted { reason, left: left.as_deref(), machine: &machine };
            append(transaction, AGENT, &deed, (at, by)).map(|()| true)
        })
    }

    /// Writes down an alert which says that the agent is not at home here, once for each time that it moves.
    pub fn alert_elsewhere(&mut self, alert: &NewAlert) -> Result<bool, LedgerError> {
        let machine = self.machine.to_string();
        self.write("an alert", |transaction| {
            let homes: i64 = transaction.query_row("SELECT count(*) FROM homes", [], |row| row.get(0))?;
            let news = say(transaction, &format!("elsewhere/{homes}/{machine}"), alert.raised)?;
            if news {
                queue(transaction, alert)?;
            }
            Ok(news)
        })
    }
}

/// Where the agent is at home.
#[derive(PartialEq, Eq)]
enum Home {
    /// It has been nowhere yet.
    NoneYet,
    /// On this machine.
    On(String),
    /// On none: it came out of a backup.
    Restored,
}

fn home(connection: &Connection) -> rusqlite::Result<Home> {
    let sql = "SELECT machine FROM homes ORDER BY home DESC LIMIT 1";
    let last = connection.query_row(sql, [], |row| row.get::<_, Option<String>>(0)).optional()?;
    Ok(last.map_or(Home::NoneYet, |machine| machine.map_or(Home::Restored, Home::On)))
}

/// Has the agent be at home nowhere.
pub(super) fn leave_home(transaction: &Transaction<'_>, by: (Timestamp, &str)) -> rusqlite::Result<()> {
    move_in(transaction, None, by)
}

fn move_in(transaction: &Transaction<'_>, machine: Option<&str>, (at, by): (Timestamp, &str)) -> rusqlite::Result<()> {
    let sql = "INSERT INTO homes (machine, since, settled_by) VALUES (?1, ?2, ?3)";
    transaction.execute(sql, (machine, second(at), by)).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn open(folder: &tempfile::TempDir, machine: &str) -> Ledger {
        Ledger::open(&folder.path().join("ledger.db"))
            .unwrap()
            .on_machine(Machine::called(machine))
            .acting_as("svc-cld")
    }

    #[test]
    fn a_new_ledger_is_at_home_where_it_is_first_used_and_nowhere_else() {
        let folder = tempfile::tempdir().unwrap();
        let now = at("2026-11-25T06:00:00Z");
        assert!(open(&folder, "clone").is_at_home().unwrap(), "it has been nowhere yet");
        for _ in 0..2 {
            open(&folder, "first").settle_in(now).unwrap();
        }
        assert!(!open(&folder, "clone").is_at_home().unwrap());
        assert!(matches!(open(&folder, "clone").settle_in(now), Err(LedgerError::Elsewhere)));
        assert!(
            matches!(open(&folder, "").settle_in(now), Err(LedgerError::Elsewhere)),
            "one without a name is another"
        );
        assert_eq!(open(&folder, "first").audit(None).unwrap(), [], "a first home is nobody's decision");
    }

    #[test]
    fn a_person_has_it_stay_and_the_first_machine_is_then_the_other() {
        let folder = tempfile::tempdir().unwrap();
        let now = at("2026-11-25T06:00:00Z");
        let reason: Reason = "the old server was switched off".parse().unwrap();
        open(&folder, "first").settle_in(now).unwrap();
        assert!(!open(&folder, "first").adopt(&reason, (now, "ann")).unwrap());
        assert!(open(&folder, "second").adopt(&reason, (now, "ann")).unwrap());
        open(&folder, "second").settle_in(now).unwrap();
        assert!(matches!(open(&folder, "first").settle_in(now), Err(LedgerError::Elsewhere)));
        let [line] = open(&folder, "second").audit(None).unwrap().try_into().unwrap();
        assert_eq!((line.kind.as_str(), line.account.as_str(), line.subject.as_str()), ("adopted", "ann", "agent"));
        let details = format!(
            r#"{{"reason":"{reason}","left":"{}","machine":"{}"}}"#,
            Machine::called("first"),
            Machine::called("second")
        );
        assert_eq!(line.details, details);
    }

    #[test]
    fn machines_without_a_name_cannot_be_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        open(&folder, "").settle_in(at("2026-11-25T06:00:00Z")).unwrap();
        assert!(open(&folder, "").is_at_home().unwrap());
        assert!(!open(&folder, "named").is_at_home().unwrap());
    }
}
