//! The little markup that rules' manual pages use: paragraphs, lists and code.

/// A block of a manual page.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Block<'a> {
    Paragraph(Vec<Span<'a>>),
    List(Vec<Vec<Span<'a>>>),
    Code(Vec<&'a str>),
}

/// A run of text within a line.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Span<'a> {
    Plain(&'a str),
    Code(&'a str),
}

/// Reads blocks apart by blank lines. A block whose every line is indented by four spaces, or fenced by backticks, is
/// code. Whatever is not understood stays plain text.
pub(super) fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut lines = text.lines().peekable();
    let mut blocks = Vec::new();
    while let Some(line) = lines.next() {
        if line.trim().is_empty() {
            continue;
        }
        if line.trim_start().starts_with("```") {
            let code = lines.by_ref().take_while(|line| !line.trim_start().starts_with("```"));
            blocks.push(Block::Code(code.collect()));
            continue;
        }
        let mut block = vec![line];
        while let Some(next) = lines.next_if(|line| !line.trim().is_empty() && !line.trim_start().starts_with("```")) {
            block.push(next);
        }
        blocks.push(block_of(&block));
    }
    blocks
}

fn block_of<'a>(lines: &[&'a str]) -> Block<'a> {
    if lines.iter().all(|line| line.starts_with("    ")) {
        return Block::Code(lines.iter().map(|line| &line[4..]).collect());
    }
    let item = |line: &'a str| line.trim_start().strip_prefix("- ");
    if lines.first().is_some_and(|line| item(line).is_some()) {
        let mut items: Vec<Vec<Span>> = Vec::new();
        for line in lines {
            match (item(line), items.last_mut()) {
                (None, Some(last)) => continue_with(last, line),
                (text, _) => items.push(spans(text.unwrap_or(line))),
            }
        }
        return Block::List(items);
    }
    let mut paragraph = Vec::new();
    for line in lines {
        continue_with(&mut paragraph, line);
    }
    Block::Paragraph(paragraph)
}

fn continue_with<'a>(spans_so_far: &mut Vec<Span<'a>>, line: &'a str) {
    if !spans_so_far.is_empty() {
        spans_so_far.push(Span::Plain(" "));
    }
    spans_so_far.extend(spans(line.trim()));
}

/// Code stands between backticks; an odd backtick is itself.
fn spans(line: &str) -> Vec<Span<'_>> {
    let mut spans = Vec::new();
    let mut rest = line;
    while let Some((before, (code, after))) =
        rest.split_once('`').and_then(|(before, tail)| Some((before, tail.split_once('`')?)))
    {
        if !before.is_empty() {
            spans.push(Span::Plain(before));
        }
        spans.push(Span::Code(code));
        rest = after;
    }
    if !rest.is_empty() {
        spans.push(Span::Plain(rest));
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_manual_page_is_read_into_paragraphs_lists_and_code() {
        let text = "One `Y` line\ngoes on.\n\n- first\n  and more\n- second\n\n    local,national\n    F,Female\n\n```csv\na,b\n\nc,d\n```\nAn odd ` stays.";
        let plain = Span::Plain;
        assert_eq!(
            blocks(text),
            [
                Block::Paragraph(vec![plain("One "), Span::Code("Y"), plain(" line"), plain(" "), plain("goes on.")]),
                Block::List(vec![vec![plain("first"), plain(" "), plain("and more")], vec![plain("second")]]),
                Block::Code(vec!["local,national", "F,Female"]),
                Block::Code(vec!["a,b", "", "c,d"]),
                Block::Paragraph(vec![plain("An odd ` stays.")]),
            ]
        );
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "[ `\\-a\\n\u{e9}]{0,60}") {
            blocks(&text);
        }
    }
}
