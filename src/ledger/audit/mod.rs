//! The audit trail: who did what, and when, in lines that cannot be changed without showing it.
//!
//! Each line is written in the transaction of what it tells of. Its hash is made over that of the line before, so a line
//! that is changed, lost, moved or put in breaks the chain; `audit.head` beside the ledger names the last line, and every
//! package's manifest the last one of its time, so that a trail whose end is cut off is found out too.
//!
//! What the chain cannot show: whoever may write the whole data folder can write the whole chain anew, anchor included. The
//! heads in packages and mails that have left the machine are what it is then held against.

mod anchor;
mod chain;
mod deed;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, Transaction};

pub(super) use self::anchor::{Anchor, Anchored};
use self::chain::{Chain, genesis};
pub use self::{
    chain::AuditFault,
    deed::{Deed, Staged, Used},
};
use super::{Ledger, LedgerError, runs::parsed, second};
pub use crate::stage::AuditHead;

/// A line of the trail, as it is stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditLine {
    /// Its number, from 1.
    pub line: i64,
    /// When it was done, UTC.
    pub at: String,
    /// Who did it: an account of the operating system.
    pub account: String,
    /// What kind of thing.
    pub kind: String,
    /// To what.
    pub subject: String,
    /// How, as JSON.
    pub details: String,
    /// The hash over the hash of the line before, and all of the above.
    pub hash: String,
}

/// What became of a trail.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditAccount {
    /// How many lines it has.
    pub lines: i64,
    /// What is wrong with them.
    pub faults: Vec<AuditFault>,
}

/// Writes a line, in the transaction of what it tells of.
pub(super) fn append(
    transaction: &Transaction<'_>,
    subject: &str,
    deed: &Deed<'_>,
    (at, account): (Timestamp, &str),
) -> rusqlite::Result<()> {
    let before = head(transaction)?;
    let mut line = AuditLine {
        line: before.line + 1,
        at: second(at),
        account: account.to_owned(),
        kind: deed.kind().to_owned(),
        subject: subject.to_owned(),
        details: deed.details(),
        hash: String::new(),
    };
    line.hash = chain::hash(before.sha256, &line).to_string();
    let mut insert = transaction.prepare_cached(
        "INSERT INTO audit (line, at, account, kind, subject, details, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    insert.execute((line.line, line.at, line.account, line.kind, line.subject, line.details, line.hash)).map(|_| ())
}

/// The end of the trail.
pub(super) fn head(connection: &Connection) -> rusqlite::Result<AuditHead> {
    let last = connection
        .prepare_cached("SELECT line, hash FROM audit ORDER BY line DESC LIMIT 1")?
        .query_row([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))
        .optional()?;
    Ok(match last {
        None => AuditHead { line: 0, sha256: genesis() },
        // Where the hash was tampered with, the chain goes on from another, and shows it.
        Some((line, hash)) => AuditHead { line, sha256: hash.parse().unwrap_or_else(|_| genesis()) },
    })
}

/// The end of the trail after a transaction before which it ended in `before`; none where no line was written. If it did not
/// end there as the anchor has it, the last line says so.
pub(super) fn end(
    transaction: &Transaction<'_>,
    before: AuditHead,
    anchor: &Anchor,
) -> rusqlite::Result<Option<AuditHead>> {
    let after = head(transaction)?;
    if after == before {
        return Ok(None);
    }
    let Some(broken) = broken(transaction, before, anchor)? else { return Ok(Some(after)) };
    let (at, account) =
        transaction.query_row("SELECT at, account FROM audit WHERE line = ?1", [after.line], |row| {
            Ok((parsed(row, "at", |text| text.parse().ok())?, row.get::<_, String>("account")?))
        })?;
    append(transaction, "audit trail", &broken, (at, &account))?;
    head(transaction).map(Some)
}

/// Whether the trail ended where the anchor has it; if not, what is to be told.
fn broken(connection: &Connection, end: AuditHead, anchor: &Anchor) -> rusqlite::Result<Option<Deed<'static>>> {
    let anchored = match anchor.read() {
        Anchored::Unreadable => return Ok(None),
        // From now on it is a fault if there is none.
        Anchored::Gone if end.line == 0 => {
            anchor.drop_at(end);
            return Ok(None);
        }
        Anchored::At(head) if head == end => return Ok(None),
        Anchored::At(head) => {
            let hash: Option<String> = connection
                .query_row("SELECT hash FROM audit WHERE line = ?1", [head.line], |row| row.get(0))
                .optional()?;
            let known = if head.line == 0 { Some(genesis().to_string()) } else { hash };
            if known == Some(head.sha256.to_string()) {
                // Another process has not moved it yet, or was killed before it could.
                return Ok(None);
            }
            Some(head.line as u64)
        }
        Anchored::Gone | Anchored::Damaged => None,
    };
    Ok(Some(Deed::TrailBroken { anchored, ended: end.line as u64 }))
}

