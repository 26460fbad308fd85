//! How questions are asked: at a terminal, of nobody, or of a test.

use inquire::{
    InquireError, Select, Text,
    validator::{ErrorMessage, Validation},
};

use crate::{cli::Failure, exit};

/// A question, and the flag that answers it beforehand.
pub(super) struct Question<'q> {
    /// The flag, as it is written.
    pub flag: &'static str,
    /// What is asked.
    pub text: &'static str,
    /// What helps to answer it.
    pub help: &'static str,
    /// What is meant where nothing is said.
    pub default: Option<&'q str>,
    /// What may have been meant by the first letters of an answer.
    pub suggest: fn(&str) -> Vec<String>,
}

impl Question<'_> {
    /// One that must be answered.
    pub(super) const fn new(flag: &'static str, text: &'static str, help: &'static str) -> Self {
        Self { flag, text, help, default: None, suggest: |_| Vec::new() }
    }
}

/// A choice: the word that a flag has for it, and what a person reads.
pub(super) type Choice = (&'static str, &'static str);

/// Says what is wrong with an answer.
pub(super) type Check<'c> = &'c dyn Fn(&str) -> Result<(), String>;

/// Whoever answers questions.
pub(super) trait Answerer {
    /// An answer in words that passes the check; None where nobody answers.
    fn text(&mut self, question: &Question<'_>, check: Check<'_>) -> Result<Option<String>, Failure>;

    /// The place of a choice; None where nobody answers.
    fn choose(&mut self, question: &Question<'_>, choices: &[Choice]) -> Result<Option<usize>, Failure>;
}

/// A person at a terminal.
pub(super) struct Terminal;

impl Answerer for Terminal {
    fn text(&mut self, question: &Question<'_>, check: Check<'_>) -> Result<Option<String>, Failure> {
        let checked = move |answer: &str| {
            Ok(match check(answer) {
                Ok(()) => Validation::Valid,
                Err(fault) => Validation::Invalid(ErrorMessage::Custom(fault)),
            })
        };
        let suggest = question.suggest;
        let mut text = Text::new(question.text).with_help_message(question.help).with_validator(checked);
        if let Some(default) = question.default {
            text = text.with_default(default);
        }
        // A prompt with suggestions has a key of its own for taking one; where there are none, it would be in the way.
        if !suggest("").is_empty() {
            text = text.with_autocomplete(move |answer: &str| Ok(suggest(answer)));
        }
        answered(text.prompt()).map(Some)
    }

    fn choose(&mut self, question: &Question<'_>, choices: &[Choice]) -> Result<Option<usize>, Failure> {
        let labels = choices.iter().map(|(_, label)| *label).collect();
        let select = Select::new(question.text, labels).with_help_message(question.help);
        answered(select.raw_prompt()).map(|chosen| Some(chosen.index))
    }
}

fn answered<T>(answer: Result<T, InquireError>) -> Result<T, Failure> {
    answer.map_err(|error| match error {
        InquireError::OperationCanceled | InquireError::OperationInterrupted => {
            Failure::new(exit::STOPPED, "go on: somebody stopped it, and nothing was written")
        }
        error => Failure::new(exit::UNEXPECTED, format!("ask at this terminal: {error}; give the answers as flags")),
    })
}

/// Nobody: what is not given by flags and has no default is missing.
pub(super) struct Nobody;

impl Answerer for Nobody {
    fn text(&mut self, _: &Question<'_>, _: Check<'_>) -> Result<Option<String>, Failure> {
        Ok(None)
    }

    fn choose(&mut self, _: &Question<'_>, _: &[Choice]) -> Result<Option<usize>, Failure> {
        Ok(None)
    }
}
