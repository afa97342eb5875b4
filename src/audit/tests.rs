//! The chain and its verification: whatever is done to a record afterwards is found.

use std::time::Duration;

use proptest::prelude::*;

use super::{
    chain::{Chain, Link},
    clip,
    record::{Asked, Deed, Effect, Ended, Entry, Place, Request, Torn},
    seal::{Key, KeyError, Seal, hex},
    verify::{Note, Problem, Report, Spot, Verifier},
};
use crate::domain::Timestamp;

pub(super) fn deed() -> Deed {
    Deed {
        asked: Asked {
            rpc: "trailplane.v1.TrailService/StopLogging".to_owned(),
            request_id: "r-1".to_owned(),
            caller: "spiffe://example.org/ops".to_owned(),
            policies: vec!["operators".to_owned()],
            digest: Some("sha256:00".to_owned()),
        },
        place: Place {
            account: "100000000012".parse().unwrap(),
            region: Some("eu-west-1".parse().unwrap()),
            target: "arn:aws:cloudtrail:eu-west-1:100000000012:trail/audit".to_owned(),
            session: Some("trailplane".to_owned()),
        },
    }
}

pub(super) fn ended() -> Ended {
    Ended {
        result: "applied",
        effect: Effect::Yes,
        reason: None,
        actions: vec!["cloudtrail:StopLogging".to_owned()],
        aws_request_ids: vec!["5f0c".to_owned()],
        elapsed: Duration::from_millis(204),
    }
}

fn start(torn: Option<Torn>) -> Entry {
    Entry::Start {
        version: "1",
        seal: "sha256",
        torn,
        set_aside: None,
    }
}

fn read(number: usize) -> Entry {
    let caller = format!("caller {number}");
    let second = Duration::from_secs(1);
    Entry::Read(Request::new("x.Y/Z", &caller, "OK", second, None))
}

/// The lines of these records.
fn lines(seal: &Seal, entries: &[Entry]) -> Vec<String> {
    let chain = Chain::new("c".to_owned(), seal.clone());
    let mut last = Link::none();
    let each = entries.iter().zip(0..).map(|(entry, at)| {
        let at = Timestamp::from_nanos(at * 1_000);
        let (line, link) = chain.line(&last, at, entry).unwrap();
        last = link;
        line
    });
    each.collect()
}

/// A process's whole record.
fn whole(seal: &Seal, reads: usize) -> Vec<String> {
    let mut entries = vec![start(None)];
    entries.extend((0..reads).map(read));
    entries.push(Entry::End);
    lines(seal, &entries)
}

fn verified(seal: &Seal, bytes: &[u8], head: Option<String>, must_have_ended: bool) -> Report {
    let mut verifier = Verifier::new(seal.clone(), head);
    for (line, number) in bytes.split_inclusive(|byte| *byte == b'\n').zip(1..) {
        let spot = Spot {
            file: "f".to_owned(),
            line: number,
        };
        let bare = line.strip_suffix(b"\n");
        verifier.line(&spot, bare.unwrap_or(line), bare.is_some());
    }
    verifier.finish(must_have_ended)
}

fn of(seal: &Seal, lines: &[String]) -> Report {
    verified(seal, lines.concat().as_bytes(), None, true)
}

fn plain() -> Seal {
    Seal::new(None)
}

fn keyed(byte: u8) -> Seal {
    Seal::new(Some(&Key::of(&[byte; 32]).unwrap()))
}

#[test]
fn a_record_is_one_line_in_a_fixed_order() {
    let id = "c-0".to_owned();
    let entries = [
        start(None),
        Entry::intent(&id, &deed(), &["cloudtrail:StopLogging".to_owned()]),
        Entry::outcome(Some(id), &deed(), &ended()),
    ];
    let lines = lines(&plain(), &entries);
    let hash = |line: &str| line.split("\"hash\":\"").nth(1).unwrap()[..64].to_owned();
    let (first, second) = (hash(&lines[0]), hash(&lines[1]));
    assert_eq!(
        lines[1],
        format!(
            "{{\"v\":1,\"seq\":2,\"time\":\"1970-01-01T00:00:00.000001Z\",\"chain\":\"c\",\"prev\":\"{first}\",\
             \"kind\":\"intent\",\"intent\":\"c-0\",\"rpc\":\"trailplane.v1.TrailService/StopLogging\",\
             \"request_id\":\"r-1\",\"caller\":\"spiffe://example.org/ops\",\"policies\":[\"operators\"],\
             \"account\":\"100000000012\",\"region\":\"eu-west-1\",\
             \"target\":\"arn:aws:cloudtrail:eu-west-1:100000000012:trail/audit\",\"session\":\"trailplane\",\
             \"digest\":\"sha256:00\",\"actions\":[\"cloudtrail:StopLogging\"],\"hash\":\"{second}\"}}\n"
        )
    );
    assert!(lines[2].contains(
        "\"actions\":[\"cloudtrail:StopLogging\"],\"result\":\"applied\",\"effect\":\"yes\",\
         \"aws_request_ids\":[\"5f0c\"],\"elapsed_ms\":204,\"hash\":\""
    ));
    // By any other tool: SHA-256 of what stands before `,"hash":`.
    let before = lines[1].split(",\"hash\":").next().unwrap();
    let sum = <sha2::Sha256 as sha2::Digest>::digest(before.as_bytes());
    assert_eq!(hex(&sum), second);
}

