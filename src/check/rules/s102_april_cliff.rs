//! S102: Many open services start on 1 April.

use super::super::{
    Whole,
    rule::{Kind, rule},
};

rule! {
    /// # What it checks
    /// Of the services that count (K004 says when) and have no end (the one that K004 takes), 10 % or more start on a 1 April, of
    /// whatever year, and there are at least 20 such services in all.
    ///
    /// # Why it matters
    /// Start dates that are set anew with each financial year make new services of old ones: the centre sees gaps, new admissions and
    /// short support where nothing has changed.
    ///
    /// # How to fix it in the case system
    /// Return the day on which the support began, not that of its latest price, contract or budget. Some start on 1 April by right, with
    /// a new contract: then accept the query.
    ///
    /// # Example
    /// The query takes the start from the yearly cost line: every open service starts on 01/04/2026.
    ///
    /// # Source
    /// DHSC, methodology page on deduplication: start dates reset each financial year (CONFIRMED that it happens; the 10 % and the 20
    /// services are RECALLED).
    S102: "Many open services start on 1 April", Query, File, since "0.1.0", Kind::Whole(check)
}

const FEWEST: u64 = 20;
const PER_CENT: u64 = 10;

fn check(whole: &Whole) -> Option<String> {
    let Whole { open_services: all, from_april_1: some } = *whole;
    (all >= FEWEST && some * 100 >= all * PER_CENT)
        .then(|| format!("{some} of {all} open services start on a 1 April; {PER_CENT} % or more is unusual"))
}
