//! `docs/characters.md`.

use super::{Table, code, rules};
use crate::shape::LETTERS;

pub(super) fn text() -> String {
    let mut table = Table::new(["character", "code point", "written as"]);
    for (letter, plain) in LETTERS {
        let shown = if is_hidden(letter) { String::new() } else { letter.to_string() };
        let written = match plain {
            "" => "nothing".to_owned(),
            " " => "a space".to_owned(),
            plain => code(plain),
        };
        table.row([&shown, &format!("U+{:04X}", u32::from(letter)), &written]);
    }
    format!(
        "# Characters

The portal reads Windows-1252, which has a byte for each of some 250 characters. Names hold more than that. What becomes of
a character is decided in this order; nothing is ever written as `?` in place of something else.

1. Letter and accent that are kept apart are first put together (Unicode's form C): e and a combining acute become é.
2. A character of Windows-1252 is written as it is: é, ñ, ö, £, €, ’ and – are among them.
3. A character of the table below is written as the text that clearly stands for it.
4. A letter that Unicode takes apart into one plain letter A to Z and accents is written as that letter: ŵ and ŷ as w and y,
   ń as n, ễ as e. An accent that stands alone is left away.
5. For any other character (an emoji, Greek, Chinese) no plain text stands. The cell is written blank, with an ERROR
   ({unencodable}) that names row and field.

Steps 3 and 4 raise a QUERY ({transliterated}), and the report counts them. Two more things cannot be written, and leave the
cell blank with an ERROR: a control character other than a tab or a line break ({control}), and a value that a spreadsheet
would run: one that begins with `=`, `+` or `@`, or with `-` where no number follows ({formula}).

{}",
        table.text,
        unencodable = rules::link("F101"),
        transliterated = rules::link("F102"),
        control = rules::link("F104"),
        formula = rules::link("F103"),
    )
}

/// Whether a character has nothing to show: spaces and marks of direction.
fn is_hidden(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '\u{200B}'..='\u{200F}' | '\u{FEFF}')
}
