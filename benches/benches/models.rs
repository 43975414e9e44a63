//! A listing of 1,000 models, read into our type, which takes what does not conform and keeps what it does not know, and
//! by serde's derive into a struct with the same fields that does neither.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use pollinations_benches::{config, strict};
use pollinations_ext::types::ModelInfo;

/// Models in the listing.
const MODELS: usize = 1_000;

fn models(criterion: &mut Criterion) {
    let text = strict::models(MODELS);
    let mut group = criterion.benchmark_group("models");
    group.bench_function("strict", |bencher| {
        bencher.iter(|| {
            let models: Vec<strict::Model> = serde_json::from_str(black_box(&text)).unwrap();
            assert_eq!(models.len(), MODELS);
            models
        });
    });
    group.bench_function("ours", |bencher| {
        bencher.iter(|| {
            let models: Vec<ModelInfo> = serde_json::from_str(black_box(&text)).unwrap();
            assert_eq!(models.len(), MODELS);
            models
        });
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = config();
    targets = models
}
criterion_main!(benches);
