//! A host and its port, in URIs and Via (RFC 3261 §25.1 `hostport`).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::error::SyntaxError;
use super::scan::{number, trim};

/// The address that a host names, if it is one and not a domain name.
pub fn ip_of(host: &str) -> Option<IpAddr> {
    match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(inner) => inner.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
        None => host.parse::<Ipv4Addr>().ok().map(IpAddr::V4),
    }
}

/// Splits a host, in brackets if it is IPv6, from its port.
pub(super) fn split_host_port(text: &str) -> Result<(&str, Option<u16>), SyntaxError> {
    let end = match text.strip_prefix('[') {
        Some(inner) => inner.find(']').ok_or(SyntaxError::new("host", "a bracket is not closed"))? + 2,
        None => text.find(':').unwrap_or(text.len()),
    };
    let (host, rest) = (trim(&text[..end]), trim(&text[end..]));
    if !is_host(host) {
        return Err(SyntaxError::new("host", "neither a domain name nor an address"));
    }
    let port = match rest.strip_prefix(':').map(trim) {
        None if rest.is_empty() => None,
        None => return Err(SyntaxError::new("host", "something stands behind it")),
        Some(digits) => Some(number(digits).ok_or(SyntaxError::new("port", "not a number up to 65535"))?),
    };
    Ok((host, port))
}

/// Domain names are taken with underscores, which are common inside networks.
pub(super) fn is_host(host: &str) -> bool {
    match host.starts_with('[') {
        true => ip_of(host).is_some(),
        false => {
            !host.is_empty()
                && host.len() <= 255
                && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_ports_are_told_apart() {
        assert_eq!(split_host_port("a.example:5061"), Ok(("a.example", Some(5061))));
        assert_eq!(split_host_port("[2001:db8::9]:70"), Ok(("[2001:db8::9]", Some(70))));
        assert_eq!(split_host_port("192.0.2.1"), Ok(("192.0.2.1", None)));
        for wrong in
            ["", ":5060", "a:b", "a:65536", "a:", "[::1", "[zz]", "2001:db8::9", "a b", "[::1]x", "é"]
        {
            assert!(split_host_port(wrong).is_err(), "{wrong}");
        }
    }
}
