//! An alert in words: the same for every channel.

use std::fmt::Write;

use askama::Template;
use serde::{Deserialize, Serialize};

/// A message, before any channel gave it a shape. Holds nobody's data.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Message {
    /// How much it asks of its reader.
    pub level: Level,
    /// The subject of a mail.
    pub subject: String,
    /// The first line.
    pub headline: String,
    /// What it is about.
    pub facts: Vec<Fact>,
    /// What happened, a sentence or two each.
    pub happened: Vec<String>,
    /// What the agent did about it.
    pub tried: Vec<String>,
    /// What its reader can do.
    pub to_do: Vec<String>,
    /// Commands to look closer, or to act.
    pub commands: Vec<String>,
}

/// How much a message asks of its reader.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// What was wrong is right again.
    Good,
    /// It is good to know.
    Note,
    /// Somebody must act in time.
    Action,
    /// Somebody in IT must act now.
    Problem,
}

impl Level {
    /// The word in front of a subject.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Problem => "Problem",
            Self::Action => "Action",
            Self::Note => "Note",
            Self::Good => "Resolved",
        }
    }

    /// The colour of its bar in a mail; dark enough for white text upon it.
    pub const fn colour(self) -> &'static str {
        match self {
            Self::Problem => "#a1151b",
            Self::Action => "#8a4b00",
            Self::Note => "#1f4e79",
            Self::Good => "#1e6b34",
        }
    }
}

/// A label and what stands beside it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Fact {
    /// The label.
    pub label: String,
    /// What stands beside it.
    pub value: String,
}

impl Fact {
    pub(super) fn new(label: &str, value: impl Into<String>) -> Self {
        Self { label: label.to_owned(), value: value.into() }
    }
}

#[derive(Template)]
#[template(path = "mail.html")]
struct Mail<'m> {
    message: &'m Message,
    sections: [(&'static str, &'m [String]); 3],
}

impl Message {
    pub(super) fn new(level: Level, headline: impl Into<String>) -> Self {
        let headline = headline.into();
        Self {
            level,
            subject: headline.clone(),
            headline,
            facts: Vec::new(),
            happened: Vec::new(),
            tried: Vec::new(),
            to_do: Vec::new(),
            commands: Vec::new(),
        }
    }

    pub(super) fn fact(mut self, label: &str, value: impl Into<String>) -> Self {
        self.facts.push(Fact::new(label, value));
        self
    }

    pub(super) fn happened(mut self, line: impl Into<String>) -> Self {
        self.happened.push(line.into());
        self
    }

    pub(super) fn happened_if(self, line: Option<&str>) -> Self {
        line.into_iter().fold(self, Self::happened)
    }

    pub(super) fn tried(mut self, line: impl Into<String>) -> Self {
        self.tried.push(line.into());
        self
    }

    pub(super) fn advise(mut self, line: impl Into<String>) -> Self {
        self.to_do.push(line.into());
        self
    }

    pub(super) fn command(mut self, command: impl Into<String>) -> Self {
        self.commands.push(command.into());
        self
    }

    /// The message as the ledger keeps it.
    pub(super) fn to_json(&self) -> String {
        serde_json::json!(self).to_string()
    }

    /// A message that the ledger kept.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// The subject as mails carry it.
    pub fn full_subject(&self) -> String {
        format!("[cld-agent] {}: {}", self.level.as_str(), self.subject)
    }

    pub(super) fn sections(&self) -> [(&'static str, &[String]); 3] {
        [("What happened", &self.happened), ("What was tried", &self.tried), ("What to do", &self.to_do)]
    }

    /// The text part of a mail.
    pub fn text(&self) -> String {
        let mut text = format!("{}\n\n", self.headline);
        let widest = self.facts.iter().map(|fact| fact.label.len()).max().unwrap_or(0);
        for fact in &self.facts {
            let _ = writeln!(text, "{:widest$}  {}", fact.label, fact.value);
        }
        for (heading, lines) in self.sections().iter().filter(|(_, lines)| !lines.is_empty()) {
            let _ = writeln!(text, "\n{heading}");
            for line in *lines {
                let _ = writeln!(text, "  {line}");
            }
        }
        if !self.commands.is_empty() {
            text.push_str("\nTo look closer, on the server\n");
            for command in &self.commands {
                let _ = writeln!(text, "  {command}");
            }
        }
        text.push_str(FOOT);
        text
    }

    /// The HTML part of a mail: tables and inline styles, as mail programs want them.
    pub fn html(&self) -> Result<String, askama::Error> {
        Mail { message: self, sections: self.sections() }.render()
    }
}

const FOOT: &str = "\n-- \ncld-agent prepares the council's Adult Social Care Client Level Data return. This message holds nobody's data.\n";
