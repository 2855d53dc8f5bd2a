use std::os::unix::fs::PermissionsExt;
use std::sync::LazyLock;

use evidence::{
    Extent, Fault, Hex, Ledger, Meeting, MeetingId, Platform, PublicKey, Record, Remark, Report, SignError,
    SoftwareKey, Start, verify,
};
use jiff::SignedDuration;

use super::*;

/// A key that several stores have, one after the other.
struct Shared(&'static SoftwareKey);

impl Signer for Shared {
    fn public_key(&self) -> PublicKey {
        self.0.public_key()
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], SignError> {
        self.0.sign(message)
    }
}

static KEY: LazyLock<SoftwareKey> = LazyLock::new(|| SoftwareKey::generate().unwrap());
static OTHER: LazyLock<SoftwareKey> = LazyLock::new(|| SoftwareKey::generate().unwrap());

/// Some minutes after a morning.
fn at(minutes: i64) -> Timestamp {
    Timestamp::constant(1_814_000_000, 0) + SignedDuration::from_mins(minutes)
}

fn day(days: i64) -> Timestamp {
    at(days * 24 * 60)
}

fn open_with(folder: &Path, retention: Retention, now: Timestamp) -> anyhow::Result<EvidenceStore> {
    EvidenceStore::open(folder, "room-1", Box::new(Shared(&KEY)), None, retention, now)
}

fn open(folder: &Path, now: Timestamp) -> EvidenceStore {
    open_with(folder, Retention::default(), now).unwrap()
}

const MEETING: MeetingId = Hex([9; 16]);

fn meeting() -> Meeting {
    let platform = Platform { kind: "visio".into(), host: "visio.example".into() };
    Ledger::new(MEETING, platform, "panel", None, false, at(0)).so_far(0)
}

fn checked(folder: &Path) -> Result<(Vec<Record>, Report), Fault> {
    verify(&read(folder).unwrap(), &[KEY.public_key()], Extent::Whole)
}

/// Names of the files with this extension, sorted.
fn names(folder: &Path, extension: &str) -> Vec<String> {
    let mut names: Vec<String> = files(folder, extension)
        .unwrap()
        .iter()
        .map(|path| path.file_name().unwrap().to_str().unwrap().into())
        .collect();
    names.sort();
    names
}

/// A folder with three records, as bytes of its only segment.
fn three_records() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path(), at(0));
    store.append(Event::Opened(meeting()), at(1)).unwrap();
    store.append(Event::Interim(meeting()), at(6)).unwrap();
    read(folder.path()).unwrap()
}

#[test]
fn records_survive_restarts_and_are_nobody_elses_to_read() {
    let folder = tempfile::tempdir().unwrap();
    let evidence = folder.path().join("evidence");
    let mut store = open(&evidence, at(0));
    store.append(Event::Opened(meeting()), at(1)).unwrap();
    store.append(Event::Closed(meeting()), at(2)).unwrap();
    drop(store);
    let store = open(&evidence, at(3));
    let (records, report) = checked(&evidence).unwrap();
    assert_eq!((report.start, report.last, report.remarks), (Start::Begun, 4, Vec::new()));
    assert_eq!(store.last(), Some((4, report.last_sha256)));
    assert_eq!(records[3].event, Event::Resumed { interrupted: None, torn: Vec::new() });
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&evidence), mode(&evidence.join("000000000001.evidence"))), (0o700, 0o600));
}

#[test]
fn wherever_the_last_record_is_torn_nothing_whole_is_lost_and_the_next_start_says_so() {
    let bytes = three_records();
    let whole = bytes[..bytes.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    for end in whole..bytes.len() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("000000000001.evidence"), &bytes[..end]).unwrap();
        drop(open(folder.path(), at(60)));
        let written = read(folder.path()).unwrap();
        assert!(written.starts_with(&bytes[..whole]), "{end}");
        let (records, report) = checked(folder.path()).unwrap();
        let tail = &bytes[whole..end];
        let expected = Torn { bytes: tail.len() as u64, sha256: Digest::of(tail) };
        let torn: Vec<Torn> = Some(expected).filter(|torn| torn.bytes > 0).into_iter().collect();
        assert_eq!(report.last, 3);
        assert_eq!(records[2].event, Event::Resumed { interrupted: Some(MEETING), torn: torn.clone() });
        let kept: Vec<Vec<u8>> =
            files(folder.path(), TORN).unwrap().iter().map(|path| std::fs::read(path).unwrap()).collect();
        assert_eq!(kept, Vec::from_iter((!torn.is_empty()).then(|| tail.to_vec())));
        assert!(names(folder.path(), UNRECORDED).is_empty());
    }
}

