//! C003: service that was open is gone, without an end.

use super::super::rule::{Kind, rule};

rule! {
    /// # What it checks
    /// A service that was open at the end of the baseline's period is not in this file: not under its reference, not
    /// under the same person, type and start, and no service of the same type took its place on 1 April. A service that
    /// is in the file with an end has not vanished. Nothing is said where a gap lies between the two periods, in which
    /// the service may have ended.
    ///
    /// The finding names the row of the baseline's upload file, and its event reference and person where that file is
    /// still kept; the index that is compared holds pseudonyms only.
    ///
    /// # Why it matters
    /// The centre closes such a service at the end of a quarter, whenever it really ended: long-term support and its
    /// cost are counted for too long or too short.
    ///
    /// # How to fix it in the case system
    /// Open the event by its reference. If it ended, record the end, so that it is sent once more with it. If it was
    /// recorded by mistake, nothing is left to do. If a query lost it, mend the query.
    /// Where the baseline's upload file was purged, restore it from a backup to see the row.
    ///
    /// # Example
    /// A residential placement, open on 30 June; in the next file neither the placement nor its end.
    ///
    /// # Source
    /// DHSC, GetDerivedFields: absent services are cropped to the end of a quarter (CONFIRMED: process.md 3.2, 4).
    C003: "Service that was open is gone, without an end", Query, RunToRun, since "0.1.0", Kind::RunToRun
}
