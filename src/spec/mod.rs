//! The national standard as data.
//!
//! A release file holds the 50 fields, what each asks of a row, the code lists and the dates for which the release is
//! current, every entry with its source and with how well it is known. Release 1 is embedded; a file beside the
//! configuration replaces it. Nothing here knows of councils, mappings or SQL.
//!
//! [`official`] writes what the published specification states into a release file; [`difference`] compares two releases.
//!
//! The file is validated whole when it is loaded: what [`Release`] holds is consistent, and no later stage checks again.

mod condition;
mod difference;
mod list;
mod load;
pub mod official;

pub use condition::{Condition, Test, Tri};
pub use difference::{Change, ChangeKind, difference};
pub use list::{Because, CodeList, ListValue, Meant, NearMiss, Wording, fold};

use std::{path::Path, sync::Arc};

use crate::{
    document::{Document, Faults},
    model::{Confidence, Date, Field, Period},
    sys::hash::Sha256,
};

const RELEASE_1: &str = include_str!("../../config/releases/release-1.toml");

/// One release of the collection's specification.
#[derive(Debug)]
pub struct Release {
    /// How files and mappings name it: `release-1`.
    pub id: String,
    /// How people name it: *Release 1*.
    pub name: String,
    /// The version of the release file.
    pub version: String,
    /// First day of a period it covers.
    pub valid_from: Date,
    /// The last period end for which it is what the centre expects, where that is known.
    pub valid_to: Option<Date>,
    /// The hash of the file it was read from.
    pub sha256: Sha256,
    /// The text it was read from.
    pub text: Arc<str>,
    fields: Vec<FieldSpec>,
    template: [Field; Field::COUNT],
    lists: Vec<CodeList>,
    pairings: Vec<Pairing>,
    sources: Vec<(String, String)>,
}

/// What the release says of one field.
#[derive(Debug)]
pub struct FieldSpec {
    /// Which field.
    pub field: Field,
    /// The header text, exactly as the portal wants it.
    pub header: String,
    /// The module of the specification that it belongs to.
    pub group: String,
    /// What its values are.
    pub kind: FieldKind,
    /// Whether a value can tell who somebody is.
    pub personal: bool,
    /// What it means.
    pub meaning: String,
    /// How well its name and place are known.
    pub fact: Fact,
    /// When a value is expected.
    pub applicable: Ask,
    /// When a value is required; applicability wins.
    pub mandatory: Ask,
    /// Its format in words, and how well that is known. Lists and free text have none.
    pub format: Option<(String, Fact)>,
}

/// A condition, and how well it is known.
#[derive(Debug)]
pub struct Ask {
    /// The condition as it is written in the file.
    pub text: String,
    /// The condition.
    pub when: Condition,
    /// How well it is known.
    pub fact: Fact,
}

/// Where an entry was read and how well it is known.
#[derive(Clone, Debug)]
pub struct Fact {
    /// How well.
    pub confidence: Confidence,
    /// Keys of the release's sources.
    pub sources: Vec<String>,
}

/// What a field's values are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FieldKind {
    /// Free text.
    Text,
    /// One label of a code list, by its place among the release's lists.
    List(usize),
    /// `dd/mm/yyyy`.
    Date,
    /// A whole number.
    Integer,
    /// numeric(18,2).
    Decimal,
    /// An NHS number.
    NhsNumber,
    /// A postcode.
    Postcode,
    /// A CASSR code.
    LaCode,
    /// A GP practice code.
    GpPractice,
    /// A CQC location id.
    CqcLocation,
}

impl FieldKind {
    /// The name by which the release file calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::List(_) => "list",
            Self::Date => "date",
            Self::Integer => "integer",
            Self::Decimal => "decimal",
            Self::NhsNumber => "nhs-number",
            Self::Postcode => "postcode",
            Self::LaCode => "la-code",
            Self::GpPractice => "gp-practice",
            Self::CqcLocation => "cqc-location",
        }
    }
}

/// A Service Component that is evidenced with a Service Type; both by their code in their lists.
#[derive(Debug)]
pub struct Pairing {
    /// Code of the Service Type.
    pub service_type: u16,
    /// Code of the Service Component.
    pub component: u16,
    /// How well it is known.
    pub fact: Fact,
}

impl Release {
    /// Release 1, as it is embedded in the program.
    pub fn embedded() -> Result<Self, Faults> {
        Self::from_document(&Document::new("release-1.toml", RELEASE_1))
    }

