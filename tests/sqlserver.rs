//! SQL Server as a source, read over TDS from the test server, which serves tables and executes no T-SQL.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

#[path = "support/tds/mod.rs"]
mod tds;

use std::{fmt::Write, path::Path, time::Duration};

use cld_agent::{
    config::{Settings, SourceKind, SqlServerSettings},
    document::Document,
    source::{
        BatchSink, Class, ConnectFault, Flow, Found, Parameters, QueryText, RawBatch, RowsRead, Source, SourceError,
        SqlServer, SqlServerError,
    },
    sys::{clock::Clock, shutdown::Shutdown},
};
use tds::{Column, Ending, Fault, Options, Server, ServerError, Table, Type, Value, everything};

/// The target under which the driver logs, and those below it.
const DRIVER_LOG: &str = "tiberius";

const SQL: &str = "SELECT id, name FROM dbo.requests WHERE d BETWEEN :period_start AND :period_end ORDER BY id";

/// What the server answers to our own questions.
fn serve_session(server: &Server, snapshot_state: i64) {
    server.serve("snapshot_isolation_state", Table::numbers(&[("snapshot_state", snapshot_state)]));
    server.serve("FROM sys.objects AS o CROSS JOIN", rights(&[]));
    server.serve("FROM sys.objects", Table::numbers(&[("taken", 1)]));
}

/// The rights of a login that holds these, and no others.
fn rights(held: &[&str]) -> Table {
    let asked = [
        "is_sysadmin",
        "controls_server",
        "is_owner",
        "is_writer",
        "is_ddladmin",
        "controls_database",
        "alters_database",
        "inserts",
        "updates",
        "deletes",
        "executes",
        "writes_a_table",
        "selects",
    ];
    let numbers: Vec<_> = asked.iter().map(|name| (*name, i64::from(held.contains(name)))).collect();
    Table::numbers(&numbers)
}

fn server() -> Server {
    let server = Server::start(Options::default());
    serve_session(&server, 1);
    server
}

fn requests(rows: i64) -> Table {
    let columns = vec![Column::not_null("id", Type::Int), Column::new("name", Type::NVarChar(tds::Length::Of(20)))];
    let rows = (1..=rows).map(|id| vec![Value::Integer(id), Value::text(format!("Zoë {id}"))]);
    Table::new(columns, rows.collect())
}

/// The source as a configuration file with these lines makes it.
fn settings(server: &Server, more: &str) -> (SqlServerSettings, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| {
        let mut options = std::fs::File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(folder.path().join(name)).unwrap();
        std::io::Write::write_all(&mut file, text.as_bytes()).unwrap();
    };
    put("ca.pem", &server.options().certificate.authority);
    put("password", &server.options().password);
    let text = format!(
        "version = 1\n[council]\nname = \"Ours\"\nla_code = \"110\"\n[[submission]]\nname = \"quarterly\"\n\
         mapping = \"m\"\n[submission.source.ours]\ntype = \"sqlserver\"\nhost = \"localhost\"\nport = {}\n\
         database = \"Council\"\nlogin = \"sql\"\nuser = \"cld_reader\"\npassword = {{ file = \"password\" }}\n{more}",
        server.port()
    );
    let trusting =
        if more.contains("trust_any") { text } else { format!("{text}\ncertificate_authority = \"ca.pem\"\n") };
    let document = Document::new("agent.toml", trusting);
    let settings = Settings::from_document(&document, folder.path(), &std::collections::BTreeMap::new());
    let settings = settings.unwrap_or_else(|faults| panic!("{faults}"));
    let SourceKind::SqlServer(settings) = settings.submissions[0].sources["ours"].kind.clone() else {
        panic!("it is another source")
    };
    (*settings, folder)
}

fn query(sql: &str) -> QueryText<'_> {
    QueryText { index: 0, name: "requests", file: Path::new("sql/requests.sql"), sql, outside: &[] }
}

