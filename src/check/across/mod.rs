//! What rows say about one another: duplicates, people who contradict themselves, links that lead nowhere.

mod national;

pub use national::{Ignored, National, People, UniqueEvents};