#[test]
fn a_power_cut_while_what_was_torn_is_set_aside_changes_nothing() {
    let bytes = three_records();
    let torn = &bytes[..bytes.len() - 5];
    let folder = tempfile::tempdir().unwrap();
    let segment = folder.path().join("000000000001.evidence");
    std::fs::write(&segment, torn).unwrap();
    // It was set aside and taken away, and then the power was cut again before a record said so.
    set_aside(folder.path(), &segment, torn, recover(torn, &[]).whole_bytes).unwrap();
    assert_eq!(names(folder.path(), UNRECORDED).len(), 1);
    drop(open(folder.path(), at(60)));
    let remarks = checked(folder.path()).unwrap().1.remarks;
    assert!(
        matches!(remarks[..], [Remark::Interrupted { number: 3, .. }, Remark::Torn { number: 3, .. }]),
        "{remarks:?}"
    );
    // A further start says nothing of it again.
    drop(open(folder.path(), at(61)));
    assert_eq!(checked(folder.path()).unwrap().1.remarks, remarks);
}

#[test]
fn what_somebody_changed_or_added_is_kept_aside_with_everything_after_it() {
    let bytes = three_records();
    let second = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    for (change, kept) in [(second + 300, second), (3, 0)] {
        let mut changed = bytes.clone();
        changed[change] ^= 1;
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("000000000001.evidence"), &changed).unwrap();
        drop(open(folder.path(), at(60)));
        let aside = files(folder.path(), TORN).unwrap();
        assert_eq!(std::fs::read(&aside[0]).unwrap(), changed[kept..]);
        let (records, report) = checked(folder.path()).unwrap();
        assert!(report.remarks.iter().any(|remark| matches!(remark, Remark::Torn { .. })), "{report:?}");
        assert_eq!(records.len(), if kept == 0 { 1 } else { 2 });
    }
}

#[test]
fn an_empty_file_left_by_a_power_cut_is_no_loss() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("000000000001.evidence"), three_records()).unwrap();
    std::fs::write(folder.path().join("000000000004.evidence"), "").unwrap();
    drop(open(folder.path(), at(60)));
    let report = checked(folder.path()).unwrap().1;
    assert_eq!((report.last, report.remarks), (4, vec![Remark::Interrupted { number: 4, meeting: MEETING }]));
}

#[test]
fn the_oldest_days_are_deleted_and_the_rest_still_verifies() {
    let folder = tempfile::tempdir().unwrap();
    let retention = Retention { age_max: SignedDuration::from_hours(3 * 24), ..Retention::default() };
    let mut store = open_with(folder.path(), retention, day(0)).unwrap();
    for n in 0..6 {
        store.append(Event::Opened(meeting()), day(n)).unwrap();
        store.append(Event::Closed(meeting()), day(n)).unwrap();
    }
    let (records, report) = checked(folder.path()).unwrap();
    assert_eq!(report.start, Start::Pruned);
    assert!(records.iter().all(|record| record.written >= day(2)));
    assert_eq!(names(folder.path(), SEGMENT).len(), 4);
    // More than the room deleted cannot go.
    std::fs::remove_file(&segments(folder.path()).unwrap()[0].1).unwrap();
    assert_eq!(checked(folder.path()).unwrap_err().why, evidence::Why::BeginningMissing);
}

