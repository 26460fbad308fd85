//! Opening the file, and its tables.

use std::path::Path;

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use super::{LedgerError, PATIENCE};

/// Each entry leads from the schema of its index to the next one. Entries are added, never changed.
const MIGRATIONS: [&str; 9] = [
    include_str!("schema-1.sql"),
    include_str!("schema-2.sql"),
    include_str!("schema-3.sql"),
    include_str!("schema-4.sql"),
    include_str!("schema-5.sql"),
    include_str!("schema-6.sql"),
    include_str!("schema-7.sql"),
    include_str!("schema-8.sql"),
    include_str!("schema-9.sql"),
];

/// Marks the file as a ledger (SQLite's `application_id`): "CLDA".
const APPLICATION: i64 = 0x434c_4441;

/// Opens the file and brings its schema up to date.
pub(super) fn open(path: &Path) -> Result<Connection, LedgerError> {
    let failed = |source: rusqlite::Error| match source.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => LedgerError::Damaged(path.to_owned()),
        _ => LedgerError::Open { path: path.to_owned(), source },
    };
    let mut connection = Connection::open(path).map_err(failed)?;
    connection.busy_timeout(PATIENCE).map_err(failed)?;
    refuse_what_is_not_ours(&connection, path, failed)?;

    connection.pragma_update(None, "journal_mode", "WAL").map_err(failed)?;
    connection.pragma_update(None, "synchronous", "FULL").map_err(failed)?;
    connection.pragma_update(None, "foreign_keys", true).map_err(failed)?;
    migrate(&mut connection).map_err(failed)?;
    Ok(connection)
}

/// Opens the file as it is, for whoever only reads.
pub(super) fn open_to_read(path: &Path) -> Result<Connection, LedgerError> {
    let failed = |source: rusqlite::Error| match source.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => LedgerError::Damaged(path.to_owned()),
        _ => LedgerError::Open { path: path.to_owned(), source },
    };
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    connection.busy_timeout(PATIENCE).map_err(failed)?;
    refuse_what_is_not_ours(&connection, path, failed)?;
    let (found, known) = (number(&connection, "user_version").map_err(failed)?, MIGRATIONS.len() as i64);
    if found < known {
        return Err(LedgerError::Older { path: path.to_owned(), found, known });
    }
    Ok(connection)
}

/// Looks before anything is written.
fn refuse_what_is_not_ours(
    connection: &Connection,
    path: &Path,
    failed: impl Fn(rusqlite::Error) -> LedgerError,
) -> Result<(), LedgerError> {
    let sound: String = connection.pragma_query_value(None, "quick_check", |row| row.get(0)).map_err(&failed)?;
    if sound != "ok" {
        return Err(LedgerError::Damaged(path.to_owned()));
    }
    let application = number(connection, "application_id").map_err(&failed)?;
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(&failed)?;
    if application != APPLICATION && (application != 0 || tables > 0) {
        return Err(LedgerError::Foreign(path.to_owned()));
    }
    let (found, known) = (number(connection, "user_version").map_err(&failed)?, MIGRATIONS.len() as i64);
    if found > known {
        return Err(LedgerError::Newer { path: path.to_owned(), found, known });
    }
    Ok(())
}

