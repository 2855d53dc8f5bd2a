//! Closed lists of words: what a file may say where it may not say anything else.

use phrase::Language;

/// An enum whose variants are written as words, in policy files and for programs.
macro_rules! words {
    ($(#[$outer:meta])* $name:ident { $($(#[$inner:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$outer])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$inner])* $variant,)*
        }

        impl $name {
            /// All there are, in the order of the guide.
            pub const ALL: &'static [$name] = &[$($name::$variant),*];

            /// The word for it in policy files and for programs.
            pub fn word(self) -> &'static str {
                match self {
                    $($name::$variant => $word,)*
                }
            }

            /// What the word means; `None` for every other word.
            pub fn of(word: &str) -> Option<$name> {
                $name::ALL.iter().copied().find(|known| known.word() == word)
            }
        }

        impl $crate::word::Word for $name {
            fn known() -> Vec<&'static str> {
                $name::ALL.iter().map(|one| one.word()).collect()
            }

            fn named(word: &str) -> Option<$name> {
                $name::of(word)
            }
        }
    };
}

/// What a word in a file is looked up by.
pub(crate) trait Word: Sized {
    /// Every word there is.
    fn known() -> Vec<&'static str>;
    /// What one of them means.
    fn named(word: &str) -> Option<Self>;
}

pub(crate) use words;

/// Words for people, in every language the room speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    pub(crate) french: String,
    pub(crate) english: String,
    pub(crate) german: String,
}

impl Words {
    /// The words in one language: one line, never empty.
    pub fn in_language(&self, language: Language) -> &str {
        match language {
            Language::French => &self.french,
            Language::English => &self.english,
            Language::German => &self.german,
        }
    }
}
