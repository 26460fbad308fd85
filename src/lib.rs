//! cld-agent
pub mod demo;
pub mod document;
pub mod model;
pub mod source;
pub mod sys;
