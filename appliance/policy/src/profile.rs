//! Policies to begin with, for five kinds of organisations.

/// Every ready-made profile, by name. Their addresses are for documentation: each has to be adapted before it is signed.
pub const PROFILES: &[(&str, &str)] = &[
    ("ministry", include_str!("../profiles/ministry.toml")),
    ("hospital", include_str!("../profiles/hospital.toml")),
    ("university", include_str!("../profiles/university.toml")),
    ("town-hall", include_str!("../profiles/town-hall.toml")),
    ("classified", include_str!("../profiles/classified.toml")),
];

/// The text of a ready-made profile; `None` when there is none of that name.
pub fn profile(name: &str) -> Option<&'static str> {
    PROFILES.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}
