//! A look at a query before the server sees it: a seat belt, not the control, which is the login's rights.
//!
//! The parser must find one SELECT in it. Since a parser and a server may disagree about a text, every word is looked at
//! as well: those that T-SQL reserves for doing more than reading can't stand anywhere in a SELECT without brackets.
//! `:name` becomes `@name`, which is as long, so that every place in the text stays where it is.

use std::ops::ControlFlow;

use sqlparser::{
    ast::{Expr, Function, ObjectName, Query, SetExpr, Spanned, Statement, TableFactor, Visit, Visitor},
    dialect::MsSqlDialect,
    parser::Parser,
    tokenizer::{Location, Token, TokenWithSpan, Tokenizer, Word},
};

use super::error::Refusal;

/// A query that may be sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Checked {
    /// Its text, as the server is to read it.
    pub(super) text: String,
    /// The word by which it asks for rows that may never have been.
    pub(super) dirty: Option<String>,
    /// A query that counts its rows; `None` where the text was not parsed.
    pub(super) counting: Option<String>,
}

/// What is refused, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Refused {
    pub(super) line: u64,
    pub(super) column: u64,
    pub(super) refusal: Refusal,
}

/// The words that T-SQL reserves for more than reading this database.
#[rustfmt::skip]
const WRITES: &[&str] = &[
    "ADD", "ALTER", "BACKUP", "BEGIN", "BREAK", "BULK", "CHECKPOINT", "CLOSE", "COMMIT", "CONTINUE", "CREATE", "DBCC",
    "DEALLOCATE", "DECLARE", "DELETE", "DENY", "DROP", "DUMP", "EXEC", "EXECUTE", "EXIT", "GOTO", "GRANT", "IF",
    "INSERT", "INTO", "KILL", "LOAD", "MERGE", "OPEN", "PRINT", "RAISERROR", "READTEXT", "RECONFIGURE", "RESTORE",
    "RETURN", "REVERT", "REVOKE", "ROLLBACK", "SAVE", "SET", "SETUSER", "SHUTDOWN", "TRUNCATE", "UPDATE",
    "UPDATETEXT", "WAITFOR", "WHILE", "WRITETEXT",
];

/// Those that read elsewhere.
const REACHES: &[&str] = &["OPENDATASOURCE", "OPENQUERY", "OPENROWSET", "OPENXML"];

/// The hints that take locks for which others wait, whatever the isolation.
const LOCKS: &[&str] =
    &["HOLDLOCK", "READCOMMITTEDLOCK", "REPEATABLEREAD", "SERIALIZABLE", "TABLOCK", "TABLOCKX", "UPDLOCK", "XLOCK"];

/// The hints that read what nobody has committed, in spite of a snapshot.
const DIRTY: &[&str] = &["NOLOCK", "READUNCOMMITTED"];

/// Looks at a query. `outside` are the names with three or four parts that it may use.
pub(super) fn check(sql: &str, outside: &[String]) -> Result<Checked, Refused> {
    let (text, tokens) = with_parameters(sql)?;
    for (at, token) in tokens.iter().enumerate() {
        let Some(word) = bare_word(token) else { continue };
        let upper = word.value.to_uppercase();
        let written = || word.value.clone();
        let refusal = if WRITES.contains(&upper.as_str()) {
            Refusal::Word(written())
        } else if REACHES.contains(&upper.as_str()) {
            Refusal::Reaches(written())
        } else if LOCKS.contains(&upper.as_str()) {
            Refusal::Locks(written())
        } else if upper == "READPAST" {
            Refusal::Skips(written())
        } else if upper == "NEXT" && is_sequence(&tokens[at + 1..]) {
            Refusal::Word("NEXT VALUE FOR".to_owned())
        } else {
            continue;
        };
        return Err(refused(token.span.start, refusal));
    }
    let query = parse(&text, &tokens)?;
    let mut names = Names { outside };
    match query.visit(&mut names) {
        ControlFlow::Break(refused) => Err(refused),
        ControlFlow::Continue(()) => {
            let counting = Some(counting(&text, &tokens, &query));
            Ok(Checked { counting, dirty: dirty(&tokens), text })
        }
    }
}

/// The text with the names that the server knows, where the login's rights are trusted to do the rest.
pub(super) fn trust(sql: &str) -> Result<Checked, Refused> {
    let (text, tokens) = with_parameters(sql)?;
    Ok(Checked { text, dirty: dirty(&tokens), counting: None })
}

fn dirty(tokens: &[TokenWithSpan]) -> Option<String> {
    let mut words = tokens.iter().filter_map(bare_word).map(|word| word.value.to_uppercase());
    words.find(|word| DIRTY.contains(&word.as_str()))
}

fn refused(at: Location, refusal: Refusal) -> Refused {
    Refused { line: at.line.max(1), column: at.column.max(1), refusal }
}

