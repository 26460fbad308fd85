//! cld-agent
pub mod document;
pub mod ledger;
pub mod model;
pub mod source;
pub mod stage;
pub mod sys;