    /// A release from a file of the user's.
    pub fn open(path: &Path) -> Result<Self, Faults> {
        Self::from_document(&Document::open(path)?)
    }

    /// A release from a document already read.
    pub fn from_document(document: &Document) -> Result<Self, Faults> {
        load::load(document)
    }

    /// The fields, in the order of [`Field::ALL`].
    pub fn fields(&self) -> &[FieldSpec] {
        &self.fields
    }

    /// The fields in the order of the template: that of the upload file.
    pub fn template(&self) -> impl ExactSizeIterator<Item = &FieldSpec> {
        self.template.iter().map(|field| self.field(*field))
    }

    /// The same, as fields.
    pub const fn order(&self) -> [Field; Field::COUNT] {
        self.template
    }

    /// The place of a field in the template, from 0.
    pub fn place(&self, field: Field) -> usize {
        // Each field stands there once.
        self.template.iter().take_while(|other| **other != field).count()
    }

    /// The field that a name means: a header, or one that differs from it in what spellings of one name differ in.
    pub fn field_named(&self, name: &str) -> Option<Field> {
        let same = |spec: &&FieldSpec| fold(&spec.header) == fold(name);
        self.field_by_header(name).or_else(|| self.fields.iter().find(same).map(|spec| spec.field))
    }

    /// What the release says of a field.
    pub fn field(&self, field: Field) -> &FieldSpec {
        &self.fields[field.index()]
    }

    /// The field with this header text, matched exactly.
    pub fn field_by_header(&self, header: &str) -> Option<Field> {
        self.fields.iter().find(|spec| spec.header == header).map(|spec| spec.field)
    }

    /// The code list of a field, where it has one.
    pub fn list(&self, field: Field) -> Option<&CodeList> {
        match self.field(field).kind {
            FieldKind::List(list) => Some(&self.lists[list]),
            _ => None,
        }
    }

    /// All code lists.
    pub fn lists(&self) -> &[CodeList] {
        &self.lists
    }

    /// The evidenced pairings of Service Type and Service Component.
    pub fn pairings(&self) -> &[Pairing] {
        &self.pairings
    }

    /// The sources that entries cite: key and text.
    pub fn sources(&self) -> &[(String, String)] {
        &self.sources
    }

    /// The code of a label in a field's list; 0 where the field has no such label.
    pub fn code(&self, field: Field, label: &str) -> u16 {
        self.list(field).and_then(|list| list.code(label)).unwrap_or(0)
    }

    /// Whether the centre expects this release for a period.
    pub fn is_current_for(&self, period: Period) -> bool {
        self.valid_to.is_none_or(|last| period.end() <= last)
    }