/// `:period_start` becomes `@period_start`, in the text and in its tokens.
fn with_parameters(sql: &str) -> Result<(String, Vec<TokenWithSpan>), Refused> {
    controls(sql)?;
    let dialect = MsSqlDialect {};
    let tokens = |text: &str| {
        Tokenizer::new(&dialect, text)
            .tokenize_with_location()
            .map_err(|error| refused(error.location, Refusal::Unclear(error.message)))
    };
    let mut text = sql.to_owned();
    let found = tokens(sql)?;
    for pair in found.windows(2) {
        let (Token::Colon, Token::Word(word)) = (&pair[0].token, &pair[1].token) else { continue };
        if pair[0].span.end != pair[1].span.start || word.quote_style.is_some() {
            continue;
        }
        if !["period_start", "period_end"].contains(&word.value.as_str()) {
            return Err(refused(pair[0].span.start, Refusal::Parameter(word.value.clone())));
        }
        let at = offset(sql, pair[0].span.start);
        text.replace_range(at..=at, "@");
    }
    let tokens = tokens(&text)?;
    Ok((text, tokens))
}

/// A carriage return by itself ends a comment for one reader and not for another; nothing else of its kind is text.
fn controls(sql: &str) -> Result<(), Refused> {
    let bytes = sql.as_bytes();
    let odd = sql.char_indices().find(|(at, letter)| match letter {
        '\n' | '\t' => false,
        '\r' => bytes.get(at + 1) != Some(&b'\n'),
        letter => letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}'),
    });
    let Some((at, _)) = odd else { return Ok(()) };
    let before = &sql[..at];
    let line = before.matches('\n').count() as u64 + 1;
    let column = before.rsplit('\n').next().map_or(0, |last| last.chars().count()) as u64 + 1;
    Err(refused(Location { line, column }, Refusal::Control))
}

/// The byte at a place that counts characters.
fn offset(text: &str, at: Location) -> usize {
    let line_start = match at.line {
        0 | 1 => 0,
        line => text.match_indices('\n').nth(line as usize - 2).map_or(text.len(), |(end, _)| end + 1),
    };
    let rest = &text[line_start..];
    line_start + rest.char_indices().nth((at.column.max(1) - 1) as usize).map_or(rest.len(), |(byte, _)| byte)
}

/// A word without brackets or quotes, which a reserved word may be.
fn bare_word(token: &TokenWithSpan) -> Option<&Word> {
    match &token.token {
        Token::Word(word) if word.quote_style.is_none() => Some(word),
        _ => None,
    }
}

fn following(tokens: &[TokenWithSpan]) -> impl Iterator<Item = &Token> {
    tokens.iter().map(|token| &token.token).filter(|token| !matches!(token, Token::Whitespace(_)))
}

fn is_sequence(behind: &[TokenWithSpan]) -> bool {
    let mut words = following(behind);
    let mut is =
        |expected: &str| matches!(words.next(), Some(Token::Word(word)) if word.value.eq_ignore_ascii_case(expected));
    is("VALUE") && is("FOR")
}

fn parse(text: &str, tokens: &[TokenWithSpan]) -> Result<Box<Query>, Refused> {
    let dialect = MsSqlDialect {};
    let mut parser = Parser::new(&dialect).with_tokens_with_locations(without_option(tokens));
    let start = tokens
        .iter()
        .find(|token| !matches!(token.token, Token::Whitespace(_)))
        .map_or(Location { line: 1, column: 1 }, |token| token.span.start);
    let unclear = |error: sqlparser::parser::ParserError| {
        let message = error.to_string();
        let message = message.strip_prefix("sql parser error: ").unwrap_or(&message);
        let (said, place) = match message.rsplit_once(" at Line: ") {
            Some((said, place)) => (said, located(place)),
            None => (message, None),
        };
        refused(place.unwrap_or(start), Refusal::Unclear(said.to_owned()))
    };
    let mut statements = parser.parse_statements().map_err(unclear)?;
    match (statements.pop(), statements.len()) {
        (Some(Statement::Query(query)), 0) => {
            let selects = reads(&query.body);
            if selects { Ok(query) } else { Err(refused(start, Refusal::NotASelect)) }
        }
        (Some(second), 1..) => {
            let at = second.span().start;
            let at = if at.line == 0 { end(text) } else { at };
            Err(refused(at, Refusal::Several))
        }
        _ => Err(refused(start, Refusal::NotASelect)),
    }
}

