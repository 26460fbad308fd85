//! Every answer as a flag.

/// The answers that are given beforehand.
#[derive(clap::Args, Clone, Default, Debug)]
#[command(next_help_heading = "Answers")]
pub(super) struct Flags {
    /// The council: its name, or its CASSR code.
    #[arg(long, value_name = "NAME|CODE")]
    pub council: Option<String>,
    /// The CASSR code, where the program does not know that of the council.
    #[arg(long, value_name = "CODE")]
    pub la_code: Option<String>,
    /// Where the agent keeps its ledger and finished packages.
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<String>,
    #[command(flatten)]
    pub source: SourceFlags,
    /// The mapping to begin with: by-name, staging-contract or csv-folder.
    #[arg(long, value_name = "NAME")]
    pub starter: Option<String>,
    /// When the agent runs by itself: quarterly, monthly or none.
    #[arg(long, value_name = "WORD")]
    pub plan: Option<String>,
    /// The time of day in England at which it then runs.
    #[arg(long, value_name = "HH:MM")]
    pub at: Option<String>,
    #[command(flatten)]
    pub mail: MailFlags,
    /// The port of the status page, which this machine alone can read, such as 8730; "none" where there is none.
    #[arg(long, value_name = "PORT|none")]
    pub status_page: Option<String>,
}

/// Where rows come from.
#[derive(clap::Args, Clone, Default, Debug)]
pub(super) struct SourceFlags {
    /// Where rows come from: sqlserver or csv.
    #[arg(long, value_name = "WORD")]
    pub source: Option<String>,
    /// The folder of the CSV files.
    #[arg(long, value_name = "DIR")]
    pub csv_folder: Option<String>,
    /// The machine of the SQL Server.
    #[arg(long, value_name = "NAME")]
    pub host: Option<String>,
    /// Its TCP port, or the name of its instance.
    #[arg(long, value_name = "PORT|NAME")]
    pub server: Option<String>,
    /// The database.
    #[arg(long, value_name = "NAME")]
    pub database: Option<String>,
    /// Who the agent is to it: windows (the service's account; on Windows), sql (a login of the server's) or entra (an application).
    #[arg(long, value_name = "WORD")]
    pub login: Option<String>,
    /// The login's name.
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// Where its password is: `env:NAME` or `file:PATH`. Never the password itself.
    #[arg(long, value_name = "PLACE")]
    pub password: Option<String>,
    /// The directory of the application.
    #[arg(long, value_name = "ID")]
    pub tenant: Option<String>,
    /// The application.
    #[arg(long, value_name = "ID")]
    pub client_id: Option<String>,
    /// Where its secret is: `env:NAME` or `file:PATH`.
    #[arg(long, value_name = "PLACE")]
    pub client_secret: Option<String>,
}

/// Who is told.
#[derive(clap::Args, Clone, Default, Debug)]
pub(super) struct MailFlags {
    /// The mail server that takes alerts; "none" where nobody is told yet.
    #[arg(id = "mail-host", long = "mail-host", value_name = "NAME")]
    pub host: Option<String>,
    /// How the mail server is spoken to: starttls, tls or none.
    #[arg(id = "mail-security", long = "mail-security", value_name = "WORD")]
    pub security: Option<String>,
    /// The sender of alerts.
    #[arg(id = "mail-from", long = "mail-from", value_name = "ADDRESS")]
    pub from: Option<String>,
    /// The readers of alerts, with commas between them.
    #[arg(id = "mail-to", long = "mail-to", value_name = "ADDRESSES")]
    pub to: Option<String>,
}
