//! A file of 400 MB to the service: `Media::upload` from a path, beside a form of bare reqwest with the file as a stream.
//! The memory that each takes is measured by `src/bin/memory.rs`, in processes of their own.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use pollinations_benches::{Answer, Server, config, ours, upload};

fn uploads(criterion: &mut Criterion) {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let server = Server::start(Answer::Upload);
    let (bare, ours) = (reqwest::Client::new(), ours(&server.url));
    let path = upload::file();
    let mut group = criterion.benchmark_group("upload");
    group.throughput(Throughput::Bytes(upload::FILE));
    group.bench_function("bare", |bencher| {
        bencher.to_async(&runtime).iter(|| upload::bare(&bare, &server.url, &path));
    });
    group.bench_function("ours", |bencher| bencher.to_async(&runtime).iter(|| upload::ours(&ours, &path)));
    group.finish();
    let _ = std::fs::remove_file(&path);
}

criterion_group! {
    name = benches;
    config = config();
    targets = uploads
}
criterion_main!(benches);
