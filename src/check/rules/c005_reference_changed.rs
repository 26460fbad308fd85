//! C005: event has another reference than before.

use super::super::rule::{Kind, rule};

rule! {
    /// # What it checks
    /// The same person has the same event (type, client type, days, and route, assessment or service type and
    /// component) under another Event Reference than in the baseline.
    ///
    /// # Why it matters
    /// References are to stay the same when an event is sent again. One that changes makes it impossible to follow the
    /// event from file to file, and may stand for a key that a query numbers anew each time.
    ///
    /// # How to fix it in the case system
    /// Map Event Reference to the key of the record in the case system, not to a row number. After a change of case
    /// system nothing can be done, and the findings come once.
    ///
    /// # Example
    /// `SRV-20417` in the baseline, `SRV-90512` now, with the same person, service and start.
    ///
    /// # Source
    /// CLD guidance, Release 1: the reference of an event stays the same when it is submitted again (LIKELY); run-to-
    /// run comparison of process.md 6, family C.
    C005: "Event has another reference than before", Query, RunToRun, since "0.1.0", Kind::RunToRun
}
