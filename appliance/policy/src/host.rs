//! Which hosts are meant: one by name, or all below a name.

use std::fmt;

use url::Host;

/// A host as a policy names it: `visio.example`, an address, or `*.visio.example`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostPattern {
    /// This host and no other.
    Exact(Host),
    /// Every name below this one, at any depth, and not the name itself. It has at least two labels.
    Below(String),
}

/// Why a text is no pattern of hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    #[error("expected a host such as visio.example, without https:// and without a path or port")]
    NotAHost,
    #[error("a star may only stand alone before the first dot, as in *.visio.example")]
    StarMisplaced,
    #[error("a star needs a name of at least two parts behind it, as in *.visio.example: *.fr would be half a country")]
    TooWide,
}

impl HostPattern {
    /// Reads a pattern. Names are compared as browsers do: any case, with or without a final dot, accents as punycode.
    ///
    /// ```
    /// use policy::HostPattern;
    /// let pattern = HostPattern::parse("*.visio.example").unwrap();
    /// assert!(pattern.matches(&policy::host("salle.Visio.example").unwrap()));
    /// assert!(!pattern.matches(&policy::host("visio.example").unwrap()));
    /// assert!(!pattern.matches(&policy::host("evilvisio.example").unwrap()));
    /// ```
    ///
    /// # Errors
    /// When it is no host, or its star means more than names below one name.
    pub fn parse(text: &str) -> Result<HostPattern, HostError> {
        let Some(suffix) = text.strip_prefix("*.") else {
            if text.contains('*') {
                return Err(HostError::StarMisplaced);
            }
            return Ok(HostPattern::Exact(host(text)?));
        };
        if suffix.contains('*') {
            return Err(HostError::StarMisplaced);
        }
        match host(suffix)? {
            Host::Domain(name) if name.contains('.') => Ok(HostPattern::Below(name)),
            Host::Domain(_) => Err(HostError::TooWide),
            Host::Ipv4(_) | Host::Ipv6(_) => Err(HostError::NotAHost),
        }
    }

    /// Whether this host is meant.
    pub fn matches(&self, host: &Host) -> bool {
        match (self, host) {
            (HostPattern::Exact(exact), host) => exact == host,
            (HostPattern::Below(suffix), Host::Domain(name)) => {
                name.strip_suffix(suffix.as_str()).is_some_and(|labels| labels.len() > 1 && labels.ends_with('.'))
            }
            (HostPattern::Below(_), _) => false,
        }
    }

    /// How narrowly it means a host: of two that match, the narrower one counts.
    pub(crate) fn narrowness(&self) -> usize {
        match self {
            HostPattern::Exact(_) => usize::MAX,
            HostPattern::Below(suffix) => suffix.len(),
        }
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HostPattern::Exact(host) => host.fmt(f),
            HostPattern::Below(suffix) => write!(f, "*.{suffix}"),
        }
    }
}

/// A host as two of them can be compared: a name in lower case without a final dot, or an address.
///
/// # Errors
/// When it is none.
pub fn host(text: &str) -> Result<Host, HostError> {
    let text = text.strip_suffix('.').unwrap_or(text);
    let host = Host::parse(text).map_err(|_| HostError::NotAHost)?;
    match &host {
        Host::Domain(name) if name.is_empty() || name.split('.').any(str::is_empty) => Err(HostError::NotAHost),
        _ => Ok(host),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_means_one_host_or_all_below_it_and_never_a_look_alike() {
        let matches = |pattern: &str, name: &str| HostPattern::parse(pattern).unwrap().matches(&host(name).unwrap());
        for (pattern, name) in [
            ("visio.example", "VISIO.example."),
            ("*.visio.example", "a.visio.example"),
            ("*.visio.example", "a.b.visio.example"),
            ("équipe.example", "xn--quipe-9ra.example"),
            ("192.0.2.1", "192.0.2.1"),
            ("[2001:db8::1]", "[2001:DB8:0::1]"),
        ] {
            assert!(matches(pattern, name), "{pattern} means {name}");
        }
        for (pattern, name) in [
            ("visio.example", "a.visio.example"),
            ("visio.example", "visio.example.evil.example"),
            ("*.visio.example", "visio.example"),
            ("*.visio.example", "evilvisio.example"),
            ("*.visio.example", "192.0.2.1"),
            ("192.0.2.1", "192.0.2.10"),
        ] {
            assert!(!matches(pattern, name), "{pattern} does not mean {name}");
        }
    }

    #[test]
    fn what_is_no_pattern_says_why() {
        for (text, error) in [
            ("", HostError::NotAHost),
            ("https://visio.example", HostError::NotAHost),
            ("visio.example:443", HostError::NotAHost),
            ("visio.example/abc", HostError::NotAHost),
            ("visio..example", HostError::NotAHost),
            ("*.192.0.2.1", HostError::NotAHost),
            ("*", HostError::StarMisplaced),
            ("vis*.example", HostError::StarMisplaced),
            ("*.*.example", HostError::StarMisplaced),
            ("*.fr", HostError::TooWide),
        ] {
            assert_eq!(HostPattern::parse(text), Err(error), "{text}");
        }
    }
}
