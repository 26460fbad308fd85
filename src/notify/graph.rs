//! By a mailbox of Microsoft 365, with Microsoft Graph's `sendMail`.
//!
//! The mail is handed over as MIME, so that its id is ours and stays the same.

use std::time::Duration;

use lettre::message::{Body, header::ContentTransferEncoding};
use secrecy::ExposeSecret;

use super::{
    Channel, Envelope, Hope, Undelivered,
    channel::Fault,
    http::{ask, client, token, wait},
    mail::mail,
};
use crate::config::{Network, notify::GraphSettings};

/// A mailbox of Microsoft 365.
#[derive(Debug)]
pub struct Graph {
    /// How the configuration calls it.
    pub name: String,
    /// What it is.
    pub settings: GraphSettings,
    /// The way there.
    pub network: Network,
    /// How long each step may take.
    pub patience: Duration,
}

const WHO: &str = "Microsoft Graph";
const ADVICE: &str = "check that 'from' is a mailbox and that the application may send from it (Mail.Send)";

impl Channel for Graph {
    fn name(&self) -> &str {
        &self.name
    }

    fn send(&self, envelope: Envelope<'_>) -> Result<(), Undelivered> {
        self.try_to_send(envelope).map_err(|fault| fault.of(&self.name))
    }

    fn is_ready(&self) -> Result<(), Undelivered> {
        let readable = || {
            self.settings.application.secret.resolve()?;
            self.network.way()?;
            Ok(())
        };
        readable().map_err(|fault: Fault| fault.of(&self.name))
    }

    fn answers(&self) -> Result<(), Undelivered> {
        let (application, scope) = (&self.settings.application, self.scope());
        let asked = self.network.way().map_err(Fault::from);
        let asked = asked.and_then(|way| wait(async { token(application, &scope, &way, self.patience).await }));
        asked.map(drop).map_err(|fault| fault.of(&self.name))
    }
}

impl Graph {
    fn try_to_send(&self, envelope: Envelope<'_>) -> Result<(), Fault> {
        let GraphSettings { application, addresses, endpoint } = &self.settings;
        let mime = mail(addresses, envelope).map_err(|error| Fault::here(&error))?.formatted();
        let body = base64(mime)?;
        let way = self.network.way()?;
        wait(async {
            let token = token(application, &self.scope(), &way, self.patience).await?;
            let address = format!("{endpoint}/v1.0/users/{}/sendMail", addresses.from.email);
            let (client, url) = client(&way, &address, WHO, self.patience)?;
            let request =
                client.post(url).bearer_auth(token.expose_secret()).header("content-type", "text/plain").body(body);
            ask(request, WHO, ADVICE).await
        })
    }

    fn scope(&self) -> String {
        format!("{}/.default", self.settings.endpoint)
    }
}

/// In one line, as Graph wants it.
fn base64(bytes: Vec<u8>) -> Result<Vec<u8>, Fault> {
    let body = Body::new_with_encoding(bytes, ContentTransferEncoding::Base64);
    let body = body.map_err(|_| Fault::new(Hope::None, "the mail cannot be encoded"))?;
    Ok(body.into_vec().into_iter().filter(|byte| !byte.is_ascii_whitespace()).collect())
}

#[cfg(test)]
mod tests;
