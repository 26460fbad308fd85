//! Hashes under a key: who has the key can tell whether two texts are the same, who has not cannot try texts out.

use hmac::{Hmac, KeyInit, Mac};

use super::hash::hex;

/// A key, ready to hash.
#[derive(Clone)]
pub struct Keyed(Hmac<sha2::Sha256>);

/// The HMAC-SHA256 of some texts; written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyedHash([u8; 32]);

impl Keyed {
    /// Hashes under this key.
    pub fn new(key: &[u8; 32]) -> Self {
        // A whole block is taken as it is: the padded key gives the same HMAC, and no length can be wrong.
        let mut block = hmac::digest::Key::<Hmac<sha2::Sha256>>::default();
        block[..key.len()].copy_from_slice(key);
        Self(Hmac::new(&block))
    }

    /// The hash of texts in their order. Where one ends and the next begins counts, and so does the purpose: hashes made
    /// for one say nothing about those made for another.
    pub fn hash<'t>(&self, purpose: &str, texts: impl IntoIterator<Item = &'t [u8]>) -> KeyedHash {
        let mut mac = self.0.clone();
        let mut update = |text: &[u8]| {
            mac.update(&(text.len() as u64).to_le_bytes());
            mac.update(text);
        };
        update(purpose.as_bytes());
        texts.into_iter().for_each(update);
        KeyedHash(mac.finalize().into_bytes().into())
    }
}

impl KeyedHash {
    /// The first eight bytes as a number: enough to tell a million texts apart.
    pub fn short(self) -> u64 {
        u64::from_le_bytes(std::array::from_fn(|at| self.0[at]))
    }
}

impl std::fmt::Debug for Keyed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keyed(***)")
    }
}

impl std::fmt::Display for KeyedHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl std::fmt::Debug for KeyedHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeyedHash({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn it_is_an_hmac() {
        // RFC 4231, test case 2: the key "Jefe" over this text.
        let mut key = [0; 32];
        key[..4].copy_from_slice(b"Jefe");
        let mut mac = Keyed::new(&key).0;
        mac.update(b"what do ya want for nothing?");
        let told = hex(&mac.finalize().into_bytes());
        assert!(told.starts_with("5bdcc146bf60754e6a042426089575c7"), "{told}");
        assert_eq!(format!("{:?}", Keyed::new(&key)), "Keyed(***)");
    }

    proptest! {
        #[test]
        fn key_purpose_and_every_text_and_its_bounds_count(
            one in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..4), 0..4),
            other in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..4), 0..4),
        ) {
            let (keyed, stranger) = (Keyed::new(&[1; 32]), Keyed::new(&[2; 32]));
            let of = |keyed: &Keyed, purpose: &str, texts: &[Vec<u8>]| keyed.hash(purpose, texts.iter().map(Vec::as_slice));
            prop_assert_eq!(of(&keyed, "a", &one), of(&keyed.clone(), "a", &one));
            prop_assert_eq!(of(&keyed, "a", &one) == of(&keyed, "a", &other), one == other);
            prop_assert_ne!(of(&keyed, "a", &one), of(&keyed, "b", &one));
            prop_assert_ne!(of(&keyed, "a", &one), of(&stranger, "a", &one));
        }
    }
}
