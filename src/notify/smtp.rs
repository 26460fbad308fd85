//! By a mail server: a relay in the council's own network, or one that wants a login.

use std::{
    error::Error as _,
    io::{self, ErrorKind},
    time::Duration,
};

use lettre::{
    SmtpTransport, Transport,
    transport::smtp::{
        Error,
        authentication::{Credentials, Mechanism},
        client::{Certificate, Tls, TlsParameters},
        extension::ClientId,
    },
};
use secrecy::{ExposeSecret, SecretString};

use super::{
    Channel, Envelope, Hope, Undelivered,
    mail::{Addresses, mail},
};

/// A mail server.
#[derive(Debug)]
pub struct Smtp {
    /// How the configuration calls it.
    pub name: String,
    /// Its name, as its certificate has it.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the line to it is kept private.
    pub security: Security,
    /// Whom it takes us for.
    pub login: Login,
    /// From whom to whom.
    pub addresses: Addresses,
    /// What the agent calls itself; a relay may look at it.
    pub hello: String,
    /// Authorities that are trusted besides those of the operating system, as PEM.
    pub authorities: Vec<u8>,
    /// How long each step may take.
    pub patience: Duration,
}

/// How the line to a mail server is kept private.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Security {
    /// It is not: a relay within the council's network.
    None,
    /// By STARTTLS. A server that does not offer it gets no mail.
    StartTls,
    /// By TLS from the first byte.
    Tls,
}

/// Whom a mail server takes us for.
#[derive(Debug)]
pub enum Login {
    /// Nobody: it knows the server by its address.
    None,
    /// A user with a password.
    Password(String, SecretString),
    /// A user with a token.
    Token(String, SecretString),
}

impl Channel for Smtp {
    fn name(&self) -> &str {
        &self.name
    }

    fn send(&self, envelope: Envelope<'_>) -> Result<(), Undelivered> {
        let fault = |hope, why: String| Undelivered { channel: self.name.clone(), hope, why };
        let mail = mail(&self.addresses, envelope).map_err(|error| fault(Hope::None, error.to_string()))?;
        let transport = self.transport().map_err(|error| fault(hope(&error), self.why(&error)))?;
        match transport.send(&mail) {
            Ok(_) => Ok(()),
            Err(error) => Err(fault(hope(&error), self.why(&error))),
        }
    }
}

impl Smtp {
    fn transport(&self) -> Result<SmtpTransport, Error> {
        let tls = match self.security {
            Security::None => Tls::None,
            Security::StartTls => Tls::Required(self.tls()?),
            Security::Tls => Tls::Wrapper(self.tls()?),
        };
        let mut builder = SmtpTransport::builder_dangerous(&self.host)
            .port(self.port)
            .tls(tls)
            .hello_name(ClientId::Domain(self.hello.clone()))
            .timeout(Some(self.patience));
        let (user, secret, mechanisms) = match &self.login {
            Login::None => return Ok(builder.build()),
            Login::Password(user, secret) => (user, secret, vec![Mechanism::Plain, Mechanism::Login]),
            Login::Token(user, secret) => (user, secret, vec![Mechanism::Xoauth2]),
        };
        let credentials = Credentials::new(user.clone(), secret.expose_secret().to_owned());
        builder = builder.credentials(credentials).authentication(mechanisms);
        Ok(builder.build())
    }

    fn tls(&self) -> Result<TlsParameters, Error> {
        let builder = TlsParameters::builder(self.host.clone());
        if self.authorities.is_empty() {
            return builder.build();
        }
        builder.add_root_certificate(Certificate::from_pem(&self.authorities)?).build()
    }

    /// Why a mail was not taken. A server's own words may name people, so its code alone is told.
    fn why(&self, error: &Error) -> String {
        let server = format!("{}:{}", self.host, self.port);
        match error.status() {
            Some(code) if error.is_permanent() && matches!(u16::from(code), 530 | 534 | 535 | 538) => {
                format!("{server} refused the login (code {code}); check the user and the secret")
            }
            Some(code) if error.is_permanent() => {
                format!("{server} refused the mail (code {code}); check sender, readers and the right to relay")
            }
            Some(code) => format!("{server} asked for patience (code {code})"),
            None if error.is_response() => format!("{server} gave an answer that is no mail server's"),
            None if error.is_client() => format!("{server} does not offer what 'security' or the login asks for"),
            None if error.is_tls() => format!("no private line to {server}: its certificate is not trusted here"),
            None => match of_the_line(error) {
                Some(ErrorKind::InvalidData) => {
                    format!("no private line to {server}: its certificate is not trusted here")
                }
                Some(ErrorKind::TimedOut | ErrorKind::WouldBlock) => format!("{server} did not answer in time"),
                Some(ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe) => {
                    format!("{server} hung up before it had the whole mail")
                }
                _ => format!("{server} cannot be reached; check its name, its port and the firewall"),
            },
        }
    }
}

/// What became of the line itself.
fn of_the_line(error: &Error) -> Option<ErrorKind> {
    let mut cause = error.source();
    while let Some(this) = cause {
        if let Some(error) = this.downcast_ref::<io::Error>() {
            return Some(error.kind());
        }
        cause = this.source();
    }
    None
}

/// Only what a server refuses for good is hopeless: a certificate or a name may be mended on the other side.
fn hope(error: &Error) -> Hope {
    if error.is_permanent() { Hope::None } else { Hope::Later }
}

#[cfg(test)]
mod tests;