fn parameters() -> Parameters {
    Parameters { period: "2025-10-01_2026-09-30".parse().unwrap() }
}

/// Rows as text.
#[derive(Default)]
struct Rows(Vec<Vec<String>>);

impl BatchSink for Rows {
    fn empty(&mut self) -> RawBatch {
        RawBatch::default()
    }

    fn full(&mut self, batch: RawBatch) -> Flow {
        for row in 0..batch.rows() {
            let cell = |column| String::from_utf8(batch.cell(row, column).to_vec()).unwrap();
            self.0.push((0..batch.columns()).map(cell).collect());
        }
        Flow::Continue
    }
}

/// Opens the source and reads one query.
fn read(server: &Server, more: &str, sql: &str) -> Result<(RowsRead, Vec<Vec<String>>), SourceError> {
    let (settings, _folder) = settings(server, more);
    let mut source = SqlServer::new(settings, Clock::Machine);
    let mut snapshot = source.open(&Shutdown::default())?;
    snapshot.columns(&query(sql), parameters())?;
    let mut rows = Rows::default();
    let read = snapshot.read(&query(sql), parameters(), &mut rows)?;
    Ok((read, rows.0))
}

fn failure(server: &Server, more: &str) -> SourceError {
    read(server, more, SQL).unwrap_err()
}

#[test]
fn rows_are_read_in_one_snapshot_over_tls() {
    let server = server();
    server.serve("FROM dbo.requests", requests(3000));
    let (read, rows) = read(&server, "intent = \"read-only\"\n", SQL).unwrap();
    assert_eq!(read, RowsRead { rows: 3000, told: Some(3000) });
    assert_eq!(rows[2999], ["3000", "Zoë 3000"]);
    let recorded = server.recorded();
    let recorded = &recorded[0];
    assert_eq!(recorded.ending, Ending::Closed);
    assert!(recorded.login.application.starts_with("cld-agent/"), "{:?}", recorded.login.application);
    let manners = recorded.statements().into_iter().find(|said| said.contains("BEGIN TRANSACTION")).unwrap().to_owned();
    for said in ["ISOLATION LEVEL SNAPSHOT", "DEADLOCK_PRIORITY LOW", "LOCK_TIMEOUT 30000"] {
        assert!(manners.contains(said), "{manners}");
    }
    let asked = recorded.requests.last().unwrap();
    assert!(asked.all_text().contains("BETWEEN @period_start AND @period_end"), "{asked:?}");
    assert!(!recorded.statements().iter().any(|said| said.to_uppercase().contains("NOLOCK")));
}

#[test]
fn every_type_arrives_as_text_or_is_refused_by_its_column() {
    for (name, mut table) in everything::tables() {
        // A mapping could not tell columns of one name apart.
        (1..).zip(&mut table.columns).for_each(|(place, column)| column.name = format!("{}_{place}", column.name));
        let server = server();
        let (rows, columns) = (table.rows.len(), table.columns.len());
        server.serve(name, table);
        match read(&server, "", &format!("SELECT * FROM {name}")) {
            Ok((read, got)) => {
                assert_eq!((read.told, got.len()), (Some(rows as u64), rows), "{name}");
                assert!(got.iter().all(|row| row.len() == columns), "{name}");
            }
            Err(SourceError::SqlServer(SqlServerError::Column { .. }) | SourceError::Value { .. }) => {}
            Err(error) => panic!("{name}: {error}"),
        }
    }
}

#[test]
fn a_count_that_is_wrong_ends_the_run() {
    for by in [-1, 1] {
        let server = server();
        server.serve("FROM dbo.requests", requests(10));
        server.fail([Fault::Miscounted(by)]);
        let error = failure(&server, "");
        assert!(matches!(error, SourceError::Incomplete { .. }), "{error}");
        assert_eq!(error.class(), Class::Transient);
    }
}

