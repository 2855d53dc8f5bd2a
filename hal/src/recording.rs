//! Why a recording, of pictures or sound, cannot be used.

/// Why a recording cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// It cannot be read or written.
    #[error("the file cannot be read or written")]
    File(#[from] std::io::Error),
    /// It is not of the kind that is understood; the text says what it is not.
    #[error("the recording is not {0}")]
    Kind(&'static str),
}
