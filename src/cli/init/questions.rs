//! What is asked, in what order, and what counts as an answer.

use jiff::civil::Time;

use super::{
    ask::{Choice, Question},
    dialogue::Dialogue,
    flags::{Flags, MailFlags, SourceFlags},
};
use crate::{
    cli::Failure,
    config::{SecretRef, councils},
    init::{Answers, LoginAnswer, MailAnswer, PageAnswer, PlanAnswer, ServerAnswer, SourceAnswer, Starter, ToldAnswer},
    model::is_la_code,
};

/// What a trial of some answers says of them; told to whoever can answer again.
pub(super) trait Trial {
    /// Whether a source can be read, said in lines.
    fn source(&mut self, council: (&str, &str), source: &SourceAnswer) -> Result<bool, Failure>;
    /// Whether a mail server answers.
    fn mail(&mut self, mail: &MailAnswer) -> Result<bool, Failure>;
}

/// Asks everything. The default of the data folder depends on where the configuration goes.
pub(super) fn gather(
    dialogue: &mut Dialogue<'_>,
    flags: &Flags,
    data_dir: &str,
    trial: &mut dyn Trial,
) -> Result<Option<Answers>, Failure> {
    let council = council(dialogue, flags)?;
    let source = tried(dialogue, &flags.source, source, |source| {
        let (name, code) = council.as_ref().map_or(("Council", "999"), |(name, code)| (name, code));
        trial.source((name, code), source)
    })?;
    let starter = match &source {
        Some(source) => starter(dialogue, flags, source)?,
        None => None,
    };
    let data = Question {
        default: Some(data_dir),
        ..Question::new(
            "--data-dir",
            "Where shall the agent keep its ledger and finished packages?",
            "A folder; relative to that of the configuration file. It grows by some 100 MB for each package.",
        )
    };
    let data_dir = dialogue.text(flags.data_dir.as_deref(), &data, filled)?;
    let plan = plan(dialogue, flags)?;
    let told = tried(dialogue, &flags.mail, mail, |told| match told {
        ToldAnswer::Mail(mail) => trial.mail(mail),
        ToldAnswer::Nobody => Ok(true),
    })?;
    let status_page = status_page(dialogue, flags)?;
    let all = || {
        let (council, la_code) = council?;
        Some(Answers {
            council,
            la_code,
            source: source?,
            starter: starter?,
            data_dir: data_dir?,
            plan: plan?,
            told: told?,
            status_page: status_page?,
        })
    };
    Ok(all())
}

