//! Sends a batch of packets, runs of one size to one address as one message (`sendmmsg(2)`, `UDP_SEGMENT`).

use std::ffi::c_void;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, AsRawFd};
use std::ptr::null_mut;
use std::time::Duration;

use sfu_proto::transmit::{Queue, Transmits};

use super::address::{Control, mapped, write_address};
use super::{BATCH, MediaSocket};
use crate::net::sys;

/// Room for one batch of outgoing messages, each of which is one datagram or a run of them.
pub(crate) struct SendBatch {
    names: Box<[libc::sockaddr_storage; BATCH]>,
    controls: Box<[Control; BATCH]>,
    headers: Box<[libc::mmsghdr; BATCH]>,
    vectors: Box<[libc::iovec; VECTORS]>,
    runs: [Run; BATCH],
    messages: usize,
    used: usize,
    /// Datagrams that the kernel did not take.
    pub(crate) dropped: u64,
}

/// What a message consists of: this many packets of one size, of which the last may be shorter.
#[derive(Debug, Clone, Copy, Default)]
struct Run {
    packets: usize,
    size: usize,
}

// SAFETY: the raw pointers within lead into the boxes beside them or to packets that outlive each `send`; nothing is
// read through them outside of it.
unsafe impl Send for SendBatch {}

impl SendBatch {
    pub(crate) fn new() -> Self {
        // SAFETY: all-zero bytes are valid values of these plain structs.
        unsafe {
            Self {
                names: Box::new_zeroed().assume_init(),
                controls: Box::new_zeroed().assume_init(),
                headers: Box::new_zeroed().assume_init(),
                vectors: Box::new_zeroed().assume_init(),
                runs: [Run::default(); BATCH],
                messages: 0,
                used: 0,
                dropped: 0,
            }
        }
    }

    /// Sends all packets of one destination; the last ones may wait for [`Self::flush`], until which `transmits` must
    /// not change.
    pub(crate) fn send(
        &mut self,
        socket: &mut MediaSocket,
        transmits: &Transmits,
        queue: Queue,
        remote: SocketAddr,
        local: Option<IpAddr>,
    ) {
        let mut packets = transmits.packets(queue).peekable();
        while let Some(first) = packets.next() {
            if self.messages == BATCH || self.used + SEGMENTS > VECTORS {
                self.flush(socket);
            }
            let start = self.used;
            let mut run = Run { packets: 1, size: first.len() };
            self.push_vector(first);
            let mut total = run.size;
            let mut open = socket.segmentation;
            while open && run.packets < SEGMENTS {
                let fits = |next: &&[u8]| next.len() <= run.size && total + next.len() <= LONGEST_RUN;
                let Some(next) = packets.next_if(fits) else { break };
                self.append_vector(next);
                total += next.len();
                run.packets += 1;
                open = next.len() == run.size;
            }
            self.push_message(socket, start, run, remote, local);
        }
    }

    /// Hands everything to the kernel.
    pub(crate) fn flush(&mut self, socket: &mut MediaSocket) {
        let mut done = 0;
        let mut waited = false;
        while done < self.messages {
            let rest = &mut self.headers[done..self.messages];
            // SAFETY: every pointer in the headers leads to memory that is readable for the length beside it: the
            // boxes of this batch, and packets that do not change before the flush.
            let sent =
                unsafe { libc::sendmmsg(socket.socket.as_raw_fd(), rest.as_mut_ptr(), rest.len() as u32, 0) };
            if sent > 0 {
                done += sent as usize;
                continue;
            }
            let error = io::Error::last_os_error().raw_os_error().unwrap_or(0);
            let packets = self.runs[done].packets;
            match error {
                libc::EINTR => {}
                // The path does not segment (EIO: no checksum offload): packets go out one by one from now on.
                libc::EIO | libc::EINVAL | libc::EOPNOTSUPP if packets > 1 => {
                    socket.segmentation = false;
                    self.send_singly(socket, done);
                    done += 1;
                }
                // The queue is full: the device gets a moment, once.
                libc::EAGAIN | libc::ENOBUFS if !waited => {
                    waited = true;
                    sys::wait_writable(socket.socket.as_fd(), SEND_PATIENCE);
                }
                _ => {
                    self.dropped += packets as u64;
                    done += 1;
                }
            }
        }
        self.messages = 0;
        self.used = 0;
    }

    fn push_vector(&mut self, packet: &[u8]) {
        self.vectors[self.used] =
            libc::iovec { iov_base: packet.as_ptr().cast_mut().cast::<c_void>(), iov_len: packet.len() };
        self.used += 1;
    }

    /// Lengthens the last vector by a packet that lies right behind it, as those do that were made in one go.
    fn append_vector(&mut self, packet: &[u8]) {
        let last = &mut self.vectors[self.used - 1];
        let end = last.iov_base.cast::<u8>().wrapping_add(last.iov_len);
        if std::ptr::eq(end, packet.as_ptr()) {
            last.iov_len += packet.len();
        } else {
            self.push_vector(packet);
        }
    }

    fn push_message(
        &mut self,
        socket: &MediaSocket,
        start: usize,
        run: Run,
        remote: SocketAddr,
        local: Option<IpAddr>,
    ) {
        let index = self.messages;
        let name_len = write_address(&mut self.names[index], remote, socket.v6);
        let header = &mut self.headers[index].msg_hdr;
        header.msg_name = (&raw mut self.names[index]).cast();
        header.msg_namelen = name_len;
        header.msg_iov = &raw mut self.vectors[start];
        header.msg_iovlen = (self.used - start) as _;
        header.msg_flags = 0;

        let control = &mut self.controls[index];
        let mut len = 0;
        if run.packets > 1 {
            len += control.push(len, libc::SOL_UDP, libc::UDP_SEGMENT, &(run.size as u16));
        }
        len += push_local(control, len, socket, local);
        header.msg_control = if len == 0 { null_mut() } else { (&raw mut *control).cast() };
        header.msg_controllen = len as _;
        self.runs[index] = run;
        self.messages += 1;
    }

