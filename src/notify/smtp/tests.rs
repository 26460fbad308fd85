use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::Arc,
    thread::{self, JoinHandle},
};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned, pki_types::PrivateKeyDer};

use super::*;
use crate::{
    config::{SecretRef, notify::Addresses},
    notify::{Alert, Event, testing::Answering},
    sys::fs::write_whole,
};

/// How a server behaves, connection by connection.
#[derive(Clone, Copy, PartialEq)]
enum Server {
    /// It takes what it gets.
    Takes,
    /// It takes it over STARTTLS, and offers a login there.
    TakesPrivately,
    /// It has STARTTLS, but somebody on the line takes the offer out.
    Stripped,
    /// It answers so to the reader's address.
    Answers(&'static str),
    /// It has no reader Ada.
    KnowsNoAda,
    /// It says nothing.
    Stalls,
    /// It hangs up in the middle of the mail.
    HangsUp,
}

struct Running {
    port: u16,
    certificate: String,
    thread: JoinHandle<Vec<String>>,
}

/// A server that serves as many connections as it is told how to behave in; it gives back the commands and lines it got.
fn serve(behaviours: &'static [Server]) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let config = ServerConfig::builder_with_provider(provider.into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let config = Arc::new(config);
    let certificate = cert.pem();
    let thread = thread::spawn(move || {
        let mut got = Vec::new();
        for behaviour in behaviours {
            let (stream, _) = listener.accept().unwrap();
            converse(*behaviour, stream, &config, &mut got);
        }
        got
    });
    Running { port, certificate, thread }
}

fn converse(behaviour: Server, mut stream: TcpStream, tls: &Arc<ServerConfig>, got: &mut Vec<String>) {
    if behaviour == Server::Stalls {
        // Until the other side has had enough.
        let _ = stream.read(&mut [0]);
        return;
    }
    stream.write_all(b"220 mail.example\r\n").unwrap();
    let offer = if behaviour == Server::TakesPrivately { "STARTTLS" } else { "HELP" };
    if commands(behaviour, &mut stream, offer, got) == After::StartTls {
        let session = ServerConnection::new(Arc::clone(tls)).unwrap();
        commands(behaviour, &mut StreamOwned::new(session, stream), "AUTH PLAIN LOGIN XOAUTH2", got);
    }
}

#[derive(PartialEq)]
enum After {
    StartTls,
    End,
}

fn commands(behaviour: Server, stream: &mut (impl Read + Write), offer: &str, got: &mut Vec<String>) -> After {
    let mut reader = BufReader::with_capacity(1, stream);
    let mut in_mail = false;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return After::End;
        }
        let line = line.trim_end().to_owned();
        got.push(line.clone());
        let answer = match line.split(' ').next().unwrap_or_default() {
            "." if in_mail => {
                in_mail = false;
                "250 taken".to_owned()
            }
            _ if in_mail && behaviour == Server::HangsUp => return After::End,
            _ if in_mail => continue,
            "EHLO" => format!("250-mail.example\r\n250 {offer}"),
            "STARTTLS" if behaviour == Server::TakesPrivately => {
                reader.get_mut().write_all(b"220 go on\r\n").unwrap();
                return After::StartTls;
            }
            "AUTH" => "235 welcome".to_owned(),
            "RCPT" => match behaviour {
                Server::Answers(answer) => answer.to_owned(),
                Server::KnowsNoAda if line.contains("ada@") => "550 who?".to_owned(),
                _ => "250 ok".to_owned(),
            },
            "DATA" => {
                in_mail = true;
                "354 go on".to_owned()
            }
            "QUIT" => {
                let _ = reader.get_mut().write_all(b"221 bye\r\n");
                return After::End;
            }
            _ => "250 ok".to_owned(),
        };
        if reader.get_mut().write_all(format!("{answer}\r\n").as_bytes()).is_err() {
            return After::End;
        }
    }
}

/// A channel to a server, with a password in a file, and the folder that the file is in.
fn smtp(server: &Running, security: Security, login: SmtpLogin) -> (tempfile::TempDir, Smtp) {
    let folder = tempfile::tempdir().unwrap();
    let authority = folder.path().join("authority.pem");
    write_whole(&authority, server.certificate.as_bytes()).unwrap();
    let settings = SmtpSettings {
        host: "localhost".to_owned(),
        port: server.port,
        security,
        login,
        addresses: Addresses {
            from: "CLD agent <cld-agent@council.example>".parse().unwrap(),
            to: vec!["it@council.example".parse().unwrap()],
            to_for: [("held".to_owned(), vec!["data@council.example".parse().unwrap()])].into(),
        },
        hello: "server.council.example".to_owned(),
        certificate_authority: Some(authority),
    };
    (
        folder,
        Smtp { name: "mail".to_owned(), settings, network: Network::default(), patience: Duration::from_millis(500) },
    )
}

