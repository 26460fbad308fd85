//! The conditions of the release file: a small typed language over the deciding fields of a row.
//!
//! ```text
//! condition := term ("or" term)*          term := factor ("and" factor)*
//! factor    := "not" factor | "(" condition ")" | "always" | "never" | test
//! test      := FIELD "is" "blank" | FIELD "is" "given"
//!            | LIST_FIELD ("is" | "starts" | "contains") "text" | LIST_FIELD "in" "[" "text" ("," "text")* "]"
//!            | "age_at_period_end" "between" NUMBER "and" NUMBER
//! ```
//!
//! A test on a field whose value is itself invalid is neither true nor false, and *undetermined* spreads as in Kleene's
//! three-valued logic. A blank is the empty text, as in the centre's own code: it contains nothing and equals nothing.

use std::ops::Range;

use crate::model::Field;

/// True, false, or not to be known.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Tri {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// The value that decides is invalid.
    Unknown,
}

impl From<bool> for Tri {
    fn from(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }
}

/// When something is asked of a row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Condition {
    /// On every row.
    Always,
    /// On none.
    Never,
    /// Where a test holds.
    Test(Test),
    /// Where another does not.
    Not(Box<Condition>),
    /// Where all hold.
    All(Vec<Condition>),
    /// Where one holds.
    Any(Vec<Condition>),
}

/// A question to one field of a row.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Test {
    /// No value.
    Blank(Field),
    /// One of these labels of the field's list.
    OneOf(Field, Vec<String>),
    /// A text that starts so.
    Starts(Field, String),
    /// A text that contains this.
    Contains(Field, String),
    /// Whole years of age at the end of the period, both ends included.
    Age(i32, i32),
}

impl Condition {
    /// Whether it holds, given the answers to its tests.
    pub fn evaluate(&self, answer: &impl Fn(&Test) -> Tri) -> Tri {
        match self {
            Self::Always => Tri::True,
            Self::Never => Tri::False,
            Self::Test(test) => answer(test),
            Self::Not(inner) => match inner.evaluate(answer) {
                Tri::True => Tri::False,
                Tri::False => Tri::True,
                Tri::Unknown => Tri::Unknown,
            },
            Self::All(parts) => decide(parts, answer, Tri::False),
            Self::Any(parts) => decide(parts, answer, Tri::True),
        }
    }

    /// All tests in it.
    pub fn tests(&self) -> Vec<&Test> {
        match self {
            Self::Always | Self::Never => Vec::new(),
            Self::Test(test) => vec![test],
            Self::Not(inner) => inner.tests(),
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::tests).collect(),
        }
    }
}

/// `winner` as soon as one part says so; else undetermined where one part is; else the opposite.
fn decide(parts: &[Condition], answer: &impl Fn(&Test) -> Tri, winner: Tri) -> Tri {
    let mut result = if winner == Tri::True { Tri::False } else { Tri::True };
    for part in parts {
        match part.evaluate(answer) {
            value if value == winner => return winner,
            Tri::Unknown => result = Tri::Unknown,
            _ => {}
        }
    }
    result
}

impl Test {
    /// The field that it asks; the date of birth for an age.
    pub fn field(&self) -> Field {
        match self {
            Self::Blank(field) | Self::OneOf(field, _) | Self::Starts(field, _) | Self::Contains(field, _) => *field,
            Self::Age(..) => Field::DateOfBirth,
        }
    }

    /// The answer for a text that stands in the field and is valid, or blank.
    pub fn of_text(&self, text: &str) -> bool {
        match self {
            Self::Blank(_) => text.is_empty(),
            Self::OneOf(_, labels) => labels.iter().any(|label| label == text),
            Self::Starts(_, start) => text.starts_with(start.as_str()),
            Self::Contains(_, part) => text.contains(part.as_str()),
            Self::Age(..) => false,
        }
    }
}

/// What is wrong in a condition, and where in its text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ConditionFault {
    pub(super) at: Range<usize>,
    pub(super) message: String,
}

