//! From a configuration to an order for a run.

use std::path::Path;

use jiff::Timestamp;

use super::Failure;
use crate::{
    answers::{Answers, FOLDER},
    check::TestNumbers,
    compare::{Crosswalk, Tolerances},
    config::{Encoding, Exclusions, IndexKey, Network, Settings, SourceKind, Submission},
    document::nearest,
    exit, logs,
    model::Period,
    run::{NamedSource, Order, Retry, Thresholds, Turn},
    source::{CsvFolder, CsvFormat, Source, SqlServer, Sqlite, TextEncoding},
    spec::Release,
    stage::{Council, Places},
    sys::{
        clock::{Clock, civil_date},
        error::in_full,
        fs::Readers,
        keyed::Keyed,
    },
};

/// Reads a configuration file.
pub(super) fn settings(path: &Path) -> Result<Settings, Failure> {
    let settings = Settings::open(path, &crate::config::environment());
    let settings = settings.map_err(|faults| Failure::faults(exit::CONFIGURATION, faults))?;
    settings.remarks.iter().for_each(|remark| eprintln!("cld-agent: note: {remark}"));
    Ok(settings)
}

/// Begins the log of this process. What is to be done matters more: it is done without one, too.
pub(super) fn begin_log(settings: &Settings) {
    if let Err(error) = logs::begin(&settings.log, &settings.agent.data_dir) {
        eprintln!("cld-agent: note: nothing is logged: failed to {}", in_full(&error));
    }
}

/// The submission that is meant: the one named, or the only one.
pub(super) fn submission<'s>(settings: &'s Settings, name: Option<&str>) -> Result<&'s Submission, Failure> {
    let names = || settings.submissions.iter().map(|submission| submission.name.as_str());
    match (name, settings.submissions.as_slice()) {
        (None, [only]) => Ok(only),
        (None, _) => {
            let message = format!("choose a submission: name one of {}", names().collect::<Vec<_>>().join(", "));
            Err(Failure::new(exit::USAGE, message))
        }
        (Some(name), _) => settings.submission(name).ok_or_else(|| {
            let hint = nearest(name, names()).map(|near| format!("; did you mean '{near}'?")).unwrap_or_default();
            Failure::new(exit::USAGE, format!("find the submission '{name}' in the configuration{hint}"))
        }),
    }
}

/// The release of a submission.
pub(super) fn release(submission: &Submission) -> Result<Release, Failure> {
    submission.release.load().map_err(|faults| Failure::faults(exit::RELEASE, faults))
}

/// Everything that a run of a submission needs.
pub(super) fn order<'a>(
    settings: &'a Settings,
    submission: &'a Submission,
    release: &'a Release,
    (period, turn): (Period, Option<Turn<'a>>),
    (began, clock): (Timestamp, Clock),
    account: &'a str,
) -> Result<Order<'a>, Failure> {
    let configuration = |error: Box<dyn std::error::Error>| Failure::new(exit::CONFIGURATION, error);
    let restricted = match &submission.exclusions {
        Some(path) => Exclusions::open(path).map_err(|faults| Failure::faults(exit::CONFIGURATION, faults))?,
        None => Exclusions::default(),
    };
    let password = submission.package.evidence_password.as_ref().map(crate::config::SecretRef::resolve).transpose();
    let agent = &settings.agent;
    Ok(Order {
        submission: &submission.name,
        council: Council { name: settings.council.name.clone(), la_code: settings.council.la_code.clone() },
        environment: submission.environment,
        test_numbers: if submission.allow_test_nhs_numbers { TestNumbers::Allowed } else { TestNumbers::Strange },
        release,
        mapping: &submission.mapping,
        sources: sources(settings, submission, clock),
        retry: Retry { within: submission.retry_for, after: submission.retry_after },
        restricted,
        require_rehearsal: submission.policy.require_rehearsal,
        thresholds: Thresholds {
            points_worse: submission.policy.failure_rate_points_worse,
            ceiling: submission.policy.failure_rate_ceiling,
            fewest_rows: submission.policy.failure_rate_fewest_rows,
        },
        answers: answers(settings, submission)?,
        tolerances: Tolerances {
            pro_rata: turn.is_some_and(|turn| turn.rehearses.is_some()),
            ..tolerances(submission)
        },
        index_key: &agent.index_key,
        crosswalk: crosswalk(submission)?,
        data: &agent.data_dir,
        places: places(settings),
        readers: Readers::resolve(agent.readers_group.as_deref()).map_err(|e| configuration(e.into()))?,
        worklist_rows: submission.package.worklist_rows,
        evidence_password: password.map_err(|e| configuration(e.into()))?,
        redacted_configuration: settings.redacted().to_owned(),
        period,
        turn,
        as_of: civil_date(began),
        began,
        account,
        resubmits: None,
    })
}

/// Where the packages of an installation are.
pub(super) fn places(settings: &Settings) -> Places {
    Places::of(&settings.agent)
}

/// What people answered for a submission. Files that are no answers are told of and passed over.
pub(super) fn answers(settings: &Settings, submission: &Submission) -> Result<Answers, Failure> {
    let folder = submission.mapping.join(FOLDER);
    answers_in(&folder, settings)
}

/// The answers of a folder, sealed with the key of an installation.
pub(super) fn answers_in(folder: &Path, settings: &Settings) -> Result<Answers, Failure> {
    if !folder.exists() {
        return Ok(Answers::default());
    }
    let key = IndexKey::obtain(&settings.agent.index_key).map_err(|error| Failure::new(exit::CONFIGURATION, error))?;
    let opened = Answers::open(folder, Keyed::new(key.bytes()));
    let (answers, faults) = opened.map_err(|error| Failure::new(exit::MAPPING, error))?;
    faults.iter().for_each(|fault| eprintln!("cld-agent: note: not honoured: {fault}"));
    Ok(answers)
}

/// How far the figures of a submission may move from one file to the next.
pub(super) fn tolerances(submission: &Submission) -> Tolerances {
    Tolerances {
        fall_that_holds: submission.policy.volume_fall_holds,
        change_that_asks: submission.policy.volume_change_asks,
        fewest: submission.policy.volume_fewest,
        pro_rata: false,
    }
}

fn crosswalk(submission: &Submission) -> Result<Crosswalk, Failure> {
    let Some(path) = &submission.crosswalk else { return Ok(Crosswalk::default()) };
    Crosswalk::open(path).map_err(|faults| Failure::faults(exit::CONFIGURATION, faults))
}

/// The sources of a submission; the clock tells how old their data is.
pub(super) fn sources(settings: &Settings, submission: &Submission, clock: Clock) -> Vec<NamedSource> {
    let named = submission.sources.iter().map(|(name, of_source)| NamedSource {
        name: name.clone(),
        source: source(&of_source.kind, &settings.network, clock),
        valid_from: of_source.valid_from,
        valid_to: of_source.valid_to,
    });
    named.collect()
}

fn source(kind: &SourceKind, network: &Network, clock: Clock) -> Box<dyn Source> {
    match kind {
        SourceKind::SqlServer(settings) => {
            Box::new(SqlServer::new(settings.as_ref().clone(), clock).reaching(network.clone()))
        }
        SourceKind::Sqlite { path } => Box::new(Sqlite::new(path)),
        SourceKind::Csv { folder, encoding, separator } => {
            let encoding = match encoding {
                Encoding::Guess => None,
                Encoding::Utf8 => Some(TextEncoding::Utf8),
                Encoding::Windows1252 => Some(TextEncoding::Windows1252),
            };
            Box::new(CsvFolder::new(folder, CsvFormat { separator: *separator, encoding }))
        }
    }
}
