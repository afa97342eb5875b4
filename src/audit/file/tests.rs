//! The file as it is: torn tails, new files, keys.

use std::{
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use super::*;
use crate::{
    audit::{
        chain::Chain,
        record::Entry,
        seal::Key,
        verify::{Question, Report, verify},
    },
    domain::Timestamp,
};

/// A process that writes.
struct Process {
    file: RecordFile,
    chain: Chain,
    last: Link,
}

impl Process {
    fn begin(path: &Path, rotate_at: u64, key: Option<&Key>) -> io::Result<Self> {
        let seal = Seal::new(key);
        let mut file = RecordFile::new(path.to_owned(), rotate_at, seal.clone());
        let found = file.look()?;
        let mut process = Self {
            file,
            chain: Chain::new("c".to_owned(), seal),
            last: found.last.unwrap_or_else(Link::none),
        };
        process.append(&Entry::Start {
            version: "1",
            seal: "s",
            torn: found.torn,
            set_aside: found.set_aside,
        });
        Ok(process)
    }

    fn append(&mut self, entry: &Entry) {
        let at = Timestamp::from_nanos(0);
        let (line, link) = self.chain.line(&self.last, at, entry).unwrap();
        self.file.append(line.as_bytes()).unwrap();
        self.last = link;
    }

    fn turn(&mut self) -> bool {
        let turned = self.file.turn(self.last.seq).unwrap();
        if turned {
            self.append(&Entry::File { seal: "s" });
        }
        turned
    }
}

fn files(folder: &TempDir) -> Vec<String> {
    let all = std::fs::read_dir(folder.path()).unwrap();
    let names = all.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

fn checked(files: &[PathBuf], key: Option<&Key>) -> Report {
    let question = Question {
        files: files.to_owned(),
        key: key.cloned(),
        head: None,
        ended: false,
    };
    verify(&question).unwrap()
}

const NEVER: u64 = u64::MAX;

#[test]
fn a_new_file_is_the_owners_alone_and_one_process_writes_it() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a");
    let process = Process::begin(&path, NEVER, None).unwrap();
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let second = Process::begin(&path, NEVER, None).err().unwrap();
    assert!(second.to_string().contains("another process"), "{second}");
    drop(process);
    assert!(Process::begin(&path, NEVER, None).is_ok());
    assert!(checked(&[path], None).is_good());
}

/// Cut at any byte, the next process goes on, keeps what is left, and the chain is good.
#[test]
fn a_tail_torn_anywhere_is_kept_and_chained_over() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a");
    let mut process = Process::begin(&path, NEVER, None).unwrap();
    let whole = std::fs::read(&path).unwrap().len();
    process.append(&Entry::Lost { records: 1 });
    drop(process);
    let bytes = std::fs::read(&path).unwrap();
    for cut in whole..=bytes.len() {
        std::fs::write(&path, &bytes[..cut]).unwrap();
        drop(Process::begin(&path, NEVER, None).unwrap());
        let now = std::fs::read(&path).unwrap();
        assert!(now.starts_with(&bytes[..cut]));
        let report = checked(std::slice::from_ref(&path), None);
        assert!(report.is_good(), "{cut}: {report}");
        let torn = cut != whole && cut < bytes.len() - 1;
        let told = report
            .notes
            .iter()
            .any(|note| note.to_string().contains("cut off after"));
        assert_eq!(told, torn, "{cut}: {report}");
        let seq = if cut < bytes.len() - 1 { 2 } else { 3 };
        assert_eq!(report.last_seq, seq, "{cut}");
    }
}

#[test]
fn a_large_file_is_renamed_and_the_chain_goes_over_files_and_processes() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a");
    let mut process = Process::begin(&path, 600, None).unwrap();
    process.append(&Entry::Lost { records: 1 });
    assert!(!process.turn());
    process.append(&Entry::Lost { records: 2 });
    assert!(process.turn());
    drop(process);
    assert_eq!(files(&folder), ["a", "a.000000000003"]);
    // The process ended between the renaming and the new file.
    std::fs::rename(&path, folder.path().join("a.000000000004")).unwrap();
    drop(Process::begin(&path, 600, None).unwrap());
    let all: Vec<PathBuf> = ["a.000000000003", "a.000000000004", "a"]
        .map(|name| folder.path().join(name))
        .into();
    let report = checked(&all, None);
    assert!(report.is_good() && report.last_seq == 5, "{report}");
    assert!(!checked(&[all[0].clone(), all[2].clone()], None).is_good());
    // What a file begins with shows that it is its beginning.
    assert!(checked(&all[1..], None).is_good());
}

#[test]
fn who_renames_the_file_gets_a_new_one() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a");
    let mut process = Process::begin(&path, NEVER, None).unwrap();
    let moved = folder.path().join("a.1");
    std::fs::rename(&path, &moved).unwrap();
    assert!(process.turn() && !process.turn());
    process.append(&Entry::End);
    let report = checked(&[moved, path], None);
    assert!(report.is_good() && report.last_seq == 3, "{report}");
}

#[test]
fn what_another_key_sealed_is_put_aside() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a");
    drop(Process::begin(&path, NEVER, None).unwrap());
    let key = Key::of(&[7; 32]).unwrap();
    drop(Process::begin(&path, NEVER, Some(&key)).unwrap());
    assert_eq!(files(&folder), ["a", "a.aside-0"]);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("\"set_aside\":\"a.aside-0\""), "{text}");
    assert!(checked(std::slice::from_ref(&path), Some(&key)).is_good());
    assert!(!checked(&[path], None).is_good());
    assert!(checked(&[folder.path().join("a.aside-0")], None).is_good());
}

#[test]
fn a_device_without_room_fails_when_it_is_written() {
    let mut file = RecordFile::new("/dev/full".into(), NEVER, Seal::new(None));
    assert_eq!(file.look().unwrap(), Found::default());
    assert!(!file.turn(0).unwrap());
    let error = file.append(b"x\n").unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    let error = file.append(b"x\n").unwrap_err();
    assert_eq!(error.to_string(), "the file is not open");
}

#[test]
fn a_file_of_something_else_is_not_added_to() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a");
    let mut other = File::create(&path).unwrap();
    other.write_all(b"hello\n").unwrap();
    drop(Process::begin(&path, NEVER, None).unwrap());
    let aside = std::fs::read(folder.path().join("a.aside-0")).unwrap();
    assert_eq!(aside, b"hello\n");
    assert!(checked(&[path], None).is_good());
}
