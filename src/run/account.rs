//! What a package says of itself: manifest, evidence, and what is found about the file as a whole.

use super::{LEFT_OUT, Order, Verdict, derived::PeriodOfRows, judged::Made, rehearsal::to_cover, superseded};
use crate::{
    check::{FileFinding, RULES, TestNumbers, find},
    ledger::Used,
    mapping::Mapping,
    model::{Field, RunId},
    run::Prepared,
    spec::Release,
    stage::{
        self, AuditHead, Content, Entry, Evidence, FINDINGS, FieldCounts, Format, Manifest, MappingFile, MappingUsed,
        QueryAccount, QueryRows, REPORT, REPORT_JSON, ReleaseUsed, RunFacts, SourceUsed, StageError, State, Tool,
        WORKLIST,
    },
    sys::{
        fs::WorkFolder,
        hash::{Hasher, Sha256},
    },
};

/// What is found about the file as a whole.
pub(super) fn file_findings(order: &Order<'_>, made: &super::Built) -> Vec<FileFinding> {
    let mut findings = Vec::new();
    let mut found = |id: &str, text: String| {
        findings.extend(find(id).map(|rule| FileFinding { rule, severity: rule.severity, field: None, text }));
    };
    if !order.release.is_current_for(order.period) {
        found("F005", superseded::told(order.release, &made.counts.values));
    }
    if made.counts.records == 0 {
        found("F006", "the upload file has no rows".to_owned());
    }
    let expired = order.restricted.expired(order.as_of);
    if expired > 0 {
        found(
            "P003",
            format!(
                "{expired} entries of the list of restricted records have expired: their rows are in the file again"
            ),
        );
    }
    findings.extend(PeriodOfRows::new(&made.counts, to_cover(order), order.as_of).finding(made.counts.records));
    findings.extend(made.across.file.iter().cloned());
    findings
}

pub(super) fn manifest(
    order: &Order<'_>,
    run: &RunId,
    made: &Made,
    verdict: &Verdict,
    audit: AuditHead,
) -> Result<Manifest, StageError> {
    let reasons = match verdict {
        Verdict::Release => Vec::new(),
        Verdict::Hold(reasons) => reasons.iter().map(|reason| format!("{}: {}", reason.id, reason.text)).collect(),
    };
    let state = if *verdict == Verdict::Release { State::Released } else { State::Held };
    let release = order.release;
    Ok(Manifest {
        format: Format,
        tool: Tool { name: env!("CARGO_PKG_NAME").to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
        run: RunFacts {
            id: run.to_string(),
            began: order.began,
            as_of: order.as_of,
            attempt: made.failed_attempts.len() as u32 + 1,
            failed_attempts: made.failed_attempts.clone(),
        },
        submission: order.submission.to_owned(),
        council: order.council.clone(),
        environment: order.environment,
        release: ReleaseUsed {
            id: release.id.clone(),
            version: release.version.clone(),
            sha256: release.sha256,
            no_longer_current: !release.is_current_for(order.period),
        },
        period: order.period,
        verdict: stage::Verdict { state, reasons },
        resubmission: order.resubmits.as_ref().map(ToString::to_string),
        settings: stage::Settings { allow_test_nhs_numbers: order.test_numbers == TestNumbers::Allowed },
        comparison: Some(made.compared.manifest()),
        mapping: mapping_used(&made.prepared.mapping),
        sources: made.prepared.sources.iter().map(source_used).collect(),
        queries: query_accounts(&made.prepared, &made.built)?,
        counts: counts(release, made),
        audit: Some(audit),
        files: Vec::new(),
    })
}

/// With what the files of a run were made.
pub(super) fn used(order: &Order<'_>, made: &Made) -> Used {
    Used {
        configuration: Sha256::of(order.redacted_configuration.as_bytes()),
        mapping: mapping_used(&made.prepared.mapping).sha256,
        release: order.release.sha256,
    }
}

fn mapping_used(mapping: &Mapping) -> MappingUsed {
    let mut all = Hasher::default();
    let files = mapping.files.iter().map(|file| {
        let sha256 = Sha256::of(&file.bytes);
        // Hashing cannot fail.
        let _ = std::io::Write::write_all(&mut all, format!("{sha256}  {}\n", file.path).as_bytes());
        MappingFile { path: file.path.clone(), sha256 }
    });
    let files = files.collect();
    MappingUsed { name: mapping.name.clone(), sha256: all.finish(), files }
}

fn source_used(source: &super::prepare::PreparedSource) -> SourceUsed {
    SourceUsed {
        name: source.name.clone(),
        kind: source.kind.to_owned(),
        fingerprint: source.facts.fingerprint.clone(),
        snapshot: source.taken,
        isolation: source.facts.isolation.to_owned(),
        notes: source.facts.notes.clone(),
    }
}

fn query_accounts(prepared: &Prepared, built: &super::Built) -> Result<Vec<QueryAccount>, StageError> {
    let queries = prepared.mapping.queries.iter().zip(&built.queries).zip(&prepared.queries);
    let accounts = queries.map(|((query, tally), (source, _))| {
        QueryAccount::try_from(QueryRows {
            name: query.name.clone(),
            source: prepared.sources[*source].name.clone(),
            sha256: Sha256::of(query.sql.as_bytes()),
            outside: query.outside.clone(),
            rows_in: tally.rows_in,
            rows_out: tally.rows_out,
            left_out: tally.left_out.clone(),
        })
    });
    accounts.collect()
}

fn counts(release: &Release, made: &Made) -> stage::Counts {
    let counts = &made.built.counts;
    let of_records = RULES.iter().enumerate().map(|(at, rule)| (rule.id.to_owned(), counts.findings(at)));
    let mut rules: std::collections::BTreeMap<_, _> = of_records.filter(|(_, count)| *count > 0).collect();
    for finding in &made.file_findings {
        *rules.entry(finding.rule.id.to_owned()).or_default() += 1;
    }
    let fields = Field::ALL
        .into_iter()
        .map(|field| FieldCounts::new(field, &release.field(field).header, &counts.field(field).0));
    stage::Counts { rules, fields: fields.collect(), national: made.built.across.national.clone() }
}

/// What an auditor asks for: reports, the mapping as it was, the release file, the configuration without its secrets.
pub(super) fn evidence(order: Order<'_>, made: &Made, work: &WorkFolder) -> Evidence {
    let file = |name: &str| Entry { name: name.to_owned(), content: Content::File(work.file(name)) };
    let bytes = |name: String, bytes: &[u8]| Entry { name, content: Content::Bytes(bytes.to_vec()) };
    let mut entries = vec![
        file(REPORT),
        file(REPORT_JSON),
        file(FINDINGS),
        file(WORKLIST),
        file(LEFT_OUT),
        bytes("agent.toml".to_owned(), order.redacted_configuration.as_bytes()),
        bytes(format!("{}.toml", order.release.id), order.release.text.as_bytes()),
    ];
    entries.extend(made.prepared.mapping.files.iter().map(|part| bytes(format!("mapping/{}", part.path), &part.bytes)));
    Evidence { entries, password: order.evidence_password }
}
