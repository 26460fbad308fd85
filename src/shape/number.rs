//! Amounts.

/// An amount that casts to numeric(18,2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Amount {
    /// In hundredths, rounded half away from nought; beyond the range of the type at its bound.
    pub(super) hundredths: i32,
    /// How many digits stand behind the point.
    pub(super) decimals: usize,
}

/// Reads `-12.5`: at most 16 digits before the point, at least one digit in all, nothing else.
pub(super) fn parse_amount(text: &[u8]) -> Option<Amount> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let point = digits.iter().position(|b| *b == b'.');
    let (whole, fraction) = match point {
        Some(at) => (&digits[..at], &digits[at + 1..]),
        None => (digits, &digits[..0]),
    };
    let all_digits = whole.iter().chain(fraction).all(u8::is_ascii_digit);
    let significant = whole.iter().skip_while(|b| **b == b'0').count();
    if !all_digits || whole.len() + fraction.len() == 0 || significant > 16 || fraction.len() > 38 {
        return None;
    }
    let digit = |at: usize| fraction.get(at).map_or(0, |b| i64::from(b - b'0'));
    let units = whole.iter().fold(0_i64, |n, b| (n * 10 + i64::from(b - b'0')).min(1 << 40));
    let value = units * 100 + digit(0) * 10 + digit(1) + i64::from(digit(2) >= 5);
    let value = i32::try_from(value).unwrap_or(i32::MAX);
    Some(Amount { hundredths: if negative { -value } else { value }, decimals: fraction.len() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn amounts_are_read_as_the_database_would_cast_them() {
        for (text, hundredths) in [
            ("0", Some(0)),
            ("12.5", Some(1250)),
            ("-3.07", Some(-307)),
            (".5", Some(50)),
            ("7.", Some(700)),
            ("1.005", Some(101)),
            ("0000000000000000000012.00", Some(1200)),
            ("9999999999999999.99", Some(i32::MAX)),
            ("10000000000000000", None),
            ("", None),
            (".", None),
            ("-", None),
            ("1,250.00", None),
            ("£5", None),
            ("1e5", None),
            ("+5", None),
            ("5 ", None),
        ] {
            assert_eq!(parse_amount(text.as_bytes()).map(|amount| amount.hundredths), hundredths, "{text}");
        }
    }

    proptest! {
        #[test]
        fn two_decimals_are_read_to_the_penny(pence in -2_000_000_000_i32..2_000_000_000) {
            let sign = if pence < 0 { "-" } else { "" };
            let text = format!("{sign}{}.{:02}", pence.abs() / 100, pence.abs() % 100);
            prop_assert_eq!(parse_amount(text.as_bytes()), Some(Amount { hundredths: pence, decimals: 2 }));
        }

        #[test]
        fn no_text_makes_it_panic(text in prop::collection::vec(any::<u8>(), 0..48)) {
            let _ = parse_amount(&text);
        }
    }
}
