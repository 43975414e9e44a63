//! Parses a vector directly from JSON into `f32`.

use std::fmt;

use base64::Engine as _;
use serde::{
    Deserialize, Deserializer,
    de::{self, SeqAccess, Visitor},
};

use crate::base::base64::BASE64;

/// The number of characters to decode at a time. They decode to whole floats and fit into the processor's cache.
const CHARACTERS: usize = 4096;
const BYTES: usize = CHARACTERS / 4 * 3;

/// The initial capacity. Most models have vectors of at least this length.
const CAPACITY: usize = 1024;

/// A vector, sent as a list of numbers or as 32-bit floats (little-endian) in base64.
#[derive(Debug, PartialEq)]
pub(super) struct Vector(pub(super) Vec<f32>);

impl<'de> Deserialize<'de> for Vector {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Floats).map(Self)
    }
}

struct Floats;

impl<'de> Visitor<'de> for Floats {
    type Value = Vec<f32>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("numbers, or 32-bit floats in base64")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut numbers: A) -> Result<Self::Value, A::Error> {
        let mut vector = Vec::with_capacity(CAPACITY);
        while let Some(number) = numbers.next_element()? {
            vector.push(number);
        }
        Ok(vector)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        from_base64(text).ok_or_else(|| E::custom("the vector is not base64 of 32-bit floats"))
    }
}

/// Decodes a vector in pieces, so that its bytes are never in memory as a whole.
pub(super) fn from_base64(text: &str) -> Option<Vec<f32>> {
    let mut vector = Vec::with_capacity(text.len() / 16 * 3 + 1);
    let mut bytes = [0; BYTES];
    for characters in text.as_bytes().chunks(CHARACTERS) {
        let length = BASE64.decode_slice(characters, &mut bytes).ok()?;
        let (floats, rest) = bytes.get(..length)?.as_chunks::<4>();
        if !rest.is_empty() {
            return None;
        }
        vector.extend(floats.iter().map(|float| f32::from_le_bytes(*float)));
    }
    Some(vector)
}

#[cfg(test)]
mod tests {
    use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD};

    use super::*;

    fn floats(count: u16) -> Vec<f32> {
        (0..count).map(|index| (f32::from(index) * 0.37).sin() / 7.0).collect()
    }

    fn encoded(vector: &[f32]) -> String {
        let bytes: Vec<u8> = vector.iter().flat_map(|float| float.to_le_bytes()).collect();
        BASE64_STANDARD.encode(bytes)
    }

    #[test]
    fn numbers_and_base64_give_the_same_vector() {
        // Includes lengths around the size of a decoded piece.
        for count in [0, 1, 2, 3, 4, 767, 768, 769, 1536, 3072, 4096] {
            let vector = floats(count);
            let numbers = serde_json::to_string(&vector).unwrap();
            let text = serde_json::to_string(&encoded(&vector)).unwrap();
            assert_eq!(serde_json::from_str::<Vector>(&numbers).unwrap().0, vector, "{count}");
            assert_eq!(serde_json::from_str::<Vector>(&text).unwrap().0, vector, "{count}");
        }
    }

    #[test]
    fn padding_may_be_missing_and_slashes_escaped() {
        let bytes = 1.5_f32.to_le_bytes();
        assert_eq!(from_base64(&BASE64_STANDARD_NO_PAD.encode(bytes)), Some(vec![1.5]));
        let slashes = f32::from_le_bytes([255, 255, 255, 62]);
        let json = format!("\"{}\"", encoded(&[slashes]).replace('/', "\\/"));
        assert!(json.contains("\\/"), "{json}");
        assert_eq!(serde_json::from_str::<Vector>(&json).unwrap().0, [slashes]);
    }

    #[test]
    fn invalid_vectors_are_errors() {
        for json in ["\"AAA=\"", "\"AAAAA\"", "\"?\"", "\"AA==AAAA\"", "{}", "3", "[1, \"x\"]"] {
            assert!(serde_json::from_str::<Vector>(json).is_err(), "{json}");
        }
    }
}
