//! UDP sockets that take many datagrams with one system call, each with the moment at which the kernel received it.

use std::cell::RefCell;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsRawFd, RawFd};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use socket2::SockRef;
use tokio::io::Interest;
use tokio::net::UdpSocket;

/// A socket for one peer connection.
#[derive(Debug)]
pub struct Socket {
    inner: UdpSocket,
    address: SocketAddr,
}

impl Socket {
    /// Opens a socket that is reached at an address of this machine.
    pub fn open(ip: IpAddr) -> io::Result<Self> {
        let any: IpAddr = match ip {
            IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        let socket = std::net::UdpSocket::bind((any, 0))?;
        socket.set_nonblocking(true)?;
        let fd = socket.as_raw_fd();
        set_option(fd, libc::SO_TIMESTAMPNS, 1)?;
        // Beyond the system's limit this takes privileges; the other is what everybody may.
        if set_option(fd, libc::SO_RCVBUFFORCE, BUFFER).is_err() {
            set_option(fd, libc::SO_RCVBUF, BUFFER)?;
        }
        let address = SocketAddr::new(ip, socket.local_addr()?.port());
        Ok(Self { inner: UdpSocket::from_std(socket)?, address })
    }

    /// Where it is reached.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until something has come.
    pub async fn readable(&self) -> io::Result<()> {
        self.inner.readable().await
    }

    /// Hands over what has come, up to a batch: from whom, when, what.
    pub fn receive(&self, mut take: impl FnMut(SocketAddr, SystemTime, &mut [u8])) {
        BATCH.with_borrow_mut(|batch| {
            let received = self.inner.try_io(Interest::READABLE, || batch.fill(self.inner.as_raw_fd()));
            if let Ok(count) = received {
                batch.hand_over(count, |from, arrived, datagram| {
                    take(from, arrived.unwrap_or_else(SystemTime::now), datagram);
                });
            }
        });
    }

    /// Sends unless the system has no room; networks lose datagrams anyway.
    pub fn send(&self, to: SocketAddr, datagram: &[u8]) -> bool {
        // Past the runtime, which takes a socket for full until it has heard otherwise.
        SockRef::from(&self.inner).send_to(datagram, &to.into()).is_ok()
    }
}

/// The address of this machine from which another is reached.
pub fn route_to(ip: IpAddr) -> io::Result<IpAddr> {
    let any: IpAddr = if ip.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = std::net::UdpSocket::bind((any, 0))?;
    socket.connect((ip, 9))?;
    Ok(socket.local_addr()?.ip())
}

/// The address of this machine from which the server of a signalling address is reached: a name may have several, and
/// only trying tells which.
pub async fn local_for(url: &str) -> Option<IpAddr> {
    let (host, port) = crate::signal::host_and_port(url)?;
    let attempt = tokio::net::TcpStream::connect((host.as_str(), port));
    let stream = tokio::time::timeout(PATIENCE, attempt).await.ok()?.ok()?;
    route_to(stream.peer_addr().ok()?.ip()).ok()
}

/// The address of this machine that others see, if it has a way to them. Nothing is sent.
#[must_use]
pub fn far_address() -> Option<IpAddr> {
    // An address for documentation (RFC 5737), which is nobody's.
    route_to(Ipv4Addr::new(192, 0, 2, 1).into()).ok()
}

/// Takes many datagrams with one system call.
pub struct Batch {
    buffers: Box<[[u8; DATAGRAM]; LEN]>,
    names: Box<[libc::sockaddr_storage; LEN]>,
    control: Box<[Control; LEN]>,
    lens: [usize; LEN],
    controls: [usize; LEN],
}

/// Room for one message with a time in it.
#[repr(C, align(8))]
#[derive(Clone, Copy)]
struct Control([u8; 64]);

impl Default for Batch {
    fn default() -> Self {
        // SAFETY: all-zero bytes are a valid address of no family.
        let name: libc::sockaddr_storage = unsafe { std::mem::zeroed() };
        Self {
            buffers: Box::new([[0; DATAGRAM]; LEN]),
            names: Box::new([name; LEN]),
            control: Box::new([Control([0; 64]); LEN]),
            lens: [0; LEN],
            controls: [0; LEN],
        }
    }
}

impl Batch {
    /// Hands over what waits in a socket, up to a batch, and gives its number: from whom, what, and when the kernel
    /// received it if the socket was told to note that.
    pub fn receive(
        &mut self,
        socket: &impl AsRawFd,
        take: impl FnMut(SocketAddr, Option<SystemTime>, &mut [u8]),
    ) -> usize {
        let count = self.fill(socket.as_raw_fd()).unwrap_or(0);
        self.hand_over(count, take);
        count
    }

