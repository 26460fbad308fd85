//! One raw row becomes one record, by a plan compiled before the first row.
//!
//! [`Plan::compile`] turns mapping × columns × release into a step per field: a constant, a lookup, a date to read, a text
//! to encode. [`Shaper`] then loops dumbly: a row's cells are pieces of the source's own buffer or words of the
//! vocabulary, and nothing is allocated per cell. What is wrong with a value never stops a row: the cell remembers how it
//! read, and the check says what that means.
//!
//! Text leaves here in Windows-1252, as the portal wants it. A letter that has no place there is replaced by the plain
//! letter that stands for it, and noted; where no letter does, or where the portal would refuse what a cell begins with,
//! the cell is written blank, and noted.

mod encode;
mod number;
mod plan;
mod shaper;
#[cfg(test)]
mod tests;

pub use encode::{LETTERS, decode, decoded, encoded};
pub use plan::{Constants, Plan};
pub use shaper::{LocalValue, Shaper};
