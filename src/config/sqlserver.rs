//! How a SQL Server is reached, and how the agent behaves towards it.

use std::{path::Path, path::PathBuf, time::Duration};

use super::{
    SecretRef,
    entra::{EntraApplication, need_secret, read as application},
    read::{filled, path},
};
use crate::document::{Spanned, Table};

/// A SQL Server database.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SqlServerSettings {
    /// The machine, by name or address.
    pub host: String,
    /// Which of its servers.
    pub endpoint: Endpoint,
    /// The database.
    pub database: String,
    /// Who we are to it.
    pub login: Login,
    /// How the connection is encrypted.
    pub encryption: Encryption,
    /// Whose certificates are believed.
    pub trust: Trust,
    /// The name that the certificate must carry, where it is not the host's.
    pub certificate_name: Option<String>,
    /// Whether a readable secondary may answer.
    pub intent: Intent,
    /// How several addresses of the host are tried.
    pub addresses: Addresses,
    /// What the server's administrators see.
    pub application_name: String,
    /// In bytes.
    pub packet_size: u32,
    /// How long to wait, and for what.
    pub patience: Patience,
    /// What to do where the database does not allow snapshots.
    pub without_snapshot: WithoutSnapshot,
    /// What keeps a query from doing harm.
    pub guard: Guard,
    /// Who counts the rows that should have arrived.
    pub count: Count,
    /// How old the data may be.
    pub freshness: Option<Freshness>,
}

/// Which server on a machine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Endpoint {
    /// The one at this TCP port.
    Port(u16),
    /// The one of this name, whose port the SQL Server Browser service knows.
    Instance(String),
}

/// Who the agent is to the server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Login {
    /// A login of the server's own.
    Sql {
        /// Its name.
        user: String,
        /// Where its password is.
        password: SecretRef,
    },
    /// The Windows account that the agent runs under, which may be a group managed service account.
    Windows,
    /// A Windows account by name and password.
    Ntlm {
        /// Its domain.
        domain: Option<String>,
        /// Its name.
        user: String,
        /// Where its password is.
        password: SecretRef,
    },
    /// An application registered with Microsoft Entra.
    Entra {
        /// The directory's id.
        tenant: String,
        /// The application's id.
        client: String,
        /// Where its secret is.
        secret: SecretRef,
        /// Who gives tokens.
        authority: String,
    },
}

/// How a connection is encrypted. There is no way not to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Encryption {
    /// TLS after the first greeting, as every supported SQL Server speaks it.
    Required,
    /// TLS before anything else (TDS 8.0), which SQL Server 2022 brought.
    Strict,
}

/// Whose certificates are believed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Trust {
    /// Those that this machine believes.
    System,
    /// Those as well that one of the authorities in this file has signed.
    Authority(PathBuf),
    /// Anybody's, for the reason given, which is shown wherever the source is.
    Anyone {
        /// Why.
        reason: String,
    },
}

/// Whether a readable secondary of an availability group may answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Intent {
    /// The primary answers.
    Any,
    /// A secondary may.
    ReadOnly,
}

/// How several addresses of a host are tried.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Addresses {
    /// One after another.
    InTurn,
    /// All at once; the first that answers is taken.
    AtOnce,
}

/// How long to wait, and for what.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Patience {
    /// For the machine to answer at all.
    pub connect: Duration,
    /// For greeting, encryption and login.
    pub login: Duration,
    /// For the next part of an answer.
    pub command: Duration,
    /// For a lock that somebody else holds.
    pub lock: Duration,
    /// For the whole transaction.
    pub transaction: Duration,
}

/// What to do where the database does not allow snapshots.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WithoutSnapshot {
    /// Not to run.
    Refuse,
    /// To read what is committed at each moment, and to say so.
    ReadCommitted,
}

/// What keeps a query from doing harm.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Guard {
    /// The agent reads it first and lets only a SELECT pass.
    Parse,
    /// The login, which has been found unable to write.
    Rights,
}

/// Who counts the rows that should have arrived.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Count {
    /// The server, at the end of its answer.
    Server,
    /// A query of its own before each, in the same snapshot.
    Query,
}

