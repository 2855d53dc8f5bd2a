//! huisclos
