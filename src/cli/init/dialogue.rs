//! Questions one after another: a flag goes before an answer, an answer before a default.

use std::fmt::Display;

use super::ask::{Answerer, Choice, Question};
use crate::{cli::Failure, document::nearest, exit};

/// Who is asked, and what nobody said.
pub(super) struct Dialogue<'a> {
    pub answerer: &'a mut dyn Answerer,
    missing: Vec<&'static str>,
}

impl<'a> Dialogue<'a> {
    pub(super) fn new(answerer: &'a mut dyn Answerer) -> Self {
        Self { answerer, missing: Vec::new() }
    }

    /// The answer to a question; None where there is none, which is noted.
    pub(super) fn text<T>(
        &mut self,
        given: Option<&str>,
        question: &Question<'_>,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Option<T>, Failure> {
        let answer = if let Some(given) = given {
            Some(given.to_owned())
        } else {
            let check = |answer: &str| read(answer).map(drop);
            self.answerer.text(question, &check)?.or_else(|| question.default.map(str::to_owned))
        };
        self.taken(question, answer.as_deref().map(read))
    }

    /// The choice that was made, by its place.
    pub(super) fn choose(
        &mut self,
        given: Option<&str>,
        question: &Question<'_>,
        choices: &[Choice],
    ) -> Result<Option<usize>, Failure> {
        let place = |word: &str| {
            choices.iter().position(|(choice, _)| *choice == word).ok_or_else(|| {
                let words = || choices.iter().map(|(word, _)| *word);
                let near = nearest(word, words()).map(|near| format!("; did you mean '{near}'?")).unwrap_or_default();
                format!("'{word}' is none of {}{near}", words().collect::<Vec<_>>().join(", "))
            })
        };
        let chosen = match given {
            Some(given) => Some(place(given)),
            None => self.answerer.choose(question, choices)?.map(Ok).or_else(|| question.default.map(place)),
        };
        self.taken(question, chosen)
    }

    fn taken<T, E: Display>(
        &mut self,
        question: &Question<'_>,
        answer: Option<Result<T, E>>,
    ) -> Result<Option<T>, Failure> {
        match answer {
            None => {
                self.missing.push(question.flag);
                Ok(None)
            }
            Some(Ok(answer)) => Ok(Some(answer)),
            Some(Err(fault)) => Err(Failure::new(exit::USAGE, format!("take {}: {fault}", question.flag))),
        }
    }

    /// The end: every answer, or all that is missing.
    pub(super) fn end<T>(self, answers: Option<T>) -> Result<T, Failure> {
        answers.ok_or_else(|| {
            let missing = self.missing.join(", ");
            let text = format!("set up the agent: there is nobody to ask for {missing}; give them as flags");
            Failure::new(exit::USAGE, text)
        })
    }
}