fn with_password(server: &Running) -> (tempfile::TempDir, Smtp) {
    let (folder, mut smtp) = smtp(server, Security::StartTls, SmtpLogin::None);
    let path = folder.path().join("password");
    write_whole(&path, b"secret").unwrap();
    smtp.settings.login = SmtpLogin::Password { user: "agent".to_owned(), password: SecretRef::File(path) };
    (folder, smtp)
}

fn send(smtp: &Smtp) -> Result<(), Undelivered> {
    send_kind(smtp, "test")
}

fn send_kind(smtp: &Smtp, kind: &str) -> Result<(), Undelivered> {
    let alert = Alert {
        council: "Sunderland City Council".to_owned(),
        submission: None,
        period: None,
        at: "2026-11-24T06:00:00Z".parse().unwrap(),
        event: Event::Test,
    };
    let message = alert.message();
    smtp.send(Envelope { id: "0123abcd", message: &message, kind, at: alert.at })
}

/// What a server that behaves so makes of a mail over a line without TLS.
fn sent_to(behaviours: &'static [Server]) -> Result<(), Undelivered> {
    let server = serve(behaviours);
    let sent = send(&smtp(&server, Security::None, SmtpLogin::None).1);
    server.thread.join().unwrap();
    sent
}

#[test]
fn a_relay_takes_a_mail_with_both_parts_and_its_own_id() {
    let server = serve(&[Server::Takes]);
    send(&smtp(&server, Security::None, SmtpLogin::None).1).unwrap();
    let got = server.thread.join().unwrap();
    for line in [
        "EHLO server.council.example",
        "MAIL FROM:<cld-agent@council.example>",
        "RCPT TO:<it@council.example>",
        "Message-ID: <0123abcd@council.example>",
        "Date: Tue, 24 Nov 2026 06:00:00 +0000",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Type: text/html; charset=utf-8",
    ] {
        assert!(got.iter().any(|got| got == line), "{line} is not in {got:#?}");
    }
    assert!(!got.iter().any(|line| line.starts_with("AUTH")));
}

#[test]
fn alerts_of_some_kinds_have_readers_of_their_own() {
    let server = serve(&[Server::Takes]);
    send_kind(&smtp(&server, Security::None, SmtpLogin::None).1, "held").unwrap();
    let got = server.thread.join().unwrap();
    let readers: Vec<_> = got.iter().filter(|line| line.starts_with("RCPT")).collect();
    assert_eq!(readers, ["RCPT TO:<data@council.example>"]);
}

#[test]
fn one_reader_who_has_left_does_not_keep_an_alert_from_the_others() {
    let server = serve(&[Server::KnowsNoAda; 3]);
    let (_folder, mut smtp) = smtp(&server, Security::None, SmtpLogin::None);
    smtp.settings.addresses.to = ["ada@council.example", "it@council.example"].map(|to| to.parse().unwrap()).into();
    send(&smtp).unwrap();
    let got = server.thread.join().unwrap();
    assert_eq!(got.iter().filter(|line| *line == "DATA").count(), 1, "{got:#?}");

    let server = serve(&[Server::KnowsNoAda; 1]);
    smtp.settings.port = server.port;
    smtp.settings.addresses.to.pop();
    assert_eq!(send(&smtp).unwrap_err().hope, Hope::None);
    server.thread.join().unwrap();
}

#[test]
fn behind_starttls_the_login_is_given_and_not_before() {
    let server = serve(&[Server::TakesPrivately]);
    let (_folder, smtp) = with_password(&server);
    smtp.is_ready().unwrap();
    send(&smtp).unwrap();
    let got = server.thread.join().unwrap();
    let at = |wanted: &str| got.iter().position(|line| line.starts_with(wanted)).unwrap();
    assert!(at("STARTTLS") < at("AUTH PLAIN ") && at("AUTH PLAIN ") < at("MAIL"), "{got:#?}");
}

