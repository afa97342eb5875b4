//! The fuzz targets of `fuzz/`, as they are, over their corpora and over seeded mutations of them. `scripts/fuzz` runs them
//! with coverage and AddressSanitizer, for as long as one likes; here each input that was ever found runs again.

use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use rand::{Rng as _, SeedableRng, rngs::SmallRng, seq::IndexedRandom as _};

#[path = "../fuzz/src/lib.rs"]
mod targets;

/// Mutated inputs of each target. A few seconds in a debug build.
const MUTATED: usize = 4_000;
/// libFuzzer's bound in `scripts/fuzz`.
const LONGEST: usize = 4096;

type Target = fn(&[u8]);

const TARGETS: [(&str, Target); 9] = [
    ("audit", targets::audit::run),
    ("certificates", targets::certificates::run),
    ("config", targets::config::run),
    ("cursors", targets::cursors::run),
    ("log_files", targets::log_files::run),
    ("names", targets::names::run),
    ("records", targets::records::run),
    ("requests", targets::requests::run),
    ("tokens", targets::tokens::run),
];

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(name);
    let mut paths: Vec<_> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

/// One to four changes of the kinds that libFuzzer makes.
fn mutated(random: &mut SmallRng, corpus: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = corpus.choose(random).unwrap().clone();
    for _ in 0..random.random_range(1..=4) {
        let at = random.random_range(0..=bytes.len());
        let end = random.random_range(at..=bytes.len().min(at + 16));
        match random.random_range(0..5) {
            0 => bytes.insert(at, random.random()),
            1 => drop(bytes.drain(at..end)),
            2 => {
                let again = bytes[at..end].to_vec();
                bytes.splice(at..at, again);
            }
            3 => {
                let other = corpus.choose(random).unwrap();
                let from = random.random_range(0..=other.len());
                let to = random.random_range(from..=other.len().min(from + 64));
                bytes.splice(at..end, other[from..to].iter().copied());
            }
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << random.random_range(0..8);
                }
            }
        }
    }
    bytes.truncate(LONGEST);
    bytes
}

fn holds(name: &str, target: Target, input: &[u8]) {
    let ran = catch_unwind(AssertUnwindSafe(|| target(input)));
    assert!(
        ran.is_ok(),
        "{name} fails for {:?}",
        String::from_utf8_lossy(input)
    );
}

#[test]
fn every_target_holds_over_its_corpus_and_mutations_of_it() {
    let seed = std::env::var("TRAILPLANE_SEED").ok();
    let seed = seed.map_or_else(rand::random, |seed| seed.parse().unwrap());
    eprintln!("TRAILPLANE_SEED={seed}");
    for (name, target) in TARGETS {
        let corpus = corpus(name);
        assert!(corpus.len() >= 3, "{name} has no corpus");
        for input in &corpus {
            holds(name, target, input);
        }
        let mut random = SmallRng::seed_from_u64(seed);
        for _ in 0..MUTATED {
            holds(name, target, &mutated(&mut random, &corpus));
        }
    }
}

#[test]
fn each_target_is_built_for_fuzzing_and_runs_here() {
    let manifest = include_str!("../fuzz/Cargo.toml");
    let built: Vec<&str> = manifest
        .lines()
        .filter_map(|line| {
            line.strip_prefix("path = \"fuzz_targets/")?
                .strip_suffix(".rs\"")
        })
        .collect();
    assert_eq!(built, TARGETS.map(|(name, _)| name));
}
