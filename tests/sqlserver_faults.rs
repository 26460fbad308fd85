//! A SQL Server that fails in the middle of a council's run, in every way that it can: nothing is staged, what happened is
//! told, and the next run works.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

#[path = "support/council.rs"]
mod council;
#[path = "support/sqlserver.rs"]
mod sqlserver;
mod support;
#[path = "support/tds/mod.rs"]
mod tds;

use std::{
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use cld_agent::{
    config::sqlserver::WithoutSnapshot,
    exit,
    source::{BatchSink, Class, Flow, Parameters, QueryText, RawBatch, Source, SourceError, Sqlite},
    sys::shutdown::Shutdown,
};
use council::{Council, of_the_source};
use sqlserver::Reach;
use support::{Package, installation::Installation, put, tree};
use tds::{
    Ending, Fault, Options, Server, ServerError,
    council::{Powers, Snapshots, serve_facts},
    login::Intent,
    request::Way,
};

#[test]
fn the_same_mapping_gives_the_same_upload_file_from_sqlite_and_over_tds() {
    let council = Council::new(120);
    let over_tds = Package::only(&council.run().map(|finished| finished.package.path).unwrap());
    let sqlite = Installation::new("case-system");
    for (name, bytes) in tree(&council.installation.path().join("mapping")) {
        put(&sqlite.path().join("mapping").join(name), &bytes);
    }
    let source = Sqlite::new(council.installation.path().join("council.db"));
    let from_sqlite = Package::only(&sqlite.run(source, &Shutdown::default()).unwrap().package.path);
    let bytes = |package: &Package| std::fs::read(package.upload()).unwrap();
    assert!(bytes(&from_sqlite).len() > 100_000);
    assert!(bytes(&from_sqlite) == bytes(&over_tds), "the upload files differ");
    for same in ["findings.csv", "left-out.csv"] {
        assert!(from_sqlite.read(same) == over_tds.read(same), "{same} differs");
    }
}

#[test]
fn a_run_is_one_read_only_transaction_of_described_queries() {
    let council = Council::new(10);
    council.run().unwrap();
    let recorded = council.server.recorded();
    let [recorded] = recorded.as_slice() else { panic!("{} connections", recorded.len()) };
    assert_eq!((recorded.ending.clone(), recorded.attentions), (Ending::Closed, 0));
    assert_eq!(recorded.encryption, tds::login::encrypt::REQUIRED);
    let manners = recorded.requests.iter().position(|request| request.text.contains("BEGIN TRAN")).unwrap();
    for wanted in ["ISOLATION LEVEL SNAPSHOT", "DEADLOCK_PRIORITY LOW", "LOCK_TIMEOUT 5000"] {
        assert!(recorded.requests[manners].text.contains(wanted), "{wanted}");
    }
    let behind = &recorded.requests[manners + 1..];
    let transactions: std::collections::BTreeSet<_> = behind.iter().map(|request| request.transaction).collect();
    assert!(transactions.len() == 1 && !transactions.contains(&0), "{transactions:?}");
    let queries = behind.iter().filter(|request| matches!(request.way, Way::ExecuteSql(_)));
    for query in queries.clone() {
        assert_eq!(query.value("@period_start"), Some("2025-10-01"));
        assert_eq!(query.value("@period_end"), Some("2026-09-30"));
    }
    assert_eq!(queries.count(), 5);
    assert_eq!(council.server.recorded().len(), 0);
}

#[test]
fn a_secondary_is_asked_for_by_its_intent_alone() {
    let council = Council::new(10);
    for (intent, seen) in [
        (cld_agent::config::sqlserver::Intent::Any, Intent::ReadWrite),
        (cld_agent::config::sqlserver::Intent::ReadOnly, Intent::ReadOnly),
    ] {
        let source = council.source(|settings| settings.intent = intent);
        council.installation.run(source, &Shutdown::default()).unwrap();
        let login = council.server.last().login;
        assert_eq!((login.intent, login.application.as_str()), (seen, "cld-agent/test"));
    }
}

/// A connection that is cut or reset at any byte, and a run that finds it so.
fn broken(council: &Council, fault: &Fault) {
    let error = council.meets(fault.clone());
    let code = error.exit_code();
    assert!([exit::SOURCE, exit::LOST].contains(&code), "{fault:?}: {code}, {error}");
    assert!(of_the_source(&error).is_transient(), "{fault:?}: {error}");
    let text = error.to_string();
    assert!(text.contains("cut") || text.contains("lost"), "{fault:?}: {text}");
}

/// Where a whole run's packets end, and its last byte.
fn boundaries(council: &Council) -> Vec<u64> {
    council.run().unwrap();
    council.server.last().boundaries
}

#[test]
fn a_stream_that_breaks_at_any_packet_is_no_package_and_the_next_run_works() {
    let council = Council::new(50);
    let boundaries = boundaries(&council);
    let (last, others) = boundaries.split_last().unwrap();
    assert!(others.len() > 40, "{} packets", boundaries.len());
    for at in others.iter().flat_map(|boundary| [*boundary, boundary + 1]) {
        broken(&council, &Fault::Cut(at));
    }
    for at in others {
        broken(&council, &Fault::Reset(*at));
    }
    broken(&council, &Fault::Cut(last - 1));
    assert_eq!(council.run().unwrap().package.upload.rows, council.run().unwrap().package.upload.rows);
}

#[test]
fn a_stream_that_breaks_at_any_of_500_bytes_is_no_package_and_the_next_run_works() {
    let council = Council::new(50);
    let end = *boundaries(&council).last().unwrap();
    let mut chance = fastrand::Rng::with_seed(20_261_124);
    for number in 0..500 {
        let at = chance.u64(0..end);
        broken(&council, &if number % 2 == 0 { Fault::Cut(at) } else { Fault::Reset(at) });
    }
    council.run().unwrap();
}

/// A server that falls silent at any byte, and a run that does not wait for ever.
fn silent(council: &Council, at: u64) {
    let patience = Duration::from_millis(150);
    let error = council.meets_with(Fault::Stall(at), |settings| {
        settings.patience.login = patience;
        settings.patience.command = patience;
    });
    let text = error.to_string();
    assert!([exit::SOURCE, exit::LOST].contains(&error.exit_code()), "{at}: {text}");
    assert!(of_the_source(&error).is_transient() && text.contains("150ms"), "{at}: {text}");
}

/// Stalls at all these places. That is waiting, for the most part, and several councils can wait at a time.
fn all_silent(places: &[u64]) {
    std::thread::scope(|scope| {
        for share in places.chunks(places.len().div_ceil(8)) {
            scope.spawn(move || {
                let council = Council::new(50);
                for at in share {
                    silent(&council, *at);
                }
                council.run().unwrap();
            });
        }
    });
}

#[test]
fn a_stream_that_stands_still_at_any_packet_is_given_up_and_the_next_run_works() {
    let boundaries = boundaries(&Council::new(50));
    all_silent(&boundaries[..boundaries.len() - 1]);
}

#[test]
fn a_stream_that_stands_still_at_any_of_500_bytes_is_given_up_and_the_next_run_works() {
    let end = *boundaries(&Council::new(50)).last().unwrap();
    let mut chance = fastrand::Rng::with_seed(20_261_125);
    let places: Vec<_> = (0..500).map(|_| chance.u64(0..end)).collect();
    all_silent(&places);
}

#[test]
fn what_the_server_says_is_told_in_our_words_with_its_number() {
    let council = Council::new(50);
    let person = "Bronwen O'Shea";
    let failing = |text, error| Fault::Failing { text, error };
    let query = "FROM contact ct";
    for (fault, code, class, says) in [
        (Fault::Refused(ServerError::login_failed("x")), exit::LOGIN, Class::Permanent, "18456"),
        (Fault::Refused(ServerError::cannot_open("x")), exit::LOGIN, Class::Transient, "4060"),
        (failing(query, ServerError::lock_timeout()), exit::SOURCE, Class::Transient, "1222"),
        (failing("AS taken", ServerError::no_snapshot("x")), exit::SOURCE, Class::Permanent, "3952"),
        (failing(query, ServerError::unknown_object()), exit::QUERY, Class::Permanent, "208"),
        (Fault::MidStream { rows: 150, error: ServerError::deadlock() }, exit::SOURCE, Class::Transient, "1205"),
        (Fault::MidStream { rows: 0, error: ServerError::deadlock() }, exit::SOURCE, Class::Transient, "1205"),
        (Fault::MidStream { rows: 9, error: ServerError::conversion(person) }, exit::QUERY, Class::Permanent, "245"),
    ] {
        let error = council.meets(fault.clone());
        let text = format!("{error} {error:?}");
        assert_eq!((error.exit_code(), of_the_source(&error).class()), (code, class), "{fault:?}: {text}");
        assert!(text.contains(says) && !text.contains(person), "{fault:?}: {text}");
    }
    council.run().unwrap();
}

#[test]
fn a_name_in_the_servers_words_is_told_nowhere() {
    let person = "Bronwen O'Shea";
    let council = Council::new(10);
    let before = tree(council.installation.path());
    council.server.fail([Fault::MidStream { rows: 9, error: ServerError::conversion(person) }]);
    let failed = council.command("").code(i32::from(exit::QUERY));
    let said = failed.get_output();
    let holds = |bytes: &[u8]| bytes.windows(person.len()).any(|window| window == person.as_bytes());
    assert!(String::from_utf8_lossy(&said.stderr).contains("error 245"));
    assert!(!holds(&said.stderr) && !holds(&said.stdout));
    let mut left = tree(council.installation.path()).into_iter().filter(|(name, _)| !before.contains_key(name));
    assert!(!left.any(|(_, bytes)| holds(&bytes)), "it was written down");
}

#[test]
fn rows_that_the_server_counted_and_that_did_not_come_are_missed() {
    let council = Council::new(50);
    for by in [-1, 1, 1_000_000] {
        let error = council.meets(Fault::Miscounted(by));
        assert_eq!(error.exit_code(), exit::LOST, "{error}");
        assert!(matches!(of_the_source(&error), SourceError::Incomplete { .. }), "{error}");
    }
    council.run().unwrap();
}

#[test]
fn a_wrong_password_is_refused_once() {
    let council = Council::new(10);
    let other = Reach::of(&Server::start(Options { password: "another".to_owned(), ..Options::default() }));
    let source = council.source(|settings| settings.login = other.settings().login);
    let said = council.installation.fails(source, exit::LOGIN);
    assert!(said.contains("18456") && !said.contains("another"), "{said}");
    // A second try might lock the login.
    assert_eq!(council.server.recorded().len(), 1);
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_not_believed() {
    let council = Council::new(10);
    let other = Reach::of(&Server::start(Options::default()));
    let source = council.source(|settings| settings.trust = other.settings().trust);
    let said = council.installation.fails(source, exit::SOURCE);
    assert!(said.contains("certificate_authority"), "{said}");
    let login = council.server.last().login;
    assert_eq!((login.user, login.password), (String::new(), String::new()));
}

#[test]
fn a_server_without_encryption_is_told_nothing() {
    let council = Council::new(10);
    let server = Server::start(Options { encryption: tds::Encryption::Unsupported, ..Options::default() });
    let said = council.installation.fails(Reach::of(&server).source(), exit::SOURCE);
    assert!(said.contains("no encryption"), "{said}");
    assert_eq!(server.last().login.password, "");
}

#[test]
fn nobody_who_listens_is_told_apart_from_a_refusal() {
    let council = Council::new(10);
    let reach = Reach::of(&Server::start(Options::default()));
    // That server has gone again.
    let said = council.installation.fails(reach.source(), exit::SOURCE);
    assert!(said.contains("nothing listens"), "{said}");
}

#[test]
fn a_server_that_sends_us_on_is_followed_a_few_times() {
    let council = Council::new(10);
    let here = || Fault::Routed { host: "localhost".to_owned(), port: council.server.port() };
    council.server.fail([here(), here()]);
    council.run().unwrap();
    assert_eq!(council.server.recorded().len(), 3);
    council.server.fail(std::iter::repeat_with(here).take(4));
    let said = council.installation.fails(council.reach.source(), exit::SOURCE);
    assert!(said.contains("sent us on"), "{said}");
}

#[test]
fn a_database_without_snapshots_is_read_only_where_that_is_set() {
    let council = Council::with(10, Snapshots::Off);
    let said = council.installation.fails(council.reach.source(), exit::SOURCE);
    assert!(said.contains("ALLOW_SNAPSHOT_ISOLATION"), "{said}");
    let source = council.source(|settings| settings.without_snapshot = WithoutSnapshot::ReadCommitted);
    let finished = council.installation.run(source, &Shutdown::default()).unwrap();
    let manifest = Package::only(&finished.package.path).manifest();
    assert!(manifest.to_string().contains("READ COMMITTED"), "{manifest}");
    let statements = council.server.recorded().pop().unwrap();
    assert!(!statements.statements().iter().any(|sql| sql.contains("NOLOCK") || sql.contains("LEVEL SNAPSHOT")));
}

/// Asks for a stop when the first batch has come.
struct StopsAfterOne<'a> {
    stop: &'a Shutdown,
    batches: AtomicUsize,
}

impl BatchSink for StopsAfterOne<'_> {
    fn empty(&mut self) -> RawBatch {
        RawBatch::default()
    }

    fn full(&mut self, _: RawBatch) -> Flow {
        self.batches.fetch_add(1, Ordering::Relaxed);
        self.stop.request();
        Flow::Continue
    }
}

#[test]
fn a_stop_in_the_middle_of_a_stream_closes_the_connection() {
    let server = Server::start(Options::default());
    serve_facts(&server, Snapshots::Allowed, Powers::Reader);
    let many = tds::everything::tables().pop().unwrap().1;
    server.serve("FROM t_many", many.times(1_000));
    let stop = Shutdown::default();
    let mut sink = StopsAfterOne { stop: &stop, batches: AtomicUsize::new(0) };
    let reach = Reach::of(&server);
    let mut source = reach.source();
    let began = Instant::now();
    let query =
        QueryText { index: 0, name: "many", file: Path::new("many.sql"), sql: "SELECT * FROM t_many", outside: &[] };
    let parameters = Parameters { period: "2025-10-01_2026-09-30".parse().unwrap() };
    let mut snapshot = source.open(&stop).unwrap();
    let error = snapshot.read(&query, parameters, &mut sink).unwrap_err();
    drop(snapshot);
    assert_eq!(error.class(), Class::Stopped);
    assert!(began.elapsed() < Duration::from_secs(5) && sink.batches.into_inner() <= 2);
    let recorded = server.last();
    assert_eq!((recorded.ending, recorded.attentions), (Ending::ClosedEarly, 0));
}
