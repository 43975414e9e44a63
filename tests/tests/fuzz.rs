//! The fuzz targets without a fuzzer: with their seeds, and with changes to them that are the same every time.

use pollinations_tests::fuzz::{TARGETS, Target, seeds};
use proptest::{
    collection::vec,
    prelude::{Just, Strategy, any},
    test_runner::{Config, TestRunner},
};

/// Changed inputs that each target is given.
const CASES: u32 = 2_000;

/// Changes to one input at the most.
const CHANGES: usize = 8;

/// Inputs that a change may grow to, in bytes.
const LONGEST: usize = 64 * 1024;

/// Something done to bytes at a place, which is a part of 65,536 of their length.
#[derive(Clone, Debug)]
enum Change {
    Replace(u16, Vec<u8>),
    Insert(u16, Vec<u8>),
    Remove(u16, u8),
    /// Puts a stretch of another seed there.
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
fn hold(name: &str) {
    let target: Target = *TARGETS.iter().find(|target| target.name == name).expect("a target");
    let seeds = seeds(target);
    for (name, bytes) in &seeds {
        eprintln!("{}/{name}", target.name);
        (target.run)(bytes);
    }
    // The same cases every time. What fails is printed, made as small as it can be, and belongs among the seeds.
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
                hold(stringify!($name));
            }
        )*

        #[test]
        fn every_target_is_run_here_and_by_the_fuzzer() {
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
