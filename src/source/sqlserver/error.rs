//! What can go wrong with a SQL Server.
//!
//! What the server says holds values from the data (a conversion that failed quotes what it could not convert), so its
//! texts are never shown: its number is, with our own words for it.

use std::{fmt, path::PathBuf, time::Duration};

use super::{super::Class, known::Known};
use crate::{
    config::{NetworkError, SecretError, sqlserver::told},
    sys::entra::TokenFault,
};

/// Why a SQL Server or a query on it could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SqlServerError {
    /// The password, or what stands for it, is not to be had.
    #[error("log in to {server}")]
    Secret {
        /// The server.
        server: String,
        /// Why.
        #[source]
        source: SecretError,
    },
    /// A file of the configuration can't be read.
    #[error("read {}; check the path and that the agent's account may read it", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the machine said.
        #[source]
        source: std::io::Error,
    },
    /// The machine gives us no runtime to wait on.
    #[error("talk to {server}: this machine gives no sockets or timers")]
    Runtime {
        /// The server.
        server: String,
        /// What the machine said.
        #[source]
        source: std::io::Error,
    },
    /// The connection could not be made.
    #[error("connect to {server}: {fault}")]
    Connect {
        /// The server.
        server: String,
        /// What happened.
        fault: ConnectFault,
    },
    /// The way to whoever gives tokens cannot be prepared.
    #[error("get a token for {server}")]
    Network {
        /// The server.
        server: String,
        /// Why.
        #[source]
        source: NetworkError,
    },
    /// No token was given.
    #[error("get a token for {server} from {authority}: {fault}")]
    Token {
        /// The server.
        server: String,
        /// Who gives tokens.
        authority: String,
        /// What happened.
        fault: TokenFault,
    },
    /// The server refused us, or what we asked outside any query.
    #[error("{} {server}: {said}", if said.is_of_login() { "log in to" } else { "work with" })]
    Server {
        /// The server.
        server: String,
        /// What it said.
        said: Said,
    },
    /// The database allows no snapshots, and the configuration wants one.
    #[error(
        "read {database} on {server} as it is at one moment: it does not allow snapshot isolation; have a DBA run \
         ALTER DATABASE … SET ALLOW_SNAPSHOT_ISOLATION ON, or set without_snapshot = \"read-committed\""
    )]
    NoSnapshot {
        /// The server.
        server: String,
        /// The database.
        database: String,
    },
    /// The login can write, and nothing but its rights was to keep a query from it.
    #[error(
        "trust the queries to the rights of the login on {server}: it {can}; take that right away, or set \
         guard = \"parse\""
    )]
    CanWrite {
        /// The server.
        server: String,
        /// What it can do.
        can: &'static str,
    },
    /// The data is older than it may be.
    #[error("use {database} on {server}: its data is {age} old and may be {oldest} old; it was not restored yet", age = told(*age), oldest = told(*oldest))]
    Stale {
        /// The server.
        server: String,
        /// The database.
        database: String,
        /// How old it is.
        age: Duration,
        /// How old it may be.
        oldest: Duration,
    },
    /// The query for the age of the data gives no moment.
    #[error("learn the age of the data from {}: it must return one row with one date and time", .file.display())]
    NoMoment {
        /// The query's file.
        file: PathBuf,
    },
    /// The query is not one that may be run.
    #[error("use the query {}, line {line}, column {column}: {refusal}", .file.display())]
    Refused {
        /// The query's file.
        file: PathBuf,
        /// From 1.
        line: u64,
        /// In characters, from 1.
        column: u64,
        /// Why.
        refusal: Refusal,
    },
    /// The server did not take the query, or gave up on it.
    #[error("run the query {}: {said}", .file.display())]
    Query {
        /// The query's file.
        file: PathBuf,
        /// What the server said.
        said: Said,
    },
    /// The query returned no columns.
    #[error("use the query {}: it returns no columns", .file.display())]
    NoColumns {
        /// The query's file.
        file: PathBuf,
    },
    /// The query returned several sets of rows.
    #[error("use the query {}: it returns more than one set of rows; keep the one that is wanted", .file.display())]
    SeveralSets {
        /// The query's file.
        file: PathBuf,
    },
    /// A column without a name.
    #[error("use the query {}: its column {place} has no name; give it one with AS", .file.display())]
    NoName {
        /// The query's file.
        file: PathBuf,
        /// From 1.
        place: usize,
    },
    /// A column of a type that has no text.
    #[error("read column {column} of {}: {why}", .file.display())]
    Column {
        /// The query's file.
        file: PathBuf,
        /// Its name.
        column: String,
        /// Why it has no text.
        why: Unreadable,
    },
}

