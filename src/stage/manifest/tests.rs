use super::*;

/// A manifest with something in every place.
pub(crate) fn manifest(state: State) -> Manifest {
    let hash = Sha256::of(b"some file");
    let mut cells = [[0; 4]; 4];
    cells[0] = [2, 0, 1, 0];
    cells[3][3] = 1;
    Manifest {
        format: Format,
        tool: Tool { name: "cld-agent".to_owned(), version: "0.1.0".to_owned() },
        run: RunFacts {
            id: "20261123T221503Z".to_owned(),
            began: "2026-11-23T22:15:03Z".parse().unwrap(),
            as_of: Date::from_ymd(2026, 11, 23).unwrap(),
            attempt: 2,
            failed_attempts: vec![FailedAttempt {
                ended: "2026-11-23T22:15:09Z".parse().unwrap(),
                error: "connect to sql01: nothing listens there".to_owned(),
            }],
        },
        submission: "adult-social-care".to_owned(),
        council: Council { name: "Ynys Wen".to_owned(), la_code: "999".to_owned() },
        environment: Environment::Test,
        release: ReleaseUsed {
            id: "release-1".to_owned(),
            version: "1.0".to_owned(),
            sha256: hash,
            no_longer_current: true,
        },
        period: "2025-10-01_2026-09-30".parse().unwrap(),
        verdict: Verdict { state, reasons: vec![] },
        resubmission: None,
        settings: Settings { allow_test_nhs_numbers: true },
        comparison: None,
        mapping: MappingUsed {
            name: "Demo council".to_owned(),
            sha256: hash,
            files: vec![MappingFile { path: "sql/requests.sql".to_owned(), sha256: hash }],
        },
        sources: vec![SourceUsed {
            name: "case-system".to_owned(),
            kind: "sqlite".to_owned(),
            fingerprint: "schema 4, 12 tables".to_owned(),
            snapshot: "2026-11-23T22:15:04Z".parse().unwrap(),
            isolation: "snapshot".to_owned(),
            notes: Vec::new(),
        }],
        queries: vec![requests(8, 4, &[("open request", 3), ("restricted record", 1)]).try_into().unwrap()],
        counts: Counts {
            national: National::default(),
            rules: BTreeMap::from([("T002".to_owned(), 1), ("M001".to_owned(), 1)]),
            fields: vec![FieldCounts::new(Field::DateOfBirth, "Date of Birth", &cells)],
        },
        audit: Some(AuditHead { line: 17, sha256: hash }),
        files: vec![],
    }
}

fn requests(rows_in: u64, rows_out: u64, left_out: &[(&str, u64)]) -> QueryRows {
    QueryRows {
        name: "requests".to_owned(),
        source: "case-system".to_owned(),
        sha256: Sha256::of(b"SELECT 1"),
        outside: Vec::new(),
        rows_in,
        rows_out,
        left_out: left_out.iter().map(|(reason, rows)| ((*reason).to_owned(), *rows)).collect(),
    }
}

#[test]
fn a_manifest_is_written_for_people_and_read_back() {
    let manifest = manifest(State::Held);
    let json = manifest.to_json().unwrap();
    assert_eq!(serde_json::from_slice::<Manifest>(&json).unwrap(), manifest);
    assert_eq!(manifest.to_json().unwrap(), json);
    insta::assert_snapshot!(String::from_utf8(json).unwrap());
}

#[test]
fn rows_that_do_not_add_up_are_refused_when_counted_and_when_read() {
    let account =
        |rows_in, rows_out, left| QueryAccount::try_from(requests(rows_in, rows_out, &[("open request", left)]));
    assert!(account(8, 5, 3).is_ok());
    for (rows_in, rows_out, left) in [(8, 5, 2), (8, 5, 4), (0, u64::MAX, 1)] {
        let error = account(rows_in, rows_out, left).unwrap_err();
        assert!(matches!(error, StageError::RowsLost { .. }), "{error}");
    }
    let json = String::from_utf8(manifest(State::Released).to_json().unwrap()).unwrap();
    let error = serde_json::from_str::<Manifest>(&json.replace("\"rows_out\": 4", "\"rows_out\": 5")).unwrap_err();
    assert!(error.to_string().contains("8 came in, 5 went out, 4 were left out"), "{error}");
}

#[test]
fn another_format_is_refused_by_its_number() {
    let json = String::from_utf8(manifest(State::Released).to_json().unwrap()).unwrap();
    let error = serde_json::from_str::<Manifest>(&json.replace("\"format\": 1", "\"format\": 2")).unwrap_err();
    assert!(error.to_string().contains("format 2"), "{error}");
}
