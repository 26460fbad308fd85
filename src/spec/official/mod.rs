//! The official specification, read into a release file.
//!
//! A release file begins as what could be learned from sources; the official workbook is the authority. [`Official`] holds
//! what its tables state, from files whose layout the user describes, and [`adopt`] writes it into the text of a release
//! file: what is stated becomes CONFIRMED with the source that the user names, the rest stays as it was, to the letter.
//! What a table of names and labels cannot say, such as *when* a field is mandatory, and what this program could not
//! follow, such as a field that it does not know, comes back as a [`Remark`].

mod adopt;
mod sheet;
mod stated;

pub use adopt::{AdoptError, Adopted, ListNames, Remark, adopt};
pub use sheet::{Sheet, SheetError};
pub use stated::{Column, Columns, Layout, Mandatory, Official, StatedField, StatedList};
