//! What the doctor asks of a server: can it be reached, who are we to it, what may we do, does it allow snapshots.

use super::{Line, SqlServer, connect, rights, rights::Rights};
use crate::{
    config::sqlserver::{Encryption, Guard, SqlServerSettings, Trust, WithoutSnapshot},
    source::{Probe, SourceError},
    sys::shutdown::Shutdown,
};

const CONNECTION: &str = "connection";
const CERTIFICATE: &str = "certificate";
const RIGHTS: &str = "rights";
const SNAPSHOT: &str = "snapshot";

/// Tries everything that a run stands on, short of its queries.
pub(super) fn examine(source: &SqlServer, stop: &Shutdown) -> Vec<Probe> {
    let settings = &source.settings;
    let mut line = match Line::connect(source, stop) {
        Ok(line) => line,
        Err(error) => return vec![Probe::fault(CONNECTION, &error)],
    };
    let reached = format!("{} answered, and let us into {}", connect::name(settings), settings.database);
    let mut probes = vec![Probe::good(CONNECTION, reached), certificate(settings)];
    let rights = line.rights().map(|rights| of_rights(settings, rights.as_ref()));
    probes.push(rights.unwrap_or_else(|error| Probe::fault(RIGHTS, &error)));
    let snapshots = line.allows_snapshots().map(|allowed| of_snapshots(settings, allowed));
    probes.push(snapshots.unwrap_or_else(|error: SourceError| Probe::fault(SNAPSHOT, &error)));
    probes
}

fn certificate(settings: &SqlServerSettings) -> Probe {
    let how = match settings.encryption {
        Encryption::Required => "TLS",
        Encryption::Strict => "TLS before anything else (TDS 8.0)",
    };
    match &settings.trust {
        Trust::System => Probe::good(CERTIFICATE, format!("{how}; its certificate is one that this machine believes")),
        Trust::Authority(_) => Probe::good(CERTIFICATE, format!("{how}; its certificate was signed as it should be")),
        Trust::Anyone { reason } => Probe::doubt(
            CERTIFICATE,
            format!("{how}; any certificate is believed: {reason}"),
            "give the council's authority as 'certificate_authority' and remove 'trust_any_certificate'",
        ),
    }
}

fn of_rights(settings: &SqlServerSettings, rights: Option<&Rights>) -> Probe {
    let user = rights.map_or("", |rights| rights.user.as_str());
    let grants = || format!("the least that it needs:\n{}", rights::least_grants(&settings.database, user));
    match rights {
        Some(rights) if rights.powers.is_empty() && rights.unknown.is_empty() => {
            Probe::good(RIGHTS, "the login can read, and was found unable to write")
        }
        Some(rights) if !rights.powers.is_empty() => {
            let doubt = Probe::doubt(RIGHTS, format!("the login {}", rights.powers.join("; ")), grants());
            let found = if settings.guard == Guard::Rights { crate::source::Found::Fault } else { doubt.found };
            Probe { found, ..doubt }
        }
        _ => Probe::doubt(RIGHTS, "the server does not tell what the login may do", grants()),
    }
}

fn of_snapshots(settings: &SqlServerSettings, allowed: bool) -> Probe {
    let turn_on = "have a DBA run ALTER DATABASE … SET ALLOW_SNAPSHOT_ISOLATION ON";
    match (allowed, settings.without_snapshot) {
        (true, _) => Probe::good(SNAPSHOT, "the database allows snapshot isolation"),
        (false, WithoutSnapshot::ReadCommitted) => {
            Probe::doubt(SNAPSHOT, "snapshot isolation is off: rows of one run may not be of one moment", turn_on)
        }
        (false, WithoutSnapshot::Refuse) => Probe {
            found: crate::source::Found::Fault,
            ..Probe::doubt(
                SNAPSHOT,
                "snapshot isolation is off, and without it no run is made",
                format!("{turn_on}, or set without_snapshot = \"read-committed\""),
            )
        },
    }
}
