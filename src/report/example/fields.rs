//! The fields of the example, and how their values fared.

use super::{
    super::{FieldResult, FieldTally, FieldValue},
    ROWS,
};
use crate::model::{Confidence, FieldStatus, Validity};

/// Every field of the template, valid on every row unless it is said here how it fails.
pub(super) fn fields() -> Vec<FieldResult> {
    let tally = |header: &str| {
        let mut tally = FieldTally::default();
        let mut fails = |status, blank, invalid, rows: u64| {
            tally.add(status, Validity::BlankMandatory, blank);
            tally.add(status, Validity::Invalid, invalid);
            tally.add(status, Validity::Valid, rows - blank - invalid);
            tally.add(FieldStatus::NotApplicable, Validity::Blank, ROWS - rows);
        };
        match header {
            "LA Code" => fails(FieldStatus::Mandatory, 0, 3, ROWS),
            "NHS Number" => fails(FieldStatus::Mandatory, 2_904, 1, ROWS),
            "Gender" => fails(FieldStatus::Mandatory, 0, 12, ROWS),
            "Ethnicity" => fails(FieldStatus::Mandatory, 1_204, 388, ROWS),
            "Postcode" => fails(FieldStatus::Mandatory, 391, 0, ROWS),
            "Event Outcome" => fails(FieldStatus::Mandatory, 30_141, 30_300, 98_481),
            "Service Component" => fails(FieldStatus::Undetermined, 34, 45, 53_076),
            "Unit Cost" => fails(FieldStatus::Mandatory, 9_120, 7, 31_730),
            "Date of Death" | "Event Description" => tally.add(FieldStatus::Applicable, Validity::Blank, ROWS),
            "Adult 3 Linked Person_ID" => tally.add(FieldStatus::NotApplicable, Validity::Blank, ROWS),
            _ => fails(FieldStatus::Mandatory, 0, 0, ROWS),
        }
        tally
    };
    let group = |(group, headers): &(&str, &[&str])| {
        let field = |header: &&str| FieldResult {
            header: (*header).into(),
            group: (*group).into(),
            confidence: if *header == "Postcode" { Confidence::Likely } else { Confidence::Confirmed },
            tally: tally(header),
            values: if *header == "Gender" { gender() } else { Vec::new() },
            values_not_told: 0,
        };
        headers.iter().map(field).collect::<Vec<_>>()
    };
    TEMPLATE.iter().flat_map(group).collect()
}

fn gender() -> Vec<FieldValue> {
    let value = |value: &str, validity, count| {
        let status = FieldStatus::Mandatory;
        FieldValue { value: value.into(), status, validity, count }
    };
    vec![
        value("Female", Validity::Valid, 58_201),
        value("Male", Validity::Valid, 42_199),
        value("X", Validity::Invalid, 12),
    ]
}

const TEMPLATE: &[(&str, &[&str])] = &[
    ("Submission information", &["LA Code", "Reporting Period Start Date", "Reporting Period End Date"]),
    (
        "Person details",
        &[
            "NHS Number",
            "LA Person Unique Identifier",
            "First Name",
            "Last Name",
            "GP Practice Name",
            "GP Practice Code",
            "Gender",
            "Ethnicity",
            "Date of Birth",
            "Date of Death",
            "Client Type",
            "Primary Support Reason",
            "Postcode",
            "Accommodation Status",
            "Employment Status",
            "Has Unpaid Carer",
            "Autism Spectrum Disorder (ASD)",
            "Visual Impairment",
            "Hearing Impairment",
            "Dementia",
            "Client Funding Status",
        ],
    ),
    (
        "Events (all)",
        &["Event Type", "Event Reference", "Event Start Date", "Event End Date", "Event Description", "Event Outcome"],
    ),
    ("Events (requests only)", &["Request: Route of Access"]),
    ("Events (assessments only)", &["Assessment Type", "Eligible Needs Identified", "Method of Assessment"]),
    (
        "Carers and linked service users",
        &[
            "Total Hrs Caring per week",
            "No. of adults being cared for",
            "Adult 1 Linked Person_ID",
            "Adult 2 Linked Person_ID",
            "Adult 3 Linked Person_ID",
        ],
    ),
    (
        "Events (services only)",
        &[
            "Service Type",
            "Service Component",
            "Delivery Mechanism",
            "Provider CQC Location Name",
            "Provider CQC Location ID",
        ],
    ),
    ("Events (reviews only)", &["Review Reason", "Review Outcomes Achieved", "Method of Review"]),
    ("Costs (services only)", &["Unit Cost", "Cost Frequency (Unit Type)", "Planned units per week"]),
];
