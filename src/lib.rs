//! cld-agent
pub mod check;
pub mod document;
pub mod mapping;
pub mod model;
pub mod shape;
pub mod source;
pub mod spec;
pub mod sys;
pub mod write;