    /// How well a field's type check is known: a list is as well known as its least known value.
    pub fn type_confidence(&self, field: Field) -> Confidence {
        let spec = self.field(field);
        match (spec.kind, &spec.format) {
            (FieldKind::List(list), _) => self.lists[list].confidence(),
            (_, Some((_, fact))) => fact.confidence,
            (_, None) => Confidence::Confirmed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn release_1() -> Release {
        Release::embedded().unwrap_or_else(|faults| panic!("{faults}"))
    }

    fn faults_of(change: impl FnOnce(String) -> String) -> Vec<String> {
        let text = change(RELEASE_1.to_owned());
        let result = Release::from_document(&Document::new("release-1.toml", text));
        result.err().map(|faults| faults.iter().map(ToString::to_string).collect()).unwrap_or_default()
    }

    #[test]
    fn release_1_has_the_fifty_fields_in_template_order() {
        let release = release_1();
        assert_eq!(release.fields().len(), 50);
        assert!(release.fields().iter().map(|spec| spec.field).eq(Field::ALL));
        assert_eq!(release.field(Field::Adult1LinkedPersonId).header, "Adult 1 Linked Person_ID");
        let listed: usize = release.lists().iter().map(|list| list.values.len()).sum();
        assert_eq!(
            (release.lists().len(), listed),
            (26, 204),
            "the lists of the specification, without spelling variants"
        );
    }

    #[test]
    fn thirty_two_fields_can_be_mandatory() {
        let release = release_1();
        let can_be = release.fields().iter().filter(|spec| spec.mandatory.when != Condition::Never).count();
        assert_eq!(can_be, 32, "of the published 33; the other one is not known");
    }

    #[test]
    fn only_what_is_confirmed_may_fail_a_record() {
        let release = release_1();
        for (field, confidence) in [
            (Field::NhsNumber, Confidence::Confirmed),
            (Field::Postcode, Confidence::Confirmed),
            (Field::EventEndDate, Confidence::Confirmed),
            (Field::UnitCost, Confidence::Confirmed),
            (Field::Gender, Confidence::Confirmed),
            (Field::ServiceType, Confidence::Confirmed),
            (Field::ServiceComponent, Confidence::Likely),
            (Field::ClientFundingStatus, Confidence::Recalled),
            (Field::CostFrequency, Confidence::Likely),
            (Field::Dementia, Confidence::Recalled),
            (Field::LaCode, Confidence::Likely),
            (Field::GpPracticeCode, Confidence::Recalled),
        ] {
            assert_eq!(release.type_confidence(field), confidence, "{field}");
        }
        assert_eq!(release.field(Field::FirstName).mandatory.fact.confidence, Confidence::Likely);
    }

    #[test]
    fn periods_after_its_end_are_not_what_the_centre_expects() {
        let release = release_1();
        assert!(release.is_current_for("2024-10-01_2025-09-30".parse().unwrap()));
        assert!(!release.is_current_for("2025-01-01_2025-12-31".parse().unwrap()));
    }

    #[test]
    fn a_near_miss_names_the_label_that_was_meant() {
        let release = release_1();
        let near = |field, text| release.list(field).and_then(|list| list.near_miss(text));
        assert_eq!(near(Field::EventOutcome, "NFA - Other"), Some(NearMiss::Spelling("NFA- Other")));
        assert_eq!(near(Field::Ethnicity, "White: Irish"), Some(NearMiss::Spelling("White - Irish")));
        assert_eq!(near(Field::Gender, "Femal"), Some(NearMiss::Close("Female")));
        assert_eq!(near(Field::Gender, "7"), None);
    }

    #[test]
    fn every_fault_of_a_release_file_is_told_with_line_and_column() {
        let faults = faults_of(|text| {
            text.replacen("type = \"nhs-number\"", "type = \"nhs-numbre\"", 1)
                .replacen("list = \"Gender\"", "list = \"Gendre\"", 1)
                .replacen("not event_type is \"Request\"'", "not event_type is \"Requests\"'", 1)
                .replacen("source = [\"guidance\"]", "source = [\"guidence\"]", 1)
                .replacen("rank = 1\n", "rnak = 1\n", 1)
        });
        assert_eq!(faults.len(), 5, "{faults:#?}");
        for (part, hint) in [
            ("'type' cannot be 'nhs-numbre'", "did you mean 'nhs-number'?"),
            ("there is no list 'Gendre'", "did you mean 'Gender'?"),
            ("the list of 'event_type' has no \"Requests\"", "did you mean \"Request\"?"),
            ("[sources] has no 'guidence'", "did you mean 'guidance'?"),
            ("'rnak' is not a key", "did you mean 'rank'?"),
        ] {
            let place = |fault: &String| {
                let mut parts = fault.splitn(4, ':').skip(1);
                parts.next()?.parse::<usize>().ok()?;
                parts.next()?.parse::<usize>().ok()
            };
            assert!(
                faults.iter().any(|fault| fault.contains(part) && fault.contains(hint) && place(fault).is_some()),
                "{part}: {faults:#?}"
            );
        }
    }

    #[test]
    fn fields_may_stand_in_any_order_but_each_stands_once() {
        let faults = faults_of(|text| text.replacen("key = \"gender\"", "key = \"ethnicity\"", 1));
        let told = |part: &str| faults.iter().any(|fault| fault.contains(part));
        assert!(told("the field 'ethnicity' stands twice") && told("the field 'gender' is missing"), "{faults:?}");

        let gender = RELEASE_1.find("[[field]]\nkey = \"gender\"").unwrap();
        let next = gender + RELEASE_1[gender + 1..].find("[[field]]").unwrap() + 1;
        let text = format!("{}{}\n{}", &RELEASE_1[..gender], &RELEASE_1[next..], &RELEASE_1[gender..next]);
        let release = Release::from_document(&Document::new("release.toml", text)).unwrap();
        assert!(release.fields().iter().map(|spec| spec.field).eq(Field::ALL));
        assert_eq!(release.template().last().map(|spec| spec.field), Some(Field::Gender));
        assert_eq!((release.place(Field::Gender), release.place(Field::Ethnicity)), (49, 9));
    }
}