impl Ledger {
    /// Writes a line about something that the ledger itself does not keep. `at` and `account` say when and who.
    pub fn record(
        &mut self,
        subject: &str,
        deed: &Deed<'_>,
        (at, account): (Timestamp, &str),
    ) -> Result<(), LedgerError> {
        self.write("a line of the audit trail", |transaction| append(transaction, subject, deed, (at, account)))
    }

    /// The end of the trail, for those who keep it elsewhere.
    pub fn audit_head(&self) -> Result<AuditHead, LedgerError> {
        self.read("the end of the audit trail", head)
    }

    /// The lines from a moment on, the earliest first.
    pub fn audit(&self, since: Option<Timestamp>) -> Result<Vec<AuditLine>, LedgerError> {
        self.read("the audit trail", |connection| {
            let mut query = connection.prepare("SELECT * FROM audit WHERE at >= ?1 ORDER BY line")?;
            query.query_map([since.map(second).unwrap_or_default()], read_line)?.collect()
        })
    }

    /// Looks whether every line is what was written, by the chain, by the anchor, and by what others know of it.
    pub fn audit_account(
        &self,
        known: impl IntoIterator<Item = (String, AuditHead)>,
    ) -> Result<AuditAccount, LedgerError> {
        let anchor = Anchor::of(&self.path);
        // Before the lines: one that is written meanwhile is then no longer than it says.
        let anchored = anchor.read();
        let name = anchor.path().display().to_string();
        let known = known.into_iter();
        let (lines, mut faults) = self.read("the audit trail", |connection| {
            let mut chain = Chain::new(known.chain(match anchored {
                Anchored::At(head) => Some((name.clone(), head)),
                Anchored::Gone | Anchored::Damaged | Anchored::Unreadable => None,
            }));
            let mut query = connection.prepare("SELECT * FROM audit ORDER BY line")?;
            let mut rows = query.query([])?;
            while let Some(row) = rows.next()? {
                chain.line(&read_line(row)?);
            }
            Ok(chain.finish())
        })?;
        let no_anchor = match anchored {
            Anchored::Gone if lines > 0 => Some("is not there"),
            Anchored::Damaged => Some("is damaged"),
            Anchored::Unreadable => Some("cannot be read"),
            Anchored::Gone | Anchored::At(_) => None,
        };
        faults.extend(no_anchor.map(|why| AuditFault::NoAnchor(format!("{name} {why}"))));
        Ok(AuditAccount { lines, faults })
    }
}

/// Bytes that are no text are shown as such, so that the line, not the reading, fails.
fn read_line(row: &Row<'_>) -> rusqlite::Result<AuditLine> {
    let text = |column: &str| -> rusqlite::Result<String> {
        Ok(String::from_utf8_lossy(row.get_ref(column)?.as_bytes().unwrap_or_default()).into_owned())
    };
    Ok(AuditLine {
        line: row.get("line")?,
        at: text("at")?,
        account: text("account")?,
        kind: text("kind")?,
        subject: text("subject")?,
        details: text("details")?,
        hash: text("hash")?,
    })
}
