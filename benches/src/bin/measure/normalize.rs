//! `cargo xtask normalize`, without reading and writing files: the document of this workspace (`real`), and documents of 3.3 MB
//! and 288 operations (`1`), of twice as much (`2`), and of four times as much (`4`), which shows that the time grows with
//! the size and not faster.

use std::time::{Duration, Instant};

use pollinations_benches::{
    document,
    rounds::{Contestant, Rounds},
};
use serde_json::Value;

fn contestant<'a>(document: Value) -> Contestant<'a> {
    Box::new(move || -> Duration {
        let document = document.clone();
        let begun = Instant::now();
        let normalized = xtask::normalize::normalize(document).expect("a document");
        let took = begun.elapsed();
        drop(normalized);
        took
    })
}

pub fn main() {
    let contestants = vec![
        ("real", contestant(document::real())),
        ("1", contestant(document::large(1))),
        ("2", contestant(document::large(2))),
        ("4", contestant(document::large(4))),
    ];
    Rounds::from_args().every(8).run("normalize", contestants);
}
