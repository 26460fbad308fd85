//! What the portal would make of a file, whatever stands in its cells.

use super::of_file;
use crate::{
    check::FileFinding,
    model::Severity,
    source::{Container, Ended, Saved, TextEncoding, TextForm},
};

/// How large a file the portal takes, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PortalLimits {
    /// It refuses a file beyond this.
    pub text: u64,
    /// It refuses a compressed file beyond this.
    pub packed: u64,
    /// It takes no more from those who sign in with CIS2.
    pub text_by_cis2: u64,
    /// It takes no more, compressed, from those who sign in with CIS2.
    pub packed_by_cis2: u64,
}

impl Default for PortalLimits {
    /// 4 GB and 800 MB, of which 1 GB and 200 MB with CIS2. That GB are of 1024 MB is not said: what is refused for certain
    /// is beyond the larger of the two.
    fn default() -> Self {
        Self { text: 4 << 30, packed: 800 << 20, text_by_cis2: 1_000_000_000, packed_by_cis2: 200_000_000 }
    }
}

/// What is found about how the file was saved.
pub(super) fn findings(saved: &Saved, portal: PortalLimits) -> Vec<FileFinding> {
    let mut found: Vec<_> = size(saved, portal).into_iter().collect();
    match &saved.container {
        Container::Text(form) | Container::Gzip(form) => found.extend(text(*form)),
        Container::Workbook { sheet, dates } => found.extend(workbook(sheet, dates)),
    }
    if saved.ended == Ended::Damaged {
        let text = "it is cut off, or does not agree with its check sum; the rows before the damage were judged";
        found.extend(of_file("F010", text.to_owned()));
    }
    found
}

fn text(form: TextForm) -> impl Iterator<Item = FileFinding> {
    let encoding = match form.encoding {
        Some(TextEncoding::Utf8) => Some("UTF-8"),
        Some(TextEncoding::Utf16Le | TextEncoding::Utf16Be) => Some("UTF-16"),
        Some(TextEncoding::Windows1252) | None => None,
    };
    let encoding = match (encoding, form.marked) {
        (Some(name), false) => Some(format!("the file is {name}, not Windows-1252")),
        (name, true) => Some(format!(
            "the file is {} with a byte order mark, not Windows-1252; the mark would become part of the first header",
            name.unwrap_or("UTF-8")
        )),
        (None, false) => None,
    };
    let separator = match form.separator {
        b',' => None,
        b';' => Some("semicolons"),
        b'\t' => Some("tabs"),
        _ => Some("bars"),
    };
    let separator = separator.map(|name| format!("{name} stand between the cells of the first row"));
    let of = |id, text: Option<String>| text.and_then(|text| of_file(id, text));
    [of("F004", encoding), of("F007", separator)].into_iter().flatten()
}

fn workbook(sheet: &str, dates: &[(String, u64)]) -> impl Iterator<Item = FileFinding> {
    let kind = of_file("F008", format!("the rows stand on the sheet '{sheet}' of a workbook; the portal takes CSV"));
    let columns: Vec<_> = dates.iter().map(|(column, cells)| format!("{column} ({cells} cells)")).collect();
    let dates = (!columns.is_empty()).then(|| {
        format!("numbers that are shown as dates stand in {}; they were judged as dd/mm/yyyy", columns.join(", "))
    });
    kind.into_iter().chain(dates.and_then(|text| of_file("F011", text)))
}

fn size(saved: &Saved, portal: PortalLimits) -> Option<FileFinding> {
    if let Container::Workbook { .. } = saved.container {
        return None;
    }
    let packed = matches!(saved.container, Container::Gzip(_));
    let beyond = |text: u64, of_packed: u64| saved.text_bytes > text || packed && saved.bytes > of_packed;
    let told = match saved.container {
        Container::Gzip(_) => format!("{} bytes, {} unpacked", saved.bytes, saved.text_bytes),
        _ => format!("{} bytes", saved.text_bytes),
    };
    if beyond(portal.text, portal.packed) {
        return of_file("F009", format!("the file has {told}; the portal takes 4 GB, and 800 MB compressed"));
    }
    if beyond(portal.text_by_cis2, portal.packed_by_cis2) {
        let text = format!("the file has {told}; with CIS2 the portal takes 1 GB, and 200 MB compressed");
        return of_file("F009", text).map(|finding| FileFinding { severity: Severity::Query, ..finding });
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: TextForm = TextForm { encoding: None, marked: false, separator: b',' };

    fn saved(container: Container, bytes: u64, text_bytes: u64) -> Saved {
        Saved { container, bytes, text_bytes, ended: Ended::Whole }
    }

    fn told(saved: &Saved) -> Vec<(&'static str, Severity, String)> {
        let findings = findings(saved, PortalLimits::default()).into_iter();
        findings.map(|finding| (finding.rule.id, finding.severity, finding.text)).collect()
    }

    #[test]
    fn what_the_portal_takes_is_passed_over() {
        let form = TextForm { encoding: Some(TextEncoding::Windows1252), ..FORM };
        assert_eq!(told(&saved(Container::Text(form), 1_000_000_000, 1_000_000_000)), []);
        assert_eq!(told(&saved(Container::Gzip(FORM), 200_000_000, 1_000_000_000)), []);
    }

    #[test]
    fn sizes_block_or_ask() {
        let of = |container, bytes, text| {
            let found = told(&saved(container, bytes, text));
            found.first().map(|(id, severity, _)| (*id, *severity))
        };
        let (query, block) = (Some(("F009", Severity::Query)), Some(("F009", Severity::Block)));
        assert_eq!(of(Container::Text(FORM), 3_000_000_000, 3_000_000_000), query);
        assert_eq!(of(Container::Text(FORM), 4_200_000_000, 4_200_000_000), query);
        assert_eq!(of(Container::Text(FORM), 4_300_000_000, 4_300_000_000), block);
        assert_eq!(of(Container::Gzip(FORM), 300_000_000, 900_000_000), query);
        assert_eq!(of(Container::Gzip(FORM), 900_000_000, 900_000_000), block);
        assert_eq!(of(Container::Gzip(FORM), 1_000_000, 5_000_000_000), block);
    }

    #[test]
    fn marks_encodings_and_separators_are_told() {
        let marked = TextForm { marked: true, ..FORM };
        let wide = TextForm { encoding: Some(TextEncoding::Utf16Le), separator: b'\t', ..FORM };
        assert_eq!(told(&saved(Container::Text(marked), 9, 9))[0].0, "F004");
        let found = told(&saved(Container::Text(wide), 9, 9));
        assert_eq!(found.iter().map(|(id, ..)| *id).collect::<Vec<_>>(), ["F004", "F007"]);
        assert_eq!(found[1].2, "tabs stand between the cells of the first row");
    }
}
