//! Who hears of what happens, and by which way.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    time::Duration,
};

use jiff::civil::Time;
use lettre::message::Mailbox;

use super::{
    SecretRef,
    entra::{EntraApplication, need_secret, read as application, service},
    plans::time_of_day,
    read::{filled, folder_safe, path, secret},
    sqlserver::duration,
};
use crate::document::{Spanned, Table};

/// Who hears of what happens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Notify {
    /// How long after an alert others that say the same of the same thing are only counted.
    pub quiet_time: Duration,
    /// The time of day in England at which the digest tells what was counted.
    pub digest_at: Time,
    /// How long an alert waits for a channel that is out of reach before the next one is asked as well.
    pub next_channel_after: Duration,
    /// The channels, the first to be asked first; no name stands twice.
    pub channels: Vec<ChannelSettings>,
    /// Who is told that all is well.
    pub heartbeat: Heartbeat,
}

/// Who is told that all is well.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Heartbeat {
    /// Where the address is that is called. The address itself is a secret.
    pub url: Option<SecretRef>,
    /// The file that is written anew.
    pub file: Option<PathBuf>,
}

/// A way for alerts to reach somebody.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChannelSettings {
    /// How it is called.
    pub name: String,
    /// What it is.
    pub kind: ChannelKind,
    /// How long each step may take.
    pub timeout: Duration,
}

/// What a channel is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ChannelKind {
    /// A mail server.
    Smtp(Box<SmtpSettings>),
    /// A mailbox of Microsoft 365.
    Graph(Box<GraphSettings>),
    /// An address that takes a message.
    Webhook(WebhookSettings),
}

/// A mail server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SmtpSettings {
    /// Its name, as its certificate has it.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the line to it is kept private.
    pub security: Security,
    /// Who we are to it.
    pub login: SmtpLogin,
    /// From whom to whom.
    pub addresses: Addresses,
    /// What the agent calls itself; a relay may look at it.
    pub hello: String,
    /// A file with an authority that is trusted besides those of this machine.
    pub certificate_authority: Option<PathBuf>,
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

/// Who we are to a mail server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SmtpLogin {
    /// Nobody: it knows us by our address in the network.
    None,
    /// A user with a password.
    Password {
        /// The name.
        user: String,
        /// Where the password is.
        password: SecretRef,
    },
    /// A user on whose behalf an application sends.
    Entra {
        /// The name.
        user: String,
        /// The application.
        application: EntraApplication,
    },
}

/// A mailbox of Microsoft 365.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GraphSettings {
    /// Who may send from it.
    pub application: EntraApplication,
    /// From whom to whom; the sender is the mailbox.
    pub addresses: Addresses,
    /// Where Microsoft Graph is.
    pub endpoint: String,
}

/// From whom to whom.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Addresses {
    /// The sender.
    pub from: Mailbox,
    /// The readers, at least one.
    pub to: Vec<Mailbox>,
    /// Who reads alerts of some kinds in their place; at least one for each.
    pub to_for: BTreeMap<String, Vec<Mailbox>>,
}

impl Addresses {
    /// Who reads alerts of this kind.
    pub fn readers(&self, kind: &str) -> &[Mailbox] {
        self.to_for.get(kind).unwrap_or(&self.to)
    }
}

/// An address that takes a message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WebhookSettings {
    /// Where the address is. The address itself is a secret.
    pub url: SecretRef,
    /// What is sent there.
    pub format: WebhookFormat,
}

/// What a webhook is sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WebhookFormat {
    /// An Adaptive Card, as a workflow of Microsoft Teams takes it.
    Teams,
    /// The message as JSON.
    Json,
}

/// The words for what an alert can be about.
pub const KINDS: [&str; 20] = [
    "approved",
    "desk-away",
    "did-not-run",
    "digest",
    "disk-low",
    "elsewhere",
    "expires",
    "failed",
    "held",
    "not-purged",
    "page-not-served",
    "parked",
    "purge-coming",
    "ready",
    "recovered",
    "settings-broken",
    "test",
    "window-closes",
    "window-opens",
    "worse",
];

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);
const TIMEOUT: Duration = Duration::from_secs(30);
const GRAPH: &str = "https://graph.microsoft.com";

