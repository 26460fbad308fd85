//! People whose records must not leave the council.

use std::collections::BTreeSet;

use crate::model::Date;

/// The council's list of restricted records.
#[derive(Clone, Debug, Default)]
pub struct Restricted(Vec<RestrictedPerson>);

/// One entry of the list.
#[derive(Clone)]
pub struct RestrictedPerson {
    /// The local person id.
    pub person: String,
    /// Why; part of the council's own file, never of a package.
    pub reason: String,
    /// The last day on which it holds.
    pub expires: Date,
}

impl std::fmt::Debug for RestrictedPerson {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RestrictedPerson(***)")
    }
}

impl Restricted {
    /// The list with these entries.
    pub fn new(entries: Vec<RestrictedPerson>) -> Self {
        Self(entries)
    }

    /// The ids that are restricted on a day.
    pub fn on(&self, today: Date) -> BTreeSet<Vec<u8>> {
        let current = self.0.iter().filter(|entry| today <= entry.expires);
        current.map(|entry| entry.person.trim().as_bytes().to_vec()).collect()
    }

    /// How many entries have expired before a day.
    pub fn expired(&self, today: Date) -> usize {
        self.0.iter().filter(|entry| entry.expires < today).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_holds_until_its_last_day_and_no_longer() {
        let date = |text: &str| Date::parse_iso(text.as_bytes()).unwrap();
        let list = Restricted::new(vec![RestrictedPerson {
            person: "P-17 ".into(),
            reason: "court order".into(),
            expires: date("2026-11-23"),
        }]);
        assert_eq!(list.on(date("2026-11-23")), BTreeSet::from([b"P-17".to_vec()]));
        assert!(list.on(date("2026-11-24")).is_empty());
        assert_eq!((list.expired(date("2026-11-23")), list.expired(date("2026-11-24"))), (0, 1));
        assert!(!format!("{list:?}").contains("P-17"));
    }
}
