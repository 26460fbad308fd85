//! F009: file is too large.

use super::super::rule::{Kind, rule};

rule! {
    /// # What it checks
    /// The file is at most 4 GB long, and at most 800 MB where it is compressed. It is a QUERY above 1 GB, or 200 MB
    /// compressed, since that is all that the portal takes from those who sign in with CIS2.
    ///
    /// # Why it matters
    /// The portal refuses what is larger.
    ///
    /// # How to fix it in the case system
    /// Look at what makes the file so large: a rolling year of one council has some hundred thousand rows, and some hundred
    /// MB. Compress the file with gzip.
    ///
    /// # Example
    /// A file of 5 GB, in which a join has multiplied the rows.
    ///
    /// # Source
    /// digital.nhs.uk, Data Landing Portal, general information for data senders (CONFIRMED). Whether its GB are of 1000 or
    /// 1024 MB is not said: the larger of the two blocks.
    F009: "File is too large", Block, File, since "0.1.0", Kind::File
}