#[test]
fn what_the_server_says_is_told_by_its_number_and_never_by_its_words() {
    for (fault, class, told) in [
        (ServerError::deadlock(), Class::Transient, "it lost a deadlock, as it was set to (error 1205)"),
        (ServerError::lock_timeout(), Class::Transient, "somebody else held a lock for too long (error 1222)"),
        (ServerError::conversion("Smith, Zoë"), Class::Permanent, "a value could not be converted (error 245"),
    ] {
        let server = server();
        server.serve("FROM dbo.requests", requests(10));
        server.fail([Fault::MidStream { rows: 5, error: fault }]);
        let error = failure(&server, "");
        let text = format!("{error} {error:?}");
        assert!(error.to_string().contains(told) && !text.contains("Smith"), "{text}");
        assert_eq!(error.class(), class, "{text}");
    }
}

/// Everything that was logged: under which target, and what.
#[derive(Clone, Default)]
struct Heard(std::sync::Arc<std::sync::Mutex<Vec<(String, String)>>>);

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Heard {
    fn on_event(&self, event: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
        struct Text(String);
        impl tracing::field::Visit for Text {
            fn record_debug(&mut self, _: &tracing::field::Field, value: &dyn std::fmt::Debug) {
                write!(self.0, "{value:?} ").unwrap();
            }
        }
        let mut text = Text(String::new());
        event.record(&mut text);
        self.0.lock().unwrap().push((event.metadata().target().to_owned(), text.0));
    }
}

#[test]
fn what_the_driver_logs_of_the_servers_words_is_all_under_one_target_and_nothing_of_it_is_ours() {
    use tracing_subscriber::layer::SubscriberExt;
    let server = server();
    server.serve("FROM dbo.requests", requests(10));
    server.fail([Fault::MidStream { rows: 5, error: ServerError::conversion("Smith, Zoë") }]);
    let heard = Heard::default();
    let error =
        tracing::subscriber::with_default(tracing_subscriber::registry().with(heard.clone()), || failure(&server, ""));
    let mut chain = format!("{error} {error:?}");
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        write!(chain, " {error} {error:?}").unwrap();
        cause = error.source();
    }
    assert!(chain.contains("245") && !chain.contains("Smith"), "{chain}");
    let heard = heard.0.lock().unwrap();
    let telling: Vec<_> = heard.iter().filter(|(_, text)| text.contains("Smith")).collect();
    assert!(!telling.is_empty(), "the driver no longer logs it: the target need not be turned off");
    let is_the_drivers = |target: &str| target == DRIVER_LOG || target.starts_with(&format!("{DRIVER_LOG}::"));
    assert!(telling.iter().all(|(target, _)| is_the_drivers(target)), "{telling:?}");
}

#[test]
fn a_login_that_is_refused_is_told_from_a_database_that_is_not_ready() {
    let server = server();
    server.fail([Fault::Refused(ServerError::login_failed("cld_reader"))]);
    let error = failure(&server, "");
    assert!(error.to_string().contains("the login was refused (error 18456)") && !error.is_transient(), "{error}");
    server.fail([Fault::Refused(ServerError::cannot_open("Council"))]);
    let error = failure(&server, "");
    assert!(error.to_string().contains("(error 4060)") && error.is_transient(), "{error}");
}

#[test]
fn a_certificate_is_believed_for_a_reason_or_not_at_all() {
    let server = server();
    server.serve("FROM dbo.requests", requests(1));
    let fault = |more: &str| match failure(&server, more) {
        SourceError::SqlServer(SqlServerError::Connect { fault, .. }) => fault,
        error => panic!("{error}"),
    };
    assert_eq!(fault("certificate_name = \"another.example\"\n"), ConnectFault::OtherName);
    let (mut trusting_nobody, _folder) = settings(&server, "trust_any_certificate = \"x\"\n");
    trusting_nobody.trust = cld_agent::config::sqlserver::Trust::System;
    let error = SqlServer::new(trusting_nobody, Clock::Machine).open(&Shutdown::default()).err().unwrap();
    assert!(error.to_string().contains("signed by nobody"), "{error}");
    let (settings, _folder) = settings(&server, "trust_any_certificate = \"a test\"\n");
    let mut source = SqlServer::new(settings, Clock::Machine);
    let facts = source.open(&Shutdown::default()).unwrap().facts();
    assert_eq!(facts.notes, ["Any certificate of the server is trusted: a test."]);
}

