//! The faults of real data, planted at known rates.
//!
//! Each kind is planted so that it breaks the rules it names and no other. A fault of the [`person`] shows on each of
//! their rows, a fault of an [`event`] on that row alone, and one [`across`] rows where rows about one person do not go
//! together.

mod across;
mod event;
mod person;
mod plot;

use super::{names, planter::Mark};
pub(super) use plot::Plot;

/// Changes the case and says where it shows; `None`, and nothing changed, where the case does not lend itself.
pub(super) type Plant = fn(&mut Plot) -> Option<Vec<Mark>>;

/// Name, cases in ten thousand, and how it is planted.
pub(super) type Fault = (&'static str, u32, Plant);

/// Every kind of fault.
pub(super) fn all() -> impl Iterator<Item = &'static Fault> {
    [person::FAULTS, event::FAULTS, across::FAULTS].into_iter().flatten()
}
