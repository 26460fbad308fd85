//! How a connection shall fail.

/// What goes wrong on one connection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// After so many bytes the server ends the connection.
    Cut(u64),
    /// After so many bytes the connection is reset.
    Reset(u64),
    /// After so many bytes nothing comes any more, and the connection stays open.
    Stall(u64),
    /// The login is refused.
    Refused(ServerError),
    /// Another server is named at login.
    Routed {
        /// Its name.
        host: String,
        /// Its port.
        port: u16,
    },
    /// Statements that hold the text are answered by an error.
    Failing {
        /// Part of the statement.
        text: &'static str,
        /// What the server says.
        error: ServerError,
    },
    /// Every table breaks off after so many rows, with an error.
    MidStream {
        /// Rows before it.
        rows: usize,
        /// What the server says.
        error: ServerError,
    },
    /// The row count that follows a table is wrong by so many.
    Miscounted(i64),
}

/// An error of SQL Server's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ServerError {
    /// Its number.
    pub(crate) number: i32,
    /// Its severity.
    pub(crate) class: u8,
    /// What it says.
    pub(crate) message: String,
}

impl ServerError {
    fn new(number: i32, class: u8, message: &str) -> Self {
        Self { number, class, message: message.to_owned() }
    }

    /// The password is wrong.
    pub(crate) fn login_failed(user: &str) -> Self {
        Self::new(18456, 14, &format!("Login failed for user '{user}'."))
    }

    /// The database cannot be opened: missing, or in recovery.
    pub(crate) fn cannot_open(database: &str) -> Self {
        Self::new(4060, 11, &format!("Cannot open database \"{database}\" requested by the login. The login failed."))
    }

    /// Chosen as the victim of a deadlock.
    pub(crate) fn deadlock() -> Self {
        Self::new(
            1205,
            13,
            "Transaction (Process ID 51) was deadlocked on lock resources with another process and has been chosen as \
             the deadlock victim. Rerun the transaction.",
        )
    }

    /// A lock was not had in time.
    pub(crate) fn lock_timeout() -> Self {
        Self::new(1222, 16, "Lock request time out period exceeded.")
    }

    /// The database does not allow snapshot isolation.
    pub(crate) fn no_snapshot(database: &str) -> Self {
        Self::new(
            3952,
            16,
            &format!(
                "Snapshot isolation transaction failed accessing database '{database}' because snapshot isolation is \
                 not allowed in this database. Use ALTER DATABASE to allow snapshot isolation."
            ),
        )
    }

    /// A value that does not convert, told with the value, as SQL Server does.
    pub(crate) fn conversion(value: &str) -> Self {
        Self::new(245, 16, &format!("Conversion failed when converting the varchar value '{value}' to data type int."))
    }

    /// The columns can't be told without running the statement.
    pub(crate) fn temporary_table() -> Self {
        Self::new(11526, 16, "The metadata could not be determined because statement 'SELECT' uses a temp table.")
    }

    /// No such table.
    pub(crate) fn unknown_object() -> Self {
        Self::new(208, 16, "Invalid object name.")
    }
}