#[test]
fn we_are_sent_on_to_another_server_but_not_for_ever() {
    let (gateway, behind) = (server(), server());
    behind.serve("FROM dbo.requests", requests(2));
    let routed = |port| Fault::Routed { host: "localhost".to_owned(), port };
    gateway.fail([routed(behind.port())]);
    let more = "trust_any_certificate = \"two test servers\"\n";
    assert_eq!(read(&gateway, more, SQL).unwrap().0.rows, 2);
    gateway.fail(std::iter::repeat_n(routed(gateway.port()), 9));
    assert!(failure(&gateway, more).to_string().contains("sent us on to another server 3 times"));
}

#[test]
fn without_snapshots_a_run_is_refused_unless_the_configuration_says_otherwise() {
    let server = Server::start(Options::default());
    serve_session(&server, 0);
    server.serve("FROM dbo.requests", requests(1));
    assert!(failure(&server, "").to_string().contains("ALLOW_SNAPSHOT_ISOLATION ON"));
    assert!(read(&server, "without_snapshot = \"read-committed\"\n", SQL).is_ok());
    let recorded = server.recorded();
    let said = recorded.last().unwrap().statements().join("\n");
    assert!(said.contains("ISOLATION LEVEL READ COMMITTED") && !said.contains("NOLOCK"), "{said}");
}

#[test]
fn a_query_is_trusted_to_rights_only_where_the_login_can_not_write() {
    let sql = "DECLARE @d date = :period_start; SELECT id, name FROM dbo.requests";
    let unable = server();
    unable.serve("FROM dbo.requests", requests(1));
    assert!(read(&unable, "", sql).is_err());
    assert!(read(&unable, "guard = \"rights\"\n", sql).is_ok());
    let able = Server::start(Options::default());
    able.serve("snapshot_isolation_state", Table::numbers(&[("snapshot_state", 1)]));
    able.serve("FROM sys.objects AS o CROSS JOIN", rights(&["is_writer"]));
    let error = failure(&able, "guard = \"rights\"\n");
    assert!(error.to_string().contains("db_datawriter"), "{error}");
}

#[test]
fn a_server_that_falls_silent_and_a_stop_both_end_the_read() {
    let server = server();
    server.serve("FROM dbo.requests", requests(3000));
    server.fail([Fault::Stall(20_000)]);
    let error = failure(&server, "command_timeout = \"1s\"\n");
    assert!(error.to_string().contains("silent for 1s"), "{error}");
    server.fail([Fault::Stall(20_000)]);
    let stop = Shutdown::default();
    let wish = stop.clone();
    let stopper = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(500));
        wish.request();
    });
    let (settings, _folder) = settings(&server, "");
    let mut source = SqlServer::new(settings, Clock::Machine);
    let mut snapshot = source.open(&stop).unwrap();
    let error = snapshot.read(&query(SQL), parameters(), &mut Rows::default()).unwrap_err();
    assert_eq!(error.class(), Class::Stopped);
    stopper.join().unwrap();
}

