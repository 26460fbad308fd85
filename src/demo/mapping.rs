//! The demo's mapping, carried by the program so that a demo needs no other file.

macro_rules! files {
    ($($path:literal)*) => {
        /// Every file of `mappings/demo`: path and text.
        pub const MAPPING: &[(&str, &str)] = &[
            $(($path, include_str!(concat!("../../mappings/demo/", $path))),)*
        ];
    };
}
files! {
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
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        path::{Path, PathBuf},
    };

    use super::*;

    fn files_below(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { files_below(&path, files) } else { files.push(path) }
        }
    }

    #[test]
    fn the_program_carries_every_file_of_the_folder() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("mappings/demo");
        let mut files = Vec::new();
        files_below(&folder, &mut files);
        files.sort();
        let carried = MAPPING.iter().map(|(path, _)| folder.join(path));
        assert_eq!(files, carried.collect::<Vec<_>>());
    }
}