/// What the parser must know of fields: whether one has a list, and its labels.
pub(super) trait Labels {
    /// The labels of a field's list, where it has one.
    fn labels(&self, field: Field) -> Option<Vec<&str>>;
}

/// Reads a condition.
pub(super) fn parse(text: &str, labels: &impl Labels) -> Result<Condition, ConditionFault> {
    let tokens = tokens(text)?;
    let mut parser = Parser { tokens: &tokens, at: 0, end: text.len(), labels };
    let condition = parser.condition(0)?;
    match parser.peek() {
        None => Ok(condition),
        Some(token) => Err(parser.unexpected(token, "'and', 'or' or the end")),
    }
}

/// Deeper nesting than this is nobody's condition.
const DEEPEST: usize = 32;

#[derive(Clone, PartialEq, Debug)]
enum Token<'c> {
    Word(&'c str),
    Text(&'c str),
    Mark(char),
}

type Placed<'c> = (Range<usize>, Token<'c>);

fn tokens(text: &str) -> Result<Vec<Placed<'_>>, ConditionFault> {
    let mut tokens = Vec::new();
    let mut rest = text.char_indices().peekable();
    while let Some((start, c)) = rest.next() {
        match c {
            ' ' | '\t' | '\n' | '\r' => {}
            '(' | ')' | '[' | ']' | ',' => tokens.push((start..start + 1, Token::Mark(c))),
            '"' => {
                let Some((end, _)) = rest.find(|(_, c)| *c == '"') else {
                    return Err(ConditionFault {
                        at: start..text.len(),
                        message: "the text is not closed with \"".into(),
                    });
                };
                tokens.push((start..end + 1, Token::Text(&text[start + 1..end])));
            }
            c if c.is_ascii_alphanumeric() || c == '_' => {
                let mut end = start + 1;
                while let Some((at, _)) = rest.next_if(|(_, c)| c.is_ascii_alphanumeric() || *c == '_') {
                    end = at + 1;
                }
                tokens.push((start..end, Token::Word(&text[start..end])));
            }
            other => {
                let at = start..start + other.len_utf8();
                return Err(ConditionFault { at, message: format!("'{other}' has no meaning in a condition") });
            }
        }
    }
    Ok(tokens)
}

struct Parser<'p, 'c, L> {
    tokens: &'p [Placed<'c>],
    at: usize,
    end: usize,
    labels: &'p L,
}

impl<'p, 'c, L: Labels> Parser<'p, 'c, L> {
    fn peek(&self) -> Option<&'p Placed<'c>> {
        self.tokens.get(self.at)
    }

    fn next(&mut self, wanted: &str) -> Result<&'p Placed<'c>, ConditionFault> {
        let token = self.peek().ok_or_else(|| self.ended(wanted))?;
        self.at += 1;
        Ok(token)
    }

    fn skip(&mut self, token: &Token<'_>) -> bool {
        let found = self.peek().is_some_and(|(_, next)| next == token);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, token: &Token<'_>, wanted: &str) -> Result<(), ConditionFault> {
        let next = self.next(wanted)?;
        if next.1 == *token { Ok(()) } else { Err(self.unexpected(next, wanted)) }
    }

    fn ended(&self, wanted: &str) -> ConditionFault {
        ConditionFault {
            at: self.end.saturating_sub(1)..self.end,
            message: format!("the condition ends where {wanted} should stand"),
        }
    }

    #[expect(clippy::unused_self, reason = "reads as the parser's own complaint beside `ended`")]
    fn unexpected(&self, (at, token): &Placed<'_>, wanted: &str) -> ConditionFault {
        let found = match token {
            Token::Word(word) => (*word).to_owned(),
            Token::Text(text) => format!("\"{text}\""),
            Token::Mark(mark) => mark.to_string(),
        };
        ConditionFault { at: at.clone(), message: format!("found '{found}' where {wanted} should stand") }
    }

    fn condition(&mut self, depth: usize) -> Result<Condition, ConditionFault> {
        let mut parts = vec![self.term(depth)?];
        while self.skip(&Token::Word("or")) {
            parts.push(self.term(depth)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Condition::Any(parts) })
    }

