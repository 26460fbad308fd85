//! How long things are kept.

use crate::document::Table;

/// How many days each kind of thing is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Retention {
    /// The files of a package that was submitted, after that.
    pub extracts: i32,
    /// Its findings and its evidence, after that.
    pub findings: i32,
    /// The files of a package that was not submitted, after its window has closed.
    pub unsubmitted: i32,
    /// How long before that somebody is warned.
    pub warn: i32,
    /// The pseudonymised index of a package, after it was staged.
    pub indexes: i32,
    /// The reports of a rehearsal.
    pub rehearsals: i32,
    /// An alert, after it was delivered.
    pub alerts: i32,
}

/// Nobody has decided to keep something for longer than this.
const LONGEST: i64 = 36_600;

pub(super) fn retention(table: &Table<'_>) -> Option<Retention> {
    let days = |key: &'static str, least: i64| table.integer(key, least..=LONGEST).map(|days| days.value as i32);
    let (extracts, findings) = (days("extracts", 1), days("findings", 1));
    let (unsubmitted, warn) = (days("unsubmitted", 0), days("warn", 1));
    let (indexes, rehearsals) = (days("indexes", 1), days("rehearsals", 1));
    let alerts = days("alerts", 1);
    table.finish();
    Some(Retention {
        extracts: extracts?,
        findings: findings?,
        unsubmitted: unsubmitted?,
        warn: warn?,
        indexes: indexes?,
        rehearsals: rehearsals?,
        alerts: alerts?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Document;

    const WHOLE: &str = "extracts = 180\nfindings = 180\nunsubmitted = 60\nwarn = 14\nindexes = 800\nrehearsals = 30\n\
                         alerts = 180\n";

    #[test]
    fn each_kind_of_thing_has_an_age_of_its_own_and_none_is_without() {
        let read = |text: &str| Document::new("agent.toml", text).read_toml(retention);
        let known = read(WHOLE).unwrap();
        assert_eq!((known.extracts, known.unsubmitted, known.indexes, known.alerts), (180, 60, 800, 180));
        for line in WHOLE.lines() {
            assert!(read(&WHOLE.replace(line, "")).is_err(), "{line}");
        }
        assert!(read(&WHOLE.replace("warn = 14", "warn = 0")).is_err(), "nothing goes without a warning");
    }
}
