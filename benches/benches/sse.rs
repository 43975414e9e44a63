//! From bytes to typed chunks: streams of 10,000 events of 219 bytes each, in pieces of 1 to 256, 4,096 and 16,384 bytes.
//!
//! `limit` is serde_json on events that are cut apart already. `ours` is a whole `ChatStream`, which also keeps the reply
//! as it grows; `decoder` is `sse::Decoder` with serde_json behind it, which is what the others do, too: the decoders that
//! one would take instead. Making the list of pieces is part of all but `limit`.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use pollinations_benches::{EVENT, EVENTS, config, decode, events, pieces};

type Decode = fn(&[bytes::Bytes]) -> usize;

fn sse(criterion: &mut Criterion) {
    let stream = events(EVENTS);
    let mut group = criterion.benchmark_group("sse");
    group.throughput(Throughput::Elements(EVENTS as u64));
    for longest in [256, 4096, 16384] {
        let pieces = pieces(stream.clone(), longest);
        let whole = stream.slice(..EVENTS * EVENT);
        assert_eq!(decode::limit(&whole), EVENTS);
        group.bench_function(BenchmarkId::new("limit", longest), |bencher| {
            bencher.iter(|| decode::limit(black_box(&whole)))
        });
        let peers: [(&str, Decode); 5] = [
            ("ours", decode::ours),
            ("decoder", decode::decoder),
            ("sse-stream", decode::sse_stream),
            ("sseer", decode::sseer),
            ("eventsource-stream", decode::eventsource_stream),
        ];
        for (name, decode) in peers {
            // One more chunk ends the reply.
            assert_eq!(decode(&pieces), EVENTS + 1, "{name}");
            group
                .bench_function(BenchmarkId::new(name, longest), |bencher| bencher.iter(|| decode(black_box(&pieces))));
        }
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = config();
    targets = sse
}
criterion_main!(benches);
