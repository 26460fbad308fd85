//! What can be learnt about a source without reading its rows, for whoever looks after it.

use sqlparser::{
    ast::{Expr, OrderByKind, Statement},
    dialect::Dialect,
    parser::Parser,
};

use super::SourceError;

/// Something that was tried, and what came back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Probe {
    /// What was tried.
    pub tried: &'static str,
    /// How it went.
    pub found: Found,
    /// What came back, in a sentence without anybody's data.
    pub text: String,
    /// What to do, where something is to be done; it may have several lines.
    pub advice: Option<String>,
}

/// How something that was tried went.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Found {
    /// As it should.
    Good,
    /// Well enough to run, and worth a look.
    Doubt,
    /// So that no run can succeed.
    Fault,
}

impl Probe {
    /// It went as it should.
    pub fn good(tried: &'static str, text: impl Into<String>) -> Self {
        Self { tried, found: Found::Good, text: text.into(), advice: None }
    }

    /// It is worth a look.
    pub fn doubt(tried: &'static str, text: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { tried, found: Found::Doubt, text: text.into(), advice: Some(advice.into()) }
    }

    /// No run can succeed so. The error says itself what to do.
    pub fn fault(tried: &'static str, error: &SourceError) -> Self {
        let mut text = format!("failed to {error}");
        let mut cause = std::error::Error::source(error);
        while let Some(error) = cause {
            text = format!("{text}: {error}");
            cause = error.source();
        }
        Self { tried, found: Found::Fault, text, advice: None }
    }
}

/// How the rows of a query are ordered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ordered {
    /// By the source itself, or nobody can say.
    Unknown,
    /// Not at all: the same rows may come in another order next time.
    No,
    /// By these columns, in lower case, and perhaps by more that have no name.
    By(Vec<String>),
}

/// How a SELECT orders its rows, as far as its text tells.
pub(super) fn ordered(sql: &str, dialect: &dyn Dialect) -> Ordered {
    let Ok(statements) = Parser::parse_sql(dialect, sql) else { return Ordered::Unknown };
    let [Statement::Query(query)] = statements.as_slice() else { return Ordered::Unknown };
    let Some(order) = &query.order_by else { return Ordered::No };
    let OrderByKind::Expressions(by) = &order.kind else { return Ordered::Unknown };
    let column = |expr: &Expr| match expr {
        Expr::Identifier(name) => Some(name.value.to_lowercase()),
        Expr::CompoundIdentifier(names) => names.last().map(|name| name.value.to_lowercase()),
        _ => None,
    };
    Ordered::By(by.iter().filter_map(|by| column(&by.expr)).collect())
}

#[cfg(test)]
mod tests {
    use sqlparser::dialect::{MsSqlDialect, SQLiteDialect};

    use super::*;

    #[test]
    fn the_order_of_a_result_is_told_by_its_columns() {
        let of = |sql| ordered(sql, &MsSqlDialect {});
        assert_eq!(of("SELECT t.Id, d FROM t ORDER BY d, t.Id DESC"), Ordered::By(vec!["d".into(), "id".into()]));
        assert_eq!(of("SELECT a FROM (SELECT TOP (1) a FROM t ORDER BY a) AS x"), Ordered::No);
        assert_eq!(of("EXEC dbo.report"), Ordered::Unknown);
        let sqlite = "SELECT a FROM t WHERE d >= :period_start ORDER BY \"a\"";
        assert_eq!(ordered(sqlite, &SQLiteDialect {}), Ordered::By(vec!["a".into()]));
    }
}
