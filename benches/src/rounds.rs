//! Measures several contestants in turns.
//!
//! In each round every contestant runs once, and each round begins with a different one, so that changes in the load of
//! the machine affect all of them alike. `benches/run` starts a benchmark with `--rounds 20`, reads its output, and
//! compares the contestants within each round.

use std::time::{Duration, Instant};

/// Runs once and returns how long that took.
pub type Contestant<'a> = Box<dyn FnMut() -> Duration + 'a>;

/// A contestant whose whole run is measured.
pub fn timed<'a, T>(mut work: impl FnMut() -> T + 'a) -> Contestant<'a> {
    Box::new(move || {
        let begun = Instant::now();
        let made = std::hint::black_box(work());
        let took = begun.elapsed();
        drop(made);
        took
    })
}

/// The number of rounds.
#[derive(Clone, Copy, Debug)]
pub struct Rounds(usize);

impl Rounds {
    /// The number after `--rounds` on the command line. Without it, nothing is measured and every contestant runs once,
    /// to check that the benchmark works.
    ///
    /// # Panics
    ///
    /// If it is not a number.
    pub fn from_args() -> Self {
        let number = std::env::args().skip_while(|argument| argument != "--rounds").nth(1);
        Self(number.map_or(0, |number| number.parse().expect("a number of rounds")))
    }

    /// A fraction of the rounds, but at least one, for benchmarks that take long.
    #[must_use]
    pub fn every(self, nth: usize) -> Self {
        Self(self.0.div_ceil(nth))
    }

    /// Measures the contestants and prints a line for each, with `group/name` and its seconds in each round.
    pub fn run(self, group: &str, mut contestants: Vec<(&str, Contestant<'_>)>) {
        let mut seconds = vec![Vec::with_capacity(self.0); contestants.len()];
        for (_, work) in &mut contestants {
            work();
        }
        for round in 0..self.0 {
            for turn in 0..contestants.len() {
                let at = (round + turn) % contestants.len();
                seconds[at].push(contestants[at].1().as_secs_f64());
            }
        }
        for ((name, _), seconds) in contestants.iter().zip(seconds) {
            let seconds: Vec<String> = seconds.iter().map(|seconds| format!("{seconds:.9}")).collect();
            println!("{group}/{name} {}", seconds.join(" "));
        }
    }
}