#[test]
fn a_token_is_fetched_for_an_application_and_its_secret_never_shown() {
    use wiremock::{
        Mock, MockServer, ResponseTemplate,
        matchers::{body_string_contains, method, path},
    };
    let server = server();
    server.serve("FROM dbo.requests", requests(1));
    let (mut settings, folder) = settings(&server, "");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let authority = runtime.block_on(MockServer::start());
    settings.login = cld_agent::config::sqlserver::Login::Entra {
        tenant: "council".to_owned(),
        client: "the-agent".to_owned(),
        secret: cld_agent::config::SecretRef::File(folder.path().join("password")),
        authority: authority.uri(),
    };
    let mut source = SqlServer::new(settings, Clock::Machine);
    let answer = |template: ResponseTemplate| {
        runtime.block_on(async {
            authority.reset().await;
            let asked = Mock::given(method("POST")).and(path("/council/oauth2/v2.0/token"));
            let asked = asked.and(body_string_contains("client_secret=a+pass%3Bword%3D%7B%7D"));
            asked.and(body_string_contains("client_credentials")).respond_with(template).mount(&authority).await;
        });
    };
    let token = serde_json::json!({ "access_token": "a-token", "token_type": "Bearer", "expires_in": 3599 });
    answer(ResponseTemplate::new(200).set_body_json(token));
    source.open(&Shutdown::default()).unwrap();
    assert_eq!(server.last().login.token.as_deref(), Some("a-token"));
    for (template, transient, told) in [
        (ResponseTemplate::new(503), true, "it is busy (status 503)"),
        (
            ResponseTemplate::new(401)
                .set_body_json(serde_json::json!({ "error": "invalid_client", "error_description": "for Zoë Smith" })),
            false,
            "it refused with status 401 (invalid_client)",
        ),
        (ResponseTemplate::new(200).set_body_string("<html>"), false, "its answer holds no token"),
    ] {
        answer(template);
        let error = source.open(&Shutdown::default()).err().unwrap();
        let text = format!("{error} {error:?}");
        assert!(text.contains(told) && !text.contains("Smith") && !text.contains("pass;word"), "{text}");
        assert_eq!(error.is_transient(), transient, "{text}");
    }
}

#[test]
fn data_that_is_too_old_is_waited_for() {
    let server = server();
    server.serve("FROM dbo.requests", requests(1));
    let day = jiff::civil::date(2026, 11, 20);
    server.serve(
        "FROM dbo.restores",
        Table::new(vec![Column::new("at", Type::DateTime2(0))], vec![vec![Value::DateTime(day, 0)]]),
    );
    let (settings, folder) = settings(&server, "freshness_query = \"fresh.sql\"\nfreshness = \"30h\"\n");
    let mut file = std::fs::File::create_new(folder.path().join("fresh.sql")).unwrap();
    std::io::Write::write_all(&mut file, b"SELECT MAX(finished) AS at FROM dbo.restores").unwrap();
    let open = |now: &str| {
        let mut source = SqlServer::new(settings.clone(), Clock::Fixed(now.parse().unwrap()));
        source.open(&Shutdown::default()).map(|snapshot| snapshot.facts().notes)
    };
    assert_eq!(open("2026-11-21T05:00:00Z").unwrap(), ["The data was 29h old."]);
    let error = open("2026-11-21T07:00:00Z").unwrap_err();
    assert!(error.to_string().contains("its data is 31h old and may be 30h old") && error.is_transient(), "{error}");
}

#[test]
fn the_doctor_is_told_what_the_login_may_do() {
    let server = Server::start(Options::default());
    server.serve("snapshot_isolation_state", Table::numbers(&[("snapshot_state", 0)]));
    server.serve("FROM sys.objects AS o CROSS JOIN", rights(&["is_sysadmin", "deletes"]));
    let (settings, _folder) = settings(&server, "");
    let probes = SqlServer::new(settings, Clock::Machine).examine(&Shutdown::default());
    let found: Vec<_> = probes.iter().map(|probe| (probe.tried, probe.found)).collect();
    let expected = [
        ("connection", Found::Good),
        ("certificate", Found::Good),
        ("rights", Found::Doubt),
        ("snapshot", Found::Fault),
    ];
    assert_eq!(found, expected, "{probes:#?}");
    assert!(probes[2].text.contains("sysadmin") && probes[2].text.contains("DELETE"));
    assert!(probes[2].advice.as_ref().unwrap().contains("GRANT SELECT ON SCHEMA::[dbo] TO [cld_reader]"));
}