    fn fill(&mut self, fd: RawFd) -> io::Result<usize> {
        // SAFETY: all-zero bytes are valid iovecs and mmsghdrs; each is pointed at memory that outlives the call.
        let (count, headers) = unsafe {
            let mut vectors: [libc::iovec; LEN] = std::mem::zeroed();
            let mut headers: [libc::mmsghdr; LEN] = std::mem::zeroed();
            for at in 0..LEN {
                vectors[at] =
                    libc::iovec { iov_base: self.buffers[at].as_mut_ptr().cast(), iov_len: DATAGRAM };
                let header = &mut headers[at].msg_hdr;
                header.msg_iov = &raw mut vectors[at];
                header.msg_iovlen = 1;
                header.msg_name = (&raw mut self.names[at]).cast();
                header.msg_namelen = size_of::<libc::sockaddr_storage>() as u32;
                header.msg_control = self.control[at].0.as_mut_ptr().cast();
                header.msg_controllen = size_of::<Control>();
            }
            let flags = libc::MSG_DONTWAIT;
            let count = libc::recvmmsg(fd, headers.as_mut_ptr(), LEN as u32, flags, std::ptr::null_mut());
            (count, headers)
        };
        if count < 0 {
            return Err(io::Error::last_os_error());
        }
        for (at, header) in headers.iter().enumerate().take(count as usize) {
            self.lens[at] = header.msg_len as usize;
            self.controls[at] = header.msg_hdr.msg_controllen;
        }
        Ok(count as usize)
    }

    fn hand_over(&mut self, count: usize, mut take: impl FnMut(SocketAddr, Option<SystemTime>, &mut [u8])) {
        for at in 0..count {
            let Some(from) = address(&self.names[at]) else { continue };
            let control = &self.control[at].0[..self.controls[at].min(size_of::<Control>())];
            take(from, time(control), &mut self.buffers[at][..self.lens[at]]);
        }
    }
}

fn address(name: &libc::sockaddr_storage) -> Option<SocketAddr> {
    match i32::from(name.ss_family) {
        libc::AF_INET => {
            // SAFETY: the family says what it is, and the storage is large enough for it.
            let name: &libc::sockaddr_in = unsafe { &*std::ptr::from_ref(name).cast() };
            let ip = Ipv4Addr::from(u32::from_be(name.sin_addr.s_addr));
            Some(SocketAddr::new(ip.into(), u16::from_be(name.sin_port)))
        }
        libc::AF_INET6 => {
            // SAFETY: as above.
            let name: &libc::sockaddr_in6 = unsafe { &*std::ptr::from_ref(name).cast() };
            let ip = Ipv6Addr::from(name.sin6_addr.s6_addr);
            Some(SocketAddr::new(ip.into(), u16::from_be(name.sin6_port)))
        }
        _ => None,
    }
}

/// The kernel's time in the one control message there is: its length, level and kind, then seconds and nanoseconds.
fn time(control: &[u8]) -> Option<SystemTime> {
    let (head, rest) = control.split_first_chunk::<16>()?;
    let kind = i32::from_ne_bytes(head[12..].try_into().ok()?);
    if kind != libc::SCM_TIMESTAMPNS {
        return None;
    }
    let (seconds, nanos) = rest.get(..16)?.split_at(8);
    let seconds = i64::from_ne_bytes(seconds.try_into().ok()?);
    let nanos = i64::from_ne_bytes(nanos.try_into().ok()?);
    Some(UNIX_EPOCH + Duration::new(seconds.try_into().ok()?, nanos.try_into().ok()?))
}

fn set_option(fd: i32, option: i32, value: i32) -> io::Result<()> {
    // SAFETY: value is readable for the length given.
    let result = unsafe {
        libc::setsockopt(fd, libc::SOL_SOCKET, option, (&raw const value).cast(), size_of_val(&value) as u32)
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

thread_local! {
    /// Nobody keeps what has come, so all sockets of a thread share the room for it.
    static BATCH: RefCell<Batch> = RefCell::default();
}

const PATIENCE: Duration = Duration::from_secs(3);
const LEN: usize = 64;
const DATAGRAM: usize = 2_048;
const BUFFER: i32 = 2 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn datagrams_come_with_their_sender_and_the_kernels_time() {
        let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let (one, other) = (Socket::open(loopback).unwrap(), Socket::open(loopback).unwrap());
        let before = SystemTime::now();
        assert!(one.send(other.address(), b"first"));
        assert!(one.send(other.address(), b"second"));

        let mut received = Vec::new();
        while received.len() < 2 {
            other.readable().await.unwrap();
            other.receive(|from, arrived, datagram| received.push((from, arrived, datagram.to_vec())));
        }

        let after = SystemTime::now();
        assert_eq!(received[0].0.port(), one.address().port());
        assert_eq!((&received[0].2[..], &received[1].2[..]), (&b"first"[..], &b"second"[..]));
        assert!(received.iter().all(|(_, arrived, _)| (before..=after).contains(arrived)));
    }

    #[test]
    fn loopback_is_reached_from_loopback() {
        let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
        assert_eq!(route_to(loopback).unwrap(), loopback);
    }
}
