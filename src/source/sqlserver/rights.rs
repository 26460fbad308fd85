//! What the login may do besides reading.

use tiberius::Row;

/// Asks the server for the rights of the login, one column each: 1, 0, or NULL where the server does not know.
pub(super) const RIGHTS: &str = "\
SELECT IS_SRVROLEMEMBER('sysadmin') AS is_sysadmin,
       HAS_PERMS_BY_NAME(NULL, NULL, 'CONTROL SERVER') AS controls_server,
       IS_ROLEMEMBER('db_owner') AS is_owner,
       IS_ROLEMEMBER('db_datawriter') AS is_writer,
       IS_ROLEMEMBER('db_ddladmin') AS is_ddladmin,
       HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'CONTROL') AS controls_database,
       HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'ALTER') AS alters_database,
       HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'INSERT') AS inserts,
       HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'UPDATE') AS updates,
       HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'DELETE') AS deletes,
       HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'EXECUTE') AS executes,
       (SELECT MAX(HAS_PERMS_BY_NAME(QUOTENAME(SCHEMA_NAME(o.schema_id)) + '.' + QUOTENAME(o.name), 'OBJECT', p.name))
          FROM sys.objects AS o CROSS JOIN (VALUES ('INSERT'), ('UPDATE'), ('DELETE'), ('ALTER')) AS p (name)
         WHERE o.type IN ('U', 'V')) AS writes_a_table,
       HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'SELECT') AS selects,
       USER_NAME() AS user_name";

/// What the login can do that it need not, in the order of [`POWERS`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Rights {
    /// What it can do besides reading, worst first, as a verb with its object.
    pub(super) powers: Vec<&'static str>,
    /// What the server did not tell.
    pub(super) unknown: Vec<&'static str>,
    /// Its user in the database.
    pub(super) user: String,
}

/// Columns of [`RIGHTS`], and what it means where they hold 1.
const POWERS: [(&str, &str); 12] = [
    ("is_sysadmin", "is an administrator of the server (sysadmin)"),
    ("controls_server", "controls the server (CONTROL SERVER)"),
    ("is_owner", "owns the database (db_owner)"),
    ("controls_database", "controls the database (CONTROL)"),
    ("is_writer", "can write to every table (db_datawriter)"),
    ("is_ddladmin", "can change tables (db_ddladmin)"),
    ("alters_database", "can change the database (ALTER)"),
    ("inserts", "can add rows to every table (INSERT)"),
    ("updates", "can change rows of every table (UPDATE)"),
    ("deletes", "can delete rows of every table (DELETE)"),
    ("executes", "can run every procedure (EXECUTE)"),
    ("writes_a_table", "can write to a table or change it (INSERT, UPDATE, DELETE or ALTER)"),
];

impl Rights {
    /// Reads the answer to [`RIGHTS`].
    pub(super) fn of(row: &Row) -> Self {
        let holds = |column: &str| row.try_get::<i32, _>(column).ok().flatten();
        let which = |wanted: Option<i32>| {
            let powers = POWERS.iter().filter(move |(column, _)| holds(column) == wanted);
            powers.map(|(_, what)| *what).collect()
        };
        let user = row.try_get::<&str, _>("user_name").ok().flatten().unwrap_or_default().to_owned();
        Self { powers: which(Some(1)), unknown: which(None), user }
    }
}

/// The least grants, as T-SQL for a DBA to run and to cut down to the tables and views that the queries read.
pub(super) fn least_grants(database: &str, user: &str) -> String {
    let bracketed = |name: &str| format!("[{}]", name.replace(']', "]]"));
    let (database, user) = (bracketed(database), bracketed(if user.is_empty() { "cld_reader" } else { user }));
    format!(
        "USE {database};\nCREATE USER {user} FOR LOGIN {user};  -- unless it is there\n\
         GRANT SELECT ON SCHEMA::[dbo] TO {user};  -- better: on the views that the queries read, and no more\n\
         ALTER ROLE [db_owner] DROP MEMBER {user};  -- and of any other role that writes\n\
         ALTER DATABASE {database} SET ALLOW_SNAPSHOT_ISOLATION ON;"
    )
}
