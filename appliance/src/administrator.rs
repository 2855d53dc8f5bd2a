//! The administrator's code: IT configures its hash, people type it on the panel.

use anyhow::{Context, bail, ensure};
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params};
use room::administration::{CODE_DIGITS, Code};
use serde::Deserialize;
use uuid::Uuid;

/// What checking a code may cost, whatever is configured: KiB of memory, and passes over it.
const MEMORY_KIB_MAX: u32 = 128 * 1024;
const PASSES_MAX: u32 = 10;
const LANES_MAX: u32 = 4;
/// Digits of a code we think of ourselves.
const OWN_DIGITS: u32 = 8;

/// The hash of the administrator's code, as a PHC string (`$argon2id$…`). Its `Debug` does not tell it.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct AdminCode(String);

impl std::fmt::Debug for AdminCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AdminCode(…)")
    }
}

impl TryFrom<String> for AdminCode {
    type Error = anyhow::Error;

    /// # Errors
    /// When it is no Argon2id hash with salt, or one that would take this machine too long to check.
    fn try_from(text: String) -> anyhow::Result<AdminCode> {
        let Ok(hash) = PasswordHash::new(&text) else {
            bail!("the administrator's code is not a hash; `huisclos admin-code` makes one");
        };
        ensure!(hash.algorithm == Algorithm::Argon2id.ident(), "the hash of the administrator's code is not argon2id");
        ensure!(hash.salt.is_some() && hash.hash.is_some(), "the hash of the administrator's code is not complete");
        let Ok(params) = Params::try_from(&hash) else {
            bail!("the hash of the administrator's code is not understood")
        };
        let is_bearable =
            params.m_cost() <= MEMORY_KIB_MAX && params.t_cost() <= PASSES_MAX && params.p_cost() <= LANES_MAX;
        ensure!(is_bearable, "the hash of the administrator's code would take too long to check");
        Ok(AdminCode(text))
    }
}

impl AdminCode {
    /// Hashes a code, with a new salt.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn of(code: &Code) -> anyhow::Result<AdminCode> {
        let hash: Result<PasswordHash, _> = Argon2::default().hash_password(code.digits().as_bytes());
        Ok(AdminCode(hash.ok().context("the code cannot be hashed")?.to_string()))
    }

    /// Whether this is the code. Takes a good part of a second, by design.
    pub fn is(&self, code: &Code) -> bool {
        PasswordHash::new(&self.0)
            .is_ok_and(|hash| Argon2::default().verify_password(code.digits().as_bytes(), &hash).is_ok())
    }

    /// For the configuration.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A code nobody has thought of.
///
/// # Errors
/// Never, in fact.
pub fn new_code() -> anyhow::Result<Code> {
    // Of 122 random bits, as many as eight digits need; what the remainder prefers nobody will find out.
    let number = Uuid::new_v4().as_u128() % 10_u128.pow(OWN_DIGITS);
    Code::parse(&format!("{number:0digits$}", digits = OWN_DIGITS as usize)).context("a code of our own is one")
}

/// A code that somebody has thought of.
///
/// # Errors
/// When it is none.
pub fn own_code(typed: &str) -> anyhow::Result<Code> {
    let (least, most) = (CODE_DIGITS.start(), CODE_DIGITS.end());
    Code::parse(typed.trim()).with_context(|| format!("a code is {least} to {most} digits, and nothing else"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_opens_its_own_hash_and_no_other() {
        let code = new_code().unwrap();
        let hash = AdminCode::of(&code).unwrap();
        let again = AdminCode::try_from(hash.as_str().to_owned()).unwrap();
        assert!(again.is(&code));
        assert!(!again.is(&own_code("00000000").unwrap()) || code.digits() == "00000000");
        assert_ne!(AdminCode::of(&code).unwrap().as_str(), hash.as_str(), "each has its own salt");
        assert!(!hash.as_str().contains(code.digits()) && format!("{hash:?}") == "AdminCode(…)");
    }

    #[test]
    fn what_is_no_hash_or_would_stop_the_room_is_refused() {
        let good = AdminCode::of(&own_code("314159").unwrap()).unwrap();
        assert!(good.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", good.as_str());
        for refused in [
            "",
            "314159",
            "$2b$12$0123456789012345678901uABCDEFGHIJKLMNOPQRSTUVWXYZabcd",
            "$argon2id$v=19$m=19456,t=2,p=1",
            &good.as_str().replace("argon2id", "argon2i"),
            &good.as_str().replace("m=19456", "m=4194304"),
            &good.as_str().replace("t=2", "t=4000000000"),
        ] {
            assert!(AdminCode::try_from(refused.to_owned()).is_err(), "{refused}");
        }
    }
}
