//! Decisions: answers to questions about facts. Answers that share words with the facts are more likely, so that tests
//! can predict them.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

/// The weight that each shared word adds to an answer.
const WEIGHT: f64 = 3.0;

/// Answers a question.
pub(crate) fn answer(facts: &Value, question: &Value) -> Value {
    let facts = words(facts);
    let shared = |value: &Value| words(value).intersection(&facts).count();
    match question["type"].as_str() {
        Some("choice") => {
            let options: Vec<(&String, &Value)> = question["criteria"].as_object().into_iter().flatten().collect();
            let weights = options.iter().map(|(key, meaning)| shared(&json!([key, meaning])));
            let shares = shares(weights);
            let likeliest = likeliest(&shares);
            let named = options.iter().map(|(key, _)| (*key).clone());
            json!({
                "type": "choice",
                "choice": options.get(likeliest).map_or("", |(key, _)| key.as_str()),
                "probabilities": named.zip(shares.iter().map(|share| json!(share))).collect::<Map<_, _>>(),
                "confidence": shares.get(likeliest).copied().unwrap_or_default(),
            })
        }
        Some("score") => {
            let steps = question["criteria"].as_array().map(Vec::as_slice).unwrap_or_default();
            let shares = shares(steps.iter().map(shared));
            let numbers = || (0_u32..).map(|step| step.to_string());
            json!({
                "type": "score",
                "score": (0_u32..).zip(&shares).map(|(step, share)| f64::from(step) * share).sum::<f64>(),
                "legend": numbers().zip(steps.iter().cloned()).collect::<Map<_, _>>(),
                "probabilities": numbers().zip(shares.iter().map(|share| json!(share))).collect::<Map<_, _>>(),
                "confidence": shares.get(likeliest(&shares)).copied().unwrap_or_default(),
            })
        }
        _ => {
            // Words that are also in the facts count for true, and other words count for false.
            let statement = words(&question["instructions"]);
            let missing = statement.difference(&facts).count();
            let is_true = shared(&question["instructions"]) + shared(&question["criteria"]["true"]);
            let shares = shares([is_true, missing + shared(&question["criteria"]["false"])].into_iter());
            json!({ "type": "noul", "noul": shares.first().copied().unwrap_or_default() })
        }
    }
}

/// The number of tokens of facts or questions: a word is a token.
pub(crate) fn tokens(value: &Value) -> u64 {
    match value {
        Value::String(text) => super::words::count(text),
        Value::Array(list) => list.iter().map(tokens).sum(),
        Value::Object(object) => object.values().map(tokens).sum(),
        _ => 1,
    }
}

/// The words in all texts of a JSON value.
fn words(value: &Value) -> BTreeSet<String> {
    match value {
        Value::String(text) => text
            .to_lowercase()
            .split(|letter: char| !letter.is_alphanumeric())
            .filter(|word| word.chars().count() > 2)
            .map(str::to_owned)
            .collect(),
        Value::Array(list) => list.iter().flat_map(words).collect(),
        Value::Object(object) => object.values().flat_map(words).collect(),
        _ => BTreeSet::new(),
    }
}

/// Turns counts of shared words into probabilities.
fn shares(counts: impl Iterator<Item = usize>) -> Vec<f64> {
    let weights: Vec<f64> =
        counts.map(|count| 1.0 + WEIGHT * f64::from(u32::try_from(count).unwrap_or(u32::MAX))).collect();
    let sum: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / sum).collect()
}

/// The index of the largest share, or of the first of several.
fn likeliest(shares: &[f64]) -> usize {
    let first = shares.iter().enumerate().rev().max_by(|(_, one), (_, other)| one.total_cmp(other));
    first.map_or(0, |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_that_share_words_with_the_facts_are_more_likely() {
        let facts = json!("The parcel did not arrive, and the customer is furious");
        let choice = json!({ "type": "choice", "instructions": "topic?", "criteria": { "invoice": null, "delivery": "a parcel is late" } });
        let answered = answer(&facts, &choice);
        assert_eq!(answered["choice"], "delivery");
        assert_eq!(answered["probabilities"]["delivery"], answered["confidence"]);
        let score = json!({ "type": "score", "instructions": "anger?", "criteria": ["calm", "annoyed", "furious"] });
        let answered = answer(&facts, &score);
        assert!(answered["score"].as_f64().unwrap() > 1.0 && answered["legend"]["2"] == "furious", "{answered}");
        let said =
            |text: &str| answer(&facts, &json!({ "type": "noul", "instructions": text }))["noul"].as_f64().unwrap();
        assert!(said("the customer is furious") > 0.8 && said("somebody bought flowers") < 0.3);
    }
}
