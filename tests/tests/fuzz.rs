//! Runs the fuzz targets without a fuzzer, on their seeds and on deterministic random changes to the seeds.

use pollinations_tests::fuzz::{TARGETS, Target, seeds};
use proptest::{
    collection::vec,
    prelude::{Just, Strategy, any},
    test_runner::{Config, TestRunner},
};

/// The number of changed inputs for each target.
const CASES: u32 = 2_000;

/// The maximum number of changes to one input.
const CHANGES: usize = 8;

/// The maximum length of a spliced input, in bytes.
const LONGEST: usize = 64 * 1024;

/// A change to the input. A place is a fraction of its length, in units of 1/65,536.
#[derive(Clone, Debug)]
enum Change {
    Replace(u16, Vec<u8>),
    Insert(u16, Vec<u8>),
    Remove(u16, u8),
    /// Inserts a part of another seed.
    Splice(u16, usize, u16, u16),
    Cut(u16),
}

fn change() -> impl Strategy<Value = Change> {
    let token = [
        "data:",
        "\r",
        "\n\n",
        ":",
        "\u{feff}",
        "[DONE]",
        "null",
        "true",
        "-1",
        "1e999",
        "{}",
        "[]",
        "\"",
        "\\u0000",
        "#",
        "&",
        "=",
        "%",
        "state",
        "api_key",
        "error",
        "type",
        "\"$ref\":",
        "\"allOf\":[],",
        "\"nullable\":true,",
    ];
    let text = proptest::prop_oneof![
        vec(any::<u8>(), 1..4),
        proptest::sample::select(token.map(|token| token.as_bytes().to_vec()).to_vec()),
    ];
    proptest::prop_oneof![
        (any::<u16>(), text.clone()).prop_map(|(place, text)| Change::Replace(place, text)),
        (any::<u16>(), text).prop_map(|(place, text)| Change::Insert(place, text)),
        (any::<u16>(), any::<u8>()).prop_map(|(place, length)| Change::Remove(place, length)),
        (any::<u16>(), any::<usize>(), any::<u16>(), any::<u16>())
            .prop_map(|(place, seed, from, to)| Change::Splice(place, seed, from, to)),
        any::<u16>().prop_map(Change::Cut),
    ]
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>, seeds: &[(String, Vec<u8>)]) {
        let at = |place: u16, length: usize| usize::from(place) * length / 65_536;
        match self {
            Self::Replace(place, text) => {
                let start = at(*place, bytes.len());
                let end = bytes.len().min(start + text.len());
                bytes.splice(start..end, text.iter().copied());
            }
            Self::Insert(place, text) => {
                let start = at(*place, bytes.len());
                bytes.splice(start..start, text.iter().copied());
            }
            Self::Remove(place, length) => {
                let start = at(*place, bytes.len());
                let end = bytes.len().min(start + usize::from(*length));
                bytes.drain(start..end);
            }
            Self::Splice(place, seed, from, to) => {
                let other = &seeds[seed % seeds.len()].1;
                let (from, to) = (at(*from.min(to), other.len()), at(*from.max(to), other.len()));
                let start = at(*place, bytes.len());
                bytes.splice(start..start, other[from..to].iter().copied());
                bytes.truncate(LONGEST);
            }
            Self::Cut(place) => bytes.truncate(at(*place, bytes.len())),
        }
    }
}

/// Runs a target with its seeds and with changes to them.
fn assert_holds(name: &str) {
    let target: Target = *TARGETS.iter().find(|target| target.name == name).expect("a target");
    let seeds = seeds(target);
    for (name, bytes) in &seeds {
        eprintln!("{}/{name}", target.name);
        (target.run)(bytes);
    }
    // The cases are the same every time. A failing input is minimized and printed. Add it to the seeds.
    let config = Config { cases: CASES, failure_persistence: None, max_shrink_iters: 20_000, ..Config::default() };
    let mut runner =
        TestRunner::new_with_rng(config, proptest::test_runner::TestRng::deterministic_rng(Default::default()));
    let inputs =
        (0..seeds.len(), vec(change(), 0..=CHANGES)).prop_flat_map(|(seed, changes)| (Just(seed), Just(changes)));
    let result = runner.run(&inputs, |(seed, changes)| {
        let mut bytes = seeds[seed].1.clone();
        for change in &changes {
            change.apply(&mut bytes, &seeds);
        }
        let run = std::panic::catch_unwind(|| (target.run)(&bytes));
        run.map_err(|_| {
            proptest::test_runner::TestCaseError::fail(format!("input: {}", String::from_utf8_lossy(&bytes)))
        })
    });
    if let Err(error) = result {
        panic!("{name}: {error}");
    }
}

macro_rules! targets {
    ($($name:ident),* $(,)?) => {
        $(
            #[test]
            fn $name() {
                assert_holds(stringify!($name));
            }
        )*

        #[test]
        fn every_target_has_a_test_here_and_a_fuzzer_program() {
            let mut here = [$(stringify!($name)),*];
            let mut names: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/fuzz_targets");
            let mut programs: Vec<_> = std::fs::read_dir(folder)
                .unwrap()
                .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
                .collect();
            here.sort_unstable();
            names.sort_unstable();
            programs.sort_unstable();
            assert_eq!(names, here);
            assert_eq!(names, programs);
        }
    };
}

targets!(sse, byop_return, error_body, models, chat_reply, normalize, drift);
