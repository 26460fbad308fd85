//! Keys that a spreadsheet has damaged.

use super::MapEntry;

/// The one entry whose key is what a spreadsheet makes of `value`: without its leading zeros (`7` for `007`) or in
/// E-notation (`1.00E+05` for `100000`). None where a key matches to the letter, or where several could be meant.
pub fn restored_match<'e>(entries: &'e [MapEntry], value: &str) -> Option<&'e MapEntry> {
    let number = Number::read(value)?;
    if entries.iter().any(|entry| entry.local == value) {
        return None;
    }
    let mut meant = entries.iter().filter(|entry| {
        Number::read(&entry.local).is_some_and(|key| key == number && !begins_with_lost_zero(&entry.local))
    });
    let one = meant.next()?;
    meant.next().is_none().then_some(one)
}

/// Whether a text begins with a zero that a spreadsheet would have dropped: such a key has not been damaged.
fn begins_with_lost_zero(key: &str) -> bool {
    key.len() > 1 && key.starts_with('0') && !key.starts_with("0.")
}

/// A number as a spreadsheet understands a text: significant digits × 10^exponent, in one form for each number.
#[derive(PartialEq, Eq)]
struct Number {
    digits: String,
    exponent: i32,
}

impl Number {
    /// Reads digits alone, or digits in E-notation.
    fn read(text: &str) -> Option<Self> {
        let (mantissa, exponent) = match text.split_once(['E', 'e']) {
            Some((mantissa, exponent)) => (mantissa, exponent_of(exponent)?),
            None => (text, 0),
        };
        let (whole, fraction) = match mantissa.split_once('.') {
            Some((whole, fraction)) if mantissa.len() < text.len() => (whole, fraction),
            _ => (mantissa, ""),
        };
        let all = format!("{whole}{fraction}");
        if whole.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let digits = all.trim_matches('0').to_owned();
        let dropped = all.len() - all.trim_end_matches('0').len();
        let exponent = if digits.is_empty() { 0 } else { exponent - fraction.len() as i32 + dropped as i32 };
        Some(Self { digits, exponent })
    }
}

/// An exponent of up to three digits; no spreadsheet writes more.
fn exponent_of(text: &str) -> Option<i32> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let fits = (1..=3).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entries(keys: &[&str]) -> Vec<MapEntry> {
        keys.iter()
            .enumerate()
            .map(|(at, key)| MapEntry { local: (*key).to_owned(), national: String::new(), line: at + 2 })
            .collect()
    }

    #[test]
    fn only_what_a_spreadsheet_would_have_left_is_restored() {
        for (keys, value, meant) in [
            (&["7"][..], "007", Some("7")),
            (&["0"], "000", Some("0")),
            (&["1.00E+05"], "100000", Some("1.00E+05")),
            (&["1E5"], "100000", Some("1E5")),
            (&["1.23E+05"], "123000", Some("1.23E+05")),
            (&["1.00E+05"], "1E5", Some("1.00E+05")),
            (&["1.00E-05"], "1E-5", Some("1.00E-05")),
            (&["1.00E+05"], "0100000", Some("1.00E+05")),
            (&["7", "007"], "007", None),
            (&["7", "7.0E0"], "007", None),
            (&["007"], "7", None),
            (&["7"], "0070", None),
            (&["1.00E+05"], "100001", None),
            (&["7"], "A07", None),
            (&["1.5"], "1.50", None),
            (&["E5"], "100000", None),
            (&[""], "0", None),
            (&["1E99999999999"], "1", None),
        ] {
            let entries = entries(keys);
            assert_eq!(restored_match(&entries, value).map(|e| e.local.as_str()), meant, "{value} in {keys:?}");
        }
    }

    proptest! {
        #[test]
        fn a_key_without_its_zeros_is_the_one_that_is_found(number in 1u64.., zeros in 1usize..8, other in 0u64..) {
            prop_assume!(number != other);
            let entries = entries(&[&other.to_string(), &number.to_string()]);
            let value = format!("{}{number}", "0".repeat(zeros));
            prop_assert_eq!(restored_match(&entries, &value).map(|entry| entry.line), Some(3));
        }

        #[test]
        fn e_notation_is_restored_to_the_digit(mantissa in 100u64..1000, exponent in 2usize..20) {
            let (whole, fraction) = (mantissa / 100, mantissa % 100);
            let entries = entries(&[&format!("{whole}.{fraction:02}E+{exponent:02}")]);
            let value = format!("{mantissa}{}", "0".repeat(exponent - 2));
            prop_assert!(restored_match(&entries, &value).is_some());
            let longer = format!("{value}0");
            prop_assert!(restored_match(&entries, &longer).is_none());
        }

        #[test]
        fn a_key_that_matches_to_the_letter_is_left_alone(key in "[0-9.E+]{0,8}", other in "[0-9.E+]{0,8}") {
            prop_assert!(restored_match(&entries(&[&other, &key]), &key).is_none());
        }
    }
}
