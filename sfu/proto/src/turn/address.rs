//! What an IP address really names: every way to write an IPv4 address as an IPv6 one is undone, and addresses that the
//! registries set apart for a purpose (RFC 6890 and its registries at IANA) are told from those of the open network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The address that packets to this one end up at.
#[must_use]
pub fn reduce(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(_) => ip,
        IpAddr::V6(v6) => embedded(v6).map_or(ip, IpAddr::V4),
    }
}

/// Whether an address belongs to the open network. Judge what [`reduce`] gave.
#[must_use]
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => !SPECIAL_V4.iter().any(|&(network, bits)| within_v4(v4, network, bits)),
        // Everything that is in use lies in 2000::/3; what is set apart there is listed.
        IpAddr::V6(v6) => {
            within_v6(v6, [0x2000, 0, 0], 3)
                && !SPECIAL_V6.iter().any(|&(network, bits)| within_v6(v6, network, bits))
        }
    }
}

/// The IPv4 address inside an IPv6 one, whatever the spelling.
fn embedded(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let words = ip.segments();
    let bits = u128::from(ip) as u32;
    let last = Some(Ipv4Addr::from(bits));
    match words {
        // Unspecified and loopback are no spellings of 0.0.0.0 and 0.0.0.1, but of what every host means by them.
        [0, 0, 0, 0, 0, 0, 0, 0] => Some(Ipv4Addr::UNSPECIFIED),
        [0, 0, 0, 0, 0, 0, 0, 1] => Some(Ipv4Addr::LOCALHOST),
        // IPv4-compatible, -mapped and -translated (RFC 4291 §2.5.5, RFC 2765).
        [0, 0, 0, 0, 0, 0, _, _] | [0, 0, 0, 0, 0, 0xffff, _, _] | [0, 0, 0, 0, 0xffff, 0, _, _] => last,
        // NAT64 under the well-known prefix and under local ones (RFC 6052, RFC 8215).
        [0x64, 0xff9b, 0 | 1, ..] => last,
        // 6to4 (RFC 3056).
        [0x2002, high, low, ..] => Some(Ipv4Addr::from(u32::from(high) << 16 | u32::from(low))),
        // Teredo hides the client's address by inverting it (RFC 4380 §4).
        [0x2001, 0, ..] => Some(Ipv4Addr::from(!bits)),
        // ISATAP under any prefix (RFC 5214 §6.1).
        [_, _, _, _, 0 | 0x0200, 0x5efe, _, _] => last,
        _ => None,
    }
}

fn within_v4(ip: Ipv4Addr, network: [u8; 4], bits: u32) -> bool {
    (u32::from(ip) ^ u32::from_be_bytes(network)) >> (32 - bits) == 0
}

fn within_v6(ip: Ipv6Addr, [a, b, c]: [u16; 3], bits: u32) -> bool {
    let network = u128::from(a) << 112 | u128::from(b) << 96 | u128::from(c) << 80;
    (u128::from(ip) ^ network) >> (128 - bits) == 0
}

/// The IANA IPv4 Special-Purpose Address Registry, with multicast and what is reserved.
const SPECIAL_V4: &[([u8; 4], u32)] = &[
    ([0, 0, 0, 0], 8),       // this network
    ([10, 0, 0, 0], 8),      // private
    ([100, 64, 0, 0], 10),   // carrier-grade NAT
    ([127, 0, 0, 0], 8),     // loopback
    ([169, 254, 0, 0], 16),  // link-local, and the metadata services of clouds
    ([172, 16, 0, 0], 12),   // private
    ([192, 0, 0, 0], 24),    // protocol assignments
    ([192, 0, 2, 0], 24),    // documentation
    ([192, 31, 196, 0], 24), // AS112
    ([192, 52, 193, 0], 24), // AMT
    ([192, 88, 99, 0], 24),  // 6to4 relays
    ([192, 168, 0, 0], 16),  // private
    ([192, 175, 48, 0], 24), // AS112
    ([198, 18, 0, 0], 15),   // benchmarking
    ([198, 51, 100, 0], 24), // documentation
    ([203, 0, 113, 0], 24),  // documentation
    ([224, 0, 0, 0], 3),     // multicast, reserved, broadcast
];