/// The tokens without `OPTION (…)` behind the query, which the parser does not know; its words have been looked at.
fn without_option(tokens: &[TokenWithSpan]) -> Vec<TokenWithSpan> {
    let (mut depth, mut of_option) = (0_usize, false);
    let mut kept = Vec::with_capacity(tokens.len());
    for (at, token) in tokens.iter().enumerate() {
        let is_option = bare_word(token).is_some_and(|word| word.value.eq_ignore_ascii_case("OPTION"));
        if depth == 0 {
            of_option = (is_option && following(&tokens[at + 1..]).next() == Some(&Token::LParen))
                || of_option && matches!(token.token, Token::LParen | Token::Whitespace(_));
        }
        match token.token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.saturating_sub(1),
            _ => {}
        }
        if !of_option {
            kept.push(token.clone());
        }
    }
    kept
}

fn located(place: &str) -> Option<Location> {
    let (line, column) = place.split_once(", Column: ")?;
    Some(Location { line: line.trim().parse().ok()?, column: column.trim().parse().ok()? })
}

fn end(text: &str) -> Location {
    let line = text.matches('\n').count() as u64 + 1;
    Location { line, column: text.rsplit('\n').next().map_or(0, |last| last.chars().count()) as u64 + 1 }
}

/// Whether it is made of SELECTs alone.
fn reads(body: &SetExpr) -> bool {
    match body {
        SetExpr::Select(select) => select.into.is_none(),
        SetExpr::Query(query) => reads(&query.body),
        SetExpr::SetOperation { left, right, .. } => reads(left) && reads(right),
        _ => false,
    }
}

/// Looks at every name of a table or a function.
struct Names<'a> {
    outside: &'a [String],
}

impl Names<'_> {
    fn look(&self, name: &ObjectName) -> ControlFlow<Refused> {
        let parts: Vec<_> =
            name.0.iter().map(|part| part.as_ident().map_or_else(String::new, |i| i.value.clone())).collect();
        let at = name.span().start;
        let last = parts.last().map(|part| part.to_lowercase()).unwrap_or_default();
        if last.starts_with("xp_") || last.starts_with("sp_") {
            return ControlFlow::Break(refused(at, Refusal::System(parts.join("."))));
        }
        let whole = parts.join(".");
        let allowed = || self.outside.iter().any(|name| name.replace(['[', ']'], "").eq_ignore_ascii_case(&whole));
        if parts.len() > 2 && !allowed() {
            return ControlFlow::Break(refused(at, Refusal::Outside(whole)));
        }
        ControlFlow::Continue(())
    }
}

impl Visitor for Names<'_> {
    type Break = Refused;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Refused> {
        if reads(&query.body) {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(refused(query.span().start, Refusal::NotASelect))
        }
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<Refused> {
        self.look(relation)
    }

    fn pre_visit_table_factor(&mut self, table: &TableFactor) -> ControlFlow<Refused> {
        match table {
            TableFactor::Function { name, .. } => self.look(name),
            _ => ControlFlow::Continue(()),
        }
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Refused> {
        match expr {
            Expr::Function(Function { name, .. }) => self.look(name),
            _ => ControlFlow::Continue(()),
        }
    }
}

/// The query that counts the rows of another. Its CTEs stay in front; its order goes, unless rows are picked by it.
fn counting(text: &str, tokens: &[TokenWithSpan], query: &Query) -> String {
    let is = |token: &TokenWithSpan, expected: &str| {
        bare_word(token).is_some_and(|word| word.value.eq_ignore_ascii_case(expected))
    };
    // Of the parentheses that are open at each token, those behind WITH are closed again before the body.
    let (mut depth, mut body, mut ends) = (0_usize, None, text.len());
    let picks = query.limit_clause.is_some() || query.fetch.is_some() || picks_first(&query.body);
    for (at, token) in tokens.iter().enumerate() {
        let start = offset(text, token.span.start);
        match token.token {
            Token::LParen if depth == 0 && body.is_none() && query.with.is_none() => {
                body = Some(start);
                depth += 1;
            }
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.saturating_sub(1),
            Token::SemiColon if depth == 0 && body.is_some() => {
                ends = ends.min(start);
            }
            _ if depth > 0 => {}
            _ if body.is_none() && is(token, "SELECT") => body = Some(start),
            _ if body.is_some() && is(token, "OPTION") => ends = ends.min(start),
            _ if body.is_some() && is(token, "ORDER") && !picks && is_by(&tokens[at + 1..]) => ends = ends.min(start),
            _ => {}
        }
    }
    let body = body.unwrap_or(0).min(ends);
    format!("{}SELECT COUNT_BIG(*) AS counted FROM (\n{}\n) AS counted", &text[..body], &text[body..ends])
}

fn is_by(behind: &[TokenWithSpan]) -> bool {
    matches!(following(behind).next(), Some(Token::Word(word)) if word.value.eq_ignore_ascii_case("BY"))
}

/// Whether TOP picks among the rows.
fn picks_first(body: &SetExpr) -> bool {
    match body {
        SetExpr::Select(select) => select.top.is_some(),
        SetExpr::Query(query) => picks_first(&query.body),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
