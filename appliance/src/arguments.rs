//! What commands take alike.

use phrase::Language;

/// A language, as it is typed.
///
/// # Errors
/// When it is none of the room's, with those that are.
pub fn language(word: &str) -> Result<Language, String> {
    Language::of(word).ok_or_else(|| "expected fr, en or de".into())
}
