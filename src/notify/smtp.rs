//! By a mail server: a relay in the council's own network, or one that wants a login.

use std::{
    error::Error as _,
    io::{self, ErrorKind},
    time::Duration,
};

use lettre::{
    Address, SmtpTransport, Transport,
    address::Envelope as Route,
    transport::smtp::{
        Error,
        authentication::{Credentials, Mechanism},
        client::{Certificate, Tls, TlsParameters},
        extension::ClientId,
    },
};
use secrecy::ExposeSecret;

use super::{
    Channel, Envelope, Hope, Undelivered,
    channel::Fault,
    http::{token, wait},
    mail::mail,
};
use crate::{
    config::{
        Network,
        notify::{Security, SmtpLogin, SmtpSettings},
    },
    sys::trouble::Trouble,
};

/// A mail server.
#[derive(Debug)]
pub struct Smtp {
    /// How the configuration calls it.
    pub name: String,
    /// What it is.
    pub settings: SmtpSettings,
    /// The way there.
    pub network: Network,
    /// How long each step may take.
    pub patience: Duration,
}

/// What an application asks a token for that sends by SMTP.
const SCOPE: &str = "https://outlook.office365.com/.default";

impl Channel for Smtp {
    fn name(&self) -> &str {
        &self.name
    }

    fn send(&self, envelope: Envelope<'_>) -> Result<(), Undelivered> {
        self.try_to_send(envelope).map_err(|fault| fault.of(&self.name))
    }

    fn is_ready(&self) -> Result<(), Undelivered> {
        let readable = || {
            self.tls()?;
            match &self.settings.login {
                SmtpLogin::None => {}
                SmtpLogin::Password { password, .. } => drop(password.resolve()?),
                SmtpLogin::Entra { application, .. } => drop(application.secret.resolve()?),
            }
            Ok(())
        };
        readable().map_err(|fault: Fault| fault.of(&self.name))
    }

    fn answers(&self) -> Result<(), Undelivered> {
        let answered = self.transport().and_then(|transport| match transport.test_connection() {
            Ok(true) => Ok(()),
            Ok(false) => Err(Fault::new(Hope::Later, format!("{} hung up", self.server()))),
            Err(error) => Err(self.fault(&error)),
        });
        answered.map_err(|fault| fault.of(&self.name))
    }
}

impl Smtp {
    fn try_to_send(&self, envelope: Envelope<'_>) -> Result<(), Fault> {
        let mail = mail(&self.settings.addresses, envelope).map_err(|error| Fault::here(&error))?;
        let (transport, text) = (self.transport()?, mail.formatted());
        let route = mail.envelope();
        let Err(error) = transport.send_raw(route, &text) else { return Ok(()) };
        if !error.is_permanent() || refuses_login(&error) || route.to().len() == 1 {
            return Err(self.fault(&error));
        }
        // One reader who has left must not keep an alert from the others.
        let alone = |reader: &Address| Route::new(route.from().cloned(), vec![reader.clone()]).ok();
        let sent = route.to().iter().filter_map(alone).filter(|route| transport.send_raw(route, &text).is_ok()).count();
        if sent == 0 {
            return Err(self.fault(&error));
        }
        let refused = route.to().len() - sent;
        tracing::warn!(channel = self.name, "{} refused {refused} of the readers; check 'to'", self.server());
        Ok(())
    }

    fn transport(&self) -> Result<SmtpTransport, Fault> {
        let SmtpSettings { host, port, security, login, hello, .. } = &self.settings;
        let tls = match security {
            Security::None => Tls::None,
            Security::StartTls => Tls::Required(self.tls()?),
            Security::Tls => Tls::Wrapper(self.tls()?),
        };
        let builder = SmtpTransport::builder_dangerous(host)
            .port(*port)
            .tls(tls)
            .hello_name(ClientId::Domain(hello.clone()))
            .timeout(Some(self.patience));
        let (user, secret, mechanisms) = match login {
            SmtpLogin::None => return Ok(builder.build()),
            SmtpLogin::Password { user, password } => {
                (user, password.resolve()?, vec![Mechanism::Plain, Mechanism::Login])
            }
            SmtpLogin::Entra { user, application } => {
                (user, wait(token(application, SCOPE, &self.network.way()?, self.patience))?, vec![Mechanism::Xoauth2])
            }
        };
        let credentials = Credentials::new(user.clone(), secret.expose_secret().to_owned());
        Ok(builder.credentials(credentials).authentication(mechanisms).build())
    }

    fn tls(&self) -> Result<TlsParameters, Fault> {
        let mut builder = TlsParameters::builder(self.settings.host.clone());
        for authority in self.network.authorities().map_err(|error| Fault::here(&error))?.all() {
            let certificate = Certificate::from_der(authority.der().to_vec());
            builder = builder.add_root_certificate(certificate.map_err(|error| self.fault(&error))?);
        }
        let Some(path) = &self.settings.certificate_authority else {
            return builder.build().map_err(|error| self.fault(&error));
        };
        let unusable = |why: &str| {
            let place = path.display();
            Fault::new(Hope::None, format!("the certificate in {place} {why}; check 'certificate_authority'"))
        };
        let bytes = std::fs::read(path).map_err(|_| unusable("cannot be read"))?;
        let is_pem = bytes.starts_with(b"-----BEGIN CERTIFICATE");
        let certificate = if is_pem { Certificate::from_pem(&bytes) } else { Certificate::from_der(bytes) };
        let trusting = certificate.and_then(|certificate| builder.add_root_certificate(certificate).build());
        trusting.map_err(|_| unusable("is none"))
    }

    fn server(&self) -> String {
        format!("{}:{}", self.settings.host, self.settings.port)
    }

    fn fault(&self, error: &Error) -> Fault {
        // Only what a server refuses is hopeless: a certificate or a name may be mended on the other side.
        Fault::new(if error.is_permanent() { Hope::None } else { Hope::Later }, self.why(error))
    }

    /// Why a mail was not taken. A server's own words may name people, so its code alone is told.
    fn why(&self, error: &Error) -> String {
        let server = self.server();
        match error.status() {
            Some(code) if refuses_login(error) => {
                format!("{server} refused the login (code {code}); check the user and the secret")
            }
            Some(code) if error.is_permanent() => {
                format!("{server} refused the mail (code {code}); check sender, readers and the right to relay")
            }
            Some(code) => format!("{server} asked for patience (code {code})"),
            None if error.is_response() => format!("{server} gave an answer that is no mail server's"),
            None if error.is_client() => format!("{server} does not offer what 'security' or the login asks for"),
            None => match of_the_line(error) {
                Some(ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe) => {
                    format!("{server} hung up before it had the whole mail")
                }
                _ => format!("{server} cannot be reached: {}", Trouble::of(error)),
            },
        }
    }
}

/// Whether a server does not know us: to try again with another reader would only lock the account.
fn refuses_login(error: &Error) -> bool {
    error.is_permanent() && error.status().is_some_and(|code| matches!(u16::from(code), 530 | 534 | 535 | 538))
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

#[cfg(test)]
mod tests;
