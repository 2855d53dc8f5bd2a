//! Records of evidence on the disk: files to which whole records are added, in `evidence` of the state directory.
//!
//! A record is on the disk when [`append`](EvidenceStore::append) returns. After a power cut, what was half written is put into a file
//! of its own, and the next record says so.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use evidence::{Chain, Digest, Event, Recovered, Retention, Segment, Signer, Torn, glance, recover};
use jiff::Timestamp;

use crate::whole_file;

/// What names of segments end with; before it is the number of their first record.
const SEGMENT: &str = "evidence";
/// What was set aside, until a record says so.
const UNRECORDED: &str = "unrecorded";
/// What was set aside, as a record says.
const TORN: &str = "torn";
/// Files that were set aside of which one record tells; the others wait for the next start.
const TORN_MAX: usize = 16;

/// The device's key. It signs from whichever thread the store is used in.
pub type DeviceKey = Box<dyn Signer + Send + Sync>;

/// Where evidence is kept in a state directory.
pub fn directory(state: &Path) -> PathBuf {
    state.join("evidence")
}

/// The records of a room, to which it adds. One at a time: another one cannot be opened in the same directory.
pub struct EvidenceStore {
    directory: PathBuf,
    signer: DeviceKey,
    retention: Retention,
    chain: Chain,
    /// What is written to.
    current: Option<Current>,
    /// Something half written could not be taken back; only a new start mends it.
    is_damaged: bool,
    /// Held as long as the store.
    _lock: File,
}

struct Current {
    file: File,
    path: PathBuf,
    segment: Segment,
}