#[test]
fn a_record_is_bounded_whatever_it_is_told() {
    let long = "\"\\\u{1}\u{85}".repeat(10_000);
    let many = vec![long.clone(); 1000];
    let mut deed = deed();
    deed.asked = Asked {
        rpc: long.clone(),
        request_id: long.clone(),
        caller: long.clone(),
        policies: many.clone(),
        digest: Some(long.clone()),
    };
    deed.place.target = long.clone();
    deed.place.session = Some(long.clone());
    let ended = Ended {
        reason: Some(long),
        actions: many.clone(),
        aws_request_ids: many,
        ..ended()
    };
    let line = lines(&plain(), &[Entry::outcome(None, &deed, &ended)]);
    assert!(line[0].len() < clip::MOST, "{}", line[0].len());
    assert!(line[0].contains("and 984 more"));
}

#[test]
fn a_whole_record_is_good_and_tells_what_is_in_it() {
    for seal in [plain(), keyed(7)] {
        let report = of(&seal, &whole(&seal, 3));
        assert!(report.is_good(), "{report}");
        assert_eq!(report.kinds["read"], 3);
        assert!(report.notes.is_empty() && report.last_seq == 5);
    }
}

#[test]
fn who_lacks_the_key_cannot_make_a_chain() {
    let forged = whole(&plain(), 3);
    assert!(!of(&keyed(7), &forged).is_good());
    let other = whole(&keyed(8), 3);
    assert!(!of(&keyed(7), &other).is_good());
    assert!(!of(&plain(), &whole(&keyed(7), 3)).is_good());
    assert_eq!(Key::of(b" short \n").unwrap_err(), KeyError::Short(5));
    assert!(Key::of(&[1; 5000]).is_err());
    assert_eq!(format!("{:?}", Key::of(&[1; 32]).unwrap()), "Key(secret)");
}

#[test]
fn an_intent_without_an_outcome_is_listed() {
    let actions = ["cloudtrail:StopLogging".to_owned()];
    let entries = [
        start(None),
        Entry::intent("a", &deed(), &actions),
        Entry::intent("b", &deed(), &actions),
        Entry::intent("c", &deed(), &actions),
        Entry::outcome(Some("b".to_owned()), &deed(), &ended()),
        Entry::Resume {
            torn: None,
            withdrawn: vec!["c".to_owned()],
        },
    ];
    let text = lines(&plain(), &entries).concat();
    let report = verified(&plain(), text.as_bytes(), None, false);
    assert!(report.is_good());
    assert_eq!((report.open_intents, report.open.len()), (1, 1));
    let open = &report.open[0];
    assert_eq!(
        (open.at.line, &*open.caller),
        (2, "spiffe://example.org/ops")
    );
    assert_eq!(open.actions, actions);
    assert_eq!(report.notes, [Note::StillOpen]);
    assert!(report.to_string().contains("no outcome: f:2"), "{report}");
}

