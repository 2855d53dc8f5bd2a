//! Secrets in files of their own: configuration is read by many.

use std::path::Path;

use anyhow::Context;
use base64::Engine;
use zeroize::Zeroizing;

/// A secret longer than this is another file.
const SECRET_BYTES_MAX: u64 = 16 * 1024;

/// The secret in a file, without the line end that editors put behind it.
///
/// # Errors
/// When the file cannot be read, or is none of a secret: empty, or large.
pub fn read(file: &Path) -> anyhow::Result<Zeroizing<String>> {
    let cannot = || format!("cannot read {}", file.display());
    let length = std::fs::metadata(file).with_context(cannot)?.len();
    anyhow::ensure!(length <= SECRET_BYTES_MAX, "{} is too large for a secret", file.display());
    let mut text = Zeroizing::new(std::fs::read_to_string(file).with_context(cannot)?);
    let kept = text.trim_end_matches(['\n', '\r']).len();
    text.truncate(kept);
    anyhow::ensure!(!text.is_empty(), "{} is empty", file.display());
    Ok(text)
}

/// An account as HTTP is shown it, `Basic …` (RFC 7617 §2), of a user whose password is in a file.
///
/// # Errors
/// As [`read`].
pub fn basic(user: &str, password_file: &Path) -> anyhow::Result<Zeroizing<String>> {
    let password = read(password_file)?;
    let both = Zeroizing::new(format!("{user}:{}", *password));
    let encoded = Zeroizing::new(base64::engine::general_purpose::STANDARD.encode(both.as_bytes()));
    Ok(Zeroizing::new(format!("Basic {}", *encoded)))
}
