//! The case system's pick lists: the codes the demo writes, how often each occurs, and what users see.
//!
//! What a code means nationally stands in the value maps of `mappings/demo` alone; their notes column gives the local
//! descriptions, so that the database and the maps cannot drift apart.

use fastrand::Rng;

/// A code and its weight.
pub(super) type Weighted = (&'static str, u32);

/// One of the values, each as likely as the others.
pub(super) fn any(rng: &mut Rng, values: &[&'static str]) -> &'static str {
    // `u32` rather than `usize`: the draw must not depend on the machine's word.
    values[rng.u32(0..values.len() as u32) as usize]
}

/// One of the codes, by weight.
pub(super) fn weighted(rng: &mut Rng, codes: &[Weighted]) -> &'static str {
    let mut left = rng.u32(0..codes.iter().map(|(_, weight)| weight).sum());
    for (code, weight) in codes {
        if left < *weight {
            return code;
        }
        left -= weight;
    }
    ""
}

/// True `percent` times in a hundred.
pub(super) fn chance(rng: &mut Rng, percent: u32) -> bool {
    rng.u32(0..100) < percent
}

pub(super) const GENDER: &[Weighted] = &[("F", 580), ("M", 410), ("O", 3), ("U", 7)];
pub(super) const ETHNICITY: &[Weighted] = &[
    ("WB", 780),
    ("WI", 12),
    ("WG", 3),
    ("WR", 2),
    ("WO", 32),
    ("MC", 6),
    ("MA", 4),
    ("MW", 5),
    ("MO", 5),
    ("AI", 22),
    ("AP", 24),
    ("AB", 8),
    ("AC", 5),
    ("AO", 10),
    ("BA", 16),
    ("BC", 14),
    ("BO", 6),
    ("OA", 4),
    ("OO", 8),
    ("RF", 10),
    ("NK", 24),
];
pub(super) const NEED: &[Weighted] = &[
    ("PPC", 430),
    ("PAM", 130),
    ("MEM", 120),
    ("LD", 110),
    ("MH", 110),
    ("ISO", 30),
    ("SVI", 12),
    ("SHI", 10),
    ("SDI", 4),
    ("SUB", 8),
    ("ASY", 2),
    ("UNK", 34),
];
pub(super) const ACCOMMODATION: &[Weighted] = &[
    ("OWN", 420),
    ("TEN", 270),
    ("TPR", 70),
    ("FAM", 90),
    ("SHE", 70),
    ("SUP", 20),
    ("MOB", 3),
    ("RSL", 2),
    ("TMP", 10),
    ("GST", 6),
    ("HOS", 9),
    ("NK", 30),
];
pub(super) const EMPLOYMENT: &[Weighted] =
    &[("NSEEK", 620), ("SEEK", 110), ("VOL", 70), ("P15", 70), ("P16", 50), ("PHU", 10), ("NK", 70)];
pub(super) const VISION: &[Weighted] = &[("NO", 800), ("NK", 130), ("SI", 30), ("SSI", 20), ("VU", 20)];
pub(super) const HEARING: &[Weighted] = &[("NO", 760), ("NK", 130), ("HOH", 90), ("DWS", 15), ("DWO", 5)];
pub(super) const FUNDING: &[Weighted] = &[("PC", 560), ("NC", 300), ("FC", 90), ("NYA", 50)];
pub(super) const HOURS: &[Weighted] =
    &[("H1", 80), ("H2", 120), ("H3", 160), ("H4", 180), ("H5", 140), ("H6", 70), ("H7", 180), ("HU", 70)];
pub(super) const METHOD: &[Weighted] = &[("SU", 620), ("JT", 340), ("CO", 40)];
pub(super) const ROUTE: &[Weighted] =
    &[("COMM", 700), ("HDIS", 170), ("HDIV", 60), ("RDIS", 25), ("SELF", 12), ("OLA", 15), ("TRAN", 12), ("PRIS", 6)];
pub(super) const REQUEST_OUTCOME: &[Weighted] = &[
    ("IAS", 340),
    ("ASM", 260),
    ("RAB", 100),
    ("RAS", 80),
    ("SPS", 60),
    ("NSO", 60),
    ("DECL", 40),
    ("HOSP", 15),
    ("MOVE", 10),
    ("NHS", 8),
    ("OTH", 27),
];
pub(super) const ASSESSMENT_OUTCOME: &[Weighted] =
    &[("SPS", 560), ("NSO", 130), ("IAS", 150), ("RAB", 50), ("DECL", 60), ("SELF", 30), ("OTH", 20)];
pub(super) const REVIEW_OUTCOME: &[Weighted] =
    &[("NCP", 620), ("SPS", 310), ("RAS", 25), ("END", 25), ("NHS", 8), ("MOVE", 12)];
pub(super) const REVIEW_REASON: &[Weighted] =
    &[("PL", 680), ("UO", 170), ("UH", 70), ("UC", 35), ("US", 25), ("UP", 10), ("UM", 10)];
pub(super) const OUTCOMES_MET: &[Weighted] = &[("Fully Met", 560), ("Partially Met", 380), ("Not Met", 60)];
pub(super) const SERVICE_END: &[Weighted] =
    &[("SEP", 660), ("END", 150), ("HOSP", 90), ("DECL", 40), ("SELF", 30), ("MOVE", 30)];

/// Ethnic codes of the upgrade that the broken council forgot to map.
pub(super) const UPGRADED_ETHNICITY: &[Weighted] = &[("E21-A1", 800), ("E21-A5", 60), ("E21-C2", 80), ("E21-D1", 60)];

/// Whether the code came with the upgrade.
pub(super) fn is_upgraded(ethnicity: &str) -> bool {
    UPGRADED_ETHNICITY.iter().any(|(code, _)| *code == ethnicity)
}

macro_rules! lists {
    ($($name:literal)*) => {
        /// Every list of the system as (name, value map with local descriptions in its third column).
        pub(super) const LISTS: &[(&str, &str)] = &[
            $(($name, include_str!(concat!("../../mappings/demo/values/", $name, ".csv"))),)*
        ];
    };
}
lists! {
    "accommodation" "assessment_type" "client_type" "cost_unit" "delivery" "employment" "ethnicity" "funding" "gender"
    "hearing" "hours_caring" "left_out" "method" "outcome" "review_reason" "route" "service_component" "service_type"
    "support_reason" "vision" "yes_no"
}

/// Codes that workers can pick and no value map knows yet: (list, code, description).
pub(super) const UNMAPPED: &[(&str, &str, &str)] = &[
    ("accommodation", "POD", "Modular home"),
    ("ethnicity", "WC", "White Cornish"),
    ("ethnicity", "E21-A1", "White British (2021 list)"),
    ("ethnicity", "E21-A5", "Other White (2021 list)"),
    ("ethnicity", "E21-C2", "Pakistani (2021 list)"),
    ("ethnicity", "E21-D1", "Black African (2021 list)"),
    ("gender", "N", "Non-binary"),
    ("outcome", "TRI", "Passed to triage"),
    ("review_reason", "UQ", "Unplanned - quality team"),
    ("route", "WEB", "Online form"),
];