impl EvidenceStore {
    /// Opens a room's records, or begins them. What is not whole is set aside, and what is found is recorded. `former` is the
    /// device's key before this one, if it has just been replaced: it names the new one.
    ///
    /// # Errors
    /// When the directory cannot be used, somebody else is using it, or the key does not sign.
    pub fn open(
        directory: &Path,
        room: &str,
        signer: DeviceKey,
        former: Option<&dyn Signer>,
        retention: Retention,
        now: Timestamp,
    ) -> anyhow::Result<EvidenceStore> {
        let cannot = || format!("cannot use {}", directory.display());
        DirBuilder::new().recursive(true).mode(0o700).create(directory).with_context(cannot)?;
        sync(directory.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")))?;
        let lock = lock(directory)?;
        let keys: Vec<_> = [Some(signer.public_key()), former.map(Signer::public_key)].into_iter().flatten().collect();
        let mut found = Recovered::default();
        let mut current = None;
        for (_, path) in segments(directory)?.into_iter().rev() {
            let bytes = std::fs::read(&path).with_context(cannot)?;
            found = recover(&bytes, &keys);
            set_aside(directory, &path, &bytes, found.whole_bytes)?;
            if let (Some((_, _, first)), Some(head)) = (found.first, &found.head) {
                let file = OpenOptions::new().append(true).open(&path).with_context(cannot)?;
                let segment = Segment { bytes: found.whole_bytes as u64, written: (first, head.written) };
                current = Some(Current { file, path, segment });
                break;
            }
        }
        let chain = found.head.as_ref().map_or_else(|| Chain::new(room), |head| Chain::after(room, head));
        let directory = directory.to_owned();
        let mut store = EvidenceStore { directory, signer, retention, chain, current, is_damaged: false, _lock: lock };
        store.take_over(former, now)?;
        store.record_start(&found, now)?;
        store.prune_or_say(now);
        Ok(store)
    }

    /// The number and digest of the last record. Told elsewhere (to the fleet, say), they show later when the end was cut off.
    pub fn last(&self) -> Option<(u64, Digest)> {
        self.chain.last()
    }

    /// Adds a record, which is on the disk afterwards. A new day and a full segment begin a new one, and then what is
    /// too old is deleted.
    ///
    /// # Errors
    /// When it cannot be signed or written. The records are then as they were, and the next one may be added.
    pub fn append(&mut self, event: Event, now: Timestamp) -> anyhow::Result<()> {
        let sealed = self.chain.seal(event, now, &*self.signer)?;
        if self.write(&sealed, now)? {
            self.prune_or_say(now);
        }
        Ok(())
    }

    /// Writes a record, and says whether into a new segment.
    fn write(&mut self, sealed: &evidence::Sealed, now: Timestamp) -> anyhow::Result<bool> {
        if self.is_damaged {
            bail!("the last record is half written, and only a new start mends that");
        }
        let more = sealed.line.len() as u64;
        let is_new = self.current.as_ref().is_none_or(|current| self.retention.is_full(&current.segment, more, now));
        if is_new {
            let path = self.directory.join(format!("{:012}.{SEGMENT}", sealed.number));
            let cannot = || format!("cannot write {}", path.display());
            let file = OpenOptions::new().append(true).create_new(true).mode(0o600).open(&path).with_context(cannot)?;
            sync(&self.directory)?;
            let segment = Segment { bytes: 0, written: (sealed.written, sealed.written) };
            self.current = Some(Current { file, path, segment });
        }
        let current = self.current.as_mut().context("there is no segment")?;
        if let Err(error) = current.file.write_all(&sealed.line).and_then(|()| current.file.sync_data()) {
            let taken_back = current.file.set_len(current.segment.bytes).and_then(|()| current.file.sync_data());
            self.is_damaged = taken_back.is_err();
            return Err(error).with_context(|| format!("cannot write {}", current.path.display()));
        }
        if current.segment.bytes == 0 {
            current.segment.written.0 = sealed.written;
        }
        current.segment.bytes += more;
        current.segment.written.1 = sealed.written;
        self.chain.advance(sealed);
        Ok(is_new)
    }

    /// Records that the device's key is another one, if it is.
    fn take_over(&mut self, former: Option<&dyn Signer>, now: Timestamp) -> anyhow::Result<()> {
        let Some(was) = self.chain.key().filter(|key| *key != self.signer.public_key().id()) else { return Ok(()) };
        let sealed = match former.filter(|former| former.public_key().id() == was) {
            Some(former) => {
                let to = self.signer.public_key();
                self.chain.seal(Event::KeyChanged { to }, now, former)?
            }
            None => self.chain.seal(Event::KeyReplaced { was }, now, &*self.signer)?,
        };
        self.write(&sealed, now).map(drop)
    }

    /// Records that the room came back, and what it found.
    fn record_start(&mut self, found: &Recovered, now: Timestamp) -> anyhow::Result<()> {
        let mut aside = files(&self.directory, UNRECORDED)?;
        aside.sort();
        aside.truncate(TORN_MAX);
        let torn_of = |path: &PathBuf| -> anyhow::Result<Torn> {
            let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
            Ok(Torn { bytes: bytes.len() as u64, sha256: Digest::of(&bytes) })
        };
        let torn = aside.iter().map(torn_of).collect::<anyhow::Result<Vec<_>>>()?;
        let event = match self.chain.last() {
            None => Event::Begun { torn },
            Some(_) => Event::Resumed { interrupted: found.going_on, torn },
        };
        let sealed = self.chain.seal(event, now, &*self.signer)?;
        self.write(&sealed, now)?;
        for path in aside {
            std::fs::rename(&path, path.with_extension(TORN))
                .with_context(|| format!("cannot rename {}", path.display()))?;
        }
        sync(&self.directory)
    }

    /// Prunes. That it could not be done keeps nobody from adding records; it is tried again with the next segment.
    fn prune_or_say(&mut self, now: Timestamp) {
        if let Err(error) = self.prune(now) {
            tracing::error!("old evidence could not be deleted: {error:#}");
        }
    }

    /// Deletes what is too old or too much, once a record says so.
    fn prune(&mut self, now: Timestamp) -> anyhow::Result<()> {
        let all = segments(&self.directory)?;
        let read = |(_, path): &(u64, PathBuf)| -> anyhow::Result<_> {
            let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
            Ok((glance(&bytes), bytes.len() as u64))
        };
        let seen = all.iter().map(read).collect::<anyhow::Result<Vec<_>>>()?;
        // What cannot be read is as old as what follows it: whoever damages a record does not have it deleted.
        let mut written = (now, now);
        let mut described: Vec<Segment> = Vec::new();
        for (glanced, bytes) in seen.iter().rev() {
            written = glanced.map_or((written.0, written.0), |(_, segment)| segment.written);
            described.push(Segment { bytes: *bytes, written });
        }
        described.reverse();
        let Some((mut gone, why)) = self.retention.prune(&described, now) else { return Ok(()) };
        // The first that stays has to be named.
        let first = loop {
            match seen.get(gone).and_then(|(glanced, _)| *glanced) {
                _ if gone == 0 => return Ok(()),
                Some((first, _)) => break first,
                None => gone -= 1,
            }
        };
        let until = described[gone - 1].written.1;
        let sealed = self.chain.seal(Event::Pruned { first, why, until }, now, &*self.signer)?;
        self.write(&sealed, now)?;
        for (_, path) in &all[..gone] {
            std::fs::remove_file(path).with_context(|| format!("cannot delete {}", path.display()))?;
        }
        for path in files(&self.directory, TORN)? {
            if number(&path).is_some_and(|number| number < first.number) {
                std::fs::remove_file(&path).with_context(|| format!("cannot delete {}", path.display()))?;
            }
        }
        sync(&self.directory)
    }
}

/// All records in a directory of evidence, one after the other, as they are verified.
///
/// # Errors
/// When they cannot be read.
pub fn read(directory: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for (_, path) in segments(directory)? {
        bytes.extend(std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?);
    }
    Ok(bytes)
}

/// Keeps others out, also other processes, as long as the file lives.
fn lock(directory: &Path) -> anyhow::Result<File> {
    let path = directory.join("lock");
    let cannot = || format!("cannot use {}", path.display());
    let file =
        OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path).with_context(cannot)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => bail!("somebody else writes evidence into {}", directory.display()),
        Err(TryLockError::Error(error)) => Err(error).with_context(cannot),
    }
}

