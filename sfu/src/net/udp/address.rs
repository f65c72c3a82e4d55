//! Addresses and control messages as the kernel writes them.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// Room for the control messages of one datagram, aligned as the kernel wants it.
#[repr(C, align(8))]
#[derive(Clone, Copy)]
pub(super) struct Control([u8; 96]);

impl Control {
    /// Writes a control message at `offset` and gives the room it takes.
    pub(super) fn push<T: Copy>(&mut self, offset: usize, level: i32, kind: i32, value: &T) -> usize {
        let space = Self::space::<T>();
        assert!(offset + space <= size_of::<Self>(), "room for two control messages");
        // SAFETY: header and value lie within the buffer, as asserted; offsets are multiples of the alignment because
        // spaces are.
        unsafe {
            let message = self.0.as_mut_ptr().add(offset).cast::<libc::cmsghdr>();
            (*message).cmsg_level = level;
            (*message).cmsg_type = kind;
            (*message).cmsg_len = libc::CMSG_LEN(size_of::<T>() as u32) as _;
            libc::CMSG_DATA(message).cast::<T>().write_unaligned(*value);
        }
        space
    }

    pub(super) fn space<T>() -> usize {
        // SAFETY: arithmetic only.
        unsafe { libc::CMSG_SPACE(size_of::<T>() as u32) as usize }
    }
}

pub(super) fn read_address(name: &libc::sockaddr_storage) -> Option<SocketAddr> {
    let start = std::ptr::from_ref(name);
    match i32::from(name.ss_family) {
        libc::AF_INET => {
            // SAFETY: the family says that it is this struct; the storage is large and aligned enough.
            let v4 = unsafe { &*start.cast::<libc::sockaddr_in>() };
            let ip = IpAddr::from(v4.sin_addr.s_addr.to_ne_bytes());
            Some(SocketAddr::new(ip, u16::from_be(v4.sin_port)))
        }
        libc::AF_INET6 => {
            // SAFETY: as above.
            let v6 = unsafe { &*start.cast::<libc::sockaddr_in6>() };
            let ip = IpAddr::from(v6.sin6_addr.s6_addr).to_canonical();
            Some(SocketAddr::new(ip, u16::from_be(v6.sin6_port)))
        }
        _ => None,
    }
}

/// Writes an address as a socket of that family wants it, and gives its length.
pub(super) fn write_address(
    name: &mut libc::sockaddr_storage,
    address: SocketAddr,
    v6: bool,
) -> libc::socklen_t {
    let start = std::ptr::from_mut(name);
    match (address.ip(), v6) {
        (IpAddr::V4(v4), false) => {
            // SAFETY: all-zero bytes are a valid value.
            let mut target: libc::sockaddr_in = unsafe { std::mem::zeroed() };
            target.sin_family = libc::AF_INET as libc::sa_family_t;
            target.sin_port = address.port().to_be();
            target.sin_addr.s_addr = u32::from_ne_bytes(v4.octets());
            // SAFETY: the storage is large and aligned enough for every address.
            unsafe { start.cast::<libc::sockaddr_in>().write(target) };
            size_of::<libc::sockaddr_in>() as libc::socklen_t
        }
        (ip, _) => {
            // SAFETY: all-zero bytes are a valid value.
            let mut target: libc::sockaddr_in6 = unsafe { std::mem::zeroed() };
            target.sin6_family = libc::AF_INET6 as libc::sa_family_t;
            target.sin6_port = address.port().to_be();
            target.sin6_addr.s6_addr = mapped(ip).octets();
            // SAFETY: as above.
            unsafe { start.cast::<libc::sockaddr_in6>().write(target) };
            size_of::<libc::sockaddr_in6>() as libc::socklen_t
        }
    }
}

pub(super) fn mapped(ip: IpAddr) -> Ipv6Addr {
    match ip {
        IpAddr::V4(v4) => v4.to_ipv6_mapped(),
        IpAddr::V6(v6) => v6,
    }
}
