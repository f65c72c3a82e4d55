//! Takes what has arrived on a media socket, a batch at a time (`recvmmsg(2)`).

use std::net::IpAddr;
use std::os::fd::AsRawFd;
use std::ptr::null_mut;

use sfu_proto::path::Path;

use super::address::{Control, read_address};
use super::{BATCH, MediaSocket};

/// Room for one batch of incoming datagrams.
pub(crate) struct ReceiveBatch {
    buffers: Box<[[u8; DATAGRAM]; BATCH]>,
    names: Box<[libc::sockaddr_storage; BATCH]>,
    controls: Box<[Control; BATCH]>,
    lens: [u32; BATCH],
    flags: [i32; BATCH],
    control_lens: [usize; BATCH],
}

impl ReceiveBatch {
    pub(crate) fn new() -> Self {
        // SAFETY: all-zero bytes are valid values of these plain structs and arrays.
        unsafe {
            Self {
                buffers: Box::new_zeroed().assume_init(),
                names: Box::new_zeroed().assume_init(),
                controls: Box::new_zeroed().assume_init(),
                lens: [0; BATCH],
                flags: [0; BATCH],
                control_lens: [0; BATCH],
            }
        }
    }

    /// Takes what has arrived, at most [`BATCH`] datagrams, without waiting.
    pub(crate) fn receive(&mut self, socket: &MediaSocket) -> usize {
        // SAFETY: all-zero bytes are valid values of these plain structs.
        let mut headers: [libc::mmsghdr; BATCH] = unsafe { std::mem::zeroed() };
        // SAFETY: as above.
        let mut vectors: [libc::iovec; BATCH] = unsafe { std::mem::zeroed() };
        for index in 0..BATCH {
            vectors[index] =
                libc::iovec { iov_base: self.buffers[index].as_mut_ptr().cast(), iov_len: DATAGRAM };
            let header = &mut headers[index].msg_hdr;
            header.msg_iov = &raw mut vectors[index];
            header.msg_iovlen = 1;
            header.msg_name = (&raw mut self.names[index]).cast();
            header.msg_namelen = size_of::<libc::sockaddr_storage>() as libc::socklen_t;
            if socket.wildcard {
                header.msg_control = (&raw mut self.controls[index]).cast();
                header.msg_controllen = size_of::<Control>();
            }
        }
        // SAFETY: every pointer in the headers leads to memory of ours that is writable for the length beside it and
        // outlives the call.
        let count = unsafe {
            libc::recvmmsg(
                socket.socket.as_raw_fd(),
                headers.as_mut_ptr(),
                BATCH as u32,
                libc::MSG_DONTWAIT,
                null_mut(),
            )
        };
        let count = count.max(0) as usize;
        for (index, header) in headers.iter().enumerate().take(count) {
            self.lens[index] = header.msg_len;
            self.flags[index] = header.msg_hdr.msg_flags;
            self.control_lens[index] = header.msg_hdr.msg_controllen;
        }
        count
    }

    /// A datagram of the last batch and its path; `None` if it was longer than any that we take.
    pub(crate) fn datagram(&mut self, index: usize) -> Option<(Path, &mut [u8])> {
        if self.flags[index] & libc::MSG_TRUNC != 0 {
            return None;
        }
        let path = Path::Udp { remote: read_address(&self.names[index])?, local: self.local(index) };
        Some((path, &mut self.buffers[index][..self.lens[index] as usize]))
    }

    /// The address of ours that a datagram was sent to, if the kernel told.
    fn local(&self, index: usize) -> Option<IpAddr> {
        let len = self.control_lens[index];
        if len == 0 {
            return None;
        }
        // SAFETY: all-zero bytes are a valid header.
        let mut header: libc::msghdr = unsafe { std::mem::zeroed() };
        header.msg_control = (&raw const self.controls[index]).cast_mut().cast();
        header.msg_controllen = len;
        // SAFETY: the control buffer was written by the kernel, `len` bytes of it; the macros stay within that, and
        // the data of each kind is the struct that its kind says, perhaps unaligned.
        unsafe {
            let mut next = libc::CMSG_FIRSTHDR(&header);
            while let Some(message) = next.as_ref() {
                let data = libc::CMSG_DATA(message);
                match (message.cmsg_level, message.cmsg_type) {
                    (libc::IPPROTO_IP, libc::IP_PKTINFO) => {
                        let info = data.cast::<libc::in_pktinfo>().read_unaligned();
                        return Some(IpAddr::from(info.ipi_addr.s_addr.to_ne_bytes()));
                    }
                    (libc::IPPROTO_IPV6, libc::IPV6_PKTINFO) => {
                        let info = data.cast::<libc::in6_pktinfo>().read_unaligned();
                        return Some(IpAddr::from(info.ipi6_addr.s6_addr).to_canonical());
                    }
                    _ => next = libc::CMSG_NXTHDR(&header, message),
                }
            }
        }
        None
    }
}

/// The longest datagram taken; media and DTLS of every client stay below an Ethernet frame.
pub(super) const DATAGRAM: usize = 2048;