/// Some answers, asked for again as long as a trial of them fails and somebody wants to.
fn tried<F: Default, T>(
    dialogue: &mut Dialogue<'_>,
    flags: &F,
    ask: impl Fn(&mut Dialogue<'_>, &F) -> Result<Option<T>, Failure>,
    mut trial: impl FnMut(&T) -> Result<bool, Failure>,
) -> Result<Option<T>, Failure> {
    const AGAIN: usize = 0;
    let what_now =
        Question::new("", "This does not work yet. What now?", "What is kept can be mended later in agent.toml.");
    let choices = [("again", "Answer again"), ("keep", "Keep it, and mend it later")];
    let mut answers = ask(dialogue, flags)?;
    while let Some(given) = &answers
        && !trial(given)?
        && dialogue.answerer.choose(&what_now, &choices)? == Some(AGAIN)
    {
        answers = ask(dialogue, &F::default())?;
    }
    Ok(answers)
}

/// The council's name and code.
fn council(dialogue: &mut Dialogue<'_>, flags: &Flags) -> Result<Option<(String, String)>, Failure> {
    let which = Question {
        suggest: |text| {
            let text = text.to_lowercase();
            let names = councils::all().iter().map(|council| council.official_name.clone());
            names.filter(|name| name.to_lowercase().contains(&text)).collect()
        },
        ..Question::new(
            "--council",
            "Which council is it?",
            "Its name or its CASSR code; the arrow keys choose, Tab takes a name.",
        )
    };
    let council = dialogue.text(flags.council.as_deref(), &which, |text| {
        councils::called(text).map_err(|near| match near[..] {
            [] => "no council with adult social services is called so".to_owned(),
            [one] => format!("no council is called so; did you mean '{one}'?"),
            _ => format!("there are several: {}", near.join(", ")),
        })
    })?;
    let known = council.and_then(|council| council.code.as_deref());
    let code = match (council, flags.la_code.as_deref().or(known)) {
        (None, _) => None,
        (Some(_), given) => {
            let question = Question::new(
                "--la-code",
                "What is its CASSR code?",
                "It stands on every row. This program does not know it: ODS publishes it (lauth), and an earlier return has it.",
            );
            dialogue.text(given, &question, |text| {
                let fault = || "a CASSR code is three digits, or five characters such as A1B2C".to_owned();
                is_la_code(text.as_bytes()).then(|| text.to_owned()).ok_or_else(fault)
            })?
        }
    };
    Ok(council.zip(code).map(|(council, code)| (council.official_name.clone(), code)))
}

fn source(dialogue: &mut Dialogue<'_>, flags: &SourceFlags) -> Result<Option<SourceAnswer>, Failure> {
    const CHOICES: [Choice; 2] = [
        ("sqlserver", "A SQL Server database: the case system's, a copy, or the council's warehouse"),
        ("csv", "CSV files that somebody exports (PostgreSQL, Oracle, hosted systems)"),
    ];
    let where_from = Question::new("--source", "Where do the rows come from?", "The agent only reads.");
    match dialogue.choose(flags.source.as_deref(), &where_from, &CHOICES)? {
        None => Ok(None),
        Some(0) => sql_server(dialogue, flags),
        Some(_) => {
            let which = Question::new(
                "--csv-folder",
                "In which folder are the files?",
                "Relative to the folder of the configuration file, or from its root.",
            );
            let folder = dialogue.text(flags.csv_folder.as_deref(), &which, filled)?;
            Ok(folder.map(|folder| SourceAnswer::Csv { folder }))
        }
    }
}

fn sql_server(dialogue: &mut Dialogue<'_>, flags: &SourceFlags) -> Result<Option<SourceAnswer>, Failure> {
    let host = Question::new("--host", "On which machine is the server?", "Its name as its certificate has it.");
    let host = dialogue.text(flags.host.as_deref(), &host, filled)?;
    let server = Question {
        default: Some("1433"),
        ..Question::new("--server", "Which server on it?", "A TCP port, or the name of an instance.")
    };
    let server = dialogue.text(flags.server.as_deref(), &server, |text| {
        let name = filled(text)?;
        let digits = name.bytes().all(|byte| byte.is_ascii_digit());
        match name.parse() {
            Ok(port) => Ok(ServerAnswer::Port(port)),
            Err(_) if digits => Err("a TCP port is at most 65535".to_owned()),
            Err(_) => Ok(ServerAnswer::Instance(name)),
        }
    })?;
    let database =
        Question::new("--database", "Which database?", "That of the tables or views that the mapping reads.");
    let database = dialogue.text(flags.database.as_deref(), &database, filled)?;
    let login = login(dialogue, flags)?;
    let all = || Some(SourceAnswer::SqlServer { host: host?, server: server?, database: database?, login: login? });
    Ok(all())
}

fn login(dialogue: &mut Dialogue<'_>, flags: &SourceFlags) -> Result<Option<LoginAnswer>, Failure> {
    const CHOICES: [Choice; 3] = [
        ("windows", "The account of the service (integrated login; it may be a gMSA)"),
        ("sql", "A login of the server's, with a password"),
        ("entra", "An application of Microsoft Entra"),
    ];
    // Only there is an account of the service that the server could know.
    let choices = if cfg!(windows) { &CHOICES[..] } else { &CHOICES[1..] };
    let who = Question::new(
        "--login",
        "Who is the agent to the server?",
        "Give it the right to read what it needs, and no other.",
    );
    let Some(chosen) = dialogue.choose(flags.login.as_deref(), &who, choices)? else { return Ok(None) };
    match choices[chosen].0 {
        "windows" => Ok(Some(LoginAnswer::Windows)),
        "sql" => {
            let user = Question::new("--user", "What is the login's name?", "Such as cld_agent.");
            let user = dialogue.text(flags.user.as_deref(), &user, filled)?;
            let password = secret(dialogue, flags.password.as_deref(), "--password", "Where is its password?")?;
            Ok(user.zip(password).map(|(user, password)| LoginAnswer::Sql { user, password }))
        }
        _ => {
            let tenant = Question::new("--tenant", "Which directory (tenant)?", "Its id, as Entra shows it.");
            let tenant = dialogue.text(flags.tenant.as_deref(), &tenant, filled)?;
            let client = Question::new("--client-id", "Which application (client)?", "Its id, as Entra shows it.");
            let client_id = dialogue.text(flags.client_id.as_deref(), &client, filled)?;
            let client_secret = secret(
                dialogue,
                flags.client_secret.as_deref(),
                "--client-secret",
                "Where is the application's secret?",
            )?;
            let all =
                || Some(LoginAnswer::Entra { tenant: tenant?, client_id: client_id?, client_secret: client_secret? });
            Ok(all())
        }
    }
}

fn secret(
    dialogue: &mut Dialogue<'_>,
    given: Option<&str>,
    flag: &'static str,
    text: &'static str,
) -> Result<Option<SecretRef>, Failure> {
    const HELP: &str = "env:NAME or file:PATH, where the agent finds it. Never the secret itself.";
    dialogue.text(given, &Question::new(flag, text, HELP), |text| text.parse().map_err(|fault: &str| fault.to_owned()))
}

fn starter(dialogue: &mut Dialogue<'_>, flags: &Flags, source: &SourceAnswer) -> Result<Option<Starter>, Failure> {
    let fitting = Starter::fitting(source);
    let choices: Vec<Choice> = fitting.iter().map(|starter| (starter.name(), starter.summary())).collect();
    let which = Question {
        default: fitting.first().map(|starter| starter.name()),
        ..Question::new(
            "--starter",
            "Which mapping shall it begin with?",
            "Each has a README.md that says how to go on.",
        )
    };
    let chosen = dialogue.choose(flags.starter.as_deref(), &which, &choices)?;
    Ok(chosen.and_then(|chosen| fitting.get(chosen).copied()))
}

fn plan(dialogue: &mut Dialogue<'_>, flags: &Flags) -> Result<Option<PlanAnswer>, Failure> {
    const CHOICES: [Choice; 3] = [
        ("quarterly", "After each quarter, and a rehearsal every Monday"),
        ("monthly", "After each month, and a rehearsal every Monday"),
        ("none", "Only when somebody asks it to"),
    ];
    let when = Question {
        default: Some("quarterly"),
        ..Question::new("--plan", "When shall it run by itself?", "On the third working day after the period.")
    };
    let Some(chosen) = dialogue.choose(flags.plan.as_deref(), &when, &CHOICES)? else { return Ok(None) };
    if CHOICES[chosen].0 == "none" {
        return Ok(Some(PlanAnswer::None));
    }
    let at = Question {
        default: Some("06:00"),
        ..Question::new(
            "--at",
            "At what time of day?",
            "In England. Before people work in the case system, after its backup.",
        )
    };
    let at = dialogue.text(flags.at.as_deref(), &at, |text| {
        Time::strptime("%H:%M", text.trim()).map_err(|_| "write a time of day as 06:00".to_owned())
    })?;
    Ok(at.map(|at| if CHOICES[chosen].0 == "monthly" { PlanAnswer::Monthly(at) } else { PlanAnswer::Quarterly(at) }))
}

fn mail(dialogue: &mut Dialogue<'_>, flags: &MailFlags) -> Result<Option<ToldAnswer>, Failure> {
    const NONE: &str = "none";
    const SECURITY: [Choice; 3] = [
        ("starttls", "STARTTLS (port 587 or 25)"),
        ("tls", "TLS from the first byte (port 465)"),
        ("none", "None: the server is on this network and takes mail by address"),
    ];
    let host = Question {
        default: Some(NONE),
        ..Question::new(
            "--mail-host",
            "Which mail server takes alerts?",
            "Its name as its certificate has it. \"none\": nobody is told yet. Other ways (Microsoft 365, Teams): docs/alerts.md",
        )
    };
    let Some(host) = dialogue.text(flags.host.as_deref(), &host, filled)? else { return Ok(None) };
    if host == NONE {
        return Ok(Some(ToldAnswer::Nobody));
    }
    let security = Question {
        default: Some("starttls"),
        ..Question::new("--mail-security", "How is the mail server spoken to?", "Ask whoever runs it.")
    };
    let security = dialogue.choose(flags.security.as_deref(), &security, &SECURITY)?;
    let from = Question::new("--mail-from", "Who is the sender?", "Such as cld-agent@council.example.");
    let from = dialogue.text(flags.from.as_deref(), &from, address)?;
    let to = Question::new(
        "--mail-to",
        "Who shall read alerts?",
        "Addresses with commas between them: IT and the data team.",
    );
    let to = dialogue.text(flags.to.as_deref(), &to, |text| text.split(',').map(address).collect())?;
    let all = || {
        let security = SECURITY.get(security?)?.0;
        Some(ToldAnswer::Mail(MailAnswer { host, security, from: from?, to: to? }))
    };
    Ok(all())
}

/// The port of the page, or that there is none.
fn status_page(dialogue: &mut Dialogue<'_>, flags: &Flags) -> Result<Option<PageAnswer>, Failure> {
    const NONE: &str = "none";
    let port = Question {
        default: Some(NONE),
        ..Question::new(
            "--status-page",
            "On which port shall a page say how things stand?",
            "Such as 8730. A browser on this machine can read it, and nobody else. \"none\": there is no page.",
        )
    };
    dialogue.text(flags.status_page.as_deref(), &port, |text| match text.trim() {
        NONE => Ok(PageAnswer::None),
        text => match text.parse() {
            Ok(port) if port > 0 => Ok(PageAnswer::Port(port)),
            _ => Err("write a TCP port from 1 to 65535, or none".to_owned()),
        },
    })
}

fn filled(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() { Err("an answer is needed".to_owned()) } else { Ok(text.to_owned()) }
}

fn address(text: &str) -> Result<String, String> {
    let text = text.trim();
    // What was written may name somebody, and is not repeated.
    let fault = || "write a mail address, such as it@council.example".to_owned();
    text.parse().map(|_: lettre::message::Mailbox| text.to_owned()).map_err(|_| fault())
}