    /// Sends the datagrams of one run each on its own.
    fn send_singly(&mut self, socket: &MediaSocket, index: usize) {
        let mut header = self.headers[index].msg_hdr;
        // The segment size is the first control message; without it the local address alone is left.
        let skip = Control::space::<u16>();
        if header.msg_controllen > skip {
            // SAFETY: the control buffer is longer than what is skipped.
            header.msg_control = unsafe { header.msg_control.byte_add(skip) };
            header.msg_controllen -= skip;
        } else {
            header.msg_control = null_mut();
            header.msg_controllen = 0;
        }
        // SAFETY: these are this message's vectors, as many as it says.
        let vectors = unsafe { std::slice::from_raw_parts(header.msg_iov, header.msg_iovlen) };
        let size = self.runs[index].size;
        for vector in vectors {
            for start in (0..vector.iov_len).step_by(size.max(1)) {
                let mut packet = libc::iovec {
                    iov_base: vector.iov_base.wrapping_byte_add(start),
                    iov_len: size.min(vector.iov_len - start),
                };
                header.msg_iov = &raw mut packet;
                header.msg_iovlen = 1;
                // SAFETY: as in `flush`.
                if unsafe { libc::sendmsg(socket.socket.as_raw_fd(), &header, 0) } < 0 {
                    self.dropped += 1;
                }
            }
        }
    }
}

impl MediaSocket {
    /// Sends one datagram at once, or not at all: whether the kernel took it.
    pub(crate) fn send_now(&self, packet: &[u8], remote: SocketAddr, local: Option<IpAddr>) -> bool {
        // SAFETY: all-zero bytes are valid values of these plain structs.
        let (mut name, mut control, mut header) = unsafe {
            (std::mem::zeroed(), std::mem::zeroed::<Control>(), std::mem::zeroed::<libc::msghdr>())
        };
        let mut vector =
            libc::iovec { iov_base: packet.as_ptr().cast_mut().cast::<c_void>(), iov_len: packet.len() };
        header.msg_namelen = write_address(&mut name, remote, self.v6);
        header.msg_name = (&raw mut name).cast();
        header.msg_iov = &raw mut vector;
        header.msg_iovlen = 1;
        let len = push_local(&mut control, 0, self, local);
        header.msg_control = if len == 0 { null_mut() } else { (&raw mut control).cast() };
        header.msg_controllen = len as _;
        // SAFETY: every pointer in the header leads to memory of this frame, or to the packet, that is readable for the
        // length beside it.
        unsafe { libc::sendmsg(self.socket.as_raw_fd(), &header, libc::MSG_DONTWAIT) >= 0 }
    }
}

/// Has a message leave from an address of ours, where the socket has several; gives the room that takes.
fn push_local(control: &mut Control, offset: usize, socket: &MediaSocket, local: Option<IpAddr>) -> usize {
    match local {
        Some(IpAddr::V4(v4)) if !socket.v6 => {
            let info = libc::in_pktinfo {
                ipi_ifindex: 0,
                ipi_spec_dst: libc::in_addr { s_addr: u32::from_ne_bytes(v4.octets()) },
                ipi_addr: libc::in_addr { s_addr: 0 },
            };
            control.push(offset, libc::IPPROTO_IP, libc::IP_PKTINFO, &info)
        }
        Some(local) if socket.v6 => {
            let info = libc::in6_pktinfo {
                ipi6_addr: libc::in6_addr { s6_addr: mapped(local).octets() },
                ipi6_ifindex: 0,
            };
            control.push(offset, libc::IPPROTO_IPV6, libc::IPV6_PKTINFO, &info)
        }
        _ => 0,
    }
}

/// Datagrams in one run; the kernel's own bound is 64 or 128.
const SEGMENTS: usize = 64;

/// Bytes in one run: what an IP packet can hold.
const LONGEST_RUN: usize = 65_000;

const VECTORS: usize = 1024;

const SEND_PATIENCE: Duration = Duration::from_millis(1);

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;

    use sfu_proto::path::Path;

    use super::*;

    #[test]
    fn a_run_that_the_path_does_not_segment_goes_out_packet_by_packet() {
        let mut server = MediaSocket::bind("127.0.0.1:0".parse().expect("an address")).expect("a port");
        let client = UdpSocket::bind("127.0.0.1:0").expect("a port");
        client.set_read_timeout(Some(Duration::from_secs(5))).expect("set");
        let remote = client.local_addr().expect("bound");
        let mut transmits = Transmits::default();
        let packets: Vec<Vec<u8>> = [9, 9, 9, 4].iter().map(|&len| vec![len as u8; len]).collect();
        for packet in &packets {
            transmits.push(Path::Udp { remote, local: None }, packet);
        }
        let queue = transmits.queues().next().expect("a queue");

        let mut batch = SendBatch::new();
        batch.send(&mut server, &transmits, queue, remote, None);
        assert_eq!((batch.messages, batch.runs[0].packets), (1, 4));
        batch.send_singly(&server, 0);

        for packet in &packets {
            let mut buffer = [0; 100];
            let len = client.recv(&mut buffer).expect("a packet");
            assert_eq!(buffer[..len], packet[..]);
        }
        assert_eq!(batch.dropped, 0);
    }
}
