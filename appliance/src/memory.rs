//! How this process keeps memory: the C library's allocator, GStreamer's and ours alike, and what is not to leave it.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, Ordering};

/// Larger blocks than this go back to the system as soon as they are freed, in bytes. Pictures that
/// come thirty times a second are smaller and stay.
const RETURNED_AT_ONCE: i32 = 4 << 20;

/// Keeps large blocks out of the heap, for good. To be called before there are threads.
///
/// Left alone, glibc raises this threshold to the largest block ever freed (mallopt(3),
/// `M_MMAP_THRESHOLD`), so that after the first call every encoder's 20 MB of tables, mostly never
/// touched, are cut from the heap, cleared and kept: a third of the daemon's memory.
pub fn settle() {
    #[cfg(target_env = "gnu")]
    // SAFETY: mallopt only sets a number inside the allocator, which is valid for every value.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, RETURNED_AT_ONCE);
    }
}

/// What freed memory is filled with: nothing that anything would take for words.
const FILL: i32 = 0xA5;

static OVERWRITES: AtomicBool = AtomicBool::new(false);

/// The system's allocator, which overwrites what is freed once [`overwrite_freed`] was called. The daemon's.
pub struct Allocator;

// SAFETY: every block is the system allocator's, asked for and given back with its own layout.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as promised to us.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as promised to us.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if OVERWRITES.load(Ordering::Relaxed) {
            // SAFETY: the block is this long, and nobody else's any more. Unlike other writes it is never left out.
            unsafe { libc::explicit_bzero(block.cast(), layout.size()) };
        }
        // SAFETY: as promised to us.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if !OVERWRITES.load(Ordering::Relaxed) {
            // SAFETY: as promised to us.
            return unsafe { System.realloc(block, layout, size) };
        }
        // SAFETY: the new layout is valid by the caller's promise; both blocks are as long as what is copied, and apart.
        unsafe {
            let moved = System.alloc(Layout::from_size_align_unchecked(size, layout.align()));
            if !moved.is_null() {
                block.copy_to_nonoverlapping(moved, layout.size().min(size));
                self.dealloc(block, layout);
            }
            moved
        }
    }
}

/// Has everything that is freed from now on overwritten, so that what was said in a meeting does not outlive it: by
/// [`Allocator`] what is ours, and what is GStreamer's by the C library (mallopt(3), `M_PERTURB`), but for blocks of up to a
/// kilobyte, which it keeps for the thread that freed them as they are.
pub fn overwrite_freed() {
    OVERWRITES.store(true, Ordering::Relaxed);
    #[cfg(target_env = "gnu")]
    // SAFETY: as in `settle`.
    unsafe {
        libc::mallopt(libc::M_PERTURB, FILL);
    }
}

/// Gives the system back what is free (malloc_trim(3)): it clears a page before anybody gets it again.
pub fn give_back() {
    #[cfg(target_env = "gnu")]
    // SAFETY: it takes the allocator's own locks.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Has nothing of this process written to a core, where tokens and meetings' keys would be, and nobody but root look into
/// it. To be called before there are secrets.
pub fn keep() {
    let nothing = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: both only set numbers of this process; the limit is read from a place that outlives the call.
    let done = unsafe {
        libc::setrlimit(libc::RLIMIT_CORE, &raw const nothing) == 0 && libc::prctl(libc::PR_SET_DUMPABLE, 0) == 0
    };
    if !done {
        tracing::warn!("a crash may leave this process's memory in a file");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All of this process's.
    fn memory() -> &'static std::fs::File {
        static MEMORY: std::sync::OnceLock<std::fs::File> = std::sync::OnceLock::new();
        MEMORY.get_or_init(|| std::fs::File::open("/proc/self/mem").unwrap())
    }

    #[test]
    fn what_is_in_memory_stays_there() {
        // Opened before nobody may look any more; the other test's, too.
        memory();
        super::keep();
        let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
        let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
        assert_eq!(core.split_whitespace().collect::<Vec<_>>()[4..6], ["0", "0"]);
        // SAFETY: it only reads a number.
        assert_eq!(unsafe { libc::prctl(libc::PR_GET_DUMPABLE) }, 0);
    }

    #[test]
    fn what_is_freed_is_overwritten_also_when_a_block_grows() {
        super::overwrite_freed();
        let word = b"a word that was said in a meeting and is kept by nobody";
        let layout = Layout::array::<u8>(word.len()).unwrap();
        let reads = |block: *mut u8| {
            let mut bytes = [0; 16];
            // Not the first sixteen bytes: there the allocator keeps its own.
            std::os::unix::fs::FileExt::read_exact_at(memory(), &mut bytes, block as u64 + 16).unwrap();
            bytes
        };
        // SAFETY: each block is used within its layout, and given back once.
        unsafe {
            let first = Allocator.alloc(layout);
            first.copy_from_nonoverlapping(word.as_ptr(), word.len());
            assert_eq!(&reads(first), b"said in a meetin");
            let second = Allocator.realloc(first, layout, 5000);
            assert_eq!((reads(first), &reads(second)), ([0; 16], b"said in a meetin"));
            Allocator.dealloc(second, Layout::array::<u8>(5000).unwrap());
            assert_ne!(&reads(second), b"said in a meetin");
        }
        super::give_back();
    }
}
