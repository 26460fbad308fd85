//! Identifiers with a check digit or a shape.

use std::fmt;

/// A ten-digit NHS number whose modulus 11 check digit is right and whose digits are not all the same.
///
/// Source: NHS data dictionary, *NHS NUMBER*.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NhsNumber(u64);

/// What is wrong with a text that should be an NHS number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NhsNumberFault {
    /// Not ten digits.
    Shape,
    /// The tenth digit is not the one that modulus 11 asks for.
    CheckDigit,
    /// Ten equal digits: they pass modulus 11, and belong to nobody.
    SameDigit,
}

impl NhsNumber {
    /// Reads ten digits, with spaces anywhere between them.
    pub fn parse(text: &[u8]) -> Result<Self, NhsNumberFault> {
        let mut digits = [0_u8; 10];
        let mut count = 0;
        for &byte in text {
            match byte {
                b'0'..=b'9' if count < 10 => {
                    digits[count] = byte - b'0';
                    count += 1;
                }
                b' ' => {}
                _ => return Err(NhsNumberFault::Shape),
            }
        }
        if count != 10 {
            return Err(NhsNumberFault::Shape);
        }
        if digits.iter().all(|d| *d == digits[0]) {
            return Err(NhsNumberFault::SameDigit);
        }
        match check_digit(&digits[..9]) {
            Some(check) if check == digits[9] => Ok(Self(digits.iter().fold(0, |n, d| n * 10 + u64::from(*d)))),
            _ => Err(NhsNumberFault::CheckDigit),
        }
    }

    /// The number that begins with these nine digits (below 10⁹), or `None` where modulus 11 leaves none.
    pub fn from_stem(stem: u64) -> Option<Self> {
        let mut digits = [0_u8; 9];
        let mut rest = stem;
        for digit in digits.iter_mut().rev() {
            *digit = (rest % 10) as u8;
            rest /= 10;
        }
        let check = check_digit(&digits).filter(|_| rest == 0)?;
        let number = Self(stem * 10 + u64::from(check));
        (!digits.iter().all(|d| *d == check)).then_some(number)
    }

    /// The number as a value, below 10¹⁰.
    pub const fn value(self) -> u64 {
        self.0
    }

    /// Whether it lies in the range kept for tests (999…), never given to a person.
    pub const fn is_test(self) -> bool {
        self.0 / 10_000_000 == 999
    }

    /// The ten digits, for the upload file.
    pub fn digits(self) -> String {
        format!("{:010}", self.0)
    }
}

/// The check digit of nine digits, weights 10 to 2; `None` where it would be 10.
fn check_digit(digits: &[u8]) -> Option<u8> {
    let sum: u32 = digits.iter().zip((2..=10).rev()).map(|(d, weight)| u32::from(*d) * weight).sum();
    match 11 - sum % 11 {
        11 => Some(0),
        10 => None,
        check => Some(check as u8),
    }
}

impl fmt::Debug for NhsNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NhsNumber(***)")
    }
}

/// Whether the text has the shape of a UK postcode in capitals, with or without its space, or of an NHS pseudo-postcode
/// (`ZZ99 …`: unknown, no fixed abode). Blanks inside count once; GIR 0AA is not a home.
///
/// Source: BS 7666 forms; NHS pseudo-postcodes are a named exception.
pub fn is_postcode(text: &[u8]) -> bool {
    let Some((outward, inward)) = split_postcode(text) else { return false };
    let inward_letter = |b: u8| b.is_ascii_uppercase() && !b"CIKMOV".contains(&b);
    if outward == b"ZZ99" {
        return inward[0].is_ascii_digit() && inward[1].is_ascii_uppercase() && inward[2].is_ascii_uppercase();
    }
    if !(inward[0].is_ascii_digit() && inward_letter(inward[1]) && inward_letter(inward[2])) {
        return false;
    }
    let first = |b: u8| b.is_ascii_uppercase() && !b"QVX".contains(&b);
    let second = |b: u8| b.is_ascii_uppercase() && !b"IJZ".contains(&b);
    let digit = |b: u8| b.is_ascii_digit();
    match *outward {
        [a, d] => first(a) && digit(d),
        [a, d, e] if digit(d) => first(a) && (digit(e) || b"ABCDEFGHJKPSTUW".contains(&e)),
        [a, b, d] => first(a) && second(b) && digit(d),
        [a, b, d, e] => first(a) && second(b) && digit(d) && (digit(e) || b"ABEHMNPRVWXY".contains(&e)),
        _ => false,
    }
}