/// How old the data may be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Freshness {
    /// The file with a query for one moment.
    pub file: PathBuf,
    /// The greatest age of that moment.
    pub oldest: Duration,
}

const PORT: u16 = 1433;
const PACKET_SIZE: i64 = 8000;
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// The ways to log in, as the file names them.
#[derive(Clone, Copy)]
enum LoginWord {
    Sql,
    Windows,
    Ntlm,
    Entra,
}

/// Reads the keys of a source of the type `sqlserver`.
pub(super) fn read(table: &Table<'_>, folder: &Path) -> Option<SqlServerSettings> {
    let host = filled(table, table.need_text("host"), "host").map(|host| host.value.to_owned());
    let endpoint = endpoint(table);
    let database = filled(table, table.need_text("database"), "database").map(|name| name.value.to_owned());
    let login = login(table, folder);
    let encryption = table.word("encryption", &[("required", Encryption::Required), ("strict", Encryption::Strict)]);
    let trust = trust(table, folder);
    let certificate_name =
        filled(table, table.text("certificate_name"), "certificate_name").map(|name| name.value.to_owned());
    let intent = table.word("intent", &[("any", Intent::Any), ("read-only", Intent::ReadOnly)]);
    let addresses = table.word("addresses", &[("in-turn", Addresses::InTurn), ("at-once", Addresses::AtOnce)]);
    let application_name =
        filled(table, table.text("application_name"), "application_name").map(|name| name.value.to_owned());
    let packet_size = table.integer("packet_size", 512..=32767).map_or(PACKET_SIZE, |size| size.value) as u32;
    let patience = Patience {
        connect: duration(table, "connect_timeout", SECOND, HOUR).unwrap_or(15 * SECOND),
        login: duration(table, "login_timeout", SECOND, HOUR).unwrap_or(15 * SECOND),
        command: duration(table, "command_timeout", SECOND, 24 * HOUR).unwrap_or(10 * MINUTE),
        lock: duration(table, "lock_timeout", SECOND, 24 * HOUR).unwrap_or(30 * SECOND),
        transaction: duration(table, "longest_transaction", MINUTE, 24 * HOUR).unwrap_or(HOUR),
    };
    let without_snapshot = table.word(
        "without_snapshot",
        &[("refuse", WithoutSnapshot::Refuse), ("read-committed", WithoutSnapshot::ReadCommitted)],
    );
    let guard = table.word("guard", &[("parse", Guard::Parse), ("rights", Guard::Rights)]);
    let count = table.word("count", &[("server", Count::Server), ("query", Count::Query)]);
    if guard == Some(Guard::Rights) && count == Some(Count::Query) {
        let fault = table.document().fault(table.place("count"), "'count' cannot be \"query\" with guard = \"rights\"");
        table.fault(fault.with_help("a batch of statements cannot be counted from outside; leave 'count' out"));
    }
    let freshness = freshness(table, folder);
    Some(SqlServerSettings {
        host: host?,
        endpoint: endpoint?,
        database: database?,
        login: login?,
        encryption: encryption.unwrap_or(Encryption::Required),
        trust: trust?,
        certificate_name,
        intent: intent.unwrap_or(Intent::Any),
        addresses: addresses.unwrap_or(Addresses::InTurn),
        application_name: application_name.unwrap_or_else(|| format!("cld-agent/{}", env!("CARGO_PKG_VERSION"))),
        packet_size,
        patience,
        without_snapshot: without_snapshot.unwrap_or(WithoutSnapshot::Refuse),
        guard: guard.unwrap_or(Guard::Parse),
        count: count.unwrap_or(Count::Server),
        freshness,
    })
}

fn endpoint(table: &Table<'_>) -> Option<Endpoint> {
    let port = table.integer("port", 1..=65535);
    let instance = filled(table, table.text("instance"), "instance");
    match (port, instance) {
        (Some(_), Some(instance)) => {
            let fault = table.document().fault(instance.span, "'port' and 'instance' both say which server it is");
            table.fault(
                fault.with_help("keep 'port'; 'instance' is for a server whose port only the Browser service knows"),
            );
            None
        }
        (None, Some(instance)) => Some(Endpoint::Instance(instance.value.to_owned())),
        (port, None) => Some(Endpoint::Port(port.map_or(PORT, |port| port.value as u16))),
    }
}

