//! Mapping folders that the program carries, so that it needs no other file: the demo's, and those that a council starts from.

/// A file of a mapping folder: its path inside the folder, and its text.
pub type CarriedFile = (&'static str, &'static str);

/// Files below `mappings/`, and the value maps that every starter has.
macro_rules! files {
    ($folder:literal: $($path:literal)*) => {
        &[$(($path, include_str!(concat!("../../mappings/", $folder, "/", $path))),)*]
    };
    ($folder:literal with values: $($path:literal)*) => {
        files! { $folder:
            $($path)*
            "values/accommodation.csv"
            "values/assessment_type.csv"
            "values/autism.csv"
            "values/cost_frequency.csv"
            "values/delivery_mechanism.csv"
            "values/dementia.csv"
            "values/eligible_needs.csv"
            "values/employment.csv"
            "values/ethnicity.csv"
            "values/funding.csv"
            "values/gender.csv"
            "values/hearing_impairment.csv"
            "values/hours_caring.csv"
            "values/method_of_assessment.csv"
            "values/method_of_review.csv"
            "values/outcome.csv"
            "values/outcomes_achieved.csv"
            "values/review_reason.csv"
            "values/route_of_access.csv"
            "values/service_component.csv"
            "values/service_type.csv"
            "values/support_reason.csv"
            "values/unpaid_carer.csv"
            "values/visual_impairment.csv"
        }
    };
}

/// The mapping of the demo council.
pub const DEMO: &[CarriedFile] = files! { "demo":
    "README.md"
    "mapping.toml"
    "sql/assessments.sql"
    "sql/carers_known.sql"
    "sql/requests.sql"
    "sql/reviews.sql"
    "sql/services.sql"
    "values/accommodation.csv"
    "values/assessment_type.csv"
    "values/client_type.csv"
    "values/cost_unit.csv"
    "values/delivery.csv"
    "values/eligible_needs.csv"
    "values/employment.csv"
    "values/ethnicity.csv"
    "values/funding.csv"
    "values/gender.csv"
    "values/hearing.csv"
    "values/hours_caring.csv"
    "values/left_out.csv"
    "values/method.csv"
    "values/outcome.csv"
    "values/review_reason.csv"
    "values/route.csv"
    "values/service_component.csv"
    "values/service_type.csv"
    "values/support_reason.csv"
    "values/vision.csv"
    "values/yes_no.csv"
};

/// One view, or one file, that has the national headers.
pub const BY_NAME: &[CarriedFile] = files! { "by-name" with values:
    "README.md"
    "ddl/release_1.sql"
    "ddl/rights.sql"
    "ddl/schema.sql"
    "mapping.toml"
    "sql/events.sql"
};

/// Six views of the council's own warehouse.
pub const STAGING_CONTRACT: &[CarriedFile] = files! { "staging-contract" with values:
    "README.md"
    "ddl/assessment.sql"
    "ddl/carer_link.sql"
    "ddl/person.sql"
    "ddl/request.sql"
    "ddl/review.sql"
    "ddl/rights.sql"
    "ddl/schema.sql"
    "ddl/service.sql"
    "mapping.toml"
    "sql/assessments.sql"
    "sql/carers_known.sql"
    "sql/requests.sql"
    "sql/reviews.sql"
    "sql/services.sql"
};

/// Exports of any system.
pub const CSV_FOLDER: &[CarriedFile] = files! { "csv-folder" with values:
    "README.md"
    "mapping.toml"
};

#[cfg(test)]
mod tests {
    use std::{
        fs,
        path::{Path, PathBuf},
    };

    use super::*;

    /// What a folder has for its tests alone.
    const NOT_CARRIED: [&str; 2] = ["fixture", "golden"];

    fn files_below(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true if NOT_CARRIED.iter().any(|name| path.ends_with(name)) => {}
                true => files_below(&path, files),
                false => files.push(path),
            }
        }
    }

    #[test]
    fn the_program_carries_every_file_of_each_folder() {
        for (name, carried) in
            [("demo", DEMO), ("by-name", BY_NAME), ("staging-contract", STAGING_CONTRACT), ("csv-folder", CSV_FOLDER)]
        {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("mappings").join(name);
            let mut files = Vec::new();
            files_below(&folder, &mut files);
            files.sort();
            let carried = carried.iter().map(|(path, _)| folder.join(path));
            assert_eq!(files, carried.collect::<Vec<_>>(), "{name}");
        }
    }

    #[test]
    fn all_starters_begin_with_the_same_value_maps() {
        let values = |files: &[CarriedFile]| -> Vec<CarriedFile> {
            files.iter().copied().filter(|(path, _)| path.starts_with("values/")).collect()
        };
        assert_eq!(values(BY_NAME), values(STAGING_CONTRACT));
        assert_eq!(values(CSV_FOLDER), values(STAGING_CONTRACT));
    }
}
