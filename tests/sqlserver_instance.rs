//! A named instance: its port is asked of the SQL Server Browser service, which listens on UDP port 1434 of the machine.
//!
//! The port is the protocol's and can't be set, so the test has an address of its own among those of this machine.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

#[path = "support/sqlserver.rs"]
mod sqlserver;
#[path = "support/tds/mod.rs"]
mod tds;

use std::{
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    thread,
    time::Duration,
};

use cld_agent::{
    config::sqlserver::{Endpoint, SqlServerSettings},
    source::{Class, ConnectFault, Source, SourceError, SqlServer, SqlServerError},
    sys::{clock::Clock, shutdown::Shutdown},
};
use sqlserver::Reach;
use tds::{
    Certificate, Options, Server,
    council::{Powers, Snapshots, serve_facts},
};

const BROWSER: u16 = 1434;

/// An address of this machine's that no other process of the tests takes.
fn address() -> Ipv4Addr {
    let [.., high, low] = std::process::id().to_be_bytes();
    Ipv4Addr::new(127, 77, high, low.max(2))
}

/// Answers one question for the port of an instance, as MS-SQLR says: 4 and the name, to 5, a length, and pairs of names
/// and values. Of an instance that it does not know a real one says nothing. Ends with what it was asked for.
fn browser(socket: UdpSocket, instance: &'static str, port: u16) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut question = [0; 64];
        let (length, from) = socket.recv_from(&mut question).unwrap();
        assert_eq!(question[0], 4);
        let asked = String::from_utf8(question[1..length].to_vec()).unwrap();
        if asked == instance {
            let text =
                format!("ServerName;SQL01;InstanceName;{instance};IsClustered;No;Version;16.0.1000.6;tcp;{port};;");
            let mut answer = vec![5];
            answer.extend((text.len() as u16).to_le_bytes());
            answer.extend(text.as_bytes());
            socket.send_to(&answer, from).unwrap();
        }
        asked
    })
}

#[test]
fn a_named_instance_is_reached_by_the_port_that_the_browser_tells() {
    let at = address();
    let options = Options {
        address: SocketAddr::from((at, 0)),
        certificate: Certificate::new(&[&at.to_string()]),
        ..Options::default()
    };
    let server = Server::start(options);
    serve_facts(&server, Snapshots::Allowed, Powers::Reader);
    let bound = || UdpSocket::bind((at, BROWSER)).unwrap();
    let reach = Reach::of(&server);
    let settings = SqlServerSettings {
        host: at.to_string(),
        endpoint: Endpoint::Instance("CASES".to_owned()),
        ..reach.settings()
    };

    let asked = browser(bound(), "CASES", server.port());
    SqlServer::new(settings.clone(), Clock::Machine).open(&Shutdown::default()).unwrap();
    assert_eq!(asked.join().unwrap(), "CASES");
    assert_eq!(server.last().login.user, "cld_reader");

    let asked = browser(bound(), "CASES", server.port());
    let unknown = SqlServerSettings { endpoint: Endpoint::Instance("CASSE".to_owned()), ..settings.clone() };
    let error = SqlServer::new(unknown, Clock::Machine).open(&Shutdown::default()).err().unwrap();
    assert_eq!(asked.join().unwrap(), "CASSE");
    let SourceError::SqlServer(SqlServerError::Connect { server: name, fault }) = &error else { panic!("{error}") };
    assert_eq!((name.as_str(), fault), (format!("{at}\\CASSE").as_str(), &ConnectFault::Instance));
    assert_eq!(error.class(), Class::Transient);

    // Nobody listens: neither the service nor, behind the port that it would tell, a server.
    let mut settings = settings;
    settings.patience.connect = Duration::from_secs(3);
    let error = SqlServer::new(settings, Clock::Machine).open(&Shutdown::default()).err().unwrap();
    let SourceError::SqlServer(SqlServerError::Connect { fault, .. }) = &error else { panic!("{error}") };
    assert!(matches!(fault, ConnectFault::Instance | ConnectFault::Refused), "{fault:?}");
    assert_eq!(server.recorded().len(), 0);
}
