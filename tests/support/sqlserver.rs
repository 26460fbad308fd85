//! The source, set up to read from the TDS test server.

use std::{io::Write, time::Duration};

use cld_agent::{
    config::{
        SecretRef,
        sqlserver::{
            Addresses, Count, Encryption, Endpoint, Guard, Intent, Login, Patience, SqlServerSettings, Trust,
            WithoutSnapshot,
        },
    },
    source::SqlServer,
    sys::clock::Clock,
};
use tempfile::NamedTempFile;

use crate::tds::Server;

/// What a client needs to know of a server, in files as a council has them.
pub(crate) struct Reach {
    port: u16,
    user: String,
    database: String,
    authority: NamedTempFile,
    password: NamedTempFile,
}

impl Reach {
    /// How to reach a server.
    pub(crate) fn of(server: &Server) -> Self {
        let options = server.options();
        Self {
            port: server.port(),
            user: options.user.clone(),
            database: options.database.clone(),
            authority: file(&options.certificate.authority),
            password: file(&options.password),
        }
    }

    /// The settings of a council that has set nothing but what it must, and is in no mood to wait.
    pub(crate) fn settings(&self) -> SqlServerSettings {
        let short = Duration::from_secs(5);
        SqlServerSettings {
            host: "localhost".to_owned(),
            endpoint: Endpoint::Port(self.port),
            database: self.database.clone(),
            login: Login::Sql { user: self.user.clone(), password: SecretRef::File(self.password.path().to_owned()) },
            encryption: Encryption::Required,
            trust: Trust::Authority(self.authority.path().to_owned()),
            certificate_name: None,
            intent: Intent::Any,
            addresses: Addresses::InTurn,
            application_name: "cld-agent/test".to_owned(),
            packet_size: 4096,
            patience: Patience { connect: short, login: short, command: short, lock: short, transaction: 12 * short },
            without_snapshot: WithoutSnapshot::Refuse,
            guard: Guard::Parse,
            count: Count::Server,
            freshness: None,
        }
    }

    /// The same as a configuration file says it.
    #[allow(dead_code, reason = "every test binary uses its own part of this")]
    pub(crate) fn configuration(&self) -> String {
        format!(
            "type = \"sqlserver\"\nhost = \"localhost\"\nport = {}\ndatabase = \"{}\"\nlogin = \"sql\"\nuser = \"{}\"\n\
             password = {{ file = \"{}\" }}\ncertificate_authority = \"{}\"\n",
            self.port,
            self.database,
            self.user,
            self.password.path().display(),
            self.authority.path().display(),
        )
    }

    /// A source with these settings.
    #[allow(dead_code, reason = "every test binary uses its own part of this")]
    pub(crate) fn source(&self) -> SqlServer {
        SqlServer::new(self.settings(), Clock::Machine)
    }
}

fn file(text: &str) -> NamedTempFile {
    let mut file = tempfile::Builder::new().suffix(".pem").tempfile().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}
