//! How this process keeps memory: the C library's allocator, GStreamer's and ours alike, and what is not to leave it.

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
    #[test]
    fn what_is_in_memory_stays_there() {
        super::keep();
        let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
        let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
        assert_eq!(core.split_whitespace().collect::<Vec<_>>()[4..6], ["0", "0"]);
        // SAFETY: it only reads a number.
        assert_eq!(unsafe { libc::prctl(libc::PR_GET_DUMPABLE) }, 0);
    }
}
