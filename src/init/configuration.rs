//! Answers as an annotated configuration file.

use askama::Template;

use super::{
    Answers, LoginAnswer, MAPPING, MailAnswer, PageAnswer, PlanAnswer, ServerAnswer, SourceAnswer, Starter, TIMETABLE,
    ToldAnswer,
};

#[derive(Template)]
#[template(path = "agent.toml", escape = "none", whitespace = "preserve")]
struct File<'a> {
    answers: &'a Answers,
    mapping: &'static str,
    timetable: &'static str,
    source_name: &'static str,
}

/// The text of the configuration file.
pub fn configuration(answers: &Answers) -> askama::Result<String> {
    let source_name = Starter::source_name(&answers.source);
    let file = File { answers, mapping: MAPPING, timetable: TIMETABLE, source_name };
    file.render()
}

#[expect(
    unreachable_pub,
    clippy::inline_always,
    clippy::trivially_copy_pass_by_ref,
    clippy::unnecessary_wraps,
    clippy::unused_self,
    reason = "the shape of a filter is the template engine's"
)]
mod filters {
    use askama::{Result, Values, filter_fn};
    use jiff::civil::Time;

    use crate::config::SecretRef;

    /// A text as TOML writes it.
    #[filter_fn]
    pub(super) fn toml(text: impl AsRef<str>, _: &dyn Values) -> Result<String> {
        Ok(::toml::Value::String(text.as_ref().to_owned()).to_string())
    }

    /// Several texts.
    #[filter_fn]
    pub(super) fn toml_list(texts: &[String], _: &dyn Values) -> Result<String> {
        Ok(::toml::Value::Array(texts.iter().cloned().map(::toml::Value::String).collect()).to_string())
    }

    /// A time of day.
    #[filter_fn]
    pub(super) fn clock(time: &Time, _: &dyn Values) -> Result<String> {
        Ok(time.strftime("%H:%M").to_string())
    }

    /// Where a secret is.
    #[filter_fn]
    pub(super) fn secret(at: &SecretRef, _: &dyn Values) -> Result<String> {
        Ok(at.as_toml())
    }
}
