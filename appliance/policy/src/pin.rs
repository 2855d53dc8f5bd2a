//! Which certificates a platform may show.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::Digest as _;

/// A certificate, by what does not change while it is used. Written in one of two ways, as tools print them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pin {
    /// SHA-256 of a certificate's public key (SubjectPublicKeyInfo), `sha256/` and base64: RFC 7469 §2.4. It stays when
    /// a certificate is renewed with the same key.
    PublicKey([u8; 32]),
    /// SHA-256 of a whole certificate, DER, as 32 pairs of hexadecimal digits: `openssl x509 -fingerprint -sha256`.
    Certificate([u8; 32]),
}

/// A text is no pin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected sha256/ and 44 characters of base64 (a public key, RFC 7469), or 32 pairs of hexadecimal digits with \
     colons (a certificate, as openssl x509 -fingerprint -sha256 prints it)"
)]
pub struct PinError;

/// A certificate that a server has shown, by its digests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// SHA-256 of its SubjectPublicKeyInfo, DER.
    pub public_key: [u8; 32],
    /// SHA-256 of all of it, DER.
    pub certificate: [u8; 32],
}

impl Shown {
    /// A certificate and its SubjectPublicKeyInfo, both DER.
    pub fn of(public_key: &[u8], certificate: &[u8]) -> Shown {
        Shown {
            public_key: sha2::Sha256::digest(public_key).into(),
            certificate: sha2::Sha256::digest(certificate).into(),
        }
    }
}

impl Pin {
    /// Reads a pin.
    ///
    /// # Errors
    /// When it is neither of the two kinds.
    pub fn parse(text: &str) -> Result<Pin, PinError> {
        if let Some(encoded) = text.strip_prefix("sha256/") {
            let bytes = STANDARD.decode(encoded).map_err(|_| PinError)?;
            return bytes.try_into().map(Pin::PublicKey).map_err(|_| PinError);
        }
        let mut digest = [0; 32];
        let mut pairs = text.split(':');
        for byte in &mut digest {
            let pair = pairs.next().filter(|pair| pair.len() == 2 && pair.bytes().all(|b| b.is_ascii_hexdigit()));
            *byte = u8::from_str_radix(pair.ok_or(PinError)?, 16).map_err(|_| PinError)?;
        }
        if pairs.next().is_some() { Err(PinError) } else { Ok(Pin::Certificate(digest)) }
    }

    /// Whether it is the one of zeros only, which stands in profiles until somebody puts a real one there.
    pub fn is_placeholder(&self) -> bool {
        matches!(self, Pin::PublicKey(digest) | Pin::Certificate(digest) if *digest == [0; 32])
    }

    /// Whether this certificate is meant.
    pub fn means(&self, shown: &Shown) -> bool {
        match self {
            Pin::PublicKey(digest) => *digest == shown.public_key,
            Pin::Certificate(digest) => *digest == shown.certificate,
        }
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Pin::PublicKey(digest) => write!(f, "sha256/{}", STANDARD.encode(digest)),
            Pin::Certificate(digest) => {
                let pairs: Vec<String> = digest.iter().map(|byte| format!("{byte:02X}")).collect();
                f.write_str(&pairs.join(":"))
            }
        }
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pins_are_read_as_tools_print_them() {
        // The example of RFC 7469 §2.1.5.
        let key = "sha256/d6qzRu9zOECb90Uez27xWltNsj0e1Md7GkYYkVoZWmM=";
        assert_eq!(Pin::parse(key).unwrap().to_string(), key);
        let certificate = ["AB"; 32].join(":");
        assert_eq!(Pin::parse(&certificate), Ok(Pin::Certificate([0xab; 32])));
        assert_eq!(Pin::parse(&certificate.to_lowercase()).unwrap().to_string(), certificate);
        for text in ["", "sha256/", "sha256/AAAA", "sha1/AAAA", &["AB"; 31].join(":"), &["AB"; 33].join(":"), "+1:+1"] {
            assert_eq!(Pin::parse(text), Err(PinError), "{text}");
        }
    }
}
