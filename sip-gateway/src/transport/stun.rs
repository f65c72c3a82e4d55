//! Answers STUN binding requests, which keep NAT open for SIP over UDP (RFC 5626 §3.5.2, RFC 5389).
//!
//! These carry no credentials, unlike those of ICE. The answer is not longer than 12 bytes, for IPv6 24, more than the
//! question: nothing to gain for a reflector.

use std::net::{IpAddr, SocketAddr};

/// The response to a binding request, if the datagram is one.
pub(super) fn answer(datagram: &[u8], source: SocketAddr) -> Option<Vec<u8>> {
    let (header, attributes) = datagram.split_first_chunk::<HEADER>()?;
    let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
    if header[..2] != BINDING_REQUEST || header[4..8] != MAGIC_COOKIE || length != attributes.len() {
        return None;
    }
    // The header's last 16 bytes, cookie and transaction, are what IPv6 addresses are hidden with.
    let mask = &header[4..];
    let hide = |octets: &[u8]| octets.iter().zip(mask).map(|(octet, mask)| octet ^ mask).collect::<Vec<u8>>();
    let (family, address) = match source.ip().to_canonical() {
        IpAddr::V4(v4) => (1, hide(&v4.octets())),
        IpAddr::V6(v6) => (2, hide(&v6.octets())),
    };
    let value_len = 4 + address.len() as u8;
    let mut response = Vec::with_capacity(HEADER + 4 + usize::from(value_len));
    response.extend(BINDING_SUCCESS);
    response.extend([0, 4 + value_len]);
    response.extend(mask);
    response.extend(XOR_MAPPED_ADDRESS);
    response.extend([0, value_len, 0, family]);
    response.extend(hide(&source.port().to_be_bytes()));
    response.extend(address);
    Some(response)
}

const HEADER: usize = 20;
const BINDING_REQUEST: [u8; 2] = [0x00, 0x01];
const BINDING_SUCCESS: [u8; 2] = [0x01, 0x01];
const XOR_MAPPED_ADDRESS: [u8; 2] = [0x00, 0x20];
const MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];

#[cfg(test)]
mod tests {
    use super::*;

    /// The transaction of RFC 5769's samples.
    const REQUEST: [u8; 20] = [
        0x00, 0x01, 0x00, 0x00, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa,
        0x87, 0xdf, 0xae,
    ];

    #[test]
    fn the_address_is_hidden_as_in_the_samples_of_rfc_5769() {
        let response = answer(&REQUEST, "192.0.2.1:32853".parse().unwrap()).expect("an answer");
        assert_eq!(response[..4], [0x01, 0x01, 0x00, 0x0c]);
        assert_eq!(response[4..20], REQUEST[4..]);
        let hidden = [0x00, 0x20, 0x00, 0x08, 0x00, 0x01, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43];
        assert_eq!(response[20..], hidden);

        let v6 = "[2001:db8:1234:5678:11:2233:4455:6677]:32853".parse().unwrap();
        let response = answer(&REQUEST, v6).expect("an answer");
        let hidden = [
            0x00, 0x20, 0x00, 0x14, 0x00, 0x02, 0xa1, 0x47, 0x01, 0x13, 0xa9, 0xfa, 0xa5, 0xd3, 0xf1, 0x79,
            0xbc, 0x25, 0xf4, 0xb5, 0xbe, 0xd2, 0xb9, 0xd9,
        ];
        assert_eq!(response[20..], hidden);
    }

    #[test]
    fn what_is_no_binding_request_is_not_answered() {
        let source = "192.0.2.1:1".parse().unwrap();
        for at in [0, 1, 3, 4] {
            let mut other = REQUEST;
            other[at] ^= 1;
            assert_eq!(answer(&other, source), None);
        }
        assert_eq!(answer(&REQUEST[..19], source), None);
        assert_eq!(answer(b"", source), None);
    }
}