/// The types of channel, as the file names them.
#[derive(Clone, Copy)]
enum Type {
    Smtp,
    Graph,
    Webhook,
}

const TYPES: [(&str, Type); 3] = [("smtp", Type::Smtp), ("graph", Type::Graph), ("webhook", Type::Webhook)];

/// Reads the table `notify`.
pub(super) fn read(table: &Table<'_>, folder: &Path) -> Option<Notify> {
    let quiet_time = duration(table, "quiet_time", Duration::ZERO, 31 * 24 * HOUR);
    let digest_at = table.need_text("digest_at").and_then(|text| time_of_day(table, "digest_at", text));
    let next_channel_after = duration(table, "next_channel_after", Duration::ZERO, 31 * 24 * HOUR);
    let mut seen = BTreeSet::new();
    let mut channels = Vec::new();
    for table in table.tables("channel") {
        let name = table.need_text("name").filter(|name| folder_safe(&table, name));
        if let Some(name) = &name
            && !seen.insert(name.value)
        {
            table.fault_at(name.span.clone(), format!("there are two channels '{}'", name.value));
        }
        channels.extend(channel(&table, name, folder));
    }
    let heartbeat = table.table("heartbeat").map(|table| heartbeat(&table, folder)).unwrap_or_default();
    table.finish();
    Some(Notify {
        quiet_time: quiet_time?,
        digest_at: digest_at?,
        next_channel_after: next_channel_after?,
        channels,
        heartbeat,
    })
}

fn heartbeat(table: &Table<'_>, folder: &Path) -> Heartbeat {
    let heartbeat = Heartbeat { url: secret(table, "url", folder), file: path(table, "file", folder) };
    table.finish();
    heartbeat
}

fn channel(table: &Table<'_>, name: Option<Spanned<&str>>, folder: &Path) -> Option<ChannelSettings> {
    // Without a known type it is not known which keys belong here either: one fault says enough.
    let kind = match table.need_word("type", &TYPES)? {
        Type::Smtp => smtp(table, folder).map(|settings| ChannelKind::Smtp(Box::new(settings))),
        Type::Graph => graph(table, folder).map(|settings| ChannelKind::Graph(Box::new(settings))),
        Type::Webhook => webhook(table, folder).map(ChannelKind::Webhook),
    };
    let timeout = duration(table, "timeout", SECOND, HOUR).unwrap_or(TIMEOUT);
    table.finish();
    Some(ChannelSettings { name: name?.value.to_owned(), kind: kind?, timeout })
}

fn smtp(table: &Table<'_>, folder: &Path) -> Option<SmtpSettings> {
    const SECURITIES: [(&str, Security); 3] =
        [("none", Security::None), ("starttls", Security::StartTls), ("tls", Security::Tls)];
    let host = filled(table, table.need_text("host"), "host").map(|host| host.value.to_owned());
    let security = table.need_word("security", &SECURITIES);
    let port = table.integer("port", 1..=65535).map(|port| port.value as u16);
    let login = login(table, folder);
    if security == Some(Security::None) && !matches!(login, None | Some(SmtpLogin::None)) {
        let fault = table.document().fault(table.place("security"), "'security' cannot be \"none\" with a login");
        table.fault(fault.with_help("the secret would cross the network in the open; use \"starttls\" or \"tls\""));
    }
    let addresses = addresses(table);
    let hello = filled(table, table.text("hello"), "hello").map(|hello| hello.value.to_owned());
    let certificate_authority = path(table, "certificate_authority", folder);
    let (security, addresses) = (security?, addresses?);
    Some(SmtpSettings {
        host: host?,
        port: port.unwrap_or(match security {
            Security::None => 25,
            Security::StartTls => 587,
            Security::Tls => 465,
        }),
        security,
        login: login?,
        hello: hello.unwrap_or_else(|| addresses.from.email.domain().to_owned()),
        addresses,
        certificate_authority,
    })
}