/// A line that was cut off is chained over by the hash of what is left of it.
#[test]
fn what_is_torn_is_good_only_as_the_next_record_tells() {
    let first = lines(&plain(), &[start(None), read(1)]);
    let cut = &first[1][..100];
    let torn = Torn {
        bytes: 100,
        sha256: hex(&<sha2::Sha256 as sha2::Digest>::digest(cut)),
    };
    let chain = Chain::new("d".to_owned(), plain());
    let link = |line: &str, seq| Link {
        seq,
        hash: line.split("\"hash\":\"").nth(1).unwrap()[..64].to_owned(),
    };
    let at = Timestamp::from_nanos(0);
    let again = chain.line(&link(&first[0], 1), at, &start(Some(torn)));
    let (again, _) = again.unwrap();
    let text = format!("{}{cut}\n{again}", first[0]);
    let report = verified(&plain(), text.as_bytes(), None, false);
    assert!(report.is_good(), "{report}");
    assert!(matches!(
        report.notes[..],
        [Note::Torn { bytes: 100, .. }, Note::NoEnd { .. }, _]
    ));

    let other = text.replace(cut, &cut.replace("\"seq\":2", "\"seq\":7"));
    assert!(!verified(&plain(), other.as_bytes(), None, false).is_good());
    let gone = format!("{}{again}", first[0]);
    let report = verified(&plain(), gone.as_bytes(), None, false);
    assert!(matches!(report.problems[..], [Problem::TornGone { .. }]));
    let unmarked = format!("{}{cut}", first[0]);
    let report = verified(&plain(), unmarked.as_bytes(), None, false);
    assert!(matches!(report.problems[..], [Problem::CutOff { .. }]));
}

#[test]
fn a_tail_that_was_cut_off_is_found_by_what_is_known_of_it() {
    let lines = whole(&plain(), 3);
    let hash = lines[4].split("\"hash\":\"").nth(1).unwrap()[..64].to_owned();
    let cut = lines[..3].concat();
    let report = verified(&plain(), cut.as_bytes(), None, true);
    assert_eq!(report.problems, [Problem::TailGone]);
    let report = verified(&plain(), cut.as_bytes(), Some(hash.clone()), false);
    assert_eq!(
        report.problems,
        [Problem::HeadMissing { hash: hash.clone() }]
    );
    let all = lines.concat();
    assert!(verified(&plain(), all.as_bytes(), Some(hash), true).is_good());
    assert_eq!(of(&plain(), &[]).problems, [Problem::Empty]);
}

proptest! {
    /// Any byte that is changed. The last line end is no part of a record.
    #[test]
    fn a_changed_byte_is_found(reads in 0usize..6, at in any::<prop::sample::Index>(), flip in 1u8..=255) {
        let mut bytes = whole(&plain(), reads).concat().into_bytes();
        let at = at.index(bytes.len() - 1);
        bytes[at] ^= flip;
        prop_assert!(!verified(&plain(), &bytes, None, true).is_good());
    }

    #[test]
    fn a_removed_line_is_found(reads in 1usize..8, at in any::<prop::sample::Index>()) {
        let mut lines = whole(&plain(), reads);
        lines.remove(at.index(lines.len()));
        prop_assert!(!of(&plain(), &lines).is_good());
    }

    #[test]
    fn a_line_that_stands_twice_or_elsewhere_is_found(
        reads in 1usize..8,
        from in any::<prop::sample::Index>(),
        to in any::<prop::sample::Index>(),
    ) {
        let lines = whole(&plain(), reads);
        let line = &lines[from.index(lines.len())];
        let mut twice = lines.clone();
        twice.insert(to.index(lines.len() + 1), line.clone());
        prop_assert!(!of(&plain(), &twice).is_good());
        let (from, to) = (from.index(lines.len()), to.index(lines.len()));
        if from != to {
            let mut moved = lines.clone();
            let line = moved.remove(from);
            moved.insert(to, line);
            prop_assert!(!of(&plain(), &moved).is_good());
        }
    }

    /// Sealed rightly, but not part of the chain: from another one.
    #[test]
    fn a_foreign_line_is_found(reads in 1usize..8, at in any::<prop::sample::Index>(), number in 100usize..200) {
        let mut lines = whole(&plain(), reads);
        let foreign = super::tests::lines(&plain(), &[start(None), read(number)]);
        lines.insert(at.index(lines.len() + 1), foreign[1].clone());
        prop_assert!(!of(&plain(), &lines).is_good());
    }

    /// Its number is the right one, and it is sealed: only its place in the chain is wrong.
    #[test]
    fn a_line_that_was_written_anew_is_found(reads in 1usize..8, at in any::<prop::sample::Index>()) {
        let mut lines = whole(&plain(), reads);
        let other: Vec<Entry> = std::iter::once(start(None)).chain((100..108).map(read)).collect();
        let other = super::tests::lines(&plain(), &other);
        let at = 1 + at.index(reads);
        lines[at] = other[at].clone();
        prop_assert!(!of(&plain(), &lines).is_good());
    }

    #[test]
    fn a_cut_anywhere_is_found(reads in 0usize..6, at in any::<prop::sample::Index>()) {
        let bytes = whole(&plain(), reads).concat().into_bytes();
        let at = at.index(bytes.len() - 1);
        prop_assert!(!verified(&plain(), &bytes[..at], None, true).is_good());
    }
}