/// Puts what comes after the whole records into a file of its own, and only then takes it away. A power cut in between has it
/// done again.
fn set_aside(directory: &Path, path: &Path, bytes: &[u8], whole: usize) -> anyhow::Result<()> {
    let tail = &bytes[whole..];
    let cannot = || format!("cannot mend {}", path.display());
    if !tail.is_empty() {
        let digits = Digest::of(tail).to_string();
        let name = format!("{:012}-{}.{UNRECORDED}", number(path).unwrap_or_default(), &digits[..16]);
        whole_file::replace(&directory.join(name), tail)?;
    }
    if whole == 0 {
        std::fs::remove_file(path).with_context(cannot)?;
        return sync(directory);
    }
    if !tail.is_empty() {
        let file = OpenOptions::new().write(true).open(path).with_context(cannot)?;
        file.set_len(whole as u64).and_then(|()| file.sync_all()).with_context(cannot)?;
    }
    Ok(())
}

/// Segments, by the number of their first record.
fn segments(directory: &Path) -> anyhow::Result<Vec<(u64, PathBuf)>> {
    let files = files(directory, SEGMENT)?;
    let mut all: Vec<(u64, PathBuf)> = files.into_iter().filter_map(|path| Some((number(&path)?, path))).collect();
    all.sort();
    Ok(all)
}

/// The number that a file's name begins with.
fn number(path: &Path) -> Option<u64> {
    path.file_stem()?.to_str()?.split('-').next()?.parse().ok()
}

fn files(directory: &Path, extension: &str) -> anyhow::Result<Vec<PathBuf>> {
    let cannot = || format!("cannot read {}", directory.display());
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => bail!("there is no evidence in {}", directory.display()),
        Err(error) => return Err(error).with_context(cannot),
    };
    let paths = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>().with_context(cannot)?;
    Ok(paths.into_iter().filter(|path| path.extension().is_some_and(|found| found == extension)).collect())
}

/// Has the directory's entries on the disk.
fn sync(directory: &Path) -> anyhow::Result<()> {
    let synced = File::open(directory).and_then(|directory| directory.sync_all());
    synced.with_context(|| format!("cannot write {}", directory.display()))
}

#[cfg(test)]
mod tests;
