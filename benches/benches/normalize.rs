//! `cargo xtask normalize`, without reading and writing files: the document of this workspace, and the same ten and
//! thirty times over, up to some 5 MB, which shows that the time grows with the size and not faster.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use pollinations_benches::{config, document};

fn normalize(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("normalize");
    for times in document::SIZES {
        let (document, bytes) = document::enlarged(times);
        group.throughput(Throughput::Bytes(bytes as u64));
        group.bench_function(BenchmarkId::from_parameter(times), |bencher| {
            bencher.iter_batched(
                || document.clone(),
                |document| xtask::normalize::normalize(document).expect("a document"),
                criterion::BatchSize::LargeInput,
            );
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = config();
    targets = normalize
}
criterion_main!(benches);
