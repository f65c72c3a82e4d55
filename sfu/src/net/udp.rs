//! One UDP socket in batches: `recvmmsg(2)`, and `sendmmsg(2)` with UDP segmentation offload where there is any.
//!
//! The kernel's way through its network stack costs far more than anything we do with a packet, and it is the same for
//! one packet as for a run of packets of one size to one address (GSO): so runs are what we make.

use std::ffi::c_void;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr, UdpSocket};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::ptr::null_mut;

use sfu_proto::path::Path;
use sfu_proto::transmit::{Queue, Transmits};

use super::sys;

/// A media socket.
#[derive(Debug)]
pub(crate) struct MediaSocket {
    socket: UdpSocket,
    v6: bool,
    wildcard: bool, // then every datagram tells which address of ours it came to
    segmentation: bool,
}

impl MediaSocket {
    /// Binds the socket. An unspecified IPv6 address also takes IPv4.
    pub(crate) fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = UdpSocket::bind(address)?;
        socket.set_nonblocking(true)?;
        let wildcard = address.ip().is_unspecified();
        let v6 = address.is_ipv6();
        let fd = socket.as_fd();
        for (forced, plain) in
            [(libc::SO_RCVBUFFORCE, libc::SO_RCVBUF), (libc::SO_SNDBUFFORCE, libc::SO_SNDBUF)]
        {
            // Beyond its limits the kernel gives room only to the privileged; less only means more loss in bursts.
            if sys::set_option(fd, libc::SOL_SOCKET, forced, SOCKET_BUFFER).is_err() {
                sys::set_option(fd, libc::SOL_SOCKET, plain, SOCKET_BUFFER)?;
            }
        }
        if wildcard {
            match v6 {
                true => sys::set_option(fd, libc::IPPROTO_IPV6, libc::IPV6_RECVPKTINFO, 1)?,
                false => sys::set_option(fd, libc::IPPROTO_IP, libc::IP_PKTINFO, 1)?,
            }
        }
        Ok(Self { socket, v6, wildcard, segmentation: true })
    }

    pub(crate) fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

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

