//! How long `cargo xtask normalize` takes for a document of 3.3 MB and 288 operations, and for twice and four times as
//! much: prints the seconds of each, the best of three. Criterion would take minutes for it.

use std::time::Instant;

use pollinations_benches::document::{LARGE, large};

/// How often each is measured.
const ROUNDS: usize = 3;

fn main() {
    let mut best = [f64::INFINITY; LARGE.len()];
    for _ in 0..ROUNDS {
        for (times, best) in LARGE.into_iter().zip(&mut best) {
            let document = large(times).0;
            let start = Instant::now();
            std::hint::black_box(xtask::normalize::normalize(document).expect("a document"));
            *best = best.min(start.elapsed().as_secs_f64());
        }
    }
    println!("{}", best.map(|seconds| format!("{seconds:.3}")).join(" "));
}