fn login(table: &Table<'_>, folder: &Path) -> Option<Login> {
    const WORDS: [(&str, LoginWord); 4] = [
        ("sql", LoginWord::Sql),
        ("windows", LoginWord::Windows),
        ("ntlm", LoginWord::Ntlm),
        ("entra", LoginWord::Entra),
    ];
    let at = table.place("login");
    let text = |key| filled(table, table.need_text(key), key).map(|text| text.value.to_owned());
    match table.need_word("login", &WORDS)? {
        LoginWord::Sql => {
            let (user, password) = (text("user"), need_secret(table, "password", folder));
            Some(Login::Sql { user: user?, password: password? })
        }
        LoginWord::Windows if cfg!(windows) => Some(Login::Windows),
        LoginWord::Windows => {
            let fault = table.document().fault(
                at,
                "'login' cannot be \"windows\" on this system: the account that the \
                 agent runs under is none of the domain's, and Kerberos is not built in",
            );
            table.fault(fault.with_help("run the agent on Windows, or use login = \"sql\" or \"entra\""));
            None
        }
        LoginWord::Ntlm => {
            let domain = filled(table, table.text("domain"), "domain").map(|domain| domain.value.to_owned());
            let (user, password) = (text("user"), need_secret(table, "password", folder));
            if !cfg!(windows) {
                let fault =
                    table.document().fault(at, "'login' cannot be \"ntlm\" on this system: only Windows speaks it");
                table.fault(fault.with_help("run the agent on Windows, or use login = \"sql\" or \"entra\""));
                return None;
            }
            Some(Login::Ntlm { domain, user: user?, password: password? })
        }
        LoginWord::Entra => {
            let EntraApplication { tenant, client, secret, authority } = application(table, folder)?;
            Some(Login::Entra { tenant, client, secret, authority })
        }
    }
}

fn trust(table: &Table<'_>, folder: &Path) -> Option<Trust> {
    let authority = path(table, "certificate_authority", folder);
    let reason = filled(table, table.text("trust_any_certificate"), "trust_any_certificate");
    match (authority, reason) {
        (Some(_), Some(reason)) => {
            let message = "'certificate_authority' means nothing where any certificate is trusted";
            table.fault_at(reason.span, message);
            None
        }
        (None, Some(reason)) => Some(Trust::Anyone { reason: reason.value.to_owned() }),
        (Some(file), None) => Some(Trust::Authority(file)),
        (None, None) => Some(Trust::System),
    }
}

fn freshness(table: &Table<'_>, folder: &Path) -> Option<Freshness> {
    let file = path(table, "freshness_query", folder);
    let oldest = duration(table, "freshness", MINUTE, 366 * 24 * HOUR);
    if table.has("freshness_query") != table.has("freshness") {
        let at = table.place(if table.has("freshness") { "freshness" } else { "freshness_query" });
        let fault = table.document().fault(at, "'freshness_query' and 'freshness' need each other");
        table.fault(
            fault.with_help(
                "the one names a file with a query for one moment, the other says how old it may be: \"30h\"",
            ),
        );
    }
    Some(Freshness { file: file?, oldest: oldest? })
}

/// A length of time under a key, such as `"90s"` or `"1h 30m"`, within bounds.
pub(super) fn duration(table: &Table<'_>, key: &'static str, least: Duration, most: Duration) -> Option<Duration> {
    let Spanned { span, value } = table.text(key)?;
    let parsed = value.parse::<jiff::SignedDuration>().ok().and_then(|time| Duration::try_from(time).ok());
    let within = parsed.filter(|time| (least..=most).contains(time));
    if within.is_none() {
        let fault = table.document().fault(span, format!("'{key}' cannot be '{value}'"));
        table.fault(fault.with_help(format!(
            "write a time from {} to {}, such as \"90s\", \"10m\" or \"1h 30m\"",
            told(least),
            told(most)
        )));
    }
    within
}

/// A length of time as a person writes it.
pub fn told(time: Duration) -> String {
    jiff::SignedDuration::try_from(time).map_or_else(|_| format!("{time:?}"), |time| format!("{time:#}"))
}