/// Why a connection could not be made.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ConnectFault {
    /// No machine of the name.
    #[error("no machine of that name is known here; check 'host', and the DNS of this machine")]
    Name,
    /// Nobody listens.
    #[error("nothing listens there; check 'host' and 'port', that the server runs and that it accepts TCP")]
    Refused,
    /// Nothing came back.
    #[error("no answer came in {}; check 'host' and 'port', and the firewalls in between", told(*.0))]
    Silent(Duration),
    /// There is no way.
    #[error("this machine finds no way there; check its network")]
    NoWay,
    /// The Browser service does not know.
    #[error(
        "the SQL Server Browser service there does not tell the port of the instance; check 'instance', or give 'port'"
    )]
    Instance,
    /// The certificate is signed by nobody whom we believe.
    #[error(
        "its certificate is signed by nobody whom this machine believes; give the council's authority as \
         'certificate_authority'"
    )]
    UnknownIssuer,
    /// The certificate is for another name.
    #[error("its certificate is for another name; connect by that name, or give it as 'certificate_name'")]
    OtherName,
    /// The certificate is too old.
    #[error("its certificate has expired; the server's administrators must renew it")]
    Expired,
    /// Something else is wrong with the certificate.
    #[error("its certificate can't be believed; the server's administrators must replace it")]
    Certificate,
    /// The file of the authority holds no certificate.
    #[error("the file 'certificate_authority' holds no certificate (PEM or DER)")]
    Authority,
    /// TLS failed.
    #[error("encryption could not be agreed on; the server may speak only versions of TLS that are no longer safe")]
    Tls,
    /// The server offers no encryption.
    #[error("the server offers no encryption, and nothing is sent without it; have it set up there")]
    NoEncryption,
    /// We were sent on too often.
    #[error("it sent us on to another server {0} times; check the routing of the availability group")]
    Redirected(usize),
    /// It hung up.
    #[error("the connection was cut before the login was through")]
    Cut,
    /// What came back is no SQL Server's.
    #[error("what answers there does not speak as a SQL Server does; check 'host' and 'port'")]
    Protocol,
}

/// An error of the server's: its number, and what it means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Said {
    /// Its number.
    pub number: u32,
    /// How grave the server holds it to be, up to 25.
    pub severity: u8,
    /// The line of the text that we sent, from 1, or 0 where it is not about one.
    pub line: u32,
}

impl Said {
    pub(super) fn of(error: &tiberius::error::TokenError) -> Self {
        Self { number: error.code(), severity: error.class(), line: error.line() }
    }

    pub(super) fn known(self) -> Known {
        Known::of(self.number, self.severity)
    }

    /// Whether it could not tell the columns of a query without running it.
    pub(super) fn is_undescribed(self) -> bool {
        super::known::is_undescribed(self.number)
    }

    fn is_of_login(self) -> bool {
        self.known().is_of_login
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = self.known();
        write!(f, "{} (error {}", known.what, self.number)?;
        if known.is_of_the_query && self.line > 0 {
            write!(f, ", near line {}", self.line)?;
        }
        write!(f, "); {}", known.advice)
    }
}

