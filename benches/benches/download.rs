//! A video of 200 MB to a file: `Download::save`, the bytes of reqwest copied as they come, and all of them in memory
//! first. The memory that each takes is measured by `src/bin/memory.rs`, in processes of their own.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use pollinations_benches::{Answer, Server, VIDEO, config, download, ours};

fn downloads(criterion: &mut Criterion) {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let server = Server::start(Answer::Video(VIDEO));
    let (bare, ours) = (reqwest::Client::new(), ours(&server.url));
    let path = std::env::temp_dir().join(format!("pollinations-bench-{}.mp4", std::process::id()));
    let mut group = criterion.benchmark_group("download");
    group.throughput(Throughput::Bytes(VIDEO as u64));
    group.bench_function("bare", |bencher| {
        bencher.to_async(&runtime).iter(|| download::bare(&bare, &server.url, &path));
    });
    group.bench_function("ours", |bencher| bencher.to_async(&runtime).iter(|| download::ours(&ours, &path)));
    group.bench_function("in-memory", |bencher| {
        bencher.to_async(&runtime).iter(|| download::in_memory(&bare, &server.url, &path));
    });
    group.finish();
    let _ = std::fs::remove_file(&path);
}

criterion_group! {
    name = benches;
    config = config();
    targets = downloads
}
criterion_main!(benches);
