//! A meeting that nobody has prepared: a new code, and the room is the first in it.

/// Letters of a code.
const LETTERS: usize = 10;

/// A new code as La Suite Meet writes it, `abc-defg-hij`, out of so many random bits (47 are needed). Nobody
/// guesses it, so they have to be truly random.
pub(crate) fn code(random: u128) -> String {
    let mut rest = random;
    let mut code = String::with_capacity(LETTERS + 2);
    for place in 0..LETTERS {
        if matches!(place, 3 | 7) {
            code.push('-');
        }
        code.push(char::from(b'a' + (rest % 26) as u8));
        rest /= 26;
    }
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_written_as_the_platform_writes_them() {
        assert_eq!(code(0), "aaa-aaaa-aaa");
        assert_eq!(code(26_u128.pow(10) - 1), "zzz-zzzz-zzz");
        assert_eq!(code(26_u128.pow(10)), "aaa-aaaa-aaa");
        assert_eq!(code(1 + 26 * 2 + 26 * 26 * 3), "bcd-aaaa-aaa");
        let others: std::collections::BTreeSet<String> = (0..1000).map(|n| code(n * 0x9e37_79b9_7f4a_7c15)).collect();
        assert_eq!(others.len(), 1000);
    }
}
