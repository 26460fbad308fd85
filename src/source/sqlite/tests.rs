use std::time::Instant;

use super::*;
use crate::source::{
    Class,
    testing::{Table, message, parameters, put, query, read, read_from},
};
use crate::sys::shutdown::Shutdown;

struct Database {
    folder: tempfile::TempDir,
    writer: Connection,
}

impl Database {
    fn new(sql: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let writer = Connection::open(folder.path().join("council.db")).unwrap();
        writer.execute_batch(sql).unwrap();
        Self { folder, writer }
    }

    fn source(&self) -> Sqlite {
        Sqlite::new(self.folder.path().join("council.db")).patience(Duration::from_millis(20))
    }

    fn rows(&self, sql: &str) -> Result<Vec<Vec<String>>, SourceError> {
        read(&mut self.source(), &query(sql))
    }

    #[track_caller]
    fn assert_refused(&self, sql: &str, expected: &str) {
        let error = message(&self.rows(sql).unwrap_err());
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn values_of_every_type_become_text() {
    let database = Database::new("CREATE TABLE t (v); INSERT INTO t VALUES (NULL), ('Zoë'), (''), (7), (0.1), (-2.0)");
    assert_eq!(
        database.rows("SELECT v AS w FROM t ORDER BY rowid").unwrap().concat(),
        ["w", "", "Zoë", "", "7", "0.1", "-2"]
    );
}

#[test]
fn the_period_is_bound_where_a_query_asks_for_it() {
    let database = Database::new("CREATE TABLE t (d); INSERT INTO t VALUES ('2025-09-30'), ('2026-01-31')");
    let sql =
        "-- in the period\nWITH x AS (SELECT d FROM t WHERE d BETWEEN :period_start AND :period_end) SELECT d FROM x;";
    assert_eq!(database.rows(sql).unwrap(), [["d"], ["2026-01-31"]]);
    assert_eq!(database.rows("SELECT :period_end AS e").unwrap(), [["e"], ["2026-09-30"]]);
    database.assert_refused("SELECT d FROM t WHERE d > :today", "asks for :today");
    database.assert_refused("SELECT d FROM t WHERE d > ?", "asks for ?");
}

#[test]
fn only_one_select_is_run() {
    let database = Database::new("CREATE TABLE t (d)");
    for sql in [
        "",
        "DELETE FROM t",
        "PRAGMA query_only = 0",
        "ATTACH 'x' AS y",
        "EXPLAIN SELECT 1",
        "WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x RETURNING d",
    ] {
        database.assert_refused(sql, "use the query sql/requests.sql: it must be one SELECT");
    }
    database.assert_refused("SELECT 1; SELECT 2", "several statements");
    assert!(database.rows("SELECT 1; -- the end\n").is_ok());
}

#[test]
fn faults_in_the_sql_are_named_by_line_and_column() {
    let database = Database::new("CREATE TABLE t (d)");
    let near = "understand the query sql/requests.sql, line 2, column 8: no such column: e";
    database.assert_refused("SELECT d\n     , e FROM t", near);
    database.assert_refused("SELECT d FROM t\nWHERE WHERE", "line 2, column 7: near \"WHERE\": syntax error");
    database.assert_refused("SELECT d FROM persons", "no such table: persons");
    database.assert_refused("SELECT d, d FROM t", "columns 1 and 2 have the same name");
}

#[test]
fn a_value_that_is_no_text_is_named_by_row_and_column_but_not_shown() {
    let database =
        Database::new("CREATE TABLE t (v); INSERT INTO t VALUES ('ok'), (x'536D697468'), (CAST(x'536DE9' AS TEXT))");
    database.assert_refused(
        "SELECT 1 AS k, v FROM t WHERE rowid < 3",
        "read row 2, column v of sql/requests.sql: it is a BLOB",
    );
    database.assert_refused(
        "SELECT v FROM t WHERE rowid > 2",
        "read row 1, column v of sql/requests.sql: its text is not UTF-8",
    );
    database.assert_refused("SELECT printf('%20000000s', '') AS v", "longer than 16 MB");
    let error = database.rows("SELECT json_extract('{}', v) FROM t").unwrap_err();
    assert!(message(&error).starts_with("read row 1 of sql/requests.sql: SQLite could not compute it"));
    assert!(!format!("{} {error:?}", message(&error)).contains("ok"), "the path is a value");
}

#[test]
fn one_snapshot_holds_over_all_queries_while_others_write() {
    let database = Database::new("PRAGMA journal_mode = WAL; CREATE TABLE t (d); INSERT INTO t VALUES (1)");
    let mut source = database.source();
    let mut snapshot = source.open(&Shutdown::default()).unwrap();
    database.writer.execute_batch("INSERT INTO t VALUES (2)").unwrap();
    assert_eq!(read_from(&mut *snapshot, &query("SELECT d FROM t")).unwrap().len(), 2);
    database.writer.execute_batch("INSERT INTO t VALUES (3)").unwrap();
    assert_eq!(read_from(&mut *snapshot, &query("SELECT d AS again FROM t")).unwrap().len(), 2);
    drop(snapshot);
    assert_eq!(database.rows("SELECT d FROM t").unwrap().len(), 4);
}

#[test]
fn the_fingerprint_follows_the_tables_and_not_the_rows() {
    let database = Database::new("CREATE TABLE t (d)");
    let fingerprint = || database.source().open(&Shutdown::default()).unwrap().facts().fingerprint;
    let before = fingerprint();
    database.writer.execute_batch("INSERT INTO t VALUES (2)").unwrap();
    assert_eq!(fingerprint(), before);
    database.writer.execute_batch("ALTER TABLE t ADD COLUMN e").unwrap();
    assert_ne!(fingerprint(), before);
}

#[test]
fn a_locked_database_may_be_tried_again() {
    let database = Database::new("CREATE TABLE t (d); BEGIN EXCLUSIVE");
    let error = database.rows("SELECT d FROM t").unwrap_err();
    assert!(error.is_transient() && message(&error).contains("another program has locked it"));
}

#[test]
fn a_file_that_is_no_database_is_told_from_one_that_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let open = |path: PathBuf| message(&Sqlite::new(path).open(&Shutdown::default()).err().unwrap());
    assert!(open(folder.path().join("none.db")).starts_with("open the database"));
    assert!(open(put(folder.path(), "text.db", b"name,age")).contains("it is none, or it is encrypted"));
    assert!(open(put(folder.path(), "empty.db", b"")).contains("it is none, or it is encrypted"));
    let database = Database::new("CREATE TABLE t (d)");
    let mut bytes = std::fs::read(database.folder.path().join("council.db")).unwrap();
    bytes[100..200].fill(0xFF);
    assert!(open(put(folder.path(), "torn.db", &bytes)).contains("the database is damaged"));
}

#[cfg(unix)]
#[test]
fn a_write_ahead_log_out_of_reach_is_explained() {
    let database = Database::new("PRAGMA journal_mode = WAL; CREATE TABLE t (d)");
    let bytes = std::fs::read(database.folder.path().join("council.db")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    // SQLite follows no link in the place of the shared memory, so that not even root can open it.
    std::os::unix::fs::symlink("elsewhere", folder.path().join("copy.db-shm")).unwrap();
    let error = Sqlite::new(put(folder.path(), "copy.db", &bytes)).open(&Shutdown::default()).err().unwrap();
    assert!(message(&error).contains("VACUUM INTO"), "{}", message(&error));
}

#[test]
fn a_query_that_computes_for_hours_can_be_stopped() {
    let database = Database::new("CREATE TABLE t (d)");
    let mut source = database.source();
    let stop = Shutdown::default();
    let mut snapshot = source.open(&stop).unwrap();
    let endless = query("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n WHERE i < 0");
    let began = Instant::now();
    let error = std::thread::scope(|scope| {
        let read = scope.spawn(|| snapshot.read(&endless, parameters(), &mut Table::default()).unwrap_err());
        std::thread::sleep(Duration::from_millis(50));
        stop.request();
        read.join().unwrap()
    });
    assert_eq!(error.class(), Class::Stopped);
    assert!(began.elapsed() < Duration::from_secs(10));
}