fn login(table: &Table<'_>, folder: &Path) -> Option<SmtpLogin> {
    #[derive(Clone, Copy)]
    enum Word {
        None,
        Password,
        Entra,
    }
    const WORDS: [(&str, Word); 3] = [("none", Word::None), ("password", Word::Password), ("entra", Word::Entra)];
    if !table.has("login") {
        return Some(SmtpLogin::None);
    }
    let user = || filled(table, table.need_text("user"), "user").map(|user| user.value.to_owned());
    match table.word("login", &WORDS)? {
        Word::None => Some(SmtpLogin::None),
        Word::Password => {
            let (user, password) = (user(), need_secret(table, "password", folder));
            Some(SmtpLogin::Password { user: user?, password: password? })
        }
        Word::Entra => {
            let (user, application) = (user(), application(table, folder));
            Some(SmtpLogin::Entra { user: user?, application: application? })
        }
    }
}

fn graph(table: &Table<'_>, folder: &Path) -> Option<GraphSettings> {
    let application = application(table, folder);
    let addresses = addresses(table);
    let endpoint = service(table, "endpoint", GRAPH, "the application's token is sent there");
    Some(GraphSettings { application: application?, addresses: addresses?, endpoint: endpoint? })
}

fn webhook(table: &Table<'_>, folder: &Path) -> Option<WebhookSettings> {
    const FORMATS: [(&str, WebhookFormat); 2] = [("teams", WebhookFormat::Teams), ("json", WebhookFormat::Json)];
    let (url, format) = (need_secret(table, "url", folder), table.need_word("format", &FORMATS));
    Some(WebhookSettings { url: url?, format: format? })
}

fn addresses(table: &Table<'_>) -> Option<Addresses> {
    let from = table.need_text("from").and_then(|text| mailbox(table, "from", &text));
    if !table.has("to") {
        table.fault_at(table.span(), "'to' is missing here");
    }
    let to = mailboxes(table, "to", table.texts("to"));
    let mut to_for = BTreeMap::new();
    if let Some(kinds) = table.table("to_for") {
        for (kind, value) in kinds.entries() {
            if !KINDS.contains(&kind.value) {
                let fault =
                    table.document().fault(kind.span.clone(), format!("no alert is of the kind '{}'", kind.value));
                table.fault(fault.suggesting(kind.value, KINDS.to_vec()));
            }
            let texts =
                value.get_ref().as_array().map(|items| items.iter().map(|item| kinds.as_text(kind.value, item)));
            if texts.is_none() {
                table.fault_at(value.span(), format!("'{}' must be a list of texts", kind.value));
            }
            let readers = mailboxes(table, kind.value, texts.and_then(Iterator::collect));
            to_for.extend(readers.map(|readers| (kind.value.to_owned(), readers)));
        }
    }
    Some(Addresses { from: from?, to: to?, to_for })
}

fn mailboxes(table: &Table<'_>, key: &str, texts: Option<Vec<Spanned<&str>>>) -> Option<Vec<Mailbox>> {
    let texts = texts?;
    if texts.is_empty() {
        table.fault_at(table.place(key), format!("'{key}' names nobody"));
        return None;
    }
    texts.iter().map(|text| mailbox(table, key, text)).collect()
}

fn mailbox(table: &Table<'_>, key: &str, text: &Spanned<&str>) -> Option<Mailbox> {
    let parsed = text.value.parse().ok();
    if parsed.is_none() {
        // What stands there may name somebody, and a fault may reach log and mail.
        let fault = table.document().fault(text.span.clone(), format!("'{key}' is not a mail address"));
        table.fault(fault.with_help("write \"it@council.example\" or \"IT desk <it@council.example>\""));
    }
    parsed
}