#[test]
fn the_disk_is_never_filled() {
    let folder = tempfile::tempdir().unwrap();
    let retention = Retention { segment_bytes_max: 2_000, bytes_max: 8_000, ..Retention::default() };
    let mut store = open_with(folder.path(), retention, at(0)).unwrap();
    for n in 0..60 {
        store.append(Event::Interim(meeting()), at(n)).unwrap();
        let bytes: u64 =
            segments(folder.path()).unwrap().iter().map(|(_, path)| std::fs::metadata(path).unwrap().len()).sum();
        assert!(bytes <= 8_000 + 2_000, "{bytes} after {n}");
    }
    assert_eq!(checked(folder.path()).unwrap().1.start, Start::Pruned);
}

#[test]
fn whoever_damages_an_old_record_does_not_have_it_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let retention = Retention { age_max: SignedDuration::from_hours(30 * 24), ..Retention::default() };
    let mut store = open_with(folder.path(), retention, day(0)).unwrap();
    (1..4).for_each(|n| store.append(Event::Interim(meeting()), day(n)).unwrap());
    let (_, oldest) = segments(folder.path()).unwrap().remove(0);
    std::fs::write(&oldest, "rubbish\n").unwrap();
    store.append(Event::Interim(meeting()), day(5)).unwrap();
    assert!(oldest.exists());
    assert_eq!(checked(folder.path()).unwrap_err().line, 1);
}

#[test]
fn a_new_key_is_named_by_the_old_one_where_that_is_still_there() {
    for has_former in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        drop(open(folder.path(), at(0)));
        let former = Shared(&KEY);
        let former: Option<&dyn Signer> = if has_former { Some(&former) } else { None };
        let signer = Box::new(Shared(&OTHER));
        let store = EvidenceStore::open(folder.path(), "room-1", signer, former, Retention::default(), at(1));
        assert_eq!(store.unwrap().last().unwrap().0, 3);
        let bytes = read(folder.path()).unwrap();
        let with_old = verify(&bytes, &[KEY.public_key()], Extent::Whole);
        let with_both = verify(&bytes, &[KEY.public_key(), OTHER.public_key()], Extent::Whole).unwrap().1;
        if has_former {
            let to = OTHER.public_key().id();
            assert_eq!(with_old.unwrap().1.remarks, [Remark::KeyChanged { number: 2, to }]);
        } else {
            assert_eq!(with_old.unwrap_err().line, 2);
            assert_eq!(with_both.remarks, [Remark::KeyReplaced { number: 2, was: KEY.public_key().id() }]);
        }
    }
}

#[test]
fn one_at_a_time_writes() {
    let folder = tempfile::tempdir().unwrap();
    let first = open(folder.path(), at(0));
    let second = open_with(folder.path(), Retention::default(), at(1));
    assert!(second.err().unwrap().to_string().contains("somebody else"));
    drop(first);
    assert!(open_with(folder.path(), Retention::default(), at(2)).is_ok());
}

#[test]
fn a_record_that_could_not_be_written_leaves_no_gap() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path(), day(0));
    // The next day's segment cannot be made.
    let obstacle = folder.path().join("000000000002.evidence");
    std::fs::create_dir(&obstacle).unwrap();
    assert!(store.append(Event::Opened(meeting()), day(1)).is_err());
    std::fs::remove_dir(&obstacle).unwrap();
    store.append(Event::Opened(meeting()), day(1)).unwrap();
    assert_eq!(checked(folder.path()).unwrap().1.last, 2);
}

#[test]
fn what_cannot_be_deleted_keeps_no_record_from_being_added() {
    let folder = tempfile::tempdir().unwrap();
    let retention = Retention { bytes_max: 1, ..Retention::default() };
    let mut store = open_with(folder.path(), retention, day(0)).unwrap();
    // What lies there under a segment's name is none, and can be neither read nor deleted as one.
    let obstacle = folder.path().join("000000000000.evidence");
    std::fs::create_dir(&obstacle).unwrap();
    store.append(Event::Opened(meeting()), day(1)).unwrap();
    std::fs::remove_dir(&obstacle).unwrap();
    assert_eq!(checked(folder.path()).unwrap().1.last, 2);
    store.append(Event::Closed(meeting()), day(2)).unwrap();
    assert_eq!(checked(folder.path()).unwrap().1.start, Start::Pruned);
}