fn split_postcode(text: &[u8]) -> Option<(&[u8], &[u8; 3])> {
    let (outward, inward) = text.split_last_chunk::<3>()?;
    Some((outward.strip_suffix(b" ").unwrap_or(outward), inward))
}

/// Whether the text has the shape of a CASSR code: three digits, or the five characters (`A1B2C` pattern) that ODS has
/// issued since 2021.
pub fn is_la_code(text: &[u8]) -> bool {
    match text {
        [_, _, _] => text.iter().all(u8::is_ascii_digit),
        [_, _, _, _, _] => text.iter().enumerate().all(|(at, b)| match at % 2 {
            0 => b.is_ascii_uppercase(),
            _ => b.is_ascii_digit(),
        }),
        _ => false,
    }
}

/// Whether the text has the shape of a GP practice code: a letter and five digits.
pub fn is_gp_practice(text: &[u8]) -> bool {
    matches!(text, [letter, digits @ ..] if letter.is_ascii_uppercase() && digits.len() == 5 && digits.iter().all(u8::is_ascii_digit))
}

/// Whether the text has the shape of a CQC location: `1-` and six to eleven digits.
pub fn is_cqc_location(text: &[u8]) -> bool {
    text.strip_prefix(b"1-")
        .is_some_and(|digits| (6..=11).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_number_made_from_a_stem_is_read_back(stem in 0_u64..1_000_000_000) {
            if let Some(number) = NhsNumber::from_stem(stem) {
                prop_assert_eq!(NhsNumber::parse(number.digits().as_bytes()), Ok(number));
                let spaced = format!("{} {} {}", &number.digits()[..3], &number.digits()[3..6], &number.digits()[6..]);
                prop_assert_eq!(NhsNumber::parse(spaced.as_bytes()), Ok(number));
            }
        }

        #[test]
        fn one_wrong_digit_is_always_found(stem in 0_u64..1_000_000_000, place in 0_usize..10, add in 1_u8..10) {
            if let Some(number) = NhsNumber::from_stem(stem) {
                let mut digits = number.digits().into_bytes();
                digits[place] = b'0' + (digits[place] - b'0' + add) % 10;
                prop_assert!(NhsNumber::parse(&digits).is_err());
            }
        }
    }

    #[test]
    fn the_same_digit_ten_times_is_nobodys_number() {
        for digit in b'0'..=b'9' {
            assert_eq!(NhsNumber::parse(&[digit; 10]), Err(NhsNumberFault::SameDigit));
        }
    }

    #[test]
    fn the_data_dictionarys_worked_numbers_hold() {
        assert!(NhsNumber::parse(b"9434765919").is_ok());
        assert_eq!(NhsNumber::parse(b"9434765918"), Err(NhsNumberFault::CheckDigit));
        assert_eq!(NhsNumber::parse(b"943476591"), Err(NhsNumberFault::Shape));
        assert_eq!(NhsNumber::parse(b"94347659190"), Err(NhsNumberFault::Shape));
        assert!(!format!("{:?}", NhsNumber::parse(b"9434765919")).contains("9434765919"));
    }

    #[test]
    fn postcodes_follow_the_six_shapes() {
        for good in
            ["M1 1AE", "B33 8TH", "CR2 6XH", "DN55 1PT", "W1A 1HQ", "EC1A 1BB", "EC1A1BB", "ZZ99 3VZ", "ZZ993VZ"]
        {
            assert!(is_postcode(good.as_bytes()), "{good}");
        }
        for bad in ["", "M1", "QM1 1AE", "m1 1ae", "M1  1AE", "EC1A 1CB", "GIR 0AA", "M1 1A", "12 3AB", "ZZ98 3VZ"] {
            assert!(!is_postcode(bad.as_bytes()), "{bad}");
        }
    }

    #[test]
    fn codes_have_their_shapes() {
        assert!(is_la_code(b"503") && is_la_code(b"E1F2G") && !is_la_code(b"50") && !is_la_code(b"5030"));
        assert!(is_gp_practice(b"H85037") && !is_gp_practice(b"K81003001") && !is_gp_practice(b"85037"));
        assert!(is_cqc_location(b"1-545611283") && !is_cqc_location(b"1-12345") && !is_cqc_location(b"RXH01"));
    }
}
