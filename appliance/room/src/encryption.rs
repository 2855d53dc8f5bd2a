//! How a meeting is encrypted from end to end, and who in it is known to be who they say.

use std::fmt;

/// How a meeting is encrypted from end to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encryption {
    /// The platform's operator can hear and see it.
    #[default]
    None,
    /// With a key that everybody has who has the link.
    SharedKey,
    /// With keys that only those in it have, renewed whenever somebody comes or goes. All of them see the same code.
    Group { code: AuthenticationCode },
}

impl Encryption {
    /// Whether anything is.
    pub fn is_on(self) -> bool {
        self != Encryption::None
    }

    /// What people read aloud to each other, where there is one.
    pub fn code(self) -> Option<AuthenticationCode> {
        match self {
            Encryption::Group { code } => Some(code),
            Encryption::None | Encryption::SharedKey => None,
        }
    }
}

/// Twenty digits that everybody in a meeting sees alike as long as nobody is between them, in five groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AuthenticationCode([u16; AuthenticationCode::GROUPS]);

impl AuthenticationCode {
    /// Groups of four digits.
    pub const GROUPS: usize = 5;

    /// From twenty digits, with or without spaces; `None` for anything else.
    ///
    /// ```
    /// use room::encryption::AuthenticationCode;
    /// let code = AuthenticationCode::parse("48210033 9917 0402 5586").unwrap();
    /// assert_eq!(code.to_string(), "4821 0033 9917 0402 5586");
    /// assert_eq!(AuthenticationCode::parse("4821"), None);
    /// ```
    pub fn parse(text: &str) -> Option<AuthenticationCode> {
        let mut groups = [0; AuthenticationCode::GROUPS];
        let mut count = 0;
        for sign in text.chars().filter(|sign| *sign != ' ') {
            let digit = u16::try_from(sign.to_digit(10)?).ok()?;
            let group: &mut u16 = groups.get_mut(count / 4)?;
            *group = *group * 10 + digit;
            count += 1;
        }
        (count == 4 * AuthenticationCode::GROUPS).then_some(AuthenticationCode(groups))
    }

    /// The groups, four digits each, in the order in which they are read.
    pub fn groups(&self) -> [String; AuthenticationCode::GROUPS] {
        self.0.map(|group| format!("{group:04}"))
    }
}

impl fmt::Display for AuthenticationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.groups().join(" "))
    }
}

/// Whether somebody is known to be who they say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Verification {
    /// An authority that this room believes calls them so. The name is the certificate's, not the platform's.
    Verified { name: String, by: String },
    /// They are in the group, or only in the meeting, and nobody whom this room believes says who they are.
    Unverified,
    /// Others here are ready for keys of their own, and they are not: because of them the meeting has the shared key.
    Outside,
    /// Nobody can be verified in this meeting: it has no keys of its own.
    #[default]
    Unknown,
}

/// What is known of somebody in the meeting's group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The platform's identity, never shown.
    pub identity: String,
    pub verification: Verification,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_twenty_digits_are_a_code_and_zeros_stay() {
        let code = AuthenticationCode::parse("00000001000200030004").unwrap();
        assert_eq!(code.groups(), ["0000", "0001", "0002", "0003", "0004"]);
        assert_eq!(AuthenticationCode::parse(&code.to_string()), Some(code));
        for none in [
            "",
            "0000 0001 0002 0003 000",
            "0000 0001 0002 0003 00045",
            "0000-0001-0002-0003-0004",
            "٠٠٠٠٠٠٠٠٠٠٠٠٠٠٠٠٠٠٠٠",
        ] {
            assert_eq!(AuthenticationCode::parse(none), None, "{none}");
        }
    }
}
