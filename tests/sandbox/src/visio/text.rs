//! The sentences of the platform's errors, in the languages they were heard in.

/// What the platform answers in. It has English, French, Dutch and German.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    English,
    French,
    Dutch,
    German,
}

impl Language {
    /// The first language of an Accept-Language header that the platform has.
    pub(super) fn of(accept_language: Option<&str>) -> Language {
        let primary = |tag: &str| tag.trim().split(['-', ';']).next().map(str::to_ascii_lowercase).unwrap_or_default();
        accept_language
            .unwrap_or_default()
            .split(',')
            .find_map(|tag| match primary(tag).as_str() {
                "en" => Some(Language::English),
                "fr" => Some(Language::French),
                "nl" => Some(Language::Dutch),
                "de" => Some(Language::German),
                _ => None,
            })
            .unwrap_or(Language::English)
    }

    /// The value of Content-Language.
    pub(super) fn tag(self) -> &'static str {
        match self {
            Language::English => "en-us",
            Language::French => "fr-fr",
            Language::Dutch => "nl-nl",
            Language::German => "de-de",
        }
    }
}

/// A sentence that follows Accept-Language. Those the application itself writes are English always.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Text {
    Required,
    NotNull,
    NotBlank,
    NotAString,
    NotABoolean,
    NotAUuid,
    NullCharacters,
    TooLong { characters_max: usize },
    NotAuthenticated,
    NotAllowed,
    NotFound,
    NotAcceptable,
    Throttled { seconds: u64 },
}

impl Text {
    /// The sentence; in English where no other wording is known.
    pub(super) fn say(self, language: Language) -> String {
        match (self, language) {
            (Text::Required, Language::Dutch) => "Dit veld is vereist.".into(),
            (Text::Required, Language::German) => "Dieses Feld ist zwingend erforderlich.".into(),
            (Text::NotBlank, Language::French) => "Ce champ ne peut être vide.".into(),
            (Text::NotAuthenticated, Language::French) => "Informations d'authentification non fournies.".into(),
            (Text::Throttled { seconds }, Language::French) if seconds != 1 => {
                format!("Requête ralentie. Disponible à nouveau dans {seconds} secondes.")
            }
            (Text::Required, _) => "This field is required.".into(),
            (Text::NotNull, _) => "This field may not be null.".into(),
            (Text::NotBlank, _) => "This field may not be blank.".into(),
            (Text::NotAString, _) => "Not a valid string.".into(),
            (Text::NotABoolean, _) => "Must be a valid boolean.".into(),
            (Text::NotAUuid, _) => "Must be a valid UUID.".into(),
            (Text::NullCharacters, _) => "Null characters are not allowed.".into(),
            (Text::TooLong { characters_max }, _) => {
                format!("Ensure this field has no more than {characters_max} characters.")
            }
            (Text::NotAuthenticated, _) => "Authentication credentials were not provided.".into(),
            (Text::NotAllowed, _) => "You do not have permission to perform this action.".into(),
            (Text::NotFound, _) => "Not found.".into(),
            (Text::NotAcceptable, _) => "Could not satisfy the request Accept header.".into(),
            (Text::Throttled { seconds: 1 }, _) => "Request was throttled. Expected available in 1 second.".into(),
            (Text::Throttled { seconds }, _) => {
                format!("Request was throttled. Expected available in {seconds} seconds.")
            }
        }
    }
}
