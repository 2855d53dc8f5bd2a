//! Asking a La Suite Meet instance for entry.
