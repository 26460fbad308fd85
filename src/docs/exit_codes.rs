//! `docs/exit-codes.md`.

use super::Table;
use crate::exit;

pub(super) fn text() -> String {
    let mut table = Table::new(["code", "what it means", "what to do"]);
    for (code, meaning, remedy) in exit::ALL {
        table.row([&code.to_string(), meaning, remedy]);
    }
    format!(
        "# Exit codes

Every end of the program has one of these, so that a script or a scheduler can tell what happened without reading text. A
number never changes its meaning. After any code but 0 and 3 there is no package of that run to submit. Whatever the code,
earlier packages are as they were. Of several files that `check` is given, the highest code wins.

{}",
        table.text
    )
}