    fn term(&mut self, depth: usize) -> Result<Condition, ConditionFault> {
        let mut parts = vec![self.factor(depth)?];
        while self.skip(&Token::Word("and")) {
            parts.push(self.factor(depth)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Condition::All(parts) })
    }

    fn factor(&mut self, depth: usize) -> Result<Condition, ConditionFault> {
        let token = self.next("a condition")?;
        if depth > DEEPEST {
            return Err(ConditionFault { at: token.0.clone(), message: "the condition is nested too deeply".into() });
        }
        match &token.1 {
            Token::Word("not") => Ok(Condition::Not(Box::new(self.factor(depth + 1)?))),
            Token::Word("always") => Ok(Condition::Always),
            Token::Word("never") => Ok(Condition::Never),
            Token::Mark('(') => {
                let inner = self.condition(depth + 1)?;
                self.expect(&Token::Mark(')'), "')'")?;
                Ok(inner)
            }
            Token::Word("age_at_period_end") => self.age(),
            Token::Word(name) => self.test(&token.0, name),
            _ => Err(self.unexpected(token, "a field, 'not', 'always', 'never' or '('")),
        }
    }

    fn age(&mut self) -> Result<Condition, ConditionFault> {
        self.expect(&Token::Word("between"), "'between'")?;
        let from = self.number()?;
        self.expect(&Token::Word("and"), "'and'")?;
        let to = self.number()?;
        Ok(Condition::Test(Test::Age(from, to)))
    }

    fn number(&mut self) -> Result<i32, ConditionFault> {
        let token = self.next("a number of years")?;
        match &token.1 {
            Token::Word(word) if word.len() <= 3 => {
                word.parse().map_err(|_| self.unexpected(token, "a number of years"))
            }
            _ => Err(self.unexpected(token, "a number of years")),
        }
    }

    fn test(&mut self, at: &Range<usize>, name: &str) -> Result<Condition, ConditionFault> {
        let Some(field) = Field::from_key(name) else {
            let near = crate::document::nearest(name, Field::ALL.iter().map(|field| field.key()));
            let hint = near.map(|near| format!("; did you mean '{near}'?")).unwrap_or_default();
            return Err(ConditionFault { at: at.clone(), message: format!("there is no field '{name}'{hint}") });
        };
        let wanted = "'is', 'in', 'starts' or 'contains'";
        let token = self.next(wanted)?;
        let test = match &token.1 {
            Token::Word("is") if self.skip(&Token::Word("blank")) => Test::Blank(field),
            Token::Word("is") if self.skip(&Token::Word("given")) => {
                return Ok(Condition::Not(Box::new(Condition::Test(Test::Blank(field)))));
            }
            Token::Word("is") => Test::OneOf(field, vec![self.label(field)?]),
            Token::Word("in") => Test::OneOf(field, self.label_list(field)?),
            Token::Word("starts") => Test::Starts(field, self.part(field)?),
            Token::Word("contains") => Test::Contains(field, self.part(field)?),
            _ => return Err(self.unexpected(token, wanted)),
        };
        Ok(Condition::Test(test))
    }

    fn label_list(&mut self, field: Field) -> Result<Vec<String>, ConditionFault> {
        self.expect(&Token::Mark('['), "'['")?;
        let mut found = vec![self.label(field)?];
        while self.skip(&Token::Mark(',')) {
            found.push(self.label(field)?);
        }
        self.expect(&Token::Mark(']'), "']'")?;
        Ok(found)
    }

    /// A label of the field's list.
    fn label(&mut self, field: Field) -> Result<String, ConditionFault> {
        let (at, text, known) = self.text_for(field)?;
        if !known.contains(&text) {
            let near = crate::document::nearest(text, known);
            let hint = near.map(|near| format!("; did you mean \"{near}\"?")).unwrap_or_default();
            return Err(ConditionFault { at, message: format!("the list of '{field}' has no \"{text}\"{hint}") });
        }
        Ok(text.to_owned())
    }

