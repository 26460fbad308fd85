//! The agent's source against `mssql-mock-tds`, the server that Microsoft tests its own drivers with; see `README.md`.

#![cfg(test)]

use std::{io::Write, path::Path, sync::Arc, time::Duration};

use cld_agent::{
    config::{
        SecretRef,
        sqlserver::{
            Addresses, Count, Encryption, Endpoint, Guard, Intent, Login, Patience, SqlServerSettings, Trust,
            WithoutSnapshot,
        },
    },
    source::{ConnectFault, Parameters, QueryText, Source, SourceError, SqlServer, SqlServerError},
    sys::{clock::Clock, shutdown::Shutdown},
};
use mssql_mock_tds::{ConnectionInfo, ConnectionStore, MockTdsServer, create_test_identity};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use tempfile::NamedTempFile;
use tokio::{runtime::Runtime, sync::Mutex};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{body_string_contains, method, path},
};

/// A server that speaks TDS 8.0 alone, until it is dropped.
struct Strict {
    runtime: Runtime,
    port: u16,
    authority: NamedTempFile,
    password: NamedTempFile,
    connections: Arc<Mutex<ConnectionStore>>,
}

impl Strict {
    fn start() -> Self {
        let authority = authority("The mock's authority");
        let key = KeyPair::generate().unwrap();
        let certificate =
            CertificateParams::new(["localhost".to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
        let identity = create_test_identity(certificate.pem().as_bytes(), key.serialize_pem().as_bytes()).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let server = runtime.block_on(MockTdsServer::new_with_strict_tls("127.0.0.1:0", identity)).unwrap();
        let (port, connections) = (server.local_addr().port(), server.connection_store());
        runtime.spawn(server.run());
        Self { runtime, port, authority: file(&authority.pem()), password: file("pass;word"), connections }
    }

    fn settings(&self) -> SqlServerSettings {
        let short = Duration::from_secs(10);
        SqlServerSettings {
            host: "localhost".to_owned(),
            endpoint: Endpoint::Port(self.port),
            database: "Council".to_owned(),
            login: Login::Sql { user: "cld_reader".to_owned(), password: self.password() },
            encryption: Encryption::Strict,
            trust: Trust::Authority(self.authority.path().to_owned()),
            certificate_name: None,
            intent: Intent::Any,
            addresses: Addresses::InTurn,
            application_name: "cld-agent/test".to_owned(),
            packet_size: 4096,
            patience: Patience { connect: short, login: short, command: short, lock: short, transaction: 6 * short },
            without_snapshot: WithoutSnapshot::ReadCommitted,
            guard: Guard::Parse,
            count: Count::Server,
            freshness: None,
        }
    }

    fn password(&self) -> SecretRef {
        SecretRef::File(self.password.path().to_owned())
    }

    /// What the server has recorded of those who logged in.
    fn logins(&self) -> Vec<ConnectionInfo> {
        self.runtime.block_on(async { self.connections.lock().await.all().values().cloned().collect() })
    }
}

fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut authority = CertificateParams::new([]).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    authority.distinguished_name.push(DnType::CommonName, name);
    CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap()
}

fn file(text: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

/// Why a connection with these settings is refused.
fn fault(settings: SqlServerSettings) -> ConnectFault {
    let mut source = SqlServer::new(settings, Clock::Machine);
    match source.open(&Shutdown::default()).err().expect("it is let in") {
        SourceError::SqlServer(SqlServerError::Connect { fault, .. }) => fault,
        error => panic!("{error}"),
    }
}

#[test]
fn strict_tls_is_spoken_and_a_transaction_begun() {
    let server = Strict::start();
    let mut source = SqlServer::new(server.settings(), Clock::Machine);
    let mut snapshot = source.open(&Shutdown::default()).unwrap();
    // The mock answers what it does not know with no rows, so also whether there are snapshots.
    assert!(snapshot.facts().isolation.starts_with("READ COMMITTED"), "{}", snapshot.facts().isolation);
    let logins = server.logins();
    let [login] = logins.as_slice() else { panic!("{} logins", logins.len()) };
    assert!(login.authenticated && login.received_token.is_none());
    assert_eq!(login.received_database.as_deref(), Some("Council"));
    assert_eq!(login.transaction_descriptor_headers.len(), 3, "three batches: snapshots? BEGIN, the first look");
}

#[test]
fn a_query_that_the_server_describes_with_nothing_is_an_error() {
    let server = Strict::start();
    let mut source = SqlServer::new(server.settings(), Clock::Machine);
    let mut snapshot = source.open(&Shutdown::default()).unwrap();
    let (sql, file) = ("SELECT id FROM dbo.requests", Path::new("sql/requests.sql"));
    let query = QueryText { index: 0, name: "requests", file, sql, outside: &[] };
    let parameters = Parameters { period: "2025-10-01_2026-09-30".parse().unwrap() };
    let error = snapshot.columns(&query, parameters).unwrap_err();
    assert!(matches!(error, SourceError::SqlServer(SqlServerError::NoColumns { .. })), "{error}");
}

#[test]
fn strict_tls_is_refused_where_the_certificate_is_another_authoritys() {
    let server = Strict::start();
    let other = file(&authority("Another authority").pem());
    let trust = Trust::Authority(other.path().to_owned());
    assert_eq!(fault(SqlServerSettings { trust, ..server.settings() }), ConnectFault::UnknownIssuer);
    assert!(server.logins().is_empty());
}

#[test]
fn a_greeting_in_the_clear_reaches_no_login() {
    let server = Strict::start();
    let fault = fault(SqlServerSettings { encryption: Encryption::Required, ..server.settings() });
    assert!(matches!(fault, ConnectFault::Cut | ConnectFault::Protocol), "{fault:?}");
    assert!(server.logins().is_empty());
}

#[test]
fn the_token_that_arrives_is_the_one_that_was_given() {
    let server = Strict::start();
    let given = "header.päyload.signature";
    let authority = server.runtime.block_on(async {
        let authority = MockServer::start().await;
        let token = serde_json::json!({ "access_token": given, "token_type": "Bearer", "expires_in": 3599 });
        Mock::given(method("POST"))
            .and(path("/council/oauth2/v2.0/token"))
            .and(body_string_contains("client_secret=pass%3Bword"))
            .respond_with(ResponseTemplate::new(200).set_body_json(token))
            .expect(1)
            .mount(&authority)
            .await;
        authority
    });
    let login = Login::Entra {
        tenant: "council".to_owned(),
        client: "the-agent".to_owned(),
        secret: server.password(),
        authority: authority.uri(),
    };
    let mut source = SqlServer::new(SqlServerSettings { login, ..server.settings() }, Clock::Machine);
    source.open(&Shutdown::default()).unwrap();
    let logins = server.logins();
    let [login] = logins.as_slice() else { panic!("{} logins", logins.len()) };
    assert!(login.authenticated);
    assert_eq!(login.received_token_as_string().as_deref(), Some(given));
    server.runtime.block_on(authority.verify());
}