#[test]
fn an_application_logs_in_with_a_token_on_behalf_of_a_user() {
    let entra = Answering::begin(200, r#"{"access_token":"opensesame"}"#, &[]);
    let server = serve(&[Server::TakesPrivately]);
    let (folder, mut smtp) = with_password(&server);
    let secret = SecretRef::File(folder.path().join("password"));
    let application = entra.application(secret);
    smtp.settings.login = SmtpLogin::Entra { user: "agent@council.example".to_owned(), application };
    send(&smtp).unwrap();
    let got = server.thread.join().unwrap();
    assert!(got.iter().any(|line| line.starts_with("AUTH XOAUTH2 ")), "{got:#?}");
    let asked = entra.requests();
    assert_eq!(asked[0].url.path(), "/directory/oauth2/v2.0/token");
    let form = String::from_utf8_lossy(&asked[0].body).into_owned();
    assert!(form.contains("scope=https%3A%2F%2Foutlook.office365.com%2F.default"), "{form}");
}

#[test]
fn whether_a_server_answers_is_told_without_sending_anything() {
    let server = serve(&[Server::TakesPrivately]);
    with_password(&server).1.answers().unwrap();
    let got = server.thread.join().unwrap();
    assert!(got.iter().any(|line| line.starts_with("AUTH")) && !got.iter().any(|line| line == "DATA"), "{got:#?}");
}

#[test]
fn what_is_missing_here_is_told_before_anybody_is_asked() {
    let nobody = Running { port: 1, certificate: "none".to_owned(), thread: thread::spawn(Vec::new) };
    let (folder, mut smtp) = with_password(&nobody);
    let fault = smtp.is_ready().unwrap_err();
    assert!(fault.hope == Hope::None && fault.why.contains("check 'certificate_authority'"), "{fault}");
    smtp.settings.certificate_authority = None;
    std::fs::remove_file(folder.path().join("password")).unwrap();
    for fault in [smtp.is_ready().unwrap_err(), send(&smtp).unwrap_err()] {
        assert!(fault.hope == Hope::None && fault.why.contains("read the secret in"), "{fault}");
    }
}

#[test]
fn starttls_cannot_be_stripped() {
    let server = serve(&[Server::Stripped]);
    let error = send(&with_password(&server).1).unwrap_err();
    let got = server.thread.join().unwrap();
    assert_eq!(error.hope, Hope::Later);
    assert!(error.to_string().contains("does not offer what 'security'"), "{error}");
    assert!(got.iter().all(|line| line.starts_with("EHLO") || line.starts_with("QUIT")), "{got:#?}");
}

#[test]
fn a_certificate_of_nobody_we_trust_gets_no_mail() {
    let server = serve(&[Server::TakesPrivately]);
    let (_folder, mut stranger) = smtp(&server, Security::StartTls, SmtpLogin::None);
    stranger.settings.certificate_authority = None;
    let error = send(&stranger).unwrap_err();
    assert!(
        error.hope == Hope::Later && error.to_string().contains("signed by nobody whom this machine trusts"),
        "{error}"
    );
    drop(server);
}

#[test]
fn what_a_server_answers_is_told_by_its_code_alone() {
    for (behaviours, hope, why) in [
        (&[Server::Answers("451 4.7.1 greylisted for Ada Fixture")][..], Hope::Later, "asked for patience (code 451)"),
        (&[Server::Answers("550 5.1.1 no Ada Fixture here")], Hope::None, "refused the mail (code 550)"),
        (&[Server::Answers("535 5.7.8 not Ada Fixture")], Hope::None, "refused the login (code 535)"),
        (&[Server::Answers("what?")], Hope::Later, "is no mail server's"),
        (&[Server::Stalls], Hope::Later, "did not answer in time"),
        (&[Server::HangsUp], Hope::Later, "hung up before"),
    ] {
        let error = sent_to(behaviours).unwrap_err();
        assert_eq!(error.hope, hope, "{error}");
        assert!(error.to_string().contains(why) && !format!("{error} {error:?}").contains("Ada"), "{why}: {error:?}");
    }
}

#[test]
fn a_server_that_is_not_there_may_come_back() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let nobody = Running { port, certificate: String::new(), thread: thread::spawn(Vec::new) };
    let error = send(&smtp(&nobody, Security::None, SmtpLogin::None).1).unwrap_err();
    assert!(error.hope == Hope::Later && error.to_string().contains("cannot be reached"), "{error}");
}
