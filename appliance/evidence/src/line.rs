//! One line of a chain: `SIGNATURE SPACE JSON NEWLINE`. What is signed is what is written, so nothing is made canonical.

use crate::hex::{Digest, Signature};
use crate::record::{FORMAT, Record};

/// What is signed begins with this, so that no other signature of the device's key is one of a record, nor the other way
/// round. The JSON follows, without its newline.
pub const SIGNED_CONTEXT: &[u8] = b"huisclos evidence record 1\n";

/// A line longer than this is no record, in bytes with its newline.
pub const LINE_BYTES_MAX: usize = 256 * 1024;

/// Digits of the signature.
const SIGNATURE_DIGITS: usize = 128;

/// Why these bytes are no line of a chain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    #[error("it is longer than {LINE_BYTES_MAX} bytes")]
    TooLong,
    #[error("it is torn: no newline ends it")]
    Torn,
    #[error("it does not begin with {SIGNATURE_DIGITS} lower-case hexadecimal digits and a space")]
    NoSignature,
    #[error("what is signed is no record: {0}")]
    NoRecord(String),
    #[error("it is of the format {0:?}, not {FORMAT}")]
    OtherFormat(String),
}

/// A line taken apart; nothing of it is verified.
#[derive(Debug, Clone)]
pub(crate) struct Line<'a> {
    pub signature: Signature,
    /// The bytes of the JSON.
    pub json: &'a [u8],
    pub record: Record,
    /// Of the line with its newline.
    pub digest: Digest,
}

impl<'a> Line<'a> {
    /// Takes a line apart, which ends with its newline.
    ///
    /// # Errors
    /// When it is no line of a chain.
    pub fn parse(line: &'a [u8]) -> Result<Line<'a>, LineError> {
        if line.len() > LINE_BYTES_MAX {
            return Err(LineError::TooLong);
        }
        let whole = line.strip_suffix(b"\n").ok_or(LineError::Torn)?;
        let (signature, rest) = whole.split_at_checked(SIGNATURE_DIGITS).ok_or(LineError::NoSignature)?;
        let signature = Signature::parse(signature).map_err(|_| LineError::NoSignature)?;
        let json = rest.strip_prefix(b" ").ok_or(LineError::NoSignature)?;
        let record: Record = serde_json::from_slice(json).map_err(|error| LineError::NoRecord(error.to_string()))?;
        if record.format != FORMAT {
            return Err(LineError::OtherFormat(record.format));
        }
        Ok(Line { signature, json, record, digest: digest_of(line) })
    }
}

/// What the next line's `previous` says of this one, which ends with its newline.
pub fn digest_of(line: &[u8]) -> Digest {
    Digest::of(line)
}

/// The bytes that are signed for this JSON.
pub(crate) fn signed(json: &[u8]) -> Vec<u8> {
    [SIGNED_CONTEXT, json].concat()
}

/// The line, with its newline.
pub(crate) fn written(signature: &Signature, json: &[u8]) -> Vec<u8> {
    let mut line = format!("{signature} ").into_bytes();
    line.extend_from_slice(json);
    line.push(b'\n');
    line
}

/// Cuts bytes into lines, each with its newline; the last may have none.
pub(crate) fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split_inclusive(|byte| *byte == b'\n')
}

/// Every line of these bytes, with its newline, and the record it holds. Nothing is verified: this is for showing and copying.
pub fn unverified(bytes: &[u8]) -> impl Iterator<Item = (&[u8], Result<Record, LineError>)> {
    lines(bytes).map(|line| (line, Line::parse(line).map(|parsed| parsed.record)))
}
