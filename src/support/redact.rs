//! What is taken out of a text before it leaves the council.
//!
//! Nothing personal is meant to stand in logs and settings; this is the second lock. Each kind of thing is replaced by a word in
//! brackets that says what stood there, so that the text can still be followed. A name has no shape by which it could be
//! found: what keeps names out is that the program never writes them.

use std::{borrow::Cow, sync::LazyLock};

use regex_lite::{Captures, Regex};

use crate::model::{Date, is_postcode};

/// How many years a day must lie back to be one of birth rather than of work.
const YEARS_OF_WORK: i32 = 15;

/// A shape, and what is put in the place of what has it.
struct Shape {
    pattern: Regex,
    with: &'static str,
}

/// In the order in which they are looked for: what may hold another comes first.
static SHAPES: LazyLock<Vec<Shape>> = LazyLock::new(|| {
    let shapes = [
        // The words of a secret and what follows them; a table behind one ({ env = … }) says only where it is.
        (
            r#"(?i)(password|passwd|pwd|secret|token|api[-_ ]?key|authorization)(["']?\s*[:=]\s*)("[^"]*"|'[^']*'|(?:bearer |basic )?[^\s{"',;]+)"#,
            "$1$2[secret]",
        ),
        (r"(?i)\b(bearer|basic) [A-Za-z0-9._~+/=-]{8,}", "$1 [secret]"),
        (r"\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*", "[secret]"),
        (r"://[^\s/@]+@", "://[secret]@"),
        (r#"(https?://[^\s?"'<>]+)\?[^\s"'<>]+"#, "$1?[query]"),
        (r"\b[A-Za-z0-9._%+'-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}\b", "[mail address]"),
        (r"(?i)\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "[id]"),
        (r"(?i)([\\/](?:users|home)[\\/])[^\\/\s]+", "$1[user]"),
        (r"\b\d{3}[ -]?\d{3}[ -]?\d{4}\b", "[ten digits]"),
        (r"\b(0?[1-9]|[12]\d|3[01])[/.](0?[1-9]|1[0-2])[/.](\d{4}|\d{2})\b", "[date]"),
    ];
    shapes.into_iter().map(|(pattern, with)| Shape { pattern: compiled(pattern), with }).collect()
});

static POSTCODE: LazyLock<Regex> = LazyLock::new(|| compiled(r"(?i)\b[a-z]{1,2}\d[a-z\d]?\s?\d[a-z]{2}\b"));
static DAY: LazyLock<Regex> = LazyLock::new(|| compiled(r"\b(\d{4})-\d{2}-\d{2}\b"));

#[expect(clippy::expect_used, reason = "the patterns are written above, and a test compiles them all")]
fn compiled(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a pattern that a test compiles")
}

/// The text without secrets and without what may be personal.
pub fn redacted(text: &str, today: Date) -> String {
    let mut text = Cow::Borrowed(text);
    for Shape { pattern, with } in SHAPES.iter() {
        if let Cow::Owned(replaced) = pattern.replace_all(&text, *with) {
            text = Cow::Owned(replaced);
        }
    }
    let is_one = |found: &str| is_postcode(found.to_uppercase().as_bytes());
    let postcode = |found: &Captures<'_>| replaced_if(is_one(&found[0]), "[postcode]", &found[0]);
    let text = POSTCODE.replace_all(&text, postcode).into_owned();
    let long_ago = |year: &str| year.parse().is_ok_and(|year: i32| year + YEARS_OF_WORK < today.ymd().0);
    let day = |found: &Captures<'_>| replaced_if(long_ago(&found[1]), "[date]", &found[0]);
    DAY.replace_all(&text, day).into_owned()
}

fn replaced_if(is_so: bool, with: &str, found: &str) -> String {
    if is_so { with.to_owned() } else { found.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Date = Date::from_ymd(2026, 11, 25).unwrap();

    #[test]
    fn what_is_personal_or_secret_is_taken_out() {
        for (text, left) in [
            ("NHS number 9990001480 is wrong", "NHS number [ten digits] is wrong"),
            ("NHS number 999 000 1480", "NHS number [ten digits]"),
            ("NHS number 999-000-1480.", "NHS number [ten digits]."),
            ("lives at YA2 2AB, ya22ab", "lives at [postcode], [postcode]"),
            ("born 14/03/1938 or 14.03.38", "born [date] or [date]"),
            ("born 1938-03-14, died 2026-03-14", "born [date], died 2026-03-14"),
            ("mail from ada.fixture@council.example was", "mail from [mail address] was"),
            ("to = [\"IT <it@council.example>\"]", "to = [\"IT <[mail address]>\"]"),
            ("password=hunter2; user=x", "password=[secret]; user=x"),
            ("Password: 'correct horse'", "Password: [secret]"),
            (r#"{"client_secret": "abc"}"#, r#"{"client_secret": [secret]}"#),
            ("Authorization: Bearer abcdefgh.ijk", "Authorization: [secret]"),
            ("sent Bearer abcdefgh12345678 there", "sent Bearer [secret] there"),
            ("eyJhbGciOi.eyJzdWIi.sig_1 came", "[secret] came"),
            ("http://user:pass@proxy:3128/x", "http://[secret]@proxy:3128/x"),
            ("https://hook.example/a/b?sig=abc&x=1 failed", "https://hook.example/a/b?[query] failed"),
            ("tenant 01234567-89ab-cdef-0123-456789abcdef", "tenant [id]"),
            (r"C:\Users\ada.fixture\Desktop\x", r"C:\Users\[user]\Desktop\x"),
            ("/home/ada/agent.toml", "/home/[user]/agent.toml"),
        ] {
            assert_eq!(redacted(text, TODAY), left);
        }
    }

    #[test]
    fn harmless_text_stays_as_it_is() {
        for text in [
            "password = { env = \"CLD_SQL_PASSWORD\" }",
            "client_secret = { file = \"secret\" }",
            "run 20261120T060000Z of adult-social-care ended: released, 98,012 rows",
            "2026-11-24T06:00:00.123Z INFO the agent keeps its plans version=0.1.0 process=12345",
            "period 2025-10-01_2026-09-30, window 2026-10-01 to 2026-10-30",
            "sha256 3f8264133b4de1a6fa860688fd019acc5482a78c2640b8224a2e0a9e4a31b160",
            "rule L001: 12 findings in Service Type; T010, F005",
            "host = \"sql01.council.example\", port 1433, packet_size = 8000",
            "query services: 41 columns; column 'pl.unit_cost' is decimal(18, 2)",
            "https://login.microsoftonline.com/oauth2 did not answer within 30 s",
            "Release 1, version 2026.11; TLS 1.3; SQL Server 16.0.4135.4",
            r"C:\ProgramData\cld-agent\agent.toml, line 12, column 8",
        ] {
            assert_eq!(redacted(text, TODAY), text);
        }
    }
}
