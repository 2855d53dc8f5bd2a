//! Verifies records of evidence from their description in docs/evidence.md alone: it shares no code with what writes them.

use std::fmt::Write;

use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};
use p256::pkcs8::{DecodePublicKey, EncodePublicKey};
use serde_json::Value;
use sha2::{Digest, Sha256};

const CONTEXT: &[u8] = b"huisclos evidence record 1\n";
const FORMAT: &str = "huisclos-evidence/1";
const KINDS: [&str; 8] = ["begun", "resumed", "opened", "interim", "closed", "key-changed", "key-replaced", "pruned"];
const LINE_BYTES_MAX: usize = 256 * 1024;

/// Where verifying ended: the line, from 1, and why.
#[derive(Debug, PartialEq, Eq)]
pub struct Refused {
    pub line: usize,
    pub why: String,
}

/// What verified.
#[derive(Debug, PartialEq, Eq)]
pub struct Verified {
    /// Numbers of the first and the last record.
    pub first: u64,
    pub last: u64,
    /// Of the last line with its newline, in hexadecimal digits.
    pub last_sha256: String,
    /// Whether nothing is missing before the first record but what the room said that it deleted.
    pub is_whole: bool,
}

/// A public key and its id.
struct Key {
    id: String,
    key: VerifyingKey,
}

impl Key {
    fn from_pem(pem: &str) -> Result<Key, String> {
        Key::of(VerifyingKey::from_public_key_pem(pem.trim()).map_err(|error| format!("no public key: {error}"))?)
    }

    fn from_hex(hex: &str) -> Result<Key, String> {
        let der = from_hex(hex).ok_or("no hexadecimal digits")?;
        Key::of(VerifyingKey::from_public_key_der(&der).map_err(|error| format!("no public key: {error}"))?)
    }

    fn of(key: VerifyingKey) -> Result<Key, String> {
        let der = key.to_public_key_der().map_err(|error| error.to_string())?;
        Ok(Key { id: sha256(der.as_bytes()), key })
    }
}

/// The record before.
struct Before {
    number: u64,
    sha256: String,
    /// The key that has to sign the next record: its id, and the key if a record named it.
    next_key: String,
}

/// Verifies lines, as the files of a room hold them one after the other, with public keys in PEM.
///
/// # Errors
/// At the first line that is not to be believed.
pub fn verify(bytes: &[u8], pems: &[String]) -> Result<Verified, Refused> {
    let at = |line: usize| move |why: String| Refused { line, why };
    let mut keys = pems.iter().map(|pem| Key::from_pem(pem)).collect::<Result<Vec<_>, _>>().map_err(at(0))?;
    let given = keys.len();
    let (mut before, mut first, mut is_whole) = (None::<Before>, None, false);
    for (index, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let record = read(line, &keys, given, before.as_ref()).map_err(at(index + 1))?;
        let number = record.number;
        let (first_number, first_sha256) = first.get_or_insert_with(|| (number, record.sha256.clone())).clone();
        is_whole |= first_number == 1;
        if let Some(named) = record.event.get("pruned").map(|pruned| &pruned["first"]) {
            is_whole |= named["number"] == first_number && named["sha256"] == *first_sha256;
        }
        let mut next_key = record.key;
        if let Some(changed) = record.event.get("key-changed") {
            let key = Key::from_hex(changed["to"].as_str().unwrap_or_default()).map_err(at(index + 1))?;
            next_key = key.id.clone();
            keys.push(key);
        }
        before = Some(Before { number, sha256: record.sha256, next_key });
    }
    let (Some(before), Some((first, _))) = (before, first) else { return Err(at(1)("there is no record".into())) };
    Ok(Verified { first, last: before.number, last_sha256: before.sha256, is_whole })
}

/// What is read of a record.
struct Record {
    number: u64,
    key: String,
    event: Value,
    sha256: String,
}

fn read(line: &[u8], keys: &[Key], given: usize, before: Option<&Before>) -> Result<Record, String> {
    if line.len() > LINE_BYTES_MAX {
        return Err("the line is too long".into());
    }
    let whole = line.strip_suffix(b"\n").ok_or("the line is torn")?;
    let (digits, rest) = whole.split_at_checked(128).ok_or("the line is too short")?;
    let signature = std::str::from_utf8(digits).ok().and_then(from_hex).ok_or("the line begins with no signature")?;
    let json = rest.strip_prefix(b" ").ok_or("no space after the signature")?;
    let record: Value = serde_json::from_slice(json).map_err(|error| format!("no JSON: {error}"))?;
    let text = |name: &str| record[name].as_str().map(str::to_owned).ok_or(format!("{name} is missing"));
    if text("format")? != FORMAT {
        return Err("the format is another one".into());
    }
    let (number, key, event) = (record["number"].as_u64().ok_or("number is missing")?, text("key")?, &record["event"]);
    let kinds: Vec<&String> = event.as_object().into_iter().flat_map(|event| event.keys()).collect();
    let [kind] = kinds[..] else { return Err("the event has not one kind".into()) };
    if !KINDS.contains(&kind.as_str()) {
        return Err(format!("nobody knows the event {kind}"));
    }
    let is = |asked: &str| kind == asked;
    // Which key: the one that the record before demands, or a given one at the beginning and where a key was replaced.
    let is_free = match before {
        None => true,
        Some(before) if before.next_key == key => false,
        Some(_) if is("key-replaced") => true,
        Some(before) => return Err(format!("signed with the key {key}, not with {}", before.next_key)),
    };
    let among = if is_free { &keys[..given] } else { keys };
    let signer =
        among.iter().find(|one| one.id == key).ok_or(format!("signed with the key {key}, which is not given"))?;
    let signature = Signature::from_slice(&signature).map_err(|_| "the signature is not good")?;
    signer.key.verify(&[CONTEXT, json].concat(), &signature).map_err(|_| "the signature is not good")?;
    let previous = text("previous")?;
    if let Some(before) = before {
        if Some(number) != before.number.checked_add(1) {
            return Err(format!("record {number} after record {}", before.number));
        }
        if previous != before.sha256 {
            return Err("it does not follow the record before it".into());
        }
    }
    match number {
        0 => return Err("no record has the number 0".into()),
        1 if !is("begun") || previous != "0".repeat(64) => return Err("record 1 does not begin a chain".into()),
        2.. if is("begun") => return Err("a chain begins with record 1".into()),
        _ => {}
    }
    Ok(Record { number, key, event: event.clone(), sha256: sha256(line) })
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Lower-case digits only: one way to write each byte.
fn from_hex(text: &str) -> Option<Vec<u8>> {
    let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if !text.len().is_multiple_of(2) || !text.as_bytes().iter().all(is_digit) {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}
