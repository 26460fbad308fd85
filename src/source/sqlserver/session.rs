//! What is said to the server besides the council's queries.

use std::time::Duration;

use futures_util::TryStreamExt;
use tiberius::{Command, CommandItem, Row};

use super::connect::{Client, Stream};

/// The greatest stand-still of a session: all that may get in the way of others is set to give way.
pub(super) fn manners(isolation: Isolation, lock: Duration) -> String {
    let level = match isolation {
        Isolation::Snapshot => "SNAPSHOT",
        Isolation::ReadCommitted => "READ COMMITTED",
    };
    // TEXTSIZE and ROWCOUNT would cut texts and rows short without a word, NOCOUNT keep back what was counted.
    format!(
        "SET NOCOUNT OFF; SET ROWCOUNT 0; SET TEXTSIZE 2147483647; SET QUOTED_IDENTIFIER ON; \
         SET DEADLOCK_PRIORITY LOW; SET LOCK_TIMEOUT {}; SET TRANSACTION ISOLATION LEVEL {level}; \
         BEGIN TRANSACTION;",
        lock.as_millis()
    )
}

/// How the view is kept unchanging.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Isolation {
    /// All queries see one moment.
    Snapshot,
    /// Each row is one that was committed when it was read.
    ReadCommitted,
}

impl Isolation {
    pub(super) fn told(self) -> &'static str {
        match self {
            Self::Snapshot => "SNAPSHOT isolation, one transaction over all queries",
            Self::ReadCommitted => "READ COMMITTED: rows may have changed between and within queries",
        }
    }
}

/// Whether the database allows snapshots: 1 where it does.
pub(super) const SNAPSHOT_STATE: &str =
    "SELECT CAST(snapshot_isolation_state AS int) AS snapshot_state FROM sys.databases WHERE name = DB_NAME()";

/// Reads something, so that the snapshot's moment is now and not when the first query begins.
pub(super) const TAKE_SNAPSHOT: &str = "SELECT TOP (1) 1 AS taken FROM sys.objects";

/// The parameters of every query, as the server declares them.
pub(super) const DECLARED: &str = "@period_start date, @period_end date";

/// Runs a statement of ours and gives its rows, which are few.
pub(super) async fn ask(client: &mut Client, sql: &str) -> tiberius::Result<Vec<Row>> {
    client.simple_query(sql).await?.into_first_result().await
}

/// Runs a procedure of the system's and gives its rows, which are few.
pub(super) async fn call(client: &mut Client<impl Stream>, command: Command<'_>) -> tiberius::Result<Vec<Row>> {
    let mut stream = command.exec(client).await?;
    let mut rows = Vec::new();
    while let Some(item) = stream.try_next().await? {
        if let CommandItem::Row(row) = item {
            rows.push(row);
        }
    }
    Ok(rows)
}
