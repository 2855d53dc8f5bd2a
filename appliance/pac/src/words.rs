//! What scripts may ask of hosts and addresses, as Netscape laid it down in 1996 and every browser has it since. Pure.

use std::net::{IpAddr, Ipv4Addr};

/// `isPlainHostName`: a name without a dot.
pub fn is_plain_host_name(host: &str) -> bool {
    !host.contains(['.', ':'])
}

/// `dnsDomainIs`: whether the host's name ends so, whatever is before it.
pub fn dns_domain_is(host: &str, domain: &str) -> bool {
    host.to_ascii_lowercase().ends_with(&domain.to_ascii_lowercase())
}

/// `localHostOrDomainIs`: this name, or its first part alone.
pub fn local_host_or_domain_is(host: &str, name: &str) -> bool {
    let (host, name) = (host.to_ascii_lowercase(), name.to_ascii_lowercase());
    host == name || (is_plain_host_name(&host) && name.split('.').next() == Some(host.as_str()))
}

/// `dnsDomainLevels`: how many dots the name has.
pub fn dns_domain_levels(host: &str) -> u32 {
    host.matches('.').count().try_into().unwrap_or(u32::MAX)
}

/// `isInNet`, of an address: whether it is as `pattern` says where `mask` has ones. IPv4 alone, as it always was.
pub fn is_in_net(address: IpAddr, pattern: &str, mask: &str) -> bool {
    let (Ok(pattern), Ok(mask)) = (pattern.parse::<Ipv4Addr>(), mask.parse::<Ipv4Addr>()) else { return false };
    let IpAddr::V4(address) = address.to_canonical() else { return false };
    let masked = |address: Ipv4Addr| u32::from(address) & u32::from(mask);
    masked(address) == masked(pattern)
}

/// `shExpMatch`: a shell's pattern, in which `*` stands for anything and `?` for one character. The time it takes is at most
/// the product of both lengths.
pub fn sh_exp_match(text: &str, pattern: &str) -> bool {
    let (text, pattern): (Vec<char>, Vec<char>) = (text.chars().collect(), pattern.chars().collect());
    let (mut at, mut of) = (0, 0);
    // The last star, and how much it has taken so far.
    let mut star: Option<(usize, usize)> = None;
    while at < text.len() {
        match pattern.get(of) {
            Some('*') => {
                star = Some((of, at));
                of += 1;
            }
            Some(c) if *c == '?' || *c == text[at] => {
                at += 1;
                of += 1;
            }
            _ => match star {
                Some((place, taken)) => {
                    star = Some((place, taken + 1));
                    (at, of) = (taken + 1, place + 1);
                }
                None => return false,
            },
        }
    }
    pattern[of..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_judged_by_their_names() {
        assert!(is_plain_host_name("www") && !is_plain_host_name("www.example") && !is_plain_host_name("2001:db8::1"));
        assert!(dns_domain_is("www.Example.org", ".example.ORG") && !dns_domain_is("www", ".example.org"));
        assert!(!dns_domain_is("www.example.net", ".example.org"));
        assert!(local_host_or_domain_is("www.example.org", "www.example.org"));
        assert!(local_host_or_domain_is("www", "www.example.org"));
        assert!(!local_host_or_domain_is("home.example.org", "www.example.org"));
        assert!(!local_host_or_domain_is("www.example.net", "www.example.org"));
        assert_eq!((dns_domain_levels("www"), dns_domain_levels("www.example.org")), (0, 2));
    }

    #[test]
    fn addresses_are_judged_by_the_bits_of_the_mask() {
        let is_in = |address: &str, pattern: &str, mask: &str| is_in_net(address.parse().unwrap(), pattern, mask);
        assert!(is_in("198.95.249.79", "198.95.249.79", "255.255.255.255"));
        assert!(is_in("198.95.6.8", "198.95.0.0", "255.255.0.0") && !is_in("198.96.6.8", "198.95.0.0", "255.255.0.0"));
        assert!(is_in("::ffff:198.95.6.8", "198.95.0.0", "255.255.0.0"));
        assert!(!is_in("2001:db8::1", "0.0.0.0", "0.0.0.0") && !is_in("192.0.2.1", "nonsense", "255.0.0.0"));
    }

    #[test]
    fn patterns_are_a_shells() {
        assert!(sh_exp_match("http://home.example.org/people/ari/index.html", "*/ari/*"));
        assert!(!sh_exp_match("http://home.example.org/people/montulli/index.html", "*/ari/*"));
        assert!(sh_exp_match("a.b.c", "a.?.c") && !sh_exp_match("aXbXc", "a.b.c") && sh_exp_match("", "*"));
        assert!(sh_exp_match("aaab", "*ab") && sh_exp_match("abc", "a*b*c*") && !sh_exp_match("abc", "a*d"));
        // No pattern takes for ever.
        assert!(!sh_exp_match(&"a".repeat(2000), &format!("{}b", "a*".repeat(200))));
    }
}
