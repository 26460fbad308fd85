//! cld-agent
pub mod check;
pub mod cli;
pub mod config;
pub mod demo;
pub mod document;
pub mod exit;
pub mod ledger;
pub mod mapping;
pub mod model;
pub mod report;
pub mod run;
pub mod shape;
pub mod source;
pub mod spec;
pub mod stage;
pub mod sys;
pub mod write;
