//! cld-agent
pub mod config;
pub mod document;
pub mod mapping;
pub mod model;
pub mod source;
pub mod spec;
pub mod sys;