    /// A part of some label of the field's list.
    fn part(&mut self, field: Field) -> Result<String, ConditionFault> {
        let (at, text, known) = self.text_for(field)?;
        if !known.iter().any(|label| label.contains(text)) {
            return Err(ConditionFault { at, message: format!("no label of '{field}' contains \"{text}\"") });
        }
        Ok(text.to_owned())
    }

    fn text_for(&mut self, field: Field) -> Result<(Range<usize>, &'c str, Vec<&'p str>), ConditionFault> {
        let labels = self.labels;
        let token = self.next("a text in \"quotes\"")?;
        let Token::Text(text) = token.1 else { return Err(self.unexpected(token, "a text in \"quotes\"")) };
        let Some(known) = labels.labels(field) else {
            let message = format!("'{field}' has no code list: ask whether it 'is blank' or 'is given'");
            return Err(ConditionFault { at: token.0.clone(), message });
        };
        Ok((token.0.clone(), text, known))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    struct Lists;

    impl Labels for Lists {
        fn labels(&self, field: Field) -> Option<Vec<&str>> {
            match field {
                Field::EventType => Some(vec!["Request", "Service"]),
                Field::ClientType => Some(vec!["Carer", "Service User"]),
                _ => None,
            }
        }
    }

    fn holds(condition: &str, event_type: Option<&str>) -> Tri {
        parse(condition, &Lists).unwrap().evaluate(&|test: &Test| match (test.field(), event_type) {
            (Field::EventType, None) => Tri::Unknown,
            (Field::EventType, Some(text)) => test.of_text(text).into(),
            _ => test.of_text("").into(),
        })
    }

    #[test]
    fn and_binds_tighter_than_or_and_not_tightest() {
        for (condition, service, request) in [
            (r#"event_type is "Service""#, Tri::True, Tri::False),
            (r#"not event_type is "Service" and always"#, Tri::False, Tri::True),
            ("always or never and never", Tri::True, Tri::True),
            ("(always or never) and never", Tri::False, Tri::False),
            (r#"event_type in ["Service", "Request"]"#, Tri::True, Tri::True),
            (r#"event_type starts "Serv" and event_type contains "vice""#, Tri::True, Tri::False),
            ("date_of_death is given", Tri::False, Tri::False),
            ("date_of_death is blank", Tri::True, Tri::True),
        ] {
            assert_eq!(holds(condition, Some("Service")), service, "{condition}");
            assert_eq!(holds(condition, Some("Request")), request, "{condition}");
        }
    }

    #[test]
    fn an_invalid_deciding_value_leaves_open_what_depends_on_it_and_nothing_else() {
        for (condition, expected) in [
            (r#"event_type is "Service""#, Tri::Unknown),
            (r#"not event_type is "Service""#, Tri::Unknown),
            (r#"event_type is "Service" and never"#, Tri::False),
            (r#"event_type is "Service" or always"#, Tri::True),
            (r#"event_type is "Service" or never"#, Tri::Unknown),
        ] {
            assert_eq!(holds(condition, None), expected, "{condition}");
        }
    }

    #[test]
    fn every_fault_names_its_place_and_what_would_be_right() {
        for (condition, at, part) in [
            ("", 0..0, "the condition ends"),
            (r#"event_tpye is "Service""#, 0..10, "did you mean 'event_type'?"),
            (r#"event_type is "Servise""#, 14..23, "did you mean \"Service\"?"),
            (r#"event_type contains "Prison""#, 20..28, "no label"),
            (r#"postcode is "M1 1AE""#, 12..20, "has no code list"),
            ("event_type is \"Service", 14..22, "not closed"),
            ("always always", 7..13, "'and', 'or' or the end"),
            ("(always", 6..7, "')'"),
            ("event_type % 3", 11..12, "no meaning"),
            ("age_at_period_end between 18 and x", 33..34, "number of years"),
        ] {
            let fault = parse(condition, &Lists).unwrap_err();
            assert!(fault.message.contains(part), "{condition}: {}", fault.message);
            assert_eq!(fault.at, at, "{condition}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in r#"(not |and |or |\(|\)|event_type |is |in |"|\[|always|Service|é|[a-z ]){0,40}"#) {
            let _ = parse(&text, &Lists);
        }
    }
}