/// Why a query is not run.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    /// It can't be read.
    #[error("it can't be understood: {0}")]
    Unclear(String),
    /// It is not a SELECT.
    #[error("it must be one SELECT (it may begin with WITH)")]
    NotASelect,
    /// More than one statement.
    #[error("it holds several statements; keep one SELECT")]
    Several,
    /// A word that does more than read.
    #[error("{0} does more than read")]
    Word(String),
    /// A word that reads elsewhere.
    #[error("{0} reads outside the database")]
    Reaches(String),
    /// A hint that takes locks.
    #[error(
        "{0} takes locks for which the case system would wait; take the hint away, the snapshot needs none (as the name \
         of a column it stands in brackets)"
    )]
    Locks(String),
    /// A hint that passes over rows.
    #[error("{0} leaves out the rows that somebody else holds, without a word; take the hint away")]
    Skips(String),
    /// A name that leads out of the database.
    #[error(
        "{0} lies outside the database; name it under 'outside' in the query's part of the mapping if that is right"
    )]
    Outside(String),
    /// A procedure of the system's.
    #[error("{0} is a procedure of the system's")]
    System(String),
    /// A parameter that nobody gives.
    #[error("it asks for :{0}; a query may ask for :period_start and :period_end")]
    Parameter(String),
    /// A character by which two readers of the text could disagree.
    #[error("there is a control character; remove it")]
    Control,
}

/// Why a column's type has no text.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Unreadable {
    /// Bytes.
    #[error("it holds bytes; leave it out, or write CONVERT(varchar(max), …, 2) in the query")]
    Binary,
    /// XML.
    #[error("it is xml; write CAST(… AS nvarchar(max)) in the query")]
    Xml,
    /// A type of the database's own.
    #[error("it is of a type of the database's own; write CAST(… AS nvarchar(max)) in the query")]
    Udt,
    /// Any type.
    #[error("it is a sql_variant; write CAST(… AS nvarchar(4000)) in the query")]
    Variant,
    /// The machine does not know Europe/London.
    #[error("it is a datetimeoffset, and this machine has no time zones; write CAST(… AS datetime2) in the query")]
    NoZone,
}

impl SqlServerError {
    /// Whether the query, or a value that it returned, is at fault rather than the server.
    pub fn is_of_the_query(&self) -> bool {
        match self {
            Self::Refused { .. }
            | Self::NoColumns { .. }
            | Self::SeveralSets { .. }
            | Self::NoName { .. }
            | Self::Column { .. }
            | Self::NoMoment { .. } => true,
            Self::Query { said, .. } => said.known().class == Class::Permanent,
            _ => false,
        }
    }

    /// Whether the server knows us and will not have us.
    pub fn is_of_the_login(&self) -> bool {
        match self {
            Self::Secret { .. } | Self::CanWrite { .. } => true,
            Self::Token { fault, .. } => matches!(fault, TokenFault::Refused { .. }),
            Self::Server { said, .. } => said.is_of_login(),
            _ => false,
        }
    }

    /// What may help.
    pub fn class(&self) -> Class {
        match self {
            Self::Connect { fault, .. } => fault.class(),
            Self::Token { fault: TokenFault::Unreachable(_) | TokenFault::Busy { .. }, .. } | Self::Stale { .. } => {
                Class::Transient
            }
            Self::Server { said, .. } | Self::Query { said, .. } => said.known().class,
            _ => Class::Permanent,
        }
    }
}

impl ConnectFault {
    fn class(&self) -> Class {
        match self {
            // A name is unknown while DNS is down, too.
            Self::Name | Self::Refused | Self::Silent(_) | Self::NoWay | Self::Instance | Self::Cut => Class::Transient,
            Self::UnknownIssuer
            | Self::OtherName
            | Self::Expired
            | Self::Certificate
            | Self::Authority
            | Self::Tls
            | Self::NoEncryption
            | Self::Redirected(_)
            | Self::Protocol => Class::Permanent,
        }
    }
}
