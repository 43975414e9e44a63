//! `cargo xtask normalize`, without reading and writing files, for the document of this workspace (`real`) and for
//! generated documents: one of 3.3 MB with 288 operations (`1`), one twice as large (`2`) and one four times as large
//! (`4`). These show that the time grows in proportion to the size.

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