/// What the IANA IPv6 Special-Purpose Address Registry sets apart within 2000::/3.
const SPECIAL_V6: &[([u16; 3], u32)] = &[
    ([0x2001, 0, 0], 23),         // protocol assignments: Teredo, benchmarking, ORCHID
    ([0x2001, 0xdb8, 0], 32),     // documentation
    ([0x2002, 0, 0], 16),         // 6to4
    ([0x2620, 0x4f, 0x8000], 48), // AS112
    ([0x3fff, 0, 0], 20),         // documentation
];

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_an_ipv4_address_is_that_address() {
        for v4 in ["127.0.0.1", "10.1.2.3", "169.254.169.254", "192.168.1.1", "8.8.8.8", "255.255.255.255"] {
            let v4: Ipv4Addr = v4.parse().expect("an address");
            for spelling in spellings(v4) {
                assert_eq!(reduce(spelling), IpAddr::V4(v4), "{spelling}");
            }
        }
    }

    #[test]
    fn what_is_set_apart_is_not_public_in_any_spelling() {
        for v4 in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.0",
            "10.255.255.255",
            "100.64.0.0",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.31.196.1",
            "192.52.193.1",
            "192.88.99.1",
            "192.168.0.1",
            "192.175.48.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
        ] {
            let v4: Ipv4Addr = v4.parse().expect("an address");
            assert!(!is_public(IpAddr::V4(v4)), "{v4}");
            for spelling in spellings(v4) {
                assert!(!is_public(reduce(spelling)), "{spelling} is {v4}");
            }
        }
    }

    #[test]
    fn special_ipv6_addresses_are_not_public() {
        for v6 in [
            "::",
            "::1",
            "::2",
            "100::1",
            "2001::1",
            "2001:2::1",
            "2001:10::1",
            "2001:20::1",
            "2001:1ff:ffff::1",
            "2001:db8::1",
            "2620:4f:8000::1",
            "3fff::1",
            "3fff:fff::1",
            "5f00::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "febf::1",
            "fec0::1",
            "feff::1",
            "ff02::1",
            "ff0e::1",
            "64:ff9b:1::1",
            "4000::1",
            "fd00::5efe:808:808",
        ] {
            let v6: IpAddr = v6.parse().expect("an address");
            // An ISATAP address is judged by what is inside it.
            let reduced = reduce(v6);
            assert!(!is_public(reduced) || reduced.is_ipv4(), "{v6}");
            assert!(!is_public(v6), "{v6}");
        }
    }

    #[test]
    fn neighbours_of_what_is_set_apart_are_public() {
        for ip in [
            "1.0.0.0",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.0.3.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "203.0.112.255",
            "203.0.114.0",
            "223.255.255.255",
            "2001:200::1",
            "2001:db7::1",
            "2001:db9::1",
            "2003::1",
            "2a00::1",
            "2620:4f:7fff::1",
            "3ffe::1",
            "3fff:1000::1",
        ] {
            let ip: IpAddr = ip.parse().expect("an address");
            assert!(is_public(reduce(ip)), "{ip}");
        }
    }

    /// All the ways to write an IPv4 address as an IPv6 one.
    pub(in super::super) fn spellings(v4: Ipv4Addr) -> Vec<IpAddr> {
        let bits = u128::from(u32::from(v4));
        let [high, low] = [(bits >> 16) as u16, bits as u16];
        let compatible = Ipv6Addr::from(bits);
        [
            v4.to_ipv6_mapped(),
            Ipv6Addr::from(0xffff_0000 << 32 | bits),    // translated
            Ipv6Addr::from(0x64_ff9b_u128 << 96 | bits), // NAT64
            Ipv6Addr::from(0x64_ff9b_0001_u128 << 80 | bits), // NAT64, local
            Ipv6Addr::from(0x64_ff9b_0001_1234_u128 << 64 | bits), // and under a longer prefix
            Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 0), // 6to4
            Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0x0808, 0x0808), // 6to4 with something behind it
            Ipv6Addr::new(0x2001, 0, 0x0808, 0x0808, 0, 0xffff, !high, !low), // Teredo
            Ipv6Addr::new(0x2a00, 1, 2, 3, 0, 0x5efe, high, low), // ISATAP
            Ipv6Addr::new(0xfe80, 0, 0, 0, 0x0200, 0x5efe, high, low), // and link-local
        ]
        .into_iter()
        // ::0.0.0.0 and ::0.0.0.1 are the unspecified and the loopback address instead.
        .chain(Some(compatible).filter(|_| bits > 1))
        .map(IpAddr::V6)
        .collect()
    }
}
