//! Rows in.
mod batch;
pub use batch::RawBatch;
