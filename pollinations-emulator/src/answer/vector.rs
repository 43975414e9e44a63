//! Embeddings. Similar texts have similar vectors.
//!
//! The features of a text are its words, and the groups of three letters in them. Each feature adds its own random
//! vector, so texts that share features point in similar directions.

use sha2::{Digest as _, Sha256};

/// The weight of a word, and of a group of letters. The latter makes "tulips" similar to "tulip".
const WORD: f32 = 1.0;
const LETTERS: f32 = 0.4;

/// How many components of the vector a feature changes.
const PLACES: usize = 48;

/// The features of an input, each with its weight.
#[derive(Debug, Default)]
pub(crate) struct Features(Vec<(u64, f32)>);

impl Features {
    /// Adds a text.
    pub(crate) fn text(&mut self, text: &str) {
        for word in text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()) {
            let word = word.to_lowercase();
            self.add(&word, WORD);
            let letters: Vec<char> = format!("^{word}$").chars().collect();
            for group in letters.windows(3) {
                self.add(&group.iter().collect::<String>(), LETTERS);
            }
        }
        if self.0.is_empty() {
            // The text has no words, only punctuation.
            self.add(text, WORD);
        }
    }

    /// Adds an image, a sound or a video. It is similar only to itself.
    pub(crate) fn file(&mut self, content: &str) {
        self.add(content, WORD);
    }

    fn add(&mut self, feature: &str, weight: f32) {
        let hash = Sha256::digest(feature);
        let seed = hash.iter().take(8).fold(0, |seed, byte| (seed << 8) | u64::from(*byte));
        self.0.push((seed, weight));
    }

    /// A vector of length 1.
    pub(crate) fn vector(&self, dimensions: usize) -> Vec<f32> {
        let mut vector = vec![0.0_f32; dimensions];
        for (seed, weight) in &self.0 {
            let mut random = fastrand::Rng::with_seed(*seed);
            for _ in 0..PLACES {
                let push = weight * (random.f32() * 2.0 - 1.0);
                if let Some(place) = vector.get_mut(random.usize(..dimensions.max(1))) {
                    *place += push;
                }
            }
        }
        let length = vector.iter().map(|number| f64::from(*number).powi(2)).sum::<f64>().sqrt();
        #[allow(clippy::cast_possible_truncation, reason = "of no more digits than a vector has")]
        vector.iter_mut().for_each(|number| *number = (f64::from(*number) / length.max(f64::MIN_POSITIVE)) as f32);
        vector
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vector(text: &str) -> Vec<f32> {
        let mut features = Features::default();
        features.text(text);
        features.vector(256)
    }

    fn likeness(one: &str, other: &str) -> f32 {
        vector(one).iter().zip(vector(other)).map(|(one, other)| one * other).sum()
    }

    #[test]
    fn vectors_have_length_one_and_are_reproducible() {
        for text in ["tulip", "A tulip in spring", "?!", "日本語"] {
            assert!((likeness(text, text) - 1.0).abs() < 1e-5, "{text}");
            assert_eq!(vector(text), vector(text));
        }
    }

    #[test]
    fn similar_texts_have_similar_vectors() {
        let near = likeness("A red tulip in spring", "Red tulips bloom in spring");
        let far = likeness("A red tulip in spring", "The train to Berlin leaves at noon");
        assert!(near > 0.5 && far < 0.3, "{near} {far}");
    }
}
