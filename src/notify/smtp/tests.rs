use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::Arc,
    thread::{self, JoinHandle},
};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned, pki_types::PrivateKeyDer};

use super::*;
use crate::notify::{Alert, Event};

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
    let provider = tokio_rustls::rustls::crypto::aws_lc_rs::default_provider();
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

fn smtp(server: &Running, security: Security, login: Login) -> Smtp {
    Smtp {
        name: "mail".to_owned(),
        host: "localhost".to_owned(),
        port: server.port,
        security,
        login,
        addresses: Addresses {
            from: "CLD agent <cld-agent@council.example>".parse().unwrap(),
            to: vec!["it@council.example".parse().unwrap()],
        },
        hello: "server.council.example".to_owned(),
        authorities: server.certificate.clone().into_bytes(),
        patience: Duration::from_millis(500),
    }
}

fn send(smtp: &Smtp) -> Result<(), Undelivered> {
    let alert = Alert {
        council: "Sunderland City Council".to_owned(),
        submission: None,
        period: None,
        at: "2026-11-24T06:00:00Z".parse().unwrap(),
        event: Event::Test,
    };
    let message = alert.message();
    smtp.send(Envelope { id: "0123abcd", message: &message, kind: "test", at: alert.at })
}

/// What a server that behaves so makes of a mail over a line without TLS.
fn sent_to(behaviours: &'static [Server]) -> Result<(), Undelivered> {
    let server = serve(behaviours);
    let sent = send(&smtp(&server, Security::None, Login::None));
    server.thread.join().unwrap();
    sent
}

#[test]
fn a_relay_takes_a_mail_with_both_parts_and_its_own_id() {
    let server = serve(&[Server::Takes]);
    send(&smtp(&server, Security::None, Login::None)).unwrap();
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
fn behind_starttls_the_login_is_given_and_not_before() {
    for (login, given) in [
        (Login::Password("agent".into(), "secret".into()), "AUTH PLAIN "),
        (Login::Token("agent".into(), "token".into()), "AUTH XOAUTH2 "),
    ] {
        let server = serve(&[Server::TakesPrivately]);
        send(&smtp(&server, Security::StartTls, login)).unwrap();
        let got = server.thread.join().unwrap();
        let at = |wanted: &str| got.iter().position(|line| line.starts_with(wanted)).unwrap();
        assert!(at("STARTTLS") < at(given) && at(given) < at("MAIL"), "{got:#?}");
    }
}

#[test]
fn starttls_cannot_be_stripped() {
    let server = serve(&[Server::Stripped]);
    let error = send(&smtp(&server, Security::StartTls, Login::Password("agent".into(), "secret".into()))).unwrap_err();
    let got = server.thread.join().unwrap();
    assert_eq!(error.hope, Hope::Later);
    assert!(error.to_string().contains("does not offer what 'security'"), "{error}");
    assert!(got.iter().all(|line| line.starts_with("EHLO") || line.starts_with("QUIT")), "{got:#?}");
}

#[test]
fn a_certificate_of_nobody_we_trust_gets_no_mail() {
    let server = serve(&[Server::TakesPrivately]);
    let stranger = Smtp { authorities: Vec::new(), ..smtp(&server, Security::StartTls, Login::None) };
    let error = send(&stranger).unwrap_err();
    assert!(error.hope == Hope::Later && error.to_string().contains("certificate is not trusted"), "{error}");
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
    let error = send(&smtp(&nobody, Security::None, Login::None)).unwrap_err();
    assert!(error.hope == Hope::Later && error.to_string().contains("cannot be reached"), "{error}");
}