/// The version is read again in the transaction that changes it: two processes may open a new ledger at once. One that is
/// up to date is not written to.
fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    if number(connection, "user_version")? == MIGRATIONS.len() as i64 {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version = number(&transaction, "user_version")?;
    for migration in MIGRATIONS.iter().skip(usize::try_from(version).unwrap_or(0)) {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.pragma_update(None, "user_version", MIGRATIONS.len() as i64)?;
    transaction.commit()
}

fn number(connection: &Connection, pragma: &str) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, pragma, |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::sys::fs::write_whole;

    #[test]
    fn a_new_ledger_waits_for_the_disk_and_is_opened_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        for _ in 0..2 {
            let connection = open(&path).unwrap();
            let mode: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
            assert_eq!((mode.as_str(), number(&connection, "synchronous").unwrap()), ("wal", 2));
            assert_eq!(number(&connection, "user_version").unwrap(), MIGRATIONS.len() as i64);
        }
    }

    #[test]
    fn a_ledger_of_every_earlier_version_keeps_what_it_knows() {
        for version in 1..MIGRATIONS.len() {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("ledger.db");
            let old = Connection::open(&path).unwrap();
            for migration in &MIGRATIONS[..version] {
                old.execute_batch(migration).unwrap();
            }
            old.pragma_update(None, "application_id", APPLICATION).unwrap();
            old.pragma_update(None, "user_version", version as i64).unwrap();
            let run = "INSERT INTO runs (run_id, began, nth, submission, period, attempt, ended, state, tool_version)
                       VALUES ('20261010T060000Z', '2026-10-10T06:00:00Z', 1, 'adult', '2025-10-01_2026-09-30', 1,
                               '2026-10-10T06:01:00Z', 'released', '0.1.0')";
            old.execute_batch(run).unwrap();
            let package = "INSERT INTO packages (run_id, state, path, manifest_sha256, upload_sha256, rows, staged_at)
                           VALUES ('20261010T060000Z', 'ready', 'staging/adult', ?1, ?1, 42, '2026-10-10T06:01:00Z')";
            old.execute(package, ["0".repeat(64)]).unwrap();
            // Since version 7 where a package stands has a column of its own.
            if version >= 7 {
                old.execute("UPDATE packages SET stands = state", []).unwrap();
            }
            drop(old);

            let ledger = crate::ledger::Ledger::open(&path).unwrap();
            assert_eq!(number(&ledger.connection, "user_version").unwrap(), MIGRATIONS.len() as i64);
            let baseline = ledger.baseline("adult").unwrap().unwrap();
            assert_eq!((baseline.rows, baseline.index), (42, None));
            assert_eq!(ledger.runs(9).unwrap().len(), 1);
            assert_eq!(ledger.alerts_waiting().unwrap(), []);
        }
    }

    #[test]
    fn a_ledger_of_a_newer_version_is_refused_and_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
        let before = fs::read(&path).unwrap();
        let error = open(&path).unwrap_err();
        assert!(
            matches!(error, LedgerError::Newer { found: 99, known, .. } if known == MIGRATIONS.len() as i64),
            "{error}"
        );
        assert_eq!(fs::read(&path).unwrap(), before);
    }

    #[test]
    fn whoever_only_reads_changes_nothing_and_makes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        assert!(matches!(open_to_read(&path), Err(LedgerError::Open { .. })));
        assert!(!path.exists());

        let writer = open(&path).unwrap();
        let reader = open_to_read(&path).unwrap();
        assert!(reader.execute("DELETE FROM runs", []).is_err());
        writer.pragma_update(None, "user_version", 3).unwrap();
        let error = open_to_read(&path).unwrap_err();
        assert!(matches!(error, LedgerError::Older { found: 3, .. }), "{error}");
    }

    #[test]
    fn a_damaged_ledger_is_refused_and_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        drop(open(&path).unwrap());
        let whole = fs::read(&path).unwrap();
        let page = 4096;
        let mut damaged_page = whole.clone();
        damaged_page[2 * page..3 * page].fill(0xff);
        for damaged in
            [damaged_page, whole[..whole.len() - page].to_vec(), b"not a database, but long enough".repeat(200)]
        {
            write_whole(&path, &damaged).unwrap();
            let error = open(&path).unwrap_err();
            assert!(matches!(error, LedgerError::Damaged(_)), "{error}");
            assert_eq!(fs::read(&path).unwrap(), damaged);
        }
    }

    #[test]
    fn another_programs_database_is_refused_and_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("council.db");
        Connection::open(&path).unwrap().execute_batch("CREATE TABLE person (id)").unwrap();
        let before = fs::read(&path).unwrap();
        assert!(matches!(open(&path), Err(LedgerError::Foreign(_))));
        assert_eq!(fs::read(&path).unwrap(), before);
    }

    #[test]
    fn a_ledger_that_cannot_be_opened_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = open(&folder.path().join("nowhere/ledger.db")).unwrap_err();
        assert!(matches!(error, LedgerError::Open { .. }) && error.to_string().ends_with("ledger.db"), "{error}");
    }
}