/// Room for one batch of outgoing messages, each of which is one datagram or a run of them.
pub(crate) struct SendBatch {
    names: Box<[libc::sockaddr_storage; BATCH]>,
    controls: Box<[Control; BATCH]>,
    headers: Box<[libc::mmsghdr; BATCH]>,
    vectors: Box<[libc::iovec; VECTORS]>,
    messages: usize,
    used: usize,
    /// Datagrams that the kernel did not take.
    pub(crate) dropped: u64,
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
            let segment = first.len();
            self.push_vector(first);
            let mut total = segment;
            // A run: packets of one size, of which the last may be shorter.
            let mut open = socket.segmentation;
            while open && self.used - start < SEGMENTS {
                let fits = |next: &&[u8]| next.len() <= segment && total + next.len() <= RUN;
                let Some(next) = packets.next_if(fits) else { break };
                self.push_vector(next);
                total += next.len();
                open = next.len() == segment;
            }
            let segments = self.used - start;
            self.push_message(socket, start, segments, segment, remote, local);
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
            let run = self.headers[done].msg_hdr.msg_iovlen > 1;
            match error {
                libc::EINTR => {}
                // The path does not segment (EIO: no checksum offload): packets go out one by one from now on.
                libc::EIO | libc::EINVAL | libc::EOPNOTSUPP if run => {
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
                    self.dropped += self.headers[done].msg_hdr.msg_iovlen as u64;
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

    fn push_message(
        &mut self,
        socket: &MediaSocket,
        start: usize,
        segments: usize,
        segment: usize,
        remote: SocketAddr,
        local: Option<IpAddr>,
    ) {
        let index = self.messages;
        let name_len = write_address(&mut self.names[index], remote, socket.v6);
        let header = &mut self.headers[index].msg_hdr;
        header.msg_name = (&raw mut self.names[index]).cast();
        header.msg_namelen = name_len;
        header.msg_iov = &raw mut self.vectors[start];
        header.msg_iovlen = segments as _;
        header.msg_flags = 0;

        let control = &mut self.controls[index];
        let mut len = 0;
        if segments > 1 {
            len += control.push(len, libc::SOL_UDP, libc::UDP_SEGMENT, &(segment as u16));
        }
        match local {
            Some(IpAddr::V4(v4)) if !socket.v6 => {
                let info = libc::in_pktinfo {
                    ipi_ifindex: 0,
                    ipi_spec_dst: libc::in_addr { s_addr: u32::from_ne_bytes(v4.octets()) },
                    ipi_addr: libc::in_addr { s_addr: 0 },
                };
                len += control.push(len, libc::IPPROTO_IP, libc::IP_PKTINFO, &info);
            }
            Some(local) if socket.v6 => {
                let info = libc::in6_pktinfo {
                    ipi6_addr: libc::in6_addr { s6_addr: mapped(local).octets() },
                    ipi6_ifindex: 0,
                };
                len += control.push(len, libc::IPPROTO_IPV6, libc::IPV6_PKTINFO, &info);
            }
            _ => {}
        }
        header.msg_control = if len == 0 { null_mut() } else { (&raw mut *control).cast() };
        header.msg_controllen = len as _;
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
        let vectors = header.msg_iov;
        for segment in 0..header.msg_iovlen {
            // SAFETY: `vectors` are this message's, as many as it says.
            header.msg_iov = unsafe { vectors.add(segment) };
            header.msg_iovlen = 1;
            // SAFETY: as in `flush`.
            if unsafe { libc::sendmsg(socket.socket.as_raw_fd(), &header, 0) } < 0 {
                self.dropped += 1;
            }
        }
    }
}

/// Room for the control messages of one datagram, aligned as the kernel wants it.
#[repr(C, align(8))]
#[derive(Clone, Copy)]
struct Control([u8; 96]);

impl Control {
    /// Writes a control message at `offset` and gives the room it takes.
    fn push<T: Copy>(&mut self, offset: usize, level: i32, kind: i32, value: &T) -> usize {
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

    fn space<T>() -> usize {
        // SAFETY: arithmetic only.
        unsafe { libc::CMSG_SPACE(size_of::<T>() as u32) as usize }
    }
}

fn read_address(name: &libc::sockaddr_storage) -> Option<SocketAddr> {
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
fn write_address(name: &mut libc::sockaddr_storage, address: SocketAddr, v6: bool) -> libc::socklen_t {
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

fn mapped(ip: IpAddr) -> Ipv6Addr {
    match ip {
        IpAddr::V4(v4) => v4.to_ipv6_mapped(),
        IpAddr::V6(v6) => v6,
    }
}

/// Datagrams and messages per system call.
pub(crate) const BATCH: usize = 64;

/// The longest datagram taken; media and DTLS of every client stay below an Ethernet frame.
const DATAGRAM: usize = 2048;

/// Datagrams in one run; the kernel's own bound is 64 or 128.
const SEGMENTS: usize = 64;

/// Bytes in one run: what an IP packet can hold.
const RUN: usize = 65_000;

const VECTORS: usize = 1024;

const SOCKET_BUFFER: i32 = 4 << 20;

const SEND_PATIENCE: std::time::Duration = std::time::Duration::from_millis(1);

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use sfu_proto::path::Path;

    use super::*;

    #[test]
    fn a_datagram_tells_where_it_came_from_and_to_which_address_of_ours() {
        for (bind, send_to, local) in [
            ("127.0.0.1:0", "127.0.0.1", None),
            ("0.0.0.0:0", "127.0.0.1", Some("127.0.0.1")),
            ("[::]:0", "127.0.0.1", Some("127.0.0.1")),
            ("[::]:0", "::1", Some("::1")),
        ] {
            let server = MediaSocket::bind(bind.parse().expect("an address")).expect("a port");
            let port = server.local_addr().expect("bound").port();
            let ip: IpAddr = send_to.parse().expect("an address");
            let client = UdpSocket::bind(SocketAddr::new(ip, 0)).expect("a port");
            client.send_to(b"hello", SocketAddr::new(ip, port)).expect("sent");

            let mut batch = ReceiveBatch::new();
            sys::wait_readable([server.fd()], Some(Duration::from_secs(5)));
            assert_eq!(batch.receive(&server), 1);

            let (path, datagram) = batch.datagram(0).expect("a datagram");
            assert_eq!(datagram, b"hello");
            let remote = client.local_addr().expect("bound");
            let local = local.map(|ip| ip.parse().expect("an address"));
            assert_eq!(path, Path::Udp { remote, local }, "{bind}");
        }
    }

    #[test]
    fn an_oversized_datagram_is_no_datagram() {
        let server = MediaSocket::bind("127.0.0.1:0".parse().expect("an address")).expect("a port");
        let client = UdpSocket::bind("127.0.0.1:0").expect("a port");
        client.send_to(&[0; DATAGRAM + 1], server.local_addr().expect("bound")).expect("sent");
        let mut batch = ReceiveBatch::new();
        sys::wait_readable([server.fd()], Some(Duration::from_secs(5)));
        assert_eq!(batch.receive(&server), 1);
        assert!(batch.datagram(0).is_none());
    }

    #[test]
    fn runs_arrive_as_the_packets_they_were_with_and_without_segmentation() {
        for (bind, receiver) in
            [("127.0.0.1:0", "127.0.0.1:0"), ("[::]:0", "127.0.0.1:0"), ("[::]:0", "[::1]:0")]
        {
            for segmentation in [true, false] {
                let mut server = MediaSocket::bind(bind.parse().expect("an address")).expect("a port");
                server.segmentation = segmentation;
                let client = UdpSocket::bind(receiver).expect("a port");
                client.set_read_timeout(Some(Duration::from_secs(5))).expect("set");
                let remote = client.local_addr().expect("bound");

                let packets: Vec<Vec<u8>> = [9, 9, 9, 4, 9, 30, 30]
                    .into_iter()
                    .enumerate()
                    .map(|(index, len)| vec![index as u8; len])
                    .collect();
                let mut transmits = Transmits::default();
                let local = Some(remote.ip()).filter(|_| server.wildcard);
                for packet in &packets {
                    transmits.push(Path::Udp { remote, local }, packet);
                }
                let mut batch = SendBatch::new();
                for queue in transmits.queues() {
                    batch.send(&mut server, &transmits, queue, remote, local);
                }
                batch.flush(&mut server);

                assert_eq!((batch.dropped, server.segmentation), (0, segmentation));
                for packet in &packets {
                    let mut buffer = [0; 100];
                    let (len, from) = client.recv_from(&mut buffer).expect("a packet");
                    assert_eq!(buffer[..len], packet[..]);
                    assert_eq!(from.port(), server.local_addr().expect("bound").port());
                }
            }
        }
    }
}
