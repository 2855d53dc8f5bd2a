//! What people read aloud to hear that they see the same group.

use aws_lc_rs::digest;

const LABEL: &[u8] = b"Huis Clos 1.0 Authentication Code";

/// Groups of digits in a code, and digits in a group. Together 66 bits.
const GROUPS: usize = 5;

/// The code of an epoch, `1234 5678 …`: the same for everybody whose epoch authenticator (RFC 9420, section 8.7) is the same.
///
/// Each group of digits is eight bytes of SHA-256 over the label and the authenticator (SHA-256 again, over the first
/// digest, for the fifth), as a big-endian number modulo 10,000.
pub fn authentication_code(authenticator: &[u8]) -> String {
    let first = digest::digest(&digest::SHA256, &[LABEL, authenticator].concat());
    let second = digest::digest(&digest::SHA256, first.as_ref());
    let bytes = [first.as_ref(), second.as_ref()].concat();
    let number = |chunk: &[u8]| chunk.iter().fold(0_u64, |number, byte| (number << 8) | u64::from(*byte)) % 10_000;
    bytes.chunks(8).take(GROUPS).map(|chunk| format!("{:04}", number(chunk))).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_five_groups_of_four_digits_and_another_for_another_epoch() {
        let code = authentication_code(&[7; 32]);
        assert_eq!(code.len(), 24);
        assert!(code.split(' ').all(|group| group.len() == 4 && group.bytes().all(|byte| byte.is_ascii_digit())));
        assert_eq!(code, authentication_code(&[7; 32]));
        assert_ne!(code, authentication_code(&[8; 32]));
    }
}
