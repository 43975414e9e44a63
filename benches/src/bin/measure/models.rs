//! A listing of 1,000 models, read into our type, which accepts invalid fields and keeps unknown ones, and into a
//! struct with the same fields and serde's derive, which does neither.

use std::hint::black_box;

use pollinations_benches::{
    rounds::{Rounds, timed},
    strict,
};
use pollinations_ext::types::ModelInfo;

/// Models in the listing.
const MODELS: usize = 1_000;

pub fn main() {
    let text = strict::models(MODELS);
    let strict = || serde_json::from_slice::<Vec<strict::Model>>(black_box(text.as_bytes())).unwrap();
    let ours = || serde_json::from_slice::<Vec<ModelInfo>>(black_box(text.as_bytes())).unwrap();
    assert_eq!(strict().len(), MODELS);
    assert!(ours().iter().all(|model| model.extra().is_empty()), "the listing has fields that are not in the document");
    Rounds::from_args().run("models", vec![("strict", timed(strict)), ("ours", timed(ours))]);
}
