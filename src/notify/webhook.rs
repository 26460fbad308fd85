//! By an address that takes a message: a workflow of Microsoft Teams, or a program of the council's.

use std::time::Duration;

use reqwest::{Client, Url};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::{
    Channel, Envelope, Level, Message, Undelivered,
    channel::Fault,
    http::{ask, client, send, wait},
};
use crate::config::{
    Network,
    notify::{WebhookFormat, WebhookSettings},
};

/// An address that takes a message. The address itself is a secret: whoever has it may write there.
#[derive(Debug)]
pub struct Webhook {
    /// How the configuration calls it.
    pub name: String,
    /// What it is.
    pub settings: WebhookSettings,
    /// The way there.
    pub network: Network,
    /// How long each step may take.
    pub patience: Duration,
}

const WHO: &str = "the webhook";
const ADVICE: &str = "check its address; a workflow may have been deleted, or its owner may have left";

impl Channel for Webhook {
    fn name(&self) -> &str {
        &self.name
    }

    fn send(&self, envelope: Envelope<'_>) -> Result<(), Undelivered> {
        let body = match self.settings.format {
            WebhookFormat::Teams => card(envelope.message),
            WebhookFormat::Json => plain(envelope),
        };
        let sent = self.client().and_then(|(client, url)| {
            let request = client.post(url).json(&body);
            wait(ask(request, WHO, ADVICE))
        });
        sent.map_err(|fault| fault.of(&self.name))
    }

    fn is_ready(&self) -> Result<(), Undelivered> {
        let readable = || {
            self.settings.url.resolve()?;
            self.network.way()?;
            Ok(())
        };
        readable().map_err(|fault: Fault| fault.of(&self.name))
    }

    /// Any answer will do: what would be a right one cannot be known without sending something.
    fn answers(&self) -> Result<(), Undelivered> {
        let answered = self.client().and_then(|(client, url)| wait(send(client.head(url), WHO)).map(drop));
        answered.map_err(|fault| fault.of(&self.name))
    }
}

impl Webhook {
    fn client(&self) -> Result<(Client, Url), Fault> {
        let url = self.settings.url.resolve()?;
        client(&self.network.way()?, url.expose_secret(), WHO, self.patience)
    }
}

/// The message as it is, for programs.
fn plain(Envelope { id, message, kind, at }: Envelope<'_>) -> Value {
    json!({
        "id": id,
        "kind": kind,
        "at": at.to_string(),
        "level": message.level,
        "subject": message.subject,
        "headline": message.headline,
        "facts": message.facts,
        "happened": message.happened,
        "tried": message.tried,
        "to_do": message.to_do,
        "commands": message.commands,
    })
}

/// The message as an Adaptive Card, in the envelope that a workflow of Teams takes.
fn card(message: &Message) -> Value {
    let text = |text: &str| json!({ "type": "TextBlock", "text": verbatim(text), "wrap": true });
    let strong = |text: &str, size: &str, colour: &str| {
        json!({
            "type": "TextBlock", "text": verbatim(text), "wrap": true, "weight": "Bolder", "size": size, "color": colour,
        })
    };
    let facts = message.facts.iter().map(|fact| json!({ "title": fact.label, "value": verbatim(&fact.value) }));
    let colour = match message.level {
        Level::Problem => "Attention",
        Level::Action => "Warning",
        Level::Note => "Accent",
        Level::Good => "Good",
    };
    let mut body = vec![
        strong(message.level.as_str(), "Small", colour),
        strong(&message.headline, "Medium", "Default"),
        json!({ "type": "FactSet", "facts": facts.collect::<Vec<_>>() }),
    ];
    for (heading, lines) in message.sections().into_iter().filter(|(_, lines)| !lines.is_empty()) {
        body.push(strong(heading, "Default", "Default"));
        body.extend(lines.iter().map(|line| text(line)));
    }
    if !message.commands.is_empty() {
        body.push(strong("To look closer, on the server", "Default", "Default"));
        let commands = message.commands.iter();
        body.extend(
            commands.map(
                |line| json!({ "type": "TextBlock", "text": verbatim(line), "wrap": true, "fontType": "Monospace" }),
            ),
        );
    }
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.4",
                "msteams": { "width": "Full" },
                "body": body,
            },
        }],
    })
}

/// A text that a card's Markdown leaves as it is. What stands within words means nothing there.
fn verbatim(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        if matches!(letter, '*' | '[' | ']' | '`') {
            plain.push('\\');
        }
        plain.push(letter);
    }
    plain
}

#[cfg(test)]
mod tests;
