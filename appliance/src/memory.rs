//! How the C library's allocator keeps memory, GStreamer's and ours alike.

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
