//! The audit's files, in which somebody may have written.
//!
//! They are read to the end, whatever stands in them, and no bytes of a stranger's are called good where a key seals
//! them. Lines that are sealed rightly and make no sense are read as well: a service of another version may have
//! written them.

use trailplane::audit::{
    Key, Seal,
    verify::{Report, Spot, Verifier},
};

fn verified<'a>(seal: Seal, lines: impl Iterator<Item = (&'a [u8], bool)>) -> Report {
    let mut verifier = Verifier::new(seal, None);
    for (number, (line, ended)) in (1..).zip(lines) {
        let spot = Spot {
            file: "audit.jsonl".to_owned(),
            line: number,
        };
        verifier.line(&spot, line, ended);
    }
    verifier.finish(false)
}

/// The lines without their ends, and whether each had one.
fn lines(data: &[u8]) -> impl Iterator<Item = (&[u8], bool)> {
    let whole = data.split_inclusive(|byte| *byte == b'\n');
    whole.map(|line| match line.strip_suffix(b"\n") {
        Some(line) => (line, true),
        None => (line, false),
    })
}

/// See the module.
pub fn run(data: &[u8]) {
    let key = Key::of(&[7; 32]).expect("it is long enough");
    verified(Seal::new(None), lines(data));
    let forged = verified(Seal::new(Some(&key)), lines(data));
    assert!(!forged.is_good(), "a forged record was taken");

    let seal = Seal::new(None);
    let closed = |(line, _): (&[u8], bool)| {
        let mut line = String::from_utf8_lossy(line).into_owned();
        seal.close(&mut line);
        line
    };
    let closed: Vec<String> = lines(data).map(closed).collect();
    let report = verified(seal, closed.iter().map(|line| (line.as_bytes(), true)));
    assert_eq!(report.lines, closed.len() as u64, "a line was passed over");
}
