//! What single texts of a policy file may be.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::problem::Fault;

/// Whether it is ASCII letters, digits and hyphens only, and what else is asked of each.
pub(crate) fn is_identifier(text: &str, max: usize, also: impl Fn(u8) -> bool) -> bool {
    (1..=max).contains(&text.len()) && text.bytes().all(|b| (b.is_ascii_alphanumeric() || b == b'-') && also(b))
}

/// Control characters, and those that turn the direction of what follows (Unicode UAX #9).
pub(crate) fn turns_around(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A prefix, or one address as the prefix that holds only it.
pub(crate) fn prefix(given: &str) -> Result<IpNet, Fault> {
    let address = given.parse::<IpAddr>().map(IpNet::from);
    let prefix: IpNet = address.or_else(|_| given.parse()).map_err(|_| Fault::Prefix { given: given.into() })?;
    if let IpNet::V6(v6) = prefix
        && v6.prefix_len() >= 96
        && v6.addr().to_ipv4_mapped().is_some()
    {
        return Err(Fault::PrefixMapped { given: given.into() });
    }
    if prefix.trunc() != prefix {
        let (meant, address) = (prefix.trunc().to_string(), prefix.addr().to_string());
        return Err(Fault::PrefixHasHost { given: given.into(), meant, address });
    }
    Ok(prefix)
}
