//! cld-agent
pub mod document;
pub mod model;
pub mod report;
pub mod source;
pub mod sys;
