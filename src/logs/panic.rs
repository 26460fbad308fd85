//! A panic is a defect of the program. What it carries may quote the value that it met.

use std::{any::Any, panic};

use super::events::DEFECT;
use crate::sys::journal;

/// How the texts of panics begin that the language and its library raise.
const KINDS: [&str; 8] = [
    "index out of bounds",
    "called `Option::unwrap()`",
    "called `Result::unwrap()`",
    "attempt to ",
    "assertion ",
    "range ",
    "slice index ",
    "internal error: entered unreachable code",
];

/// From now on a panic is told with its place and its kind, on standard error and in the log, and never with what it says.
pub fn hide_payloads() {
    panic::set_hook(Box::new(|info| {
        let place = info.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
        let kind = kind(info.payload());
        tracing::error!(name: DEFECT, place, kind, "the program has a defect");
        if !journal::is_standard_error() {
            eprintln!("cld-agent has a defect at {place} ({kind}); tell its maintainers this line");
        }
    }));
}

fn kind(payload: &dyn Any) -> &'static str {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or_default();
    KINDS.into_iter().find(|kind| text.starts_with(kind)).map_or("panic", str::trim_end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused() -> Result<(), String> {
        Err("Ada Lovelace".to_owned())
    }

    #[test]
    fn of_a_payload_only_the_kind_is_told() {
        let told = |act: fn()| kind(&*panic::catch_unwind(act).unwrap_err());
        assert_eq!(told(|| panic!("{}", ["Ada", " Lovelace"].concat())), "panic");
        assert_eq!(told(|| refused().unwrap()), "called `Result::unwrap()`");
        assert_eq!(told(|| panic::panic_any(42)), "panic");
        assert_eq!(told(|| drop("Zoë"[..3].to_owned())), "panic");
        assert_eq!(told(|| drop(vec![1].split_off(2))), "panic");
    }
}
